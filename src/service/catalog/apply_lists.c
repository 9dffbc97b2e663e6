/* apply_lists.c - a title's lists as an editor puts them: genres, people, tags, studios, labels, markers, other ids, own fields. */
#include "service/catalog/apply.h"
#include "service/catalog/things.h"
#include "service/json.h"

static struct str item_str(const json_t *items, size_t i) {
    const json_t *v = json_array_get(items, i);
    return str_make(json_string_value(v), json_string_length(v));
}

static int cleared(struct tx *tx, int statement, struct title_id id, struct err *reterr) {
    int rc = tx_exec(tx, &catalog_sql[statement], ARGS(A_ID(id)), reterr);
    return rc < 0 ? rc : 0;
}

/* By slug or id. */
static int references_put(struct tx *tx, struct title_id id, const json_t *items, int clear, int add, const char *word,
                          struct err *reterr) {
    int rc = cleared(tx, clear, id, reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(items); i++) {
        struct str one = item_str(items, i);
        rc = tx_exec(tx, &catalog_sql[add], ARGS(A_ID(id), A_STR(one), A_I64((int64_t)i)), reterr);
        if (rc == 0)
            return err_refuse(reterr, ERR_INVALID, "catalog.unknown_reference",
                              "One of the genres or studios does not exist: make it first.", "no %s " STR_FMT, word,
                              (int)MIN(one.n, 80u), one.p);
    }
    return rc < 0 ? rc : 0;
}

static int genres_put(struct tx *tx, struct title_id id, const json_t *items, struct arena *a, struct err *reterr) {
    return references_put(tx, id, items, GENRES_CLEAR, GENRES_ADD, "genre", reterr);
}

static int studios_put(struct tx *tx, struct title_id id, const json_t *items, struct arena *a, struct err *reterr) {
    return references_put(tx, id, items, STUDIOS_CLEAR, STUDIOS_ADD, "studio", reterr);
}

static int tags_put(struct tx *tx, struct title_id id, const json_t *items, struct arena *a, struct err *reterr) {
    int rc = cleared(tx, TAGS_CLEAR, id, reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(items); i++) {
        struct str tag = str_lower(a, str_trim(item_str(items, i)));
        if (!tag.n || tag.n > CATALOG_TAG_MAX)
            return err_refuse(reterr, ERR_INVALID, "catalog.tag_invalid", "A tag has 1 to 60 bytes.", "a tag of %zu bytes", tag.n);
        rc = tx_exec(tx, &catalog_sql[TAGS_ADD], ARGS(A_ID(id), A_STR(tag)), reterr);
    }
    return rc < 0 ? rc : 0;
}

static int alias_check(struct str name, struct err *reterr) {
    if (name.n && name.n <= CATALOG_ALIAS_MAX && str_is_utf8(name) && !memchr(name.p, '\n', name.n))
        return 0;
    return err_refuse(reterr, ERR_INVALID, "catalog.alias_invalid", "A name to be found by is one line of 1 to 200 bytes.",
                      "an alias of %zu bytes", name.n);
}

static int aliases_put(struct tx *tx, struct title_id id, const json_t *items, struct arena *a, struct err *reterr) {
    int rc = cleared(tx, ALIASES_CLEAR, id, reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(items); i++) {
        struct str name = str_trim(item_str(items, i));
        rc = alias_check(name, reterr);
        if (rc == 0)
            rc = tx_exec(tx, &catalog_sql[ALIASES_ADD], ARGS(A_ID(id), A_STR(name), A_I64((int64_t)i)), reterr);
    }
    return rc < 0 ? rc : 0;
}

