/*
 * job.h - durable work: a queue on the store (STORE_JOBS) with leases, so that a worker may die at
 * any instant and another carries on.
 *
 * States: WAITING (for what it depends on) -> READY -> RUNNING -> DONE | FAILED | CANCELLED;
 * RUNNING -> READY again on a lost lease or a retry with back-off. job_to() alone changes the
 * state. READY once all it depends on are DONE; when one of them fails or is cancelled, so does it,
 * with that one's reason. A lease is renewed by a heartbeat thread of the worker. A worker holds a
 * file lock named by its id for its life, so that on one machine a dead worker's jobs are taken
 * back at once. Being killed with the worker does not count as an attempt (up to 20 times).
 *
 * Within a process a worker wakes when a job is enqueued or ends; for what other processes enqueue
 * it looks every 250 ms while there are jobs, else every second.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "base/metrics.h"
#include "engine/store/store.h"

#define JOB_STATES(X)                                                                              \
    X(WAITING, "waiting")                                                                          \
    X(READY, "ready") X(RUNNING, "running") X(DONE, "done") X(FAILED, "failed")                    \
        X(CANCELLED, "cancelled")
enum job_state {
#define X(name, text) JOB_##name,
    JOB_STATES(X)
#undef X
};

enum { JOB_WAITS = -1, JOB_BEHIND = -2 };
struct job_ctx;
struct engine; /* engine/engine.h */

struct job_kind {
    const char *name; /* "ingest.encode"; NULL ends a table */
    /* On a thread of its own. ERR_BUSY: run again later, and not counted as an attempt. 0: done. ERR_CANCELLED: cancelled, or, when the worker is being
     * stopped, to be run again later. ERR_BAD_MEDIA, ERR_INVALID: failed for good. Any other error:
     * retried with back-off until max_attempts. */
    int (*run)(struct job_ctx *j, struct err *reterr);
    int max_attempts;   /* 0: 5 */
    int64_t backoff_ms; /* first pause, doubled each time with jitter; 0: 2000 */
    int64_t lease_ms;   /* 0: 15000 */
    /* How many of the worker's cores it keeps busy; 0: 1. One heavier than the worker runs alone.
     * The next in order waits for room; nothing of lower priority overtakes it. JOB_WAITS: it waits for the network and
     * takes no core; 32 of them at a time. JOB_BEHIND: it works in what nothing else wants of the cores (child_spec.behind),
     * and nothing waits for it; one at a time. */
    int weight;
    const char *doc;
};

struct job_spec {
    const char *kind;
    struct str key;     /* at most one job that is not ended has this key; STR_NULL: none */
    struct str subject; /* what it is about (an import's id): groups jobs for progress and cancel */
    struct str payload; /* JSON */
    int priority;       /* higher first; of one priority the subjects take turns, and of one subject the older comes first */
    int64_t not_before_ms;           /* kept while it waits for others, too */
    const struct job_id *depends_on; /* ERR_NOT_FOUND when one does not exist */
    size_t n_depends_on;
};

/* Within the caller's STORE_JOBS transaction. A live job with the same key is returned instead. */
int job_enqueue(struct tx *tx, const struct job_spec *spec, struct job_id *ret_id,
                struct err *reterr);
/* The live job of that key, which waits for another already, waits for this one, too; there is no such job: nothing. */
int job_depend(struct tx *tx, struct str key, struct job_id on, struct err *reterr);
/* Those that have not begun end at once; a running one is told, and ends when its run() notices.
 * Returns how many there were. */
int job_cancel_subject(struct tx *tx, struct str subject, struct err *reterr);
/* The same of one job alone. 1: it will end, or has ended just now; 0: it had ended before. */
int job_cancel(struct tx *tx, struct job_id id, struct err *reterr);
/* Forgets jobs that ended before then. Returns how many. */
int job_prune(struct store *st, int64_t ended_before_ms, struct err *reterr);

