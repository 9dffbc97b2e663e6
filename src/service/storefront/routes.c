/* routes.c - the page over HTTP: for viewers, for the editor who arranges it, and as somebody else would see it. */
#include "service/json.h"
#include "service/storefront/artwork.h"
#include "service/storefront/storefront_int.h"

static struct str or_web(struct str platform) {
    return platform.n ? platform : STR("web");
}

static int home_get(struct request *rq, struct err *reterr) {
    const struct principal *who = request_principal(rq);
    struct storefront_viewer v = {.profile = who->profile,
                                  .maturity = who->maturity,
                                  .kids = who->kids,
                                  .langs = request_header(rq, "Accept-Language"),
                                  .country = request_country(rq),
                                  .platform = or_web(request_query(rq, "platform")),
                                  .at_ms = request_now_ms(rq)};
    json_t *page = NULL;
    int rc = storefront_home(request_engine(rq), &v, request_arena(rq), &page, reterr);
    if (rc)
        return rc;
    reply_header(rq, "Vary", "Accept-Language");
    return reply_json(rq, 200, page);
}

/* ---- The editor's ---- */

/* Every title that a layout names, unpublished ones too: what a screen needs to draw it. */
static int titles_named(struct request *rq, const json_t *doc, json_t **ret, struct err *reterr) {
    struct arena *a = request_arena(rq);
    const struct engine *e = request_engine(rq);
    struct title_id *ids = arena_news(a, struct title_id, ROWS_MAX * ALL_ITEMS + BILLBOARDS_MAX);
    struct title_card *cards;
    json_t *row, *item;
    size_t i, k, n = 0;
    if (!ids)
        return err_set(reterr, ERR_LIMIT, "no room for the titles of a storefront");
    json_array_foreach(json_object_get(doc, "rows"), i, row)
        json_array_foreach(json_object_get(row, "items"), k, item)
            n += n < ROWS_MAX * ALL_ITEMS && id_parse(str_of(json_string_value(item)), &ids[n].v);
    json_array_foreach(json_object_get(doc, "billboards"), i, row)
        n += i < BILLBOARDS_MAX && id_parse(json_get_str(row, "title_id"), &ids[n].v);
    for (i = 0, k = 0; i < n; i++) { /* each once */
        size_t at = 0;
        while (at < k && !str_eq(id_str(&ids[at].v), id_str(&ids[i].v)))
            at++;
        if (at == k)
            ids[k++] = ids[i];
    }
    int rc = catalog_cards(e->store, ids, k, request_header(rq, "Accept-Language"), true, a, &cards, &n, reterr);
    return rc ? rc : catalog_cards_json(e, (struct profile_id){{{0}}}, cards, n, ret, reterr);
}

static json_t *services_json(void) {
    const struct row_provider *list[PROVIDERS_MAX];
    size_t n = providers_copy(list, PROVIDERS_MAX);
    json_t *names = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(names, json_string(list[i]->name));
    return names;
}

static int layout_get(struct request *rq, struct err *reterr) {
    const struct layout *l;
    json_t *titles = NULL;
    int rc = layout_hold(request_engine(rq), &l, reterr);
    if (rc)
        return rc;
    rc = titles_named(rq, l->doc, &titles, reterr);
    json_t *reply = NULL;
    if (rc == 0) /* a copy: the layout is shared, and a reply is put together on a thread of its own */
        reply = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "revision", (json_int_t)l->revision, "updated_at",
                          json_of_time(l->updated_ms), "rows", json_deep_copy(json_object_get(l->doc, "rows")),
                          "billboards", json_deep_copy(json_object_get(l->doc, "billboards")), "titles", titles,
                          "services", services_json());
    layout_release(l);
    return rc ? rc : reply_json(rq, 200, reply);
}

static int layout_put(struct request *rq, struct err *reterr) {
    json_t *body = request_json(rq);
    json_t *doc = json_pack("{s:O, s:O}", "rows", json_object_get(body, "rows"), "billboards",
                            json_object_get(body, "billboards"));
    int rc = doc ? layout_check(rq, doc, reterr) : err_set(reterr, ERR_NO_MEMORY, "no memory for a storefront");
    if (rc == 0)
        rc = layout_save(request_engine(rq), doc, json_get_int(body, "revision", 0), reterr);
    json_decref(doc);
    return rc ? rc : layout_get(rq, reterr);
}

