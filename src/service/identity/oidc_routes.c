/*
 * oidc_routes.c - OpenID sign-in over HTTP. The provider sends the browser to a page of ours (/sign-in/oidc/N), which posts what it
 * was sent with: so an answer is taken only from our own origin, and a refusal is a screen in the person's language.
 */
#include "service/identity/factor.h"
#include "service/identity/oidc_int.h"
#include "service/json.h"
#include <sodium.h>

/* Names the browser that began, so that nobody finishes in another one what was begun here (login CSRF). Ten minutes. */
#define OIDC_COOKIE "matinee_oidc"

static struct str browser_of(struct request *rq) {
    struct str c = request_cookie(rq, OIDC_COOKIE);
    return c.n == 43 ? c : STR("");
}

/* One name for all windows of a browser: two sign-ins at once do not spoil each other. */
static struct str browser_name(struct request *rq) {
    struct str known = browser_of(rq);
    uint8_t random[32];
    char text[44];
    if (!known.n) {
        if (sodium_init() < 0)
            return STR("");
        randombytes_buf(random, sizeof random);
        sodium_bin2base64(text, sizeof text, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        known = str_dup(request_arena(rq), str_of(text));
    }
    for (size_t i = 0; i < known.n; i++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", known.p[i]))
            return STR("");
    return known;
}

static int provider_number(struct request *rq) {
    int64_t n = 0;
    return str_to_i64(request_param(rq, "provider"), &n) && n >= 1 && n <= OIDC_PROVIDERS ? (int)n : 0;
}

static int begin(struct request *rq, const struct principal *link, struct err *reterr) {
    struct oidc_begin b = {provider_number(rq), browser_name(rq), link};
    struct str url;
    if (!b.browser.n)
        return err_refuse(reterr, ERR_INVALID, "oidc.state", "A cookie of this page is damaged. Clear the site's cookies and try again.",
                          "the browser's cookie is not ours");
    int rc = oidc_begin(request_engine(rq), &b, request_arena(rq), &url, reterr);
    if (rc)
        return rc;
    reply_cookie(rq, OIDC_COOKIE, str_cstr(request_arena(rq), b.browser), OIDC_FLOW_MS / 1000);
    return reply_json(rq, 200, json_pack("{s:o}", "url", json_of_str(url)));
}

static int authorization_post(struct request *rq, struct err *reterr) {
    return begin(rq, NULL, reterr);
}

static int link_authorization_post(struct request *rq, struct err *reterr) {
    const struct principal *who = request_principal(rq);
    int rc = session_check_proof(request_engine(rq), who, json_get_str(request_json(rq), "password"), reterr);
    return rc ? rc : begin(rq, who, reterr);
}

static struct oidc_answer answer_read(struct request *rq) {
    const json_t *b = request_json(rq);
    return (struct oidc_answer){.provider = provider_number(rq), .browser = browser_of(rq), .state = json_get_str(b, "state"),
                                .code = json_get_str(b, "code"), .issuer = json_get_str(b, "iss"), .error = json_get_str(b, "error")};
}

static int sign_in_post(struct request *rq, struct err *reterr) {
    struct oidc_answer w = answer_read(rq);
    struct account_id account;
    int rc = oidc_sign_in(request_engine(rq), &w, json_get_str(request_json(rq), "lang"), &account, reterr);
    if (rc == 0) /* a provider's word is one factor */
        rc = factor_gate(rq, account, reterr);
    return rc ? rc : reply_session_proved(rq, account, 200, reterr);
}

static const char *label_of(const struct engine *e, struct str issuer) {
    struct oidc_provider p;
    for (int i = 1; i <= OIDC_PROVIDERS; i++)
        if (oidc_provider(e, i, &p, NULL) == 0 && str_eq(str_of(p.issuer), issuer))
            return p.label;
    return NULL;
}

static int links_json(const struct engine *e, struct account_id account, struct arena *a, json_t **ret, struct err *reterr) {
    struct rows r;
    int rc = store_query(e->store, &oidc_sql[LINK_LIST], ARGS(A_ID(account)), a, &r, reterr);
    if (rc < 0)
        return rc;
    json_t *list = json_array();
    for (size_t i = 0; i < r.n; i++) {
        struct str issuer = row_str(&r, i, 1);
        const char *label = label_of(e, issuer);
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "id", json_of_id(row_id(&r, i, 0)), "label",
                                              json_of_str(label ? str_of(label) : issuer), "issuer", json_of_str(issuer), "email",
                                              json_of_text(row_str(&r, i, 3)), "created_at", json_of_time(row_i64(&r, i, 4)),
                                              "last_used_at", json_of_time(row_i64(&r, i, 5))));
    }
    *ret = json_pack("{s:o}", "links", list);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a list");
}

