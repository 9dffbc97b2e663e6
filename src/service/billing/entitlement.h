/*
 * entitlement.h - may this account watch this title, and if not, what is the cheapest way to.
 *
 * The rules, in this order:
 *  0. What the licensor does not allow here and now is given in no way (service/rights/rights.h): each way is a
 *     business model (a plan svod, a rental tvod, a purchase est, advertising avod; what is free, any of them), and
 *     those that are barred do not count.
 *  1. A holdback in its window and country refuses everybody, whatever they bought.
 *  2. A purchase, then the subscription's plan, then a rental (begun in time and not over), then
 *     advertising grants; the first that does names the limits. What was bought stays when the offer
 *     has gone.
 *  3. A title that stands in no offer at all is free to who is signed in, unless the setting
 *     billing-unoffered says "closed".
 *  4. Otherwise it is refused with the reason closest to the viewer (overdue before "take a plan").
 * An offer counts within its window and its countries only; where a viewer is, is asked at each Play. Who is
 * nowhere that is known is in no country's offer. A title may stand in several offers.
 *
 * entitlement_decide is pure: the facts go in, the decision comes out; a test can try each.
 */
#pragma once
#include "base/money.h"
#include "service/billing/states.h"
#include "service/rights/rights.h"

enum offer_kind { OFFER_PLAN, OFFER_RENTAL, OFFER_PURCHASE, OFFER_AVOD, OFFER_HOLDBACK };
struct offer_fact {
    struct offer_id id;
    enum offer_kind kind;
    struct plan_id plan;
    struct str name;           /* of the plan or of the offer */
    int64_t from_ms, until_ms; /* until 0: open */
    struct str countries;      /* codes parted by blanks; empty: everywhere */
    struct money price;        /* here; no currency: has none here, cannot be bought */
    struct price_id price_id;  /* of a plan */
    int months;
};
struct right_fact {
    struct right_id id;
    bool rental;
    int64_t start_by_ms, ends_ms; /* 0: no limit, not begun */
};
struct plan_limits {
    int64_t streams, devices, max_height, downloads; /* 0: no limit (downloads: none) */
    bool ads;
};
struct entitlement_facts {
    int64_t now_ms;
    struct str country; /* where the viewer is; empty: not known */
    bool unoffered_free;
    const struct offer_fact *offers; /* of the title, whatever their window */
    size_t n_offers;
    bool subscribed; /* sub and limits are set */
    struct sub sub;
    struct plan_limits limits;
    const struct right_fact *rights; /* to the title, paid for */
    size_t n_rights;
    struct rights_verdict allowed; /* by the licensor; all zero: everything is */
};

enum access_via { VIA_NONE, VIA_FREE, VIA_PLAN, VIA_RENTAL, VIA_PURCHASE, VIA_ADS };
enum access_refusal {
    ACCESS_OK,
    ACCESS_HELD_BACK,        /* "playback.held_back" */
    ACCESS_PAYMENT_OVERDUE,  /* "playback.payment_overdue" */
    ACCESS_PAUSED,           /* "playback.subscription_paused" */
    ACCESS_RENTAL_OVER,      /* "playback.rental_over" */
    ACCESS_UPGRADE_REQUIRED, /* "playback.upgrade_required" */
    ACCESS_PLAN_REQUIRED,    /* "playback.plan_required" */
    ACCESS_RENTAL_REQUIRED,  /* "playback.rental_required": can be rented or bought only */
    ACCESS_NOT_HERE,         /* "playback.not_here": in other countries only */
    ACCESS_NOT_OFFERED,      /* "playback.not_offered" */
    ACCESS_NO_RIGHT,         /* "playback.rights_...": entitlement.allowed says which */
};
struct entitlement {
    bool granted;
    enum access_via via;
    enum access_refusal refusal;
    int64_t until_ms; /* 0: open */
    struct plan_limits limits;
    struct right_id right;  /* VIA_RENTAL, VIA_PURCHASE */
    bool rental_begins;     /* this Play starts the rental's time */
    bool has_way;           /* way is set: what would change a refusal for the least money */
    struct offer_fact way;
    bool subscribed; /* a subscription gives something now, be it this title or not; */
    int64_t streams; /* so many at a time then, 0: no limit */
    struct rights_verdict allowed; /* by the licensor */
};

void entitlement_decide(const struct entitlement_facts *f, struct entitlement *ret);
/* Whether the subscription gives anything at this moment, and until when. */
bool sub_entitles(const struct sub *s, int64_t now_ms, int64_t *ret_until);
const char *access_via_name(enum access_via v);
const char *access_refusal_code(const struct entitlement *d); /* "" when granted */
/* The refusal as an error with its code and a sentence. 0 when granted. */
int entitlement_refuse(const struct entitlement *d, struct err *reterr);
