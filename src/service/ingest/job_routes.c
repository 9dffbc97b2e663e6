/*
 * job_routes.c - the job board, for editors: every step of every import and what else ingest works at, with what
 * it did, and what one can do about it. Other services' jobs are none of an editor's business.
 */
#include "base/buf.h"
#include "service/ingest/ingest_int.h"
#include "service/json.h"
#include <stdio.h>

enum { PRIORITY_MAX = 100, JUST_NOW_MS = 10000 };

struct str ingest_job_kinds(struct arena *a) {
    scoped(buf_done) struct buf b = BUF(2048);
    buf_addc(&b, ",");
    for (const struct job_kind *k = ingest_jobs; k->name; k++)
        buf_addf(&b, "%s,", k->name);
    return str_dup(a, buf_str(&b));
}

static json_t *error_json(const struct job *j) {
    return j->state == JOB_FAILED ? json_pack("{s:o, s:o}", "code", json_of_str(j->error_reason), "detail",
                                              json_of_str(j->error_hint.p ? j->error_hint : STR("")))
                                  : json_null();
}

/* The name a person knows it by: of the import that it is a step of. */
static json_t *job_json(const struct engine *e, const struct job *j, struct arena *a) {
    struct id id;
    struct rows r;
    struct str name = STR_NULL, import = STR_NULL;
    bool report = str_starts(j->subject, STR(QUALITY_SUBJECT));
    struct str of = report ? str_slice(j->subject, sizeof QUALITY_SUBJECT - 1, SIZE_MAX) : j->subject;
    if (id_parse(of, &id) && store_query(e->store, &ingest_sql[IMPORT_GET], ARGS(A_STR(of)), a, &r, NULL) > 0) {
        import = of;
        name = row_str(&r, 0, 2);
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:i, s:i, s:f, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
                     json_of_id(j->id.v), "kind", json_of_str(j->kind), "import_id", json_of_text(import), "title_name",
                     json_of_text(name), "state", job_state_name(j->state), "stage", json_of_text(j->stage), "priority",
                     j->priority, "attempt", j->attempt, "progress",
                     j->state == JOB_DONE ? 1.0 : j->progress_permille / 1000.0, "speed",
                     j->speed > 0 ? json_real(j->speed) : json_null(), "eta_s",
                     j->state == JOB_RUNNING && j->eta_ms >= 0 ? json_integer(j->eta_ms / 1000) : json_null(), "error",
                     error_json(j), "created_at", json_of_time(j->created_ms), "started_at",
                     json_of_time(j->started_ms), "ended_at", json_of_time(j->ended_ms));
}

static json_t *jobs_json(const struct engine *e, const struct job *jobs, size_t n, struct arena *a) {
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, job_json(e, &jobs[i], a));
    return items;
}

json_t *ingest_board_json(const struct engine *e, struct arena *a, struct err *reterr) {
    struct job *jobs;
    size_t n;
    int r = job_board(e->store, ingest_job_kinds(a), store_now_ms(e->store) - JUST_NOW_MS, a, &jobs, &n, reterr);
    return r < 0 ? NULL : json_pack("{s:o, s:n}", "items", jobs_json(e, jobs, n, a), "next_cursor");
}

static int jobs_get(struct request *rq, struct err *reterr) {
    struct arena *a = request_arena(rq);
    const struct engine *e = request_engine(rq);
    struct job *jobs;
    size_t n;
    struct str next;
    struct job_query q = {.cursor = request_query(rq, "cursor"),
                          .state = request_query(rq, "state"),
                          .subject = request_query(rq, "import_id"),
                          .kinds = ingest_job_kinds(a),
                          .limit = (int)request_query_int(rq, "limit", 0)};
    int r = job_list(e->store, &q, a, &jobs, &n, &next, reterr);
    return r < 0 ? r
                 : reply_json(rq, 200, json_pack("{s:o, s:o}", "items", jobs_json(e, jobs, n, a), "next_cursor",
                                                 json_of_str(next)));
}

/* ERR_NOT_FOUND also for what is not ours. */
static int job_param(struct request *rq, struct job *ret, struct err *reterr) {
    struct id id = {""};
    struct arena *a = request_arena(rq);
    bool ok = id_parse(request_param(rq, "id"), &id); /* the router checked it */
    assert(ok);
    int r = job_get(request_engine(rq)->store, (struct job_id){id}, a, ret, reterr);
    if (r < 0)
        return r;
    struct str kind = str_printf(a, "," STR_FMT ",", STR_ARG(ret->kind));
    return str_find(ingest_job_kinds(a), kind) >= 0 ? 0 : err_set(reterr, ERR_NOT_FOUND, "a job of another service");
}

