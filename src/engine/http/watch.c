/*
 * watch.c - one thread that sees what libmicrohttpd can't while a connection is suspended: that the
 * client went (EPOLLRDHUP on a descriptor of its own epoll), that a deadline passed, that a stream of
 * events has been silent. Order of locks: server, then request, then watch.
 */
#include "engine/http/http_int.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TICK_MS = 100, EVENTS = 64 };

struct slot {
    struct request *rq;
    uint32_t serial; /* tells an event of a descriptor's earlier owner from its own */
};

struct watch {
    struct http_server *server;
    int epoll, wake;
    atomic_bool stop;
    pthread_t thread;
    pthread_mutex_t lock;
    struct slot *slots; /* by descriptor */
    size_t n_slots;
    uint32_t serial;
};

static bool slots_grow(struct watch *w, size_t fd) {
    if (fd < w->n_slots)
        return true;
    size_t n = MAX(fd + 1, MAX(w->n_slots * 2, (size_t)64));
    struct slot *more = realloc(w->slots, n * sizeof *more);
    if (!more)
        return false;
    memset(more + w->n_slots, 0, (n - w->n_slots) * sizeof *more);
    w->slots = more;
    w->n_slots = n;
    return true;
}

void watch_client(struct watch *w, struct request *rq) {
    if (rq->fd < 0)
        return;
    pthread_mutex_lock(&w->lock);
    if (slots_grow(w, (size_t)rq->fd)) {
        struct slot *s = &w->slots[rq->fd];
        bool add = s->rq == NULL;
        *s = (struct slot){rq, ++w->serial};
        struct epoll_event e = {.events = EPOLLRDHUP | EPOLLONESHOT,
                                .data.u64 = (uint64_t)s->serial << 32 | (uint32_t)rq->fd};
        if (epoll_ctl(w->epoll, add ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, rq->fd, &e) < 0)
            *s = (struct slot){0};
    }
    pthread_mutex_unlock(&w->lock);
}

void watch_forget(struct watch *w, struct request *rq) {
    pthread_mutex_lock(&w->lock);
    if (rq->fd >= 0 && (size_t)rq->fd < w->n_slots && w->slots[rq->fd].rq == rq) {
        w->slots[rq->fd].rq = NULL;
        epoll_ctl(w->epoll, EPOLL_CTL_DEL, rq->fd, NULL);
    }
    pthread_mutex_unlock(&w->lock);
}

static void client_went(struct watch *w, uint64_t key) {
    size_t fd = key & 0xFFFFFFFF;
    struct request *rq = NULL;
    pthread_mutex_lock(&w->lock);
    if (fd < w->n_slots && w->slots[fd].rq && w->slots[fd].serial == key >> 32)
        rq = request_ref(w->slots[fd].rq);
    pthread_mutex_unlock(&w->lock);
    if (!rq)
        return;
    pthread_mutex_lock(&rq->lock);
    rq->client_gone = true;
    pthread_mutex_unlock(&rq->lock);
    request_fail(rq, ERR_CANCELLED, "the client went");
    request_unref(rq);
}

/* Deadlines are few and short: a walk over what is in flight, ten times a second, costs less than
 * keeping them sorted. */
static void tick(struct http_server *s) {
    enum { BATCH = 64 };
    struct request *late[BATCH];
    size_t n = 0;
    int64_t now = clock_mono_ns();
    pthread_mutex_lock(&s->lock);
    for (struct request *rq = s->first; rq; rq = rq->next) {
        int64_t deadline = atomic_load(&rq->deadline_ns);
        pthread_mutex_lock(&rq->lock);
        if (rq->sse)
            sse_heartbeat(rq->sse, now);
        if (deadline && now > deadline && !rq->answered && n < BATCH)
            late[n++] = request_ref(rq);
        pthread_mutex_unlock(&rq->lock);
    }
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < n; i++) {
        bool started = atomic_load(&late[i]->started);
        request_fail(late[i], started ? ERR_TIMEOUT : ERR_BUSY,
                     started ? "the handler was still at work at its deadline"
                             : "no thread was free before the deadline");
        request_unref(late[i]);
    }
}

static void *watch_thread(void *arg) {
    struct watch *w = arg;
    struct epoll_event events[EVENTS];
    int64_t next = clock_mono_ns();
    while (!atomic_load(&w->stop)) {
        int64_t wait = MAX((next - clock_mono_ns()) / 1000000, (int64_t)0);
        int n = epoll_wait(w->epoll, events, EVENTS, (int)wait);
        for (int i = 0; i < n; i++)
            if (events[i].data.u64 != UINT64_MAX)
                client_went(w, events[i].data.u64);
        if (clock_mono_ns() >= next) {
            tick(w->server);
            next = clock_mono_ns() + TICK_MS * 1000000LL;
        }
    }
    return NULL;
}

struct watch *watch_new(struct http_server *s, struct err *reterr) {
    struct watch *w = calloc(1, sizeof *w);
    if (!w) {
        err_set(reterr, ERR_NO_MEMORY, "watch");
        return NULL;
    }
    w->server = s;
    pthread_mutex_init(&w->lock, NULL);
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    w->wake = eventfd(0, EFD_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = UINT64_MAX};
    int rc = w->epoll < 0 || w->wake < 0 ||
                     epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->wake, &e) < 0
                 ? errno
                 : pthread_create(&w->thread, NULL, watch_thread, w);
    if (rc == 0)
        return w;
    err_errno(reterr, rc, "http: cannot watch connections");
    fd_close(&w->epoll);
    fd_close(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return NULL;
}

void watch_free(struct watch *w) {
    if (!w)
        return;
    atomic_store(&w->stop, true);
    if (write(w->wake, &(uint64_t){1}, 8) == 8)
        pthread_join(w->thread, NULL);
    fd_close(&w->epoll);
    fd_close(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w->slots);
    free(w);
}
