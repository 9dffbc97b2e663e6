/*
 * miss.c - what people look for and do not find, for editors. No row says who asked: it holds the words, how often, and
 * when first and last. Somebody who types "xylophone" sends "xyl", "xylo" ... on the way: a longer text takes away the
 * shorter ones that were asked once, moments ago.
 */
#include "service/search/search_int.h"

enum { LETTERS_MIN = 3, DIGITS_MAX = 5, ROWS_MAX = 5000, TYPING_MS = 20 * 1000 };
static const int64_t kept_ms = 180LL * 24 * 3600 * 1000;

/* An address, a telephone number or a card's that went into the wrong box is nobody's business. */
static bool is_private(struct str q) {
    size_t digits = 0;
    for (size_t i = 0; i < q.n; i++)
        digits += q.p[i] >= '0' && q.p[i] <= '9';
    return digits > DIGITS_MAX || str_index(q, '@') >= 0;
}

int miss_record(struct store *st, struct str q, struct str folded, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    uint32_t c[FOLD_WORD_MAX];
    size_t n = letters_squeezed(folded, c, FOLD_WORD_MAX);
    if (n < LETTERS_MIN || is_private(q))
        return 0;
    scoped(buf_done) struct buf head = BUF(64);
    letters_add(&head, c, LETTERS_MIN);
    int64_t now = store_now_ms(st);
    int rc = tx_begin(st, STORE_VIEWING, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &search_sql[MISS_PREFIXES], ARGS(A_STR(folded), A_STR(buf_str(&head)), A_I64(now - TYPING_MS)), reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &search_sql[MISS_PUT], ARGS(A_STR(folded), A_STR(str_trim(q)), A_I64(now)), reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int miss_settle(struct store *st, struct str q, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct folded f;
    uint32_t c[PATTERN_MAX];
    scoped(buf_done) struct buf key = BUF(1024);
    int rc = search_fold(q, &a, &f, reterr);
    if (rc)
        return rc;
    letters_add(&key, c, MIN(letters_squeezed(f.text, c, PATTERN_MAX), (size_t)FOLD_WORD_MAX)); /* as plan.c makes a key */
    STORE_RETRY(rc, reterr, store_exec(st, &search_sql[MISS_SETTLE], ARGS(A_STR(buf_str(&key))), reterr));
    return rc;
}

int miss_prune(const struct engine *e, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r;
    int rc = store_exec(e->store, &search_sql[MISS_PRUNE], ARGS(A_I64(store_now_ms(e->store) - kept_ms)), reterr);
    if (rc >= 0)
        rc = store_row(e->store, &search_sql[MISS_COUNT], NO_ARGS, &a, &r, reterr);
    if (rc >= 0 && row_i64(&r, 0, 0) > ROWS_MAX)
        rc = store_exec(e->store, &search_sql[MISS_FORGET], ARGS(A_I64(row_i64(&r, 0, 0) - ROWS_MAX)), reterr);
    return MIN(rc, 0);
}