static int links_reply(struct request *rq, int status, struct err *reterr) {
    json_t *body = NULL;
    int rc = links_json(request_engine(rq), request_principal(rq)->account, request_arena(rq), &body, reterr);
    return rc ? rc : reply_json(rq, status, body);
}

static int links_get(struct request *rq, struct err *reterr) {
    return links_reply(rq, 200, reterr);
}

static int link_post(struct request *rq, struct err *reterr) {
    struct oidc_answer w = answer_read(rq);
    int rc = oidc_link(request_engine(rq), &w, request_principal(rq), reterr);
    return rc ? rc : links_reply(rq, 200, reterr);
}

static int pending_post(struct request *rq, struct err *reterr) {
    int rc = oidc_link_pending(request_engine(rq), browser_of(rq), request_principal(rq), reterr);
    return rc ? rc : links_reply(rq, 200, reterr);
}

static int link_delete(struct request *rq, struct err *reterr) {
    struct id id;
    if (!id_parse(request_param(rq, "id"), &id))
        return err_set(reterr, ERR_NOT_FOUND, "no such link");
    int rc = oidc_unlink(request_engine(rq), request_principal(rq), id, reterr);
    return rc ? rc : reply_empty(rq);
}

static int providers_get(struct request *rq, struct err *reterr) {
    json_t *list = json_array();
    struct oidc_provider p;
    for (int i = 1; i <= OIDC_PROVIDERS; i++)
        if (oidc_provider(request_engine(rq), i, &p, NULL) == 0)
            json_array_append_new(list, json_pack("{s:i, s:o}", "number", i, "label", json_of_str(str_of(p.label))));
    return reply_json(rq, 200, json_pack("{s:o}", "providers", list));
}

static int oidc_export(const struct engine *e, struct account_id account, json_t **ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    return links_json(e, account, &a, ret, reterr);
}

static int oidc_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    return MIN(store_exec(e->store, &ways_sql[LINK_DELETE_ACCOUNT], ARGS(A_ID(account)), reterr), 0);
}

static const struct field provider_fields[] = {
    {"number", F_INT, FIELD_REQUIRED, 1, OIDC_PROVIDERS}, {"label", F_STR, FIELD_REQUIRED, .doc = "For the button"}, {.type = F_END}};
static const struct field providers_fields[] = {
    {"providers", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, OIDC_PROVIDERS, .ref = "OidcProvider"}, {.type = F_END}};
static const struct field authorization_fields[] = {
    {"url", F_STR, FIELD_REQUIRED, 1, 9000, .doc = "Where the browser goes next"}, {.type = F_END}};
static const struct field answer_fields[] = {
    {"state", F_SECRET, FIELD_REQUIRED, 1, 200},
    {"code", F_SECRET, 0, 1, 4000},
    {"iss", F_STR, 0, 1, 1000, .doc = "RFC 9207"},
    {"error", F_STR, 0, 1, 200},
    {"lang", F_LANG, 0, .doc = "Of a new account"},
    {.type = F_END}};
