#include "shop.h"

const char *const place_names[PLACES] = {"DE", "CA", "JP"};
static const char *const currencies[PLACES] = {"EUR", "CAD", "JPY"};

/* The store remembers prepared statements by the row of their table: each text needs one of its own. */
static const struct sql *sql_row(const char *text) {
    static struct sql rows[200];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].text && strcmp(rows[i].text, text) == 0)
            return &rows[i];
        if (!rows[i].text) {
            rows[i] = (struct sql){"test", STORE_MAIN, text};
            return &rows[i];
        }
    }
    cr_assert_fail("too many statements in a test");
    return NULL;
}

int64_t shop_number(struct shop *s, const char *sql) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    OK(store_row(s->w.e.store, sql_row(sql), NO_ARGS, &a, &r, err));
    return row_i64(&r, 0, 0);
}

struct rows shop_rows(struct shop *s, struct arena *a, const char *sql) {
    struct rows r;
    OK(store_query(s->w.e.store, sql_row(sql), NO_ARGS, a, &r, err));
    return r;
}

void shop_exec(struct shop *s, const char *sql) {
    OK(store_exec(s->w.e.store, sql_row(sql), NO_ARGS, err));
}

#define RUN(statement, ...)                                                                        \
    OK(store_exec(s->w.e.store, &billing_sql[statement], ARGS(__VA_ARGS__), err))

static struct plan_id plan_make(struct shop *s, const char *slug, const char *name, int level) {
    struct plan_id id = {id_new(1)};
    RUN(PLAN_UPSERT, A_ID(id), A_CSTR(slug), A_CSTR(name), A_I64(level), A_I64(1), A_I64(level),
        A_I64(0), A_I64(level == 1 ? 720 : 0), A_I64(0), A_I64(0), A_I64(1));
    return id;
}

static void prices_make(struct shop *s, struct plan_id plan, int first, int level) {
    static const int64_t month[PLACES][3] = {{0, 999, 1499}, {0, 1099, 1699}, {0, 980, 1490}};
    for (int place = 0; place < PLACES; place++)
        for (int year = 0; year < 2; year++) {
            struct price_id id = {id_new(1)};
            int64_t minor = month[place][level] * (year ? 10 : 1);
            int64_t trial = place == PLACE_CA && level == 1 && !year ? 7 : 0;
            RUN(PRICE_INSERT, A_ID(id), A_ID(plan), A_I64(year ? 12 : 1), A_CSTR(currencies[place]),
                A_CSTR(place_names[place]), A_I64(minor), A_I64(trial), A_I64(1));
            s->price[place][first + year] = id;
        }
}

static struct offer_id offer_make(struct shop *s, const char *kind, struct sql_val plan,
                                  const struct title_id *titles, size_t n, int64_t minor) {
    struct offer_id id = {id_new(1)};
    RUN(OFFER_INSERT, A_ID(id), A_CSTR(kind), A_CSTR(kind), plan, A_I64(0), A_I64(30), A_I64(48),
        A_I64(1), A_I64(0), A_I64(0), A_I64(1), A_CSTR(""));
    for (size_t i = 0; i < n; i++)
        RUN(OFFER_TITLE_ADD, A_ID(id), A_ID(titles[i]));
    RUN(OFFERS_CHANGED);
    for (int place = 0; place < PLACES && minor; place++)
        RUN(OFFER_PRICE_ADD, A_ID(id), A_CSTR(currencies[place]), A_CSTR(place_names[place]),
            A_I64(minor + place));
    return id;
}

static void coupon_make(struct shop *s, const char *code, int64_t bp, int64_t minor, int periods,
                        int most) {
    struct id id = id_new(1);
    RUN(COUPON_UPSERT, A_CSTR(id.s), A_CSTR(code), A_I64(bp), A_I64(minor), A_CSTR(minor ? "EUR" : ""),
        A_I64(periods), A_NULL, A_I64(most), A_I64(0), A_I64(1), A_I64(1));
}

void shop_init(struct shop *s) {
    memset(s, 0, sizeof *s);
    world_init(&s->w);
    shop_fill(s);
}

