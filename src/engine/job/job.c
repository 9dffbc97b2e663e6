/*
 * job.c - the queue as data: putting in, looking up, cancelling, and the moves between states.
 *
 * job_to() alone changes a state, by an UPDATE that names the state it leaves and the claim it acts
 * for; so two workers, or a worker that was thought dead, cannot both end a job.
 */
#include "engine/job/job_int.h"

const struct sql job_sql[] = {JOB_SQL(SQL_ROW) SQL_END};

struct metric job_metrics[] = {
    [JOB_M_DONE] = {"matinee_job_ended_total", METRIC_COUNTER, "Jobs that ended", "state=\"done\""},
    [JOB_M_FAILED] = {"matinee_job_ended_total", METRIC_COUNTER, "Jobs that ended",
                      "state=\"failed\""},
    [JOB_M_CANCELLED] = {"matinee_job_ended_total", METRIC_COUNTER, "Jobs that ended",
                         "state=\"cancelled\""},
    [JOB_M_RETRIED] = {"matinee_job_retried_total", METRIC_COUNTER,
                       "Attempts that failed and will be made again"},
    [JOB_M_LOST] = {"matinee_job_lost_total", METRIC_COUNTER,
                    "Jobs taken back from workers that died or fell silent"},
    [JOB_M_RUNNING] = {"matinee_job_running", METRIC_GAUGE, "Jobs running in this process"},
    [JOB_M_TIME] = {"matinee_job_run_milliseconds", METRIC_HISTOGRAM, "How long one attempt ran",
                    .bounds = {100, 1000, 5000, 15000, 60000, 300000, 900000, 3600000}},
    {.name = NULL},
};

static const char *const state_names[] = {
#define X(name, text) [JOB_##name] = text,
    JOB_STATES(X)
#undef X
};

#define TO(state) (1u << JOB_##state)
static const unsigned job_next[] = {
    [JOB_WAITING] = TO(READY) | TO(FAILED) | TO(CANCELLED),
    [JOB_READY] = TO(RUNNING) | TO(CANCELLED),
    [JOB_RUNNING] = TO(READY) | TO(DONE) | TO(FAILED) | TO(CANCELLED),
    [JOB_DONE] = 0,
    [JOB_FAILED] = 0,
    [JOB_CANCELLED] = 0,
};

const char *job_state_name(enum job_state state) {
    return state_names[state];
}

static enum job_state state_parse(struct str s) {
    for (size_t i = 0; i < ARRAY_LEN(state_names); i++)
        if (str_eq(s, str_of(state_names[i])))
            return (enum job_state)i;
    assert(!"a state that the table's CHECK does not allow");
    return JOB_FAILED;
}

static bool is_end(enum job_state s) {
    return job_next[s] == 0;
}

int job_to(struct tx *tx, const struct job_move *m, struct err *reterr) {
    assert(job_next[m->from] & 1u << m->to);
    bool starts = m->to == JOB_RUNNING;
    return tx_exec(tx, &job_sql[JOB_TO],
                   ARGS(A_ID(m->id), A_CSTR(state_names[m->from]), A_CSTR(state_names[m->to]),
                        A_STR(m->worker), starts ? A_I64(m->lease_until_ms) : A_NULL,
                        m->not_before_ms ? A_I64(m->not_before_ms) : A_NULL, A_I64(m->attempt_by),
                        A_I64(m->crashes_by), A_I64(starts), A_STR(m->code), A_STR(m->reason),
                        A_STR(m->hint), starts ? A_I64(m->now_ms) : A_NULL,
                        is_end(m->to) ? A_I64(m->now_ms) : A_NULL, A_I64(m->claim),
                        m->has_turn ? A_I64(m->turn) : A_NULL),
                   reterr);
}

/* Fair share: of one priority, lower turns are claimed first. A subject's ready jobs stand one turn behind the other; whoever
 * comes begins where the queue stands now. So a title of a hundred parts and one of a single chain take turns, and nothing has to be
 * counted when a job is claimed. */
static int turn_take(struct tx *tx, struct job_move *m, struct err *reterr) {
    struct arena a = ARENA(64 << 10);
    struct rows r;
    int n = tx_row(tx, &job_sql[JOB_TURNS], ARGS(A_ID(m->id)), &a, &r, reterr);
    if (n > 0) {
        m->has_turn = true;
        m->turn = row_i64(&r, 0, row_null(&r, 0, 0) ? 1 : 0); /* of nothing: 0 */
        if (!row_null(&r, 0, 2))
            m->turn = MAX(m->turn, row_i64(&r, 0, 2) + 1);
    }
    arena_done(&a);
    return MIN(n, 0);
}

