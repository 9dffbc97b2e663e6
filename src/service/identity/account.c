/* account.c - accounts and their profiles: made together, changed, deleted. */
#include "service/identity/identity_int.h"
#include "engine/audit/audit.h"
#include <sodium.h>

const struct sql identity_sql[] = {IDENTITY_SQL(SQL_ROW) SQL_END};

static int email_refuse(struct err *reterr) {
    return err_refuse(reterr, ERR_INVALID, "account.email_invalid",
                      "That is not an e-mail address; it should look like name@example.org.",
                      "not an e-mail address");
}

/* One @, something before it, a dot inside what follows, no white space or control characters:
 * whether it exists only a mail can tell. */
int email_normalise(struct str email, struct arena *a, struct str *ret, struct err *reterr) {
    struct str local, domain, s = str_trim(email);
    if (s.n < 5 || s.n > EMAIL_MAX || !str_is_utf8(s))
        return email_refuse(reterr);
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("<>(),;:\"\\", s.p[i]))
            return email_refuse(reterr);
    domain = str_cut(s, '@', &local);
    ptrdiff_t dot = domain.p ? str_index(domain, '.') : -1;
    if (!local.n || dot <= 0 || str_index(domain, '@') >= 0 || domain.p[domain.n - 1] == '.' ||
        str_find(domain, STR("..")) >= 0)
        return email_refuse(reterr);
    *ret = str_lower(a, s);
    return ret->p ? 0 : err_set(reterr, ERR_LIMIT, "no room for an e-mail address");
}

/* "pt-BR", "zh-Hant-TW": letters, digits and '-' are enough for what we keep. */
static struct str lang_or_english(struct str lang) {
    if (lang.n < 2 || lang.n > 35)
        return STR("en");
    for (size_t i = 0; i < lang.n; i++) {
        char c = lang.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-'))
            return STR("en");
    }
    return lang;
}

/* Cut between characters: half of one would make every answer that holds the name fail. */
static struct str name_cut(struct str name) {
    size_t n = MIN(name.n, (size_t)PROFILE_NAME_MAX);
    while (n && n < name.n && ((unsigned char)name.p[n] & 0xC0) == 0x80)
        n--;
    return str_slice(name, 0, n);
}

/* The id stands in the body alone, where account_event_forget finds it. */
static struct str account_event_body(struct account_id id, char dst[64]) {
    return str_make(dst, (size_t)snprintf(dst, 64, "{\"account_id\":\"" ID_FMT "\"}", ID_ARG(id.v)));
}

static int account_event(struct tx *tx, const char *name, struct account_id id, struct err *reterr) {
    char body[64];
    return event_publish(tx, name, 1, STR("account"), account_event_body(id, body), reterr);
}

int account_event_forget(struct tx *tx, const char *name, struct account_id id, struct err *reterr) {
    char body[64];
    return event_forget(tx, name, account_event_body(id, body), STR("{\"account_id\":null}"), reterr);
}

static int account_insert_with(struct tx *tx, const struct engine *e, const struct account_new *n, struct str email,
                               const char *hash, struct account_id id, bool verified, struct err *reterr) {
    int64_t now = store_now_ms(e->store);
    struct profile_id profile = {id_new(now)};
    struct str name = str_trim(n->name);
    if (!name.n)
        str_cut(email, '@', &name);
    int rc = tx_exec(
        tx, &identity_sql[ACCOUNT_INSERT],
        ARGS(A_ID(id), A_STR(email), A_CSTR(hash), A_I64(n->roles | ROLE_VIEWER), A_I64(now)),
        reterr);
    if (rc == ERR_CONFLICT)
        return err_refuse(reterr, ERR_CONFLICT, "account.email_taken",
                          "There is an account with this e-mail address already; sign in instead.",
                          "the e-mail address is taken");
    if (rc < 0)
        return rc;
    rc = tx_exec(tx, &identity_sql[PROFILE_INSERT],
                 ARGS(A_ID(profile), A_ID(id), A_STR(name_cut(name)),
                      A_STR(lang_or_english(n->lang)), A_I64(now)),
                 reterr);
    if (rc >= 0)
        rc = account_event(tx, ACCOUNT_CREATED, id, reterr);
    if (rc >= 0 && verified)
        rc = tx_exec(tx, &identity_sql[ACCOUNT_VERIFY], ARGS(A_ID(id), A_STR(email), A_I64(now)), reterr);
    if (rc < 0)
        return rc;
    /* Whoever made the account by command needs no letter: editors and operators are vouched for. */
    return verified || n->roles & ~(unsigned)ROLE_VIEWER
               ? 0
               : account_send_verification(tx, e, id, email, n->lang, reterr);
}

