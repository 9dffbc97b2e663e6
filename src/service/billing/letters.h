/* letters.h - what billing writes to people. A letter is put into the outbox in the transaction of the change
 * that it speaks of: one change, one letter, whatever is killed in between. */
#pragma once
#include "service/billing/billing_int.h"

enum billing_letter {
    BILLING_RECEIPT,       /* amount, what, number */
    BILLING_FAILED,        /* amount, what, date: of the next attempt, until: of the access */
    BILLING_OVERDUE,       /* amount, what, date: of the next attempt; the grace is over */
    BILLING_STOPPED,       /* what */
    BILLING_RESUME_FAILED, /* amount, what */
    BILLING_CANCELLED,     /* what, date: the last day */
    BILLING_ENDED,         /* what: cancelled with nothing left to use up */
    BILLING_REFUNDED,      /* amount, what */
    BILLING_TRIAL_ENDS,    /* amount, what, date */
    BILLING_YEAR_ENDS,     /* amount, what, date */
    STAFF_REFUND_FAILED,   /* these to staff (staff_letter): amount, what, ref: the payment */
    STAFF_INQUIRY,         /* the same, date: until when evidence is taken */
    STAFF_DISPUTE_OPENED,  /* the same */
    STAFF_DISPUTE_DUE,     /* the same */
    STAFF_DISPUTE_WON,     /* without date */
    STAFF_DISPUTE_LOST,
};
struct letter_facts {
    struct money amount;
    struct str what; /* the plan's or the offer's name */
    struct str ref;  /* an id that staff look for */
    int64_t date_ms, until_ms, number;
};
/* To the account's address, in its first profile's language. An account that is gone gets none; a letter that
 * cannot be written is logged and holds no money up. */
int billing_letter(struct work *w, enum billing_letter which, const struct letter_facts *f, struct err *reterr);
/* The same to every operator, each in their language; where there is none, nobody is written to. */
int staff_letter(struct work *w, enum billing_letter which, const struct letter_facts *f, struct err *reterr);
/* The name of a price's plan in what. */
int billing_letter_of_price(struct work *w, enum billing_letter which, struct price_id price,
                            struct letter_facts *f, struct err *reterr);
/* Those whose trial ends within 3 days, or whose year within 14, and who have not been told: cron, each hour. */
int billing_reminders(const struct engine *e, struct err *reterr);
