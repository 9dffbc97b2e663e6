/* life_model.c - the oracle. Nothing of billing is called here: dates by timegm, money by long division. */
#include "life.h"
#include <time.h>

const char *const op_names[] = {
#define X(name) #name,
    OPS(X)
#undef X
};
/* What a bank does with each card: while its owner is there, and at renewals; whether its first answer is lost. */
static const struct {
    char on, off;
    bool lost;
} cards[CARDS] = {{'S', 'S', false}, {'D', 'D', false}, {'A', 'S', false}, {'A', 'D', false},
                  {'S', 'D', false}, {'S', 'S', true},  {'D', 'D', true},  {'S', 'S', true}};
const char *const card_names[CARDS] = {"test_ok", "test_declined", "test_3ds", "test_3ds_always",
                                       "test_fails_on_renewal", "test_timeout", "test_timeout_declined",
                                       "test_timeout_lost"};
const char *const coupon_names[COUPONS] = {"HALF", "FREEMONTH", "FOREVER", "TWOEURO", "FIRSTTEN", "BYGONE", "NOSUCH"};
static const struct {
    int64_t bp, euro_cents;
    int periods; /* -1: as long as it lives */
} coupons[] = {{5000, 0, 3}, {10000, 0, 1}, {1000, 0, -1}, {0, 200, 2}, {2500, 0, 1}};
enum { FIRSTTEN = 4 };

static int64_t rounded(__int128 a, __int128 b) { /* a / b, half away from zero */
    return a < 0 ? (int64_t)-((-a * 2 + b) / (2 * b)) : (int64_t)((a * 2 + b) / (2 * b));
}

int64_t model_months_after(int64_t at_ms, int64_t months) {
    time_t s = (time_t)(at_ms / 1000);
    struct tm tm;
    gmtime_r(&s, &tm);
    int day = tm.tm_mday;
    tm.tm_mday = 1;
    tm.tm_mon += (int)months;
    time_t first = timegm(&tm);
    gmtime_r(&first, &tm);
    int month = tm.tm_mon;
    for (int d = day;; d--) { /* the day itself, or the last that the month has */
        struct tm t = tm;
        t.tm_mday = d;
        time_t r = timegm(&t);
        if (t.tm_mon == month)
            return (int64_t)r * 1000 + at_ms % 1000;
    }
}

void world_m_init(struct world_m *w, const struct shop *ids) {
    static const int64_t month[PLACES][2] = {{999, 1499}, {1099, 1699}, {980, 1490}};
    *w = (struct world_m){.tax_bp = {1900, 500, 1000}};
    for (int place = 0; place < PLACES; place++)
        for (int i = 0; i < PRICES; i++)
            w->price[w->n_prices++] = (struct price_m){
                ids->price[place][i], place, 1 + i / 2, i % 2 ? 12 : 1, place == PLACE_CA && i == 0 ? 7 : 0,
                month[place][i / 2] * (i % 2 ? 10 : 1), true};
}

static bool is(const struct model *m, const char *state) {
    return strcmp(m->state, state) == 0;
}
static void to(struct model *m, const char *state) {
    snprintf(m->state, sizeof m->state, "%s", state);
}
static bool alive(const struct model *m) {
    return m->state[0] && !is(m, "ended");
}
static void ended(struct model *m) {
    to(m, "ended");
    m->owned = false;
    m->next = 0;
    m->next_price = -1;
}

static int64_t discount(const struct model *m, const struct price_m *p) {
    if (m->coupon < 0 || m->coupon_left == 0)
        return 0;
    if (coupons[m->coupon].bp)
        return rounded((__int128)p->amount * coupons[m->coupon].bp, 10000);
    int64_t cents = p->place == PLACE_DE ? coupons[m->coupon].euro_cents : 0;
    return cents < p->amount ? cents : p->amount;
}

