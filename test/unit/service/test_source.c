/* Sources are shared by content: what an import that ends may take away, and what not. */
#include "world.h"
#include "service/ingest/ingest_int.h"
#include <unistd.h>

static struct str stored(struct world *w, const char *content) {
    struct blob_writer *writer = NULL;
    struct str name;
    OK(blob_create_hashed(w->e.blob, "source", &writer, err));
    OK(blob_write(writer, content, strlen(content), err));
    OK(blob_commit(&writer, &w->f.arena, &name, NULL, err));
    return name;
}

static int import_make(struct world *w, struct str blob, struct import_id *ret_id,
                       struct err *reterr) {
    struct import_input film = {
        .kind = INPUT_FILM, .name = STR("film.mp4"), .blob = blob, .size_bytes = 4};
    struct import_new n = {.scheme = SCHEME_CBCS, .inputs = &film, .n_inputs = 1};
    return import_create(&w->e, &n, &w->f.arena, ret_id, reterr);
}

static bool is_there(struct world *w, struct str blob) {
    struct blob_info info;
    return blob_stat(w->e.blob, str_cstr(&w->f.arena, blob), &info, NULL) == 0;
}

Test(source, stays_while_another_import_wants_it) {
    SCOPED_WORLD(w);
    struct import_id a, b;
    struct str blob = stored(&w, "film");
    OK(import_make(&w, blob, &a, err));
    OK(import_make(&w, blob, &b, err));
    OK(import_cancel(&w.e, a, err));
    OK(ingest_sweep(&w.e, err));
    cr_expect(is_there(&w, blob), "the film of b went with a");
    OK(import_cancel(&w.e, b, err));
    OK(ingest_sweep(&w.e, err));
    cr_expect_not(is_there(&w, blob));
}

Test(source, one_that_has_gone_is_not_promised) {
    SCOPED_WORLD(w);
    struct import_id id;
    struct import_view v;
    struct str blob = stored(&w, "film");
    OK(import_make(&w, blob, &id, err));
    OK(blob_delete(w.e.blob, str_cstr(&w.f.arena, blob), err));
    struct err e = FAILS(ERR_CONFLICT, import_make(&w, blob, &id, err));
    cr_expect_str_eq(e.reason, "import.source_gone");
    FAILS(ERR_CONFLICT, source_claim(&w.e, id, 0, STR("source/none"), 9, &w.f.arena, err));
    OK(import_get(&w.e, id, &w.f.arena, &v, err));
    cr_expect(str_eq(v.inputs[0].blob, blob), "a claim that failed was recorded");
}

Test(source, a_copy_stored_again_is_young_again) {
    SCOPED_WORLD(w);
    struct str blob = stored(&w, "film");
    const char *name = str_cstr(&w.f.arena, blob);
    char path[300];
    struct blob_info info;
    snprintf(path, sizeof path, "touch -d 2001-01-01 %s/%s", blob_path(w.e.blob), name);
    cr_assert_eq(system(path), 0);
    stored(&w, "film");
    OK(blob_stat(w.e.blob, name, &info, err));
    cr_expect_gt(info.mtime_ms, clock_now_ms(NULL) - 60000, "a collector would take it");
}

static const struct sql stuck_sql[] = {
    {"JOBS_END", STORE_JOBS,
     "UPDATE job SET state = CASE WHEN id = (SELECT min(id) FROM job) THEN 'failed' ELSE "
     "'cancelled' END, error_reason = 'job.worker_died', error_hint = 'Again and again.'"}};

/* As the queue leaves it when a film kills every worker that touches it. */
Test(source, an_import_that_nobody_works_on_any_more_has_failed) {
    SCOPED_WORLD(w);
    struct import_id id;
    struct import_view v;
    OK(import_make(&w, stored(&w, "film"), &id, err));
    OK(ingest_sweep(&w.e, err));
    OK(import_get(&w.e, id, &w.f.arena, &v, err));
    cr_expect_eq(v.state, IMPORT_QUEUED, "its jobs are waiting");
    OK(store_exec(w.e.store, &stuck_sql[0], NO_ARGS, err));
    OK(ingest_sweep(&w.e, err));
    OK(import_get(&w.e, id, &w.f.arena, &v, err));
    cr_expect_eq(v.state, IMPORT_FAILED);
    cr_expect(str_eq(v.error_code, STR("job.worker_died")), STR_FMT, STR_ARG(v.error_code));
    OK(import_retry(&w.e, id, err));
}

/* ---- what becomes of it once the film is packaged ---- */

static void put_away(struct world *w, struct import_id id, enum mezzanine m) {
    static const struct job_kind *const kinds[] = {ingest_jobs, NULL};
    struct str subject = str_printf(&w->f.arena, QUALITY_SUBJECT ID_FMT, ID_ARG(id.v));
    struct job_worker *worker;
    struct tx *tx;
    OK(tx_begin(w->e.store, STORE_JOBS, TX_WRITE, &tx, err));
    OK(mezzanine_enqueue(tx, id, m, err));
    OK(tx_commit(&tx, err));
    OK(job_worker_new(&(struct job_worker_options){.engine = &w->e, .kinds = kinds, .cores = 1, .run_dir = w->f.dir,
                                                   .only_subject = subject, .until_idle = true},
                      &worker, err));
    OK(job_worker_run(worker, err));
    job_worker_free(worker);
}

