/*
 * bulk_row.c - of which title a row speaks, what it would change, and doing it. A row names its title by id, by slug, by an id
 * elsewhere or by its place (series, season, number); one that names none is a new title. What a row does not say stays.
 */
#include "service/catalog/bulk.h"
#include "service/catalog/bulk_sql.h"
#include "service/catalog/things.h"
#include "service/json.h"

void bulk_plan_done(struct bulk_plan *p) {
    json_decref(p->change);
    json_decref(p->was);
    json_decref(p->faults);
    *p = (struct bulk_plan){0};
}

static int found(struct tx *tx, const struct sql *q, struct sql_args args, struct arena *a, struct title_id *ret,
                 struct err *reterr) {
    struct rows r;
    int rc = tx_query(tx, q, args, a, &r, reterr);
    if (rc > 0)
        ret->v = row_id(&r, 0, 0);
    return rc;
}

/* By what the row calls itself. 0: by nothing that is known. */
static int title_named(struct tx *tx, const json_t *row, struct arena *a, struct bulk_plan *p, struct err *reterr) {
    struct str id = json_get_str(row, "id"), slug = json_get_str(row, "slug");
    const json_t *externals = json_object_get(row, "external_ids");
    struct id parsed;
    int rc = 0;
    if (id.n) {
        rc = id_parse(id, &parsed) ? found(tx, &catalog_sql[TITLE_GET], ARGS(A_CSTR(parsed.s)), a, &p->id, reterr) : 0;
        if (rc > 0)
            p->id.v = parsed;
        else if (rc == 0)
            bulk_fault(&p->faults, "id", "There is no title of that id: leave it out for a new one.");
        return rc;
    }
    if (slug.n)
        rc = found(tx, &catalog_sql[TITLE_ID_BY_SLUG], ARGS(A_STR(slug)), a, &p->id, reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(externals); i++) {
        const json_t *x = json_array_get(externals, i);
        struct title_id owner = {0};
        rc = found(tx, &catalog_sql[EXTERNAL_OWNER], ARGS(A_STR(json_get_str(x, "scheme")), A_STR(json_get_str(x, "value"))), a,
                   &owner, reterr);
        if (rc > 0 && id_is_set(p->id.v) && !str_eq(id_str(&owner.v), id_str(&p->id.v)))
            bulk_fault(&p->faults, "external_ids", "Its ids name two different titles.");
        else if (rc > 0)
            p->id = owner;
    }
    return rc;
}

/* known: name to id; "" for one that a row before will make. */
static int series_find(struct tx *tx, struct str name, json_t *known, struct arena *a, struct bulk_plan *p, struct err *reterr) {
    const char *key = str_cstr(a, text_fold(a, name));
    const json_t *seen = key ? json_object_get(known, key) : NULL;
    struct str slug = str_slug(a, text_fold(a, name), CATALOG_SLUG_MAX - 16);
    int rc = 0;
    p->series = name;
    if (json_is_string(seen)) {
        id_parse(json_get_str(known, key), &p->series_id.v);
        return 0;
    }
    if (slug.n)
        rc = found(tx, &bulk_sql[SERIES_BY_SLUG], ARGS(A_STR(slug)), a, &p->series_id, reterr);
    if (rc == 0)
        rc = found(tx, &bulk_sql[SERIES_BY_NAME], ARGS(A_CSTR(key ? key : "")), a, &p->series_id, reterr);
    if (rc >= 0 && key)
        json_object_set_new(known, key, json_string(p->series_id.v.s));
    return MIN(rc, 0);
}

static enum title_kind kind_of(const json_t *row, const struct bulk_plan *p) {
    enum title_kind kind = TITLE_FILM;
    if (title_kind_parse(json_get_str(row, "kind"), &kind) || title_kind_parse(json_get_str(p->was, "kind"), &kind))
        return kind;
    return !json_get_str(row, "series").n ? TITLE_FILM : json_object_get(row, "number") ? TITLE_EPISODE : TITLE_SEASON;
}