/* Lines with their tax, each rounded; what is in hand pays first. */
static void invoice(const struct world_m *w, struct model *m, struct inv_m *i, const int64_t *lines, int n) {
    bool within = m->place != PLACE_CA;
    int64_t bp = w->tax_bp[m->place];
    i->total = i->tax = 0;
    i->tax_bp = bp;
    for (int k = 0; k < n; k++) {
        int64_t tax = rounded((__int128)lines[k] * bp, within ? 10000 + bp : 10000);
        i->tax += tax;
        i->total += within ? lines[k] : lines[k] + tax;
    }
    i->credit = m->credit < i->total ? m->credit : i->total;
    i->due = i->total - i->credit;
    m->credit -= i->credit;
}

static void period_invoice(const struct world_m *w, struct model *m, int price, int64_t anchor, int64_t months,
                           struct inv_m *i) {
    const struct price_m *p = &w->price[price];
    int64_t off = discount(m, p), lines[2] = {p->amount, -off};
    *i = (struct inv_m){.kind = 'p', .price = price, .rate = p->amount - off, .anchor = anchor, .months = months,
                        .start = model_months_after(anchor, months),
                        .end = model_months_after(anchor, months + p->months), .coupon = off != 0};
    invoice(w, m, i, lines, off ? 2 : 1);
}

static void paid(struct model *m, const struct inv_m *i, int thing) {
    cr_assert_lt(m->n_paid, PAID_MAX);
    m->paid_serial[m->n_paid] = thing == SUB ? m->serial : m->right[thing].serial;
    m->paid_thing[m->n_paid] = thing;
    m->paid_bp[m->n_paid] = i->tax_bp;
    m->letters += i->total > 0;
    m->paid[m->n_paid++] = (struct paid){i->kind, i->start, i->end, i->total, i->tax, i->credit, i->due, 0, 0, 0};
}

static void period_succeeded(struct model *m, const struct inv_m *i) {
    paid(m, i, SUB);
    to(m, "active");
    m->price = i->price;
    m->next_price = -1;
    m->rate = i->rate;
    m->anchor = i->anchor;
    m->months = i->months;
    m->start = i->start;
    m->end = m->next = i->end;
    m->attempts = 0;
    m->grace = m->resume = 0;
    m->has_open = false;
    if (i->coupon && m->coupon_left > 0)
        m->coupon_left--;
}

static void open_void(struct model *m) {
    if (m->has_open)
        m->credit += m->open.credit;
    m->has_open = false;
}

static void period_failed(struct world_m *w, struct model *m, const struct out_m *o, int64_t now) {
    static const int after[] = {1, 3, 5, 7};
    if (is(m, "pending")) {
        m->credit += o->inv.credit;
        if (m->coupon >= 0) {
            m->coupons_used &= ~(1u << m->coupon);
            w->first_ten -= m->coupon == FIRSTTEN;
        }
        ended(m);
    } else if (is(m, "paused")) {
        m->credit += o->inv.credit;
        m->next = m->resume = 0;
        m->letters += !o->on_session;
    } else {
        m->has_open = true;
        m->open = o->inv;
        if (is(m, "past_due") && o->on_session)
            return; /* somebody tries a card: the schedule goes on as it was */
        to(m, "past_due");
        m->attempts++;
        m->letters++;
        if (m->attempts == 1)
            m->grace = m->end + 3 * DAY_MS;
        if (m->attempts > 4) {
            open_void(m);
            ended(m);
        } else {
            m->next = now + (after[m->attempts - 1] - (m->attempts > 1 ? after[m->attempts - 2] : 0)) * DAY_MS;
        }
    }
}

static void settled(struct world_m *w, struct model *m, int thing, int64_t now, bool yes) {
    struct out_m o = m->out[thing];
    m->out[thing].state = OUT_NONE;
    if (thing == GHOST) {
        m->credit += o.inv.credit; /* the money itself goes back */
    } else if (o.inv.kind == 'p') {
        yes ? period_succeeded(m, &o.inv) : period_failed(w, m, &o, now);
    } else if (!yes) {
        m->credit += o.inv.credit;
    } else if (o.inv.kind == 'i') {
        period_succeeded(m, &o.inv);
    } else if (o.inv.kind == 'u' || o.inv.kind == 'c') {
        paid(m, &o.inv, SUB);
        m->price = o.inv.price;
        m->rate = o.inv.rate;
        m->next_price = -1;
    } else {
        m->right[thing].active = true;
        m->right[thing].serial = ++m->right_serial;
        m->right[thing].start_by = thing == RENTAL ? now + 30 * DAY_MS : 0;
        m->right[thing].started = m->right[thing].ends = 0;
        paid(m, &o.inv, thing);
    }
}

