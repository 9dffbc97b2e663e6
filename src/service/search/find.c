/*
 * find.c - from what was typed to what was meant, in at most four steps, each of which reads a bounded number of rows:
 *   1. names that begin like it, and documents that have all of its words;
 *   2. where that gave nothing good: which words of the index it may have meant (one slip away, or sounding alike),
 *   3. documents with those,
 *   4. and, where that gave nothing either, documents that have all words but one.
 * What comes back is judged by its names (rank.c); the index only proposes.
 */
#include "service/search/search_int.h"

enum { POOL_MAX = 800, POOL_SLOTS = 2048, FILTERS_MAX = 32, ROWS_ARENA = 24 << 20, DECADES_MAX = 8 };

struct pool {
    const struct search_ask *ask;
    const struct plan *plan;
    struct arena *a;
    struct search_hit *hit;
    size_t n, good;
    int best;
    int64_t seen[POOL_SLOTS]; /* documents that were judged; 0: free */
    size_t n_seen;
};

static bool seen_add(struct pool *p, int64_t no) {
    size_t i = (size_t)no * 2654435761u % POOL_SLOTS;
    while (p->seen[i] && p->seen[i] != no)
        i = (i + 1) % POOL_SLOTS;
    if (p->seen[i] || p->n_seen == POOL_MAX)
        return false;
    p->seen[i] = no;
    p->n_seen++;
    return true;
}

static bool list_has(struct str list, struct str one) {
    for (struct str rest = list, v; rest.n;) {
        rest = str_cut(rest, ' ', &v);
        if (str_eq_nocase(v, one))
            return true;
    }
    return false;
}

static bool wanted(const struct search_ask *k, const struct rows *r, size_t i) {
    int64_t year = row_i64(r, i, 3);
    return row_i64(r, i, 4) <= k->maturity && (!k->kind.n || str_eq(row_str(r, i, 2), k->kind)) &&
           (!k->genre.n || list_has(row_str(r, i, 5), k->genre)) && (!k->lang.n || list_has(row_str(r, i, 6), k->lang)) &&
           (!k->year_from || year >= k->year_from) && (!k->year_to || (year && year <= k->year_to));
}

static int pool_take(struct pool *p, const struct rows *r, struct err *reterr) {
    for (size_t i = 0; i < r->n; i++) {
        if (!wanted(p->ask, r, i) || !seen_add(p, row_i64(r, i, 0)))
            continue;
        struct score s = rank_names(p->plan, row_str(r, i, 7));
        if (s.points < POINTS_LEAST && !s.all)
            continue;
        p->hit[p->n++] = (struct search_hit){.ref = row_id(r, i, 1),
                                             .kind = str_dup(p->a, row_str(r, i, 2)),
                                             .year = (int)row_i64(r, i, 3),
                                             .genres = str_dup(p->a, row_str(r, i, 5)),
                                             .langs = str_dup(p->a, row_str(r, i, 6)),
                                             .score = s};
        p->hit[p->n - 1].score.name = str_dup(p->a, s.name);
        p->good += s.all;
        p->best = MAX(p->best, s.points);
    }
    return p->a->failed ? err_set(reterr, ERR_LIMIT, "no room for what was found") : 0;
}

/* ---- Filters ---- */

struct filters {
    struct str genre, kind, lang, decades[DECADES_MAX], ages[8];
    size_t n_decades, n_ages;
};

/* As index.c writes them. */
static struct str token_of(struct arena *a, const char *what, struct str value) {
    struct str s = str_lower(a, str_printf(a, "%s" STR_FMT, what, STR_ARG(value)));
    char *p = s.n ? str_cstr(a, s) : NULL;
    for (size_t i = 0; p && i < s.n; i++)
        if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= '0' && p[i] <= '9')))
            p[i] = '_';
    return p ? str_make(p, s.n) : STR_NULL;
}

