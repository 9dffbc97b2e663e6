/*
 * pool.c - a fixed number of threads and a bounded queue. The most important waits least; when the
 * queue is full the newest of the least important is turned away, so that under load a browse gives
 * way to a Play and never the reverse.
 */
#include "engine/http/http_int.h"
#include "base/log.h"
#include <errno.h>
#include <stdlib.h>

struct queue {
    struct work *first, *last;
};

struct pool {
    const char *name;
    pthread_mutex_t lock;
    pthread_cond_t some, ended;
    struct queue q[PRIORITIES];
    int waiting, max, running;
    bool stop, joined;
    struct metric *depth;
    int n_threads;
    pthread_t threads[];
};

static struct work *queue_pop(struct queue *q) {
    struct work *w = q->first;
    if (w) {
        q->first = w->next;
        if (!q->first)
            q->last = NULL;
        w->next = NULL;
    }
    return w;
}

static void queue_push(struct queue *q, struct work *w) {
    w->next = NULL;
    if (q->last)
        q->last->next = w;
    else
        q->first = w;
    q->last = w;
}

/* The newest: the oldest has waited longest and is next to be served. */
static struct work *queue_pop_last(struct queue *q) {
    struct work *w = q->last, *before = q->first;
    if (!w)
        return NULL;
    if (q->first == w)
        return queue_pop(q);
    while (before->next != w)
        before = before->next;
    before->next = NULL;
    q->last = before;
    return w;
}

static struct work *pool_next(struct pool *p) {
    for (int i = 0; i < PRIORITIES; i++) {
        struct work *w = queue_pop(&p->q[i]);
        if (w) {
            p->waiting--;
            return w;
        }
    }
    return NULL;
}

static void *pool_thread(void *arg) {
    struct pool *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        struct work *w = pool_next(p);
        if (!w) {
            pthread_cond_wait(&p->some, &p->lock);
            continue;
        }
        pthread_mutex_unlock(&p->lock);
        metric_add(p->depth, -1);
        w->run(w);
        pthread_mutex_lock(&p->lock);
    }
    if (--p->running == 0)
        pthread_cond_signal(&p->ended);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct pool *pool_new(const char *name, int threads, int queue_max, struct metric *depth) {
    struct pool *p = calloc(1, sizeof *p + (size_t)threads * sizeof p->threads[0]);
    pthread_condattr_t monotonic;
    if (!p)
        return NULL;
    *p = (struct pool){.name = name, .max = queue_max, .depth = depth};
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->some, NULL);
    pthread_cond_init(&p->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_lock(&p->lock);
    for (; p->n_threads < threads; p->n_threads++, p->running++)
        if (pthread_create(&p->threads[p->n_threads], NULL, pool_thread, p) != 0)
            break;
    pthread_mutex_unlock(&p->lock);
    if (p->n_threads < threads) {
        pool_stop(p, 1000);
        pool_free(p);
        return NULL;
    }
    return p;
}

void pool_put(struct pool *p, struct work *w, bool force) {
    struct work *out = NULL;
    pthread_mutex_lock(&p->lock);
    bool stop = p->stop;
    if (!stop) {
        if (!force && p->waiting >= p->max) {
            for (int i = PRIORITIES - 1; i > (int)w->priority && !out; i--)
                out = queue_pop_last(&p->q[i]);
            if (!out)
                out = w;
        }
        if (out != w) {
            queue_push(&p->q[w->priority], w);
            p->waiting += out ? 0 : 1;
            metric_add(p->depth, out ? 0 : 1);
            pthread_cond_signal(&p->some);
        }
    }
    pthread_mutex_unlock(&p->lock);
    /* With the threads gone whoever comes last does the work: a deferred reply must still be freed. */
    if (stop && force)
        w->run(w);
    else if (stop)
        w->shed(w);
    else if (out)
        out->shed(out);
}

static struct timespec time_in(int ms) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t ns = t.tv_nsec + (int64_t)ms * 1000000;
    return (struct timespec){.tv_sec = t.tv_sec + ns / 1000000000, .tv_nsec = ns % 1000000000};
}

bool pool_stop(struct pool *p, int wait_ms) {
    struct timespec until = time_in(wait_ms);
    struct work *w;
    int rc = 0;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->some);
    while (p->running > 0 && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&p->ended, &p->lock, &until);
    bool ended = p->running == 0;
    while ((w = pool_next(p))) {
        pthread_mutex_unlock(&p->lock);
        metric_add(p->depth, -1);
        w->shed(w);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    if (!ended) {
        log_event(LOG_ERROR, "http.stuck", LS("pool", p->name));
        return false;
    }
    for (int i = 0; i < p->n_threads; i++)
        pthread_join(p->threads[i], NULL);
    p->joined = true;
    return true;
}

void pool_free(struct pool *p) {
    if (!p || !p->joined)
        return; /* a thread that never came back still uses it */
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->some);
    pthread_cond_destroy(&p->ended);
    free(p);
}
