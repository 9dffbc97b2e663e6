/* Requests that wait: pools and their queues, deferred replies, deadlines, stopping, pipelines. */
#include "fixture.h"
#include "engine/http/http_int.h"
#include <fcntl.h>
#include <unistd.h>

static struct fixture f;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct request *parked[64];
static int n_parked;
static atomic_int gone, then_ran, entered, release_all, overlapped;

static void on_gone(void *arg) { atomic_fetch_add(&gone, 1); }

/* The other side resumes while this still runs: then() must wait for it. */
static void on_gone_slowly(void *arg) {
    atomic_fetch_add(&gone, 1);
    sleep_ms(60);
    atomic_fetch_add(&overlapped, atomic_load(&then_ran));
    atomic_fetch_add(&gone, 1);
}

static int park_slowly(struct request *rq, struct err *reterr) {
    parked[n_parked++] = rq;
    return reply_defer(rq, on_gone_slowly, NULL);
}

static int park(struct request *rq, struct err *reterr) {
    pthread_mutex_lock(&lock);
    parked[n_parked++] = rq;
    pthread_mutex_unlock(&lock);
    return reply_defer(rq, on_gone, NULL);
}

static int then_hello(struct request *rq, void *arg, struct err *reterr) {
    atomic_fetch_add(&then_ran, 1);
    return reply_json(rq, 200, json_pack("{s:s}", "slept", arg));
}

static int then_error(struct request *rq, void *arg, struct err *reterr) {
    return err_refuse(reterr, ERR_CONFLICT, "park.no", "No.", "no");
}

/* Resumed by another thread before the handler has even returned. */
static void *resume_at_once(void *arg) {
    request_resume(arg, then_hello, "not at all");
    return NULL;
}

static int race(struct request *rq, struct err *reterr) {
    pthread_t t;
    reply_defer(rq, NULL, NULL);
    pthread_create(&t, NULL, resume_at_once, rq);
    pthread_join(t, NULL);
    int before = atomic_load(&then_ran);
    sleep_ms(5); /* then() must not share the request's memory with us */
    atomic_fetch_add(&overlapped, atomic_load(&then_ran) - before);
    return 0;
}

static int block(struct request *rq, struct err *reterr) {
    atomic_fetch_add(&entered, 1);
    while (!atomic_load(&release_all))
        sleep_ms(1);
    return reply_empty(rq);
}

static int number(struct request *rq, struct err *reterr) {
    return reply_text(rq, 200, "text/plain", request_param(rq, "n"));
}

static const struct route routes[] = {
    {GET, "/park", park, .doc = "d"},
    {GET, "/park-short", park, .deadline_ms = 200, .doc = "d"},
    {GET, "/race", race, .doc = "d"},
    {GET, "/park-slowly", park_slowly, .deadline_ms = 100, .doc = "d"},
    {GET, "/block", block, .doc = "d", .priority = PRIO_REST},
    {GET, "/block-short", block, .doc = "d", .deadline_ms = 200},
    {GET, "/play/{n:int}", number, .doc = "d", .priority = PRIO_PLAY},
    {GET, "/browse/{n:int}", number, .doc = "d", .priority = PRIO_BROWSE},
    {GET, "/password/{n:int}", number, .doc = "d", .pool = POOL_PASSWORD},
    {0},
};

static void start(void) {
    static const struct route *const tables[] = {routes, NULL};
    fixture_start(&f, tables, (struct http_options){.default_threads = 2, .queue_max = 4});
}
static void stop(void) {
    atomic_store(&release_all, 1);
    fixture_stop(&f, 1000);
}
TestSuite(http_flow, .init = start, .fini = stop, .timeout = 30);

static void *ask_thread(void *arg) {
    struct reply *r = calloc(1, sizeof *r);
    *r = ask(&f, GET_(arg));
    return r;
}

static pthread_t ask_later(const char *path) {
    pthread_t t;
    cr_assert(pthread_create(&t, NULL, ask_thread, (void *)path) == 0);
    return t;
}

static struct reply answer_of(pthread_t t) {
    void *p;
    pthread_join(t, &p);
    struct reply r = *(struct reply *)p;
    free(p);
    return r;
}

static int parked_now(void) {
    pthread_mutex_lock(&lock);
    int n = n_parked;
    pthread_mutex_unlock(&lock);
    return n;
}

