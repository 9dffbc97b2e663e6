/* audit_routes.c - the record of what staff did and of what happened to accounts' security, newest first. Reading it is recorded, too. */
#include "app/audit_routes.h"
#include "base/buf.h"
#include "engine/audit/audit.h"
#include "engine/engine.h"
#include "service/json.h"

static json_t *row_json(const struct rows *r, size_t i) {
    struct str detail = row_str(r, i, 8);
    json_t *parsed = json_loadb(detail.p, detail.n, 0, NULL);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", json_of_id(row_id(r, i, 0)), "at",
                     json_of_time(row_i64(r, i, 1)), "account_id", json_of_text(row_str(r, i, 2)), "session_id",
                     json_of_text(row_str(r, i, 3)), "address", json_of_text(row_str(r, i, 4)), "role",
                     json_of_str(row_str(r, i, 5)), "action", json_of_str(row_str(r, i, 6)), "target",
                     json_of_str(row_str(r, i, 7)), "detail", parsed ? parsed : json_object(), "request_id",
                     json_of_str(row_str(r, i, 9)), "seq",
                     row_null(r, i, 10) ? json_null() : json_integer(row_i64(r, i, 10)));
}

/* What is typed is looked for anywhere in the action; % and _ are LIKE's and nobody's. */
static struct str pattern_of(struct request *rq, struct str typed) {
    scoped(buf_done) struct buf b = BUF(400);
    if (!typed.n)
        return STR("");
    buf_byte(&b, '%');
    for (size_t i = 0; i < typed.n; i++)
        if (typed.p[i] != '%' && typed.p[i] != '_' && typed.p[i] != '\\')
            buf_byte(&b, (uint8_t)typed.p[i]);
    buf_byte(&b, '%');
    return str_dup(request_arena(rq), buf_str(&b));
}

static int audit_get(struct request *rq, struct err *reterr) {
    struct audit_filter f = {.account = request_query(rq, "account"),
                             .action = pattern_of(rq, request_query(rq, "action")),
                             .before_id = request_query(rq, "cursor"),
                             .limit = request_query_int(rq, "limit", 50)};
    struct rows r;
    rfc3339_parse(request_query(rq, "from"), &f.from_ms); /* absent: open; the table checked it */
    rfc3339_parse(request_query(rq, "until"), &f.until_ms);
    int64_t limit = f.limit++; /* one more says whether there is a next page */
    int rc = audit_list(request_engine(rq)->store, &f, request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < r.n && (int64_t)i < limit; i++)
        json_array_append_new(items, row_json(&r, i));
    return reply_json(rq, 200,
                      json_pack("{s:o, s:o}", "items", items, "next_cursor",
                                (int64_t)r.n > limit ? json_of_str(row_str(&r, (size_t)limit - 1, 0)) : json_null()));
}

static const struct field row_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"at", F_TIME, FIELD_REQUIRED},
    {"account_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Who; null: a command, or a person who was erased"},
    {"session_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE},
    {"address", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Of the network"},
    {"role", F_STR, FIELD_REQUIRED, 0, 80, .doc = "Or which API key: \"key NAME\""},
    {"action", F_STR, FIELD_REQUIRED, .doc = "Method and route, or a command"},
    {"target", F_STR, FIELD_REQUIRED, 0, 500},
    {"detail", F_ANY, FIELD_REQUIRED | FIELD_MAP, .doc = "What was sent, without secrets; before, where it is small"},
    {"request_id", F_STR, FIELD_REQUIRED, 0, 100},
    {"seq", F_INT, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Place in the chain; null for about a second"},
    {.type = F_END}};
static const struct field list_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "AuditRow"},
                                           {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                           {.type = F_END}};
static const struct field query[] = {{"account", F_ID, 0, .doc = "Who did it"},
                                     {"action", F_STR, 0, 1, 100, .doc = "Found anywhere in the action"},
                                     {"from", F_TIME},
                                     {"until", F_TIME},
                                     {"cursor", F_ID},
                                     {"limit", F_INT, 0, 1, 200},
                                     {.type = F_END}};
const struct schema audit_schemas[] = {{"AuditRow", row_fields, "What somebody did"},
                                       {"AuditList", list_fields, "The record, newest first"},
                                       {.name = NULL}};
const struct route audit_routes[] = {
    {GET, "/api/v1/operator/audit", audit_get, ROLE_OPERATOR, .scope = SCOPE_AUDIT_READ, .per_minute = 120, .priority = PRIO_REST, .flags = ROUTE_AUDIT,
     .query = query, .reply = "AuditList", .op = "auditList", .doc = "What staff did, and what happened to accounts' security, newest first"},
    {.path = NULL}};
