/* licence.c - see licence.h. The request's bytes come from a player that may be anybody's. */
#include "service/licence/licence_int.h"
#include "base/buf.h"
#include "media/drm/challenge.h"
#include "service/keys/keys.h"
#include "service/playback/playback.h"
#include <sodium.h>

enum { REQUEST_MAX = 8192 };

static int malformed(struct err *reterr, const char *why) {
    return err_refuse(reterr, ERR_INVALID, "licence.request_malformed",
                      "The player's licence request could not be read.", "%s", why);
}

static int kid_read(const json_t *j, struct kids *kids, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(64);
    struct str text =
        json_is_string(j) ? str_make(json_string_value(j), json_string_length(j)) : STR_NULL;
    if (!text.p || text.n > 24 || !buf_unbase64url(&b, text) || b.n != 16)
        return malformed(reterr, "a kid is not 16 bytes of base64url");
    memcpy(kids->v[kids->n++], b.p, 16);
    return 0;
}

int licence_kids_read(struct str request, struct kids *kids, struct err *reterr) {
    json_error_t why;
    if (!request.n || request.n > REQUEST_MAX)
        return malformed(reterr, "an empty or oversized request");
    json_t *j = json_loadb(request.p, request.n, JSON_REJECT_DUPLICATES, &why);
    const json_t *list = json_object_get(j, "kids"), *type = json_object_get(j, "type");
    size_t n = json_array_size(list);
    int rc = 0;
    if (!n || n > KIDS_MAX)
        rc = malformed(reterr, j ? "1 to 256 kids are due" : why.text);
    else if (type && !(json_is_string(type) && strcmp(json_string_value(type), "temporary") == 0))
        rc = malformed(reterr, "only temporary licences are given");
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = kid_read(json_array_get(list, i), kids, reterr);
    json_decref(j);
    return rc;
}

