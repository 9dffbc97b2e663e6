/* journey.c - a command that waits for imports, and works itself where nobody else does. */
#include "app/journey.h"
#include "app/services.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { POLL_MS = 200, FULL_ROUNDS = 3000 / POLL_MS, LAST_ROOM = 128 << 10 };

static int lock_open(const char *run_dir, const char *name) {
    scoped(mem_free) char *path = text_make("%s/%s", run_dir, name);
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

int worker_lock(const char *run_dir, int *ret_fd, struct err *reterr) {
    *ret_fd = lock_open(run_dir, "working.lock");
    if (*ret_fd < 0 || flock(*ret_fd, LOCK_SH) < 0)
        return err_errno(reterr, errno, "%s/working.lock", run_dir);
    return 0;
}

static bool lock_held(const char *run_dir, const char *name) {
    scoped(fd_close) int fd = lock_open(run_dir, name);
    return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;
}

bool worker_running(const char *run_dir) {
    return lock_held(run_dir, "working.lock");
}

bool server_running(const char *run_dir) {
    return lock_held(run_dir, "serve.lock");
}

/* ---- our own worker ---- */

struct own_worker {
    pthread_t thread;
    struct job_worker *worker;
    int lock_fd;
    bool running, ended;
};

static void *own_main(void *arg) {
    struct own_worker *o = arg;
    struct err e = {0};
    if (job_worker_run(o->worker, &e) < 0)
        log_event(LOG_ERROR, "worker.failed", LS("error", e.msg));
    __atomic_store_n(&o->ended, true, __ATOMIC_RELEASE);
    return NULL;
}

static int own_start(struct own_worker *o, const struct node *n, struct err *reterr) {
    struct job_worker_options opt = {.engine = &n->engine,
                                     .kinds = services_jobs(),
                                     .run_dir = n->run_dir,
                                     .cores = (int)config_int(n->engine.config, "cores"),
                                     .until_idle = true};
    int r = worker_lock(n->run_dir, &o->lock_fd, reterr);
    if (r >= 0 && (r = job_worker_new(&opt, &o->worker, reterr)) >= 0) {
        o->ended = false;
        int failed = pthread_create(&o->thread, NULL, own_main, o);
        o->running = !failed;
        if (failed)
            r = err_errno(reterr, failed, "the worker's thread");
    }
    return r;
}

static void own_stop(struct own_worker *o) {
    if (o->running) {
        job_worker_stop(o->worker);
        pthread_join(o->thread, NULL);
    }
    if (o->worker)
        job_worker_free(o->worker);
    fd_close(&o->lock_fd);
    *o = (struct own_worker){.lock_fd = -1};
}

/* Takes over when the one who worked has gone (the server was stopped, another import has ended).
 */
static int own_ensure(struct own_worker *o, const struct node *n, struct err *reterr) {
    if (o->running && __atomic_load_n(&o->ended, __ATOMIC_ACQUIRE)) {
        own_stop(o);
        int r; /* nothing is left to do: is anything stuck? */
        STORE_RETRY(r, reterr, ingest_sweep(&n->engine, reterr));
        if (r < 0)
            return r;
    }
    return o->running || worker_running(n->run_dir) ? 0 : own_start(o, n, reterr);
}

/* ---- watching ---- */

static volatile sig_atomic_t interrupted;

/* Asked twice: at once. What is not finished is taken back from a process that has gone. */
static void on_interrupt(int sig) {
    if (interrupted)
        _exit(EXIT_INTERRUPTED);
    interrupted = sig;
}

static int interrupted_say(bool alone, struct err *reterr) {
    return err_refuse(
        reterr, ERR_CANCELLED, "interrupted",
        alone ? "What is finished is kept: the same command, or `matinee serve`, goes on from there. "
                "`matinee imports cancel ID` gives it up."
              : "`matinee imports` shows how far it is, `matinee imports cancel ID` stops it.",
        alone ? "interrupted" : "not watched any more; the work goes on in the server");
}

static bool import_ended(const struct import_view *v) {
    return v->state == IMPORT_DONE || v->state == IMPORT_FAILED || v->state == IMPORT_CANCELLED;
}

/* Returns how many have not ended yet; *failed counts those that ended badly. */
static int look_round(const struct journey_watch *w, bool *ended, int *failed, struct err *reterr) {
    int left = 0;
    for (size_t i = 0; i < w->n_ids; i++) {
        struct arena a = ARENA(1 << 20);
        struct import_view v;
        if (ended[i])
            continue;
        int r = import_get(&w->node->engine, w->ids[i], &a, &v, reterr);
        if (r >= 0) {
            ended[i] = import_ended(&v);
            left += !ended[i];
            *failed += ended[i] && v.state != IMPORT_DONE;
            w->changed(w->arg, &v);
        }
        arena_done(&a);
        if (r < 0)
            return r;
    }
    return left;
}

/* Another program may take the room that the database keeps for itself. Then our worker can't even write
 * down that it failed, and would try for ever: after some seconds of that the command ends. */
static int room_look(const struct journey_watch *w, int *full_rounds, struct err *reterr) {
    const struct engine *e = &w->node->engine;
    if (import_space_check(e, LAST_ROOM - IMPORT_SPACE_FLOOR, NULL) != ERR_NO_SPACE)
        return *full_rounds = 0;
    return ++*full_rounds < FULL_ROUNDS ? 0 : import_space_check(e, 0, reterr);
}

int journey_watch(const struct journey_watch *w, struct err *reterr) {
    scoped(mem_free) bool *ended = calloc(w->n_ids + 1, sizeof *ended);
    struct own_worker own = {.lock_fd = -1};
    struct sigaction sa = {.sa_handler = on_interrupt}, old_int, old_term;
    int failed = 0, full_rounds = 0, r = ended ? 1 : err_set(reterr, ERR_NO_MEMORY, "out of memory");
    interrupted = 0;
    sigaction(SIGINT, &sa, &old_int);
    sigaction(SIGTERM, &sa, &old_term);
    while (r > 0 && (r = look_round(w, ended, &failed, reterr)) > 0) {
        if (interrupted)
            r = interrupted_say(own.running, reterr);
        else if ((r = own_ensure(&own, w->node, reterr)) >= 0 &&
                 (!own.running || (r = room_look(w, &full_rounds, reterr)) >= 0))
            r = 1;
        poll(NULL, 0, POLL_MS);
    }
    bool alone = own.running;
    own_stop(&own);
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    if (r == 0 && alone)
        r = event_dispatch_once(&w->node->engine, services_events(), reterr);
    return r < 0 ? r : failed;
}