struct job {
    struct job_id id;
    enum job_state state;
    struct str kind, subject, payload, stage, error_reason, error_hint, worker;
    struct str error_code; /* "BAD_MEDIA"; STR_NULL: none */
    int attempt;
    int priority;
    int progress_permille;
    double speed;   /* media seconds per wall second; 0: not known */
    int64_t eta_ms; /* -1: not known */
    int64_t created_ms, started_ms, ended_ms;
};
const char *job_state_name(enum job_state state); /* "ready" */
int job_get(struct store *st, struct job_id id, struct arena *a, struct job *ret_job,
            struct err *reterr);
/* All jobs of a subject, oldest first. */
int job_list_subject(struct store *st, struct str subject, struct arena *a, struct job **ret_jobs,
                     size_t *ret_n, struct err *reterr);

/* Newest first. cursor STR_NULL: from the start; *ret_next STR_NULL: no more. ERR_INVALID: no cursor of ours. */
struct job_query {
    struct str cursor, state, subject; /* empty: any */
    struct str kinds;                  /* ",ingest.store,ingest.probe,": no others are told of */
    int limit;                         /* 1 to 100; 0: 25 */
};
int job_list(struct store *st, const struct job_query *q, struct arena *a, struct job **ret_jobs, size_t *ret_n,
             struct str *ret_next, struct err *reterr);
/* What waits or runs, and what ended since then, of the week before it; oldest first, 500 at most. */
int job_board(struct store *st, struct str kinds, int64_t ended_since_ms, struct arena *a, struct job **ret_jobs,
              size_t *ret_n, struct err *reterr);
/* Of all jobs of the subject that have not ended; higher first. Returns how many. */
int job_priority_set(struct tx *tx, struct str subject, int priority, struct err *reterr);
struct job_line {
    int64_t at_ms;
    struct str level, text; /* "info", "warn", "error" */
};
int job_log(struct store *st, struct job_id id, struct arena *a, struct job_line **ret, size_t *ret_n,
            struct err *reterr);

/* Inside run(). */
const struct engine *job_engine(struct job_ctx *j);
const struct job *job_self(struct job_ctx *j);
struct arena *job_arena(struct job_ctx *j);
/* Stored at most twice a second; cheap to call. Returns ERR_CANCELLED once the job is cancelled or
 * its lease is lost: stop then. */
int job_progress(struct job_ctx *j, const char *stage, int permille, double speed, int64_t eta_ms);
bool job_cancelled(struct job_ctx *j);
/* A line of its log, for the people who wait for it: what was found, what was made. 200 a job at most; best effort. */
void job_note(struct job_ctx *j, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* In a STORE_JOBS transaction that must not happen twice: nobody else gets the job before it ends.
 * ERR_CANCELLED: it is another worker's already, or was cancelled; commit nothing. */
int job_hold(struct job_ctx *j, struct tx *tx, struct err *reterr);
/* A small durable note of what is finished already (JSON, at most 64 KiB, replaced whole), stored
 * with the job: it survives a kill and is there again in the next attempt. Committed on return.
 * ERR_CANCELLED: the lease is lost, nothing was written. */
int job_checkpoint(struct job_ctx *j, struct str json, struct err *reterr);
/* The last note, in the job's arena; STR_NULL when there is none. */
int job_checkpoint_get(struct job_ctx *j, struct str *ret_json, struct err *reterr);

/* A worker: claims and runs until job_worker_stop (any thread, also from a signal handler); running
 * jobs are then told to stop, waited for, and are READY again. */
struct job_worker;
struct job_worker_options {
    const struct engine *engine;
    const struct job_kind *const *kinds; /* NULL-terminated list of tables */
    int cores;                           /* sum of weights that run at once; 0: what there is */
    const char *run_dir;                 /* for the lock file */
    struct str only_subject;             /* STR_NULL: any */
    /* Return when nothing of the given kinds (and subject) is ready, running anywhere or due later.
     */
    bool until_idle;
};
int job_worker_new(const struct job_worker_options *o, struct job_worker **ret_w,
                   struct err *reterr);
int job_worker_run(struct job_worker *w, struct err *reterr);
void job_worker_stop(struct job_worker *w);
void job_worker_free(struct job_worker *w);

extern const struct sql job_sql[];
extern struct metric job_metrics[];
