/*
 * jobs.c - the journey: store, the pipeline's steps, publish; a job each, each after the one
 * before. All are idempotent: a job that runs again finds what it made and goes on.
 *
 * What will not get better by trying again (the film is at fault, the disk is full, a file may not
 * be read) fails the import at once, with a sentence for the editor; anything else is retried by
 * the queue.
 */
#include "base/buf.h"
#include "base/log.h"
#include "service/ingest/ingest_int.h"
#include "service/keys/keys.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct journey {
    struct job_ctx *job;
    const struct engine *e;
    struct arena *a;
    struct import_view v;
    struct import_link link;
    json_t *policy;
    struct protect_policy protect;
    struct err full; /* the disk, noticed while a child works */
    struct child_cost cost;
};

const char *import_work_dir(const struct engine *e, struct import_id id, struct arena *a) {
    return str_printf(a, "%s/work/" ID_FMT, e->data_dir, ID_ARG(id.v)).p;
}

/* ---- room on the disk ---- */

int import_space_check(const struct engine *e, int64_t need, struct err *reterr) {
    const char *const places[] = {e->data_dir, blob_path(e->blob)};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        struct statvfs v;
        char hint[300];
        if (statvfs(places[i], &v) < 0)
            return err_errno(reterr, errno, "%s", places[i]);
        int64_t free_bytes = (int64_t)v.f_bavail * (int64_t)v.f_frsize;
        if (free_bytes >= need + IMPORT_SPACE_FLOOR)
            continue;
        snprintf(hint, sizeof hint,
                 "Free %lld MB or more on the disk of %s and import the same file again: what is "
                 "finished is kept.",
                 (long long)((need + IMPORT_SPACE_FLOOR - free_bytes) / 1000000 + 1), places[i]);
        return err_refuse(reterr, ERR_NO_SPACE, "no_space", hint, "the disk of %s is full",
                          places[i]);
    }
    return 0;
}

static int size_add(void *arg, const char *name, const struct blob_info *info) {
    *(int64_t *)arg += str_ends(str_of(name), STR(".es")) ? info->size_bytes : 0;
    return 0;
}

/* Packaging writes what was encoded once more, and segments start on 4 KiB boundaries. */
static int64_t package_need(const struct journey *y) {
    DIR *d = opendir(import_work_dir(y->e, y->v.id, y->a));
    int64_t sum = 0;
    for (struct dirent *de; d && (de = readdir(d));) {
        struct stat st;
        if (str_ends(str_of(de->d_name), STR(".es")) && fstatat(dirfd(d), de->d_name, &st, 0) == 0)
            sum += st.st_size;
    }
    if (d)
        closedir(d);
    char prefix[64];
    snprintf(prefix, sizeof prefix, "work/" ID_FMT, ID_ARG(y->v.id.v));
    blob_list(y->e->blob, prefix, size_add, &sum, NULL);
    return sum + sum / 16;
}

/* ---- store ---- */

struct copying {
    struct journey *y;
    int64_t before, all, began_ns;
};

static void copy_progress(void *arg, int64_t done, int64_t total) {
    struct copying *c = arg;
    int64_t at = c->before + done, spent_ms = (clock_mono_ns() - c->began_ns) / 1000000;
    int permille = c->all > 0 ? (int)(at * 1000 / c->all) : 0;
    int64_t eta = at > 0 && spent_ms > 500 ? spent_ms * (c->all - at) / at : -1;
    job_progress(c->y->job, "store", permille, 0, eta);
}

