/* bulk_csv.c - a sheet's cells as rows of BulkRow: which columns there are, and how a cell of each is read. */
#include "service/catalog/bulk.h"
#include "service/json.h"

void bulk_fault(json_t **faults, const char *field, const char *detail) {
    if (!*faults)
        *faults = json_array();
    json_array_append_new(*faults, json_pack("{s:s, s:s}", "field", field, "detail", detail));
}

enum cell { C_TEXT, C_INT, C_BOOL, C_LIST, C_PEOPLE, C_RATINGS, C_EXTERNAL };

/* What a column may be called besides its own name. text: of one language, and of others as "synopsis.de". */
static const struct column {
    const char *name, *other;
    enum cell as;
    const char *into; /* member of the row */
    const char *job;  /* of people; scheme of an id */
    bool of_language;
} columns[] = {
    {"id", NULL, C_TEXT, "id"},
    {"slug", NULL, C_TEXT, "slug"},
    {"kind", "type", C_TEXT, "kind"},
    {"name", "title", C_TEXT, "name", NULL, true},
    {"synopsis", "description", C_TEXT, "synopsis", NULL, true},
    {"tagline", NULL, C_TEXT, "tagline", NULL, true},
    {"sort_name", NULL, C_TEXT, "sort_name", NULL, true},
    {"lang", "language", C_TEXT, "lang"},
    {"original_lang", "original_language", C_TEXT, "original_lang"},
    {"year", NULL, C_INT, "year"},
    {"released_on", "release_date", C_TEXT, "released_on"},
    {"maturity", "age", C_INT, "maturity"},
    {"published", NULL, C_BOOL, "published"},
    {"parent", NULL, C_TEXT, "parent"},
    {"series", NULL, C_TEXT, "series"},
    {"season", NULL, C_INT, "season"},
    {"episode", "number", C_INT, "number"},
    {"genres", "genre", C_LIST, "genres"},
    {"tags", "keywords", C_LIST, "tags"},
    {"studios", "studio", C_LIST, "studios"},
    {"actors", "cast", C_PEOPLE, "people", "actor"},
    {"directors", "director", C_PEOPLE, "people", "director"},
    {"writers", "writer", C_PEOPLE, "people", "writer"},
    {"producers", "producer", C_PEOPLE, "people", "producer"},
    {"composers", "composer", C_PEOPLE, "people", "composer"},
    {"ratings", "rating", C_RATINGS, "ratings"},
    {"imdb", "imdb_id", C_EXTERNAL, "external_ids", "imdb"},
    {"tmdb", "tmdb_id", C_EXTERNAL, "external_ids", "tmdb"},
    {"eidr", "eidr_id", C_EXTERNAL, "external_ids", "eidr"},
    {"wikidata", "wikidata_id", C_EXTERNAL, "external_ids", "wikidata"},
    {"own_id", "own", C_EXTERNAL, "external_ids", "own"},
};

struct heading {
    const struct column *column; /* NULL: a custom field, or unknown */
    struct str lang;             /* STR_NULL: the row's own */
    struct str custom;           /* its name; STR_NULL: none */
    char name[80];               /* for faults */
};

static int heading_read(struct str cell, struct arena *a, struct heading *ret, struct err *reterr) {
    struct str lower = str_lower(a, str_trim(cell)), base, tail = str_cut(lower, '.', &base);
    *ret = (struct heading){0};
    snprintf(ret->name, sizeof ret->name, "%.*s", (int)MIN(lower.n, 60u), lower.p ? lower.p : "");
    for (char *c = ret->name; *c; c++)
        if ((unsigned char)*c >= 0x80) /* a cut in the middle of a letter is no UTF-8 */
            *c = '?';
    if (str_eq(base, STR("custom")) && tail.n) {
        ret->custom = tail;
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        const struct column *c = &columns[i];
        if (!str_eq(base, str_of(c->name)) && !(c->other && str_eq(base, str_of(c->other))))
            continue;
        if (tail.p && !c->of_language)
            break;
        ret->column = c;
        ret->lang = tail.n ? str_slice(str_trim(cell), base.n + 1, cell.n) : STR_NULL; /* as it was written: pt-BR */
        return 0;
    }
    char hint[300];
    snprintf(hint, sizeof hint,
             "There is no column \"%s\". Leave it out, or name it as docs/BULK.md does; a field of your own is custom.NAME.", ret->name);
    return err_refuse(reterr, ERR_INVALID, "catalog.bulk_column", hint, "unknown column");
}

