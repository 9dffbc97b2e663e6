/* What the outside does to a store: kills, a folder that may not be read, bytes that rotted, a
 * limit on the size of files. */
#include "fault_vfs.h"
#include "fixture.h"
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAULT_SQL(Q)                                                                               \
    Q(PAIR, MAIN, "INSERT INTO event_cursor_main (subscriber, seq) VALUES ($1, 1), ($2, 1)")       \
    Q(FIRST, MAIN, "INSERT INTO event_cursor_main (subscriber, seq) VALUES ($1, 1)")               \
    Q(HALVES, MAIN,                                                                                \
      "SELECT count(*) FROM event_cursor_main a WHERE subscriber LIKE 'a%' AND NOT EXISTS "        \
      "(SELECT 1 FROM event_cursor_main b WHERE b.subscriber = replace(a.subscriber, 'a', 'b'))")  \
    Q(COUNT, MAIN, "SELECT count(*) FROM event_cursor_main")                                       \
    Q(JOBS_FIRST, JOBS, "INSERT INTO event_cursor_jobs (subscriber, seq) VALUES ($1, 1)")          \
    Q(JOBS_COUNT, JOBS, "SELECT count(*) FROM event_cursor_jobs")                                  \
    Q(FILL, MAIN,                                                                                  \
      "INSERT INTO event_outbox_main (id, name, version, body, at) VALUES ('i', 'x', 1, $1, 0)")   \
    Q(READ_ALL, MAIN, "SELECT sum(length(body)) FROM event_outbox_main")
enum { FAULT_SQL(SQL_ENUM) };
static const struct sql sql[] = {FAULT_SQL(SQL_ROW) SQL_END};

static int64_t number(struct fixture *f, int statement) {
    struct rows r;
    OK(store_row(f->store, &sql[statement], NO_ARGS, &f->arena, &r, err));
    return row_i64(&r, 0, 0);
}

/* Two rows a transaction, and says each time how many are committed. */
static void pairs_write(struct fixture *f, int told) {
    fixture_store(f);
    for (int32_t n = 0;; n++) {
        struct tx *tx;
        char a[32], b[32];
        snprintf(a, sizeof a, "a%d-%d", (int)getpid(), n);
        snprintf(b, sizeof b, "b%d-%d", (int)getpid(), n);
        OK(tx_begin(f->store, STORE_MAIN, TX_WRITE, &tx, err));
        OK(tx_exec(tx, &sql[FIRST], ARGS(A_CSTR(a)), err));
        OK(tx_exec(tx, &sql[FIRST], ARGS(A_CSTR(b)), err));
        OK(tx_commit(&tx, err));
        if (write(told, &n, sizeof n) < 0)
            _exit(1);
    }
}

Test(store_fault, a_kill_leaves_whole_transactions_and_all_that_were_answered) {
    struct fixture f;
    fixture_init(&f);
    int told = 0;
    for (int round = 0; round < 8; round++) {
        int p[2];
        cr_assert_eq(pipe(p), 0);
        pid_t pid = fork();
        if (pid == 0)
            pairs_write(&f, p[1]);
        close(p[1]);
        int32_t n;
        for (int i = 0; i <= round * 3; i++)
            cr_assert_eq(read(p[0], &n, sizeof n), (ssize_t)sizeof n);
        usleep((useconds_t)(round * 137)); /* somewhere inside a transaction */
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        while (read(p[0], &n, sizeof n) == (ssize_t)sizeof n)
            ;
        told += n + 1;
        close(p[0]);
    }
    fixture_store(&f);
    cr_expect_eq(number(&f, HALVES), 0);
    cr_expect_geq(number(&f, COUNT), told * 2);
    fixture_done(&f);
}

enum { COMMITS = 25 };