static const struct field link_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"label", F_STR, FIELD_REQUIRED},
    {"issuer", F_STR, FIELD_REQUIRED},
    {"email", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "As it is there"},
    {"created_at", F_TIME, FIELD_REQUIRED},
    {"last_used_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END}};
static const struct field links_fields[] = {
    {"links", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, OIDC_LINKS_MAX, .ref = "AccountLink"}, {.type = F_END}};

static const struct schema oidc_schemas[] = {
    {"OidcProvider", provider_fields, "A service to sign in through"},
    {"OidcProviders", providers_fields, "The services to sign in through"},
    {"OidcAuthorization", authorization_fields, "A sign-in that was begun"},
    {"OidcAnswer", answer_fields, "What the service sent the browser back with"},
    {"AccountLink", link_fields, "A person at such a service who is this account"},
    {"AccountLinks", links_fields, "The account's connections, oldest first"},
    {NULL}};

static const struct route oidc_routes[] = {
    {GET, "/api/v1/oidc/providers", providers_get, ROLE_NONE, .priority = PRIO_SIGN_IN, .cache_s = 60, .reply = "OidcProviders",
     .op = "oidcProviders", .doc = "The services to sign in through"},
    {POST, "/api/v1/oidc/providers/{provider:int}/authorization", authorization_post, ROLE_NONE, .per_minute = 60, .body_max = 1024,
     .priority = PRIO_SIGN_IN, .reply = "OidcAuthorization", .status = 200, .op = "oidcBegin", .doc = "Begin a sign-in through one"},
    {POST, "/api/v1/oidc/providers/{provider:int}/session", sign_in_post, ROLE_NONE, .per_minute = 60, .body_max = 16 << 10,
     .priority = PRIO_SIGN_IN, .deadline_ms = 25000, .body = "OidcAnswer", .reply = "Session", .status = 200, .op = "oidcSignIn",
     .doc = "Finish it: signs in, and makes the account where there is none"},
    {POST, "/api/v1/oidc/providers/{provider:int}/link-authorization", link_authorization_post, ROLE_VIEWER, .per_minute = 30,
     .body_max = 4096, .priority = PRIO_REST, .pool = POOL_PASSWORD, .flags = ROUTE_ADULT | ROUTE_OWNER, .body = "Proof", .reply = "OidcAuthorization",
     .status = 200, .op = "oidcLinkBegin", .doc = "Begin to connect the account; needs the password or a sign-in of the last ten minutes"},
    {POST, "/api/v1/oidc/providers/{provider:int}/link", link_post, ROLE_VIEWER, .per_minute = 30, .body_max = 16 << 10,
     .priority = PRIO_REST, .deadline_ms = 25000, .flags = ROUTE_ADULT | ROUTE_OWNER | ROUTE_AUDIT, .body = "OidcAnswer", .reply = "AccountLinks", .status = 200,
     .op = "oidcLink", .doc = "Finish it"},
    {POST, "/api/v1/account-links/pending", pending_post, ROLE_VIEWER, .per_minute = 30, .priority = PRIO_REST, .flags = ROUTE_ADULT | ROUTE_OWNER | ROUTE_AUDIT,
     .reply = "AccountLinks", .status = 200, .op = "oidcLinkPending",
     .doc = "Connect what was refused with oidc.sign_in_to_link, once signed in to that account"},
    {GET, "/api/v1/account-links", links_get, ROLE_VIEWER, .priority = PRIO_REST, .flags = ROUTE_ADULT, .reply = "AccountLinks",
     .op = "accountLinks", .doc = "The services that the account is connected to"},
    {DELETE, "/api/v1/account-links/{id:id}", link_delete, ROLE_VIEWER, .priority = PRIO_REST, .flags = ROUTE_ADULT | ROUTE_OWNER | ROUTE_AUDIT,
     .op = "accountLinkDelete", .doc = "Disconnect one, unless it is the last way in"},
    {.path = NULL}};

const struct service oidc_service = {
    .name = "oidc",
    .routes = oidc_routes,
    .schemas = oidc_schemas,
    .sql = oidc_sql,
    .config = oidc_config,
    .start = oidc_settings_check,
    .export = oidc_export,
    .erase = oidc_erase,
};
