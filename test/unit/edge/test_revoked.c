/* test_revoked.c - the list of revoked playbacks as a worker sees it. */
#include "../../../edge/revoked.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[64], path[96], next[96];
static struct revoked *list;

static void setup(void) {
    snprintf(dir, sizeof dir, "/tmp/matinee-revoked-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/revoked", dir);
    snprintf(next, sizeof next, "%s/next", dir);
    list = revoked_new(path);
    cr_assert_not_null(list);
}

static void teardown(void) {
    revoked_free(list);
    unlink(path);
    rmdir(dir);
}

TestSuite(revoked, .init = setup, .fini = teardown);

/* As the app does: whole, under another name, renamed. */
static void put(const char *text) {
    FILE *f = fopen(next, "w");
    cr_assert(f && fwrite(text, 1, strlen(text), f) == strlen(text) && fclose(f) == 0);
    cr_assert_eq(rename(next, path), 0);
}

Test(revoked, a_file_that_is_not_there_revokes_nothing) {
    cr_expect_eq(revoked_look(list), 0);
    cr_expect_not(revoked_has(list, STR("01ARZ3NDEKTSV4RRFFQ69G5FAV")));
    cr_expect_not(revoked_has(list, STR("")));
}

Test(revoked, what_is_in_it_is_found_and_nothing_else) {
    put("01ARZ3NDEKTSV4RRFFQ69G5FAV\n00ARZ3NDEKTSV4RRFFQ69G5FAV\nz\n");
    cr_expect_eq(revoked_look(list), 1);
    cr_expect_eq(revoked_look(list), 0, "the same file is not read again");
    cr_expect_eq(revoked_count(list), 3);
    cr_expect(revoked_has(list, STR("01ARZ3NDEKTSV4RRFFQ69G5FAV")));
    cr_expect(revoked_has(list, STR("00ARZ3NDEKTSV4RRFFQ69G5FAV")));
    cr_expect(revoked_has(list, STR("z")));
    cr_expect_not(revoked_has(list, STR("01ARZ3NDEKTSV4RRFFQ69G5FA")));
    cr_expect_not(revoked_has(list, STR("01ARZ3NDEKTSV4RRFFQ69G5FAVX")));
    cr_expect_not(revoked_has(list, STR("")));
}

Test(revoked, a_new_file_takes_the_place_of_the_old) {
    put("a\nb\n");
    cr_expect_eq(revoked_look(list), 1);
    put("b\nc\n");
    cr_expect_eq(revoked_look(list), 1);
    cr_expect_not(revoked_has(list, STR("a")));
    cr_expect(revoked_has(list, STR("c")));
    put("");
    cr_expect_eq(revoked_look(list), 1);
    cr_expect_not(revoked_has(list, STR("c")));
    put("d\n");
    cr_expect_eq(revoked_look(list), 1);
    unlink(path);
    cr_expect_eq(revoked_look(list), 1);
    cr_expect_not(revoked_has(list, STR("d")));
}

Test(revoked, a_damaged_file_leaves_what_was_known) {
    static const char *const bad[] = {"b\nc", "\n", "b\n\nc\n", "a b\n", "\x01\n",
                                      "01234567890123456789012345678901234567890123456789012345678901234567\n"};
    put("a\n");
    cr_expect_eq(revoked_look(list), 1);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        put(bad[i]);
        cr_expect_eq(revoked_look(list), -EBADMSG, "%zu", i);
        cr_expect_eq(revoked_look(list), 0, "it is told once");
        cr_expect(revoked_has(list, STR("a")));
        cr_expect_not(revoked_has(list, STR("b")));
    }
    put("b\n");
    cr_expect_eq(revoked_look(list), 1);
    cr_expect_not(revoked_has(list, STR("a")));
}
