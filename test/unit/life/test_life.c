/*
 * Two years of many accounts on each engine. They subscribe, change, pause, cancel, come back, rent, buy, are
 * declined, time out, walk away from their bank, are refunded; prices and taxes change; the clock is late for
 * days; over month-ends and a leap day; and the program is killed (kill -9) in the middle of it all and asked
 * again, as a client does. After each step the oracle (life_model.c) says what must have been billed and
 * who may watch, and the program must agree to the minor unit and the millisecond.
 *
 * 30 accounts in the ordinary run, 1,000 with MATINEE_LONG=1. MATINEE_SEED picks another life, MATINEE_LIVES
 * another number. A failure prints the seed and the account's last steps.
 */
#include "life.h"
#include "../engine/postgres.h"
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HISTORY = 12 };
struct life {
    char url[160];
    struct shop ids;
    struct id bundle;
    pid_t child;
    int to, from, n;
    uint64_t seed, kills_seed;
    int64_t now, steps, kills, done[OP_KINDS], refused[OP_KINDS];
    int64_t took_us; /* of late, a step */
    int kill_every;
    struct world_m w;
    struct model *m;
    struct op (*history)[HISTORY];
    int *history_n;
    int price[PLACES][PRICES]; /* in force, index into w.price */
    struct reply reply;
};

static uint32_t roll_of(uint64_t *seed, uint32_t below) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}
static uint32_t roll(struct life *l, uint32_t below) {
    return roll_of(&l->seed, below);
}

static void child_start(struct life *l) {
    int to[2], from[2];
    cr_assert(pipe(to) == 0 && pipe(from) == 0);
    fflush(NULL);
    l->child = fork();
    cr_assert(l->child >= 0);
    if (l->child == 0) {
        close(to[1]);
        close(from[0]);
        child_run(to[0], from[1], l->url, &l->ids, l->bundle, l->n);
    }
    close(to[0]);
    close(from[1]);
    l->to = to[1];
    l->from = from[0];
}

static void child_end(struct life *l, int signal) {
    int status;
    if (signal)
        kill(l->child, signal);
    close(l->to);
    close(l->from);
    waitpid(l->child, &status, 0);
}

/* False: no answer within limit_us (0: as long as it takes). */
static bool answer(struct life *l, int64_t limit_us) {
    int64_t begun = clock_mono_ns();
    for (size_t got = 0; got < sizeof l->reply;) {
        struct pollfd p = {.fd = l->from, .events = POLLIN};
        int64_t left = limit_us - (clock_mono_ns() - begun) / 1000;
        struct timespec t = {left > 0 ? left / 1000000 : 0, left > 0 ? left % 1000000 * 1000 : 0};
        if (limit_us && (left <= 0 || ppoll(&p, 1, &t, NULL) == 0))
            return false;
        ssize_t n = read(l->from, (char *)&l->reply + got, sizeof l->reply - got);
        cr_assert(n > 0, "the child ended by itself at step %lld", (long long)l->steps);
        got += (size_t)n;
    }
    return true;
}

/* Does it, over kills. True: killed in between, so it may have been begun before. */
static bool op_do(struct life *l, const struct op *op, bool may_kill) {
    bool doubt = false;
    l->steps++;
    for (;;) {
        int64_t begun = clock_mono_ns();
        cr_assert_eq(write(l->to, op, sizeof *op), (ssize_t)sizeof *op);
        int64_t limit = may_kill && l->kill_every && roll_of(&l->kills_seed, (uint32_t)l->kill_every) == 0
                            ? 1 + roll_of(&l->kills_seed, (uint32_t)l->took_us)
                            : 0;
        if (answer(l, limit)) {
            if (!limit)
                l->took_us = (l->took_us * 15 + (clock_mono_ns() - begun) / 1000) / 16 + 1;
            return doubt;
        }
        child_end(l, SIGKILL);
        l->kills++;
        doubt = true;
        child_start(l);
    }
}

