/* period.c - the calendar of billing; all in UTC. Civil dates by counting days in eras of 400 years,
 * so that nothing depends on the C library's time zone. */
#include "service/billing/states.h"

#define DAY_MS 86400000LL

static int64_t days_of(int64_t y, int64_t month, int64_t day) { /* month 1 to 12; from 1970-01-01 */
    y -= month <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_of(int64_t days, int64_t *ret_y, int64_t *ret_m, int64_t *ret_d) {
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *ret_d = doy - (153 * mp + 2) / 5 + 1;
    *ret_m = mp < 10 ? mp + 3 : mp - 9;
    *ret_y = yoe + era * 400 + (*ret_m <= 2);
}

static int64_t days_in(int64_t y, int64_t m) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return m == 2 && leap ? 29 : days[m - 1];
}

int64_t months_after(int64_t anchor_ms, int64_t months) {
    int64_t day = anchor_ms / DAY_MS, rest = anchor_ms % DAY_MS, y, m, d;
    if (rest < 0) {
        rest += DAY_MS;
        day--;
    }
    civil_of(day, &y, &m, &d);
    int64_t total = y * 12 + (m - 1) + months;
    y = total / 12;
    m = total % 12 + 1;
    return days_of(y, m, MIN(d, days_in(y, m))) * DAY_MS + rest;
}

bool prorate(int64_t amount, int64_t now_ms, int64_t start_ms, int64_t end_ms, int64_t *ret) {
    assert(end_ms > start_ms);
    return money_part(amount, end_ms - CLAMP(now_ms, start_ms, end_ms), end_ms - start_ms, ret);
}
