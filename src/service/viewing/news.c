/*
 * news.c - what changed for a profile, to every device that has its page open, as server-sent
 * events. A change is published on the profile's channel of the cache, so that it reaches devices
 * that another process serves; what may have been missed is said too ("resync"), and the page then
 * asks again.
 */
#include "base/log.h"
#include "engine/cache/cache.h"
#include "service/json.h"
#include "service/viewing/viewing_int.h"
#include <pthread.h>
#include <stdlib.h>

/* Two hold one: the handler until it has subscribed, the server until on_close. */
struct listener {
    pthread_mutex_t lock;
    struct sse *sse;
    struct cache_sub *sub;
    bool closed, subscribed;
};

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
    struct listener *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(reterr, ERR_NO_MEMORY, "out of memory");
    pthread_mutex_init(&l->lock, NULL);
    int rc = reply_sse(rq, on_close, l, &l->sse);
    if (rc < 0) {
        listener_free(l);
        return rc;
    }
    struct err why = {0};
    rc = cache_subscribe(e->cache, channel, hear, l, &l->sub, &why);
    if (rc < 0) { /* the stream is open already: it ends, and the browser tries again */
        log_event(LOG_WARN, "viewing.events", LS("err", why.msg));
        sse_close(l->sse);
    } else
        sse_send(l->sse, "ready", NULL, STR("{}"));
    pthread_mutex_lock(&l->lock);
    l->subscribed = true;
    bool mine = l->closed;
    pthread_mutex_unlock(&l->lock);
    if (mine)
        listener_end(l);
    return 0;
}
