/*
 * Each main flow with its first allocation failing, then its second, ... until it goes through: it
 * never crashes nor leaks (the sanitised build sees to that), it says that memory is short, or it
 * has done its work wholly.
 */
#include "alloc.h"
#include "../engine/fixture.h"
#include "../package/fixture.h"
#include "base/file.h"
#include "engine/http/http_int.h"
#include "engine/job/job.h"
#include "media/cmaf/package.h"
#include "media/es.h"
#include "media/manifest/manifest.h"
#include <pthread.h>
#include <unistd.h>
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

struct flow {
    struct fixture f;
    int fds[6];
    struct asset_desc desc;
    char *result; /* of the last run; owned */
    int tolerated; /* another answer that is right too */
    json_t *made; /* or this, which is made text of when memory is there again */
};

/* Criterion ends its processes without the check that the sanitiser makes at an exit. */
static void leaks_check(void) {
#if defined(__SANITIZE_ADDRESS__)
    cr_assert_eq(__lsan_do_recoverable_leak_check(), 0, "memory is lost");
#endif
}

static void made_print(struct flow *x) {
    if (x->made)
        x->result = json_dumps(x->made, JSON_SORT_KEYS);
    json_decref(x->made);
    x->made = NULL;
}

/* One try, in a thread of its own: what it loses then has no frame of Criterion's below it, whose own
 * losses are known (test/lsan.supp) and would hide it. */
struct aside {
    struct flow *x;
    int (*run)(struct flow *x, struct err *reterr);
    int n;
    struct err *err;
    int r;
    bool failed;
};
static void *aside_main(void *arg) {
    struct aside *a = arg;
    alloc_fail(a->n);
    a->r = a->run(a->x, a->err);
    a->failed = alloc_failed();
    return NULL;
}
static int run_aside(struct aside *a, bool *ret_failed) {
    pthread_t t;
    cr_assert_eq(pthread_create(&t, NULL, aside_main, a), 0);
    pthread_join(t, NULL);
    *ret_failed = a->failed;
    return a->r;
}

/* Runs it with every allocation failing in turn; of what makes thousands, as opening a store does, ever fewer behind the first
 * 300, unless MATINEE_LONG=1. Returns how many it makes at least. */
static int each_failure(struct flow *x, int (*run)(struct flow *x, struct err *reterr)) {
    scoped(mem_free) char *want = NULL;
    struct err e = {0};
    int r = run(x, &e);
    cr_assert(r >= 0, "undisturbed: %s", e.msg);
    made_print(x);
    want = take(x->result);
    bool all = getenv("MATINEE_LONG") != NULL;
    for (int n = 0;; n += all || n < 300 ? 1 : 1 + n / 100) {
        bool failed;
        err_clear(&e);
        r = run_aside(&(struct aside){.x = x, .run = run, .n = n, .err = &e}, &failed);
        made_print(x);
        if (r >= 0 && want)
            cr_assert(x->result && strcmp(x->result, want) == 0,
                      "allocation %d failed, and the result is another:\n%.600s", n,
                      x->result ? x->result : "(none)");
        free(take(x->result));
        cr_assert(r >= 0 || (failed && (r == ERR_NO_MEMORY || r == ERR_LIMIT)) || r == x->tolerated,
                  "allocation %d: %s: %s", n, err_name(r), e.msg);
        if (!failed) {
            leaks_check();
            return n;
        }
    }
}

/* ---- store and job ---- */

static const struct sql put[] = {
    {"PUT", STORE_MAIN, "INSERT INTO event_cursor_main (subscriber, seq) VALUES ($1, 1)"},
    {"GET", STORE_MAIN, "SELECT subscriber, seq FROM event_cursor_main WHERE subscriber = $1"},
    {"CLEAR", STORE_MAIN, "DELETE FROM event_cursor_main"},
    SQL_END};

static int store_run(struct flow *x, struct err *reterr) {
    struct arena a = ARENA(1 << 20);
    struct store *st = NULL;
    struct rows rows;
    int r = store_open(&(struct store_options){.url = x->f.dir, .clock = &x->f.clock}, &st, reterr);
    if (r >= 0)
        r = store_migrate(st, reterr);
    if (r >= 0)
        r = store_exec(st, &put[2], NO_ARGS, reterr);
    if (r >= 0)
        r = store_exec(st, &put[0], ARGS(A_STR(STR("somebody"))), reterr);
    if (r >= 0)
        r = store_row(st, &put[1], ARGS(A_STR(STR("somebody"))), &a, &rows, reterr);
    arena_done(&a);
    store_close(st);
    return r;
}

