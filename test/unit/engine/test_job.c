/* The queue on one machine: order, dependency, retry, cancel, and workers that die. */
#include "fixture.h"
#include "service/service.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct queue {
    struct fixture f;
    struct engine engine;
};
static void queue_init(struct queue *q) {
    fixture_init(&q->f);
}
static void queue_open(struct queue *q) {
    fixture_store(&q->f);
    q->engine = (struct engine){.store = q->f.store, .clock = &q->f.clock, .run_dir = q->f.dir};
}
static void queue_done(struct queue *q) {
    fixture_done(&q->f);
}

static struct job_id enqueue(struct queue *q, const struct job_spec *spec) {
    struct tx *tx;
    struct job_id id;
    OK(tx_begin(q->f.store, STORE_JOBS, TX_WRITE, &tx, err));
    OK(job_enqueue(tx, spec, &id, err));
    OK(tx_commit(&tx, err));
    return id;
}
#define ENQUEUE(q, ...) enqueue((q), &(struct job_spec){__VA_ARGS__})

static struct job get(struct queue *q, struct job_id id) {
    struct job j;
    OK(job_get(q->f.store, id, &q->f.arena, &j, err));
    return j;
}

static void work(struct queue *q, const struct job_kind *kinds, int cores, const char *subject) {
    const struct job_kind *const tables[] = {kinds, NULL};
    struct job_worker_options o = {.engine = &q->engine,
                                   .kinds = tables,
                                   .cores = cores,
                                   .run_dir = q->f.dir,
                                   .only_subject = str_of(subject),
                                   .until_idle = true};
    struct job_worker *w;
    OK(job_worker_new(&o, &w, err));
    OK(job_worker_run(w, err));
    job_worker_free(w);
}

/* What ran, a character a run: the payload's first. */
static char ran[256];
static pthread_mutex_t ran_lock = PTHREAD_MUTEX_INITIALIZER;
static void ran_note(struct job_ctx *j) {
    pthread_mutex_lock(&ran_lock);
    strncat(ran, job_self(j)->payload.p, 1);
    pthread_mutex_unlock(&ran_lock);
}

static int run_note(struct job_ctx *j, struct err *reterr) {
    ran_note(j);
    return 0;
}
static int run_bad_media(struct job_ctx *j, struct err *reterr) {
    ran_note(j);
    return err_refuse(reterr, ERR_BAD_MEDIA, "media.no_video", "The film has no picture.", NULL);
}
static int run_third_time(struct job_ctx *j, struct err *reterr) {
    ran_note(j);
    return job_self(j)->attempt < 3 ? err_set(reterr, ERR_IO, "not yet") : 0;
}
static int run_never(struct job_ctx *j, struct err *reterr) {
    ran_note(j);
    return err_set(reterr, ERR_IO, "the disk is on fire");
}
static const struct job_kind kinds[] = {
    {.name = "note", .run = run_note},
    {.name = "bad", .run = run_bad_media},
    {.name = "third", .run = run_third_time, .backoff_ms = 20},
    {.name = "never", .run = run_never, .backoff_ms = 5, .max_attempts = 3},
    {.name = NULL},
};

Test(job, runs_by_priority_then_age) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    ENQUEUE(&q, .kind = "note", .payload = STR("a"));
    ENQUEUE(&q, .kind = "note", .payload = STR("b"));
    struct job_id id = ENQUEUE(&q, .kind = "note", .payload = STR("c"), .priority = 5);
    cr_expect_eq(get(&q, id).state, JOB_READY);
    work(&q, kinds, 1, NULL);
    cr_expect_str_eq(ran, "cab");
    struct job j = get(&q, id);
    cr_expect_eq(j.state, JOB_DONE);
    cr_expect(j.attempt == 1 && j.progress_permille == 1000 && j.ended_ms >= j.started_ms);
    queue_done(&q);
}

