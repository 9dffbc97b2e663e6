/*
 * sweep.c - what is left behind. ingest_sweep follows the states of imports and removes what an
 * ended one no longer needs; ingest_gc looks from the other side, at what lies on the disk and
 * belongs to nobody.
 */
#include "base/log.h"
#include "service/catalog/catalog.h"
#include "service/ingest/upload.h"
#include "service/keys/keys.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A failure that a person can remedy (a full disk) keeps its finished chunks for so long. */
static const int64_t keep_failed_ms = 7LL * 24 * 3600 * 1000;
static int folder_remove_at(int parent, const char *name, int depth) {
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    DIR *d = fdopendir(fd);
    if (!d) {
        close(fd);
        return -1;
    }
    int r = 0;
    for (struct dirent *de; r == 0 && (de = readdir(d));) {
        if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
            continue;
        if (unlinkat(dirfd(d), de->d_name, 0) < 0)
            r = (errno == EISDIR || errno == EPERM) && depth < 8
                    ? folder_remove_at(dirfd(d), de->d_name, depth + 1)
                    : -1;
    }
    closedir(d);
    return r < 0 ? r : unlinkat(parent, name, AT_REMOVEDIR);
}

int folder_remove(const char *path, struct err *reterr) {
    return folder_remove_at(AT_FDCWD, path, 0) < 0 ? err_errno(reterr, errno, "%s", path) : 0;
}

static int sources_release(const struct engine *e, struct import_id id, struct arena *a,
                           struct err *reterr) {
    struct rows inputs;
    int n = store_query(e->store, &ingest_sql[INPUTS], ARGS(A_ID(id)), a, &inputs, reterr), r = n;
    for (int i = 0; i < n && r >= 0; i++) {
        struct str blob = row_str(&inputs, (size_t)i, 4);
        if (blob.n)
            r = source_release(e, blob, false, a, reterr);
    }
    return r < 0 ? r : 0;
}

/* A step may still be on its way out (its child is being killed): not before it has ended. Of a failed import the step that failed
 * is past its child; parts beside it may not be. */
static bool jobs_ended(const struct engine *e, struct import_id id, bool failed, struct arena *a) {
    struct job *jobs;
    size_t n;
    if (job_list_subject(e->store, id_str(&id.v), a, &jobs, &n, NULL) < 0)
        return false;
    for (size_t i = 0; i < n; i++)
        if (jobs[i].state == JOB_RUNNING && (!failed || job_is_beside(jobs[i].kind)) && !str_eq(jobs[i].kind, STR("ingest.publish")))
            return false;
    return true;
}

bool import_remediable(struct str code) {
    static const char *const codes[] = {"no_space", "permission", "crashed", "media.killed",
                                        "io",       "no_memory",  "internal"};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (str_eq(code, str_of(codes[i])))
            return true;
    return false;
}

/* The list is a moment old, and somebody may have had the import tried again since. */
static bool in_state(const struct engine *e, struct import_id id, struct str state,
                     struct arena *a) {
    struct rows r;
    return store_row(e->store, &ingest_sql[IMPORT_STATE], ARGS(A_ID(id)), a, &r, NULL) >= 0 &&
           str_eq(row_str(&r, 0, 0), state);
}

static int sweep_one(const struct engine *e, struct import_id id, struct str state, struct str code,
                     int64_t ended_ms, struct arena *a, struct err *reterr) {
    bool done = str_eq(state, STR("done")), failed = str_eq(state, STR("failed"));
    bool keep = failed && import_remediable(code);
    char prefix[64];
    int r = 0;
    if (!in_state(e, id, state, a))
        return 0;
    if (!done) /* a failed import takes its title with it; a new try makes another */
        r = import_link_discard(e, id, state, reterr);
    if (r < 0 || (keep && store_now_ms(e->store) - ended_ms < keep_failed_ms))
        return r;
    if (!done && !jobs_ended(e, id, failed, a))
        return 0;
    const char *work = import_work_dir(e, id, a);
    if (!in_state(e, id, state, a)) /* discarding took a while */
        return 0;
    snprintf(prefix, sizeof prefix, "work/" ID_FMT, ID_ARG(id.v));
    if (!work || (r = folder_remove(work, reterr)) < 0 || (r = blob_delete_prefix(e->blob, prefix, reterr)) < 0)
        return r;
    r = store_exec(e->store, &ingest_sql[IMPORT_SWEPT], ARGS(A_ID(id), A_I64(1), A_STR(state)),
                   reterr);
    if (r <= 0)
        return r;
    return done ? 0 : sources_release(e, id, a, reterr);
}

