/*
 * home.c - the home page. Rows stand as the layout says; what fails costs its rows and a line in the log, for a page
 * with a row less is better than none.
 */
#include "base/log.h"
#include "service/json.h"
#include "service/storefront/storefront_int.h"
#include <pthread.h>

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

size_t providers_copy(const struct row_provider **dst, size_t max) {
    pthread_mutex_lock(&providers.lock);
    size_t n = MIN(providers.n, max);
    memcpy(dst, providers.v, n * sizeof *dst);
    pthread_mutex_unlock(&providers.lock);
    return n;
}

const struct row_provider *provider_find(const char *name) {
    const struct row_provider *list[PROVIDERS_MAX];
    size_t n = name ? providers_copy(list, PROVIDERS_MAX) : 0;
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i]->name, name) == 0)
            return list[i];
    return NULL;
}

int storefront_row_add(struct row_context *c, const char *id, const char *kind, struct str title,
                       const struct title_card *cards, size_t n, struct err *reterr) {
    json_t *items = NULL;
    const char *shape = c->shape ? c->shape : strcmp(kind, "continue") == 0 ? "still" : "poster";
    struct title_card *seen = n ? arena_copy(c->arena, cards, n * sizeof *cards) : NULL;
    if (n && !seen)
        return err_set(reterr, ERR_LIMIT, "no room for a row");
    n = catalog_cards_here(seen, n, c->here);
    if (!n)
        return 0;
    int rc = catalog_cards_json(c->engine, c->profile, seen, n, &items, reterr);
    if (rc)
        return rc;
    json_t *row = json_pack("{s:s, s:s, s:o, s:s, s:o}", "id", id, "kind", kind, "title",
                            json_of_str(title), "shape", shape, "items", items);
    return json_array_append_new(c->rows, row)
               ? err_set(reterr, ERR_NO_MEMORY, "no memory for a row")
               : 0;
}

static void failed(const char *name, const struct err *why) {
    log_event(LOG_ERROR, "storefront.row_failed", LS("row", name ? name : ""), LS("err", why->msg));
}

/* ---- Rows: the layout's, with those of services that it does not place ---- */

struct placing {
    const struct row_provider *v[PROVIDERS_MAX];
    bool done[PROVIDERS_MAX];
    size_t n;
};

static void placing_begin(struct placing *p, const json_t *rows) {
    memset(p, 0, sizeof *p);
    p->n = providers_copy(p->v, PROVIDERS_MAX);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        struct str name = json_get_str(json_array_get(rows, i), "service");
        for (size_t k = 0; name.n && k < p->n; k++)
            p->done[k] |= str_eq(name, str_of(p->v[k]->name));
    }
}

static void placing_before(struct placing *p, struct row_context *c, int order) {
    for (size_t i = 0; i < p->n; i++) {
        struct err why = {0};
        if (p->done[i] || p->v[i]->order >= order)
            continue;
        p->done[i] = true;
        if (p->v[i]->rows(c, &why))
            failed(p->v[i]->name, &why);
    }
}

static void rows_make(struct row_context *c, const json_t *rows) {
    struct placing p;
    placing_begin(&p, rows);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        struct err why = {0};
        int order = row_order(json_string_value(json_object_get(row, "kind")));
        if (order >= 0)
            placing_before(&p, c, order);
        if (!audience_has(row, c->viewer))
            continue;
        c->shape = json_string_value(json_object_get(row, "shape"));
        if (row_make(c, row, &why))
            failed(json_string_value(json_object_get(row, "id")), &why);
        c->shape = NULL;
    }
    placing_before(&p, c, INT32_MAX);
}

/* ---- Heroes: billboards, else the newest title with a backdrop ---- */

