/*
 * criterion.h - the part of Criterion that our tests use, for builds under ThreadSanitizer only: Criterion's
 * own runner maps an arena where TSan keeps its shadow, and cannot start there. -Dplain_tests=true puts
 * this folder before Criterion's. One forked process a test, TAP on standard output.
 */
#pragma once
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct plain_options {
    void (*init)(void), (*fini)(void);
    double timeout;
    bool disabled;
    int signal, exit_code;
};
struct plain_test {
    const char *suite, *name; /* name NULL: options of the suite */
    void (*run)(void);
    struct plain_options o;
    struct plain_test *next;
};
void plain_register(struct plain_test *t);
__attribute__((format(printf, 5, 6))) void plain_failed(bool fatal, const char *file, int line,
                                                        const char *what, const char *fmt, ...);
_Noreturn __attribute__((format(printf, 1, 2))) void plain_skip(const char *fmt, ...);

#define PLAIN_REGISTER(id, ...)                                                                    \
    __attribute__((constructor)) static void id##_register(void) {                                 \
        static struct plain_test t = {__VA_ARGS__};                                                \
        plain_register(&t);                                                                        \
    }
#define Test(suite_, name_, ...)                                                                   \
    static void suite_##_##name_##_run(void);                                                      \
    PLAIN_REGISTER(suite_##_##name_, #suite_, #name_, suite_##_##name_##_run, {__VA_ARGS__})       \
    static void suite_##_##name_##_run(void)
#define TestSuite(suite_, ...) PLAIN_REGISTER(suite_##_suite, #suite_, NULL, NULL, {__VA_ARGS__})

/* The message is optional: an empty format before it keeps printf's shape. */
#define PLAIN_CHECK(fatal, cond, what, ...)                                                        \
    ((cond) ? (void)0 : plain_failed(fatal, __FILE__, __LINE__, what, "" __VA_ARGS__))
#define cr_assert(c, ...) PLAIN_CHECK(true, c, #c, __VA_ARGS__)
#define cr_expect(c, ...) PLAIN_CHECK(false, c, #c, __VA_ARGS__)
#define cr_assert_not(c, ...) PLAIN_CHECK(true, !(c), "not " #c, __VA_ARGS__)
#define cr_expect_not(c, ...) PLAIN_CHECK(false, !(c), "not " #c, __VA_ARGS__)
#define cr_assert_eq(a, b, ...) PLAIN_CHECK(true, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_expect_eq(a, b, ...) PLAIN_CHECK(false, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...) PLAIN_CHECK(true, (a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_expect_neq(a, b, ...) PLAIN_CHECK(false, (a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...) PLAIN_CHECK(true, (a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_expect_lt(a, b, ...) PLAIN_CHECK(false, (a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...) PLAIN_CHECK(true, (a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_expect_leq(a, b, ...) PLAIN_CHECK(false, (a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...) PLAIN_CHECK(true, (a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_expect_gt(a, b, ...) PLAIN_CHECK(false, (a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...) PLAIN_CHECK(true, (a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_expect_geq(a, b, ...) PLAIN_CHECK(false, (a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_null(p, ...) PLAIN_CHECK(true, !(p), #p " is null", __VA_ARGS__)
#define cr_expect_null(p, ...) PLAIN_CHECK(false, !(p), #p " is null", __VA_ARGS__)
#define cr_assert_not_null(p, ...) PLAIN_CHECK(true, !!(p), #p " is not null", __VA_ARGS__)
#define cr_expect_not_null(p, ...) PLAIN_CHECK(false, !!(p), #p " is not null", __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) PLAIN_CHECK(true, !strcmp(a, b), #a " equals " #b, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...) PLAIN_CHECK(false, !strcmp(a, b), #a " equals " #b, __VA_ARGS__)
#define cr_assert_str_neq(a, b, ...) PLAIN_CHECK(true, !!strcmp(a, b), #a " differs from " #b, __VA_ARGS__)
#define cr_expect_str_neq(a, b, ...) PLAIN_CHECK(false, !!strcmp(a, b), #a " differs from " #b, __VA_ARGS__)
#define cr_assert_arr_eq(a, b, n, ...) PLAIN_CHECK(true, !memcmp(a, b, n), #a " equals " #b, __VA_ARGS__)
#define cr_expect_arr_eq(a, b, n, ...) PLAIN_CHECK(false, !memcmp(a, b, n), #a " equals " #b, __VA_ARGS__)
#define cr_assert_arr_neq(a, b, n, ...) PLAIN_CHECK(true, !!memcmp(a, b, n), #a " differs from " #b, __VA_ARGS__)
#define cr_expect_arr_neq(a, b, n, ...) PLAIN_CHECK(false, !!memcmp(a, b, n), #a " differs from " #b, __VA_ARGS__)
#define PLAIN_NEAR(a, b, e) ((a) - (b) <= (e) && (b) - (a) <= (e))
#define cr_assert_float_eq(a, b, e, ...) PLAIN_CHECK(true, PLAIN_NEAR(a, b, e), #a " is near " #b, __VA_ARGS__)
#define cr_expect_float_eq(a, b, e, ...) PLAIN_CHECK(false, PLAIN_NEAR(a, b, e), #a " is near " #b, __VA_ARGS__)
#define cr_assert_fail(...) PLAIN_CHECK(true, false, "reached", __VA_ARGS__)
#define cr_fail(...) PLAIN_CHECK(false, false, "reached", __VA_ARGS__)
#define cr_skip_test(...) plain_skip("" __VA_ARGS__)
#define cr_skip(...) plain_skip("" __VA_ARGS__)
#define cr_log_info(...) fprintf(stderr, __VA_ARGS__)
#define cr_log_warn(...) fprintf(stderr, __VA_ARGS__)