static void fail(struct life *l, int who, const char *why) {
    char at[RFC3339_LEN + 1];
    for (int i = MAX(0, l->history_n[who] - HISTORY); i < l->history_n[who]; i++) {
        const struct op *op = &l->history[who][i % HISTORY];
        rfc3339_write(op->now_ms, at);
        fprintf(stderr, "  %s %s which %d, %s %s, amount %lld%s\n", at, op_names[op->kind], op->which, op->card, op->coupon,
                (long long)op->amount, op->flag ? ", yes" : "");
    }
    rfc3339_write(l->now, at);
    cr_assert_fail("account %d of place %d at %s, step %lld, %s: %s", who, l->m[who].place, at, (long long)l->steps,
                   l->m[who].state, why);
}

static bool try_tick(struct life *l, int who, const struct world_m *w0, const bool *open, int turns, char *why, size_t n) {
    struct world_m w = *w0;
    struct model m = l->m[who];
    for (int i = 0; i < turns; i++) {
        model_settle(&w, &m, l->now, open);
        model_due(&w, &m, l->now, open);
        model_remind(&w, &m, l->now);
    }
    if (open) {
        model_compare(&w, &m, &l->reply.look, l->now, why, n);
        if (why[0])
            return false;
    }
    l->m[who] = m;
    l->w = w;
    return true;
}

static bool doubtful(const struct model *m) {
    for (int t = 0; t < THINGS; t++)
        if (m->out[t].state == OUT_PENDING && m->out[t].doubt)
            return true;
    return false;
}

static void doubt_all(struct model *m) {
    for (int t = 0; t < THINGS; t++)
        m->out[t].doubt = m->out[t].state == OUT_PENDING;
}

static void look(struct life *l, int who) {
    char why[200];
    struct op op = {.kind = OP_LOOK, .who = who, .now_ms = l->now};
    op_do(l, &op, false);
    model_compare(&l->w, &l->m[who], &l->reply.look, l->now, why, sizeof why);
    if (why[0])
        fail(l, who, why);
}

static bool anything_due(const struct life *l, const struct model *m) {
    bool due = m->next && m->next <= l->now;
    for (int t = 0; t < THINGS; t++)
        due = due || m->out[t].state;
    return due;
}

/* After a kill the answer of a charge may come with this turn or the next: what is still open tells. */
static void tick(struct life *l) {
    char why[200] = "";
    uint8_t open[LIVES_MAX];
    struct op op = {.kind = OP_TICK, .who = -1, .now_ms = l->now};
    bool doubt = op_do(l, &op, true);
    memcpy(open, l->reply.open, sizeof open);
    l->done[OP_TICK]++;
    for (int i = 0; i < l->n; i++) {
        bool is_open[THINGS], due = anything_due(l, &l->m[i]);
        for (int t = 0; t < THINGS; t++)
            is_open[t] = open[i] & 1u << t;
        if (!(doubt && due) && !doubtful(&l->m[i])) {
            try_tick(l, i, &l->w, NULL, 1, why, sizeof why);
            for (int t = 0; t < THINGS; t++)
                if (is_open[t] != (l->m[i].out[t].state != OUT_NONE))
                    fail(l, i, "a payment is open that should not be, or the other way round");
            continue;
        }
        struct op see = {.kind = OP_LOOK, .who = i, .now_ms = l->now};
        op_do(l, &see, false);
        if (!try_tick(l, i, &l->w, is_open, 1, why, sizeof why) && !try_tick(l, i, &l->w, is_open, 2, why, sizeof why))
            fail(l, i, why);
        doubt_all(&l->m[i]);
    }
}

static void history_add(struct life *l, const struct op *op) {
    l->history[op->who][l->history_n[op->who]++ % HISTORY] = *op;
}

enum { KEYED = 1 << OP_SUBSCRIBE | 1 << OP_CHANGE | 1 << OP_PAY | 1 << OP_BUY | 1 << OP_REFUND };