static int store_input(struct journey *y, size_t n, struct copying *c, struct err *reterr) {
    struct import_input *in = &y->v.inputs[n];
    struct blob_info info;
    int r = 0;
    /* Tried again after the copy was swept: from the file it came from, if there is one. */
    if (in->blob.n && (r = source_check(y->e, in->blob, y->a, reterr)) == ERR_CONFLICT &&
        in->path.n) {
        in->blob = STR_NULL;
        err_clear(reterr);
        r = 0;
    }
    if (r < 0)
        return r;
    if (!in->blob.n) {
        const char *path = str_cstr(y->a, in->path);
        r = blob_import(y->e->blob, "source", path, copy_progress, c, y->a, &in->blob, &info,
                        reterr);
        if (r < 0)
            return r;
        if (info.size_bytes == 0)
            return err_refuse(reterr, ERR_BAD_MEDIA, "import.file_empty",
                              "Copy or export it again.",
                              STR_FMT ": the file is empty (zero bytes)", STR_ARG(in->name));
        /* A conflict: another import of the same file took the copy away just now. Tried again. */
        r = source_claim(y->e, y->v.id, n, in->blob, info.size_bytes, y->a, reterr);
    }
    c->before += in->size_bytes;
    return r;
}

static int journey_store(struct journey *y, struct err *reterr) {
    struct copying c = {.y = y, .began_ns = clock_mono_ns()};
    for (size_t i = 0; i < y->v.n_inputs; i++)
        c.all += y->v.inputs[i].size_bytes;
    int64_t need = 0;
    for (size_t i = 0; i < y->v.n_inputs; i++)
        need += y->v.inputs[i].blob.n ? 0 : y->v.inputs[i].size_bytes;
    int enough = import_space_check(y->e, need, reterr);
    if (enough < 0)
        return enough;
    for (size_t i = 0; i < y->v.n_inputs; i++) {
        int r = job_cancelled(y->job) ? err_set(reterr, ERR_CANCELLED, "cancelled")
                                      : store_input(y, i, &c, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- the pipeline ---- */

static int source_get(void *arg, size_t i, struct pipeline_unseal *ret_unseal, struct err *reterr) {
    struct journey *y = arg;
    if (!y->v.inputs[i].blob.n)
        return err_set(reterr, ERR_PRECONDITION, "the source is not stored");
    return source_open_blob(y->e, y->v.inputs[i].blob, y->a, ret_unseal, reterr);
}

static int key_find(void *arg, const struct pipeline_key_of *of, struct pipeline_key *ret, struct err *reterr) {
    struct journey *y = arg;
    struct content_key k;
    int r = keys_get_track(y->e, y->link.asset, of->class, of->track, of->period, &k, reterr);
    if (r < 0)
        return r;
    memcpy(ret->kid, k.kid, sizeof ret->kid);
    memcpy(ret->key, k.key, sizeof ret->key);
    keys_wipe(&k);
    return 0;
}

static int protection_find(void *arg, json_t **ret, struct err *reterr) {
    struct journey *y = arg;
    return keys_protection(y->e, y->link.asset, ret, reterr);
}

static int step_progress(void *arg, enum pipeline_step s, int permille, double speed,
                         int64_t eta_ms) {
    struct journey *y = arg;
    int r = import_space_check(y->e, 0, &y->full);
    return r < 0 ? r : job_progress(y->job, pipeline_step_name(s), permille, speed, eta_ms);
}

/* Other machines may take any of the steps: with a blob store of its own place. */
static bool is_shared(const struct engine *e) {
    return e->config && config_str(e->config, "blob-dir")[0];
}

/* A wish that nobody knows is told before hours of encoding, not behind them. */
static int policy_have(struct journey *y, struct err *reterr) {
    if (y->policy)
        return 0;
    y->policy = import_policy(y->e, y->v.policy);
    sound_policy_default(y->e, y->policy);
    protect_policy_default(y->e, y->policy);
    return protect_policy_read(y->policy, y->v.scheme, &y->protect, reterr);
}

static int journey_pipeline(struct journey *y, const char *lane, struct pipeline **ret_p, struct err *reterr) {
    struct pipeline_input *inputs = arena_news(y->a, struct pipeline_input, y->v.n_inputs);
    const char *work = import_work_dir(y->e, y->v.id, y->a);
    if (!inputs || !work)
        return err_set(reterr, ERR_LIMIT, "the import does not fit");
    for (size_t i = 0; i < y->v.n_inputs; i++)
        inputs[i] =
            (struct pipeline_input){y->v.inputs[i].kind, y->v.inputs[i].lang, y->v.inputs[i].name};
    if (mkdir(work, 0700) < 0 && errno != EEXIST)
        return err_errno(reterr, errno, "%s", work);
    int known = policy_have(y, reterr);
    if (known < 0)
        return known;
    struct pipeline_spec spec = {.work_dir = work,
                                 .work_id = id_str(&y->v.id.v),
                                 .shared = is_shared(y->e),
                                 .lane = lane,
                                 .inputs = inputs,
                                 .n_inputs = y->v.n_inputs,
                                 .scheme = y->protect.scheme,
                                 .keys_of_tracks = y->protect.keys_of_tracks,
                                 .key_period_ms = y->protect.key_period_ms,
                                 .asset_id = id_str(&y->link.asset.v),
                                 .blob = y->e->blob,
                                 .revision = 1,
                                 .open_input = source_get,
                                 .key_get = key_find,
                                 .protection_get = protection_find,
                                 .progress = step_progress,
                                 .arg = y,
                                 .policy = y->policy};
    return pipeline_open(&spec, ret_p, reterr);
}

static void journey_close(struct journey *y, struct pipeline *p) {
    if (p)
        y->cost = pipeline_cost(p);
    pipeline_close(p);
}

static bool told_to_stop(void *arg) { return job_cancelled(arg); }

/* A key service that does not answer shows before hours of encoding, and is asked once: packaging finds the keys. */
static int keys_have(struct journey *y, enum pipeline_step s, struct err *reterr) {
    bool due = s == PIPELINE_PLAN || s == PIPELINE_PACKAGE;
    int r = due ? policy_have(y, reterr) : 0;
    return due && r >= 0 ? keys_order(y->e, y->link.asset, y->protect.scheme, told_to_stop, y->job, reterr) : r;
}

static int journey_step(struct journey *y, enum pipeline_step s, struct err *reterr) {
    struct pipeline *p = NULL;
    int r = keys_have(y, s, reterr);
    if (r >= 0)
        r = journey_pipeline(y, NULL, &p, reterr);
    if (r < 0)
        return r;
    if (s == PIPELINE_PACKAGE)
        r = import_space_check(y->e, package_need(y), reterr);
    if (r >= 0)
        r = pipeline_run(p, s, reterr);
    if (r >= 0 && s == PIPELINE_PLAN)
        r = ladder_keep(y->e, y->v.id, pipeline_plan(p), reterr);
    if (r >= 0 && s == PIPELINE_PLAN && pipeline_parts(p) > 1)
        r = parts_enqueue(y->job, y->v.id, pipeline_parts(p), reterr);
    if (r == ERR_NO_SPACE && y->full.code && reterr)
        *reterr = y->full;
    if (r >= 0) {
        json_t *w = pipeline_warnings(p);
        scoped(mem_free) char *text = json_dumps(w, JSON_COMPACT);
        json_decref(w);
        if (text)
            r = store_exec(y->e->store, &ingest_sql[IMPORT_WARNINGS],
                           ARGS(A_ID(y->v.id), A_CSTR(text)), reterr);
    }
    journey_close(y, p);
    return r < 0 ? r : 0;
}

/* ---- beside the journey ---- */

static int journey_part(struct journey *y, struct err *reterr) {
    struct str text = job_self(y->job)->payload;
    json_t *payload = json_loadb(text.p, text.n, 0, NULL);
    int64_t number = json_integer_value(json_object_get(payload, "part"));
    struct pipeline *p = NULL;
    char lane[32];
    json_decref(payload);
    snprintf(lane, sizeof lane, "part-%lld", (long long)number);
    int r = journey_pipeline(y, lane, &p, reterr);
    if (r >= 0)
        r = pipeline_part_run(p, (size_t)number, reterr);
    journey_close(y, p);
    return r;
}

static int journey_sound(struct journey *y, struct err *reterr) {
    struct pipeline *p = NULL;
    int r = journey_pipeline(y, "sound", &p, reterr);
    if (r >= 0)
        r = pipeline_sound_run(p, reterr);
    journey_close(y, p);
    return r;
}

/* ---- publish ---- */

static int journey_publish(struct journey *y, struct err *reterr) {
    struct pipeline *p = NULL;
    struct asset_desc d;
    struct import_made made = {.asset = &d};
    int r = journey_pipeline(y, NULL, &p, reterr);
    if (r < 0)
        return r;
    made.images = pipeline_images(p);
    made.mezzanine = y->protect.mezzanine;
    made.second = y->protect.second != SCHEME_CLEAR;
    r = pipeline_asset(p, y->a, &d, &made.json, reterr);
    if (r >= 0)
        r = import_publish(y->e, &y->v, &y->link, &made, y->job, reterr);
    journey_close(y, p);
    return r < 0 ? r : ingest_sweep(y->e, reterr);
}

/* ---- the jobs ---- */

static bool hopeless(int code) {
    return code == ERR_BAD_MEDIA || code == ERR_INVALID || code == ERR_NO_SPACE ||
           code == ERR_PERMISSION || code == ERR_NOT_FOUND || code == ERR_TOO_LARGE ||
           code == ERR_LIMIT || code == ERR_TIMEOUT;
}

/* A crash or an unknown fault is tried once more: it may have been the machine. */
enum { ATTEMPTS = 2 };

static int journey_fail(struct journey *y, const struct err *why, struct err *reterr) {
    enum import_state became;
    int r = import_end(y->e, y->v.id, IMPORT_FAILED, why, &became, reterr);
    if (r < 0)
        return r;
    if (r > 0 && became == IMPORT_FAILED)
        log_event(LOG_WARN, "import.failed", LS("import", y->v.id.v.s),
                  LS("reason", err_reason(why)), LS("error", why->msg));
    return ingest_sweep(y->e, reterr);
}

static int journey_begin(struct journey *y, struct err *reterr) {
    struct id id;
    if (!id_parse(job_self(y->job)->subject, &id))
        return err_set(reterr, ERR_INVALID, "the job names no import");
    int r = import_get(y->e, (struct import_id){id}, y->a, &y->v, reterr);
    if (r < 0)
        return r;
    if (y->v.state == IMPORT_CANCELLED || (y->v.state == IMPORT_FAILED && job_is_beside(job_self(y->job)->kind)))
        return err_set(reterr, ERR_CANCELLED, "the import was cancelled");
    if (y->v.state == IMPORT_QUEUED) {
        struct tx *begun = NULL;
        if ((r = tx_begin(y->e->store, STORE_JOBS, TX_WRITE, &begun, reterr)) < 0)
            return r;
        scoped(tx_rollback) struct tx *tx = begun;
        if ((r = import_move(tx, y->v.id, IMPORT_QUEUED, IMPORT_RUNNING, NULL, reterr)) < 0 ||
            (r = tx_commit(&tx, reterr)) < 0)
            return r;
    }
    return import_link_ensure(y->e, &y->v, y->a, &y->link, reterr);
}

static struct str step_of(struct job_ctx *j) {
    return str_slice(job_self(j)->kind, sizeof "ingest." - 1, SIZE_MAX);
}

static int journey_go(struct journey *y, struct err *reterr) {
    struct str stage = step_of(y->job);
    enum pipeline_step s;
    if (y->v.state == IMPORT_DONE)
        return 0;
    if (str_eq(stage, STR("store")))
        return journey_store(y, reterr);
    if (str_eq(stage, STR("publish")))
        return journey_publish(y, reterr);
    if (str_eq(stage, STR("encode.part")))
        return journey_part(y, reterr);
    if (str_eq(stage, STR("sound")))
        return journey_sound(y, reterr);
    bool known = pipeline_step_parse(stage, &s);
    assert(known);
    return journey_step(y, s, reterr);
}

static int ingest_run(struct job_ctx *j, struct err *reterr) {
    struct journey y = {.job = j, .e = job_engine(j), .a = job_arena(j)};
    struct err why = {0}, unsaid = {0};
    int64_t began_ns = clock_mono_ns();
    int r = journey_begin(&y, &why);
    if (r >= 0) {
        r = journey_go(&y, &why);
        if (cost_add(y.e, y.v.id, step_of(j), &y.cost, (clock_mono_ns() - began_ns) / 1000, &unsaid) < 0)
            log_event(LOG_WARN, "import.cost_unrecorded", LS("error", unsaid.msg));
    }
    json_decref(y.policy);
    if (r < 0 && reterr)
        *reterr = why;
    /* Busy: another worker, which is about to learn that the import is ours now, is still in the
     * folder, or in the database. */
    if (r >= 0 || r == ERR_CANCELLED || r == ERR_BUSY || job_cancelled(j))
        return r;
    if (!hopeless(r) && job_self(j)->attempt < ATTEMPTS)
        return r;
    struct err e = {0};
    if (journey_fail(&y, &why, &e) < 0)
        log_event(LOG_ERROR, "import.fail_unrecorded", LS("error", e.msg));
    return hopeless(r) ? ERR_INVALID : r;
}

#define KIND(step, w, text)                                                                        \
    {                                                                                              \
        .name = "ingest." step, .run = ingest_run, .max_attempts = ATTEMPTS, .weight = (w),        \
        .doc = text                                                                                \
    }
/* What needs nothing but store and blob. Encoding keeps every core busy by itself; beside it only light work makes sense. */
#define MEDIA_KINDS                                                                                \
    KIND("probe", 1, "Looks at what the file holds"),                                              \
        KIND("plan", 1, "Decides the ladder"),                                                     \
        KIND("encode", 2, "Encodes the picture in all rungs, or joins its parts"),                 \
        KIND("audio", 1, "Encodes every soundtrack"),                                              \
        KIND("text", 1, "Converts subtitles"),                                                     \
        KIND("images", 1, "Makes poster, stills and storyboard"),                                  \
        KIND("package", 1, "Packages and encrypts"),                                               \
        KIND("verify", 2, "Decodes what was made and compares it with the source"),                \
        KIND("publish", 1, "Records the asset and publishes the title"),                           \
        /* Behind here stands what is no step of the journey. */                                   \
        KIND("encode.part", 2, "Encodes a part of the picture in all rungs"),                      \
        KIND("sound", 1, "Encodes every soundtrack while the picture is encoded"),                 \
        {.name = "ingest.quality", .run = quality_job_run, .max_attempts = ATTEMPTS,               \
         .weight = JOB_BEHIND, .doc = "Looks over the whole film for faults"},                     \
        {.name = "ingest.transcrypt", .run = second_job_run, .max_attempts = ATTEMPTS,             \
         .weight = 1, .doc = "Makes a film's segments in the other encryption scheme"},            \
        {.name = "ingest.mezzanine", .run = mezzanine_job_run, .max_attempts = 5,                  \
         .backoff_ms = 3000, .weight = 1,                                                          \
         .doc = "Seals or deletes the source of a film that is packaged"}
const struct job_kind ingest_jobs[] = {
    KIND("store", 1, "Copies the source into the blob store"),
    MEDIA_KINDS,
    {.name = "ingest.drop", .run = drop_job_run, .max_attempts = ATTEMPTS, .weight = 1,
     .doc = "Takes a file of the drop folder"},
    {.name = NULL},
};
const struct job_kind ingest_media_jobs[] = {MEDIA_KINDS, {.name = NULL}};
