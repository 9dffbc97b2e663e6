/*
 * states.h - the life of a subscription as data: a table of state x event, and the one function that
 * moves along it. What is not a row is refused.
 */
#pragma once
#include "base/money.h"
#include "service/service.h"

#define SUB_STATES(X)                                                                              \
    X(PENDING, "pending")       /* the first payment is on its way: nothing is given yet */        \
    X(TRIALING, "trialing")     /* free, the first payment at its end */                           \
    X(ACTIVE, "active")         /* paid until the period's end, then renewed */                    \
    X(PAST_DUE, "past_due")     /* a renewal failed; watched in the grace, asked for again */      \
    X(PAUSING, "pausing")       /* paid until the period's end, then paused */                     \
    X(PAUSED, "paused")         /* nothing is given, nothing charged */                            \
    X(CANCELLING, "cancelling") /* paid until the period's end, then ended */                      \
    X(ENDED, "ended")
#define SUB_EVENTS(X)                                                                              \
    X(START_TRIAL, "trial_started") X(PAID, "paid") X(DECLINED, "declined")                        \
    X(EXHAUSTED, "retries_exhausted") X(PAUSE, "pause_asked") X(CANCEL, "cancel_asked")            \
    X(KEEP, "kept") X(PERIOD_END, "period_ended") X(REVOKE, "revoked")                                             \
    /* what a store says of a subscription that it owns */                                         \
    X(STORE_ACTIVE, "store_active") X(STORE_CANCELLING, "store_cancelling")                        \
    X(STORE_GRACE, "store_grace") X(STORE_PAUSED, "store_paused") X(STORE_ENDED, "store_ended")

enum sub_state {
#define X(name, text) SUB_##name,
    SUB_STATES(X)
#undef X
};
enum sub_event {
#define X(name, text) EV_##name,
    SUB_EVENTS(X)
#undef X
};

struct sub {
    struct subscription_id id;
    struct account_id account;
    struct plan_id plan;
    struct price_id price;
    enum sub_state state;
    struct str gateway, store_ref;
    int64_t anchor_ms, anchor_months, start_ms, end_ms;
    int64_t rate; /* of a whole period at present, discount taken off */
    struct price_id next_price;
    struct redemption_id redemption;
    int attempts; /* that failed since the period's end */
    int64_t next_ms, grace_ms, resume_ms, created_ms, ended_ms;
};

const char *sub_state_name(enum sub_state s);
bool sub_state_parse(struct str text, enum sub_state *ret);
const char *sub_event_name(enum sub_event ev);
/* In the trial the period ends where the first paid one begins. */
bool sub_in_trial(const struct sub *s);

/* The period that a payment has bought (EV_PAID), else NULL. */
struct paid_period {
    struct plan_id plan;
    struct price_id price;
    int64_t rate, anchor_ms, anchor_months, start_ms, end_ms;
};
/* Where the event leads and what it does to the row; pure. retry_days: "1,3,5,7" after the first
 * failure. ERR_CONFLICT "billing.not_now" when the table has no such row. */
int sub_move(struct sub *s, enum sub_event ev, const struct paid_period *paid, int64_t now_ms,
             struct err *reterr);

/* What a failed renewal means; from the settings. */
enum { RETRIES_MAX = 10 };
struct dunning {
    int n;
    int64_t after_ms[RETRIES_MAX]; /* from the first failure, ascending */
    int64_t grace_ms;              /* watched on so long after the period's end */
};
bool dunning_parse(struct str days, int64_t grace_ms, struct dunning *ret);

/* period.c: n whole months after a moment, at the same time of day (UTC): the 31st becomes the last
 * day of a shorter month, and the next longer one has its 31st again, because all are counted from
 * the same anchor. */
int64_t months_after(int64_t anchor_ms, int64_t months);
/* The part of amount for the time that is left; exact in milliseconds, rounded by money_part. */
bool prorate(int64_t amount, int64_t now_ms, int64_t start_ms, int64_t end_ms, int64_t *ret);