static void charge(struct world_m *w, struct model *m, int thing, const struct inv_m *i, bool on_session,
                   int64_t now, char code[64]) {
    char what = on_session ? cards[m->card].on : cards[m->card].off;
    bool lost = m->hold || (cards[m->card].lost && i->due > 0);
    if (i->due == 0)
        what = 'S';
    m->out[thing] = (struct out_m){lost          ? OUT_PENDING
                                   : what == 'A' ? OUT_ACTION
                                                 : OUT_NONE,
                                   now, what == 'S', on_session, false, 0, *i};
    if (m->out[thing].state == OUT_NONE)
        settled(w, m, thing, now, what == 'S');
    if (code)
        snprintf(code, 64, "%s", lost ? "processing" : what == 'A' ? "action_required" : what == 'S' ? "succeeded" : "declined");
}

/* Whoever begins something else gives up what waits for him at the bank; it counts as the bank says. */
void model_abandon(struct world_m *w, struct model *m, int64_t now) {
    for (int t = 0; t < THINGS; t++)
        if (m->out[t].state == OUT_ACTION)
            settled(w, m, t, now, m->out[t].bank == 1);
}

static const char *changeable(const struct model *m) {
    if (!alive(m))
        return "billing.no_subscription";
    if (m->owned)
        return "billing.owned_by_store";
    return m->out[SUB].state ? "billing.payment_in_progress" : NULL;
}

static int price_of(const struct world_m *w, struct price_id id) {
    for (int i = 0; i < w->n_prices; i++)
        if (strcmp(w->price[i].id.v.s, id.v.s) == 0)
            return i;
    cr_assert_fail("a price that the oracle does not know");
    return 0;
}

static const char *redeem(struct world_m *w, struct model *m, const char *code) {
    int c = 0;
    while (c < COUPONS && strcmp(coupon_names[c], code) != 0)
        c++;
    if (c >= (int)ARRAY_LEN(coupons) || (coupons[c].euro_cents && m->place != PLACE_DE))
        return "billing.coupon_invalid";
    if (m->coupons_used & 1u << c)
        return "billing.coupon_used";
    if (c == FIRSTTEN && w->first_ten >= 10)
        return "billing.coupon_invalid";
    w->first_ten += c == FIRSTTEN;
    m->coupons_used |= 1u << c;
    m->coupon = c;
    m->coupon_left = coupons[c].periods;
    return NULL;
}

static int card_of(const char *token) {
    for (int i = 0; i < CARDS; i++)
        if (strcmp(card_names[i], token) == 0)
            return i;
    return 0;
}

static const char *subscribe(struct world_m *w, struct model *m, const struct op *op, char code[64]) {
    int price = price_of(w, op->price);
    const struct price_m *p = &w->price[price];
    if (alive(m))
        return is(m, "pending") ? "billing.payment_in_progress" : "billing.already_subscribed";
    if (!p->active)
        return "billing.price_unknown";
    if (p->place != m->place)
        return "billing.price_elsewhere";
    int coupon_before = m->coupon, left_before = m->coupon_left;
    m->coupon = -1;
    m->owned = false;
    const char *why = op->coupon[0] ? redeem(w, m, op->coupon) : NULL;
    if (why) {
        m->coupon = coupon_before;
        m->coupon_left = left_before;
        return why;
    }
    m->card = card_of(op->card);
    m->serial++;
    m->price = price;
    m->next_price = -1;
    m->rate = m->anchor = m->months = m->start = m->end = m->next = m->grace = m->resume = 0;
    m->attempts = 0;
    m->has_open = false;
    if (p->trial_days && !m->trial_used) {
        m->trial_used = true;
        to(m, "trialing");
        m->start = op->now_ms;
        m->end = m->anchor = m->next = op->now_ms + p->trial_days * DAY_MS;
        return "succeeded";
    }
    struct inv_m i;
    to(m, "pending");
    period_invoice(w, m, price, op->now_ms, 0, &i);
    charge(w, m, SUB, &i, true, op->now_ms, code);
    return NULL;
}

