/*
 * gateway_stripe.c - Stripe as a gateway. A payment is one PaymentIntent with our payment's id as its
 * Idempotency-Key and in its metadata. Stripe forgets keys after a day, and repeats a saved 500 until
 * then; so a charge that was tried before is first looked for among its customer's PaymentIntents,
 * and only when there is none it is sent again. That is what keeps a lost answer from being a second
 * charge, whenever it is asked for again. Refunds likewise.
 *
 * A token is "customer/payment_method": Stripe charges a kept method for its customer alone. Card
 * numbers stay on Stripe's own page (Checkout in setup mode).
 */
#include "service/billing/gateway_sql.h"
#include "service/billing/stripe_int.h"
#include "base/log.h"

enum { FORM_MAX = 8 << 10, PAGE = 100 };

struct call {
    int64_t n, created_ms;
    struct str ref, customer;
};

static int call_begin(const struct engine *e, struct str key, struct str customer, struct arena *a,
                      struct call *ret, struct err *reterr) {
    struct rows r;
    int rc = store_row(e->store, &gateway_sql[CALL_PUT],
                       ARGS(A_STR(key), A_CSTR(stripe_gateway.name), A_STR(customer),
                            A_I64(clock_now_ms(e->clock))),
                       a, &r, reterr);
    if (rc < 0)
        return rc;
    *ret = (struct call){.n = row_i64(&r, 0, 0),
                         .ref = row_str(&r, 0, 1),
                         .customer = row_str(&r, 0, 2),
                         .created_ms = row_i64(&r, 0, 3)};
    return 0;
}

/* 1: found; 0: Stripe was never asked under this key. */
static int call_get(const struct engine *e, struct str key, struct arena *a, struct call *ret,
                    struct err *reterr) {
    struct rows r;
    int rc = store_query(e->store, &gateway_sql[CALL_GET], ARGS(A_STR(key)), a, &r, reterr);
    if (rc > 0)
        *ret = (struct call){.n = row_i64(&r, 0, 0),
                             .ref = row_str(&r, 0, 1),
                             .customer = row_str(&r, 0, 2),
                             .created_ms = row_i64(&r, 0, 3)};
    return rc;
}

static int call_ref(const struct engine *e, struct str key, struct str ref, struct err *reterr) {
    int rc = ref.n ? store_exec(e->store, &gateway_sql[CALL_REF], ARGS(A_STR(key), A_STR(ref)), reterr)
                   : 0;
    return rc < 0 ? rc : 0;
}

/* What a decline says to a payer. Of stolen cards and suspected fraud nothing more than "declined"
 * (docs.stripe.com/declines/codes). */
static const char *decline_of(struct str decline, struct str code) {
    static const struct {
        const char *stripe, *ours;
    } table[] = {{"insufficient_funds", "insufficient_funds"},
                 {"withdrawal_count_limit_exceeded", "insufficient_funds"},
                 {"card_velocity_exceeded", "insufficient_funds"},
                 {"expired_card", "expired_card"},
                 {"incorrect_cvc", "incorrect_card"},
                 {"invalid_cvc", "incorrect_card"},
                 {"incorrect_number", "incorrect_card"},
                 {"invalid_expiry_month", "incorrect_card"},
                 {"invalid_expiry_year", "incorrect_card"},
                 {"currency_not_supported", "currency_not_supported"},
                 {"processing_error", "processing_error"},
                 {"issuer_not_available", "processing_error"},
                 {"try_again_later", "processing_error"},
                 {"authentication_required", "authentication_required"},
                 {"payment_intent_authentication_failure", "authentication_failed"},
                 {"resource_missing", "method_gone"}};
    for (int turn = 0; turn < 2; turn++)
        for (size_t i = 0; i < ARRAY_LEN(table); i++)
            if (str_eq(turn ? code : decline, str_of(table[i].stripe)))
                return table[i].ours;
    return "card_declined";
}

static void declined(struct gateway_result *r, const char *code) {
    r->outcome = GATEWAY_DECLINED;
    snprintf(r->code, sizeof r->code, "%s", code);
}

static void decline_read(const json_t *error, struct gateway_result *r) {
    declined(r, decline_of(json_text(error, "decline_code"), json_text(error, "code")));
}

