/*
 * staff_routes.c - what operators do with accounts: find one by its address, see where it is signed in and on what it watches, sign
 * it out, take a lost second factor away, say who is staff. A search is a POST: an address in a query would stand in the record, where
 * nobody could erase it.
 */
#include "engine/audit/audit.h"
#include "service/identity/factor.h"
#include "service/identity/identity_int.h"
#include "service/json.h"

enum { FOUND_MAX = 100 };

static json_t *row_json(const struct rows *r, size_t i) {
    return json_pack("{s:o, s:o, s:o, s:b, s:o}", "id", json_of_id(row_id(r, i, 0)), "email", json_of_str(row_str(r, i, 1)), "roles",
                     roles_json((unsigned)row_i64(r, i, 2)), "email_verified", row_i64(r, i, 4) != 0, "created_at",
                     json_of_time(row_i64(r, i, 3)));
}

static int accounts_search(struct request *rq, struct err *reterr) {
    const json_t *b = request_json(rq);
    struct arena *a = request_arena(rq);
    struct str q = json_get_str(b, "q"), cursor = json_get_str(b, "cursor");
    int64_t roles = json_is_true(json_object_get(b, "staff")) ? ROLE_EDITOR | ROLE_OPERATOR : 0, limit = json_get_int(b, "limit", 50);
    struct rows r;
    q = q.p ? str_lower(a, str_trim(q)) : STR("");
    /* Behind whatever begins so: no text holds a character after U+10FFFF. */
    struct str end = str_printf(a, STR_FMT "\xF4\x8F\xBF\xBF", STR_ARG(q));
    int rc = store_query(request_engine(rq)->store, &identity_sql[ACCOUNT_FIND],
                         ARGS(A_STR(q), A_STR(end), A_STR(cursor.p ? cursor : STR("")), A_I64(roles), A_I64(limit + 1)), a, &r, reterr);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < r.n && (int64_t)i < limit; i++)
        json_array_append_new(items, row_json(&r, i));
    return reply_json(rq, 200,
                      json_pack("{s:o, s:o}", "items", items, "next_cursor",
                                (int64_t)r.n > limit ? json_of_str(row_str(&r, (size_t)limit - 1, 0)) : json_null()));
}

static int account_param(struct request *rq, struct account *ret, struct err *reterr) {
    struct account_id id;
    if (!id_parse(request_param(rq, "id"), &id.v))
        return err_set(reterr, ERR_NOT_FOUND, "not an id");
    int rc = account_get(request_engine(rq), id, request_arena(rq), ret, reterr);
    return rc == ERR_NOT_FOUND ? err_refuse(reterr, rc, "account.not_found", "There is no such account, or not any more.", "no such account") : rc;
}

static int people_json(struct request *rq, const struct account *acc, json_t *out, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct arena *a = request_arena(rq);
    const struct principal them = {.account = acc->id};
    struct profile *profiles;
    struct rows sessions;
    size_t n = 0;
    json_t *devices = NULL, *list = json_array();
    int rc = device_list(e, &them, false, a, &devices, reterr);
    json_object_set_new(out, "devices", rc ? json_array() : devices);
    if (rc == 0)
        rc = profile_list(e, acc->id, a, &profiles, &n, reterr);
    for (size_t i = 0; rc == 0 && i < n; i++)
        json_array_append_new(list, profile_json(&profiles[i]));
    json_object_set_new(out, "profiles", list);
    if (rc == 0)
        rc = store_query(e->store, &identity_sql[SESSION_LIST], ARGS(A_ID(acc->id), A_I64(request_now_ms(rq))), a, &sessions, reterr);
    if (rc >= 0)
        json_object_set_new(out, "sessions", session_items_json(&sessions, (struct session_id){{""}}));
    return MIN(rc, 0);
}

static int account_reply(struct request *rq, struct err *reterr) {
    struct account acc;
    int rc = account_param(rq, &acc, reterr);
    if (rc)
        return rc;
    int enrolled = factor_enrolled(request_engine(rq), acc.id, reterr);
    if (enrolled < 0)
        return enrolled;
    json_t *out = json_pack("{s:{s:o, s:o, s:o, s:b, s:o}, s:b}", "account", "id", json_of_id(acc.id.v), "email", json_of_str(acc.email), "roles",
                            roles_json(acc.roles), "email_verified", acc.verified_ms != 0, "created_at", json_of_time(acc.created_ms),
                            "second_factor", enrolled);
    rc = out ? people_json(rq, &acc, out, reterr) : err_set(reterr, ERR_NO_MEMORY, "no memory for an account");
    if (rc == 0)
        return reply_json(rq, 200, out);
    json_decref(out);
    return rc;
}

static unsigned roles_of(const json_t *list) {
    unsigned roles = ROLE_VIEWER;
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
        roles |= strcmp(json_string_value(one), "operator") == 0 ? ROLE_OPERATOR : ROLE_EDITOR;
    return roles;
}