/* Six parts of one title, then three of another, and what has no title. */
Test(job, subjects_of_one_priority_take_turns) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    for (int i = 0; i < 6; i++)
        ENQUEUE(&q, .kind = "note", .payload = STR("a"), .subject = STR("A"));
    for (int i = 0; i < 3; i++)
        ENQUEUE(&q, .kind = "note", .payload = STR("b"), .subject = STR("B"));
    ENQUEUE(&q, .kind = "note", .payload = STR("c"));
    ENQUEUE(&q, .kind = "note", .payload = STR("d"), .subject = STR("D"), .priority = 1);
    work(&q, kinds, 1, NULL);
    cr_expect_str_eq(ran, "dabcababaaa");
    queue_done(&q);
}

/* Who has one job after the other waits for one of the others' each time, and who comes late begins where the queue stands. */
Test(job, a_chain_is_not_behind_all_of_another_subject) {
    struct queue q;
    struct job_id before = {0};
    queue_init(&q);
    queue_open(&q);
    for (int i = 0; i < 6; i++)
        ENQUEUE(&q, .kind = "note", .payload = STR("a"), .subject = STR("A"));
    for (int i = 0; i < 3; i++)
        before = ENQUEUE(&q, .kind = "note", .payload = STR("b"), .subject = STR("B"), .depends_on = &before,
                         .n_depends_on = i > 0);
    work(&q, kinds, 1, NULL);
    cr_expect_str_eq(ran, "abababaaa");
    queue_done(&q);
}

Test(job, a_job_that_waits_can_be_made_to_wait_for_one_more) {
    struct queue q;
    struct tx *tx;
    queue_init(&q);
    queue_open(&q);
    struct job_id first = ENQUEUE(&q, .kind = "third", .payload = STR("a"));
    struct job_id last = ENQUEUE(&q, .kind = "note", .payload = STR("c"), .key = STR("last"), .depends_on = &first, .n_depends_on = 1);
    struct job_id more = ENQUEUE(&q, .kind = "third", .payload = STR("b"), .not_before_ms = store_now_ms(q.f.store) + 100);
    OK(tx_begin(q.f.store, STORE_JOBS, TX_WRITE, &tx, err));
    OK(job_depend(tx, STR("last"), more, err));
    OK(job_depend(tx, STR("nobody"), more, err));
    OK(tx_commit(&tx, err));
    work(&q, kinds, 1, NULL);
    cr_expect_eq(get(&q, last).state, JOB_DONE);
    cr_expect_eq(ran[strlen(ran) - 1], 'c', "%s", ran);
    queue_done(&q);
}

Test(job, a_live_key_is_enqueued_once) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    struct job_id a = ENQUEUE(&q, .kind = "note", .key = STR("k"), .payload = STR("a"));
    struct job_id b = ENQUEUE(&q, .kind = "note", .key = STR("k"), .payload = STR("b"));
    cr_expect_str_eq(a.v.s, b.v.s);
    work(&q, kinds, 1, NULL);
    struct job_id c = ENQUEUE(&q, .kind = "note", .key = STR("k"), .payload = STR("c"));
    cr_expect_str_neq(a.v.s, c.v.s);
    work(&q, kinds, 1, NULL);
    cr_expect_str_eq(ran, "ac");
    queue_done(&q);
}

Test(job, waits_for_all_it_depends_on) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    struct job_id two[2];
    two[0] = ENQUEUE(&q, .kind = "note", .payload = STR("a"));
    two[1] = ENQUEUE(&q, .kind = "third", .payload = STR("b"));
    struct job_id last = ENQUEUE(&q, .kind = "note", .payload = STR("c"), .priority = 9,
                                 .depends_on = two, .n_depends_on = 2);
    cr_expect_eq(get(&q, last).state, JOB_WAITING);
    work(&q, kinds, 1, NULL);
    cr_expect_str_eq(ran, "abbbc");
    cr_expect_eq(get(&q, two[1]).attempt, 3);
    /* On what is done already: ready at once. */
    struct job_id more =
        ENQUEUE(&q, .kind = "note", .payload = STR("d"), .depends_on = two, .n_depends_on = 2);
    cr_expect_eq(get(&q, more).state, JOB_READY);
    struct tx *tx;
    struct job_id none = {id_new(1)}, id;
    OK(tx_begin(q.f.store, STORE_JOBS, TX_WRITE, &tx, err));
    FAILS(ERR_NOT_FOUND,
          job_enqueue(tx,
                      &(struct job_spec){.kind = "note", .depends_on = &none, .n_depends_on = 1},
                      &id, err));
    tx_rollback(&tx);
    queue_done(&q);
}