int account_insert(struct tx *tx, const struct engine *e, const struct account_new *n, struct str email,
                   struct account_id id, bool verified, struct err *reterr) {
    return account_insert_with(tx, e, n, email, "", id, verified, reterr);
}

int account_create(const struct engine *e, const struct account_new *n, struct account_id *ret_id,
                   struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    char hash[PASSWORD_HASH_CAP];
    struct str email;
    struct account_id id = {id_new(clock_now_ms(e->clock))};
    int rc = email_normalise(n->email, &a, &email, reterr);
    if (rc == 0 && (!str_is_utf8(n->name) || n->name.n > PROFILE_NAME_MAX))
        rc = err_set(reterr, ERR_INVALID, "a name has at most %d bytes of UTF-8", PROFILE_NAME_MAX);
    if (rc == 0)
        rc = password_check_rule(e, n->roles, n->password, email, reterr);
    if (rc == 0)
        rc = password_hash(n->password, hash, reterr);
    if (rc == 0)
        rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = account_insert_with(tx, e, n, email, hash, id, false, reterr);
    sodium_memzero(hash, sizeof hash);
    if (rc == 0)
        *ret_id = id;
    return rc ? rc : tx_commit(&tx, reterr);
}

static void account_read(const struct rows *r, struct account *ret) {
    ret->id.v = row_id(r, 0, 0);
    ret->email = row_str(r, 0, 1);
    ret->roles = (unsigned)row_i64(r, 0, 2);
    ret->created_ms = row_i64(r, 0, 3);
    ret->verified_ms = row_i64(r, 0, 4);
}

int account_get(const struct engine *e, struct account_id id, struct arena *a,
                struct account *ret_account, struct err *reterr) {
    struct rows r;
    int rc = store_row(e->store, &identity_sql[ACCOUNT_BY_ID], ARGS(A_ID(id)), a, &r, reterr);
    if (rc < 0)
        return rc;
    account_read(&r, ret_account);
    return 0;
}

int account_by_email(const struct engine *e, struct str email, struct arena *a,
                     struct account *ret_account, struct err *reterr) {
    struct rows r;
    struct str normal;
    int rc = email_normalise(email, a, &normal, reterr);
    if (rc == 0)
        rc = store_row(e->store, &identity_sql[ACCOUNT_BY_EMAIL], ARGS(A_STR(normal)), a, &r,
                       reterr);
    if (rc < 0)
        return rc;
    account_read(&r, ret_account);
    return 0;
}

int account_profile(const struct engine *e, struct account_id id, struct arena *a,
                    struct profile *ret_profile, struct err *reterr) {
    struct rows r;
    int rc =
        store_query(e->store, &identity_sql[PROFILE_BY_ACCOUNT], ARGS(A_ID(id)), a, &r, reterr);
    if (rc < 0)
        return rc;
    if (!r.n)
        return err_set(reterr, ERR_NOT_FOUND, "account " ID_FMT " has no profile", ID_ARG(id.v));
    profile_read(&r, 0, ret_profile);
    return 0;
}

int account_password_store(struct tx *tx, const struct engine *e, struct account_id account,
                           const char *hash, struct err *reterr) {
    int rc = tx_exec(tx, &identity_sql[ACCOUNT_SET_HASH],
                     ARGS(A_ID(account), A_CSTR(hash), A_I64(clock_now_ms(e->clock))), reterr);
    if (rc >= 0)
        rc = sessions_end(tx, SESSION_DELETE_ACCOUNT, ARGS(A_ID(account)), reterr);
    if (rc >= 0) /* what somebody asked for before must not open the account after */
        rc = tx_exec(tx, &identity_sql[CODE_DELETE_KEYS], ARGS(A_ID(account)), reterr);
    return rc < 0 ? rc : account_tell(tx, e, LETTER_PASSWORD_CHANGED, account, NULL, reterr);
}

