/* life_child.c - the program's side: a process that opens the store, does what it is told, answers, and can
 * be killed at any moment. It keeps nothing: what is asked of it again it finds in the store. */
#include "life.h"
#include "service/billing/dispute.h"
#include "service/billing/gateway_sql.h"
#include "service/billing/letters.h"
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

struct account_id life_account(int who) {
    struct account_id id;
    snprintf(id.v.s, sizeof id.v.s, "01ARZ3NDEKTSV4RRFFQ69%05u", (unsigned)who % 100000u);
    return id;
}

static int who_of(struct str account) {
    int64_t who = -1;
    if (account.n == ID_LEN)
        str_to_i64(str_make(account.p + ID_LEN - 5, 5), &who);
    return (int)who;
}

#define Q(name, text) static const struct sql name = {#name, STORE_MAIN, text}
Q(LIFE_OPEN, "SELECT p.account_id, p.id, p.state, CASE WHEN s.state = 'ended' THEN 'ghost' ELSE i.kind END, r.offer_id"
             " FROM payment p JOIN invoice i ON i.id = p.invoice_id LEFT JOIN title_right r ON r.id = i.right_id"
             " LEFT JOIN subscription s ON s.id = i.subscription_id WHERE p.state = 'pending' OR p.state = 'action'");
Q(LIFE_OPEN_OF, "SELECT p.account_id, p.id, p.state, CASE WHEN s.state = 'ended' THEN 'ghost' ELSE i.kind END, r.offer_id"
                " FROM payment p JOIN invoice i ON i.id = p.invoice_id LEFT JOIN title_right r ON r.id = i.right_id"
                " LEFT JOIN subscription s ON s.id = i.subscription_id WHERE (p.state = 'pending' OR p.state = 'action')"
                " AND p.account_id = $1");
Q(LIFE_PAID, "SELECT i.kind, i.period_start_at, i.period_end_at, i.total_minor, i.tax_minor, i.credit_minor, i.due_minor,"
             " p.id, CAST((SELECT COALESCE(SUM(f.amount_minor), 0) FROM refund f WHERE f.payment_id = p.id AND"
             " f.state = 'succeeded') AS BIGINT), CAST((SELECT COALESCE(SUM(n.total_minor), 0) FROM credit_note n"
             " WHERE n.invoice_id = i.id AND n.refund_id IS NULL) AS BIGINT), (SELECT d.state FROM dispute d WHERE"
             " d.payment_id = p.id), p.currency FROM invoice i JOIN payment p ON p.account_id = i.account_id AND p.invoice_id = i.id AND"
             " p.state = 'succeeded' WHERE i.account_id = $1 AND i.state = 'paid' ORDER BY i.number");
Q(LIFE_LETTERS, "SELECT count(*) FROM mail_outbox WHERE account_id = $1");
Q(LIFE_ACCOUNT, "INSERT INTO account (id, email, password_hash, roles, created_at, password_at) VALUES ($1, $2, '', 1, 1, 1)");
Q(LIFE_PROFILE, "INSERT INTO profile (id, account_id, name, lang, created_at) VALUES ($1, $2, 'Ana', $3, 1)");
Q(LIFE_LEVEL, "SELECT p.level FROM subscription s JOIN plan p ON p.id = s.plan_id WHERE s.account_id = $1"
              " ORDER BY s.created_at DESC, s.id DESC LIMIT 1");
Q(LIFE_RIGHT, "SELECT id FROM title_right WHERE account_id = $1 AND kind = 'rental' AND state = 'active'"
              " ORDER BY created_at DESC LIMIT 1");

static int thing_of(const struct child *c, const struct rows *r, size_t i) {
    struct id offer = row_id(r, i, 4);
    if (str_eq(row_str(r, i, 3), STR("ghost")))
        return GHOST;
    if (row_null(r, i, 4))
        return SUB;
    return str_eq(id_str(&offer), id_str(&c->shop.rental.v))     ? RENTAL
           : str_eq(id_str(&offer), id_str(&c->shop.purchase.v)) ? PURCHASE
                                                                 : BUNDLE;
}

static struct rows rows_of(struct child *c, const struct sql *q, struct sql_args args) {
    struct rows r;
    OK(store_query(c->shop.w.e.store, q, args, &c->a, &r, err));
    return r;
}