Test(http_flow, a_reply_may_come_later_and_holds_no_thread) {
    pthread_t t[8];
    for (int i = 0; i < 8; i++) { /* four times the threads */
        t[i] = ask_later("/park");
        EVENTUALLY(parked_now() == i + 1, 3000);
    }
    scoped_reply other = ask(&f, GET_("/play/7"));
    cr_assert_eq(other.status, 200);
    for (int i = 0; i < 8; i++)
        request_resume(parked[i], i ? then_hello : then_error, "well");
    int well = 0, refused = 0;
    for (int i = 0; i < 8; i++) {
        scoped_reply r = answer_of(t[i]);
        well += r.status == 200;
        refused += r.status == 409;
    }
    cr_assert_eq(well, 7);
    cr_assert_eq(refused, 1);
    cr_assert_eq(atomic_load(&gone), 0);
}

Test(http_flow, a_resume_may_overtake_the_handler) {
    for (int i = 0; i < 50; i++) {
        scoped_reply r = ask(&f, GET_("/race"));
        cr_assert_eq(r.status, 200);
    }
    cr_assert_eq(atomic_load(&overlapped), 0);
}

Test(http_flow, a_deferred_request_ends_at_its_deadline) {
    int64_t from = clock_mono_ns();
    scoped_reply r = ask(&f, GET_("/park-short"));
    int64_t ms = (clock_mono_ns() - from) / 1000000;
    cr_assert_eq(r.status, 504);
    cr_assert(ms >= 190 && ms < 1500, "%d ms", (int)ms);
    EVENTUALLY(atomic_load(&gone) == 1, 1000);
    request_resume(parked[0], then_hello, "too late");
    EVENTUALLY(atomic_load(&then_ran) == 1, 1000);
}

Test(http_flow, then_waits_for_on_gone) {
    pthread_t t = ask_later("/park-slowly");
    EVENTUALLY(atomic_load(&gone) == 1, 2000);
    request_resume(parked[0], then_hello, "x");
    EVENTUALLY(atomic_load(&then_ran) == 1 && atomic_load(&gone) == 2, 1000);
    cr_assert_eq(atomic_load(&overlapped), 0);
    scoped_reply r = answer_of(t);
    cr_assert_eq(r.status, 504);
}

Test(http_flow, a_client_that_goes_is_noticed_at_once) {
    int fd = raw_connect(&f);
    raw_send(fd, "GET /park HTTP/1.1\r\nHost: x\r\n\r\n");
    EVENTUALLY(parked_now() == 1, 3000);
    sleep_ms(20);
    cr_assert_eq(atomic_load(&gone), 0);
    fd_close(&fd);
    EVENTUALLY(atomic_load(&gone) == 1, 500);
    request_resume(parked[0], then_hello, "nobody");
    EVENTUALLY(atomic_load(&then_ran) == 1, 1000);
}

Test(http_flow, a_handler_past_its_deadline_is_answered_for) {
    scoped_reply r = ask(&f, GET_("/block-short"));
    cr_assert_eq(r.status, 504);
    cr_assert_eq(atomic_load(&entered), 1);
    atomic_store(&release_all, 1); /* its own answer is dropped; nothing breaks */
    scoped_reply again = ask(&f, GET_("/play/1"));
    cr_assert_eq(again.status, 200);
}

Test(http_flow, a_full_queue_turns_away_the_least_important) {
    pthread_t blocked[2], waiting[4];
    for (int i = 0; i < 2; i++)
        blocked[i] = ask_later("/block");
    EVENTUALLY(atomic_load(&entered) == 2, 3000);
    int64_t queued = metric_get(&http_metrics[M_QUEUE_DEFAULT]);
    for (int i = 0; i < 4; i++)
        waiting[i] = ask_later("/browse/1");
    EVENTUALLY(metric_get(&http_metrics[M_QUEUE_DEFAULT]) == queued + 4, 3000);
    scoped_reply over = ask(&f, GET_("/browse/2"));
    cr_assert_eq(over.status, 503);
    cr_assert(head_value(&over, "Retry-After"));
    /* A Play takes the place of a browse that waits. */
    pthread_t play = ask_later("/play/3");
    int shed = 0;
    EVENTUALLY(metric_get(&http_metrics[M_SHED]) == 2, 3000);
    /* The password pool is another queue: it is not touched. */
    scoped_reply password = ask(&f, GET_("/password/4"));
    cr_assert_eq(password.status, 200);
    atomic_store(&release_all, 1);
    scoped_reply played = answer_of(play);
    cr_assert_eq(played.status, 200);
    for (int i = 0; i < 4; i++) {
        scoped_reply r = answer_of(waiting[i]);
        shed += r.status == 503;
    }
    cr_assert_eq(shed, 1);
    for (int i = 0; i < 2; i++) {
        scoped_reply r = answer_of(blocked[i]);
        cr_assert_eq(r.status, 204);
    }
}

