/* Billing on the real store, with the test gateway and a clock to move: each path once, in small. */
#include "shop.h"
#include <pthread.h>

#define STATUS(want, call)                                                                         \
    do {                                                                                           \
        struct err *e = &(struct err){0};                                                          \
        cr_assert_str_eq(shop_status(call), want, "%s: %s", e->msg, want);                         \
    } while (0)
#define REFUSED(want, call)                                                                        \
    do {                                                                                           \
        struct err *e = &(struct err){0};                                                          \
        cr_assert_null(call);                                                                      \
        cr_assert_str_eq(e->reason, want);                                                         \
    } while (0)

static void tick(struct shop *s) {
    OK(billing_tick(&s->w.e, err));
}
static void days(struct shop *s, int64_t n) {
    clock_shift(&s->w.f.clock, n * DAY_MS);
    tick(s);
}
static enum sub_state state(struct shop *s, struct account_id who) {
    return shop_sub(s, who).state;
}

Test(billing, what_a_play_asks_of_a_subscription_is_in_an_index) {
    SCOPED_WORLD(w);
    world_expect_covered(&w, &billing_sql[SUB_ENTITLES]);
}


Test(billing_flow, a_plan_is_paid_renewed_cancelled_and_over) {
    SCOPED_SHOP(s);
    shop_time(&s, "2027-01-31T10:00:00Z");
    struct account_id ana = shop_account(&s);
    cr_expect_str_eq(shop_access(&s, ana, s.both), "playback.plan_required");
    STATUS("succeeded", shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", NULL, NULL, e));
    cr_expect_str_eq(shop_access(&s, ana, s.both), "");
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "playback.upgrade_required");
    REFUSED("billing.already_subscribed",
            shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_YEAR, "test_ok", NULL, NULL, e));
    char text[RFC3339_LEN + 1];
    shop_time(&s, "2027-02-28T10:00:01Z");
    tick(&s);
    rfc3339_write(shop_sub(&s, ana).end_ms, text);
    cr_expect(str_starts(str_of(text), STR("2027-03-31T10:00")), "%s", text);
    tick(&s); /* nothing is due: nothing happens */
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM invoice WHERE state = 'paid'"), 2);
    OK(billing_cancel(&s.w.e, ana, &s.w.f.arena, err));
    shop_time(&s, "2027-03-31T09:59:00Z");
    tick(&s);
    cr_expect_str_eq(shop_access(&s, ana, s.both), "", "paid until the end");
    shop_time(&s, "2027-03-31T10:01:00Z");
    cr_expect_str_eq(shop_access(&s, ana, s.both), "playback.plan_required", "before the clock, too");
    tick(&s);
    cr_expect_eq(state(&s, ana), SUB_ENDED);
    shop_audit(&s);
}

