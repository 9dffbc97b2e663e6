/*
 * Two requests at the same instant, on each engine: every pair of what changes money, on an account in each state
 * that matters. Whatever way they interleave, the program must end where one of the two orders ends in the
 * oracle's books, or where one of them alone ends and the other was refused; and the ledger holds. Then what only
 * one may have: the last use of a coupon, a gift code, a key.
 *
 * Some pairs in the ordinary run, all with MATINEE_LONG=1. MATINEE_SEED picks others.
 */
#include "life.h"
#include "../engine/postgres.h"
#include "service/billing/gateway_routes.h"
#include <pthread.h>

extern const struct service stores_service; /* store_service.c; listed by name in app */

enum { BASICS = 700 };
enum { KEYED = 1 << OP_SUBSCRIBE | 1 << OP_CHANGE | 1 << OP_PAY | 1 << OP_BUY | 1 << OP_REFUND };
static struct {
    struct child c;
    struct world_m w;
    int64_t now;
    int next_who;
} g;

struct racer {
    pthread_barrier_t *start;
    struct op op;
    struct reply reply;
};

static void *race_one(void *arg) {
    struct racer *r = arg;
    struct child c = g.c;
    pthread_barrier_wait(r->start);
    child_op(&c, &r->op, &r->reply);
    return NULL;
}

static void race(struct racer *r, int n) {
    pthread_t t[8];
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, (unsigned)n);
    for (int i = 0; i < n; i++) {
        r[i].start = &start;
        r[i].op.now_ms = g.now;
        if (!id_is_set(r[i].op.key))
            r[i].op.key = id_new(1);
        cr_assert_eq(pthread_create(&t[i], NULL, race_one, &r[i]), 0);
    }
    for (int i = 0; i < n; i++)
        pthread_join(t[i], NULL);
    pthread_barrier_destroy(&start);
}

/* Now and for everybody: the engine's clock is in g.c, and the copies point to it. */
static void at(int64_t now) {
    g.now = now;
    clock_stop(&g.c.shop.w.f.clock, now);
}

static void model_do(struct world_m *w, struct model *m, const struct op *op, char code[64]) {
    if (op->kind != OP_TICK) {
        model_apply(w, m, op, code);
        return;
    }
    model_settle(w, m, op->now_ms, NULL);
    model_due(w, m, op->now_ms, NULL);
    model_remind(w, m, op->now_ms);
    snprintf(code, 64, "ok");
}

/* One step of the way into a state, on both sides. */
static void step(struct model *m, struct op op) {
    static struct reply reply;
    char code[64], why[200];
    op.now_ms = g.now;
    op.key = id_new(1);
    child_op(&g.c, &op, &reply);
    model_do(&g.w, m, &op, code);
    cr_assert_str_eq(code, reply.code, "%s", op_names[op.kind]);
    if (op.who >= 0) {
        model_compare(&g.w, m, &reply.look, g.now, why, sizeof why);
        cr_assert(!why[0], "%s", why);
    }
}

enum { NOTHING, ACTIVE, DUE, OVERDUE, AT_THE_BANK, TRIAL, PAUSED, LEAVING, LARGE, STATES };
static const char *const state_names[STATES] = {"nothing", "active", "due", "overdue", "at the bank", "trial", "paused", "leaving", "premium"};

