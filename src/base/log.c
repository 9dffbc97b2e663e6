#include "base/log.h"
#include "base/buf.h"
#include "base/clock.h"
#include <inttypes.h>
#include <unistd.h>

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static enum log_level lowest_level = LOG_INFO;
static const char *process_name = "matinee";
static _Thread_local const char *request_id;

void log_init(const char *process, enum log_level lowest) {
    __atomic_store_n(&process_name, process, __ATOMIC_RELAXED);
    __atomic_store_n(&lowest_level, lowest, __ATOMIC_RELAXED);
}

void log_request(const char *id) { request_id = id; }

bool log_level_parse(struct str s, enum log_level *ret) {
    for (size_t i = 0; i < ARRAY_LEN(level_names); i++)
        if (str_eq(s, str_of(level_names[i]))) {
            *ret = (enum log_level)i;
            return true;
        }
    return false;
}

static bool needs_quotes(struct str s) {
    if (s.n == 0)
        return true;
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] <= ' ' || s.p[i] == '"' || s.p[i] == '=' || s.p[i] == '\\' ||
            (uint8_t)s.p[i] >= 0x7F)
            return true;
    return false;
}

static void value_add(struct buf *b, struct str s) {
    if (needs_quotes(s))
        buf_json_str(b, s);
    else
        buf_add(b, s);
}

/* Three digits behind the point, as "%.3f" has, which costs as much as the rest of a line. */
static void float_add(struct buf *b, double f) {
    if (!(f > -1e12 && f < 1e12)) {
        buf_addf(b, "%.3f", f);
        return;
    }
    int64_t milli = (int64_t)(f * 1000 + (f < 0 ? -0.5 : 0.5));
    uint64_t v = milli < 0 ? 0 - (uint64_t)milli : (uint64_t)milli;
    buf_addf(b, "%s%" PRIu64 ".%03" PRIu64, milli < 0 ? "-" : "", v / 1000, v % 1000);
}

void log_write(enum log_level level, const char *event, const struct log_field *f) {
    if (level < __atomic_load_n(&lowest_level, __ATOMIC_RELAXED))
        return;
    scoped(buf_done) struct buf b = BUF(16 << 10);
    char at[RFC3339_LEN + 1];
    rfc3339_write(clock_now_ms(NULL), at);
    buf_addf(&b, "time=%s level=%s process=%s event=%s", at, level_names[level],
             __atomic_load_n(&process_name, __ATOMIC_RELAXED),
             event);
    if (request_id)
        buf_addf(&b, " request=%s", request_id);
    for (; f->key; f++) {
        buf_addf(&b, " %s=", f->key);
        switch (f->type) {
        case LOG_T_STR: value_add(&b, f->s); break;
        case LOG_T_I64: buf_addf(&b, "%" PRId64, f->i); break;
        case LOG_T_F64: float_add(&b, f->f); break;
        case LOG_T_BOOL: buf_addc(&b, f->i ? "true" : "false"); break;
        case LOG_T_END: break;
        }
    }
    buf_byte(&b, '\n');
    if (!b.failed && write(STDERR_FILENO, b.p, b.n) < 0) {
        /* Nowhere to say it. */
    }
}