int catalog_title_alias_add(struct tx *tx, struct title_id id, struct str name, struct arena *a, struct err *reterr) {
    struct rows r;
    name = str_trim(name);
    int rc = alias_check(name, reterr);
    if (rc == 0)
        rc = tx_row(tx, &catalog_sql[ALIASES_END], ARGS(A_ID(id)), a, &r, reterr);
    if (rc >= 0 && row_i64(&r, 0, 0) >= CATALOG_ALIASES)
        return err_refuse(reterr, ERR_INVALID, "catalog.aliases", "This title has a hundred such names: take one away first.",
                          "title " ID_FMT " has too many aliases", ID_ARG(id.v));
    if (rc >= 0) {
        json_t *nothing = json_object();
        rc = title_apply(tx, id, nothing, a, reterr); /* whether it is there; it has changed */
        json_decref(nothing);
    }
    if (rc == 0)
        rc = tx_exec(tx, &catalog_sql[ALIASES_ADD], ARGS(A_ID(id), A_STR(name), A_I64(row_i64(&r, 0, 1))), reterr);
    return MIN(rc, 0);
}

/* By id or slug; by name, where there is none of that name one is made. */
static int person_of(struct tx *tx, const json_t *credit, struct arena *a, struct id *ret, struct err *reterr) {
    struct str person = json_get_str(credit, "person"), name = str_trim(json_get_str(credit, "name"));
    struct rows r;
    if (!person.n && !name.n)
        return err_refuse(reterr, ERR_INVALID, "catalog.person_wanted", "Say who it is: person (a slug) or name.", "nobody");
    int rc = tx_query(tx, &catalog_sql[person.n ? PERSON_FIND : PERSON_BY_NAME], ARGS(A_STR(person.n ? person : name)), a, &r,
                      reterr);
    if (rc > 0)
        *ret = row_id(&r, 0, 0);
    if (rc)
        return MIN(rc, 0);
    if (person.n)
        return err_refuse(reterr, ERR_INVALID, "catalog.unknown_reference", "One of the people does not exist: make them first.",
                          "no person %.80s", person.p);
    *ret = id_new(store_now_ms(tx_store(tx)));
    json_t *body = json_pack("{s:o}", "name", json_of_str(name));
    rc = thing_write(tx, &thing_person, *ret, body, true, a, reterr);
    json_decref(body);
    return rc;
}

static int people_put(struct tx *tx, struct title_id id, const json_t *items, struct arena *a, struct err *reterr) {
    int rc = cleared(tx, PEOPLE_CLEAR, id, reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(items); i++) {
        const json_t *credit = json_array_get(items, i);
        struct str part = json_get_str(credit, "character");
        struct id person;
        rc = person_of(tx, credit, a, &person, reterr);
        if (rc == 0)
            rc = tx_exec(tx, &catalog_sql[PEOPLE_ADD],
                         ARGS(A_ID(id), A_CSTR(person.s), A_STR(json_get_str(credit, "job")), A_STR(part.p ? part : STR("")),
                              A_I64((int64_t)i)),
                         reterr);
    }
    return rc < 0 ? rc : 0;
}

int maturity_of_labels(struct tx *tx, struct title_id id, struct arena *a, struct err *reterr) {
    struct rows r;
    int strictest = -1, rc = tx_query(tx, &catalog_sql[OF_RATINGS], ARGS(A_ID(id)), a, &r, reterr);
    for (size_t i = 0; rc > 0 && i < r.n; i++)
        strictest = MAX(strictest, rating_age(row_str(&r, i, 0), row_str(&r, i, 1)));
    if (rc >= 0)
        rc = tx_exec(tx, &catalog_sql[MATURITY_OF_LABELS], ARGS(A_ID(id), A_I64(strictest < 0 ? MATURITY_ALL : strictest)), reterr);
    return rc < 0 ? rc : 0;
}

static int ratings_put(struct tx *tx, struct title_id id, const json_t *items, struct arena *a, struct err *reterr) {
    int rc = cleared(tx, RATINGS_CLEAR, id, reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(items); i++) {
        const json_t *one = json_array_get(items, i);
        struct str system = json_get_str(one, "system"), label = json_get_str(one, "label");
        if (rating_age(system, label) < 0)
            return err_refuse(reterr, ERR_INVALID, "catalog.rating_unknown",
                              "No such label in that system: GET /api/v1/editor/rating-systems lists them.", "%.*s has no %.*s",
                              (int)MIN(system.n, 40u), system.p, (int)MIN(label.n, 40u), label.p);
        rc = tx_exec(tx, &catalog_sql[RATINGS_ADD], ARGS(A_ID(id), A_STR(system), A_STR(label)), reterr);
    }
    return rc < 0 ? rc : maturity_of_labels(tx, id, a, reterr);
}