static void packaged(struct world *w, struct import_id id) {
    struct tx *tx;
    OK(tx_begin(w->e.store, STORE_JOBS, TX_WRITE, &tx, err));
    cr_assert_eq(import_move(tx, id, IMPORT_QUEUED, IMPORT_RUNNING, NULL, NULL), 1);
    cr_assert_eq(import_move(tx, id, IMPORT_RUNNING, IMPORT_DONE, NULL, NULL), 1);
    OK(tx_commit(&tx, err));
}

Test(source, is_sealed_when_nobody_works_with_it_and_opens_again) {
    SCOPED_WORLD(w);
    struct import_id a, b;
    struct pipeline_unseal key;
    struct sealed *s;
    char got[5] = "";
    struct str blob = stored(&w, "film"), sealed = str_of(source_sealed_name(blob, &w.f.arena));
    OK(import_make(&w, blob, &a, err));
    OK(import_make(&w, blob, &b, err));
    packaged(&w, a);
    put_away(&w, a, MEZZANINE_SEALED);
    cr_expect(is_there(&w, blob), "b works with it");
    packaged(&w, b);
    put_away(&w, b, MEZZANINE_SEALED);
    cr_expect_not(is_there(&w, blob));
    cr_expect(is_there(&w, sealed));
    int fd = source_open_blob(&w.e, blob, &w.f.arena, &key, NULL);
    cr_assert_geq(fd, 0);
    cr_assert(key.on);
    OK(sealed_open(fd, key.key, &s, err));
    cr_assert_eq(sealed_pread(s, got, sizeof got, 0), 4);
    cr_expect_str_eq(got, "film");
    sealed_free(s);
    close(fd);
    cr_assert_geq(ingest_gc(&w.e, false, 0, NULL, NULL, NULL), 0);
    cr_expect(is_there(&w, sealed), "a collector leaves what an import is of");
    OK(import_make(&w, blob, &a, err)); /* of the sealed one, as of any other */
}

Test(source, that_was_deleted_says_so_until_it_is_sent_again) {
    SCOPED_WORLD(w);
    struct import_id id;
    struct pipeline_unseal key;
    struct str blob = stored(&w, "film");
    OK(import_make(&w, blob, &id, err));
    packaged(&w, id);
    put_away(&w, id, MEZZANINE_DELETE);
    cr_expect_not(is_there(&w, blob));
    struct err e = FAILS(ERR_CONFLICT, import_make(&w, blob, &id, err));
    cr_expect_str_eq(e.reason, "import.source_deleted");
    e = FAILS(ERR_CONFLICT, source_open_blob(&w.e, blob, &w.f.arena, &key, err));
    cr_expect_str_eq(e.reason, "import.source_deleted");
    stored(&w, "film");
    OK(import_make(&w, blob, &id, err));
}

Test(source, how_a_film_is_protected_is_read_of_its_policy) {
    static const struct {
        const char *policy;
        enum scheme said;
        struct protect_policy want;
    } good[] = {
        {"{}", SCHEME_CBCS, {.scheme = SCHEME_CBCS}},
        {"{}", SCHEME_CENC, {.scheme = SCHEME_CENC}},
        {"{\"protection\":\"cenc\"}", SCHEME_CBCS, {.scheme = SCHEME_CENC}},
        {"{\"protection\":\"both\",\"keys\":\"track\",\"key_period\":600,\"mezzanine\":\"delete\"}", SCHEME_CBCS,
         {SCHEME_CBCS, SCHEME_CENC, true, 600000, MEZZANINE_DELETE}},
        {"{\"protection\":\"both\",\"mezzanine\":\"sealed\"}", SCHEME_CLEAR, {.scheme = SCHEME_CLEAR, .mezzanine = MEZZANINE_SEALED}}};
    static const char *const bad[] = {"{\"protection\":\"drm\"}", "{\"keys\":\"film\"}", "{\"key_period\":3}", "{\"key_period\":-1}",
                                      "{\"mezzanine\":\"maybe\"}", "{\"key_period\":90000}"};
    struct protect_policy got;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        json_t *j = json_loads(good[i].policy, 0, NULL);
        OK(protect_policy_read(j, good[i].said, &got, err));
        const struct protect_policy *want = &good[i].want;
        cr_expect(got.scheme == want->scheme && got.second == want->second && got.keys_of_tracks == want->keys_of_tracks &&
                      got.key_period_ms == want->key_period_ms && got.mezzanine == want->mezzanine,
                  "%s", good[i].policy);
        json_decref(j);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        json_t *j = json_loads(bad[i], 0, NULL);
        struct err e = FAILS(ERR_INVALID, protect_policy_read(j, SCHEME_CBCS, &got, err));
        cr_expect_str_eq(e.reason, "policy.invalid");
        json_decref(j);
    }
}
