/* routes.c - titles over HTTP: the list, one title, an editor's changes. */
#include "engine/audit/audit.h"
#include "service/catalog/catalog_int.h"
#include "service/json.h"

static bool may_edit(struct request *rq) {
    return (request_principal(rq)->roles & (ROLE_EDITOR | ROLE_OPERATOR)) != 0;
}

static int titles_get(struct request *rq, struct err *reterr) {
    struct arena *a = request_arena(rq);
    struct title_card *cards;
    struct str next, unpublished = request_query(rq, "unpublished");
    size_t n;
    struct title_query tq = {.cursor = request_query(rq, "cursor"),
                             .q = request_query(rq, "q"),
                             .lang = request_query(rq, "lang"),
                             .limit = (int)request_query_int(rq, "limit", 24),
                             .limited = !may_edit(rq) || request_principal(rq)->kids,
                             .maturity = request_principal(rq)->maturity,
                             .all = may_edit(rq) && str_eq(unpublished, STR("true"))};
    const struct engine *e = request_engine(rq);
    json_t *items = NULL;
    int rc = catalog_list(e->store, &tq, request_header(rq, "Accept-Language"), a, &cards, &n,
                          &next, reterr);
    if (rc == 0)
        rc = catalog_cards_json(e, request_principal(rq)->profile, cards, n, &items, reterr);
    if (rc)
        return rc;
    reply_header(rq, "Vary", "Accept-Language");
    return reply_json(rq, 200,
                      json_pack("{s:o, s:o}", "items", items, "next_cursor", json_of_str(next)));
}

static int tracks_json(struct request *rq, const struct title_card *c, json_t *o,
                       struct err *reterr) {
    struct rows r = {0};
    json_t *audio = json_array(), *text = json_array();
    int rc = 0;
    if (id_is_set(c->asset.v))
        rc = store_query(request_engine(rq)->store, &catalog_sql[TRACK_BY_ASSET],
                         ARGS(A_ID(c->asset)), request_arena(rq), &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++) {
        int64_t kind = row_i64(&r, i, 1);
        json_t *t =
            json_pack("{s:o, s:o, s:o}", "lang", json_of_str(row_str(&r, i, 2)), "label",
                      json_of_str(row_str(&r, i, 4)), "role", json_of_str(row_str(&r, i, 3)));
        if (kind == TRACK_AUDIO) {
            json_object_set_new(t, "channels", json_integer(row_i64(&r, i, 5)));
            json_array_append_new(audio, t);
        } else if (kind == TRACK_TEXT) {
            json_array_append_new(text, t);
        } else {
            json_decref(t);
        }
    }
    json_object_set_new(o, "audio", audio);
    json_object_set_new(o, "text", text);
    return rc < 0 ? rc : 0;
}

static int reply_title(struct request *rq, const struct title_card *c, struct err *reterr) {
    json_t *one = NULL;
    int rc =
        catalog_cards_json(request_engine(rq), request_principal(rq)->profile, c, 1, &one, reterr);
    if (rc)
        return rc;
    json_t *o = json_incref(json_array_get(one, 0));
    json_decref(one);
    json_object_set_new(o, "synopsis", json_of_str(c->synopsis));
    json_object_set_new(o, "backdrop", catalog_image_json(c, ART_BACKDROP));
    json_object_set_new(o, "published", json_boolean(c->published));
    rc = tracks_json(rq, c, o, reterr);
    if (rc) {
        json_decref(o);
        return rc;
    }
    reply_header(rq, "Vary", "Accept-Language");
    return reply_json(rq, 200, o);
}

static int title_get(struct request *rq, struct err *reterr) {
    struct title_card c;
    int rc = catalog_card_by_slug(request_engine(rq)->store, request_param(rq, "slug"),
                                  request_header(rq, "Accept-Language"), may_edit(rq),
                                  request_arena(rq), &c, reterr);
    if (rc == 0 && c.maturity > request_principal(rq)->maturity && !may_edit(rq))
        rc = err_refuse(reterr, ERR_NOT_FOUND, "catalog.title_not_found", "There is no such title.",
                        "not for the profile's age");
    return rc ? rc : reply_title(rq, &c, reterr);
}

