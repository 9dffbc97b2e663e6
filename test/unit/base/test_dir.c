#include "base/dir.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Test(dir, makes_parents_and_refuses_files) {
    char top[] = "/tmp/matinee-test-XXXXXX", path[64], file[64];
    struct err e;
    struct stat st;
    cr_assert(mkdtemp(top));
    snprintf(path, sizeof path, "%s/a/b/c", top);
    cr_assert_eq(dir_make(path, &e), 0);
    cr_assert_eq(dir_make(path, &e), 0);
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 07, 0);
    cr_expect_eq(dir_sync(path, &e), 0);
    cr_expect_eq(dir_sync("/nonexistent/x", &e), ERR_NOT_FOUND);
    snprintf(file, sizeof file, "%s/file", top);
    fclose(fopen(file, "w"));
    cr_expect_eq(dir_make(file, &e), ERR_INVALID);
    snprintf(path, sizeof path, "%s/file/x", top);
    cr_expect_eq(dir_make(path, &e), ERR_INVALID);
    cr_expect_eq(dir_make("", &e), ERR_INVALID);
    unlink(file);
    snprintf(path, sizeof path, "%s/a/b/c", top);
    for (int i = 0; i < 3; i++) {
        rmdir(path);
        *strrchr(path, '/') = 0;
    }
    cr_expect_eq(rmdir(top), 0);
}
