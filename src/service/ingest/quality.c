/*
 * quality.c - the quality report of an import: a job of its own behind the journey, so that a film that takes long to
 * look over is on sale meanwhile. The film is read in a sandboxed child (media/quality); what it says is kept with
 * the import and served as it is.
 */
#include "engine/child/child.h"
#include "service/ingest/ingest_int.h"
#include "service/json.h"
#include <string.h>

enum { PRIORITY = -10 }; /* behind every film that waits to be seen */

/* A subject of its own: whoever waits for the import does not wait for this. */
int quality_enqueue(struct tx *tx, struct import_id id, struct err *reterr) {
    char key[80];
    struct job_id made;
    size_t kind = sizeof "ingest.quality/" - 1;
    int n = snprintf(key, sizeof key, "ingest.quality/" QUALITY_SUBJECT ID_FMT, ID_ARG(id.v));
    struct job_spec spec = {.kind = "ingest.quality",
                            .key = str_make(key, (size_t)n),
                            .subject = str_make(key + kind, (size_t)n - kind),
                            .payload = STR("{}"),
                            .priority = PRIORITY};
    return job_enqueue(tx, &spec, &made, reterr);
}

static int told(void *arg, const char *stage, int permille, double speed, int64_t eta_ms) {
    return job_progress(arg, stage, permille, speed, eta_ms);
}

static void findings_note(struct job_ctx *j, json_t *report) {
    json_t *findings = json_object_get(report, "findings"), *f;
    size_t i;
    job_note(j, "%zu findings", json_array_size(findings));
    json_array_foreach(findings, i, f) {
        if (i == 20)
            break;
        job_note(j, "%s: %s", json_string_value(json_object_get(f, "kind")),
                 json_string_value(json_object_get(f, "text")));
    }
}

static int report_keep(struct job_ctx *j, struct import_id id, json_t *report, struct err *reterr) {
    const struct engine *e = job_engine(j);
    scoped(mem_free) char *text = json_dumps(report, JSON_COMPACT);
    if (!text)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for a report");
    int r = store_exec(e->store, &ingest_sql[QUALITY_SET],
                       ARGS(A_ID(id), A_CSTR(text), A_I64(store_now_ms(e->store))), reterr);
    if (r >= 0)
        findings_note(j, report);
    return MIN(r, 0);
}

int quality_job_run(struct job_ctx *j, struct err *reterr) {
    const struct engine *e = job_engine(j);
    struct import_view v;
    struct id id;
    if (!id_parse(str_slice(job_self(j)->subject, sizeof QUALITY_SUBJECT - 1, SIZE_MAX), &id))
        return err_set(reterr, ERR_INVALID, "the job names no import");
    int r = import_get(e, (struct import_id){id}, job_arena(j), &v, reterr);
    if (r < 0)
        return r == ERR_NOT_FOUND ? ERR_INVALID : r;
    struct pipeline_unseal unseal;
    scoped(fd_close) int fd = source_open_blob(e, v.inputs[0].blob, job_arena(j), &unseal, reterr);
    if (fd < 0)
        return fd == ERR_NOT_FOUND || fd == ERR_CONFLICT ? ERR_INVALID : fd;
    json_t *policy = json_loadb(v.policy.p, v.policy.n, 0, NULL), *report = NULL;
    json_t *cut = json_object_get(policy, "max_duration_s"), *request = cut ? json_pack("{s:O}", "max_duration_s", cut) : json_object();
    json_decref(policy);
    struct child_spec spec = {
        .op = "quality", .request = request, .fds = &fd, .n_fds = 1, .behind = true, .progress = told, .arg = j};
    r = unseal_add(request, &unseal, reterr);
    if (r >= 0)
        r = child_run(&spec, &report, reterr);
    if (r >= 0)
        r = report_keep(j, v.id, report, reterr);
    json_decref(request);
    json_decref(report);
    return r;
}

/* ---- over HTTP ---- */

/* ERR_NOT_FOUND "quality.not_made": not yet, or it cannot be. */
static int report_reply(struct request *rq, struct import_id id, struct err *reterr) {
    struct rows r;
    int n = store_query(request_engine(rq)->store, &ingest_sql[QUALITY_GET], ARGS(A_ID(id)), request_arena(rq), &r,
                        reterr);
    if (n < 0)
        return n;
    json_t *report = n ? json_loadb(row_str(&r, 0, 0).p, row_str(&r, 0, 0).n, 0, NULL) : NULL;
    if (!report)
        return err_refuse(reterr, ERR_NOT_FOUND, "quality.not_made",
                          "There is no quality report yet: it is made after the film is published.",
                          "no report of import " ID_FMT, ID_ARG(id.v));
    json_object_set_new(report, "import_id", json_of_id(id.v));
    json_object_set_new(report, "made_at", json_of_time(row_i64(&r, 0, 1)));
    return reply_json(rq, 200, report);
}

