/*
 * find.c - from what was typed to what was meant, step by step until something answers it, each of which reads a bounded
 * number of rows:
 *   1. names that begin like it, and documents that have all of its words; those where the last one goes on, too, unless there
 *      are enough;
 *   2. of scripts without blanks, names that are as a whole nearly it;
 *   3. documents that have all of its words in Latin letters, where it was typed in others;
 *   4. documents with words that it may have meant (one slip away, or sounding alike), in its own letters,
 *   5. the same in Latin ones, where words are parted by blanks,
 *   6. and, where none has all words as they were typed, documents that have all words but one.
 * What a step costs grows with how common the words are, so the cheap and likely ones come first.
 * Each source of candidates has a limit of its own: what one finds in plenty takes no place from another.
 * What comes back is judged by its names (rank.c); the index only proposes.
 */
#include "service/search/search_int.h"

enum { POOL_MAX = 800, POOL_SLOTS = 2048, ROWS_ARENA = 24 << 20, DECADES_MAX = 8 };

struct pool {
    const struct search_ask *ask; /* NULL: nothing narrows it */
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
    if (!k)
        return true;
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

/* What is looked through: titles, and people and genres beside them, in the same steps and questions. */
struct room {
    struct pool pool;
    struct speech to;
    struct filters filters;
    int tokens; /* so many candidates of each expression */
};
enum { ROOM_TITLES, ROOM_THINGS, ROOMS };

struct find {
    struct store *st;
    struct plan *plan;
    struct room room[ROOMS];
    size_t rooms;
    struct arena *a; /* of the rows */
};

enum { MATCH_MAX = 64 << 10, ASKS_MAX = ROOMS * PLAN_WORDS };
#define KEY_END "\xF4\x8F\xBF\xBF" /* behind every letter */

/* The questions of one step, which go out together. */
struct asking {
    struct store_ask ask[ASKS_MAX];
    struct room *of[ASKS_MAX];
    size_t n;
    struct buf match; /* the expression that is being written */
};

static void ask_names(struct find *f, struct asking *q, struct room *of, const struct plan_form *form) {
    struct str key = str_printf(f->a, STR_FMT STR_FMT, STR_ARG(of->to.space), STR_ARG(form->key));
    q->of[q->n] = of;
    q->ask[q->n++] = ASK(&search_sql[FIND_NAMES], A_STR(key), A_STR(str_printf(f->a, STR_FMT KEY_END, STR_ARG(key))));
}

/* What match holds, which is empty then. */
static void ask_tokens(struct find *f, struct asking *q, struct room *of, int limit) {
    filters_add(&of->filters, of->to.d, &q->match);
    q->of[q->n] = of;
    q->ask[q->n++] = ASK(&search_sql[FIND_TOKENS], A_STR(str_dup(f->a, buf_str(&q->match))), A_I64(limit));
    buf_reset(&q->match);
}

static int asks_take(struct find *f, struct asking *q, struct err *reterr) {
    if (f->a->failed || q->match.failed)
        return err_set(reterr, ERR_LIMIT, "no room for a search");
    int rc = q->n ? store_ask_all(f->st, q->ask, q->n, f->a, reterr) : 0;
    for (size_t i = 0; rc >= 0 && i < q->n; i++)
        rc = pool_take(&q->of[i]->pool, &q->ask[i].rows, reterr);
    q->n = 0;
    return MIN(rc, 0);
}

static void ask_pass(struct find *f, struct asking *q, struct room *of, const struct plan_form *form, enum plan_pass pass) {
    if (form->n && plan_match(form, &of->to, pass, &q->match))
        ask_tokens(f, q, of, MIN(of->tokens, FOUND_EXACT));
}

/* What was typed, in the letters that it was typed in; of people, who are few, also what goes on behind it. How names begin
 * in Latin letters costs little. */
static int step_exact(struct find *f, struct asking *q, struct err *reterr) {
    const struct plan_form *own = &f->plan->own, *latin = &f->plan->latin;
    for (size_t i = 0; i < f->rooms; i++) {
        ask_names(f, q, &f->room[i], own);
        if (latin->n)
            ask_names(f, q, &f->room[i], latin);
        ask_pass(f, q, &f->room[i], own, i == ROOM_TITLES ? PASS_WHOLE : PASS_EXACT);
    }
    return asks_take(f, q, reterr);
}

/* What goes on behind what was typed: not where names that do and titles with these very words fill a page. */
static int step_open(struct find *f, struct asking *q, struct err *reterr) {
    struct room *of = &f->room[ROOM_TITLES];
    if (of->pool.n < FOUND_ENOUGH && plan_goes_on(&f->plan->own))
        ask_pass(f, q, of, &f->plan->own, PASS_EXACT);
    return asks_take(f, q, reterr);
}

static int step_latin(struct find *f, struct asking *q, struct err *reterr) {
    for (size_t i = 0; i < f->rooms; i++)
        ask_pass(f, q, &f->room[i], &f->plan->latin, PASS_EXACT);
    return asks_take(f, q, reterr);
}

/* One slip in the whole name, or one in its beginning and one in its end; then, two of them in either. */
static int step_alike(struct find *f, struct asking *q, struct err *reterr) {
    const struct plan_form *form = &f->plan->own;
    bool is_long = form->n_squeezed >= ALIKE_LONG;
    for (size_t i = 0; i < f->rooms; i++) {
        struct room *of = &f->room[i];
        if (plan_alike(form, &of->to, ALIKE_WHOLE, &q->match))
            ask_tokens(f, q, of, of->tokens);
        if (is_long && plan_alike(form, &of->to, ALIKE_HEAD, &q->match) && plan_alike(form, &of->to, ALIKE_TAIL, &q->match))
            ask_tokens(f, q, of, of->tokens);
    }
    int rc = asks_take(f, q, reterr);
    if (rc || !is_long || f->room[ROOM_TITLES].pool.best >= POINTS_FAIR)
        return rc;
    for (size_t i = 0; i < f->rooms; i++)
        for (int part = ALIKE_HEAD; part <= ALIKE_TAIL; part++)
            if (plan_alike(form, &f->room[i].to, (enum alike_part)part, &q->match))
                ask_tokens(f, q, &f->room[i], f->room[i].tokens);
    return asks_take(f, q, reterr);
}

/* Which words of the index the form's words may be meant for. */
static int words_find(struct find *f, struct plan_form *form, struct err *reterr) {
    struct store_ask asks[PLAN_WORDS];
    struct plan_word *of[PLAN_WORDS];
    scoped(buf_done) struct buf match = BUF(MATCH_MAX);
    struct str found[FOUND_WORDS];
    size_t n = 0;
    enum dialect d = f->room[ROOM_TITLES].to.d;
    for (size_t k = 0; k < form->n; k++) {
        buf_reset(&match);
        if (!near_match(&form->word[k].w, d, &match))
            continue;
        of[n] = &form->word[k];
        asks[n++] = ASK(&search_sql[FIND_WORDS], A_STR(str_dup(f->a, buf_str(&match))), A_I64(FOUND_WORDS));
    }
    int rc = n ? store_ask_all(f->st, asks, n, f->a, reterr) : 0;
    for (size_t i = 0; rc >= 0 && i < n; i++) {
        for (size_t k = 0; k < asks[i].rows.n && k < FOUND_WORDS; k++)
            found[k] = row_str(&asks[i].rows, k, 0);
        plan_near_take(of[i], found, MIN(asks[i].rows.n, (size_t)FOUND_WORDS));
    }
    return MIN(rc, 0);
}

/* Whether the near step asks anything worth it that the exact one did not. Of several words which the index all knows one may be
 * meant for another, but then the others find it: step_without. */
static bool form_is_near(const struct plan_form *form) {
    bool near = false, known = form->n > 1;
    for (size_t i = 0; i < form->n; i++) {
        const struct plan_word *pw = &form->word[i];
        near |= pw->n_near || pw->w.kind != WORD_ALPHA;
        known &= pw->known;
    }
    return near && !known;
}

static int step_near(struct find *f, struct asking *q, struct plan_form *form, struct err *reterr) {
    int rc = form->n ? words_find(f, form, reterr) : 0;
    bool more = form_is_near(form);
    for (size_t i = 0; rc == 0 && more && i < f->rooms; i++)
        if (plan_match(form, &f->room[i].to, PASS_NEAR, &q->match))
            ask_tokens(f, q, &f->room[i], f->room[i].tokens);
    return rc ? rc : asks_take(f, q, reterr);
}

/* Titles alone: nobody has so long a name. */
static int step_without(struct find *f, struct asking *q, struct err *reterr) {
    const struct plan_form *form = &f->plan->own;
    struct room *of = &f->room[ROOM_TITLES];
    for (size_t i = 0; form->n > 1 && i < form->n; i++)
        if (plan_match_without(form, &of->to, i, &q->match))
            ask_tokens(f, q, of, (int)MAX(FOUND_WITHOUT / form->n, 20u));
    return asks_take(f, q, reterr);
}

/* Good enough that nobody means something else, or as many as fill a page's first row. */
static bool is_answered(const struct pool *p) {
    return p->best >= POINTS_GOOD || p->good >= 5;
}

static int steps(struct find *f, struct asking *q, struct err *reterr) {
    struct plan_form *own = &f->plan->own, *latin = &f->plan->latin;
    const struct pool *titles = &f->room[ROOM_TITLES].pool;
    int rc = step_exact(f, q, reterr);
    if (rc == 0)
        rc = step_open(f, q, reterr);
    if (rc || is_answered(titles))
        return rc;
    rc = step_alike(f, q, reterr);
    if (rc || (own->no_blanks && titles->best >= POINTS_ALIKE))
        return rc;
    rc = step_latin(f, q, reterr);
    if (rc || is_answered(titles))
        return rc;
    rc = step_near(f, q, own, reterr);
    if (rc == 0 && titles->best < POINTS_FAIR && !own->no_blanks)
        rc = step_near(f, q, latin, reterr);
    if (rc == 0 && titles->best < POINTS_FAIR && !titles->good)
        rc = step_without(f, q, reterr);
    return rc;
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

static bool room_init(struct find *f, size_t i, const struct search_ask *ask, struct arena *a) {
    static const int limits[ROOMS] = {[ROOM_TITLES] = FOUND_MAX, [ROOM_THINGS] = FOUND_THINGS};
    struct room *r = &f->room[i];
    *r = (struct room){.tokens = limits[i]};
    r->to = (struct speech){store_is_postgres(f->st) ? DIALECT_TSQUERY : DIALECT_FTS5, i == ROOM_THINGS ? SPACE_THINGS : STR("")};
    r->pool = (struct pool){.ask = i == ROOM_THINGS ? NULL : ask, .plan = f->plan, .a = a, .hit = arena_news(a, struct search_hit, POOL_MAX)};
    if (i == ROOM_TITLES)
        filters_make(ask, f->a, &r->filters);
    return r->pool.hit;
}

static void answer(struct find *f, struct arena *a, struct search_found *ret) {
    struct pool *titles = &f->room[ROOM_TITLES].pool, *things = &f->room[ROOM_THINGS].pool;
    qsort(titles->hit, titles->n, sizeof *titles->hit, hit_order);
    ret->hit = titles->hit;
    ret->n = titles->n;
    if (f->rooms > ROOM_THINGS) {
        qsort(things->hit, things->n, sizeof *things->hit, hit_order);
        ret->thing = things->hit;
        ret->n_things = things->n;
    }
    if (ret->n)
        corrected_take(f, a, ret);
    ret->folded = str_dup(a, f->plan->own.key);
}

int search_find(struct store *st, const struct search_ask *ask, struct arena *a, struct search_found *ret,
                struct err *reterr) {
    scoped(arena_done) struct arena rows = ARENA(ROWS_ARENA);
    struct find *f = arena_new(&rows, struct find);
    struct plan *plan = arena_new(&rows, struct plan);
    struct asking *q = arena_new(&rows, struct asking);
    *ret = (struct search_found){.folded = STR("")};
    if (ask->q.n > SEARCH_QUERY_MAX || !str_is_utf8(ask->q))
        return err_refuse(reterr, ERR_INVALID, "search.query_invalid", "Search for at most 200 bytes of text.", "bad search text");
    if (!f || !plan || !q)
        return err_set(reterr, ERR_LIMIT, "no room for a search");
    int rc = ask->q.n ? plan_read(ask->q, &rows, plan, reterr) : 0;
    if (rc || !plan->own.n)
        return rc;
    *f = (struct find){.st = st, .plan = plan, .a = &rows, .rooms = ask->things ? ROOMS : 1};
    for (size_t i = 0; i < f->rooms; i++)
        if (!room_init(f, i, ask, a))
            return err_set(reterr, ERR_LIMIT, "no room for a search");
    q->match = BUF(MATCH_MAX);
    rc = steps(f, q, reterr);
    buf_done(&q->match);
    if (rc)
        return rc;
    answer(f, a, ret);
    return a->failed ? err_set(reterr, ERR_LIMIT, "no room for what was found") : 0;
}