static int64_t left_of(const struct paid *p) {
    return p->dispute == 1 || p->dispute == 3 ? 0 : p->total - p->refunded - p->credited;
}

/* Of what the running period was paid with, the latest first; with the latest one's tax where it comes on top. */
static void to_credit(struct model *m, int64_t rest) {
    int64_t before = m->credit;
    bool first = true;
    for (int i = m->n_paid - 1; i >= 0 && rest > 0; i--) {
        struct paid *p = &m->paid[i];
        if (m->paid_thing[i] != SUB || m->paid_serial[i] != m->serial || p->end != m->end)
            continue;
        if (first && m->place == PLACE_CA)
            rest += rounded((__int128)rest * m->paid_bp[i], 10000);
        first = false;
        int64_t part = left_of(p) < rest ? left_of(p) : rest;
        p->credited += part;
        m->credit += part;
        rest -= part;
    }
    m->letters += m->credit > before;
}

static const char *change(struct world_m *w, struct model *m, const struct op *op, char code[64]) {
    int price = price_of(w, op->price);
    const struct price_m *p = &w->price[price], *now = &w->price[m->price];
    const char *why = changeable(m);
    if (why)
        return why;
    if (!is(m, "active") && !is(m, "trialing"))
        return "billing.not_now";
    bool trial = is(m, "trialing"), back = price == m->price;
    if (!back && !p->active)
        return "billing.price_unknown";
    if (!back && p->place != m->place)
        return "billing.price_elsewhere";
    int64_t rate = p->amount - discount(m, p), left = m->end - op->now_ms, length = m->end - m->start;
    bool same = p->months == now->months, up = p->level > now->level && same && rate >= m->rate;
    bool later = op->when == CHANGE_AT_END || (op->when == CHANGE_USUAL && !up && !trial) || left <= 0;
    if (trial && !later) {
        m->price = price;
        m->next_price = -1;
        return "succeeded";
    }
    if (later || back) {
        m->next_price = back ? -1 : price;
        return "succeeded";
    }
    int64_t unused = rounded((__int128)m->rate * left, length), due = same ? rounded((__int128)rate * left, length) : rate;
    int64_t lines[2] = {due < unused ? -due : -unused, due};
    struct inv_m i = {.kind = !same ? 'i' : up ? 'u' : 'c', .price = price, .rate = rate, .start = op->now_ms,
                      .end = same ? m->end : model_months_after(op->now_ms, p->months), .anchor = op->now_ms,
                      .coupon = !same && rate != p->amount};
    invoice(w, m, &i, lines, 2);
    if (unused > due)
        to_credit(m, unused - due);
    charge(w, m, SUB, &i, true, op->now_ms, code);
    return NULL;
}

/* What is owed next: the same invoice again, or, after time without access, a period from now on. */
static void renew(struct world_m *w, struct model *m, bool on_session, int64_t now, char code[64]) {
    bool anew = is(m, "paused") || (is(m, "past_due") && now >= m->grace);
    bool trial = m->end == m->anchor;
    struct inv_m i;
    if (anew)
        open_void(m);
    if (m->has_open)
        i = m->open;
    else
        period_invoice(w, m, m->next_price >= 0 ? m->next_price : m->price, anew ? now : m->anchor,
                       anew || trial ? 0 : m->months + w->price[m->price].months, &i);
    m->has_open = false; /* it is with the payment; a failure puts it back */
    charge(w, m, SUB, &i, on_session, now, code);
}

static const char *pay(struct world_m *w, struct model *m, const struct op *op, char code[64]) {
    const char *why = changeable(m);
    if (why)
        return why;
    if (!is(m, "pausing") && !is(m, "past_due") && !is(m, "paused"))
        return "billing.nothing_due";
    if (op->card[0])
        m->card = card_of(op->card);
    if (is(m, "pausing")) {
        to(m, "active");
        m->next = m->end;
        return "succeeded";
    }
    renew(w, m, true, op->now_ms, code);
    return NULL;
}