static void state_make(int state, int who, struct model *m) {
    int place = who % PLACES;
    struct op sub = {.kind = OP_SUBSCRIBE, .who = who, .price = g.c.shop.price[place][PRICE_BASIC_MONTH], .card = "test_ok"};
    *m = (struct model){.place = place, .coupon = -1, .next_price = -1};
    if (state == NOTHING)
        return;
    if (state == LARGE)
        sub.price = g.c.shop.price[place][PRICE_PREMIUM_MONTH];
    if (state == OVERDUE)
        snprintf(sub.card, sizeof sub.card, "test_fails_on_renewal");
    if (state != TRIAL)
        m->trial_used = true; /* these begin with a payment: places without a trial are picked */
    step(m, sub);
    if (state == PAUSED)
        step(m, (struct op){.kind = OP_PAUSE, .who = who, .which = 3});
    at(g.now + (state == TRIAL ? 2 : 10) * DAY_MS);
    if (state == LEAVING)
        step(m, (struct op){.kind = OP_CANCEL, .who = who});
    if (state == AT_THE_BANK) {
        step(m, (struct op){.kind = OP_METHOD, .who = who, .card = "test_3ds"});
        step(m, (struct op){.kind = OP_CHANGE, .who = who, .price = g.c.shop.price[place][PRICE_PREMIUM_MONTH]});
        step(m, (struct op){.kind = OP_BANK, .who = who, .which = SUB, .flag = true, .back = false});
    }
    if (state == DUE || state == OVERDUE || state == PAUSED)
        at(g.now + 22 * DAY_MS);
    if (state == OVERDUE || state == PAUSED)
        step(m, (struct op){.kind = OP_TICK, .who = -1});
    if (state == OVERDUE)
        step(m, (struct op){.kind = OP_METHOD, .who = who, .card = "test_ok"});
}

/* state: where it is possible. */
static const struct {
    enum op_kind kind;
    int which; /* price, thing, months, paid invoice */
    bool flag;
    const char *card;
    int state;
    enum change_when when;
} moves[] = {
    {OP_SUBSCRIBE, PRICE_BASIC_MONTH, false, "test_ok", NOTHING},
    {OP_CHANGE, PRICE_PREMIUM_MONTH, false, "", ACTIVE},
    {OP_CHANGE, PRICE_BASIC_YEAR, false, "", ACTIVE},
    {OP_CHANGE, PRICE_PREMIUM_YEAR, false, "", ACTIVE, CHANGE_NOW},
    {OP_CHANGE, PRICE_BASIC_MONTH, false, "", LARGE, CHANGE_NOW},
    {OP_PAY, 0, false, "test_ok", OVERDUE},
    {OP_CANCEL, 0, false, "", ACTIVE},
    {OP_KEEP, 0, false, "", LEAVING},
    {OP_PAUSE, 2, false, "", ACTIVE},
    {OP_METHOD, 0, false, "test_ok", OVERDUE},
    {OP_BUY, PURCHASE, false, "test_ok", ACTIVE},
    {OP_BUY, RENTAL, false, "test_declined", ACTIVE},
    {OP_GIFT, 0, false, "", ACTIVE},
    {OP_REFUND, 0, false, "", ACTIVE},
    {OP_REFUND, 0, true, "", ACTIVE},
    {OP_DISPUTE, 0, false, "", ACTIVE},
    {OP_STORE, STORE_BUY, false, "", NOTHING},
    {OP_TICK, 0, false, "", DUE},
    {OP_BANK, SUB, true, "", AT_THE_BANK}};
enum { MOVES = ARRAY_LEN(moves) };
static int met[OP_KINDS];

/* Whoever adds a route says here by which move it is raced, or where, or why it need not be. */
static const struct {
    const char *route;
    enum op_kind by; /* OP_FILL: by none */
    const char *why;
} raced[] = {
    {"subscribe", OP_SUBSCRIBE}, {"subscriptionChange", OP_CHANGE}, {"subscriptionPay", OP_PAY},
    {"subscriptionCancel", OP_CANCEL}, {"subscriptionKeep", OP_KEEP}, {"subscriptionPause", OP_PAUSE},
    {"paymentMethodSet", OP_METHOD}, {"paymentConfirm", OP_BANK}, {"testGatewayAnswer", OP_BANK}, {"testBankAnswer", OP_BANK},
    {"buy", OP_BUY}, {"giftCodeRedeem", OP_GIFT}, {"refundMake", OP_REFUND}, {"storeReceipt", OP_STORE}, {"testStorePut", OP_STORE},
    {"accountCreditPut", OP_FILL, "flow/billing.spec.ts: four times at one instant"},
    {"billingQuote", OP_FILL, "writes nothing: its transaction is rolled back"},
    {"methodSetup", OP_FILL, "no money: a page of the gateway's; two are two pages"},
    {"methodSetupConfirm", OP_FILL, "flow/billing-stripe.spec.ts: the webhook comes before the redirect"},
    {"stripeWebhook", OP_FILL, "flow/billing-stripe.spec.ts: the webhook, the payer and a second press at one instant"},
    {"appleWebhook", OP_STORE}, {"googleWebhook", OP_STORE}, {"rokuWebhook", OP_STORE}, /* each reads the store again */
    {"storeProductsPut", OP_FILL, "the products of a plan, put whole: the later one counts"},
    {"planPut", OP_FILL, "one row, put whole: the later one counts"},
    {"planPricePut", OP_FILL, "a unique index lets one price be in force; nobody's price changes"},
    {"offerPut", OP_FILL, "one transaction, put whole: the later one counts"},
    {"taxPut", OP_FILL, "one row, put whole: the later one counts"},
    {"couponPut", OP_FILL, "one row; its last use is in only_one()"},
    {"giftCodesMake", OP_FILL, "new rows of random codes; who redeems one is in only_one()"}};

