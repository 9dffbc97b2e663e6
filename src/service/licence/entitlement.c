/* entitlement.c - see entitlement.h. What is granted is said key by key: a service that gives more than that gives away what was not paid for. */
#include "service/licence/entitlement.h"
#include "base/buf.h"
#include "engine/cat/mac.h"
#include "media/drm/drm.h"
#include "media/drm/output.h"
#include "service/keys/keys.h"
#include <jansson.h>
#include <sodium.h>

int entitled_keys(const struct engine *e, const struct grant *g, struct entitled_key ret[ENTITLED_KEYS_MAX], size_t *ret_n, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct content_key *keys;
    size_t n, found = 0;
    int rc = keys_list(e, g->asset, &a, &keys, &n, reterr);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < n; i++) {
        if ((keys[i].classes & g->classes) && found < ENTITLED_KEYS_MAX) {
            memcpy(ret[found].kid, keys[i].kid, 16);
            ret[found++].classes = keys[i].classes & g->classes;
        }
        keys_wipe(&keys[i]);
    }
    *ret_n = found;
    return found ? 0 : err_refuse(reterr, ERR_FORBIDDEN, "licence.key_not_granted", "This playback has no right to these keys. Start the title again.",
                                  "a grant without a key");
}

static json_t *key_json(const struct entitled_key *k, unsigned system) {
    struct class_output o = output_of(keys_output(), k->classes);
    scoped(buf_done) struct buf kid = BUF(64);
    json_t *classes = json_array();
    buf_hex(&kid, k->kid, 16);
    for (int c = KEY_AUDIO; c < KEY_CLASSES; c++)
        if (k->classes & 1u << c)
            json_array_append_new(classes, json_string(key_class_names[c]));
    return json_pack("{s:s, s:o, s:s, s:s, s:s}", "kid", buf_cstr(&kid), "classes", classes, "hdcp", hdcp_names[o.hdcp], "robustness",
                     robustness_names[o.robustness], "security_level", drm_robustness_text(system - GRANT_DRM, o.robustness));
}

static json_t *claims_make(const struct engine *e, const struct grant *g, const struct entitled_key *keys, size_t n) {
    int64_t now_s = clock_now_ms(e->clock) / 1000;
    struct id jti = id_new(clock_now_ms(e->clock));
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, key_json(&keys[i], g->system));
    return json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:I, s:b, s:o}", "iss", "matinee", "aud", drm_systems[g->system - GRANT_DRM].name, "iat",
                     (json_int_t)now_s, "exp", (json_int_t)(now_s + ENTITLEMENT_LASTS_S), "jti", jti.s, "sub", g->playback.v.s, "device", g->device.v.s,
                     "asset", g->asset.v.s, "until", (json_int_t)(g->until_ms / 1000), "persistent", 0, "keys", list);
}

int entitlement_write(const struct engine *e, const struct grant *g, const struct entitled_key *keys, size_t n, struct str secret, struct buf *out,
                      struct err *reterr) {
    static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    uint8_t tag[MAC_LEN], key[MAC_KEY_MAX];
    json_t *claims = claims_make(e, g, keys, n);
    scoped(mem_free) char *text = claims ? json_dumps(claims, JSON_COMPACT) : NULL;
    json_decref(claims);
    /* HMAC takes a longer key as its hash (RFC 2104), which is what the other side's library does. */
    size_t key_n = MIN(secret.n, (size_t)MAC_KEY_MAX);
    memcpy(key, secret.p, key_n);
    if (secret.n > MAC_KEY_MAX)
        crypto_hash_sha256(key, (const uint8_t *)secret.p, secret.n), key_n = crypto_hash_sha256_BYTES;
    size_t at = out->n;
    buf_base64url(out, header, sizeof header - 1);
    buf_byte(out, '.');
    buf_base64url(out, text ? text : "", text ? strlen(text) : 0);
    bool ok = text && !out->failed && mac_sha256(key, key_n, str_slice(buf_str(out), at, out->n), tag);
    sodium_memzero(key, sizeof key);
    buf_byte(out, '.');
    buf_base64url(out, tag, sizeof tag);
    return ok && !out->failed ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an entitlement");
}
