/* hook_again.c - what staff does with endpoints and deliveries: try one, send again, turn off. */
#include "service/developer/hook_int.h"

enum { REPLAY_MAX = 500 };

static int ping_in(const struct engine *e, struct hook_id id, struct delivery_id *ret, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct id message = id_new(clock_now_ms(e->clock));
    int rc = tx_begin(e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = hook_message_put(tx, id, id_str(&message), ret, reterr);
    return rc ? rc : tx_commit(&tx, reterr);
}

int hook_ping(const struct engine *e, struct hook_id id, struct delivery_id *ret, struct err *reterr) {
    int rc;
    STORE_RETRY(rc, reterr, ping_in(e, id, ret, reterr));
    return rc;
}

static int again(struct tx *tx, struct delivery_id id, int64_t turn, struct err *reterr) {
    int rc = tx_exec(tx, &hook_sql[DELIVERY_AGAIN], ARGS(A_ID(id), A_I64(store_now_ms(tx_store(tx)))), reterr);
    return rc < 0 ? rc : hook_enqueue(tx, id, turn + 1, 0, reterr);
}

static int off_refuse(struct err *reterr) {
    return err_refuse(reterr, ERR_CONFLICT, "webhook.off", "The endpoint is turned off. Turn it on first.", "the endpoint is off");
}

int hook_replay(const struct engine *e, const struct hook *h, struct delivery_id id, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct delivery d;
    struct rows r;
    if (str_eq(h->state, STR("off")))
        return off_refuse(reterr);
    int rc = tx_begin(e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_query(tx, &hook_sql[DELIVERY_GET], ARGS(A_ID(id)), &a, &r, reterr);
    if (rc < 0)
        return rc;
    if (rc > 0)
        delivery_read(&r, 0, &d);
    if (rc == 0 || !str_eq(id_str(&d.hook.v), id_str(&h->id.v)))
        return err_refuse(reterr, ERR_NOT_FOUND, "webhook.no_delivery", "There is no such delivery; they are kept for 30 days.", "no such delivery");
    rc = again(tx, id, d.turn, reterr);
    return rc ? rc : tx_commit(&tx, reterr);
}

int hook_replay_since(const struct engine *e, const struct hook *h, int64_t since_ms, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows r;
    if (str_eq(h->state, STR("off")))
        return off_refuse(reterr);
    int rc = tx_begin(e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_query(tx, &hook_sql[DELIVERY_FAILED_SINCE], ARGS(A_ID(h->id), A_I64(since_ms), A_I64(REPLAY_MAX)), &a, &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++)
        rc = again(tx, (struct delivery_id){row_id(&r, i, 0)}, row_i64(&r, i, 1), reterr);
    if (rc >= 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : (int)r.n;
}

int hook_turn_off(struct tx *tx, struct hook_id id, const char *why, struct err *reterr) {
    int rc = tx_exec(tx, &hook_sql[HOOK_OFF], ARGS(A_ID(id), A_CSTR(why)), reterr);
    if (rc <= 0)
        return rc;
    int dropped = tx_exec(tx, &hook_sql[DELIVERY_DROP], ARGS(A_ID(id), A_I64(store_now_ms(tx_store(tx)))), reterr);
    return dropped < 0 ? dropped : 1;
}
