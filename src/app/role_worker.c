/*
 * role_worker.c - "matinee worker": takes jobs, tells events to their subscribers, runs what goes
 * by the clock. One a machine is enough; several share the queue.
 */
#include "app/journey.h"
#include "app/node.h"
#include "app/roles.h"
#include "app/services.h"
#include "base/log.h"
#include "service/ingest/ingest.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

struct cron {
    const struct engine *engine;
    bool slow; /* which rows are its */
    const char *only; /* NULL, or the one row */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
};

static void cron_row_run(const struct cron *c, const struct cron_row *row) {
    struct err e = {0};
    if (row->run(c->engine, &e) < 0)
        log_event(LOG_ERROR, "cron.failed", LS("name", row->name), LS("error", e.msg));
}

enum { CRON_ROWS_MAX = 64, CRON_TICK_S = 1 };

static void *cron_main(void *arg) {
    struct cron *c = arg;
    int64_t due[CRON_ROWS_MAX] = {0};
    pthread_mutex_lock(&c->lock);
    while (!c->stop) {
        pthread_mutex_unlock(&c->lock);
        size_t i = 0;
        for (const struct cron_row *const *t = services_cron(); *t; t++)
            for (const struct cron_row *row = *t; row->name && i < CRON_ROWS_MAX; row++, i++) {
                int64_t now = clock_mono_ns() / 1000000;
                if (row->slow != c->slow || (c->only && strcmp(row->name, c->only) != 0))
                    continue;
                if (due[i] == 0) /* the first round waits, so that a start is not slowed down */
                    due[i] = now + MIN(row->every_ms, (int64_t)5000);
                if (now < due[i])
                    continue;
                cron_row_run(c, row);
                due[i] = now + row->every_ms;
            }
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += CRON_TICK_S;
        pthread_mutex_lock(&c->lock);
        if (!c->stop)
            pthread_cond_timedwait(&c->wake, &c->lock, &until);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static int cron_start(struct cron *c, const struct engine *e, bool slow, const char *only, struct err *reterr) {
    *c = (struct cron){.engine = e,
                       .slow = slow,
                       .only = only,
                       .lock = PTHREAD_MUTEX_INITIALIZER,
                       .wake = PTHREAD_COND_INITIALIZER};
    int r = pthread_create(&c->thread, NULL, cron_main, c);
    return r ? err_errno(reterr, r, "the clock's thread") : 0;
}

static void cron_stop(struct cron *c) {
    pthread_mutex_lock(&c->lock);
    c->stop = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
}

/* Of a machine that has nothing but store and blob: no file that somebody named lies on it, and the clock and the events are
 * others' business. */
static bool only_media(const struct node *n) {
    return strcmp(config_str(n->engine.config, "worker-jobs"), "media") == 0;
}

static struct job_worker *running_worker;

static void on_stop(int sig) {
    (void)sig;
    job_worker_stop(running_worker);
}

static int housekeeping_run(const struct node *n, struct err *reterr) {
    struct event_dispatcher *dispatcher = NULL;
    struct cron quick, slow;
    int r = event_dispatcher_start(&n->engine, services_events(), &dispatcher, reterr);
    if (r == 0 && (r = cron_start(&quick, &n->engine, false, NULL, reterr)) == 0) {
        if ((r = cron_start(&slow, &n->engine, true, NULL, reterr)) == 0) {
            r = job_worker_run(running_worker, reterr);
            cron_stop(&slow);
        }
        cron_stop(&quick);
    }
    if (dispatcher)
        event_dispatcher_stop(dispatcher);
    return r;
}

/* Its own leavings are all that such a machine sees to. */
static int bare_run(const struct node *n, struct err *reterr) {
    struct cron sweep;
    int r = cron_start(&sweep, &n->engine, false, "ingest.sweep", reterr);
    if (r < 0)
        return r;
    r = job_worker_run(running_worker, reterr);
    cron_stop(&sweep);
    return r;
}

static int worker_run(const struct node *n, struct err *reterr) {
    static const struct job_kind *const media[] = {ingest_media_jobs, NULL};
    bool bare = only_media(n);
    struct job_worker_options o = {.engine = &n->engine,
                                   .kinds = bare ? media : services_jobs(),
                                   .cores = (int)config_int(n->engine.config, "cores"),
                                   .run_dir = n->run_dir};
    int r = job_worker_new(&o, &running_worker, reterr);
    if (r < 0)
        return r;
    struct sigaction sa = {.sa_handler = on_stop};
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    r = bare ? bare_run(n, reterr) : housekeeping_run(n, reterr);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    job_worker_free(running_worker);
    running_worker = NULL;
    return r;
}

int cmd_worker(struct cli *cli, struct err *reterr) {
    struct node n;
    scoped(fd_close) int lock = -1;
    /* Where the database is elsewhere a data directory is but a place to work in. */
    unsigned create = config_str(cli->config, "store-url")[0] ? NODE_CREATE : 0;
    int r = node_open(cli, NODE_START | create, &n, reterr);
    if (r < 0)
        return r;
    if ((r = worker_lock(n.run_dir, &lock, reterr)) >= 0)
        r = worker_run(&n, reterr);
    node_close(&n);
    return r;
}