/* Its series and season, and by them itself. */
static int place_find(struct tx *tx, const json_t *row, enum title_kind kind, json_t *known, struct arena *a, struct bulk_plan *p,
                      struct err *reterr) {
    struct str series = json_get_str(row, "series");
    int64_t number = json_get_int(row, "number", 0);
    bool placed = kind == TITLE_EPISODE || kind == TITLE_SEASON;
    p->season = -1;
    if (!series.n || !placed) {
        if (series.n)
            bulk_fault(&p->faults, "series", "Only a season or an episode is of a series.");
        return 0;
    }
    int rc = series_find(tx, series, known, a, p, reterr);
    p->season = json_get_int(row, "season", 1);
    if (rc == 0 && id_is_set(p->series_id.v))
        rc = found(tx, &bulk_sql[PART_BY_NUMBER], ARGS(A_ID(p->series_id), A_CSTR("season"), A_I64(p->season)), a, &p->season_id,
                   reterr);
    if (rc > 0 && kind == TITLE_EPISODE && !id_is_set(p->id.v) && number)
        rc = found(tx, &bulk_sql[PART_BY_NUMBER], ARGS(A_ID(p->season_id), A_CSTR("episode"), A_I64(number)), a, &p->id, reterr);
    if (rc >= 0 && kind == TITLE_SEASON && id_is_set(p->season_id.v) && !id_is_set(p->id.v))
        p->id = p->season_id;
    return MIN(rc, 0);
}

static int parent_find(struct tx *tx, const json_t *row, struct arena *a, struct bulk_plan *p, struct err *reterr) {
    struct str parent = json_get_str(row, "parent");
    struct title_id id = {0};
    if (!parent.n)
        return 0;
    int rc = str_starts(parent, STR("own:"))
                 ? found(tx, &catalog_sql[EXTERNAL_OWNER], ARGS(A_CSTR("own"), A_STR(str_slice(parent, 4, parent.n))), a, &id, reterr)
                 : found(tx, &bulk_sql[TITLE_FIND], ARGS(A_STR(parent)), a, &id, reterr);
    if (rc == 0)
        bulk_fault(&p->faults, "parent", "There is no such title: name it by slug, by id, or as own:ID; it stands before its parts.");
    if (rc > 0)
        json_object_set_new(p->change, "parent_id", json_of_id(id.v));
    return MIN(rc, 0);
}

/* ---- What changes ---- */

static json_t *text_for(json_t *texts, struct str lang) {
    for (size_t i = 0; i < json_array_size(texts); i++)
        if (str_eq_nocase(json_get_str(json_array_get(texts, i), "lang"), lang))
            return json_array_get(texts, i);
    json_t *fresh = json_pack("{s:o}", "lang", json_of_str(lang));
    json_array_append_new(texts, fresh);
    return fresh;
}

