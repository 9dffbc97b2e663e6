/*
 * pairing.c - the device authorization grant: begun, looked at, decided, taken. States: pending,
 * then approved or denied once; taking deletes the row, which makes it good once. A row stays an
 * hour after its end, so that a device that polls late is told "expired" and not "unknown".
 */
#include "service/identity/pairing.h"
#include "service/identity/identity_int.h"
#include "service/identity/pairing_pace.h"
#include <openssl/sha.h>
#include <sodium.h>

enum { HEX_LEN = 2 * SHA256_DIGEST_LENGTH, TRIES = 4 };
#define KEPT_MS (60LL * 60 * 1000)

struct hex {
    char s[HEX_LEN + 1];
};
static struct hex hash_of(struct str text) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    struct hex h;
    SHA256((const uint8_t *)text.p, text.n, hash);
    sodium_bin2hex(h.s, sizeof h.s, hash, sizeof hash);
    return h;
}

static int grant_insert(const struct engine *e, const struct pairing_ask *ask, const struct pairing *p, int64_t now,
                        struct err *reterr) {
    struct id id = id_new(now);
    struct device_info d = device_tidy(&ask->device);
    struct hex device = hash_of(str_of(p->device_code)), user = hash_of(str_of(p->user_code.s));
    return store_exec(e->store, &identity_sql[GRANT_INSERT],
                      ARGS(A_STR(id_str(&id)), A_CSTR(device.s), A_CSTR(user.s), A_ID(d.id), A_STR(d.kind),
                           A_STR(d.name), A_STR(ask->network), A_I64(now), A_I64(p->expires_ms)),
                      reterr);
}

