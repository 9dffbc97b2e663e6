/*
 * passkey.c - credentials of accounts: added, used, renamed, taken away. A counter that went back means that two
 * authenticators hold one key; from then on it signs nobody in, whichever of them asks.
 */
#include "service/identity/passkey.h"
#include "base/buf.h"
#include "base/log.h"
#include <inttypes.h>

static struct str base64url(struct arena *a, struct str bytes) {
    scoped(buf_done) struct buf b = BUF(4096);
    buf_base64url(&b, bytes.p, bytes.n);
    return b.failed ? STR_NULL : str_dup(a, buf_str(&b));
}

static void passkey_read(const struct rows *r, size_t i, struct passkey *p) {
    *p = (struct passkey){.id = row_id(r, i, 0),
                          .account = {row_id(r, i, 1)},
                          .credential_id = row_str(r, i, 2),
                          .key = row_str(r, i, 3),
                          .sign_count = (uint32_t)row_i64(r, i, 4),
                          .backup_eligible = row_i64(r, i, 5),
                          .backed_up = row_i64(r, i, 6),
                          .aaguid = row_str(r, i, 7),
                          .transports = row_str(r, i, 8),
                          .name = row_str(r, i, 9),
                          .created_ms = row_i64(r, i, 10),
                          .last_used_ms = row_i64(r, i, 11),
                          .suspect_ms = row_i64(r, i, 12)};
}

int passkey_list(const struct engine *e, struct account_id account, struct arena *a, struct passkey **ret, size_t *ret_n,
                 struct err *reterr) {
    struct rows r;
    int rc = store_query(e->store, &ways_sql[PASSKEY_BY_ACCOUNT], ARGS(A_ID(account)), a, &r, reterr);
    if (rc < 0)
        return rc;
    struct passkey *list = arena_news(a, struct passkey, r.n + 1);
    if (!list)
        return err_set(reterr, ERR_LIMIT, "no room for the passkeys");
    for (size_t i = 0; i < r.n; i++)
        passkey_read(&r, i, &list[i]);
    *ret = list;
    *ret_n = r.n;
    return 0;
}

static struct str name_or(struct str name, struct str otherwise) {
    struct str trimmed = str_trim(name);
    return trimmed.n && str_is_utf8(trimmed) ? trimmed : otherwise;
}

static int credential_insert(struct tx *tx, struct account_id account, const struct webauthn_credential *c,
                             const struct passkey_answer *w, struct arena *a, struct id *ret, struct err *reterr) {
    int64_t now = store_now_ms(tx_store(tx));
    struct id id = id_new(now);
    scoped(buf_done) struct buf model = BUF(64);
    buf_hex(&model, c->aaguid.p, c->aaguid.n);
    int rc = tx_exec(tx, &ways_sql[PASSKEY_INSERT],
                     ARGS(A_STR(id_str(&id)), A_ID(account), A_STR(base64url(a, c->id)), A_BLOB(c->key),
                          A_I64(c->sign_count), A_BOOL(c->backup_eligible), A_BOOL(c->backed_up), A_STR(buf_str(&model)),
                          A_STR(w->transports.p ? w->transports : STR("")), A_STR(name_or(w->name, STR("Passkey"))),
                          A_I64(now)),
                     reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_CONFLICT, "passkey.taken",
                          "This passkey is in use already. Choose another device or security key.",
                          "the credential id is taken");
    *ret = id;
    return MIN(rc, 0);
}

