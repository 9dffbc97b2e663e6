/* What the clock and the stores do to a subscription that a store owns: a gateway of the test's own says what it is. */
#include "shop.h"

static struct store_subscription says;
static int answer, asked, told;

static int fake_ref(const struct engine *e, const struct store_receipt *r, char ret[STORE_REF_MAX], struct err *reterr) {
    snprintf(ret, STORE_REF_MAX, STR_FMT, STR_ARG(r->receipt));
    return 0;
}

static int fake_read(const struct engine *e, struct str ref, struct store_subscription *ret, struct err *reterr) {
    asked++;
    if (answer)
        return err_set(reterr, answer, "the store does not answer");
    *ret = says;
    if (!ret->ref[0])
        snprintf(ret->ref, sizeof ret->ref, STR_FMT, STR_ARG(ref));
    return 0;
}

static int fake_acknowledge(const struct engine *e, const struct store_subscription *st, struct err *reterr) {
    told++;
    return told > 1 ? 0 : err_set(reterr, ERR_IO, "not now");
}

static const struct gateway fake = {.name = "fake", .title = "a store", .manage_url = "https://store.example/", .owned_by_store = true,
                                    .receipt_ref = fake_ref, .subscription_read = fake_read,
                                    .subscription_acknowledge = fake_acknowledge};

static int64_t at(const char *text) {
    int64_t ms = 0;
    cr_assert(rfc3339_parse(str_of(text), &ms));
    return ms;
}

static void store_says(enum store_sub_state state, const char *until) {
    says = (struct store_subscription){.state = state, .renews = true, .product = "basic",
                                       .period_start_ms = at("2027-02-01T00:00:00Z"), .period_end_ms = at(until)};
}

static int bring(struct shop *s, struct account_id who, const char *ref, struct err *err) {
    struct store_receipt r = {str_of(ref), STR_NULL};
    return store_receipt_take(&s->w.e, who, STR("fake"), &r, err);
}

static void begin(struct shop *s) {
    gateway_add(&fake);
    answer = asked = told = 0;
    shop_time(s, "2027-02-01T00:00:00Z");
    store_says(STORE_SUB_ACTIVE, "2027-03-01T00:00:00Z");
}

Test(billing_store, the_clock_reads_daily_and_when_a_period_ends) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    begin(&s);
    OK(bring(&s, ana, "r1", err));
    cr_expect_str_eq(shop_access(&s, ana, s.both), "");
    for (int i = 0; i < 3; i++)
        OK(billing_tick(&s.w.e, err));
    cr_expect_eq(asked, 1, "not before its time");
    shop_time(&s, "2027-02-02T00:00:01Z");
    OK(billing_tick(&s.w.e, err));
    cr_expect_eq(asked, 2, "after a day");
    store_says(STORE_SUB_ENDED, "2027-03-01T00:00:00Z"); /* refunded, and nobody told us */
    shop_time(&s, "2027-02-03T00:00:02Z");
    OK(billing_tick(&s.w.e, err));
    cr_expect_eq(shop_sub(&s, ana).state, SUB_ENDED);
    cr_expect_neq(*shop_access(&s, ana, s.both), 0);
    shop_time(&s, "2027-04-01T00:00:00Z");
    OK(billing_tick(&s.w.e, err));
    cr_expect_eq(asked, 3, "what is over is not asked for");
    shop_audit(&s);
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM invoice"), 0);
}

Test(billing_store, a_store_that_does_not_answer_is_asked_again_after_ten_minutes) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    begin(&s);
    OK(bring(&s, ana, "r1", err));
    answer = ERR_IO;
    shop_time(&s, "2027-03-01T00:00:01Z");
    for (int i = 0; i < 3; i++)
        OK(billing_tick(&s.w.e, err));
    cr_expect_eq(asked, 2, "once, then not for a while");
    cr_expect_eq(shop_sub(&s, ana).state, SUB_ACTIVE);
    cr_expect_str_eq(shop_access(&s, ana, s.both), "", "the store's silence takes nothing away at once");
    answer = 0;
    store_says(STORE_SUB_ACTIVE, "2027-04-01T00:00:00Z");
    shop_time(&s, "2027-03-01T00:11:00Z");
    OK(billing_tick(&s.w.e, err));
    cr_expect_eq(asked, 3);
    cr_expect_eq(shop_sub(&s, ana).end_ms, at("2027-04-01T00:00:00Z"));
}

