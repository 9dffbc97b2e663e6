/* letters.h - what billing writes to people. A letter is put into the outbox in the transaction of the change
 * that it speaks of: one change, one letter, whatever is killed in between. */
#pragma once
#include "service/billing/billing_int.h"
#include "service/words.h"

struct letter_facts {
    struct money amount;
    struct str what; /* the plan's or the offer's name */
    struct str ref;  /* an id that staff look for */
    int64_t date_ms, until_ms, number;
};
/* One of words.h's BILLING_ letters, which says what facts it has. To the account's address, in its language (account_language). An account that is gone gets none; a letter that
 * cannot be written is logged and holds no money up. */
int billing_letter(struct work *w, enum letter which, const struct letter_facts *f, struct err *reterr);
/* The same to every operator, each in their language; where there is none, nobody is written to. */
int staff_letter(struct work *w, enum letter which, const struct letter_facts *f, struct err *reterr);
/* The name of a price's plan in what. */
int billing_letter_of_price(struct work *w, enum letter which, struct price_id price,
                            struct letter_facts *f, struct err *reterr);
/* Those whose trial ends within 3 days, or whose year within 14, and who have not been told: cron, each hour. */
int billing_reminders(const struct engine *e, struct err *reterr);
