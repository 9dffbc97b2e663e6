/*
 * home.c - the home page. Rows come from providers in their order; a provider that fails costs its
 * rows and a line in the log, for a page with a row less is better than none.
 */
#include "service/storefront/storefront_int.h"
#include "base/log.h"
#include "service/json.h"
#include "service/viewing/viewing.h"
#include <pthread.h>

enum { PROVIDERS_MAX = 16, ROW_ITEMS = 20, LANGUAGE_ROWS = 4, ALL_ITEMS = 50 };

static struct {
    pthread_mutex_t lock;
    const struct row_provider *v[PROVIDERS_MAX];
    size_t n;
} providers = {.lock = PTHREAD_MUTEX_INITIALIZER};

int storefront_provider_add(const struct row_provider *p, struct err *reterr) {
    int rc = 0;
    pthread_mutex_lock(&providers.lock);
    size_t at = 0;
    bool known = false;
    for (size_t i = 0; i < providers.n; i++)
        known |= providers.v[i] == p;
    if (!known && providers.n == PROVIDERS_MAX) {
        rc = err_set(reterr, ERR_LIMIT, "over %d row providers", PROVIDERS_MAX);
    } else if (!known) {
        while (at < providers.n && providers.v[at]->order <= p->order)
            at++;
        memmove(&providers.v[at + 1], &providers.v[at], (providers.n - at) * sizeof *providers.v);
        providers.v[at] = p;
        providers.n++;
    }
    pthread_mutex_unlock(&providers.lock);
    return rc;
}

int storefront_row_add(struct row_context *c, const char *id, const char *kind, struct str title,
                       const struct title_card *cards, size_t n, struct err *reterr) {
    json_t *items = NULL;
    if (!n)
        return 0;
    int rc = catalog_cards_json(c->engine, c->profile, cards, n, &items, reterr);
    if (rc)
        return rc;
    json_t *row = json_pack("{s:s, s:s, s:o, s:o}", "id", id, "kind", kind, "title",
                            json_of_str(title), "items", items);
    return json_array_append_new(c->rows, row)
               ? err_set(reterr, ERR_NO_MEMORY, "no memory for a row")
               : 0;
}

static int row_continue(struct row_context *c, struct err *reterr) {
    struct progress *seen;
    struct title_card *cards;
    size_t n_seen, n;
    int rc = viewing_continue(c->engine, c->profile, ROW_ITEMS, c->arena, &seen, &n_seen, reterr);
    struct title_id ids[ROW_ITEMS];
    for (size_t i = 0; rc == 0 && i < n_seen; i++)
        ids[i] = seen[i].title;
    if (rc == 0) /* what was taken back meanwhile is left out */
        rc = catalog_cards(c->engine->store, ids, n_seen, c->langs, false, c->arena, &cards, &n,
                           reterr);
    if (rc == 0) /* begun by another profile's age, or rated since */
        n = catalog_cards_for(cards, n, c->maturity);
    return rc ? rc
              : storefront_row_add(c, "continue", "continue",
                                   str_of(row_word(c->langs, WORD_CONTINUE)), cards, n, reterr);
}

static int list(struct row_context *c, struct str lang, int limit, struct title_card **ret,
                size_t *ret_n, struct err *reterr) {
    struct title_query q = {.limit = limit, .lang = lang, .limited = true, .maturity = c->maturity};
    struct str next;
    return catalog_list(c->engine->store, &q, c->langs, c->arena, ret, ret_n, &next, reterr);
}

static int row_new(struct row_context *c, struct err *reterr) {
    struct title_card *cards;
    size_t n;
    int rc = list(c, STR_NULL, ROW_ITEMS, &cards, &n, reterr);
    return rc ? rc
              : storefront_row_add(c, "new", "new", str_of(row_word(c->langs, WORD_NEW)), cards, n,
                                   reterr);
}

/* A row a spoken language, where that tells titles apart: one that every title has says nothing. */
static int rows_language(struct row_context *c, struct err *reterr) {
    struct catalog_language *langs;
    struct title_card *all, *cards;
    size_t n_langs, n_all, n, made = 0;
    int rc = list(c, STR_NULL, ALL_ITEMS, &all, &n_all, reterr);
    if (rc == 0)
        rc = catalog_languages(c->engine->store, c->arena, &langs, &n_langs, reterr);
    for (size_t i = 0; rc == 0 && i < n_langs && made < LANGUAGE_ROWS; i++) {
        if (langs[i].titles < 2 || langs[i].titles >= (int64_t)n_all)
            continue;
        char id[64];
        snprintf(id, sizeof id, "language-" STR_FMT, STR_ARG(langs[i].lang));
        rc = list(c, langs[i].lang, ROW_ITEMS, &cards, &n, reterr);
        if (rc == 0)
            rc = storefront_row_add(c, id, "language",
                                    row_language_title(c->langs, langs[i].lang, c->arena), cards, n,
                                    reterr);
        made++;
    }
    return rc;
}