static int markers_put(struct tx *tx, struct title_id id, const json_t *items, struct arena *a, struct err *reterr) {
    int rc = cleared(tx, MARKERS_CLEAR, id, reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(items); i++) {
        const json_t *m = json_array_get(items, i);
        int64_t now = store_now_ms(tx_store(tx)), from = json_get_ms(m, "from_s", -1), to = json_get_ms(m, "to_s", -1);
        struct str name = json_get_str(m, "name");
        if (from < 0 || to <= from || to > MARKER_MAX_MS)
            return err_refuse(reterr, ERR_INVALID, "catalog.marker_invalid",
                              "A marker begins at or after 0, ends after it begins and within 100 hours.", "marker %zu", i);
        rc = tx_exec(tx, &catalog_sql[MARKERS_ADD],
                     ARGS(A_CSTR(id_new(now).s), A_ID(id), A_STR(json_get_str(m, "kind")), A_I64(from), A_I64(to),
                          A_STR(name.p ? name : STR(""))),
                     reterr);
    }
    return rc < 0 ? rc : 0;
}

/* What an id of each scheme looks like: '0' a digit, 'X' a hexadecimal digit or X, '*' any number of digits (one at least), the
 * rest itself. */
static const struct {
    const char *scheme, *shape, *hint;
} schemes[] = {
    {"imdb", "tt*", "An IMDb id is tt and digits: tt0133093."},
    {"tmdb", "*", "A TMDB id is a number: 603."},
    {"wikidata", "Q*", "A Wikidata id is Q and digits: Q83495."},
    {"eidr", "10.5240/XXXX-XXXX-XXXX-XXXX-XXXX-X", "An EIDR is 10.5240/ and five groups of four and a check character."},
};

/* ISO 7064 Mod 37,36: the last character of an EIDR (EIDR ID format, 2.2) follows from the twenty digits before it. */
static bool eidr_adds_up(struct str s) {
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t p = 36;
    for (size_t i = sizeof "10.5240/" - 1; i + 1 < s.n; i++)
        if (s.p[i] != '-') {
            size_t sum = (p + (size_t)(strchr(digits, s.p[i]) - digits)) % 36;
            p = (sum ? sum : 36) * 2 % 37;
        }
    return s.p[s.n - 1] == digits[(37 - p) % 36];
}

static bool has_shape(struct str s, const char *shape) {
    size_t i = 0;
    for (; *shape; shape++) {
        size_t from = i;
        while (*shape == '*' && i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
            i++;
        if (*shape == '*' ? i == from : i == s.n)
            return false;
        if (*shape != '*') {
            char c = s.p[i++];
            bool hex = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); /* and, last, the check character */
            if (*shape == 'X' ? !hex : c != *shape)
                return false;
        }
    }
    return i == s.n;
}

int external_check(struct str scheme, struct str value, struct err *reterr) {
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (str_eq(scheme, str_of(schemes[i].scheme)) && !has_shape(value, schemes[i].shape))
            return err_refuse(reterr, ERR_INVALID, "catalog.external_id_invalid", schemes[i].hint, "not an id of %s",
                              schemes[i].scheme);
    if (str_eq(scheme, STR("eidr")) && !eidr_adds_up(value))
        return err_refuse(reterr, ERR_INVALID, "catalog.external_id_invalid",
                          "A character of that EIDR is wrong: its last one does not fit.", "an EIDR that does not add up");
    return 0;
}

