#include "base/buf.h"
#include "base/metrics.h"
#include <criterion/criterion.h>

Test(metrics, prometheus_text) {
    struct metric table[] = {
        {.name = "m_jobs_total", .type = METRIC_COUNTER, .help = "Jobs.", .label = "kind=\"a\""},
        {.name = "m_jobs_total", .type = METRIC_COUNTER, .help = "Jobs.", .label = "kind=\"b\""},
        {.name = "m_wait_ms", .type = METRIC_HISTOGRAM, .help = "Wait.", .bounds = {1, 10, 0}},
        {.name = NULL}};
    struct metric *const tables[] = {table, NULL};
    scoped(buf_done) struct buf b = BUF(4096);
    metric_add(&table[0], 2);
    metric_set(&table[1], 5);
    metric_observe(&table[2], 1);
    metric_observe(&table[2], 7);
    metric_observe(&table[2], 70);
    metrics_print(tables, &b);
    cr_assert_str_eq(buf_cstr(&b), "# HELP m_jobs_total Jobs.\n# TYPE m_jobs_total counter\n"
                                   "m_jobs_total{kind=\"a\"} 2\nm_jobs_total{kind=\"b\"} 5\n"
                                   "# HELP m_wait_ms Wait.\n# TYPE m_wait_ms histogram\n"
                                   "m_wait_ms_bucket{le=\"1\"} 1\nm_wait_ms_bucket{le=\"10\"} 2\n"
                                   "m_wait_ms_bucket{le=\"+Inf\"} 3\nm_wait_ms_sum 78\nm_wait_ms_count 3\n");
}

Test(metrics, a_histogram_may_use_every_bound) {
    struct metric m = {.name = "m", .type = METRIC_HISTOGRAM, .help = "x"};
    for (int i = 0; i < METRIC_BUCKETS; i++)
        m.bounds[i] = i + 1;
    metric_observe(&m, METRIC_BUCKETS + 1);
    cr_assert_eq(m.buckets[METRIC_BUCKETS], 1);
    metric_observe(&m, METRIC_BUCKETS);
    cr_assert_eq(m.buckets[METRIC_BUCKETS - 1], 1);
}