/* Moves a waiting job on when what it depends on has ended. Returns 0. */
static int waiting_settle(struct tx *tx, struct job_id id, struct err *reterr) {
    struct arena a = ARENA(1 << 20);
    struct rows r;
    int n = tx_query(tx, &job_sql[JOB_UNDONE_DEPENDENCIES], ARGS(A_ID(id)), &a, &r, reterr);
    struct job_move m = {.id = id,
                         .from = JOB_WAITING,
                         .to = JOB_READY,
                         .claim = -1,
                         .now_ms = store_now_ms(tx_store(tx))};
    bool still_waits = false;
    for (int i = 0; i < n; i++) {
        enum job_state s = state_parse(row_str(&r, (size_t)i, 0));
        if (!is_end(s)) {
            still_waits = true;
        } else if (m.to == JOB_READY || s == JOB_FAILED) {
            m.to = s;
            m.code = row_str(&r, (size_t)i, 1);
            m.reason =
                row_str(&r, (size_t)i, 2); /* the first cause is what a person wants to know */
            m.hint = row_str(&r, (size_t)i, 3);
        }
    }
    if (n >= 0 && m.to != JOB_READY)
        n = job_end(tx, &m, reterr);
    else if (n >= 0 && !still_waits && (n = turn_take(tx, &m, reterr)) >= 0)
        n = job_to(tx, &m, reterr);
    arena_done(&a);
    return MIN(n, 0);
}

int job_end(struct tx *tx, const struct job_move *m, struct err *reterr) {
    int moved = job_to(tx, m, reterr);
    if (moved <= 0)
        return moved;
    struct arena a = ARENA(1 << 20);
    struct rows r;
    int n = tx_query(tx, &job_sql[JOB_DEPENDENTS], ARGS(A_ID(m->id)), &a, &r, reterr);
    int result = MIN(n, 0);
    for (int i = 0; i < n && result == 0; i++)
        result = waiting_settle(tx, (struct job_id){row_id(&r, (size_t)i, 0)}, reterr);
    arena_done(&a);
    if (result == 0)
        result = job_wake_after(tx, reterr);
    return result < 0 ? result : moved;
}

static int existing_find(struct tx *tx, struct str key, struct job_id *ret_id, struct err *reterr) {
    struct arena a = ARENA(64 << 10);
    struct rows r;
    int n = tx_row(tx, &job_sql[JOB_BY_KEY], ARGS(A_STR(key)), &a, &r, reterr);
    if (n > 0)
        *ret_id = (struct job_id){row_id(&r, 0, 0)};
    arena_done(&a);
    return MIN(n, 0);
}

int job_enqueue(struct tx *tx, const struct job_spec *s, struct job_id *ret_id,
                struct err *reterr) {
    int64_t now = store_now_ms(tx_store(tx));
    struct job_id id = {id_new(now)};
    struct str payload = s->payload.p ? s->payload : STR("{}");
    int n = tx_exec(tx, &job_sql[JOB_INSERT],
                    ARGS(A_ID(id), A_CSTR(s->kind), A_STR(s->key), A_STR(s->subject),
                         A_STR(payload), A_I64(s->priority), A_I64(s->not_before_ms), A_I64(now)),
                    reterr);
    if (n == 0)
        return existing_find(tx, s->key, ret_id, reterr);
    for (size_t i = 0; i < s->n_depends_on && n >= 0; i++) {
        n = tx_exec(tx, &job_sql[JOB_DEPEND], ARGS(A_ID(id), A_ID(s->depends_on[i])), reterr);
        if (n == ERR_CONFLICT)
            return err_set(reterr, ERR_NOT_FOUND, "job %s would depend on %s, which does not exist",
                           s->kind, s->depends_on[i].v.s);
    }
    if (n >= 0)
        n = waiting_settle(tx, id, reterr);
    if (n >= 0)
        n = job_wake_after(tx, reterr);
    if (n < 0)
        return n;
    *ret_id = id;
    return 0;
}

int job_depend(struct tx *tx, struct str key, struct job_id on, struct err *reterr) {
    struct arena a = ARENA(64 << 10);
    struct rows r;
    int n = tx_query(tx, &job_sql[JOB_BY_KEY], ARGS(A_STR(key)), &a, &r, reterr);
    if (n > 0)
        n = tx_exec(tx, &job_sql[JOB_DEPEND_WAITING], ARGS(A_STR(row_str(&r, 0, 0)), A_ID(on)), reterr);
    arena_done(&a);
    return MIN(n, 0);
}

