/*
 * sse.c - server-sent events (HTML Living Standard, "server-sent events"). An open stream is one
 * suspended connection and a small queue; it holds no thread. Whoever sends wakes it, and a comment
 * every 15 s keeps proxies from closing it and shows us a client that vanished without a word.
 */
#include "engine/http/http_int.h"
#include <stdlib.h>

struct sse {
    atomic_int refs; /* the response's and the sender's */
    struct request *rq;
    void (*on_close)(void *arg);
    void *arg;
    /* request.lock */
    struct buf queue;
    size_t sent; /* of the queue */
    bool closed; /* by the sender: what is queued still goes out */
    bool gone;
    bool watched;
    int64_t last_ns;
};

static void sse_unref(struct sse *s) {
    if (atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    buf_done(&s->queue);
    request_unref(s->rq);
    free(s);
}

/* The response is gone: sent to its end, broken off, or never used. */
static void sse_ended(void *arg) {
    struct sse *s = arg;
    pthread_mutex_lock(&s->rq->lock);
    s->gone = true;
    s->rq->sse = NULL;
    pthread_mutex_unlock(&s->rq->lock);
    metric_add(&http_metrics[M_SSE], -1);
    if (s->on_close)
        s->on_close(s->arg);
    sse_unref(s);
}

static ssize_t sse_read(void *arg, uint64_t pos, char *dst, size_t max) {
    struct sse *s = arg;
    struct request *rq = s->rq;
    ssize_t got = 0;
    pthread_mutex_lock(&rq->lock);
    size_t left = s->queue.n - s->sent;
    if (s->gone || rq->client_gone)
        got = MHD_CONTENT_READER_END_WITH_ERROR;
    else if (left) {
        got = (ssize_t)MIN(max, left);
        memcpy(dst, s->queue.p + s->sent, (size_t)got);
        s->sent += (size_t)got;
        if (s->sent == s->queue.n) {
            /* An idle stream keeps no buffer: there may be thousands. */
            buf_done(&s->queue);
            s->sent = 0;
        }
        atomic_fetch_add(&rq->bytes, got);
        s->last_ns = clock_mono_ns();
    } else if (s->closed || atomic_load(&rq->server->stopping))
        got = MHD_CONTENT_READER_END_OF_STREAM;
    else {
        request_suspend_locked(rq);
        if (!s->watched) {
            /* The handler has returned: nobody needs the request's own memory any more. */
            rq->n_headers = rq->n_queries = rq->match.n_params = 0;
            arena_done(&rq->arena);
            watch_client(rq->server->watch, rq);
        }
        s->watched = true;
    }
    pthread_mutex_unlock(&rq->lock);
    return got;
}

int reply_sse(struct request *rq, void (*on_close)(void *arg), void *arg, struct sse **ret_sse) {
    struct sse *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NO_MEMORY;
    *s = (struct sse){.refs = 2, .rq = request_ref(rq), .on_close = on_close, .arg = arg,
                      .queue = BUF(SSE_QUEUE_MAX), .last_ns = clock_mono_ns()};
    struct MHD_Response *r =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4 << 10, sse_read, s, sse_ended);
    if (!r) {
        s->refs = 1;
        sse_unref(s);
        return ERR_NO_MEMORY;
    }
    metric_add(&http_metrics[M_SSE], 1);
    /* For clients that ask again: a second, then the browser's own rhythm. */
    buf_addc(&s->queue, "retry: 1000\n\n");
    pthread_mutex_lock(&rq->lock);
    rq->sse = s;
    pthread_mutex_unlock(&rq->lock);
    reply_header(rq, "X-Accel-Buffering", "no");
    *ret_sse = s;
    return reply_response(rq, r, "text/event-stream");
}

/* A field is one line; what would end it early is left out. */
static void line_add(struct buf *b, const char *name, struct str value) {
    buf_addc(b, name);
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] != '\n' && value.p[i] != '\r' && value.p[i] != 0)
            buf_byte(b, (uint8_t)value.p[i]);
    buf_byte(b, '\n');
}

bool sse_send(struct sse *s, const char *event, const char *id, struct str data) {
    struct request *rq = s->rq;
    pthread_mutex_lock(&rq->lock);
    bool ok = !s->gone && !s->closed && !rq->client_gone;
    if (ok) {
        if (s->sent) { /* make room: only what is unread counts */
            memmove(s->queue.p, s->queue.p + s->sent, s->queue.n - s->sent);
            s->queue.n -= s->sent;
            s->sent = 0;
        }
        if (event)
            line_add(&s->queue, "event: ", str_of(event));
        if (id)
            line_add(&s->queue, "id: ", str_of(id));
        do {
            struct str line;
            data = str_cut(data, '\n', &line);
            line_add(&s->queue, "data: ", line);
        } while (data.p);
        buf_byte(&s->queue, '\n');
        if (s->queue.failed) {
            s->gone = true; /* too slow: half an event must not be sent either */
            ok = false;
        }
        request_wake_locked(rq);
    }
    pthread_mutex_unlock(&rq->lock);
    return ok;
}

void sse_close(struct sse *s) {
    pthread_mutex_lock(&s->rq->lock);
    bool first = !s->closed;
    s->closed = true;
    request_wake_locked(s->rq);
    pthread_mutex_unlock(&s->rq->lock);
    if (first)
        sse_unref(s);
}

void sse_heartbeat(struct sse *s, int64_t now_ns) {
    if (s->gone || s->closed || now_ns - s->last_ns < (int64_t)SSE_HEARTBEAT_MS * 1000000)
        return;
    s->last_ns = now_ns;
    if (s->queue.n == 0)
        buf_addc(&s->queue, ":\n\n");
    request_wake_locked(s->rq);
}
