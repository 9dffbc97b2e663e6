/*
 * upload.c - bodies. A small one is collected before the request is dispatched. A streamed one goes
 * through a ring of RING_SIZE: when it is full the connection is suspended without taking anything
 * more, so the sender waits for the disk and memory stays flat whatever is sent.
 *
 * libmicrohttpd takes no answer in the middle of a body. A short rest is read away first; over a long
 * one the problem is written to the socket directly and the connection lingers until the sender has
 * seen it, since closing over unread bytes would reset the answer away.
 */
#include "engine/http/http_int.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { LINGER_BYTES = 64 << 20, SILENCE_MAX_MS = 60000 };
static const int64_t LINGER_NS = 5000000000;

static void ring_push(struct request *rq, const char *p, size_t n) {
    size_t at = (rq->ring_at + rq->ring_n) % RING_SIZE, first = MIN(n, RING_SIZE - at);
    memcpy(rq->ring + at, p, first);
    memcpy(rq->ring, p + first, n - first);
    rq->ring_n += n;
}

static size_t ring_pop(struct request *rq, uint8_t *dst, size_t n) {
    n = MIN(n, rq->ring_n);
    size_t first = MIN(n, RING_SIZE - rq->ring_at);
    memcpy(dst, rq->ring + rq->ring_at, first);
    memcpy(dst + first, rq->ring, n - first);
    rq->ring_at = (rq->ring_at + n) % RING_SIZE;
    rq->ring_n -= n;
    return n;
}

