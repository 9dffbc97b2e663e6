/*
 * then.c - the page at another moment than this, for an editor who looks ahead: what will be published by then, and
 * what windows will allow. Nothing is kept and no scope asked: those are of now. What is watched most, and in which
 * languages, is taken as it is today.
 */
#include "service/rights/rights.h"
#include "service/storefront/storefront_int.h"
#include <stdlib.h>

enum { SCHEDULED_MAX = 300 };

int then_cards(struct row_context *c, struct title_card *cards, size_t *io_n, struct err *reterr) {
    return rights_cards_at(c->engine, cards, io_n, c->viewer->country, c->viewer->at_ms, c->arena, reterr);
}

static int id_cmp(const void *a, const void *b) {
    return strcmp(((const struct title_id *)a)->v.s, ((const struct title_id *)b)->v.s);
}

/* The newest first, as lists have it. */
static int newer(const void *a, const void *b) {
    const struct title_card *x = a, *y = b;
    if (x->published_ms != y->published_ms)
        return x->published_ms < y->published_ms ? 1 : -1;
    return id_cmp(&y->id, &x->id);
}

struct gather {
    struct title_card v[POOL_ITEMS_MAX + SCHEDULED_MAX];
    size_t n;
};

static void gather_add(struct gather *g, const struct title_card *cards, size_t n) {
    for (size_t i = 0; i < n && g->n < ARRAY_LEN(g->v); i++)
        g->v[g->n++] = cards[i];
}

/* What can be seen now and still then. */
static int shown_gather(struct row_context *c, struct title_query q, size_t limit, struct gather *g, struct err *reterr) {
    int rc = 0;
    for (int page = 0; rc == 0 && g->n < limit && page < POOL_PAGES_MAX; page++) {
        struct title_card *cards;
        size_t n;
        rc = catalog_list(c->engine->store, &q, c->langs, c->arena, &cards, &n, &q.cursor, reterr);
        if (rc == 0)
            rc = then_cards(c, cards, &n, reterr);
        if (rc == 0)
            gather_add(g, cards, MIN(n, limit - g->n));
        if (!q.cursor.n)
            break;
    }
    return rc;
}

/* Those of due (ascending) that the rule has and nobody sees yet. */
static int due_of(struct row_context *c, struct title_query q, const struct title_id *due, size_t n_due, struct title_id *ret,
                  size_t *ret_n, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(32 << 20); /* whole pages are read for a few of their titles */
    int rc = 0;
    *ret_n = 0;
    q.all = true;
    for (int page = 0; rc == 0 && n_due && page < POOL_PAGES_MAX; page++) {
        struct title_card *cards;
        size_t n;
        rc = catalog_list(c->engine->store, &q, STR_NULL, &a, &cards, &n, &q.cursor, reterr);
        for (size_t i = 0; rc == 0 && i < n && *ret_n < SCHEDULED_MAX; i++)
            if (!cards[i].shown && bsearch(&cards[i].id, due, n_due, sizeof *due, id_cmp))
                ret[(*ret_n)++] = cards[i].id;
        if (!q.cursor.n)
            break;
    }
    return rc;
}

/* What the clock publishes until then. */
static int scheduled_gather(struct row_context *c, struct title_query q, struct gather *g, struct err *reterr) {
    struct title_id due[SCHEDULED_MAX], ids[SCHEDULED_MAX];
    struct title_card *cards;
    size_t n_due, n = 0;
    int rc = rights_scheduled(c->engine, c->viewer->at_ms, SCHEDULED_MAX, c->arena, due, &n_due, reterr);
    qsort(due, n_due, sizeof *due, id_cmp);
    if (rc == 0)
        rc = due_of(c, q, due, n_due, ids, &n, reterr);
    if (rc == 0)
        rc = catalog_cards(c->engine->store, ids, n, c->langs, true, c->arena, &cards, &n, reterr);
    if (rc == 0)
        rc = then_cards(c, cards, &n, reterr);
    if (rc == 0)
        gather_add(g, cards, n);
    return rc;
}

static int titles_then(struct row_context *c, const struct pool_key *key, size_t limit, struct gather *g, struct err *reterr) {
    struct title_query q = pool_query(key);
    int rc = shown_gather(c, q, limit, g, reterr);
    if (rc == 0)
        rc = scheduled_gather(c, q, g, reterr);
    qsort(g->v, g->n, sizeof *g->v, newer);
    return rc;
}

static int leaving_then(struct row_context *c, size_t limit, struct gather *g, struct err *reterr) {
    struct rights_leave list[POOL_ITEMS_MAX];
    struct title_id ids[POOL_ITEMS_MAX];
    struct title_card *cards;
    size_t n;
    int rc = rights_leaving(c->engine, c->viewer->country, c->viewer->at_ms, LEAVING_MS, (int)limit, c->arena, list, &n, reterr);
    for (size_t i = 0; rc == 0 && i < n; i++)
        ids[i] = list[i].title;
    if (rc == 0)
        rc = catalog_cards(c->engine->store, ids, n, c->langs, true, c->arena, &cards, &n, reterr);
    if (rc == 0) {
        n = catalog_cards_for(cards, n, c->maturity);
        rc = then_cards(c, cards, &n, reterr);
    }
    if (rc == 0)
        gather_add(g, cards, n);
    return rc;
}

int then_pool(struct row_context *c, const struct pool_key *key, size_t limit, struct title_card **ret, size_t *ret_n,
              struct err *reterr) {
    struct gather *g = arena_new(c->arena, struct gather);
    if (!g)
        return err_set(reterr, ERR_LIMIT, "no room for a row of another moment");
    limit = MIN(limit, (size_t)POOL_ITEMS_MAX);
    int rc = key->what == POOL_LEAVING ? leaving_then(c, limit, g, reterr) : titles_then(c, key, limit, g, reterr);
    *ret = g->v;
    *ret_n = MIN(g->n, limit);
    return rc;
}