Test(billing_flow, a_decline_gives_nothing_and_leaves_no_gap) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    STATUS("declined", shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_declined", "half", NULL, e));
    cr_expect_str_eq(shop_access(&s, ana, s.both), "playback.plan_required");
    cr_expect_eq(state(&s, ana), SUB_ENDED);
    REFUSED("billing.method_declined",
            shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_setup_declined", NULL, NULL, e));
    /* the coupon was not used up */
    STATUS("succeeded", shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", "half", NULL, e));
    cr_expect_eq(shop_number(&s, "SELECT number FROM invoice WHERE state = 'paid'"), 1);
    { int64_t got = shop_number(&s, "SELECT total_minor FROM invoice WHERE state = 'paid'"); cr_expect_eq(got, 499, "%ld", (long)got); }
    shop_audit(&s);
}

Test(billing_flow, three_d_secure_gives_access_after_the_answer_and_once) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    struct err why;
    struct payment_id p;
    json_t *j = shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_3ds", NULL, NULL, &why);
    cr_assert(j, "%s", why.msg);
    cr_assert(id_parse(str_of(json_string_value(json_object_get(j, "payment_id"))), &p.v));
    cr_expect_str_eq(shop_status(j), "action_required");
    cr_expect_str_eq(shop_access(&s, ana, s.both), "playback.plan_required");
    OK(test_gateway_answer(&s.w.e, id_str(&p.v), true, err));
    for (int i = 0; i < 3; i++) { /* the webhook, the payer's return, the clock */
        OK(billing_payment_sync(&s.w.e, ana, p, &s.w.f.arena, &j, err));
        cr_expect_str_eq(shop_status(j), "succeeded");
    }
    tick(&s);
    cr_expect_str_eq(shop_access(&s, ana, s.both), "");
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM invoice"), 1);
    struct account_id bob = shop_account(&s);
    FAILS(ERR_NOT_FOUND, billing_payment_sync(&s.w.e, bob, p, &s.w.f.arena, &j, err));
    /* who walks away can begin again at once, with another card */
    STATUS("action_required", shop_subscribe(&s, bob, PLACE_DE, PRICE_BASIC_MONTH, "test_3ds", NULL, NULL, e));
    STATUS("succeeded", shop_subscribe(&s, bob, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", NULL, NULL, e));
    /* and who never answers is let go by the clock */
    struct account_id eve = shop_account(&s);
    STATUS("action_required", shop_subscribe(&s, eve, PLACE_DE, PRICE_BASIC_MONTH, "test_3ds", NULL, NULL, e));
    days(&s, 1);
    cr_expect_eq(state(&s, eve), SUB_ENDED);
    shop_audit(&s);
}

Test(billing_flow, an_unknown_outcome_is_found_out_and_charged_once) {
    static const struct {
        const char *card;
        enum sub_state then;
    } cases[] = {{"test_timeout", SUB_ACTIVE}, {"test_timeout_declined", SUB_ENDED},
                 {"test_timeout_lost", SUB_ACTIVE}};
    SCOPED_SHOP(s);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct account_id ana = shop_account(&s);
        STATUS("processing",
               shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, cases[i].card, NULL, NULL, e));
        cr_expect_eq(state(&s, ana), SUB_PENDING);
        REFUSED("billing.payment_in_progress",
                shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", NULL, NULL, e));
        days(&s, 1);
        cr_expect_eq(state(&s, ana), cases[i].then, "%s", cases[i].card);
    }
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM test_gateway WHERE state = 'succeeded'"), 2);
    shop_audit(&s);
}

Test(billing_flow, the_same_key_is_one_charge_and_one_answer) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    struct err why;
    json_t *first = shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", NULL, "key-1234", &why);
    OK(billing_cancel(&s.w.e, ana, &s.w.f.arena, err)); /* the state moves on; the answer does not */
    json_t *again = shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", NULL, "key-1234", &why);
    cr_assert(first && again);
    cr_expect(json_equal(first, again));
    json_decref(first);
    json_decref(again);
    REFUSED("billing.idempotency_mismatch", shop_change(&s, ana, PLACE_DE, PRICE_PREMIUM_MONTH, "key-1234", e));
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM test_gateway"), 1);
    shop_audit(&s);
}

Test(billing_flow, an_upgrade_is_at_once_and_costs_the_difference) {
    SCOPED_SHOP(s);
    shop_time(&s, "2027-02-01T00:00:00Z");
    struct account_id ana = shop_account(&s);
    STATUS("succeeded", shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", NULL, NULL, e));
    shop_time(&s, "2027-02-15T00:00:00Z");
    STATUS("succeeded", shop_change(&s, ana, PLACE_DE, PRICE_PREMIUM_MONTH, NULL, e));
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "");
    /* half of 1499 less half of 999 (the milliseconds that the test itself took round away) */
    cr_expect_eq(shop_number(&s, "SELECT total_minor FROM invoice WHERE kind = 'upgrade'"), 250);
    /* down again: at the period's end, and at the lower price from then on */
    STATUS("succeeded", shop_change(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, NULL, e));
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "");
    shop_time(&s, "2027-03-01T00:01:00Z");
    tick(&s);
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "playback.upgrade_required");
    cr_expect_eq(shop_number(&s, "SELECT total_minor FROM invoice ORDER BY number DESC LIMIT 1"), 999);
    /* another interval waits for the end, too; the anchor stays */
    STATUS("succeeded", shop_change(&s, ana, PLACE_DE, PRICE_BASIC_YEAR, NULL, e));
    shop_time(&s, "2027-04-01T00:01:00Z");
    tick(&s);
    char text[RFC3339_LEN + 1];
    rfc3339_write(shop_sub(&s, ana).end_ms, text);
    cr_expect(str_starts(str_of(text), STR("2028-04-01T00:00")), "%s", text);
    shop_audit(&s);
}

