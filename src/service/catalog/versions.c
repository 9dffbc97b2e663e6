/*
 * versions.c - the cuts and languages of one title: more than its main version. A film gets in as every film does, as a title of its own that
 * nobody has seen yet; becoming a version of another it leaves that title, which goes, in one transaction. A version that is taken away
 * leaves its film to the main one as a film that was replaced: it goes once nobody watches it.
 */
#include "engine/audit/audit.h"
#include "service/catalog/apply.h"
#include "service/catalog/routes_int.h"
#include "service/json.h"

enum { KIND_MAX = 40, VERSIONS_MAX = 20 };

/* Columns of VERSION_GET. */
enum { V_ID, V_KIND, V_LABEL, V_LANG, V_ASSET };

static struct title_id title_of(struct request *rq) {
    struct title_id id = {0};
    id_parse(request_param(rq, "id"), &id.v); /* "{id:id}" checked it */
    return id;
}

static struct str text_of(const json_t *body, const char *name) {
    struct str s = str_trim(json_get_str(body, name));
    return s.p ? s : STR("");
}

static int version_get(struct tx *tx, struct title_id title, struct str version, struct arena *a, struct rows *ret, struct err *reterr) {
    int rc = tx_query(tx, &catalog_sql[VERSION_GET], ARGS(A_STR(version), A_ID(title)), a, ret, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "catalog.version_not_found", "The title has no such version.", "no version of " ID_FMT,
                          ID_ARG(title.v));
    return MIN(rc, 0);
}

/* As the title's other changes: what was read is what is changed, and whoever listens hears of it. */
static int title_edit(struct tx *tx, struct title_id title, const json_t *revision, struct arena *a, struct err *reterr) {
    json_t *change = revision ? json_pack("{s:O}", "revision", (json_t *)(uintptr_t)revision) : json_object();
    int rc = change ? title_apply(tx, title, change, a, reterr) : err_set(reterr, ERR_NO_MEMORY, "no memory for a change");
    json_decref(change);
    return rc;
}

static int kind_choose(struct tx *tx, struct title_id title, const json_t *body, struct arena *a, struct str *ret, struct err *reterr) {
    struct str wish = text_of(body, "kind");
    struct rows r;
    *ret = str_slug(a, wish.n ? wish : text_of(body, "label"), KIND_MAX);
    if (!ret->n)
        *ret = STR("version");
    if (wish.n && !str_eq(wish, *ret))
        return err_refuse(reterr, ERR_INVALID, "catalog.slug_invalid", "Use lower-case letters, digits and single dashes.", "bad kind");
    int rc = tx_query(tx, &catalog_sql[VERSION_KINDS], ARGS(A_ID(title)), a, &r, reterr);
    if (rc >= VERSIONS_MAX)
        return err_refuse(reterr, ERR_CONFLICT, "catalog.versions", "A title has at most 20 versions: take one away first.", "too many");
    for (int i = 0; i < rc; i++)
        if (str_eq(row_str(&r, (size_t)i, 0), *ret))
            return err_refuse(reterr, ERR_CONFLICT, "catalog.version_taken", "The title has a version of that name: choose another.",
                              "kind taken");
    return MIN(rc, 0);
}

/* The film of a title that nobody has seen, and that has no other. */
static int film_take(struct tx *tx, struct title_id from, struct id version, struct arena *a, struct err *reterr) {
    struct rows r;
    int rc = tx_query(tx, &catalog_sql[VERSION_SOURCE], ARGS(A_ID(from)), a, &r, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "catalog.title_not_found", "There is no such title.", "no title " ID_FMT, ID_ARG(from.v));
    if (rc > 0 && (row_i64(&r, 0, 1) || row_i64(&r, 0, 2)))
        return err_refuse(reterr, ERR_CONFLICT, "catalog.was_published",
                          "That title was published, and people may have bought it: send the film as a title that is not published.",
                          "title " ID_FMT " was published", ID_ARG(from.v));
    if (rc > 0 && row_i64(&r, 0, 4) > 1)
        return err_refuse(reterr, ERR_CONFLICT, "catalog.versions", "That title has versions of its own: take them away first.",
                          "title " ID_FMT " has versions", ID_ARG(from.v));
    if (rc > 0 && row_null(&r, 0, 0))
        return err_refuse(reterr, ERR_CONFLICT, "catalog.not_ready", "That title has no film yet. Wait for its import to end.", "no asset");
    struct id asset = rc > 0 ? row_id(&r, 0, 0) : (struct id){0};
    if (rc > 0)
        rc = tx_exec(tx, &catalog_sql[VERSION_MOVE], ARGS(A_CSTR(row_id(&r, 0, 3).s), A_NULL), reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &catalog_sql[ASSET_TO_VERSION], ARGS(A_CSTR(asset.s), A_CSTR(version.s)), reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &catalog_sql[VERSION_MOVE], ARGS(A_CSTR(version.s), A_CSTR(asset.s)), reterr);
    return rc < 0 ? rc : title_drop(tx, from, reterr);
}