static int externals_put(struct tx *tx, struct title_id id, const json_t *items, struct arena *a, struct err *reterr) {
    int rc = cleared(tx, EXTERNALS_CLEAR, id, reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(items); i++) {
        const json_t *one = json_array_get(items, i);
        struct str scheme = json_get_str(one, "scheme"), value = json_get_str(one, "value");
        struct rows r;
        rc = external_check(scheme, value, reterr);
        if (rc == 0)
            rc = tx_query(tx, &catalog_sql[EXTERNAL_OWNER], ARGS(A_STR(scheme), A_STR(value)), a, &r, reterr);
        if (rc > 0)
            return err_refuse(reterr, ERR_CONFLICT, "catalog.external_id_taken",
                              "Another title has that id, or it is named twice: is this the same film?", "%.*s of " STR_FMT,
                              (int)MIN(value.n, 100u), value.p, STR_ARG(row_str(&r, 0, 0)));
        if (rc == 0)
            rc = tx_exec(tx, &catalog_sql[EXTERNALS_ADD],
                         ARGS(A_CSTR(id_new(store_now_ms(tx_store(tx))).s), A_ID(id), A_STR(scheme), A_STR(value)), reterr);
    }
    return rc < 0 ? rc : 0;
}

static bool option_has(struct str options, struct str value) {
    json_t *list = json_loadb(options.p, options.n, 0, NULL);
    bool found = false;
    for (size_t i = 0; i < json_array_size(list); i++)
        found |= str_eq(item_str(list, i), value);
    json_decref(list);
    return found;
}

static const char *custom_fault(struct str type, struct str options, struct str value) {
    double number;
    struct err bad = {0};
    if (str_eq(type, STR("number")) && !str_to_f64(value, &number))
        return "That field takes a number.";
    if (str_eq(type, STR("date")) && (!value.n || title_check_date(value, &bad)))
        return "That field takes a date: YYYY-MM-DD.";
    if (str_eq(type, STR("boolean")) && !str_eq(value, STR("true")) && !str_eq(value, STR("false")))
        return "That field takes true or false.";
    if (str_eq(type, STR("choice")) && !option_has(options, value))
        return "That field takes one of its options.";
    if (str_eq(type, STR("url")) && !str_starts(value, STR("https://")) && !str_starts(value, STR("http://")))
        return "That field takes an address that begins with https:// or http://.";
    return NULL;
}

int custom_check(struct tx *tx, const json_t *item, struct arena *a, struct id *ret_field, struct err *reterr) {
    struct str name = json_get_str(item, "name");
    struct rows r;
    int rc = tx_query(tx, &catalog_sql[FIELD_TAKEN], ARGS(A_STR(name)), a, &r, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_INVALID, "catalog.unknown_reference", "There is no such custom field: make it first.",
                          "no custom field %.*s", (int)MIN(name.n, 80u), name.p);
    const char *fault = rc > 0 ? custom_fault(row_str(&r, 0, 1), row_str(&r, 0, 2), json_get_str(item, "value")) : NULL;
    if (fault)
        return err_refuse(reterr, ERR_INVALID, "catalog.custom_invalid", fault, "custom field %.*s", (int)MIN(name.n, 80u), name.p);
    if (rc > 0)
        *ret_field = row_id(&r, 0, 0);
    return MIN(rc, 0);
}

static int custom_put(struct tx *tx, struct title_id id, const json_t *items, struct arena *a, struct err *reterr) {
    int rc = cleared(tx, CUSTOM_CLEAR, id, reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(items); i++) {
        const json_t *one = json_array_get(items, i);
        for (size_t k = 0; k < i; k++)
            if (str_eq(json_get_str(one, "name"), json_get_str(json_array_get(items, k), "name")))
                return err_refuse(reterr, ERR_INVALID, "catalog.custom_twice", "A custom field is named twice.", "a field twice");
        struct id field;
        rc = custom_check(tx, one, a, &field, reterr);
        if (rc == 0)
            rc = tx_exec(tx, &catalog_sql[CUSTOM_ADD], ARGS(A_ID(id), A_CSTR(field.s), A_STR(json_get_str(one, "value"))), reterr);
    }
    return rc < 0 ? rc : 0;
}

const struct list_put list_puts[] = {
    {"genres", genres_put},   {"people", people_put},   {"tags", tags_put},           {"studios", studios_put},
    {"ratings", ratings_put}, {"markers", markers_put}, {"external_ids", externals_put}, {"custom", custom_put},
    {"aliases", aliases_put},
    {NULL}};
