/* subscription.h - the one way in which a stored subscription changes. */
#pragma once
#include "service/billing/billing_int.h"

/* Moves along the table, saves the row, writes the move beside it, tells the outbox. */
int subscription_apply(struct work *w, struct sub *s, enum sub_event ev,
                       const struct paid_period *paid, struct err *reterr);
/* The same for a change that leaves the state (another plan, another price from the next period). */
int subscription_changed(struct work *w, struct sub *s, const char *what, struct err *reterr);
/* The account's live one, with no payment on its way, or ERR_CONFLICT "billing.no_subscription",
 * "billing.payment_in_progress". */
int subscription_for_change(struct work *w, struct sub *ret, struct err *reterr);
/* Voids what was asked for and not paid, when no payment of it is on its way. */
int subscription_void_open(struct work *w, const struct sub *s, struct err *reterr);
void billing_dunning(const struct engine *e, struct dunning *ret);
/* The invoice and the payment of what is due next: the period after this one, an overdue one again
 * (from now on, when its grace is over), a paused one from now on. */
int renewal_make(struct work *w, struct sub *s, bool off_session, struct payment_id *ret,
                 struct err *reterr);
/* store.c. What an app brings: the purchase is read and made the account's. ERR_CONFLICT "billing.receipt_taken": it belongs
 * to another account here; "billing.already_subscribed". Others: gateway.h. */
int store_receipt_take(const struct engine *e, struct account_id account, struct str store,
                       const struct store_receipt *receipt, struct err *reterr);
/* The same again by the reference that an earlier reading gave; the clock's part. */
int store_subscription_sync(const struct engine *e, struct account_id account, struct str store,
                            struct str ref, struct err *reterr);
/* The refusal of every change: ERR_CONFLICT "billing.owned_by_store", with the store's address. */
int store_owns(const struct engine *e, const struct sub *s, struct err *reterr);
/* The store told that something changed: what has that reference is read again. 0 for what is nobody's. */
int store_notified(const struct engine *e, const struct gateway *g, struct str ref, struct err *reterr);
/* What each request does inside its transaction; with work.quote only what it would ask for. ref: the
 * payment's id. */
int subscribe_in(struct work *w, const struct checkout_ask *ask, const struct gateway *g,
                 const struct gateway_method *gm, struct id ref, struct err *reterr);
int change_in(struct work *w, const struct change_ask *ask, struct id ref, struct err *reterr);
int pay_now_in(struct work *w, struct id ref, struct err *reterr);
int buy_in(struct work *w, struct offer_id offer, struct str asked, struct id ref, struct err *reterr);
/* What they share. A price that is offered in the country; the country in force; how to pay, or ERR_INVALID
 * "billing.method_missing" (a quote needs none). */
int price_check(struct work *w, struct price_id id, struct str country, struct price *ret, struct err *reterr);
int country_find(struct work *w, struct str asked, struct str *ret, struct err *reterr);
int method_due(struct work *w, struct method *ret, struct err *reterr);
