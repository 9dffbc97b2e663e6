/*
 * sweep.c - what goes. A list of subtitles stays for two days after another took its place, which is longer than any
 * playback lasts (delivery.h); then its file goes, and the tracks that no other list of the film names. Removed subtitles
 * can be brought back for a month.
 */
#include "base/log.h"
#include "service/subtitles/subtitles_int.h"

#define HOUR_MS (3600 * 1000LL)
#define LIST_KEPT_MS (48 * HOUR_MS)
#define REMOVED_KEPT_MS (30 * 24 * HOUR_MS)

static bool names_has(struct str names, struct str name) {
    struct str one;
    for (struct str rest = names; rest.p;) {
        rest = str_cut(rest, ' ', &one);
        if (str_eq(one, name))
            return true;
    }
    return false;
}

static int track_drop(const struct engine *e, struct str asset, struct str track, struct err *reterr) {
    static const char *const suffixes[] = {".vtts", ".idx", ".cmaf", ".idx"};
    char own[16], imsc[16];
    int rc = 0;
    snprintf(own, sizeof own, STR_FMT, STR_ARG(track));
    imsc_name(track, imsc);
    for (size_t i = 0; i < ARRAY_LEN(suffixes) && rc >= 0; i++) {
        char name[96];
        snprintf(name, sizeof name, "asset/" STR_FMT "/%s%s", STR_ARG(asset), i < 2 ? own : imsc, suffixes[i]);
        rc = blob_delete(e->blob, name, reterr);
    }
    return rc;
}

/* Names of three digits and more are ours; the packager's own belong to list 0, which stays with the film. */
static int list_drop(const struct engine *e, struct str asset, int64_t list, struct str names, struct arena *a, struct err *reterr) {
    struct rows others;
    struct str one;
    char name[96];
    int n = store_query(e->store, &subtitles_sql[LIST_OTHERS], ARGS(A_STR(asset), A_I64(list)), a, &others, reterr), rc = n;
    for (struct str rest = names; rest.p && rc >= 0;) {
        rest = str_cut(rest, ' ', &one);
        bool used = one.n < 4;
        for (int i = 0; i < n && !used; i++)
            used = names_has(row_str(&others, (size_t)i, 0), one);
        if (!used)
            rc = track_drop(e, asset, one, reterr);
    }
    snprintf(name, sizeof name, "asset/" STR_FMT "/text-%lld.json", STR_ARG(asset), (long long)list);
    if (rc >= 0)
        rc = blob_delete(e->blob, name, reterr);
    if (rc >= 0)
        STORE_RETRY(rc, reterr, store_exec(e->store, &subtitles_sql[LIST_DROP], ARGS(A_STR(asset), A_I64(list)), reterr));
    return MIN(rc, 0);
}

static int lists_sweep(const struct engine *e, int64_t now, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 20);
    struct rows r;
    int n = store_query(e->store, &subtitles_sql[LIST_OLD], ARGS(A_I64(now - LIST_KEPT_MS)), &a, &r, reterr), rc = n;
    for (int i = 0; i < n && rc >= 0; i++)
        rc = list_drop(e, row_str(&r, (size_t)i, 0), row_i64(&r, (size_t)i, 1), row_str(&r, (size_t)i, 2), &a, reterr);
    return MIN(rc, 0);
}

struct vtt_sweep {
    const struct engine *e;
    int64_t before_ms;
    struct err *reterr;
};

/* Of a change that never came to be, or whose subtitles are gone. */
static int vtt_look(void *arg, const char *name, const struct blob_info *info) {
    struct vtt_sweep *v = arg;
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r;
    if (info->mtime_ms >= v->before_ms)
        return 0;
    int rc = store_query(v->e->store, &subtitles_sql[VTT_USED], ARGS(A_CSTR(name)), &a, &r, v->reterr);
    if (rc != 0)
        return MIN(rc, 0);
    return MIN(blob_delete(v->e->blob, name, v->reterr), 0);
}

int subtitles_sweep(const struct engine *e, struct err *reterr) {
    int64_t now = clock_now_ms(e->clock);
    int rc;
    STORE_RETRY(rc, reterr, store_exec(e->store, &subtitles_sql[SUBTITLE_PURGE], ARGS(A_I64(now - REMOVED_KEPT_MS)), reterr));
    if (rc >= 0)
        rc = lists_sweep(e, now, reterr);
    struct vtt_sweep v = {e, now - 24 * HOUR_MS, reterr};
    return rc < 0 ? rc : blob_list(e->blob, "subtitle", vtt_look, &v, reterr);
}