Test(billing_flow, a_failed_renewal_is_tried_again_and_ends) {
    SCOPED_SHOP(s);
    shop_time(&s, "2027-05-10T00:00:00Z");
    struct account_id ana = shop_account(&s), bob = shop_account(&s), eve = shop_account(&s);
    struct account_id all[] = {ana, bob, eve};
    for (int i = 0; i < 3; i++)
        STATUS("succeeded", shop_subscribe(&s, all[i], PLACE_DE, PRICE_BASIC_MONTH, "test_fails_on_renewal", NULL, NULL, e));
    shop_time(&s, "2027-06-10T00:01:00Z");
    tick(&s);
    cr_expect_eq(state(&s, ana), SUB_PAST_DUE);
    cr_expect_str_eq(shop_access(&s, ana, s.both), "", "grace");
    struct pay_with ok = {STR("test"), STR("test_ok")};
    OK(billing_method_set(&s.w.e, ana, &ok, &s.w.f.arena, err));
    tick(&s); /* another card: at once, and the period is the one that was owed */
    cr_expect_eq(state(&s, ana), SUB_ACTIVE);
    cr_expect_eq(shop_sub(&s, ana).start_ms, months_after(shop_sub(&s, ana).anchor_ms, 1));
    days(&s, 1);
    days(&s, 3);
    cr_expect_str_eq(shop_access(&s, bob, s.both), "playback.payment_overdue");
    STATUS("succeeded", shop_pay(&s, bob, "test_ok", e)); /* after the grace: from now on */
    cr_expect_eq(shop_sub(&s, bob).start_ms, shop_sub(&s, bob).anchor_ms);
    cr_expect_str_eq(shop_access(&s, bob, s.both), "");
    for (int i = 0; i < 5; i++)
        days(&s, 2);
    cr_expect_eq(state(&s, eve), SUB_ENDED);
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM invoice WHERE state = 'open'"), 0);
    shop_audit(&s);
}

