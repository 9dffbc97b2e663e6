/* key_routes.c - what operators do with API keys. No route here names a scope: a key makes no keys. */
#include "engine/audit/audit.h"
#include "engine/http/outgoing.h"
#include "service/developer/key_int.h"
#include "service/json.h"
#include <sodium.h>

enum { PAGE_MAX = 100 };
#define DAY_MS (24LL * 3600 * 1000)
#define KEPT_MS (90 * DAY_MS) /* a revoked key is told of so long */

static int keys_get(struct request *rq, struct err *reterr) {
    struct str cursor = request_query(rq, "cursor");
    int64_t limit = request_query_int(rq, "limit", 50), now = request_now_ms(rq);
    struct rows r;
    int rc = store_query(request_engine(rq)->store, &key_sql[KEY_PAGE], ARGS(A_STR(cursor.p ? cursor : STR("")), A_I64(limit + 1)),
                         request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < r.n && (int64_t)i < limit; i++) {
        struct api_key k;
        api_key_read(&r, i, &k);
        json_array_append_new(items, api_key_json(&k, now));
    }
    return reply_json(rq, 200,
                      json_pack("{s:o, s:o}", "items", items, "next_cursor",
                                (int64_t)r.n > limit ? json_of_str(row_str(&r, (size_t)limit - 1, 0)) : json_null()));
}

/* Nobody hands out more than they may do themselves. */
static int scopes_take(struct request *rq, const json_t *list, uint64_t *ret, struct err *reterr) {
    size_t i;
    json_t *one;
    *ret = 0;
    json_array_foreach(list, i, one) {
        enum scope s;
        if (!scope_parse(str_of(json_string_value(one)), &s)) {
            request_field_error(rq, "scopes", "Is no scope: GET /api/v1/operator/scopes lists them.");
            return err_refuse(reterr, ERR_INVALID, "", "Some of what was sent is not right: see errors.", "an unknown scope");
        }
        if (!(request_scope_roles(rq, s) & request_principal(rq)->roles))
            return err_refuse(reterr, ERR_FORBIDDEN, "key.scope_beyond",
                              "A key never opens more than its maker may: another role is needed for one of these scopes.",
                              "scope %s is beyond the maker", scope_name(s));
        *ret |= SCOPE_BIT(s);
    }
    return 0;
}

static int ranges_take(struct request *rq, const json_t *list, struct str *ret, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(4 << 10);
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) {
        const char *text = json_string_value(one);
        if (!address_range_ok(str_of(text))) {
            request_field_error(rq, "ranges", "Must be addresses or ranges such as 203.0.113.0/24 or 2001:db8::/32.");
            return err_refuse(reterr, ERR_INVALID, "", "Some of what was sent is not right: see errors.", "not a range");
        }
        buf_addf(&b, "%s%s", b.n ? " " : "", text);
    }
    *ret = str_dup(request_arena(rq), b.n ? buf_str(&b) : STR(""));
    return ret->p ? 0 : err_set(reterr, ERR_LIMIT, "no room for ranges");
}

static int expiry_take(struct request *rq, const json_t *body, int64_t *ret, struct err *reterr) {
    struct str at = json_get_str(body, "expires_at");
    *ret = 0;
    if (!at.p)
        return 0;
    rfc3339_parse(at, ret); /* the table checked it */
    if (*ret > request_now_ms(rq))
        return 0;
    request_field_error(rq, "expires_at", "Must lie ahead.");
    return err_refuse(reterr, ERR_INVALID, "", "Some of what was sent is not right: see errors.", "expires in the past");
}

/* It stands in the record as who acted: one line, nothing invisible. */
static int name_take(struct request *rq, const json_t *body, struct str *ret, struct err *reterr) {
    *ret = str_trim(json_get_str(body, "name"));
    bool plain = ret->n > 0;
    for (size_t i = 0; i < ret->n; i++)
        plain = plain && (uint8_t)ret->p[i] >= ' ' && ret->p[i] != 0x7F;
    if (plain)
        return 0;
    request_field_error(rq, "name", "Must be one line of text.");
    return err_refuse(reterr, ERR_INVALID, "", "Some of what was sent is not right: see errors.", "a name with control characters");
}

static int keys_post(struct request *rq, struct err *reterr) {
    const json_t *body = request_json(rq);
    struct api_key k = {.account = request_principal(rq)->account};
    struct key_token token;
    int rc = name_take(rq, body, &k.name, reterr);
    if (rc == 0)
        rc = scopes_take(rq, json_object_get(body, "scopes"), &k.scopes, reterr);
    if (rc == 0)
        rc = ranges_take(rq, json_object_get(body, "ranges"), &k.ranges, reterr);
    if (rc == 0)
        rc = expiry_take(rq, body, &k.expires_ms, reterr);
    if (rc == 0)
        rc = api_key_create(request_engine(rq), &k, &token, request_arena(rq), reterr);
    if (rc)
        return rc;
    json_t *out = json_pack("{s:o, s:s}", "key", api_key_json(&k, request_now_ms(rq)), "token", token.s);
    sodium_memzero(&token, sizeof token);
    return reply_json(rq, 201, out);
}

static int key_delete(struct request *rq, struct err *reterr) {
    struct api_key_id id;
    id_parse(request_param(rq, "id"), &id.v);
    int rc = api_key_revoke(request_engine(rq), id, reterr);
    return rc < 0 ? rc : reply_empty(rq);
}

static int scopes_get(struct request *rq, struct err *reterr) {
    json_t *items = json_array();
    for (enum scope s = SCOPE_NONE + 1; s < SCOPES_END; s++)
        json_array_append_new(items, json_pack("{s:s, s:s, s:b}", "name", scope_name(s), "doc", scope_doc(s), "allowed",
                                               (request_scope_roles(rq, s) & request_principal(rq)->roles) != 0));
    return reply_json(rq, 200, json_pack("{s:o}", "items", items));
}

