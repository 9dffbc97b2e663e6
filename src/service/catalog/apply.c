/* apply.c - a title made, changed and dropped as an editor says, in one transaction. */
#include "service/catalog/apply.h"
#include "service/json.h"

/* Columns of TITLE_GET. */
enum { G_SLUG, G_KIND, G_PARENT, G_NUMBER, G_LANG, G_ORIGINAL, G_RELEASED, G_YEAR, G_MATURITY, G_MATURITY_SET, G_PUBLISHED, G_SHOWN,
       G_PUBLISHED_AT, G_CREATED, G_UPDATED, G_REVISION };

/* Absent: what it was; null: fall. */
static struct str text_new(const json_t *c, const char *name, struct str was, struct str fall) {
    const json_t *v = json_object_get(c, name);
    return json_is_string(v) ? json_get_str(c, name) : v ? fall : was;
}

static int64_t number_new(const json_t *c, const char *name, int64_t was) {
    const json_t *v = json_object_get(c, name);
    return json_is_integer(v) ? json_integer_value(v) : v ? 0 : was;
}

static int slug_check(struct tx *tx, struct title_id id, struct str slug, struct arena *a, struct err *reterr) {
    struct rows r;
    if (!slug.n || !str_eq(str_slug(a, slug, CATALOG_SLUG_MAX), slug))
        return err_refuse(reterr, ERR_INVALID, "catalog.slug_invalid", "Use lower-case letters, digits and single dashes.", "bad slug");
    int rc = tx_query(tx, &catalog_sql[TITLE_ID_BY_SLUG], ARGS(A_STR(slug)), a, &r, reterr);
    if (rc > 0 && !str_eq(row_str(&r, 0, 0), id_str(&id.v)))
        return err_refuse(reterr, ERR_CONFLICT, "catalog.slug_taken", "Another title has that address: choose another.",
                          "slug taken");
    return MIN(rc, 0);
}

/* What was imported as a film may turn out to be an episode. */
static int kind_check(struct tx *tx, struct title_id id, enum title_kind was, enum title_kind kind, struct arena *a,
                      struct err *reterr) {
    bool parts = kind == TITLE_SERIES || kind == TITLE_SEASON;
    struct rows r;
    if (kind == was)
        return 0;
    int rc = tx_query(tx, &catalog_sql[HAS_CHILD], ARGS(A_ID(id)), a, &r, reterr);
    if (rc > 0)
        return err_refuse(reterr, ERR_CONFLICT, "catalog.has_parts", "It has seasons, episodes or extras: move them first.",
                          "title " ID_FMT " has parts", ID_ARG(id.v));
    if (rc == 0)
        rc = tx_query(tx, &catalog_sql[TITLE_STATE], ARGS(A_ID(id)), a, &r, reterr);
    if (rc > 0 && parts && !row_null(&r, 0, 4))
        return err_refuse(reterr, ERR_CONFLICT, "catalog.kind", "It has a film to play: a series and a season have none.",
                          "title " ID_FMT " has an asset", ID_ARG(id.v));
    return MIN(rc, 0);
}

static bool has_any(const json_t *c, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (json_object_get(c, names[i]))
            return true;
    return false;
}

static int scalars_put(struct tx *tx, struct title_id id, const json_t *c, const struct rows *was, struct arena *a,
                       struct err *reterr) {
    static const char *const names[] = {"slug", "parent_id", "number", "lang", "original_lang", "released_on", "year", "kind"};
    static const char *const family[] = {"slug", "number", "parent_id"}, *const place[] = {"parent_id", "kind"};
    struct str slug = text_new(c, "slug", row_str(was, 0, G_SLUG), STR(""));
    struct str lang = text_new(c, "lang", row_str(was, 0, G_LANG), STR("en"));
    struct str original = text_new(c, "original_lang", row_str(was, 0, G_ORIGINAL), STR(""));
    struct str released = text_new(c, "released_on", row_str(was, 0, G_RELEASED), STR(""));
    struct str parent_text = text_new(c, "parent_id", row_str(was, 0, G_PARENT), STR(""));
    int64_t number = number_new(c, "number", row_i64(was, 0, G_NUMBER)), year = number_new(c, "year", row_i64(was, 0, G_YEAR));
    struct title_id parent = {0};
    enum title_kind kind = TITLE_FILM, was_kind = TITLE_FILM;
    if (!has_any(c, names, ARRAY_LEN(names)))
        return 0;
    id_parse(parent_text, &parent.v);
    title_kind_parse(row_str(was, 0, G_KIND), &was_kind);
    title_kind_parse(text_new(c, "kind", row_str(was, 0, G_KIND), STR("film")), &kind);
    int rc = title_check_year(year, reterr);
    if (rc == 0)
        rc = title_check_number(number, reterr);
    if (rc == 0)
        rc = title_check_date(released, reterr);
    if (rc == 0 && has_any(c, place, ARRAY_LEN(place)))
        rc = title_check_parent(tx, kind, parent, reterr);
    if (rc == 0)
        rc = kind_check(tx, id, was_kind, kind, a, reterr);
    if (rc == 0 && json_object_get(c, "slug"))
        rc = slug_check(tx, id, slug, a, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &catalog_sql[TITLE_UPDATE],
                     ARGS(A_ID(id), A_STR(slug), A_PARENT(parent), A_I64(number), A_STR(lang), A_STR(original), A_STR(released),
                          A_I64(year), A_I64(store_now_ms(tx_store(tx))), A_CSTR(title_kind_name(kind))),
                     reterr);
    if (rc >= 0 && has_any(c, family, ARRAY_LEN(family)))
        rc = title_family_touch(tx, id, reterr);
    if (rc >= 0 && has_any(c, place, ARRAY_LEN(place)))
        rc = shown_update(tx, id, reterr);
    if (rc >= 0 && json_object_get(c, "lang")) /* lists sort by the name of that language */
        rc = title_texts_changed(tx, id, reterr);
    return rc < 0 ? rc : 0;
}

