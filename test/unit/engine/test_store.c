/* The store's rules on SQLite. The engine's own cursor table serves as a key with a number. */
#include "fixture.h"
#include "engine/store/store_int.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEST_SQL(Q)                                                                                \
    Q(PUT, MAIN, "INSERT INTO event_cursor_main (subscriber, seq) VALUES ($1, $2)")                \
    Q(PUT_IF_NEW, MAIN,                                                                            \
      "INSERT INTO event_cursor_main (seq, subscriber) VALUES ($2, $1) ON CONFLICT DO NOTHING")    \
    Q(GET, MAIN, "SELECT seq FROM event_cursor_main WHERE subscriber = $1")                        \
    Q(ADD, MAIN,                                                                                   \
      "UPDATE event_cursor_main SET seq = seq + $2 WHERE subscriber = $1 RETURNING seq")           \
    Q(ALL, MAIN, "SELECT subscriber, seq FROM event_cursor_main ORDER BY subscriber")              \
    Q(TYPES, MAIN, "SELECT $1, $2, $3, $4, $5")                                                    \
    Q(DEPEND, JOBS, "INSERT INTO job_dependency (job_id, depends_on) VALUES ('a', 'b')")           \
    Q(WAITS, JOBS, "SELECT depends_on FROM job_dependency WHERE job_id = $1")                       \
    Q(NULL_NAME, MAIN,                                                                             \
      "INSERT INTO event_outbox_main (id, name, version, body, at) "                               \
      "VALUES ($1, NULL, 1, '', 0)")                                                               \
    Q(FILL, MAIN,                                                                                  \
      "INSERT INTO event_outbox_main (id, name, version, body, at) "                               \
      "VALUES ($1, 'x', 1, $2, 0)")                                                                \
    Q(FILLED, MAIN, "SELECT count(*) FROM event_outbox_main")
enum { TEST_SQL(SQL_ENUM) };
static const struct sql sql[] = {TEST_SQL(SQL_ROW) SQL_END};

static int64_t number(struct fixture *f, const char *key) {
    struct rows rows;
    OK(store_row(f->store, &sql[GET], ARGS(A_CSTR(key)), &f->arena, &rows, err));
    return row_i64(&rows, 0, 0);
}

Test(store, rewrites_parameters_outside_strings_and_comments) {
    static const char *const cases[][2] = {
        {"UPDATE t SET a = $2 WHERE b = $1", "UPDATE t SET a = ?2 WHERE b = ?1"},
        {"SELECT '$1', \"$1\", 'it''s $1', $12", "SELECT '$1', \"$1\", 'it''s $1', ?12"},
        {"SELECT $1 -- $2\n, $3 /* $4 */", "SELECT ?1 -- $2\n, ?3 /* $4 */"},
        {"SELECT '$1", "SELECT '$1"},
        {"SELECT a$b, $", "SELECT a$b, $"},
        {"SELECT /*lite $1 */ /*pg $2 */", "SELECT        ?1    /*pg $2 */"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *got = sql_rewrite(cases[i][0]);
        cr_expect_str_eq(got, cases[i][1]);
        free(got);
    }
}

Test(store, tells_reading_from_writing) {
    static const char *const reads[] = {"SELECT 1", " select 'INSERT'",
                                        "-- x\nSELECT updated FROM t",
                                        "WITH a AS (SELECT 1) SELECT * FROM a", "VALUES (1)"};
    static const char *const writes[] = {"INSERT INTO t VALUES (1)", "",
                                         "WITH a AS (SELECT 1) DELETE FROM t",
                                         "UPDATE t SET a = 1 RETURNING a"};
    for (size_t i = 0; i < ARRAY_LEN(reads); i++)
        cr_expect(sql_is_read(reads[i]), "%s", reads[i]);
    for (size_t i = 0; i < ARRAY_LEN(writes); i++)
        cr_expect(!sql_is_read(writes[i]), "%s", writes[i]);
}

Test(store, keeps_every_type_and_binds_by_number) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    struct rows r;
    OK(store_row(
        f.store, &sql[TYPES],
        ARGS(A_I64(INT64_MIN), A_F64(0.5), A_STR(STR("a\0b")), A_BLOB(STR("\0\1")), A_NULL),
        &f.arena, &r, err));
    cr_expect_eq(r.cols, 5);
    cr_expect_eq(row_i64(&r, 0, 0), INT64_MIN);
    cr_expect_eq(row_f64(&r, 0, 1), 0.5);
    cr_expect(str_eq(row_str(&r, 0, 2), STR("a\0b")));
    cr_expect(str_eq(row_str(&r, 0, 3), STR("\0\1")));
    cr_expect(row_null(&r, 0, 4) && !row_null(&r, 0, 0) && !row_str(&r, 0, 4).p);
    cr_expect_eq(OK(store_exec(f.store, &sql[PUT_IF_NEW], ARGS(A_CSTR("k"), A_I64(7)), err)), 1);
    cr_expect_eq(OK(store_exec(f.store, &sql[PUT_IF_NEW], ARGS(A_CSTR("k"), A_I64(8)), err)), 0);
    cr_expect_eq(number(&f, "k"), 7);
    OK(store_row(f.store, &sql[ADD], ARGS(A_CSTR("k"), A_I64(3)), &f.arena, &r, err));
    cr_expect_eq(row_i64(&r, 0, 0), 10);
    FAILS(ERR_NOT_FOUND, store_row(f.store, &sql[GET], ARGS(A_CSTR("no")), &f.arena, &r, err));
    FAILS(ERR_INTERNAL, store_exec(f.store, &sql[PUT], ARGS(A_CSTR("k")), err));
    fixture_done(&f);
}

