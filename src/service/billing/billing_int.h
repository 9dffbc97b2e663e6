/* billing_int.h - what the files of billing share: rows as structs, and who may do what to them. */
#pragma once
#include "base/money.h"
#include "service/billing/billing.h"
#include "service/billing/billing_sql.h"
#include "service/billing/gateway.h"
#include "service/billing/states.h"

#define BILLING_DAY_MS (24LL * 3600 * 1000)
#define PAYMENT_RETRY_MS (60LL * 1000)       /* an outcome that is not known is asked for again */
#define PAYMENT_ACTION_MS (60LL * 60 * 1000) /* a payer has so long to answer the bank */
/* Of one price, amount or discount: 10^12 minor units; a thousand of them cannot overflow a sum. */
#define AMOUNT_MAX 1000000000000LL

/* A reference that may be unset, where the column may be NULL. */
#define A_REF(typed) (id_is_set((typed).v) ? A_ID(typed) : A_NULL)

struct setup_id {
    struct id v;
};
/* A change of one account: a transaction that holds the account's row, so that two of them queue. */
struct work {
    const struct engine *e;
    struct tx *tx;
    struct arena *a;
    struct account_id account;
    int64_t now_ms;
    struct str from;     /* the country that the request comes from; empty: not known */
    struct quote *quote; /* set: nothing is to be kept, what would be asked for goes here (quote.c) */
    bool expects;        /* ERR_CONFLICT "billing.amount_changed" unless just this is due: */
    int64_t expected;
    bool expects_credit; /* the same for what a change puts to the account's credit */
    int64_t expected_credit;
};
int work_begin(const struct engine *e, struct account_id account, struct arena *a, struct work *w,
               struct err *reterr);
int work_commit(struct work *w, struct err *reterr);
/* An event of w's change: ids and amounts, no words of a person. Steals body. */
int billing_tell(struct work *w, const char *event, struct id subject, json_t *body, struct err *reterr);
void work_done(struct work *w); /* rolls back what is not committed; for scoped() */

struct price {
    struct price_id id;
    struct plan_id plan;
    int months;
    struct money amount;
    struct str country;
    int trial_days;
    bool active;
    struct str plan_slug, plan_name;
    int64_t level;
};
struct invoice {
    struct invoice_id id;
    int64_t number; /* 0: not paid yet */
    struct account_id account;
    struct subscription_id subscription;
    struct right_id right;
    struct str kind, state; /* period, upgrade, change, interval, rental, purchase; open, paid, void */
    struct currency currency;
    struct str country;
    int64_t net, tax, total, credit, due;
    struct str tax_name;
    int64_t tax_bp;
    bool tax_inclusive;
    struct price_id price;
    int64_t rate, anchor_ms, anchor_months, start_ms, end_ms;
    struct redemption_id redemption;
    struct str buyer;
    int64_t created_ms, paid_ms;
};
struct payment {
    struct payment_id id;
    struct account_id account;
    struct invoice_id invoice;
    struct str gateway, token;
    struct money amount;
    struct str state; /* pending, action, succeeded, failed */
    bool off_session;
    struct str decline_code, action_url, ref;
    int64_t created_ms, settled_ms;
};
struct right {
    struct right_id id;
    struct account_id account;
    struct offer_id offer;
    struct str kind, state;
    int64_t start_by_ms, started_ms, ends_ms, finish_hours, created_ms;
};
struct method {
    struct method_id id;
    struct str gateway, token, label;
};