Test(billing_flow, a_pause_takes_nothing_and_gives_nothing) {
    SCOPED_SHOP(s);
    shop_time(&s, "2027-05-10T00:00:00Z");
    struct account_id ana = shop_account(&s);
    STATUS("succeeded", shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", NULL, NULL, e));
    OK(billing_pause(&s.w.e, ana, 2, &s.w.f.arena, err));
    cr_expect_str_eq(shop_access(&s, ana, s.both), "");
    shop_time(&s, "2027-06-11T00:00:00Z");
    tick(&s);
    cr_expect_str_eq(shop_access(&s, ana, s.both), "playback.subscription_paused");
    shop_time(&s, "2027-08-09T00:00:00Z");
    tick(&s);
    cr_expect_eq(state(&s, ana), SUB_PAUSED);
    shop_time(&s, "2027-08-10T01:00:00Z");
    tick(&s);
    cr_expect_eq(state(&s, ana), SUB_ACTIVE);
    cr_expect_str_eq(shop_access(&s, ana, s.both), "");
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM invoice WHERE state = 'paid'"), 2);
    shop_audit(&s);
}

Test(billing_flow, a_trial_is_free_once_and_then_paid) {
    SCOPED_SHOP(s);
    shop_time(&s, "2027-05-10T00:00:00Z");
    struct account_id ana = shop_account(&s);
    STATUS("succeeded", shop_subscribe(&s, ana, PLACE_CA, PRICE_BASIC_MONTH, "test_ok", NULL, NULL, e));
    cr_expect_eq(state(&s, ana), SUB_TRIALING);
    OK(billing_cancel(&s.w.e, ana, &s.w.f.arena, err));
    OK(billing_keep(&s.w.e, ana, &s.w.f.arena, err));
    cr_expect_eq(state(&s, ana), SUB_TRIALING);
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM invoice"), 0);
    shop_time(&s, "2027-05-17T00:01:00Z");
    tick(&s);
    cr_expect_eq(state(&s, ana), SUB_ACTIVE);
    cr_expect_eq(shop_number(&s, "SELECT total_minor FROM invoice"), 1154); /* 1099 and 5 % on top */
    OK(billing_cancel(&s.w.e, ana, &s.w.f.arena, err));
    shop_time(&s, "2027-07-01T00:00:00Z");
    tick(&s);
    STATUS("succeeded", shop_subscribe(&s, ana, PLACE_CA, PRICE_BASIC_MONTH, NULL, NULL, NULL, e));
    cr_expect_eq(state(&s, ana), SUB_ACTIVE, "no second trial");
    shop_audit(&s);
}

Test(billing_flow, coupons_take_off_what_they_say_as_often_as_they_say) {
    SCOPED_SHOP(s);
    shop_time(&s, "2027-01-01T00:00:00Z");
    struct account_id ana = shop_account(&s), bob = shop_account(&s);
    REFUSED("billing.coupon_invalid", shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", "nothing", NULL, e));
    REFUSED("billing.coupon_invalid", shop_subscribe(&s, ana, PLACE_JP, PRICE_BASIC_MONTH, "test_ok", "TWOEURO", NULL, e));
    STATUS("succeeded", shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", "two-euro", NULL, e));
    STATUS("succeeded", shop_subscribe(&s, bob, PLACE_JP, PRICE_BASIC_MONTH, "test_ok", "freemonth", NULL, e));
    for (int m = 2; m <= 4; m++) {
        char when[] = "2027-00-01T00:05:00Z";
        when[6] = (char)('0' + m);
        shop_time(&s, when);
        tick(&s);
    }
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r = shop_rows(&s, &a, "SELECT total_minor FROM invoice WHERE state = 'paid' ORDER BY currency, number");
    static const int64_t want[] = {799, 799, 999, 999, 0, 980, 980, 980};
    cr_assert_eq(r.n, ARRAY_LEN(want));
    for (size_t i = 0; i < r.n; i++)
        cr_expect_eq(row_i64(&r, i, 0), want[i], "%zu: %ld", i, (long)row_i64(&r, i, 0));
    OK(billing_cancel(&s.w.e, ana, &s.w.f.arena, err));
    days(&s, 32);
    REFUSED("billing.coupon_used", shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, NULL, "TWOEURO", NULL, e));
    shop_audit(&s);
}

Test(billing_flow, a_gift_code_is_money_in_hand_once) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s), bob = shop_account(&s);
    struct arena *a = &s.w.f.arena;
    struct id id = id_new(1);
    struct money m;
    OK(store_exec(s.w.e.store, &billing_sql[GIFT_INSERT],
                  ARGS(A_CSTR(id.s), A_STR(gift_hash(a, STR("ABCD-EFGH"))), A_CSTR("EUR"), A_I64(1500),
                       A_I64(0), A_I64(1)),
                  err));
    OK(billing_gift_redeem(&s.w.e, ana, STR("abcd efgh"), a, &m, err));
    cr_expect_eq(m.minor, 1500);
    cr_expect_str_eq(FAILS(ERR_INVALID, billing_gift_redeem(&s.w.e, bob, STR("ABCDEFGH"), a, &m, err)).reason,
                     "billing.gift_invalid");
    STATUS("declined", shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_YEAR, "test_declined", NULL, NULL, e));
    STATUS("succeeded", shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", NULL, NULL, e));
    cr_expect_eq(shop_number(&s, "SELECT due_minor FROM invoice WHERE state = 'paid'"), 0);
    days(&s, 32);
    cr_expect_eq(shop_number(&s, "SELECT due_minor FROM invoice WHERE number = 2"), 999 - (1500 - 999));
    shop_audit(&s);
}

