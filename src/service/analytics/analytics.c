/* analytics.c - see analytics.h. A batch is one transaction. */
#include "service/analytics/analytics_int.h"
#include "service/json.h"

#define KEPT_MS (400LL * 24 * 3600 * 1000)
#define SKEW_MAX_MS (7LL * 24 * 3600 * 1000) /* a client further off than that has no clock */

const struct sql analytics_sql[] = {ANALYTICS_SQL(SQL_ROW) SQL_END};

static struct metric metrics[] = {
    {"matinee_client_events_total", METRIC_COUNTER,
     "Events that clients reported, repeated ones not counted"},
    {"matinee_client_impressions_total", METRIC_COUNTER, "Titles shown in a row, of those events"},
    {.name = NULL},
};
enum { M_EVENTS, M_IMPRESSIONS };

struct batch {
    const struct principal *who;
    struct str device;
    int64_t now_ms, skew_ms;
};

static struct sql_val text_or_empty(struct str s) {
    return A_STR(s.p ? s : STR(""));
}

static int64_t event_time(const struct batch *b, const json_t *ev) {
    int64_t at;
    if (!rfc3339_parse(json_get_str(ev, "at"), &at))
        return b->now_ms;
    /* An event is not of the future, whatever the clocks say. */
    return MIN(at + b->skew_ms, b->now_ms);
}

static int event_insert(struct tx *tx, const struct batch *b, const json_t *ev,
                        struct err *reterr) {
    const json_t *shown = json_object_get(ev, "impression"), *data = json_object_get(ev, "data");
    scoped(mem_free) char *text = json_is_object(data) ? json_dumps(data, JSON_COMPACT) : NULL;
    if (text && strlen(text) > CLIENT_EVENT_DATA_MAX)
        return err_refuse(reterr, ERR_INVALID, "analytics.data_too_large",
                          "The data of one event has at most 2048 bytes.",
                          "an event's data is too large");
    int rc = tx_exec(
        tx, &analytics_sql[EVENT_INSERT],
        ARGS(A_ID(b->who->account), A_STR(json_get_str(ev, "id")), A_ID(b->who->profile),
             text_or_empty(b->device), A_STR(json_get_str(ev, "name")), A_I64(event_time(b, ev)),
             A_I64(b->now_ms), text_or_empty(json_get_str(ev, "playback_id")),
             text_or_empty(json_get_str(ev, "title_id")), A_I64(json_get_ms(ev, "position_s", -1)),
             text_or_empty(json_get_str(shown, "row")), A_I64(json_get_int(shown, "row_index", -1)),
             A_I64(json_get_int(shown, "position", -1)),
             text_or_empty(json_get_str(shown, "title_id")), A_CSTR(text ? text : "{}")),
        reterr);
    if (rc > 0) {
        metric_add(&metrics[M_EVENTS], 1);
        if (json_is_object(shown))
            metric_add(&metrics[M_IMPRESSIONS], 1);
    }
    return rc < 0 ? rc : 0;
}

int client_events_store(const struct engine *e, const struct principal *who, const json_t *envelope,
                        struct err *reterr) {
    const json_t *events = json_object_get(envelope, "events");
    struct batch b = {.who = who,
                      .device = json_get_str(envelope, "device_id"),
                      .now_ms = clock_now_ms(e->clock)};
    scoped(tx_rollback) struct tx *tx = NULL;
    int64_t sent;
    if (json_get_int(envelope, "version", 0) != 1)
        return err_refuse(reterr, ERR_INVALID, "analytics.version_unknown",
                          "This server reads version 1 of the event envelope.", "unknown version");
    if (rfc3339_parse(json_get_str(envelope, "sent_at"), &sent) && sent > b.now_ms - SKEW_MAX_MS &&
        sent < b.now_ms + SKEW_MAX_MS)
        b.skew_ms = b.now_ms - sent;
    int rc = tx_begin(e->store, STORE_VIEWING, TX_WRITE, &tx, reterr);
    for (size_t i = 0; rc == 0 && i < json_array_size(events); i++)
        rc = event_insert(tx, &b, json_array_get(events, i), reterr);
    return rc ? rc : tx_commit(&tx, reterr);
}

static int events_post(struct request *rq, struct err *reterr) {
    int rc =
        client_events_store(request_engine(rq), request_principal(rq), request_json(rq), reterr);
    return rc ? rc : reply_empty(rq);
}

static const struct field impression_fields[] = {
    {"row", F_STR, FIELD_REQUIRED, 1, 64, .doc = "The row's id"},
    {"row_index", F_INT, FIELD_REQUIRED, 0, 1000, .doc = "Where the row stood on the page, from 0"},
    {"position", F_INT, FIELD_REQUIRED, 0, 10000,
     .doc = "Where the title stood in the row, from 0"},
    {"title_id", F_ID, FIELD_REQUIRED},
    {.type = F_END}};
