/* factor.c - enrolment, codes that are good once, and what a session has shown. */
#include "service/identity/factor_int.h"
#include "base/log.h"
#include "engine/cache/cache.h"
#include "engine/event/event.h"
#include <openssl/sha.h>
#include <sodium.h>
#include <stdio.h>

const struct sql factor_sql[] = {FACTOR_SQL(SQL_ROW) SQL_END};
enum { SEALED_MAX = 24 + TOTP_SECRET_LEN + 16 };
static const int64_t mark_ms = 30LL * 24 * 3600000;

/* keys is above identity in the house, and holds the master key: it gives these at its start. */
static identity_seal_fn seal_fn;
static identity_unseal_fn unseal_fn;

void identity_seal_provider(identity_seal_fn seal, identity_unseal_fn unseal) {
    seal_fn = seal;
    unseal_fn = unseal;
}

static struct str binding(struct account_id account, char dst[60]) {
    int n = snprintf(dst, 60, "second factor of " ID_FMT, ID_ARG(account.v));
    return str_make(dst, (size_t)n);
}

static int sealed_read(struct account_id account, struct str sealed, uint8_t secret[TOTP_SECRET_LEN], struct err *reterr) {
    char ad[60];
    return unseal_fn ? unseal_fn(sealed, binding(account, ad), secret, TOTP_SECRET_LEN, reterr)
                     : err_set(reterr, ERR_INTERNAL, "the master key is not loaded");
}

int factor_enrolled(const struct engine *e, struct account_id account, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(8 << 10);
    struct rows r;
    int rc = store_query(e->store, &factor_sql[FACTOR_GET], ARGS(A_ID(account)), &a, &r, reterr);
    return rc < 0 ? rc : r.n && !row_null(&r, 0, 2);
}

int factor_begin(const struct engine *e, struct account_id account, char ret_secret[33], struct err *reterr) {
    uint8_t secret[TOTP_SECRET_LEN], sealed[SEALED_MAX];
    char ad[60];
    if (sodium_init() < 0 || !seal_fn)
        return err_set(reterr, ERR_INTERNAL, "nothing can be sealed");
    randombytes_buf(secret, sizeof secret);
    int rc = seal_fn(str_make((char *)secret, sizeof secret), binding(account, ad), sealed, reterr);
    if (rc == 0)
        rc = store_exec(e->store, &factor_sql[FACTOR_PUT],
                        ARGS(A_ID(account), A_BLOB(str_make((char *)sealed, sizeof sealed)), A_I64(store_now_ms(e->store))),
                        reterr);
    if (rc == 0)
        rc = err_refuse(reterr, ERR_CONFLICT, "factor.enrolled",
                        "There is a second factor already. Take it away first.", "enrolled already");
    if (rc > 0)
        base32_write(secret, sizeof secret, ret_secret);
    sodium_memzero(secret, sizeof secret);
    return MIN(rc, 0);
}

static int wrong(const struct engine *e, struct account_id account, struct err *reterr) {
    int rc = attempt_code_failed(e, account, reterr);
    if (rc == 0)
        rc = sign_in_refused(e, account, STR(""), "POST /api/v1/session/second-factor", "factor.wrong_code", reterr);
    return rc ? rc
              : err_refuse(reterr, ERR_FORBIDDEN, "factor.wrong_code",
                           "The code is not right, or was used already. Wait for the next one and type that.", "wrong code");
}

static void recovery_hash(struct str code, char dst[65]) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    char plain[64];
    size_t n = 0;
    for (size_t i = 0; i < code.n && n < sizeof plain; i++)
        if (code.p[i] != '-' && code.p[i] != ' ')
            plain[n++] = (char)(code.p[i] >= 'A' && code.p[i] <= 'Z' ? code.p[i] + 32 : code.p[i]);
    SHA256((const uint8_t *)plain, n, hash);
    sodium_bin2hex(dst, 65, hash, sizeof hash);
}

/* 16 letters of 5 bits. */
static int recovery_make(struct tx *tx, struct account_id account, char dst[RECOVERY_LEN + 4], struct err *reterr) {
    uint8_t random[RECOVERY_LEN * 5 / 8];
    char plain[RECOVERY_LEN + 1], hash[65];
    randombytes_buf(random, sizeof random);
    base32_write(random, sizeof random, plain);
    for (size_t i = 0; i < RECOVERY_LEN; i++)
        plain[i] = (char)(plain[i] >= 'A' ? plain[i] + 32 : plain[i]);
    snprintf(dst, RECOVERY_LEN + 4, "%.4s-%.4s-%.4s-%.4s", plain, plain + 4, plain + 8, plain + 12);
    recovery_hash(str_of(plain), hash);
    int rc = tx_exec(tx, &factor_sql[RECOVERY_ADD], ARGS(A_CSTR(hash), A_ID(account)), reterr);
    return MIN(rc, 0);
}