static void filters_make(const struct search_ask *k, struct arena *a, struct filters *f) {
    static const int classes[] = {0, 6, 12, 16, 18};
    *f = (struct filters){0};
    if (k->genre.n)
        f->genre = token_of(a, "_g", k->genre);
    if (k->kind.n)
        f->kind = token_of(a, "_k", k->kind);
    if (k->lang.n)
        f->lang = token_of(a, "_l", k->lang);
    int from = k->year_from / 10, to = (k->year_to ? k->year_to : 2200) / 10;
    if (k->year_from && to - from < DECADES_MAX)
        for (int d = from; d <= to; d++)
            f->decades[f->n_decades++] = str_printf(a, "_y%d", d);
    for (size_t i = 0; k->maturity < MATURITY_ALL && i < ARRAY_LEN(classes); i++)
        if (classes[i] <= k->maturity)
            f->ages[f->n_ages++] = str_printf(a, "_m%d", classes[i]);
}

static void filters_add(const struct filters *f, enum dialect d, struct buf *match) {
    plan_filter(match, d, &f->genre, f->genre.n != 0);
    plan_filter(match, d, &f->kind, f->kind.n != 0);
    plan_filter(match, d, &f->lang, f->lang.n != 0);
    plan_filter(match, d, f->decades, f->n_decades);
    plan_filter(match, d, f->ages, f->n_ages);
}

/* ---- The steps ---- */

struct find {
    struct store *st;
    struct plan *plan;
    struct pool pool;
    struct filters filters;
    enum dialect d;
    struct arena *a; /* of the rows */
};

enum { MATCH_MAX = 64 << 10 };
#define KEY_END "\xF4\x8F\xBF\xBF" /* behind every letter */

static struct store_ask names_ask(struct find *f, const struct plan_form *form) {
    return ASK(&search_sql[FIND_NAMES], A_STR(form->key), A_STR(str_printf(f->a, STR_FMT KEY_END, STR_ARG(form->key))),
               A_I64(FOUND_NAMES));
}

static struct store_ask tokens_ask(struct find *f, struct buf *match, int limit) {
    filters_add(&f->filters, f->d, match);
    return ASK(&search_sql[FIND_TOKENS], A_STR(str_dup(f->a, buf_str(match))), A_I64(limit));
}

static int asks_take(struct find *f, struct store_ask *asks, size_t n, struct err *reterr) {
    if (f->a->failed)
        return err_set(reterr, ERR_LIMIT, "no room for a search");
    int rc = n ? store_ask_all(f->st, asks, n, f->a, reterr) : 0;
    for (size_t i = 0; rc >= 0 && i < n; i++)
        rc = pool_take(&f->pool, &asks[i].rows, reterr);
    return MIN(rc, 0);
}

static int step_exact(struct find *f, struct err *reterr) {
    struct store_ask asks[3];
    scoped(buf_done) struct buf match = BUF(MATCH_MAX);
    size_t n = 0;
    asks[n++] = names_ask(f, &f->plan->own);
    if (f->plan->latin.n)
        asks[n++] = names_ask(f, &f->plan->latin);
    if (plan_match(f->plan, f->d, PASS_EXACT, &match))
        asks[n++] = tokens_ask(f, &match, FOUND_MAX);
    return asks_take(f, asks, n, reterr);
}

static int step_words(struct find *f, bool *ret_any, struct err *reterr) {
    struct store_ask asks[2 * PLAN_WORDS];
    struct plan_word *of[2 * PLAN_WORDS];
    struct plan_form *forms[] = {&f->plan->own, &f->plan->latin};
    scoped(buf_done) struct buf match = BUF(MATCH_MAX);
    struct str found[FOUND_WORDS];
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        for (size_t k = 0; k < forms[i]->n; k++) {
            buf_reset(&match);
            if (!near_match(&forms[i]->word[k].w, f->d, &match))
                continue;
            of[n] = &forms[i]->word[k];
            asks[n++] = ASK(&search_sql[FIND_WORDS], A_STR(str_dup(f->a, buf_str(&match))), A_I64(FOUND_WORDS));
        }
    *ret_any = false;
    int rc = n ? store_ask_all(f->st, asks, n, f->a, reterr) : 0;
    for (size_t i = 0; rc >= 0 && i < n; i++) {
        for (size_t k = 0; k < asks[i].rows.n && k < FOUND_WORDS; k++)
            found[k] = row_str(&asks[i].rows, k, 0);
        plan_near_take(of[i], found, MIN(asks[i].rows.n, (size_t)FOUND_WORDS));
        *ret_any |= of[i]->n_near > 0;
    }
    return MIN(rc, 0);
}