Test(http_flow, requests_sent_at_once_are_answered_in_order) {
    int fd = raw_connect(&f);
    scoped(buf_done) struct buf m = BUF(64 << 10), b = BUF(256 << 10);
    for (int i = 0; i < 50; i++)
        buf_addf(&m, "GET /play/%d HTTP/1.1\r\nHost: x\r\n\r\n", 1000 + i);
    raw_send(fd, buf_cstr(&m));
    raw_read(fd, &b, "\r\n\r\n1049", 5000);
    size_t at = 0;
    for (int i = 0; i < 50; i++) {
        char want[32];
        snprintf(want, sizeof want, "\r\n\r\n%d", 1000 + i);
        ptrdiff_t next = str_find(str_slice(buf_str(&b), at, b.n), str_of(want));
        cr_assert(next >= 0, "answer %d is missing or out of order: " STR_FMT, i,
                  STR_ARG(buf_str(&b)));
        at += (size_t)next + 4;
    }
    fd_close(&fd);
}

/* Stopping, without the suite's own stop. */
Test(http_stop, suspended_requests_are_answered_not_aborted_on, .timeout = 30) {
    start();
    pthread_t t[6];
    for (int i = 0; i < 6; i++) {
        t[i] = ask_later("/park");
        EVENTUALLY(parked_now() == i + 1, 3000);
    }
    int idle = raw_connect(&f); /* a keep-alive connection with nothing on it */
    fixture_stop(&f, 50);
    for (int i = 0; i < 6; i++) {
        scoped_reply r = answer_of(t[i]);
        cr_assert_eq(r.status, 503);
    }
    cr_assert_eq(atomic_load(&gone), 6);
    for (int i = 0; i < 6; i++) /* after the server is gone, in this thread */
        request_resume(parked[i], then_hello, "after the end");
    cr_assert_eq(atomic_load(&then_ran), 6);
    fd_close(&idle);
}

/* On a connection that is open, while the server waits for others to end. */
static atomic_int refused_late;
static void *ask_again(void *arg) {
    scoped(buf_done) struct buf b = BUF(64 << 10);
    sleep_ms(100);
    raw_send(*(int *)arg, "GET /play/2 HTTP/1.1\r\nHost: x\r\n\r\n");
    raw_read(*(int *)arg, &b, "}", 2000);
    bool closes = str_find(buf_str(&b), STR("Connection: close")) > 0;
    atomic_store(&refused_late, str_starts(buf_str(&b), STR("HTTP/1.1 503")) && closes);
    return NULL;
}

Test(http_stop, running_requests_may_end, .timeout = 30) {
    start();
    pthread_t t = ask_later("/block");
    EVENTUALLY(atomic_load(&entered) == 1, 3000);
    pthread_t resumer;
    void *release(void *arg);
    cr_assert(pthread_create(&resumer, NULL, release, NULL) == 0);
    int late = raw_connect(&f);
    raw_send(late, "GET /play/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    scoped(buf_done) struct buf b = BUF(64 << 10);
    raw_read(late, &b, "\r\n\r\n1", 2000);
    pthread_t latecomer;
    cr_assert(pthread_create(&latecomer, NULL, ask_again, &late) == 0);
    int64_t from = clock_mono_ns();
    fixture_stop(&f, 5000);
    cr_assert(clock_mono_ns() - from < 3000000000);
    scoped_reply r = answer_of(t);
    cr_assert_eq(r.status, 204);
    pthread_join(resumer, NULL);
    pthread_join(latecomer, NULL);
    cr_assert_eq(atomic_load(&refused_late), 1);
    fd_close(&late);
}

void *release(void *arg);
void *release(void *arg) {
    sleep_ms(400);
    atomic_store(&release_all, 1);
    return NULL;
}
