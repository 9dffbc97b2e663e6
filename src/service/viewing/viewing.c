/* viewing.c - see viewing.h. */
#include "service/viewing/viewing_int.h"
#include "engine/place/place.h"
#include "service/catalog/catalog.h"
#include "service/json.h"

enum { BEGUN_MS = 5000, END_MS = 30000, TRIES = 8, INTO_MS = 120000, DAY_MS = 24 * 3600 * 1000 };

const struct sql viewing_sql[] = {VIEWING_SQL(SQL_ROW) SQL_END};

int64_t viewing_resume_ms(int64_t position_ms, int64_t duration_ms) {
    if (duration_ms <= 0 || position_ms < BEGUN_MS)
        return 0;
    /* The last 30 s of a trailer are most of it: there 5 % count. */
    int64_t tail = MAX(duration_ms * 3 / 100, MIN((int64_t)END_MS, duration_ms * 5 / 100));
    return position_ms >= duration_ms - tail ? 0 : position_ms;
}

/* What is stored of the title, and the number of its row's writes; 0: nothing. */
static int row_load(const struct engine *e, const struct progress_report *r, struct arena *a,
                    struct viewing_row *ret, int64_t *ret_version, struct err *reterr) {
    struct rows rows;
    int rc = store_query(e->store, &viewing_sql[PROGRESS_GET],
                         ARGS(A_ID(r->profile), A_ID(r->title)), a, &rows, reterr);
    *ret_version = 0;
    if (rc <= 0)
        return rc;
    *ret = (struct viewing_row){.playback = {row_id(&rows, 0, 6)},
                                .state = row_str(&rows, 0, 3),
                                .viewed_ms = row_i64(&rows, 0, 4),
                                .client_at_ms = row_i64(&rows, 0, 7),
                                .seq = row_i64(&rows, 0, 8),
                                .position_ms = row_i64(&rows, 0, 1)};
    *ret_version = row_i64(&rows, 0, 9);
    return 1;
}

/* Two minutes, or a quarter of what is short: whoever is that far watches it. before: NULL, nothing was stored. */
static bool got_into(const struct viewing_row *before, const struct progress_report *r) {
    int64_t into = r->duration_ms > 0 ? MIN((int64_t)INTO_MS, r->duration_ms / 4) : INTO_MS;
    return r->position_ms >= into && (!before || before->position_ms < into ||
                                      before->viewed_ms / DAY_MS < r->viewed_ms / DAY_MS);
}

static int watched_tell(struct tx *tx, const struct progress_report *r, struct err *reterr) {
    char body[32];
    snprintf(body, sizeof body, "{\"country\":\"%.2s\"}", country_is(r->country) ? r->country.p : "");
    return event_publish(tx, "title.watched", 1, id_str(&r->title.v), str_of(body), reterr);
}

enum { PUT_ARGS = 13 };

static void put_args(const struct engine *e, const struct progress_report *r, int64_t viewed_ms,
                     int64_t version, struct sql_val *v) {
    int64_t position =
        r->duration_ms > 0 ? CLAMP(r->position_ms, 0, r->duration_ms) : MAX(r->position_ms, 0);
    bool seen = position >= BEGUN_MS && viewing_resume_ms(position, r->duration_ms) == 0;
    const struct sql_val all[PUT_ARGS] = {
        A_ID(r->profile), A_ID(r->title), A_ID(r->account), A_ID(r->playback), A_I64(position),
        A_I64(r->duration_ms), A_STR(r->state), A_I64(clock_now_ms(e->clock)), A_I64(r->client_at_ms),
        A_I64(viewed_ms), A_I64(r->seq), seen ? A_I64(viewed_ms) : A_NULL, A_I64(version)};
    memcpy(v, all, sizeof all);
}