Test(store, a_failed_statement_breaks_its_transaction) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    struct tx *tx;
    OK(tx_begin(f.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(tx_exec(tx, &sql[PUT], ARGS(A_CSTR("k"), A_I64(1)), err));
    FAILS(ERR_CONFLICT, tx_exec(tx, &sql[PUT], ARGS(A_CSTR("k"), A_I64(2)), err));
    FAILS(ERR_CONFLICT, tx_exec(tx, &sql[PUT], ARGS(A_CSTR("other"), A_I64(2)), err));
    FAILS(ERR_CONFLICT, tx_commit(&tx, err));
    cr_expect_null(tx);
    struct rows r;
    cr_expect_eq(OK(store_query(f.store, &sql[ALL], NO_ARGS, &f.arena, &r, err)), 0);
    FAILS(ERR_CONFLICT, store_exec(f.store, &sql[DEPEND], NO_ARGS, err)); /* foreign keys are on */
    FAILS(ERR_INTERNAL, store_exec(f.store, &sql[NULL_NAME], ARGS(A_CSTR("i")), err));
    fixture_done(&f);
}

Test(store, answers_several_questions_at_once) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    OK(store_exec(f.store, &sql[PUT], ARGS(A_CSTR("a"), A_I64(1)), err));
    OK(store_exec(f.store, &sql[PUT], ARGS(A_CSTR("b"), A_I64(2)), err));
    struct store_ask asks[] = {ASK(&sql[GET], A_CSTR("b")), ASK(&sql[GET], A_CSTR("nobody")),
                               ASK(&sql[WAITS], A_CSTR("x")), ASK(&sql[GET], A_CSTR("a"))};
    OK(store_ask_all(f.store, asks, ARRAY_LEN(asks), &f.arena, err));
    cr_assert_eq(asks[0].rows.n, 1);
    cr_expect_eq(row_i64(&asks[0].rows, 0, 0), 2);
    cr_expect_eq(asks[1].rows.n, 0);
    cr_expect_eq(asks[2].rows.n, 0); /* of another database */
    cr_assert_eq(asks[3].rows.n, 1);
    cr_expect_eq(row_i64(&asks[3].rows, 0, 0), 1);
    fixture_done(&f);
}