/* What an editor or a viewer was told is accepted is there when the power comes back. */
Test(store_fault, a_commit_survives_a_power_cut) {
    struct fixture f;
    int status;
    fixture_init(&f);
    pid_t pid = fork();
    if (pid == 0) { /* ends without closing anything, as a machine does */
        fault_vfs_install();
        fixture_store(&f);
        for (int i = 0; i < COMMITS; i++) {
            char name[16];
            snprintf(name, sizeof name, "%d", i);
            OK(store_exec(f.store, &sql[FIRST], ARGS(A_CSTR(name)), err));
            OK(store_exec(f.store, &sql[JOBS_FIRST], ARGS(A_CSTR(name)), err));
        }
        _exit(0);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    fault_vfs_power_cut(f.dir);
    fixture_store(&f);
    cr_expect_eq(number(&f, COUNT), COMMITS);
    cr_expect_eq(number(&f, JOBS_COUNT), COMMITS);
    fixture_done(&f);
}

/* Every write and flush fails once: the answer says so, nothing of the transaction is there, and
 * the next one goes through. */
Test(store_fault, a_transaction_is_whole_or_absent_whichever_write_fails) {
    static const int codes[] = {SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC, SQLITE_FULL};
    for (size_t c = 0; c < ARRAY_LEN(codes); c++) {
        struct fixture f;
        int rows = 0, nth = 1;
        fault_vfs_install();
        fixture_init(&f);
        fixture_store(&f);
        for (bool again = true; again; nth++) {
            char a[16], b[16];
            struct err e = {0};
            snprintf(a, sizeof a, "a%d", nth);
            snprintf(b, sizeof b, "b%d", nth);
            fault_vfs_fail(nth, codes[c], 0);
            int r = store_exec(f.store, &sql[PAIR], ARGS(A_CSTR(a), A_CSTR(b)), &e);
            again = fault_vfs_count() >= nth;
            fault_vfs_fail(0, 0, 0);
            cr_assert_eq(r < 0, again, "write %d: %d %s", nth, r, e.msg);
            cr_assert(r >= 0 || r == (codes[c] == SQLITE_FULL ? ERR_NO_SPACE : ERR_IO), "%s: %s",
                      err_name(r), e.msg);
            rows += r < 0 ? 0 : 2;
            cr_assert_eq(number(&f, COUNT), rows);
            cr_assert_eq(number(&f, HALVES), 0);
        }
        cr_expect_gt(nth, 3, "nothing was written");
        fixture_done(&f);
        fault_vfs_remove();
    }
}

/* The migrations of each file are one transaction: a write that fails, or a kill, leaves all to be
 * done again. */
Test(store_fault, a_migration_that_was_broken_off_is_made_again, .timeout = 280) {
    int n = 1;
    fault_vfs_install();
    for (bool again = true; again; n += 1 + n / 8) { /* each of the first, then ever fewer of thousands */
        struct fixture f;
        struct err e = {0};
        fixture_init(&f);
        struct store_options o = {.url = f.dir, .clock = &f.clock};
        OK(store_open(&o, &f.store, err));
        fault_vfs_fail(n, n % 2 ? SQLITE_IOERR_WRITE : SQLITE_FULL, 0);
        int r = store_migrate(f.store, &e);
        again = fault_vfs_count() >= n;
        fault_vfs_fail(0, 0, 0);
        cr_assert(r >= 0 || again, "undisturbed: %s", e.msg);
        store_close(f.store);
        fixture_store(&f);
        cr_assert_eq(number(&f, COUNT) + number(&f, JOBS_COUNT), 0);
        fixture_done(&f);
    }
    fault_vfs_remove();
    cr_expect_gt(n, 20);
    for (int round = 0; round < 12; round++) {
        struct fixture f;
        fixture_init(&f);
        pid_t pid = fork();
        if (pid == 0) {
            fixture_store(&f);
            _exit(0);
        }
        usleep((useconds_t)(round * 3000));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        fixture_store(&f);
        cr_assert_eq(number(&f, COUNT) + number(&f, JOBS_COUNT), 0);
        fixture_done(&f);
    }
}

Test(store_fault, a_folder_that_may_not_be_used_is_told) {
    struct fixture f;
    fixture_init(&f);
    if (geteuid() != 0) {
        fixture_done(&f);
        cr_skip_test("needs root, to become nobody");
    }
    cr_assert_eq(chmod(f.dir, 0700), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct store *st;
        struct store_options o = {.url = f.dir};
        struct err e = {0};
        if (setuid(65534) < 0)
            _exit(9);
        _exit(store_open(&o, &st, &e) == ERR_PERMISSION && e.hint[0] && strstr(e.msg, f.dir) ? 0
                                                                                             : 1);
    }
    int status;
    waitpid(pid, &status, 0);
    cr_expect_eq(status, 0);
    fixture_done(&f);
}

Test(store_fault, rotten_bytes_are_told) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    static char big[400 << 10], page[4096];
    memset(big, 'a', sizeof big);
    for (int i = 0; i < 4; i++)
        OK(store_exec(f.store, &sql[FILL], ARGS(A_STR(str_make(big, sizeof big))), err));
    store_close(f.store); /* folds the log into the file */
    char path[128];
    snprintf(path, sizeof path, "%s/main.db", f.dir);
    memset(page, 0xFF, sizeof page);
    int fd = open(path, O_WRONLY);
    struct stat st;
    cr_assert(stat(path, &st) == 0 && st.st_size > 4096 * 400);
    /* Within what was filled in last, behind the schema's pages. */
    for (off_t at = st.st_size - 4096 * 300; at < st.st_size - 4096 * 150; at += 4096)
        cr_assert_eq(pwrite(fd, page, sizeof page, at), (ssize_t)sizeof page);
    close(fd);
    struct store_options o = {.url = f.dir};
    OK(store_open(&o, &f.store, err));
    struct rows r;
    struct err e =
        FAILS(ERR_CORRUPT, store_row(f.store, &sql[READ_ALL], NO_ARGS, &f.arena, &r, err));
    cr_expect(strstr(e.hint, "backup") && strstr(e.msg, "main.db"), "%s", e.msg);
    fixture_done(&f);
}

