/*
 * factor_routes.c - the second factor over HTTP: enrolling, the second step of a sign-in, and what asks for it again. Between the
 * steps there is no session: a cookie of its own names, for five minutes, whose password was right, and opens nothing else.
 */
#include "service/identity/factor_int.h"
#include "service/identity/ways.h"
#include "engine/audit/audit.h"
#include "engine/cache/cache.h"
#include "service/json.h"
#include <openssl/sha.h>
#include <sodium.h>
#include <stdio.h>

#define HALF_COOKIE "matinee_second_step"
static const int64_t half_ms = 5 * 60000, fresh_ms = 10 * 60000;

static struct str half_key(struct str token, char dst[80]) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    char hex[65];
    SHA256((const uint8_t *)token.p, token.n, hash);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    return str_make(dst, (size_t)snprintf(dst, 80, "half:%s", hex));
}

int factor_gate(struct request *rq, struct account_id account, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct session_token token;
    char hash[65], key[80];
    int rc = factor_enrolled(e, account, reterr);
    if (rc <= 0 || (rc = session_token_make(&token, hash, reterr)) < 0)
        return rc;
    struct str name = half_key(str_of(token.s), key);
    if (cache_set(e->cache, name, id_str(&account.v), half_ms, NULL) < 0 &&
        (rc = cache_set(cache_local(e->cache), name, id_str(&account.v), half_ms, reterr)) < 0)
        return rc;
    reply_cookie(rq, HALF_COOKIE, token.s, half_ms / 1000);
    sodium_memzero(&token, sizeof token);
    return err_refuse(reterr, ERR_UNAUTHENTICATED, "session.second_factor_wanted",
                      "Type the code that your authenticator app shows.", "the second factor is due");
}

static int half_find(struct request *rq, struct account_id *ret, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct str token = request_cookie(rq, HALF_COOKIE), value;
    char key[80];
    struct str name = half_key(token, key);
    bool there = token.n && (cache_get(e->cache, name, request_arena(rq), &value, NULL) == 1 ||
                             cache_get(cache_local(e->cache), name, request_arena(rq), &value, NULL) == 1);
    if (there && id_parse(value, &ret->v))
        return 0;
    return err_refuse(reterr, ERR_UNAUTHENTICATED, "session.begin_again", "It took too long. Sign in again.", "no half sign-in");
}

static void half_forget(struct request *rq) {
    char key[80];
    struct str name = half_key(request_cookie(rq, HALF_COOKIE), key);
    cache_delete(request_engine(rq)->cache, name, NULL);
    cache_delete(cache_local(request_engine(rq)->cache), name, NULL);
    reply_cookie(rq, HALF_COOKIE, "", 0);
}

/* With a session: it shows its factor again. Without: the second step of a sign-in, which makes one. */
static int second_step_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const struct principal *who = request_principal(rq);
    struct str code = json_get_str(request_json(rq), "code");
    struct account_id account = who->account;
    struct session_token token;
    struct session s = {.id = who->session};
    bool signed_in = who->roles != 0;
    int rc = signed_in ? 0 : half_find(rq, &account, reterr);
    if (rc == 0) {
        audit_who(account);
        rc = factor_check(e, account, code, reterr);
    }
    if (rc == 0 && !signed_in)
        rc = session_create(e, account, &token, &s, reterr);
    if (rc == 0)
        rc = factor_mark(e, s.id, reterr);
    if (rc == 0)
        rc = session_prove(e, s.id, reterr);
    if (rc)
        return rc;
    if (signed_in)
        return reply_session_now(rq, reterr);
    half_forget(rq);
    rc = reply_session_begun(rq, &token, &s, 200, reterr);
    sodium_memzero(&token, sizeof token);
    return rc;
}

static int factor_get(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct account_id me = request_principal(rq)->account;
    struct rows r;
    int on = factor_enrolled(e, me, reterr);
    int rc = on < 0 ? on : store_row(e->store, &factor_sql[RECOVERY_COUNT], ARGS(A_ID(me)), request_arena(rq), &r, reterr);
    return rc < 0 ? rc : reply_json(rq, 200, json_pack("{s:b, s:I}", "enrolled", on, "recovery_codes_left", (json_int_t)row_i64(&r, 0, 0)));
}

static int factor_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const struct principal *who = request_principal(rq);
    struct account account;
    char secret[33] = "";
    int rc = session_check_proof(e, who, json_get_str(request_json(rq), "password"), reterr);
    if (rc == 0)
        rc = account_get(e, who->account, request_arena(rq), &account, reterr);
    if (rc == 0)
        rc = factor_begin(e, who->account, secret, reterr);
    if (rc)
        return rc;
    /* The address has no character that an otpauth label would take for its own but '%' and '?' and '#'. */
    struct str label = account.email;
    for (size_t i = 0; i < label.n; i++)
        if (strchr("%?#/&", label.p[i]))
            label = STR("account");
    struct str uri = str_printf(request_arena(rq), "otpauth://totp/Matinee:" STR_FMT "?secret=%s&issuer=Matinee&algorithm=SHA1&digits=6&period=30",
                                STR_ARG(label), secret);
    rc = reply_json(rq, 201, json_pack("{s:s, s:o}", "secret", secret, "uri", json_of_str(uri)));
    sodium_memzero(secret, sizeof secret);
    return rc;
}

