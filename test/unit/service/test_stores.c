/* What Roku and Amazon answer, in our words. */
#include "service/billing/store_int.h"
#include <criterion/criterion.h>

#define NOW 1800000000000LL
#define UUID "09898ffd-7d2a-49bc-94b1-aafd0189a6fa"

Test(stores, times_of_roku) {
    static const struct {
        const char *text;
        int64_t ms;
    } table[] = {{"/Date(1588892919000+0000)/", 1588892919000}, {"/Date(1588892919000)/", 1588892919000},
                 {"/Date(1588892919000-0700)/", 1588892919000}, {"2026-05-15T19:23:00Z", 1778872980000},
                 {"/Date(-5)/", 0}, {"/Date()/", 0}, {"/Date(99999999999999999999)/", 0}, {"/Date(1e9)/", 0}, {"/Date(", 0},
                 {")/", 0}, {"", 0}, {"tomorrow", 0}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        cr_expect_eq(roku_time(str_of(table[i].text)), table[i].ms, "%s", table[i].text);
    cr_expect_eq(roku_time(STR_NULL), 0);
}

static int roku(const char *text, struct store_subscription *ret) {
    json_t *o = json_loads(text, 0, NULL);
    int rc = roku_transaction_parse(o, ret, NULL);
    json_decref(o);
    return rc;
}

Test(stores, a_transaction_of_roku) {
    struct store_subscription st;
    cr_assert_eq(roku("{\"transactionId\":\"" UUID "\",\"productId\":\"p\",\"isEntitled\":true,\"expirationDate\":\"/Date(5000+0000)/\"}", &st), 0);
    cr_expect_eq(st.state, STORE_SUB_ACTIVE);
    cr_expect(st.renews);
    cr_expect_eq(st.period_end_ms, 5000);
    cr_expect_str_eq(st.ref, UUID);
    cr_assert_eq(roku("{\"transactionId\":\"" UUID "\",\"productId\":\"p\",\"isDunning\":true}", &st), 0);
    cr_expect_eq(st.state, STORE_SUB_HOLD);
    cr_expect_eq(roku("{\"transactionId\":\"" UUID "\"}", &st), ERR_IO, "no product");
    cr_expect_eq(roku("{\"productId\":\"p\",\"OriginalTransactionId\":\"" UUID "\"}", &st), ERR_IO, "no transaction");
    cr_expect_eq(roku("[]", &st), ERR_IO);
    cr_expect_eq(roku_transaction_parse(NULL, &st, NULL), ERR_IO);
}

static int amazon(const char *rest, bool tests, struct store_subscription *ret) {
    char text[400];
    snprintf(text, sizeof text, "{\"productType\":\"SUBSCRIPTION\",\"productId\":\"p\"%s}", rest);
    json_t *o = json_loads(text, 0, NULL);
    int rc = amazon_receipt_parse(o, STR("u/r"), tests, NOW, ret, NULL);
    json_decref(o);
    return rc;
}

Test(stores, a_receipt_of_amazon) {
    static const struct {
        const char *rest;
        enum store_sub_state state;
        bool renews;
    } table[] = {
        {",\"renewalDate\":1800000000001,\"autoRenewing\":true", STORE_SUB_ACTIVE, true},
        {",\"renewalDate\":1800000000001,\"autoRenewing\":false", STORE_SUB_ACTIVE, false},
        {",\"renewalDate\":1799999999999,\"gracePeriodEndDate\":1800000000001", STORE_SUB_GRACE, true},
        {",\"renewalDate\":1799999999999,\"gracePeriodEndDate\":1799999999999", STORE_SUB_HOLD, true},
        {",\"renewalDate\":1799999999999,\"autoRenewing\":false", STORE_SUB_ENDED, false},
        {",\"renewalDate\":1800000000001,\"cancelDate\":1799999999999", STORE_SUB_ENDED, true},
        {",\"renewalDate\":1900000000000,\"cancelDate\":1800000000001", STORE_SUB_ACTIVE, false},
        {",\"renewalDate\":\"1900000000000\"", STORE_SUB_HOLD, true}, /* no number: no date */
        {",\"renewalDate\":999999999999999999", STORE_SUB_HOLD, true},
    };
    struct store_subscription st;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        cr_assert_eq(amazon(table[i].rest, false, &st), 0, "%s", table[i].rest);
        cr_expect_eq(st.state, table[i].state, "%s", table[i].rest);
        cr_expect_eq(st.renews, table[i].renews, "%s", table[i].rest);
    }
    cr_expect_eq(amazon(",\"testTransaction\":true", false, &st), ERR_INVALID);
    cr_expect_eq(amazon(",\"betaProduct\":true", false, &st), ERR_INVALID);
    cr_expect_eq(amazon(",\"testTransaction\":true", true, &st), 0);
    cr_expect_eq(amazon_receipt_parse(NULL, STR("u/r"), false, NOW, &st, NULL), ERR_INVALID);
}

static int push(const char *text, struct store_notice *ret) {
    char key[100];
    return roku_notice_parse(str_of(text), ret, key, NULL);
}

Test(stores, a_push_of_roku_says_which_transaction) {
    struct store_notice n;
    cr_assert_eq(push("{\"transactionType\":\"SALE\",\"transactionId\":\"" UUID "\",\"responseKey\":\"abc\"}", &n), 0);
    cr_expect_str_eq(n.ref, UUID);
    cr_expect_str_eq(n.id, "abc");
    static const char *const bad[] = {"", "[]", "{}", "{\"transactionType\":\"SALE\",\"transactionId\":\"" UUID "\"}",
                                      "{\"transactionType\":\"SALE\",\"transactionId\":\"x\",\"responseKey\":\"abc\"}",
                                      "{\"transactionType\":\"SALE\",\"transactionId\":\"" UUID "\",\"responseKey\":\"a\\r\\nb: c\"}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_expect_eq(push(bad[i], &n), ERR_INVALID, "%s", bad[i]);
}