int pairing_begin(const struct engine *e, const struct pairing_ask *ask, struct pairing *ret, struct err *reterr) {
    int64_t now = clock_now_ms(e->clock);
    if (sodium_init() < 0)
        return err_set(reterr, ERR_INTERNAL, "libsodium could not be initialised");
    for (int i = 0; i < TRIES; i++) {
        uint8_t random[32];
        randombytes_buf(random, sizeof random);
        sodium_bin2base64(ret->device_code, sizeof ret->device_code, random, sizeof random,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        user_code_make(&ret->user_code);
        ret->expires_ms = now + PAIRING_LIFE_MS;
        int n = grant_insert(e, ask, ret, now, reterr);
        if (n) /* 0: another screen shows this code just now */
            return MIN(n, 0);
    }
    return err_set(reterr, ERR_INTERNAL, "no free code in %d tries", TRIES);
}

static int code_wrong(struct err *reterr) {
    return err_refuse(reterr, ERR_NOT_FOUND, "pairing.code_wrong",
                      "No device shows this code. Compare it with the screen and type it again.", "no such code");
}

/* The row of GRANT_BY_USER, still to be decided. */
static int grant_find(struct tx *tx, struct str typed, struct arena *a, struct rows *r, struct err *reterr) {
    struct user_code code;
    if (!user_code_parse(typed, &code))
        return code_wrong(reterr);
    struct hex hash = hash_of(str_of(code.s));
    int rc = tx_query(tx, &identity_sql[GRANT_BY_USER], ARGS(A_CSTR(hash.s)), a, r, reterr);
    if (rc < 0)
        return rc;
    if (!r->n)
        return code_wrong(reterr);
    if (row_i64(r, 0, 6) <= store_now_ms(tx_store(tx)))
        return err_refuse(reterr, ERR_CONFLICT, "pairing.code_expired",
                          "This code is too old. The device shows a new one: type that.", "code expired");
    if (!str_eq(row_str(r, 0, 1), STR("pending")))
        return err_refuse(reterr, ERR_CONFLICT, "pairing.code_used",
                          "This code was answered already. Start again on the device if it was not you.",
                          "code decided");
    return 0;
}

int pairing_look(const struct engine *e, const struct principal *who, struct str network, struct str typed,
                 struct arena *a, struct pairing_seen *ret, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows r;
    int rc = pairing_guess_begin(e, who->account, network, reterr);
    if (rc == 0)
        rc = tx_begin(e->store, STORE_MAIN, TX_READ, &tx, reterr);
    if (rc == 0)
        rc = grant_find(tx, typed, a, &r, reterr);
    if (rc)
        return rc;
    pairing_guess_right(e, who->account, network);
    *ret = (struct pairing_seen){.kind = row_str(&r, 0, 2),
                                 .name = row_str(&r, 0, 3),
                                 .network = row_str(&r, 0, 4),
                                 .created_ms = row_i64(&r, 0, 5),
                                 .expires_ms = row_i64(&r, 0, 6)};
    return 0;
}

/* A television in a rented room must not sign others in. */
static int approver_check(struct tx *tx, const struct principal *who, int64_t now, struct arena *a,
                          struct err *reterr) {
    struct rows r;
    int rc = tx_query(tx, &identity_sql[SESSION_PAIRED], ARGS(A_ID(who->session), A_I64(now)), a, &r, reterr);
    if (rc < 0)
        return rc;
    if (r.n && !row_i64(&r, 0, 0))
        return 0;
    return err_refuse(reterr, ERR_FORBIDDEN, "pairing.not_here",
                      "Approve it on a phone or computer where you signed in yourself.",
                      "asked from a paired session");
}

int pairing_decide(const struct engine *e, const struct principal *who, struct str network, struct str typed,
                   bool approve, struct str name, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows r;
    int64_t now = clock_now_ms(e->clock);
    int rc = pairing_guess_begin(e, who->account, network, reterr);
    if (rc == 0)
        rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = approver_check(tx, who, now, &a, reterr);
    if (rc == 0)
        rc = grant_find(tx, typed, &a, &r, reterr);
    if (rc)
        return rc;
    name = device_name_tidy(name);
    rc = tx_exec(tx, &identity_sql[GRANT_DECIDE],
                 ARGS(A_STR(row_str(&r, 0, 0)), A_CSTR(approve ? "approved" : "denied"), A_ID(who->account),
                      A_ID(who->profile), A_ID(who->session), name.n ? A_STR(name) : A_NULL, A_BOOL(name.n),
                      A_I64(now)),
                 reterr);
    if (rc == 0)
        return code_wrong(reterr);
    if (rc > 0)
        rc = tx_commit(&tx, reterr);
    if (rc < 0)
        return rc;
    pairing_guess_right(e, who->account, network);
    return 0;
}

static int refused(struct err *reterr, const char *reason, const char *hint) {
    return err_refuse(reterr, ERR_INVALID, reason, hint, "device grant: %s", reason);
}

/* Only what is approved goes on; the pace is looked at after the code, so that foreign codes fill no cache. */
static int grant_check(const struct engine *e, const struct hex *hash, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(4 << 10);
    struct rows r;
    int rc = store_query(e->store, &identity_sql[GRANT_BY_DEVICE], ARGS(A_CSTR(hash->s)), &a, &r, reterr);
    if (rc < 0)
        return rc;
    if (!r.n)
        return refused(reterr, "invalid_grant", "This code was used already. Ask for a new one.");
    if (row_i64(&r, 0, 1) <= clock_now_ms(e->clock))
        return refused(reterr, "expired_token", "Nobody approved in time. Ask for a new code.");
    rc = pairing_poll(e, hash->s, reterr);
    if (rc)
        return rc;
    if (str_eq(row_str(&r, 0, 0), STR("pending")))
        return refused(reterr, "authorization_pending", "Nobody has approved yet. Ask again.");
    if (str_eq(row_str(&r, 0, 0), STR("denied")))
        return refused(reterr, "access_denied", "It was refused. Ask for a new code to try again.");
    return 0;
}

/* In tx: the approval spent, the device and its session made, its owner written to. */
static int grant_redeem(struct tx *tx, const struct engine *e, const struct hex *hash, const char *token_hash, int64_t idle_ms, struct session *s,
                        struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r, alive;
    int64_t now = store_now_ms(tx_store(tx));
    int rc = tx_query(tx, &identity_sql[GRANT_TAKE], ARGS(A_CSTR(hash->s), A_I64(now)), &a, &r, reterr);
    if (rc < 0)
        return rc;
    if (!r.n)
        return refused(reterr, "invalid_grant", "This code was used already. Ask for a new one.");
    rc = tx_query(tx, &identity_sql[SESSION_ALIVE], ARGS(A_STR(row_str(&r, 0, 2)), A_I64(now)), &a, &alive, reterr);
    if (rc < 0)
        return rc;
    if (!alive.n) /* who approved has signed out everywhere since */
        return refused(reterr, "access_denied", "Who approved it has signed out. Ask for a new code.");
    *s = (struct session){.id = {id_new(now)},
                          .account = {row_id(&r, 0, 0)},
                          .profile = {row_id(&r, 0, 1)},
                          .paired = true,
                          .expires_ms = now + idle_ms};
    struct device_info d = {.id = {row_id(&r, 0, 3)}, .kind = row_str(&r, 0, 4), .name = row_str(&r, 0, 5)};
    rc = device_write(tx, s->account, &(struct device_want){.d = d, .named = row_i64(&r, 0, 6) != 0}, &s->device,
                      reterr);
    if (rc == 0)
        rc = tx_exec(tx, &identity_sql[SESSION_PAIR],
                     ARGS(A_ID(s->id), A_CSTR(token_hash), A_ID(s->account), A_ID(s->profile), A_ID(s->device),
                          A_I64(now), A_I64(s->expires_ms)),
                     reterr);
    if (rc >= 0)
        rc = account_tell(tx, e, LETTER_PAIRED, s->account, &(struct happened){.kind = d.kind, .name = d.name}, reterr);
    return MIN(rc, 0);
}

int pairing_take(const struct engine *e, struct str device_code, struct session_id before,
                 struct session_token *ret_token, struct session *ret_session, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct hex hash = hash_of(device_code);
    char token_hash[HEX_LEN + 1];
    int rc = grant_check(e, &hash, reterr);
    if (rc == 0)
        rc = session_token_make(ret_token, token_hash, reterr);
    if (rc == 0)
        rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = grant_redeem(tx, e, &hash, token_hash, session_life_of(e, ROLE_VIEWER).idle_ms, ret_session, reterr);
    if (rc == 0 && id_is_set(before.v))
        rc = sessions_end(tx, SESSION_DELETE, ARGS(A_ID(before)), reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int pairing_purge(const struct engine *e, struct err *reterr) {
    int rc = store_exec(e->store, &identity_sql[GRANT_PURGE], ARGS(A_I64(clock_now_ms(e->clock) - KEPT_MS)), reterr);
    return MIN(rc, 0);
}
