/*
 * views.c - how often titles are watched, by day and country, without persons: what "Top 10" counts. Fed by
 * title.watched; an event that is delivered twice counts once.
 */
#include "service/json.h"
#include "service/storefront/storefront_int.h"

#define DAY_MS (24LL * 3600 * 1000)
enum { KEEP_DAYS = 35, KEEP_EVENTS_DAYS = 3 };

static int count(struct tx *tx, const struct event *ev, struct str country, struct err *reterr) {
    int rc = tx_exec(tx, &storefront_sql[VIEW_SEEN], ARGS(A_ID(ev->id), A_I64(ev->at_ms)), reterr);
    if (rc <= 0) /* it was counted before */
        return rc;
    return tx_exec(tx, &storefront_sql[VIEW_ADD],
                   ARGS(A_I64(ev->at_ms / DAY_MS), A_STR(country), A_STR(ev->subject)), reterr);
}

static int title_watched(const struct engine *e, const struct event *ev, struct arena *a, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    json_t *body = json_loadb(ev->body.p, ev->body.n, 0, NULL);
    struct str country = str_dup(a, json_get_str(body, "country"));
    json_decref(body);
    int rc = tx_begin(e->store, STORE_VIEWING, TX_WRITE, &tx, reterr);
    if (rc >= 0)
        rc = count(tx, ev, country.p ? country : STR(""), reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

const struct event_handler storefront_events[] = {
    {"title.watched", "storefront.title_watched", title_watched}, {.event = NULL}};

int views_top(const struct engine *e, const char *country, int limit, struct pool_item *items,
              size_t *ret_n, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct rows r;
    int64_t after = store_now_ms(e->store) / DAY_MS - VIEWS_DAYS;
    int rc = *country ? store_query(e->store, &storefront_sql[VIEW_TOP],
                                    ARGS(A_I64(after), A_CSTR(country), A_I64(limit)), &a, &r, reterr)
                      : store_query(e->store, &storefront_sql[VIEW_TOP_ANYWHERE],
                                    ARGS(A_I64(after), A_I64(limit)), &a, &r, reterr);
    for (size_t i = 0; rc > 0 && i < r.n; i++)
        items[i] = (struct pool_item){.id = row_id(&r, i, 0), .n = row_i64(&r, i, 1)};
    if (rc >= 0)
        *ret_n = r.n;
    return MIN(rc, 0);
}

int views_prune(const struct engine *e, struct err *reterr) {
    int64_t now = store_now_ms(e->store);
    int rc;
    STORE_RETRY(rc, reterr, store_exec(e->store, &storefront_sql[VIEW_PRUNE], ARGS(A_I64(now / DAY_MS - KEEP_DAYS)), reterr));
    if (rc >= 0)
        STORE_RETRY(rc, reterr, store_exec(e->store, &storefront_sql[VIEW_SEEN_PRUNE],
                                           ARGS(A_I64(now - KEEP_EVENTS_DAYS * DAY_MS)), reterr));
    return MIN(rc, 0);
}