static int layout_reset(struct request *rq, struct err *reterr) {
    const struct layout *l;
    json_t *doc = layout_default();
    int rc = layout_hold(request_engine(rq), &l, reterr);
    if (rc == 0) {
        int64_t revision = l->revision;
        layout_release(l);
        rc = layout_save(request_engine(rq), doc, revision, reterr);
    }
    json_decref(doc);
    return rc ? rc : layout_get(rq, reterr);
}

/* As somebody would see it who is nobody: without what a profile brings. */
static struct storefront_viewer viewer_asked(struct request *rq) {
    const json_t *body = request_json(rq);
    bool kids = json_is_true(json_object_get(body, "kids"));
    struct storefront_viewer v = {.maturity = (int)json_get_int(body, "maturity", kids ? MATURITY_KIDS : MATURITY_ALL),
                                  .kids = kids,
                                  .langs = json_get_str(body, "lang"),
                                  .country = json_get_str(body, "country"),
                                  .platform = or_web(json_get_str(body, "platform")),
                                  .at_ms = request_now_ms(rq)};
    v.then = rfc3339_parse(json_get_str(body, "at"), &v.at_ms); /* absent: now */
    if (!v.langs.n)
        v.langs = request_header(rq, "Accept-Language");
    return v;
}

static int preview_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct storefront_viewer v = viewer_asked(rq);
    const json_t *body = request_json(rq);
    json_t *rows = json_object_get(body, "rows"), *boards = json_object_get(body, "billboards"), *page = NULL;
    const struct layout *l;
    int rc = layout_hold(e, &l, reterr);
    if (rc)
        return rc;
    json_t *doc = json_pack("{s:o, s:o}", "rows", json_deep_copy(rows ? rows : json_object_get(l->doc, "rows")),
                            "billboards", json_deep_copy(boards ? boards : json_object_get(l->doc, "billboards")));
    layout_release(l);
    rc = doc ? layout_check(rq, doc, reterr) : err_set(reterr, ERR_NO_MEMORY, "no memory for a preview");
    if (rc == 0)
        rc = storefront_page(e, &v, doc, request_arena(rq), &page, reterr);
    json_decref(doc);
    return rc ? rc : reply_json(rq, 200, page);
}

/* ---- Shapes ---- */