void shop_fill(struct shop *s) {
    struct plan_id basic = plan_make(s, "basic", "Basic", 1);
    struct plan_id premium = plan_make(s, "premium", "Premium", 2);
    prices_make(s, basic, PRICE_BASIC_MONTH, 1);
    prices_make(s, premium, PRICE_PREMIUM_MONTH, 2);
    RUN(TAX_SET, A_CSTR("DE"), A_CSTR("VAT"), A_I64(1900), A_I64(1), A_I64(1));
    RUN(TAX_SET, A_CSTR("CA"), A_CSTR("GST"), A_I64(500), A_I64(0), A_I64(1));
    RUN(TAX_SET, A_CSTR("JP"), A_CSTR("JCT"), A_I64(1000), A_I64(1), A_I64(1));
    struct title_id *titles[] = {&s->both, &s->premium, &s->rented, &s->bought};
    for (size_t i = 0; i < ARRAY_LEN(titles); i++)
        titles[i]->v = id_new(1);
    struct title_id all[] = {s->both, s->premium};
    offer_make(s, "plan", A_ID(basic), &s->both, 1, 0);
    offer_make(s, "plan", A_ID(premium), all, 2, 0);
    s->rental = offer_make(s, "rental", A_NULL, &s->rented, 1, 399);
    s->purchase = offer_make(s, "purchase", A_NULL, &s->bought, 1, 1299);
    coupon_make(s, "HALF", 5000, 0, 3, 0);
    coupon_make(s, "FREEMONTH", 10000, 0, 1, 0);
    coupon_make(s, "FOREVER", 1000, 0, 0, 0);
    coupon_make(s, "TWOEURO", 0, 200, 2, 0);
    coupon_make(s, "FIRSTTEN", 2500, 0, 1, 10);
}

void shop_done(struct shop *s) {
    world_done(&s->w);
}

void shop_time(struct shop *s, const char *rfc3339) {
    int64_t ms;
    cr_assert(rfc3339_parse(str_of(rfc3339), &ms));
    clock_shift(&s->w.f.clock, ms - clock_now_ms(&s->w.f.clock));
}

struct account_id shop_account(struct shop *s) {
    return (struct account_id){id_new(clock_now_ms(&s->w.f.clock))};
}

static struct idem idem_new(struct arena *a, const char *what, const char *key) {
    struct id id = id_new(1);
    return (struct idem){.key = str_dup(a, str_of(key ? key : id.s)), .hash = str_of(what)};
}

static struct pay_with pay_of(const char *card) {
    return (struct pay_with){.gateway = card ? STR("test") : STR_NULL, .token = str_of(card)};
}

json_t *shop_subscribe(struct shop *s, struct account_id who, int place, int price, const char *card,
                       const char *coupon, const char *key, struct err *e) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct checkout_ask ask = {.account = who,
                               .price = s->price[place][price],
                               .country = str_of(place_names[place]),
                               .coupon = str_of(coupon),
                               .pay = pay_of(card),
                               .idem = idem_new(&a, "subscribe", key)};
    json_t *j = NULL;
    *e = (struct err){0};
    return billing_subscribe(&s->w.e, &ask, &a, &j, e) < 0 ? NULL : j;
}

json_t *shop_change_when(struct shop *s, struct account_id who, int place, int price, enum change_when when,
                         const char *key, struct err *e) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct idem idem = idem_new(&a, "change", key);
    struct change_ask ask = {s->price[place][price], when};
    json_t *j = NULL;
    *e = (struct err){0};
    return billing_change(&s->w.e, who, &ask, &idem, &a, &j, e) < 0 ? NULL : j;
}

json_t *shop_change(struct shop *s, struct account_id who, int place, int price, const char *key,
                    struct err *e) {
    return shop_change_when(s, who, place, price, CHANGE_USUAL, key, e);
}

json_t *shop_pay(struct shop *s, struct account_id who, const char *card, struct err *e) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct idem idem = idem_new(&a, "pay", NULL);
    struct pay_with pay = pay_of(card);
    json_t *j = NULL;
    *e = (struct err){0};
    return billing_pay_now(&s->w.e, who, &pay, &idem, &a, &j, e) < 0 ? NULL : j;
}

json_t *shop_buy(struct shop *s, struct account_id who, struct offer_id offer, int place,
                 const char *card, const char *key, struct err *e) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct idem idem = idem_new(&a, "buy", key);
    struct pay_with pay = pay_of(card);
    json_t *j = NULL;
    *e = (struct err){0};
    return billing_buy(&s->w.e, who, offer, str_of(place_names[place]), &pay, &idem, &a, &j, e) < 0
               ? NULL
               : j;
}

