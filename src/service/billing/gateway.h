/*
 * gateway.h - who moves the money. A gateway is one value of functions; `test` is built in, others
 * (Stripe) and the stores (Apple, Google, Roku, Amazon) take the same shape.
 *
 * Rules that a gateway keeps: `key` is the idempotency key, and the same key twice is one charge or
 * refund with one outcome; an outcome that is not known is GATEWAY_UNKNOWN and never a guess: we ask
 * again later with the same key. Card numbers never come here: a token is what the gateway's own
 * form made of one. No transaction of the store is open while one of these runs; they may block for
 * seconds. Any thread.
 */
#pragma once
#include "base/money.h"
#include "service/service.h"

enum gateway_outcome {
    GATEWAY_UNKNOWN,   /* no answer, or none that says: ask again with the same key */
    GATEWAY_SUCCEEDED,
    GATEWAY_DECLINED,
    GATEWAY_ACTION,    /* the payer has to do something at action_url (3-D Secure) */
    GATEWAY_ABSENT,    /* status: the gateway never saw the key */
};
struct gateway_result {
    enum gateway_outcome outcome;
    char code[40];         /* of a decline, stable: "insufficient_funds" */
    char action_url[1000]; /* ACTION */
    char ref[120];         /* the gateway's own id of it */
};
struct gateway_charge {
    struct str key, token;
    struct money amount; /* minor > 0 */
    bool off_session;    /* nobody is there to answer a question: a renewal */
    struct str return_url; /* where the bank sends the payer afterwards; STR_NULL when off_session */
};
struct gateway_refund {
    struct str key, charge_key, charge_ref;
    struct money amount;
};
struct gateway_method {
    char token[200]; /* to charge later, again and again */
    char label[60];  /* "Visa ending in 4242" */
};
/* A method that its owner sets up on a page of the gateway's (Stripe: Checkout in setup mode), where
 * the bank may ask, too. key: our id of it. The two addresses are where the page sends its visitor. */
struct gateway_setup_ask {
    struct str key;
    struct account_id account;
    struct str return_url, cancel_url;
};
struct gateway_setup {
    enum { SETUP_OPEN, SETUP_SUCCEEDED, SETUP_FAILED } state;
    char ref[120];                /* the gateway's id of it */
    char url[2000];               /* OPEN: the page */
    struct gateway_method method; /* SUCCEEDED */
};
/* What a store says of a subscription that it owns. */
enum { STORE_REF_MAX = 1200 };
#define STORE_SUB_STATES(X)                                                                        \
    X(ACTIVE, "active")   /* with renews false: cancelled, entitled until the period's end */      \
    X(GRACE, "grace")     /* not paid, still entitled until grace_until_ms */                      \
    X(HOLD, "hold")       /* not paid, not entitled; the store asks for its money again */         \
    X(PAUSED, "paused")                                                                            \
    X(ENDED, "ended")                                                                              \
    X(REVOKED, "revoked") /* given back, or taken away */
enum store_sub_state {
#define X(name, text) STORE_SUB_##name,
    STORE_SUB_STATES(X)
#undef X
};
struct store_subscription {
    char ref[STORE_REF_MAX];      /* stays the same over renewals; what it is read by again */
    char replaces[STORE_REF_MAX]; /* the reference that an upgrade made into this one; "" */
    char account[ID_LEN + 1];     /* the account that our own app bought it for; "": not said */
    enum store_sub_state state;
    bool renews;
    bool unacknowledged; /* the store wants to hear that it was taken (subscription_acknowledge) */
    int64_t period_start_ms, period_end_ms, grace_until_ms;
    char product[100]; /* the store's name of it; "" where it says nothing any more */
};
/* What an app brings. */
struct store_receipt {
    struct str receipt; /* a signed transaction, a purchase token, a transaction's or a receipt's id */
    struct str user;    /* the store's id of the buyer, where it asks for it; STR_NULL */
};

/* A payer's bank wants money back. INQUIRY: it only asks, and no money moves. */
struct gateway_dispute {
    char charge_key[40]; /* the charge's key; "": not one of ours */
    char charge_ref[120];
    enum { DISPUTE_INQUIRY, DISPUTE_OPEN, DISPUTE_WON, DISPUTE_LOST } state;
    struct money amount;
    bool withdrawn; /* the money is gone from what the gateway holds for us, for now or for good */
    char reason[60];
    int64_t due_ms; /* until when evidence is taken; 0: not, or not any more */
};

