/* store_test.c - a store that owns subscriptions and is nobody's: it says what its table was told, as
 * Apple's or Google's side of a receipt would. In force with billing-test-gateway. */
#include "service/billing/gateway_sql.h"
#include "service/billing/billing_int.h"

static int store_read(const struct engine *e, struct str receipt, struct store_subscription *ret,
                      struct err *reterr) {
    static const char *const names[] = {
#define X(name, text) text,
        STORE_SUB_STATES(X)
#undef X
    };
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    int rc = store_query(e->store, &gateway_sql[STORE_GET], ARGS(A_STR(receipt)), &a, &r, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_INVALID, "billing.receipt_unknown",
                          "The store knows no such purchase.", "no such receipt");
    if (rc < 0)
        return rc;
    *ret = (struct store_subscription){.state = STORE_SUB_ENDED,
                                       .renews = row_i64(&r, 0, 2) != 0,
                                       .period_start_ms = row_i64(&r, 0, 3),
                                       .period_end_ms = row_i64(&r, 0, 4),
                                       .grace_until_ms = row_i64(&r, 0, 5)};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(row_str(&r, 0, 1), str_of(names[i])))
            ret->state = (enum store_sub_state)i;
    snprintf(ret->ref, sizeof ret->ref, STR_FMT, STR_ARG(receipt));
    snprintf(ret->product, sizeof ret->product, STR_FMT, STR_ARG(row_str(&r, 0, 0)));
    return 0;
}

static int receipt_ref(const struct engine *e, const struct store_receipt *r, char ret[STORE_REF_MAX], struct err *reterr) {
    snprintf(ret, STORE_REF_MAX, STR_FMT, STR_ARG(r->receipt)); /* the table's word is all there is */
    return 0;
}

const struct gateway test_store = {
    .name = "test-store",
    .title = "the test store",
    .manage_url = "https://store.example/subscriptions",
    .owned_by_store = true,
    .receipt_ref = receipt_ref,
    .subscription_read = store_read,
};
