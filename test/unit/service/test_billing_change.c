/* Changes of plan and interval, now and at the period's end: the quote, the invoice, the credit note and what the
 * account has in hand afterwards are one figure. */
#include "shop.h"

#define STATUS(want, call)                                                                         \
    do {                                                                                           \
        struct err *e = &(struct err){0};                                                          \
        cr_assert_str_eq(shop_status(call), want, "%s: %s", e->msg, want);                         \
    } while (0)

static void begin(struct shop *s, struct account_id who, int place, int price, const char *card) {
    shop_exec(s, "UPDATE plan_price SET trial_days = 0");
    shop_time(s, "2027-02-01T00:00:00Z");
    STATUS("succeeded", shop_subscribe(s, who, place, price, card, NULL, NULL, e));
    shop_time(s, "2027-02-15T00:00:00Z");
}

static json_t *quote(struct shop *s, struct account_id who, int place, int price, enum change_when when) {
    struct quote_ask ask = {.account = who, .price = s->price[place][price], .change = true, .when = when};
    json_t *j = NULL;
    OK(billing_quote(&s->w.e, &ask, &s->w.f.arena, &j, err));
    return j;
}
static int64_t minor(json_t *j, const char *name) {
    return json_integer_value(json_object_get(json_object_get(j, name), "minor"));
}

static int64_t in_hand(struct shop *s) {
    return shop_number(s, "SELECT COALESCE(-SUM(amount_minor), 0) FROM ledger_entry WHERE book = 'credit'");
}
#define LAST(column) shop_number(&s, "SELECT " column " FROM invoice WHERE state = 'paid' ORDER BY number DESC LIMIT 1")

Test(billing_change, a_downgrade_now_is_credit_that_the_next_invoice_uses) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    begin(&s, ana, PLACE_DE, PRICE_PREMIUM_MONTH, "test_ok");
    int64_t end = shop_sub(&s, ana).end_ms;
    json_t *q = quote(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, CHANGE_NOW);
    cr_expect_eq(minor(q, "credited"), 250, "half of 1499 is 749, half of 999 is 499: just under the half");
    cr_expect_eq(minor(q, "due"), 0);
    cr_expect_str_eq(json_string_value(json_object_get(q, "when")), "now");
    cr_expect_eq(in_hand(&s), 0, "a quote changes nothing");
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "");
    json_decref(q);
    STATUS("succeeded", shop_change_when(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, CHANGE_NOW, NULL, e));
    cr_expect_eq(in_hand(&s), 250);
    cr_expect_eq(shop_number(&s, "SELECT total_minor FROM credit_note WHERE refund_id IS NULL"), 250);
    cr_expect_eq(shop_number(&s, "SELECT tax_minor FROM credit_note"), 40, "19 per cent within");
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "playback.upgrade_required");
    cr_expect_eq(shop_sub(&s, ana).end_ms, end, "the period is the same");
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM test_gateway"), 1, "no bank is asked");
    shop_time(&s, "2027-03-01T00:01:00Z");
    OK(billing_tick(&s.w.e, err));
    cr_expect_eq(LAST("total_minor"), 999);
    cr_expect_eq(LAST("credit_minor"), 250);
    cr_expect_eq(LAST("due_minor"), 749);
    cr_expect_eq(in_hand(&s), 0);
    shop_audit(&s);
}

Test(billing_change, a_year_is_given_up_for_a_month_and_the_rest_is_credit_with_its_tax) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    begin(&s, ana, PLACE_CA, PRICE_BASIC_YEAR, "test_ok"); /* 10990 and 5 %: 11540 (549.5 is 550) */
    int64_t paid = LAST("total_minor");
    json_t *q = quote(&s, ana, PLACE_CA, PRICE_PREMIUM_MONTH, CHANGE_NOW);
    STATUS("succeeded", shop_change_when(&s, ana, PLACE_CA, PRICE_PREMIUM_MONTH, CHANGE_NOW, NULL, e));
    /* 351 of 365 days are left: 10568; the month's 1699 is taken of it, 8869 remain, and 443 of tax */
    cr_expect_eq(paid, 11540);
    cr_expect_eq(minor(q, "credited"), 9312);
    cr_expect_eq(in_hand(&s), 9312);
    cr_expect_eq(shop_number(&s, "SELECT total_minor FROM credit_note"), 9312);
    cr_expect_eq(LAST("total_minor"), 0);
    json_decref(q);
    struct sub sub = shop_sub(&s, ana);
    cr_expect_eq(sub.end_ms, months_after(sub.start_ms, 1));
    cr_expect_eq(sub.anchor_ms, sub.start_ms);
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "");
    for (int m = 3; m <= 5; m++) {
        char when[] = "2027-00-15T00:01:00Z";
        when[6] = (char)('0' + m);
        shop_time(&s, when);
        OK(billing_tick(&s.w.e, err));
    }
    cr_expect_eq(in_hand(&s), 9312 - 3 * 1784);
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM invoice WHERE state = 'paid'"), 5);
    shop_audit(&s);
}

