/* stripe_dispute.c - what others do to a payment, as Stripe has it: a bank's dispute
 * (docs.stripe.com/api/disputes/object; whether the money is gone is the sum of the dispute's own
 * balance transactions), and a refund made in Stripe's dashboard. */
#include "service/billing/stripe_int.h"

static int state_of(struct str s) {
    static const struct {
        const char *stripe;
        int ours;
    } table[] = {{"warning_needs_response", DISPUTE_INQUIRY},
                 {"warning_under_review", DISPUTE_INQUIRY},
                 {"warning_closed", DISPUTE_WON},
                 {"prevented", DISPUTE_WON},
                 {"won", DISPUTE_WON},
                 {"lost", DISPUTE_LOST}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (str_eq(s, str_of(table[i].stripe)))
            return table[i].ours;
    return DISPUTE_OPEN; /* needs_response, under_review */
}

static bool is_withdrawn(const json_t *dispute) {
    int64_t sum = 0;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(dispute, "balance_transactions"), i, one)
        if (!minor_add(sum, json_integer_value(json_object_get(one, "amount")), &sum))
            return true;
    return sum < 0;
}

static bool amount_read(const json_t *dispute, struct money *ret) {
    struct str c = json_text(dispute, "currency");
    char upper[4] = "";
    int64_t minor = json_integer_value(json_object_get(dispute, "amount"));
    for (size_t i = 0; i < 3 && c.n == 3; i++)
        upper[i] = (char)(c.p[i] & ~0x20);
    if (!currency_parse(str_of(upper), &ret->currency) || minor <= 0)
        return false;
    bool times = strcmp(upper, "ISK") == 0 || strcmp(upper, "UGX") == 0;
    ret->minor = times ? minor / 100 : minor;
    return true;
}

static void key_read(const json_t *o, const char *name, char dst[40]) {
    struct str key = json_text(json_object_get(o, "metadata"), name);
    snprintf(dst, 40, STR_FMT, STR_ARG(str_slice(key, 0, ID_LEN)));
}

int stripe_dispute_read(const struct engine *e, struct str ref, struct gateway_dispute *ret,
                        struct err *reterr) {
    scoped(stripe_reply_done) struct stripe_reply r = {0};
    char path[300];
    snprintf(path, sizeof path, "/v1/disputes/" STR_FMT "?expand%%5B0%%5D=payment_intent", STR_ARG(ref));
    int rc = stripe_call(e, "GET", path, NULL, STR_NULL, &r, reterr);
    if (rc)
        return rc;
    struct gateway_dispute d = {.state = (unsigned)state_of(json_text(r.body, "status")),
                                .withdrawn = is_withdrawn(r.body)};
    if (r.status != 200 || !amount_read(r.body, &d.amount))
        return err_set(reterr, ERR_IO, "stripe: reading a dispute answers %d", r.status);
    const json_t *intent = json_object_get(r.body, "payment_intent");
    key_read(intent, "payment_id", d.charge_key);
    snprintf(d.reason, sizeof d.reason, STR_FMT, STR_ARG(str_slice(json_text(r.body, "reason"), 0, 59)));
    struct str status = json_text(r.body, "status"); /* under review: the evidence has been sent */
    if (str_eq(status, STR("needs_response")) || str_eq(status, STR("warning_needs_response")))
        d.due_ms = 1000 * json_integer_value(json_object_get(json_object_get(r.body, "evidence_details"), "due_by"));
    *ret = d;
    return 0;
}

int stripe_refund_read(const struct engine *e, struct str ref, struct gateway_refund_seen *ret,
                       struct err *reterr) {
    scoped(stripe_reply_done) struct stripe_reply r = {0};
    char path[300];
    snprintf(path, sizeof path, "/v1/refunds/" STR_FMT "?expand%%5B0%%5D=payment_intent", STR_ARG(ref));
    int rc = stripe_call(e, "GET", path, NULL, STR_NULL, &r, reterr);
    if (rc)
        return rc;
    struct str status = json_text(r.body, "status");
    struct gateway_refund_seen f = {.succeeded = str_eq(status, STR("succeeded")),
                                    .failed = str_eq(status, STR("failed")) || str_eq(status, STR("canceled"))};
    if (r.status != 200 || !amount_read(r.body, &f.amount))
        return err_set(reterr, ERR_IO, "stripe: reading a refund answers %d", r.status);
    key_read(json_object_get(r.body, "payment_intent"), "payment_id", f.charge_key);
    key_read(r.body, "refund_id", f.own_key);
    *ret = f;
    return 0;
}
