/*
 * words.h - the message catalogue of what the server itself writes to people: letters, invoices,
 * credit notes. One file a language (words_en.c, words_de.c); another one is its file and a line in
 * words.c. What a language lacks is said in English, and a unit test
 * (test/unit/service/test_words.c) tells what it lacks. The applications' own words are
 * web/viewer/src/messages.
 *
 * Words in braces are filled in, once: a fact is never looked into for braces. Any thread.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/id.h"
#include "base/money.h"
#include "base/str.h"

struct tx;
struct err;

#define WORDS(X)                                                                                   \
    X(WORD_INVOICE)     /* {number} */                                                             \
    X(WORD_CREDIT_NOTE) /* {number} */                                                             \
    X(WORD_FOR_INVOICE) /* {number}, {date} */                                                     \
    X(WORD_DATE)        /* {date} */                                                               \
    X(WORD_TO)          /* {buyer} */                                                              \
    X(WORD_WHAT)                                                                                   \
    X(WORD_PERIOD)                                                                                 \
    X(WORD_FROM_TO) /* {from}, {to} */                                                             \
    X(WORD_NET)                                                                                    \
    X(WORD_TAX)                                                                                    \
    X(WORD_TAX_RATE) /* {name}, {rate}: "19.00" */                                                 \
    X(WORD_TOTAL)                                                                                  \
    X(WORD_FROM_CREDIT)                                                                            \
    X(WORD_PAID)                                                                                   \
    X(WORD_GIVEN_BACK)                                                                             \
    X(WORD_NOTE_CANCELLED) /* {date} */                                                            \
    X(WORD_TAX_IN_IT)                                                                              \
    X(WORD_LINE_UNUSED)                                                                            \
    X(WORD_LINE_COUPON) /* {code} */                                                               \
    X(WORD_PAGE)        /* {number} */                                                             \
    X(WORD_BROWSER_ON)  /* {browser}, {system} */                                                  \
    X(WORD_DEVICE_UNKNOWN)                                                                         \
    X(WORD_DEVICE_TV)                                                                              \
    X(WORD_DEVICE_NAMED) /* {device}, {name} */                                                    \
    X(WORD_BANK)                                                                                   \
    X(WORD_BANK_ASKS) /* {amount} */                                                               \
    X(WORD_BANK_IS_TEST)                                                                           \
    X(WORD_BANK_YES)                                                                               \
    X(WORD_BANK_NO)
#define WORD_ENUM(name) name,
enum word { WORDS(WORD_ENUM) WORDS_N };

/* Of identity: {time} of what happened, {device} it was done on, {name} of the thing. */
#define LETTERS(X)                                                                                 \
    X(LETTER_VERIFY)                                                                               \
    X(LETTER_RESET)                                                                                \
    X(LETTER_EMAIL)                                                                                \
    X(LETTER_EMAIL_CHANGED)                                                                        \
    X(LETTER_PASSWORD_CHANGED)                                                                     \
    X(LETTER_PASSKEY_ADDED)                                                                        \
    X(LETTER_PASSKEY_REMOVED)                                                                      \
    X(LETTER_PASSKEY_CLONED)                                                                       \
    X(LETTER_LINK_ADDED)                                                                           \
    X(LETTER_LINK_REMOVED)                                                                         \
    X(LETTER_SIGN_UP_TRIED)                                                                        \
    X(LETTER_SIGNED_IN)                                                                            \
    X(LETTER_PAIRED)                                                                               \
    X(LETTER_FACTOR_ON)                                                                            \
    X(LETTER_FACTOR_OFF)                                                                           \
    X(LETTER_RECOVERY_USED)                                                                        \
    X(LETTER_CODE_REUSED)                                                                          \
    X(BILLING_RECEIPT) /* {amount}, {what}, {number} */                                            \
    X(BILLING_FAILED)  /* {amount}, {what}, {date} of the next attempt, {until}: of the access */  \
    X(BILLING_OVERDUE) /* {amount}, {what}, {date} of the next attempt; the grace is over */       \
    X(BILLING_STOPPED) /* {what} */                                                                \
    X(BILLING_RESUME_FAILED) /* {amount}, {what} */                                                \
    X(BILLING_CANCELLED)     /* {what}, {date}: the last day */                                    \
    X(BILLING_ENDED)         /* {what}: cancelled with nothing left to use up */                   \
    X(BILLING_REFUNDED)      /* {amount}, {what} */                                                \
    X(BILLING_CREDITED)      /* {amount}, {what}: the plan that was left */                        \
    X(BILLING_TRIAL_ENDS)    /* {amount}, {what}, {date} */                                        \
    X(BILLING_YEAR_ENDS)     /* {amount}, {what}, {date} */                                        \
    X(STAFF_REFUND_FAILED)   /* to staff: {amount}, {what}, {ref}: the payment */                  \
    X(STAFF_INQUIRY)         /* the same, {date}: until when evidence is taken */                  \
    X(STAFF_DISPUTE_OPENED)                                                                        \
    X(STAFF_DISPUTE_DUE)                                                                           \
    X(STAFF_DISPUTE_WON) /* without {date} */                                                      \
    X(STAFF_DISPUTE_LOST)                                                                          \
    X(STAFF_WEBHOOK_OFF)  /* {name} of the endpoint, {date} since when it fails */                 \
    X(STAFF_WEBHOOK_GONE) /* {name}: it answered 410 */
