/* test_log_writer.c - no line is lost over a rotation, and nobody waits for a reader. */
#include "../../../edge/log_writer.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64], path[96];

static void setup(void) {
    snprintf(dir, sizeof dir, "/tmp/matinee-log-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/log", dir);
}

static void teardown(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    cr_assert_eq(system(command), 0);
}

TestSuite(log_writer, .init = setup, .fini = teardown);

static struct log_options options(int64_t max_bytes, int keep) {
    return (struct log_options){.path = path, .buffer_bytes = 64 << 10, .flush_ms = 5,
                                .max_bytes = max_bytes, .keep = keep};
}

static void add(struct log_writer *w, int writer, int n) {
    char line[64];
    int len = snprintf(line, sizeof line, "writer=%d n=%d padding-padding-padding\n", writer, n);
    log_writer_add(w, str_make(line, (size_t)len));
}

/* How often each line of a writer is in FILE and FILE.1 ...; every line must be whole. */
static void seen_count(int *seen, int writers, int lines) {
    for (int i = 0; i < 1000; i++) {
        char name[128], line[256];
        snprintf(name, sizeof name, i ? "%s.%d" : "%s", path, i);
        FILE *f = fopen(name, "r");
        if (!f)
            break;
        while (fgets(line, sizeof line, f)) {
            int writer, n, end = 0;
            cr_assert_eq(sscanf(line, "writer=%d n=%d padding-padding-padding%n", &writer, &n, &end),
                         2, "%s", line);
            cr_assert(end > 0 && writer < writers && n < lines, "%s", line);
            seen[writer * lines + n]++;
        }
        fclose(f);
    }
}

Test(log_writer, what_is_added_is_in_the_file_when_it_closes) {
    struct log_options o = options(0, 1);
    struct log_writer *w = log_writer_open(&o);
    int seen[100] = {0};
    cr_assert_not_null(w);
    cr_assert_eq(log_writer_start(w), 0);
    for (int i = 0; i < 100; i++)
        add(w, 0, i);
    log_writer_close(w, 5000);
    seen_count(seen, 1, 100);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(seen[i], 1, "%d", i);
}

/* As workers do: each a process, all on one file that is put aside again and again. */
Test(log_writer, several_processes_rotate_one_file_and_lose_nothing) {
    enum { WRITERS = 3, LINES = 4000 };
    static int seen[WRITERS * LINES];
    struct log_options o = options(20000, 900);
    o.buffer_bytes = 1 << 20; /* all of it: a machine that is busy drops nothing */
    struct stat st;
    char first[128];
    for (int p = 0; p < WRITERS; p++)
        if (fork() == 0) {
            struct log_writer *w = log_writer_open(&o);
            if (!w || log_writer_start(w))
                _exit(1);
            for (int i = 0; i < LINES; i++) {
                add(w, p, i);
                if (i % 100 == 0)
                    usleep(3000);
            }
            log_writer_close(w, 10000);
            _exit(0);
        }
    for (int p = 0, status; p < WRITERS; p++)
        cr_assert(wait(&status) > 0 && status == 0);
    seen_count(seen, WRITERS, LINES);
    for (int i = 0; i < WRITERS * LINES; i++)
        cr_assert_eq(seen[i], 1, "writer %d, line %d: %d times", i / LINES, i % LINES, seen[i]);
    snprintf(first, sizeof first, "%s.3", path);
    cr_assert_eq(stat(first, &st), 0, "it never rotated three times");
}

Test(log_writer, the_oldest_go) {
    struct log_options o = options(1, 2);
    char third[128];
    for (int i = 0; i < 5; i++) {
        struct log_writer *w = log_writer_open(&o);
        cr_assert(w && log_writer_start(w) == 0);
        add(w, 0, i);
        log_writer_close(w, 5000);
    }
    int seen[5] = {0};
    seen_count(seen, 1, 5);
    cr_expect_arr_eq(seen, ((int[]){0, 0, 1, 1, 1}), sizeof seen);
    snprintf(third, sizeof third, "%s.3", path);
    cr_expect_eq(access(third, F_OK), -1);
}

/* A file that another one has rotated by hand (logrotate): the name is followed. */
Test(log_writer, a_file_that_was_moved_is_left) {
    struct log_options o = options(0, 1);
    struct log_writer *w = log_writer_open(&o);
    char moved[128];
    int seen[2] = {0};
    snprintf(moved, sizeof moved, "%s.1", path);
    cr_assert_eq(rename(path, moved), 0);
    cr_assert_eq(log_writer_start(w), 0);
    add(w, 0, 1);
    log_writer_close(w, 5000);
    struct stat st;
    cr_assert(stat(moved, &st) == 0 && st.st_size == 0);
    seen_count(seen, 1, 2);
    cr_expect_eq(seen[1], 1);
}

/* A pipe holds 64 KB: with nobody reading, adding goes on and the rest is counted. */
Test(log_writer, nobody_waits_for_a_reader) {
    enum { LINES = 20000 };
    struct log_options o = options(0, 1);
    cr_assert_eq(mkfifo(path, 0600), 0);
    struct log_writer *w = log_writer_open(&o);
    cr_assert(w && log_writer_start(w) == 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    for (int i = 0; i < LINES; i++)
        add(w, 0, i);
    static char text[4 << 20];
    size_t n = 0;
    long dropped = 0, lines = 0;
    add(w, 0, 0);
    for (int rounds = 0; rounds < 2000 && lines + dropped < LINES + 1; rounds++) {
        ssize_t got = read(reader, text + n, sizeof text - 1 - n);
        if (got > 0)
            n += (size_t)got;
        else
            usleep(5000);
        text[n] = 0;
        lines = dropped = 0;
        for (char *line = text; (line = strstr(line, "lines=")); line++)
            dropped += atol(line + 6);
        for (char *line = text; (line = strstr(line, "padding\n")); line++)
            lines++;
    }
    cr_expect_eq(lines + dropped, LINES + 1, "%ld and %ld", lines, dropped);
    cr_expect_gt(dropped, 0);
    log_writer_close(w, 5000);
    close(reader);
}

Test(log_writer, a_folder_that_is_not_there_is_an_error) {
    struct log_options o = options(0, 1);
    snprintf(path, sizeof path, "%s/none/log", dir);
    cr_expect_null(log_writer_open(&o));
    cr_expect_eq(errno, ENOENT);
}