Test(billing_flow, rentals_and_purchases_are_had_and_given_back) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s), operator_ = shop_account(&s);
    struct arena *a = &s.w.f.arena;
    struct entitlement d;
    json_t *j = NULL;
    REFUSED("billing.method_missing", shop_buy(&s, ana, s.rental, PLACE_DE, NULL, NULL, e));
    STATUS("declined", shop_buy(&s, ana, s.rental, PLACE_DE, "test_declined", NULL, e));
    STATUS("succeeded", shop_buy(&s, ana, s.rental, PLACE_DE, "test_ok", NULL, e));
    REFUSED("billing.already_owned", shop_buy(&s, ana, s.rental, PLACE_DE, NULL, NULL, e));
    OK(billing_entitlement(&s.w.e, ana, s.rented, STR_NULL, a, &d, err));
    cr_assert(d.via == VIA_RENTAL && d.rental_begins);
    OK(billing_rental_begin(&s.w.e, d.right, err));
    clock_shift(&s.w.f.clock, 47 * HOUR_MS);
    OK(billing_rental_begin(&s.w.e, d.right, err)); /* the second Play does not begin it again */
    cr_expect_str_eq(shop_access(&s, ana, s.rented), "");
    clock_shift(&s.w.f.clock, 2 * HOUR_MS);
    cr_expect_str_eq(shop_access(&s, ana, s.rented), "playback.rental_over");
    STATUS("succeeded", shop_buy(&s, ana, s.purchase, PLACE_DE, NULL, NULL, e));
    cr_expect_str_eq(shop_access(&s, ana, s.bought), "");
    scoped(arena_done) struct arena ra = ARENA(64 << 10);
    struct rows r = shop_rows(&s, &ra, "SELECT p.id FROM payment p JOIN invoice i ON i.id = p.invoice_id WHERE i.kind = 'purchase' AND p.state = 'succeeded'");
    struct payment_id p = {row_id(&r, 0, 0)};
    struct idem idem[3] = {{STR("refund-1"), STR("r")}, {STR("refund-2"), STR("r")}, {STR("refund-3"), STR("r")}};
    OK(billing_refund(&s.w.e, p, 333, STR("Part"), false, operator_, &idem[0], a, &j, err));
    json_t *again = NULL;
    OK(billing_refund(&s.w.e, p, 333, STR("Part"), false, operator_, &idem[0], a, &again, err));
    cr_expect(json_equal(j, again));
    json_decref(again);
    json_decref(j);
    cr_expect_str_eq(shop_access(&s, ana, s.bought), "", "a part of it back: still owned");
    cr_expect_str_eq(FAILS(ERR_INVALID, billing_refund(&s.w.e, p, 1000, STR("x"), false, operator_, &idem[1], a, &j, err)).reason,
                     "billing.refund_too_large");
    OK(billing_refund(&s.w.e, p, 0, STR("Whole"), false, operator_, &idem[2], a, &j, err));
    cr_expect_str_eq(shop_status(j), "succeeded");
    cr_expect_str_eq(shop_access(&s, ana, s.bought), "playback.rental_required");
    cr_expect_eq(shop_number(&s, "SELECT SUM(total_minor) FROM credit_note"), 1299);
    shop_audit(&s);
}

Test(billing_flow, a_plans_downloads_are_told_with_the_decision) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    struct entitlement d;
    shop_exec(&s, "UPDATE plan SET downloads = 7 WHERE slug = 'basic'");
    STATUS("succeeded", shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", NULL, NULL, e));
    OK(billing_entitlement(&s.w.e, ana, s.both, STR_NULL, &s.w.f.arena, &d, err));
    json_t *told = entitlement_json(&d);
    cr_expect_eq(json_integer_value(json_object_get(told, "downloads")), 7);
    json_decref(told);
    OK(billing_entitlement(&s.w.e, ana, s.premium, STR_NULL, &s.w.f.arena, &d, err));
    cr_expect(!d.granted && d.limits.downloads == 0, "another plan's title");
}

