#include "base/format.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* What the C library prints is what is due: both get the same arguments, at every size of the destination. */
#define SAME(fmt, ...)                                                                             \
    do {                                                                                           \
        char due[300], got[300];                                                                   \
        for (size_t cap_ = 0; cap_ < 80; cap_++) {                                                 \
            memset(due, '?', sizeof due);                                                          \
            memset(got, '?', sizeof got);                                                          \
            int due_n = snprintf(due, cap_, fmt, __VA_ARGS__);                                     \
            int got_n = text_format(got, cap_, fmt, __VA_ARGS__);                                  \
            cr_expect_eq(got_n, due_n, "%s: %d, not %d", fmt, got_n, due_n);                       \
            cr_expect(memcmp(got, due, sizeof due) == 0, "%s at %zu", fmt, cap_);                  \
        }                                                                                          \
    } while (0)

#ifndef __clang__ /* which does not know them */
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-overflow"
#endif

Test(format, text) {
    const char *name = "Amélie";
    SAME("%s", name);
    SAME("%s and %s%s", name, "", "x");
    SAME("%.*s|%.3s|%.0s|%.*s", 4, name, name, name, -1, name);
    SAME("%10s|%-10s|%2s|%-2s|%8.2s", name, name, name, name, name);
    SAME("%c%c|%3c|%-3c", 'a', '%', 'b', 'c');
    SAME("100%% of %s %%", name);
}

Test(format, whole_numbers) {
    static const int64_t all[] = {0, 1, -1, 9, 10, -10, 99, 12345, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        int64_t v = all[i];
        SAME("%d %i %u %x %X", (int)v, (int)v, (unsigned)v, (unsigned)v, (unsigned)v);
        SAME("%ld %lu %lx %lld %llu %llx", (long)v, (unsigned long)v, (unsigned long)v, (long long)v,
             (unsigned long long)v, (unsigned long long)v);
        SAME("%zu %zd %" PRId64 " %" PRIu64, (size_t)v, (ssize_t)v, v, (uint64_t)v);
        SAME("%02d|%08d|%-8d|%8d|%3x", (int)v, (int)v, (int)v, (int)v, (unsigned)v);
        SAME("%016llx|%-20lld|%20lld|%020lld", (unsigned long long)v, (long long)v, (long long)v, (long long)v);
    }
}

/* Nothing of it may be printed twice, nor an argument be taken for another. */
Test(format, what_is_the_librarys_is_left_to_it) {
    SAME("%s %d %.3f %s", "a", 7, 1.0005, "b");
    SAME("%d %p %s", 7, (void *)"x", "b");
    SAME("%s %.4d %+d %s", "a", 7, 7, "b");
    SAME("%s %*d %#x %s", "a", 5, 7, 7u, "b");
    SAME("%s %hhd %hd %jd", "a", (signed char)-3, (short)-7, (intmax_t)-5);
    SAME("%s %e %g", "a", 1.5, 2.5);
}
