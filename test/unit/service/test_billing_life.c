/*
 * Accounts live for two years by a clock that the test owns: they subscribe, change, pause, cancel,
 * come back, rent, buy, are declined, time out, walk away from their bank, are refunded; over
 * month-ends and a leap day. The books, the invoices and the periods are audited all along, and who
 * may watch is told by an oracle that knows only paid invoices and the moves.
 *
 * 30 accounts in the ordinary run, 1,000 with MATINEE_LONG=1; MATINEE_SEED picks another life.
 */
#include "shop.h"

struct person {
    struct account_id id;
    int place;
};
struct life {
    struct shop shop;
    struct person *people;
    int n;
    uint64_t seed;
    struct payment_id waiting; /* the last one that wants an answer */
    int64_t done[12], refused[12];
};

static uint32_t roll(struct life *l, uint32_t below) {
    l->seed = l->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(l->seed >> 33) % below;
}

static const char *card(struct life *l) {
    static const char *const cards[] = {"test_ok", "test_ok", "test_ok", "test_ok", "test_declined",
                                        "test_3ds", "test_3ds_always", "test_fails_on_renewal",
                                        "test_timeout", "test_timeout_declined", "test_timeout_lost"};
    return cards[roll(l, ARRAY_LEN(cards))];
}

static const char *coupon(struct life *l) {
    static const char *const codes[] = {"HALF", "FREEMONTH", "FOREVER", "TWOEURO", "FIRSTTEN"};
    return roll(l, 3) ? NULL : codes[roll(l, ARRAY_LEN(codes))];
}

/* The payer at the bank: yes, no, yes but the browser is closed, or nothing at all. */
static void bank(struct life *l, const struct person *p, json_t *j) {
    struct payment_id id;
    const char *status = json_string_value(json_object_get(j, "status"));
    uint32_t what = roll(l, 4);
    if (status && strcmp(status, "action_required") == 0 && what &&
        id_parse(str_of(json_string_value(json_object_get(j, "payment_id"))), &id.v)) {
        json_t *after = NULL;
        test_gateway_answer(&l->shop.w.e, id_str(&id.v), what != 1, NULL);
        if (what != 3)
            OK(billing_payment_sync(&l->shop.w.e, p->id, id, &l->shop.w.f.arena, &after, err));
        json_decref(after);
    }
    json_decref(j);
}

static void refund(struct life *l, const struct person *p) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct rows r;
    json_t *j = NULL;
    OK(store_query(l->shop.w.e.store, &billing_sql[PAYMENT_BY_ACCOUNT], ARGS(A_ID(p->id)), &a, &r, err));
    if (!r.n)
        return;
    size_t pick = roll(l, (uint32_t)r.n);
    struct payment_id id = {row_id(&r, pick, 0)};
    struct idem idem = {STR_NULL, STR("refund")};
    struct id key = id_new(1);
    idem.key = id_str(&key);
    int64_t amount = roll(l, 2) ? 0 : 1 + row_i64(&r, pick, 4) / (2 + roll(l, 5));
    billing_refund(&l->shop.w.e, id, amount, STR("asked for"), roll(l, 3) == 0, l->people[0].id, &idem,
                   &a, &j, NULL);
    json_decref(j);
}

static void gift(struct life *l, const struct person *p) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    static const char *const currencies[] = {"EUR", "CAD", "JPY"};
    struct id id = id_new(1);
    struct money m;
    OK(store_exec(l->shop.w.e.store, &billing_sql[GIFT_INSERT],
                  ARGS(A_CSTR(id.s), A_STR(gift_hash(&a, id_str(&id))), A_CSTR(currencies[p->place]),
                       A_I64(100 + roll(l, 3000)), A_I64(0), A_I64(1)),
                  err));
    OK(billing_gift_redeem(&l->shop.w.e, p->id, id_str(&id), &a, &m, err));
}

static int act(struct life *l, const struct person *p, uint32_t what, struct err *e) {
    struct shop *s = &l->shop;
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct pay_with pay = {STR("test"), str_of(card(l))};
    json_t *j;
    switch (what) {
    case 0:
        j = shop_subscribe(s, p->id, p->place, (int)roll(l, PRICES), card(l), coupon(l), NULL, e);
        break;
    case 1:
        j = shop_change(s, p->id, p->place, (int)roll(l, PRICES), NULL, e);
        break;
    case 2:
        j = shop_pay(s, p->id, roll(l, 2) ? card(l) : NULL, e);
        break;
    case 3:
        j = shop_buy(s, p->id, roll(l, 3) ? s->rental : s->purchase, p->place, card(l), NULL, e);
        break;
    case 4:
        return billing_cancel(&s->w.e, p->id, &a, e);
    case 5:
        return billing_keep(&s->w.e, p->id, &a, e);
    case 6:
        return billing_pause(&s->w.e, p->id, 1 + (int)roll(l, 3), &a, e);
    case 7:
        return billing_method_set(&s->w.e, p->id, &pay, &a, e);
    case 8:
        refund(l, p);
        return 0;
    default:
        gift(l, p);
        return 0;
    }
    if (j)
        bank(l, p, j);
    return j ? 0 : e->code;
}