static int add_store(const struct engine *e, const struct principal *who, const struct webauthn_credential *c,
                     const struct passkey_answer *w, struct arena *a, struct id *ret, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows r;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_query(tx, &ways_sql[PASSKEY_BY_ACCOUNT], ARGS(A_ID(who->account)), a, &r, reterr);
    if (rc >= PASSKEYS_MAX)
        return err_refuse(reterr, ERR_LIMIT, "passkey.too_many", "There are 20 passkeys already. Remove one you no longer use.",
                          "%d passkeys", rc);
    if (rc >= 0)
        rc = credential_insert(tx, who->account, c, w, a, ret, reterr);
    if (rc == 0)
        rc = event_publish(tx, "passkey.added", 1, id_str(&who->account.v), STR("{}"), reterr);
    if (rc == 0)
        rc = account_tell(tx, e, LETTER_PASSKEY_ADDED, who->account,
                          &(struct happened){.agent = who->agent, .name = name_or(w->name, STR("Passkey"))}, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

/* What is contended is run again here and not by the server: the challenge is spent. */
int passkey_add(const struct engine *e, const struct principal *who, const struct passkey_answer *w, struct id *ret,
                struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct webauthn_site site;
    struct webauthn_credential c;
    struct ceremony_state s;
    int rc = passkey_site(e, &a, &site, reterr);
    if (rc == 0)
        rc = ceremony_end(e, CEREMONY_ADD, w->client_json, &a, &s, reterr);
    if (rc == 0 && !str_eq(id_str(&s.session.v), id_str(&who->session.v)))
        rc = err_refuse(reterr, ERR_INVALID, "passkey.challenge", "That was begun by somebody else. Try again.",
                        "the challenge is another session's");
    if (rc == 0)
        rc = webauthn_register(&site, w->client_json, w->attestation, &a, &c, reterr);
    if (rc == 0)
        STORE_RETRY(rc, reterr, add_store(e, who, &c, w, &a, ret, reterr));
    return rc;
}

static int sign_up_store(const struct engine *e, const struct ceremony_state *s, const struct webauthn_credential *c,
                         const struct passkey_answer *w, struct arena *a, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct id id;
    struct account_new n = {.name = s->name, .lang = s->lang};
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = account_insert(tx, e, &n, s->email, s->account, false, reterr);
    if (rc == 0)
        rc = credential_insert(tx, s->account, c, w, a, &id, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int passkey_sign_up(const struct engine *e, const struct passkey_answer *w, struct account_id *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct webauthn_site site;
    struct webauthn_credential c;
    struct ceremony_state s;
    int rc = passkey_site(e, &a, &site, reterr);
    if (rc == 0)
        rc = ceremony_end(e, CEREMONY_SIGN_UP, w->client_json, &a, &s, reterr);
    if (rc == 0)
        rc = webauthn_register(&site, w->client_json, w->attestation, &a, &c, reterr);
    if (rc == 0)
        STORE_RETRY(rc, reterr, sign_up_store(e, &s, &c, w, &a, reterr));
    if (rc == 0)
        *ret = s.account;
    return rc;
}

static int unknown_refuse(struct err *reterr) {
    return err_refuse(reterr, ERR_UNAUTHENTICATED, "passkey.unknown",
                      "There is no account with this passkey here; it may have been removed. Sign in another way.",
                      "no such passkey");
}

static int cloned_refuse(struct err *reterr) {
    return err_refuse(reterr, ERR_UNAUTHENTICATED, "passkey.cloned",
                      "This passkey may have been copied, so it no longer signs in. Sign in another way and remove it.",
                      "the counter went back");
}

/* The refusal is an answer, so what it changes is committed. */
static int cloned(struct tx **tx, const struct engine *e, const struct passkey *p, uint32_t count, struct err *reterr) {
    char body[80];
    int n = snprintf(body, sizeof body, "{\"stored\":%" PRIu32 ",\"sent\":%" PRIu32 "}", p->sign_count, count);
    int rc = tx_exec(*tx, &ways_sql[PASSKEY_SUSPECT], ARGS(A_STR(id_str(&p->id)), A_I64(store_now_ms(e->store))), reterr);
    if (rc >= 0)
        rc = event_publish(*tx, "passkey.cloned", 1, id_str(&p->account.v), str_make(body, (size_t)n), reterr);
    if (rc >= 0)
        rc = account_tell(*tx, e, LETTER_PASSKEY_CLONED, p->account, &(struct happened){.name = p->name}, reterr);
    if (rc >= 0)
        rc = tx_commit(tx, reterr);
    if (rc < 0)
        return rc;
    log_event(LOG_WARN, "identity.passkey_cloned", LS("passkey", p->id.s));
    return cloned_refuse(reterr);
}

static int sign_in_store(const struct engine *e, const struct webauthn_site *site, const struct passkey_answer *w,
                         struct arena *a, struct account_id *ret, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct webauthn_credential now;
    struct passkey p;
    struct rows r;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_query(tx, &ways_sql[PASSKEY_BY_CREDENTIAL], ARGS(A_STR(base64url(a, w->credential_id))), a, &r, reterr);
    if (rc < 0)
        return rc;
    if (!r.n)
        return unknown_refuse(reterr);
    passkey_read(&r, 0, &p);
    /* Section 7.2 step 6: nobody was named before, so the authenticator must say whose it is. */
    if (!str_eq(w->user_handle, id_str(&p.account.v)))
        return unknown_refuse(reterr);
    struct webauthn_credential stored = {.key = p.key, .sign_count = p.sign_count, .backup_eligible = p.backup_eligible};
    rc = webauthn_assert(site, &stored, w->client_json, w->auth_data, w->signature, a, &now, reterr);
    if (rc)
        return rc;
    if (p.suspect_ms)
        return cloned_refuse(reterr);
    if (!webauthn_count_is_new(p.sign_count, now.sign_count))
        return cloned(&tx, e, &p, now.sign_count, reterr);
    rc = tx_exec(tx, &ways_sql[PASSKEY_USED],
                 ARGS(A_STR(id_str(&p.id)), A_I64(now.sign_count), A_BOOL(now.backed_up), A_I64(store_now_ms(e->store))),
                 reterr);
    if (rc < 0)
        return rc;
    *ret = p.account;
    return tx_commit(&tx, reterr);
}

int passkey_sign_in(const struct engine *e, const struct passkey_answer *w, struct account_id *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct webauthn_site site;
    struct ceremony_state s;
    int rc = passkey_site(e, &a, &site, reterr);
    if (rc == 0)
        rc = ceremony_end(e, CEREMONY_SIGN_IN, w->client_json, &a, &s, reterr);
    if (rc == 0)
        STORE_RETRY(rc, reterr, sign_in_store(e, &site, w, &a, ret, reterr));
    return rc;
}

static int not_found(struct err *reterr) {
    return err_refuse(reterr, ERR_NOT_FOUND, "passkey.not_found", "There is no such passkey any more. Load the page again.",
                      "no such passkey of the account");
}

int passkey_rename(const struct engine *e, struct account_id account, struct id id, struct str name, struct err *reterr) {
    int rc = store_exec(e->store, &ways_sql[PASSKEY_RENAME],
                        ARGS(A_STR(id_str(&id)), A_ID(account), A_STR(name_or(name, STR("Passkey")))), reterr);
    return rc == 0 ? not_found(reterr) : MIN(rc, 0);
}

int passkey_remove(const struct engine *e, const struct principal *who, struct id id, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(8 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows gone;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    /* Two at once must not take each other's last. */
    if (rc == 0)
        rc = tx_exec(tx, &identity_sql[ACCOUNT_LOCK], ARGS(A_ID(who->account)), reterr);
    if (rc >= 0)
        rc = tx_query(tx, &ways_sql[PASSKEY_DROP], ARGS(A_STR(id_str(&id)), A_ID(who->account)), &a, &gone, reterr);
    if (rc == 0)
        return not_found(reterr);
    if (rc > 0)
        rc = ways_check_left(tx, who->account, reterr);
    if (rc == 0)
        rc = event_publish(tx, "passkey.removed", 1, id_str(&who->account.v), STR("{}"), reterr);
    if (rc == 0)
        rc = account_tell(tx, e, LETTER_PASSKEY_REMOVED, who->account,
                          &(struct happened){.agent = who->agent, .name = row_str(&gone, 0, 0)}, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}
