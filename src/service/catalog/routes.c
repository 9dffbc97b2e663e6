/* routes.c - titles over HTTP: the list, one title, an editor's changes. */
#include "engine/audit/audit.h"
#include "service/catalog/catalog_int.h"
#include "service/catalog/routes_int.h"
#include "service/json.h"

bool may_edit(struct request *rq) {
    return (request_principal(rq)->roles & (ROLE_EDITOR | ROLE_OPERATOR)) != 0;
}

/* A word of a query that names a row by its slug. */
static int named(struct request *rq, const char *query, int statement, const char *reason, const char *hint, struct id *ret,
                 struct err *reterr) {
    struct str slug = request_query(rq, query);
    struct rows r;
    if (!slug.n)
        return 0;
    int rc = store_query(request_engine(rq)->store, &catalog_sql[statement], ARGS(A_STR(slug)), request_arena(rq), &r, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, reason, hint, "no such %s", query);
    if (rc > 0)
        *ret = row_id(&r, 0, 0);
    return rc < 0 ? rc : 0;
}

static enum title_sort sort_of(struct str s) {
    return str_eq(s, STR("name")) ? SORT_NAME : str_eq(s, STR("year")) ? SORT_YEAR : SORT_NEW;
}

static int titles_get(struct request *rq, struct err *reterr) {
    struct arena *a = request_arena(rq);
    struct title_card *cards;
    struct str next, unpublished = request_query(rq, "unpublished");
    size_t n;
    struct title_query tq = {.cursor = request_query(rq, "cursor"),
                             .q = request_query(rq, "q"),
                             .lang = request_query(rq, "lang"),
                             .kind = request_query(rq, "kind"),
                             .tag = request_query(rq, "tag"),
                             .sort = sort_of(request_query(rq, "sort")),
                             .year_from = (int)request_query_int(rq, "year_from", 0),
                             .year_to = (int)request_query_int(rq, "year_to", 0),
                             .limit = (int)request_query_int(rq, "limit", 24),
                             .limited = !may_edit(rq) || request_principal(rq)->kids,
                             .maturity = request_principal(rq)->maturity,
                             .all = may_edit(rq) && str_eq(unpublished, STR("true"))};
    const struct engine *e = request_engine(rq);
    json_t *items = NULL;
    struct catalog_here here;
    int rc = tq.all ? 0 : catalog_here_find(e, request_country(rq), a, &here, reterr);
    if (!tq.all)
        tq.here = &here;
    if (rc == 0)
        rc = named(rq, "genre", GENRE_BY_SLUG, "catalog.genre_not_found", "There is no such genre.", &tq.genre.v, reterr);
    if (rc == 0)
        rc = named(rq, "person", PERSON_BY_SLUG, "catalog.person_not_found", "There is no such person.", &tq.person.v, reterr);
    if (rc == 0)
        rc = named(rq, "collection", COLLECTION_BY_SLUG, "catalog.collection_not_found", "There is no such collection.",
                   &tq.collection.v, reterr);
    if (rc == 0)
        rc = catalog_list(e->store, &tq, request_header(rq, "Accept-Language"), a, &cards, &n,
                          &next, reterr);
    if (rc == 0)
        rc = catalog_cards_json(e, request_principal(rq)->profile, cards, n, &items, reterr);
    if (rc)
        return rc;
    reply_header(rq, "Vary", "Accept-Language");
    return reply_json(rq, 200,
                      json_pack("{s:o, s:o}", "items", items, "next_cursor", json_of_str(next)));
}