/* Why the journey ended: its last job that failed. false: it goes on. */
static bool journey_ended(const struct job *jobs, size_t n, struct err *ret_why) {
    err_set(ret_why, ERR_CRASHED, "the import ended without saying why");
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].state == JOB_WAITING || jobs[i].state == JOB_READY ||
            jobs[i].state == JOB_RUNNING)
            return false;
        if (jobs[i].state == JOB_FAILED && jobs[i].error_reason.n) {
            snprintf(ret_why->reason, sizeof ret_why->reason, STR_FMT,
                     STR_ARG(jobs[i].error_reason));
            snprintf(ret_why->hint, sizeof ret_why->hint, STR_FMT, STR_ARG(jobs[i].error_hint));
        }
    }
    return true;
}

/* A step whose worker dies each time is given up by the queue, and on a full disk a failure could
 * not be recorded: nobody works on such an import any more, and it says so here. */
static int stuck_fail(const struct engine *e, struct import_id id, struct arena *a,
                      struct err *reterr) {
    enum import_state became;
    struct job *jobs;
    struct err why = {0};
    size_t n;
    int r = job_list_subject(e->store, id_str(&id.v), a, &jobs, &n, reterr);
    if (r < 0 || !journey_ended(jobs, n, &why))
        return MIN(r, 0);
    r = import_end(e, id, IMPORT_FAILED, &why, &became, reterr);
    if (r > 0 && became == IMPORT_FAILED)
        log_event(LOG_WARN, "import.stuck", LS("import", id.v.s), LS("reason", err_reason(&why)));
    return MIN(r, 0);
}

static int stuck_find(const struct engine *e, struct err *reterr) {
    struct arena a = ARENA(16 << 20);
    struct rows rows;
    int n = store_query(e->store, &ingest_sql[IMPORT_LIVE], NO_ARGS, &a, &rows, reterr),
        r = MIN(n, 0);
    for (int i = 0; i < n && r >= 0; i++)
        r = stuck_fail(e, (struct import_id){row_id(&rows, (size_t)i, 0)}, &a, reterr);
    arena_done(&a);
    return r;
}

/* Who swept an import removed the folder of its own machine; others that worked at it have theirs. */
static int folders_sweep(const struct engine *e, struct err *reterr) {
    char path[4096];
    snprintf(path, sizeof path, "%s/work", e->data_dir);
    DIR *d = opendir(path);
    int r = 0;
    for (struct dirent *de; d && r >= 0 && (de = readdir(d));) {
        struct arena a = ARENA(64 << 10);
        struct rows rows;
        struct id id;
        if (id_parse(str_of(de->d_name), &id) &&
            (r = store_query(e->store, &ingest_sql[IMPORT_IS_SWEPT], ARGS(A_ID((struct import_id){id})), &a, &rows, reterr)) > 0) {
            snprintf(path, sizeof path, "%s/work/%s", e->data_dir, de->d_name);
            r = folder_remove(path, reterr);
        }
        arena_done(&a);
    }
    if (d)
        closedir(d);
    return MIN(r, 0);
}