/* Returns whether the row took it: 0 where somebody else wrote since. tell: with the event. */
static int row_put(const struct engine *e, const struct progress_report *r, int64_t viewed_ms,
                   int64_t version, bool tell, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct sql_val v[PUT_ARGS];
    put_args(e, r, viewed_ms, version, v);
    if (!tell)
        return store_exec(e->store, &viewing_sql[PROGRESS_PUT], (struct sql_args){v, PUT_ARGS}, reterr);
    int rc = tx_begin(e->store, STORE_VIEWING, TX_WRITE, &tx, reterr), changed = 0;
    if (rc >= 0)
        rc = changed = tx_exec(tx, &viewing_sql[PROGRESS_PUT], (struct sql_args){v, PUT_ARGS}, reterr);
    if (rc > 0)
        rc = watched_tell(tx, r, reterr);
    if (rc >= 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : changed;
}

/* Read, judge, compare and set: whoever wrote in between is read again. */
int viewing_report(const struct engine *e, const struct progress_report *r, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    for (int i = 0; i < TRIES; i++) {
        struct viewing_row row;
        int64_t version;
        int rc = row_load(e, r, &a, &row, &version, reterr);
        if (rc < 0 || (rc ? !viewing_wins(&row, r) : r->still))
            return MIN(rc, 0);
        bool tell = got_into(rc ? &row : NULL, r);
        rc = row_put(e, r, rc ? MAX(r->viewed_ms, row.viewed_ms) : r->viewed_ms, version, tell, reterr);
        if (rc > 0)
            viewing_tell(e, r->profile, "progress", r->title.v);
        if (rc)
            return MIN(rc, 0);
    }
    return err_set(reterr, ERR_BUSY, "the position of a title is written by too many at once");
}

int viewing_mark(const struct engine *e, const struct principal *who, struct title_id title,
                 int64_t duration_ms, bool watched, int64_t at_ms, struct err *reterr) {
    int rc = store_exec(e->store, &viewing_sql[PROGRESS_MARK],
                        ARGS(A_ID(who->profile), A_ID(title), A_ID(who->account),
                             A_I64(duration_ms), A_STR(watched ? STR("ended") : STR("removed")),
                             A_I64(clock_now_ms(e->clock)), A_I64(at_ms),
                             watched ? A_I64(at_ms) : A_NULL),
                        reterr);
    if (rc > 0)
        viewing_tell(e, who->profile, "progress", title.v);
    return MIN(rc, 0);
}

struct progress progress_read(const struct rows *r, size_t row) {
    struct progress p = {.title = {row_id(r, row, 0)},
                         .position_ms = row_i64(r, row, 1),
                         .duration_ms = row_i64(r, row, 2),
                         .viewed_ms = row_i64(r, row, 4),
                         .watched_ms = row_i64(r, row, 5)};
    struct str state = row_str(r, row, 3);
    if (str_eq(state, STR("removed")))
        p.viewed_ms = 0;
    else if (!str_eq(state, STR("ended")))
        p.resume_ms = viewing_resume_ms(p.position_ms, p.duration_ms);
    return p;
}

int viewing_progress(const struct engine *e, struct profile_id profile, struct title_id title,
                     struct progress *ret_p, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    int rc = store_row(e->store, &viewing_sql[PROGRESS_GET], ARGS(A_ID(profile), A_ID(title)), &a,
                       &r, reterr);
    if (rc < 0)
        return rc;
    *ret_p = progress_read(&r, 0);
    return 0;
}

struct store_ask viewing_progress_ask(const struct profile_id *profile,
                                      const struct title_id *title) {
    return ASK(&viewing_sql[PROGRESS_GET], A_ID(*profile), A_ID(*title));
}

int viewing_progress_take(const struct store_ask *answered, struct progress *ret_p,
                          struct err *reterr) {
    if (!answered->rows.n)
        return err_set(reterr, ERR_NOT_FOUND, "nothing seen of the title");
    *ret_p = progress_read(&answered->rows, 0);
    return 0;
}

int viewing_continue(const struct engine *e, struct profile_id profile, int limit, struct arena *a,
                     struct progress **ret, size_t *ret_n, struct err *reterr) {
    struct rows r;
    limit = CLAMP(limit, 1, VIEWING_BATCH);
    /* Some of them are seen to the end or hardly begun: ask for more than are shown. */
    int rc = store_query(e->store, &viewing_sql[PROGRESS_RECENT],
                         ARGS(A_ID(profile), A_I64(limit * 4)), a, &r, reterr);
    if (rc < 0)
        return rc;
    struct progress *list = arena_news(a, struct progress, (size_t)limit);
    size_t n = 0;
    if (!list)
        return err_set(reterr, ERR_LIMIT, "no room for %d titles", limit);
    for (size_t i = 0; i < r.n && n < (size_t)limit; i++) {
        list[n] = progress_read(&r, i);
        n += list[n].resume_ms > 0;
    }
    *ret = list;
    *ret_n = n;
    return 0;
}

int viewing_listed(const struct engine *e, struct profile_id profile, int limit, struct arena *a,
                   struct title_id **ret, size_t *ret_n, struct err *reterr) {
    struct rows r;
    int rc = store_query(e->store, &viewing_sql[LIST_PAGE],
                         ARGS(A_ID(profile), A_I64(INT64_MAX), A_STR(STR("")),
                              A_I64(CLAMP(limit, 1, VIEWING_BATCH))),
                         a, &r, reterr);
    if (rc < 0)
        return rc;
    struct title_id *list = arena_news(a, struct title_id, MAX(r.n, 1u));
    if (!list)
        return err_set(reterr, ERR_LIMIT, "no room for %zu titles", r.n);
    for (size_t i = 0; i < r.n; i++)
        list[i].v = row_id(&r, i, 0);
    *ret = list;
    *ret_n = r.n;
    return 0;
}

static json_t *progress_json(const struct progress *p) {
    return json_pack("{s:o, s:o, s:o}", "position_s", json_of_seconds(p->resume_ms), "duration_s",
                     json_of_seconds(p->duration_ms), "updated_at", json_of_time(p->viewed_ms));
}

void viewing_progress_text(const struct progress *p, struct buf *into) {
    char at[RFC3339_LEN + 1];
    if (!p->resume_ms) {
        buf_addc(into, "null");
        return;
    }
    rfc3339_write(p->viewed_ms, at);
    buf_addc(into, "{\"position_s\":");
    json_seconds_add(into, p->resume_ms);
    buf_addc(into, ",\"duration_s\":");
    json_seconds_add(into, p->duration_ms);
    buf_addf(into, ",\"updated_at\":\"%s\"}", at);
}

/* What the catalogue shows beside its titles; only what can be resumed is progress to a viewer. */
static int titles_progress(const struct engine *e, struct profile_id profile,
                           const struct title_id *ids, size_t n, json_t **out, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    for (size_t at = 0; at < n; at += VIEWING_BATCH) {
        struct sql_val v[VIEWING_BATCH + 1] = {A_ID(profile)};
        struct rows r;
        size_t count = MIN(n - at, (size_t)VIEWING_BATCH);
        for (size_t i = 0; i < VIEWING_BATCH; i++)
            v[i + 1] = i < count ? A_ID(ids[at + i]) : A_NULL;
        int rc = store_query(e->store, &viewing_sql[PROGRESS_BATCH],
                             (struct sql_args){v, ARRAY_LEN(v)}, &a, &r, reterr);
        if (rc < 0)
            return rc;
        for (size_t row = 0; row < r.n; row++) {
            struct progress p = progress_read(&r, row);
            for (size_t i = 0; p.resume_ms && i < count; i++)
                if (!out[at + i] && str_eq(id_str(&ids[at + i].v), id_str(&p.title.v)))
                    out[at + i] = progress_json(&p);
        }
    }
    return 0;
}

static int viewing_start(const struct engine *e, struct err *reterr) {
    catalog_progress_provider(titles_progress);
    return 0;
}

static int viewing_export(const struct engine *e, struct account_id account, json_t **ret,
                          struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 20);
    struct rows r;
    int rc = store_query(e->store, &viewing_sql[PROGRESS_BY_ACCOUNT], ARGS(A_ID(account)), &a, &r,
                         reterr);
    if (rc < 0)
        return rc;
    json_t *list = json_array();
    for (size_t i = 0; i < r.n; i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "profile_id",
                                              json_of_str(row_str(&r, i, 6)), "title_id",
                                              json_of_str(row_str(&r, i, 0)), "position_s",
                                              json_of_seconds(row_i64(&r, i, 1)), "duration_s",
                                              json_of_seconds(row_i64(&r, i, 2)), "state",
                                              json_of_str(row_str(&r, i, 3)), "viewed_at",
                                              json_of_time(row_i64(&r, i, 4)), "watched_at",
                                              json_of_time(row_i64(&r, i, 5))));
    json_t *all = json_pack("{s:o}", "progress", list);
    if (!all)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
    rc = lists_export(e, account, all, reterr);
    if (rc < 0)
        json_decref(all);
    else
        *ret = all;
    return rc;
}

