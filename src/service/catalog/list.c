/* list.c - pages of titles: which statement walks which index (list_sql.h), and where the next page begins. */
#include "service/catalog/catalog_int.h"
#include "base/buf.h"

_Static_assert(CATALOG_BATCH == 50, "a page and the one behind it: LIST_PAGE");

/* A cursor says where the last page ended: base64url of a letter for the order, the id, and the value sorted by. */
static const char letters[SORTS] = {[SORT_NEW] = 'n', [SORT_NAME] = 'a', [SORT_YEAR] = 'y', [SORT_UPDATED] = 'u'};

struct str list_cursor(enum title_sort sort, const struct rows *r, size_t row, struct arena *a) {
    static const size_t columns[SORTS] = {[SORT_NEW] = 1, [SORT_NAME] = 2, [SORT_YEAR] = 3, [SORT_UPDATED] = 4};
    scoped(buf_done) struct buf b = BUF(512);
    size_t col = columns[sort];
    struct str id = row_str(r, row, 0);
    struct str plain = sort == SORT_NAME
                           ? str_printf(a, "%c" STR_FMT STR_FMT, letters[sort], STR_ARG(id), STR_ARG(row_str(r, row, col)))
                           : str_printf(a, "%c" STR_FMT "%lld", letters[sort], STR_ARG(id), (long long)row_i64(r, row, col));
    buf_base64url(&b, plain.p, plain.n);
    return str_dup(a, buf_str(&b));
}

int list_place_read(struct str cursor, enum title_sort sort, struct arena *a, struct list_place *ret, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(512);
    *ret = (struct list_place){.number = INT64_MAX, .text = STR("")};
    if (sort != SORT_NAME)
        memcpy(ret->id.s, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", ID_LEN);
    if (!cursor.n)
        return 0;
    bool ok = cursor.n <= CURSOR_MAX && buf_unbase64url(&b, cursor) && b.n > ID_LEN;
    if (ok) {
        struct str all = buf_str(&b), rest = str_slice(all, 1 + ID_LEN, all.n);
        ok = all.p[0] == letters[sort] && id_parse(str_slice(all, 1, 1 + ID_LEN), &ret->id) &&
             (sort == SORT_NAME ? str_is_utf8(rest) && !memchr(rest.p, 0, rest.n) : str_to_i64(rest, &ret->number));
        ret->text = rest.n ? str_dup(a, rest) : STR("");
    }
    if (ok)
        return 0;
    return err_refuse(reterr, ERR_INVALID, "catalog.cursor_invalid",
                      "The cursor is not one that a list gave. Start again without it.",
                      "bad cursor");
}

/* "%folded%" with what LIKE takes for itself escaped. */
struct str like_pattern(struct str q, struct arena *a) {
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

/* -1: no index has that order. */
static int statement_of(const struct title_query *q) {
    static const int shelf[SORTS] = {[SORT_NEW] = SHELF_NEW, [SORT_NAME] = SHELF_NAME, [SORT_YEAR] = SHELF_YEAR, [SORT_UPDATED] = -1};
    static const int all[SORTS] = {[SORT_NEW] = ALL_NEW, [SORT_NAME] = ALL_NAME, [SORT_YEAR] = ALL_YEAR, [SORT_UPDATED] = -1};
    static const int few[SORTS] = {[SORT_NEW] = FEW_NEW, [SORT_NAME] = FEW_NAME, [SORT_YEAR] = FEW_YEAR, [SORT_UPDATED] = -1};
    bool in_lists = !q->kind.n || str_eq(q->kind, STR("film")) || str_eq(q->kind, STR("series"));
    if (id_is_set(q->person.v) || id_is_set(q->collection.v))
        return few[q->sort];
    if (q->all)
        return all[q->sort];
    if (q->sort == SORT_NEW && id_is_set(q->genre.v))
        return GENRE_NEW;
    if (q->sort == SORT_NEW && q->tag.n)
        return TAG_NEW;
    if (q->sort == SORT_NEW && q->kind.n)
        return KIND_NEW;
    return in_lists ? shelf[q->sort] : -1;
}

static int list_rows(struct store *st, const struct title_query *q, const struct list_place *from, struct str like, int limit,
                     struct arena *a, struct rows *ret, struct err *reterr) {
    int s = statement_of(q);
    bool is_few = s == FEW_NEW || s == FEW_NAME || s == FEW_YEAR;
#define TEXT(x) A_STR((x).p ? (x) : STR(""))
    struct sql_val v[] = {A_I64(q->limited ? q->maturity : MATURITY_ALL),
                          A_STR(like),
                          TEXT(q->lang),
                          TEXT(q->kind),
                          A_STR(id_is_set(q->genre.v) ? id_str(&q->genre.v) : STR("")),
                          TEXT(q->tag),
                          A_I64(q->year_from ? q->year_from : q->year_to ? 1 : 0),
                          A_I64(q->year_to ? q->year_to : INT32_MAX),
                          A_I64(limit + 1), /* one more than asked tells whether there is a next page */
                          q->sort == SORT_NAME ? A_STR(from->text) : A_I64(from->number),
                          A_STR(from->id.s[0] ? id_str(&from->id) : STR("")),
                          A_STR(q->here && q->here->limited ? q->here->country : STR("")),
                          A_I64(q->here && q->here->closed ? -1 : 0),
                          A_STR(id_is_set(q->person.v) ? id_str(&q->person.v) : id_str(&q->collection.v))};
#undef TEXT
    if (s < 0)
        return err_refuse(reterr, ERR_INVALID, "catalog.sort_kind",
                          "Seasons, episodes, trailers and extras are listed newest first: leave out sort.",
                          "no such order of " STR_FMT, STR_ARG(q->kind));
    return store_query(st, &catalog_sql[s], (struct sql_args){v, ARRAY_LEN(v) - !is_few}, a, ret, reterr);
}

int catalog_list(struct store *st, const struct title_query *tq, struct str langs, struct arena *a,
                 struct title_card **ret_cards, size_t *ret_n, struct str *ret_next,
                 struct err *reterr) {
    int limit = tq->limit ? CLAMP(tq->limit, 1, CATALOG_BATCH) : 24;
    struct list_place from;
    struct str like = STR("%");
    struct rows r;
    int rc = list_place_read(tq->cursor, tq->sort, a, &from, reterr);
    if (rc)
        return rc;
    if (tq->q.n) {
        like = str_is_utf8(tq->q) && tq->q.n <= 200 ? like_pattern(tq->q, a) : STR_NULL;
        if (!like.p)
            return err_refuse(reterr, ERR_INVALID, "catalog.query_invalid",
                              "Search for at most 200 bytes of text.", "bad search text");
    }
    rc = list_rows(st, tq, &from, like, limit, a, &r, reterr);
    if (rc < 0)
        return rc;
    size_t n = MIN(r.n, (size_t)limit);
    struct title_id ids[CATALOG_BATCH];
    for (size_t i = 0; i < n; i++)
        ids[i].v = row_id(&r, i, 0);
    *ret_next = r.n > n ? list_cursor(tq->sort, &r, n - 1, a) : STR_NULL;
    rc = catalog_cards(st, ids, n, langs, tq->all, a, ret_cards, ret_n, reterr);
    if (rc == 0 && tq->here) /* what an episode is part of, too */
        *ret_n = catalog_cards_here(*ret_cards, *ret_n, tq->here);
    return rc;
}
