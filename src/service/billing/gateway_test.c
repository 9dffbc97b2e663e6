/*
 * gateway_test.c - the built-in gateway that moves no money. It remembers what it was asked in a
 * table of its own, as the far side of a real one does, and is as awkward:
 *
 *   test_ok                  succeeds
 *   test_declined            declines every charge
 *   test_setup_declined      cannot even be kept
 *   test_3ds                 the payer has to answer at action_url; renewals succeed
 *   test_3ds_always          renewals want an answer too, which nobody gives
 *   test_fails_on_renewal    succeeds while the payer is there, declines renewals
 *   test_timeout             succeeds, but the first answer is lost
 *   test_timeout_declined    declines, and the first answer is lost
 *   test_timeout_lost        the first call never arrives; the second succeeds
 */
#include "service/billing/billing_int.h"

struct card {
    const char *token, *label;
    const char *on_session, *off_session; /* state of the charge */
    enum { ANSWERS, ANSWER_LOST, NEVER_ARRIVES } first;
};
static const struct card cards[] = {
    {"test_ok", "Test card ending in 4242", "succeeded", "succeeded", ANSWERS},
    {"test_declined", "Test card ending in 0002", "declined", "declined", ANSWERS},
    {"test_3ds", "Test card ending in 3220", "action", "succeeded", ANSWERS},
    {"test_3ds_always", "Test card ending in 3184", "action", "action", ANSWERS},
    {"test_fails_on_renewal", "Test card ending in 0341", "succeeded", "declined", ANSWERS},
    {"test_timeout", "Test card ending in 0119", "succeeded", "succeeded", ANSWER_LOST},
    {"test_timeout_declined", "Test card ending in 0127", "declined", "declined", ANSWER_LOST},
    {"test_timeout_lost", "Test card ending in 0135", "succeeded", "succeeded", NEVER_ARRIVES},
};

static const struct card *card_find(struct str token) {
    for (size_t i = 0; i < ARRAY_LEN(cards); i++)
        if (str_eq(token, str_of(cards[i].token)))
            return &cards[i];
    return NULL;
}

static int test_method_setup(const struct engine *e, struct account_id account, struct str token,
                             struct gateway_method *ret, struct err *reterr) {
    const struct card *c = card_find(token);
    if (!c)
        return err_refuse(reterr, ERR_FORBIDDEN, "billing.method_declined",
                          "This payment method was not accepted. Try another one.",
                          "the test gateway keeps no such token");
    snprintf(ret->token, sizeof ret->token, "%s", c->token);
    snprintf(ret->label, sizeof ret->label, "%s", c->label);
    return 0;
}

static void result_of(struct str state, struct str key, struct gateway_result *ret) {
    *ret = (struct gateway_result){0};
    snprintf(ret->ref, sizeof ret->ref, "test_" STR_FMT, STR_ARG(key));
    if (str_eq(state, STR("succeeded"))) {
        ret->outcome = GATEWAY_SUCCEEDED;
    } else if (str_eq(state, STR("action"))) {
        ret->outcome = GATEWAY_ACTION;
        snprintf(ret->action_url, sizeof ret->action_url, "/api/v1/test-gateway/" STR_FMT,
                 STR_ARG(key));
    } else {
        ret->outcome = GATEWAY_DECLINED;
        if (str_eq(state, STR("declined")))
            snprintf(ret->code, sizeof ret->code, "card_declined");
    }
}

/* Writes the key down once; later calls get what stands there. */
static int remember(const struct engine *e, const char *kind, struct str key, struct str token,
                    struct money m, struct str state, struct arena *a, struct rows *ret,
                    struct err *reterr) {
    int rc = store_query(e->store, &billing_sql[TESTGW_PUT],
                         ARGS(A_STR(key), A_CSTR(kind), A_STR(token), A_CSTR(m.currency.s),
                              A_I64(m.minor), A_STR(state), A_I64(clock_now_ms(e->clock))),
                         a, ret, reterr);
    if (rc < 0)
        return rc;
    if (row_i64(ret, 0, 2) != m.minor || !str_eq(row_str(ret, 0, 3), currency_str(&m.currency)))
        return err_set(reterr, ERR_CONFLICT, "the key was used for another amount");
    return 0;
}

static int test_status(const struct engine *e, struct str key, struct gateway_result *ret,
                       struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    int rc = store_query(e->store, &billing_sql[TESTGW_GET], ARGS(A_STR(key)), &a, &r, reterr);
    if (rc > 0 && !str_eq(row_str(&r, 0, 0), STR("absent")))
        result_of(row_str(&r, 0, 0), key, ret);
    else
        *ret = (struct gateway_result){.outcome = GATEWAY_ABSENT};
    return rc < 0 ? rc : 0;
}

static int test_charge(const struct engine *e, const struct gateway_charge *c,
                       struct gateway_result *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    const struct card *card = card_find(c->token);
    struct str state =
        str_of(!card ? "declined" : c->off_session ? card->off_session : card->on_session);
    bool lost = card && card->first == NEVER_ARRIVES;
    int rc = remember(e, "charge", c->key, c->token, c->amount, lost ? STR("absent") : state, &a, &r,
                      reterr);
    if (rc)
        return rc;
    int64_t calls = row_i64(&r, 0, 1);
    if (card && card->first != ANSWERS && calls == 1) {
        *ret = (struct gateway_result){.outcome = GATEWAY_UNKNOWN};
        return 0;
    }
    if (lost && str_eq(row_str(&r, 0, 0), STR("absent"))) { /* it arrives now */
        rc = store_exec(e->store, &billing_sql[TESTGW_MOVE], ARGS(A_STR(c->key), A_STR(state)),
                        reterr);
        return rc < 0 ? rc : test_status(e, c->key, ret, reterr);
    }
    result_of(row_str(&r, 0, 0), c->key, ret);
    return 0;
}

static int test_cancel(const struct engine *e, struct str key, struct gateway_result *ret,
                       struct err *reterr) {
    int rc = store_exec(e->store, &billing_sql[TESTGW_MOVE], ARGS(A_STR(key), A_CSTR("cancelled")),
                        reterr);
    return rc < 0 ? rc : test_status(e, key, ret, reterr);
}

static int test_refund(const struct engine *e, const struct gateway_refund *f,
                       struct gateway_result *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    int rc = remember(e, "refund", f->key, f->charge_key, f->amount, STR("succeeded"), &a, &r,
                      reterr);
    if (rc == 0)
        result_of(row_str(&r, 0, 0), f->key, ret);
    return rc;
}

int test_gateway_card(size_t i, const char **ret_token, const char **ret_label) {
    if (i >= ARRAY_LEN(cards))
        return 0;
    *ret_token = cards[i].token;
    *ret_label = cards[i].label;
    return 1;
}

int test_gateway_answer(const struct engine *e, struct str key, bool yes, struct err *reterr) {
    int rc = store_exec(e->store, &billing_sql[TESTGW_MOVE],
                        ARGS(A_STR(key), A_CSTR(yes ? "succeeded" : "declined")), reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_CONFLICT, "billing.not_now",
                          "This payment waits for no answer any more.", "no open test charge");
    return rc < 0 ? rc : 0;
}

const struct gateway test_gateway = {
    .name = "test",
    .method_setup = test_method_setup,
    .charge = test_charge,
    .status = test_status,
    .cancel = test_cancel,
    .refund = test_refund,
};