static int import_quality_get(struct request *rq, struct err *reterr) {
    struct id id = {""};
    bool ok = id_parse(request_param(rq, "id"), &id);
    assert(ok);
    return report_reply(rq, (struct import_id){id}, reterr);
}

/* A screen that shows it beside the film asks before it is there: that is no error. */
static int report_awaited(struct request *rq, const struct rows *imports) {
    return reply_json(rq, 200,
                      json_pack("{s:o, s:n, s:i, s:[], s:n, s:[]}", "import_id",
                                imports->n ? json_of_id(row_id(imports, 0, 0)) : json_null(), "made_at", "duration_ms", 0,
                                "findings", "video", "audio"));
}

/* Of the title's newest import that has been looked over. */
static int title_quality_get(struct request *rq, struct err *reterr) {
    struct rows links, report;
    struct import_id import;
    int r = import_newest_with(rq, &ingest_sql[QUALITY_GET], &links, &import, &report, reterr);
    return r < 0 ? r : r > 0 ? report_reply(rq, import, reterr) : report_awaited(rq, &links);
}

#define KINDS "black|freeze|interlaced|silence|loudness|peak|aspect|language|cut_off|sync|no_sound"
static const struct field finding_fields[] = {
    {"kind", F_STR, FIELD_REQUIRED, .values = KINDS},
    {"severity", F_STR, FIELD_REQUIRED, .values = "info|warning|error"},
    {"from_ms", F_INT, FIELD_REQUIRED, -1, INT64_MAX, .doc = "-1: the film as a whole"},
    {"to_ms", F_INT, FIELD_REQUIRED, -1, INT64_MAX},
    {"stream", F_INT, FIELD_REQUIRED, -1, 1000, .doc = "Of the file; -1: none in particular"},
    {"text", F_STR, FIELD_REQUIRED, 1, 1000},
    {.type = F_END}};
static const struct field picture_fields[] = {{"stream", F_INT, FIELD_REQUIRED},
                                              {"width", F_INT, FIELD_REQUIRED},
                                              {"height", F_INT, FIELD_REQUIRED},
                                              {"display_aspect", F_NUM, FIELD_REQUIRED},
                                              {"interlaced", F_NUM, FIELD_REQUIRED, .doc = "Share of its pictures, 0 to 1"},
                                              {.type = F_END}};
static const struct field sound_fields[] = {
    {"stream", F_INT, FIELD_REQUIRED},
    {"lang", F_STR, FIELD_REQUIRED},
    {"channels", F_INT, FIELD_REQUIRED},
    {"integrated_lufs", F_NUM, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "EBU R 128"},
    {"range_lu", F_NUM, FIELD_REQUIRED | FIELD_NULLABLE},
    {"peak_dbfs", F_NUM, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Of samples"},
    {"silent_ms", F_INT, FIELD_REQUIRED},
    {.type = F_END}};
static const struct field report_fields[] = {
    {"import_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "null: the title's film came by no import"},
    {"made_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "null: not made yet, it is awaited of that import"},
    {"duration_ms", F_INT, FIELD_REQUIRED},
    {"findings", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 5000, .ref = "QualityFinding", .doc = "In the order of their times"},
    {"video", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "QualityPicture"},
    {"audio", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "QualitySound"},
    {.type = F_END}};
const struct schema quality_schemas[] = {
    {"QualityFinding", finding_fields, "Something in a film that an editor may want to look at"},
    {"QualityPicture", picture_fields, "A film's picture"},
    {"QualitySound", sound_fields, "One of a film's soundtracks"},
    {"QualityReport", report_fields, "What was found in a film, with its times"},
    {.name = NULL},
};
const struct route quality_routes[] = {
    {GET, "/api/v1/imports/{id:id}/quality", import_quality_get, ROLE_EDITOR, .scope = SCOPE_INGEST_READ, .priority = PRIO_REST,
     .reply = "QualityReport", .op = "importQuality", .doc = "What was found in an imported film, with its times"},
    {GET, "/api/v1/editor/titles/{id:id}/quality", title_quality_get, ROLE_EDITOR, .scope = SCOPE_INGEST_READ, .priority = PRIO_REST,
     .reply = "QualityReport", .op = "titleQuality", .doc = "The same of a title's newest film; empty until it is made"},
    {.path = NULL},
};
const struct service quality_service = {.name = "quality", .routes = quality_routes, .schemas = quality_schemas};