static int text_put(struct tx *tx, struct title_id id, const json_t *x, struct err *reterr) {
    struct str name = json_get_str(x, "name"), synopsis = json_get_str(x, "synopsis"), tagline = json_get_str(x, "tagline"),
               sort = json_get_str(x, "sort_name");
    int rc = title_check_text(name, synopsis, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &catalog_sql[TEXT_SET_WHOLE],
                     ARGS(A_ID(id), A_STR(json_get_str(x, "lang")), A_STR(str_trim(name)), A_STR(synopsis.p ? synopsis : STR("")),
                          A_STR(tagline.p ? tagline : STR("")), A_STR(sort.p ? sort : STR(""))),
                     reterr);
    return rc < 0 ? rc : 0;
}

static int texts_put(struct tx *tx, struct title_id id, const json_t *texts, struct err *reterr) {
    int rc = tx_exec(tx, &catalog_sql[TEXT_DELETE], ARGS(A_ID(id)), reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(texts); i++)
        rc = text_put(tx, id, json_array_get(texts, i), reterr);
    return rc < 0 ? rc : title_texts_changed(tx, id, reterr);
}

static int maturity_put(struct tx *tx, struct title_id id, const json_t *v, struct arena *a, struct err *reterr) {
    if (json_is_integer(v))
        return catalog_title_maturity_set(tx, id, (int)json_integer_value(v), reterr);
    int rc = tx_exec(tx, &catalog_sql[MATURITY_FREE], ARGS(A_ID(id)), reterr);
    return rc < 0 ? rc : maturity_of_labels(tx, id, a, reterr);
}

static int publish_put(struct tx *tx, struct title_id id, bool published, struct arena *a, struct err *reterr) {
    struct rows r;
    int rc = published ? tx_query(tx, &catalog_sql[CUSTOM_WANTED], ARGS(A_ID(id)), a, &r, reterr) : 0;
    if (rc > 0)
        return err_refuse(reterr, ERR_CONFLICT, "catalog.custom_wanted",
                          "A field that every title must have is empty: fill it in first.", "no " STR_FMT,
                          STR_ARG(row_str(&r, 0, 0)));
    return rc < 0 ? rc : catalog_title_publish(tx, id, published, reterr);
}

static int state_get(struct tx *tx, struct title_id id, struct arena *a, struct rows *ret, struct err *reterr) {
    int rc = tx_query(tx, &catalog_sql[TITLE_GET], ARGS(A_ID(id)), a, ret, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "catalog.title_not_found", "There is no such title.", "no title " ID_FMT,
                          ID_ARG(id.v));
    return MIN(rc, 0);
}

int title_apply(struct tx *tx, struct title_id id, const json_t *c, struct arena *a, struct err *reterr) {
    const json_t *maturity = json_object_get(c, "maturity"), *published = json_object_get(c, "published"),
                 *texts = json_object_get(c, "texts"), *revision = json_object_get(c, "revision");
    struct rows was;
    int rc = state_get(tx, id, a, &was, reterr);
    if (rc == 0 && json_is_integer(revision) && json_integer_value(revision) != row_i64(&was, 0, G_REVISION))
        return err_refuse(reterr, ERR_CONFLICT, "catalog.changed",
                          "Somebody else has changed this title meanwhile: load it again and repeat your change.",
                          "revision %lld, not %lld", (long long)row_i64(&was, 0, G_REVISION),
                          (long long)json_integer_value(revision));
    if (rc == 0)
        rc = scalars_put(tx, id, c, &was, a, reterr);
    if (rc == 0 && json_is_array(texts))
        rc = texts_put(tx, id, texts, reterr);
    for (const struct list_put *l = list_puts; rc == 0 && l->name; l++)
        if (json_is_array(json_object_get(c, l->name)))
            rc = l->put(tx, id, json_object_get(c, l->name), a, reterr);
    if (rc == 0 && maturity)
        rc = maturity_put(tx, id, maturity, a, reterr);
    if (rc == 0 && json_is_boolean(published))
        rc = publish_put(tx, id, json_is_true(published), a, reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &catalog_sql[TITLE_EDITED], ARGS(A_ID(id), A_I64(store_now_ms(tx_store(tx)))), reterr);
    return rc < 0 ? rc : title_say_changed(tx, id, reterr);
}