static int each_exec(const struct engine *e, const int *statements, size_t n, struct str id,
                     struct err *reterr) {
    int rc = 0;
    for (size_t i = 0; i < n && rc >= 0; i++)
        rc = store_exec(e->store, &viewing_sql[statements[i]], ARGS(A_STR(id)), reterr);
    return MIN(rc, 0);
}

static int viewing_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    static const int all[] = {PROGRESS_ERASE, LIST_ERASE, RATING_ERASE};
    return each_exec(e, all, ARRAY_LEN(all), id_str(&account.v), reterr);
}

static int profile_deleted(const struct engine *e, const struct event *ev, struct arena *a,
                           struct err *reterr) {
    static const int all[] = {PROGRESS_FORGET, LIST_FORGET, RATING_FORGET};
    return each_exec(e, all, ARRAY_LEN(all), ev->subject, reterr);
}

static const struct event_handler viewing_events[] = {
    {"profile.deleted", "viewing.profile_deleted", profile_deleted}, {.event = NULL}};

const struct service viewing_service = {
    .name = "viewing",
    .routes = viewing_routes,
    .schemas = viewing_schemas,
    .sql = viewing_sql,
    .config = viewing_config,
    .events = viewing_events,
    .start = viewing_start,
    .stop = news_stop,
    .export = viewing_export,
    .erase = viewing_erase,
};