static int roles_put(struct request *rq, struct err *reterr) {
    struct account acc;
    unsigned roles = roles_of(json_object_get(request_json(rq), "roles"));
    int rc = account_param(rq, &acc, reterr);
    if (rc == 0 && str_eq(id_str(&acc.id.v), id_str(&request_principal(rq)->account.v)))
        rc = err_refuse(reterr, ERR_CONFLICT, "staff.own_roles",
                        "Nobody changes their own part: ask another operator, or use the command matinee user role.", "own roles");
    if (rc == 0)
        audit_note("before", roles_json(acc.roles));
    if (rc == 0)
        rc = account_set_roles(request_engine(rq), acc.id, roles, reterr);
    return rc < 0 ? rc : account_reply(rq, reterr);
}

static int account_sessions_delete(struct request *rq, struct err *reterr) {
    struct account acc;
    int rc = account_param(rq, &acc, reterr);
    if (rc == 0)
        rc = session_revoke_all(request_engine(rq), acc.id, reterr);
    return rc < 0 ? rc : reply_empty(rq);
}

static int account_factor_delete(struct request *rq, struct err *reterr) {
    struct account acc;
    int rc = account_param(rq, &acc, reterr);
    if (rc == 0)
        rc = factor_remove(request_engine(rq), acc.id, request_principal(rq)->agent, reterr);
    return rc < 0 ? rc : reply_empty(rq);
}

static const struct field search_fields[] = {
    {"q", F_STR, FIELD_PERSONAL, 0, EMAIL_MAX, .doc = "What the address begins with; absent or empty: all"},
    {"staff", F_BOOL, 0, .doc = "Only editors and operators"},
    {"cursor", F_ID},
    {"limit", F_INT, 0, 1, FOUND_MAX},
    {.type = F_END}};
static const struct field row_fields[] = {{"id", F_ID, FIELD_REQUIRED},
                                          {"email", F_EMAIL, FIELD_REQUIRED},
                                          {"roles", F_STR, FIELD_REQUIRED | FIELD_ARRAY, .values = "viewer|editor|operator"},
                                          {"email_verified", F_BOOL, FIELD_REQUIRED},
                                          {"created_at", F_TIME, FIELD_REQUIRED},
                                          {.type = F_END}};
static const struct field found_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "AccountRow"},
                                            {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                            {.type = F_END}};
static const struct field whole_fields[] = {
    {"account", F_OBJ, FIELD_REQUIRED, .ref = "AccountRow"},
    {"second_factor", F_BOOL, FIELD_REQUIRED},
    {"profiles", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Profile"},
    {"devices", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 10000, .ref = "Device"},
    {"sessions", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 10000, .ref = "SessionItem"},
    {.type = F_END}};
static const struct field roles_fields[] = {
    {"roles", F_STR, FIELD_REQUIRED | FIELD_ARRAY, 0, 2, .values = "editor|operator", .doc = "Besides viewer; none: no staff any more"},
    {.type = F_END}};

static const struct schema staff_schemas[] = {{"AccountSearch", search_fields, "Whom an operator looks for"},
                                              {"AccountRow", row_fields, "An account as operators see it"},
                                              {"AccountRows", found_fields, "Accounts by their address"},
                                              {"AccountWhole", whole_fields, "An account with who and what is in it"},
                                              {"StaffRoles", roles_fields, "What somebody may do here"},
                                              {NULL}};
#define LOOKS .flags = ROUTE_AUDIT, .per_minute = 240, .priority = PRIO_REST
#define DEALS .flags = ROUTE_FRESH, .per_minute = 60, .priority = PRIO_REST
static const struct route staff_routes[] = {
    {POST, "/api/v1/operator/accounts/search", accounts_search, ROLE_OPERATOR, .scope = SCOPE_ACCOUNTS_READ, LOOKS, .body_max = 2048, .body = "AccountSearch",
     .reply = "AccountRows", .status = 200, .op = "accountSearch", .doc = "Accounts whose address begins so, by address; or all of staff"},
    {GET, "/api/v1/operator/accounts/{id:id}", account_reply, ROLE_OPERATOR, .scope = SCOPE_ACCOUNTS_READ, LOOKS, .reply = "AccountWhole", .op = "accountGet",
     .doc = "An account, its profiles, devices and where it is signed in"},
    {PUT, "/api/v1/operator/accounts/{id:id}/roles", roles_put, ROLE_OPERATOR, DEALS, .body = "StaffRoles", .reply = "AccountWhole",
     .status = 200, .op = "accountRolesPut", .doc = "Who is an editor, who an operator; signs them out"},
    {DELETE, "/api/v1/operator/accounts/{id:id}/sessions", account_sessions_delete, ROLE_OPERATOR, .scope = SCOPE_ACCOUNTS_WRITE, .per_minute = 60, .priority = PRIO_REST,
     .op = "accountSignOut", .doc = "Sign an account out everywhere"},
    {DELETE, "/api/v1/operator/accounts/{id:id}/second-factor", account_factor_delete, ROLE_OPERATOR, DEALS, .op = "accountFactorDelete",
     .doc = "Take the second factor of somebody who lost it away; they are written to"},
    {.path = NULL}};

const struct service staff_service = {.name = "staff", .routes = staff_routes, .schemas = staff_schemas};
