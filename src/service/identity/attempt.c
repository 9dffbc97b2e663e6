/*
 * attempt.c - how often a sign-in may fail before we stop looking at passwords: 10 times an account
 * and 60 times an address in 15 minutes. Buckets are hashes, so that what people mistype into the
 * e-mail field is not kept.
 */
#include "service/identity/identity_int.h"
#include "base/buf.h"
#include <openssl/sha.h>

enum { ACCOUNT_FAILURES = 10, ADDRESS_FAILURES = 60, WINDOW_MS = 15 * 60 * 1000 };

static struct str bucket_name(struct arena *a, const char *kind, struct str what) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    struct str text = str_printf(a, "%s:" STR_FMT, kind, STR_ARG(what));
    SHA256((const uint8_t *)text.p, text.n, hash);
    scoped(buf_done) struct buf hex = BUF(80);
    buf_hex(&hex, hash, 16);
    return str_dup(a, buf_str(&hex));
}

static int failures(const struct engine *e, struct str bucket, struct arena *a, int64_t *ret,
                    struct err *reterr) {
    struct rows r;
    int rc =
        store_query(e->store, &identity_sql[FAILURE_GET],
                    ARGS(A_STR(bucket), A_I64(clock_now_ms(e->clock) - WINDOW_MS)), a, &r, reterr);
    if (rc < 0)
        return rc;
    *ret = r.n ? row_i64(&r, 0, 0) : 0;
    return 0;
}

int attempt_check(const struct engine *e, struct str email, struct str address,
                  struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t by_account = 0, by_address = 0;
    int rc = failures(e, bucket_name(&a, "account", email), &a, &by_account, reterr);
    if (rc == 0)
        rc = failures(e, bucket_name(&a, "address", address), &a, &by_address, reterr);
    if (rc)
        return rc;
    if (by_account >= ACCOUNT_FAILURES || by_address >= ADDRESS_FAILURES)
        return err_refuse(reterr, ERR_LIMIT, "session.too_many_attempts",
                          "Too many sign-ins failed. Wait 15 minutes and try again.",
                          "%d failures of the account, %d of the address", (int)by_account,
                          (int)by_address);
    return 0;
}

int attempt_failed(const struct engine *e, struct str email, struct str address,
                   struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t now = clock_now_ms(e->clock);
    int rc = store_exec(
        e->store, &identity_sql[FAILURE_ADD],
        ARGS(A_STR(bucket_name(&a, "account", email)), A_I64(now), A_I64(now - WINDOW_MS)), reterr);
    if (rc < 0)
        return rc;
    rc = store_exec(
        e->store, &identity_sql[FAILURE_ADD],
        ARGS(A_STR(bucket_name(&a, "address", address)), A_I64(now), A_I64(now - WINDOW_MS)),
        reterr);
    return rc < 0 ? rc : 0;
}

int attempt_succeeded(const struct engine *e, struct str email, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int rc = store_exec(e->store, &identity_sql[FAILURE_CLEAR],
                        ARGS(A_STR(bucket_name(&a, "account", email))), reterr);
    return rc < 0 ? rc : 0;
}
