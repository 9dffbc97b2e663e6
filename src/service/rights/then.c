/*
 * then.c - what can be seen at another moment than this: an editor looks ahead. Lists of now obey scopes, which the
 * clock moves (clock.c); of another moment each title's windows and schedule are asked themselves. Only what stands
 * written now counts: a title that somebody published by hand in between is not foreseen.
 */
#include "service/rights/rights_int.h"

/* Whether it is published then. *io_first_ms, the first time that it was: set where that is still ahead. */
static bool published_at(const struct title_card *c, const struct schedule *s, int64_t at_ms, int64_t *io_first_ms) {
    bool has_film = id_is_set(c->asset.v) || c->kind == TITLE_SERIES || c->kind == TITLE_SEASON;
    bool begins = s->publish_ms && s->publish_ms <= at_ms && has_film;
    bool ends = s->unpublish_ms && s->unpublish_ms <= at_ms;
    if (begins && !*io_first_ms)
        *io_first_ms = s->publish_ms;
    if (begins && ends)
        return s->publish_ms > s->unpublish_ms;
    return begins || (c->published && !ends);
}

static int schedules_load(const struct engine *e, const struct title_card *cards, size_t n, struct arena *a,
                          struct schedule *ret, struct err *reterr) {
    struct store_ask *asks = arena_news(a, struct store_ask, MAX(n, 1u));
    if (!asks)
        return err_set(reterr, ERR_LIMIT, "no room for %zu schedules", n);
    for (size_t i = 0; i < n; i++)
        asks[i] = ASK(&rights_sql[SCHEDULE_GET], A_ID(cards[i].id));
    int rc = n ? store_ask_all(e->store, asks, n, a, reterr) : 0;
    for (size_t i = 0; rc >= 0 && i < n; i++) {
        const struct rows *r = &asks[i].rows;
        ret[i] = (struct schedule){0};
        if (r->n)
            ret[i] = (struct schedule){true, row_i64(r, 0, 0), row_i64(r, 0, 1), row_i64(r, 0, 2), row_i64(r, 0, 3)};
    }
    return MIN(rc, 0);
}

/* Keeps those that are published then, in place. */
static int published_keep(const struct engine *e, struct title_card *cards, size_t *io_n, int64_t at_ms, struct arena *a,
                          struct err *reterr) {
    struct schedule *s = arena_news(a, struct schedule, MAX(*io_n, 1u));
    size_t kept = 0;
    if (!s)
        return err_set(reterr, ERR_LIMIT, "no room for %zu schedules", *io_n);
    int rc = schedules_load(e, cards, *io_n, a, s, reterr);
    for (size_t i = 0; rc == 0 && i < *io_n; i++)
        if (published_at(&cards[i], &s[i], at_ms, &cards[i].published_ms))
            cards[kept++] = cards[i];
    *io_n = kept;
    return rc;
}

static bool is_among(const struct title_card *cards, size_t n, struct title_id id) {
    for (size_t i = 0; i < n; i++)
        if (str_eq(id_str(&cards[i].id.v), id_str(&id.v)))
            return true;
    return false;
}

/* What a card is part of, each once, as far as it is published then. */
static int family_load(const struct engine *e, const struct title_card *cards, size_t n, int64_t at_ms, struct arena *a,
                       struct title_card **ret, size_t *ret_n, struct err *reterr) {
    struct title_id *ids = arena_news(a, struct title_id, MAX(2 * n, 1u));
    size_t n_ids = 0;
    if (!ids)
        return err_set(reterr, ERR_LIMIT, "no room for %zu families", n);
    for (size_t i = 0; i < n; i++) {
        if (id_is_set(cards[i].parent.v))
            ids[n_ids++] = cards[i].parent;
        if (id_is_set(cards[i].series.id.v))
            ids[n_ids++] = cards[i].series.id;
    }
    int rc = catalog_cards(e->store, ids, n_ids, STR_NULL, true, a, ret, ret_n, reterr);
    return rc ? rc : published_keep(e, *ret, ret_n, at_ms, a, reterr);
}

static bool family_shown(const struct title_card *c, const struct title_card *family, size_t n) {
    if (id_is_set(c->parent.v) && !is_among(family, n, c->parent))
        return false;
    return !id_is_set(c->series.id.v) || is_among(family, n, c->series.id);
}

/* Keeps those that windows allow then. */
static int allowed_keep(const struct engine *e, struct title_card *cards, size_t *io_n, struct str country, int64_t at_ms,
                        struct arena *a, struct err *reterr) {
    struct store_ask *asks = arena_news(a, struct store_ask, MAX(*io_n, 1u));
    size_t kept = 0;
    if (!asks)
        return err_set(reterr, ERR_LIMIT, "no room for the rights of %zu titles", *io_n);
    for (size_t i = 0; i < *io_n; i++)
        asks[i] = catalog_brief_ask(&cards[i].id);
    int rc = *io_n ? store_ask_all(e->store, asks, *io_n, a, reterr) : 0;
    for (size_t i = 0; rc >= 0 && i < *io_n; i++) {
        struct title_brief brief;
        struct rights_facts facts;
        struct rights_verdict verdict;
        rc = catalog_brief_take(&asks[i], &brief, reterr);
        if (rc >= 0)
            rc = rights_facts(e, &brief, country, 0, a, &facts, reterr);
        if (rc < 0)
            break;
        facts.now_ms = at_ms;
        rights_allow(&facts, &verdict);
        if (verdict.refusal == RIGHTS_OK)
            cards[kept++] = cards[i];
    }
    *io_n = kept;
    return MIN(rc, 0);
}

int rights_cards_at(const struct engine *e, struct title_card *cards, size_t *io_n, struct str country, int64_t at_ms,
                    struct arena *a, struct err *reterr) {
    struct title_card *family;
    size_t n_family, kept = 0;
    int rc = published_keep(e, cards, io_n, at_ms, a, reterr);
    if (rc == 0)
        rc = family_load(e, cards, *io_n, at_ms, a, &family, &n_family, reterr);
    if (rc)
        return rc;
    for (size_t i = 0; i < *io_n; i++)
        if (family_shown(&cards[i], family, n_family))
            cards[kept++] = cards[i];
    *io_n = kept;
    return allowed_keep(e, cards, io_n, country, at_ms, a, reterr);
}

int rights_scheduled(const struct engine *e, int64_t until_ms, int limit, struct arena *a, struct title_id *ret, size_t *ret_n,
                     struct err *reterr) {
    struct rows r;
    int rc = store_query(e->store, &rights_sql[SCHEDULE_COMING], ARGS(A_I64(until_ms), A_I64(limit)), a, &r, reterr);
    *ret_n = rc > 0 ? r.n : 0;
    for (size_t i = 0; i < *ret_n; i++)
        ret[i].v = row_id(&r, i, 0);
    return MIN(rc, 0);
}