int factor_confirm(const struct engine *e, struct account_id account, struct str code, struct str agent,
                   struct recovery *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(8 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    uint8_t secret[TOTP_SECRET_LEN];
    struct rows r;
    int64_t now = store_now_ms(e->store), step = -1;
    int rc = attempt_code_check(e, account, reterr);
    if (rc == 0)
        rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_query(tx, &factor_sql[FACTOR_GET], ARGS(A_ID(account)), &a, &r, reterr);
    if (rc < 0)
        return rc;
    if (!r.n || !row_null(&r, 0, 2))
        return err_refuse(reterr, ERR_CONFLICT, "factor.not_begun", "Begin again: there is nothing to confirm.", "nothing to confirm");
    if ((rc = sealed_read(account, row_str(&r, 0, 0), secret, reterr)) == 0)
        step = totp_match(secret, code, now, row_i64(&r, 0, 1));
    sodium_memzero(secret, sizeof secret);
    if (rc < 0 || step < 0) {
        tx_rollback(&tx);
        return rc < 0 ? rc : wrong(e, account, reterr);
    }
    rc = tx_exec(tx, &factor_sql[FACTOR_CONFIRM], ARGS(A_ID(account), A_I64(now), A_I64(step)), reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &factor_sql[RECOVERY_DROP], ARGS(A_ID(account)), reterr);
    for (int i = 0; rc >= 0 && i < RECOVERY_CODES; i++)
        rc = recovery_make(tx, account, ret->code[i], reterr);
    if (rc >= 0)
        rc = account_tell(tx, e, LETTER_FACTOR_ON, account, &(struct happened){.agent = agent}, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

/* A code that was good and is used up: somebody may have seen it. The owner's letter hangs on the event. */
static int factor_reused(const struct engine *e, struct account_id account, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    /* Not in MAIN: the record's row of this request would go with it, and the request is refused. */
    int rc = tx_begin(e->store, STORE_VIEWING, TX_WRITE, &tx, reterr);
    log_event(LOG_WARN, "security.code_reused", LSTR("account", id_str(&account.v)));
    if (rc == 0)
        rc = event_publish(tx, FACTOR_REUSED, 1, id_str(&account.v), STR("{}"), reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

/* 1: right, spent, and its owner told; 0: wrong. */
static int recovery_spend(const struct engine *e, struct account_id account, struct str code, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    char hash[65];
    recovery_hash(code, hash);
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &factor_sql[RECOVERY_SPEND], ARGS(A_CSTR(hash), A_ID(account)), reterr);
    if (rc <= 0)
        return rc;
    rc = account_tell(tx, e, LETTER_RECOVERY_USED, account, NULL, reterr);
    if (rc == 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : 1;
}

/* 1: right, and spent; 0: wrong. */
static int code_spend(const struct engine *e, struct account_id account, struct str code, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(8 << 10);
    uint8_t secret[TOTP_SECRET_LEN];
    struct rows r;
    int rc = store_query(e->store, &factor_sql[FACTOR_GET], ARGS(A_ID(account)), &a, &r, reterr);
    if (rc <= 0 || row_null(&r, 0, 2))
        return MIN(rc, 0);
    if ((rc = sealed_read(account, row_str(&r, 0, 0), secret, reterr)) < 0)
        return rc;
    int64_t now = store_now_ms(e->store), step = totp_match(secret, code, now, row_i64(&r, 0, 1));
    bool again = step < 0 && totp_match(secret, code, now, -1) >= 0;
    sodium_memzero(secret, sizeof secret);
    if (again)
        return MIN(factor_reused(e, account, reterr), 0);
    if (step >= 0) /* two at the same instant: the second finds the step taken */
        return store_exec(e->store, &factor_sql[FACTOR_STEP], ARGS(A_ID(account), A_I64(step)), reterr);
    return recovery_spend(e, account, code, reterr);
}

int factor_check(const struct engine *e, struct account_id account, struct str code, struct err *reterr) {
    int rc = attempt_code_check(e, account, reterr);
    if (rc == 0)
        rc = code_spend(e, account, code, reterr);
    return rc < 0 ? rc : rc == 0 ? wrong(e, account, reterr) : attempt_code_succeeded(e, account, reterr);
}

static int factor_drop(const struct engine *e, struct account_id account, bool tell, struct str agent, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &factor_sql[RECOVERY_DROP], ARGS(A_ID(account)), reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &factor_sql[FACTOR_DROP], ARGS(A_ID(account)), reterr);
    if (rc > 0 && tell)
        rc = account_tell(tx, e, LETTER_FACTOR_OFF, account, &(struct happened){.agent = agent}, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int factor_remove(const struct engine *e, struct account_id account, struct str agent, struct err *reterr) {
    return factor_drop(e, account, true, agent, reterr);
}

int factor_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    return factor_drop(e, account, false, STR(""), reterr);
}

static struct str mark_key(struct session_id id, char dst[40]) {
    int n = snprintf(dst, 40, "factor:" ID_FMT, ID_ARG(id.v));
    return str_make(dst, (size_t)n);
}

int factor_mark(const struct engine *e, struct session_id session, struct err *reterr) {
    char key[40], now[24];
    struct str name = mark_key(session, key);
    snprintf(now, sizeof now, "%lld", (long long)clock_now_ms(e->clock));
    if (cache_set(e->cache, name, str_of(now), mark_ms, NULL) == 0)
        return 0;
    return cache_set(cache_local(e->cache), name, str_of(now), mark_ms, reterr);
}

int64_t factor_marked_ms(const struct engine *e, struct session_id session) {
    scoped(arena_done) struct arena a = ARENA(8 << 10);
    char key[40];
    struct str value, name = mark_key(session, key);
    int64_t ms = 0;
    if (cache_get(e->cache, name, &a, &value, NULL) == 1 || cache_get(cache_local(e->cache), name, &a, &value, NULL) == 1)
        str_to_i64(value, &ms);
    return ms;
}
