/* hook_routes.c - endpoints and their deliveries, for operators. An address may hold a secret of the receiver's, so the record
 * of staff's acts has it not. No route here names a scope: a key could let its holder hear what its scopes keep from it. */
#include "engine/audit/audit.h"
#include "engine/http/outgoing.h"
#include "service/developer/hook_int.h"
#include "service/json.h"
#include <sodium.h>

enum { PAGE_MAX = 100 };
#define ROTATE_MS (24LL * 3600 * 1000)

static json_t *words_json(struct str text) {
    json_t *list = json_array();
    while (text.n) {
        struct str one;
        text = str_cut(text, ' ', &one);
        json_array_append_new(list, json_of_str(one));
    }
    return list;
}

static json_t *hook_json(const struct hook *h) {
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", json_of_id(h->id.v), "name", json_of_str(h->name), "url",
                     json_of_str(h->url), "events", words_json(h->events), "state", json_of_str(h->state), "off_why",
                     json_of_text(h->off_why), "failing_since", json_of_time(h->failing_ms), "ok_at", json_of_time(h->ok_ms), "failed_at",
                     json_of_time(h->failed_ms), "created_at", json_of_time(h->created_ms));
}

static json_t *delivery_json(const struct delivery *d) {
    return json_pack("{s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", json_of_id(d->id.v), "event_id",
                     json_of_str(d->message), "type", json_of_str(d->type), "state", json_of_str(d->state), "attempts",
                     (json_int_t)d->tries, "status", d->tried && d->status ? json_integer(d->status) : json_null(), "error",
                     json_of_text(d->error), "took_ms", d->tried ? json_integer(d->took_ms) : json_null(), "excerpt",
                     json_of_text(d->excerpt), "tried_at", json_of_time(d->tried_ms), "next_at", json_of_time(d->next_ms), "created_at",
                     json_of_time(d->created_ms), "ended_at", json_of_time(d->ended_ms));
}

static int hook_param(struct request *rq, struct hook *ret, struct err *reterr) {
    struct hook_id id;
    id_parse(request_param(rq, "id"), &id.v);
    return hook_get(request_engine(rq)->store, id, request_arena(rq), ret, reterr);
}

static struct str page_cursor(struct request *rq) {
    struct str cursor = request_query(rq, "cursor");
    return cursor.p ? cursor : STR("");
}

static json_t *page_json(json_t *items, const struct rows *r, int64_t limit) {
    return json_pack("{s:o, s:o}", "items", items, "next_cursor",
                     (int64_t)r->n > limit ? json_of_str(row_str(r, (size_t)limit - 1, 0)) : json_null());
}

static int hooks_get(struct request *rq, struct err *reterr) {
    int64_t limit = request_query_int(rq, "limit", 50);
    struct rows r;
    int rc = store_query(request_engine(rq)->store, &hook_sql[HOOK_PAGE], ARGS(A_STR(page_cursor(rq)), A_I64(limit + 1)),
                         request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < r.n && (int64_t)i < limit; i++) {
        struct hook h;
        hook_read(&r, i, &h);
        json_array_append_new(items, hook_json(&h));
    }
    return reply_json(rq, 200, page_json(items, &r, limit));
}

static int hook_get_one(struct request *rq, struct err *reterr) {
    struct hook h;
    int rc = hook_param(rq, &h, reterr);
    return rc ? rc : reply_json(rq, 200, hook_json(&h));
}

/* ---- what is sent ---- */

static int field_refuse(struct request *rq, const char *field, const char *why, struct err *reterr) {
    request_field_error(rq, field, why);
    return err_refuse(reterr, ERR_INVALID, "", "Some of what was sent is not right: see errors.", "%s is not right", field);
}

static int url_take(struct request *rq, struct str url, struct hook *h, struct err *reterr) {
    struct err why = {0};
    const char *text = str_cstr(request_arena(rq), url);
    if (!text)
        return err_set(reterr, ERR_LIMIT, "no room for an address");
    if (outgoing_url_check(text, hook_inside(request_engine(rq)), &why) < 0)
        return field_refuse(rq, "url", why.hint, reterr);
    h->url = url;
    return 0;
}