Test(billing_flow, erasure_keeps_the_books_and_nobody_in_them) {
    SCOPED_SHOP(s);
    struct account_id ana = world_account(&s.w, "ana@example.org", 0);
    STATUS("succeeded", shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", NULL, NULL, e));
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM invoice WHERE buyer = 'ana@example.org'"), 1);
    json_t *j = NULL;
    OK(billing_service.export(&s.w.e, ana, &j, err));
    cr_expect_eq(json_array_size(json_object_get(j, "invoices")), 1);
    json_decref(j);
    OK(billing_service.erase(&s.w.e, ana, err));
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM invoice WHERE buyer = '' AND number = 1"), 1);
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM subscription WHERE state <> 'ended'"), 0);
    OK(billing_service.export(&s.w.e, ana, &j, err));
    cr_expect_eq(json_array_size(json_object_get(j, "invoices")), 0);
    json_decref(j);
    shop_time(&s, "2029-01-01T00:00:00Z");
    tick(&s);
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM payment"), 1, "nothing is charged any more");
    shop_audit(&s);
}

/* ---- a store that owns the subscription ---- */

static struct store_subscription told;
static int store_read(const struct engine *e, struct str receipt, struct store_subscription *ret,
                      struct err *reterr) {
    *ret = told;
    return 0;
}
static const struct gateway a_store = {.name = "a-store", .owned_by_store = true, .subscription_read = store_read};

Test(billing_flow, what_a_store_owns_is_read_and_never_charged) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s), bob = shop_account(&s);
    gateway_add(&a_store);
    int64_t now = clock_now_ms(&s.w.f.clock);
    told = (struct store_subscription){.ref = "original-1", .product = "premium", .renews = true,
                                       .period_start_ms = now, .period_end_ms = now + 30 * DAY_MS};
    OK(store_subscription_sync(&s.w.e, ana, STR("a-store"), STR("receipt"), err));
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "");
    cr_expect_str_eq(FAILS(ERR_CONFLICT, store_subscription_sync(&s.w.e, bob, STR("a-store"), STR("receipt"), err)).reason,
                     "billing.receipt_taken");
    FAILS(ERR_CONFLICT, billing_cancel(&s.w.e, ana, &s.w.f.arena, err));
    told.period_end_ms += 30 * DAY_MS; /* the store renewed it */
    days(&s, 31);
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "");
    told.state = STORE_SUB_ENDED;
    days(&s, 31);
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "playback.plan_required");
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM payment") + shop_number(&s, "SELECT COUNT(*) FROM invoice"), 0);
}

Test(billing_flow, bad_asks_are_refused) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    REFUSED("billing.price_elsewhere", ({
                s.price[PLACE_DE][PRICE_BASIC_MONTH] = s.price[PLACE_JP][PRICE_BASIC_MONTH];
                shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", NULL, NULL, e);
            }));
    REFUSED("billing.method_missing", shop_subscribe(&s, ana, PLACE_CA, PRICE_BASIC_MONTH, NULL, NULL, NULL, e));
    REFUSED("billing.no_subscription", shop_change(&s, ana, PLACE_CA, PRICE_BASIC_MONTH, NULL, e));
    REFUSED("billing.price_unknown", ({
                s.price[PLACE_DE][0].v = id_new(1);
                shop_subscribe(&s, ana, PLACE_DE, 0, "test_ok", NULL, NULL, e);
            }));
    struct offer_id none = {id_new(1)};
    REFUSED("billing.offer_unknown", shop_buy(&s, ana, none, PLACE_DE, "test_ok", NULL, e));
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM idempotency_key"), 0, "what did nothing leaves no key");
}

/* ---- at the same instant ---- */

struct racer {
    struct shop *s;
    struct account_id who;
    int what;
    const char *key;
    struct payment_id payment;
    pthread_barrier_t *start;
    json_t *got;
    struct err err;
};

