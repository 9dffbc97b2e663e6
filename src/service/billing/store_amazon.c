/*
 * store_amazon.c - subscriptions of the Amazon Appstore. An app brings the receipt's id and the store's id of the buyer; what it
 * is says the Receipt Verification Service (verifyReceiptId, operation version 1.0). Both ids are needed each time, so the
 * reference is "user/receipt". Amazon is not heard here: the clock asks.
 */
#include "service/billing/store_int.h"
#include <string.h>

static int amazon_receipt_ref(const struct engine *e, const struct store_receipt *r, char ret[STORE_REF_MAX],
                              struct err *reterr) {
    char user[400];
    if (!r->user.p || !store_ref_put(user, sizeof user, r->user) || strchr(user, '/') || str_index(r->receipt, '/') >= 0 ||
        strlen(user) + 1 + r->receipt.n >= STORE_REF_MAX)
        return err_refuse(reterr, ERR_INVALID, "billing.receipt_unknown",
                          "Send the receipt's id as receipt and the buyer's id as user.", "no user, or not Amazon's ids");
    int n = snprintf(ret, STORE_REF_MAX, "%s/", user);
    return store_ref_put(ret + n, STORE_REF_MAX - (size_t)n, r->receipt) ? 0 : receipt_unknown(reterr);
}

/* developer.amazon.com, "RVS for Appstore SDK IAP": renewalDate is when the next payment is due, cancelDate when it ended;
 * gracePeriodEndDate while a payment has failed. */
int amazon_receipt_parse(const json_t *o, struct str ref, bool tests, int64_t now_ms, struct store_subscription *ret,
                         struct err *reterr) {
    struct store_subscription st = {.renews = !json_is_false(json_object_get(o, "autoRenewing"))};
    int64_t cancelled = json_ms(o, "cancelDate"), grace = json_ms(o, "gracePeriodEndDate");
    bool test = json_is_true(json_object_get(o, "testTransaction")) || json_is_true(json_object_get(o, "betaProduct"));
    if (test && !tests)
        return receipt_environment(reterr);
    if (!str_eq(json_get_str(o, "productType"), STR("SUBSCRIPTION")))
        return receipt_unknown(reterr);
    if (!store_ref_put(st.ref, sizeof st.ref, ref) || !store_ref_put(st.product, sizeof st.product, json_get_str(o, "productId")))
        return err_set(reterr, ERR_IO, "amazon: a receipt without what belongs to it");
    st.period_start_ms = json_ms(o, "purchaseDate");
    st.period_end_ms = json_ms(o, "renewalDate");
    if (cancelled && cancelled <= now_ms)
        st.state = STORE_SUB_ENDED;
    else if (st.period_end_ms > now_ms)
        st.state = STORE_SUB_ACTIVE;
    else if (grace > now_ms)
        st.state = STORE_SUB_GRACE;
    else
        st.state = st.renews ? STORE_SUB_HOLD : STORE_SUB_ENDED;
    if (cancelled > now_ms) { /* ends then, whatever renewalDate says */
        st.renews = false;
        st.period_end_ms = cancelled;
    }
    st.grace_until_ms = st.state == STORE_SUB_GRACE ? grace : 0;
    *ret = st;
    return 0;
}

static int amazon_read(const struct engine *e, struct str ref, struct store_subscription *ret, struct err *reterr) {
    scoped(buf_done) struct buf url = BUF(8 << 10);
    scoped(store_reply_done) struct store_reply r = {0};
    struct str user, receipt = str_cut(ref, '/', &user);
    if (!receipt.p || !receipt.n || !user.n)
        return receipt_unknown(reterr);
    const struct str parts[] = {str_of(config_str(e->config, "amazon-shared-secret")), user, receipt};
    store_url(&url, config_str(e->config, "amazon-url"), "/version/1.0/verifyReceiptId/developer/%s/user/%s/receiptId/%s", parts,
              ARRAY_LEN(parts));
    struct store_request q = {.what = "amazon: verifyReceiptId", .url = buf_cstr(&url)};
    int rc = q.url ? store_call(e, &q, &r, reterr) : receipt_unknown(reterr);
    if (rc)
        return rc;
    switch (r.status) {
    case 200:
        return amazon_receipt_parse(r.body, ref, config_bool(e->config, "amazon-test-purchases"), clock_now_ms(e->clock), ret, reterr);
    case 410: /* no longer valid */
        *ret = (struct store_subscription){.state = STORE_SUB_ENDED};
        return store_ref_put(ret->ref, sizeof ret->ref, ref) ? 0 : receipt_unknown(reterr);
    case 496:
        return err_set(reterr, ERR_PERMISSION, "amazon: amazon-shared-secret is not accepted");
    case 400:
    case 497: /* another user's */
        return receipt_unknown(reterr);
    default:
        return err_set(reterr, ERR_IO, "amazon: verifyReceiptId: %d", r.status);
    }
}

const struct gateway amazon_store = {
    .name = "amazon",
    .title = "the Amazon Appstore",
    .manage_url = "https://www.amazon.com/yourmembershipsandsubscriptions",
    .owned_by_store = true,
    .receipt_ref = amazon_receipt_ref,
    .subscription_read = amazon_read,
};

int amazon_start(const struct engine *e, struct err *reterr) {
    if (!config_str(e->config, "amazon-shared-secret")[0])
        return 0;
    int rc = store_url_check(e, "amazon-url", reterr);
    if (rc == 0)
        gateway_add(&amazon_store);
    return rc;
}
