/*
 * attempt.c - how often a sign-in may fail before we stop looking at passwords: 10 times an account
 * and 60 times an address in 15 minutes. Buckets are hashes, so that what people mistype into the
 * e-mail field is not kept.
 */
#include "service/identity/identity_int.h"
#include "base/buf.h"
#include "engine/cache/cache.h"
#include <openssl/sha.h>

enum { ACCOUNT_FAILURES = 10, ADDRESS_FAILURES = 60, PIN_FAILURES = 5, WINDOW_MS = 15 * 60 * 1000 };

static struct str bucket_name(struct arena *a, const char *kind, struct str what) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    struct str text = str_printf(a, "%s:" STR_FMT, kind, STR_ARG(what));
    SHA256((const uint8_t *)text.p, text.n, hash);
    scoped(buf_done) struct buf hex = BUF(80);
    buf_addc(&hex, "sign-in:");
    buf_hex(&hex, hash, 16);
    return str_dup(a, buf_str(&hex));
}

/* Over all machines where the cache is shared. Without Redis this process counts alone: locking everybody
 * out would be worse, and not counting would let guessing in. by 0 reads. */
static int count(const struct engine *e, struct str bucket, int64_t by, int64_t *ret,
                 struct err *reterr) {
    if (cache_count(e->cache, bucket, by, WINDOW_MS, ret, NULL) == 0)
        return 0;
    return cache_count(cache_local(e->cache), bucket, by, WINDOW_MS, ret, reterr);
}

/* A PIN has ten thousand values: five wrong ones close the profile for a quarter of an hour. */
int attempt_pin_check(const struct engine *e, struct profile_id profile, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t n = 0;
    int rc = count(e, bucket_name(&a, "pin", id_str(&profile.v)), 0, &n, reterr);
    if (rc == 0 && n >= PIN_FAILURES)
        return err_refuse(reterr, ERR_LIMIT, "profile.too_many_pins",
                          "The PIN was wrong too often. Wait 15 minutes and try again.", "%d wrong PINs", (int)n);
    return rc;
}

int attempt_pin_failed(const struct engine *e, struct profile_id profile, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t n;
    return count(e, bucket_name(&a, "pin", id_str(&profile.v)), 1, &n, reterr);
}

int attempt_check(const struct engine *e, struct str email, struct str address,
                  struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t by_account = 0, by_address = 0;
    int rc = count(e, bucket_name(&a, "account", email), 0, &by_account, reterr);
    if (rc == 0)
        rc = count(e, bucket_name(&a, "address", address), 0, &by_address, reterr);
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
    int64_t n;
    int rc = count(e, bucket_name(&a, "account", email), 1, &n, reterr);
    return rc ? rc : count(e, bucket_name(&a, "address", address), 1, &n, reterr);
}

int attempt_succeeded(const struct engine *e, struct str email, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct str bucket = bucket_name(&a, "account", email);
    cache_delete(e->cache, bucket, NULL); /* fails open: the window ends by itself */
    int rc = cache_delete(cache_local(e->cache), bucket, reterr);
    return MIN(rc, 0);
}

int attempt_pin_succeeded(const struct engine *e, struct profile_id profile, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct str bucket = bucket_name(&a, "pin", id_str(&profile.v));
    cache_delete(e->cache, bucket, NULL);
    int rc = cache_delete(cache_local(e->cache), bucket, reterr);
    return MIN(rc, 0);
}
