/* oidc.c - people at providers and accounts here: found, made, linked, unlinked. */
#include "service/identity/oidc_int.h"
#include "service/json.h"

const struct sql oidc_sql[] = {OIDC_SQL(SQL_ROW) SQL_END};

static int link_insert(struct tx *tx, struct account_id account, struct str issuer, const struct oidc_person *who, struct err *reterr) {
    int64_t now = store_now_ms(tx_store(tx));
    struct id id = id_new(now);
    return tx_exec(tx, &oidc_sql[LINK_INSERT],
                   ARGS(A_STR(id_str(&id)), A_ID(account), A_STR(issuer), A_STR(who->subject),
                        A_STR(who->email.p ? who->email : STR("")), A_I64(now)),
                   reterr);
}

static int elsewhere_refuse(struct err *reterr) {
    return err_refuse(reterr, ERR_CONFLICT, "oidc.linked_elsewhere",
                      "That sign-in belongs to another account here. Sign in with it, and disconnect it there first.",
                      "the person is another account's");
}

/* Whoever proved to be the owner of both: the person at the provider and the account here. */
static int link_store(const struct engine *e, struct account_id account, struct str issuer, const struct oidc_person *who,
                      struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows r;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_query(tx, &oidc_sql[LINK_LIST], ARGS(A_ID(account)), &a, &r, reterr);
    if (rc >= OIDC_LINKS_MAX)
        return err_refuse(reterr, ERR_LIMIT, "oidc.too_many", "There are 20 connections already. Remove one first.", "%d links", rc);
    if (rc >= 0)
        rc = link_insert(tx, account, issuer, who, reterr);
    if (rc == 0) {
        rc = tx_row(tx, &oidc_sql[LINK_FIND], ARGS(A_STR(issuer), A_STR(who->subject)), &a, &r, reterr);
        if (rc < 0)
            return rc;
        struct id theirs = row_id(&r, 0, 1);
        return str_eq(id_str(&theirs), id_str(&account.v)) ? 0 : elsewhere_refuse(reterr);
    }
    if (rc > 0)
        rc = event_publish(tx, "account.linked", 1, id_str(&account.v), STR("{}"), reterr);
    if (rc == 0)
        rc = account_tell(tx, e, LETTER_LINK_ADDED, account, NULL, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

/* The address is an account's already. Its owner may link it by signing in there; nobody may by what a provider says. */
static int taken(const struct engine *e, struct str browser, struct str issuer, const struct oidc_person *who, struct account_id account,
                 struct arena *a, struct err *reterr) {
    if (!who->email_verified)
        return err_refuse(reterr, ERR_CONFLICT, "oidc.email_taken",
                          "There is an account with this e-mail address already. Sign in to it and connect the two in your account.",
                          "the address is taken, and not verified by the provider");
    int rc = oidc_put(e, oidc_key("pending", browser, a),
                      json_pack("{s:o, s:o, s:o, s:o}", "issuer", json_of_str(issuer), "subject", json_of_str(who->subject), "email",
                                json_of_str(who->email), "account", json_of_id(account.v)),
                      reterr);
    return rc ? rc
              : err_refuse(reterr, ERR_CONFLICT, "oidc.sign_in_to_link",
                           "There is an account with this e-mail address already. Sign in to it once, and the two are connected.",
                           "the address is taken");
}

int oidc_may_join(const struct engine *e, const struct oidc_person *who, struct err *reterr) {
    if (who->email_verified || !sign_up_by_letter(e))
        return 0;
    return err_refuse(reterr, ERR_FORBIDDEN, "oidc.email_unverified",
                      "That service has not checked your e-mail address. Confirm it there, or sign up with it here.", "the address is not verified by the provider");
}

static int account_add(const struct engine *e, struct str email, struct str lang, struct str issuer, const struct oidc_person *who,
                       struct account_id *ret, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct account_id id = {id_new(clock_now_ms(e->clock))};
    struct account_new n = {.name = who->name, .lang = lang};
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = account_insert(tx, e, &n, email, id, who->email_verified, reterr);
    if (rc == 0)
        rc = link_insert(tx, id, issuer, who, reterr);
    if (rc == 0) /* the same person in two windows: the other one was quicker */
        return elsewhere_refuse(reterr);
    if (rc < 0)
        return rc;
    *ret = id;
    return tx_commit(&tx, reterr);
}

int oidc_sign_in(const struct engine *e, const struct oidc_answer *w, struct str lang, struct account_id *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(512 << 10);
    struct oidc_provider p;
    struct oidc_person who = {0};
    struct account there;
    struct str email;
    struct rows r;
    int rc = oidc_finish(e, w, NULL, &a, &p, &who, reterr);
    if (rc == 0)
        rc = store_query(e->store, &oidc_sql[LINK_FIND], ARGS(A_CSTR(p.issuer), A_STR(who.subject)), &a, &r, reterr);
    if (rc < 0)
        return rc;
    if (r.n) {
        struct id link = row_id(&r, 0, 0);
        ret->v = row_id(&r, 0, 1);
        STORE_RETRY(rc, reterr, store_exec(e->store, &oidc_sql[LINK_USED],
                                           ARGS(A_STR(id_str(&link)), A_I64(store_now_ms(e->store)), A_STR(who.email.p ? who.email : STR(""))), reterr));
        return MIN(rc, 0);
    }
    if (!who.email.n || email_normalise(who.email, &a, &email, NULL))
        return err_refuse(reterr, ERR_INVALID, "oidc.no_email",
                          "That service did not tell your e-mail address, which an account here needs. Allow it there, or sign up with it here.",
                          "no address");
    if ((rc = oidc_may_join(e, &who, reterr)))
        return rc;
    rc = account_by_email(e, email, &a, &there, reterr);
    if (rc == 0)
        return taken(e, w->browser, str_of(p.issuer), &who, there.id, &a, reterr);
    if (rc == ERR_NOT_FOUND)
        STORE_RETRY(rc, reterr, account_add(e, email, lang, str_of(p.issuer), &who, ret, reterr));
    return rc;
}

int oidc_link(const struct engine *e, const struct oidc_answer *w, const struct principal *who, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(512 << 10);
    struct oidc_provider p;
    struct oidc_person person = {0};
    int rc = oidc_finish(e, w, who, &a, &p, &person, reterr);
    if (rc == 0)
        STORE_RETRY(rc, reterr, link_store(e, who->account, str_of(p.issuer), &person, reterr));
    return rc;
}

int oidc_link_pending(const struct engine *e, struct str browser, const struct principal *who, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    json_t *o = browser.n ? oidc_take(e, oidc_key("pending", browser, &a), &a) : NULL;
    struct oidc_person person = {.subject = json_get_str(o, "subject"), .email = json_get_str(o, "email")};
    int rc;
    if (!o || !str_eq(json_get_str(o, "account"), id_str(&who->account.v)))
        rc = err_refuse(reterr, ERR_NOT_FOUND, "oidc.nothing_pending",
                        "There is nothing to connect to this account. Begin again with the button of that service.", "nothing pending");
    else
        STORE_RETRY(rc, reterr, link_store(e, who->account, json_get_str(o, "issuer"), &person, reterr));
    json_decref(o);
    return rc;
}

int oidc_unlink(const struct engine *e, const struct principal *who, struct id id, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &identity_sql[ACCOUNT_LOCK], ARGS(A_ID(who->account)), reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &oidc_sql[LINK_DROP], ARGS(A_STR(id_str(&id)), A_ID(who->account)), reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "oidc.not_linked", "There is no such connection any more. Load the page again.",
                          "no such link of the account");
    if (rc > 0)
        rc = ways_check_left(tx, who->account, reterr);
    if (rc == 0)
        rc = account_tell(tx, e, LETTER_LINK_REMOVED, who->account, &(struct happened){.agent = who->agent}, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}