Test(job, a_failure_fails_what_waits_for_it_with_its_reason) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    struct job_id a = ENQUEUE(&q, .kind = "bad", .payload = STR("a"), .subject = STR("s"));
    struct job_id b = ENQUEUE(&q, .kind = "note", .payload = STR("b"), .subject = STR("s"),
                              .depends_on = &a, .n_depends_on = 1);
    struct job_id c = ENQUEUE(&q, .kind = "note", .payload = STR("c"), .subject = STR("s"),
                              .depends_on = &b, .n_depends_on = 1);
    work(&q, kinds, 1, NULL);
    cr_expect_str_eq(ran, "a", "permanent: one attempt");
    struct job j = get(&q, c);
    cr_expect_eq(j.state, JOB_FAILED);
    cr_expect(str_eq(j.error_reason, STR("media.no_video")));
    cr_expect(str_eq(j.error_hint, STR("The film has no picture.")));
    cr_expect(str_eq(j.error_code, STR("BAD_MEDIA")));
    struct job *all;
    size_t n;
    OK(job_list_subject(q.f.store, STR("s"), &q.f.arena, &all, &n, err));
    cr_assert_eq(n, 3);
    cr_expect_str_eq(all[1].id.v.s, b.v.s);
    queue_done(&q);
}

Test(job, tries_again_with_a_pause_and_not_for_ever) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    struct job_id id = ENQUEUE(&q, .kind = "never", .payload = STR("x"));
    int64_t from = clock_mono_ns();
    work(&q, kinds, 1, NULL);
    cr_expect_geq(clock_mono_ns() - from, (5 + 10) * 3 / 4 * 1000000);
    cr_expect_str_eq(ran, "xxx");
    struct job j = get(&q, id);
    cr_expect(j.state == JOB_FAILED && j.attempt == 3);
    cr_expect(str_eq(j.error_hint, STR("the disk is on fire")));
    queue_done(&q);
}

Test(job, takes_only_its_subject_and_its_kinds) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    struct job_id other = ENQUEUE(&q, .kind = "note", .payload = STR("a"), .subject = STR("s1"));
    ENQUEUE(&q, .kind = "note", .payload = STR("b"), .subject = STR("s2"));
    struct job_id foreign = ENQUEUE(&q, .kind = "not", .payload = STR("c"), .subject = STR("s2"));
    work(&q, kinds, 1, "s2");
    cr_expect_str_eq(ran, "b");
    cr_expect_eq(get(&q, other).state, JOB_READY);
    cr_expect_eq(get(&q, foreign).state, JOB_READY);
    queue_done(&q);
}

/* A job that lasts until it is told to stop, and says when it has begun. */
static int begun[2];
static int run_until_told(struct job_ctx *j, struct err *reterr) {
    if (write(begun[1], "b", 1) != 1)
        return err_set(reterr, ERR_INTERNAL, "pipe");
    while (job_progress(j, "waiting", 417, 1.5, 1000) == 0)
        usleep(1000);
    return err_set(reterr, ERR_CANCELLED, "told to stop");
}
static const struct job_kind long_kinds[] = {
    {.name = "long", .run = run_until_told, .lease_ms = 3000}, {.name = NULL}};

struct running_worker {
    struct job_worker *w;
    pthread_t t;
};
static void *worker_thread(void *arg) {
    OK(job_worker_run(arg, err));
    return NULL;
}
static void worker_start(struct queue *q, struct running_worker *r, const struct job_kind *k) {
    const struct job_kind *const tables[] = {k, NULL};
    static const struct job_kind *kept[2];
    memcpy(kept, tables, sizeof kept);
    struct job_worker_options o = {
        .engine = &q->engine, .kinds = kept, .cores = 2, .run_dir = q->f.dir};
    OK(job_worker_new(&o, &r->w, err));
    pthread_create(&r->t, NULL, worker_thread, r->w);
}
static void worker_end(struct running_worker *r) {
    job_worker_stop(r->w);
    pthread_join(r->t, NULL);
    job_worker_free(r->w);
}
static void wait_begun(void) {
    char c;
    cr_assert_eq(read(begun[0], &c, 1), 1);
}
static struct job wait_state(struct queue *q, struct job_id id, enum job_state s) {
    for (int i = 0; i < 4000; i++) {
        struct job j = get(q, id);
        if (j.state == s)
            return j;
        usleep(10000);
    }
    cr_assert_fail("the job is still %s", job_state_name(get(q, id).state));
    return (struct job){0};
}

