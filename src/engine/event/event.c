/* event.c - the outbox and the cursors as data. An event's place in its file is its seq: one
 * writer at a time gives it out (SQLite has but one, on PostgreSQL there is a lock), so it is the
 * order of the commits. */
#include "engine/event/event_int.h"

const struct sql event_sql[] = {EVENT_SQL(SQL_ROW) SQL_END};

struct metric event_metrics[] = {
    [EVENT_M_DELIVERED] = {"matinee_event_delivered_total", METRIC_COUNTER,
                           "Events that a handler has dealt with"},
    [EVENT_M_FAILED] = {"matinee_event_failed_total", METRIC_COUNTER,
                        "Deliveries that failed and will be made again"},
    {.name = NULL},
};

int event_publish(struct tx *tx, const char *name, int version, struct str subject, struct str body,
                  struct err *reterr) {
    int64_t now = store_now_ms(tx_store(tx));
    struct event_id id = {id_new(now)};
    int r = tx_exec(tx, EVENT(PUT, tx_db(tx)),
                    ARGS(A_ID(id), A_CSTR(name), A_I64(version), A_STR(subject),
                         A_STR(body.p ? body : STR("{}")), A_I64(now)),
                    reterr);
    if (r < 0)
        return r;
    r = tx_after_commit(tx, event_wake, NULL);
    return r < 0 ? err_set(reterr, r, "no memory to wake the dispatcher") : 0;
}

int event_forget(struct tx *tx, const char *name, struct str body, struct str instead, struct err *reterr) {
    return MIN(tx_exec(tx, EVENT(FORGET, tx_db(tx)), ARGS(A_CSTR(name), A_STR(body), A_STR(instead)), reterr), 0);
}

int event_place(struct store *st, enum store_db db, int64_t *ret_seq, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(4 << 10);
    struct rows r;
    int n = store_row(st, EVENT(LAST, db), NO_ARGS, &a, &r, reterr);
    *ret_seq = n > 0 ? row_i64(&r, 0, 0) : 0;
    return MIN(n, 0);
}

int event_subjects_behind(struct store *st, enum store_db db, const char *name, int64_t seq, struct id *ret_subjects, size_t max,
                          size_t *ret_n, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct rows r = {0};
    int n = store_query(st, EVENT(BEHIND, db), ARGS(A_CSTR(name), A_I64(seq), A_I64((int64_t)max)), &a, &r, reterr);
    for (size_t i = 0; n >= 0 && i < r.n; i++)
        ret_subjects[i] = row_id(&r, i, 0);
    *ret_n = r.n;
    return MIN(n, 0);
}

int event_cursor_get(struct store *st, enum store_db db, const char *subscriber, struct cursor *ret,
                     struct err *reterr) {
    struct arena a = ARENA(64 << 10);
    struct rows r;
    int n = store_query(st, EVENT(CURSOR, db), ARGS(A_CSTR(subscriber)), &a, &r, reterr);
    *ret = (struct cursor){0};
    if (n > 0)
        *ret = (struct cursor){.seq = row_i64(&r, 0, 0),
                               .failures = (int)row_i64(&r, 0, 1),
                               .retry_at_ms = row_i64(&r, 0, 2)};
    arena_done(&a);
    return MIN(n, 0);
}

/* The oldest event of a file that some handler has still to get; INT64_MAX: none. */
static int oldest_due(struct store *st, enum store_db db, const struct event_handler *const *tables,
                      int64_t *ret_seq, struct err *reterr) {
    *ret_seq = INT64_MAX;
    for (const struct event_handler *const *t = tables; *t; t++)
        for (const struct event_handler *h = *t; h->event; h++) {
            struct cursor c;
            int r = event_cursor_get(st, db, h->subscriber, &c, reterr);
            if (r < 0)
                return r;
            struct arena a = ARENA(64 << 10);
            struct rows rows;
            r = store_row(st, EVENT(OLDEST, db), ARGS(A_CSTR(h->event), A_I64(c.seq)), &a, &rows,
                          reterr);
            if (r > 0 && !row_null(&rows, 0, 0))
                *ret_seq = MIN(*ret_seq, row_i64(&rows, 0, 0));
            arena_done(&a);
            if (r < 0)
                return r;
        }
    return 0;
}

int event_prune(struct store *st, const struct event_handler *const *tables, int64_t before_ms,
                struct err *reterr) {
    int removed = 0;
    for (enum store_db db = 0; db < STORE_DBS; db++) {
        int64_t due;
        int r = oldest_due(st, db, tables, &due, reterr);
        if (r == 0)
            r = store_exec(st, EVENT(PRUNE, db), ARGS(A_I64(before_ms), A_I64(due)), reterr);
        if (r < 0)
            return r;
        removed += r;
    }
    return removed;
}
