/*
 * hook_sign.c - secrets and signatures, as Standard Webhooks has them: HMAC-SHA256 over "id.timestamp.body", base64, "v1,"
 * before it; one a secret, so that a receiver may change to a new one in its own time. At rest a secret is sealed under the
 * master key, bound to its own id.
 */
#include "base/buf.h"
#include "service/developer/hook_int.h"
#include "service/keys/keys.h"
#include <inttypes.h>
#include <openssl/hmac.h>
#include <sodium.h>

int hook_secret_make(const struct engine *e, struct tx *tx, struct hook_id hook, char ret_text[HOOK_SECRET_CAP], struct err *reterr) {
    uint8_t bytes[HOOK_SECRET_LEN], sealed[KEYS_SEALED(HOOK_SECRET_LEN)];
    int64_t now = store_now_ms(tx_store(tx));
    struct id id = id_new(now);
    scoped(buf_done) struct buf text = BUF(HOOK_SECRET_CAP);
    randombytes_buf(bytes, sizeof bytes);
    buf_addc(&text, HOOK_SECRET_PREFIX);
    buf_base64(&text, bytes, sizeof bytes);
    snprintf(ret_text, HOOK_SECRET_CAP, STR_FMT, STR_ARG(buf_str(&text)));
    int rc = keys_seal(str_make((const char *)bytes, sizeof bytes), id_str(&id), sealed, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &hook_sql[SECRET_INSERT],
                     ARGS(A_CSTR(id.s), A_ID(hook), A_BLOB(str_make((const char *)sealed, sizeof sealed)), A_I64(now)), reterr);
    sodium_memzero(bytes, sizeof bytes);
    if (text.p)
        sodium_memzero(text.p, text.n);
    return MIN(rc, 0);
}

int hook_secrets(const struct engine *e, struct hook_id hook, struct hook_secret ret[4], struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    int rc = store_query(e->store, &hook_sql[SECRETS], ARGS(A_ID(hook), A_I64(clock_now_ms(e->clock))), &a, &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++) {
        int open = keys_unseal(row_str(&r, i, 1), row_str(&r, i, 0), ret[i].bytes, HOOK_SECRET_LEN, reterr);
        if (open)
            return open;
        ret[i].n = HOOK_SECRET_LEN;
    }
    return rc;
}

bool hook_sign(const struct hook_secret *secrets, size_t n, struct str id, int64_t at_s, struct str body, struct buf *out) {
    scoped(buf_done) struct buf text = BUF(1 << 20);
    buf_addf(&text, STR_FMT ".%" PRId64 ".", STR_ARG(id), at_s);
    buf_add(&text, body);
    for (size_t i = 0; !text.failed && i < n; i++) {
        uint8_t mac[32];
        unsigned len = 0;
        if (!HMAC(EVP_sha256(), secrets[i].bytes, (int)secrets[i].n, text.p, text.n, mac, &len))
            return false;
        buf_addc(out, i ? " v1," : "v1,");
        buf_base64(out, mac, sizeof mac);
    }
    return n > 0 && !text.failed && !out->failed;
}
