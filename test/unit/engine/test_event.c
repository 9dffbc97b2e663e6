/* The outbox: with the change or not at all, in order, again after a failure, to each at its own
 * pace. */
#include "fixture.h"
#include "service/service.h"
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct bus {
    struct fixture f;
    struct engine engine;
};
static void bus_open(struct bus *b) {
    fixture_store(&b->f);
    b->engine = (struct engine){.store = b->f.store, .clock = &b->f.clock, .run_dir = b->f.dir};
}
static void bus_init(struct bus *b) {
    fixture_init(&b->f);
    bus_open(b);
}

static void publish(struct bus *b, enum store_db db, const char *name, const char *body,
                    bool commit) {
    struct tx *tx;
    OK(tx_begin(b->f.store, db, TX_WRITE, &tx, err));
    OK(event_publish(tx, name, 1, STR("subject"), str_of(body), err));
    if (commit)
        OK(tx_commit(&tx, err));
    else
        tx_rollback(&tx);
}

static char heard[2][256];
static int fail_left;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int hear_first(const struct engine *e, const struct event *ev, struct arena *a,
                      struct err *reterr) {
    pthread_mutex_lock(&lock);
    strncat(heard[0], ev->body.p, ev->body.n);
    pthread_mutex_unlock(&lock);
    return 0;
}
static int hear_second(const struct engine *e, const struct event *ev, struct arena *a,
                       struct err *reterr) {
    if (fail_left > 0) {
        fail_left--;
        return err_set(reterr, ERR_IO, "not now");
    }
    strncat(heard[1], ev->body.p, ev->body.n);
    return 0;
}
static const struct event_handler handlers[] = {{"title.published", "test.first", hear_first},
                                                {"title.published", "test.second", hear_second},
                                                {0}};
static const struct event_handler *const tables[] = {handlers, NULL};

Test(event, is_told_with_its_change_or_not_at_all) {
    struct bus b;
    bus_init(&b);
    publish(&b, STORE_MAIN, "title.published", "a", true);
    publish(&b, STORE_MAIN, "title.published", "x", false);
    publish(&b, STORE_MAIN, "title.other", "y", true);
    publish(&b, STORE_MAIN, "title.published", "b", true);
    publish(&b, STORE_VIEWING, "title.published", "c", true);
    publish(&b, STORE_JOBS, "title.published", "d", true);
    OK(event_dispatch_once(&b.engine, tables, err));
    cr_expect_str_eq(heard[0], "abdc", "main, jobs, viewing");
    OK(event_dispatch_once(&b.engine, tables, err));
    cr_expect_str_eq(heard[0], "abdc", "once");
    cr_expect_str_eq(heard[1], "abdc");
    fixture_done(&b.f);
}

Test(event, a_failing_handler_holds_itself_only_and_is_tried_again) {
    struct bus b;
    bus_init(&b);
    fail_left = 2;
    publish(&b, STORE_MAIN, "title.published", "a", true);
    publish(&b, STORE_MAIN, "title.published", "b", true);
    OK(event_dispatch_once(&b.engine, tables, err));
    cr_expect_str_eq(heard[0], "ab");
    cr_expect_str_eq(heard[1], "");
    OK(event_dispatch_once(&b.engine, tables, err));
    cr_expect_eq(fail_left, 1, "not before its pause is over");
    clock_shift(&b.f.clock, 2000);
    OK(event_dispatch_once(&b.engine, tables, err));
    cr_expect_eq(fail_left, 0);
    clock_shift(&b.f.clock, 1000);
    OK(event_dispatch_once(&b.engine, tables, err));
    cr_expect_str_eq(heard[1], "", "the second pause is longer");
    clock_shift(&b.f.clock, 2000);
    OK(event_dispatch_once(&b.engine, tables, err));
    cr_expect_str_eq(heard[1], "ab", "in order");
    cr_expect_str_eq(heard[0], "ab");
    fixture_done(&b.f);
}

Test(event, more_than_a_batch) {
    struct bus b;
    bus_init(&b);
    struct tx *tx;
    OK(tx_begin(b.f.store, STORE_MAIN, TX_WRITE, &tx, err));
    for (int i = 0; i < 200; i++)
        OK(event_publish(tx, "title.published", 1, STR_NULL, STR("."), err));
    OK(tx_commit(&tx, err));
    OK(event_dispatch_once(&b.engine, tables, err));
    cr_expect_eq(strlen(heard[0]), 200);
    fixture_done(&b.f);
}