static const char *leave(struct model *m, enum op_kind kind, int months) {
    const char *why = changeable(m);
    bool active = is(m, "active"), trial = is(m, "trialing"), pausing = is(m, "pausing");
    if (why)
        return why;
    m->letters += kind == OP_CANCEL && strcmp(m->state, "cancelling") != 0;
    if (kind == OP_CANCEL && (active || trial || pausing)) {
        to(m, "cancelling");
        m->next = m->end;
    } else if (kind == OP_CANCEL && (is(m, "past_due") || is(m, "paused"))) {
        open_void(m);
        ended(m);
    } else if (kind == OP_KEEP && (is(m, "cancelling") || pausing)) {
        to(m, m->end == m->anchor ? "trialing" : "active");
        m->next = m->end;
    } else if (kind == OP_PAUSE && active) {
        to(m, "pausing");
        m->resume = model_months_after(m->end, months);
        m->next = m->end;
        m->next_price = -1;
    } else {
        return "billing.not_now";
    }
    return "ok";
}

static bool right_open(const struct model *m, int thing, int64_t now) {
    int64_t until = m->right[thing].ends ? m->right[thing].ends : m->right[thing].start_by;
    return m->right[thing].active && (!until || now < until);
}

static const char *buy(struct world_m *w, struct model *m, const struct op *op, char code[64]) {
    static const int64_t minor[THINGS] = {[RENTAL] = 399, [PURCHASE] = 1299, [BUNDLE] = 1499};
    int64_t line = minor[op->which] + m->place;
    struct inv_m i = {.kind = op->which == RENTAL ? 'r' : 'b', .price = -1};
    if (m->out[op->which].state)
        return "billing.payment_in_progress";
    if (right_open(m, op->which, op->now_ms))
        return "billing.already_owned";
    m->card = card_of(op->card);
    invoice(w, m, &i, &line, 1);
    charge(w, m, op->which, &i, true, op->now_ms, code);
    return NULL;
}

/* A subscription that ends because its money went back. */
static void revoked(struct model *m, int serial) {
    if (serial != m->serial || !alive(m))
        return;
    if (m->out[SUB].state) { /* what is on its way comes too late, whatever it brings */
        m->out[GHOST] = m->out[SUB];
        m->out[SUB].state = OUT_NONE;
    } else {
        open_void(m);
    }
    ended(m);
}

/* The store is asked again at the period's end, at the latest after a day, at the earliest after an hour. */
static void store_next(struct model *m, int64_t now) {
    m->next = m->end < now + HOUR_MS ? now + HOUR_MS : m->end > now + DAY_MS ? now + DAY_MS : m->end;
}

static const char *refund(struct model *m, const struct op *op) {
    if (op->which >= m->n_paid)
        return "none";
    struct paid *p = &m->paid[op->which];
    int thing = m->paid_thing[op->which], serial = m->paid_serial[op->which];
    int64_t left = p->due - p->refunded, whole = left_of(p);
    if (p->dispute == 1 || p->dispute == 3)
        return "billing.disputed";
    left = whole < left ? whole : left;
    int64_t amount = op->amount ? op->amount : left;
    if (amount <= 0 || amount > left)
        return "billing.refund_too_large";
    p->refunded += amount;
    m->letters++;
    if (thing != SUB && m->right[thing].serial == serial && (op->flag || p->refunded == p->due))
        m->right[thing].active = false;
    if (thing == SUB && op->flag)
        revoked(m, serial);
    return "succeeded";
}

/* A payer's bank: which[amount] open, won, lost. */
static const char *dispute(struct model *m, const struct op *op) {
    struct paid *p = &m->paid[op->which];
    if (op->which >= m->n_paid || m->out[GHOST].state || (op->place == 1) != (p->dispute == 0) ||
        (op->place != 1 && p->dispute != 1))
        return "none";
    int thing = m->paid_thing[op->which], serial = m->paid_serial[op->which];
    if (thing != SUB && m->right[thing].serial != serial)
        return "none"; /* what was bought again meanwhile would be had twice */
    p->dispute = op->place;
    if (thing == SUB && op->place != 2)
        revoked(m, serial);
    if (thing != SUB)
        m->right[thing].active = op->place == 2 && p->refunded < p->due;
    return "ok";
}