Test(store, refuses_what_the_other_engine_would) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    struct tx *tx, *second;
    OK(tx_begin(f.store, STORE_MAIN, TX_READ, &tx, err));
    FAILS(ERR_INTERNAL, tx_exec(tx, &sql[PUT], ARGS(A_CSTR("k"), A_I64(1)), err));
    FAILS(ERR_INTERNAL, tx_exec(tx, &sql[DEPEND], NO_ARGS, err));
    tx_rollback(&tx);
    OK(tx_begin(f.store, STORE_MAIN, TX_WRITE, &tx, err));
    FAILS(ERR_INTERNAL, tx_begin(f.store, STORE_MAIN, TX_WRITE, &second, err));
    OK(tx_begin(f.store, STORE_JOBS, TX_WRITE, &second, err));
    tx_rollback(&second);
    tx_rollback(&tx);
    tx_rollback(&tx); /* NULL-safe */
    fixture_done(&f);
}

static void note(void *arg) {
    strcat((char *)arg, "x");
}

Test(store, works_after_commit_only) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    char said[8] = "";
    struct tx *tx;
    OK(tx_begin(f.store, STORE_MAIN, TX_WRITE, &tx, err));
    cr_assert_eq(tx_after_commit(tx, note, said), 0);
    tx_rollback(&tx);
    cr_expect_str_eq(said, "");
    OK(tx_begin(f.store, STORE_MAIN, TX_WRITE, &tx, err));
    cr_assert_eq(tx_after_commit(tx, note, said), 0);
    cr_assert_eq(tx_after_commit(tx, note, said), 0);
    OK(tx_commit(&tx, err));
    cr_expect_str_eq(said, "xx");
    fixture_done(&f);
}

Test(store, a_result_over_the_ceiling_is_refused) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    static char big[100000];
    memset(big, 'a', sizeof big);
    struct arena small = ARENA(4096);
    struct rows r;
    struct str s = str_make(big, sizeof big);
    FAILS(ERR_LIMIT, store_row(f.store, &sql[TYPES], ARGS(A_STR(s), A_NULL, A_NULL, A_NULL, A_NULL),
                               &small, &r, err));
    cr_expect_eq(r.n, 0);
    arena_done(&small);
    fixture_done(&f);
}

/* Adds 1 to k a hundred times, reading first: lost updates would show. */
static void add_hundred(struct store *st) {
    for (int i = 0; i < 100; i++) {
        struct arena a = ARENA(1 << 20);
        struct tx *tx;
        struct rows r;
        OK(tx_begin(st, STORE_MAIN, TX_WRITE, &tx, err));
        OK(tx_row(tx, &sql[GET], ARGS(A_CSTR("k")), &a, &r, err));
        int64_t was = row_i64(&r, 0, 0);
        OK(tx_row(tx, &sql[ADD], ARGS(A_CSTR("k"), A_I64(1)), &a, &r, err));
        cr_assert_eq(row_i64(&r, 0, 0), was + 1);
        OK(tx_commit(&tx, err));
        arena_done(&a);
    }
}

static void *add_thread(void *arg) {
    add_hundred(arg);
    return NULL;
}

Test(store, threads_take_turns) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    OK(store_exec(f.store, &sql[PUT], ARGS(A_CSTR("k"), A_I64(0)), err));
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&t[i], NULL, add_thread, f.store), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    cr_expect_eq(number(&f, "k"), 400);
    fixture_done(&f);
}

/* Each child opens, migrates at the same moment as the others, and writes. */
Test(store, processes_take_turns_and_migrate_once) {
    struct fixture f;
    fixture_init(&f);
    pid_t pid[3];
    for (int i = 0; i < 3; i++)
        if ((pid[i] = fork()) == 0) {
            fixture_store(&f);
            OK(store_exec(f.store, &sql[PUT_IF_NEW], ARGS(A_CSTR("k"), A_I64(0)), err));
            add_hundred(f.store);
            store_close(f.store);
            _exit(0);
        }
    for (int i = 0; i < 3; i++) {
        int status;
        cr_assert_eq(waitpid(pid[i], &status, 0), pid[i]);
        cr_expect_eq(status, 0);
    }
    fixture_store(&f);
    cr_expect_eq(number(&f, "k"), 300);
    fixture_done(&f);
}