static json_t *member(json_t *row, const char *name, bool list) {
    json_t *v = json_object_get(row, name);
    if (!v) {
        v = list ? json_array() : json_object();
        json_object_set_new(row, name, v);
    }
    return v;
}

/* Of several in one cell: "a | b"; also "a; b" where there is no bar. */
static char bar_of(struct str cell) { return str_index(cell, '|') >= 0 ? '|' : ';'; }

static void text_add(json_t *row, const struct heading *h, struct str cell) {
    if (!h->lang.n) {
        json_object_set_new(row, h->column->into, json_of_str(cell));
        return;
    }
    json_t *texts = member(row, "texts", true), *of = NULL;
    for (size_t i = 0; i < json_array_size(texts); i++)
        if (str_eq_nocase(json_get_str(json_array_get(texts, i), "lang"), h->lang))
            of = json_array_get(texts, i);
    if (!of) {
        of = json_pack("{s:o}", "lang", json_of_str(h->lang));
        json_array_append_new(texts, of);
    }
    json_object_set_new(of, h->column->into, json_of_str(cell));
}

static void list_add(json_t *row, const struct heading *h, struct str cell) {
    json_t *list = member(row, h->column->into, true);
    char bar = bar_of(cell);
    struct str rest = cell, one;
    while (rest.p) {
        rest = str_cut(rest, bar, &one);
        if (str_trim(one).n)
            json_array_append_new(list, json_of_str(str_trim(one)));
    }
}

/* "Ana Ortiz (Herself) | Bo": whom an actor plays stands in brackets. */
static void people_add(json_t *row, const struct heading *h, struct str cell) {
    json_t *list = member(row, "people", true);
    char bar = bar_of(cell);
    struct str rest = cell, one;
    while (rest.p) {
        rest = str_cut(rest, bar, &one);
        one = str_trim(one);
        ptrdiff_t open = str_index(one, '(');
        bool plays = open > 0 && one.p[one.n - 1] == ')';
        struct str name = plays ? str_trim(str_slice(one, 0, (size_t)open)) : one;
        if (!name.n)
            continue;
        json_t *o = json_pack("{s:o, s:s}", "name", json_of_str(name), "job", h->column->job);
        if (plays)
            json_object_set_new(o, "character", json_of_str(str_slice(one, (size_t)open + 1, one.n - 1)));
        json_array_append_new(list, o);
    }
}

/* "FSK 12 | MPA PG-13"; a colon will do for the blank. */
static void ratings_add(json_t *row, struct str cell, json_t **faults) {
    json_t *list = member(row, "ratings", true);
    char bar = bar_of(cell);
    struct str rest = cell, one;
    while (rest.p) {
        rest = str_cut(rest, bar, &one);
        one = str_trim(one);
        if (!one.n)
            continue;
        struct str system, label = str_cut(one, str_index(one, ':') >= 0 ? ':' : ' ', &system);
        if (!label.n)
            bulk_fault(faults, "ratings", "Write system and label: FSK 12 | MPA PG-13.");
        else
            json_array_append_new(list, json_pack("{s:o, s:o}", "system", json_of_str(str_trim(system)), "label",
                                                  json_of_str(str_trim(label))));
    }
}

