/*
 * recover.c - proofs by letter: an address confirmed, a forgotten password, another address. What an
 * outsider sees never depends on whether an account exists.
 */
#include "service/identity/ways.h"
#include "base/log.h"
#include <sodium.h>

enum { RESETS_AN_HOUR = 5, RESET_BATCH = 50 };
static const int64_t hour_ms = 3600000;

/* A code and its letter, in one transaction, unless there were too many. False: there were. */
static int code_send(struct tx *tx, const struct engine *e, enum code_purpose purpose, enum letter letter,
                     struct account_id account, struct str to, struct str lang, struct err *reterr) {
    struct code code;
    int64_t lately = 0;
    int rc = code_count_since(tx, purpose, account, store_now_ms(tx_store(tx)) - hour_ms, &lately, reterr);
    if (rc < 0)
        return rc;
    if (lately >= RESETS_AN_HOUR)
        return err_refuse(reterr, ERR_LIMIT, "account.too_many_letters",
                          "There were several letters in the last hour. Look into the folder for spam, or "
                          "try again in an hour.",
                          "%d letters in an hour", (int)lately);
    rc = code_make(tx, purpose, account, to, &code, reterr);
    if (rc == 0)
        rc = letter_enqueue(tx, e, letter, &(struct letter_to){account, to, lang}, NULL, &code, reterr);
    sodium_memzero(&code, sizeof code);
    return rc;
}

int account_send_verification(struct tx *tx, const struct engine *e, struct account_id account,
                              struct str email, struct str lang, struct err *reterr) {
    return code_send(tx, e, CODE_VERIFY, LETTER_VERIFY, account, email, lang, reterr);
}

int account_verify(const struct engine *e, struct str code, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(8 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct account_id account;
    struct str email;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = code_take(tx, CODE_VERIFY, code, &a, &account, &email, reterr);
    if (rc == 0) /* of this address only: it may have been changed since */
        rc = tx_exec(tx, &identity_sql[ACCOUNT_VERIFY],
                     ARGS(A_ID(account), A_STR(email), A_I64(store_now_ms(e->store))), reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int account_request_reset(const struct engine *e, struct str email, struct str lang, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(8 << 10);
    struct str normal;
    int64_t now = clock_now_ms(e->clock);
    struct id id = id_new(now);
    int rc = email_normalise(email, &a, &normal, reterr);
    if (rc)
        return rc;
    rc = store_exec(e->store, &identity_sql[RESET_INSERT],
                    ARGS(A_STR(id_str(&id)), A_STR(normal), A_STR(lang.n ? lang : STR("en")), A_I64(now)), reterr);
    return rc < 0 ? rc : 0;
}

static int reset_resolve(const struct engine *e, struct str id, struct str email, struct str lang,
                         struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(8 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows r;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &identity_sql[RESET_DELETE], ARGS(A_STR(id)), reterr);
    if (rc <= 0) /* another worker was quicker */
        return rc;
    rc = tx_query(tx, &identity_sql[ACCOUNT_BY_EMAIL], ARGS(A_STR(email)), &a, &r, reterr);
    if (rc > 0) {
        struct err why = {0};
        rc = code_send(tx, e, CODE_RESET, LETTER_RESET, (struct account_id){row_id(&r, 0, 0)}, email, lang, &why);
        if (rc == ERR_LIMIT)
            rc = 0;
        else if (rc < 0 && reterr)
            *reterr = why;
    }
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int account_resolve_resets(const struct engine *e, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r;
    int rc = store_query(e->store, &identity_sql[RESET_LIST], ARGS(A_I64(RESET_BATCH)), &a, &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++)
        rc = reset_resolve(e, row_str(&r, i, 0), row_str(&r, i, 1), row_str(&r, i, 2), reterr);
    return rc < 0 ? rc : 0;
}

int account_reset_password(const struct engine *e, struct str code, struct str password, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(8 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    char hash[PASSWORD_HASH_CAP];
    struct account_id account;
    struct str email;
    struct rows r;
    /* Before the code is spent: a weak password may be chosen again. */
    int rc = password_check_rule(e, ROLE_VIEWER, password, STR(""), reterr);
    if (rc == 0)
        rc = password_hash(password, hash, reterr);
    if (rc == 0)
        rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = code_take(tx, CODE_RESET, code, &a, &account, &email, reterr);
    if (rc == 0)
        rc = MIN(tx_row(tx, &identity_sql[ACCOUNT_BY_ID], ARGS(A_ID(account)), &a, &r, reterr), 0);
    if (rc == 0)
        rc = password_check_rule(e, (unsigned)row_i64(&r, 0, 2), password, email, reterr);
    if (rc == 0)
        rc = account_password_store(tx, e, account, hash, reterr);
    if (rc == 0)
        rc = ways_forget_unproven(tx, account, reterr);
    if (rc == 0) /* the letter was read: the address is theirs */
        rc = tx_exec(tx, &identity_sql[ACCOUNT_VERIFY],
                     ARGS(A_ID(account), A_STR(email), A_I64(store_now_ms(e->store))), reterr);
    sodium_memzero(hash, sizeof hash);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int account_request_email(const struct engine *e, struct account_id account, struct str email, struct str lang,
                          struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(8 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct str normal;
    int rc = email_normalise(email, &a, &normal, reterr);
    if (rc == 0)
        rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = code_send(tx, e, CODE_EMAIL, LETTER_EMAIL, account, normal, lang, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int account_confirm_email(const struct engine *e, struct str code, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct account_id account;
    struct str email;
    struct rows before, profile;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = code_take(tx, CODE_EMAIL, code, &a, &account, &email, reterr);
    if (rc == 0)
        rc = tx_row(tx, &identity_sql[ACCOUNT_BY_ID], ARGS(A_ID(account)), &a, &before, reterr);
    if (rc >= 0)
        rc = tx_query(tx, &identity_sql[PROFILE_BY_ACCOUNT], ARGS(A_ID(account)), &a, &profile, reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &identity_sql[ACCOUNT_SET_EMAIL],
                     ARGS(A_ID(account), A_STR(email), A_I64(store_now_ms(e->store))), reterr);
    if (rc == ERR_CONFLICT)
        return err_refuse(reterr, ERR_CONFLICT, "account.email_taken",
                          "There is another account with this address. Use a different one.",
                          "the e-mail address is taken");
    if (rc >= 0) /* a letter that went to the old address opens nothing any more */
        rc = tx_exec(tx, &identity_sql[CODE_DELETE_KEYS], ARGS(A_ID(account)), reterr);
    if (rc >= 0 && !str_eq(row_str(&before, 0, 1), email))
        rc = letter_enqueue(tx, e, LETTER_EMAIL_CHANGED,
                            &(struct letter_to){account, row_str(&before, 0, 1), profile.n ? row_str(&profile, 0, 3) : STR("en")},
                            NULL, NULL, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}