const char *shop_status(json_t *j) {
    static const char *const all[] = {"succeeded", "action_required", "declined", "processing"};
    const char *found = "-", *status = json_string_value(json_object_get(j, "status"));
    for (size_t i = 0; status && i < ARRAY_LEN(all); i++)
        if (strcmp(status, all[i]) == 0)
            found = all[i];
    json_decref(j);
    return found;
}

struct sub shop_sub(struct shop *s, struct account_id who) {
    struct rows r;
    struct sub sub = {.state = SUB_ENDED};
    OK(store_query(s->w.e.store, &billing_sql[SUB_BY_ACCOUNT], ARGS(A_ID(who)), &s->w.f.arena, &r,
                   err));
    if (r.n)
        sub_read(&r, 0, &sub);
    return sub;
}

const char *shop_access(struct shop *s, struct account_id who, struct title_id title) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct entitlement d;
    OK(billing_entitlement(&s->w.e, who, title, STR_NULL, &a, &d, err));
    cr_assert_eq(d.granted, d.refusal == ACCESS_OK);
    return access_refusal_code(&d);
}

#define NONE(sql, what) cr_assert_eq(shop_number(s, "SELECT COUNT(*) FROM (" sql ") AS found"), 0, what)

static void audit_books(struct shop *s) {
    NONE("SELECT posting_id FROM ledger_entry GROUP BY posting_id HAVING SUM(amount_minor) <> 0",
         "a posting does not sum to zero");
    NONE("SELECT currency FROM ledger_entry GROUP BY currency HAVING SUM(amount_minor) <> 0",
         "the ledger does not sum to zero");
    NONE("SELECT account_id FROM ledger_entry WHERE book = 'credit' GROUP BY account_id, currency"
         " HAVING SUM(amount_minor) > 0",
         "an account has less than nothing in hand");
    NONE("SELECT i.id FROM invoice i LEFT JOIN ledger_posting l ON l.ref_id = i.id AND l.kind ="
         " 'payment' WHERE (i.state = 'paid' AND i.total_minor > 0) <> (l.id IS NOT NULL)",
         "an invoice is paid and not posted, or posted and not paid");
    /* What the bank remembers is what the books say: nothing was charged twice or forgotten. What we
     * have not heard of yet is left out; at the end there is none. */
    NONE("SELECT currency FROM (SELECT currency, CASE kind WHEN 'charge' THEN amount_minor ELSE"
         " -amount_minor END AS m FROM test_gateway g WHERE state = 'succeeded' AND NOT EXISTS (SELECT 1"
         " FROM payment p WHERE p.id = g.key AND (p.state = 'pending' OR p.state = 'action')) UNION ALL"
         " SELECT currency, -amount_minor FROM ledger_entry WHERE book IN ('cash', 'disputed', 'chargeback')) AS both_sides"
         " GROUP BY currency HAVING SUM(m) <> 0",
         "the gateway's cash is not the ledger's");
}

