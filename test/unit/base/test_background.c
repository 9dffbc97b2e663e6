/* The lowest class: where work runs, that its result comes back, and that a starved one is overtaken. */
#include "base/background.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

struct sum {
    int from, to, result, policy, niceness;
    pthread_t thread;
};

static void sum_work(void *state) {
    struct sum *s = state;
    s->policy = sched_getscheduler(0);
    s->niceness = getpriority(PRIO_PROCESS, 0);
    s->thread = pthread_self();
    s->result = 0;
    for (int i = s->from; i <= s->to; i++)
        s->result += i;
}

Test(background, runs_on_a_thread_of_the_lowest_class_and_brings_its_result_back) {
    struct sum s = {.from = 1, .to = 100};
    background_run(sum_work, &s, sizeof s);
    cr_assert_eq(s.result, 5050);
    if (pthread_equal(s.thread, pthread_self()))
        return; /* the machine was so busy that the caller did it */
    cr_assert(s.policy == SCHED_IDLE || s.niceness == 19);
    cr_assert_neq(sched_getscheduler(0), SCHED_IDLE, "the caller keeps its own class");
}

static void *many(void *arg) {
    for (int i = 0; i < 200; i++) {
        struct sum s = {.from = 1, .to = *(int *)arg + i};
        background_run(sum_work, &s, sizeof s);
        if (s.result != s.to * (s.to + 1) / 2)
            return arg;
    }
    return NULL;
}

Test(background, callers_at_the_same_time_each_get_their_own) {
    pthread_t t[6];
    int to[6];
    for (int i = 0; i < 6; i++) {
        to[i] = i * 50;
        cr_assert_eq(pthread_create(&t[i], NULL, many, &to[i]), 0);
    }
    for (int i = 0; i < 6; i++) {
        void *wrong;
        pthread_join(t[i], &wrong);
        cr_assert_null(wrong);
    }
}

/* Whoever is not the caller stands still until it is let go: without the caller nothing would end. */
struct stuck {
    pthread_t caller;
    int result;
};
static sem_t let_go;
static _Atomic int begun, ended;

static void stuck_work(void *state) {
    struct stuck *s = state;
    if (pthread_equal(s->caller, pthread_self())) {
        s->result = 2;
        return;
    }
    begun++;
    while (sem_wait(&let_go) != 0)
        ;
    s->result = 1;
    ended++;
}

Test(background, one_that_gets_no_core_is_overtaken_by_its_caller) {
    struct stuck stuck = {.caller = pthread_self()};
    sem_init(&let_go, 0, 0);
    do {
        stuck.result = 0;
        background_run(stuck_work, &stuck, sizeof stuck);
        cr_assert_eq(stuck.result, 2, "the caller's own result counts");
    } while (begun == 0); /* a busy machine had not even let it begin */
    struct sum s = {.from = 1, .to = 3};
    background_run(sum_work, &s, sizeof s);
    cr_assert_eq(s.result, 6, "the only thread stands still yet, so the caller takes its job back");
    cr_assert(pthread_equal(s.thread, pthread_self()));
    sem_post(&let_go);
    while (ended == 0)
        sched_yield();
    s.result = 0;
    background_run(sum_work, &s, sizeof s);
    cr_assert_eq(s.result, 6, "its late result is dropped, and it takes jobs again");
}

/* ---- In processes ---- */

struct where {
    pid_t pid, session;
    int policy, niceness, sum;
};

static void where_work(void *state) {
    struct where *w = state;
    w->pid = getpid();
    w->session = getsid(0);
    w->policy = sched_getscheduler(0);
    w->niceness = getpriority(PRIO_PROCESS, 0);
    w->sum++;
}

Test(background_process, runs_in_a_process_of_its_own_session_and_brings_its_result_back) {
    cr_assert_eq(background_start(1), 1);
    struct where w = {.sum = 41};
    background_run(where_work, &w, sizeof w);
    cr_assert_eq(w.sum, 42);
    if (w.pid == getpid())
        return; /* the machine was so busy that the caller did it */
    cr_expect_neq(w.session, getsid(0));
    cr_expect(w.policy == SCHED_IDLE || w.niceness == 19);
}

Test(background_process, one_that_was_killed_is_done_without) {
    cr_assert_eq(background_start(1), 1);
    struct where w = {0};
    background_run(where_work, &w, sizeof w);
    if (w.pid != getpid())
        kill(w.pid, SIGKILL);
    for (int i = 1; i <= 3; i++) {
        background_run(where_work, &w, sizeof w);
        cr_expect_eq(w.sum, i + 1);
        cr_expect_eq(w.pid, getpid());
    }
}

Test(background_process, callers_at_the_same_time_each_get_their_own) {
    pthread_t t[6];
    int to[6];
    cr_assert_eq(background_start(3), 3);
    for (int i = 0; i < 6; i++) {
        to[i] = i * 50;
        cr_assert_eq(pthread_create(&t[i], NULL, many, &to[i]), 0);
    }
    for (int i = 0; i < 6; i++) {
        void *wrong;
        pthread_join(t[i], &wrong);
        cr_assert_null(wrong);
    }
}

/* Stands still in the process, and nowhere else. */
static pid_t still_in;
static void still_work(void *state) {
    struct where *w = state;
    if (getpid() != still_in)
        raise(SIGSTOP);
    w->pid = getpid();
    w->sum++;
}

Test(background_process, one_that_stands_still_is_overtaken_and_its_late_answer_is_nobodys) {
    still_in = getpid();
    cr_assert_eq(background_start(1), 1);
    struct where first = {0}, w = {0};
    background_run(where_work, &first, sizeof first);
    w.sum = 7;
    background_run(still_work, &w, sizeof w);
    cr_expect_eq(w.sum, 8);
    cr_expect_eq(w.pid, getpid(), "the caller did it himself");
    if (first.pid == getpid())
        return;
    kill(first.pid, SIGCONT); /* it answers now what nobody asks for any more */
    for (int i = 0; i < 50; i++) {
        w = (struct where){.sum = 100 + i};
        background_run(where_work, &w, sizeof w);
        cr_assert_eq(w.sum, 101 + i);
    }
}
