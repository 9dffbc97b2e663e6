/*
 * news.c - what changed for a profile, to every device that has its page open, as server-sent
 * events. A change is published on the profile's channel of the cache, so that it reaches devices
 * that another process serves; what may have been missed is said too ("resync"), and the page then
 * asks again.
 */
#include "base/log.h"
#include "engine/cache/cache.h"
#include "service/identity/identity.h"
#include "service/json.h"
#include "service/viewing/viewing_int.h"
#include <pthread.h>
#include <stdlib.h>

/* Two hold one: the handler until it has subscribed, the server until on_close. */
struct listener {
    struct listener *next, *prev; /* among all of the process */
    struct session_id session;
    uint64_t serial;
    pthread_mutex_t lock;
    struct sse *sse;
    struct cache_sub *sub;
    bool closed, subscribed;
};

/*
 * A stream ends within a second of the session it was opened in, whoever ended that and in which process: one
 * thread looks at the sessions of all streams, sixteen in a statement. A store that does not answer ends none.
 */
enum { LOOK_EVERY_MS = 700 };
static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    const struct engine *engine;
    struct listener *first; /* the newest */
    uint64_t serial;
    bool running, stop;
} open_streams = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

/* Those opened before *io_serial, newest first, and where to go on. */
static size_t some_copy(uint64_t *io_serial, struct session_id *ids) {
    size_t n = 0;
    for (struct listener *l = open_streams.first; l && n < SESSIONS_ASKED; l = l->next)
        if (l->serial < *io_serial) {
            ids[n++] = l->session;
            *io_serial = l->serial;
        }
    return n;
}

static void close_all_of(const struct session_id *dead) {
    for (struct listener *l = open_streams.first; l; l = l->next)
        if (str_eq(id_str(&l->session.v), id_str(&dead->v)))
            sse_close(l->sse);
}

static void look_round(const struct engine *e) {
    struct session_id ids[SESSIONS_ASKED];
    bool alive[SESSIONS_ASKED] = {false};
    uint64_t before = UINT64_MAX;
    size_t n;
    pthread_mutex_lock(&open_streams.lock);
    while ((n = some_copy(&before, ids)) > 0 && !open_streams.stop) {
        pthread_mutex_unlock(&open_streams.lock);
        int rc = sessions_alive(e, ids, n, alive, NULL);
        pthread_mutex_lock(&open_streams.lock);
        for (size_t i = 0; i < n && rc == 0; i++)
            if (!alive[i])
                close_all_of(&ids[i]);
        if (rc < 0)
            break;
    }
    pthread_mutex_unlock(&open_streams.lock);
}

static void *look_main(void *arg) {
    const struct engine *e = open_streams.engine;
    for (;;) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        int64_t ns = t.tv_nsec + LOOK_EVERY_MS * 1000000LL;
        t.tv_sec += ns / 1000000000;
        t.tv_nsec = ns % 1000000000;
        pthread_mutex_lock(&open_streams.lock);
        while (!open_streams.stop &&
               pthread_cond_clockwait(&open_streams.wake, &open_streams.lock, CLOCK_MONOTONIC, &t) == 0)
            ;
        bool stop = open_streams.stop;
        pthread_mutex_unlock(&open_streams.lock);
        if (stop)
            return NULL;
        look_round(e);
    }
}

static void stream_add(const struct engine *e, struct listener *l) {
    pthread_mutex_lock(&open_streams.lock);
    l->serial = ++open_streams.serial;
    l->next = open_streams.first;
    if (l->next)
        l->next->prev = l;
    open_streams.first = l;
    if (!open_streams.running) {
        open_streams.engine = e;
        open_streams.stop = false;
        open_streams.running = pthread_create(&open_streams.thread, NULL, look_main, NULL) == 0;
    }
    pthread_mutex_unlock(&open_streams.lock);
}

static void stream_remove(struct listener *l) {
    pthread_mutex_lock(&open_streams.lock);
    *(l->prev ? &l->prev->next : &open_streams.first) = l->next;
    if (l->next)
        l->next->prev = l->prev;
    pthread_mutex_unlock(&open_streams.lock);
}

void news_stop(void) {
    pthread_mutex_lock(&open_streams.lock);
    bool running = open_streams.running;
    open_streams.stop = true;
    pthread_cond_signal(&open_streams.wake);
    pthread_mutex_unlock(&open_streams.lock);
    if (running)
        pthread_join(open_streams.thread, NULL);
    open_streams.running = false;
}

struct channel_name {
    char s[64];
};
static struct str channel_of(struct channel_name *n, struct profile_id profile) {
    return str_make(n->s,
                    (size_t)snprintf(n->s, sizeof n->s, "viewing:" ID_FMT, ID_ARG(profile.v)));
}

void viewing_tell(const struct engine *e, struct profile_id profile, const char *what,
                  struct id subject) {
    struct channel_name name;
    struct err why = {0};
    char text[160];
    snprintf(text, sizeof text, "{\"what\":\"%s\",\"id\":\"" ID_FMT "\"}", what, ID_ARG(subject));
    if (cache_publish(e->cache, channel_of(&name, profile), str_of(text), &why) < 0)
        log_event(LOG_DEBUG, "viewing.untold", LS("err", why.msg));
}

void viewing_stopped(const struct engine *e, struct profile_id profile,
                     struct playback_id playback) {
    viewing_tell(e, profile, "stopped", playback.v);
}

static void hear(void *arg, struct str message) {
    struct listener *l = arg;
    bool ok = message.p ? sse_send(l->sse, "changed", NULL, message)
                        : sse_send(l->sse, "resync", NULL, STR("{}"));
    if (!ok)
        sse_close(l->sse);
}

static void listener_free(struct listener *l) {
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* First no more callbacks, then the handle goes. */
static void listener_end(struct listener *l) {
    stream_remove(l);
    cache_unsubscribe(l->sub);
    sse_close(l->sse);
    listener_free(l);
}

static void on_close(void *arg) {
    struct listener *l = arg;
    pthread_mutex_lock(&l->lock);
    l->closed = true;
    bool mine = l->subscribed;
    pthread_mutex_unlock(&l->lock);
    if (mine)
        listener_end(l);
}

int viewing_events_get(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct channel_name name;
    struct str channel = channel_of(&name, request_principal(rq)->profile);
    bool again = request_header(rq, "Last-Event-ID").n > 0;
    struct listener *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(reterr, ERR_NO_MEMORY, "out of memory");
    pthread_mutex_init(&l->lock, NULL);
    l->session = request_principal(rq)->session;
    int rc = reply_sse(rq, on_close, l, &l->sse);
    if (rc < 0) {
        listener_free(l);
        return rc;
    }
    stream_add(e, l);
    struct err why = {0};
    rc = cache_subscribe(e->cache, channel, hear, l, &l->sub, &why);
    if (rc < 0) { /* the stream is open already: it ends, and the browser tries again */
        log_event(LOG_WARN, "viewing.events", LS("err", why.msg));
        sse_close(l->sse);
    } else {
        /* The id says nothing but that there was a stream: who brings one has missed what was said since. */
        sse_send(l->sse, "ready", "1", STR("{}"));
        if (again)
            sse_send(l->sse, "resync", NULL, STR("{}"));
    }
    pthread_mutex_lock(&l->lock);
    l->subscribed = true;
    bool mine = l->closed;
    pthread_mutex_unlock(&l->lock);
    if (mine)
        listener_end(l);
    return 0;
}