static void action_read(const json_t *intent, struct gateway_result *r) {
    struct str url = json_text(json_object_get(json_object_get(intent, "next_action"), "redirect_to_url"), "url");
    r->outcome = GATEWAY_ACTION;
    if (url.n && url.n < sizeof r->action_url)
        snprintf(r->action_url, sizeof r->action_url, STR_FMT, STR_ARG(url));
}

/* docs.stripe.com/payments/paymentintents/lifecycle */
static void intent_read(const json_t *intent, struct gateway_result *r) {
    struct str status = json_text(intent, "status");
    *r = (struct gateway_result){.outcome = GATEWAY_UNKNOWN};
    snprintf(r->ref, sizeof r->ref, STR_FMT, STR_ARG(json_text(intent, "id")));
    if (str_eq(status, STR("succeeded")))
        r->outcome = GATEWAY_SUCCEEDED;
    else if (str_eq(status, STR("requires_action")))
        action_read(intent, r);
    else if (str_eq(status, STR("requires_payment_method")))
        decline_read(json_object_get(intent, "last_payment_error"), r);
    else if (str_eq(status, STR("canceled")))
        r->outcome = GATEWAY_DECLINED;
}

static int intent_get(const struct engine *e, struct str ref, struct gateway_result *ret,
                      struct err *reterr) {
    scoped(stripe_reply_done) struct stripe_reply r = {0};
    char path[200];
    snprintf(path, sizeof path, "/v1/payment_intents/" STR_FMT, STR_ARG(ref));
    int rc = stripe_call(e, "GET", path, NULL, STR_NULL, &r, reterr);
    if (rc)
        return rc;
    if (r.status != 200)
        return err_set(reterr, ERR_IO, "stripe: reading a payment answers %d", r.status);
    intent_read(r.body, ret);
    return 0;
}

/* The one object of a list whose metadata names our key; *ret is borrowed from the reply. */
static const json_t *find_ours(const json_t *list, const char *name, struct str key) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(list, "data"), i, one)
        if (str_eq(json_text(json_object_get(one, "metadata"), name), key))
            return one;
    return NULL;
}

/* Pages through a list, newest first, as far back as the call is old. 1: found. */
static int list_find(const struct engine *e, const char *path, const char *filter, struct str value,
                     int64_t from_ms, const char *name, struct str key, json_t **ret,
                     struct err *reterr) {
    char after[120] = "";
    for (;;) {
        scoped(stripe_reply_done) struct stripe_reply r = {0};
        scoped(buf_done) struct buf q = BUF(FORM_MAX);
        form_add(&q, filter, value);
        form_add_i64(&q, "created[gte]", from_ms / 1000 - 3600); /* their clock is not ours */
        form_add_i64(&q, "limit", PAGE);
        if (after[0])
            form_add(&q, "starting_after", str_of(after));
        int rc = stripe_call(e, "GET", path, &q, STR_NULL, &r, reterr);
        if (rc)
            return rc;
        const json_t *data = json_object_get(r.body, "data"), *one;
        if (r.status != 200 || !json_is_array(data))
            return err_set(reterr, ERR_IO, "stripe: a list answers %d", r.status);
        if ((one = find_ours(r.body, name, key))) {
            *ret = json_deep_copy(one);
            return *ret ? 1 : err_set(reterr, ERR_NO_MEMORY, "no memory for a list");
        }
        struct str last = json_text(json_array_get(data, json_array_size(data) - 1), "id");
        if (!json_is_true(json_object_get(r.body, "has_more")) || !last.n || last.n >= sizeof after)
            return 0;
        snprintf(after, sizeof after, STR_FMT, STR_ARG(last));
    }
}

/* By the id that Stripe gave, else among the customer's. 1: found, *ret says what it is now. */
static int intent_find(const struct engine *e, struct str key, const struct call *c,
                       struct gateway_result *ret, struct err *reterr) {
    json_t *one = NULL;
    if (c->ref.n) {
        int rc = intent_get(e, c->ref, ret, reterr);
        return rc ? rc : 1;
    }
    int rc = list_find(e, "/v1/payment_intents", "customer", c->customer, c->created_ms,
                       "payment_id", key, &one, reterr);
    if (rc > 0) {
        intent_read(one, ret);
        int kept = call_ref(e, key, json_text(one, "id"), reterr);
        rc = kept ? kept : rc;
    }
    json_decref(one);
    return rc;
}

