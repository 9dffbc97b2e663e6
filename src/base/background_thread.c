/*
 * background_thread.c - a crew of threads of SCHED_IDLE and the jobs that wait for them: where there are no processes for
 * it (background_process.c).
 * Why that class and no niceness: a thread that wakes preempts it at once on every Linux since 2.6.23,
 * and a core that runs nothing else counts as idle when one is looked for. No way leads out of it
 * without privileges, so a starved thread is not raised: its caller overtakes it.
 */
#include "base/background_int.h"
#include "base/base.h"
#include "base/clock.h"
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

struct job {
    struct job *next;
    void (*work)(void *state);
    enum { QUEUED, RUNNING, DONE, ABANDONED } step;
    clockid_t cpu; /* of the thread that runs it, and what it showed then */
    int64_t cpu_began_ns;
    pthread_cond_t done;
    size_t size;
    _Alignas(max_align_t) unsigned char state[];
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t some;
    struct job *first;
    int threads, idle, callers;
} crew = {.lock = PTHREAD_MUTEX_INITIALIZER, .some = PTHREAD_COND_INITIALIZER};

static struct job *job_new(void (*work)(void *state), const void *state, size_t size) {
    struct job *j = calloc(1, sizeof *j + size);
    pthread_condattr_t monotonic;
    if (!j)
        return NULL;
    *j = (struct job){.work = work, .size = size};
    memcpy(j->state, state, size);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&j->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return j;
}

static void job_free(struct job *j) {
    pthread_cond_destroy(&j->done);
    explicit_bzero(j->state, j->size);
    free(j);
}

static void job_begin(struct job *j) {
    struct timespec t = {0};
    j->step = RUNNING;
    pthread_getcpuclockid(pthread_self(), &j->cpu);
    clock_gettime(j->cpu, &t);
    j->cpu_began_ns = background_time_ns(t);
}

/* A sandbox may know no such class. Linux's niceness is a thread's. */
void background_class_set(void) {
    struct sched_param none = {0};
    if (sched_setscheduler(0, SCHED_IDLE, &none) != 0)
        setpriority(PRIO_PROCESS, 0, 19);
}

static void *crew_thread(void *arg) {
    background_class_set();
    prctl(PR_SET_NAME, "background");
    pthread_mutex_lock(&crew.lock);
    for (;;) {
        struct job *j = crew.first;
        if (!j) {
            crew.idle++;
            pthread_cond_wait(&crew.some, &crew.lock);
            crew.idle--;
            continue;
        }
        crew.first = j->next;
        job_begin(j);
        pthread_mutex_unlock(&crew.lock);
        j->work(j->state);
        pthread_mutex_lock(&crew.lock);
        if (j->step == ABANDONED) {
            job_free(j);
        } else {
            j->step = DONE;
            pthread_cond_signal(&j->done);
        }
    }
    return arg;
}

/* They are never ended: between jobs they cost a stack that nothing touches. */
static void crew_grow(void) {
    pthread_attr_t detached;
    pthread_t t;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&t, &detached, crew_thread, NULL) == 0)
        crew.threads++;
    pthread_attr_destroy(&detached);
}

static void job_put(struct job *j) {
    struct job **at = &crew.first;
    int waiting = 1;
    for (; *at; at = &(*at)->next)
        waiting++;
    *at = j;
    /* One that was abandoned keeps its thread; it is not replaced, or a busy machine would collect them. */
    if (waiting > crew.idle && crew.threads < crew.callers)
        crew_grow();
    pthread_cond_signal(&crew.some);
}

static void job_take_back(struct job *j) {
    for (struct job **at = &crew.first; *at; at = &(*at)->next)
        if (*at == j) {
            *at = j->next;
            return;
        }
}

/* Of its thread, since it began. */
static int64_t job_cpu_ns(const struct job *j) {
    struct timespec t;
    if (j->step != RUNNING || clock_gettime(j->cpu, &t) != 0)
        return 0;
    return background_time_ns(t) - j->cpu_began_ns;
}

/* With crew.lock. False: it stands still, or as good as. */
static bool job_wait(struct job *j) {
    int64_t until_ns = clock_mono_ns() + BACKGROUND_PATIENCE_NS, had_ns = 0;
    while (j->step != DONE) {
        struct timespec t = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
        int rc = pthread_cond_timedwait(&j->done, &crew.lock, &t);
        if (rc == 0 || j->step == DONE)
            continue;
        int64_t has_ns = job_cpu_ns(j);
        if (has_ns - had_ns < BACKGROUND_LEAST_NS)
            return false;
        had_ns = has_ns;
        until_ns += BACKGROUND_PATIENCE_NS;
    }
    return true;
}

void background_thread_run(void (*work)(void *state), void *state, size_t size) {
    struct job *j = job_new(work, state, size);
    if (!j) {
        work(state);
        return;
    }
    pthread_mutex_lock(&crew.lock);
    crew.callers++;
    job_put(j);
    bool done = crew.threads > 0 && job_wait(j);
    if (done) {
        memcpy(state, j->state, size);
        job_free(j);
    } else if (j->step == QUEUED) {
        job_take_back(j);
        job_free(j);
    } else {
        j->step = ABANDONED;
    }
    pthread_mutex_unlock(&crew.lock);
    if (!done)
        work(state);
    pthread_mutex_lock(&crew.lock);
    crew.callers--;
    pthread_mutex_unlock(&crew.lock);
}