Test(alloc, the_store, .timeout = 280) {
    struct flow x = {0};
    alloc_install();
    fixture_init(&x.f);
    cr_expect_gt(each_failure(&x, store_run), 50);
    fixture_done(&x.f);
}

static int job_run(struct flow *x, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct arena a = ARENA(64 << 20); /* what a run left that failed before its end is listed with the rest */
    struct job_id first, second;
    struct job *jobs;
    size_t n;
    int r = tx_begin(x->f.store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (r >= 0)
        r = job_enqueue(tx, &(struct job_spec){.kind = "one", .subject = STR("film")}, &first,
                        reterr);
    if (r >= 0)
        r = job_enqueue(tx,
                        &(struct job_spec){.kind = "two",
                                           .subject = STR("film"),
                                           .depends_on = &first,
                                           .n_depends_on = 1},
                        &second, reterr);
    if (r >= 0)
        r = job_cancel_subject(tx, STR("film"), reterr);
    if (r >= 0)
        r = tx_commit(&tx, reterr);
    if (r >= 0)
        r = job_list_subject(x->f.store, STR("film"), &a, &jobs, &n, reterr);
    for (size_t i = 0; r >= 0 && i < n; i++)
        cr_assert_eq(jobs[i].state, JOB_CANCELLED);
    if (r >= 0)
        r = job_prune(x->f.store, INT64_MAX, reterr);
    arena_done(&a);
    return r;
}

Test(alloc, the_queue, .timeout = 120) {
    struct flow x = {0};
    alloc_install();
    fixture_init(&x.f);
    fixture_store(&x.f);
    cr_expect_gt(each_failure(&x, job_run), 20);
    fixture_done(&x.f);
}

/* ---- package and manifest ---- */

static int es_make(bool video) {
    static const uint8_t asc[] = {0x11, 0x90};
    static uint8_t data[4096];
    int fd = fixture_temp();
    struct es_writer *w;
    struct es_format v = {.codec = ES_H264,
                          .timescale = 25,
                          .width = 640,
                          .height = 360,
                          .fps = {25, 1},
                          .extra = fixture_avcc,
                          .n_extra = fixture_n_avcc};
    struct es_format s = {.codec = ES_AAC,
                          .timescale = 48000,
                          .channels = 2,
                          .sample_rate = 48000,
                          .edit_start = 1024,
                          .extra = asc,
                          .n_extra = sizeof asc};
    OK(es_writer_new(fd, &w, err));
    OK(es_write_format(w, video ? &v : &s, err));
    for (int i = 0; i < (video ? 200 : 376); i++) {
        int step = video ? 1 : 1024;
        struct es_packet p = {.pts = i * step,
                              .dts = i * step,
                              .duration = step,
                              .flags = video && i % 50 ? 0 : ES_KEY,
                              .data = data,
                              .size = video ? fixture_picture(data, (uint32_t)i, i % 50 == 0, 300)
                                            : 100};
        OK(es_write_packet(w, &p, err));
    }
    OK(es_write_end(w, video ? 200 : 384000, err));
    OK(es_writer_flush(w, false, NULL, err));
    es_writer_free(w);
    return fd;
}

static int package_run(struct flow *x, struct err *reterr) {
    struct op_io io = {.fds = x->fds, .n_fds = 6};
    json_t *result = NULL;
    json_t *rq = json_pack("{s:s, s:s, s:{s:{s:s, s:s}, s:{s:s, s:s}}, s:[{s:s, s:s}, {s:s, s:s, s:s}]}",
                           "id", "film", "scheme", "cbcs", "keys", "audio", "kid",
                           "000000000000000000000000000000a0", "key",
                           "0102030405060708090a0b0c0d0e0f10", "sd", "kid",
                           "000000000000000000000000000000a1", "key",
                           "1102030405060708090a0b0c0d0e0f10", "tracks", "name", "v1", "kind",
                           "video", "name", "a1", "kind", "audio", "lang", "fr");
    if (!rq)
        return err_set(reterr, ERR_NO_MEMORY, "the request");
    for (int i = 0; i < 6; i++)
        lseek(x->fds[i], 0, SEEK_SET);
    for (int i = 2; i < 6; i++)
        cr_assert_eq(ftruncate(x->fds[i], 0), 0);
    int r = op_package(&io, rq, &result, reterr);
    json_decref(rq);
    x->made = result;
    return r;
}

static void package_inputs(struct flow *x) {
    x->fds[0] = es_make(true);
    x->fds[1] = es_make(false);
    for (int i = 2; i < 6; i++)
        x->fds[i] = fixture_temp();
}

Test(alloc, packaging, .timeout = 240) {
    struct flow x = {0};
    alloc_install();
    package_inputs(&x);
    cr_expect_gt(each_failure(&x, package_run), 50);
}

static int manifest_run(struct flow *x, struct err *reterr) {
    static const char *const names[] = {"main.m3u8", "main.mpd", "v1.m3u8", "v1.iframes.m3u8"};
    struct span span = {&x->desc, 0, -1, SPAN_CONTENT};
    struct presentation p = {&span, 1};
    struct arena a = ARENA(1 << 20);
    struct buf out = BUF(MANIFEST_MAX);
    struct view v;
    int r = view_parse(STR("d"), &a, &v) ? 0 : err_set(reterr, ERR_NO_MEMORY, "the view");
    for (size_t i = 0; i < ARRAY_LEN(names) && r >= 0; i++)
        r = manifest_render(&p, &v, str_of(names[i]), &out, NULL, reterr);
    if (r >= 0 && !(x->result = strndup(out.p ? (const char *)out.p : "", out.n)))
        r = err_set(reterr, ERR_NO_MEMORY, "the text");
    buf_done(&out);
    arena_done(&a);
    return r;
}

Test(alloc, manifests, .timeout = 120) {
    struct flow x = {0};
    struct arena a = ARENA(1 << 20);
    alloc_install();
    package_inputs(&x);
    OK(package_run(&x, err));
    made_print(&x);
    json_t *j = json_loads(x.result, 0, NULL);
    OK(asset_from_json(json_object_get(j, "asset"), &a, &x.desc, err));
    for (int i = 0; i < 2; i++)
        OK(track_load_index(&x.desc.tracks[i], x.fds[4 + i], &a, err));
    json_decref(j);
    free(take(x.result));
    cr_expect_gt(each_failure(&x, manifest_run), 3);
    arena_done(&a);
}

/* ---- http ---- */

static const struct field ask_fields[] = {{"name", F_STR, FIELD_REQUIRED, 1, 20},
                                          {"list", F_INT, FIELD_ARRAY, 1, 9},
                                          {"self", F_OBJ, 0, .ref = "Ask"},
                                          {.type = F_END}};
static const struct schema ask_schema[] = {{"Ask", ask_fields}, {NULL}};
static const struct schema *const ask_schemas[] = {ask_schema, NULL};

static int http_run(struct flow *x, struct err *reterr) {
    struct arena a = ARENA(1 << 20);
    struct violations v = {.arena = &a};
    struct err faults = {0};
    json_t *j = NULL;
    size_t n;
    int r = json_read(STR("{\"name\":\"\",\"list\":[1,2,77],\"self\":{\"name\":\"b\",\"what\":1}}"),
                      &j, reterr);
    if (r >= 0) {
        schema_check(ask_schemas, &ask_schema[0], j, false, &v);
        err_set(&faults, ERR_INVALID, "faults");
        scoped(mem_free) char *text = problem_text(&(struct problem){&faults, "r", v.v, v.n}, &n);
        cr_assert_eq(v.n, 2, "%zu faults: a body that is wrong was let through", v.n);
        if (!text)
            r = err_set(reterr, ERR_NO_MEMORY, "the problem");
    }
    json_decref(j);
    arena_done(&a);
    return r;
}

Test(alloc, http_bodies, .timeout = 120) {
    /* Jansson tells short memory in the middle of a text as a fault of the text. */
    struct flow x = {.tolerated = ERR_INVALID};
    alloc_install();
    cr_expect_gt(each_failure(&x, http_run), 10);
}

static int file_run(struct flow *x, struct err *reterr) {
    struct arena a = ARENA(1 << 20);
    struct str got;
    char path[96];
    snprintf(path, sizeof path, "%s/note", x->f.dir);
    int r = file_write(path, STR("text"), 0600, reterr);
    if (r >= 0)
        r = file_read(path, 100, &a, &got, reterr);
    if (r >= 0 && !(x->result = strndup(got.p, got.n)))
        r = err_set(reterr, ERR_NO_MEMORY, "the text");
    arena_done(&a);
    return r;
}

Test(alloc, files) {
    struct flow x = {0};
    alloc_install();
    fixture_init(&x.f);
    cr_expect_gt(each_failure(&x, file_run), 1);
    fixture_done(&x.f);
}