int job_reply(struct request *rq, struct job_id id, struct err *reterr) {
    struct arena *a = request_arena(rq);
    const struct engine *e = request_engine(rq);
    struct job j;
    struct job_line *lines;
    size_t n;
    int r = job_get(e->store, id, a, &j, reterr);
    if (r >= 0)
        r = job_log(e->store, id, a, &lines, &n, reterr);
    if (r < 0)
        return r;
    json_t *body = job_json(e, &j, a), *log = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(log, json_pack("{s:o, s:o, s:o}", "at", json_of_time(lines[i].at_ms), "level",
                                             json_of_str(lines[i].level), "text", json_of_str(lines[i].text)));
    if (body)
        json_object_set_new(body, "log", log);
    return reply_json(rq, 200, body);
}

static int job_get_one(struct request *rq, struct err *reterr) {
    struct job j;
    int r = job_param(rq, &j, reterr);
    return r < 0 ? r : job_reply(rq, j.id, reterr);
}

/* The import that a job is a step of. false: it stands for itself. */
static bool step_of(const struct engine *e, const struct job *j, struct arena *a, struct import_id *ret) {
    struct rows r;
    return id_parse(j->subject, &ret->v) &&
           store_query(e->store, &ingest_sql[IMPORT_STATE], ARGS(A_STR(j->subject)), a, &r, NULL) > 0;
}

static int job_cancel_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct import_id import;
    struct job j;
    int r = job_param(rq, &j, reterr);
    if (r < 0)
        return r;
    if (step_of(e, &j, request_arena(rq), &import)) {
        r = import_cancel(e, import, reterr);
    } else {
        scoped(tx_rollback) struct tx *tx = NULL;
        r = tx_begin(e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
        if (r >= 0)
            r = job_cancel(tx, j.id, reterr);
        if (r == 0)
            r = err_refuse(reterr, ERR_CONFLICT, "job.ended", "Only a job that waits or runs can be cancelled.",
                           "job " ID_FMT " has ended", ID_ARG(j.id.v));
        if (r > 0)
            r = tx_commit(&tx, reterr);
        if (r >= 0 && str_eq(j.kind, STR("ingest.drop")))
            r = drop_cancelled(e, j.subject, reterr);
    }
    return r < 0 ? r : job_reply(rq, j.id, reterr);
}

/* A new job with the same words; the old one and its log stay. */
static int job_again(const struct engine *e, const struct job *j, struct job_id *ret, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    if (j->state != JOB_FAILED && j->state != JOB_CANCELLED)
        return err_refuse(reterr, ERR_CONFLICT, "job.not_failed", "Only what failed or was cancelled can be tried again.",
                          "job " ID_FMT " has not failed", ID_ARG(j->id.v));
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    const char *kind = str_cstr(&a, j->kind);
    struct job_spec spec = {.kind = kind,
                            .key = str_printf(&a, STR_FMT "/" STR_FMT, STR_ARG(j->kind), STR_ARG(j->subject)),
                            .subject = j->subject,
                            .payload = j->payload,
                            .priority = j->priority};
    int r = tx_begin(e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (r >= 0 && str_eq(j->kind, STR("ingest.drop")))
        r = drop_again(tx, j->subject, reterr);
    if (r >= 0)
        r = job_enqueue(tx, &spec, ret, reterr);
    return r < 0 ? r : tx_commit(&tx, reterr);
}

static int job_retry_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct import_id import;
    struct job_id next;
    struct job j;
    int r = job_param(rq, &j, reterr);
    if (r < 0)
        return r;
    next = j.id;
    r = step_of(e, &j, request_arena(rq), &import) ? import_retry(e, import, reterr) : job_again(e, &j, &next, reterr);
    return r < 0 ? r : job_reply(rq, next, reterr);
}

