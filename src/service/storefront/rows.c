/* rows.c - what is in each kind of row. */
#include "service/json.h"
#include "service/storefront/storefront_int.h"
#include "service/viewing/viewing.h"

/* ---- Titles for this viewer ---- */

static int cards_of(struct row_context *c, const struct title_id *ids, size_t n,
                    struct title_card **ret, size_t *ret_n, struct err *reterr) {
    bool then = c->viewer->then;
    int rc = catalog_cards(c->engine->store, ids, n, c->langs, then, c->arena, ret, ret_n, reterr);
    if (rc == 0) /* what was taken back is gone already; what was rated since goes here */
        *ret_n = catalog_cards_here(*ret, catalog_cards_for(*ret, *ret_n, c->maturity), c->here);
    return rc == 0 && then ? then_cards(c, *ret, ret_n, reterr) : rc;
}

static int cards_of_pool(struct row_context *c, const struct pool_key *key, size_t limit,
                         struct title_card **ret, size_t *ret_n, struct err *reterr) {
    struct pool_item *items;
    size_t n;
    if (c->viewer->then && (key->what == POOL_TITLES || key->what == POOL_LEAVING))
        return then_pool(c, key, limit, ret, ret_n, reterr);
    int rc = pools_get(c->engine, key, c->arena, &items, &n, reterr);
    if (rc)
        return rc;
    struct title_id ids[POOL_ITEMS_MAX];
    for (size_t i = 0; i < n; i++)
        ids[i].v = items[i].id;
    rc = cards_of(c, ids, n, ret, ret_n, reterr);
    if (rc == 0)
        *ret_n = MIN(*ret_n, limit);
    return rc;
}

static struct pool_key key_of(const struct row_context *c, enum pool_what what, int limit) {
    struct pool_key k;
    memset(&k, 0, sizeof k); /* padding too: keys are compared as bytes */
    k.what = what;
    k.maturity = c->maturity;
    k.limit = limit;
    if (what == POOL_TITLES && c->viewer->country.n == 2)
        snprintf(k.country, sizeof k.country, STR_FMT, STR_ARG(c->viewer->country));
    return k;
}

int rows_newest(struct row_context *c, struct err *reterr) {
    struct pool_key k = key_of(c, POOL_TITLES, ALL_ITEMS);
    return c->newest ? 0 : cards_of_pool(c, &k, ALL_ITEMS, &c->newest, &c->n_newest, reterr);
}

/* ---- The kinds ---- */

/* What an editor called it, else what it is called anyway. */
static struct str name_of(const struct row_context *c, const json_t *row, const char *own) {
    struct str name = text_best(json_object_get(row, "titles"), c->langs);
    return name.n ? name : str_of(own);
}

static const char *id_of(const json_t *row) {
    return json_string_value(json_object_get(row, "id"));
}

static int add(struct row_context *c, const json_t *row, const char *own, const struct title_card *cards,
               size_t n, struct err *reterr) {
    return storefront_row_add(c, id_of(row), json_string_value(json_object_get(row, "kind")),
                              name_of(c, row, own), cards, n, reterr);
}

static int row_continue(struct row_context *c, const json_t *row, struct err *reterr) {
    struct progress *seen;
    struct title_card *cards;
    size_t n_seen, n;
    if (!id_is_set(c->profile.v))
        return 0;
    int rc = viewing_continue(c->engine, c->profile, ROW_ITEMS, c->arena, &seen, &n_seen, reterr);
    struct title_id ids[ROW_ITEMS];
    for (size_t i = 0; rc == 0 && i < n_seen; i++)
        ids[i] = seen[i].title;
    if (rc == 0)
        rc = cards_of(c, ids, n_seen, &cards, &n, reterr);
    return rc ? rc : add(c, row, row_word(c->langs, WORD_CONTINUE), cards, n, reterr);
}

static int row_my_list(struct row_context *c, const json_t *row, struct err *reterr) {
    struct title_id *ids;
    struct title_card *cards;
    size_t n;
    if (!id_is_set(c->profile.v))
        return 0;
    int rc = viewing_listed(c->engine, c->profile, ROW_ITEMS, c->arena, &ids, &n, reterr);
    if (rc == 0)
        rc = cards_of(c, ids, n, &cards, &n, reterr);
    return rc ? rc : add(c, row, row_word(c->langs, WORD_MY_LIST), cards, n, reterr);
}

static int row_new(struct row_context *c, const json_t *row, struct err *reterr) {
    int rc = rows_newest(c, reterr);
    return rc ? rc
              : add(c, row, row_word(c->langs, WORD_NEW), c->newest, MIN(c->n_newest, (size_t)ROW_ITEMS), reterr);
}

/* Only what the row of new ones has no room for is worth a second row. */
static int row_all(struct row_context *c, const json_t *row, struct err *reterr) {
    int rc = rows_newest(c, reterr);
    return rc || c->n_newest <= ROW_ITEMS
               ? rc
               : add(c, row, row_word(c->langs, WORD_ALL), c->newest, c->n_newest, reterr);
}

