/* queue.c - frames between two threads. */
#include "media/encode/encode_int.h"

void queue_init(struct queue *q, int capacity) {
    *q = (struct queue){.capacity = CLAMP(capacity, 1, QUEUE_MAX)};
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->changed, &a);
    pthread_condattr_destroy(&a);
}

void queue_done(struct queue *q) {
    for (; q->count; q->count--, q->head = (q->head + 1) % QUEUE_MAX)
        av_frame_free(&q->items[q->head].frame);
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->lock);
}

static struct timespec later(int ms) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

int queue_push(struct queue *q, AVFrame *f, int64_t n, int wait_ms) {
    struct timespec until = later(MAX(wait_ms, 0));
    pthread_mutex_lock(&q->lock);
    int rc = 0;
    while (q->count == q->capacity && !q->stopped && rc == 0)
        rc = wait_ms < 0 ? pthread_cond_wait(&q->changed, &q->lock)
                         : pthread_cond_timedwait(&q->changed, &q->lock, &until);
    int answer = q->stopped ? -1 : q->count < q->capacity;
    if (answer == 1) {
        q->items[(q->head + q->count++) % QUEUE_MAX] = (struct queue_item){f, n};
        pthread_cond_broadcast(&q->changed);
    }
    pthread_mutex_unlock(&q->lock);
    return answer;
}

bool queue_pop(struct queue *q, struct queue_item *ret) {
    pthread_mutex_lock(&q->lock);
    while (q->count == 0 && !q->stopped)
        pthread_cond_wait(&q->changed, &q->lock);
    bool ok = !q->stopped;
    if (ok) {
        *ret = q->items[q->head];
        q->head = (q->head + 1) % QUEUE_MAX;
        q->count--;
        pthread_cond_broadcast(&q->changed);
    }
    pthread_mutex_unlock(&q->lock);
    return ok;
}

void queue_stop(struct queue *q) {
    pthread_mutex_lock(&q->lock);
    q->stopped = true;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}
