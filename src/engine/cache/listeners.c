/*
 * listeners.c - who in this process listens to which channel. A message is told under the lock, so
 * that nobody is called after he has unsubscribed; callbacks are short and call nothing of this
 * back.
 */
#include "engine/cache/cache_int.h"
#include <stdlib.h>

static struct cache_sub **bucket_of(struct listeners *l, struct str channel) {
    return &l->bucket[cache_hash(0, channel) % LISTENER_BUCKETS];
}

static bool listens(const struct cache_sub *s, struct str channel) {
    return s->n == channel.n && memcmp(s->channel, channel.p, s->n) == 0;
}

static bool any_listens(struct listeners *l, struct str channel) {
    for (struct cache_sub *s = *bucket_of(l, channel); s; s = s->next)
        if (listens(s, channel))
            return true;
    return false;
}

void listeners_tell(struct listeners *l, struct str channel, struct str message) {
    pthread_mutex_lock(&l->lock);
    for (struct cache_sub *s = *bucket_of(l, channel); s; s = s->next)
        if (listens(s, channel))
            s->fn(s->arg, message);
    pthread_mutex_unlock(&l->lock);
}

void listeners_missed(struct listeners *l) {
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < LISTENER_BUCKETS; i++)
        for (struct cache_sub *s = l->bucket[i]; s; s = s->next)
            s->fn(s->arg, STR_NULL);
    pthread_mutex_unlock(&l->lock);
}

void listeners_channels(struct listeners *l, void (*fn)(void *arg, struct str channel), void *arg) {
    for (size_t i = 0; i < LISTENER_BUCKETS; i++)
        for (struct cache_sub *s = l->bucket[i]; s; s = s->next) {
            struct cache_sub *first = l->bucket[i];
            while (!listens(first, str_make(s->channel, s->n)))
                first = first->next;
            if (first == s)
                fn(arg, str_make(s->channel, s->n));
        }
}

int cache_subscribe(struct cache *c, struct str channel, void (*fn)(void *arg, struct str message),
                    void *arg, struct cache_sub **ret_sub, struct err *reterr) {
    if (channel.n < 1 || channel.n > CACHE_KEY_MAX)
        return err_set(reterr, ERR_INVALID, "cache: a channel of %zu bytes", channel.n);
    struct cache_sub *s = calloc(1, sizeof *s + channel.n + 1);
    if (!s)
        return err_set(reterr, ERR_NO_MEMORY, "cache: a listener");
    s->cache = c;
    s->fn = fn;
    s->arg = arg;
    s->n = channel.n;
    memcpy(s->channel, channel.p, channel.n);
    /* Before it can be called: the callback may look at its own handle. */
    *ret_sub = s;
    pthread_mutex_lock(&c->listeners.lock);
    bool first = !any_listens(&c->listeners, channel);
    struct cache_sub **b = bucket_of(&c->listeners, channel);
    s->next = *b;
    *b = s;
    if (c->driver->listen && first)
        c->driver->listen(c->self, channel, true);
    else if (c->driver->listen) /* the channel's own confirmation has gone by already */
        fn(arg, STR_NULL);
    pthread_mutex_unlock(&c->listeners.lock);
    return 0;
}

void cache_unsubscribe(struct cache_sub *s) {
    if (!s)
        return;
    struct cache *c = s->cache;
    struct str channel = str_make(s->channel, s->n);
    pthread_mutex_lock(&c->listeners.lock);
    struct cache_sub **at = bucket_of(&c->listeners, channel);
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    if (c->driver->listen && !any_listens(&c->listeners, channel))
        c->driver->listen(c->self, channel, false);
    pthread_mutex_unlock(&c->listeners.lock);
    free(s);
}