static void paid_read(const struct rows *r, struct look *l) {
    static const char *const disputes[] = {"", "open", "won", "lost"};
    cr_assert_leq(r->n, PAID_MAX);
    for (size_t i = 0; i < r->n; i++) {
        char kind = row_str(r, i, 0).p[0];
        kind = kind == 'p' && str_eq(row_str(r, i, 0), STR("purchase")) ? 'b' : kind;
        struct paid *p = &l->paid[l->n_paid++];
        *p = (struct paid){kind, row_i64(r, i, 1), row_i64(r, i, 2), row_i64(r, i, 3), row_i64(r, i, 4), row_i64(r, i, 5),
                           row_i64(r, i, 6), row_i64(r, i, 8), row_i64(r, i, 9), 0};
        for (int d = 1; d < 4; d++)
            p->dispute = str_eq(row_str(r, i, 10), str_of(disputes[d])) ? d : p->dispute;
    }
}

static void access_read(struct child *c, struct account_id id, struct look *l) {
    const struct title_id titles[TITLES] = {c->shop.both, c->shop.premium, c->shop.rented, c->shop.bought};
    struct store_ask asks[TITLES * ENTITLEMENT_ASKS];
    for (int t = 0; t < TITLES; t++)
        billing_entitlement_ask(&id, &titles[t], &asks[t * ENTITLEMENT_ASKS]);
    OK(store_ask_all(c->shop.w.e.store, asks, ARRAY_LEN(asks), &c->a, err));
    for (int t = 0; t < TITLES; t++) {
        struct entitlement d;
        OK(billing_entitlement_take(&c->shop.w.e, id, STR_NULL, NULL, &asks[t * ENTITLEMENT_ASKS], &c->a, &d, err));
        l->access[t] = d.granted;
    }
}

static void look(struct child *c, int who, struct look *l) {
    struct account_id id = life_account(who);
    static const struct currency currencies[PLACES] = {{"EUR"}, {"CAD"}, {"JPY"}};
    *l = (struct look){0};
    struct store_ask asks[] = {ASK(&billing_sql[SUB_BY_ACCOUNT], A_ID(id)), ASK(&LIFE_LEVEL, A_ID(id)),
                               ASK(&billing_sql[METHOD_IN_USE], A_ID(id)), ASK(&LIFE_PAID, A_ID(id)),
                               ASK(&billing_sql[CREDIT_OF], A_ID(id), A_CSTR(currencies[who % PLACES].s)),
                               ASK(&LIFE_LETTERS, A_ID(id)), ASK(&LIFE_OPEN_OF, A_ID(id))};
    OK(store_ask_all(c->shop.w.e.store, asks, ARRAY_LEN(asks), &c->a, err));
    if (asks[0].rows.n) {
        struct sub s;
        sub_read(&asks[0].rows, 0, &s);
        snprintf(l->state, sizeof l->state, "%s", sub_state_name(s.state));
        l->rate = s.rate, l->start = s.start_ms, l->end = s.end_ms, l->next = s.next_ms, l->next_price = s.next_price.v;
        l->level = (int)row_i64(&asks[1].rows, 0, 0);
    }
    if (asks[2].rows.n)
        snprintf(l->card, sizeof l->card, STR_FMT, STR_ARG(row_str(&asks[2].rows, 0, 2)));
    paid_read(&asks[3].rows, l);
    l->credit = -row_i64(&asks[4].rows, 0, 0);
    l->letters = (int)row_i64(&asks[5].rows, 0, 0);
    for (size_t i = 0; i < asks[6].rows.n; i++)
        l->open[thing_of(c, &asks[6].rows, i)] = true;
    access_read(c, id, l);
}

