/*
 * code.c - codes that a letter carries: 256 random bits, good once and for a while. Only their
 * SHA-256 is stored; the code is in the letter alone.
 */
#include "service/identity/identity_int.h"
#include "engine/audit/audit.h"
#include <openssl/sha.h>
#include <sodium.h>

static const struct {
    const char *name;
    int64_t life_ms;
} purposes[] = {
    [CODE_VERIFY] = {"verify", 7 * 24 * 3600000ll},
    [CODE_RESET] = {"reset", 3600000},
    [CODE_EMAIL] = {"email", 24 * 3600000ll},
};

static void code_hash(struct str code, char dst[2 * SHA256_DIGEST_LENGTH + 1]) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA256((const uint8_t *)code.p, code.n, hash);
    sodium_bin2hex(dst, 2 * SHA256_DIGEST_LENGTH + 1, hash, sizeof hash);
}

int code_make(struct tx *tx, enum code_purpose purpose, struct account_id account, struct str email,
              struct code *ret_code, struct err *reterr) {
    uint8_t random[32];
    char hash[2 * SHA256_DIGEST_LENGTH + 1];
    int64_t now = store_now_ms(tx_store(tx));
    struct id id = id_new(now);
    if (sodium_init() < 0)
        return err_set(reterr, ERR_INTERNAL, "libsodium could not be initialised");
    randombytes_buf(random, sizeof random);
    sodium_bin2base64(ret_code->s, sizeof ret_code->s, random, sizeof random,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(random, sizeof random);
    code_hash(str_of(ret_code->s), hash);
    int rc = tx_exec(tx, &identity_sql[CODE_INSERT],
                     ARGS(A_STR(id_str(&id)), A_ID(account), A_CSTR(purposes[purpose].name), A_CSTR(hash),
                          A_STR(email), A_I64(now), A_I64(now + purposes[purpose].life_ms)),
                     reterr);
    return rc < 0 ? rc : 0;
}

int code_count_since(struct tx *tx, enum code_purpose purpose, struct account_id account, int64_t since_ms,
                     int64_t *ret_n, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(4 << 10);
    struct rows r;
    int rc = tx_row(tx, &identity_sql[CODE_COUNT],
                    ARGS(A_ID(account), A_CSTR(purposes[purpose].name), A_I64(since_ms)), &a, &r, reterr);
    if (rc < 0)
        return rc;
    *ret_n = row_i64(&r, 0, 0);
    return 0;
}

int code_take(struct tx *tx, enum code_purpose purpose, struct str code, struct arena *a,
              struct account_id *ret_account, struct str *ret_email, struct err *reterr) {
    char hash[2 * SHA256_DIGEST_LENGTH + 1];
    struct rows r;
    code_hash(code, hash);
    int rc = tx_query(tx, &identity_sql[CODE_FIND],
                      ARGS(A_CSTR(hash), A_CSTR(purposes[purpose].name),
                           A_I64(store_now_ms(tx_store(tx)))),
                      a, &r, reterr);
    if (rc < 0)
        return rc;
    if (!r.n)
        return err_refuse(reterr, ERR_INVALID, "account.code_invalid",
                          "This link was used already or is too old. Ask for a new letter.",
                          "no such code");
    ret_account->v = row_id(&r, 0, 0);
    *ret_email = row_str(&r, 0, 1);
    audit_who(*ret_account);
    /* What was asked for twice is answered by either letter, but only once. */
    rc = tx_exec(tx, &identity_sql[CODE_DELETE], ARGS(A_ID(*ret_account), A_CSTR(purposes[purpose].name)),
                 reterr);
    return rc < 0 ? rc : 0;
}