/* A refund as the gateway has it, whoever made it. */
struct gateway_refund_seen {
    char charge_key[40]; /* the charge's key; "": not one of ours */
    char own_key[40];    /* the refund's; "": made at the gateway itself */
    bool succeeded;
    bool failed; /* may be said days after it succeeded: the money is back with us */
    struct money amount;
};

struct gateway {
    const char *name;
    /* A store owns the subscription: its state is read, it is never charged or refunded by us, and
     * charge, status, cancel and refund are NULL. */
    bool owned_by_store;
    const char *title;      /* of a store, in a sentence: "the App Store" */
    const char *manage_url; /* where its customers change and cancel what they have */
    /* A token of the gateway's form into a method to keep. ERR_FORBIDDEN "billing.method_declined";
     * ERR_INVALID "billing.setup_needed": methods come by setup_begin alone. */
    int (*method_setup)(const struct engine *e, struct account_id account, struct str token,
                        struct gateway_method *ret, struct err *reterr);
    /* NULL: the gateway's form gives tokens at once. Otherwise begin makes the page (the same key
     * twice: the same one), and read asks what became of it: by itself, for its visitor or a webhook
     * may come first, last or never. */
    int (*setup_begin)(const struct engine *e, const struct gateway_setup_ask *ask,
                       struct gateway_setup *ret, struct err *reterr);
    int (*setup_read)(const struct engine *e, struct account_id account, struct str ref,
                      struct gateway_setup *ret, struct err *reterr);
    /* Erasure: what the gateway keeps of the person goes. May be NULL. Repeatable. */
    int (*customer_forget)(const struct engine *e, struct str ref, struct err *reterr);
    int (*charge)(const struct engine *e, const struct gateway_charge *c,
                  struct gateway_result *ret, struct err *reterr);
    int (*status)(const struct engine *e, struct str key, struct gateway_result *ret,
                  struct err *reterr);
    /* Gives a charge up that waits for the payer; *ret is what is now final (it may have succeeded). */
    int (*cancel)(const struct engine *e, struct str key, struct gateway_result *ret,
                  struct err *reterr);
    int (*refund)(const struct engine *e, const struct gateway_refund *r,
                  struct gateway_result *ret, struct err *reterr);
    /* May be NULL: it knows no disputes. */
    int (*dispute_read)(const struct engine *e, struct str ref, struct gateway_dispute *ret,
                        struct err *reterr);
    /* May be NULL: nobody can refund there. */
    int (*refund_read)(const struct engine *e, struct str ref, struct gateway_refund_seen *ret,
                       struct err *reterr);
    /* The reference of what an app brings, which anybody may have typed: proven as far as the store gives a proof.
     * ERR_INVALID "billing.receipt_...", ERR_UNAUTHENTICATED "billing.receipt_forged". */
    int (*receipt_ref)(const struct engine *e, const struct store_receipt *receipt, char ret[STORE_REF_MAX],
                       struct err *reterr);
    /* ERR_INVALID "billing.receipt_unknown", "billing.receipt_environment"; ERR_CONFLICT "billing.receipt_pending": not paid yet. */
    int (*subscription_read)(const struct engine *e, struct str ref,
                             struct store_subscription *ret, struct err *reterr);
    /* May be NULL. After it was made ours. Repeatable. */
    int (*subscription_acknowledge)(const struct engine *e, const struct store_subscription *st, struct err *reterr);
};

/* ERR_INVALID "billing.gateway_unknown": none of that name is in force. */
int gateway_find(const struct engine *e, struct str name, const struct gateway **ret,
                 struct err *reterr);
/* The one that the web offers: the first that was added and charges, else the test gateway; NULL: none. */
const struct gateway *gateway_default(const struct engine *e);
/* https, or http to this machine itself (a test's stand-in). */
bool gateway_url_ok(struct str url);
/* Another one, for tests and for gateways that are configured at start. Not thread-safe. */
void gateway_add(const struct gateway *g);

/* A store of the same kind (store_test.c). */
extern const struct gateway test_store;
/* The built-in test gateway: gateway_test.c says what its tokens do. In force when the setting
 * billing-test-gateway says so. */
extern const struct gateway test_gateway;
/* Its cards, for a form: 1, or 0 past the last. Borrowed for ever. */
int test_gateway_card(size_t i, const char **ret_token, const char **ret_label);
/* The payer's answer on the test gateway's stand-in for a bank's page. */
int test_gateway_answer(const struct engine *e, struct str key, bool yes, struct err *reterr);