/* A replay of a checkout with its key: the same answer, nothing charged. */
static void replay(struct life *l, const struct person *p) {
    struct err e;
    struct id key = id_new(1);
    int price = (int)roll(l, PRICES);
    const char *with = card(l);
    json_t *first = shop_subscribe(&l->shop, p->id, p->place, price, with, NULL, key.s, &e);
    json_t *again = shop_subscribe(&l->shop, p->id, p->place, price, with, NULL, key.s, &e);
    cr_assert_eq(first != NULL, again != NULL);
    if (first)
        cr_assert(json_equal(first, again));
    json_decref(first);
    json_decref(again);
}

static void person_lives(struct life *l, const struct person *p) {
    /* Who has nothing comes back more often than who has something does something. */
    static const uint32_t dice[] = {0, 0, 0, 1, 1, 2, 3, 3, 4, 5, 6, 7, 7, 8, 9, 10};
    uint32_t what = dice[roll(l, ARRAY_LEN(dice))];
    struct err e = {0};
    if (what == 10) {
        replay(l, p);
        return;
    }
    int rc = act(l, p, what, &e);
    /* What is refused is refused for a reason that a person can read; nothing else goes wrong. */
    cr_assert(rc == 0 || (e.reason[0] && e.hint[0]), "action %u: %s %s", what, err_name(rc), e.msg);
    (rc == 0 ? l->done : l->refused)[what]++;
}

/*
 * The oracle of the plan: the latest paid invoice of the account's subscriptions whose period holds
 * this moment names the plan; else the trial; else the grace after the last paid end, while the
 * subscription is overdue. A subscription that was ended early (its money given back, or overdue and
 * cancelled) gives nothing. It looks at invoices and moves, never at the dates that the program keeps
 * in the subscription.
 */
static const struct sql oracle_paid = {
    "ORACLE_PAID", STORE_MAIN,
    "SELECT l.level FROM invoice i JOIN plan_price p ON p.id = i.price_id JOIN plan l ON l.id = p.plan_id"
    " JOIN subscription s ON s.id = i.subscription_id WHERE i.account_id = $1 AND i.state = 'paid'"
    " AND (i.kind = 'period' OR i.kind = 'upgrade') AND i.period_start_at <= $2 AND $2 < i.period_end_at"
    " AND NOT EXISTS (SELECT 1 FROM subscription_move m WHERE m.subscription_id = s.id AND m.to_state = 'ended')"
    " ORDER BY i.number DESC LIMIT 1"};
static const struct sql oracle_trial = {
    "ORACLE_TRIAL", STORE_MAIN,
    "SELECT m.at FROM subscription_move m JOIN subscription s ON s.id = m.subscription_id"
    " WHERE s.account_id = $1 AND m.event = 'trial_started' AND m.at <= $2 AND $2 < m.at + 7 * 86400000"
    " AND NOT EXISTS (SELECT 1 FROM subscription_move e WHERE e.subscription_id = s.id AND e.to_state = 'ended')"};
static const struct sql oracle_grace = {
    "ORACLE_GRACE", STORE_MAIN,
    "SELECT COALESCE(MAX(i.period_end_at), MAX(t.at + 7 * 86400000)) AS ended FROM subscription s"
    " LEFT JOIN invoice i ON i.subscription_id = s.id AND i.state = 'paid' AND i.kind = 'period'"
    " LEFT JOIN subscription_move t ON t.subscription_id = s.id AND t.event = 'trial_started'"
    " WHERE s.account_id = $1 AND s.state IN ('past_due', 'active', 'trialing') GROUP BY s.id"};