static int job_priority_put(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct job j;
    int r = job_param(rq, &j, reterr);
    if (r >= 0)
        r = tx_begin(e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (r >= 0)
        r = job_priority_set(tx, j.subject, (int)json_get_int(request_json(rq), "priority", 0), reterr);
    if (r == 0)
        r = err_refuse(reterr, ERR_CONFLICT, "job.ended", "It has ended: there is nothing left to put in order.",
                       "no live job of its subject");
    if (r > 0)
        r = tx_commit(&tx, reterr);
    return r < 0 ? r : job_reply(rq, j.id, reterr);
}

static const struct field line_fields[] = {{"at", F_TIME, FIELD_REQUIRED},
                                           {"level", F_STR, FIELD_REQUIRED, .values = "info|warn|error"},
                                           {"text", F_STR, FIELD_REQUIRED, 0, 1000},
                                           {.type = F_END}};
#define JOB_STATE_VALUES "waiting|ready|running|done|failed|cancelled"
static const struct field job_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"kind", F_STR, FIELD_REQUIRED, .doc = "ingest.store, ingest.probe, ... ingest.publish, ingest.quality, ingest.transcrypt, ingest.mezzanine, ingest.drop"},
    {"import_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "The import that it is a step of, or looks over"},
    {"title_name", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"state", F_STR, FIELD_REQUIRED, .values = JOB_STATE_VALUES},
    {"stage", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"priority", F_INT, FIELD_REQUIRED, -PRIORITY_MAX, PRIORITY_MAX, .doc = "Higher comes first"},
    {"attempt", F_INT, FIELD_REQUIRED},
    {"progress", F_NUM, FIELD_REQUIRED, .doc = "0 to 1"},
    {"speed", F_NUM, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Seconds of film in a second"},
    {"eta_s", F_INT, FIELD_REQUIRED | FIELD_NULLABLE},
    {"error", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "ImportError"},
    {"created_at", F_TIME, FIELD_REQUIRED},
    {"started_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"ended_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"log", F_OBJ, FIELD_ARRAY, 0, 1000, .ref = "JobLine", .doc = "What it did; of one job alone"},
    {.type = F_END},
};
static const struct field jobs_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 1000, .ref = "Job"},
                                           {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                           {.type = F_END}};
static const struct field priority_fields[] = {
    {"priority", F_INT, FIELD_REQUIRED, -PRIORITY_MAX, PRIORITY_MAX}, {.type = F_END}};
const struct schema job_schemas[] = {
    {"JobLine", line_fields, "A line of a job's log"},
    {"Job", job_fields, "A piece of work on what comes in"},
    {"JobList", jobs_fields, "Jobs"},
    {"JobPriority", priority_fields, "What comes first"},
    {.name = NULL},
};

static const struct field list_query[] = {{"state", F_STR, .values = JOB_STATE_VALUES},
                                          {"import_id", F_ID},
                                          {"cursor", F_STR},
                                          {"limit", F_INT, 0, 1, 100},
                                          {.type = F_END}};
const struct route job_routes[] = {
    {GET, "/api/v1/jobs", jobs_get, ROLE_EDITOR, .scope = SCOPE_INGEST_READ, .priority = PRIO_REST, .query = list_query, .reply = "JobList",
     .doc = "The steps of imports and other work on what comes in, newest first"},
    {GET, "/api/v1/jobs/events", job_events_get, ROLE_EDITOR, .scope = SCOPE_INGEST_READ, .priority = PRIO_REST, .flags = ROUTE_SSE,
     .reply = "JobList", .doc = "What is under way, a JobList an event, whenever something of it changes"},
    {GET, "/api/v1/jobs/{id:id}", job_get_one, ROLE_EDITOR, .scope = SCOPE_INGEST_READ, .priority = PRIO_REST, .reply = "Job",
     .doc = "One job with its log"},
    {POST, "/api/v1/jobs/{id:id}/cancel", job_cancel_post, ROLE_EDITOR, .scope = SCOPE_INGEST_WRITE, .priority = PRIO_REST, .reply = "Job",
     .doc = "Stops a job; of a step the whole import, and what that made is removed"},
    {POST, "/api/v1/jobs/{id:id}/retry", job_retry_post, ROLE_EDITOR, .scope = SCOPE_INGEST_WRITE, .priority = PRIO_REST, .reply = "Job",
     .doc = "Tries again what failed, from where it stopped"},
    {PUT, "/api/v1/jobs/{id:id}/priority", job_priority_put, ROLE_EDITOR, .scope = SCOPE_INGEST_WRITE, .priority = PRIO_REST, .body = "JobPriority",
     .reply = "Job", .doc = "Puts a job, and all that belongs to the same import, before or behind others"},
    {.path = NULL},
};
const struct service job_service = {.name = "jobs", .routes = job_routes, .schemas = job_schemas};
