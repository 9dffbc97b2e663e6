/*
 * pairing_routes.c - pairing over HTTP. The device's two addresses take JSON, as all do, and the
 * forms of RFC 8628, for clients that were written for it: those are answered as RFC 6749 section
 * 5.1 and 5.2 say, and get the session as a bearer token. A page gets it as a cookie only, which no
 * script can read.
 */
#include "base/buf.h"
#include "service/identity/device.h"
#include "service/identity/identity_int.h"
#include "service/json.h"
#include <sodium.h>

#define GRANT_TYPE "urn:ietf:params:oauth:grant-type:device_code"

const struct field pairing_ask_fields[] = {
    {"client_id", F_STR, 0, 0, 200, .doc = "Of RFC 8628; any"},
    {"scope", F_STR, 0, 0, 200, .doc = "Of RFC 8628; any"},
    {"device_id", F_ID, FIELD_NULLABLE, .doc = "What an earlier Play there answered"},
    {"kind", F_STR, 0, .values = "web|tv|phone|other", .doc = "tv where it is not said"},
    {"name", F_STR, FIELD_NULLABLE, 0, DEVICE_NAME_MAX, .doc = "What it calls itself; shown to who approves"},
    {.type = F_END}};
const struct field pairing_codes_fields[] = {
    {"device_code", F_SECRET, FIELD_REQUIRED, .doc = "Not to be shown"},
    {"user_code", F_STR, FIELD_REQUIRED, .doc = "To be shown, as it is: WDJB-MJHT"},
    {"verification_uri", F_URL, FIELD_REQUIRED, .doc = "Where it is typed"},
    {"verification_uri_complete", F_URL, FIELD_REQUIRED, .doc = "The same with the code: for a QR code"},
    {"expires_in", F_INT, FIELD_REQUIRED, .doc = "Seconds"},
    {"interval", F_INT, FIELD_REQUIRED, .doc = "Seconds to wait between two requests for the token"},
    {.type = F_END}};
const struct field pairing_token_fields[] = {
    {"device_code", F_SECRET, FIELD_REQUIRED, 1, 200},
    {"grant_type", F_STR, 0, 1, 100, .doc = "Of a form: " GRANT_TYPE},
    {"client_id", F_STR, 0, 0, 200, .doc = "Of RFC 8628; any"},
    {.type = F_END}};
const struct field pairing_typed_fields[] = {
    {"user_code", F_STR, FIELD_REQUIRED, 1, 60, .doc = "As typed: case, spaces and dashes do not matter"},
    {.type = F_END}};
const struct field pairing_seen_fields[] = {
    {"user_code", F_STR, FIELD_REQUIRED, .doc = "As the device shows it: compare"},
    {"kind", F_STR, FIELD_REQUIRED, .values = "web|tv|phone|other"},
    {"name", F_STR, FIELD_REQUIRED, 0, DEVICE_NAME_MAX, .doc = "What it calls itself: anybody can say anything"},
    {"same_network", F_BOOL, FIELD_REQUIRED, .doc = "It asked from the network that this request comes from"},
    {"created_at", F_TIME, FIELD_REQUIRED},
    {"expires_at", F_TIME, FIELD_REQUIRED},
    {.type = F_END}};
const struct field pairing_decision_fields[] = {
    {"user_code", F_STR, FIELD_REQUIRED, 1, 60},
    {"approve", F_BOOL, FIELD_REQUIRED},
    {"name", F_STR, FIELD_NULLABLE, 0, DEVICE_NAME_MAX, .doc = "How the account calls it from now on"},
    {.type = F_END}};
const struct field device_name_fields[] = {
    {"name", F_STR, FIELD_REQUIRED, 1, DEVICE_NAME_MAX}, {.type = F_END}};

/* RFC 6749 section 5.2. */
static int reply_oauth_error(struct request *rq, const char *error, const char *description) {
    return reply_json(rq, 400, json_pack("{s:s, s:s}", "error", error, "error_description", description));
}