Test(billing_change, a_month_becomes_a_year_now_only_when_it_is_paid) {
    static const char *const cards[] = {"test_declined", "test_3ds", "test_ok"};
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    begin(&s, ana, PLACE_JP, PRICE_BASIC_MONTH, "test_ok");
    struct sub before = shop_sub(&s, ana);
    for (size_t i = 0; i < ARRAY_LEN(cards); i++) {
        struct pay_with pay = {STR("test"), str_of(cards[i])};
        OK(billing_method_set(&s.w.e, ana, &pay, &s.w.f.arena, err));
        json_t *q = quote(&s, ana, PLACE_JP, PRICE_PREMIUM_YEAR, CHANGE_NOW);
        cr_expect_eq(minor(q, "due"), 14900 - 490);
        cr_expect(json_is_null(json_object_get(q, "credited")));
        json_decref(q);
        STATUS(i == 0 ? "declined" : i == 1 ? "action_required" : "succeeded",
               shop_change_when(&s, ana, PLACE_JP, PRICE_PREMIUM_YEAR, CHANGE_NOW, NULL, e));
        if (i < 2) {
            cr_expect_eq(shop_sub(&s, ana).state, SUB_ACTIVE, "a change that was not paid harms nobody");
            cr_expect_eq(shop_sub(&s, ana).end_ms, before.end_ms);
            cr_expect_str_eq(shop_access(&s, ana, s.premium), "playback.upgrade_required");
        }
    }
    cr_expect_eq(LAST("total_minor"), 14900 - 490);
    cr_expect_eq(shop_sub(&s, ana).end_ms, months_after(shop_sub(&s, ana).start_ms, 12));
    shop_time(&s, "2028-02-15T00:01:00Z");
    OK(billing_tick(&s.w.e, err));
    cr_expect_eq(LAST("total_minor"), 14900);
    cr_expect_eq(in_hand(&s), 0);
    shop_audit(&s);
}

Test(billing_change, nothing_goes_back_twice) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s), operator_ = shop_account(&s);
    struct arena *a = &s.w.f.arena;
    struct idem idem[4] = {{STR("refund-1"), STR("r")}, {STR("refund-2"), STR("r")}, {STR("refund-3"), STR("r")}};
    json_t *j = NULL;
    begin(&s, ana, PLACE_DE, PRICE_PREMIUM_MONTH, "test_ok");
    struct rows r = shop_rows(&s, a, "SELECT id FROM payment");
    struct payment_id p = {row_id(&r, 0, 0)};
    OK(billing_refund(&s.w.e, p, 1400, STR("sorry"), false, operator_, &idem[0], a, &j, err));
    json_decref(j);
    json_t *q = quote(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, CHANGE_NOW);
    cr_expect_eq(minor(q, "credited"), 99, "the rest of what was paid");
    json_decref(q);
    STATUS("succeeded", shop_change_when(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, CHANGE_NOW, NULL, e));
    cr_expect_eq(in_hand(&s), 99);
    cr_expect_str_eq(FAILS(ERR_INVALID, billing_refund(&s.w.e, p, 1, STR("x"), false, operator_, &idem[1], a, &j, err)).reason,
                     "billing.refund_too_large");
    cr_expect_str_eq(FAILS(ERR_INVALID, billing_refund(&s.w.e, p, 0, STR("x"), false, operator_, &idem[2], a, &j, err)).reason,
                     "billing.refund_too_large");
    shop_audit(&s);
}

Test(billing_change, up_and_down_again_takes_back_what_both_invoices_asked) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    begin(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok");
    STATUS("succeeded", shop_change(&s, ana, PLACE_DE, PRICE_PREMIUM_MONTH, NULL, e)); /* 250 */
    shop_time(&s, "2027-02-15T00:00:01Z");
    STATUS("succeeded", shop_change_when(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, CHANGE_NOW, NULL, e));
    cr_expect_eq(in_hand(&s), 250);
    STATUS("succeeded", shop_change(&s, ana, PLACE_DE, PRICE_PREMIUM_MONTH, NULL, e));
    cr_expect_eq(LAST("credit_minor"), 250, "and up: out of the credit");
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM test_gateway"), 2);
    STATUS("succeeded", shop_change_when(&s, ana, PLACE_DE, PRICE_BASIC_YEAR, CHANGE_NOW, NULL, e));
    cr_expect_eq(LAST("total_minor"), 9990 - 749);
    STATUS("succeeded", shop_change_when(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, CHANGE_NOW, NULL, e));
    cr_expect_eq(in_hand(&s), 9990 - 999);
    cr_expect_eq(shop_number(&s, "SELECT SUM(total_minor) FROM credit_note"), 250 + 9990 - 999);
    shop_audit(&s);
}

