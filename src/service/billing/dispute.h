/* dispute.h - a payer's bank wants the money of a payment back. */
#pragma once
#include "service/billing/billing_int.h"

/* Asks the gateway what became of its dispute `ref` and makes ours the same; a new one is written down. Of a
 * payment that is not ours: nothing. Repeatable, in any order. */
int dispute_sync(const struct engine *e, const struct gateway *g, struct str ref, struct err *reterr);
/* Letters to staff where the time for evidence ends within three days: cron. */
int disputes_remind(const struct engine *e, struct err *reterr);
/* ERR_CONFLICT "billing.disputed": the bank has the payment's money, or decides about it. */
int dispute_blocks(struct work *w, struct payment_id payment, struct err *reterr);
/* Of the invoice's payment: "inquiry", "open", "won", "lost", or STR_NULL. */
int dispute_of_invoice(const struct engine *e, struct invoice_id invoice, struct arena *a,
                       struct str *ret, struct err *reterr);