/* model.c: rows to structs. By id within a transaction: ERR_NOT_FOUND. */
int price_load(struct tx *tx, struct price_id id, struct arena *a, struct price *ret, struct err *reterr);
void price_read(const struct rows *r, size_t row, struct price *ret);
int sub_load(struct tx *tx, struct subscription_id id, struct arena *a, struct sub *ret, struct err *reterr);
void sub_read(const struct rows *r, size_t row, struct sub *ret);
int sub_insert(struct tx *tx, const struct sub *s, struct err *reterr);
int sub_save(struct tx *tx, const struct sub *s, struct err *reterr);
/* The account's one that has not ended: 1, or 0 when there is none. */
int sub_live(struct tx *tx, struct account_id account, struct arena *a, struct sub *ret, struct err *reterr);
int invoice_load(struct tx *tx, struct invoice_id id, struct arena *a, struct invoice *ret, struct err *reterr);
void invoice_read(const struct rows *r, size_t row, struct invoice *ret);
int payment_load(struct tx *tx, struct payment_id id, struct arena *a, struct payment *ret, struct err *reterr);
/* work_begin for what a gateway says of a charge by the key that we gave it. 1: begun, with the payment as it is
 * now; 0: no payment of ours, and nothing is begun. */
int work_begin_charge(const struct engine *e, struct str charge_key, struct arena *a, struct work *w,
                      struct payment *ret, struct err *reterr);
void payment_read(const struct rows *r, size_t row, struct payment *ret);
int right_load(struct tx *tx, struct right_id id, struct arena *a, struct right *ret, struct err *reterr);
void right_read(const struct rows *r, size_t row, struct right *ret);
/* The method in use: 1, or 0 when there is none. */
int method_in_use(struct tx *tx, struct account_id account, struct arena *a, struct method *ret, struct err *reterr);

/* ledger.c: one posting; the entries must sum to zero (ERR_INTERNAL). kind and ref together are
 * unique: the same thing is never posted twice. Entries of 0 are left out. */
struct entry {
    const char *book;
    bool of_account;
    int64_t amount; /* debit positive */
};
int ledger_post(struct work *w, const char *kind, struct id ref, struct currency c,
                const struct entry *entries, size_t n, struct err *reterr);
/* What the account has in hand from gift codes and changes of plan; >= 0. */
int ledger_credit(struct work *w, struct currency c, int64_t *ret, struct err *reterr);

/* invoice.c: an invoice is made of lines given as amounts of price lists; tax is worked out a line
 * (rounded each), and totals are the sums. What the account has in hand pays first and is reserved. */
struct line {
    const char *kind; /* plan, discount, unused, title */
    struct str text;
    int64_t amount; /* as the price list counts: with tax where the country's prices contain it */
    int64_t start_ms, end_ms;
};
enum { LINES_MAX = 8 };
/* Sets id, sums, tax, state; inv brings kind, currency, country and what it is for. */
int invoice_make(struct work *w, struct invoice *inv, const struct line *lines, size_t n,
                 struct err *reterr);
int invoice_void(struct work *w, const struct invoice *inv, struct err *reterr);
/* The plan or the offer that it is for, as its lines call it. */
int invoice_subject(struct work *w, const struct invoice *inv, struct str *ret, struct err *reterr);
/* Numbers it, posts it, writes the receipt. */
int invoice_pay(struct work *w, struct invoice *inv, struct err *reterr);
/* The invoice of a period from start_ms (months from the anchor) at a price, the discount of the
 * subscription's coupon taken off. */
int invoice_make_period(struct work *w, const struct sub *s, const struct price *p,
                        int64_t anchor_ms, int64_t anchor_months, struct invoice *ret,
                        struct err *reterr);
int counter_next(struct work *w, const char *name, int64_t *ret, struct err *reterr);

/* coupon.c: what a coupon takes off the price of one period; 0 where it does not apply. */
int discount_of(struct work *w, struct redemption_id redemption, const struct price *p,
                int64_t *ret_minor, struct str *ret_code, struct err *reterr);
/* ERR_INVALID "billing.coupon_invalid", ERR_CONFLICT "billing.coupon_used". */
int coupon_redeem(struct work *w, struct str code, const struct price *p,
                  struct redemption_id *ret, struct err *reterr);
int coupon_release(struct work *w, struct redemption_id r, struct err *reterr);
struct str code_normalise(struct arena *a, struct str code); /* upper case, no spaces or dashes */
struct str gift_hash(struct arena *a, struct str code);      /* what of a gift code is stored */

/* payment.c: the two phases of every charge. payment_make is the first, inside the transaction that
 * makes the invoice (*ret may bring the id); payment_drive the second, outside of any: it asks the gateway and settles. */