/* Where Stripe counts otherwise than ISO 4217 (docs.stripe.com/currencies#special-cases). */
static bool amount_of(struct money m, int64_t *ret) {
    bool times = str_eq(currency_str(&m.currency), STR("ISK")) || str_eq(currency_str(&m.currency), STR("UGX"));
    return minor_mul(m.minor, times ? 100 : 1, ret);
}

static void currency_add(struct buf *f, struct money m) {
    char lower[4] = "";
    for (int i = 0; i < 3; i++)
        lower[i] = (char)(m.currency.s[i] | 0x20);
    form_add(f, "currency", str_of(lower));
}

static int intent_form(const struct gateway_charge *c, struct str customer, struct str method,
                       struct buf *f, struct err *reterr) {
    int64_t amount;
    if (!amount_of(c->amount, &amount))
        return err_set(reterr, ERR_INVALID, "an amount does not fit Stripe");
    form_add_i64(f, "amount", amount);
    currency_add(f, c->amount);
    form_add(f, "customer", customer);
    form_add(f, "payment_method", method);
    form_add(f, "payment_method_types[0]", STR("card"));
    form_add(f, "confirm", STR("true"));
    form_add(f, "metadata[payment_id]", c->key);
    if (c->off_session)
        form_add(f, "off_session", STR("true"));
    else
        form_add(f, "return_url", c->return_url);
    return 0;
}

/* A 4xx. The PaymentIntent that a declined card leaves behind is in the error. */
static int refusal_read(const struct engine *e, const struct stripe_reply *r, struct str key,
                        struct gateway_result *ret, struct err *reterr) {
    const json_t *error = json_object_get(r->body, "error");
    struct str type = json_text(error, "type"), code = json_text(error, "code");
    struct str ref = json_text(json_object_get(error, "payment_intent"), "id");
    *ret = (struct gateway_result){.outcome = GATEWAY_UNKNOWN};
    snprintf(ret->ref, sizeof ret->ref, STR_FMT, STR_ARG(ref));
    if (str_eq(type, STR("card_error"))) {
        decline_read(error, ret);
        return call_ref(e, key, ref, reterr);
    }
    /* Of the request itself: it would be refused again. A key in use or used otherwise says nothing
     * about what became of its first use. */
    if (str_eq(type, STR("invalid_request_error")) && r->status != 409 && r->status != 429) {
        log_event(LOG_ERROR, "billing.stripe_refused", LSTR("code", str_slice(code, 0, 60)),
                  LSTR("param", str_slice(json_text(error, "param"), 0, 60)));
        declined(ret, str_eq(code, STR("resource_missing")) ? "method_gone" : "gateway_refused");
    }
    return 0;
}

static int stripe_charge(const struct engine *e, const struct gateway_charge *c,
                         struct gateway_result *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    scoped(buf_done) struct buf f = BUF(FORM_MAX);
    scoped(stripe_reply_done) struct stripe_reply r = {0};
    struct str customer, method = str_cut(c->token, '/', &customer);
    struct call call;
    if (!method.n)
        return err_set(reterr, ERR_CORRUPT, "a stored method of Stripe's has no customer");
    int rc = call_begin(e, c->key, customer, &a, &call, reterr);
    if (rc == 0 && call.n > 1)
        rc = intent_find(e, c->key, &call, ret, reterr);
    if (rc) /* found, or not to be found out now */
        return rc < 0 ? rc : 0;
    rc = intent_form(c, customer, method, &f, reterr);
    if (rc == 0)
        rc = stripe_call(e, "POST", "/v1/payment_intents", &f, c->key, &r, reterr);
    if (rc)
        return rc;
    if (r.status != 200)
        return refusal_read(e, &r, c->key, ret, reterr);
    intent_read(r.body, ret);
    return call_ref(e, c->key, str_of(ret->ref), reterr);
}