static const struct field hero_fields[] = {
    {"title", F_OBJ, FIELD_REQUIRED, .ref = "TitleCard"},
    {"backdrop", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Image"},
    {"logo", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Image", .doc = "The name as it is drawn, on a clear ground"},
    {"synopsis", F_STR, FIELD_REQUIRED},
    {"headline", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "An editor's line above the name"},
    {.type = F_END}};
static const struct field row_fields[] = {
    {"id", F_STR, FIELD_REQUIRED},
    {"kind", F_STR, FIELD_REQUIRED,
     .doc = "continue, new, language, all, my_list, curated, rule, top10, leaving; others may come"},
    {"title", F_STR, FIELD_REQUIRED},
    {"shape", F_STR, FIELD_REQUIRED, .values = "poster|still", .doc = "Which picture the row shows"},
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "TitleCard"},
    {.type = F_END}};
static const struct field home_fields[] = {
    {"hero", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Hero", .doc = "The first of heroes"},
    {"heroes", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Hero", .doc = "Billboards, at most five"},
    {"rows", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Row"},
    {.type = F_END}};
#define AUDIENCE_FIELDS                                                                            \
    {"enabled", F_BOOL, 0, .doc = "Absent: true"},                                                 \
        {"starts_at", F_TIME, FIELD_NULLABLE, .doc = "Absent: from now on"},                       \
        {"ends_at", F_TIME, FIELD_NULLABLE, .doc = "Absent: for good"},                            \
        {"countries", F_STR, FIELD_ARRAY, 0, 250, .doc = "Only there; absent or empty: everywhere"}, \
        {"except", F_STR, FIELD_ARRAY, 0, 250, .doc = "Not there"},                                \
        {"platforms", F_STR, FIELD_ARRAY, 0, 4, .values = "web|tv|phone|other"},                   \
        {"profiles", F_STR, 0, .values = "all|adults|kids", .doc = "Absent: all"}
static const struct field rule_fields[] = {
    {"lang", F_LANG, 0, .doc = "Audio in this language"},
    {"genre", F_ID, 0},
    {"kind", F_STR, 0, .values = "film|series|episode", .doc = "Absent: films and series"},
    {"tag", F_STR, 0, 1, TAG_MAX},
    {"year_from", F_INT, 0, 1870, 2200},
    {"year_to", F_INT, 0, 1870, 2200},
    {.type = F_END}};
static const struct field layout_row_fields[] = {
    {"id", F_STR, 0, 1, 40, .doc = "Comes back with impressions; absent: one is made"},
    {"kind", F_STR, FIELD_REQUIRED, .values = "continue|my_list|new|languages|all|curated|rule|top10|leaving|service"},
    {"titles", F_STR, FIELD_MAP, .doc = "Its name, by language; absent: what the kind is called"},
    {"shape", F_STR, 0, .values = "poster|still", .doc = "Absent: as the kind has it"},
    {"items", F_ID, FIELD_ARRAY, 0, ALL_ITEMS, .doc = "curated: titles in their order"},
    {"rule", F_OBJ, 0, .ref = "StorefrontRule", .doc = "rule: which titles, newest first"},
    {"service", F_STR, 0, 1, 40, .doc = "service: whose rows stand here"},
    AUDIENCE_FIELDS,
    {.type = F_END}};
static const struct field billboard_fields[] = {
    {"id", F_STR, 0, 1, 40},
    {"title_id", F_ID, FIELD_REQUIRED},
    {"headline", F_STR, FIELD_MAP, .doc = "A line above the name, by language"},
    AUDIENCE_FIELDS,
    {.type = F_END}};
static const struct field layout_fields[] = {
    {"revision", F_INT, FIELD_REQUIRED, .doc = "0: nobody has arranged anything yet"},
    {"updated_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"rows", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "StorefrontRow"},
    {"billboards", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Billboard"},
    {"titles", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "TitleCard", .doc = "All that are named, published or not"},
    {"services", F_STR, FIELD_REQUIRED | FIELD_ARRAY, .doc = "That bring rows of their own"},
    {.type = F_END}};
static const struct field layout_put_fields[] = {
    {"revision", F_INT, FIELD_REQUIRED, 0, 1LL << 40, .doc = "The one that was changed"},
    {"rows", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, ROWS_MAX, .ref = "StorefrontRow"},
    {"billboards", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, BILLBOARDS_MAX, .ref = "Billboard"},
    {.type = F_END}};
static const struct field preview_fields[] = {
    {"country", F_STR, 0, 2, 2},
    {"platform", F_STR, 0, .values = "web|tv|phone|other"},
    {"at", F_TIME, 0, .doc = "With the rights and the schedules of that time; absent: now"},
    {"kids", F_BOOL, 0},
    {"maturity", F_INT, 0, 0, MATURITY_ALL},
    {"lang", F_LANG, 0, .doc = "Absent: as the request has it"},
    {"rows", F_OBJ, FIELD_ARRAY, 0, ROWS_MAX, .ref = "StorefrontRow", .doc = "Absent: those that are saved"},
    {"billboards", F_OBJ, FIELD_ARRAY, 0, BILLBOARDS_MAX, .ref = "Billboard", .doc = "The same"},
    {.type = F_END}};
static const struct field logo_fields[] = {{"src", F_URL, FIELD_REQUIRED},
                                           {"width", F_INT, FIELD_REQUIRED},
                                           {"height", F_INT, FIELD_REQUIRED},
                                           {.type = F_END}};
#define FONTS "inter|system|serif|rounded"
#define CORNERS "square|soft|round"
static const struct field theme_fields[] = {
    {"revision", F_INT, FIELD_REQUIRED, .doc = "0: the house's own look"},
    {"name", F_STR, FIELD_REQUIRED},
    {"logo", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Logo"},
    {"ground", F_STR, FIELD_REQUIRED, .doc = "#rrggbb, as the other colours"},
    {"text", F_STR, FIELD_REQUIRED},
    {"accent", F_STR, FIELD_REQUIRED},
    {"accent_ink", F_STR, FIELD_REQUIRED, .doc = "What is written on the accent: black or white"},
    {"font", F_STR, FIELD_REQUIRED, .values = FONTS},
    {"corners", F_STR, FIELD_REQUIRED, .values = CORNERS},
    {.type = F_END}};
static const struct field theme_put_fields[] = {
    {"revision", F_INT, FIELD_REQUIRED, 0, 1LL << 40, .doc = "The one that was changed"},
    {"name", F_STR, 0, 1, 60},
    {"ground", F_STR, 0, 7, 7, .doc = "#rrggbb, dark"},
    {"text", F_STR, 0, 7, 7},
    {"accent", F_STR, 0, 7, 7},
    {"font", F_STR, 0, .values = FONTS},
    {"corners", F_STR, 0, .values = CORNERS},
    {.type = F_END}};
static const struct field art_fields[] = {
    {"image", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Image", .doc = "null: the title has none of the kind"},
    {.type = F_END}};
static const struct field from_film_fields[] = {
    {"at_s", F_NUM, FIELD_REQUIRED, 0, 1000000, .doc = "Where in the film"}, {.type = F_END}};
static const struct field icon_query[] = {
    {"r", F_INT, 0, 0, 1LL << 40, .doc = "The look's revision: another look has another address"}, {.type = F_END}};
static const struct field home_query[] = {
    {"platform", F_STR, 0, .values = "web|tv|phone|other", .doc = "Absent: web"}, {.type = F_END}};

const struct schema storefront_schemas[] = {
    {"Hero", hero_fields, "The title at the top of the page"},
    {"Row", row_fields, "A row of titles"},
    {"Home", home_fields, "The home page"},
    {"StorefrontRule", rule_fields, "Which titles a row has; all of it counts"},
    {"StorefrontRow", layout_row_fields, "A row as an editor arranges it"},
    {"Billboard", billboard_fields, "A title at the top of the page"},
    {"Storefront", layout_fields, "What stands on the home page"},
    {"StorefrontSave", layout_put_fields, "The whole arrangement, in place of what was there"},
    {"StorefrontPreview", preview_fields, "As whom, where and when the page is looked at"},
    {"Logo", logo_fields, "The house's mark"},
    {"Theme", theme_fields, "How the house looks"},
    {"ThemeSave", theme_put_fields, "What is absent stays as it is"},
    {"Artwork", art_fields, "One kind of a title's artwork, as it is now"},
    {"FromFilm", from_film_fields, "A moment of the film"},
    {NULL}};

#define PICTURE_MAX (32 << 20)
const struct route storefront_routes[] = {
    {GET, "/api/v1/home", home_get, ROLE_VIEWER, .per_minute = 300, .priority = PRIO_BROWSE,
     .query = home_query, .reply = "Home", .doc = "The home page of this profile"},
    {GET, "/api/v1/storefront/theme", theme_get, ROLE_NONE, .per_minute = 600, .priority = PRIO_BROWSE,
     .cache_s = 30, .reply = "Theme", .doc = "The house's name, logo, colours and letters"},
    {GET, "/api/v1/storefront/theme.css", theme_css_get, ROLE_NONE, .per_minute = 600, .priority = PRIO_BROWSE,
     .cache_s = 30, .doc = "The same as custom properties, which a page loads before it draws", .status = 200},
    {GET, "/api/v1/storefront/manifest.webmanifest", manifest_get, ROLE_NONE, .per_minute = 600, .priority = PRIO_BROWSE,
     .cache_s = 30, .doc = "The house as an application on a home screen (W3C web application manifest)", .status = 200},
    {GET, "/api/v1/storefront/icon.svg", theme_icon_get, ROLE_NONE, .per_minute = 600, .priority = PRIO_BROWSE,
     .cache_s = 30, .query = icon_query, .doc = "Its icon: the logo, or the name's first letter, on the ground", .status = 200},
    {GET, "/api/v1/editor/storefront", layout_get, ROLE_EDITOR, .scope = SCOPE_STOREFRONT_READ, .per_minute = 120, .priority = PRIO_REST,
     .reply = "Storefront", .doc = "Rows and billboards as they are arranged"},
    {PUT, "/api/v1/editor/storefront", layout_put, ROLE_EDITOR, .scope = SCOPE_STOREFRONT_WRITE, .per_minute = 60, .priority = PRIO_REST,
     .body_max = 512 << 10, .body = "StorefrontSave", .reply = "Storefront", .doc = "Arrange the home page"},
    {DELETE, "/api/v1/editor/storefront", layout_reset, ROLE_EDITOR, .scope = SCOPE_STOREFRONT_WRITE, .per_minute = 30, .priority = PRIO_REST,
     .reply = "Storefront", .status = 200, .doc = "The home page as it came, in place of every arrangement"},
    {POST, "/api/v1/editor/storefront/preview", preview_post, ROLE_EDITOR, .scope = SCOPE_STOREFRONT_READ, .per_minute = 240, .priority = PRIO_REST,
     .body_max = 512 << 10, .flags = ROUTE_READS, .body = "StorefrontPreview", .reply = "Home", .status = 200,
     .doc = "The home page as a viewer sees it in a country, on a platform, at a time"},
    {GET, "/api/v1/editor/storefront/theme", theme_get, ROLE_EDITOR, .scope = SCOPE_STOREFRONT_READ, .per_minute = 120, .priority = PRIO_REST,
     .reply = "Theme", .doc = "The look as it is at this moment, from no cache"},
    {PUT, "/api/v1/editor/storefront/theme", theme_put, ROLE_EDITOR, .scope = SCOPE_STOREFRONT_WRITE, .per_minute = 60, .priority = PRIO_REST,
     .body = "ThemeSave", .reply = "Theme", .doc = "Change the look; what cannot be read is refused"},
    {PUT, "/api/v1/editor/storefront/theme/logo", theme_logo_put, ROLE_EDITOR, .scope = SCOPE_STOREFRONT_WRITE, .per_minute = 20, .priority = PRIO_REST,
     .body_max = PICTURE_MAX, .pool = POOL_STREAM, .flags = ROUTE_STREAM_BODY | ROUTE_ANY_TYPE, .reply = "Theme",
     .doc = "Send the house's mark: JPEG, PNG or WebP, best with a clear ground"},
    {DELETE, "/api/v1/editor/storefront/theme/logo", theme_logo_delete, ROLE_EDITOR, .scope = SCOPE_STOREFRONT_WRITE, .per_minute = 20,
     .priority = PRIO_REST, .reply = "Theme", .status = 200, .doc = "Set the name in letters again"},
    {PUT, "/api/v1/editor/titles/{id:id}/artwork/{kind}", artwork_put, ROLE_EDITOR, .scope = SCOPE_CATALOG_WRITE, .per_minute = 60, .priority = PRIO_REST,
     .body_max = PICTURE_MAX, .pool = POOL_STREAM, .flags = ROUTE_STREAM_BODY | ROUTE_ANY_TYPE, .reply = "Artwork",
     .doc = "Send a poster, still, backdrop or logo: JPEG, PNG or WebP"},
    {DELETE, "/api/v1/editor/titles/{id:id}/artwork/{kind}", artwork_delete, ROLE_EDITOR, .scope = SCOPE_CATALOG_WRITE, .per_minute = 60,
     .priority = PRIO_REST, .reply = "Artwork", .status = 200, .doc = "Take back what was sent; the film's own stands again"},
    {POST, "/api/v1/editor/titles/{id:id}/artwork/{kind}/from-film", artwork_from_film, ROLE_EDITOR, .scope = SCOPE_CATALOG_WRITE, .per_minute = 60,
     .priority = PRIO_REST, .deadline_ms = 60000, .pool = POOL_STREAM, .body = "FromFilm", .reply = "Artwork", .status = 200,
     .doc = "Take a poster, still or backdrop from the film at a time"},
    {.path = NULL}};

static const struct cron_row storefront_cron[] = {
    {"storefront.views", 6 * 3600 * 1000, views_prune, "Forgets what was watched weeks ago"}, {NULL}};

static void storefront_stop(void) {
    pools_stop();
    layout_forget();
}

/* The page is made anew each time, and counts are of titles: nothing here is about a person. */
static int storefront_export(const struct engine *e, struct account_id account, json_t **ret,
                             struct err *reterr) {
    *ret = json_object();
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
}
static int storefront_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    return 0;
}

const struct service storefront_service = {
    .name = "storefront",
    .routes = storefront_routes,
    .schemas = storefront_schemas,
    .sql = storefront_sql,
    .events = storefront_events,
    .cron = storefront_cron,
    .stop = storefront_stop,
    .export = storefront_export,
    .erase = storefront_erase,
};
