/*
 * ladder.c - which ladder a film got and why, kept with its import so that an editor can see it after the work folder is gone: what was
 * tried, the hull, the rungs that were chosen. And what the settings say where an import's policy says nothing.
 */
#include "service/ingest/ingest_int.h"
#include "service/json.h"

static const struct config_key ladder_config[] = {
    {"encode-ladder", CONFIG_STR, "auto",
     .doc = "Rungs of imported films: per_title (a ladder of each film's own, from trial encodes), fixed (by its size), or auto (per title "
            "where the trials cost at most 15 % of encoding it)"},
    {"encode-max-height", CONFIG_INT, "2160", 16, 2160, .doc = "Highest picture that imported films are encoded with"},
    {"encode-preset", CONFIG_STR, "medium", .doc = "x264's speed for imported films, from ultrafast to veryslow"},
    {"encode-codecs", CONFIG_STR, "h264",
     .doc = "Codecs of imported films' pictures, with commas between: h264, which is always made, hevc, av1; HDR is kept in the last two. Each costs more than "
            "all of H.264"},
    {.name = NULL},
};

json_t *import_policy(const struct engine *e, struct str text) {
    json_t *policy = json_loadb(text.p, text.n, 0, NULL);
    if (!json_is_object(policy) || !e->config)
        return policy;
    if (!json_object_get(policy, "ladder"))
        json_object_set_new(policy, "ladder", json_string(config_str(e->config, "encode-ladder")));
    if (!json_object_get(policy, "max_height"))
        json_object_set_new(policy, "max_height", json_integer(config_int(e->config, "encode-max-height")));
    if (!json_object_get(policy, "codecs"))
        json_object_set_new(policy, "codecs", json_string(config_str(e->config, "encode-codecs")));
    if (!json_object_get(policy, "preset"))
        json_object_set_new(policy, "preset", json_string(config_str(e->config, "encode-preset")));
    return policy;
}

/* ---- from a plan to what is shown ---- */

static json_t *or_null(json_t *j) { return j ? json_incref(j) : json_null(); }

/* The fixed ladder's rungs are the plan's alone: nobody knows yet what they will cost. Those of further codecs follow from them. */
static json_t *fixed_rungs(json_t *video) {
    json_t *list = json_array(), *r;
    size_t i;
    json_array_foreach(json_object_get(video, "rungs"), i, r)
        if (!json_object_get(r, "codec"))
            json_array_append_new(list, json_pack("{s:O, s:O, s:O, s:O, s:O, s:n, s:n, s:s}", "name", json_object_get(r, "name"), "width",
                                              json_object_get(r, "width"), "height", json_object_get(r, "height"), "crf",
                                              json_object_get(video, "crf"), "maxrate", json_object_get(r, "maxrate"), "bitrate",
                                              "score", "why", "A size of the fixed ladder."));
    return list;
}

static json_t *shots_shown(json_t *ask, json_t *video) {
    json_t *list = json_array(), *fps = json_object_get(video, "fps"), *s;
    double ms = 1000.0 * (double)json_integer_value(json_array_get(fps, 1)) / (double)MAX(json_integer_value(json_array_get(fps, 0)), 1);
    size_t i;
    json_array_foreach(json_object_get(ask, "shots"), i, s) {
        double from = (double)json_integer_value(json_object_get(s, "first")), n = (double)json_integer_value(json_object_get(s, "frames"));
        json_array_append_new(list, json_pack("{s:I, s:I}", "from_ms", (json_int_t)(from * ms), "to_ms", (json_int_t)((from + n) * ms)));
    }
    return list;
}

static json_t *ladder_shown(json_t *plan) {
    json_t *l = json_object_get(plan, "ladder"), *ask = json_object_get(l, "analysis"), *video = json_object_get(plan, "video");
    json_t *points = json_object_get(l, "points"), *hull = json_object_get(l, "hull"), *rungs = json_object_get(l, "rungs");
    return json_pack("{s:O, s:O, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kind", json_object_get(l, "kind"), "why",
                     json_object_get(l, "why"), "metric", or_null(json_object_get(ask, "metric")), "preset",
                     or_null(json_object_get(ask, "preset")), "floor", or_null(json_object_get(l, "floor")), "ceiling",
                     or_null(json_object_get(l, "ceiling")), "step", or_null(json_object_get(l, "step")), "shots",
                     shots_shown(ask, video), "points", points ? json_incref(points) : json_array(), "hull",
                     hull ? json_incref(hull) : json_array(), "rungs", rungs ? json_incref(rungs) : fixed_rungs(video));
}

int ladder_keep(const struct engine *e, struct import_id id, json_t *plan, struct err *reterr) {
    json_t *shown = ladder_shown(plan);
    scoped(mem_free) char *text = shown ? json_dumps(shown, JSON_COMPACT) : NULL;
    json_decref(shown);
    if (!text) /* a plan of before this: it has no word on its ladder */
        return 0;
    int r = store_exec(e->store, &ingest_sql[LADDER_SET], ARGS(A_ID(id), A_CSTR(text), A_I64(store_now_ms(e->store))), reterr);
    return MIN(r, 0);
}

/* ---- over HTTP ---- */

