/* Billing's pure parts: the calendar, proration, the table of states, the decision of entitlement. */
#include "world.h"
#include "service/billing/entitlement.h"

static int64_t at(const char *rfc3339) {
    int64_t ms;
    cr_assert(rfc3339_parse(str_of(rfc3339), &ms), "%s", rfc3339);
    return ms;
}

Test(billing, months_are_counted_from_the_anchor_and_end_where_the_month_does) {
    static const struct {
        const char *anchor;
        int months;
        const char *then;
    } cases[] = {{"2027-01-31T10:30:00Z", 1, "2027-02-28T10:30:00Z"},
                 {"2027-01-31T10:30:00Z", 2, "2027-03-31T10:30:00Z"},
                 {"2027-01-31T10:30:00Z", 3, "2027-04-30T10:30:00Z"},
                 {"2028-01-31T00:00:00Z", 1, "2028-02-29T00:00:00Z"},
                 {"2028-02-29T23:59:59.999Z", 12, "2029-02-28T23:59:59.999Z"},
                 {"2028-02-29T23:59:59.999Z", 48, "2032-02-29T23:59:59.999Z"},
                 {"2099-12-30T00:00:00Z", 2, "2100-02-28T00:00:00Z"}, /* 2100 is no leap year */
                 {"2026-11-22T21:00:00Z", 14, "2028-01-22T21:00:00Z"},
                 {"1969-12-31T12:00:00Z", 2, "1970-02-28T12:00:00Z"},
                 {"2026-05-15T00:00:00Z", 0, "2026-05-15T00:00:00Z"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[RFC3339_LEN + 1];
        rfc3339_write(months_after(at(cases[i].anchor), cases[i].months), text);
        cr_expect_eq(months_after(at(cases[i].anchor), cases[i].months), at(cases[i].then),
                     "%s + %d is %s", cases[i].anchor, cases[i].months, text);
    }
}

Test(billing, periods_of_an_anchor_join_without_gap_or_overlap) {
    int64_t anchor = at("2027-01-29T08:00:00Z");
    for (int m = 0; m < 600; m++) {
        int64_t from = months_after(anchor, m), to = months_after(anchor, m + 1);
        cr_assert(to - from >= 28 * DAY_MS && to - from <= 31 * DAY_MS, "%d", m);
    }
}

Test(billing, proration_is_exact_at_the_ends_and_rounds_a_half_up) {
    int64_t v, from = at("2027-02-01T00:00:00Z"), to = at("2027-03-01T00:00:00Z");
    static const struct {
        int64_t amount, days_gone, part;
    } cases[] = {{1499, 0, 1499}, {1499, 28, 0}, {1499, 14, 750}, {999, 7, 749}, {1, 14, 1},
                 {1500, 27, 54},  {-1499, 14, -750}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cr_assert(prorate(cases[i].amount, from + cases[i].days_gone * DAY_MS, from, to, &v));
        cr_expect_eq(v, cases[i].part, "%zu: %ld", i, (long)v);
    }
    cr_assert(prorate(1499, to + DAY_MS, from, to, &v));
    cr_expect_eq(v, 0);
    cr_assert(prorate(1499, from - DAY_MS, from, to, &v));
    cr_expect_eq(v, 1499);
}

static struct sub sub_in(enum sub_state state) {
    return (struct sub){.state = state, .anchor_ms = 1000, .start_ms = 1000, .end_ms = 9000,
                        .next_ms = 9000};
}

Test(billing, the_table_of_states_is_what_it_says) {
    static const struct paid_period paid = {.start_ms = 9000, .end_ms = 17000, .anchor_ms = 1000};
    /* rows: states as in the header; columns: START_TRIAL .. REVOKE; -1: refused */
    enum { NO = -1 };
    static const int want[][9] = {
        [SUB_PENDING] = {SUB_TRIALING, SUB_ACTIVE, SUB_ENDED, NO, NO, NO, NO, NO, SUB_ENDED},
        [SUB_TRIALING] = {NO, SUB_ACTIVE, SUB_PAST_DUE, NO, NO, SUB_CANCELLING, NO, NO, SUB_ENDED},
        [SUB_ACTIVE] = {NO, SUB_ACTIVE, SUB_PAST_DUE, NO, SUB_PAUSING, SUB_CANCELLING, NO, NO,
                        SUB_ENDED},
        [SUB_PAST_DUE] = {NO, SUB_ACTIVE, SUB_PAST_DUE, SUB_ENDED, NO, SUB_ENDED, NO, NO, SUB_ENDED},
        [SUB_PAUSING] = {NO, NO, NO, NO, NO, SUB_CANCELLING, SUB_ACTIVE, SUB_PAUSED, SUB_ENDED},
        [SUB_PAUSED] = {NO, SUB_ACTIVE, SUB_PAUSED, NO, NO, SUB_ENDED, NO, NO, SUB_ENDED},
        [SUB_CANCELLING] = {NO, NO, NO, NO, NO, NO, SUB_ACTIVE, SUB_ENDED, SUB_ENDED},
        [SUB_ENDED] = {NO, NO, NO, NO, NO, NO, NO, NO, NO},
    };
    for (int state = SUB_PENDING; state <= SUB_ENDED; state++)
        for (int ev = EV_START_TRIAL; ev <= EV_REVOKE; ev++) {
            struct sub s = sub_in((enum sub_state)state);
            int rc = sub_move(&s, (enum sub_event)ev, ev == EV_PAID ? &paid : NULL, 5000, NULL);
            cr_expect_eq(rc == 0 ? (int)s.state : NO, want[state][ev], "%s on %s: %d",
                         sub_state_name((enum sub_state)state), sub_event_name((enum sub_event)ev),
                         rc == 0 ? (int)s.state : NO);
        }
}

Test(billing, what_a_move_does_beside_the_state) {
    struct sub s = sub_in(SUB_CANCELLING);
    s.end_ms = s.anchor_ms = 9000; /* in the trial */
    OK(sub_move(&s, EV_KEEP, NULL, 5000, err));
    cr_expect_eq(s.state, SUB_TRIALING);
    s = sub_in(SUB_PAST_DUE);
    s.attempts = 2;
    s.grace_ms = 12000;
    struct paid_period paid = {.start_ms = 9000, .end_ms = 17000, .anchor_ms = 1000, .rate = 7};
    OK(sub_move(&s, EV_PAID, &paid, 10000, err));
    cr_expect(s.attempts == 0 && s.grace_ms == 0 && s.next_ms == 17000 && s.rate == 7);
    s = sub_in(SUB_ACTIVE);
    OK(sub_move(&s, EV_REVOKE, NULL, 5000, err));
    cr_expect(s.ended_ms == 5000 && s.next_ms == 0);
    cr_expect_str_eq(FAILS(ERR_CONFLICT, sub_move(&s, EV_CANCEL, NULL, 1, err)).reason,
                     "billing.not_now");
}

Test(billing, retry_days_are_ascending_or_refused) {
    struct dunning d;
    cr_expect(dunning_parse(STR("1, 3,5,7"), 3 * DAY_MS, &d));
    cr_expect(d.n == 4 && d.after_ms[3] == 7 * DAY_MS && d.grace_ms == 3 * DAY_MS);
    cr_expect(dunning_parse(STR(""), 0, &d) && d.n == 0);
    static const char *const bad[] = {"1,1", "3,2", "0", "61", "x", "1,,2", "1,2,3,4,5,6,7,8,9,10,11"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_expect_not(dunning_parse(str_of(bad[i]), 0, &d), "%s", bad[i]);
}

/* ---- entitlement ---- */

static struct id ids[4];

static struct offer_fact offer(enum offer_kind kind, int plan, int64_t minor) {
    struct offer_fact o = {.kind = kind, .name = STR("X")};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        if (!ids[i].s[0])
            ids[i] = id_new((int64_t)i + 1);
    o.id.v = ids[3];
    if (kind == OFFER_PLAN)
        o.plan.v = ids[plan];
    if (minor)
        o.price = (struct money){minor, {"EUR"}};
    return o;
}

static struct entitlement decide(struct offer_fact *offers, size_t n, struct sub *sub,
                                 struct right_fact *rights, size_t n_rights, int64_t now) {
    struct entitlement_facts f = {.now_ms = now,
                                  .unoffered_free = true,
                                  .offers = offers,
                                  .n_offers = n,
                                  .rights = rights,
                                  .n_rights = n_rights,
                                  .limits = {.streams = 2, .max_height = 1080}};
    struct entitlement d;
    if (sub) {
        f.subscribed = true;
        f.sub = *sub;
    }
    entitlement_decide(&f, &d);
    return d;
}

static const char *code_of(struct entitlement d) {
    return access_refusal_code(&d);
}

static struct sub sub_to(int plan, enum sub_state state) {
    struct sub s = {.state = state, .start_ms = 0, .end_ms = 100 * DAY_MS, .grace_ms = 103 * DAY_MS};
    s.plan.v = ids[plan];
    return s;
}

Test(billing, a_title_in_no_offer_is_free_unless_closed) {
    cr_expect_eq(decide(NULL, 0, NULL, NULL, 0, 1).via, VIA_FREE);
    struct entitlement_facts closed = {.now_ms = 1};
    struct entitlement d;
    entitlement_decide(&closed, &d);
    cr_expect_not(d.granted);
    cr_expect_str_eq(access_refusal_code(&d), "playback.not_offered");
}

Test(billing, an_offer_and_a_holdback_count_in_their_countries_only) {
    static const char *const free_here = "", *const not_here = "playback.not_here";
    struct offer_fact all = offer(OFFER_AVOD, 0, 0), german = all, held = offer(OFFER_HOLDBACK, 0, 0);
    german.countries = STR("AT DE");
    held.countries = STR("DE FR");
    struct right_fact bought = {0};
    const struct {
        struct offer_fact o[2];
        size_t n;
        bool bought;
        const char *country, *refusal;
    } cases[] = {{{all}, 1, false, "US", free_here},
                 {{german}, 1, false, "DE", free_here},
                 {{german}, 1, false, "AT", free_here},
                 {{german}, 1, false, "US", not_here},
                 {{german}, 1, false, "", not_here}, /* nobody knows where */
                 {{german}, 1, true, "US", free_here}, /* what was bought travels */
                 {{all, held}, 2, false, "DE", not_here},
                 {{all, held}, 2, true, "FR", not_here},
                 {{all, held}, 2, false, "US", free_here},
                 {{german, held}, 2, false, "AT", free_here},
                 {{held}, 1, false, "US", "playback.not_offered"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct entitlement_facts f = {.now_ms = 1,
                                      .country = str_of(cases[i].country),
                                      .offers = cases[i].o,
                                      .n_offers = cases[i].n,
                                      .rights = &bought,
                                      .n_rights = cases[i].bought};
        struct entitlement d;
        entitlement_decide(&f, &d);
        cr_expect_str_eq(access_refusal_code(&d), cases[i].refusal, "case %zu", i);
        cr_expect_eq(d.granted, !cases[i].refusal[0], "case %zu", i);
    }
}

Test(billing, a_subscription_gives_what_its_state_and_time_say) {
    struct offer_fact o[] = {offer(OFFER_PLAN, 0, 999)};
    static const struct {
        enum sub_state state;
        int64_t day;
        const char *refusal;
    } cases[] = {{SUB_TRIALING, 50, ""},
                 {SUB_ACTIVE, 99, ""},
                 {SUB_ACTIVE, 100, ""}, /* the clock renews within the day */
                 {SUB_ACTIVE, 101, "playback.plan_required"},
                 {SUB_PAST_DUE, 102, ""},
                 {SUB_PAST_DUE, 103, "playback.payment_overdue"},
                 {SUB_PAUSING, 99, ""},
                 {SUB_PAUSING, 100, "playback.plan_required"},
                 {SUB_PAUSED, 50, "playback.subscription_paused"},
                 {SUB_CANCELLING, 99, ""},
                 {SUB_CANCELLING, 100, "playback.plan_required"},
                 {SUB_PENDING, 1, "playback.plan_required"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sub s = sub_to(0, cases[i].state);
        struct entitlement d = decide(o, 1, &s, NULL, 0, cases[i].day * DAY_MS);
        cr_expect_str_eq(access_refusal_code(&d), cases[i].refusal, "%s on day %ld",
                         sub_state_name(cases[i].state), (long)cases[i].day);
        cr_expect_eq(d.granted, !cases[i].refusal[0]);
        if (d.granted)
            cr_expect(d.via == VIA_PLAN && d.limits.max_height == 1080);
    }
}

Test(billing, a_title_in_several_offers_is_had_by_any_and_the_cheapest_is_told) {
    struct offer_fact o[] = {offer(OFFER_PLAN, 0, 999), offer(OFFER_PLAN, 1, 1499),
                             offer(OFFER_RENTAL, 0, 399), offer(OFFER_PURCHASE, 0, 1299)};
    struct entitlement d = decide(o, 4, NULL, NULL, 0, 1);
    cr_expect_str_eq(access_refusal_code(&d), "playback.plan_required");
    cr_expect(d.has_way && d.way.kind == OFFER_RENTAL && d.way.price.minor == 399);
    struct sub other = sub_to(2, SUB_ACTIVE), right = sub_to(1, SUB_ACTIVE);
    cr_expect_str_eq(code_of(decide(o, 4, &other, NULL, 0, 1)),
                     "playback.upgrade_required");
    cr_expect_eq(decide(o, 4, &right, NULL, 0, 1).via, VIA_PLAN);
    struct right_fact bought[] = {{.id = {ids[0]}}};
    cr_expect_eq(decide(o, 4, &right, bought, 1, 1).via, VIA_PURCHASE);
    o[2].price.currency = (struct currency){"USD"}; /* another currency is not compared */
    cr_expect_eq(decide(o, 4, NULL, NULL, 0, 1).way.price.minor, 999);
    struct err e = FAILS(ERR_FORBIDDEN, entitlement_refuse(&d, err));
    cr_expect(strstr(e.hint, "3.99 EUR"), "%s", e.hint);
}

Test(billing, a_rental_is_begun_in_time_and_finished_in_time) {
    struct offer_fact o[] = {offer(OFFER_RENTAL, 0, 399)};
    struct right_fact r[] = {{.id = {ids[0]}, .rental = true, .start_by_ms = 30 * DAY_MS}};
    struct entitlement d = decide(o, 1, NULL, r, 1, 29 * DAY_MS);
    cr_expect(d.via == VIA_RENTAL && d.rental_begins);
    d = decide(o, 1, NULL, r, 1, 30 * DAY_MS);
    cr_expect_str_eq(access_refusal_code(&d), "playback.rental_over");
    r[0].ends_ms = 32 * DAY_MS; /* begun on day 30, less a moment */
    d = decide(o, 1, NULL, r, 1, 31 * DAY_MS);
    cr_expect(d.via == VIA_RENTAL && !d.rental_begins && d.until_ms == 32 * DAY_MS);
    cr_expect_not(decide(o, 1, NULL, r, 1, 32 * DAY_MS).granted);
    cr_expect_str_eq(code_of(decide(o, 1, NULL, NULL, 0, 1)),
                     "playback.rental_required");
    struct sub s = sub_to(0, SUB_ACTIVE); /* the plan comes first: the rental is not used up */
    struct offer_fact both[] = {offer(OFFER_RENTAL, 0, 399), offer(OFFER_PLAN, 0, 999)};
    r[0].ends_ms = 0;
    cr_expect_eq(decide(both, 2, &s, r, 1, 1).via, VIA_PLAN);
}

Test(billing, windows_and_holdbacks_win) {
    struct offer_fact o[] = {offer(OFFER_AVOD, 0, 0), offer(OFFER_PURCHASE, 0, 999)};
    o[0].from_ms = 10 * DAY_MS;
    o[0].until_ms = 20 * DAY_MS;
    cr_expect_not(decide(o, 2, NULL, NULL, 0, 9 * DAY_MS).granted);
    struct entitlement d = decide(o, 2, NULL, NULL, 0, 10 * DAY_MS);
    cr_expect(d.via == VIA_ADS && d.limits.ads);
    cr_expect_not(decide(o, 2, NULL, NULL, 0, 20 * DAY_MS).granted);
    struct right_fact bought[] = {{.id = {ids[0]}}};
    struct offer_fact held[] = {offer(OFFER_PURCHASE, 0, 999), offer(OFFER_HOLDBACK, 0, 0)};
    held[1].until_ms = 5 * DAY_MS;
    d = decide(held, 2, NULL, bought, 1, DAY_MS);
    cr_expect_str_eq(access_refusal_code(&d), "playback.held_back");
    cr_expect_not(d.has_way);
    cr_expect_eq(decide(held, 2, NULL, bought, 1, 5 * DAY_MS).via, VIA_PURCHASE);
}