/* One person does one thing. */
static void act(struct life *l, struct op *op) {
    char code[64], again[64], why[200];
    struct world_m w = l->w;
    struct model m = l->m[op->who], second;
    bool doubt, twice = roll(l, 8) == 0;
    op->now_ms = l->now;
    op->key = id_new(1);
    history_add(l, op);
    model_apply(&w, &m, op, code);
    if (strcmp(code, "none") == 0)
        return;
    doubt = op_do(l, op, true);
    if (doubt) { /* done before the kill, asked again: the refusal of a second time, or a later status */
        struct world_m w2 = w;
        second = m;
        model_apply(&w2, &second, op, again);
        model_settle(&w, &m, l->now, l->reply.look.open);
    }
    bool good = strcmp(code, l->reply.code) == 0 ||
                (doubt && (strcmp(again, l->reply.code) == 0 || strcmp(code, "processing") == 0 ||
                           (op->kind == OP_GIFT && strcmp(l->reply.code, "billing.gift_invalid") == 0)));
    if (!good) {
        snprintf(why, sizeof why, "%s: expected %s, answered %s%s", op_names[op->kind], code, l->reply.code,
                 doubt ? " (after a kill)" : "");
        fail(l, op->who, why);
    }
    model_compare(&w, &m, &l->reply.look, l->now, why, sizeof why);
    if (why[0])
        fail(l, op->who, why);
    l->w = w;
    l->m[op->who] = m;
    if (doubt)
        doubt_all(&l->m[op->who]);
    (strncmp(code, "billing.", 8) == 0 ? l->refused : l->done)[op->kind]++;
    if (!doubt && twice && KEYED & 1u << op->kind) { /* the same key again: the same answer, nothing more */
        op_do(l, op, false);
        model_compare(&l->w, &l->m[op->who], &l->reply.look, l->now, why, sizeof why);
        if (why[0] || strcmp(code, l->reply.code) != 0)
            fail(l, op->who, why[0] ? why : "a replay has another answer");
    }
}

static void card_put(struct life *l, struct op *op) {
    static const int often[] = {0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7};
    snprintf(op->card, sizeof op->card, "%s", card_names[often[roll(l, ARRAY_LEN(often))]]);
}

static struct price_id any_price(struct life *l, int place) {
    int i = roll(l, 20) ? l->price[place][roll(l, PRICES)] : (int)roll(l, (uint32_t)l->w.n_prices);
    return l->w.price[i].id;
}

/* What Apple's or Google's side of a receipt would say next. */
static void store_says(struct life *l, const struct model *m, struct op *op) {
    op->which = m->owned ? STORE_RENEW + (int)roll(l, STORE_SAYS - 1) : STORE_BUY;
    op->receipt = m->owned ? m->receipt : id_new(1);
    op->flag = roll(l, 2);
    op->from = l->now;
    op->until = model_months_after(l->now, 1);
    op->amount = op->which == STORE_GRACE ? l->now + 5 * DAY_MS : 0;
}