static int events_take(struct request *rq, const json_t *list, struct hook *h, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(4 << 10);
    for (const struct hook_event *ev = hook_events; ev->type; ev++) /* each once, in our order */
        for (size_t i = 0; i < json_array_size(list); i++)
            if (strcmp(json_string_value(json_array_get(list, i)), ev->type) == 0) {
                buf_addf(&b, "%s%s", b.n ? " " : "", ev->type);
                break;
            }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const struct hook_event *ev = hook_event_find(str_of(json_string_value(json_array_get(list, i))));
        if (!ev || !ev->source[0])
            return field_refuse(rq, "events", "Is no event that can be chosen: GET /api/v1/operator/webhook-events lists them.", reterr);
    }
    h->events = str_dup(request_arena(rq), b.n ? buf_str(&b) : STR(""));
    return h->events.p ? 0 : err_set(reterr, ERR_LIMIT, "no room for events");
}

static int hook_take_body(struct request *rq, struct hook *h, struct err *reterr) {
    const json_t *body = request_json(rq), *events = json_object_get(body, "events");
    struct str url = json_get_str(body, "url"), name = json_get_str(body, "name");
    int rc = url.p ? url_take(rq, url, h, reterr) : 0;
    if (rc == 0 && events)
        rc = events_take(rq, events, h, reterr);
    if (name.p)
        h->name = str_trim(name);
    if (rc == 0 && !h->name.n)
        rc = field_refuse(rq, "name", "Must not be empty.", reterr);
    return rc;
}

static json_t *made_json(const struct hook *h, char secret[HOOK_SECRET_CAP]) {
    json_t *out = json_pack("{s:o, s:s}", "webhook", hook_json(h), "secret", secret);
    sodium_memzero(secret, HOOK_SECRET_CAP);
    return out;
}

