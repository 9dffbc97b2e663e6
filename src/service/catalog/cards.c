/* cards.c - titles as lists show them, a batch of ids at a time, in the language of who asks. */
#include "service/catalog/catalog_int.h"
#include "base/buf.h"

struct batch {
    struct rows titles, texts, art, langs, families; /* families: none unless an episode or a season is among them */
};

static bool has_family(const struct rows *titles) {
    enum title_kind kind;
    for (size_t i = 0; i < titles->n; i++)
        if (title_kind_parse(row_str(titles, i, 10), &kind) && (kind == TITLE_SEASON || kind == TITLE_EPISODE))
            return true;
    return false;
}

struct str ids_json(const struct title_id *ids, size_t n, struct arena *a) {
    char *text = arena_alloc(a, n * (ID_LEN + 3) + 3), *p = text;
    if (!text)
        return STR("[]"); /* the arena has failed, which whoever reads its rows says */
    *p++ = '[';
    for (size_t i = 0; i < n; i++)
        p += snprintf(p, ID_LEN + 4, "%s\"%s\"", i ? "," : "", ids[i].v.s);
    *p++ = ']';
    return str_make(text, (size_t)(p - text));
}

/* In the transaction, or, where there is none, in one journey. */
static int asks_read(struct store *st, struct tx *tx, struct store_ask *asks, size_t n, struct arena *a, struct err *reterr) {
    int rc = tx ? 0 : store_ask_all(st, asks, n, a, reterr);
    for (size_t i = 0; tx && rc >= 0 && i < n; i++)
        rc = tx_query(tx, asks[i].q, (struct sql_args){asks[i].v, asks[i].n_args}, a, &asks[i].rows, reterr);
    return MIN(rc, 0);
}

static int batch_load(struct store *st, struct tx *tx, const struct title_id *ids, size_t n, struct arena *a,
                      struct batch *ret, struct err *reterr) {
    struct str list = ids_json(ids, n, a);
    struct store_ask asks[] = {ASK(&catalog_sql[TITLE_CARDS], A_STR(list)), ASK(&catalog_sql[TEXT_BATCH], A_STR(list)),
                               ASK(&catalog_sql[ART_BATCH], A_STR(list)), ASK(&catalog_sql[LANG_BATCH], A_STR(list))};
    struct store_ask family = ASK(&catalog_sql[FAMILY_BATCH], A_STR(list));
    int rc = asks_read(st, tx, asks, ARRAY_LEN(asks), a, reterr);
    *ret = (struct batch){asks[0].rows, asks[1].rows, asks[2].rows, asks[3].rows, {0}};
    if (rc == 0 && has_family(&ret->titles)) {
        rc = asks_read(st, tx, &family, 1, a, reterr);
        ret->families = family.rows;
    }
    return rc;
}

size_t rows_of(const struct rows *r, struct str id, size_t *from) {
    size_t i = 0;
    while (i < r->n && !str_eq(row_str(r, i, 0), id))
        i++;
    *from = i;
    while (i < r->n && str_eq(row_str(r, i, 0), id))
        i++;
    return i;
}

enum { TEXTS_MAX = 64 };

size_t row_best(const struct rows *r, size_t from, size_t to, size_t col, struct str langs, struct str own, bool must) {
    struct str offered[TEXTS_MAX] = {0};
    size_t n = MIN(to - from, (size_t)TEXTS_MAX);
    for (size_t i = 0; i < n; i++)
        offered[i] = row_str(r, from + i, col);
    int best = catalog_language_best(langs, offered, n);
    for (size_t i = 0; best < 0 && i < n; i++)
        if (str_eq_nocase(offered[i], own))
            best = (int)i;
    if (best < 0 && n && must)
        best = 0;
    return best < 0 ? SIZE_MAX : from + (size_t)best;
}

static void card_text(const struct rows *texts, struct str id, struct str langs, struct str own,
                      struct title_card *c) {
    size_t from, to = rows_of(texts, id, &from), best = row_best(texts, from, to, 1, langs, own, true);
    if (best == SIZE_MAX)
        return;
    c->lang = row_str(texts, best, 1);
    c->name = row_str(texts, best, 2);
    c->synopsis = row_str(texts, best, 3);
}