struct holder {
    struct store *st;
    pthread_barrier_t held, release;
};

static void *hold_thread(void *arg) {
    struct holder *h = arg;
    struct tx *tx;
    OK(tx_begin(h->st, STORE_MAIN, TX_WRITE, &tx, err));
    OK(tx_exec(tx, &sql[PUT], ARGS(A_CSTR("held"), A_I64(1)), err));
    pthread_barrier_wait(&h->held);
    pthread_barrier_wait(&h->release);
    OK(tx_commit(&tx, err));
    return NULL;
}

/* While one writes: a second writer of this and of another pool waits its time and no longer, a
 * reader sees the state before. */
Test(store, busy_is_bounded_and_readers_do_not_wait) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    struct store *other;
    struct store_options o = {.url = f.dir, .busy_ms = 50};
    OK(store_open(&o, &other, err));
    struct holder h = {.st = other};
    pthread_barrier_init(&h.held, NULL, 2);
    pthread_barrier_init(&h.release, NULL, 2);
    pthread_t t;
    pthread_create(&t, NULL, hold_thread, &h);
    pthread_barrier_wait(&h.held);

    struct tx *tx;
    int64_t from = clock_mono_ns();
    struct err e = FAILS(ERR_BUSY, tx_begin(other, STORE_MAIN, TX_WRITE, &tx, err));
    int64_t took_ms = (clock_mono_ns() - from) / 1000000;
    cr_expect(took_ms >= 50 && took_ms < 20000, "%d ms", (int)took_ms);
    cr_expect(e.hint[0]);
    struct store *third; /* its own pool: SQLite's lock decides, as between processes */
    OK(store_open(&o, &third, err));
    FAILS(ERR_BUSY, tx_begin(third, STORE_MAIN, TX_WRITE, &tx, err));
    struct rows r;
    cr_expect_eq(OK(store_query(f.store, &sql[GET], ARGS(A_CSTR("held")), &f.arena, &r, err)), 0);

    pthread_barrier_wait(&h.release);
    pthread_join(t, NULL);
    cr_expect_eq(number(&f, "held"), 1);
    store_close(third);
    store_close(other);
    fixture_done(&f);
}

Test(store, files_are_not_for_everybody) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    OK(store_exec(f.store, &sql[PUT], ARGS(A_CSTR("k"), A_I64(1)), err));
    static const char *const names[] = {"main.db", "main.db-wal", "jobs.db", "viewing.db"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[128];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", f.dir, names[i]);
        cr_assert_eq(stat(path, &st), 0, "%s", path);
        cr_expect_eq(st.st_mode & 07, 0, "%s is %o", path, st.st_mode);
    }
    fixture_done(&f);
}

Test(store, a_backup_is_whole_and_never_overwrites) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    OK(store_exec(f.store, &sql[PUT], ARGS(A_CSTR("k"), A_I64(42)), err));
    char dir[128];
    snprintf(dir, sizeof dir, "%s/backup", f.dir);
    OK(store_backup(f.store, dir, err));
    struct err e = FAILS(ERR_CONFLICT, store_backup(f.store, dir, err));
    cr_expect(e.hint[0]);
    struct store *copy;
    struct store_options o = {.url = dir, .read_only = true};
    OK(store_open(&o, &copy, err));
    struct rows r;
    OK(store_row(copy, &sql[GET], ARGS(A_CSTR("k")), &f.arena, &r, err));
    cr_expect_eq(row_i64(&r, 0, 0), 42);
    FAILS(ERR_PERMISSION, store_exec(copy, &sql[PUT], ARGS(A_CSTR("j"), A_I64(1)), err));
    store_close(copy);
    fixture_done(&f);
}

static void path_of(const struct fixture *f, const char *name, char *dst, size_t n) {
    snprintf(dst, n, "%s/%s", f->dir, name);
}