int payment_make(struct work *w, const struct invoice *inv, const struct method *m,
                 bool off_session, struct payment_id *ret, struct err *reterr);
/* Where nothing is due there is nobody to ask: made and settled in the same transaction. */
int payment_make_free(struct work *w, struct invoice *inv, struct payment_id id, struct err *reterr);
/* Repeatable at any time by anybody: one charge, one settlement. */
int payment_drive(const struct engine *e, struct payment_id id, struct err *reterr);
/* What became of it, asked now whatever we think; a webhook's part. ERR_NOT_FOUND. */
int payment_sync(const struct engine *e, struct payment_id id, struct err *reterr);
/* Gives up every charge of the account that waits for its payer, so that another can be begun. */
int payments_abandon(const struct engine *e, struct account_id account, struct err *reterr);
int payment_settle(const struct engine *e, const struct payment *p, const struct gateway_result *r,
                   struct err *reterr);
int payments_due(const struct engine *e, struct err *reterr); /* by the clock */

/* settle.c: what a payment's success or failure does to what it was for. */
int settle_success(struct work *w, const struct payment *p, struct invoice *inv, struct err *reterr);
int settle_failure(struct work *w, const struct payment *p, struct invoice *inv, struct err *reterr);

/* note.c: credit notes. left: what of a paid invoice did not go back, nor is on its way back, nor is disputed. */
int invoice_left(struct work *w, const struct invoice *inv, int64_t *ret, struct err *reterr);
/* The note of a refund; where less is left than went back, the rest is a loss in the book "goodwill". */
int note_of_refund(struct work *w, struct refund_id refund, const struct invoice *inv, int64_t amount,
                   struct str reason, struct err *reterr);
/* Of the period that a subscription is in, `listed` (as price lists count) goes to the account's credit: a note on
 * each invoice that it was paid with, the latest first, and never more than is left of them. ret: with tax. With
 * work.quote nothing is written. */
int notes_to_credit(struct work *w, const struct sub *s, int64_t listed, struct str reason, int64_t *ret,
                    struct err *reterr);

/* refund.c */
int refund_make(struct work *w, const struct payment *p, int64_t amount, struct str reason,
                bool ends_access, struct refund_id *ret, struct err *reterr);
int refund_drive(const struct engine *e, struct refund_id id, struct err *reterr);
/* The gateway's refund `ref` is read, and ours made the same: one of ours is settled; one that somebody made at
 * the gateway itself becomes ours, once, with its credit note; one that succeeded and failed later is reversed.
 * Nothing, where it is not of our payments or not done yet. Repeatable, in any order. */
int refund_sync(const struct engine *e, const struct gateway *g, struct str ref, struct err *reterr);
const char *refund_status(struct str state); /* as the API says it */
int refunds_due(const struct engine *e, struct err *reterr);

/* renew.c */
int subscriptions_due(const struct engine *e, struct err *reterr);
/* The clock's round: everything that `due` ($1 now, $2 the last id) lists, page by page. One that fails is logged
 * as `event` and holds nobody up. */
int each_due(const struct engine *e, const struct sql *due, const char *event,
             int (*turn)(const struct engine *e, const struct rows *r, size_t i, struct err *reterr),
             struct err *reterr);

/* idempotency.c. Found: 1 and the row; 0: nobody used the key yet. ERR_CONFLICT
 * "billing.idempotency_mismatch": it was used for something else. */
struct idem {
    struct str key, hash; /* hash: of route and body */
    bool expects;         /* the page has shown what is due: expected, in minor units */
    int64_t expected;
    bool expects_credit;  /* and what a change gives */
    int64_t expected_credit;
};
struct idem_row {
    struct id ref;
    struct str answer; /* STR_NULL: the first request is at work, or died at it */
};
int idem_find(const struct engine *e, struct account_id account, const struct idem *i,
              struct arena *a, struct idem_row *ret, struct err *reterr);