static const struct field event_fields[] = {
    {"id", F_STR, FIELD_REQUIRED, 8, 64, .doc = "The client's, unique; a repeated one counts once"},
    {"at", F_TIME, FIELD_REQUIRED, .doc = "The client's clock"},
    {"name", F_STR, FIELD_REQUIRED, 1, 64, .doc = "title.shown, play.started, play.stalled, ..."},
    {"playback_id", F_ID, FIELD_NULLABLE},
    {"title_id", F_ID, FIELD_NULLABLE},
    {"position_s", F_NUM, FIELD_NULLABLE, 0, 1000000},
    {"impression", F_OBJ, FIELD_NULLABLE, .ref = "Impression"},
    {"data", F_ANY, FIELD_MAP, .doc = "What else belongs to this name; at most 2048 bytes"},
    {.type = F_END}};
static const struct field envelope_fields[] = {
    {"version", F_INT, FIELD_REQUIRED, 1, 1},
    {"sent_at", F_TIME, FIELD_REQUIRED, .doc = "The client's clock, to correct it"},
    {"device_id", F_ID, FIELD_NULLABLE},
    {"events", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 1, CLIENT_EVENTS_MAX, .ref = "ClientEvent"},
    {.type = F_END}};
static const struct schema analytics_schemas[] = {
    {"Impression", impression_fields, "A title that was on the screen, and where"},
    {"ClientEvent", event_fields, "One thing that happened at the client"},
    {"ClientEvents", envelope_fields, "A batch of events, version 1"},
    {NULL}};
static const struct route analytics_routes[] = {
    {POST, "/api/v1/client-events", events_post, ROLE_VIEWER, .per_minute = 120,
     .body_max = 512 << 10, .priority = PRIO_REST, .body = "ClientEvents",
     .op = "clientEventsCreate", .doc = "What players and pages report"},
    {.path = NULL}};

static json_t *event_json(const struct rows *r, size_t i) {
    json_t *o =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "id", json_of_str(row_str(r, i, 0)),
                  "profile_id", json_of_str(row_str(r, i, 1)), "device_id",
                  json_of_text(row_str(r, i, 2)), "name", json_of_str(row_str(r, i, 3)), "at",
                  json_of_time(row_i64(r, i, 4)), "received_at", json_of_time(row_i64(r, i, 5)));
    struct str data = row_str(r, i, 13);
    json_object_set_new(o, "playback_id", json_of_text(row_str(r, i, 6)));
    json_object_set_new(o, "title_id", json_of_text(row_str(r, i, 7)));
    json_object_set_new(o, "position_s",
                        row_i64(r, i, 8) < 0 ? json_null() : json_of_seconds(row_i64(r, i, 8)));
    if (row_i64(r, i, 10) >= 0)
        json_object_set_new(o, "impression",
                            json_pack("{s:o, s:I, s:I, s:o}", "row", json_of_str(row_str(r, i, 9)),
                                      "row_index", (json_int_t)row_i64(r, i, 10), "position",
                                      (json_int_t)row_i64(r, i, 11), "title_id",
                                      json_of_text(row_str(r, i, 12))));
    json_object_set_new(o, "data", json_loadb(data.p, data.n, 0, NULL));
    return o;
}

static int analytics_export(const struct engine *e, struct account_id account, json_t **ret,
                            struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 20);
    struct rows r;
    int rc = store_query(e->store, &analytics_sql[EVENT_BY_ACCOUNT], ARGS(A_ID(account)), &a, &r,
                         reterr);
    if (rc < 0)
        return rc;
    json_t *list = json_array();
    for (size_t i = 0; i < r.n; i++)
        json_array_append_new(list, event_json(&r, i));
    *ret = json_pack("{s:o}", "events", list);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
}

static int analytics_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    int rc = store_exec(e->store, &analytics_sql[EVENT_ERASE], ARGS(A_ID(account)), reterr);
    return rc < 0 ? rc : 0;
}

static int purge(const struct engine *e, struct err *reterr) {
    int rc = store_exec(e->store, &analytics_sql[EVENT_PURGE],
                        ARGS(A_I64(clock_now_ms(e->clock) - KEPT_MS)), reterr);
    return rc < 0 ? rc : 0;
}

static const struct cron_row analytics_cron[] = {
    {"analytics.purge", 24LL * 3600 * 1000, purge, "Forgets client events older than 400 days"},
    {NULL}};

const struct service analytics_service = {
    .name = "analytics",
    .routes = analytics_routes,
    .schemas = analytics_schemas,
    .sql = analytics_sql,
    .cron = analytics_cron,
    .metrics = metrics,
    .export = analytics_export,
    .erase = analytics_erase,
};
