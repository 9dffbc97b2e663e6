/*
 * idempotency.c - Idempotency-Key: the key is claimed in the transaction that writes the payment
 * down, with the payment's id; the answer is stored when there is one. A replay gets the first
 * answer; when the first request is still at work, or died at it, the replay drives the same payment
 * on (one charge: the gateway knows its key) and whichever answer is stored first counts for both.
 */
#include "service/billing/billing_int.h"

int idem_find(const struct engine *e, struct account_id account, const struct idem *i,
              struct arena *a, struct idem_row *ret, struct err *reterr) {
    struct rows r;
    int rc = store_query(e->store, &billing_sql[IDEM_GET], ARGS(A_ID(account), A_STR(i->key)), a, &r,
                         reterr);
    if (rc <= 0)
        return rc;
    if (!str_eq(row_str(&r, 0, 0), i->hash))
        return err_refuse(reterr, ERR_CONFLICT, "billing.idempotency_mismatch",
                          "This Idempotency-Key was used for something else. Make a new one.",
                          "key used for another request");
    ret->ref = row_id(&r, 0, 1);
    ret->answer = row_str(&r, 0, 2);
    return 1;
}

int idem_claim(struct work *w, const struct idem *i, struct id ref, struct err *reterr) {
    w->expects = i->expects;
    w->expected = i->expected;
    w->expects_credit = i->expects_credit;
    w->expected_credit = i->expected_credit;
    int rc = tx_exec(w->tx, &billing_sql[IDEM_CLAIM],
                     ARGS(A_ID(w->account), A_STR(i->key), A_STR(i->hash), A_CSTR(ref.s),
                          A_I64(w->now_ms)),
                     reterr);
    return rc < 0 ? rc : rc > 0;
}

static int answer_parse(struct str text, json_t **ret, struct err *reterr) {
    *ret = json_loadb(text.p, text.n, 0, NULL);
    return *ret ? 0 : err_set(reterr, ERR_CORRUPT, "a stored answer is not JSON");
}

int idem_answer(const struct engine *e, struct account_id account, const struct idem *i,
                json_t *answer, struct arena *a, json_t **ret, struct err *reterr) {
    struct idem_row row;
    scoped(mem_free) char *text = json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    if (!text)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for an answer");
    int rc = store_exec(e->store, &billing_sql[IDEM_ANSWER],
                        ARGS(A_ID(account), A_STR(i->key), A_CSTR(text)), reterr);
    if (rc >= 0)
        rc = idem_find(e, account, i, a, &row, reterr);
    if (rc < 0)
        return rc;
    return answer_parse(rc && row.answer.p ? row.answer : str_of(text), ret, reterr);
}

int idem_finish(const struct engine *e, struct account_id account, const struct idem *i,
                struct id ref, struct arena *a, json_t **ret, struct err *reterr) {
    json_t *answer = NULL;
    struct err why = {0};
    int rc = payment_drive(e, (struct payment_id){ref}, &why);
    if (rc == ERR_NOT_FOUND) /* nothing had to be paid */
        rc = 0;
    else if (rc && reterr)
        *reterr = why;
    if (rc == 0)
        rc = checkout_json(e, account, ref, a, &answer, reterr);
    return rc ? rc : idem_answer(e, account, i, answer, a, ret, reterr);
}

int idem_replay(const struct engine *e, struct account_id account, const struct idem *i,
                struct arena *a, json_t **ret, struct err *reterr) {
    struct idem_row row;
    int rc = idem_find(e, account, i, a, &row, reterr);
    if (rc <= 0)
        return rc;
    rc = row.answer.p ? answer_parse(row.answer, ret, reterr)
                      : idem_finish(e, account, i, row.ref, a, ret, reterr);
    return rc < 0 ? rc : 1;
}
