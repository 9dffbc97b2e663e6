/* cards.c - titles as lists show them, a batch of ids at a time, in the language of who asks. */
#include "service/catalog/catalog_int.h"
#include "base/buf.h"

struct batch {
    struct rows titles, texts, art, langs;
};

static int batch_load(struct tx *tx, const struct title_id *ids, size_t n, struct arena *a,
                      struct batch *ret, struct err *reterr) {
    struct sql_val v[CATALOG_BATCH];
    struct sql_args args = {v, CATALOG_BATCH};
    for (size_t i = 0; i < CATALOG_BATCH; i++)
        v[i] = i < n ? A_ID(ids[i]) : A_NULL;
    int rc = tx_query(tx, &catalog_sql[TITLE_CARDS], args, a, &ret->titles, reterr);
    if (rc >= 0)
        rc = tx_query(tx, &catalog_sql[TEXT_BATCH], args, a, &ret->texts, reterr);
    if (rc >= 0)
        rc = tx_query(tx, &catalog_sql[ART_BATCH], args, a, &ret->art, reterr);
    if (rc >= 0)
        rc = tx_query(tx, &catalog_sql[LANG_BATCH], args, a, &ret->langs, reterr);
    return rc < 0 ? rc : 0;
}

/* Rows of one title stand together: [*from, return). */
static size_t rows_of(const struct rows *r, struct str id, size_t *from) {
    size_t i = 0;
    while (i < r->n && !str_eq(row_str(r, i, 0), id))
        i++;
    *from = i;
    while (i < r->n && str_eq(row_str(r, i, 0), id))
        i++;
    return i;
}

enum { TEXTS_MAX = 64 };

static void card_text(const struct rows *texts, struct str id, struct str langs, struct str own,
                      struct title_card *c) {
    struct str offered[TEXTS_MAX];
    size_t from, to = rows_of(texts, id, &from), n = MIN(to - from, (size_t)TEXTS_MAX);
    for (size_t i = 0; i < n; i++)
        offered[i] = row_str(texts, from + i, 1);
    int best = catalog_language_best(langs, offered, n);
    for (size_t i = 0; best < 0 && i < n; i++)
        if (str_eq_nocase(offered[i], own))
            best = (int)i;
    if (best < 0 && n)
        best = 0;
    if (best < 0)
        return;
    c->lang = offered[best];
    c->name = row_str(texts, from + (size_t)best, 2);
    c->synopsis = row_str(texts, from + (size_t)best, 3);
}

static int card_lists(const struct batch *b, struct str id, struct arena *a, struct title_card *c) {
    size_t from, to = rows_of(&b->art, id, &from);
    c->art = arena_news(a, struct artwork, MAX(to - from, 1u));
    for (size_t i = from; c->art && i < to; i++)
        c->art[c->n_art++] = (struct artwork){.kind = (enum artwork_kind)row_i64(&b->art, i, 1),
                                              .name = row_str(&b->art, i, 2),
                                              .width = (int)row_i64(&b->art, i, 3),
                                              .height = (int)row_i64(&b->art, i, 4),
                                              .color = (uint32_t)row_i64(&b->art, i, 5)};
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
                           .name = STR(""),
                           .synopsis = STR(""),
                           .lang = row_str(t, row, 2)};
    card_text(&b->texts, id, langs, row_str(t, row, 2), &c);
    if (card_lists(b, id, a, &c))
        return err_set(reterr, ERR_LIMIT, "no room for the cards of a list");
    *ret = c;
    return 0;
}

static int cards_in(struct tx *tx, const struct title_id *ids, size_t n, struct str langs, bool all,
                    struct arena *a, struct title_card *cards, size_t *io_n, struct err *reterr) {
    struct batch b;
    int rc = batch_load(tx, ids, n, a, &b, reterr);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        for (size_t row = 0; row < b.titles.n; row++) {
            if (!str_eq(row_str(&b.titles, row, 0), id_str(&ids[i].v)))
                continue;
            if (all || row_i64(&b.titles, row, 4))
                rc = card_read(&b, row, langs, a, &cards[(*io_n)++], reterr);
            break;
        }
    }
    return rc;
}

static int cards_tx(struct tx *tx, const struct title_id *ids, size_t n, struct str langs, bool all,
                    struct arena *a, struct title_card **ret_cards, size_t *ret_n,
                    struct err *reterr) {
    struct title_card *cards = arena_news(a, struct title_card, MAX(n, 1u));
    size_t count = 0;
    int rc = cards ? 0 : err_set(reterr, ERR_LIMIT, "no room for %zu cards", n);
    for (size_t at = 0; rc == 0 && at < n; at += CATALOG_BATCH)
        rc = cards_in(tx, ids + at, MIN(n - at, (size_t)CATALOG_BATCH), langs, all, a, cards,
                      &count, reterr);
    if (rc)
        return rc;
    *ret_cards = cards;
    *ret_n = count;
    return 0;
}

