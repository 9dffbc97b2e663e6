/*
 * hook_events.h - what endpoints can be told of: the one table. From it come the handlers that hear of it in the house, the
 * list in the console, and the documents. Data has the members of the schema that the house's own event has, and no others:
 * of people only ids.
 */
#pragma once
#include "service/developer/developer.h"

/* type, the house's event that it is made of, when (NULL: each time), schema of its data, doc */
#define HOOK_EVENTS(X)                                                                                                             \
    X("title.published", "title.published", NULL, "HookTitle", "A title is published; where it can be seen is up to its rights")   \
    X("title.unpublished", "title.unpublished", NULL, "HookTitle", "A title is taken back")                                        \
    X("rights.opened", "rights.opened", NULL, "HookRights", "A window of rights has begun")                                        \
    X("rights.closed", "rights.closed", NULL, "HookRights", "A window of rights has ended, or was taken away")                     \
    X("import.finished", "import.finished", NULL, "HookImport", "A film is ready to play")                                         \
    X("import.failed", "import.failed", NULL, "HookImportFailed", "An import failed; it may be tried again")                       \
    X("subscription.started", "subscription.changed", hook_started, "HookSubscription", "Somebody subscribed: a trial or a paid period has begun") \
    X("subscription.changed", "subscription.changed", hook_changed, "HookSubscription", "Renewed, overdue, paused, kept, or of another plan")      \
    X("subscription.cancelled", "subscription.changed", hook_cancelled, "HookSubscription", "It will end with its period")         \
    X("subscription.ended", "subscription.changed", hook_ended, "HookSubscription", "Nothing is given any more")                   \
    X("payment.succeeded", "payment.succeeded", NULL, "HookPayment", "Money has come")                                             \
    X("payment.failed", "payment.failed", NULL, "HookPaymentFailed", "A payment did not succeed; a renewal is tried again")        \
    X("payment.refunded", "payment.refunded", NULL, "HookRefund", "Money went back, in part or whole")                             \
    X("account.created", "account.created", hook_named, "HookAccount", "Somebody signed up, or staff was added")                         \
    X("account.erased", "account.erased", hook_named, "HookAccount", "Somebody is gone: forget what you hold about them")                \
    X("ping", "", NULL, "HookPing", "A test, sent when somebody asks for it")

bool hook_started(const json_t *body);
bool hook_changed(const json_t *body);
bool hook_cancelled(const json_t *body);
bool hook_ended(const json_t *body);
bool hook_named(const json_t *body); /* it still says whose account */

#define HOOK_PING "ping"
struct hook_event {
    const char *type, *source;
    bool (*when)(const json_t *body);
    const char *schema, *doc;
};
extern const struct hook_event hook_events[]; /* a row without a type ends it */
/* NULL: no such type. */
const struct hook_event *hook_event_find(struct str type);
/* The type that an event of the house becomes; NULL: none is told of it. */
const struct hook_event *hook_event_of(struct str source, const json_t *body);
/* The members that the type's schema has, out of body; a new reference. */
json_t *hook_data(const struct hook_event *ev, const json_t *body);

extern const struct event_handler hook_handlers[]; /* one a source */
extern const struct schema hook_event_schemas[];