static void routes_check(const struct route *routes) {
    for (const struct route *r = routes; r->path; r++) {
        size_t i = 0;
        while (r->method != GET && i < ARRAY_LEN(raced) && strcmp(raced[i].route, r->op) != 0)
            i++;
        cr_expect_lt(i, ARRAY_LEN(raced), "%s (%s) writes, and no race test says so: add it to `raced`", r->op, r->path);
        if (r->method == GET || i == ARRAY_LEN(raced))
            continue;
        bool moves_it = false;
        for (size_t k = 0; k < MOVES; k++)
            moves_it = moves_it || moves[k].kind == raced[i].by;
        cr_expect(raced[i].by == OP_FILL ? raced[i].why != NULL : moves_it, "%s: no move does it", r->op);
    }
}

Test(race, every_write_of_billing_is_raced) {
    routes_check(billing_routes);
    routes_check(gateway_routes);
    routes_check(stores_service.routes);
}

static struct op move_op(int k, int who, const struct model *m) {
    struct op op = {.kind = moves[k].kind, .who = moves[k].kind == OP_TICK ? -1 : who, .which = moves[k].which,
                    .flag = moves[k].flag, .back = true, .amount = moves[k].kind == OP_GIFT ? 250 : 0, .when = moves[k].when,
                    .price = g.c.shop.price[who % PLACES][moves[k].which % PRICES], .now_ms = g.now};
    snprintf(op.card, sizeof op.card, "%s", moves[k].card);
    if (op.kind == OP_DISPUTE) {
        op.place = 1;
        op.amount = m->n_paid ? m->paid[0].due : 0;
    }
    if (op.kind == OP_STORE)
        op.receipt = id_new(1), op.from = g.now, op.until = model_months_after(g.now, 1);
    return op;
}

/* How two may meet: what waited at the bank is given up first, or last (what came back found its subscription ended);
 * the second's own giving up was before the first; the first's charge is settled after the second. */
enum { GIVEN_UP = 1, GIVEN_UP_LAST = 2, BEGAN = 4, HELD = 8, MEETINGS = 16 };

static void meet(const struct op *first, const struct op *second, int how, struct model *m) {
    static const bool none_open[THINGS];
    struct world_m w = g.w;
    char code[64];
    if (how & GIVEN_UP)
        model_abandon(&w, m, g.now);
    m->hold = how & HELD;
    model_do(&w, m, first, code);
    m->hold = false;
    m->began = how & BEGAN;
    if (second)
        model_do(&w, m, second, code);
    m->began = false;
    if (how & HELD)
        model_settle(&w, m, g.now, none_open);
    if (how & GIVEN_UP_LAST)
        model_abandon(&w, m, g.now);
}

/* a then b, b then a, or one alone (once: it is the same request). -1: it cannot have ended so. */
static int explain(const struct model *m, const struct op *a, const struct op *b, bool once, const struct look *l,
                   struct model *ret, char why[200]) {
    const struct op *orders[4][2] = {{a, b}, {b, a}, {a, NULL}, {b, NULL}};
    char first[200] = "";
    for (int how = 0; how < MEETINGS; how++)
        for (int i = once ? 2 : 0; i < 4; i++) {
            *ret = *m;
            meet(orders[i][0], orders[i][1], how, ret);
            model_compare(&g.w, ret, l, g.now, why, 200);
            if (!why[0])
                return how * 4 + i;
            if (!first[0])
                memcpy(first, why, sizeof first);
        }
    memcpy(why, first, sizeof first);
    return -1;
}

