/* entitlement.c - the decision of entitlement.h. No store, no clock of its own. */
#include "service/billing/entitlement.h"
#include "engine/place/place.h"

/* The clock renews within a minute; who is renewed must not be refused because it is late, or down
 * for a day. */
#define RENEWAL_LEEWAY_MS (24LL * 3600 * 1000)

bool sub_entitles(const struct sub *s, int64_t now_ms, int64_t *ret_until) {
    switch (s->state) {
    case SUB_TRIALING:
    case SUB_ACTIVE:
        *ret_until = s->end_ms;
        return now_ms < s->end_ms + RENEWAL_LEEWAY_MS;
    case SUB_PAST_DUE:
        *ret_until = s->grace_ms;
        break;
    case SUB_PAUSING:
    case SUB_CANCELLING:
        *ret_until = s->end_ms;
        break;
    default:
        return false;
    }
    return now_ms < *ret_until;
}

static bool in_window(const struct offer_fact *o, int64_t now) {
    return o->from_ms <= now && (!o->until_ms || now < o->until_ms);
}

/* The business model that an offer is of, as a bit; a holdback is none. */
static unsigned model_of(enum offer_kind kind) {
    static const unsigned models[] = {[OFFER_PLAN] = 1u << MODEL_SVOD, [OFFER_RENTAL] = 1u << MODEL_TVOD,
                                      [OFFER_PURCHASE] = 1u << MODEL_EST, [OFFER_AVOD] = 1u << MODEL_AVOD,
                                      [OFFER_HOLDBACK] = 0};
    return models[kind];
}

static bool counts(const struct entitlement_facts *f, const struct offer_fact *o) {
    return !(f->allowed.barred & model_of(o->kind)) && in_window(o, f->now_ms) && (!o->countries.n || country_listed(o->countries, f->country));
}

static bool same(const struct id *a, const struct id *b) {
    return str_eq(id_str(a), id_str(b));
}

static const struct offer_fact *offer_of(const struct entitlement_facts *f, enum offer_kind kind) {
    for (size_t i = 0; i < f->n_offers; i++)
        if (f->offers[i].kind == kind && counts(f, &f->offers[i]))
            return &f->offers[i];
    return NULL;
}

static bool grant(struct entitlement *d, enum access_via via, int64_t until) {
    d->granted = true;
    d->via = via;
    d->until_ms = until;
    return true;
}

static bool by_purchase(const struct entitlement_facts *f, struct entitlement *d) {
    bool barred = f->allowed.barred_bought & model_of(OFFER_PURCHASE);
    for (size_t i = 0; !barred && i < f->n_rights; i++)
        if (!f->rights[i].rental) {
            d->right = f->rights[i].id;
            return grant(d, VIA_PURCHASE, 0);
        }
    return false;
}

static bool by_plan(const struct entitlement_facts *f, struct entitlement *d) {
    int64_t until;
    if (!f->subscribed || !sub_entitles(&f->sub, f->now_ms, &until))
        return false;
    for (size_t i = 0; i < f->n_offers; i++) {
        const struct offer_fact *o = &f->offers[i];
        if (o->kind == OFFER_PLAN && counts(f, o) && same(&o->plan.v, &f->sub.plan.v)) {
            d->limits = f->limits;
            return grant(d, VIA_PLAN, until);
        }
    }
    return false;
}

static bool rental_open(const struct right_fact *r, int64_t now) {
    return r->ends_ms ? now < r->ends_ms : !r->start_by_ms || now < r->start_by_ms;
}

/* One that has begun is used up before another is begun. */
static bool by_rental(const struct entitlement_facts *f, struct entitlement *d) {
    const struct right_fact *best = NULL;
    bool barred = f->allowed.barred_bought & model_of(OFFER_RENTAL);
    for (size_t i = 0; !barred && i < f->n_rights; i++) {
        const struct right_fact *r = &f->rights[i];
        if (r->rental && rental_open(r, f->now_ms) && (!best || (r->ends_ms && !best->ends_ms)))
            best = r;
    }
    if (!best)
        return false;
    d->right = best->id;
    d->rental_begins = !best->ends_ms;
    return grant(d, VIA_RENTAL, best->ends_ms ? best->ends_ms : best->start_by_ms);
}

static bool by_ads(const struct entitlement_facts *f, struct entitlement *d) {
    const struct offer_fact *o = offer_of(f, OFFER_AVOD);
    if (!o)
        return false;
    d->limits.ads = true;
    return grant(d, VIA_ADS, o->until_ms);
}

static bool can_be_bought(const struct entitlement_facts *f, const struct offer_fact *o) {
    return counts(f, o) && o->kind != OFFER_AVOD && o->kind != OFFER_HOLDBACK &&
           o->price.currency.s[0];
}

/* A month of a plan against a rental against a purchase: the least to pay now. Amounts of different
 * currencies are not compared: the first found stays. */
static void way_find(const struct entitlement_facts *f, struct entitlement *d) {
    for (size_t i = 0; i < f->n_offers; i++) {
        const struct offer_fact *o = &f->offers[i];
        if (can_be_bought(f, o) && (!d->has_way || (currency_eq(o->price.currency, d->way.price.currency) &&
                                                    o->price.minor < d->way.price.minor))) {
            d->has_way = true;
            d->way = *o;
        }
    }
}

