/*
 * scope.c - where titles can be seen at this moment, so that lists can leave out the rest. A scope is a set of
 * countries; titles of one licensor share one, and there are as many as there are different sets, however many titles.
 * A title's scope is moved by whoever knows its rights (rights, which the catalogue may not ask); 0 is one that nothing
 * limits. What a country sees is a handful of numbers (table scope_here), read once a request.
 */
#include "service/catalog/catalog_int.h"
#include "engine/place/place.h"

static int scope_of(struct tx *tx, const struct title_places *p, struct arena *a, int64_t *ret, struct err *reterr) {
    struct rows r;
    int added = tx_exec(tx, &catalog_sql[SCOPE_ADD], ARGS(A_STR(p->name)), reterr);
    int rc = added < 0 ? added : tx_row(tx, &catalog_sql[SCOPE_ID], ARGS(A_STR(p->name)), a, &r, reterr);
    if (rc < 0)
        return rc;
    *ret = row_i64(&r, 0, 0);
    if (added && p->countries.n)
        rc = tx_exec(tx, &catalog_sql[SCOPE_SPREAD], ARGS(A_I64(*ret), A_STR(p->countries)), reterr);
    return MIN(rc, 0);
}

int catalog_title_rights_set(struct tx *tx, struct title_id title, struct str rights, const struct title_places *places,
                             struct arena *a, struct err *reterr) {
    int64_t scope = 0;
    int rc = places->name.n ? scope_of(tx, places, a, &scope, reterr) : 0;
    if (rc == 0)
        rc = tx_exec(tx, &catalog_sql[TITLE_SET_RIGHTS], ARGS(A_ID(title), A_STR(rights), A_I64(scope)), reterr);
    return MIN(rc, 0);
}

int catalog_here_find(const struct engine *e, struct str country, struct arena *a, struct catalog_here *ret,
                      struct err *reterr) {
    struct rows r;
    struct catalog_here h = {.limited = true, .closed = e->config && str_eq(str_of(config_str(e->config, "rights-default")), STR("closed"))};
    if (!country.n && e->config) /* docs/decisions/0013 */
        country = str_of(config_str(e->config, "billing-country"));
    h.country = country.n ? country : STR(CATALOG_NOWHERE);
    int rc = store_query(e->store, &catalog_sql[SCOPES_HERE], ARGS(A_STR(h.country)), a, &r, reterr);
    if (rc < 0)
        return rc;
    int64_t *v = arena_news(a, int64_t, MAX(r.n, 1u));
    if (!v)
        return err_set(reterr, ERR_LIMIT, "no room for %zu scopes", r.n);
    for (size_t i = 0; i < r.n; i++)
        v[i] = row_i64(&r, i, 0);
    h.scopes = v;
    h.n = r.n;
    *ret = h;
    return 0;
}

static bool scope_seen(const struct catalog_here *h, int64_t scope) {
    size_t from = 0, to = h->n;
    if (scope == 0)
        return true;
    while (from < to) {
        size_t mid = (from + to) / 2;
        if (h->scopes[mid] < scope)
            from = mid + 1;
        else
            to = mid;
    }
    return from < h->n && h->scopes[from] == scope;
}

bool catalog_seen_here(const struct catalog_here *h, const struct title_card *c) {
    bool limited = false;
    if (!h->limited)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(c->scopes); i++) {
        limited |= c->scopes[i] != 0;
        if (!scope_seen(h, c->scopes[i]))
            return false;
    }
    return limited || !h->closed;
}

size_t catalog_cards_here(struct title_card *cards, size_t n, const struct catalog_here *h) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (catalog_seen_here(h, &cards[i]))
            cards[kept++] = cards[i];
    return kept;
}

int catalog_scopes_prune(const struct engine *e, struct err *reterr) {
    return MIN(store_exec(e->store, &catalog_sql[SCOPE_FORGET], NO_ARGS, reterr), 0);
}