int ingest_sweep(const struct engine *e, struct err *reterr) {
    int found = upload_sweep(e, reterr);
    if (found >= 0)
        found = stuck_find(e, reterr);
    if (found < 0)
        return found;
    struct arena a = ARENA(4 << 20);
    struct rows rows;
    int n = store_query(e->store, &ingest_sql[IMPORT_UNSWEPT], NO_ARGS, &a, &rows, reterr),
        r = MIN(n, 0);
    for (int i = 0; i < n && r >= 0; i++) {
        size_t at = (size_t)i;
        r = sweep_one(e, (struct import_id){row_id(&rows, at, 0)}, row_str(&rows, at, 1),
                      row_str(&rows, at, 2), row_i64(&rows, at, 3), &a, reterr);
    }
    arena_done(&a);
    return r < 0 ? r : folders_sweep(e, reterr);
}

/* ---- gc ---- */

int ingest_asset_remove(const struct engine *e, struct asset_id asset, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    char prefix[64];
    int r = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (r >= 0)
        r = catalog_asset_discard(tx, asset, reterr);
    if (r >= 0)
        r = keys_forget(tx, asset, reterr);
    if (r >= 0)
        r = tx_commit(&tx, reterr);
    if (r < 0)
        return r;
    snprintf(prefix, sizeof prefix, "asset/" ID_FMT "/", ID_ARG(asset.v));
    r = blob_delete_prefix(e->blob, prefix, reterr);
    return MIN(r, 0);
}

struct gc {
    const struct engine *e;
    bool dry;
    int64_t min_age_ms;
    void (*fn)(void *arg, const char *what, const char *name);
    void *arg;
    int count;
    struct arena a;
    struct err *reterr;
};

static void gc_tell(struct gc *g, const char *what, const char *name) {
    g->count++;
    if (g->fn)
        g->fn(g->arg, what, name);
}

static int gc_work(struct gc *g) {
    char path[4096];
    snprintf(path, sizeof path, "%s/work", g->e->data_dir);
    DIR *d = opendir(path);
    int r = 0;
    if (!d)
        return errno == ENOENT ? 0 : err_errno(g->reterr, errno, "%s", path);
    for (struct dirent *de; r >= 0 && (de = readdir(d));) {
        struct id id;
        struct rows rows;
        if (de->d_name[0] == '.')
            continue;
        bool wanted = false;
        if (id_parse(str_of(de->d_name), &id)) {
            r = store_query(g->e->store, &ingest_sql[IMPORT_STATE],
                            ARGS(A_ID((struct import_id){id})), &g->a, &rows, g->reterr);
            /* Ended imports are ingest_sweep's business, which ran before. */
            wanted = r > 0;
        }
        if (r < 0 || wanted)
            continue;
        gc_tell(g, "work folder", de->d_name);
        snprintf(path, sizeof path, "%s/work/%s", g->e->data_dir, de->d_name);
        if (!g->dry)
            r = folder_remove(path, g->reterr);
    }
    closedir(d);
    return r;
}

/* "work/<import>/...": of an import that nobody knows. */
static int gc_unfinished(void *arg, const char *name, const struct blob_info *info) {
    struct gc *g = arg;
    struct rows rows;
    struct id id;
    const char *of = name + sizeof "work/" - 1;
    if (strlen(of) > ID_LEN && id_parse(str_make(of, ID_LEN), &id)) {
        int r = store_query(g->e->store, &ingest_sql[IMPORT_STATE], ARGS(A_ID((struct import_id){id})), &g->a, &rows, g->reterr);
        if (r != 0)
            return MIN(r, 0);
    }
    gc_tell(g, "unfinished work", name);
    return g->dry ? 0 : blob_delete(g->e->blob, name, g->reterr);
}

static bool too_young(struct gc *g, const struct blob_info *info) {
    return clock_now_ms(NULL) - info->mtime_ms < g->min_age_ms;
}

static int gc_source(void *arg, const char *name, const struct blob_info *info) {
    struct gc *g = arg;
    if (too_young(g, info))
        return 0;
    /* A sealed one is wanted, and goes, under the name that the clear one had. */
    bool sealed = str_starts(str_of(name), STR("sealed/"));
    struct str blob = sealed ? str_printf(&g->a, "source/%s", name + sizeof "sealed/" - 1) : str_of(name);
    int r = source_release(g->e, blob, g->dry, &g->a, g->reterr);
    if (r > 0)
        gc_tell(g, "source", name);
    return MIN(r, 0);
}

