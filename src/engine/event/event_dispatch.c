/*
 * event_dispatch.c - events to their handlers: one after the other, each subscriber at its own
 * pace.
 *
 * A subscriber's cursor moves after its handler has answered, so a kill in between delivers again.
 * One process at a time dispatches (a locked file in run_dir), because two would break the order.
 */
#include "engine/event/event_int.h"
#include "base/dir.h"
#include "base/log.h"
#include "engine/engine.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

enum { POLL_MS = 1000, RETRY_FIRST_MS = 1000, RETRY_MAX_MS = 300000 };

struct event_dispatcher {
    const struct engine *engine;
    const struct event_handler *const *tables;
    pthread_t thread;
    bool stopping; /* under wake_lock */
};

/* News for all dispatchers of this process. */
static pthread_mutex_t wake_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake_cond;
static pthread_once_t wake_once = PTHREAD_ONCE_INIT;
static uint64_t wake_count;

static void wake_init(void) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&wake_cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void event_wake(void *unused) {
    pthread_once(&wake_once, wake_init);
    pthread_mutex_lock(&wake_lock);
    wake_count++;
    pthread_cond_broadcast(&wake_cond);
    pthread_mutex_unlock(&wake_lock);
}

/* One pass over all handlers. */
struct pass {
    const struct engine *engine;
    const struct event_handler *const *tables;
    struct event_dispatcher *d; /* NULL: event_dispatch_once */
    bool look_only;             /* count what is due, deliver nothing */
    int due;
    int64_t next_retry_ms; /* the earliest pause that ends later; INT64_MAX: none */
};

static bool pass_stops(const struct pass *p) {
    if (!p->d)
        return false;
    pthread_mutex_lock(&wake_lock);
    bool stopping = p->d->stopping;
    pthread_mutex_unlock(&wake_lock);
    return stopping;
}

static int64_t retry_pause_ms(int failures) {
    int64_t pause = MIN((int64_t)RETRY_FIRST_MS << MIN(failures - 1, 20), (int64_t)RETRY_MAX_MS);
    uint16_t dice = 0;
    if (getrandom(&dice, sizeof dice, GRND_NONBLOCK) < 0)
        dice = 0;
    return pause * 3 / 4 + pause / 2 * dice / UINT16_MAX;
}

static int cursor_move(const struct pass *p, enum store_db db, const char *subscriber,
                       const struct cursor *c, struct err *reterr) {
    return store_exec(
        p->engine->store, EVENT(MOVE, db),
        ARGS(A_CSTR(subscriber), A_I64(c->seq), A_I64(c->failures), A_I64(c->retry_at_ms)), reterr);
}

static int deliver(const struct pass *p, const struct event_handler *h, const struct event *ev,
                   struct cursor *c) {
    struct arena a = ARENA(16 << 20);
    struct err e = {0};
    log_request(ev->id.v.s);
    int r = h->handle(p->engine, ev, &a, &e);
    if (r >= 0) {
        c->failures = 0;
        c->retry_at_ms = 0;
        metric_add(&event_metrics[EVENT_M_DELIVERED], 1);
    } else {
        c->failures++;
        c->retry_at_ms = clock_now_ms(p->engine->clock) + retry_pause_ms(c->failures);
        metric_add(&event_metrics[EVENT_M_FAILED], 1);
        log_event(LOG_WARN, "event.again", LS("subscriber", h->subscriber), LSTR("name", ev->name),
                  LI("failures", c->failures), LS("code", err_name(r)), LS("error", e.msg));
    }
    log_request(NULL);
    arena_done(&a);
    return r;
}

/* A batch of one subscriber's events of one file. The cursor is stored once for it: whatever a kill
 * makes come again, the handlers are idempotent. Returns how many were delivered. */
static int batch_deliver(struct pass *p, enum store_db db, const struct event_handler *h,
                         struct cursor *c, struct err *reterr) {
    struct arena a = ARENA(32 << 20);
    struct rows r;
    int n = store_query(p->engine->store, EVENT(NEXT, db), ARGS(A_CSTR(h->event), A_I64(c->seq)),
                        &a, &r, reterr);
    int delivered = 0;
    bool held = false;
    if (p->look_only && n > 0)
        p->due += n;
    for (int i = 0; !p->look_only && i < n && !held && !pass_stops(p); i++) {
        size_t row = (size_t)i;
        struct event ev = {.id = {row_id(&r, row, 1)},
                           .name = row_str(&r, row, 2),
                           .version = (int)row_i64(&r, row, 3),
                           .subject = row_str(&r, row, 4),
                           .body = row_str(&r, row, 5),
                           .at_ms = row_i64(&r, row, 6)};
        held = deliver(p, h, &ev, c) < 0;
        if (!held) {
            c->seq = row_i64(&r, row, 0);
            delivered++;
        }
    }
    arena_done(&a);
    if (n >= 0 && (delivered > 0 || held))
        n = cursor_move(p, db, h->subscriber, c, reterr);
    return n < 0 ? n : held ? 0 : delivered;
}

static int handler_run(struct pass *p, enum store_db db, const struct event_handler *h,
                       struct err *reterr) {
    struct cursor c;
    int r = event_cursor_get(p->engine->store, db, h->subscriber, &c, reterr);
    int64_t now = clock_now_ms(p->engine->clock);
    /* A pause that is longer than any was begun before the clock was set back. */
    if (r == 0 && (c.retry_at_ms <= now || c.retry_at_ms > now + 2 * (int64_t)RETRY_MAX_MS))
        while ((r = batch_deliver(p, db, h, &c, reterr)) > 0)
            ;
    if (c.failures > 0)
        p->next_retry_ms = MIN(p->next_retry_ms, c.retry_at_ms);
    return r;
}

