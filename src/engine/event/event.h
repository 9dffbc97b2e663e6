/*
 * event.h - what happened, told to whoever subscribed: an outbox in the same transaction as the
 * change. Names are past tense ("title.published"), versioned, delivered at least once and in order
 * per store file; handlers are idempotent. A subscriber that is new begins with the oldest event
 * that is kept.
 */
#pragma once
#include "base/metrics.h"
#include "engine/store/store.h"

struct engine;
struct event {
    struct event_id id;
    struct str name; /* "asset.ready" */
    int version;
    struct str subject; /* the id of what it is about */
    struct str body;    /* JSON */
    int64_t at_ms;
};

struct event_handler {
    const char *event;      /* exact name; NULL ends a table */
    const char *subscriber; /* unique name of this handler, its cursor's key: "storefront.title" */
    int (*handle)(const struct engine *e, const struct event *ev, struct arena *a,
                  struct err *reterr);
};

/* Writes to the outbox of tx's own database. */
int event_publish(struct tx *tx, const char *name, int version, struct str subject, struct str body,
                  struct err *reterr);

/* What is kept of name's events with exactly that body says instead from now on: somebody is erased. In tx's own
 * database. */
int event_forget(struct tx *tx, const char *name, struct str body, struct str instead, struct err *reterr);

/* The dispatcher: a thread that runs the handlers of all tables (NULL-terminated list, borrowed
 * until it is stopped). A handler that fails is retried with back-off and holds only its own
 * cursor. Handlers run one at a time; work that lasts belongs in a job. Of several processes on a
 * run_dir one dispatches, and another takes over within a second of its end. */
struct event_dispatcher;
int event_dispatcher_start(const struct engine *e, const struct event_handler *const *tables,
                           struct event_dispatcher **ret_d, struct err *reterr);
/* Stops after the handler that is running; frees. NULL-safe. */
void event_dispatcher_stop(struct event_dispatcher *d);
/* Runs what is due on the caller's thread, until nothing is; for tests and one-shot commands. While
 * another process dispatches it waits for that one to have done it. */
int event_dispatch_once(const struct engine *e, const struct event_handler *const *tables,
                        struct err *reterr);

/* Where a database's events end now, and the subjects of name's behind such a place: at most max, which says that there may be
 * more. Who has read the place knows of everything that stands before it. For minutes, not days: event_prune. */
int event_place(struct store *st, enum store_db db, int64_t *ret_seq, struct err *reterr);
int event_subjects_behind(struct store *st, enum store_db db, const char *name, int64_t seq, struct id *ret_subjects, size_t max,
                          size_t *ret_n, struct err *reterr);

/* Forgets events from before then that every handler of the tables has had. Returns how many. */
int event_prune(struct store *st, const struct event_handler *const *tables, int64_t before_ms,
                struct err *reterr);

extern const struct sql event_sql[];
extern struct metric event_metrics[];