static bool plan_holds_title(const struct entitlement_facts *f) {
    for (size_t i = 0; i < f->n_offers; i++)
        if (f->offers[i].kind == OFFER_PLAN && counts(f, &f->offers[i]) &&
            same(&f->offers[i].plan.v, &f->sub.plan.v))
            return true;
    return false;
}

static bool had_rental(const struct entitlement_facts *f) {
    for (size_t i = 0; i < f->n_rights; i++)
        if (f->rights[i].rental)
            return true;
    return false;
}

/* Somebody in another country could have it now. */
static bool offered_elsewhere(const struct entitlement_facts *f) {
    for (size_t i = 0; i < f->n_offers; i++)
        if (f->offers[i].kind != OFFER_HOLDBACK && in_window(&f->offers[i], f->now_ms) && !counts(f, &f->offers[i]))
            return true;
    return false;
}

static enum access_refusal refusal_of(const struct entitlement_facts *f) {
    bool mine = f->subscribed && plan_holds_title(f);
    int64_t until;
    if (mine && f->sub.state == SUB_PAST_DUE)
        return ACCESS_PAYMENT_OVERDUE;
    if (mine && f->sub.state == SUB_PAUSED)
        return ACCESS_PAUSED;
    if (had_rental(f))
        return ACCESS_RENTAL_OVER;
    if (offer_of(f, OFFER_PLAN))
        return f->subscribed && sub_entitles(&f->sub, f->now_ms, &until) ? ACCESS_UPGRADE_REQUIRED
                                                                         : ACCESS_PLAN_REQUIRED;
    if (offer_of(f, OFFER_RENTAL) || offer_of(f, OFFER_PURCHASE))
        return ACCESS_RENTAL_REQUIRED;
    return offered_elsewhere(f) ? ACCESS_NOT_HERE : ACCESS_NOT_OFFERED;
}

void entitlement_decide(const struct entitlement_facts *f, struct entitlement *ret) {
    struct entitlement d = {.allowed = f->allowed};
    const struct offer_fact *holdback = offer_of(f, OFFER_HOLDBACK);
    if (holdback) {
        d.refusal = holdback->countries.n ? ACCESS_NOT_HERE : ACCESS_HELD_BACK;
    } else if (!by_purchase(f, &d) && !by_plan(f, &d) && !by_rental(f, &d) && !by_ads(f, &d)) {
        if (f->allowed.refusal) {
            d.refusal = ACCESS_NO_RIGHT;
        } else if (f->n_offers == 0 && f->unoffered_free) {
            grant(&d, VIA_FREE, 0);
        } else {
            d.refusal = refusal_of(f);
            way_find(f, &d);
        }
    }
    *ret = d;
}

const char *access_via_name(enum access_via v) {
    static const char *const names[] = {"none", "free", "plan", "rental", "purchase", "ads"};
    return names[v];
}

static const struct {
    const char *code, *hint;
} refusals[] = {
    [ACCESS_OK] = {"", ""},
    [ACCESS_HELD_BACK] = {"playback.held_back", "This title cannot be shown at the moment."},
    [ACCESS_PAYMENT_OVERDUE] = {"playback.payment_overdue",
                                "The last payment failed. Check the payment method and pay to go on "
                                "watching."},
    [ACCESS_PAUSED] = {"playback.subscription_paused",
                       "The subscription is paused. Resume it to watch."},
    [ACCESS_RENTAL_OVER] = {"playback.rental_over",
                            "The time of this rental is over. Rent the title again to watch it."},
    [ACCESS_UPGRADE_REQUIRED] = {"playback.upgrade_required",
                                 "This title is not part of your plan. Change the plan to watch it."},
    [ACCESS_PLAN_REQUIRED] = {"playback.plan_required", "Choose a plan to watch this title."},
    [ACCESS_RENTAL_REQUIRED] = {"playback.rental_required",
                                "Rent or buy this title to watch it."},
    [ACCESS_NOT_HERE] = {"playback.not_here", "This title cannot be shown in this country at the moment."},
    [ACCESS_NOT_OFFERED] = {"playback.not_offered",
                            "This title cannot be had at the moment."},
    [ACCESS_NO_RIGHT] = {"", ""}, /* rights_refuse has the words */
};

const char *access_refusal_code(const struct entitlement *d) {
    return d->refusal == ACCESS_NO_RIGHT ? rights_refusal_code(d->allowed.refusal) : refusals[d->refusal].code;
}

int entitlement_refuse(const struct entitlement *d, struct err *reterr) {
    char hint[300], price[MONEY_TEXT_CAP];
    if (d->granted)
        return 0;
    if (d->refusal == ACCESS_NO_RIGHT)
        return rights_refuse(&d->allowed, reterr);
    snprintf(hint, sizeof hint, "%s", refusals[d->refusal].hint);
    if (d->has_way) {
        size_t n = strlen(hint);
        money_write(d->way.price, price);
        snprintf(hint + n, sizeof hint - n, " The least it takes is %.60s for %s.",
                 d->way.name.n ? d->way.name.p : "it", price);
    }
    return err_refuse(reterr, ERR_FORBIDDEN, refusals[d->refusal].code, hint, "not entitled: %s",
                      refusals[d->refusal].code);
}