static void person_lives(struct life *l, int who) {
    /* Who has nothing comes back more often than who has something does something. */
    static const enum op_kind dice[] = {OP_SUBSCRIBE, OP_SUBSCRIBE, OP_SUBSCRIBE, OP_CHANGE, OP_CHANGE, OP_PAY, OP_BUY, OP_BUY,
                                        OP_CANCEL, OP_KEEP, OP_PAUSE, OP_METHOD, OP_METHOD, OP_REFUND, OP_GIFT, OP_BEGIN,
                                        OP_CHANGE, OP_DISPUTE};
    const struct model *m = &l->m[who];
    bool has = m->state[0] && strcmp(m->state, "ended") != 0;
    struct op op = {.kind = dice[roll(l, ARRAY_LEN(dice))], .who = who};
    if (!has && roll(l, 2))
        op.kind = OP_SUBSCRIBE;
    if (strcmp(m->state, "past_due") == 0 && roll(l, 2))
        op.kind = roll(l, 2) ? OP_PAY : OP_METHOD;
    if (op.kind == OP_DISPUTE && roll(l, 2))
        op.kind = OP_STORE;
    if (m->owned && roll(l, 2))
        op.kind = OP_STORE;
    op.price = any_price(l, m->place);
    op.when = (enum change_when)roll(l, 3);
    op.which = op.kind == OP_PAUSE ? 1 + (int)roll(l, 3) : op.kind == OP_BUY ? RENTAL + (int)roll(l, 3) : 0;
    if (op.kind == OP_REFUND) {
        op.which = m->n_paid ? m->n_paid - 1 - (int)roll(l, (uint32_t)MIN(m->n_paid, 3)) : PAID_MAX;
        op.amount = roll(l, 2) && op.which < m->n_paid ? 1 + m->paid[op.which].due / (2 + roll(l, 5)) : 0;
        op.flag = roll(l, 3) == 0 && !m->out[GHOST].state;
    }
    if (op.kind == OP_DISPUTE) {
        op.which = m->n_paid ? m->n_paid - 1 - (int)roll(l, (uint32_t)MIN(m->n_paid, 3)) : PAID_MAX;
        const struct paid *p = op.which < m->n_paid ? &m->paid[op.which] : NULL;
        op.amount = p ? p->due - p->refunded : 0;
        op.place = !p || !p->dispute ? 1 : 2 + (int)roll(l, 2);
        if (!p || op.amount <= 0)
            return;
    }
    if (op.kind == OP_STORE)
        store_says(l, m, &op);
    if (op.kind == OP_GIFT)
        op.amount = 100 + roll(l, 3000);
    if (op.kind != OP_PAY || roll(l, 2))
        card_put(l, &op);
    if (op.kind == OP_SUBSCRIBE && roll(l, 3) == 0)
        snprintf(op.coupon, sizeof op.coupon, "%s", coupon_names[roll(l, COUPONS)]);
    act(l, &op);
    if (l->m[who].right[RENTAL].active && !l->m[who].right[RENTAL].started && roll(l, 2)) {
        struct op begin = {.kind = OP_BEGIN, .who = who};
        act(l, &begin);
    }
    for (int t = 0; t < THINGS; t++)
        if (l->m[who].out[t].state == OUT_ACTION && roll(l, 4)) {
            struct op bank = {.kind = OP_BANK, .who = who, .which = t, .flag = roll(l, 3) > 0, .back = roll(l, 3) > 0};
            act(l, &bank);
        }
}

/* An operator raises a price, or a state its tax: who has a price keeps it. */
static void world_changes(struct life *l) {
    struct op op = {.kind = roll(l, 4) ? OP_PRICE : OP_TAX, .who = -1, .now_ms = l->now, .place = (int)roll(l, PLACES)};
    op.key = id_new(1);
    if (op.kind == OP_TAX) {
        op.amount = 500 + 100 * (int64_t)roll(l, 18);
        op_do(l, &op, true);
        l->w.tax_bp[op.place] = op.amount;
    } else if (l->w.n_prices < PRICES_MAX) {
        int *in_force = &l->price[op.place][roll(l, PRICES)];
        struct price_m *old = &l->w.price[*in_force], *new = &l->w.price[l->w.n_prices];
        op.price = old->id;
        op.amount = old->amount * (80 + roll(l, 50)) / 100 + roll(l, 7);
        op_do(l, &op, true);
        *new = *old;
        new->id.v = op.key;
        new->amount = op.amount;
        old->active = false;
        *in_force = l->w.n_prices++;
    }
    l->done[op.kind]++;
}

static void audit(struct life *l) {
    struct op op = {.kind = OP_AUDIT, .who = -1, .now_ms = l->now};
    op_do(l, &op, false);
}

static void day(struct life *l, int d) {
    int64_t midnight = l->now - l->now % DAY_MS + DAY_MS;
    bool late = roll(l, 12) == 0; /* the worker is down today */
    l->now = midnight + roll(l, 20) * HOUR_MS + roll(l, 3600000);
    if (!late)
        tick(l);
    for (int i = 0; i < l->n; i++)
        if (roll(l, 25) == 0) {
            l->now += 1 + roll(l, 2000);
            person_lives(l, i);
        }
    l->now += 2 * 60000;
    if (!late)
        tick(l);
    if (d % 40 == 0)
        world_changes(l);
    if (d % 120 == 0)
        audit(l);
    for (int i = d % 60; i < l->n; i += 60)
        look(l, i);
}