/* A store says what is; nothing of it costs anything here. */
static const char *store(const struct world_m *w, struct model *m, const struct op *op) {
    static const char *const states[STORE_SAYS] = {"active", "active", "cancelling", "past_due", "paused", "ended"};
    if (op->which == STORE_BUY && alive(m))
        return "billing.already_subscribed";
    if (op->which != STORE_BUY && !m->owned)
        return "none";
    if (op->which == STORE_BUY) {
        m->serial++;
        m->owned = true;
        m->receipt = op->receipt;
        m->rate = m->anchor = m->months = m->attempts = 0;
        m->resume = 0;
        m->next_price = -1;
        m->has_open = false;
    }
    for (int i = 0; i < w->n_prices; i++) /* stands for the plan's level */
        if (w->price[i].place == m->place && w->price[i].level == 1 + op->flag && w->price[i].months == 1)
            m->price = i;
    to(m, states[op->which]);
    m->start = op->from;
    m->end = op->until;
    m->grace = op->amount;
    store_next(m, op->now_ms);
    if (op->which == STORE_OVER)
        ended(m);
    return "ok";
}

void model_apply(struct world_m *w, struct model *m, const struct op *op, char code[64]) {
    const char *says = "ok";
    struct out_m *o = &m->out[op->which < THINGS ? op->which : 0];
    static const unsigned begins = 1 << OP_SUBSCRIBE | 1 << OP_CHANGE | 1 << OP_PAY | 1 << OP_CANCEL |
                                   1 << OP_KEEP | 1 << OP_PAUSE | 1 << OP_BUY;
    code[0] = 0;
    if (begins & 1u << op->kind && !m->began)
        model_abandon(w, m, op->now_ms);
    switch (op->kind) {
    case OP_SUBSCRIBE: says = subscribe(w, m, op, code); break;
    case OP_CHANGE: says = change(w, m, op, code); break;
    case OP_PAY: says = pay(w, m, op, code); break;
    case OP_CANCEL: case OP_KEEP: case OP_PAUSE: says = leave(m, op->kind, op->which); break;
    case OP_BUY: says = buy(w, m, op, code); break;
    case OP_REFUND: says = refund(m, op); break;
    case OP_DISPUTE: says = dispute(m, op); break;
    case OP_STORE: says = store(w, m, op); break;
    case OP_METHOD:
        m->card = card_of(op->card);
        if (is(m, "past_due") && !m->owned)
            m->next = op->now_ms;
        break;
    case OP_BEGIN:
        if (m->right[RENTAL].started || !right_open(m, RENTAL, op->now_ms)) {
            says = "none";
            break;
        }
        m->right[RENTAL].started = op->now_ms;
        m->right[RENTAL].ends = op->now_ms + 48 * HOUR_MS;
        break;
    case OP_GIFT: m->credit += op->amount; break;
    case OP_BANK:
        says = o->state == OUT_ACTION && !o->bank ? "ok" : "none";
        if (says[0] == 'n')
            break;
        o->bank = op->flag ? 1 : 2;
        if (op->back)
            settled(w, m, op->which, op->now_ms, op->flag);
        break;
    default: break;
    }
    if (says)
        snprintf(code, 64, "%s", says);
}

void model_settle(struct world_m *w, struct model *m, int64_t now, const bool *open) {
    for (int t = 0; t < THINGS; t++) {
        struct out_m *o = &m->out[t];
        bool done = o->state == OUT_PENDING  ? now >= o->created + 60000
                    : o->state == OUT_ACTION ? now >= o->created + HOUR_MS
                                             : false;
        if (o->state && (open ? !open[t] : done))
            settled(w, m, t, now, o->state == OUT_ACTION ? o->bank == 1 : o->succeeds);
    }
}