static int hero_add(struct row_context *c, const struct title_card *card, const json_t *board,
                    json_t *heroes, struct err *reterr) {
    json_t *items = NULL, *backdrop = catalog_image_json(card, ART_BACKDROP);
    struct str headline = text_best(json_object_get(board, "headline"), c->langs);
    int rc = catalog_cards_json(c->engine, c->profile, card, 1, &items, reterr);
    if (rc) {
        json_decref(backdrop);
        return rc;
    }
    json_array_append_new(heroes, json_pack("{s:O, s:o, s:o, s:o, s:o}", "title", json_array_get(items, 0),
                                            "backdrop", backdrop, "logo", catalog_image_json(card, ART_LOGO),
                                            "synopsis", json_of_str(card->synopsis), "headline",
                                            json_of_text(headline)));
    json_decref(items);
    return 0;
}

static int hero_newest(struct row_context *c, json_t *heroes, struct err *reterr) {
    int rc = rows_newest(c, reterr);
    for (size_t i = 0; rc == 0 && i < c->n_newest; i++)
        for (size_t k = 0; k < c->newest[i].n_art; k++)
            if (c->newest[i].art[k].kind == ART_BACKDROP)
                return hero_add(c, &c->newest[i], NULL, heroes, reterr);
    return rc;
}

static int heroes_make(struct row_context *c, const json_t *boards, json_t *heroes, struct err *reterr) {
    struct title_id ids[BILLBOARDS_MAX];
    const json_t *whose[BILLBOARDS_MAX];
    size_t n = 0, n_cards;
    struct title_card *cards;
    for (size_t i = 0; i < json_array_size(boards) && n < BILLBOARDS_MAX; i++) {
        whose[n] = json_array_get(boards, i);
        n += audience_has(whose[n], c->viewer) && id_parse(json_get_str(whose[n], "title_id"), &ids[n].v);
    }
    int rc = catalog_cards(c->engine->store, ids, n, c->langs, c->viewer->then, c->arena, &cards, &n_cards, reterr);
    if (rc == 0)
        n_cards = catalog_cards_here(cards, catalog_cards_for(cards, n_cards, c->maturity), c->here);
    if (rc == 0 && c->viewer->then)
        rc = then_cards(c, cards, &n_cards, reterr);
    for (size_t i = 0, at = 0; rc == 0 && i < n_cards && i < BILLBOARDS_SHOWN; i++) {
        while (at < n && !str_eq(id_str(&ids[at].v), id_str(&cards[i].id.v)))
            at++;
        rc = hero_add(c, &cards[i], at < n ? whose[at] : NULL, heroes, reterr);
        at++;
    }
    return rc || json_array_size(heroes) ? rc : hero_newest(c, heroes, reterr);
}

int storefront_page(const struct engine *e, const struct storefront_viewer *v, const json_t *doc,
                    struct arena *a, json_t **ret, struct err *reterr) {
    struct catalog_here here = {.limited = false};
    int rc = v->then ? 0 : catalog_here_find(e, v->country, a, &here, reterr);
    if (rc)
        return rc;
    json_t *heroes = json_array();
    struct row_context c = {.engine = e, .profile = v->profile, .maturity = v->maturity, .langs = v->langs,
                            .arena = a, .rows = json_array(), .viewer = v, .here = &here};
    rc = heroes_make(&c, json_object_get(doc, "billboards"), heroes, reterr);
    if (rc == 0)
        rows_make(&c, json_object_get(doc, "rows"));
    if (rc) {
        json_decref(heroes);
        json_decref(c.rows);
        return rc;
    }
    json_t *first = json_array_get(heroes, 0);
    *ret = json_pack("{s:O, s:o, s:o}", "hero", first ? first : json_null(), "heroes", heroes, "rows", c.rows);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for the home page");
}

int storefront_home(const struct engine *e, const struct storefront_viewer *v, struct arena *a,
                    json_t **ret, struct err *reterr) {
    const struct layout *l;
    int rc = layout_hold(e, &l, reterr);
    if (rc)
        return rc;
    rc = storefront_page(e, v, l->doc, a, ret, reterr);
    layout_release(l);
    return rc;
}