Test(billing_store, each_state_of_a_store_is_one_of_ours) {
    static const struct {
        enum store_sub_state state;
        bool renews;
        enum sub_state ours;
        bool watches;
    } table[] = {{STORE_SUB_ACTIVE, true, SUB_ACTIVE, true},   {STORE_SUB_ACTIVE, false, SUB_CANCELLING, true},
                 {STORE_SUB_GRACE, true, SUB_PAST_DUE, true},  {STORE_SUB_HOLD, true, SUB_PAST_DUE, false},
                 {STORE_SUB_PAUSED, true, SUB_PAUSED, false},  {STORE_SUB_REVOKED, true, SUB_ENDED, false},
                 {STORE_SUB_ACTIVE, true, SUB_ACTIVE, true},   {STORE_SUB_ENDED, true, SUB_ENDED, false}};
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    begin(&s);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        store_says(table[i].state, "2027-03-01T00:00:00Z");
        says.renews = table[i].renews;
        says.grace_until_ms = table[i].state == STORE_SUB_GRACE ? at("2027-02-10T00:00:00Z") : 0;
        OK(bring(&s, ana, "r1", err));
        cr_expect_eq(shop_sub(&s, ana).state, table[i].ours, "row %zu", i);
        cr_expect_eq(*shop_access(&s, ana, s.both) == 0, table[i].watches, "row %zu", i);
    }
}

Test(billing_store, an_upgrade_moves_the_row_and_a_purchase_is_one_account_s) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s), bob = shop_account(&s);
    struct err why;
    begin(&s);
    OK(bring(&s, ana, "old", err));
    struct subscription_id id = shop_sub(&s, ana).id;
    snprintf(says.product, sizeof says.product, "premium");
    snprintf(says.ref, sizeof says.ref, "new");
    snprintf(says.replaces, sizeof says.replaces, "old");
    why = FAILS(ERR_CONFLICT, bring(&s, bob, "new", err));
    cr_expect_str_eq(why.reason, "billing.receipt_taken");
    OK(store_notified(&s.w.e, &fake, STR("new"), err)); /* the store is first, the app comes later */
    OK(bring(&s, ana, "new", err));
    cr_expect_str_eq(shop_sub(&s, ana).id.v.s, id.v.s);
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "");
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM subscription"), 1);
    says.replaces[0] = 0;
    snprintf(says.ref, sizeof says.ref, "of bob");
    snprintf(says.account, sizeof says.account, "%s", bob.v.s);
    why = FAILS(ERR_CONFLICT, bring(&s, ana, "of bob", err));
    cr_expect_str_eq(why.reason, "billing.receipt_taken");
    OK(bring(&s, bob, "of bob", err));
    says.state = STORE_SUB_ENDED;
    says.product[0] = 0; /* as a store that has forgotten it says that it is over */
    OK(bring(&s, bob, "of bob", err));
    cr_expect_eq(shop_sub(&s, bob).state, SUB_ENDED, "over without a word of the product");
}

Test(billing_store, what_the_store_could_not_be_told_is_told_at_the_next_reading) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    begin(&s);
    says.unacknowledged = true;
    OK(bring(&s, ana, "r1", err)); /* it is ours although the store could not be told */
    cr_expect_eq(told, 1);
    shop_time(&s, "2027-02-02T00:00:01Z");
    OK(billing_tick(&s.w.e, err));
    cr_expect_eq(told, 2);
}