static const struct field page_query[] = {{"cursor", F_ID}, {"limit", F_INT, 0, 1, PAGE_MAX}, {.type = F_END}};
static const struct field key_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"name", F_STR, FIELD_REQUIRED, 1, KEY_NAME_MAX},
    {"prefix", F_STR, FIELD_REQUIRED, .doc = "What the key begins with; the rest was shown once"},
    {"state", F_STR, FIELD_REQUIRED, .values = "active|expired|revoked"},
    {"scopes", F_STR, FIELD_REQUIRED | FIELD_ARRAY, 0, 64},
    {"ranges", F_STR, FIELD_REQUIRED | FIELD_ARRAY, 0, KEY_RANGES_MAX, .doc = "Addresses it is taken from; none: from everywhere"},
    {"made_by", F_ID, FIELD_REQUIRED, .doc = "An account: the key never opens more than this one may"},
    {"created_at", F_TIME, FIELD_REQUIRED},
    {"expires_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"used_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "To the hour"},
    {"revoked_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END}};
static const struct field list_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "ApiKey"},
                                           {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                           {.type = F_END}};
static const struct field new_fields[] = {
    {"name", F_STR, FIELD_REQUIRED, 1, KEY_NAME_MAX, .doc = "What it is for, not whose: it stands in the record as who acted"},
    {"scopes", F_STR, FIELD_REQUIRED | FIELD_ARRAY, 1, 64},
    {"ranges", F_STR, FIELD_ARRAY, 0, KEY_RANGES_MAX, .doc = "Addresses or ranges it is taken from; absent: from everywhere"},
    {"expires_at", F_TIME, FIELD_NULLABLE, .doc = "Absent: never"},
    {.type = F_END}};
static const struct field made_fields[] = {
    {"key", F_OBJ, FIELD_REQUIRED, .ref = "ApiKey"},
    {"token", F_SECRET, FIELD_REQUIRED, 0, 200, .doc = "Shown this once: Authorization: Bearer TOKEN"},
    {.type = F_END}};
static const struct field scope_fields[] = {
    {"name", F_STR, FIELD_REQUIRED},
    {"doc", F_STR, FIELD_REQUIRED},
    {"allowed", F_BOOL, FIELD_REQUIRED, .doc = "Whether who asks may hand it out"},
    {.type = F_END}};
static const struct field scopes_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Scope"}, {.type = F_END}};

const struct schema key_schemas[] = {{"ApiKey", key_fields, "A key by which a machine asks"},
                                     {"ApiKeyList", list_fields, "Keys, newest first"},
                                     {"ApiKeyNew", new_fields, "A key to be made"},
                                     {"ApiKeyMade", made_fields, "A key that was made, with the key itself"},
                                     {"Scope", scope_fields, "What a key may be let into"},
                                     {"ScopeList", scopes_fields, "All scopes there are"},
                                     {NULL}};
const struct route key_routes[] = {
    {GET, "/api/v1/operator/keys", keys_get, ROLE_OPERATOR, .per_minute = 240, .priority = PRIO_REST, .query = page_query,
     .reply = "ApiKeyList", .op = "apiKeyList", .doc = "API keys, newest first; revoked ones for 90 days"},
    {POST, "/api/v1/operator/keys", keys_post, ROLE_OPERATOR, .per_minute = 30, .priority = PRIO_REST, .flags = ROUTE_FRESH,
     .body_max = 8 << 10, .body = "ApiKeyNew", .reply = "ApiKeyMade", .op = "apiKeyCreate", .doc = "Make an API key; it is shown this once"},
    {DELETE, "/api/v1/operator/keys/{id:id}", key_delete, ROLE_OPERATOR, .per_minute = 60, .priority = PRIO_REST, .op = "apiKeyRevoke",
     .doc = "Revoke an API key: its next request is refused"},
    {GET, "/api/v1/operator/scopes", scopes_get, ROLE_OPERATOR, .per_minute = 240, .priority = PRIO_REST, .reply = "ScopeList",
     .op = "scopeList", .doc = "What keys may be let into"},
    {.path = NULL}};

static int keys_export(const struct engine *e, struct account_id account, json_t **ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(4 << 20);
    struct rows r;
    int rc = store_query(e->store, &key_sql[KEY_BY_ACCOUNT], ARGS(A_ID(account)), &a, &r, reterr);
    if (rc < 0)
        return rc;
    json_t *list = json_array();
    for (size_t i = 0; i < r.n; i++) {
        struct api_key k;
        api_key_read(&r, i, &k);
        json_array_append_new(list, api_key_json(&k, clock_now_ms(e->clock)));
    }
    *ret = json_pack("{s:o}", "keys", list);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
}

static int keys_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    return MIN(store_exec(e->store, &key_sql[KEY_ERASE], ARGS(A_ID(account)), reterr), 0);
}

static int keys_purge(const struct engine *e, struct err *reterr) {
    return MIN(store_exec(e->store, &key_sql[KEY_PURGE], ARGS(A_I64(clock_now_ms(e->clock) - KEPT_MS)), reterr), 0);
}

static const struct cron_row key_cron[] = {{"key.purge", DAY_MS, keys_purge, "Forgets keys 90 days after they were revoked"}, {NULL}};

const struct service api_key_service = {.name = "api_key",
                                        .routes = key_routes,
                                        .schemas = key_schemas,
                                        .sql = key_sql,
                                        .cron = key_cron,
                                        .export = keys_export,
                                        .erase = keys_erase};
