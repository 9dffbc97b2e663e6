/* job_int.h - between the queue's files. */
#pragma once
#include "engine/job/job.h"
#include <pthread.h>
#include <semaphore.h>

/* Names in the database; PostgreSQL has to tell the types of the parameters, hence the casts. A
 * list of kinds is ",a,b,": replace() finds a whole name in it on both engines, where LIKE would
 * take '_' for any character. */
/* Milliseconds. No pause of a retry and no lease is longer: one that ends later was given before the
 * clock was set back, and is over. */
#define JOB_PAUSE_MAX "750000"
#define JOB_LEASE_MAX "600000"
#define JOB_COLUMNS                                                                                \
    "id, state, kind, subject, payload, stage, error_code, error_reason, error_hint, worker, "     \
    "attempt, progress_permille, speed, eta_ms, created_at, started_at, ended_at, claim, "         \
    "crashes, "                                                                                    \
    "cancel_requested, priority"
#define JOB_OF(subject, kinds)                                                                     \
    "(CAST(" subject " AS TEXT) IS NULL OR subject = " subject ") AND "                            \
    "replace(CAST(" kinds " AS TEXT), ',' || kind || ',', '') <> " kinds
#define JOB_SQL(Q)                                                                                 \
    Q(JOB_INSERT, JOBS,                                                                            \
      "INSERT INTO job (id, kind, job_key, subject, payload, state, priority, not_before_at, "     \
      "created_at) VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8) ON CONFLICT DO NOTHING")     \
    Q(JOB_BY_KEY, JOBS,                                                                            \
      "SELECT id FROM job WHERE job_key = $1 AND state IN ('waiting', 'ready', 'running')")        \
    Q(JOB_DEPEND, JOBS,                                                                            \
      "INSERT INTO job_dependency (job_id, depends_on) VALUES ($1, $2) ON CONFLICT DO NOTHING")    \
    Q(JOB_DEPEND_WAITING, JOBS,                                                                    \
      "INSERT INTO job_dependency (job_id, depends_on) SELECT id, CAST($2 AS TEXT) FROM job "      \
      "WHERE id = $1 AND state = 'waiting' ON CONFLICT DO NOTHING")                                \
    Q(JOB_UNDONE_DEPENDENCIES, JOBS,                                                               \
      "SELECT j.state, j.error_code, j.error_reason, j.error_hint FROM job_dependency d "          \
      "JOIN job j ON j.id = d.depends_on WHERE d.job_id = $1 AND j.state <> 'done' ORDER BY j.id") \
    Q(JOB_DEPENDENTS, JOBS,                                                                        \
      "SELECT d.job_id FROM job_dependency d JOIN job j ON j.id = d.job_id "                       \
      "WHERE d.depends_on = $1 AND j.state = 'waiting' ORDER BY d.job_id")                         \
    Q(JOB_TO, JOBS,                                                                                \
      "UPDATE job SET state = $3, worker = $4, lease_until = $5, "                                 \
      "not_before_at = COALESCE($6, not_before_at), "                                              \
      "attempt = attempt + $7, crashes = crashes + $8, claim = claim + $9, error_code = $10, "     \
      "error_reason = $11, error_hint = $12, started_at = COALESCE(started_at, $13), "             \
      "ended_at = $14, turn = COALESCE($16, turn) "                                               \
      "WHERE id = $1 AND state = $2 AND (claim = $15 OR $15 < 0)")                                 \
    Q(JOB_TURNS, JOBS, /* where the queue of its priority stands, and where its own subject's stands */ \
      "SELECT (SELECT turn FROM job WHERE state = 'ready' AND priority = j.priority ORDER BY turn LIMIT 1), " \
      "(SELECT MAX(turn) FROM job WHERE state = 'running' AND priority = j.priority), "            \
      "(SELECT MAX(turn) FROM job o WHERE o.subject = j.subject AND o.state IN ('ready', 'running')) " \
      "FROM job j WHERE j.id = $1")                                                                \
    Q(JOB_GET, JOBS, "SELECT " JOB_COLUMNS " FROM job WHERE id = $1")                              \
    Q(JOB_LIST, JOBS, "SELECT " JOB_COLUMNS " FROM job WHERE subject = $1 ORDER BY id")            \
    Q(JOB_NEXT, JOBS,                                                                              \
      "SELECT " JOB_COLUMNS " FROM job WHERE state = 'ready' AND (not_before_at <= $1 OR "         \
      "(claim > 0 AND not_before_at > $1 + " JOB_PAUSE_MAX ")) AND " JOB_OF("$2", "$3")            \
      " ORDER BY priority DESC, turn, id LIMIT 1")                                                 \
    Q(JOB_NEXT_FREE, JOBS, /* the same, and what others are about to take is passed over */           \
      "SELECT " JOB_COLUMNS " FROM job WHERE state = 'ready' AND not_before_at <= $1 AND " JOB_OF( \
          "$2", "$3") " ORDER BY priority DESC, turn, id LIMIT 1 /*pg FOR UPDATE SKIP LOCKED */")     \
    Q(JOB_PENDING, JOBS, /* two, because each state has an index of its own */                     \
      "SELECT 1 WHERE EXISTS (SELECT 1 FROM job WHERE state = 'ready' AND " JOB_OF("$1", "$2")     \
      ") OR EXISTS (SELECT 1 FROM job WHERE state = 'running' AND " JOB_OF("$1", "$2") ")")        \
    Q(JOB_LOST, JOBS,                                                                              \
      "SELECT " JOB_COLUMNS " FROM job WHERE state = 'running' AND (lease_until < $1 OR "          \
      "lease_until > $1 + " JOB_LEASE_MAX " OR worker = $2)")                                                                              \
    Q(JOB_LIVE_OF_SUBJECT, JOBS,                                                                   \
      "SELECT " JOB_COLUMNS " FROM job WHERE subject = $1 AND "                                    \
      "state IN ('waiting', 'ready', 'running') ORDER BY id")                                      \
    Q(JOB_ASK_CANCEL, JOBS,                                                                        \
      "UPDATE job SET cancel_requested = 1 WHERE id = $1 AND state = 'running'")                   \
    Q(JOB_MINE, JOBS,                                                                              \
      "SELECT id, claim, cancel_requested FROM job WHERE state = 'running' AND worker = $1")       \
    Q(JOB_RENEW, JOBS,                                                                             \
      "UPDATE job SET lease_until = $3 WHERE id = $1 AND claim = $2 AND state = 'running'")        \
    Q(JOB_HOLD, JOBS,                                                                              \
      "UPDATE job SET claim = claim WHERE id = $1 AND claim = $2 AND state = 'running' "           \
      "AND cancel_requested = 0")                                                                  \
    Q(JOB_SET_PROGRESS, JOBS,                                                                      \
      "UPDATE job SET stage = $3, progress_permille = $4, speed = $5, eta_ms = $6 "                \
      "WHERE id = $1 AND claim = $2 AND state = 'running'")                                        \
    Q(JOB_SET_CHECKPOINT, JOBS,                                                                    \
      "UPDATE job SET checkpoint = $3 WHERE id = $1 AND claim = $2 AND state = 'running'")         \
    Q(JOB_GET_CHECKPOINT, JOBS, "SELECT checkpoint FROM job WHERE id = $1")                        \
    Q(JOB_PAGE, JOBS, /* kinds as in JOB_OF; empty text: any */                                    \
      "SELECT " JOB_COLUMNS " FROM job WHERE id < $1 AND ($2 = '' OR state = $2)"                  \
      " AND ($3 = '' OR subject = $3) AND replace(CAST($4 AS TEXT), ',' || kind || ',', '') <> $4" \
      " ORDER BY id DESC LIMIT $5")                                                                \
    Q(JOB_BOARD, JOBS, /* ids grow with the time: a walk over the last days */                     \
      "SELECT " JOB_COLUMNS " FROM job WHERE id > $1 AND (state IN ('ready', 'running', 'waiting')" \
      " OR ended_at > $2) AND replace(CAST($3 AS TEXT), ',' || kind || ',', '') <> $3"             \
      " ORDER BY id LIMIT $4")                                                                     \
    Q(JOB_PRIORITY, JOBS,                                                                          \
      "UPDATE job SET priority = $2 WHERE subject = $1 AND state IN ('waiting', 'ready', 'running')") \
    Q(JOB_LOG_ADD, JOBS,                                                                           \
      "INSERT INTO job_log (job_id, n, at, level, text) SELECT CAST($1 AS TEXT),"                  \
      " (SELECT COALESCE(MAX(n), 0) + 1 FROM job_log WHERE job_id = $1), CAST($2 AS BIGINT),"      \
      " CAST($3 AS TEXT), CAST($4 AS TEXT)"                                                        \
      " WHERE EXISTS (SELECT 1 FROM job WHERE id = $1)"                                            \
      " AND (SELECT count(*) FROM job_log WHERE job_id = $1) < $5")                                \
    Q(JOB_LOG_LIST, JOBS, "SELECT at, level, text FROM job_log WHERE job_id = $1 ORDER BY n")      \
    Q(JOB_PRUNE, JOBS,                                                                             \
      "DELETE FROM job WHERE state IN ('done', 'failed', 'cancelled') AND ended_at < $1")