/* same_key: y is x, asked again. */
static void pair(int state, int x, int y, bool same_key) {
    static struct racer r[2];
    static struct reply reply;
    static const int places[STATES] = {[TRIAL] = PLACE_CA};
    struct model m, after;
    char why[200];
    int who = (g.next_who += PLACES) + (state == TRIAL ? places[TRIAL] : PLACE_DE);
    cr_assert_lt(who, LIVES_MAX);
    state_make(state, who, &m);
    r[0] = (struct racer){.op = move_op(x, who, &m)};
    r[1] = (struct racer){.op = move_op(y, who, &m)};
    if (same_key)
        r[0].op.key = r[1].op.key = id_new(1);
    met[moves[x].kind]++, met[moves[y].kind]++;
    race(r, 2);
    struct op see = {.kind = OP_LOOK, .who = who, .now_ms = g.now};
    child_op(&g.c, &see, &reply);
    int order = explain(&m, &r[0].op, &r[1].op, same_key, &reply.look, &after, why);
    cr_assert(!same_key || strcmp(r[0].reply.code, r[1].reply.code) == 0, "one key, two answers: %s, %s", r[0].reply.code, r[1].reply.code);
    cr_assert(order >= 0, "%s: %s (%s) against %s (%s): %s", state_names[state], op_names[r[0].op.kind], r[0].reply.code,
              op_names[r[1].op.kind], r[1].reply.code, why);
    /* What was left for the clock comes with its next rounds, and nothing else does. */
    for (int i = 0; i < 2; i++) {
        at(g.now + 2 * 60000);
        struct op tick = {.kind = OP_TICK, .who = -1, .now_ms = g.now};
        child_op(&g.c, &tick, &reply);
        char code[64];
        model_do(&g.w, &after, &tick, code);
    }
    see.now_ms = g.now;
    child_op(&g.c, &see, &reply);
    model_compare(&g.w, &after, &reply.look, g.now, why, sizeof why);
    cr_assert(!why[0], "%s: %s against %s, later: %s", state_names[state], op_names[r[0].op.kind], op_names[r[1].op.kind], why);
    struct op leave = {.kind = OP_CANCEL, .who = who, .now_ms = g.now};
    child_op(&g.c, &leave, &reply); /* nobody renews in the rounds to come */
}

static int count(struct racer *r, int n, const char *code) {
    int found = 0;
    for (int i = 0; i < n; i++)
        found += strcmp(r[i].reply.code, code) == 0;
    return found;
}

/* Six accounts want the last use; six want one gift code; six requests have one key. */
static void only_one(void) {
    enum { N = 6 };
    static struct racer r[N];
    struct id gift = id_new(1), key = id_new(1);
    shop_exec(&g.c.shop, "UPDATE coupon SET max_redemptions = redeemed + 1 WHERE code = 'FIRSTTEN'");
    for (int i = 0; i < N; i++)
        r[i] = (struct racer){.op = {.kind = OP_SUBSCRIBE, .who = 900 + i * PLACES, .card = "test_ok", .coupon = "FIRSTTEN",
                                     .price = g.c.shop.price[PLACE_DE][PRICE_BASIC_MONTH]}};
    race(r, N);
    cr_assert_eq(count(r, N, "succeeded"), 1, "the coupon's last use");
    cr_assert_eq(count(r, N, "billing.coupon_invalid"), N - 1);
    for (int i = 0; i < N; i++)
        r[i] = (struct racer){.op = {.kind = OP_GIFT, .who = 930 + i * PLACES, .key = gift, .amount = 777}};
    race(r, N);
    cr_assert_eq(count(r, N, "ok"), 1, "one gift code");
    cr_assert_eq(count(r, N, "billing.gift_invalid"), N - 1);
    int64_t before = shop_number(&g.c.shop, "SELECT COUNT(*) FROM test_gateway");
    for (int i = 0; i < N; i++)
        r[i] = (struct racer){.op = {.kind = OP_BUY, .which = PURCHASE, .who = 960, .card = "test_ok", .key = key}};
    race(r, N);
    cr_assert_eq(count(r, N, "succeeded"), N, "one key, one answer");
    cr_assert_eq(shop_number(&g.c.shop, "SELECT COUNT(*) FROM test_gateway"), before + 1);
    for (int i = 0; i < N; i++) /* the key for something else */
        r[i] = (struct racer){.op = {.kind = i % 2 ? OP_SUBSCRIBE : OP_BUY, .which = PURCHASE, .who = 960, .card = "test_ok", .key = key,
                                     .price = g.c.shop.price[PLACE_DE][PRICE_BASIC_MONTH]}};
    race(r, N);
    cr_assert_eq(count(r, N, "succeeded"), N / 2);
    cr_assert_eq(count(r, N, "billing.idempotency_mismatch"), N / 2);
    cr_assert_eq(shop_number(&g.c.shop, "SELECT COUNT(*) FROM test_gateway"), before + 1);
}

