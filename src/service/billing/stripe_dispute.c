/* stripe_dispute.c - a dispute as Stripe has it (docs.stripe.com/api/disputes/object). Whether the
 * money is gone is the sum of the dispute's own balance transactions. */
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
    snprintf(d.charge_key, sizeof d.charge_key, "%.*s", ID_LEN,
             json_text(json_object_get(intent, "metadata"), "payment_id").p);
    snprintf(d.reason, sizeof d.reason, STR_FMT, STR_ARG(str_slice(json_text(r.body, "reason"), 0, 59)));
    if (d.state == DISPUTE_OPEN || d.state == DISPUTE_INQUIRY)
        d.due_ms = 1000 * json_integer_value(json_object_get(json_object_get(r.body, "evidence_details"), "due_by"));
    *ret = d;
    return 0;
}