Test(store, wrong_files_are_told_plainly) {
    struct fixture f;
    fixture_init(&f);
    char path[128];
    path_of(&f, "main.db", path, sizeof path);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("this is no database. ", file);
    fclose(file);
    struct store_options o = {.url = f.dir};
    struct store *st;
    struct err e = FAILS(ERR_CORRUPT, store_open(&o, &st, err));
    cr_expect(strstr(e.msg, "main.db") && e.hint[0], "%s", e.msg);
    struct store_options pg = {.url = "mysql://x/y"};
    e = FAILS(ERR_INVALID, store_open(&pg, &st, err));
    cr_expect(e.hint[0]);
    struct store_options missing = {.url = "/nonexistent/place", .read_only = true};
    FAILS(ERR_NOT_FOUND, store_open(&missing, &st, err));
    fixture_done(&f);
}

static const struct sql newer[] = {
    {"NEWER", STORE_MAIN, "INSERT INTO schema_migration VALUES ('9999_future', 'x', 0)"},
    {"CHANGED", STORE_JOBS, "UPDATE schema_migration SET checksum = 'x'"},
    SQL_END};

Test(store, a_newer_or_changed_schema_is_refused) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    OK(store_migrate(f.store, err)); /* again: nothing to do */
    OK(store_exec(f.store, &newer[0], NO_ARGS, err));
    struct err e = FAILS(ERR_CONFLICT, store_migrate(f.store, err));
    cr_expect_str_eq(err_reason(&e), "store.newer");
    fixture_done(&f);

    fixture_init(&f);
    fixture_store(&f);
    OK(store_exec(f.store, &newer[1], NO_ARGS, err));
    e = FAILS(ERR_CONFLICT, store_migrate(f.store, err));
    cr_expect_str_eq(err_reason(&e), "store.changed_migration");
    fixture_done(&f);
}

static const struct sql bad[] = {{"NO_TABLE", STORE_JOBS, "SELECT 1 FROM no_such_table"}, SQL_END};
static const struct sql two[] = {{"TWO", STORE_MAIN, "SELECT 1; SELECT 2"}, SQL_END};

Test(store, prepares_every_statement) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    OK(store_prepare_all(f.store, (const struct sql *const[]){sql, NULL}, err));
    struct err e = FAILS(
        ERR_INTERNAL, store_prepare_all(f.store, (const struct sql *const[]){sql, bad, NULL}, err));
    cr_expect(strstr(e.msg, "NO_TABLE"), "%s", e.msg);
    FAILS(ERR_INTERNAL, store_prepare_all(f.store, (const struct sql *const[]){two, NULL}, err));
    fixture_done(&f);
}

/* A disk of 4 MiB: the write that does not fit says so and leaves what was there; after room is
 * made it works again. */
Test(store, a_full_disk_is_told_and_survived) {
    struct fixture f;
    fixture_init(&f);
    if (mount("none", f.dir, "tmpfs", 0, "size=4m") < 0) {
        fixture_done(&f);
        cr_skip_test("no right to mount a small tmpfs");
    }
    fixture_store(&f);
    char ballast[128];
    path_of(&f, "ballast", ballast, sizeof ballast);
    int fd = open(ballast, O_CREAT | O_WRONLY, 0600);
    cr_assert_eq(ftruncate(fd, 0), 0);
    cr_assert_eq(posix_fallocate(fd, 0, 512 << 10), 0);
    close(fd);
    static char big[64 << 10];
    memset(big, 'a', sizeof big);
    int written = 0;
    struct err e = {0};
    while (store_exec(f.store, &sql[FILL], ARGS(A_CSTR("i"), A_STR(str_make(big, sizeof big))),
                      &e) >= 0)
        written++;
    cr_expect_eq(e.code, ERR_NO_SPACE, "%s", e.msg);
    cr_expect(e.hint[0] && written > 0);
    struct rows r;
    OK(store_row(f.store, &sql[FILLED], NO_ARGS, &f.arena, &r, err));
    cr_expect_eq(row_i64(&r, 0, 0), written);
    cr_assert_eq(unlink(ballast), 0);
    OK(store_exec(f.store, &sql[FILL], ARGS(A_CSTR("i"), A_STR(str_make(big, sizeof big))), err));
    store_close(take(f.store));
    cr_assert_eq(umount(f.dir), 0);
    fixture_done(&f);
}
