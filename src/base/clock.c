#include "base/clock.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t clock_now_ms(const struct clock *c) {
    struct timespec t;
    int64_t still = c ? __atomic_load_n(&c->still_ms, __ATOMIC_RELAXED) : 0;
    if (still)
        return still;
    clock_gettime(CLOCK_REALTIME, &t);
    int64_t now = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
    return c ? now + __atomic_load_n(&c->offset_ms, __ATOMIC_RELAXED) : now;
}

void clock_shift(struct clock *c, int64_t by_ms) {
    __atomic_add_fetch(&c->offset_ms, by_ms, __ATOMIC_RELAXED);
}

void clock_stop(struct clock *c, int64_t at_ms) {
    __atomic_store_n(&c->still_ms, at_ms, __ATOMIC_RELAXED);
}

int64_t clock_mono_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct tm utc(int64_t ms, int *ret_ms) {
    int64_t s = ms / 1000;
    int rest = (int)(ms % 1000);
    if (rest < 0) {
        rest += 1000;
        s--;
    }
    struct tm tm;
    time_t t = (time_t)s;
    gmtime_r(&t, &tm);
    *ret_ms = rest;
    return tm;
}

static char *number_put(char *p, unsigned v, int digits) {
    for (int i = digits - 1; i >= 0; i--, v /= 10)
        p[i] = (char)('0' + v % 10);
    return p + digits;
}

/* By hand: every line of the log has one, and gmtime_r takes a lock that all threads share. */
void rfc3339_write(int64_t ms, char *dst) {
    int64_t day_ms = 24LL * 3600 * 1000, days = ms / day_ms;
    unsigned rest = (unsigned)((ms % day_ms + day_ms) % day_ms);
    days -= ms % day_ms < 0;
    /* Years begin in March here, so that the day that comes and goes is the last one. */
    int64_t since = days + 719468, era = (since >= 0 ? since : since - 146096) / 146097;
    unsigned of_era = (unsigned)(since - era * 146097);
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    unsigned day = of_year - (153 * month + 2) / 5 + 1;
    month = month < 10 ? month + 3 : month - 9;
    int64_t whole = era * 400 + year + (month <= 2);
    char *p = number_put(dst, (unsigned)((whole % 10000 + 10000) % 10000), 4);
    *p++ = '-';
    p = number_put(p, month, 2);
    *p++ = '-';
    p = number_put(p, day, 2);
    *p++ = 'T';
    p = number_put(p, rest / 3600000, 2);
    *p++ = ':';
    p = number_put(p, rest / 60000 % 60, 2);
    *p++ = ':';
    p = number_put(p, rest / 1000 % 60, 2);
    *p++ = '.';
    p = number_put(p, rest % 1000, 3);
    *p++ = 'Z';
    *p = 0;
}

void http_date_write(int64_t ms, char *dst) {
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int rest;
    struct tm tm = utc(ms, &rest);
    snprintf(dst, 30, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[tm.tm_wday],
             (unsigned)tm.tm_mday % 100u, months[tm.tm_mon], (unsigned)(tm.tm_year + 1900) % 10000u,
             (unsigned)tm.tm_hour % 100u, (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u);
}

/* n digits at *at, moving it; -1 on anything else. */
static int digits(struct str s, size_t *at, size_t n) {
    int v = 0;
    if (*at + n > s.n)
        return -1;
    for (size_t i = 0; i < n; i++) {
        char c = s.p[*at + i];
        if (c < '0' || c > '9')
            return -1;
        v = v * 10 + (c - '0');
    }
    *at += n;
    return v;
}

static bool literal(struct str s, size_t *at, char a, char b) {
    if (*at >= s.n || (s.p[*at] != a && s.p[*at] != b))
        return false;
    ++*at;
    return true;
}

bool rfc3339_parse(struct str s, int64_t *ret_ms) {
    size_t at = 0;
    struct tm tm = {0};
    int frac = 0;
    tm.tm_year = digits(s, &at, 4) - 1900;
    if (!literal(s, &at, '-', '-') || (tm.tm_mon = digits(s, &at, 2) - 1) < 0 || tm.tm_mon > 11 ||
        !literal(s, &at, '-', '-') || (tm.tm_mday = digits(s, &at, 2)) < 1 || tm.tm_mday > 31 ||
        !literal(s, &at, 'T', 't') || (tm.tm_hour = digits(s, &at, 2)) < 0 || tm.tm_hour > 23 ||
        !literal(s, &at, ':', ':') || (tm.tm_min = digits(s, &at, 2)) < 0 || tm.tm_min > 59 ||
        !literal(s, &at, ':', ':') || (tm.tm_sec = digits(s, &at, 2)) < 0 || tm.tm_sec > 60 ||
        tm.tm_year < -1900)
        return false;
    if (literal(s, &at, '.', '.')) {
        size_t from = at;
        int scale = 100;
        for (int d; at < s.n && s.p[at] >= '0' && s.p[at] <= '9'; scale /= 10) {
            d = digits(s, &at, 1);
            frac += d * scale;
        }
        if (at == from)
            return false;
    }
    int offset_min = 0;
    if (!literal(s, &at, 'Z', 'z')) {
        int sign = at < s.n && s.p[at] == '-' ? -1 : 1;
        int h, m;
        if (!literal(s, &at, '+', '-') || (h = digits(s, &at, 2)) < 0 || h > 23 ||
            !literal(s, &at, ':', ':') || (m = digits(s, &at, 2)) < 0 || m > 59)
            return false;
        offset_min = sign * (h * 60 + m);
    }
    if (at != s.n)
        return false;
    struct tm norm = tm;
    time_t t = timegm(&norm);
    if (norm.tm_mday != tm.tm_mday) /* the 31st of a month that has 30 */
        return false;
    *ret_ms = ((int64_t)t - offset_min * 60) * 1000 + frac;
    return true;
}
