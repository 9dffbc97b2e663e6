/* clock.h - the one time source. It is passed to whoever needs the time, SQL included, so that a
 * test can live two years in a minute. Storage: int64 ms UTC. JSON: RFC 3339. */
#pragma once
#include "base/str.h"

struct clock {
    int64_t offset_ms; /* added to the system's time; atomic */
    int64_t still_ms;  /* not 0: it stands still at this moment (tests that repeat a life); atomic */
};

int64_t clock_now_ms(const struct clock *c); /* NULL: the system's clock */
void clock_shift(struct clock *c, int64_t by_ms);
void clock_stop(struct clock *c, int64_t at_ms); /* stands still there until it is told again; 0: runs */
int64_t clock_mono_ns(void);                 /* for durations; never goes back */

#define RFC3339_LEN 24
/* "2026-11-22T16:22:00.000Z"; dst holds RFC3339_LEN + 1. */
void rfc3339_write(int64_t ms, char *dst);
bool rfc3339_parse(struct str s, int64_t *ret_ms); /* offsets accepted */
/* "Sun, 22 Nov 2026 16:22:00 GMT" (RFC 9110 section 5.6.7); dst holds 30. */
void http_date_write(int64_t ms, char *dst);