Test(billing_change, coupons_count_for_an_interval_and_not_for_a_change_within_one) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    shop_time(&s, "2027-02-01T00:00:00Z");
    STATUS("succeeded", shop_subscribe(&s, ana, PLACE_DE, PRICE_PREMIUM_MONTH, "test_ok", "HALF", NULL, e)); /* 749 */
    shop_time(&s, "2027-02-15T00:00:00Z");
    STATUS("succeeded", shop_change_when(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, CHANGE_NOW, NULL, e));
    cr_expect_eq(in_hand(&s), 374 - 249, "half of 749, half of 499");
    cr_expect_eq(shop_number(&s, "SELECT periods_left FROM coupon_redemption"), 2);
    STATUS("succeeded", shop_change_when(&s, ana, PLACE_DE, PRICE_BASIC_YEAR, CHANGE_NOW, NULL, e));
    cr_expect_eq(LAST("total_minor"), 4995 - 249);
    cr_expect_eq(LAST("credit_minor"), 125);
    cr_expect_eq(shop_number(&s, "SELECT periods_left FROM coupon_redemption"), 1);
    shop_audit(&s);
}

Test(billing_change, the_choice_is_obeyed_and_what_was_shown_is_what_is_done) {
    SCOPED_SHOP(s);
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct account_id ana = shop_account(&s);
    json_t *j = NULL;
    begin(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok");
    json_t *q = quote(&s, ana, PLACE_DE, PRICE_PREMIUM_MONTH, CHANGE_AT_END);
    cr_expect_str_eq(json_string_value(json_object_get(q, "when")), "period_end");
    cr_expect_eq(minor(q, "due"), 1499);
    json_decref(q);
    STATUS("succeeded", shop_change_when(&s, ana, PLACE_DE, PRICE_PREMIUM_MONTH, CHANGE_AT_END, NULL, e));
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "playback.upgrade_required");
    shop_time(&s, "2027-03-01T00:01:00Z");
    OK(billing_tick(&s.w.e, err));
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "");
    cr_expect_eq(LAST("total_minor"), 1499);
    struct change_ask down = {s.price[PLACE_DE][PRICE_BASIC_MONTH], CHANGE_NOW};
    struct idem idem = {.key = STR("key-expects"), .hash = STR("h"), .expects_credit = true, .expected_credit = 499};
    cr_expect_str_eq(FAILS(ERR_CONFLICT, billing_change(&s.w.e, ana, &down, &idem, &a, &j, err)).reason, "billing.amount_changed");
    cr_expect_eq(in_hand(&s), 0);
    idem.expected_credit = 500;
    OK(billing_change(&s.w.e, ana, &down, &idem, &a, &j, err));
    STATUS("succeeded", j);
    OK(billing_change(&s.w.e, ana, &down, &idem, &a, &j, err)); /* the same key: once */
    STATUS("succeeded", j);
    cr_expect_eq(in_hand(&s), 500);
    shop_audit(&s);
}

Test(billing_change, trials_change_free_and_other_states_say_what_to_do_first) {
    SCOPED_SHOP(s);
    struct arena *a = &s.w.f.arena;
    struct account_id ana = shop_account(&s), bob = shop_account(&s);
    struct err why = {0};
    shop_time(&s, "2027-02-01T00:00:00Z");
    STATUS("succeeded", shop_subscribe(&s, ana, PLACE_CA, PRICE_BASIC_MONTH, "test_ok", NULL, NULL, e));
    STATUS("succeeded", shop_change_when(&s, ana, PLACE_CA, PRICE_PREMIUM_YEAR, CHANGE_AT_END, NULL, e));
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "playback.upgrade_required");
    STATUS("succeeded", shop_change_when(&s, ana, PLACE_CA, PRICE_PREMIUM_MONTH, CHANGE_NOW, NULL, e));
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "");
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM invoice"), 0);
    shop_time(&s, "2027-02-08T00:01:00Z");
    OK(billing_tick(&s.w.e, err));
    cr_expect_eq(LAST("total_minor"), 1784, "the plan that the trial ended with");
    OK(billing_pause(&s.w.e, ana, 1, a, err));
    cr_expect_null(shop_change_when(&s, ana, PLACE_CA, PRICE_BASIC_MONTH, CHANGE_NOW, NULL, &why));
    cr_expect(strstr(why.hint, "pause"), "%s", why.hint);
    OK(billing_keep(&s.w.e, ana, a, err));
    OK(billing_cancel(&s.w.e, ana, a, err));
    cr_expect_null(shop_change_when(&s, ana, PLACE_CA, PRICE_BASIC_MONTH, CHANGE_NOW, NULL, &why));
    cr_expect(strstr(why.hint, "cancelled"), "%s", why.hint);
    STATUS("succeeded", shop_subscribe(&s, bob, PLACE_DE, PRICE_BASIC_MONTH, "test_fails_on_renewal", NULL, NULL, e));
    shop_time(&s, "2027-03-08T00:02:00Z");
    OK(billing_tick(&s.w.e, err));
    cr_expect_null(shop_change_when(&s, bob, PLACE_DE, PRICE_PREMIUM_MONTH, CHANGE_NOW, NULL, &why));
    cr_expect_str_eq(why.reason, "billing.not_now");
    cr_expect(strstr(why.hint, "due"), "%s", why.hint);
    shop_audit(&s);
}