enum letter { LETTERS(WORD_ENUM) LETTERS_N };

/* subject and lead are always there; button and tail may be NULL. Paragraphs are parted by an empty
 * line. */
struct letter_words {
    const char *subject, *lead, *button, *tail;
};

struct language {
    const char *tag; /* BCP 47, the language alone */
    const char *months[12];
    const char *date;       /* in a sentence: {day}, {month}, {year} */
    const char *time;       /* {date}, {clock}: "14:05" UTC */
    const char *date_short; /* in a table: {d}, {m} (two digits), {year} */
    char decimal;
    char group; /* between thousands; NUL: none */
    const char *words[WORDS_N];
    struct letter_words letters[LETTERS_N];
};
extern const struct language words_en, words_de;
/* All of them, English first; NULL ends. */
extern const struct language *const languages[];

/* By the first part of a BCP 47 tag; English for what is not spoken here. */
const struct language *language_find(struct str tag);
/* The text of a key, in English where the language has none. */
const char *words_get(const struct language *l, enum word w);

struct fact {
    const char *name;
    struct str text;
};
#define FACTS(...) ((const struct fact[]){__VA_ARGS__, {NULL, {NULL, 0}}})
/* A name without a fact is left out. "" on out of memory. */
struct str words_fill(struct arena *a, const char *text, const struct fact *facts);
struct str words_say(struct arena *a, const struct language *l, enum word w,
                     const struct fact *facts);

struct str words_date(struct arena *a, const struct language *l, int64_t ms);
struct str words_date_short(struct arena *a, const struct language *l, int64_t ms);
struct str words_time(struct arena *a, const struct language *l, int64_t ms);
struct str words_amount(struct arena *a, const struct language *l, struct money m);
/* "19.00" of 1900. */
struct str words_rate(struct arena *a, const struct language *l, int64_t bp);

/* What a stranger may have typed, fit to stand in a letter: one line, nothing invisible, nothing
 * that a mail program makes a link of. */
struct str words_tame(struct arena *a, struct str name);
/* "Firefox on Windows", of a User-Agent header (RFC 9110 section 10.1.5): only words of our own
 * table come out. */
struct str words_agent(struct arena *a, const struct language *l, struct str user_agent);

struct letter_post {
    enum letter which;
    struct account_id account;
    struct str to;
    struct str link; /* empty: no button */
    const struct fact *facts;
};
/* Into the outbox, in the caller's transaction; errors as mail_enqueue. */
int letter_post(struct tx *tx, const struct language *l, const struct letter_post *p,
                struct err *reterr);