static void card_family(const struct rows *r, struct str id, struct str langs, struct title_card *c) {
    size_t from, to = rows_of(r, id, &from);
    if (from == to)
        return;
    size_t best = row_best(r, from, to, 5, langs, row_str(r, from, 3), true);
    c->series = (struct title_series){.id = {row_id(r, best, 1)},
                                      .slug = row_str(r, best, 2),
                                      .name = row_str(r, best, 6),
                                      .season = (int)row_i64(r, best, 4),
                                      .episode = c->kind == TITLE_EPISODE ? c->number : 0};
}

static int card_lists(const struct batch *b, struct str id, struct arena *a, struct title_card *c) {
    size_t from, to = rows_of(&b->art, id, &from);
    c->art = arena_news(a, struct artwork, MAX(to - from, 1u));
    for (size_t i = from; c->art && i < to; i++)
        c->art[c->n_art++] = (struct artwork){.kind = (enum artwork_kind)row_i64(&b->art, i, 1),
                                              .name = row_str(&b->art, i, 2),
                                              .width = (int)row_i64(&b->art, i, 3),
                                              .height = (int)row_i64(&b->art, i, 4),
                                              .color = (uint32_t)row_i64(&b->art, i, 5),
                                              .formats = (unsigned)row_i64(&b->art, i, 6),
                                              .blur = row_str(&b->art, i, 7)};
    to = rows_of(&b->langs, id, &from);
    c->languages = arena_news(a, struct str, MAX(to - from, 1u));
    for (size_t i = from; c->languages && i < to; i++)
        c->languages[c->n_languages++] = row_str(&b->langs, i, 1);
    return c->art && c->languages ? 0 : ERR_LIMIT;
}

static int card_read(const struct batch *b, size_t row, struct str langs, struct arena *a,
                     struct title_card *ret, struct err *reterr) {
    const struct rows *t = &b->titles;
    struct str id = row_str(t, row, 0);
    struct title_card c = {.id = {row_id(t, row, 0)},
                           .slug = row_str(t, row, 1),
                           .year = (int)row_i64(t, row, 3),
                           .published = row_i64(t, row, 4) != 0,
                           .published_ms = row_i64(t, row, 5),
                           .asset = {row_id(t, row, 6)},
                           .runtime_ms = row_i64(t, row, 7),
                           .max_height = (int)row_i64(t, row, 8),
                           .maturity = (int)row_i64(t, row, 9),
                           .parent = {row_id(t, row, 11)},
                           .number = (int)row_i64(t, row, 12),
                           .shown = row_i64(t, row, 13) > 0,
                           .scopes = {row_i64(t, row, 14), row_i64(t, row, 15), row_i64(t, row, 16)},
                           .name = STR(""),
                           .synopsis = STR(""),
                           .lang = row_str(t, row, 2)};
    title_kind_parse(row_str(t, row, 10), &c.kind);
    card_text(&b->texts, id, langs, row_str(t, row, 2), &c);
    card_family(&b->families, id, langs, &c);
    if (card_lists(b, id, a, &c))
        return err_set(reterr, ERR_LIMIT, "no room for the cards of a list");
    *ret = c;
    return 0;
}

static int cards_in(struct store *st, struct tx *tx, const struct title_id *ids, size_t n, struct str langs, bool all,
                    struct arena *a, struct title_card *cards, size_t *io_n, struct err *reterr) {
    struct batch b;
    int rc = batch_load(st, tx, ids, n, a, &b, reterr);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        for (size_t row = 0; row < b.titles.n; row++) {
            if (!str_eq(row_str(&b.titles, row, 0), id_str(&ids[i].v)))
                continue;
            if (all || row_i64(&b.titles, row, 13) > 0)
                rc = card_read(&b, row, langs, a, &cards[(*io_n)++], reterr);
            break;
        }
    }
    return rc;
}