static int step_near(struct find *f, struct err *reterr) {
    scoped(buf_done) struct buf match = BUF(MATCH_MAX);
    if (!plan_match(f->plan, f->d, PASS_NEAR, &match))
        return 0;
    struct store_ask ask = tokens_ask(f, &match, FOUND_MAX);
    return asks_take(f, &ask, 1, reterr);
}

static int step_without(struct find *f, struct err *reterr) {
    struct store_ask asks[PLAN_WORDS];
    const struct plan_form *form = f->plan->latin.n && !f->plan->own.n ? &f->plan->latin : &f->plan->own;
    size_t n = 0;
    for (size_t i = 0; form->n > 1 && i < form->n; i++) {
        scoped(buf_done) struct buf match = BUF(MATCH_MAX);
        if (plan_match_without(form, f->d, i, &match))
            asks[n++] = tokens_ask(f, &match, (int)MAX(FOUND_WITHOUT / form->n, 20u));
    }
    return asks_take(f, asks, n, reterr);
}

/* Good enough that nobody means something else, or as many as fill a page's first row. */
static bool is_answered(const struct pool *p) {
    return p->best >= POINTS_GOOD || p->good >= 5;
}

static int steps(struct find *f, struct err *reterr) {
    bool any = false;
    int rc = step_exact(f, reterr);
    if (rc || is_answered(&f->pool))
        return rc;
    rc = step_words(f, &any, reterr);
    if (rc == 0)
        rc = step_near(f, reterr);
    if (rc || f->pool.best >= POINTS_FAIR)
        return rc;
    return step_without(f, reterr);
}

/* ---- The answer ---- */

static int hit_order(const void *a, const void *b) {
    const struct search_hit *x = a, *y = b;
    if (x->score.points != y->score.points)
        return x->score.points < y->score.points ? 1 : -1;
    if (x->year != y->year)
        return x->year < y->year ? 1 : -1;
    return strcmp(x->ref.s, y->ref.s);
}

static void corrected_take(const struct find *f, struct arena *a, struct search_found *ret) {
    const struct score *best = &ret->hit[0].score;
    scoped(buf_done) struct buf text = BUF(4096);
    if (!ret->n || best->all || best->latin || best->points < 600)
        return;
    if (rank_corrected(&f->plan->own, best->name, &text) && !text.failed)
        ret->corrected = str_dup(a, buf_str(&text));
}

int search_find(struct store *st, const struct search_ask *ask, struct arena *a, struct search_found *ret,
                struct err *reterr) {
    scoped(arena_done) struct arena rows = ARENA(ROWS_ARENA);
    struct find *f = arena_new(&rows, struct find);
    struct plan *plan = arena_new(&rows, struct plan);
    *ret = (struct search_found){.folded = STR("")};
    if (ask->q.n > SEARCH_QUERY_MAX || !str_is_utf8(ask->q))
        return err_refuse(reterr, ERR_INVALID, "search.query_invalid", "Search for at most 200 bytes of text.", "bad search text");
    struct search_hit *hits = arena_news(a, struct search_hit, POOL_MAX);
    if (!f || !plan || !hits)
        return err_set(reterr, ERR_LIMIT, "no room for a search");
    int rc = ask->q.n ? plan_read(ask->q, &rows, plan, reterr) : 0;
    if (rc || !plan->own.n)
        return rc;
    *f = (struct find){.st = st, .plan = plan, .a = &rows, .d = store_is_postgres(st) ? DIALECT_TSQUERY : DIALECT_FTS5};
    f->pool = (struct pool){.ask = ask, .plan = plan, .a = a, .hit = hits};
    filters_make(ask, &rows, &f->filters);
    rc = steps(f, reterr);
    if (rc)
        return rc;
    qsort(hits, f->pool.n, sizeof *hits, hit_order);
    ret->hit = hits;
    ret->n = f->pool.n;
    if (ret->n)
        corrected_take(f, a, ret);
    ret->folded = str_dup(a, plan->own.key);
    return a->failed ? err_set(reterr, ERR_LIMIT, "no room for what was found") : 0;
}