/* The same as a full disk, for who is not root: the write fails, nothing is half done, and it works
 * again once the limit is lifted. */
Test(store_fault, a_write_that_fails_changes_nothing) {
    struct fixture f;
    fixture_init(&f);
    fixture_store(&f);
    OK(store_exec(f.store, &sql[PAIR], ARGS(A_CSTR("a1"), A_CSTR("b1")), err));
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit was, small = {.rlim_cur = 256 << 10};
    getrlimit(RLIMIT_FSIZE, &was);
    small.rlim_max = was.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    static char big[300 << 10];
    memset(big, 'a', sizeof big);
    struct err e = {0};
    int r = store_exec(f.store, &sql[FILL], ARGS(A_STR(str_make(big, sizeof big))), &e);
    setrlimit(RLIMIT_FSIZE, &was);
    cr_expect(r == ERR_NO_SPACE && e.hint[0], "%s: %s", err_name(r), e.msg);
    cr_expect_eq(number(&f, COUNT), 2);
    OK(store_exec(f.store, &sql[FILL], ARGS(A_STR(str_make(big, sizeof big))), err));
    fixture_done(&f);
}

static void *write_forever(void *arg) {
    struct fixture *f = arg;
    for (int i = 0; i < 60; i++) {
        char a[32], b[32];
        snprintf(a, sizeof a, "a%d", i);
        snprintf(b, sizeof b, "b%d", i);
        OK(store_exec(f->store, &sql[PAIR], ARGS(A_CSTR(a), A_CSTR(b)), err));
    }
    return NULL;
}

Test(store_fault, a_backup_while_others_write_is_one_moment) {
    struct fixture f, copy;
    fixture_init(&f);
    fixture_store(&f);
    pthread_t t;
    pthread_create(&t, NULL, write_forever, &f);
    for (int i = 0; i < 5; i++) {
        fixture_init(&copy);
        OK(store_backup(f.store, copy.dir, err));
        fixture_store(&copy);
        cr_expect_eq(number(&copy, HALVES), 0);
        fixture_done(&copy);
    }
    pthread_join(t, NULL);
    fixture_done(&f);
}
