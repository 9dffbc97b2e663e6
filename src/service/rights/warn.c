/*
 * warn.c - what an editor should look at before it happens: a window that ends and nothing follows, and rights that
 * contradict each other or what is sold. All of one title at a time, of its own windows; what its series allows counts
 * where it is asked whether an offer can be kept.
 */
#include "service/rights/rights_int.h"
#include "service/json.h"

enum { CODES = 26 * 26, PLACE_WORDS = (CODES + 63) / 64 };

struct reach {
    struct window_row *row;
    uint64_t places[PLACE_WORDS];
};
struct look {
    struct reach *v;
    size_t n;
    int64_t now, until;
    json_t *into;
    struct title_id title;
};

static void reach_fill(struct reach *s, struct window_row *row) {
    char code[2];
    *s = (struct reach){.row = row};
    for (unsigned i = 0; i < CODES; i++) {
        code[0] = (char)('A' + i / 26);
        code[1] = (char)('A' + i % 26);
        if (rights_there(&row->w, str_make(code, 2)))
            s->places[i / 64] |= 1ull << i % 64;
    }
}

static bool meet(const struct reach *a, const struct reach *b, int64_t now) {
    const struct rights_window *x = &a->row->w, *y = &b->row->w;
    int64_t from = MAX(x->starts_ms, y->starts_ms);
    if ((x->ends_ms && x->ends_ms <= MAX(from, now)) || (y->ends_ms && y->ends_ms <= MAX(from, now)))
        return false;
    if (!(x->platforms & y->platforms) || !(x->models & y->models))
        return false;
    for (size_t i = 0; i < PLACE_WORDS; i++)
        if (a->places[i] & b->places[i])
            return true;
    return false;
}

/* b gives everything that a does. */
static bool covers(const struct reach *b, const struct reach *a) {
    if ((a->row->w.platforms & ~b->row->w.platforms) || (a->row->w.models & ~b->row->w.models))
        return false;
    for (size_t i = 0; i < PLACE_WORDS; i++)
        if (a->places[i] & ~b->places[i])
            return false;
    return true;
}

static int warn(struct look *l, const char *kind, const struct window_row *w, const struct window_row *other, int64_t at,
                struct str what, struct err *reterr) {
    struct id none = {{0}};
    json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "kind", kind, "title_id", json_of_id(l->title.v), "window_id",
                          json_of_id(w ? w->w.id.v : none), "other_id", json_of_id(other ? other->w.id.v : none), "at",
                          json_of_time(at), "what", json_of_str(what));
    return json_array_append_new(l->into, o) ? err_set(reterr, ERR_NO_MEMORY, "no memory for a warning") : 0;
}

static bool is_followed(const struct look *l, const struct reach *s) {
    int64_t end = s->row->w.ends_ms;
    for (size_t i = 0; i < l->n; i++) {
        const struct rights_window *w = &l->v[i].row->w;
        if (&l->v[i] != s && !w->holdback && w->starts_ms <= end && (!w->ends_ms || w->ends_ms > end) && covers(&l->v[i], s))
            return true;
    }
    return false;
}

static int ends_warn(struct look *l, struct err *reterr) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->n; i++) {
        const struct rights_window *w = &l->v[i].row->w;
        if (!w->holdback && w->ends_ms > l->now && w->ends_ms <= l->until && !is_followed(l, &l->v[i]))
            rc = warn(l, "ends_soon", l->v[i].row, NULL, w->ends_ms, w->licensor, reterr);
    }
    return rc;
}

/* Each pair once; a holdback is named second. */
static int pairs_warn(struct look *l, struct err *reterr) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->n; i++)
        for (size_t k = 0; rc == 0 && k < l->n; k++) {
            const struct window_row *a = l->v[i].row, *b = l->v[k].row;
            int64_t at = MAX(MAX(a->w.starts_ms, b->w.starts_ms), l->now);
            if (a->w.holdback || !meet(&l->v[i], &l->v[k], l->now))
                continue;
            if (b->w.holdback)
                rc = warn(l, "holdback_over_window", a, b, at, b->w.licensor, reterr);
            else if (i < k && a->w.exclusive && b->w.exclusive && !str_eq(a->w.licensor, b->w.licensor))
                rc = warn(l, "two_exclusive", a, b, at, b->w.licensor, reterr);
        }
    return rc;
}

/* ---- What is sold ---- */

static rights_offers_fn *offers_fn;

void rights_offers_provider(rights_offers_fn *fn) {
    __atomic_store_n(&offers_fn, fn, __ATOMIC_RELEASE);
}