Test(job, cancels_what_runs_and_what_waits) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    cr_assert_eq(pipe(begun), 0);
    struct running_worker r;
    worker_start(&q, &r, long_kinds);
    struct job_id a = ENQUEUE(&q, .kind = "long", .payload = STR("a"), .subject = STR("s"));
    struct job_id b = ENQUEUE(&q, .kind = "long", .payload = STR("b"), .subject = STR("s"),
                              .depends_on = &a, .n_depends_on = 1);
    wait_begun();
    struct tx *tx;
    OK(tx_begin(q.f.store, STORE_JOBS, TX_WRITE, &tx, err));
    cr_expect_eq(OK(job_cancel_subject(tx, STR("s"), err)), 2);
    OK(tx_commit(&tx, err));
    cr_expect_eq(get(&q, b).state, JOB_CANCELLED);
    wait_state(&q, a, JOB_CANCELLED);
    worker_end(&r);
    queue_done(&q);
}

Test(job, a_stopped_worker_leaves_its_job_ready) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    cr_assert_eq(pipe(begun), 0);
    struct running_worker r;
    worker_start(&q, &r, long_kinds);
    struct job_id a = ENQUEUE(&q, .kind = "long", .payload = STR("a"));
    wait_begun();
    cr_expect_eq(get(&q, a).attempt, 1);
    worker_end(&r);
    struct job j = get(&q, a);
    cr_expect(j.state == JOB_READY && j.attempt == 0, "not an attempt");
    queue_done(&q);
}

Test(job, progress_is_stored_and_the_lease_renewed) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    cr_assert_eq(pipe(begun), 0);
    struct running_worker r;
    worker_start(&q, &r, long_kinds);
    struct job_id a = ENQUEUE(&q, .kind = "long", .payload = STR("a"));
    wait_begun();
    usleep(4000000); /* longer than its lease */
    struct job j = get(&q, a);
    cr_expect(j.state == JOB_RUNNING && j.attempt == 1 && j.progress_permille == 417);
    cr_expect(str_eq(j.stage, STR("waiting")) && j.speed == 1.5 && j.eta_ms == 1000);
    worker_end(&r);
    queue_done(&q);
}

static int now_running, most_running;
static int run_heavy(struct job_ctx *j, struct err *reterr) {
    int weight = job_self(j)->payload.p[0] - '0';
    pthread_mutex_lock(&ran_lock);
    now_running += weight;
    most_running = MAX(most_running, now_running);
    pthread_mutex_unlock(&ran_lock);
    usleep(20000);
    pthread_mutex_lock(&ran_lock);
    now_running -= weight;
    pthread_mutex_unlock(&ran_lock);
    return 0;
}
static const struct job_kind weighted[] = {{.name = "w1", .run = run_heavy, .weight = 1},
                                           {.name = "w2", .run = run_heavy, .weight = 2},
                                           {.name = "w9", .run = run_heavy, .weight = 9},
                                           {.name = NULL}};

Test(job, weights_stay_within_the_cores) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    struct job_id big = ENQUEUE(&q, .kind = "w9", .payload = STR("3")); /* alone on three cores */
    for (int i = 0; i < 4; i++) {
        ENQUEUE(&q, .kind = "w2", .payload = STR("2"));
        ENQUEUE(&q, .kind = "w1", .payload = STR("1"));
    }
    work(&q, weighted, 3, NULL);
    cr_expect_eq(most_running, 3);
    cr_expect_eq(get(&q, big).state, JOB_DONE);
    queue_done(&q);
}