/* Somebody to write to; half of them in German. */
static void people_make(struct child *c) {
    struct tx *tx;
    OK(tx_begin(c->shop.w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    for (int i = 0; i < c->n; i++) {
        struct account_id id = life_account(i);
        struct id profile = id_new(1);
        char email[40];
        snprintf(email, sizeof email, "life%d@example.com", i);
        OK(tx_exec(tx, &LIFE_ACCOUNT, ARGS(A_ID(id), A_CSTR(email)), err));
        OK(tx_exec(tx, &LIFE_PROFILE, ARGS(A_CSTR(profile.s), A_ID(id), A_CSTR(i % 2 ? "de" : "en")), err));
    }
    OK(tx_commit(&tx, err));
}

static void fill(struct child *c, const struct op *op, struct reply *out) {
    struct shop *s = &c->shop;
    struct id bundle = id_new(1), bygone = id_new(1);
    struct store *st = s->w.e.store;
    OK(store_migrate(st, err));
    shop_fill(s);
    OK(store_exec(st, &billing_sql[OFFER_INSERT],
                  ARGS(A_CSTR(bundle.s), A_CSTR("purchase"), A_CSTR("Both films"), A_NULL, A_I64(0), A_I64(30), A_I64(0),
                       A_I64(1), A_I64(0), A_I64(0), A_I64(1), A_CSTR("")), err));
    const struct title_id titles[] = {s->rented, s->bought};
    for (size_t i = 0; i < ARRAY_LEN(titles); i++)
        OK(store_exec(st, &billing_sql[OFFER_TITLE_ADD], ARGS(A_CSTR(bundle.s), A_ID(titles[i])), err));
    OK(store_exec(st, &billing_sql[OFFERS_CHANGED], NO_ARGS, err));
    static const char *const currencies[PLACES] = {"EUR", "CAD", "JPY"};
    for (int p = 0; p < PLACES; p++)
        OK(store_exec(st, &billing_sql[OFFER_PRICE_ADD],
                      ARGS(A_CSTR(bundle.s), A_CSTR(currencies[p]), A_CSTR(place_names[p]), A_I64(1499 + p)), err));
    OK(store_exec(st, &billing_sql[COUPON_UPSERT],
                  ARGS(A_CSTR(bygone.s), A_CSTR("BYGONE"), A_I64(5000), A_I64(0), A_CSTR(""), A_I64(1), A_NULL, A_I64(0),
                       A_I64(op->now_ms), A_I64(1), A_I64(1)), err));
    people_make(c);
    c->bundle = out->bundle = bundle;
    out->ids = *s;
}

static int tick(struct child *c, struct reply *out, struct err *e) {
    int rc = billing_tick(&c->shop.w.e, e);
    if (rc == 0)
        rc = billing_reminders(&c->shop.w.e, e);
    struct rows r = rows_of(c, &LIFE_OPEN, NO_ARGS);
    for (size_t i = 0; i < r.n; i++) {
        int who = who_of(row_str(&r, i, 0));
        cr_assert(who >= 0 && who < c->n);
        out->open[who] |= (uint8_t)(1u << thing_of(c, &r, i));
    }
    return rc;
}

static int bank(struct child *c, const struct op *op, struct err *e) {
    struct account_id payer = life_account(op->who);
    struct rows r = rows_of(c, &LIFE_OPEN_OF, ARGS(A_ID(payer)));
    json_t *j = NULL;
    int rc = 0;
    for (size_t i = 0; i < r.n; i++) {
        struct payment_id id = {row_id(&r, i, 1)};
        if (thing_of(c, &r, i) != op->which || !str_eq(row_str(&r, i, 2), STR("action")))
            continue;
        test_gateway_answer(&c->shop.w.e, id_str(&id.v), op->flag, NULL); /* again after a kill: no matter */
        if (op->back)
            rc = billing_payment_sync(&c->shop.w.e, life_account(op->who), id, &c->a, &j, e);
    }
    json_decref(j);
    return rc;
}

static int gift(struct child *c, const struct op *op, struct err *e) {
    static const char *const currencies[PLACES] = {"EUR", "CAD", "JPY"};
    struct money m;
    struct err there = {0};
    store_exec(c->shop.w.e.store, &billing_sql[GIFT_INSERT],
               ARGS(A_CSTR(op->key.s), A_STR(gift_hash(&c->a, id_str(&op->key))), A_CSTR(currencies[op->who % PLACES]),
                    A_I64(op->amount), A_I64(0), A_I64(1)), &there); /* after a kill it is there */
    return billing_gift_redeem(&c->shop.w.e, life_account(op->who), id_str(&op->key), &c->a, &m, e);
}

static int price_put(struct child *c, const struct op *op, struct err *e) {
    static const char *const currencies[PLACES] = {"EUR", "CAD", "JPY"};
    scoped(tx_rollback) struct tx *tx = NULL;
    struct price p;
    struct rows r;
    int rc = tx_begin(c->shop.w.e.store, STORE_MAIN, TX_WRITE, &tx, e);
    if (rc == 0)
        rc = tx_query(tx, &billing_sql[PRICE_BY_ID], ARGS(A_CSTR(op->key.s)), &c->a, &r, e);
    if (rc) /* done before the kill */
        return rc < 0 ? rc : 0;
    rc = price_load(tx, op->price, &c->a, &p, e);
    if (rc == 0)
        rc = tx_exec(tx, &billing_sql[PRICE_RETIRE], ARGS(A_ID(op->price)), e);
    if (rc >= 0)
        rc = tx_exec(tx, &billing_sql[PRICE_INSERT],
                     ARGS(A_CSTR(op->key.s), A_ID(p.plan), A_I64(p.months), A_CSTR(currencies[op->place]),
                          A_CSTR(place_names[op->place]), A_I64(op->amount), A_I64(p.trial_days), A_I64(1)), e);
    return rc < 0 ? rc : tx_commit(&tx, e);
}

static int refund(struct child *c, const struct op *op, const struct idem *idem, json_t **j, struct err *e) {
    struct account_id payer = life_account(op->who);
    struct rows r = rows_of(c, &LIFE_PAID, ARGS(A_ID(payer)));
    if (op->which >= (int)r.n)
        return 0;
    return billing_refund(&c->shop.w.e, (struct payment_id){row_id(&r, (size_t)op->which, 7)}, op->amount, STR("asked for"),
                          op->flag, life_account(99999), idem, &c->a, j, e);
}

/* The payer's bank, as its gateway would tell. */
static _Thread_local struct gateway_dispute bank_says;
static int bank_read(const struct engine *e, struct str ref, struct gateway_dispute *ret, struct err *reterr) {
    *ret = bank_says;
    return 0;
}

static int dispute(struct child *c, const struct op *op, struct err *e) {
    static const struct gateway bank = {.name = "test", .dispute_read = bank_read};
    struct account_id payer = life_account(op->who);
    struct rows r = rows_of(c, &LIFE_PAID, ARGS(A_ID(payer)));
    if (op->which >= (int)r.n)
        return 0;
    struct id payment = row_id(&r, (size_t)op->which, 7);
    bank_says = (struct gateway_dispute){.state = op->place == 1 ? DISPUTE_OPEN : op->place == 2 ? DISPUTE_WON : DISPUTE_LOST,
                                         .amount = {.minor = op->amount}, .withdrawn = op->place != 2};
    snprintf(bank_says.charge_key, sizeof bank_says.charge_key, "%s", payment.s);
    currency_parse(row_str(&r, (size_t)op->which, 11), &bank_says.amount.currency);
    return dispute_sync(&c->shop.w.e, &bank, id_str(&payment), e);
}

static int store(struct child *c, const struct op *op, struct err *e) {
    static const char *const states[STORE_SAYS] = {"active", "active", "active", "grace", "paused", "ended"};
    int rc = store_exec(c->shop.w.e.store, &gateway_sql[STORE_PUT],
                        ARGS(A_CSTR(op->receipt.s), A_CSTR(op->flag ? "premium" : "basic"), A_CSTR(states[op->which]),
                             A_BOOL(op->which != STORE_LEAVE), A_I64(op->from), A_I64(op->until), A_I64(op->amount)), e);
    return rc < 0 ? rc : store_subscription_sync(&c->shop.w.e, life_account(op->who), STR("test-store"), id_str(&op->receipt), e);
}

static int begin(struct child *c, const struct op *op, struct err *e) {
    struct account_id payer = life_account(op->who);
    struct rows r = rows_of(c, &LIFE_RIGHT, ARGS(A_ID(payer)));
    return r.n ? billing_rental_begin(&c->shop.w.e, (struct right_id){row_id(&r, 0, 0)}, e) : 0;
}

static int act(struct child *c, const struct op *op, struct reply *out, json_t **j, struct err *e) {
    const struct engine *en = &c->shop.w.e;
    struct account_id who = life_account(op->who);
    struct idem idem = {str_of(op->key.s), str_of(op_names[op->kind])};
    struct pay_with pay = {op->card[0] ? STR("test") : STR_NULL, op->card[0] ? str_of(op->card) : STR_NULL};
    struct checkout_ask ask = {who, op->price, str_of(place_names[MAX(op->who, 0) % PLACES]),
                               op->coupon[0] ? str_of(op->coupon) : STR_NULL, pay, idem};
    struct offer_id offers[THINGS] = {[RENTAL] = c->shop.rental, [PURCHASE] = c->shop.purchase, [BUNDLE] = {c->bundle}};
    switch (op->kind) {
    case OP_TICK: return tick(c, out, e);
    case OP_SUBSCRIBE: return billing_subscribe(en, &ask, &c->a, j, e);
    case OP_CHANGE: return billing_change(en, who, &(struct change_ask){op->price, op->when}, &idem, &c->a, j, e);
    case OP_PAY: return billing_pay_now(en, who, &pay, &idem, &c->a, j, e);
    case OP_CANCEL: return billing_cancel(en, who, &c->a, e);
    case OP_KEEP: return billing_keep(en, who, &c->a, e);
    case OP_PAUSE: return billing_pause(en, who, op->which, &c->a, e);
    case OP_METHOD: return billing_method_set(en, who, &pay, &c->a, e);
    case OP_BUY: return billing_buy(en, who, offers[op->which], ask.country, &pay, &idem, &c->a, j, e);
    case OP_BEGIN: return begin(c, op, e);
    case OP_GIFT: return gift(c, op, e);
    case OP_REFUND: return refund(c, op, &idem, j, e);
    case OP_DISPUTE: return dispute(c, op, e);
    case OP_STORE: return store(c, op, e);
    case OP_BANK: return bank(c, op, e);
    case OP_PRICE: return price_put(c, op, e);
    case OP_TAX:
        return MIN(0, store_exec(en->store, &billing_sql[TAX_SET],
                                 ARGS(A_CSTR(place_names[op->place]), A_CSTR("VAT"), A_I64(op->amount),
                                      A_I64(op->place != PLACE_CA), A_I64(1)), e));
    case OP_FILL: fill(c, op, out); return 0;
    case OP_AUDIT: shop_audit(&c->shop); return 0;
    default: return 0;
    }
}

void child_op(struct child *c, const struct op *op, struct reply *out) {
    struct err e = {0};
    json_t *j = NULL;
    int rc;
    memset(out, 0, sizeof *out);
    c->a = ARENA(32 << 20);
    clock_stop(&c->shop.w.f.clock, op->now_ms);
    STORE_RETRY(rc, &e, act(c, op, out, &j, &e));
    cr_assert(rc == 0 || (e.reason[0] && e.hint[0]), "%s: %s %s", op_names[op->kind], err_name(rc), e.msg);
    const char *status = json_string_value(json_object_get(j, "status"));
    snprintf(out->code, sizeof out->code, "%s", rc ? e.reason : status ? status : "ok");
    json_decref(j);
    if (op->who >= 0)
        look(c, op->who, &out->look);
    arena_done(&c->a);
}

static bool whole(ssize_t (*io)(int, void *, size_t), int fd, void *p, size_t n) {
    for (size_t done = 0; done < n;) {
        ssize_t r = io(fd, (char *)p + done, n - done);
        if (r <= 0)
            return false;
        done += (size_t)r;
    }
    return true;
}
static ssize_t write_io(int fd, void *p, size_t n) {
    return write(fd, p, n);
}

void child_run(int in, int out, const char *url, const struct shop *ids, struct id bundle, int n) {
    static struct reply reply;
    struct op op;
    struct child c = {.shop = *ids, .bundle = bundle, .n = n};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    unsetenv("MATINEE_MASTER_KEY");
    log_init("life", LOG_ERROR);
    c.shop.w.f.clock = (struct clock){0};
    c.shop.w.f.arena = ARENA(16 << 20);
    struct store_options o = {.url = url, .clock = &c.shop.w.f.clock, .connections = 2};
    struct store *st;
    OK(store_open(&o, &st, err));
    c.shop.w.f.store = st;
    c.shop.w.e = (struct engine){.store = st, .clock = &c.shop.w.f.clock, .data_dir = "/nowhere", .run_dir = "/nowhere"};
    while (whole(read, in, &op, sizeof op)) {
        child_op(&c, &op, &reply);
        if (!whole(write_io, out, &reply, sizeof reply))
            break;
    }
    store_close(st);
    _exit(0);
}