int catalog_cards(struct store *st, const struct title_id *ids, size_t n, struct str langs,
                  bool all, struct arena *a, struct title_card **ret_cards, size_t *ret_n,
                  struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(st, STORE_MAIN, TX_READ, &tx, reterr);
    return rc ? rc : cards_tx(tx, ids, n, langs, all, a, ret_cards, ret_n, reterr);
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

/* A cursor says where the last page ended: base64url of "<listed_ms>.<id>". */
static struct str cursor_write(int64_t listed_ms, struct id id, struct arena *a) {
    scoped(buf_done) struct buf b = BUF(128);
    struct str plain = str_printf(a, "%lld." ID_FMT, (long long)listed_ms, ID_ARG(id));
    buf_base64url(&b, plain.p, plain.n);
    return str_dup(a, buf_str(&b));
}

static int cursor_read(struct str cursor, int64_t *ret_ms, struct id *ret_id, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(128);
    struct str ms, id;
    bool ok = cursor.n <= 120 && buf_unbase64url(&b, cursor);
    if (ok) {
        id = str_cut(buf_str(&b), '.', &ms);
        ok = str_to_i64(ms, ret_ms) && id_parse(id, ret_id);
    }
    if (ok)
        return 0;
    return err_refuse(reterr, ERR_INVALID, "catalog.cursor_invalid",
                      "The cursor is not one that a list gave. Start again without it.",
                      "bad cursor");
}

/* "%folded%" with what LIKE takes for itself escaped. */
static struct str like_pattern(struct str q, struct arena *a) {
    scoped(buf_done) struct buf b = BUF(4096);
    struct str folded = text_fold(a, str_trim(q));
    buf_byte(&b, '%');
    for (size_t i = 0; i < folded.n; i++) {
        if (folded.p[i] == '%' || folded.p[i] == '_' || folded.p[i] == '\\')
            buf_byte(&b, '\\');
        buf_byte(&b, (uint8_t)folded.p[i]);
    }
    buf_byte(&b, '%');
    return b.failed ? STR_NULL : str_dup(a, buf_str(&b));
}

int catalog_list(struct store *st, const struct title_query *tq, struct str langs, struct arena *a,
                 struct title_card **ret_cards, size_t *ret_n, struct str *ret_next,
                 struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int limit = tq->limit ? CLAMP(tq->limit, 1, CATALOG_BATCH) : 24;
    int64_t before = INT64_MAX;
    struct id before_id = {.s = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"};
    struct str like = STR("%");
    struct rows r;
    int rc = tq->cursor.n ? cursor_read(tq->cursor, &before, &before_id, reterr) : 0;
    if (rc)
        return rc;
    if (tq->q.n) {
        like = str_is_utf8(tq->q) && tq->q.n <= 200 ? like_pattern(tq->q, a) : STR_NULL;
        if (!like.p)
            return err_refuse(reterr, ERR_INVALID, "catalog.query_invalid",
                              "Search for at most 200 bytes of text.", "bad search text");
    }
    rc = tx_begin(st, STORE_MAIN, TX_READ, &tx, reterr);
    if (rc == 0) /* one more than asked tells whether there is a next page */
        rc = tx_query(tx, &catalog_sql[TITLE_LIST],
                      ARGS(A_BOOL(tq->all), A_I64(before), A_STR(id_str(&before_id)), A_STR(like),
                           A_STR(tq->lang.p ? tq->lang : STR("")), A_I64(limit + 1),
                           A_I64(tq->limited ? tq->maturity : MATURITY_ALL)),
                      a, &r, reterr);
    if (rc < 0)
        return rc;
    size_t n = MIN(r.n, (size_t)limit);
    struct title_id ids[CATALOG_BATCH];
    for (size_t i = 0; i < n; i++)
        ids[i].v = row_id(&r, i, 0);
    *ret_next = r.n > n ? cursor_write(row_i64(&r, n - 1, 1), ids[n - 1].v, a) : STR_NULL;
    return cards_tx(tx, ids, n, langs, tq->all, a, ret_cards, ret_n, reterr);
}

int catalog_languages(struct store *st, struct arena *a, struct catalog_language **ret,
                      size_t *ret_n, struct err *reterr) {
    struct rows r;
    int rc = store_query(st, &catalog_sql[LANGUAGES], NO_ARGS, a, &r, reterr);
    if (rc < 0)
        return rc;
    struct catalog_language *list = arena_news(a, struct catalog_language, MAX(r.n, 1u));
    if (!list)
        return err_set(reterr, ERR_LIMIT, "no room for %zu languages", r.n);
    for (size_t i = 0; i < r.n; i++)
        list[i] = (struct catalog_language){row_str(&r, i, 0), row_i64(&r, i, 1)};
    *ret = list;
    *ret_n = r.n;
    return 0;
}
