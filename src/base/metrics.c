#include "base/metrics.h"
#include "base/buf.h"
#include <inttypes.h>
#include <string.h>

void metric_add(struct metric *m, int64_t by) {
    __atomic_add_fetch(&m->value, by, __ATOMIC_RELAXED);
}

void metric_set(struct metric *m, int64_t value) {
    __atomic_store_n(&m->value, value, __ATOMIC_RELAXED);
}

int64_t metric_get(const struct metric *m) { return __atomic_load_n(&m->value, __ATOMIC_RELAXED); }

void metric_observe(struct metric *m, int64_t value) {
    size_t i = 0;
    while (i < METRIC_BUCKETS && m->bounds[i] && value > m->bounds[i])
        i++;
    if (i < METRIC_BUCKETS && !m->bounds[i])
        i = METRIC_BUCKETS; /* over the last bound */
    __atomic_add_fetch(&m->buckets[i], 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&m->sum, value, __ATOMIC_RELAXED);
    __atomic_add_fetch(&m->value, 1, __ATOMIC_RELAXED);
}

static void name_add(struct buf *out, const struct metric *m, const char *suffix, const char *le) {
    buf_addf(out, "%s%s", m->name, suffix);
    if (m->label || le) {
        buf_byte(out, '{');
        if (m->label)
            buf_addc(out, m->label);
        if (le)
            buf_addf(out, "%sle=\"%s\"", m->label ? "," : "", le);
        buf_byte(out, '}');
    }
}

static void histogram_print(const struct metric *m, struct buf *out) {
    int64_t total = 0;
    for (size_t i = 0; i < METRIC_BUCKETS && m->bounds[i]; i++) {
        char le[32];
        snprintf(le, sizeof le, "%" PRId64, m->bounds[i]);
        total += __atomic_load_n(&m->buckets[i], __ATOMIC_RELAXED);
        name_add(out, m, "_bucket", le);
        buf_addf(out, " %" PRId64 "\n", total);
    }
    total += __atomic_load_n(&m->buckets[METRIC_BUCKETS], __ATOMIC_RELAXED);
    name_add(out, m, "_bucket", "+Inf");
    buf_addf(out, " %" PRId64 "\n", total);
    name_add(out, m, "_sum", NULL);
    buf_addf(out, " %" PRId64 "\n", __atomic_load_n(&m->sum, __ATOMIC_RELAXED));
    name_add(out, m, "_count", NULL);
    buf_addf(out, " %" PRId64 "\n", total);
}

void metrics_print(struct metric *const *tables, struct buf *out) {
    static const char *const types[] = {"counter", "gauge", "histogram"};
    const char *last = "";
    for (; *tables; tables++)
        for (const struct metric *m = *tables; m->name; m++) {
            if (strcmp(m->name, last) != 0)
                buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name,
                         types[m->type]);
            last = m->name;
            if (m->type == METRIC_HISTOGRAM) {
                histogram_print(m, out);
            } else {
                name_add(out, m, "", NULL);
                buf_addf(out, " %" PRId64 "\n", metric_get(m));
            }
        }
}