/* The one behind waits for the heavy one to have been, which a heavy one waiting for it would never be. */
static struct queue *behind_queue;
static int behind_running, behind_most, heavy_ran;
static int run_behind(struct job_ctx *j, struct err *reterr) {
    int heavy = 0;
    if (job_self(j)->payload.p[0] == '1')
        ENQUEUE(behind_queue, .kind = "w2");
    pthread_mutex_lock(&ran_lock);
    behind_running++;
    behind_most = MAX(behind_most, behind_running);
    pthread_mutex_unlock(&ran_lock);
    for (int i = 0; i < 2000 && !heavy; i++) {
        usleep(5000);
        pthread_mutex_lock(&ran_lock);
        heavy = heavy_ran;
        pthread_mutex_unlock(&ran_lock);
    }
    pthread_mutex_lock(&ran_lock);
    behind_running--;
    pthread_mutex_unlock(&ran_lock);
    return heavy ? 0 : err_set(reterr, ERR_INVALID, "nothing ran beside it");
}
static int run_beside(struct job_ctx *j, struct err *reterr) {
    pthread_mutex_lock(&ran_lock);
    heavy_ran++;
    pthread_mutex_unlock(&ran_lock);
    return 0;
}
static const struct job_kind behinds[] = {{.name = "behind", .run = run_behind, .weight = JOB_BEHIND},
                                          {.name = "w2", .run = run_beside, .weight = 2, .max_attempts = 1},
                                          {.name = NULL}};

Test(job, nothing_waits_for_what_runs_behind) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    behind_queue = &q;
    struct job_id first = ENQUEUE(&q, .kind = "behind", .payload = STR("1"), .priority = -10);
    struct job_id second = ENQUEUE(&q, .kind = "behind", .payload = STR("2"), .priority = -10);
    work(&q, behinds, 2, NULL);
    cr_expect_eq(get(&q, first).state, JOB_DONE);
    cr_expect_eq(get(&q, second).state, JOB_DONE);
    cr_expect_eq(heavy_ran, 1);
    cr_expect_eq(behind_most, 1);
    queue_done(&q);
}

/* In a process of its own: notes what it has done, says so, then hangs. */
static int run_hang_once(struct job_ctx *j, struct err *reterr) {
    struct str noted;
    int r = job_checkpoint_get(j, &noted, reterr);
    if (r < 0)
        return r;
    if (noted.p) {
        strncat(ran, noted.p, noted.n);
        return 0;
    }
    r = job_checkpoint(j, STR("[1,2]"), reterr);
    if (r < 0 || write(begun[1], "b", 1) != 1)
        return r;
    for (;;)
        pause();
}
static const struct job_kind hanging[] = {{.name = "hang", .run = run_hang_once, .lease_ms = 60000},
                                          {.name = NULL}};

/* fork before the parent opens the store: SQLite does not go over it. */
static pid_t worker_fork(struct queue *q, const struct job_kind *k) {
    cr_assert_eq(pipe(begun), 0);
    pid_t pid = fork();
    if (pid == 0) {
        queue_open(q);
        ENQUEUE(q, .kind = k->name, .payload = STR("a"), .subject = STR("s"));
        work(q, k, 1, NULL);
        _exit(7);
    }
    wait_begun();
    return pid;
}

Test(job, a_killed_workers_job_is_taken_back_at_once) {
    struct queue q;
    queue_init(&q);
    pid_t pid = worker_fork(&q, hanging);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    queue_open(&q);
    int64_t from = clock_mono_ns();
    work(&q, hanging, 1, NULL);
    cr_expect_lt((clock_mono_ns() - from) / 1000000, 30000, "no waiting for the lease of a minute");
    cr_expect_str_eq(ran, "[1,2]", "the checkpoint survived");
    struct job *all;
    size_t n;
    OK(job_list_subject(q.f.store, STR("s"), &q.f.arena, &all, &n, err));
    cr_assert_eq(n, 1);
    cr_expect_eq(all[0].state, JOB_DONE);
    cr_expect_eq(all[0].attempt, 1, "being killed is not an attempt");
    queue_done(&q);
}

