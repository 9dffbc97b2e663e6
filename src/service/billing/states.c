/*
 * states.c - the table, and the one function that changes a subscription's state. It touches only
 * the struct: who calls it saves the row and writes the move beside it (subscription_apply).
 */
#include "service/billing/states.h"
#include <string.h>

enum { /* what a move does beside the state */
    DO_PERIOD = 1, /* the paid period begins: plan, price, dates, nothing owed */
    DO_RETRY = 2,  /* one more failure: the next attempt, or the grace begins */
    DO_END = 4,
    DO_WAIT = 8,   /* the clock looks again at the period's end */
    DO_PAUSE = 16, /* the clock looks again at resume_ms */
};
struct move {
    enum sub_state from;
    enum sub_event on;
    enum sub_state to;
    unsigned actions;
};
static const struct move moves[] = {
    {SUB_PENDING, EV_START_TRIAL, SUB_TRIALING, DO_WAIT},
    {SUB_PENDING, EV_PAID, SUB_ACTIVE, DO_PERIOD},
    {SUB_PENDING, EV_DECLINED, SUB_ENDED, DO_END},
    {SUB_PENDING, EV_REVOKE, SUB_ENDED, DO_END},

    {SUB_TRIALING, EV_PAID, SUB_ACTIVE, DO_PERIOD},
    {SUB_TRIALING, EV_DECLINED, SUB_PAST_DUE, DO_RETRY},
    {SUB_TRIALING, EV_CANCEL, SUB_CANCELLING, DO_WAIT},
    {SUB_TRIALING, EV_REVOKE, SUB_ENDED, DO_END},

    {SUB_ACTIVE, EV_PAID, SUB_ACTIVE, DO_PERIOD},
    {SUB_ACTIVE, EV_DECLINED, SUB_PAST_DUE, DO_RETRY},
    {SUB_ACTIVE, EV_PAUSE, SUB_PAUSING, DO_WAIT},
    {SUB_ACTIVE, EV_CANCEL, SUB_CANCELLING, DO_WAIT},
    {SUB_ACTIVE, EV_REVOKE, SUB_ENDED, DO_END},

    {SUB_PAST_DUE, EV_PAID, SUB_ACTIVE, DO_PERIOD},
    {SUB_PAST_DUE, EV_DECLINED, SUB_PAST_DUE, DO_RETRY},
    {SUB_PAST_DUE, EV_EXHAUSTED, SUB_ENDED, DO_END},
    {SUB_PAST_DUE, EV_CANCEL, SUB_ENDED, DO_END}, /* nothing is paid that could be used up */
    {SUB_PAST_DUE, EV_REVOKE, SUB_ENDED, DO_END},

    {SUB_PAUSING, EV_KEEP, SUB_ACTIVE, DO_WAIT},
    {SUB_PAUSING, EV_CANCEL, SUB_CANCELLING, DO_WAIT},
    {SUB_PAUSING, EV_PERIOD_END, SUB_PAUSED, DO_PAUSE},
    {SUB_PAUSING, EV_REVOKE, SUB_ENDED, DO_END},

    {SUB_PAUSED, EV_PAID, SUB_ACTIVE, DO_PERIOD},
    {SUB_PAUSED, EV_DECLINED, SUB_PAUSED, 0}, /* waits for its owner from now on */
    {SUB_PAUSED, EV_CANCEL, SUB_ENDED, DO_END},
    {SUB_PAUSED, EV_REVOKE, SUB_ENDED, DO_END},

    {SUB_CANCELLING, EV_KEEP, SUB_ACTIVE, DO_WAIT}, /* in the trial: TRIALING, below */
    {SUB_CANCELLING, EV_PERIOD_END, SUB_ENDED, DO_END},
    {SUB_CANCELLING, EV_REVOKE, SUB_ENDED, DO_END},

/* A store is right about what it owns, whatever we thought. */
#define STORE_SAYS(from)                                                                           \
    {from, EV_STORE_ACTIVE, SUB_ACTIVE, 0}, {from, EV_STORE_CANCELLING, SUB_CANCELLING, 0},        \
        {from, EV_STORE_GRACE, SUB_PAST_DUE, 0}, {from, EV_STORE_PAUSED, SUB_PAUSED, 0},           \
        {from, EV_STORE_ENDED, SUB_ENDED, DO_END}
    STORE_SAYS(SUB_PENDING),
    STORE_SAYS(SUB_ACTIVE),
    STORE_SAYS(SUB_PAST_DUE),
    STORE_SAYS(SUB_PAUSED),
    STORE_SAYS(SUB_CANCELLING),
    STORE_SAYS(SUB_ENDED), /* bought again under the same reference */
};