static void audit_invoices(struct shop *s) {
    NONE("SELECT i.id FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id GROUP BY i.id,"
         " i.net_minor, i.tax_minor HAVING SUM(l.net_minor) <> i.net_minor OR SUM(l.tax_minor) <> i.tax_minor",
         "an invoice is not its lines");
    NONE("SELECT id FROM invoice WHERE net_minor + tax_minor <> total_minor OR credit_minor +"
         " due_minor <> total_minor OR total_minor < 0 OR due_minor < 0",
         "an invoice's sums");
    NONE("SELECT id FROM invoice WHERE (state = 'paid') <> (number IS NOT NULL)", "numbers are for the paid");
    cr_assert_eq(shop_number(s, "SELECT COALESCE(MAX(number), 0) - COUNT(number) FROM invoice"), 0,
                 "invoice numbers have a gap");
    cr_assert_eq(shop_number(s, "SELECT COALESCE(MAX(number), 0) - COUNT(*) FROM credit_note"), 0,
                 "credit note numbers have a gap");
    NONE("SELECT i.id FROM invoice i LEFT JOIN payment p ON p.invoice_id = i.id AND p.state ="
         " 'succeeded' WHERE i.state = 'paid' GROUP BY i.id, i.due_minor HAVING COUNT(p.id) <> 1 OR"
         " MAX(p.amount_minor) <> i.due_minor",
         "a paid invoice has not exactly one payment of what was due");
    NONE("SELECT p.id FROM payment p JOIN refund r ON r.payment_id = p.id AND r.state = 'succeeded'"
         " GROUP BY p.id, p.amount_minor HAVING SUM(r.amount_minor) > p.amount_minor",
         "more was given back than paid");
    NONE("SELECT i.id FROM invoice i JOIN credit_note n ON n.invoice_id = i.id AND n.cancelled_at = 0 GROUP BY i.id,"
         " i.total_minor, i.tax_minor HAVING SUM(n.total_minor) = i.total_minor AND SUM(n.tax_minor) <> i.tax_minor",
         "a whole refund gives the whole tax back");
    NONE("SELECT i.id FROM invoice i JOIN credit_note n ON n.invoice_id = i.id AND n.cancelled_at = 0 GROUP BY i.id, i.total_minor"
         " HAVING SUM(n.total_minor) > i.total_minor OR MIN(n.total_minor) <= 0",
         "an invoice's credit notes are more than the invoice");
    /* Credit notes equal credits: each went to a bank or to the account's credit, and nothing else did. */
    NONE("SELECT currency FROM (SELECT currency, total_minor AS m FROM credit_note WHERE refund_id IS NULL UNION ALL"
         " SELECT e.currency, e.amount_minor FROM ledger_entry e JOIN ledger_posting p ON p.id = e.posting_id"
         " WHERE p.kind = 'unused' AND e.book = 'credit') AS both_sides GROUP BY currency HAVING SUM(m) <> 0",
         "credit notes of unused time are not what accounts were credited");
    NONE("SELECT currency FROM (SELECT currency, total_minor AS m FROM credit_note WHERE refund_id IS NOT NULL UNION ALL"
         " SELECT e.currency, -e.amount_minor FROM ledger_entry e JOIN ledger_posting p ON p.id = e.posting_id"
         " WHERE p.kind = 'refund' AND (e.book = 'revenue' OR e.book = 'tax')) AS both_sides GROUP BY currency"
         " HAVING SUM(m) <> 0",
         "credit notes of refunds are not what was taken back from revenue and tax");
}

/* Periods of one subscription follow each other exactly, except after a pause or an overdue time; where the
 * interval was changed at once, the new one begins within the old, whose rest was given back. */
static void audit_periods(struct shop *s) {
    NONE("SELECT a.id FROM invoice a JOIN invoice b ON a.subscription_id = b.subscription_id AND a.id <> b.id"
         " WHERE a.kind IN ('period', 'interval') AND b.kind = 'period' AND a.state = 'paid' AND b.state = 'paid'"
         " AND a.period_start_at <= b.period_start_at AND b.period_start_at < a.period_end_at"
         " AND NOT EXISTS (SELECT 1 FROM invoice c WHERE c.subscription_id = a.subscription_id AND c.kind = 'interval'"
         " AND c.state = 'paid' AND c.period_start_at > a.period_start_at AND c.period_start_at < a.period_end_at"
         " AND c.period_end_at <= b.period_start_at)",
         "a period was billed twice");
    NONE("SELECT id FROM (SELECT id, kind, subscription_id, period_start_at, LAG(period_start_at) OVER w AS"
         " before_start, LAG(period_end_at) OVER w AS before_end FROM invoice WHERE kind IN ('period', 'interval') AND"
         " state = 'paid' WINDOW w AS (PARTITION BY subscription_id ORDER BY period_start_at)) AS p"
         " WHERE CASE kind WHEN 'interval' THEN period_start_at NOT BETWEEN before_start AND before_end"
         " ELSE before_end <> period_start_at END AND NOT EXISTS (SELECT 1 FROM subscription_move m WHERE"
         " m.subscription_id = p.subscription_id AND (m.to_state = 'paused' OR m.to_state = 'past_due')"
         " AND m.at >= p.before_start AND m.at <= p.period_start_at)",
         "a period was skipped");
}

void shop_audit(struct shop *s) {
    audit_books(s);
    audit_invoices(s);
    audit_periods(s);
}
