/*
 * again.c - what an editor wants of the encoding of one film: with a file that comes in, or of a title's film that is made again from the
 * source that is kept. Viewers have the old one until the new one is whole.
 */
#include "base/buf.h"
#include "media/ladder/ladder.h"
#include "service/ingest/ingest_int.h"
#include "service/json.h"

/* Named alike in requests and in the policy. */
static const char *const as_they_are[] = {"ladder", "preset", "max_height", "crop", "mezzanine"};

/* A list there, names with commas between here. */
static void list_wish(json_t *policy, const char *name, json_t *list) {
    scoped(buf_done) struct buf names = BUF(1024);
    json_t *one;
    size_t i;
    json_array_foreach(list, i, one)
        buf_addf(&names, "%s%s", i ? "," : "", json_string_value(one));
    if (names.n)
        json_object_set_new(policy, name, json_stringn((char *)names.p, names.n));
}

int policy_wish(json_t *body, json_t *base, struct arena *a, struct str *ret, struct err *reterr) {
    json_t *policy = base ? json_deep_copy(base) : json_object(), *loudness = json_object_get(body, "loudness"),
           *crop = json_object_get(body, "crop");
    int r = crop ? plan_crop_check(crop, reterr) : 0; /* now, not when the film has been probed */
    list_wish(policy, "roles", json_object_get(body, "roles"));
    list_wish(policy, "codecs", json_object_get(body, "codecs"));
    if (loudness)
        json_object_set_new(policy, "loudness", json_is_null(loudness) ? json_string("none") : json_incref(loudness));
    for (size_t i = 0; i < ARRAY_LEN(as_they_are); i++) {
        json_t *v = json_object_get(body, as_they_are[i]);
        if (v)
            json_object_set(policy, as_they_are[i], v);
    }
    scoped(mem_free) char *text = json_dumps(policy, JSON_COMPACT);
    json_decref(policy);
    *ret = str_dup(a, str_of(text));
    return r < 0 ? r : ret->p ? 0 : err_set(reterr, ERR_NO_MEMORY, "policy");
}

/* ---- again ---- */

/* The newest import that made this title's film: what it came from is kept. */
static int import_of_title(struct request *rq, struct title_id title, struct import_view *ret, struct err *reterr) {
    struct rows links;
    const struct engine *e = request_engine(rq);
    int n = store_query(e->store, &ingest_sql[LINK_OF_TITLE], ARGS(A_ID(title)), request_arena(rq), &links, reterr);
    for (int i = 0; i < n; i++) {
        int r = import_get(e, (struct import_id){row_id(&links, (size_t)i, 0)}, request_arena(rq), ret, reterr);
        if (r == ERR_NOT_FOUND) {
            err_clear(reterr);
            continue;
        }
        if (r < 0 || ret->state == IMPORT_DONE)
            return MIN(r, 0);
    }
    return n < 0 ? n
                 : err_refuse(reterr, ERR_CONFLICT, "import.none_of_title", "Upload the film: it did not come in through an import.",
                              "no import made title " ID_FMT, ID_ARG(title.v));
}

static int title_encode_post(struct request *rq, struct err *reterr) {
    struct arena *a = request_arena(rq);
    const struct engine *e = request_engine(rq);
    struct title_id title = {{""}};
    struct import_view old, made;
    struct import_id id;
    struct str policy;
    bool ok = id_parse(request_param(rq, "id"), &title.v);
    assert(ok);
    int r = import_of_title(rq, title, &old, reterr);
    if (r < 0)
        return r;
    json_t *base = json_loadb(old.policy.p, old.policy.n, 0, NULL);
    r = policy_wish(request_json(rq), base, a, &policy, reterr);
    json_decref(base);
    for (size_t i = 0; i < old.n_inputs; i++)
        old.inputs[i].path = STR_NULL; /* it may be another file by now */
    struct import_new n = {.title = old.title_name, .lang = old.lang, .policy = policy, .scheme = old.scheme, .into = title, .alone = true,
                           .inputs = old.inputs, .n_inputs = old.n_inputs};
    if (r >= 0)
        r = import_create(e, &n, a, &id, reterr);
    if (r >= 0)
        r = import_get(e, id, a, &made, reterr);
    return r < 0 ? r : reply_json(rq, 202, import_json(&made));
}

static const struct field again_fields[] = {POLICY_FIELDS, {.type = F_END}};
static const struct schema again_schemas[] = {
    {"EncodeAgain", again_fields, "How a film is encoded; what is absent stays as it was"}, {.name = NULL}};
static const struct route again_routes[] = {
    {POST, "/api/v1/editor/titles/{id:id}/encode", title_encode_post, ROLE_EDITOR, .scope = SCOPE_INGEST_WRITE, .priority = PRIO_REST,
     .body = "EncodeAgain", .reply = "Import", .op = "titleEncode", .status = 202,
     .doc = "Makes a title's film again from its source; viewers have the old one until the new one is whole"},
    {.path = NULL},
};
const struct service again_service = {.name = "again", .routes = again_routes, .schemas = again_schemas};
