/* log.h - one logfmt line an event on standard error. Only entry points log errors (the end of a
 * request or job, a loop); everything else returns them. Never a secret, never a signed URL.
 *
 *   log_event(LOG_INFO, "job.done", LS("kind", kind), LI("ms", took));
 *
 * Any thread. A line is one write(2). */
#pragma once
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_type { LOG_T_END, LOG_T_STR, LOG_T_I64, LOG_T_F64, LOG_T_BOOL };

struct log_field {
    const char *key;
    enum log_type type;
    struct str s;
    int64_t i;
    double f;
};

#define LS(k, cstr) ((struct log_field){.key = (k), .type = LOG_T_STR, .s = str_of(cstr)})
#define LSTR(k, str_) ((struct log_field){.key = (k), .type = LOG_T_STR, .s = (str_)})
#define LI(k, v) ((struct log_field){.key = (k), .type = LOG_T_I64, .i = (int64_t)(v)})
#define LF(k, v) ((struct log_field){.key = (k), .type = LOG_T_F64, .f = (v)})
#define LB(k, v) ((struct log_field){.key = (k), .type = LOG_T_BOOL, .i = !!(v)})

#define log_event(level, event, ...)                                                               \
    log_write((level), (event), (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ) {.key = NULL}})

void log_write(enum log_level level, const char *event, const struct log_field *fields);
void log_init(const char *process, enum log_level lowest); /* process: "app", "worker", ... */
bool log_level_parse(struct str s, enum log_level *ret);
/* The current thread's request id, put on every line until cleared with NULL. Borrowed. */
void log_request(const char *request_id);
