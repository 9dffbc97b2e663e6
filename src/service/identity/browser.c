/*
 * browser.c - from where an account is signed in to. A browser keeps a random word in a cookie of its own that outlives
 * sessions; what is stored of it, hashed together with the account, tells this account's browsers and no others. Somebody who
 * signs in without such a cookie is new here, and the owner is written to.
 */
#include "service/identity/identity_int.h"
#include "service/json.h"
#include <openssl/sha.h>
#include <sodium.h>

#define BROWSER_COOKIE "matinee_browser"
#define KEPT_MS (400LL * 24 * 3600 * 1000)
#define DAY_MS (24LL * 3600 * 1000)
enum { HASH_LEN = 2 * SHA256_DIGEST_LENGTH, LETTERS_A_DAY = 10, JUST_SIGNED_UP_MS = 3600 * 1000 };

static void browser_hash(struct str token, struct account_id account, char dst[HASH_LEN + 1]) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    char both[SESSION_TOKEN_LEN + ID_LEN + 1];
    int n = snprintf(both, sizeof both, STR_FMT ID_FMT, STR_ARG(token), ID_ARG(account.v));
    SHA256((const uint8_t *)both, (size_t)n, hash);
    sodium_bin2hex(dst, HASH_LEN + 1, hash, sizeof hash);
}

/* A client that keeps no cookies is new each time: it is told of ten times a day, and then it is known. */
static int owner_tell(struct tx *tx, const struct engine *e, struct account_id account, const struct rows *r, struct str agent,
                      struct err *reterr) {
    bool first = row_i64(r, 0, 0) == 0 && store_now_ms(tx_store(tx)) - row_i64(r, 0, 2) < JUST_SIGNED_UP_MS;
    if (first || row_i64(r, 0, 1) >= LETTERS_A_DAY)
        return 0;
    return account_tell(tx, e, LETTER_SIGNED_IN, account, &(struct happened){.agent = agent}, reterr);
}

static int note(const struct engine *e, struct account_id account, const char *hash, struct str agent, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows r;
    int64_t now = store_now_ms(e->store);
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &identity_sql[BROWSER_SEEN], ARGS(A_ID(account), A_CSTR(hash), A_I64(now)), reterr);
    if (rc > 0)
        return tx_commit(&tx, reterr);
    if (rc == 0)
        rc = tx_row(tx, &identity_sql[BROWSER_COUNT], ARGS(A_ID(account), A_I64(now - DAY_MS)), &a, &r, reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &identity_sql[BROWSER_INSERT], ARGS(A_ID(account), A_CSTR(hash), A_I64(now)), reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &identity_sql[BROWSER_TRIM], ARGS(A_ID(account)), reterr);
    if (rc >= 0)
        rc = owner_tell(tx, e, account, &r, agent, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int browser_note(struct request *rq, struct account_id account, struct err *reterr) {
    struct str token = request_cookie(rq, BROWSER_COOKIE), agent = request_header(rq, "User-Agent");
    struct session_token made;
    char hash[HASH_LEN + 1];
    int rc = 0;
    if (token.n != SESSION_TOKEN_LEN) {
        rc = session_token_make(&made, hash, reterr);
        token = str_dup(request_arena(rq), str_make(made.s, SESSION_TOKEN_LEN));
    }
    if (rc < 0)
        return rc;
    browser_hash(token, account, hash);
    /* The session is there already: the request is not run again for the sake of this. */
    STORE_RETRY(rc, reterr, note(request_engine(rq), account, hash, agent, reterr));
    if (rc == 0)
        reply_cookie(rq, BROWSER_COOKIE, str_cstr(request_arena(rq), token), KEPT_MS / 1000);
    return rc;
}

int browser_export(const struct engine *e, struct account_id account, json_t *into, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r;
    int rc = store_query(e->store, &identity_sql[BROWSER_OF_ACCOUNT], ARGS(A_ID(account)), &a, &r, reterr);
    json_t *list = json_array();
    for (size_t i = 0; rc >= 0 && i < r.n; i++)
        json_array_append_new(list, json_pack("{s:o, s:o}", "first_signed_in_at", json_of_time(row_i64(&r, i, 0)),
                                              "last_signed_in_at", json_of_time(row_i64(&r, i, 1))));
    if (json_object_set_new(into, "browsers", list) && rc >= 0)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
    return MIN(rc, 0);
}

int browser_purge(const struct engine *e, struct err *reterr) {
    int rc = store_exec(e->store, &identity_sql[BROWSER_PURGE], ARGS(A_I64(store_now_ms(e->store) - KEPT_MS)), reterr);
    return MIN(rc, 0);
}