static int factor_confirm_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const struct principal *who = request_principal(rq);
    struct recovery codes;
    int rc = factor_confirm(e, who->account, json_get_str(request_json(rq), "code"), who->agent, &codes, reterr);
    if (rc == 0)
        rc = factor_mark(e, who->session, reterr);
    if (rc)
        return rc;
    json_t *list = json_array();
    for (int i = 0; i < RECOVERY_CODES; i++)
        json_array_append_new(list, json_string(codes.code[i]));
    sodium_memzero(&codes, sizeof codes);
    return reply_json(rq, 200, json_pack("{s:o}", "recovery_codes", list));
}

static int factor_delete(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct account_id me = request_principal(rq)->account;
    int rc = factor_check(e, me, json_get_str(request_json(rq), "code"), reterr);
    if (rc == 0)
        rc = factor_remove(e, me, request_principal(rq)->agent, reterr);
    return rc ? rc : reply_empty(rq);
}

int identity_check_fresh(struct request *rq, const struct principal *who, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    int rc = factor_enrolled(e, who->account, reterr);
    if (rc <= 0 || request_now_ms(rq) - factor_marked_ms(e, who->session) < fresh_ms)
        return MIN(rc, 0);
    return err_refuse(reterr, ERR_FORBIDDEN, "session.second_factor_stale",
                      "This needs the code of your authenticator app once more.", "the second factor is not fresh");
}

static int factor_export(const struct engine *e, struct account_id account, json_t **ret, struct err *reterr) {
    int on = factor_enrolled(e, account, reterr);
    if (on < 0)
        return on;
    *ret = json_pack("{s:b}", "enrolled", on);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
}

static const struct field code_fields[] = {
    {"code", F_SECRET, FIELD_REQUIRED, 6, 40, .doc = "Six digits of the app, or a recovery code"}, {.type = F_END}};
static const struct field begin_fields[] = {
    {"password", F_SECRET, 0, 1, 1000, .doc = "The account's; absent within ten minutes of a sign-in"}, {.type = F_END}};
static const struct field secret_fields[] = {{"secret", F_SECRET, FIELD_REQUIRED, .doc = "Base32, to type into the app"},
                                             {"uri", F_STR, FIELD_REQUIRED, .doc = "otpauth: opens the app, or is shown as a QR code"},
                                             {.type = F_END}};
static const struct field recovery_fields[] = {
    {"recovery_codes", F_SECRET, FIELD_REQUIRED | FIELD_ARRAY, .doc = "Told once; each is good once"}, {.type = F_END}};
static const struct field state_fields[] = {
    {"enrolled", F_BOOL, FIELD_REQUIRED}, {"recovery_codes_left", F_INT, FIELD_REQUIRED}, {.type = F_END}};
static const struct schema factor_schemas[] = {{"FactorCode", code_fields, "A second factor's code"},
                                               {"FactorBegin", begin_fields, "Who begins is the owner"},
                                               {"FactorSecret", secret_fields, "What an authenticator app is told"},
                                               {"FactorRecovery", recovery_fields, "For the day the phone is lost"},
                                               {"Factor", state_fields, "Whether the account has a second factor"},
                                               {NULL}};
static const struct route factor_routes[] = {
    {POST, "/api/v1/session/second-factor", second_step_post, ROLE_NONE, .per_minute = 30, .body_max = 1024, .priority = PRIO_SIGN_IN,
     .flags = ROUTE_AUDIT, .body = "FactorCode", .reply = "Session", .status = 200, .op = "sessionSecondFactor",
     .doc = "The second step of a sign-in; with a session, its second factor once more"},
    {GET, "/api/v1/second-factor", factor_get, ROLE_VIEWER, .priority = PRIO_REST, .flags = ROUTE_ADULT, .reply = "Factor",
     .op = "secondFactorGet", .doc = "Whether the account has a second factor"},
    {POST, "/api/v1/second-factor", factor_post, ROLE_VIEWER, .per_minute = 30, .body_max = 4096, .priority = PRIO_REST,
     .pool = POOL_PASSWORD, .flags = ROUTE_ADULT | ROUTE_OWNER | ROUTE_AUDIT, .body = "FactorBegin", .reply = "FactorSecret", .status = 201,
     .op = "secondFactorBegin", .doc = "A secret for an authenticator app; nothing changes until it is confirmed"},
    {POST, "/api/v1/second-factor/confirm", factor_confirm_post, ROLE_VIEWER, .per_minute = 30, .body_max = 1024,
     .priority = PRIO_REST, .flags = ROUTE_ADULT | ROUTE_OWNER | ROUTE_AUDIT, .body = "FactorCode", .reply = "FactorRecovery", .status = 200,
     .op = "secondFactorConfirm", .doc = "From now on a sign-in with the password takes a code, too"},
    {DELETE, "/api/v1/second-factor", factor_delete, ROLE_VIEWER, .per_minute = 30, .body_max = 1024, .priority = PRIO_REST,
     .flags = ROUTE_ADULT | ROUTE_OWNER | ROUTE_AUDIT, .body = "FactorCode", .op = "secondFactorDelete", .doc = "Take the second factor away"},
    {.path = NULL}};

/* At least once: the same letter twice is better than none. */
static int reused_tell(const struct engine *e, const struct event *ev, struct arena *a, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct account_id account;
    if (!id_parse(ev->subject, &account.v))
        return 0;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = account_tell(tx, e, LETTER_CODE_REUSED, account, NULL, reterr);
    if (rc == ERR_NOT_FOUND) /* erased meanwhile */
        return 0;
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

static const struct event_handler factor_events[] = {{FACTOR_REUSED, "factor.reused_letter", reused_tell}, {NULL}};

const struct service factor_service = {.name = "factor",
                                       .routes = factor_routes,
                                       .schemas = factor_schemas,
                                       .sql = factor_sql,
                                       .events = factor_events,
                                       .export = factor_export,
                                       .erase = factor_erase};