static bool allowed_at(const struct rights_facts *f, int64_t at, struct str country, unsigned model) {
    struct rights_facts then = *f;
    struct rights_verdict v;
    then.now_ms = at;
    then.country = country;
    rights_allow(&then, &v);
    return !(v.barred & model);
}

/* At the offer's first moment that is still to come, or at the start of any window while it runs. */
static bool allowed_during(const struct rights_facts *f, const struct rights_offer *o, struct str country) {
    int64_t from = MAX(o->starts_ms, f->now_ms);
    if (allowed_at(f, from, country, o->model))
        return true;
    for (size_t l = 0; l < RIGHTS_LEVELS; l++)
        for (size_t i = 0; i < f->levels[l].n; i++) {
            const struct rights_window *w = &f->levels[l].v[i];
            int64_t at = w->holdback ? w->ends_ms : w->starts_ms;
            if (at > from && (!o->ends_ms || at < o->ends_ms) && allowed_at(f, at, country, o->model))
                return true;
        }
    return false;
}

static bool allowed_anywhere(const struct rights_facts *f, const struct rights_offer *o) {
    char code[2];
    for (unsigned i = 0; i < CODES; i++) {
        code[0] = (char)('A' + i / 26);
        code[1] = (char)('A' + i % 26);
        if (allowed_during(f, o, str_make(code, 2)))
            return true;
    }
    return false;
}

/* One that is sold everywhere contradicts only where it can be kept nowhere; one that names countries, in each of them. */
static struct str offer_lacks(const struct rights_facts *f, const struct rights_offer *o, struct arena *a) {
    struct str rest = o->countries, one, out = STR("");
    if (!rest.n)
        return allowed_anywhere(f, o) ? out : STR("everywhere");
    while (rest.n) {
        rest = str_cut(rest, ' ', &one);
        if (!allowed_during(f, o, one))
            out = out.n ? str_printf(a, STR_FMT " " STR_FMT, STR_ARG(out), STR_ARG(one)) : one;
    }
    return out;
}

static int offers_warn(const struct engine *e, struct look *l, struct arena *a, struct err *reterr) {
    rights_offers_fn *fn = __atomic_load_n(&offers_fn, __ATOMIC_ACQUIRE);
    struct store_ask ask = catalog_brief_ask(&l->title);
    struct title_brief brief;
    struct rights_facts f;
    struct rights_offer *offers = NULL;
    size_t n = 0;
    int rc = fn ? fn(e, l->title, a, &offers, &n, reterr) : 0;
    if (rc || !n)
        return rc;
    rc = store_ask_all(e->store, &ask, 1, a, reterr);
    if (rc == 0)
        rc = catalog_brief_take(&ask, &brief, reterr);
    if (rc == 0)
        rc = rights_facts(e, &brief, STR(CATALOG_NOWHERE), 0, a, &f, reterr);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (offers[i].ends_ms && offers[i].ends_ms <= l->now)
            continue;
        struct str lacks = offer_lacks(&f, &offers[i], a);
        if (lacks.n)
            rc = warn(l, "offer_without_right", NULL, NULL, offers[i].starts_ms,
                      str_printf(a, STR_FMT ": " STR_FMT, STR_ARG(offers[i].name), STR_ARG(lacks)), reterr);
    }
    return rc;
}

int rights_warn(const struct engine *e, struct title_id title, int64_t now, int64_t within_ms, struct arena *a,
                json_t *into, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct look l = {.now = now, .until = now + within_ms, .into = into, .title = title};
    struct window_row *rows;
    struct schedule s;
    int rc = tx_begin(e->store, STORE_MAIN, TX_READ, &tx, reterr);
    if (rc == 0)
        rc = windows_load(tx, title, a, &rows, &l.n, reterr);
    if (rc == 0)
        rc = schedule_load(tx, title, a, &s, reterr);
    tx_rollback(&tx);
    if (rc)
        return rc;
    l.v = arena_news(a, struct reach, MAX(l.n, 1u));
    if (!l.v)
        return err_set(reterr, ERR_LIMIT, "no room for the windows of a title");
    for (size_t i = 0; i < l.n; i++)
        reach_fill(&l.v[i], &rows[i]);
    if (s.publish_ms && s.publish_ms < now - 60000)
        rc = warn(&l, "publish_late", NULL, NULL, s.publish_ms, STR(""), reterr);
    if (rc == 0)
        rc = ends_warn(&l, reterr);
    if (rc == 0)
        rc = pairs_warn(&l, reterr);
    return rc ? rc : offers_warn(e, &l, a, reterr);
}
