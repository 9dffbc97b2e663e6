/* account_routes.c - the account itself: its address proved, its password and address changed. */
#include "service/identity/identity_int.h"
#include "service/json.h"

int verification_post(struct request *rq, struct err *reterr) {
    int rc = account_verify(request_engine(rq), json_get_str(request_json(rq), "code"), reterr);
    return rc ? rc : reply_empty(rq);
}

int verification_mail_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const struct principal *who = request_principal(rq);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct account account;
    struct profile profile;
    int rc = account_get(e, who->account, request_arena(rq), &account, reterr);
    if (rc == 0)
        rc = account_profile(e, who->account, request_arena(rq), &profile, reterr);
    if (rc)
        return rc;
    if (account.verified_ms)
        return reply_empty(rq);
    rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = account_send_verification(tx, e, who->account, account.email, profile.lang, reterr);
    if (rc == 0)
        rc = tx_commit(&tx, reterr);
    return rc ? rc : reply_empty(rq);
}

int reset_post(struct request *rq, struct err *reterr) {
    const json_t *body = request_json(rq);
    int rc = account_request_reset(request_engine(rq), json_get_str(body, "email"), json_get_str(body, "lang"),
                                   reterr);
    return rc ? rc : reply_empty(rq);
}

static int weak_password_told(struct request *rq, const struct err *why) {
    if (strcmp(why->reason, "account.password_weak") == 0)
        request_field_error(rq, "password", why->hint);
    return why->code;
}

int reset_confirm_post(struct request *rq, struct err *reterr) {
    const json_t *body = request_json(rq);
    struct err why = {0};
    int rc = account_reset_password(request_engine(rq), json_get_str(body, "code"),
                                    json_get_str(body, "password"), &why);
    if (rc == 0)
        return reply_empty(rq);
    *reterr = why;
    return weak_password_told(rq, &why);
}

int password_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const struct principal *who = request_principal(rq);
    const json_t *body = request_json(rq);
    struct err why = {0};
    int rc = account_check_owner(e, who, json_get_str(body, "current"), reterr);
    if (rc)
        return rc;
    rc = account_set_password(e, who->account, json_get_str(body, "password"), &why);
    if (rc) {
        *reterr = why;
        return weak_password_told(rq, &why);
    }
    /* Every session is gone, this one too: it gets a new one. */
    return reply_session_proved(rq, who->account, 200, reterr);
}

int email_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const struct principal *who = request_principal(rq);
    const json_t *body = request_json(rq);
    struct profile profile;
    int rc = account_check_owner(e, who, json_get_str(body, "password"), reterr);
    if (rc == 0)
        rc = account_profile(e, who->account, request_arena(rq), &profile, reterr);
    if (rc == 0)
        rc = account_request_email(e, who->account, json_get_str(body, "email"), profile.lang, reterr);
    return rc ? rc : reply_empty(rq);
}

int email_confirm_post(struct request *rq, struct err *reterr) {
    int rc = account_confirm_email(request_engine(rq), json_get_str(request_json(rq), "code"), reterr);
    return rc ? rc : reply_empty(rq);
}
