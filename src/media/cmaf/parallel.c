/* parallel.c - tracks side by side: a handful of tasks on as many threads as there are processors.
 */
#include "media/cmaf/package.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { THREADS_MAX = 16 };

struct pool {
    size_t n;
    int (*fn)(void *arg, size_t i);
    void *arg;
    atomic_size_t next;
    atomic_bool stop;
    pthread_mutex_t lock;
    pthread_cond_t idle;
    size_t running;      /* threads not yet through; under lock */
    size_t first_failed; /* lowest index that failed; under lock */
    int result;          /* its answer */
};

static void *worker(void *p) {
    struct pool *pool = p;
    for (;;) {
        size_t i = atomic_fetch_add(&pool->next, 1);
        if (i >= pool->n || atomic_load(&pool->stop))
            break;
        int r = pool->fn(pool->arg, i);
        if (r >= 0)
            continue;
        atomic_store(&pool->stop, true);
        pthread_mutex_lock(&pool->lock);
        if (i < pool->first_failed)
            pool->first_failed = i, pool->result = r;
        pthread_mutex_unlock(&pool->lock);
    }
    pthread_mutex_lock(&pool->lock);
    pool->running--;
    pthread_cond_signal(&pool->idle);
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static int wait_all(struct pool *pool, int (*tick)(void *arg)) {
    int ticked = 0;
    pthread_mutex_lock(&pool->lock);
    while (pool->running > 0) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 100000000;
        if (until.tv_nsec >= 1000000000)
            until.tv_sec++, until.tv_nsec -= 1000000000;
        pthread_cond_timedwait(&pool->idle, &pool->lock, &until);
        if (!tick || ticked < 0)
            continue;
        pthread_mutex_unlock(&pool->lock);
        ticked = tick(pool->arg);
        if (ticked < 0)
            atomic_store(&pool->stop, true);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return ticked;
}

int parallel_run(size_t n, int (*fn)(void *arg, size_t i), int (*tick)(void *arg), void *arg,
                 struct err *reterr) {
    struct pool pool = {.n = n, .fn = fn, .arg = arg, .first_failed = SIZE_MAX};
    pthread_t threads[THREADS_MAX];
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    size_t want = MIN(MIN((size_t)MAX(cpus, 1), n), THREADS_MAX), started = 0;
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.idle, NULL);
    pthread_mutex_lock(&pool.lock);
    while (started < want && pthread_create(&threads[started], NULL, worker, &pool) == 0)
        started++;
    pool.running = started;
    pthread_mutex_unlock(&pool.lock);
    int r = 0;
    if (started == 0 && n > 0)
        r = err_set(reterr, ERR_NO_MEMORY, "no thread could be started");
    else
        r = wait_all(&pool, tick);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_cond_destroy(&pool.idle);
    pthread_mutex_destroy(&pool.lock);
    return r < 0 ? r : pool.result;
}