static int version_add(struct tx *tx, struct title_id title, const json_t *body, struct arena *a, struct err *reterr) {
    const int64_t now = store_now_ms(tx_store(tx));
    struct id version = id_new(now);
    struct title_id from = {0};
    struct str kind;
    id_parse(json_get_str(body, "from"), &from.v);
    if (str_eq(id_str(&from.v), id_str(&title.v)))
        return err_refuse(reterr, ERR_INVALID, "catalog.version_self", "Choose another title: this one's film is its main version.", "itself");
    int rc = title_edit(tx, title, json_object_get(body, "revision"), a, reterr);
    if (rc == 0)
        rc = kind_choose(tx, title, body, a, &kind, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &catalog_sql[VERSION_ADD],
                     ARGS(A_CSTR(version.s), A_ID(title), A_STR(kind), A_STR(text_of(body, "label")), A_STR(text_of(body, "lang")), A_I64(now)),
                     reterr);
    return rc < 0 ? rc : film_take(tx, from, version, a, reterr);
}

static int version_label(struct tx *tx, struct title_id title, struct str version, const json_t *body, struct arena *a, struct err *reterr) {
    struct rows r;
    int rc = title_edit(tx, title, json_object_get(body, "revision"), a, reterr);
    if (rc == 0)
        rc = version_get(tx, title, version, a, &r, reterr);
    if (rc)
        return rc;
    struct str label = json_object_get(body, "label") ? text_of(body, "label") : row_str(&r, 0, V_LABEL);
    struct str lang = json_object_get(body, "lang") ? text_of(body, "lang") : row_str(&r, 0, V_LANG);
    if (!label.n && !str_eq(row_str(&r, 0, V_KIND), STR("main")))
        return err_refuse(reterr, ERR_INVALID, "catalog.version_label", "Say what viewers read: Director's cut.", "no label");
    rc = tx_exec(tx, &catalog_sql[VERSION_LABEL], ARGS(A_STR(version), A_STR(label), A_STR(lang)), reterr);
    return MIN(rc, 0);
}

static int version_drop(struct tx *tx, struct title_id title, struct str version, const json_t *revision, struct arena *a, struct err *reterr) {
    static const int steps[] = {ASSETS_RETIRE, VERSION_DROP};
    struct rows r;
    int rc = title_edit(tx, title, revision, a, reterr);
    if (rc == 0)
        rc = version_get(tx, title, version, a, &r, reterr);
    if (rc == 0 && str_eq(row_str(&r, 0, V_KIND), STR("main")))
        return err_refuse(reterr, ERR_CONFLICT, "catalog.version_main", "The main version stays: import another film in its place.", "main");
    for (size_t i = 0; rc >= 0 && i < ARRAY_LEN(steps); i++)
        rc = tx_exec(tx, &catalog_sql[steps[i]], ARGS(A_STR(version)), reterr);
    return MIN(rc, 0);
}

enum act { ADD, LABEL, DROP };

static int act_and_reply(struct request *rq, enum act act, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct title_id title = title_of(rq);
    struct arena *a = request_arena(rq);
    const json_t *body = act == DROP ? NULL : request_json(rq);
    json_t *revision = act == DROP && request_query(rq, "revision").n ? json_integer(request_query_int(rq, "revision", 0)) : NULL, *whole = NULL;
    int rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = title_whole(tx, title, a, &whole, reterr);
    if (rc == 0)
        audit_note("before", json_pack("{s:O}", "versions", json_object_get(whole, "versions")));
    json_decref(whole);
    if (rc == 0)
        rc = act == ADD     ? version_add(tx, title, body, a, reterr)
             : act == LABEL ? version_label(tx, title, request_param(rq, "version"), body, a, reterr)
                            : version_drop(tx, title, request_param(rq, "version"), revision, a, reterr);
    json_decref(revision);
    if (rc == 0)
        rc = title_whole(tx, title, a, &whole, reterr);
    if (rc == 0 && (rc = tx_commit(&tx, reterr)) < 0)
        json_decref(whole);
    return rc < 0 ? rc : reply_json(rq, act == ADD ? 201 : 200, whole);
}

int editor_version_post(struct request *rq, struct err *reterr) { return act_and_reply(rq, ADD, reterr); }
int editor_version_patch(struct request *rq, struct err *reterr) { return act_and_reply(rq, LABEL, reterr); }
int editor_version_delete(struct request *rq, struct err *reterr) { return act_and_reply(rq, DROP, reterr); }

int catalog_version_asset(struct store *st, struct title_id title, struct id version, struct arena *a, struct asset_id *ret, struct err *reterr) {
    struct rows r;
    int rc = store_query(st, &catalog_sql[VERSION_GET], ARGS(A_CSTR(version.s), A_ID(title)), a, &r, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "catalog.version_not_found", "The title has no such version.", "no version of " ID_FMT,
                          ID_ARG(title.v));
    if (rc > 0)
        ret->v = row_id(&r, 0, V_ASSET);
    return MIN(rc, 0);
}