static json_t *key_json(const struct content_key *k) {
    char kid[25], key[25];
    sodium_bin2base64(kid, sizeof kid, k->kid, 16, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_bin2base64(key, sizeof key, k->key, 16, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    json_t *o = json_pack("{s:s, s:s, s:s}", "kty", "oct", "k", key, "kid", kid);
    sodium_memzero(key, sizeof key);
    return o;
}

/* 1: granted, 0: not, negative: an error. A key that does not exist and one of another asset look
 * alike. */
static int key_granted(const struct engine *e, const struct grant *g, const uint8_t kid[16],
                       struct content_key *ret_key, struct err *reterr) {
    struct err why = {0};
    int rc = keys_by_kid(e, kid, ret_key, &why);
    if (rc == ERR_NOT_FOUND)
        return 0;
    if (rc) {
        if (reterr)
            *reterr = why;
        return rc;
    }
    if (str_eq(id_str(&ret_key->asset.v), id_str(&g->asset.v)) &&
        (g->classes & ret_key->classes))
        return 1;
    keys_wipe(ret_key);
    return 0;
}

int licence_make(const struct engine *e, struct str grant, struct str request, json_t **ret,
                 struct err *reterr) {
    struct kids kids = {.n = 0};
    struct grant g;
    /* The right first: who has none is told nothing about what is wrong with the rest. */
    int rc = grant_read(grant, clock_now_ms(e->clock), &g, reterr);
    if (rc == 0)
        rc = playback_check_live(e, g.playback, reterr);
    if (rc == 0)
        rc = g.system == GRANT_CLEARKEY ? licence_kids_read(request, &kids, reterr) : licence_system_refuse(&g, reterr);
    if (rc)
        return rc;
    json_t *list = json_array();
    for (size_t i = 0; i < kids.n; i++) {
        struct content_key k;
        rc = key_granted(e, &g, kids.v[i], &k, reterr);
        if (rc < 0)
            break;
        if (rc > 0)
            json_array_append_new(list, key_json(&k));
        keys_wipe(&k);
    }
    if (rc >= 0 && !json_array_size(list))
        rc = err_refuse(reterr, ERR_FORBIDDEN, "licence.key_not_granted",
                        "This playback has no right to these keys. Start the title again.",
                        "playback " ID_FMT " asked for keys it has no grant for",
                        ID_ARG(g.playback.v));
    if (rc < 0) {
        json_decref(list);
        return rc;
    }
    *ret = json_pack("{s:o, s:s}", "keys", list, "type", "temporary");
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a licence");
}

int licence_system_refuse(const struct grant *g, struct err *reterr) {
    return err_refuse(reterr, ERR_FORBIDDEN, "licence.other_system", "This licence address is of another protection system. Start the title again.",
                      "playback " ID_FMT " has a grant of another system", ID_ARG(g->playback.v));
}

void licence_open(struct request *rq) {
    reply_header(rq, "Access-Control-Allow-Origin", "*");
    reply_header(rq, "Cross-Origin-Resource-Policy", "cross-origin");
}

static int licence_post(struct request *rq, struct err *reterr) {
    json_t *reply = NULL;
    licence_open(rq);
    int rc = licence_make(request_engine(rq), request_param(rq, "grant"), request_body(rq), &reply,
                          reterr);
    return rc ? rc : reply_json(rq, 200, reply);
}

/* Players that send a content type ask first (Fetch standard, CORS-preflight). */
static int licence_options(struct request *rq, struct err *reterr) {
    reply_header(rq, "Access-Control-Allow-Origin", "*");
    reply_header(rq, "Access-Control-Allow-Methods", "POST");
    reply_header(rq, "Access-Control-Allow-Headers", "Content-Type, SOAPAction");
    reply_header(rq, "Access-Control-Max-Age", "86400");
    return reply_empty(rq);
}

static const struct field key_fields[] = {{"kty", F_STR, FIELD_REQUIRED, .values = "oct"},
                                          {"k", F_SECRET, FIELD_REQUIRED, .doc = "base64url"},
                                          {"kid", F_STR, FIELD_REQUIRED, .doc = "base64url"},
                                          {.type = F_END}};
static const struct field licence_fields[] = {
    {"keys", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "LicenceKey"},
    {"type", F_STR, FIELD_REQUIRED, .values = "temporary"},
    {.type = F_END}};
static const struct schema licence_schemas[] = {
    {"LicenceKey", key_fields, "A content key as a JSON Web Key"},
    {"Licence", licence_fields, "A ClearKey licence (W3C EME section 9.1.4)"},
    {NULL}};
/* The same for each system that a licence service stands behind; what it is, is bytes. */
#define PROXY_ROUTES(name, title)                                                                                                    \
    {POST, "/api/v1/licence/" #name "/{grant}", proxy_##name, ROLE_NONE, .per_minute = 600, .body_max = CHALLENGE_MAX,              \
     .priority = PRIO_LICENCE, .deadline_ms = 10000, .flags = ROUTE_NO_ORIGIN_CHECK | ROUTE_ANY_TYPE, .status = 200,                \
     .op = #name "LicenceCreate", .doc = "A licence of " title " from the service behind; the body is the player's request"},       \
    {OPTIONS, "/api/v1/licence/" #name "/{grant}", licence_options, ROLE_NONE, .per_minute = 600, .priority = PRIO_LICENCE,         \
     .deadline_ms = 5000, .flags = ROUTE_NO_ORIGIN_CHECK | ROUTE_ANY_TYPE, .doc = "The preflight of other origins"}
static const struct route licence_routes[] = {
    PROXY_ROUTES(widevine, "Widevine"),
    PROXY_ROUTES(playready, "PlayReady"),
    PROXY_ROUTES(fairplay, "FairPlay"),
    {GET, PLAYBACK_CERTIFICATE, proxy_certificate, ROLE_NONE, .per_minute = 600, .cache_s = 3600, .priority = PRIO_LICENCE, .deadline_ms = 5000,
     .status = 200, .op = "fairplayCertificateGet", .doc = "FairPlay's application certificate, where the house has one"},
    {POST, "/api/v1/licence/clearkey/{grant}", licence_post, ROLE_NONE, .per_minute = 600,
     .body_max = REQUEST_MAX, .priority = PRIO_LICENCE, .deadline_ms = 5000,
     .flags = ROUTE_NO_ORIGIN_CHECK | ROUTE_ANY_TYPE, .reply = "Licence", .status = 200,
     .op = "licenceCreate", .doc = "Keys for a player; the body is a W3C ClearKey licence request"},
    {OPTIONS, "/api/v1/licence/clearkey/{grant}", licence_options, ROLE_NONE, .per_minute = 600,
     .priority = PRIO_LICENCE, .deadline_ms = 5000,
     .flags = ROUTE_NO_ORIGIN_CHECK | ROUTE_ANY_TYPE, .doc = "The preflight of other origins"},
    {.path = NULL}};

/* Licences are not stored. */
static int licence_export(const struct engine *e, struct account_id account, json_t **ret,
                          struct err *reterr) {
    *ret = json_object();
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
}
static int licence_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    return 0;
}

const struct service licence_service = {
    .name = "licence",
    .routes = licence_routes,
    .schemas = licence_schemas,
    .config = proxy_config,
    .start = proxy_start,
    .stop = proxy_stop,
    .export = licence_export,
    .erase = licence_erase,
};