void model_due(struct world_m *w, struct model *m, int64_t now, const bool *open) {
    if (!alive(m) || !m->next || m->next > now)
        return;
    if (m->owned) {
        store_next(m, now);
        return;
    }
    if (m->out[SUB].state == OUT_ACTION) {
        model_abandon(w, m, now);
    } else if (m->out[SUB].state == OUT_PENDING) {
        return;
    } else if (is(m, "cancelling")) {
        ended(m);
    } else if (is(m, "pausing")) {
        to(m, "paused");
        m->next = m->resume;
    } else {
        /* Killed between the payment's row and its settlement: it is on its way, as with a lost answer. */
        m->hold = open && open[SUB];
        renew(w, m, false, now, NULL);
        m->hold = false;
    }
}

void model_remind(const struct world_m *w, struct model *m, int64_t now) {
    int64_t before = is(m, "trialing") ? 3 * DAY_MS : is(m, "active") && w->price[m->price].months == 12 ? 14 * DAY_MS : 0;
    if (!m->owned && m->next > now && m->end > now && m->end - before <= now && m->told_of != m->end) {
        m->letters++;
        m->told_of = m->end;
    }
}

#define DIFFERS(what, mine, theirs)                                                                       \
    if ((int64_t)(mine) != (int64_t)(theirs)) {                                                           \
        snprintf(why, n, "%s: expected %lld, is %lld", what, (long long)(mine), (long long)(theirs));    \
        return;                                                                                           \
    }

static void compare_access(const struct world_m *w, const struct model *m, const struct look *l, int64_t now,
                           char *why, size_t n) {
    bool plan = false;
    if (is(m, "trialing") || is(m, "active"))
        plan = now < m->end + DAY_MS; /* the clock may be late */
    else if (is(m, "past_due"))
        plan = now < m->grace;
    else if (is(m, "pausing") || is(m, "cancelling"))
        plan = now < m->end;
    bool bundle = right_open(m, BUNDLE, now);
    DIFFERS("access to what both plans hold", plan, l->access[0]);
    DIFFERS("access to what premium holds", plan && w->price[m->price].level == 2, l->access[1]);
    DIFFERS("access to the rented film", bundle || right_open(m, RENTAL, now), l->access[2]);
    DIFFERS("access to the bought film", bundle || right_open(m, PURCHASE, now), l->access[3]);
}

void model_compare(const struct world_m *w, const struct model *m, const struct look *l, int64_t now, char *why,
                   size_t n) {
    why[0] = 0;
    if (strcmp(m->state, l->state) != 0) {
        snprintf(why, n, "subscription: expected %s, is %s", m->state, l->state);
        return;
    }
    DIFFERS("invoices", m->n_paid, l->n_paid);
    for (int i = 0; i < m->n_paid; i++) {
        const struct paid *a = &m->paid[i], *b = &l->paid[i];
        DIFFERS("invoice's kind", a->kind, b->kind);
        DIFFERS("invoice's start", a->start, b->start);
        DIFFERS("invoice's end", a->end, b->end);
        DIFFERS("invoice's total", a->total, b->total);
        DIFFERS("invoice's tax", a->tax, b->tax);
        DIFFERS("invoice's credit", a->credit, b->credit);
        DIFFERS("invoice's due", a->due, b->due);
        DIFFERS("given back", a->refunded, b->refunded);
        DIFFERS("credit notes to credit", a->credited, b->credited);
        DIFFERS("dispute", a->dispute, b->dispute);
    }
    DIFFERS("letters", m->letters, l->letters);
    DIFFERS("credit in hand", m->credit, l->credit);
    if (l->card[0])
        DIFFERS("card in use", 0, strcmp(card_names[m->card], l->card));
    for (int t = 0; t < THINGS; t++)
        DIFFERS("payment open", m->out[t].state != OUT_NONE, l->open[t]);
    if (alive(m)) {
        DIFFERS("level", w->price[m->price].level, l->level);
        DIFFERS("rate", m->rate, l->rate);
        DIFFERS("period's start", m->start, l->start);
        DIFFERS("period's end", m->end, l->end);
        DIFFERS("the next price", 0, strcmp(m->next_price >= 0 ? w->price[m->next_price].id.v.s : "", l->next_price.s));
        DIFFERS("next look", m->next, l->next);
    }
    compare_access(w, m, l, now, why, n);
}
