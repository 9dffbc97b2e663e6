/*
 * revoke.c - a playback's right ends with the session it was started in: its licences at once, for
 * the licence server asks playback_check_live, its segments within seconds, for the front is told
 * (delivery_revoke). Erasing an account takes its rows away, so that is told before.
 */
#include "service/json.h"
#include "service/playback/playback_int.h"

int playback_check_live(const struct engine *e, struct playback_id playback, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(4 << 10);
    struct session_id session;
    struct rows r;
    int rc = record_session(e, playback, &a, &r, reterr);
    if (rc < 0)
        return rc;
    if (r.n) {
        session.v = row_id(&r, 0, 0);
        rc = session_is_alive(e, session, reterr);
        if (rc != 0)
            return rc < 0 ? rc : 0;
    }
    return err_refuse(reterr, ERR_FORBIDDEN, "playback.ended",
                      "This playback has ended. Sign in and start the title again.",
                      "playback " ID_FMT " has ended, or its session has", ID_ARG(playback.v));
}

static int rows_revoke(const struct engine *e, const struct rows *r, struct arena *a,
                       struct err *reterr) {
    struct revocation *list = arena_news(a, struct revocation, MAX(r->n, 1u));
    if (!list)
        return err_set(reterr, ERR_LIMIT, "no room for %zu revoked playbacks", r->n);
    for (size_t i = 0; i < r->n; i++)
        list[i] = (struct revocation){{row_id(r, i, 0)}, row_i64(r, i, 1)};
    return delivery_revoke(e, list, r->n, reterr);
}

int playback_revoke_account(const struct engine *e, struct account_id account, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(32 << 20);
    struct rows r;
    int rc = record_flush(e, reterr);
    int64_t now = clock_now_ms(e->clock);
    if (rc == 0)
        rc = store_query(e->store, &playback_sql[PLAYBACK_OF_ACCOUNT],
                         ARGS(A_ID(account), A_I64(now), A_I64(now - PLAYBACK_LONGEST_MS)), &a, &r, reterr);
    return rc < 0 ? rc : rows_revoke(e, &r, &a, reterr);
}

/* Rows are found by their account: an index by session would cost every Play a page that is written here and
 * there. An event from before migration 0073 does not name it; then all rows are looked through, once. */
static int session_ended(const struct engine *e, const struct event *ev, struct arena *a,
                         struct err *reterr) {
    struct rows r;
    struct account_id account = {0};
    json_t *body = json_loadb(ev->body.p, ev->body.n, 0, NULL);
    bool erased = json_is_null(json_object_get(body, "account_id"));
    id_parse(json_get_str(body, "account_id"), &account.v);
    json_decref(body);
    if (erased) /* and with it, before, its playbacks */
        return 0;
    int64_t now_ms = clock_now_ms(e->clock);
    struct sql_val now = A_I64(now_ms), since = A_I64(now_ms - PLAYBACK_LONGEST_MS);
    int rc = id_is_set(account.v)
                 ? store_query(e->store, &playback_sql[PLAYBACK_OF_ACCOUNT_SESSION],
                               ARGS(A_ID(account), A_STR(ev->subject), now, since), a, &r, reterr)
                 : store_query(e->store, &playback_sql[PLAYBACK_OF_SESSION], ARGS(A_STR(ev->subject), now), a,
                               &r, reterr);
    return rc < 0 ? rc : rows_revoke(e, &r, a, reterr);
}

const struct event_handler playback_events[] = {
    {SESSION_ENDED, "playback.session_ended", session_ended},
    {.event = NULL},
};

int playback_asset_watched(const struct engine *e, struct asset_id asset, bool *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r;
    int64_t now = clock_now_ms(e->clock);
    struct playback_id from = {id_new(now - PLAYBACK_LONGEST_MS)};
    int rc = record_flush(e, reterr);
    if (rc == 0)
        rc = store_query(e->store, &playback_sql[PLAYBACK_OF_ASSET], ARGS(A_ID(from), A_ID(asset), A_I64(now)), &a, &r,
                         reterr);
    *ret = rc > 0;
    return MIN(rc, 0);
}
