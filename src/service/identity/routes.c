/* routes.c - sign-up, sign-in, who am I, sign-out; what identity holds about a person; its table.
 */
#include "service/identity/identity_int.h"
#include "service/json.h"
#include <sodium.h>

static json_t *roles_json(unsigned roles) {
    json_t *list = json_array();
    if (roles & ROLE_VIEWER)
        json_array_append_new(list, json_string("viewer"));
    if (roles & ROLE_EDITOR)
        json_array_append_new(list, json_string("editor"));
    if (roles & ROLE_OPERATOR)
        json_array_append_new(list, json_string("operator"));
    return list;
}

static int session_json(const struct engine *e, struct account_id id, int64_t expires_ms,
                        struct arena *a, json_t **ret, struct err *reterr) {
    struct account account;
    struct profile profile;
    int rc = account_get(e, id, a, &account, reterr);
    if (rc == 0)
        rc = account_profile(e, id, a, &profile, reterr);
    if (rc)
        return rc;
    *ret = json_pack("{s:{s:o, s:o, s:o}, s:{s:o, s:o, s:o}, s:o}", "account", "id",
                     json_of_id(account.id.v), "email", json_of_str(account.email), "roles",
                     roles_json(account.roles), "profile", "id", json_of_id(profile.id.v), "name",
                     json_of_str(profile.name), "lang", json_of_str(profile.lang), "expires_at",
                     json_of_time(expires_ms));
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a reply");
}

/* Signs in: a new token each time, and the one the browser came with ends (session fixation). */
static int reply_session(struct request *rq, struct account_id account, int status,
                         struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const struct principal *who = request_principal(rq);
    struct session_token token;
    struct session s;
    json_t *body = NULL;
    int rc = 0;
    if (id_is_set(who->session.v))
        rc = session_revoke(e, who->session, reterr);
    if (rc == 0)
        rc = session_create(e, account, &token, &s, reterr);
    if (rc == 0)
        rc = session_json(e, account, s.expires_ms, request_arena(rq), &body, reterr);
    if (rc)
        return rc;
    reply_cookie(rq, SESSION_COOKIE, token.s, SESSION_IDLE_MS / 1000);
    sodium_memzero(&token, sizeof token);
    return reply_json(rq, status, body);
}

static int account_post(struct request *rq, struct err *reterr) {
    const json_t *body = request_json(rq);
    struct account_id id;
    struct account_new n = {.email = json_get_str(body, "email"),
                            .password = json_get_str(body, "password"),
                            .name = json_get_str(body, "name"),
                            .lang = json_get_str(body, "lang")};
    struct err why = {0};
    int rc = account_create(request_engine(rq), &n, &id, &why);
    if (rc == 0)
        return reply_session(rq, id, 201, reterr);
    if (strcmp(why.reason, "account.password_weak") == 0)
        request_field_error(rq, "password", why.hint);
    else if (strcmp(why.reason, "account.email_invalid") == 0 ||
             strcmp(why.reason, "account.email_taken") == 0)
        request_field_error(rq, "email", why.hint);
    *reterr = why;
    return rc;
}

static int session_post(struct request *rq, struct err *reterr) {
    const json_t *body = request_json(rq);
    struct account_id id;
    int rc = session_sign_in(request_engine(rq), json_get_str(body, "email"),
                             json_get_str(body, "password"), request_address(rq), &id, reterr);
    return rc ? rc : reply_session(rq, id, 200, reterr);
}

static int session_get(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct str token = request_cookie(rq, SESSION_COOKIE);
    struct session s;
    unsigned roles;
    json_t *body = NULL;
    int rc = session_find(e, token, &s, &roles, reterr);
    if (rc == 0)
        rc = session_json(e, s.account, s.expires_ms, request_arena(rq), &body, reterr);
    if (rc)
        return rc;
    /* The cookie slides with the session. */
    reply_cookie(rq, SESSION_COOKIE, str_cstr(request_arena(rq), token),
                 (s.expires_ms - request_now_ms(rq)) / 1000);
    return reply_json(rq, 200, body);
}

static int session_delete(struct request *rq, struct err *reterr) {
    const struct principal *who = request_principal(rq);
    int rc =
        id_is_set(who->session.v) ? session_revoke(request_engine(rq), who->session, reterr) : 0;
    if (rc)
        return rc;
    reply_cookie(rq, SESSION_COOKIE, "", 0);
    return reply_empty(rq);
}

static const struct field account_new_fields[] = {
    {"email", F_EMAIL, FIELD_REQUIRED, 3, EMAIL_MAX, .doc = "Normalised: trimmed, lower case"},
    {"password", F_SECRET, FIELD_REQUIRED, 1, 1000,
     .doc = "At least 8 characters, not a common one"},
    {"name", F_STR, 0, 1, PROFILE_NAME_MAX, .doc = "Of the profile"},
    {"lang", F_LANG, 0, .doc = "Language of the screens and of titles"},
    {.type = F_END}};
static const struct field credentials_fields[] = {{"email", F_STR, FIELD_REQUIRED, 1, 1000},
                                                  {"password", F_SECRET, FIELD_REQUIRED, 1, 1000},
                                                  {.type = F_END}};