/* 1: claimed; 0: somebody else has just done so, and idem_replay tells. */
int idem_claim(struct work *w, const struct idem *i, struct id ref, struct err *reterr);
/* What was answered before: 1 and *ret, driving on what the first request left undone; 0: new. */
int idem_replay(const struct engine *e, struct account_id account, const struct idem *i,
                struct arena *a, json_t **ret, struct err *reterr);
/* After the commit: asks the gateway, answers, remembers the answer. */
int idem_finish(const struct engine *e, struct account_id account, const struct idem *i,
                struct id ref, struct arena *a, json_t **ret, struct err *reterr);
/* Stores the answer unless there is one, and gives back the one that counts. Steals answer. */
int idem_answer(const struct engine *e, struct account_id account, const struct idem *i,
                json_t *answer, struct arena *a, json_t **ret, struct err *reterr);

/* subscribe.c, buy.c: what a person asks for. Each answers the API's Checkout. */
struct pay_with {
    struct str gateway, token; /* STR_NULL: the method in use */
    struct str from; /* the country that the request comes from; empty: not known */
};
struct checkout_ask {
    struct account_id account;
    struct price_id price;
    struct str country, coupon;
    struct pay_with pay;
    struct idem idem;
};
int billing_subscribe(const struct engine *e, const struct checkout_ask *ask, struct arena *a,
                      json_t **ret, struct err *reterr);
/* change.c: to another price, now or from the next period on. CHANGE_USUAL: an upgrade now, all else then. */
enum change_when { CHANGE_USUAL, CHANGE_NOW, CHANGE_AT_END };
struct change_ask {
    struct price_id price;
    enum change_when when;
};
/* quote.c: what any of these would ask for, by the same functions in a transaction that is rolled
 * back. The first that is set counts: price with change, price, offer; none: what is due (pay now). */
struct quote {
    struct invoice inv; /* never stored */
    struct line lines[LINES_MAX];
    struct taxed {
        int64_t net, tax;
    } taxed[LINES_MAX];
    size_t n;
    int64_t at_ms; /* when it is charged; 0: at once */
    int64_t trial_days;
    struct redemption_id redemption;
    enum change_when when; /* of a change: what it will be; else CHANGE_USUAL */
    int64_t credited;      /* to the account's credit, with tax */
};
struct quote_ask {
    struct account_id account;
    struct price_id price;
    struct offer_id offer;
    bool change;
    enum change_when when;
    struct str country, coupon, from; /* from: as in pay_with */
};
/* For invoice_make: takes the invoice down instead of storing it. */
int quote_take(struct work *w, const struct invoice *inv, const struct line *lines,
               const struct taxed *taxed, size_t n, struct err *reterr);
/* The same for one that stands already. */
int quote_take_open(struct work *w, const struct invoice *inv, struct err *reterr);
/* Answers the API's Quote. */
int billing_quote(const struct engine *e, const struct quote_ask *ask, struct arena *a, json_t **ret,
                  struct err *reterr);
int billing_change(const struct engine *e, struct account_id account, const struct change_ask *ask,
                   const struct idem *idem, struct arena *a, json_t **ret, struct err *reterr);
/* A paused one goes on now; an overdue one is paid now. pay may be empty. */
int billing_pay_now(const struct engine *e, struct account_id account, const struct pay_with *pay,
                    const struct idem *idem, struct arena *a, json_t **ret, struct err *reterr);
int billing_buy(const struct engine *e, struct account_id account, struct offer_id offer,
                struct str country, const struct pay_with *pay, const struct idem *idem,
                struct arena *a, json_t **ret, struct err *reterr);
/* Cancel at the period's end, undo it, pause at the period's end for so many months. */
int billing_cancel(const struct engine *e, struct account_id account, struct arena *a, struct err *reterr);
int billing_keep(const struct engine *e, struct account_id account, struct arena *a, struct err *reterr);
int billing_pause(const struct engine *e, struct account_id account, int months, struct arena *a, struct err *reterr);
int billing_method_set(const struct engine *e, struct account_id account, const struct pay_with *pay,
                       struct arena *a, struct err *reterr);
int billing_gift_redeem(const struct engine *e, struct account_id account, struct str code,
                        struct arena *a, struct money *ret, struct err *reterr);
