#include "base/clock.h"
#include "base/id.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

Test(id, increases_within_a_millisecond_and_tells_its_time) {
    struct id last = id_new(1700000000000);
    for (int i = 0; i < 10000; i++) {
        struct id next = id_new(1700000000000);
        cr_assert(strcmp(last.s, next.s) < 0);
        last = next;
    }
    cr_assert_eq(id_time_ms(last), 1700000000000);
    cr_assert_eq(strlen(last.s), ID_LEN);
    cr_assert(strcmp(last.s, id_new(1700000000001).s) < 0);
}

Test(id, parses_only_ids) {
    struct id id, made = id_new(5);
    cr_assert(id_parse(id_str(&made), &id) && strcmp(id.s, made.s) == 0);
    cr_assert(id_parse(STR("01arz3ndektsv4rrffq69g5fav"), &id));
    cr_assert_str_eq(id.s, "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    cr_assert(id_of_uuid(STR("01563df3-6481-4AE9-b61e-5bd5b1d9ba2b"), &id));
    cr_expect_str_eq(id.s, "01ARYZ6S419BMVC7JVTPRXKEHB", "the 128 bits that Python's uuid module gives, in Crockford's base32");
    cr_assert(!id_of_uuid(STR("01563df364814AE9b61e5bd5b1d9ba2b"), &id), "no dashes");
    cr_assert(!id_of_uuid(STR("01563df3-6481-4AE9-b61e-5bd5b1d9ba2g"), &id), "no digit");
    cr_assert(!id_parse(STR("81ARZ3NDEKTSV4RRFFQ69G5FAV"), &id), "over 128 bits");
    cr_assert(!id_parse(STR("01ARZ3NDEKTSV4RRFFQ69G5FA"), &id), "too short");
    cr_assert(!id_parse(STR("01ARZ3NDEKTSV4RRFFQ69G5FAU"), &id), "U is not in the alphabet");
    cr_assert(!id_parse(str_make("01ARZ3NDEKTSV4RRFFQ69G5F\0V", 26), &id));
}

static void *make_ids(void *arg) {
    struct id *ids = arg;
    for (int i = 0; i < 5000; i++)
        ids[i] = id_new(42);
    return NULL;
}

static int compare(const void *a, const void *b) { return strcmp(a, b); }

Test(id, two_threads_never_make_the_same) {
    static struct id ids[10000];
    pthread_t t[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, make_ids, ids + i * 5000);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    qsort(ids, 10000, sizeof ids[0], compare);
    for (int i = 1; i < 10000; i++)
        cr_assert(strcmp(ids[i - 1].s, ids[i].s) != 0);
}

Test(clock, rfc3339_both_ways) {
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {{"1970-01-01T00:00:00.000Z", 0},
                {"2026-11-22T16:22:00.123Z", 1795364520123},
                {"2024-02-29T23:59:59.999Z", 1709251199999},
                {"1969-12-31T23:59:59.000Z", -1000}};
    char out[RFC3339_LEN + 1];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t ms;
        cr_assert(rfc3339_parse(str_of(rows[i].text), &ms), "%s", rows[i].text);
        cr_assert_eq(ms, rows[i].ms, "%s", rows[i].text);
        rfc3339_write(ms, out);
        cr_assert_str_eq(out, rows[i].text);
    }
    int64_t ms;
    cr_assert(rfc3339_parse(STR("2026-11-22t17:22:00+01:00"), &ms) && ms == 1795364520000);
    static const char *const bad[] = {"2026-11-22", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z",
                                      "2026-11-22T24:00:00Z", "2026-11-22T00:00:00", "2026-11-22T00:00:00.Z",
                                      "2026-11-22T00:00:00Zx"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_assert(!rfc3339_parse(str_of(bad[i]), &ms), "%s", bad[i]);
}

/* Every day of 800 years, and the years whose leap days are missing, as the C library has them. */
Test(clock, rfc3339_agrees_with_the_library) {
    char out[RFC3339_LEN + 1], due[64];
    for (int64_t day = -146097; day < 146097; day++) {
        int64_t ms = day * 86400000 + (day * 7919 % 86400000 + 86400000) % 86400000;
        time_t t = (time_t)(ms >= 0 ? ms / 1000 : -((999 - ms) / 1000));
        struct tm tm;
        gmtime_r(&t, &tm);
        size_t n = strftime(due, sizeof due, "%Y-%m-%dT%H:%M:%S", &tm);
        snprintf(due + n, sizeof due - n, ".%03dZ", (int)(ms - (int64_t)t * 1000));
        rfc3339_write(ms, out);
        cr_assert_str_eq(out, due);
    }
}

Test(clock, shifts_and_http_dates) {
    struct clock c = {0};
    int64_t before = clock_now_ms(&c);
    clock_shift(&c, 3600000);
    cr_assert_geq(clock_now_ms(&c) - before, 3600000);
    char out[30];
    http_date_write(784111777000, out);
    cr_assert_str_eq(out, "Sun, 06 Nov 1994 08:49:37 GMT");
}
