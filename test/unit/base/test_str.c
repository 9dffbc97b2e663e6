#include "base/arena.h"
#include "base/str.h"
#include <criterion/criterion.h>
#include <string.h>

Test(str, compares_and_cuts) {
    struct str head, s = STR("a=b=c");
    struct str rest = str_cut(s, '=', &head);
    cr_assert(str_eq(head, STR("a")) && str_eq(rest, STR("b=c")));
    rest = str_cut(STR("plain"), '=', &head);
    cr_assert(str_eq(head, STR("plain")) && rest.p == NULL);
    cr_assert(str_starts(s, STR("a=")) && !str_starts(STR("a"), STR("ab")));
    cr_assert(str_ends(s, STR("=c")) && !str_ends(STR("c"), STR("=c")));
    cr_assert_eq(str_find(s, STR("b=")), 2);
    cr_assert_eq(str_index(s, 'z'), -1);
    cr_assert(str_eq(str_trim(STR(" \t x y \n")), STR("x y")));
    cr_assert(str_cmp(STR("ab"), STR("abc")) < 0 && str_cmp(STR("b"), STR("abc")) > 0);
    cr_assert(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
    cr_assert(str_eq(str_slice(s, 2, 99), STR("b=c")) && str_slice(s, 9, 99).n == 0);
}

Test(str, numbers_are_whole_or_refused) {
    int64_t v = 7;
    uint64_t u;
    double d;
    cr_assert(str_to_i64(STR("-9223372036854775808"), &v) && v == INT64_MIN);
    cr_assert(str_to_i64(STR("9223372036854775807"), &v) && v == INT64_MAX);
    static const char *const bad[] = {"", "-", "9223372036854775808", "-9223372036854775809", "1 ",
                                      " 1", "+1", "0x10", "1.0", "12a"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        v = 7;
        cr_assert(!str_to_i64(str_of(bad[i]), &v) && v == 7, "\"%s\"", bad[i]);
    }
    cr_assert(str_to_u64(STR("18446744073709551615"), &u) && u == UINT64_MAX);
    cr_assert(!str_to_u64(STR("18446744073709551616"), &u));
    cr_assert(str_to_f64(STR("12.5"), &d) && d == 12.5);
    cr_assert(!str_to_f64(STR("inf"), &d) && !str_to_f64(STR("1e999"), &d) && !str_to_f64(STR("1,5"), &d));
}

Test(str, utf8_by_rfc_3629) {
    cr_assert(str_is_utf8(STR("Fran\xC3\xA7ois \xE2\x82\xAC \xF0\x9F\x8E\xAC")));
    static const char *const bad[] = {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                      "\xF8\x88\x80\x80\x80", "\xE2\x82", "\xC3"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_assert(!str_is_utf8(str_of(bad[i])), "case %zu", i);
}

Test(str, slugs) {
    scoped(arena_done) struct arena a = ARENA(4096);
    cr_assert(str_eq(str_slug(&a, STR("Big Buck Bunny!"), 64), STR("big-buck-bunny")));
    cr_assert(str_eq(str_slug(&a, STR("  It's -- 2001  "), 64), STR("its-2001")));
    cr_assert(str_eq(str_slug(&a, STR("abc def"), 4), STR("abc")));
    cr_assert_eq(str_slug(&a, STR("../../"), 64).n, 0);
}

Test(arena, has_a_ceiling_that_sticks) {
    scoped(arena_done) struct arena a = ARENA(1024);
    char *p = arena_alloc(&a, 1000);
    cr_assert_not_null(p);
    cr_assert_eq((uintptr_t)p % 16, 0);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(p[i], 0);
    cr_assert_null(arena_alloc(&a, 100));
    cr_assert(a.failed);
    cr_assert_null(arena_array(&a, SIZE_MAX / 2, 3));
    arena_reset(&a);
    cr_assert(!a.failed);
    p = arena_alloc(&a, 64);
    memset(p, 1, 64);
    arena_reset(&a);
    p = arena_alloc(&a, 64);
    cr_assert_eq(p[63], 0, "memory that is used again is zeroed again");
    cr_assert(str_eq(str_printf(&a, "%d-%s", 4, "x"), STR("4-x")));
}