Test(job, a_silent_workers_job_is_taken_after_its_lease) {
    struct queue q;
    queue_init(&q);
    pid_t pid = worker_fork(&q, hanging);
    kill(pid, SIGSTOP);
    queue_open(&q);
    clock_shift(&q.f.clock, 120000);
    work(&q, hanging, 1, NULL);
    cr_expect_str_eq(ran, "[1,2]");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    queue_done(&q);
}

/* A late worker wakes up after its job was done by another: it has no say any more. */
static int run_late(struct job_ctx *j, struct err *reterr) {
    if (job_self(j)->attempt == 1 && write(begun[1], "b", 1) == 1)
        while (!job_cancelled(j))
            usleep(1000);
    struct err e = {0};
    struct tx *tx;
    OK(tx_begin(job_engine(j)->store, STORE_JOBS, TX_WRITE, &tx, err));
    int held = job_hold(j, tx, &e);
    tx_rollback(&tx);
    cr_assert(held == ERR_CANCELLED, "a late worker held its job");
    return job_checkpoint(j, STR("{}"), &e) == ERR_CANCELLED
               ? err_set(reterr, ERR_CANCELLED, "late")
               : 0;
}
static const struct job_kind late[] = {{.name = "late", .run = run_late}, {.name = NULL}};
static const struct sql steal[] = {
    {"STEAL", STORE_JOBS, "UPDATE job SET claim = claim + 1, stage = 'stolen'"},
    {"KILLED_OFTEN", STORE_JOBS,
     "UPDATE job SET state = 'running', worker = 'x', lease_until = 1, crashes = $1, attempt = $2"},
    {"LEASED", STORE_JOBS,
     "UPDATE job SET state = 'running', worker = 'x', claim = 1, attempt = 1, lease_until = $1 "
     "WHERE id = $2"},
    SQL_END};

Test(job, a_claim_that_was_lost_has_no_say) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    cr_assert_eq(pipe(begun), 0);
    struct running_worker r;
    worker_start(&q, &r, late);
    struct job_id a = ENQUEUE(&q, .kind = "late", .payload = STR("a"));
    wait_begun();
    OK(store_exec(q.f.store, &steal[0], NO_ARGS, err));
    usleep(1500000);
    cr_expect_eq(get(&q, a).state, JOB_RUNNING, "what the other holds is not ended by us");
    worker_end(&r);
    queue_done(&q);
}

static int run_busy_twice(struct job_ctx *j, struct err *reterr) {
    static int turns;
    return turns++ < 3 ? err_set(reterr, ERR_BUSY, "somebody else is in there") : 0;
}
static const struct job_kind busy[] = {
    {.name = "busy", .run = run_busy_twice, .max_attempts = 1, .backoff_ms = 1}, {.name = NULL}};

Test(job, waiting_for_somebody_else_is_no_attempt) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    struct job_id a = ENQUEUE(&q, .kind = "busy");
    work(&q, busy, 1, NULL);
    struct job j = get(&q, a);
    cr_expect_eq(j.state, JOB_DONE, "%s", job_state_name(j.state));
    cr_expect_eq(j.attempt, 1);
    queue_done(&q);
}

static struct fixture *jumping;
static int run_and_jump(struct job_ctx *j, struct err *reterr) {
    if (job_self(j)->attempt > 1)
        return 0;
    clock_shift(&jumping->clock, -3600000);
    return err_set(reterr, ERR_IO, "once");
}
static const struct job_kind jumps[] = {
    {.name = "jumps", .run = run_and_jump, .backoff_ms = 1}, {.name = NULL}};

/* A clock that was an hour fast and is put right: neither a retry nor the job of a worker that is
 * gone waits an hour for it. */
Test(job, a_clock_set_back_holds_nothing_up, .timeout = 30) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    jumping = &q.f;
    struct job_id a = ENQUEUE(&q, .kind = "jumps");
    work(&q, jumps, 1, NULL);
    cr_expect_eq(get(&q, a).state, JOB_DONE);
    struct job_id b = ENQUEUE(&q, .kind = "jumps");
    OK(store_exec(q.f.store, &steal[2], ARGS(A_I64(store_now_ms(q.f.store) + 3600000), A_ID(b)),
                  err));
    work(&q, jumps, 1, NULL);
    cr_expect_eq(get(&q, b).state, JOB_DONE);
    queue_done(&q);
}