/* Only what the row of new ones has no room for is worth a second row. */
static int row_all(struct row_context *c, struct err *reterr) {
    struct title_card *cards;
    size_t n;
    int rc = list(c, STR_NULL, ALL_ITEMS, &cards, &n, reterr);
    return rc || n <= ROW_ITEMS ? rc
              : storefront_row_add(c, "all", "all", str_of(row_word(c->langs, WORD_ALL)), cards, n,
                                   reterr);
}

static const struct row_provider own[] = {
    {"continue", 100, row_continue},
    {"new", 200, row_new},
    {"language", 500, rows_language},
    {"all", 900, row_all},
};

static int hero_make(struct row_context *c, json_t **ret, struct err *reterr) {
    struct title_card *cards;
    json_t *items = NULL;
    size_t n, i = 0;
    int rc = list(c, STR_NULL, ALL_ITEMS, &cards, &n, reterr);
    *ret = json_null();
    for (; rc == 0 && i < n; i++) {
        json_t *backdrop = catalog_image_json(&cards[i], ART_BACKDROP);
        if (json_is_null(backdrop))
            continue;
        rc = catalog_cards_json(c->engine, c->profile, &cards[i], 1, &items, reterr);
        if (rc)
            json_decref(backdrop);
        else
            *ret = json_pack("{s:O, s:o, s:o}", "title", json_array_get(items, 0), "backdrop",
                             backdrop, "synopsis", json_of_str(cards[i].synopsis));
        json_decref(items);
        break;
    }
    return rc;
}

int storefront_home(const struct engine *e, struct profile_id profile, int maturity, struct str langs,
                    struct arena *a, json_t **ret, struct err *reterr) {
    const struct row_provider *in_order[PROVIDERS_MAX];
    struct row_context c = {
        .engine = e, .profile = profile, .maturity = maturity, .langs = langs, .arena = a, .rows = json_array()};
    json_t *hero = NULL;
    pthread_mutex_lock(&providers.lock);
    size_t n = providers.n;
    memcpy(in_order, providers.v, sizeof in_order);
    pthread_mutex_unlock(&providers.lock);
    int rc = hero_make(&c, &hero, reterr);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        struct err why = {0};
        if (in_order[i]->rows(&c, &why))
            log_event(LOG_ERROR, "storefront.row_failed", LS("row", in_order[i]->name),
                      LS("err", why.msg));
    }
    if (rc) {
        json_decref(c.rows);
        return rc;
    }
    *ret = json_pack("{s:o, s:o}", "hero", hero, "rows", c.rows);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for the home page");
}

static int home_get(struct request *rq, struct err *reterr) {
    json_t *page = NULL;
    int rc =
        storefront_home(request_engine(rq), request_principal(rq)->profile, request_principal(rq)->maturity,
                        request_header(rq, "Accept-Language"), request_arena(rq), &page, reterr);
    if (rc)
        return rc;
    reply_header(rq, "Vary", "Accept-Language");
    return reply_json(rq, 200, page);
}

static const struct field hero_fields[] = {
    {"title", F_OBJ, FIELD_REQUIRED, .ref = "TitleCard"},
    {"backdrop", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Image"},
    {"synopsis", F_STR, FIELD_REQUIRED},
    {.type = F_END}};
static const struct field row_fields[] = {
    {"id", F_STR, FIELD_REQUIRED},
    {"kind", F_STR, FIELD_REQUIRED, .doc = "continue, new, language, all; others may come"},
    {"title", F_STR, FIELD_REQUIRED},
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "TitleCard"},
    {.type = F_END}};
static const struct field home_fields[] = {
    {"hero", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Hero"},
    {"rows", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Row"},
    {.type = F_END}};
static const struct schema storefront_schemas[] = {
    {"Hero", hero_fields, "The title at the top of the page"},
    {"Row", row_fields, "A row of titles"},
    {"Home", home_fields, "The home page"},
    {NULL}};
static const struct route storefront_routes[] = {
    {GET, "/api/v1/home", home_get, ROLE_VIEWER, .per_minute = 300, .priority = PRIO_BROWSE,
     .reply = "Home", .doc = "The home page of this profile"},
    {.path = NULL}};

static int storefront_start(const struct engine *e, struct err *reterr) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(own); i++)
        rc = storefront_provider_add(&own[i], reterr);
    return rc;
}

/* The page is made anew each time: nothing here is about a person. */
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
    .start = storefront_start,
    .export = storefront_export,
    .erase = storefront_erase,
};
