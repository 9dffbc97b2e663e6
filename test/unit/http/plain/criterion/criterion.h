/* criterion.h - as much of Criterion as these tests use, in plain fork() and abort(): Criterion's own
 * sandbox does not start under ThreadSanitizer. */
#pragma once
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct plain_suite {
    const char *name;
    void (*init)(void), (*fini)(void);
    int timeout; /* seconds */
    struct plain_suite *next;
};
struct plain_test {
    const char *suite, *name;
    void (*run)(void);
    int timeout;
    struct plain_test *next;
};
void plain_suite_add(struct plain_suite *s);
void plain_test_add(struct plain_test *t);
_Noreturn void plain_fail(const char *file, int line, const char *what, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#define TestSuite(name_, ...)                                                                      \
    __attribute__((constructor)) static void suite_add_##name_(void) {                             \
        static struct plain_suite s = {#name_, __VA_ARGS__};                                       \
        plain_suite_add(&s);                                                                       \
    }                                                                                              \
    struct plain_suite
#define Test(suite_, name_, ...)                                                                   \
    static void test_##suite_##_##name_(void);                                                     \
    __attribute__((constructor)) static void add_##suite_##_##name_(void) {                        \
        static struct plain_test t = {#suite_, #name_, test_##suite_##_##name_, __VA_ARGS__};      \
        plain_test_add(&t);                                                                        \
    }                                                                                              \
    static void test_##suite_##_##name_(void)

#define PLAIN_(ok, what, ...)                                                                      \
    do {                                                                                           \
        if (!(ok))                                                                                 \
            plain_fail(__FILE__, __LINE__, what, " " __VA_ARGS__);                                 \
    } while (0)
#define cr_assert(c, ...) PLAIN_(c, #c, __VA_ARGS__)
#define cr_assert_eq(a, b, ...) PLAIN_((a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...) PLAIN_((a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_null(a, ...) PLAIN_(!(a), #a " is NULL", __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) PLAIN_(strcmp(a, b) == 0, #a " is " #b, __VA_ARGS__)