static int title_change(struct tx *tx, struct title_id id, const struct title_card *c,
                        const json_t *body, struct err *reterr) {
    const json_t *published = json_object_get(body, "published"),
                 *year = json_object_get(body, "year"),
                 *maturity = json_object_get(body, "maturity");
    struct str name = json_get_str(body, "name"), synopsis = json_get_str(body, "synopsis");
    struct str lang = json_get_str(body, "lang");
    int rc = 0;
    if (year) {
        int64_t y = json_is_null(year) ? 0 : json_integer_value(year);
        rc = title_check_year(y, reterr);
        if (rc == 0)
            rc = tx_exec(tx, &catalog_sql[TITLE_SET_YEAR],
                         ARGS(A_ID(id), A_I64(y), A_I64(store_now_ms(tx_store(tx)))), reterr);
    }
    if (rc >= 0 && json_is_integer(maturity))
        rc = catalog_title_maturity_set(tx, id, (int)json_integer_value(maturity), reterr);
    if (rc >= 0 && (name.p || synopsis.p))
        rc = catalog_title_text_set(tx, id, lang.n ? lang : c->lang, name.p ? name : c->name,
                                    synopsis.p ? synopsis : c->synopsis, reterr);
    if (rc >= 0 && json_is_boolean(published))
        rc = catalog_title_publish(tx, id, json_is_true(published), reterr);
    return rc < 0 ? rc : 0;
}