static int hooks_post(struct request *rq, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    const struct engine *e = request_engine(rq);
    char secret[HOOK_SECRET_CAP];
    struct rows r;
    struct hook h = {.state = STR("on"), .created_ms = clock_now_ms(e->clock)};
    h.id.v = id_new(h.created_ms);
    int rc = hook_take_body(rq, &h, reterr);
    if (rc == 0)
        rc = tx_begin(e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_row(tx, &hook_sql[HOOK_COUNT], NO_ARGS, request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    if (row_i64(&r, 0, 0) >= HOOKS_MAX)
        return err_refuse(reterr, ERR_LIMIT, "webhook.too_many", "There are too many endpoints. Delete one that is not used.", "%d endpoints", HOOKS_MAX);
    rc = tx_exec(tx, &hook_sql[HOOK_INSERT], ARGS(A_ID(h.id), A_STR(h.name), A_STR(h.url), A_STR(h.events), A_I64(h.created_ms)), reterr);
    if (rc >= 0)
        rc = hook_secret_make(e, tx, h.id, secret, reterr);
    if (rc >= 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : reply_json(rq, 201, made_json(&h, secret));
}

static int state_change(struct tx *tx, struct hook *h, const json_t *enabled, struct err *reterr) {
    bool off = str_eq(h->state, STR("off"));
    if (!enabled || json_is_true(enabled) == !off)
        return 0;
    if (!off)
        return MIN(hook_turn_off(tx, h->id, "hand", reterr), 0);
    return MIN(tx_exec(tx, &hook_sql[HOOK_STATE], ARGS(A_ID(h->id), A_CSTR("on"), A_CSTR(""), A_I64(0)), reterr), 0);
}

static int hook_patch(struct request *rq, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct store *st = request_engine(rq)->store;
    struct hook h;
    int rc = hook_param(rq, &h, reterr);
    if (rc == 0)
        rc = hook_take_body(rq, &h, reterr);
    if (rc == 0)
        rc = tx_begin(st, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &hook_sql[HOOK_SET], ARGS(A_ID(h.id), A_STR(h.name), A_STR(h.url), A_STR(h.events)), reterr);
    if (rc >= 0)
        rc = state_change(tx, &h, json_object_get(request_json(rq), "enabled"), reterr);
    if (rc >= 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : hook_get_one(rq, reterr);
}

static int hook_delete_one(struct request *rq, struct err *reterr) {
    struct hook h;
    int rc = hook_param(rq, &h, reterr);
    if (rc == 0)
        rc = store_exec(request_engine(rq)->store, &hook_sql[HOOK_DELETE], ARGS(A_ID(h.id)), reterr);
    return rc < 0 ? rc : reply_empty(rq);
}

static int secret_post(struct request *rq, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    const struct engine *e = request_engine(rq);
    char secret[HOOK_SECRET_CAP];
    struct hook h;
    int64_t until = clock_now_ms(e->clock) + ROTATE_MS;
    int rc = hook_param(rq, &h, reterr);
    if (rc == 0)
        rc = tx_begin(e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &hook_sql[SECRET_END], ARGS(A_ID(h.id), A_I64(until)), reterr);
    if (rc >= 0)
        rc = hook_secret_make(e, tx, h.id, secret, reterr);
    if (rc >= 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : reply_json(rq, 201, made_json(&h, secret));
}

/* ---- deliveries ---- */

static int delivery_reply(struct request *rq, struct delivery_id id, int status, struct err *reterr) {
    struct delivery d;
    int rc = delivery_get(request_engine(rq)->store, id, request_arena(rq), &d, reterr);
    return rc ? rc : reply_json(rq, status, delivery_json(&d));
}

static int ping_post(struct request *rq, struct err *reterr) {
    struct hook h;
    struct delivery_id id;
    int rc = hook_param(rq, &h, reterr);
    if (rc == 0)
        rc = hook_ping(request_engine(rq), h.id, &id, reterr);
    return rc ? rc : delivery_reply(rq, id, 202, reterr);
}

static int deliveries_get(struct request *rq, struct err *reterr) {
    int64_t limit = request_query_int(rq, "limit", 50);
    struct str state = request_query(rq, "state");
    struct hook h;
    struct rows r;
    int rc = hook_param(rq, &h, reterr);
    if (rc == 0)
        rc = store_query(request_engine(rq)->store, &hook_sql[DELIVERY_PAGE],
                         ARGS(A_ID(h.id), A_STR(state.p ? state : STR("")), A_STR(page_cursor(rq)), A_I64(limit + 1)), request_arena(rq),
                         &r, reterr);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < r.n && (int64_t)i < limit; i++) {
        struct delivery d;
        delivery_read(&r, i, &d);
        json_array_append_new(items, delivery_json(&d));
    }
    return reply_json(rq, 200, page_json(items, &r, limit));
}

/* One of this endpoint, by the path. */
static int delivery_param(struct request *rq, struct hook *h, struct delivery *ret, struct err *reterr) {
    struct delivery_id id;
    id_parse(request_param(rq, "delivery"), &id.v);
    int rc = hook_param(rq, h, reterr);
    if (rc == 0)
        rc = delivery_get(request_engine(rq)->store, id, request_arena(rq), ret, reterr);
    if (rc == 0 && !str_eq(id_str(&ret->hook.v), id_str(&h->id.v)))
        rc = err_refuse(reterr, ERR_NOT_FOUND, "webhook.no_delivery", "There is no such delivery; they are kept for 30 days.", "another endpoint's");
    return rc;
}

static json_t *attempts_json(const struct rows *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(list, json_pack("{s:I, s:o, s:o, s:o, s:I, s:o}", "n", (json_int_t)row_i64(r, i, 0), "at",
                                              json_of_time(row_i64(r, i, 1)), "status",
                                              row_i64(r, i, 2) ? json_integer(row_i64(r, i, 2)) : json_null(), "error",
                                              json_of_text(row_str(r, i, 3)), "took_ms", (json_int_t)row_i64(r, i, 4), "excerpt",
                                              json_of_text(row_str(r, i, 5))));
    return list;
}

static int delivery_get_one(struct request *rq, struct err *reterr) {
    struct store *st = request_engine(rq)->store;
    struct hook h;
    struct delivery d;
    struct rows body, tries;
    int rc = delivery_param(rq, &h, &d, reterr);
    if (rc == 0)
        rc = store_row(st, &hook_sql[MESSAGE_BODY], ARGS(A_STR(d.message)), request_arena(rq), &body, reterr);
    if (rc >= 0)
        rc = store_query(st, &hook_sql[ATTEMPTS], ARGS(A_ID(d.id)), request_arena(rq), &tries, reterr);
    if (rc < 0)
        return rc;
    return reply_json(rq, 200,
                      json_pack("{s:o, s:o, s:o}", "delivery", delivery_json(&d), "body", json_of_str(row_str(&body, 0, 0)), "attempts",
                                attempts_json(&tries)));
}

static int delivery_replay(struct request *rq, struct err *reterr) {
    struct hook h;
    struct delivery d;
    int rc = delivery_param(rq, &h, &d, reterr);
    if (rc == 0)
        rc = hook_replay(request_engine(rq), &h, d.id, reterr);
    return rc ? rc : delivery_reply(rq, d.id, 202, reterr);
}

static int replay_post(struct request *rq, struct err *reterr) {
    struct hook h;
    int64_t since = 0;
    rfc3339_parse(json_get_str(request_json(rq), "since"), &since);
    int rc = hook_param(rq, &h, reterr);
    if (rc == 0)
        rc = hook_replay_since(request_engine(rq), &h, since, reterr);
    return rc < 0 ? rc : reply_json(rq, 202, json_pack("{s:i}", "replayed", rc));
}

static int events_get(struct request *rq, struct err *reterr) {
    json_t *items = json_array();
    for (const struct hook_event *ev = hook_events; ev->type; ev++)
        if (ev->source[0])
            json_array_append_new(items, json_pack("{s:s, s:s, s:s}", "type", ev->type, "doc", ev->doc, "schema", ev->schema));
    return reply_json(rq, 200, json_pack("{s:o}", "items", items));
}

/* ---- tables ---- */

#define EVENTS_MAX 64
static const struct field page_query[] = {{"cursor", F_ID}, {"limit", F_INT, 0, 1, PAGE_MAX}, {.type = F_END}};
static const struct field deliveries_query[] = {{"state", F_STR, 0, .values = "pending|delivered|failed"},
                                                {"cursor", F_ID},
                                                {"limit", F_INT, 0, 1, PAGE_MAX},
                                                {.type = F_END}};
static const struct field hook_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"name", F_STR, FIELD_REQUIRED, 1, HOOK_NAME_MAX},
    {"url", F_URL, FIELD_REQUIRED, 1, HOOK_URL_MAX},
    {"events", F_STR, FIELD_REQUIRED | FIELD_ARRAY, 0, EVENTS_MAX},
    {"state", F_STR, FIELD_REQUIRED, .values = "on|failing|off", .doc = "failing: a delivery was given up, and none was taken since"},
    {"off_why", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .values = "hand|failing|gone", .doc = "gone: it answered 410"},
    {"failing_since", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"ok_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "When one was taken last"},
    {"failed_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "When an attempt failed last"},
    {"created_at", F_TIME, FIELD_REQUIRED},
    {.type = F_END}};
static const struct field hook_list_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Webhook"},
                                                {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                                {.type = F_END}};
#define URL_DOC "https://...; it may hold a secret of yours, so no record has it"
static const struct field hook_new_fields[] = {
    {"name", F_STR, FIELD_REQUIRED, 1, HOOK_NAME_MAX},
    {"url", F_URL, FIELD_REQUIRED | FIELD_PERSONAL, 1, HOOK_URL_MAX, .doc = URL_DOC},
    {"events", F_STR, FIELD_REQUIRED | FIELD_ARRAY, 0, EVENTS_MAX, .doc = "Types that it is told of"},
    {.type = F_END}};
static const struct field hook_change_fields[] = {
    {"name", F_STR, 0, 1, HOOK_NAME_MAX},
    {"url", F_URL, FIELD_PERSONAL, 1, HOOK_URL_MAX, .doc = URL_DOC},
    {"events", F_STR, FIELD_ARRAY, 0, EVENTS_MAX},
    {"enabled", F_BOOL, 0, .doc = "false: turned off, and what waits is given up; true: on again, from now on"},
    {.type = F_END}};
static const struct field hook_made_fields[] = {
    {"webhook", F_OBJ, FIELD_REQUIRED, .ref = "Webhook"},
    {"secret", F_SECRET, FIELD_REQUIRED, 0, 200, .doc = "Shown this once; signatures are checked with it"},
    {.type = F_END}};
#define TRIED_FIELDS                                                                                                               \
    {"status", F_INT, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Of HTTP; null: no answer"},                                         \
    {"error", F_STR, FIELD_REQUIRED | FIELD_NULLABLE,                                                                              \
     .doc = "status, redirect, timeout, unreachable, unknown_host, private_address, tls, broken; null: taken, or not tried yet"}, \
    {"excerpt", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "The beginning of what was answered"}
static const struct field delivery_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"event_id", F_ID, FIELD_REQUIRED, .doc = "webhook-id: the same at every attempt and replay"},
    {"type", F_STR, FIELD_REQUIRED},
    {"state", F_STR, FIELD_REQUIRED, .values = "pending|delivered|failed"},
    {"attempts", F_INT, FIELD_REQUIRED},
    TRIED_FIELDS,
    {"took_ms", F_INT, FIELD_REQUIRED | FIELD_NULLABLE},
    {"tried_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"next_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"created_at", F_TIME, FIELD_REQUIRED},
    {"ended_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END}};
static const struct field deliveries_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "WebhookDelivery"},
                                                 {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                                 {.type = F_END}};
static const struct field attempt_fields[] = {{"n", F_INT, FIELD_REQUIRED},
                                              {"at", F_TIME, FIELD_REQUIRED},
                                              TRIED_FIELDS,
                                              {"took_ms", F_INT, FIELD_REQUIRED},
                                              {.type = F_END}};
static const struct field whole_fields[] = {
    {"delivery", F_OBJ, FIELD_REQUIRED, .ref = "WebhookDelivery"},
    {"body", F_STR, FIELD_REQUIRED, 0, 1 << 20, .doc = "JSON, as it is sent"},
    {"attempts", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "WebhookAttempt", .doc = "Newest first"},
    {.type = F_END}};
static const struct field replay_fields[] = {{"since", F_TIME, FIELD_REQUIRED, .doc = "Deliveries that were given up since then"}, {.type = F_END}};
static const struct field replayed_fields[] = {{"replayed", F_INT, FIELD_REQUIRED, .doc = "500 at most: ask again for more"}, {.type = F_END}};
static const struct field event_fields[] = {{"type", F_STR, FIELD_REQUIRED},
                                            {"doc", F_STR, FIELD_REQUIRED},
                                            {"schema", F_STR, FIELD_REQUIRED, .doc = "Of its data, in this document"},
                                            {.type = F_END}};
static const struct field events_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "WebhookEvent"}, {.type = F_END}};

const struct schema hook_schemas[] = {{"Webhook", hook_fields, "An endpoint that is told of events"},
                                      {"WebhookList", hook_list_fields, "Endpoints, newest first"},
                                      {"WebhookNew", hook_new_fields, "An endpoint to be told"},
                                      {"WebhookChange", hook_change_fields, "What changes; the rest stays"},
                                      {"WebhookMade", hook_made_fields, "An endpoint with its new secret"},
                                      {"WebhookDelivery", delivery_fields, "An event on its way to an endpoint, with its last attempt"},
                                      {"WebhookDeliveryList", deliveries_fields, "Deliveries, newest first"},
                                      {"WebhookAttempt", attempt_fields, "One request that was made"},
                                      {"WebhookDeliveryWhole", whole_fields, "A delivery with what was sent and every attempt"},
                                      {"WebhookReplay", replay_fields, "What is to be sent again"},
                                      {"WebhookReplayed", replayed_fields, "How many will be sent again"},
                                      {"WebhookEvent", event_fields, "Something that can be told of"},
                                      {"WebhookEventList", events_fields, "All that can be told of"},
                                      {NULL}};
#define HOOKS "/api/v1/operator/webhooks"
#define LOOKS .per_minute = 240, .priority = PRIO_REST
#define DEALS .per_minute = 60, .priority = PRIO_REST
const struct route hook_routes[] = {
    {GET, "/api/v1/operator/webhook-events", events_get, ROLE_OPERATOR, LOOKS, .reply = "WebhookEventList", .op = "webhookEventList",
     .doc = "What endpoints can be told of"},
    {GET, HOOKS, hooks_get, ROLE_OPERATOR, LOOKS, .query = page_query, .reply = "WebhookList", .op = "webhookList", .doc = "Endpoints, newest first"},
    {POST, HOOKS, hooks_post, ROLE_OPERATOR, DEALS, .flags = ROUTE_FRESH, .body = "WebhookNew", .reply = "WebhookMade", .op = "webhookCreate",
     .doc = "Tell an endpoint of events; its secret is shown this once"},
    {GET, HOOKS "/{id:id}", hook_get_one, ROLE_OPERATOR, LOOKS, .reply = "Webhook", .op = "webhookGet", .doc = "An endpoint"},
    {PATCH, HOOKS "/{id:id}", hook_patch, ROLE_OPERATOR, DEALS, .flags = ROUTE_FRESH, .body = "WebhookChange", .reply = "Webhook",
     .op = "webhookUpdate", .doc = "Change an endpoint, or turn it off and on"},
    {DELETE, HOOKS "/{id:id}", hook_delete_one, ROLE_OPERATOR, DEALS, .op = "webhookDelete", .doc = "Forget an endpoint and its deliveries"},
    {POST, HOOKS "/{id:id}/secret", secret_post, ROLE_OPERATOR, DEALS, .flags = ROUTE_FRESH, .reply = "WebhookMade", .status = 201,
     .op = "webhookRotate", .doc = "A new secret; requests are signed by the old one too for 24 hours"},
    {POST, HOOKS "/{id:id}/ping", ping_post, ROLE_OPERATOR, DEALS, .reply = "WebhookDelivery", .status = 202, .op = "webhookPing",
     .doc = "Send a test to an endpoint, also to one that is off"},
    {POST, HOOKS "/{id:id}/replay", replay_post, ROLE_OPERATOR, DEALS, .body = "WebhookReplay", .reply = "WebhookReplayed", .status = 202,
     .op = "webhookReplay", .doc = "Send again what was given up since a moment"},
    {GET, HOOKS "/{id:id}/deliveries", deliveries_get, ROLE_OPERATOR, LOOKS, .query = deliveries_query, .reply = "WebhookDeliveryList",
     .op = "webhookDeliveryList", .doc = "Deliveries of an endpoint, newest first, of 30 days"},
    {GET, HOOKS "/{id:id}/deliveries/{delivery:id}", delivery_get_one, ROLE_OPERATOR, LOOKS, .reply = "WebhookDeliveryWhole",
     .op = "webhookDeliveryGet", .doc = "A delivery: what was sent, and every attempt"},
    {POST, HOOKS "/{id:id}/deliveries/{delivery:id}/replay", delivery_replay, ROLE_OPERATOR, DEALS, .reply = "WebhookDelivery",
     .status = 202, .op = "webhookDeliveryReplay", .doc = "Send a delivery again, now"},
    {.path = NULL}};