static void audit(void) {
    static struct reply reply;
    struct op op = {.kind = OP_AUDIT, .who = -1, .now_ms = g.now};
    child_op(&g.c, &op, &reply);
}

static void races(const char *url) {
    static struct reply reply;
    const char *as_long = getenv("MATINEE_LONG"), *text = getenv("MATINEE_SEED");
    bool all = as_long && *as_long && strcmp(as_long, "0") != 0;
    int64_t seed = 5;
    cr_assert(!text || str_to_i64(str_of(text), &seed), "MATINEE_SEED is a number");
    log_init("race", LOG_ERROR);
    g.c.n = LIVES_MAX;
    g.c.shop.w.f.arena = ARENA(16 << 20);
    struct store_options o = {.url = url, .clock = &g.c.shop.w.f.clock};
    OK(store_open(&o, &g.c.shop.w.e.store, err));
    g.c.shop.w.e.clock = &g.c.shop.w.f.clock;
    at(1800000000000);
    struct op fill = {.kind = OP_FILL, .who = -1, .now_ms = g.now};
    child_op(&g.c, &fill, &reply);
    world_m_init(&g.w, &g.c.shop);
    uint64_t dice = (uint64_t)seed;
    int done = 0;
    for (int x = 0; x < MOVES; x++) {
        pair(moves[x].state, x, x, false);
        if (KEYED & 1u << moves[x].kind)
            pair(moves[x].state, x, x, true);
        done++;
    }
    audit();
    for (int state = 0; state < STATES && done < BASICS; state++)
        for (int x = 0; x < MOVES; x++)
            for (int y = x; y < MOVES; y++) {
                dice = dice * 6364136223846793005u + 1442695040888963407u;
                if ((dice >> 33) % (all ? 8 : 32) != 0 || g.next_who > 890)
                    continue;
                pair(state, x, y, false);
                if (++done % 20 == 0)
                    audit();
            }
    for (size_t i = 0; i < ARRAY_LEN(raced); i++)
        cr_expect(raced[i].by == OP_FILL || met[raced[i].by] > 0, "%s met nobody", raced[i].route);
    only_one();
    audit();
    fprintf(stderr, "  %d pairs at the same instant, seed %lld\n", done, (long long)seed);
    cr_expect_gt(done, 30);
    store_close(g.c.shop.w.e.store);
}

Test(race, on_sqlite, .timeout = 240) {
    char dir[64];
    snprintf(dir, sizeof dir, "/tmp/matinee-test-XXXXXX");
    cr_assert(mkdtemp(dir));
    races(dir);
    tree_remove(dir);
}

Test(race, on_postgresql, .timeout = 240) {
    struct postgres pg;
    char url[160];
    if (!postgres_start(&pg))
        cr_skip_test("no PostgreSQL server here");
    snprintf(url, sizeof url, "postgresql:///postgres?host=%s&user=postgres", pg.dir);
    races(url);
    postgres_stop(&pg);
}
