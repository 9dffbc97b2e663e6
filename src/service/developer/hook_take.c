/*
 * hook_take.c - an event of the house becomes a message, and a delivery with its job for each endpoint that wants it, in one
 * transaction. The event was written in the transaction of the change that it tells of, and is handed to us until we have
 * taken it: so a message exists if and only if its change does. What was taken before (a kill between our commit and the
 * dispatcher's) is found by its id, which is the event's.
 */
#include "service/developer/hook_int.h"
#include "service/identity/identity.h"
#include "service/json.h"

enum { PRIORITY = 100 }; /* before films: it takes no core and nobody waits for it long */

struct str hook_body(struct str id, const char *type, int64_t at_ms, json_t *data, struct arena *a) {
    json_t *body = json_pack("{s:o, s:s, s:o, s:o}", "id", json_of_str(id), "type", type, "created", json_of_time(at_ms), "data", data);
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    struct str s = text ? str_dup(a, str_of(text)) : STR_NULL;
    free(text);
    json_decref(body);
    return s;
}

int hook_enqueue(struct tx *tx, struct delivery_id id, int64_t turn, int64_t at_ms, struct err *reterr) {
    struct job_id job;
    char payload[120];
    int n = snprintf(payload, sizeof payload, "{\"delivery_id\":\"" ID_FMT "\",\"turn\":%lld}", ID_ARG(id.v), (long long)turn);
    struct job_spec spec = {.kind = "webhook.deliver",
                            .subject = id_str(&id.v),
                            .payload = str_make(payload, (size_t)n),
                            .priority = PRIORITY,
                            .not_before_ms = at_ms};
    return job_enqueue(tx, &spec, &job, reterr);
}

int hook_message_put(struct tx *tx, struct hook_id hook, struct str message, struct delivery_id *ret, struct err *reterr) {
    int64_t now = store_now_ms(tx_store(tx));
    struct delivery_id id = {id_new(now)};
    const struct hook_event *ev = hook_event_find(STR(HOOK_PING));
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    json_t *data = json_pack("{s:o}", "webhook_id", json_of_id(hook.v));
    struct str body = hook_body(message, ev->type, now, data, &a);
    if (!body.p)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for a message");
    int rc = tx_exec(tx, &hook_sql[MESSAGE_INSERT], ARGS(A_STR(message), A_CSTR(ev->type), A_STR(body), A_I64(now)), reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &hook_sql[DELIVERY_INSERT], ARGS(A_ID(id), A_ID(hook), A_STR(message), A_CSTR(ev->type), A_I64(now)), reterr);
    if (rc >= 0)
        rc = hook_enqueue(tx, id, 1, 0, reterr);
    *ret = id;
    return MIN(rc, 0);
}

struct taken {
    struct str id, type, body;
    int64_t at_ms;
};

static int deliveries_put(struct tx *tx, const struct taken *t, struct arena *a, struct err *reterr) {
    struct rows hooks;
    int64_t now = store_now_ms(tx_store(tx));
    int rc = tx_query(tx, &hook_sql[HOOK_TOLD], ARGS(A_STR(t->type), A_I64(t->at_ms)), a, &hooks, reterr);
    if (rc > 0)
        rc = tx_exec(tx, &hook_sql[MESSAGE_INSERT], ARGS(A_STR(t->id), A_STR(t->type), A_STR(t->body), A_I64(now)), reterr);
    for (size_t i = 0; rc >= 0 && i < hooks.n; i++) {
        struct delivery_id id = {id_new(now)};
        rc = tx_exec(tx, &hook_sql[DELIVERY_INSERT],
                     ARGS(A_ID(id), A_STR(row_str(&hooks, i, 0)), A_STR(t->id), A_STR(t->type), A_I64(now)), reterr);
        if (rc > 0)
            rc = hook_enqueue(tx, id, 1, 0, reterr);
    }
    return MIN(rc, 0);
}

static int take_in(struct store *st, const struct taken *t, struct arena *a, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(st, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = deliveries_put(tx, t, a, reterr);
    return rc ? rc : tx_commit(&tx, reterr);
}

/* That somebody is gone is told, and then their id is gone from the house, too. Handed over again meanwhile it names nobody. */
static int erased_forget(struct store *st, struct account_id who, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(st, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = account_event_forget(tx, ACCOUNT_ERASED, who, reterr);
    return rc ? rc : tx_commit(&tx, reterr);
}

int hook_take(const struct engine *e, const struct event *ev, struct arena *a, struct err *reterr) {
    json_t *body = json_loadb(ev->body.p ? ev->body.p : "", ev->body.n, 0, NULL);
    const struct hook_event *of = hook_event_of(ev->name, body);
    struct rows hooks;
    int rc = of ? store_query(e->store, &hook_sql[HOOK_TOLD], ARGS(A_CSTR(of->type), A_I64(ev->at_ms)), a, &hooks, reterr) : 0;
    if (rc > 0) { /* most houses tell nobody: nothing is written then */
        struct taken t = {.id = id_str(&ev->id.v), .type = str_of(of->type), .at_ms = ev->at_ms};
        t.body = hook_body(t.id, of->type, ev->at_ms, hook_data(of, body), a);
        rc = t.body.p ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a message");
        if (rc == 0)
            STORE_RETRY(rc, reterr, take_in(e->store, &t, a, reterr));
    }
    struct account_id who;
    if (rc >= 0 && str_eq(ev->name, STR(ACCOUNT_ERASED)) && id_parse(json_get_str(body, "account_id"), &who.v))
        STORE_RETRY(rc, reterr, erased_forget(e->store, who, reterr));
    json_decref(body);
    return MIN(rc, 0);
}