static const char *const state_names[] = {
#define X(name, text) [SUB_##name] = text,
    SUB_STATES(X)
#undef X
};
static const char *const event_names[] = {
#define X(name, text) [EV_##name] = text,
    SUB_EVENTS(X)
#undef X
};

const char *sub_state_name(enum sub_state s) {
    return state_names[s];
}

const char *sub_event_name(enum sub_event ev) {
    return event_names[ev];
}

bool sub_state_parse(struct str text, enum sub_state *ret) {
    for (size_t i = 0; i < ARRAY_LEN(state_names); i++)
        if (str_eq(text, str_of(state_names[i]))) {
            *ret = (enum sub_state)i;
            return true;
        }
    return false;
}

bool sub_in_trial(const struct sub *s) {
    return s->end_ms == s->anchor_ms;
}

static void period_begin(struct sub *s, const struct paid_period *p) {
    s->plan = p->plan;
    s->price = p->price;
    s->rate = p->rate;
    s->anchor_ms = p->anchor_ms;
    s->anchor_months = p->anchor_months;
    s->start_ms = p->start_ms;
    s->end_ms = p->end_ms;
    s->next_ms = p->end_ms;
    s->next_price = (struct price_id){0};
    s->attempts = 0;
    s->grace_ms = s->resume_ms = 0;
}

int sub_move(struct sub *s, enum sub_event ev, const struct paid_period *paid, int64_t now_ms,
             struct err *reterr) {
    const struct move *m = NULL;
    for (size_t i = 0; i < ARRAY_LEN(moves) && !m; i++)
        if (moves[i].from == s->state && moves[i].on == ev)
            m = &moves[i];
    if (!m || (ev == EV_PAID) != (paid != NULL))
        return err_refuse(reterr, ERR_CONFLICT, "billing.not_now",
                          "That cannot be done with the subscription as it is now. Load the page "
                          "again to see what can.",
                          "a subscription that is %s knows no event %s", state_names[s->state],
                          event_names[ev]);
    s->state = m->to;
    if (ev == EV_KEEP && sub_in_trial(s))
        s->state = SUB_TRIALING;
    if (m->actions & DO_PERIOD)
        period_begin(s, paid);
    if (m->actions & DO_WAIT)
        s->next_ms = s->end_ms;
    if (m->actions & DO_PAUSE)
        s->next_ms = s->resume_ms;
    if (m->to == SUB_PAUSED && ev == EV_DECLINED)
        s->next_ms = s->resume_ms = 0;
    if (m->actions & DO_RETRY)
        s->attempts++;
    if (m->actions & DO_END) {
        s->ended_ms = now_ms;
        s->next_ms = 0;
        s->next_price = (struct price_id){0};
    }
    return 0;
}

bool dunning_parse(struct str days, int64_t grace_ms, struct dunning *ret) {
    struct dunning d = {.grace_ms = grace_ms};
    struct str rest = days, one;
    while (rest.p && rest.n) {
        int64_t day;
        rest = str_cut(rest, ',', &one);
        if (d.n == RETRIES_MAX || !str_to_i64(str_trim(one), &day) || day < 1 || day > 60 ||
            (d.n && day * 86400000 <= d.after_ms[d.n - 1]))
            return false;
        d.after_ms[d.n++] = day * 86400000;
    }
    *ret = d;
    return true;
}
