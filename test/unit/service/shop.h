/* shop.h - a world with something to sell: plans, prices, taxes, offers, coupons, and short ways to ask
 * billing for things. Accounts are numbers here: billing asks nothing of them but an id. */
#pragma once
#include "world.h"
#include "service/billing/billing_int.h"
#include "service/billing/subscription.h"

enum { PRICE_BASIC_MONTH, PRICE_BASIC_YEAR, PRICE_PREMIUM_MONTH, PRICE_PREMIUM_YEAR, PRICES };
enum { PLACE_DE, PLACE_CA, PLACE_JP, PLACES }; /* EUR with 19 % within, CAD with 5 % on top, JPY 10 % within */
extern const char *const place_names[PLACES];

struct shop {
    struct world w;
    struct price_id price[PLACES][PRICES]; /* only BASIC_MONTH has a trial, of 7 days, and only in CA */
    struct title_id both, premium, rented, bought; /* in two plans; in one; for rent; for sale */
    struct offer_id rental, purchase;      /* 30 days to begin, 48 hours to finish */
};
void shop_init(struct shop *s);
void shop_fill(struct shop *s); /* the goods alone, into a store that is open */
void shop_done(struct shop *s);
#define SCOPED_SHOP(s)                                                                             \
    scoped(shop_done) struct shop s;                                                               \
    shop_init(&s)

/* The clock moves to a moment. */
void shop_time(struct shop *s, const char *rfc3339);
struct account_id shop_account(struct shop *s);
/* One statement of the test's own. */
int64_t shop_number(struct shop *s, const char *sql);
struct rows shop_rows(struct shop *s, struct arena *a, const char *sql);
void shop_exec(struct shop *s, const char *sql);

/* Each gives the API's Checkout, or NULL with *e filled. key NULL: a new one. */
json_t *shop_subscribe(struct shop *s, struct account_id who, int place, int price, const char *card,
                       const char *coupon, const char *key, struct err *e);
json_t *shop_change(struct shop *s, struct account_id who, int place, int price, const char *key,
                    struct err *e);
json_t *shop_change_when(struct shop *s, struct account_id who, int place, int price, enum change_when when,
                         const char *key, struct err *e);
json_t *shop_pay(struct shop *s, struct account_id who, const char *card, struct err *e);
json_t *shop_buy(struct shop *s, struct account_id who, struct offer_id offer, int place,
                 const char *card, const char *key, struct err *e);
/* "succeeded", ...; "-" and the reference dropped for NULL. Drops j. */
const char *shop_status(json_t *j);
struct sub shop_sub(struct shop *s, struct account_id who); /* the last one */
const char *shop_access(struct shop *s, struct account_id who, struct title_id title); /* "" or the refusal */

/* The books, the invoices, the periods, what the bank remembers: nothing may contradict. */
void shop_audit(struct shop *s);
