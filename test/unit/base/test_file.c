#include "base/file.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char top[32];

static void setup(void) {
    snprintf(top, sizeof top, "/tmp/matinee-file-XXXXXX");
    cr_assert(mkdtemp(top));
}

static void teardown(void) {
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", top);
    cr_assert_eq(system(command), 0);
}

TestSuite(file, .init = setup, .fini = teardown);

static int entries(void) {
    DIR *d = opendir(top);
    int n = 0;
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void expect_content(const char *path, const char *want) {
    struct arena a = ARENA(64 << 10);
    struct str got;
    struct err e = {0};
    cr_assert_eq(file_read(path, 4096, &a, &got, &e), 0, "%s", e.msg);
    cr_expect(str_eq(got, str_of(want)), "\"" STR_FMT "\"", STR_ARG(got));
    arena_done(&a);
}

Test(file, is_replaced_whole_with_its_mode) {
    char path[64];
    struct err e = {0};
    struct stat st;
    snprintf(path, sizeof path, "%s/note", top);
    cr_assert_eq(file_write(path, STR("first, the longer one"), 0600, &e), 0, "%s", e.msg);
    cr_assert_eq(file_write(path, STR("second"), 0600, &e), 0, "%s", e.msg);
    expect_content(path, "second");
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    cr_expect_eq(entries(), 1, "a temporary stayed");
}

Test(file, that_must_not_be_replaced_is_kept) {
    char path[64];
    struct err e = {0};
    snprintf(path, sizeof path, "%s/key", top);
    int dir = open(top, O_RDONLY | O_DIRECTORY);
    cr_expect_eq(file_write_at(dir, "key", STR("one"), 0600, FILE_KEEP, &e), 0);
    cr_expect_eq(file_write_at(dir, "key", STR("two"), 0600, FILE_KEEP, &e), 1);
    expect_content(path, "one");
    cr_expect_eq(entries(), 1);
    close(dir);
}

Test(file, that_does_not_fit_leaves_the_old_one) {
    char path[64];
    struct err e = {0};
    snprintf(path, sizeof path, "%s/note", top);
    cr_assert_eq(file_write(path, STR("old"), 0600, &e), 0);
    static char big[64 << 10];
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, RLIM_INFINITY}), 0);
    int r = file_write(path, str_make(big, sizeof big), 0600, &e);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}), 0);
    cr_expect_lt(r, 0);
    cr_expect(strstr(e.msg, "note"), "%s", e.msg);
    expect_content(path, "old");
    cr_expect_eq(entries(), 1);
    cr_expect_eq(file_write("/nonexistent/x/y", STR(""), 0600, &e), ERR_NOT_FOUND);
}

Test(file, leftovers_are_those_of_the_dead) {
    char name[64];
    pid_t dead = fork();
    if (dead == 0)
        _exit(0);
    waitpid(dead, NULL, 0);
    snprintf(name, sizeof name, ".token.keys.%d.3.partial", (int)dead);
    cr_expect(file_is_leftover(name));
    snprintf(name, sizeof name, ".token.keys.%d.3.partial", (int)getpid());
    cr_expect_not(file_is_leftover(name), "it is being written");
    static const char *const others[] = {"token.keys",   ".partial",    ".1.1.partial",
                                         ".x.1.partial", ".x.y.1.partial", ".x.0.1.partial",
                                         "a.b.1.1.partial"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        cr_expect_not(file_is_leftover(others[i]), "%s", others[i]);
}
