/*
 * life.h - two years of many accounts, in three parts. The child (life_child.c) is the program: billing on
 * a real store, told what to do through a pipe, and killed at any moment. The model (life_model.c) is the
 * oracle: what a patient bookkeeper would expect, written from the rules and not from the code; it sees no
 * table. The parent (test_life.c) throws the dice, owns the clock, kills, and compares.
 */
#pragma once
#include "../service/shop.h"
#include "service/billing/gateway.h"

enum { LIVES_MAX = 1000, PAID_MAX = 120, PRICES_MAX = 60 };
/* What an account can have a payment open for. GHOST: a subscription that was ended meanwhile. */
enum { SUB, RENTAL, PURCHASE, BUNDLE, GHOST, THINGS };
enum { TITLES = 4 }; /* in both plans, in premium, for rent, for sale; the bundle holds the last two */

#define OPS(X)                                                                                       \
    X(FILL) X(TICK) X(SUBSCRIBE) X(CHANGE) X(PAY) X(CANCEL) X(KEEP) X(PAUSE) X(METHOD) X(BUY)      \
    X(BEGIN) X(GIFT) X(REFUND) X(BANK) X(DISPUTE) X(STORE) X(PRICE) X(TAX) X(LOOK) X(AUDIT)
enum op_kind {
#define X(name) OP_##name,
    OPS(X)
#undef X
    OP_KINDS
};
extern const char *const op_names[];

struct op {
    enum op_kind kind;
    int who;
    int64_t now_ms;
    struct id key;          /* Idempotency-Key, gift code, id of a new price */
    struct price_id price;
    int place, which;       /* which: price's index, thing, months, paid invoice */
    char card[32], coupon[16];
    int64_t amount;
    bool flag;              /* refund: ends access; bank: says yes */
    bool back;              /* bank: the payer comes back to us */
    enum change_when when;  /* of a change */
    struct id receipt;      /* a store's: what it says is in which (enum store_says), flag (premium) and: */
    int64_t from, until;    /* its period; amount: until when it gives grace */
};

enum store_says { STORE_BUY, STORE_RENEW, STORE_LEAVE, STORE_GRACE, STORE_REST, STORE_OVER, STORE_SAYS };
struct paid {
    char kind; /* p period, u upgrade, c another change within the period, i another interval, r rental, b purchase */
    int64_t start, end, total, tax, credit, due, refunded, credited;
    int dispute; /* 0 none, 1 open, 2 won, 3 lost */
};
/* One account as the tables and the decisions of the program show it. */
struct look {
    char state[16]; /* "" never had a subscription */
    int level;
    int64_t rate, start, end, next, credit;
    struct id next_price; /* from the next period on */
    char card[32];        /* the method in use */
    int n_paid, letters; /* in the outbox: nobody sends them here */
    struct paid paid[PAID_MAX];
    bool open[THINGS], access[TITLES];
};
struct reply {
    char code[64]; /* a checkout's status, "ok", or the reason of a refusal */
    struct look look;
    uint8_t open[LIVES_MAX]; /* after a tick: bit of each thing with an open payment */
    struct shop ids;         /* after FILL */
    struct id bundle;
};

struct child {
    struct shop shop;
    struct id bundle;
    int n;
    struct arena a; /* of one op */
};
/* On the caller's own thread and store (which the shop in c has open); threads take copies of c. */
void child_op(struct child *c, const struct op *op, struct reply *out);
/* The child's side; ends at the end of `in`. Never returns. */
void child_run(int in, int out, const char *url, const struct shop *ids, struct id bundle, int n) __attribute__((noreturn));
struct account_id life_account(int who); /* the number is in the id */

/* life_model.c */
struct price_m {
    struct price_id id;
    int place, level, months, trial_days;
    int64_t amount;
    bool active;
};
struct world_m { /* what all accounts share */
    struct price_m price[PRICES_MAX];
    int n_prices;
    int64_t tax_bp[PLACES];
    int first_ten; /* redemptions of FIRSTTEN */
};
struct inv_m {
    char kind;
    int price;
    int64_t rate, anchor, months, start, end, total, tax, credit, due, tax_bp;
    bool coupon;
};
struct out_m { /* a payment on its way */
    enum { OUT_NONE, OUT_PENDING, OUT_ACTION } state;
    int64_t created;
    bool succeeds, on_session;
    bool doubt; /* killed meanwhile: the bank may have to be asked once more */
    int bank; /* 0 has not answered, 1 yes, 2 no */
    struct inv_m inv;
};
struct model {
    int place, card;
    int64_t credit;
    bool trial_used;
    unsigned coupons_used;
    char state[16];
    int price, next_price, coupon, coupon_left, attempts, serial;
    int64_t rate, anchor, months, start, end, next, grace, resume;
    bool hold;     /* within model_due: the charge's answer is not known yet */
    bool began;    /* what waited at the bank was given up already */
    bool has_open; /* the invoice of an overdue period */
    struct inv_m open;
    struct out_m out[THINGS];
    struct {
        bool active;
        int serial;
        int64_t start_by, started, ends;
    } right[THINGS];
    int right_serial, letters;
    bool owned;        /* by a store */
    struct id receipt;
    int64_t told_of; /* the period's end that a reminder spoke of */
    struct paid paid[PAID_MAX];
    int paid_serial[PAID_MAX], paid_thing[PAID_MAX];
    int64_t paid_bp[PAID_MAX];
    int n_paid;
};
void world_m_init(struct world_m *w, const struct shop *ids);
int64_t model_months_after(int64_t at_ms, int64_t months);
/* What the person asked for: changes m and w, and says what the program must answer. */
void model_apply(struct world_m *w, struct model *m, const struct op *op, char code[64]);
/* What waits for its payer at the bank is given up: the first thing that most requests do. */
void model_abandon(struct world_m *w, struct model *m, int64_t now);
/* The clock's turn, first half: what waits is settled. `open`: what the program still has open, for when it
 * was killed in between; else NULL. */
void model_settle(struct world_m *w, struct model *m, int64_t now, const bool *open);
/* The clock's turn, second half: the subscription. */
void model_due(struct world_m *w, struct model *m, int64_t now, const bool *open);
/* And who is written to before a trial or a year ends. */
void model_remind(const struct world_m *w, struct model *m, int64_t now);
/* "" or what differs. */
void model_compare(const struct world_m *w, const struct model *m, const struct look *l, int64_t now, char *why, size_t n);
extern const char *const card_names[];
enum { CARDS = 8, COUPONS = 7 };
extern const char *const coupon_names[COUPONS];