static int title_patch(struct request *rq, struct err *reterr) {
    struct store *st = request_engine(rq)->store;
    struct arena *a = request_arena(rq);
    const json_t *body = request_json(rq);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct title_id id;
    struct title_card c;
    struct str lang = json_get_str(body, "lang");
    if (!id_parse(request_param(rq, "id"), &id.v))
        return err_set(reterr, ERR_NOT_FOUND, "not an id");
    /* What is not sent stays as it is in that language (its own where none is named). */
    int rc = catalog_card_by_id(st, id, lang, true, a, &c, reterr);
    if (rc == 0)
        audit_note("before", json_pack("{s:o, s:i}", "name", json_of_str(c.name), "maturity", c.maturity));
    if (rc == 0)
        rc = tx_begin(st, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = title_change(tx, id, &c, body, reterr);
    if (rc == 0)
        rc = tx_commit(&tx, reterr);
    if (rc == 0)
        rc = catalog_card_by_id(st, id, lang, true, a, &c, reterr);
    return rc ? rc : reply_title(rq, &c, reterr);
}

static const struct field source_fields[] = {
    {"src", F_URL, FIELD_REQUIRED}, {"width", F_INT, FIELD_REQUIRED}, {.type = F_END}};
static const struct field image_fields[] = {
    {"src", F_URL, FIELD_REQUIRED, .doc = "The largest; immutable"},
    {"width", F_INT, FIELD_REQUIRED},
    {"height", F_INT, FIELD_REQUIRED},
    {"srcset", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "ImageSource", .doc = "Narrowest first"},
    {"color", F_STR, FIELD_REQUIRED, .doc = "#rrggbb, the ground shown until the picture is there"},
    {.type = F_END}};
static const struct field progress_fields[] = {
    {"position_s", F_NUM, FIELD_REQUIRED, .doc = "Where to resume"},
    {"duration_s", F_NUM, FIELD_REQUIRED},
    {"updated_at", F_TIME, FIELD_REQUIRED},
    {.type = F_END}};
#define CARD_FIELDS                                                                                \
    {"id", F_ID, FIELD_REQUIRED}, {"slug", F_STR, FIELD_REQUIRED},                                 \
        {"name", F_STR, FIELD_REQUIRED}, {"year", F_INT, 0, .doc = "Absent when not known"},       \
        {"runtime_s", F_NUM, FIELD_REQUIRED},                                                      \
        {"poster", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Image"},                        \
        {"still", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Image"},                         \
        {"languages", F_LANG, FIELD_REQUIRED | FIELD_ARRAY, .doc = "Of its audio"},                \
        {"max_height", F_INT, FIELD_REQUIRED},                                                     \
        {"maturity", F_INT, FIELD_REQUIRED, 0, MATURITY_ALL,                                       \
         .doc = "Years: for this age and older; 18 also where nobody rated it"}, {                                                   \
        "progress", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Progress"                      \
    }
static const struct field card_fields[] = {CARD_FIELDS, {.type = F_END}};
static const struct field audio_fields[] = {{"lang", F_LANG, FIELD_REQUIRED},
                                            {"label", F_STR, FIELD_REQUIRED},
                                            {"channels", F_INT, FIELD_REQUIRED},
                                            {"role", F_STR, FIELD_REQUIRED},
                                            {.type = F_END}};
static const struct field text_fields[] = {{"lang", F_LANG, FIELD_REQUIRED},
                                           {"label", F_STR, FIELD_REQUIRED},
                                           {"role", F_STR, FIELD_REQUIRED},
                                           {.type = F_END}};
static const struct field title_fields[] = {
    CARD_FIELDS,
    {"synopsis", F_STR, FIELD_REQUIRED},
    {"backdrop", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Image"},
    {"audio", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "AudioInfo"},
    {"text", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "TextInfo"},
    {"published", F_BOOL, FIELD_REQUIRED},
    {.type = F_END}};
static const struct field list_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "TitleCard"},
    {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END}};
static const struct field change_fields[] = {
    {"name", F_STR, 0, 1, CATALOG_NAME_MAX},
    {"synopsis", F_STR, 0, 0, CATALOG_SYNOPSIS_MAX},
    {"lang", F_LANG, 0, .doc = "Of name and synopsis; absent: the title's own"},
    {"year", F_INT, FIELD_NULLABLE, 0, 2200},
    {"maturity", F_INT, 0, 0, MATURITY_ALL, .doc = "Years: who is younger does not see it"},
    {"published", F_BOOL, 0},
    {.type = F_END}};
static const struct field list_query[] = {
    {"cursor", F_STR, 0, 1, 120},
    {"limit", F_INT, 0, 1, CATALOG_BATCH},
    {"q", F_STR, 0, 0, 200,
     .doc = "Found in names of every language; case and accents do not matter"},
    {"lang", F_LANG, 0, .doc = "Only titles with audio of this language"},
    {"unpublished", F_BOOL, 0, .doc = "Editors only: those that are not published too"},
    {.type = F_END}};

const struct schema catalog_schemas[] = {
    {"ImageSource", source_fields, "One size of a picture"},
    {"Image", image_fields, "A picture in several sizes"},
    {"Progress", progress_fields, "How far this profile has seen a title"},
    {"TitleCard", card_fields, "A title in a list"},
    {"AudioInfo", audio_fields, "An audio track to choose"},
    {"TextInfo", text_fields, "A subtitle track to choose"},
    {"Title", title_fields, "A title with what its page shows"},
    {"TitleList", list_fields, "A page of titles"},
    {"TitleChange", change_fields, "An editor's change; what is absent stays"},
    {NULL}};

const struct route catalog_routes[] = {
    {GET, "/api/v1/titles", titles_get, ROLE_VIEWER | ROLE_EDITOR, .per_minute = 600,
     .priority = PRIO_BROWSE, .query = list_query, .reply = "TitleList",
     .doc = "Titles, newest first, or those whose name has q"},
    {GET, "/api/v1/titles/{slug}", title_get, ROLE_VIEWER | ROLE_EDITOR, .per_minute = 600,
     .priority = PRIO_BROWSE, .reply = "Title",
     .doc = "One title with its languages and subtitles"},
    {PATCH, "/api/v1/titles/{id:id}", title_patch, ROLE_EDITOR, .per_minute = 120,
     .priority = PRIO_REST, .body = "TitleChange", .reply = "Title",
     .doc = "Describe, publish or take back a title"},
    {.path = NULL}};

/* Titles are about films: nothing here is about a person. */
static int catalog_export(const struct engine *e, struct account_id account, json_t **ret,
                          struct err *reterr) {
    *ret = json_object();
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
}
static int catalog_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    return 0;
}

const struct service catalog_service = {
    .name = "catalog",
    .routes = catalog_routes,
    .schemas = catalog_schemas,
    .sql = catalog_sql,
    .stop = card_cache_clear,
    .export = catalog_export,
    .erase = catalog_erase,
};