static void life_begin(struct life *l, int n, uint64_t seed) {
    struct op op = {.kind = OP_FILL, .who = -1};
    l->n = n;
    l->seed = seed;
    l->kills_seed = seed ^ 0x9E3779B97F4A7C15u;
    l->took_us = 5000;
    cr_assert(rfc3339_parse(STR("2027-01-26T22:00:00Z"), &l->now)); /* the first come on the last days of January */
    op.now_ms = l->now;
    l->m = calloc((size_t)n, sizeof *l->m);
    l->history = calloc((size_t)n, sizeof *l->history);
    l->history_n = calloc((size_t)n, sizeof *l->history_n);
    cr_assert(l->m && l->history && l->history_n);
    for (int i = 0; i < n; i++) {
        l->m[i].place = i % PLACES;
        l->m[i].coupon = l->m[i].next_price = -1;
    }
    child_start(l);
    op_do(l, &op, false);
    l->ids = l->reply.ids;
    l->bundle = l->reply.bundle;
    world_m_init(&l->w, &l->ids);
    for (int i = 0; i < l->w.n_prices; i++)
        l->price[i / PRICES][i % PRICES] = i;
}

static void life_end(struct life *l) {
    for (int i = 0; i < 4; i++) { /* what is still on its way arrives */
        l->now += 2 * HOUR_MS;
        tick(l);
    }
    for (int i = 0; i < l->n; i++) {
        look(l, i);
        for (int t = 0; t < THINGS; t++)
            cr_assert_eq(l->m[i].out[t].state, OUT_NONE, "a payment of account %d never ends", i);
    }
    audit(l);
    child_end(l, 0);
}

static void live(const char *engine, const char *url) {
    static struct life life;
    struct life *l = &life;
    const char *as_long = getenv("MATINEE_LONG"), *seed = getenv("MATINEE_SEED"), *lives = getenv("MATINEE_LIVES");
    int64_t n = as_long && *as_long && strcmp(as_long, "0") != 0 ? 1000 : 30, s = 11, invoices = 0, began = clock_mono_ns();
    cr_assert(!seed || str_to_i64(str_of(seed), &s), "MATINEE_SEED is a number");
    cr_assert(!lives || (str_to_i64(str_of(lives), &n) && n > 0 && n <= LIVES_MAX), "MATINEE_LIVES is 1 to 1000");
    *l = (struct life){.kill_every = n >= 500 ? 100 : 20};
    snprintf(l->url, sizeof l->url, "%s", url);
    fprintf(stderr, "two years of %lld accounts on %s, seed %lld\n", (long long)n, engine, (long long)s);
    life_begin(l, (int)n, (uint64_t)s);
    for (int d = 0; d < 731; d++) {
        day(l, d);
        if (d % 100 == 99 && n >= 500)
            fprintf(stderr, "  day %d, %lld kills, %.0f s\n", d + 1, (long long)l->kills, (double)(clock_mono_ns() - began) / 1e9);
    }
    life_end(l);
    for (int i = 0; i < l->n; i++)
        invoices += l->m[i].n_paid;
    fprintf(stderr, "  %lld invoices, %lld steps, %lld kills, %.1f s\n", (long long)invoices, (long long)l->steps,
            (long long)l->kills, (double)(clock_mono_ns() - began) / 1e9);
    for (int k = OP_TICK; k < OP_LOOK; k++)
        cr_expect_gt(l->done[k], 0, "%s was never possible", op_names[k]);
    cr_expect_gt(invoices, l->n * 4);
    cr_expect_gt(l->kills, 3);
    free(l->m);
    free(l->history);
    free(l->history_n);
}

Test(life, two_years_on_sqlite, .timeout = 900) {
    /* kill -9 loses nothing of what the kernel has: memory is as good as a disk here, and faster. */
    char dir[64];
    snprintf(dir, sizeof dir, "%s/matinee-test-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    cr_assert(mkdtemp(dir));
    live("SQLite", dir);
    tree_remove(dir);
}

Test(life, two_years_on_postgresql, .timeout = 900) {
    struct postgres pg;
    char url[160];
    if (!postgres_start(&pg))
        cr_skip_test("no PostgreSQL server here");
    snprintf(url, sizeof url, "postgresql:///postgres?host=%s&user=postgres", pg.dir);
    live("PostgreSQL", url);
    postgres_stop(&pg);
}