static void cell_add(json_t *row, const struct heading *h, struct str cell, json_t **faults) {
    static const char *const yes[] = {"true", "yes", "1", "x"}, *const no[] = {"false", "no", "0"};
    int64_t n;
    if (h->custom.p) {
        json_array_append_new(member(row, "custom", true), json_pack("{s:o, s:o}", "name", json_of_str(h->custom), "value", json_of_str(cell)));
        return;
    }
    switch (h->column->as) {
    case C_TEXT: text_add(row, h, cell); break;
    case C_LIST: list_add(row, h, cell); break;
    case C_PEOPLE: people_add(row, h, cell); break;
    case C_RATINGS: ratings_add(row, cell, faults); break;
    case C_EXTERNAL:
        json_array_append_new(member(row, "external_ids", true),
                              json_pack("{s:s, s:o}", "scheme", h->column->job, "value", json_of_str(cell)));
        break;
    case C_INT:
        if (str_to_i64(cell, &n))
            json_object_set_new(row, h->column->into, json_integer(n));
        else
            bulk_fault(faults, h->name, "Must be a whole number.");
        break;
    case C_BOOL:
        for (size_t i = 0; i < ARRAY_LEN(yes); i++)
            if (str_eq_nocase(cell, str_of(yes[i])))
                json_object_set_new(row, h->column->into, json_true());
        for (size_t i = 0; i < ARRAY_LEN(no); i++)
            if (str_eq_nocase(cell, str_of(no[i])))
                json_object_set_new(row, h->column->into, json_false());
        if (!json_object_get(row, h->column->into))
            bulk_fault(faults, h->name, "Must be yes or no.");
    }
}

/* A dash empties what can be empty; an empty cell leaves it as it is. */
static void cell_clear(json_t *row, const struct heading *h) {
    if (h->custom.p || !h->column || h->column->as == C_EXTERNAL || h->lang.n)
        return;
    bool list = h->column->as == C_LIST || h->column->as == C_PEOPLE || h->column->as == C_RATINGS;
    bool null = !strcmp(h->column->into, "year") || !strcmp(h->column->into, "maturity") || !strcmp(h->column->into, "released_on") ||
                !strcmp(h->column->into, "original_lang");
    if (list)
        member(row, h->column->into, true);
    else if (null)
        json_object_set_new(row, h->column->into, json_null());
    else
        json_object_set_new(row, h->column->into, json_string(""));
}

int bulk_read_csv(struct str text, struct arena *a, bulk_row_fn *fn, void *arg, struct err *reterr) {
    struct csv c;
    int rc = csv_read(text, a, &c, reterr);
    struct heading *h = rc ? NULL : arena_news(a, struct heading, c.cols);
    if (rc == 0 && !h)
        return err_set(reterr, ERR_LIMIT, "no room for %zu columns", c.cols);
    for (size_t i = 0; rc == 0 && i < c.cols; i++)
        rc = heading_read(c.cells[i], a, &h[i], reterr);
    for (size_t r = 1; rc == 0 && r < c.rows; r++) {
        json_t *row = json_object(), *faults = NULL;
        for (size_t i = 0; i < c.cols; i++) {
            struct str cell = str_trim(c.cells[r * c.cols + i]);
            if (str_eq(cell, STR("-")))
                cell_clear(row, &h[i]);
            else if (cell.n)
                cell_add(row, &h[i], cell, &faults);
        }
        if (c.too_long[r])
            bulk_fault(&faults, "", "The row has more cells than there are columns: is a quotation mark missing?");
        rc = fn(arg, (int64_t)c.lines[r], row, faults, reterr);
    }
    return rc;
}

int bulk_read_json(struct str text, bulk_row_fn *fn, void *arg, struct err *reterr) {
    json_error_t why;
    json_t *all = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &why);
    json_t *list = json_is_object(all) ? json_object_get(all, "titles") : all;
    char hint[300];
    int rc = 0;
    if (!all)
        snprintf(hint, sizeof hint, "The file is no JSON: line %d: %.150s.", why.line, str_is_utf8(str_of(why.text)) ? why.text : "?");
    else if (!json_is_array(list))
        snprintf(hint, sizeof hint, "The file should be a list of titles, or an object with such a list as \"titles\".");
    if (!all || !json_is_array(list))
        rc = err_refuse(reterr, ERR_INVALID, "catalog.bulk_json", hint, "not a list");
    else if (json_array_size(list) > BULK_ROWS_MAX)
        rc = err_refuse(reterr, ERR_INVALID, "catalog.bulk_json", "A file has at most 10000 titles: cut it into several.", "%zu titles",
                        json_array_size(list));
    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++)
        rc = fn(arg, (int64_t)i + 1, json_incref(json_array_get(list, i)), NULL, reterr);
    json_decref(all);
    return rc;
}
