/* session.c - sign-in, sessions, and the hook that tells the router who is asking. */
#include "service/identity/factor.h"
#include "base/buf.h"
#include "base/log.h"
#include <openssl/sha.h>
#include <sodium.h>

enum { SLIDE_MS = 60 * 60 * 1000, HEX_LEN = 2 * SHA256_DIGEST_LENGTH };

struct session_life session_life_of(const struct engine *e, unsigned roles) {
    bool staff = roles & ~(unsigned)ROLE_VIEWER;
    if (!e->config)
        return staff ? (struct session_life){SESSION_STAFF_IDLE_MS, SESSION_STAFF_LONGEST_MS}
                     : (struct session_life){SESSION_IDLE_MS, SESSION_LONGEST_MS};
    return (struct session_life){config_int(e->config, staff ? "session-staff-idle" : "session-idle"),
                                 config_int(e->config, staff ? "session-staff-longest" : "session-longest")};
}

static void token_hash(struct str token, char dst[HEX_LEN + 1]) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA256((const uint8_t *)token.p, token.n, hash);
    sodium_bin2hex(dst, HEX_LEN + 1, hash, sizeof hash);
}

/* A rewritten hash is an improvement, not a condition for signing in. */
static void hash_renew(const struct engine *e, struct account_id id, struct str password) {
    char hash[PASSWORD_HASH_CAP];
    struct err err = {0};
    if (password_hash(password, hash, &err) ||
        store_exec(e->store, &identity_sql[ACCOUNT_SET_HASH],
                   ARGS(A_ID(id), A_CSTR(hash), A_I64(clock_now_ms(e->clock))), &err) < 0)
        log_event(LOG_WARN, "identity.rehash_failed", LS("err", err.msg));
}

int session_sign_in(const struct engine *e, struct str email, struct str password,
                    struct str address, struct account_id *ret_account, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct str normal, hash = STR_NULL;
    struct account_id id = {0};
    /* What is no address is counted and answered as an unknown one: no hint to a guesser. */
    if (email_normalise(email, &a, &normal, NULL))
        normal = STR("?");
    int rc = attempt_check(e, normal, address, reterr);
    if (rc)
        return rc;
    struct rows r;
    rc = store_query(e->store, &identity_sql[ACCOUNT_HASH_BY_EMAIL], ARGS(A_STR(normal)), &a, &r,
                     reterr);
    if (rc < 0)
        return rc;
    if (r.n) {
        id.v = row_id(&r, 0, 0);
        hash = row_str(&r, 0, 1);
    }
    /* See sign_up.c: staff is made by command, and needs no letter. */
    bool proved = !sign_up_by_letter(e) ||
                  (r.n && (row_i64(&r, 0, 2) || ((unsigned)row_i64(&r, 0, 3) & ~(unsigned)ROLE_VIEWER)));
    if (!password_matches(hash, password) || !proved) {
        rc = attempt_failed(e, normal, address, reterr);
        if (rc == 0)
            rc = sign_in_refused(e, id, address, "POST /api/v1/session", "session.wrong_credentials", reterr);
        if (rc)
            return rc;
        return err_refuse(reterr, ERR_UNAUTHENTICATED, "session.wrong_credentials",
                          sign_up_by_letter(e) ? "E-mail address or password is not right. Check both and try "
                                                 "again. If you have just signed up, follow the link in our letter first."
                                               : "E-mail address or password is not right. Check both and try again.",
                          "wrong credentials");
    }
    if (password_hash_is_old(hash))
        hash_renew(e, id, password);
    *ret_account = id;
    return attempt_succeeded(e, normal, address, reterr);
}