/* "asset/<id>/..." and "art/<id>-...": both begin with the asset they belong to. */
static int gc_of_asset(void *arg, const char *name, const struct blob_info *info) {
    struct gc *g = arg;
    struct asset_id id;
    bool wanted = false;
    const char *at = strchr(name, '/');
    if (at && strlen(at + 1) >= ID_LEN && id_parse(str_make(at + 1, ID_LEN), &id.v)) {
        int r = catalog_asset_exists(g->e->store, id, &wanted, g->reterr);
        if (r < 0)
            return r;
    }
    if (!wanted && str_starts(str_of(name), STR("art/"))) {
        /* A title may show the pictures of a film that it has no more, or such as an editor gave it. */
        int r = catalog_artwork_used(g->e->store, str_of(name + sizeof "art/" - 1), &wanted, g->reterr);
        if (r < 0)
            return r;
    }
    if (wanted)
        return 0;
    gc_tell(g, "object", name);
    return g->dry ? 0 : blob_delete(g->e->blob, name, g->reterr);
}

/* "brand-..." is the house's own mark (storefront). */
static int gc_art(void *arg, const char *name, const struct blob_info *info) {
    return too_young(arg, info) || str_starts(str_of(name), STR("art/brand-")) ? 0 : gc_of_asset(arg, name, info);
}

/* A kill between the title's transaction and the import's leaves a link that no import knows. */
static int gc_links(struct gc *g) {
    struct rows links, rows;
    int n = store_query(g->e->store, &ingest_sql[LINKS_ALL], NO_ARGS, &g->a, &links, g->reterr),
        r = n;
    for (int i = 0; i < n && r >= 0; i++) {
        struct import_id id = {row_id(&links, (size_t)i, 0)};
        r = store_query(g->e->store, &ingest_sql[IMPORT_STATE], ARGS(A_ID(id)), &g->a, &rows,
                        g->reterr);
        if (r != 0)
            continue;
        gc_tell(g, "title of no import", id.v.s);
        if (!g->dry)
            r = import_link_discard(g->e, id, STR_NULL, g->reterr);
    }
    return r;
}

/* Of an upload that nobody knows any more. */
static int gc_part(void *arg, struct id key) {
    struct gc *g = arg;
    struct rows rows;
    int r = store_query(g->e->store, &ingest_sql[UPLOAD_LIVE], ARGS(A_ID((struct upload_id){key})), &g->a, &rows,
                        g->reterr);
    if (r != 0)
        return MIN(r, 0);
    gc_tell(g, "upload", key.s);
    return g->dry ? 0 : blob_part_remove(g->e->blob, key, g->reterr);
}

int ingest_gc(const struct engine *e, bool dry, int64_t min_age_ms,
              void (*fn)(void *arg, const char *what, const char *name), void *arg,
              struct err *reterr) {
    struct gc g = {.e = e,
                   .dry = dry,
                   .min_age_ms = min_age_ms,
                   .fn = fn,
                   .arg = arg,
                   .a = ARENA(64 << 20),
                   .reterr = reterr};
    int r = dry ? 0 : ingest_sweep(e, reterr);
    if (r >= 0)
        r = gc_links(&g);
    if (r >= 0)
        r = gc_work(&g);
    if (r >= 0)
        r = blob_part_list(e->blob, gc_part, &g, reterr);
    if (r >= 0)
        r = blob_list(e->blob, "source", gc_source, &g, reterr);
    if (r >= 0)
        r = blob_list(e->blob, "sealed", gc_source, &g, reterr);
    if (r >= 0)
        r = blob_list(e->blob, "work", gc_unfinished, &g, reterr);
    if (r >= 0)
        r = blob_list(e->blob, "asset", gc_of_asset, &g, reterr);
    if (r >= 0)
        r = blob_list(e->blob, "art", gc_art, &g, reterr);
    if (r >= 0 && !dry)
        r = blob_tidy(e->blob, min_age_ms, reterr);
    arena_done(&g.a);
    return r < 0 ? r : g.count;
}