/* Only the loop gets here, with nothing else in flight on the connection. */
static void answer_early(struct request *rq) {
    struct answer *a = &rq->answer;
    scoped(buf_done) struct buf b = BUF(300 << 10);
    buf_addf(&b, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
                 "Cache-Control: private, no-store\r\nX-Content-Type-Options: nosniff\r\n"
                 "X-Request-Id: %s\r\nContent-Length: %zu\r\n\r\n",
             a->status, status_title(a->status), rq->id, a->text_n);
    if (a->text)
        buf_mem(&b, a->text, a->text_n);
    if (!b.failed && send(rq->fd, b.p, b.n, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        atomic_store(&rq->bytes, (int64_t)a->text_n);
    atomic_store(&rq->status, a->status);
    rq->phase = PHASE_LINGER;
    rq->drain_from_ns = clock_mono_ns();
    rq->drained = 0;
}

static enum MHD_Result linger(struct request *rq, size_t *n) {
    rq->drained += (int64_t)*n;
    *n = 0;
    return rq->drained > LINGER_BYTES || clock_mono_ns() - rq->drain_from_ns > LINGER_NS ? MHD_NO
                                                                                        : MHD_YES;
}

static enum MHD_Result drain(struct request *rq, size_t *n) {
    if (rq->drain_from_ns == 0)
        rq->drain_from_ns = clock_mono_ns();
    rq->drained += (int64_t)*n;
    *n = 0;
    bool long_rest = rq->length - rq->received > DRAIN_MAX || rq->drained > DRAIN_MAX;
    /* Only a problem is short and complete enough to be written by hand. */
    if (long_rest && rq->answer.text)
        answer_early(rq);
    else if (long_rest && rq->drained > LINGER_BYTES)
        return MHD_NO;
    return MHD_YES;
}

static enum MHD_Result collect(struct request *rq, const char *p, size_t *n) {
    size_t max = rq->route->body_max ? rq->route->body_max : BODY_DEFAULT;
    struct err e = {0};
    rq->body.max = max;
    if (*n <= max - rq->body.n) {
        buf_mem(&rq->body, p, *n);
        if (!rq->body.failed) {
            *n = 0;
            return MHD_YES;
        }
        err_set(&e, ERR_NO_MEMORY, "body");
    } else {
        char hint[120];
        snprintf(hint, sizeof hint, "What was sent is too large: at most %zu bytes.", max);
        err_refuse(&e, ERR_TOO_LARGE, "", hint, "body over %zu bytes", max);
    }
    struct answer a;
    answer_problem(rq, &e, true, &a);
    request_publish(rq, &a);
    rq->phase = PHASE_DRAIN;
    return drain(rq, n);
}

/* The worker is reading. */
static enum MHD_Result feed(struct request *rq, const char *p, size_t *n) {
    pthread_mutex_lock(&rq->lock);
    if (rq->answered) {
        rq->phase = PHASE_DRAIN;
        pthread_mutex_unlock(&rq->lock);
        return drain(rq, n);
    }
    if (!rq->ring && !(rq->ring = malloc(RING_SIZE))) {
        pthread_mutex_unlock(&rq->lock);
        return MHD_NO;
    }
    size_t fits = MIN(*n, RING_SIZE - rq->ring_n);
    if (fits) {
        ring_push(rq, p, fits);
        *n -= fits;
        rq->received += (int64_t)fits;
        pthread_cond_signal(&rq->more);
    }
    /* What is left lies in libmicrohttpd's memory: it looks at it again when the socket has more, which at the end of
     * a body is never, or when it is resumed. */
    if (*n)
        request_suspend_locked(rq);
    pthread_mutex_unlock(&rq->lock);
    return MHD_YES;
}

enum MHD_Result body_take(struct request *rq, const char *p, size_t *n) {
    size_t before = *n;
    enum MHD_Result r = MHD_NO;
    switch (rq->phase) {
    case PHASE_HEAD: return MHD_NO;
    case PHASE_WORK: return feed(rq, p, n);
    case PHASE_BODY: r = collect(rq, p, n); break;
    case PHASE_DRAIN: r = drain(rq, n); break;
    case PHASE_LINGER: r = linger(rq, n); break;
    }
    rq->received += (int64_t)(before - *n);
    return r;
}

static struct timespec silence_until(const struct route *r) {
    int64_t ms = MIN(r->deadline_ms ? r->deadline_ms : DEADLINE_DEFAULT_MS, SILENCE_MAX_MS);
    int64_t at = clock_mono_ns() + ms * 1000000;
    return (struct timespec){.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000};
}

ssize_t request_read(struct request *rq, void *dst, size_t n, struct err *reterr) {
    const struct route *r = rq->route;
    assert(r->flags & ROUTE_STREAM_BODY);
    struct timespec until = silence_until(r);
    int rc = 0;
    pthread_mutex_lock(&rq->lock);
    while (rq->ring_n == 0 && !rq->body_ended && !rq->gone && !rq->answered && rc == 0)
        rc = pthread_cond_timedwait(&rq->more, &rq->lock, &until);
    ssize_t got = 0;
    if (rq->ring_n) {
        got = (ssize_t)ring_pop(rq, dst, n);
        if (!rq->body_ended && rq->ring_n <= RING_SIZE / 2)
            request_wake_locked(rq);
    } else if (rq->body_ended)
        got = 0;
    else if (rq->gone || rq->answered)
        got = err_refuse(reterr, ERR_CANCELLED, "", "The upload was broken off.",
                         "the sender went");
    else
        got = err_refuse(reterr, ERR_TIMEOUT, "", "Nothing more of the upload came. Try again.",
                         "silence in the upload");
    pthread_mutex_unlock(&rq->lock);
    if (got > 0 && (rq->read_total += got) > (int64_t)(r->body_max ? r->body_max : BODY_DEFAULT)) {
        char hint[120];
        snprintf(hint, sizeof hint, "What was sent is too large: at most %zu bytes.",
                 r->body_max ? r->body_max : (size_t)BODY_DEFAULT);
        return err_refuse(reterr, ERR_TOO_LARGE, "", hint, "upload over the limit");
    }
    return got;
}

void request_break(struct request *rq, int code, const char *why) {
    request_fail(rq, code, why);
    pthread_mutex_lock(&rq->lock);
    pthread_cond_broadcast(&rq->more);
    pthread_mutex_unlock(&rq->lock);
}