static int reply_title(struct request *rq, const struct title_card *c, struct err *reterr) {
    const struct principal *who = request_principal(rq);
    bool limited = !may_edit(rq) || who->kids;
    struct catalog_here here;
    json_t *o;
    int rc = limited ? catalog_here_find(request_engine(rq), request_country(rq), request_arena(rq), &here, reterr) : 0;
    if (rc == 0)
        rc = title_page_json(request_engine(rq), who, c, request_header(rq, "Accept-Language"), limited ? &here : NULL,
                             request_arena(rq), &o, reterr);
    if (rc)
        return rc;
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

static const struct field list_query[] = {
    {"cursor", F_STR, 0, 1, CURSOR_MAX},
    {"limit", F_INT, 0, 1, CATALOG_BATCH},
    {"q", F_STR, 0, 0, 200,
     .doc = "Found in names of every language; case and accents do not matter"},
    {"lang", F_LANG, 0, .doc = "Only titles with audio of this language"},
    {"kind", F_STR, 0, .values = TITLE_KIND_VALUES, .doc = "Absent: films and series"},
    {"genre", F_STR, 0, 1, CATALOG_SLUG_MAX, .doc = "A genre's slug; likewise person and collection"},
    {"person", F_STR, 0, 1, CATALOG_SLUG_MAX},
    {"collection", F_STR, 0, 1, CATALOG_SLUG_MAX},
    {"tag", F_STR, 0, 1, CATALOG_TAG_MAX},
    {"year_from", F_INT, 0, 1870, 2200},
    {"year_to", F_INT, 0, 1870, 2200},
    {"sort", F_STR, 0, .values = "new|name|year", .doc = "Absent: new. Of seasons, episodes, trailers and extras only new"},
    {"unpublished", F_BOOL, 0, .doc = "Editors only: those that are not published too"},
    {.type = F_END}};

static const struct field page_query[] = {{"cursor", F_STR, 0, 1, CURSOR_MAX}, {"limit", F_INT, 0, 1, CATALOG_BATCH}, {.type = F_END}};

const struct route catalog_routes[] = {
    {GET, "/api/v1/titles", titles_get, ROLE_VIEWER | ROLE_EDITOR, .scope = SCOPE_CATALOG_READ, .per_minute = 600,
     .priority = PRIO_BROWSE, .query = list_query, .reply = "TitleList",
     .doc = "Titles, newest first, or those whose name has q"},
    {GET, "/api/v1/titles/{slug}", title_get, ROLE_VIEWER | ROLE_EDITOR, .scope = SCOPE_CATALOG_READ, .per_minute = 600,
     .priority = PRIO_BROWSE, .reply = "Title",
     .doc = "One title with its languages and subtitles"},
    {PATCH, "/api/v1/titles/{id:id}", title_patch, ROLE_EDITOR, .scope = SCOPE_CATALOG_WRITE, .per_minute = 120,
     .priority = PRIO_REST, .body = "TitleChange", .reply = "Title",
     .doc = "Describe, publish or take back a title"},
    {GET, "/api/v1/genres", genres_get, ROLE_VIEWER | ROLE_EDITOR, .scope = SCOPE_CATALOG_READ, .per_minute = 600, .cache_s = 60, .priority = PRIO_BROWSE,
     .reply = "GenreList", .doc = "Genres that have titles, in the house's order"},
    {GET, "/api/v1/people/{slug}", person_get, ROLE_VIEWER | ROLE_EDITOR, .scope = SCOPE_CATALOG_READ, .per_minute = 600, .priority = PRIO_BROWSE,
     .op = "personGet", .reply = "Person", .doc = "Somebody who made or plays in titles, with these"},
    {GET, "/api/v1/collections", collections_get, ROLE_VIEWER | ROLE_EDITOR, .scope = SCOPE_CATALOG_READ, .per_minute = 600, .cache_s = 60,
     .priority = PRIO_BROWSE, .reply = "CollectionList", .doc = "Published collections, in the house's order"},
    {GET, "/api/v1/collections/{slug}", collection_get, ROLE_VIEWER | ROLE_EDITOR, .scope = SCOPE_CATALOG_READ, .per_minute = 600, .priority = PRIO_BROWSE,
     .query = page_query, .reply = "Collection", .doc = "A collection with its titles in order"},
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