Test(job, a_job_that_kills_its_worker_ends_some_day) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    struct job_id a = ENQUEUE(&q, .kind = "note", .payload = STR("a"));
    OK(store_exec(q.f.store, &steal[1], ARGS(A_I64(20), A_I64(4)), err));
    struct running_worker r;
    worker_start(&q, &r, kinds);
    wait_state(&q, a, JOB_READY); /* after a pause that grew with the kills */
    clock_shift(&q.f.clock, 61000);
    struct job j = wait_state(&q, a, JOB_DONE);
    cr_expect_eq(j.attempt, 5, "the 21st kill counts, but one attempt was left");
    worker_end(&r);

    OK(store_exec(q.f.store, &steal[1], ARGS(A_I64(20), A_I64(5)), err));
    ran[0] = 0;
    work(&q, kinds, 1, NULL);
    cr_expect_eq(get(&q, a).state, JOB_FAILED);
    cr_expect(str_eq(get(&q, a).error_reason, STR("job.worker_died")));
    cr_expect_str_eq(ran, "");
    queue_done(&q);
}

static int run_append(struct job_ctx *j, struct err *reterr) {
    char path[128];
    snprintf(path, sizeof path, "%s/ran", job_engine(j)->run_dir);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    int n = dprintf(fd, "%s\n", job_self(j)->id.v.s);
    close(fd);
    return n > 0 ? 0 : err_set(reterr, ERR_IO, "append");
}
static const struct job_kind appending[] = {{.name = "append", .run = run_append}, {.name = NULL}};

Test(job, two_processes_run_each_job_once) {
    enum { JOBS = 60 };
    struct queue q;
    queue_init(&q);
    pid_t first = fork();
    if (first == 0) {
        queue_open(&q);
        for (int i = 0; i < JOBS; i++)
            ENQUEUE(&q, .kind = "append");
        queue_done(&(struct queue){.f = {.dir = "/nonexistent", .store = q.f.store}});
        _exit(0);
    }
    waitpid(first, NULL, 0);
    pid_t pid[2];
    for (int i = 0; i < 2; i++)
        if ((pid[i] = fork()) == 0) {
            queue_open(&q);
            work(&q, appending, 2, NULL);
            store_close(q.f.store);
            _exit(0);
        }
    for (int i = 0; i < 2; i++) {
        int status;
        waitpid(pid[i], &status, 0);
        cr_expect_eq(status, 0);
    }
    char path[128], line[64], seen[JOBS][ID_LEN + 2];
    snprintf(path, sizeof path, "%s/ran", q.f.dir);
    FILE *f = fopen(path, "r");
    int n = 0;
    while (fgets(line, sizeof line, f)) {
        cr_assert_lt(n, JOBS);
        for (int i = 0; i < n; i++)
            cr_assert_str_neq(seen[i], line);
        strcpy(seen[n++], line);
    }
    fclose(f);
    cr_expect_eq(n, JOBS);
    queue_done(&q);
}

Test(job, prunes_what_has_ended) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    struct job_id a = ENQUEUE(&q, .kind = "note", .payload = STR("a"));
    work(&q, kinds, 1, NULL);
    struct job_id b =
        ENQUEUE(&q, .kind = "note", .payload = STR("b"), .depends_on = &a, .n_depends_on = 1);
    int64_t now = store_now_ms(q.f.store);
    cr_expect_eq(OK(job_prune(q.f.store, now - 60000, err)), 0);
    cr_expect_eq(OK(job_prune(q.f.store, now + 60000, err)), 1);
    struct job j;
    FAILS(ERR_NOT_FOUND, job_get(q.f.store, a, &q.f.arena, &j, err));
    work(&q, kinds, 1, NULL);
    cr_expect_eq(get(&q, b).state, JOB_DONE);
    queue_done(&q);
}

Test(job, every_statement_prepares) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    OK(store_prepare_all(q.f.store, (const struct sql *const[]){job_sql, NULL}, err));
    queue_done(&q);
}