/* A row a spoken language, where that tells titles apart: one that every title has says nothing. */
static int rows_languages(struct row_context *c, const json_t *row, struct err *reterr) {
    struct pool_key k = key_of(c, POOL_LANGUAGES, POOL_ITEMS_MAX);
    struct pool_item *langs;
    size_t n_langs, made = 0;
    k.maturity = 0; /* the languages are the whole catalogue's */
    int rc = rows_newest(c, reterr);
    if (rc == 0)
        rc = pools_get(c->engine, &k, c->arena, &langs, &n_langs, reterr);
    for (size_t i = 0; rc == 0 && i < n_langs && made < LANGUAGE_ROWS; i++) {
        /* Who sees fewer than a full list sees all that there is for them. */
        int64_t of = c->n_newest < ALL_ITEMS ? (int64_t)c->n_newest : langs[i].of;
        if (langs[i].n < 2 || langs[i].n >= of)
            continue;
        struct pool_key one = key_of(c, POOL_TITLES, ROW_ITEMS);
        struct title_card *cards;
        char id[64];
        size_t n;
        snprintf(id, sizeof id, "language-%s", langs[i].text);
        snprintf(one.lang, sizeof one.lang, "%s", langs[i].text);
        rc = cards_of_pool(c, &one, ROW_ITEMS, &cards, &n, reterr);
        if (rc == 0)
            rc = storefront_row_add(c, id, "language",
                                    row_language_title(c->langs, str_of(langs[i].text), c->arena), cards, n, reterr);
        made++;
    }
    return rc;
}

static int row_curated(struct row_context *c, const json_t *row, struct err *reterr) {
    const json_t *items = json_object_get(row, "items");
    size_t n = MIN(json_array_size(items), (size_t)ALL_ITEMS), known = 0;
    struct title_id ids[ALL_ITEMS];
    struct title_card *cards;
    for (size_t i = 0; i < n; i++)
        known += id_parse(str_of(json_string_value(json_array_get(items, i))), &ids[known].v);
    int rc = cards_of(c, ids, known, &cards, &n, reterr);
    return rc ? rc : add(c, row, "", cards, n, reterr);
}

static int row_rule(struct row_context *c, const json_t *row, struct err *reterr) {
    const json_t *rule = json_object_get(row, "rule");
    struct pool_key k = key_of(c, POOL_TITLES, ROW_ITEMS);
    struct title_card *cards;
    size_t n;
    snprintf(k.lang, sizeof k.lang, STR_FMT, STR_ARG(json_get_str(rule, "lang")));
    snprintf(k.genre, sizeof k.genre, STR_FMT, STR_ARG(json_get_str(rule, "genre")));
    snprintf(k.kind, sizeof k.kind, STR_FMT, STR_ARG(json_get_str(rule, "kind")));
    snprintf(k.tag, sizeof k.tag, STR_FMT, STR_ARG(json_get_str(rule, "tag")));
    k.year_from = (int)json_get_int(rule, "year_from", 0);
    k.year_to = (int)json_get_int(rule, "year_to", 0);
    int rc = cards_of_pool(c, &k, ROW_ITEMS, &cards, &n, reterr);
    return rc ? rc : add(c, row, "", cards, n, reterr);
}

/* Where the viewer's country is known, what is watched there. */
static int row_top(struct row_context *c, const json_t *row, struct err *reterr) {
    struct pool_key k = key_of(c, POOL_TOP, POOL_ITEMS_MAX);
    struct title_card *cards;
    size_t n;
    k.maturity = 0; /* what is not for the profile's age is left out of the cards */
    if (c->viewer->country.n == 2)
        snprintf(k.country, sizeof k.country, STR_FMT, STR_ARG(c->viewer->country));
    int rc = cards_of_pool(c, &k, TOP_ITEMS, &cards, &n, reterr);
    return rc ? rc : add(c, row, row_word(c->langs, WORD_TOP), cards, n, reterr);
}

/* What is leaving first stands first. */
static int row_leaving(struct row_context *c, const json_t *row, struct err *reterr) {
    struct pool_key k = key_of(c, POOL_LEAVING, POOL_ITEMS_MAX);
    struct title_card *cards;
    size_t n;
    k.maturity = 0;
    if (c->viewer->country.n == 2)
        snprintf(k.country, sizeof k.country, STR_FMT, STR_ARG(c->viewer->country));
    int rc = cards_of_pool(c, &k, ROW_ITEMS, &cards, &n, reterr);
    return rc ? rc : add(c, row, row_word(c->langs, WORD_LEAVING), cards, n, reterr);
}

static int rows_service(struct row_context *c, const json_t *row, struct err *reterr) {
    const struct row_provider *p = provider_find(json_string_value(json_object_get(row, "service")));
    return p ? p->rows(c, reterr) : 0;
}

static const struct {
    const char *kind;
    int order;
    int (*make)(struct row_context *c, const json_t *row, struct err *reterr);
} kinds[] = {
    {"continue", 100, row_continue}, {"new", 200, row_new},   {"languages", 500, rows_languages},
    {"all", 900, row_all},           {"my_list", -1, row_my_list}, {"curated", -1, row_curated},
    {"rule", -1, row_rule},          {"top10", -1, row_top}, {"leaving", -1, row_leaving},  {"service", -1, rows_service},
};

int row_order(const char *kind) {
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kind && strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].order;
    return -1;
}

int row_make(struct row_context *c, const json_t *row, struct err *reterr) {
    const char *kind = json_string_value(json_object_get(row, "kind"));
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kind && strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].make(c, row, reterr);
    return err_set(reterr, ERR_CORRUPT, "a row of an unknown kind is stored");
}