static const struct field account_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"email", F_EMAIL, FIELD_REQUIRED},
    {"roles", F_STR, FIELD_REQUIRED | FIELD_ARRAY, 0, 3, .values = "viewer|editor|operator"},
    {.type = F_END}};
static const struct field profile_fields[] = {{"id", F_ID, FIELD_REQUIRED},
                                              {"name", F_STR, FIELD_REQUIRED},
                                              {"lang", F_LANG, FIELD_REQUIRED},
                                              {.type = F_END}};
static const struct field session_fields[] = {{"account", F_OBJ, FIELD_REQUIRED, .ref = "Account"},
                                              {"profile", F_OBJ, FIELD_REQUIRED, .ref = "Profile"},
                                              {"expires_at", F_TIME, FIELD_REQUIRED},
                                              {.type = F_END}};

const struct schema identity_schemas[] = {
    {"AccountNew", account_new_fields, "A sign-up"},
    {"Credentials", credentials_fields, "A sign-in"},
    {"Account", account_fields, "Who pays; has profiles and devices"},
    {"Profile", profile_fields, "Who watches"},
    {"Session", session_fields, "Who is signed in here"},
    {NULL}};

const struct route identity_routes[] = {
    {POST, "/api/v1/accounts", account_post, ROLE_NONE, .per_minute = 60, .body_max = 4096,
     .priority = PRIO_SIGN_IN, .pool = POOL_PASSWORD, .body = "AccountNew", .reply = "Session",
     .doc = "Sign up: makes an account with one profile and signs in"},
    {POST, "/api/v1/session", session_post, ROLE_NONE, .per_minute = 120, .body_max = 4096,
     .priority = PRIO_SIGN_IN, .pool = POOL_PASSWORD, .body = "Credentials", .reply = "Session",
     .status = 200, .doc = "Sign in; sets the session cookie"},
    {GET, "/api/v1/session", session_get, ROLE_NONE, .priority = PRIO_SIGN_IN, .reply = "Session",
     .doc = "Who is signed in; 401 when nobody is"},
    {DELETE, "/api/v1/session", session_delete, ROLE_NONE, .priority = PRIO_SIGN_IN,
     .doc = "Sign out"},
    {.path = NULL}};

static void rows_json(json_t *into, const char *name, const struct rows *r,
                      const char *const *keys) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++) {
        json_t *o = json_object();
        for (size_t c = 0; c < r->cols && keys[c]; c++)
            json_object_set_new(o, keys[c],
                                str_ends(str_of(keys[c]), STR("_at"))
                                    ? json_of_time(row_i64(r, i, c))
                                    : json_of_str(row_str(r, i, c)));
        json_array_append_new(list, o);
    }
    json_object_set_new(into, name, list);
}

/* Everything but secrets: no password hash and no token hash leaves. */
int identity_export(const struct engine *e, struct account_id id, json_t **ret,
                    struct err *reterr) {
    static const char *const session_keys[] = {"id", "created_at", "last_seen_at", "expires_at",
                                               NULL};
    static const char *const device_keys[] = {"id",         "kind",         "name",
                                              "created_at", "last_seen_at", NULL};
    scoped(arena_done) struct arena a = ARENA(4 << 20);
    struct account account;
    struct profile profile;
    struct rows sessions, devices;
    int rc = account_get(e, id, &a, &account, reterr);
    if (rc == 0)
        rc = account_profile(e, id, &a, &profile, reterr);
    if (rc == 0)
        rc = store_query(e->store, &identity_sql[SESSION_BY_ACCOUNT], ARGS(A_ID(id)), &a, &sessions,
                         reterr);
    if (rc >= 0)
        rc = store_query(e->store, &identity_sql[DEVICE_BY_ACCOUNT], ARGS(A_ID(id)), &a, &devices,
                         reterr);
    if (rc < 0)
        return rc;
    json_t *o =
        json_pack("{s:o, s:o, s:o, s:o, s:[{s:o, s:o, s:o}]}", "id", json_of_id(id.v), "email",
                  json_of_str(account.email), "roles", roles_json(account.roles), "created_at",
                  json_of_time(account.created_ms), "profiles", "id", json_of_id(profile.id.v),
                  "name", json_of_str(profile.name), "lang", json_of_str(profile.lang));
    if (!o)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
    rows_json(o, "sessions", &sessions, session_keys);
    rows_json(o, "devices", &devices, device_keys);
    *ret = o;
    return 0;
}

static int purge(const struct engine *e, struct err *reterr) {
    int64_t now = clock_now_ms(e->clock);
    int rc = store_exec(e->store, &identity_sql[SESSION_PURGE], ARGS(A_I64(now)), reterr);
    return rc < 0 ? rc : 0;
}

static const struct cron_row identity_cron[] = {
    {"identity.purge", 3600 * 1000, purge, "Forgets sessions that ended"},
    {NULL}};

const struct service identity_service = {
    .name = "identity",
    .routes = identity_routes,
    .schemas = identity_schemas,
    .sql = identity_sql,
    .cron = identity_cron,
    .export = identity_export,
    .erase = account_delete,
};