static int ladder_reply(struct request *rq, struct import_id id, const struct rows *r) {
    json_t *ladder = json_loadb(row_str(r, 0, 0).p, row_str(r, 0, 0).n, 0, NULL);
    json_object_set_new(ladder, "import_id", json_of_id(id.v));
    json_object_set_new(ladder, "made_at", json_of_time(row_i64(r, 0, 1)));
    return reply_json(rq, 200, ladder);
}

static int not_made(struct err *reterr) {
    return err_refuse(reterr, ERR_NOT_FOUND, "ladder.not_made", "The film has not been planned yet: ask again in a moment.",
                      "no ladder is recorded");
}

static int import_ladder_get(struct request *rq, struct err *reterr) {
    struct id id = {""};
    struct rows r;
    bool ok = id_parse(request_param(rq, "id"), &id);
    assert(ok);
    int n = store_query(request_engine(rq)->store, &ingest_sql[LADDER_GET], ARGS(A_STR(id_str(&id))), request_arena(rq), &r, reterr);
    return n < 0 ? n : n == 0 ? not_made(reterr) : ladder_reply(rq, (struct import_id){id}, &r);
}

/* Of the title's newest import that was planned. */
static int title_ladder_get(struct request *rq, struct err *reterr) {
    struct rows links, r;
    struct import_id import;
    int n = import_newest_with(rq, &ingest_sql[LADDER_GET], &links, &import, &r, reterr);
    return n < 0 ? n : n == 0 ? not_made(reterr) : ladder_reply(rq, import, &r);
}

static const struct field point_fields[] = {{"width", F_INT, FIELD_REQUIRED},
                                            {"height", F_INT, FIELD_REQUIRED},
                                            {"crf", F_NUM, FIELD_REQUIRED},
                                            {"bitrate", F_INT, FIELD_REQUIRED, .doc = "Bits a second, the average of the shots"},
                                            {"score", F_NUM, FIELD_REQUIRED, .doc = "0 poor, 100 like the original; about 6 is just noticeable"},
                                            {.type = F_END}};
static const struct field rung_fields[] = {{"name", F_STR, FIELD_REQUIRED},
                                           {"width", F_INT, FIELD_REQUIRED},
                                           {"height", F_INT, FIELD_REQUIRED},
                                           {"crf", F_NUM, FIELD_REQUIRED},
                                           {"maxrate", F_INT, FIELD_REQUIRED, .doc = "Bits a second that it never exceeds for long (VBV)"},
                                           {"bitrate", F_INT, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Expected; null: not tried"},
                                           {"score", F_NUM, FIELD_REQUIRED | FIELD_NULLABLE},
                                           {"why", F_STR, FIELD_REQUIRED},
                                           {.type = F_END}};
static const struct field shot_fields[] = {{"from_ms", F_INT, FIELD_REQUIRED}, {"to_ms", F_INT, FIELD_REQUIRED}, {.type = F_END}};
static const struct field ladder_fields[] = {
    {"import_id", F_ID, FIELD_REQUIRED},
    {"made_at", F_TIME, FIELD_REQUIRED},
    {"kind", F_STR, FIELD_REQUIRED, .values = "fixed|per_title"},
    {"why", F_STR, FIELD_REQUIRED, .doc = "Why this one"},
    {"metric", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "What the scores come from; null: nothing was tried"},
    {"preset", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Of the trial encodes"},
    {"floor", F_NUM, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Score of the lowest rung that was looked for"},
    {"ceiling", F_NUM, FIELD_REQUIRED | FIELD_NULLABLE},
    {"step", F_NUM, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Between rungs, never less than is just noticeable"},
    {"shots", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "LadderShot", .doc = "Where in the film it was tried"},
    {"points", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "LadderPoint", .doc = "What was measured"},
    {"hull", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 1000, .ref = "LadderPoint", .doc = "The convex hull, points between included"},
    {"rungs", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "LadderRung", .doc = "Lowest first"},
    {.type = F_END}};
static const struct schema ladder_schemas[] = {
    {"LadderPoint", point_fields, "A size and a quality, what it costs and how good it looks"},
    {"LadderRung", rung_fields, "A rendition of the picture that was made"},
    {"LadderShot", shot_fields, "A short piece of the film"},
    {"LadderReport", ladder_fields, "Which ladder a film got, why, and what was measured for it"},
    {.name = NULL},
};
static const struct route ladder_routes[] = {
    {GET, "/api/v1/imports/{id:id}/ladder", import_ladder_get, ROLE_EDITOR, .scope = SCOPE_INGEST_READ, .priority = PRIO_REST,
     .reply = "LadderReport", .op = "importLadder", .doc = "Which ladder an imported film got, and why"},
    {GET, "/api/v1/editor/titles/{id:id}/ladder", title_ladder_get, ROLE_EDITOR, .scope = SCOPE_INGEST_READ, .priority = PRIO_REST,
     .reply = "LadderReport", .op = "titleLadder", .doc = "The same of a title's newest film"},
    {.path = NULL},
};
const struct service ladder_service = {
    .name = "ladder", .routes = ladder_routes, .schemas = ladder_schemas, .config = ladder_config};