enum { JOB_SQL(SQL_ENUM) };

enum {
    JOB_M_DONE,
    JOB_M_FAILED,
    JOB_M_CANCELLED,
    JOB_M_RETRIED,
    JOB_M_LOST,
    JOB_M_RUNNING,
    JOB_M_TIME
};

/* What is stored beside the public part. */
struct job_row {
    struct job pub;
    int64_t claim; /* counts the claims: an older run of the same job has no say any more */
    int crashes;
    bool cancel_requested;
};
void job_row_read(const struct rows *r, size_t row, struct job_row *ret);

/* One move of one job. What is not set is cleared, but the counters only grow by what is given. */
struct job_move {
    struct job_id id;
    enum job_state from, to;
    int64_t claim; /* -1: whoever runs it */
    struct str worker;
    int64_t lease_until_ms, not_before_ms, now_ms; /* not_before 0: as it was */
    int attempt_by, crashes_by;
    bool has_turn;
    int64_t turn;
    struct str code, reason, hint;
};
/* 1: moved; 0: the job was not in that state, or is somebody else's by now. */
int job_to(struct tx *tx, const struct job_move *m, struct err *reterr);
/* job_to an end state, and what follows for those that wait for it. */
int job_end(struct tx *tx, const struct job_move *m, struct err *reterr);
/* job_log.c: a line of what became of it, in the transaction that says so. */
int job_log_add(struct tx *tx, struct job_id id, const char *level, struct str text, struct err *reterr);
/* The workers of this process look at once, after the commit. */
int job_wake_after(struct tx *tx, struct err *reterr);