static void *race_one(void *arg) {
    struct racer *r = arg;
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    pthread_barrier_wait(r->start);
    if (r->what == 0)
        r->got = shop_subscribe(r->s, r->who, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", NULL, r->key, &r->err);
    else if (r->what == 1)
        r->got = shop_change(r->s, r->who, PLACE_DE, PRICE_PREMIUM_MONTH, r->key, &r->err);
    else if (r->what == 2)
        billing_payment_sync(&r->s->w.e, r->who, r->payment, &a, &r->got, &r->err);
    else if (r->what == 3)
        billing_tick(&r->s->w.e, &r->err);
    else
        r->got = shop_buy(r->s, r->who, r->s->purchase, PLACE_DE, "test_ok", r->key, &r->err);
    return NULL;
}

enum { RACERS = 6 };
static void race(struct racer *r) {
    pthread_t t[RACERS];
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, RACERS);
    for (int i = 0; i < RACERS; i++) {
        r[i].start = &start;
        cr_assert_eq(pthread_create(&t[i], NULL, race_one, &r[i]), 0);
    }
    for (int i = 0; i < RACERS; i++)
        pthread_join(t[i], NULL);
    pthread_barrier_destroy(&start);
}

Test(billing_race, the_same_key_at_the_same_instant_is_one_answer) {
    SCOPED_SHOP(s);
    for (int round = 0; round < 5; round++) {
        struct account_id ana = shop_account(&s);
        struct racer r[RACERS] = {0};
        for (int i = 0; i < RACERS; i++)
            r[i] = (struct racer){.s = &s, .who = ana, .key = "one-key-for-all"};
        race(r);
        for (int i = 0; i < RACERS; i++) {
            cr_assert(r[i].got, "%s", r[i].err.msg);
            cr_expect(json_equal(r[0].got, r[i].got));
        }
        for (int i = 0; i < RACERS; i++)
            json_decref(r[i].got);
        cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM invoice WHERE state = 'paid'"), round + 1);
    }
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM test_gateway"), 5);
    shop_audit(&s);
}

static int won(struct racer *r) {
    int n = 0;
    for (int i = 0; i < RACERS; i++) {
        n += r[i].got && strcmp(json_string_value(json_object_get(r[i].got, "status")), "succeeded") == 0;
        json_decref(r[i].got);
    }
    return n;
}

Test(billing_race, two_upgrades_two_checkouts_two_purchases_at_once_are_one) {
    static const int what[] = {0, 1, 4};
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    for (size_t k = 0; k < ARRAY_LEN(what); k++) {
        struct racer r[RACERS] = {0};
        for (int i = 0; i < RACERS; i++)
            r[i] = (struct racer){.s = &s, .who = ana, .what = what[k]};
        race(r);
        /* A second change to the plan that one is on already costs nothing and changes nothing. */
        int n = won(r);
        cr_expect(what[k] == 1 ? n >= 1 : n == 1, "%d: %d", what[k], n);
        cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM test_gateway WHERE state = 'succeeded'"), (int64_t)k + 1);
    }
    cr_expect_str_eq(shop_access(&s, ana, s.premium), "");
    shop_audit(&s);
}

Test(billing_race, the_webhook_the_payer_and_the_clock_come_together) {
    SCOPED_SHOP(s);
    for (int round = 0; round < 5; round++) {
        struct account_id ana = shop_account(&s);
        struct err why;
        struct racer r[RACERS] = {0};
        json_t *j = shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_3ds", NULL, NULL, &why);
        struct payment_id p;
        cr_assert(id_parse(str_of(json_string_value(json_object_get(j, "payment_id"))), &p.v));
        json_decref(j);
        OK(test_gateway_answer(&s.w.e, id_str(&p.v), true, err));
        clock_shift(&s.w.f.clock, 2 * HOUR_MS); /* late: the clock would give it up */
        for (int i = 0; i < RACERS; i++)
            r[i] = (struct racer){.s = &s, .who = ana, .payment = p, .what = i % 2 ? 2 : 3};
        race(r);
        cr_expect_eq(won(r), RACERS / 2);
        cr_expect_str_eq(shop_access(&s, ana, s.both), "");
    }
    cr_expect_eq(shop_number(&s, "SELECT COUNT(*) FROM invoice WHERE state = 'paid'"), 5);
    shop_audit(&s);
}