static int run_talks(struct job_ctx *j, struct err *reterr) {
    job_note(j, "%d pictures a second", 25);
    return job_self(j)->attempt < 2 ? err_refuse(reterr, ERR_IO, "io", "The disk was away.", "not yet") : 0;
}
static int run_once(struct job_ctx *j, struct err *reterr) {
    (void)reterr;
    return job_self(j)->started_ms > 0 ? 0 : -1;
}
static const struct job_kind talkers[] = {
    {.name = "once", .run = run_once},
    {.name = "talk", .run = run_talks, .backoff_ms = 5}, {.name = "other", .run = run_note}, {.name = NULL}};

Test(job, each_attempt_leaves_a_line_of_what_it_did) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    struct job_id id = ENQUEUE(&q, .kind = "talk", .subject = STR("film"), .payload = STR("{}"));
    struct job_line *lines;
    size_t n;
    work(&q, talkers, 1, NULL);
    OK(job_log(q.f.store, id, &q.f.arena, &lines, &n, err));
    cr_assert_eq(n, 4);
    cr_expect(str_eq(lines[0].text, STR("25 pictures a second")) && str_eq(lines[0].level, STR("info")));
    cr_expect(str_eq(lines[1].level, STR("warn")) && str_find(lines[1].text, STR("The disk was away.")) >= 0);
    cr_expect(str_starts(lines[3].text, STR("done in ")));
    struct job_id once = ENQUEUE(&q, .kind = "once", .subject = STR("film"), .payload = STR("{}"));
    work(&q, talkers, 1, NULL);
    OK(job_log(q.f.store, once, &q.f.arena, &lines, &n, err));
    cr_assert_eq(n, 1);
    cr_expect_lt(lines[0].text.n, sizeof "done in 1000.0 s", "since 1970: " STR_FMT, STR_ARG(lines[0].text));
    OK(job_prune(q.f.store, INT64_MAX, err));
    OK(job_log(q.f.store, id, &q.f.arena, &lines, &n, err));
    cr_expect_eq(n, 0, "the lines of a forgotten job stayed");
    queue_done(&q);
}

Test(job, a_board_shows_what_is_asked_for_and_what_comes_first) {
    struct queue q;
    queue_init(&q);
    queue_open(&q);
    ENQUEUE(&q, .kind = "other", .subject = STR("one"), .payload = STR("{}"));
    struct job_id a = ENQUEUE(&q, .kind = "talk", .subject = STR("one"), .payload = STR("{}"));
    struct job_id b = ENQUEUE(&q, .kind = "talk", .subject = STR("two"), .payload = STR("{}"));
    struct job *jobs;
    struct str next;
    struct tx *tx;
    size_t n;
    struct job_query all = {.kinds = STR(",talk,"), .limit = 1};
    OK(job_list(q.f.store, &all, &q.f.arena, &jobs, &n, &next, err));
    cr_assert(n == 1 && str_eq(id_str(&jobs[0].id.v), id_str(&b.v)));
    all.cursor = next;
    OK(job_list(q.f.store, &all, &q.f.arena, &jobs, &n, &next, err));
    cr_assert(n == 1 && str_eq(id_str(&jobs[0].id.v), id_str(&a.v)) && !next.p);
    OK(job_board(q.f.store, STR(",talk,other,"), 0, &q.f.arena, &jobs, &n, err));
    cr_expect_eq(n, 3);
    OK(tx_begin(q.f.store, STORE_JOBS, TX_WRITE, &tx, err));
    cr_expect_eq(job_priority_set(tx, STR("two"), 9, NULL), 1);
    cr_expect_eq(job_priority_set(tx, STR("none"), 9, NULL), 0);
    OK(job_cancel(tx, a, err));
    OK(tx_commit(&tx, err));
    cr_expect_eq(get(&q, b).priority, 9);
    cr_expect_eq(get(&q, a).state, JOB_CANCELLED);
    OK(tx_begin(q.f.store, STORE_JOBS, TX_WRITE, &tx, err));
    cr_expect_eq(job_cancel(tx, a, NULL), 0, "one that has ended");
    tx_rollback(&tx);
    queue_done(&q);
}