int account_set_password(const struct engine *e, struct account_id id, struct str password,
                         struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    char hash[PASSWORD_HASH_CAP];
    struct account account;
    int rc = account_get(e, id, &a, &account, reterr);
    if (rc == 0)
        rc = password_check_rule(e, account.roles, password, account.email, reterr);
    if (rc == 0)
        rc = password_hash(password, hash, reterr);
    if (rc == 0)
        rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc)
        return rc;
    rc = account_password_store(tx, e, id, hash, reterr);
    sodium_memzero(hash, sizeof hash);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int account_set_roles(const struct engine *e, struct account_id id, unsigned roles,
                      struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0 && (rc = tx_exec(tx, &identity_sql[ACCOUNT_SET_ROLES], ARGS(A_ID(id), A_I64(roles | ROLE_VIEWER)), reterr)) == 0)
        return err_set(reterr, ERR_NOT_FOUND, "no account " ID_FMT, ID_ARG(id.v));
    if (rc > 0)
        rc = sessions_end(tx, SESSION_DELETE_ACCOUNT, ARGS(A_ID(id)), reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int accounts_of_role(const struct engine *e, unsigned roles, struct arena *a, struct account_id **ret,
                     struct err *reterr) {
    struct rows r;
    int rc = store_query(e->store, &identity_sql[ACCOUNTS_OF_ROLE], ARGS(A_I64(roles)), a, &r, reterr);
    if (rc < 0)
        return rc;
    *ret = arena_news(a, struct account_id, r.n);
    if (r.n && !*ret)
        return err_set(reterr, ERR_LIMIT, "no room for %zu accounts", r.n);
    for (size_t i = 0; i < r.n; i++)
        (*ret)[i].v = row_id(&r, i, 0);
    return (int)r.n;
}

int account_check_password(const struct engine *e, struct account_id id, struct str password,
                           struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    int rc = attempt_password_check(e, id, reterr);
    if (rc == 0)
        rc = store_query(e->store, &identity_sql[ACCOUNT_HASH_BY_ID], ARGS(A_ID(id)), &a, &r, reterr);
    if (rc < 0)
        return rc;
    if (r.n && row_str(&r, 0, 1).n == 0)
        return err_refuse(reterr, ERR_FORBIDDEN, "account.no_password",
                          "This account has no password. Sign out and in again, or choose a password with \"Forgot password\" on the "
                          "sign-in page.",
                          "the account has no password");
    if (!password_matches(r.n ? row_str(&r, 0, 1) : STR_NULL, password))
        return (rc = attempt_password_failed(e, id, reterr)) < 0 ? rc : err_refuse(reterr, ERR_FORBIDDEN, "session.wrong_credentials",
                          "The password is not right; type it again.", "wrong password");
    return 0;
}

int account_delete(const struct engine *e, struct account_id id, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = store_exec(e->store, &identity_sql[NOTE_FORGET], ARGS(A_ID(id)), reterr);
    if (rc >= 0)
        rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    /* One by one, and not by ON DELETE CASCADE alone, so that nothing depends on a pragma. */
    static const int steps[] = {BROWSER_DELETE, DEVICE_DELETE, CODE_DELETE_ACCOUNT, PROFILE_DELETE, ACCOUNT_DELETE};
    if (rc >= 0)
        rc = mail_forget(tx, id, reterr);
    if (rc >= 0)
        rc = audit_forget(tx, id, reterr);
    if (rc >= 0)
        rc = sessions_end(tx, SESSION_DELETE_ACCOUNT, ARGS(A_ID(id)), reterr);
    if (rc >= 0)
        rc = sessions_forget(tx, id, reterr);
    for (size_t i = 0; rc >= 0 && i < ARRAY_LEN(steps); i++)
        rc = tx_exec(tx, &identity_sql[steps[i]], ARGS(A_ID(id)), reterr);
    if (rc > 0) /* the last step's: there was an account */
        rc = account_event(tx, ACCOUNT_ERASED, id, reterr);
    if (rc >= 0)
        rc = account_event_forget(tx, ACCOUNT_CREATED, id, reterr);
    if (rc >= 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : mail_forget_files(e, id, reterr);
}