static void text_merge(json_t *into, const json_t *from) {
    static const char *const names[] = {"name", "synopsis", "tagline", "sort_name"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (json_is_string(json_object_get(from, names[i])))
            json_object_set(into, names[i], json_object_get(from, names[i]));
}

static void texts_change(const json_t *row, enum title_kind kind, struct bulk_plan *p) {
    json_t *was = json_object_get(p->was, "texts"), *texts = was ? json_deep_copy(was) : json_array();
    const json_t *more = json_object_get(row, "texts");
    struct str lang = json_get_str(row, "lang"), own = json_get_str(p->was, "lang");
    struct str main_lang = lang.n ? lang : own.n ? own : STR("en");
    char numbered[40];
    static const char *const names[] = {"name", "synopsis", "tagline", "sort_name"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (json_object_get(row, names[i])) {
            text_merge(text_for(texts, main_lang), row);
            break;
        }
    for (size_t i = 0; i < json_array_size(more); i++)
        text_merge(text_for(texts, json_get_str(json_array_get(more, i), "lang")), json_array_get(more, i));
    bool part = kind == TITLE_EPISODE || kind == TITLE_SEASON;
    snprintf(numbered, sizeof numbered, "%s %lld", kind == TITLE_SEASON ? "Season" : "Episode",
             (long long)(kind == TITLE_SEASON ? p->season : json_get_int(row, "number", 0)));
    if (!json_array_size(texts) && part)
        json_object_set_new(text_for(texts, main_lang), "name", json_string(numbered));
    for (size_t i = 0; i < json_array_size(texts); i++)
        if (!str_trim(json_get_str(json_array_get(texts, i), "name")).n)
            bulk_fault(&p->faults, "name", "A name is missing in one of the languages.");
    if (!json_array_size(texts))
        bulk_fault(&p->faults, "name", "A new title needs a name.");
    json_object_set_new(p->change, "texts", texts);
}

/* Items of the row win over those of the same key; the others stay. */
static void list_merge(struct bulk_plan *p, const json_t *row, const char *name, const char *key) {
    const json_t *fresh = json_object_get(row, name), *was = json_object_get(p->was, name);
    if (!json_is_array(fresh))
        return;
    json_t *list = json_copy((json_t *)(uintptr_t)fresh);
    for (size_t i = 0; i < json_array_size(was); i++) {
        json_t *old = json_array_get(was, i);
        bool named = false;
        for (size_t k = 0; k < json_array_size(fresh); k++)
            named |= str_eq(json_get_str(json_array_get(fresh, k), key), json_get_str(old, key));
        if (!named)
            json_array_append(list, old);
    }
    json_object_set_new(p->change, name, list);
}

static void change_make(const json_t *row, enum title_kind kind, struct bulk_plan *p) {
    static const char *const plain[] = {"slug",  "number", "lang",   "original_lang", "released_on", "year",    "maturity",
                                        "published", "genres", "people", "tags",          "studios",     "ratings", "markers"};
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        if (json_object_get(row, plain[i]))
            json_object_set(p->change, plain[i], json_object_get(row, plain[i]));
    if (kind == TITLE_SEASON && p->season >= 0)
        json_object_set_new(p->change, "number", json_integer(p->season));
    json_object_set_new(p->change, "kind", json_string(title_kind_name(kind)));
    list_merge(p, row, "external_ids", "scheme");
    list_merge(p, row, "custom", "name");
    texts_change(row, kind, p);
}

/* A word for comparing: what of an item tells it from others. */
static struct str item_key(const json_t *item, struct arena *a, bool slug) {
    if (json_is_string(item)) {
        struct str s = str_of(json_string_value(item));
        return slug ? str_slug(a, text_fold(a, s), CATALOG_SLUG_MAX) : str_lower(a, str_trim(s));
    }
    static const char *const names[] = {"name", "person", "job", "character", "system", "label", "scheme", "value", "kind"};
    scoped(buf_done) struct buf b = BUF(16 << 10);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (i != 1 || !json_object_get(item, "name")) /* a person is known by the name */
            buf_addf(&b, STR_FMT "\n", STR_ARG(json_get_str(item, names[i])));
    buf_addf(&b, "%.3f\n%.3f", json_number_value(json_object_get(item, "from_s")), json_number_value(json_object_get(item, "to_s")));
    return str_dup(a, buf_str(&b));
}

static bool list_same(const json_t *x, const json_t *y, struct arena *a, bool slug) {
    if (json_array_size(x) != json_array_size(y))
        return false;
    for (size_t i = 0; i < json_array_size(x); i++) {
        struct str key = item_key(json_array_get(x, i), a, slug);
        bool there = false;
        for (size_t k = 0; k < json_array_size(y) && !there; k++)
            there = str_eq(item_key(json_array_get(y, k), a, slug), key);
        if (!there)
            return false;
    }
    return true;
}

/* Leaves in change what differs from what is. */
static void same_drop(struct bulk_plan *p, struct arena *a) {
    const char *name;
    json_t *v;
    void *next;
    json_object_foreach_safe(p->change, next, name, v) {
        const json_t *was = json_object_get(p->was, name);
        bool slug = !strcmp(name, "genres") || !strcmp(name, "studios");
        bool list = json_is_array(v) && strcmp(name, "texts") != 0;
        if (list ? list_same(v, was, a, slug) : json_equal(v, was))
            json_object_del(p->change, name);
    }
}

/* ---- What would be refused ---- */

static int checks(struct tx *tx, struct arena *a, struct bulk_plan *p, struct err *reterr) {
    const json_t *ratings = json_object_get(p->change, "ratings"), *externals = json_object_get(p->change, "external_ids"),
                 *custom = json_object_get(p->change, "custom");
    struct err why = {0};
    if (title_check_date(json_get_str(p->change, "released_on"), &why))
        bulk_fault(&p->faults, "released_on", why.hint);
    for (size_t i = 0; i < json_array_size(ratings); i++)
        if (rating_age(json_get_str(json_array_get(ratings, i), "system"), json_get_str(json_array_get(ratings, i), "label")) < 0)
            bulk_fault(&p->faults, "ratings", "A label that its system has not: see GET /api/v1/editor/rating-systems.");
    for (size_t i = 0; i < json_array_size(externals); i++)
        if (external_check(json_get_str(json_array_get(externals, i), "scheme"), json_get_str(json_array_get(externals, i), "value"), &why))
            bulk_fault(&p->faults, "external_ids", why.hint);
    for (size_t i = 0; i < json_array_size(custom); i++) {
        struct id field;
        int rc = custom_check(tx, json_array_get(custom, i), a, &field, &why);
        if (rc == ERR_INVALID)
            bulk_fault(&p->faults, "custom", why.hint);
        else if (rc < 0)
            return err_set(reterr, rc, "%s", why.msg);
    }
    return 0;
}

static int publish_check(struct tx *tx, enum title_kind kind, struct arena *a, struct bulk_plan *p, struct err *reterr) {
    struct rows r;
    int rc = 1;
    if (!json_is_true(json_object_get(p->change, "published")) || kind == TITLE_SERIES || kind == TITLE_SEASON)
        return 0;
    if (id_is_set(p->id.v))
        rc = tx_query(tx, &catalog_sql[TITLE_STATE], ARGS(A_ID(p->id)), a, &r, reterr);
    if (rc >= 0 && (!id_is_set(p->id.v) || (rc > 0 && row_null(&r, 0, 4))))
        bulk_fault(&p->faults, "published", "It has nothing to play yet: import its film first.");
    return MIN(rc, 0);
}

int bulk_plan(struct tx *tx, const json_t *row, json_t *series, struct arena *a, struct bulk_plan *ret, struct err *reterr) {
    struct bulk_plan *p = ret;
    struct json_fault *faults;
    *p = (struct bulk_plan){.action = BULK_WRONG, .change = json_object(), .season = -1};
    size_t n = json_faults(catalog_editor_schemas, "BulkRow", (json_t *)(uintptr_t)row, a, &faults);
    for (size_t i = 0; i < n; i++)
        bulk_fault(&p->faults, faults[i].field, faults[i].detail);
    if (n)
        return 0;
    int rc = title_named(tx, row, a, p, reterr);
    if (rc >= 0 && id_is_set(p->id.v))
        rc = title_whole(tx, p->id, a, &p->was, reterr);
    enum title_kind kind = kind_of(row, p);
    if (rc >= 0)
        rc = place_find(tx, row, kind, series, a, p, reterr);
    if (rc >= 0 && id_is_set(p->id.v) && !p->was) /* by its place */
        rc = title_whole(tx, p->id, a, &p->was, reterr);
    if (rc >= 0)
        rc = parent_find(tx, row, a, p, reterr);
    if (rc < 0)
        return rc;
    change_make(row, kind, p);
    if (p->was)
        same_drop(p, a);
    struct title_id above = kind == TITLE_EPISODE ? p->season_id : p->series_id;
    if (p->season >= 0 && id_is_set(above.v) && (!p->was || !str_eq(json_get_str(p->was, "parent_id"), id_str(&above.v))))
        json_object_set_new(p->change, "parent_id", json_of_id(above.v));
    rc = checks(tx, a, p, reterr);
    if (rc == 0)
        rc = publish_check(tx, kind, a, p, reterr);
    if (!p->faults)
        p->action = !p->was ? BULK_CREATE : json_object_size(p->change) ? BULK_UPDATE : BULK_UNCHANGED;
    return rc;
}

/* ---- Doing it ---- */

static int part_make(struct tx *tx, const char *kind, struct str name, struct title_id parent, int64_t number, struct arena *a,
                     struct title_id *ret, struct err *reterr) {
    json_t *o = json_pack("{s:s, s:o, s:I}", "kind", kind, "name", json_of_str(name), "number", (json_int_t)number);
    if (id_is_set(parent.v))
        json_object_set_new(o, "parent_id", json_of_id(parent.v));
    int rc = title_make(tx, o, a, ret, reterr);
    json_decref(o);
    return rc;
}

/* Series and season, where they are not there yet. */
static int above_make(struct tx *tx, struct bulk_plan *p, bool season, struct arena *a, struct title_id made[3], size_t *n,
                      struct err *reterr) {
    int rc = 0;
    if (!id_is_set(p->series_id.v)) {
        rc = part_make(tx, "series", p->series, (struct title_id){{{0}}}, 0, a, &p->series_id, reterr);
        made[(*n)++] = p->series_id;
    }
    if (rc == 0 && season && !id_is_set(p->season_id.v)) {
        rc = part_make(tx, "season", str_printf(a, "Season %lld", (long long)p->season), p->series_id, p->season, a, &p->season_id,
                       reterr);
        made[(*n)++] = p->season_id;
    }
    return rc;
}

/* Names of genres and studios become slugs; what is not known is made. */
static int names_resolve(struct tx *tx, json_t *change, const char *list, const struct thing *t, int by_name, struct arena *a,
                         struct err *reterr) {
    json_t *items = json_object_get(change, list), *slugs = json_array();
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < json_array_size(items); i++) {
        struct str name = str_of(json_string_value(json_array_get(items, i))), slug = str_slug(a, text_fold(a, name), CATALOG_SLUG_MAX);
        struct id id = {0};
        struct rows r;
        rc = slug.n ? tx_query(tx, &catalog_sql[t->taken], ARGS(A_STR(slug)), a, &r, reterr) : 0;
        if (rc == 0)
            rc = tx_query(tx, &catalog_sql[by_name], ARGS(A_STR(name)), a, &r, reterr);
        if (rc > 0)
            id = row_id(&r, 0, 0);
        if (rc == 0) {
            json_t *body = t == &thing_genre
                               ? json_pack("{s:[{s:s, s:o}]}", "texts", "lang", "en", "name", json_of_str(name))
                               : json_pack("{s:o}", "name", json_of_str(name));
            id = id_new(store_now_ms(tx_store(tx)));
            rc = thing_write(tx, t, id, body, true, a, reterr);
            json_decref(body);
        }
        json_array_append_new(slugs, json_string(id.s));
    }
    if (items)
        json_object_set(change, list, slugs);
    json_decref(slugs);
    return MIN(rc, 0);
}

int bulk_write(struct tx *tx, struct bulk_plan *p, struct arena *a, struct title_id ret_made[3], size_t *ret_n, struct err *reterr) {
    bool episode = str_eq(json_get_str(p->change, "kind"), STR("episode")) || str_eq(json_get_str(p->was, "kind"), STR("episode"));
    int rc = 0;
    *ret_n = 0;
    if (p->season >= 0)
        rc = above_make(tx, p, episode, a, ret_made, ret_n, reterr);
    if (rc == 0 && p->season >= 0)
        json_object_set_new(p->change, "parent_id", json_of_id(episode ? p->season_id.v : p->series_id.v));
    if (rc == 0)
        rc = names_resolve(tx, p->change, "genres", &thing_genre, GENRE_BY_NAME, a, reterr);
    if (rc == 0)
        rc = names_resolve(tx, p->change, "studios", &thing_studio, STUDIO_BY_NAME, a, reterr);
    if (rc == 0)
        rc = p->action == BULK_CREATE ? title_make(tx, p->change, a, &p->id, reterr) : title_apply(tx, p->id, p->change, a, reterr);
    ret_made[(*ret_n)++] = p->id;
    return rc;
}

int catalog_title_describe(struct tx *tx, struct title_id title, const json_t *row, struct arena *a, struct err *reterr) {
    scoped(bulk_plan_done) struct bulk_plan p = {0};
    struct title_id made[3];
    size_t n;
    json_t *named = json_copy((json_t *)(uintptr_t)row), *series = json_object();
    json_object_set_new(named, "id", json_of_id(title.v));
    int rc = bulk_plan(tx, named, series, a, &p, reterr);
    json_decref(named);
    json_decref(series);
    if (rc == 0 && p.action == BULK_WRONG)
        return err_refuse(reterr, ERR_INVALID, "catalog.row", json_string_value(json_object_get(json_array_get(p.faults, 0), "detail")),
                          "%s", json_string_value(json_object_get(json_array_get(p.faults, 0), "field")));
    return rc || p.action == BULK_UNCHANGED ? rc : bulk_write(tx, &p, a, made, &n, reterr);
}