int job_cancel_subject(struct tx *tx, struct str subject, struct err *reterr) {
    struct arena a = ARENA(16 << 20);
    struct rows r;
    int n = tx_query(tx, &job_sql[JOB_LIVE_OF_SUBJECT], ARGS(A_STR(subject)), &a, &r, reterr);
    int result = MIN(n, 0);
    for (int i = 0; i < n && result >= 0; i++) {
        struct job_row row;
        job_row_read(&r, (size_t)i, &row);
        struct job_move m = {.id = row.pub.id,
                             .from = row.pub.state,
                             .to = JOB_CANCELLED,
                             .claim = -1,
                             .now_ms = store_now_ms(tx_store(tx))};
        /* One that an earlier turn of this loop has ended already is left alone by job_to. */
        result = row.pub.state == JOB_RUNNING
                     ? tx_exec(tx, &job_sql[JOB_ASK_CANCEL], ARGS(A_ID(row.pub.id)), reterr)
                     : job_end(tx, &m, reterr);
    }
    arena_done(&a);
    if (result >= 0)
        result = job_wake_after(tx, reterr);
    return result < 0 ? result : n;
}

int job_cancel(struct tx *tx, struct job_id id, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct rows r;
    struct job_row row;
    int n = tx_query(tx, &job_sql[JOB_GET], ARGS(A_ID(id)), &a, &r, reterr);
    if (n <= 0)
        return n;
    job_row_read(&r, 0, &row);
    struct job_move m = {
        .id = id, .from = row.pub.state, .to = JOB_CANCELLED, .claim = -1, .now_ms = store_now_ms(tx_store(tx))};
    n = row.pub.state == JOB_RUNNING ? tx_exec(tx, &job_sql[JOB_ASK_CANCEL], ARGS(A_ID(id)), reterr)
        : row.pub.state == JOB_READY || row.pub.state == JOB_WAITING ? job_end(tx, &m, reterr)
                                                                      : 0;
    int woken = n > 0 ? job_wake_after(tx, reterr) : 0;
    return woken < 0 ? woken : n;
}

void job_row_read(const struct rows *r, size_t i, struct job_row *ret) {
    *ret = (struct job_row){
        .pub = {.id = {row_id(r, i, 0)},
                .state = state_parse(row_str(r, i, 1)),
                .kind = row_str(r, i, 2),
                .subject = row_str(r, i, 3),
                .payload = row_str(r, i, 4),
                .stage = row_str(r, i, 5),
                .error_code = row_str(r, i, 6),
                .error_reason = row_str(r, i, 7),
                .error_hint = row_str(r, i, 8),
                .worker = row_str(r, i, 9),
                .attempt = (int)row_i64(r, i, 10),
                .progress_permille = (int)row_i64(r, i, 11),
                .speed = row_f64(r, i, 12),
                .eta_ms = row_i64(r, i, 13),
                .created_ms = row_i64(r, i, 14),
                .started_ms = row_i64(r, i, 15),
                .ended_ms = row_i64(r, i, 16)},
        .claim = row_i64(r, i, 17),
        .crashes = (int)row_i64(r, i, 18),
        .cancel_requested = row_i64(r, i, 19) != 0,
    };
    ret->pub.priority = (int)row_i64(r, i, 20);
}

int job_get(struct store *st, struct job_id id, struct arena *a, struct job *ret_job,
            struct err *reterr) {
    struct rows r;
    int n = store_row(st, &job_sql[JOB_GET], ARGS(A_ID(id)), a, &r, reterr);
    if (n < 0)
        return n;
    struct job_row row;
    job_row_read(&r, 0, &row);
    *ret_job = row.pub;
    return 0;
}

int job_list_subject(struct store *st, struct str subject, struct arena *a, struct job **ret_jobs,
                     size_t *ret_n, struct err *reterr) {
    struct rows r;
    int n = store_query(st, &job_sql[JOB_LIST], ARGS(A_STR(subject)), a, &r, reterr);
    if (n < 0)
        return n;
    struct job *jobs = arena_news(a, struct job, MAX(r.n, 1));
    if (!jobs)
        return err_set(reterr, ERR_LIMIT, "too many jobs for the memory set aside");
    for (size_t i = 0; i < r.n; i++) {
        struct job_row row;
        job_row_read(&r, i, &row);
        jobs[i] = row.pub;
    }
    *ret_jobs = jobs;
    *ret_n = r.n;
    return n;
}

int job_prune(struct store *st, int64_t ended_before_ms, struct err *reterr) {
    return store_exec(st, &job_sql[JOB_PRUNE], ARGS(A_I64(ended_before_ms)), reterr);
}
