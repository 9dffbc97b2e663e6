/* A database file is mapped once in the process (sqlite_map.c): what others do to it behind the mapping. */
#include "fixture.h"
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAP_SQL(Q)                                                                                                     \
    Q(ADD, MAIN, "INSERT INTO event_outbox_main (id, name, version, body, at) VALUES ($1, 'x', 1, $2, 0)")             \
    Q(SUM, MAIN, "SELECT count(*), sum(length(body)), min(body), max(body) FROM event_outbox_main")
enum { MAP_SQL(SQL_ENUM) };
static const struct sql sql[] = {MAP_SQL(SQL_ROW) SQL_END};

enum { BODY = 3000 };

static void rows_add(struct store *st, int from, int n, char fill) {
    static char body[BODY];
    memset(body, fill, sizeof body);
    for (int i = from; i < from + n; i++) {
        char id[32];
        snprintf(id, sizeof id, "%08d", i);
        OK(store_exec(st, &sql[ADD], ARGS(A_CSTR(id), A_STR(str_make(body, sizeof body))), err));
    }
}

static void rows_expect(struct fixture *f, struct store *st, int n, char first, char last) {
    struct rows r;
    OK(store_row(st, &sql[SUM], NO_ARGS, &f->arena, &r, err));
    cr_expect_eq(row_i64(&r, 0, 0), n);
    cr_expect_eq(row_i64(&r, 0, 1), n * BODY);
    cr_expect_eq(row_str(&r, 0, 2).p[BODY - 1], first);
    cr_expect_eq(row_str(&r, 0, 3).p[BODY - 1], last);
}

/* In a process of its own, as the worker or a command would. */
static void other_process(const struct fixture *f, const char *script) {
    pid_t pid = fork();
    if (pid == 0) {
        char path[300];
        sqlite3 *db;
        snprintf(path, sizeof path, "%s/main.db", f->dir);
        int rc = sqlite3_open(path, &db);
        sqlite3_busy_timeout(db, 5000);
        rc = rc ? rc : sqlite3_exec(db, script, NULL, NULL, NULL);
        sqlite3_close(db);
        _exit(rc);
    }
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(status, 0, "the other process ended with %d", status);
}

static off_t size_of(const struct fixture *f, const char *name) {
    char path[300];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    return stat(path, &st) ? -1 : st.st_size;
}

Test(store_map, a_file_that_grows_and_shrinks_is_read_right) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    rows_add(f.store, 0, 500, 'a');
    other_process(&f, "PRAGMA wal_checkpoint(TRUNCATE)");
    off_t grown = size_of(&f, "main.db");
    cr_assert_gt(grown, 500 * BODY);
    rows_expect(&f, f.store, 500, 'a', 'a');

    rows_add(f.store, 500, 500, 'b');
    other_process(&f, "PRAGMA wal_checkpoint(TRUNCATE)");
    cr_assert_gt(size_of(&f, "main.db"), grown + 500 * BODY);
    rows_expect(&f, f.store, 1000, 'a', 'b');

    other_process(&f, "DELETE FROM event_outbox_main WHERE id >= '00000010'; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
    cr_assert_lt(size_of(&f, "main.db"), grown);
    rows_expect(&f, f.store, 10, 'a', 'a');

    rows_add(f.store, 10, 990, 'c');
    rows_expect(&f, f.store, 1000, 'a', 'c');
    other_process(&f, "PRAGMA wal_checkpoint(TRUNCATE)");
    rows_expect(&f, f.store, 1000, 'a', 'c');
    fixture_done(&f);
}

/* Who closes a descriptor of a file drops all locks that his process has on it. The last process that leaves a database
 * removes its log: so would a stranger, if the one store here had taken the other's locks with it. */
Test(store_map, a_store_that_closes_leaves_the_locks_of_another) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    rows_add(f.store, 0, 10, 'a');
    struct store *second = NULL;
    struct store_options o = {.url = f.dir, .clock = &f.clock};
    OK(store_open(&o, &second, err));
    rows_expect(&f, second, 10, 'a', 'a');
    store_close(second);
    other_process(&f, "SELECT count(*) FROM event_outbox_main");
    cr_expect_geq(size_of(&f, "main.db-wal"), 0, "the log was removed under an open store");
    rows_add(f.store, 10, 10, 'b');
    rows_expect(&f, f.store, 20, 'a', 'b');
    fixture_done(&f);
}