static void heard_wait(const char *want) {
    for (int i = 0; i < 3000; i++) {
        pthread_mutex_lock(&lock);
        bool same = strcmp(heard[0], want) == 0;
        pthread_mutex_unlock(&lock);
        if (same)
            return;
        usleep(10000);
    }
    cr_assert_fail("heard '%s' instead of '%s'", heard[0], want);
}

/* Were it polling, each would take the whole pause; a busy machine may delay some, not all. */
Test(event, the_dispatcher_wakes_at_the_commit) {
    struct bus b;
    bus_init(&b);
    struct event_dispatcher *d;
    publish(&b, STORE_MAIN, "title.published", "a", true);
    OK(event_dispatcher_start(&b.engine, tables, &d, err));
    heard_wait("a");
    int64_t quickest_ms = INT64_MAX;
    char want[8] = "a";
    for (int i = 0; i < 4; i++) {
        strcat(want, "b");
        publish(&b, STORE_MAIN, "title.published", "b", true);
        int64_t from = clock_mono_ns();
        heard_wait(want);
        quickest_ms = MIN(quickest_ms, (clock_mono_ns() - from) / 1000000);
    }
    cr_expect_lt(quickest_ms, 800);
    OK(event_dispatch_once(&b.engine, tables,
                           err)); /* while the other has the turn: waits, no more */
    cr_expect_str_eq(heard[0], want);
    event_dispatcher_stop(d);
    event_dispatcher_stop(NULL);
    fixture_done(&b.f);
}

/* The process that has the turn is killed inside a handler: another delivers, that event too. */
static int ready[2];
static int hang(const struct engine *e, const struct event *ev, struct arena *a,
                struct err *reterr) {
    if (write(ready[1], "r", 1) == 1)
        pause();
    return 0;
}
static const struct event_handler hanging[] = {{"title.published", "test.first", hang}, {0}};

Test(event, a_killed_dispatcher_is_replaced_and_nothing_is_lost) {
    struct bus b;
    fixture_init(&b.f);
    cr_assert_eq(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        bus_open(&b);
        publish(&b, STORE_MAIN, "title.published", "a", true);
        OK(event_dispatch_once(&b.engine, (const struct event_handler *const[]){hanging, NULL},
                               err));
        _exit(0);
    }
    char c;
    cr_assert_eq(read(ready[0], &c, 1), 1);
    bus_open(&b);
    struct event_dispatcher *d;
    OK(event_dispatcher_start(&b.engine, tables, &d, err));
    usleep(200000);
    cr_expect_str_eq(heard[0], "", "one at a time");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    heard_wait("a");
    event_dispatcher_stop(d);
    fixture_done(&b.f);
}

static const struct sql count_sql[] = {
    {"COUNT", STORE_MAIN, "SELECT count(*) FROM event_outbox_main"}, SQL_END};

Test(event, prunes_what_everybody_has_had) {
    struct bus b;
    bus_init(&b);
    publish(&b, STORE_MAIN, "title.other", "o", true);
    publish(&b, STORE_MAIN, "title.published", "a", true);
    OK(event_dispatch_once(&b.engine, tables, err));
    publish(&b, STORE_MAIN, "title.other", "o", true);
    publish(&b, STORE_MAIN, "title.published", "b", true);
    publish(&b, STORE_MAIN, "title.other", "o", true);
    int64_t now = store_now_ms(b.f.store);
    cr_expect_eq(OK(event_prune(b.f.store, tables, now - 60000, err)), 0, "too young");
    cr_expect_eq(OK(event_prune(b.f.store, tables, now + 60000, err)), 3, "up to what is due");
    OK(event_dispatch_once(&b.engine, tables, err));
    cr_expect_str_eq(heard[0], "ab");
    cr_expect_eq(OK(event_prune(b.f.store, tables, now + 60000, err)), 2);
    struct rows r;
    OK(store_row(b.f.store, &count_sql[0], NO_ARGS, &b.f.arena, &r, err));
    cr_expect_eq(row_i64(&r, 0, 0), 0);
    publish(&b, STORE_MAIN, "title.published", "c", true);
    OK(event_dispatch_once(&b.engine, tables, err));
    cr_expect_str_eq(heard[0], "abc", "a number is never given out twice");
    fixture_done(&b.f);
}

Test(event, every_statement_prepares) {
    struct bus b;
    bus_init(&b);
    OK(store_prepare_all(b.f.store, (const struct sql *const[]){event_sql, NULL}, err));
    fixture_done(&b.f);
}