static int oracle_level(struct life *l, const struct person *p, int64_t now, bool *ret_grace) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct store *st = l->shop.w.e.store;
    struct rows r;
    *ret_grace = false;
    OK(store_query(st, &oracle_paid, ARGS(A_ID(p->id), A_I64(now)), &a, &r, err));
    if (r.n)
        return (int)row_i64(&r, 0, 0);
    OK(store_query(st, &oracle_trial, ARGS(A_ID(p->id), A_I64(now)), &a, &r, err));
    if (r.n)
        return -1; /* some plan: in a trial it may be changed for nothing */
    OK(store_query(st, &oracle_grace, ARGS(A_ID(p->id)), &a, &r, err));
    if (r.n && row_i64(&r, 0, 0) <= now && now < row_i64(&r, 0, 0) + 3 * DAY_MS)
        return -1;
    return 0;
}

static void check_access(struct life *l, const struct person *p) {
    bool grace;
    struct shop *s = &l->shop;
    int64_t now = clock_now_ms(&s->w.f.clock);
    int level = oracle_level(l, p, now, &grace);
    bool both = !*shop_access(s, p->id, s->both), premium = !*shop_access(s, p->id, s->premium);
    cr_assert_eq(both, level != 0, "account %s: right to the plan %d, access %d, %s", p->id.v.s, level,
                 both, sub_state_name(shop_sub(s, p->id).state));
    if (level >= 0)
        cr_assert_eq(premium, level == 2, "account %s: level %d, access %d", p->id.v.s, level, premium);
}

static void live(struct life *l, int days) {
    for (int day = 0; day < days; day++) {
        clock_shift(&l->shop.w.f.clock, DAY_MS);
        /* A day has an hour in which the clock runs twice: late work is done, early work is not. */
        OK(billing_tick(&l->shop.w.e, err));
        OK(billing_tick(&l->shop.w.e, err));
        for (int i = 0; i < l->n; i++)
            if (roll(l, 30) == 0) {
                person_lives(l, &l->people[i]);
                check_access(l, &l->people[i]);
            }
        if (day % 90 == 0)
            shop_audit(&l->shop);
        for (int i = day % 10; i < l->n; i += 10)
            check_access(l, &l->people[i]);
        arena_reset(&l->shop.w.f.arena);
    }
}

Test(billing_life, two_years, .timeout = 900) {
    const char *seed = getenv("MATINEE_SEED");
    const char *as_long = getenv("MATINEE_LONG");
    int64_t seed_value = 7;
    struct life l = {.n = as_long && *as_long && strcmp(as_long, "0") != 0 ? 1000 : 30};
    if (seed)
        cr_assert(str_to_i64(str_of(seed), &seed_value), "MATINEE_SEED is a number");
    l.seed = (uint64_t)seed_value;
    shop_init(&l.shop);
    shop_time(&l.shop, "2027-01-26T22:00:00Z"); /* the first to come do so on the last days of January */
    l.people = calloc((size_t)l.n, sizeof *l.people);
    cr_assert(l.people);
    for (int i = 0; i < l.n; i++)
        l.people[i] = (struct person){shop_account(&l.shop), i % PLACES};
    for (int i = 0; i < l.n; i += 2) {
        struct err e;
        if (i % 6 == 0)
            clock_shift(&l.shop.w.f.clock, l.n > 100 ? DAY_MS / 32 : DAY_MS);
        bank(&l, &l.people[i], shop_subscribe(&l.shop, l.people[i].id, l.people[i].place,
                                              (int)roll(&l, PRICES), card(&l), NULL, NULL, &e));
    }
    live(&l, 731);
    for (int i = 0; i < 2; i++) { /* what is still on its way arrives */
        clock_shift(&l.shop.w.f.clock, 2 * HOUR_MS);
        OK(billing_tick(&l.shop.w.e, err));
    }
    cr_expect_eq(shop_number(&l.shop, "SELECT COUNT(*) FROM payment WHERE state = 'pending' OR state = 'action'"), 0);
    shop_audit(&l.shop);
    for (int i = 0; i <= 9; i++)
        cr_expect_gt(l.done[i], 0, "action %d was never possible", i);
    cr_expect_gt(shop_number(&l.shop, "SELECT COUNT(*) FROM invoice WHERE state = 'paid' AND kind = 'period'"), l.n * 3);
    fprintf(stderr, "two years of %d accounts: %ld invoices, %ld payments, %ld credit notes, %ld moves\n", l.n,
            (long)shop_number(&l.shop, "SELECT COUNT(*) FROM invoice WHERE state = 'paid'"),
            (long)shop_number(&l.shop, "SELECT COUNT(*) FROM payment"),
            (long)shop_number(&l.shop, "SELECT COUNT(*) FROM credit_note"),
            (long)shop_number(&l.shop, "SELECT COUNT(*) FROM subscription_move"));
    free(l.people);
    shop_done(&l.shop);
}
