/*
 * redis_listen.c - messages from Redis: one connection and one thread, which is asleep until
 * somebody subscribes. What to listen to is a list of wishes that any thread adds to and only this
 * one sends; after a reconnect everything is asked for anew, in one write. Silence is probed by
 * PING, so that a connection that hangs is noticed within seconds.
 */
#include "base/buf.h"
#include "base/log.h"
#include "engine/cache/redis_int.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { PROBE_MS = 2000, SILENT_MS = 5000, WISHES_MAX = 1 << 20 };

struct listener {
    pthread_t thread;
    int wake;
    redisContext *ctx; /* the thread's own */
    int64_t heard_ns;
    /* redis.listen_lock */
    struct buf wishes; /* "+channel\0" or "-channel\0" ... */
    bool stop;
};

static void wake(struct listener *l) {
    uint64_t one = 1;
    while (write(l->wake, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

void redis_listener_change(struct redis *r, struct str channel, bool on) {
    struct listener *l = r->listener;
    pthread_mutex_lock(&r->listen_lock);
    buf_byte(&l->wishes, on ? '+' : '-');
    buf_add(&l->wishes, channel);
    buf_byte(&l->wishes, 0);
    pthread_mutex_unlock(&r->listen_lock);
    wake(l);
}

static void ask(struct listener *l, bool on, struct str channel) {
    const char *argv[] = {on ? "SUBSCRIBE" : "UNSUBSCRIBE", NULL};
    char name[REDIS_NAME_MAX];
    size_t prefix = sizeof REDIS_PREFIX - 1, n[] = {strlen(argv[0]), prefix + channel.n};
    memcpy(name, REDIS_PREFIX, prefix);
    memcpy(name + prefix, channel.p, channel.n);
    argv[1] = name;
    redisAppendCommandArgv(l->ctx, 2, argv, n);
}

static void ask_again(void *arg, struct str channel) {
    ask(arg, true, channel);
}

/* False: stop. Sends what was wished for; while there is no connection, wishes are of no use, since
 * everything is asked for when there is one. */
static bool wishes_take(struct redis *r) {
    struct listener *l = r->listener;
    pthread_mutex_lock(&r->listen_lock);
    bool stop = l->stop, lost = l->wishes.failed;
    struct buf wishes = l->wishes;
    l->wishes = BUF(WISHES_MAX);
    pthread_mutex_unlock(&r->listen_lock);
    for (size_t at = 0; l->ctx && !lost && at < wishes.n;) {
        const char *wish = (const char *)wishes.p + at;
        ask(l, wish[0] == '+', str_of(wish + 1));
        at += strlen(wish) + 1;
    }
    buf_done(&wishes);
    if (lost && l->ctx) { /* over a megabyte of them: begin anew, knowing all */
        redisFree(l->ctx);
        l->ctx = NULL;
    }
    return !stop;
}

static void heard(struct redis *r, const redisReply *m) {
    if (m->type != REDIS_REPLY_ARRAY || m->elements != 3 ||
        m->element[1]->type != REDIS_REPLY_STRING)
        return; /* the answer to a PING */
    struct str kind = str_make(m->element[0]->str, (size_t)m->element[0]->len);
    struct str channel = str_make(m->element[1]->str, (size_t)m->element[1]->len);
    if (str_eq(channel, STR(REDIS_MISSED))) {
        if (str_eq(kind, STR("message")))
            listeners_missed(r->listeners);
        return;
    }
    if (!str_starts(channel, STR(REDIS_PREFIX)))
        return;
    channel = str_slice(channel, sizeof REDIS_PREFIX - 1, channel.n);
    if (str_eq(kind, STR("message")))
        listeners_tell(r->listeners, channel,
                       str_make(m->element[2]->str, (size_t)m->element[2]->len));
    else if (str_eq(kind, STR("subscribe")))
        listeners_tell(r->listeners, channel, STR_NULL);
}

static bool read_all(struct redis *r) {
    struct listener *l = r->listener;
    void *reply = NULL;
    if (redisBufferRead(l->ctx) != REDIS_OK)
        return false;
    l->heard_ns = clock_mono_ns();
    while (redisGetReplyFromReader(l->ctx, &reply) == REDIS_OK && reply) {
        heard(r, reply);
        freeReplyObject(reply);
        reply = NULL;
    }
    return !l->ctx->err;
}

static bool write_all(struct listener *l) {
    int done = 0;
    while (!done)
        if (redisBufferWrite(l->ctx, &done) != REDIS_OK)
            return false;
    return true;
}

static bool probe(struct listener *l) {
    int64_t silent_ms = (clock_mono_ns() - l->heard_ns) / 1000000;
    if (silent_ms < PROBE_MS)
        return true;
    redisAppendCommand(l->ctx, "PING");
    return silent_ms < SILENT_MS;
}

static void woken(struct listener *l) {
    uint64_t n;
    while (read(l->wake, &n, sizeof n) < 0 && errno == EINTR)
        ;
}

static void sleep_for(struct listener *l, int ms) {
    struct pollfd p = {.fd = l->wake, .events = POLLIN};
    if (poll(&p, 1, ms) > 0)
        woken(l);
}

static bool listens_to_any(struct redis *r) {
    bool any = false;
    pthread_mutex_lock(&r->listeners->lock);
    for (size_t i = 0; i < LISTENER_BUCKETS && !any; i++)
        any = r->listeners->bucket[i] != NULL;
    pthread_mutex_unlock(&r->listeners->lock);
    return any;
}

static bool connect_again(struct redis *r) {
    struct listener *l = r->listener;
    struct err why = {0};
    struct redis_born born;
    if (redis_connect(r, &l->ctx, &born, &why) < 0) {
        l->ctx = NULL;
        return false;
    }
    l->heard_ns = clock_mono_ns();
    redisAppendCommand(l->ctx, "SUBSCRIBE " REDIS_MISSED);
    /* A wish that comes between this and the send is sent twice, which Redis forgives. */
    pthread_mutex_lock(&r->listeners->lock);
    listeners_channels(r->listeners, ask_again, l);
    pthread_mutex_unlock(&r->listeners->lock);
    return true;
}

static void disconnect(struct listener *l) {
    if (l->ctx)
        redisFree(l->ctx);
    l->ctx = NULL;
}

static void *listener_main(void *arg) {
    struct redis *r = arg;
    struct listener *l = r->listener;
    int backoff_ms = 0;
    while (wishes_take(r)) {
        if (!l->ctx) {
            if (!listens_to_any(r))
                sleep_for(l, -1);
            else if (connect_again(r))
                backoff_ms = 0;
            else {
                backoff_ms = CLAMP(backoff_ms * 2, BACKOFF_MIN_MS, BACKOFF_MAX_MS);
                sleep_for(l, backoff_ms);
            }
            continue;
        }
        struct pollfd p[] = {{.fd = l->ctx->fd, .events = POLLIN},
                             {.fd = l->wake, .events = POLLIN}};
        bool ok = probe(l) && write_all(l);
        if (ok && poll(p, 2, PROBE_MS / 2) < 0 && errno != EINTR)
            ok = false;
        if (ok && p[1].revents)
            woken(l);
        if (ok && p[0].revents)
            ok = read_all(r);
        if (!ok)
            disconnect(l);
    }
    disconnect(l);
    return NULL;
}

int redis_listener_start(struct redis *r, struct err *reterr) {
    struct listener *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(reterr, ERR_NO_MEMORY, "cache");
    l->wishes = BUF(WISHES_MAX);
    l->wake = eventfd(0, EFD_CLOEXEC);
    r->listener = l;
    int rc = l->wake < 0 ? errno : pthread_create(&l->thread, NULL, listener_main, r);
    if (rc == 0)
        return 0;
    fd_close(&l->wake);
    free(l);
    r->listener = NULL;
    return err_errno(reterr, rc, "the thread that listens to Redis");
}

void redis_listener_end(struct redis *r) {
    struct listener *l = r->listener;
    if (l) {
        pthread_mutex_lock(&r->listen_lock);
        l->stop = true;
        pthread_mutex_unlock(&r->listen_lock);
        wake(l);
        pthread_join(l->thread, NULL);
        buf_done(&l->wishes);
        fd_close(&l->wake);
        free(l);
        r->listener = NULL;
    }
    pthread_mutex_destroy(&r->listen_lock);
}