static int pass_run(struct pass *p, struct err *reterr) {
    p->due = 0;
    p->next_retry_ms = INT64_MAX;
    for (enum store_db db = 0; db < STORE_DBS; db++)
        for (const struct event_handler *const *t = p->tables; *t; t++)
            for (const struct event_handler *h = *t; h->event; h++) {
                int r = handler_run(p, db, h, reterr);
                if (r < 0)
                    return err_wrap(reterr, "events for %s", h->subscriber);
            }
    return 0;
}

/* The ends of the three files; what a pass that begins now will have seen. */
struct ends {
    int64_t seq[STORE_DBS];
};
static int ends_read(struct store *st, struct ends *ret, struct err *reterr) {
    for (enum store_db db = 0; db < STORE_DBS; db++) {
        int rc = event_place(st, db, &ret->seq[db], reterr);
        if (rc)
            return rc;
    }
    return 0;
}

/* The descriptor that holds the right to dispatch; ERR_BUSY: another has it. It is kept for life,
 * as the file is: removing it would let two lock two files of one name. */
static int turn_lock(const struct engine *e, struct err *reterr) {
    char path[4096];
    int r = dir_make(e->run_dir, reterr);
    if (r < 0)
        return r;
    snprintf(path, sizeof path, "%s/events.lock", e->run_dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return err_errno(reterr, errno, "%s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    r = errno == EWOULDBLOCK ? err_set(reterr, ERR_BUSY, "another process dispatches events")
                             : err_errno(reterr, errno, "%s", path);
    close(fd);
    return r;
}

/* Passes until one that began at the ends it found finds them unmoved. */
static int passes_run(struct pass *p, struct ends *ret_ends, struct err *reterr) {
    for (;;) {
        struct ends before, after;
        int r = ends_read(p->engine->store, &before, reterr);
        if (r == 0)
            r = pass_run(p, reterr);
        if (r == 0)
            r = ends_read(p->engine->store, &after, reterr);
        if (r < 0)
            return r;
        *ret_ends = before;
        if (pass_stops(p) || memcmp(&before, &after, sizeof before) == 0)
            return 0;
    }
}

int event_dispatch_once(const struct engine *e, const struct event_handler *const *tables,
                        struct err *reterr) {
    struct pass p = {.engine = e, .tables = tables};
    for (;;) {
        scoped(fd_close) int fd = turn_lock(e, reterr);
        struct ends ends;
        if (fd >= 0)
            return passes_run(&p, &ends, reterr);
        if (fd != ERR_BUSY)
            return fd;
        struct pass look = {.engine = e, .tables = tables, .look_only = true};
        int r = pass_run(&look, reterr);
        if (r < 0 || look.due == 0)
            return r;
        usleep(20000);
    }
}

/* Until news, or ms have passed. False: the end. */
static bool dispatcher_sleep(struct event_dispatcher *d, uint64_t *seen, int64_t ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&wake_lock);
    while (!d->stopping && wake_count == *seen &&
           pthread_cond_timedwait(&wake_cond, &wake_lock, &until) == 0)
        ;
    *seen = wake_count;
    bool on = !d->stopping;
    pthread_mutex_unlock(&wake_lock);
    return on;
}

/* Looks only when a file has grown or a pause is over; between, three small reads a second. */
static int dispatcher_turn(struct pass *p, struct ends *seen, bool *first, struct err *reterr) {
    struct ends now;
    int r = ends_read(p->engine->store, &now, reterr);
    if (r < 0)
        return r;
    bool grown = memcmp(&now, seen, sizeof now) != 0;
    if (!*first && !grown && p->next_retry_ms > clock_now_ms(p->engine->clock))
        return 0;
    r = passes_run(p, seen, reterr);
    *first = r < 0;
    return r;
}

static void *dispatcher_thread(void *arg) {
    struct event_dispatcher *d = arg;
    struct pass p = {.engine = d->engine, .tables = d->tables, .d = d, .next_retry_ms = INT64_MAX};
    struct ends seen = {0};
    bool first = true;
    uint64_t news = 0;
    scoped(fd_close) int fd = -1;
    do {
        struct err e = {0};
        int r = 0;
        if (fd < 0)
            r = fd = turn_lock(d->engine, &e);
        if (fd >= 0)
            r = dispatcher_turn(&p, &seen, &first, &e);
        if (r < 0 && r != ERR_BUSY)
            log_event(LOG_ERROR, "event.dispatcher", LS("code", err_name(r)), LS("error", e.msg));
    } while (dispatcher_sleep(d, &news, POLL_MS));
    return NULL;
}

int event_dispatcher_start(const struct engine *e, const struct event_handler *const *tables,
                           struct event_dispatcher **ret_d, struct err *reterr) {
    pthread_once(&wake_once, wake_init);
    struct event_dispatcher *d = calloc(1, sizeof *d);
    if (!d)
        return err_errno(reterr, ENOMEM, "starting the dispatcher");
    d->engine = e;
    d->tables = tables;
    int r = pthread_create(&d->thread, NULL, dispatcher_thread, d);
    if (r != 0) {
        free(d);
        return err_errno(reterr, r, "starting the dispatcher");
    }
    *ret_d = d;
    return 0;
}

void event_dispatcher_stop(struct event_dispatcher *d) {
    if (!d)
        return;
    pthread_mutex_lock(&wake_lock);
    d->stopping = true;
    pthread_cond_broadcast(&wake_cond);
    pthread_mutex_unlock(&wake_lock);
    pthread_join(d->thread, NULL);
    free(d);
}
