/*
 * stream.c - replies made as they are sent. next() may block (it reads another machine's disk), so the
 * event loop never calls it: the connection is suspended while a pool thread fills one buffer.
 */
#include "engine/http/http_int.h"
#include <stdlib.h>

enum { CHUNK = 64 << 10 };

struct stream {
    struct work work;
    atomic_int refs; /* the response's, and a fill's while it runs */
    struct request *rq;
    ssize_t (*next)(void *arg, void *dst, size_t n);
    void (*done)(void *arg);
    void *arg;
    /* request.lock */
    bool filling, ended, failed;
    size_t at, n;
    uint8_t chunk[CHUNK];
};

static void stream_unref(void *arg) {
    struct stream *s = arg;
    if (atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    if (s->done)
        s->done(s->arg);
    request_unref(s->rq);
    free(s);
}

static void stream_fill(struct work *w) {
    struct stream *s = (struct stream *)w;
    ssize_t n = s->next(s->arg, s->chunk, CHUNK);
    pthread_mutex_lock(&s->rq->lock);
    s->filling = false;
    s->at = 0;
    s->n = n > 0 ? (size_t)n : 0;
    s->ended = n == 0;
    s->failed = n < 0;
    request_wake_locked(s->rq);
    pthread_mutex_unlock(&s->rq->lock);
    stream_unref(s);
}

static ssize_t stream_read(void *arg, uint64_t pos, char *dst, size_t max) {
    struct stream *s = arg;
    struct request *rq = s->rq;
    ssize_t got = 0;
    bool fill = false;
    pthread_mutex_lock(&rq->lock);
    if (s->n) {
        got = (ssize_t)MIN(max, s->n);
        memcpy(dst, s->chunk + s->at, (size_t)got);
        s->at += (size_t)got;
        s->n -= (size_t)got;
        atomic_fetch_add(&rq->bytes, got);
    } else if (s->ended)
        got = MHD_CONTENT_READER_END_OF_STREAM;
    else if (s->failed || atomic_load(&rq->server->ending))
        got = MHD_CONTENT_READER_END_WITH_ERROR;
    else {
        fill = !s->filling;
        s->filling = true;
        request_suspend_locked(rq);
    }
    pthread_mutex_unlock(&rq->lock);
    if (fill) {
        atomic_fetch_add(&s->refs, 1);
        s->work = (struct work){.run = stream_fill, .shed = stream_fill,
                                .priority = priority_of(rq->route)};
        pool_put(rq->server->pools[POOL_DEFAULT], &s->work, true);
    }
    return got;
}

int reply_stream(struct request *rq, const char *content_type,
                 ssize_t (*next)(void *arg, void *dst, size_t n), void (*done)(void *arg),
                 void *arg) {
    struct stream *s = calloc(1, sizeof *s);
    struct MHD_Response *r = NULL;
    if (s) {
        s->refs = 1;
        s->rq = request_ref(rq);
        s->next = next;
        s->done = done;
        s->arg = arg;
        r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16 << 10, stream_read, s,
                                              stream_unref);
    }
    if (s && !r)
        stream_unref(s);
    else if (!s && done)
        done(arg);
    return reply_response(rq, r, content_type);
}