static int stripe_status(const struct engine *e, struct str key, struct gateway_result *ret,
                         struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct call c;
    int rc = call_get(e, key, &a, &c, reterr);
    if (rc > 0)
        rc = intent_find(e, key, &c, ret, reterr);
    if (rc == 0)
        *ret = (struct gateway_result){.outcome = GATEWAY_ABSENT};
    return rc < 0 ? rc : 0;
}

/* Whatever the cancel answers, what counts is what the payment is then. */
static int stripe_cancel(const struct engine *e, struct str key, struct gateway_result *ret,
                         struct err *reterr) {
    scoped(stripe_reply_done) struct stripe_reply r = {0};
    char path[200];
    int rc = stripe_status(e, key, ret, reterr);
    if (rc || !ret->ref[0] || (ret->outcome != GATEWAY_ACTION && ret->outcome != GATEWAY_UNKNOWN))
        return rc;
    snprintf(path, sizeof path, "/v1/payment_intents/%s/cancel", ret->ref);
    rc = stripe_call(e, "POST", path, NULL, STR_NULL, &r, reterr);
    return rc ? rc : stripe_status(e, key, ret, reterr);
}

static void refund_read(const json_t *refund, struct gateway_result *r) {
    struct str status = json_text(refund, "status");
    *r = (struct gateway_result){.outcome = GATEWAY_UNKNOWN};
    snprintf(r->ref, sizeof r->ref, STR_FMT, STR_ARG(json_text(refund, "id")));
    if (str_eq(status, STR("succeeded")))
        r->outcome = GATEWAY_SUCCEEDED;
    else if (str_eq(status, STR("failed")) || str_eq(status, STR("canceled")))
        declined(r, "refund_failed");
}

/* 1: it is there. A refund that is pending stays asked for. */
static int refund_find(const struct engine *e, const struct gateway_refund *f, const struct call *c,
                       struct gateway_result *ret, struct err *reterr) {
    json_t *one = NULL;
    int rc = list_find(e, "/v1/refunds", "payment_intent", f->charge_ref, c->created_ms, "refund_id",
                       f->key, &one, reterr);
    if (rc > 0)
        refund_read(one, ret);
    json_decref(one);
    return rc;
}

static int stripe_refund(const struct engine *e, const struct gateway_refund *f,
                         struct gateway_result *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    scoped(buf_done) struct buf form = BUF(FORM_MAX);
    scoped(stripe_reply_done) struct stripe_reply r = {0};
    struct call call;
    int64_t amount;
    if (!amount_of(f->amount, &amount))
        return err_set(reterr, ERR_INVALID, "an amount does not fit Stripe");
    int rc = call_begin(e, f->key, STR(""), &a, &call, reterr);
    if (rc == 0 && call.n > 1)
        rc = refund_find(e, f, &call, ret, reterr);
    if (rc)
        return rc < 0 ? rc : 0;
    form_add(&form, "payment_intent", f->charge_ref);
    form_add_i64(&form, "amount", amount);
    form_add(&form, "metadata[refund_id]", f->key);
    rc = stripe_call(e, "POST", "/v1/refunds", &form, f->key, &r, reterr);
    if (rc)
        return rc;
    if (r.status == 200)
        refund_read(r.body, ret);
    else
        rc = refusal_read(e, &r, f->key, ret, reterr);
    return rc;
}

static int stripe_method_setup(const struct engine *e, struct account_id account, struct str token,
                               struct gateway_method *ret, struct err *reterr) {
    return err_refuse(reterr, ERR_INVALID, "billing.setup_needed",
                      "Add the payment method first (POST billing/method/setup), then send no token.",
                      "stripe takes no tokens");
}

const struct gateway stripe_gateway = {
    .name = "stripe",
    .method_setup = stripe_method_setup,
    .setup_begin = stripe_setup_begin,
    .setup_read = stripe_setup_read,
    .customer_forget = stripe_customer_forget,
    .charge = stripe_charge,
    .status = stripe_status,
    .cancel = stripe_cancel,
    .refund = stripe_refund,
    .dispute_read = stripe_dispute_read,
    .refund_read = stripe_refund_read,
};