int title_make(struct tx *tx, const json_t *c, struct arena *a, struct title_id *ret_id, struct err *reterr) {
    const json_t *first = json_array_get(json_object_get(c, "texts"), 0);
    struct title_new n = {.name = json_get_str(c, "name"),
                          .synopsis = json_get_str(c, "synopsis"),
                          .lang = json_get_str(c, "lang"),
                          .number = (int)json_get_int(c, "number", 0)};
    struct str kind = json_get_str(c, "kind");
    if (!n.name.n && first) { /* its own language's text, where that is among them */
        for (size_t i = 0; i < json_array_size(json_object_get(c, "texts")); i++) {
            const json_t *x = json_array_get(json_object_get(c, "texts"), i);
            if (n.lang.n && str_eq_nocase(json_get_str(x, "lang"), n.lang))
                first = x;
        }
        n.name = json_get_str(first, "name");
        n.synopsis = json_get_str(first, "synopsis");
        n.lang = n.lang.n ? n.lang : json_get_str(first, "lang");
    }
    if (kind.n && !title_kind_parse(kind, &n.kind))
        return err_refuse(reterr, ERR_INVALID, "catalog.kind", "The kind is one of " TITLE_KIND_VALUES ".", "unknown kind");
    id_parse(json_get_str(c, "parent_id"), &n.parent.v);
    int rc = catalog_title_create(tx, &n, a, ret_id, NULL, reterr);
    return rc < 0 ? rc : title_apply(tx, *ret_id, c, a, reterr);
}

static int drop_refused(struct tx *tx, struct title_id id, const struct rows *was, struct arena *a, struct err *reterr) {
    static const struct {
        int statement;
        const char *reason, *hint;
    } checks[] = {
        {HAS_CHILD, "catalog.has_parts", "It has seasons, episodes or extras: delete them first."},
        {HAS_PREPARING, "catalog.importing", "A film is being imported for it: cancel that first."},
    };
    struct rows r;
    int rc = 0;
    if (row_i64(was, 0, G_PUBLISHED))
        return err_refuse(reterr, ERR_CONFLICT, "catalog.published", "It is published: take it back first.", "is published");
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(checks); i++) {
        rc = tx_query(tx, &catalog_sql[checks[i].statement], ARGS(A_ID(id)), a, &r, reterr);
        if (rc > 0)
            return err_refuse(reterr, ERR_CONFLICT, checks[i].reason, checks[i].hint, "title " ID_FMT, ID_ARG(id.v));
    }
    if (rc == 0)
        rc = tx_query(tx, &catalog_sql[TITLE_STATE], ARGS(A_ID(id)), a, &r, reterr);
    if (rc > 0 && row_i64(&r, 0, 1) && !row_null(&r, 0, 4))
        return err_refuse(reterr, ERR_CONFLICT, "catalog.was_published",
                          "It was published, and people may have bought it: leave it unpublished instead.", "was published");
    return MIN(rc, 0);
}

int title_drop(struct tx *tx, struct title_id id, struct err *reterr) {
    static const int steps[] = {TRACK_DELETE_BY_TITLE, ASSET_DELETE_BY_TITLE, VERSION_DELETE, ART_DELETE, TEXT_DELETE, TITLE_DELETE};
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct rows was;
    char body[64];
    int rc = state_get(tx, id, &a, &was, reterr);
    if (rc == 0)
        rc = drop_refused(tx, id, &was, &a, reterr);
    for (size_t i = 0; rc >= 0 && i < ARRAY_LEN(steps); i++)
        rc = tx_exec(tx, &catalog_sql[steps[i]], ARGS(A_ID(id)), reterr);
    if (rc < 0)
        return rc;
    snprintf(body, sizeof body, "{\"title_id\":\"" ID_FMT "\"}", ID_ARG(id.v));
    return event_publish(tx, "title.deleted", 1, id_str(&id.v), str_of(body), reterr);
}