int session_token_make(struct session_token *ret, char ret_hash[HEX_LEN + 1], struct err *reterr) {
    uint8_t random[32];
    if (sodium_init() < 0)
        return err_set(reterr, ERR_INTERNAL, "libsodium could not be initialised");
    randombytes_buf(random, sizeof random);
    sodium_bin2base64(ret->s, sizeof ret->s, random, sizeof random,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(random, sizeof random);
    token_hash(str_make(ret->s, SESSION_TOKEN_LEN), ret_hash);
    return 0;
}

int session_rotate(const struct engine *e, struct session_id id, struct session_token *ret_token,
                   struct err *reterr) {
    char hash[HEX_LEN + 1];
    int rc = session_token_make(ret_token, hash, reterr);
    if (rc == 0)
        rc = store_exec(e->store, &identity_sql[SESSION_TOKEN], ARGS(A_ID(id), A_CSTR(hash)), reterr);
    return rc < 0 ? rc : 0;
}

int session_create(const struct engine *e, struct account_id account,
                   struct session_token *ret_token, struct session *ret_session,
                   struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t now = clock_now_ms(e->clock);
    char hash[HEX_LEN + 1];
    struct account who;
    struct profile profile;
    struct session s = {.id = {id_new(now)}, .account = account};
    int rc = account_get(e, account, &a, &who, reterr);
    if (rc == 0)
        rc = account_profile(e, account, &a, &profile, reterr);
    if (rc == 0)
        rc = session_token_make(ret_token, hash, reterr);
    if (rc)
        return rc;
    struct session_life life = session_life_of(e, who.roles);
    s.expires_ms = now + MIN(life.idle_ms, life.longest_ms);
    s.profile = profile.id;
    rc = store_exec(e->store, &identity_sql[SESSION_INSERT],
                    ARGS(A_ID(s.id), A_CSTR(hash), A_ID(account), A_ID(s.profile), A_I64(now),
                         A_I64(s.expires_ms)),
                    reterr);
    if (rc < 0)
        return rc;
    *ret_session = s;
    return 0;
}

/* A longer life is a convenience: where it cannot be written (a full disk, a busy database) whoever
 * is signed in goes on watching. */
static void session_slide(const struct engine *e, struct session *s, int64_t now,
                          int64_t expires_ms) {
    struct err err = {0};
    if (store_exec(e->store, &identity_sql[SESSION_SLIDE],
                   ARGS(A_ID(s->id), A_I64(now), A_I64(expires_ms)), &err) < 0)
        log_event(LOG_WARN, "identity.slide_failed", LS("err", err.msg));
    else
        s->expires_ms = expires_ms;
}

int session_find(const struct engine *e, struct str token, struct session *ret_session,
                 unsigned *ret_roles, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t now = clock_now_ms(e->clock);
    char hash[HEX_LEN + 1];
    struct rows r = {0};
    int rc = 0;
    if (token.n == SESSION_TOKEN_LEN) {
        token_hash(token, hash);
        rc = store_query(e->store, &identity_sql[SESSION_BY_HASH], ARGS(A_CSTR(hash), A_I64(now)),
                         &a, &r, reterr);
    }
    if (rc < 0)
        return rc;
    unsigned roles = r.n ? (unsigned)row_i64(&r, 0, 7) : 0;
    if (r.n && row_i64(&r, 0, 10)) /* a television is nobody's desk */
        roles &= ROLE_VIEWER;
    struct session_life life = session_life_of(e, roles);
    int64_t begun = r.n ? row_i64(&r, 0, 4) : 0, seen = r.n ? row_i64(&r, 0, 5) : 0;
    /* By the roles and settings of now, too: both may have changed since it began. */
    if (!r.n || now - seen >= life.idle_ms || now - begun >= life.longest_ms)
        return err_refuse(reterr, ERR_UNAUTHENTICATED, "unauthenticated", "Sign in to go on.",
                          "no such session, or expired");
    struct session s = {.id = {row_id(&r, 0, 0)},
                        .account = {row_id(&r, 0, 1)},
                        .profile = {row_id(&r, 0, 2)},
                        .device = {row_id(&r, 0, 3)},
                        .expires_ms = row_i64(&r, 0, 6),
                        .kids = row_i64(&r, 0, 8),
                        .paired = row_i64(&r, 0, 10) != 0,
                        .maturity = (int)row_i64(&r, 0, 9)};
    if (now - seen >= MIN(SLIDE_MS, life.idle_ms / 10))
        session_slide(e, &s, now, MIN(now + life.idle_ms, begun + life.longest_ms));
    *ret_session = s;
    *ret_roles = roles;
    return 0;
}

#define ENDED_BODY "{\"account_id\":\"%s\"}"

int sessions_end(struct tx *tx, int statement, struct sql_args args, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct rows r;
    int rc = tx_query(tx, &identity_sql[statement], args, &a, &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++) {
        struct str body = str_printf(&a, ENDED_BODY, row_str(&r, i, 1).p);
        rc = body.p ? event_publish(tx, SESSION_ENDED, 1, row_str(&r, i, 0), body, reterr)
                    : err_set(reterr, ERR_LIMIT, "no room for an event");
    }
    return rc < 0 ? rc : (int)r.n;
}

int sessions_forget(struct tx *tx, struct account_id account, struct err *reterr) {
    char body[64];
    snprintf(body, sizeof body, ENDED_BODY, account.v.s);
    return event_forget(tx, SESSION_ENDED, str_of(body), STR("{\"account_id\":null}"), reterr);
}

int sessions_end_now(const struct engine *e, int statement, struct sql_args args,
                     struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    int n = rc == 0 ? sessions_end(tx, statement, args, reterr) : rc;
    rc = n < 0 ? n : tx_commit(&tx, reterr);
    return rc < 0 ? rc : n;
}

int session_revoke(const struct engine *e, struct session_id id, struct err *reterr) {
    return MIN(sessions_end_now(e, SESSION_DELETE, ARGS(A_ID(id)), reterr), 0);
}

int session_revoke_all(const struct engine *e, struct account_id account, struct err *reterr) {
    return MIN(sessions_end_now(e, SESSION_DELETE_ACCOUNT, ARGS(A_ID(account)), reterr), 0);
}

int session_is_alive(const struct engine *e, struct session_id id, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(4 << 10);
    struct rows r;
    int rc = store_query(e->store, &identity_sql[SESSION_ALIVE],
                         ARGS(A_ID(id), A_I64(clock_now_ms(e->clock))), &a, &r, reterr);
    return rc < 0 ? rc : r.n > 0;
}

struct str session_token_sent(struct request *rq) {
    struct str token = request_cookie(rq, SESSION_COOKIE), scheme;
    if (token.n)
        return token;
    token = str_cut(request_header(rq, "Authorization"), ' ', &scheme);
    return str_eq_nocase(scheme, STR("Bearer")) ? str_trim(token) : STR_NULL;
}

static int sessions_ask(const struct engine *e, const struct sql *q, struct sql_args args, const struct session_id *ids, size_t n,
                        bool *ret_found, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    int rc = store_query(e->store, q, args, &a, &r, reterr);
    for (size_t i = 0; rc >= 0 && i < n; i++) {
        ret_found[i] = false;
        for (size_t row = 0; row < r.n && !ret_found[i]; row++)
            ret_found[i] = str_eq(row_str(&r, row, 0), id_str(&ids[i].v));
    }
    return MIN(rc, 0);
}

static void ids_fill(struct sql_val v[SESSIONS_ASKED], const struct session_id *ids, size_t n) {
    assert(n <= SESSIONS_ASKED);
    for (size_t i = 0; i < SESSIONS_ASKED; i++)
        v[i] = i < n ? A_ID(ids[i]) : A_NULL;
}

int sessions_alive(const struct engine *e, const struct session_id *ids, size_t n, bool *ret_alive,
                   struct err *reterr) {
    struct sql_val v[1 + SESSIONS_ASKED] = {A_I64(clock_now_ms(e->clock))};
    ids_fill(v + 1, ids, n);
    return sessions_ask(e, &identity_sql[SESSIONS_ALIVE], (struct sql_args){v, ARRAY_LEN(v)}, ids, n, ret_alive, reterr);
}

int sessions_kept(const struct engine *e, const struct session_id *ids, size_t n, bool *ret_kept, struct err *reterr) {
    struct sql_val v[SESSIONS_ASKED];
    ids_fill(v, ids, n);
    return sessions_ask(e, &identity_sql[SESSIONS_KEPT], (struct sql_args){v, ARRAY_LEN(v)}, ids, n, ret_kept, reterr);
}

int sessions_mark(const struct engine *e, int64_t *ret_mark, struct err *reterr) {
    return event_place(e->store, STORE_MAIN, ret_mark, reterr);
}

int sessions_ended_since(const struct engine *e, int64_t mark, struct session_id ret_ended[SESSIONS_ENDED_MAX], size_t *ret_n,
                         struct err *reterr) {
    struct id ids[SESSIONS_ENDED_MAX];
    int rc = event_subjects_behind(e->store, STORE_MAIN, SESSION_ENDED, mark, ids, ARRAY_LEN(ids), ret_n, reterr);
    for (size_t i = 0; rc == 0 && i < *ret_n; i++)
        ret_ended[i].v = ids[i];
    return rc;
}

int identity_authenticate(struct request *rq, struct principal *ret_who, struct err *reterr) {
    struct str token = session_token_sent(rq);
    struct session s;
    unsigned roles = 0;
    *ret_who = (struct principal){0};
    if (!token.n)
        return 0;
    int rc = session_find(request_engine(rq), token, &s, &roles, reterr);
    if (rc == ERR_UNAUTHENTICATED) { /* a stale cookie is nobody, not an error */
        err_clear(reterr);
        return 0;
    }
    if (rc)
        return rc;
    const struct engine *e = request_engine(rq);
    bool staff = roles & ~(unsigned)ROLE_VIEWER;
    if (staff && e->config && config_bool(e->config, "staff-second-factor") && !factor_marked_ms(e, s.id))
        roles &= ROLE_VIEWER;
    *ret_who = (struct principal){.account = s.account,
                                  .profile = s.profile,
                                  .session = s.id,
                                  .device = s.device,
                                  .roles = roles,
                                  .kids = s.kids,
                                  .paired = s.paired,
                                  .maturity = s.maturity,
                                  .agent = request_header(rq, "User-Agent")};
    return 0;
}