int device_code_post(struct request *rq, struct err *reterr) {
    const json_t *body = request_json(rq);
    const struct engine *e = request_engine(rq);
    struct str kind = json_get_str(body, "kind");
    struct pairing_ask ask = {.device = {.kind = kind.n ? kind : STR("tv"), .name = json_get_str(body, "name")},
                              .network = request_address(rq)};
    struct pairing p;
    id_parse(json_get_str(body, "device_id"), &ask.device.id.v); /* absent: unset */
    int rc = pairing_begin(e, &ask, &p, reterr);
    if (rc)
        return rc;
    struct user_code_text code = user_code_text(&p.user_code);
    struct str at = str_printf(request_arena(rq), "%s/activate", e->public_url);
    json_t *o = json_pack("{s:s, s:s, s:o, s:o, s:i, s:i}", "device_code", p.device_code, "user_code", code.s,
                          "verification_uri", json_of_str(at), "verification_uri_complete",
                          json_of_str(str_printf(request_arena(rq), STR_FMT "?code=%s", STR_ARG(at), code.s)),
                          "expires_in", (int)(PAIRING_LIFE_MS / 1000), "interval", PAIRING_INTERVAL_S);
    sodium_memzero(&p, sizeof p);
    return reply_json(rq, 200, o);
}

int device_token_post(struct request *rq, struct err *reterr) {
    const json_t *body = request_json(rq);
    bool form = request_is_form(rq);
    struct str type = json_get_str(body, "grant_type");
    struct session_token token;
    struct session s;
    struct err why = {0};
    if (form && !str_eq(type, STR(GRANT_TYPE)))
        return reply_oauth_error(rq, type.n ? "unsupported_grant_type" : "invalid_request",
                                 "grant_type must be " GRANT_TYPE);
    int rc = pairing_take(request_engine(rq), json_get_str(body, "device_code"), request_principal(rq)->session, &token,
                          &s, &why);
    if (rc == ERR_INVALID && form)
        return reply_oauth_error(rq, why.reason, why.hint);
    if (rc) {
        *reterr = why;
        return rc;
    }
    s.paired = true;
    if (form && (rc = sign_in_granted(rq, &s, reterr)))
        return rc;
    rc = form ? reply_json(rq, 200,
                           json_pack("{s:s, s:s, s:I}", "access_token", token.s, "token_type", "Bearer", "expires_in",
                                     (json_int_t)((s.expires_ms - request_now_ms(rq)) / 1000)))
              : reply_session_begun(rq, &token, &s, 200, reterr);
    sodium_memzero(&token, sizeof token);
    return rc;
}

int pairing_look_post(struct request *rq, struct err *reterr) {
    struct str typed = json_get_str(request_json(rq), "user_code"), here = request_address(rq);
    struct pairing_seen seen;
    struct user_code code;
    int rc = pairing_look(request_engine(rq), request_principal(rq), here, typed, request_arena(rq), &seen, reterr);
    if (rc)
        return rc;
    user_code_parse(typed, &code); /* it was found: it parses */
    return reply_json(rq, 200,
                      json_pack("{s:s, s:o, s:o, s:b, s:o, s:o}", "user_code", user_code_text(&code).s, "kind",
                                json_of_str(seen.kind), "name", json_of_str(seen.name), "same_network",
                                str_eq(seen.network, here), "created_at", json_of_time(seen.created_ms), "expires_at",
                                json_of_time(seen.expires_ms)));
}

int pairing_decide_post(struct request *rq, struct err *reterr) {
    const json_t *body = request_json(rq);
    int rc = pairing_decide(request_engine(rq), request_principal(rq), request_address(rq),
                            json_get_str(body, "user_code"), json_is_true(json_object_get(body, "approve")),
                            json_get_str(body, "name"), reterr);
    return rc ? rc : reply_empty(rq);
}

int pairing_export(const struct engine *e, struct account_id account, json_t *into, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct rows r;
    int rc = store_query(e->store, &identity_sql[GRANT_OF_ACCOUNT], ARGS(A_ID(account)), &a, &r, reterr);
    if (rc < 0)
        return rc;
    json_t *list = json_array();
    for (size_t i = 0; i < r.n; i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o, s:o}", "kind", json_of_str(row_str(&r, i, 0)),
                                              "name", json_of_str(row_str(&r, i, 1)), "state",
                                              json_of_str(row_str(&r, i, 2)), "created_at",
                                              json_of_time(row_i64(&r, i, 3)), "expires_at",
                                              json_of_time(row_i64(&r, i, 4))));
    return json_object_set_new(into, "pairings", list) ? err_set(reterr, ERR_NO_MEMORY, "no memory for an export") : 0;
}