/* What the bank said in the meantime (a webhook, or the payer coming back). */
int billing_payment_sync(const struct engine *e, struct account_id account, struct payment_id id,
                         struct arena *a, json_t **ret, struct err *reterr);
int billing_refund(const struct engine *e, struct payment_id payment, int64_t amount,
                   struct str reason, bool ends_access, struct account_id operator_,
                   const struct idem *idem, struct arena *a, json_t **ret, struct err *reterr);
/* method.c: the token becomes a method to keep; method NULL-token: nothing was given. */
int pay_with_setup(const struct engine *e, struct account_id account, const struct pay_with *pay,
                   const struct gateway **ret_g, struct gateway_method *ret, struct err *reterr);
int method_put(struct work *w, const struct gateway *g, const struct gateway_method *m, struct err *reterr);

/* From now on the account pays so; what is overdue is asked for again at once. */
int method_adopt(struct work *w, const struct gateway *g, const struct gateway_method *m, struct err *reterr);

/* setup.c: a payment method that is set up on the gateway's own page. begin gives the page's address;
 * sync asks the gateway what became of it and, once, makes the method the account's. Whose it is is
 * the caller's to check, or setup_of_account's: ERR_NOT_FOUND "billing.setup_not_found". */
struct setup {
    struct setup_id id;
    struct account_id account;
    struct str gateway, ref, state, next; /* state: open, succeeded, failed */
};
int setup_begin(const struct engine *e, struct account_id account, const struct gateway *g,
                struct str next, struct arena *a, struct setup_id *ret, struct str *ret_url,
                struct err *reterr);
int setup_of_account(const struct engine *e, struct account_id account, struct setup_id id,
                     struct arena *a, struct setup *ret, struct err *reterr);
int setup_sync(const struct engine *e, struct setup *s, struct arena *a, struct err *reterr);
int setups_purge(const struct engine *e, struct err *reterr);
/* Where a gateway's page or a bank sends people back: "https://host/billing/return?payment=ID". The
 * web's page there asks us what became of it. Lives in buffer. */
struct str return_url(const struct engine *e, const char *what, struct id id, char buffer[400]);

/* service.c: what the settings say; the defaults where there are none (tests). */
bool billing_unoffered_free(const struct engine *e);
struct str billing_country(const struct engine *e);
/* entitlement_facts.c */
int billing_offers_of(const struct engine *e, struct title_id title, struct arena *a, struct rights_offer **ret,
                      size_t *ret_n, struct err *reterr);
enum { COUNTRIES_MAX = 300 }; /* of an offer */
bool billing_test_gateway(const struct engine *e);

/* json.c of billing */
json_t *price_json(const struct price *p, struct arena *a);
int sub_json(const struct engine *e, const struct sub *s, struct arena *a, json_t **ret, struct err *reterr);
int checkout_json(const struct engine *e, struct account_id account, struct id payment,
                  struct arena *a, json_t **ret, struct err *reterr);
json_t *money_json(struct money m);
json_t *invoice_json(const struct invoice *i);
int invoice_html(const struct engine *e, const struct invoice *i, struct arena *a, struct str *ret, struct err *reterr);
/* PDF 1.5, A4, fonts embedded. ERR_NOT_FOUND "billing.credit_note_not_found". May take 100 ms; one at a time. */
int invoice_pdf(const struct engine *e, const struct invoice *i, struct arena *a, struct str *ret, struct err *reterr);
int credit_note_pdf(const struct engine *e, const struct invoice *i, int64_t number, struct arena *a,
                    struct str *ret, struct err *reterr);

extern const struct route billing_routes[];
extern const struct schema billing_schemas[];
extern const struct config_key billing_config[];
extern struct metric billing_metrics[];
enum { M_PAID, M_DECLINED, M_REFUNDED, M_UNKNOWN };

/* export.c: what is held besides what service.c tells, by name into the object. */
int billing_export_more(const struct engine *e, struct account_id account, json_t *into, struct err *reterr);

/* entitlement_facts.c: what is kept of offers in memory. */
void billing_offers_forget(void);