static int cards_read(struct store *st, struct tx *tx, const struct title_id *ids, size_t n, struct str langs, bool all,
                      struct arena *a, struct title_card **ret_cards, size_t *ret_n,
                    struct err *reterr) {
    struct title_card *cards = arena_news(a, struct title_card, MAX(n, 1u));
    size_t count = 0;
    int rc = cards ? 0 : err_set(reterr, ERR_LIMIT, "no room for %zu cards", n);
    for (size_t at = 0; rc == 0 && at < n; at += CATALOG_BATCH)
        rc = cards_in(st, tx, ids + at, MIN(n - at, (size_t)CATALOG_BATCH), langs, all, a, cards,
                      &count, reterr);
    if (rc)
        return rc;
    *ret_cards = cards;
    *ret_n = count;
    return 0;
}

int cards_tx(struct tx *tx, const struct title_id *ids, size_t n, struct str langs, bool all,
             struct arena *a, struct title_card **ret_cards, size_t *ret_n, struct err *reterr) {
    return cards_read(NULL, tx, ids, n, langs, all, a, ret_cards, ret_n, reterr);
}

int catalog_cards(struct store *st, const struct title_id *ids, size_t n, struct str langs,
                  bool all, struct arena *a, struct title_card **ret_cards, size_t *ret_n,
                  struct err *reterr) {
    return cards_read(st, NULL, ids, n, langs, all, a, ret_cards, ret_n, reterr);
}

size_t catalog_cards_for(struct title_card *cards, size_t n, int maturity) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (cards[i].maturity <= maturity)
            cards[kept++] = cards[i];
    return kept;
}

static int not_found(struct err *reterr) {
    return err_refuse(reterr, ERR_NOT_FOUND, "catalog.title_not_found", "There is no such title.",
                      "no such title, or not published");
}

int catalog_card_by_id(struct store *st, struct title_id id, struct str langs, bool all,
                       struct arena *a, struct title_card *ret_card, struct err *reterr) {
    struct title_card *cards;
    size_t n;
    int rc = catalog_cards(st, &id, 1, langs, all, a, &cards, &n, reterr);
    if (rc)
        return rc;
    if (!n)
        return not_found(reterr);
    *ret_card = cards[0];
    return 0;
}

int catalog_card_by_slug(struct store *st, struct str slug, struct str langs, bool all,
                         struct arena *a, struct title_card *ret_card, struct err *reterr) {
    struct rows r;
    int rc = store_query(st, &catalog_sql[TITLE_ID_BY_SLUG], ARGS(A_STR(slug)), a, &r, reterr);
    if (rc < 0)
        return rc;
    if (!rc)
        return not_found(reterr);
    return catalog_card_by_id(st, (struct title_id){row_id(&r, 0, 0)}, langs, all, a, ret_card,
                              reterr);
}

int catalog_languages(struct store *st, struct arena *a, struct catalog_language **ret,
                      size_t *ret_n, struct err *reterr) {
    struct rows r;
    int rc = store_query(st, &catalog_sql[LANGUAGES], ARGS(A_I64(CATALOG_LANGUAGES_OF)), a, &r, reterr);
    if (rc < 0)
        return rc;
    struct catalog_language *list = arena_news(a, struct catalog_language, MAX(r.n, 1u));
    if (!list)
        return err_set(reterr, ERR_LIMIT, "no room for %zu languages", r.n);
    for (size_t i = 0; i < r.n; i++)
        list[i] = (struct catalog_language){row_str(&r, i, 0), row_i64(&r, i, 1), row_i64(&r, i, 2)};
    *ret = list;
    *ret_n = r.n;
    return 0;
}

int catalog_titles_over(struct store *st, int n, bool *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    int rc = store_row(st, &catalog_sql[TITLE_COUNT_TO], ARGS(A_I64(n + 1)), &a, &r, reterr);
    if (rc >= 0)
        *ret = row_i64(&r, 0, 0) > n;
    return MIN(rc, 0);
}
