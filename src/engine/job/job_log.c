/* job_log.c - what people see of jobs: lists, lines of what each did, and what is to come first. */
#include "engine/job/job_int.h"
#include "base/log.h"
#include <stdarg.h>

enum { LINES_MAX = 200, LINE_MAX = 500, BOARD_MAX = 500 };

/* Cut at a whole character. */
static struct str line_of(struct str text) {
    size_t n = MIN(text.n, (size_t)LINE_MAX);
    while (n && n < text.n && ((unsigned char)text.p[n] & 0xC0) == 0x80)
        n--;
    struct str s = str_slice(text, 0, n);
    return str_is_utf8(s) ? s : STR("(a line that is not UTF-8)");
}

int job_log_add(struct tx *tx, struct job_id id, const char *level, struct str text, struct err *reterr) {
    int r = tx_exec(tx, &job_sql[JOB_LOG_ADD],
                    ARGS(A_ID(id), A_I64(store_now_ms(tx_store(tx))), A_CSTR(level), A_STR(line_of(text)),
                         A_I64(LINES_MAX)),
                    reterr);
    return MIN(r, 0);
}

void job_note(struct job_ctx *j, const char *fmt, ...) {
    char text[LINE_MAX * 2];
    struct err e = {0};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (store_exec(j->w->store, &job_sql[JOB_LOG_ADD],
                   ARGS(A_ID(j->row.pub.id), A_I64(store_now_ms(j->w->store)), A_CSTR("info"),
                        A_STR(line_of(str_of(text))), A_I64(LINES_MAX)),
                   &e) < 0)
        log_event(LOG_WARN, "job.note_lost", LS("job", j->row.pub.id.v.s), LS("error", e.msg));
}

int job_log(struct store *st, struct job_id id, struct arena *a, struct job_line **ret, size_t *ret_n,
            struct err *reterr) {
    struct rows r;
    int n = store_query(st, &job_sql[JOB_LOG_LIST], ARGS(A_ID(id)), a, &r, reterr);
    if (n < 0)
        return n;
    *ret = arena_news(a, struct job_line, MAX(r.n, 1));
    if (!*ret)
        return err_set(reterr, ERR_LIMIT, "the log does not fit");
    for (size_t i = 0; i < r.n; i++)
        (*ret)[i] = (struct job_line){row_i64(&r, i, 0), row_str(&r, i, 1), row_str(&r, i, 2)};
    *ret_n = r.n;
    return 0;
}

static int jobs_read(const struct rows *r, size_t n, struct arena *a, struct job **ret, struct err *reterr) {
    *ret = arena_news(a, struct job, MAX(n, 1));
    if (!*ret)
        return err_set(reterr, ERR_LIMIT, "too many jobs for the memory set aside");
    for (size_t i = 0; i < n; i++) {
        struct job_row row;
        job_row_read(r, i, &row);
        (*ret)[i] = row.pub;
    }
    return 0;
}

int job_list(struct store *st, const struct job_query *q, struct arena *a, struct job **ret_jobs, size_t *ret_n,
             struct str *ret_next, struct err *reterr) {
    struct rows r;
    struct id from;
    int limit = q->limit ? CLAMP(q->limit, 1, 100) : 25;
    if (q->cursor.p && !id_parse(q->cursor, &from))
        return err_set(reterr, ERR_INVALID, "the cursor is not one of ours");
    int n = store_query(st, &job_sql[JOB_PAGE],
                        ARGS(A_STR(q->cursor.p ? id_str(&from) : STR("~")), A_STR(q->state.p ? q->state : STR("")),
                             A_STR(q->subject.p ? q->subject : STR("")), A_STR(q->kinds), A_I64(limit + 1)),
                        a, &r, reterr);
    if (n < 0)
        return n;
    *ret_n = (size_t)MIN(n, limit);
    *ret_next = n > limit ? row_str(&r, *ret_n - 1, 0) : STR_NULL;
    return jobs_read(&r, *ret_n, a, ret_jobs, reterr);
}

int job_board(struct store *st, struct str kinds, int64_t ended_since_ms, struct arena *a, struct job **ret_jobs,
              size_t *ret_n, struct err *reterr) {
    static const int64_t longest_ms = 7 * 24 * 3600 * INT64_C(1000);
    struct rows r;
    struct job_id from = {id_new(MAX(ended_since_ms - longest_ms, (int64_t)0))};
    int n = store_query(st, &job_sql[JOB_BOARD],
                        ARGS(A_ID(from), A_I64(ended_since_ms), A_STR(kinds), A_I64(BOARD_MAX)), a, &r, reterr);
    if (n < 0)
        return n;
    *ret_n = r.n;
    return jobs_read(&r, r.n, a, ret_jobs, reterr);
}

int job_priority_set(struct tx *tx, struct str subject, int priority, struct err *reterr) {
    int n = tx_exec(tx, &job_sql[JOB_PRIORITY], ARGS(A_STR(subject), A_I64(priority)), reterr);
    int r = n < 0 ? n : job_wake_after(tx, reterr);
    return r < 0 ? r : n;
}