enum { JOB_STAGE_MAX = 48, JOB_CORES_MAX = 256 };
struct job_ctx {
    struct job_worker *w;
    const struct job_kind *kind;
    struct job_row row;
    struct arena arena; /* the row's strings, and what run() asks for */
    pthread_t thread;
    struct job_ctx *next; /* in w->running, under w->lock */
    int weight;
    int cancel, lost, ended; /* atomic */
    int64_t lease_until_ns;  /* by the monotonic clock; ticker only */
    /* The last progress told, under w->lock; written by the ticker. */
    bool dirty;
    char stage[JOB_STAGE_MAX];
    int permille;
    double speed;
    int64_t eta_ms;
};

struct job_worker {
    const struct engine *engine;
    struct store *store;
    const struct job_kind *const *kinds;
    char *kind_list; /* ",a,b," */
    char *run_dir, *subject;
    int cores;
    bool until_idle;
    char id[ID_LEN + 1];
    int lock_fd;
    int stopping; /* atomic */
    sem_t wake;   /* posted by whoever has news; sem_post may be called in a signal handler */
    pthread_mutex_t lock;
    struct job_ctx *running;
    int cores_used, waiters, behind; /* waiters, behind: running jobs that take no core, of either kind */
    pthread_t ticker;
    pthread_cond_t tick; /* something runs now, or the end */
    bool ticker_ends;
    int64_t reclaimed_ns;
    struct job_worker *next_in_process;
};

const struct job_kind *job_kind_find(const struct job_worker *w, struct str name);
int job_kind_max_attempts(const struct job_kind *k);
int64_t job_kind_lease_ms(const struct job_kind *k);
/* job_run.c: the thread of one job. */
void *job_run_thread(void *ctx);
/* job_lease.c */
void *job_ticker_thread(void *worker);
int job_worker_lock(struct job_worker *w, struct err *reterr);
void job_worker_unlock(struct job_worker *w);
/* Takes back what dead or silent workers held. 0. */
int job_reclaim(struct job_worker *w, struct err *reterr);
