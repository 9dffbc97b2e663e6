/* metrics.h - counters, gauges and histograms, declared as tables beside the code that moves them and
 * printed in the Prometheus text format. Any thread; a write is one atomic add. */
#pragma once
#include "base/base.h"

struct buf;

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };
enum { METRIC_BUCKETS = 12 };

struct metric {
    const char *name;  /* "matinee_http_requests_total" */
    enum metric_type type;
    const char *help;
    const char *label; /* fixed pair as text, kind="encode"; NULL: none */
    /* Upper bounds for a histogram, ending in 0; values are int64 in the unit that the name says. */
    int64_t bounds[METRIC_BUCKETS];
    int64_t value, sum, buckets[METRIC_BUCKETS + 1]; /* atomic; leave out when declaring */
};

void metric_add(struct metric *m, int64_t by);
void metric_set(struct metric *m, int64_t value);     /* gauge */
void metric_observe(struct metric *m, int64_t value); /* histogram */
int64_t metric_get(const struct metric *m);
/* Tables end with a row without a name. */
void metrics_print(struct metric *const *tables, struct buf *out);
