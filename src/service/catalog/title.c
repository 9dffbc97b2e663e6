/* title.c - titles: made, described, published, taken back. */
#include "service/catalog/catalog_int.h"
#include "base/buf.h"

const struct sql catalog_sql[] = {CATALOG_SQL(SQL_ROW) SQL_END};

int title_check_text(struct str name, struct str synopsis, struct err *reterr) {
    if (!str_trim(name).n || name.n > CATALOG_NAME_MAX)
        return err_refuse(reterr, ERR_INVALID, "catalog.name_invalid",
                          "Give the title a name of 1 to 300 bytes.", "a name of %zu bytes",
                          name.n);
    if (synopsis.n > CATALOG_SYNOPSIS_MAX)
        return err_refuse(reterr, ERR_INVALID, "catalog.synopsis_too_long",
                          "Shorten the synopsis to at most 5000 bytes.", "a synopsis of %zu bytes",
                          synopsis.n);
    if (!str_is_utf8(name) || !str_is_utf8(synopsis))
        return err_refuse(reterr, ERR_INVALID, "catalog.text_not_utf8",
                          "Name and synopsis must be UTF-8 text.", "text is not UTF-8");
    return 0;
}

int catalog_title_maturity_set(struct tx *tx, struct title_id title, int maturity, struct err *reterr) {
    if (maturity < 0 || maturity > MATURITY_ALL)
        return err_refuse(reterr, ERR_INVALID, "catalog.maturity", "An age rating is a number from 0 to 18.",
                          "maturity %d", maturity);
    int rc = tx_exec(tx, &catalog_sql[TITLE_SET_MATURITY],
                     ARGS(A_ID(title), A_I64(maturity), A_I64(store_now_ms(tx_store(tx))), A_I64(1)), reterr);
    return rc < 0 ? rc : title_say_changed(tx, title, reterr);
}

int title_check_year(int64_t year, struct err *reterr) {
    if (year == 0 ||
        (year >= 1870 && year <= 2200)) /* the oldest film is of 1888, a photograph older */
        return 0;
    return err_refuse(reterr, ERR_INVALID, "catalog.year_invalid",
                      "Give the year as four digits, 1870 to 2200, or leave it out.", "year %lld",
                      (long long)year);
}

int title_check_number(int64_t number, struct err *reterr) {
    return number >= 0 && number <= NUMBER_MAX
               ? 0
               : err_refuse(reterr, ERR_INVALID, "catalog.number_invalid", "Give the number as 0 to 100000.", "number %lld",
                            (long long)number);
}

int title_check_date(struct str d, struct err *reterr) {
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t y, m, day;
    if (!d.n)
        return 0;
    bool ok = d.n == 10 && d.p[4] == '-' && d.p[7] == '-' && str_to_i64(str_slice(d, 0, 4), &y) &&
              str_to_i64(str_slice(d, 5, 7), &m) && str_to_i64(str_slice(d, 8, 10), &day) && y >= 1870 && y <= 2200 && m >= 1 &&
              m <= 12 && day >= 1 && day <= days[m - 1] && (m != 2 || day < 29 || (y % 4 == 0 && (y % 100 || y % 400 == 0)));
    return ok ? 0
              : err_refuse(reterr, ERR_INVALID, "catalog.date_invalid", "Give the date as YYYY-MM-DD, of 1870 to 2200.",
                           "date of %zu bytes", d.n);
}

static int slug_taken(struct tx *tx, struct str slug, void *arg, struct arena *a, struct err *reterr) {
    struct rows r;
    return tx_query(tx, &catalog_sql[TITLE_SLUG_TAKEN], ARGS(A_STR(slug)), a, &r, reterr);
}

/* "big-buck-bunny", then -2, -3 ...; after 50 of a name, or for a name without a letter that a URL
 * takes, the end of the id makes it unique. */
int slug_make(struct tx *tx, struct str name, struct id id, const char *absent, slug_taken_fn *taken_fn, void *arg,
              struct arena *a, struct str *ret_slug, struct err *reterr) {
    struct str base = str_slug(a, text_fold(a, name), CATALOG_SLUG_MAX - 16), slug = base;
    int taken = 1;
    for (int i = 2; base.n && i <= 51; i++) {
        taken = taken_fn(tx, slug, arg, a, reterr);
        if (taken <= 0)
            break;
        slug = str_printf(a, STR_FMT "-%d", STR_ARG(base), i);
    }
    if (taken < 0)
        return taken;
    if (taken)
        slug = str_printf(a, STR_FMT "-" STR_FMT, STR_ARG(base.n ? base : str_of(absent)),
                          STR_ARG(str_lower(a, str_slice(id_str(&id), 14, ID_LEN))));
    *ret_slug = slug;
    return slug.p ? 0 : err_set(reterr, ERR_LIMIT, "no room for a slug");
}

/* What lists are sorted by: no longer than tells names apart, and whole letters. */
static struct str sort_key(struct arena *a, struct str name) {
    struct str key = text_fold(a, str_trim(name));
    size_t n = MIN(key.n, (size_t)SORT_KEY_MAX);
    while (n && n < key.n && ((unsigned char)key.p[n] & 0xC0) == 0x80)
        n--;
    return key.n ? str_slice(key, 0, n) : STR("");
}

/* The names of all languages, folded, a line each: what `q` looks through. A series' is on its episodes' cards. */
int title_texts_changed(struct tx *tx, struct title_id title, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(2 << 20);
    scoped(buf_done) struct buf text = BUF(256 << 10);
    struct str key = STR("");
    struct rows r;
    int rc = tx_query(tx, &catalog_sql[TEXT_BY_TITLE], ARGS(A_ID(title)), &a, &r, reterr);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < r.n; i++) {
        buf_add(&text, text_fold(&a, row_str(&r, i, 1)));
        buf_byte(&text, '\n');
        if (i == 0 || row_i64(&r, i, 5))
            key = sort_key(&a, row_str(&r, i, 4).n ? row_str(&r, i, 4) : row_str(&r, i, 1));
    }
    if (text.failed)
        return err_set(reterr, ERR_LIMIT, "the names of a title are too long together");
    rc = tx_exec(tx, &catalog_sql[TITLE_SET_SEARCH],
                 ARGS(A_ID(title), A_STR(text.n ? buf_str(&text) : STR("")), A_I64(store_now_ms(tx_store(tx))), A_STR(key)),
                 reterr);
    if (rc >= 0)
        rc = title_family_touch(tx, title, reterr);
    return rc < 0 ? rc : title_say_changed(tx, title, reterr);
}

int catalog_title_text_set(struct tx *tx, struct title_id title, struct str lang, struct str name,
                           struct str synopsis, struct err *reterr) {
    int rc = title_check_text(name, synopsis, reterr);
    if (rc)
        return rc;
    rc = tx_exec(tx, &catalog_sql[TEXT_SET],
                 ARGS(A_ID(title), A_STR(lang), A_STR(str_trim(name)),
                      A_STR(synopsis.p ? synopsis : STR(""))),
                 reterr);
    if (rc == ERR_CONFLICT)
        return err_set(reterr, ERR_NOT_FOUND, "no title " ID_FMT, ID_ARG(title.v));
    return rc < 0 ? rc : title_texts_changed(tx, title, reterr);
}

int catalog_title_create(struct tx *tx, const struct title_new *n, struct arena *a,
                         struct title_id *ret_id, struct str *ret_slug, struct err *reterr) {
    int64_t now = store_now_ms(tx_store(tx));
    struct title_id id = {id_new(now)};
    struct version_id version = {id_new(now)};
    struct str slug, lang = n->lang.n ? n->lang : STR("en");
    int rc = title_check_text(n->name, n->synopsis, reterr);
    if (rc == 0)
        rc = title_check_year(n->year, reterr);
    if (rc == 0)
        rc = title_check_date(n->released_on, reterr);
    if (rc == 0)
        rc = title_check_number(n->number, reterr);
    if (rc == 0)
        rc = title_check_parent(tx, n->kind, n->parent, reterr);
    if (rc == 0)
        rc = slug_make(tx, n->name, id.v, "title", slug_taken, NULL, a, &slug, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &catalog_sql[TITLE_INSERT],
                     ARGS(A_ID(id), A_STR(slug), A_STR(lang), A_I64(n->year), A_I64(now), A_CSTR(title_kind_name(n->kind)),
                          A_PARENT(n->parent), A_I64(n->number), A_STR(n->original_lang.n ? n->original_lang : STR("")),
                          A_STR(n->released_on.n ? n->released_on : STR(""))),
                     reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &catalog_sql[VERSION_INSERT], ARGS(A_ID(version), A_ID(id), A_I64(now)),
                     reterr);
    if (rc >= 0)
        rc = catalog_title_text_set(tx, id, lang, n->name, n->synopsis, reterr);
    if (rc < 0)
        return rc;
    *ret_id = id;
    if (ret_slug)
        *ret_slug = slug;
    return 0;
}

static int title_state(struct tx *tx, struct title_id title, struct arena *a, struct rows *ret_r,
                       struct err *reterr) {
    int rc = tx_query(tx, &catalog_sql[TITLE_STATE], ARGS(A_ID(title)), a, ret_r, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "catalog.title_not_found",
                          "There is no such title.", "no title " ID_FMT, ID_ARG(title.v));
    return rc < 0 ? rc : 0;
}

int catalog_title_discard(struct tx *tx, struct title_id title, struct err *reterr) {
    static const int steps[] = {TRACK_DELETE_BY_TITLE, ASSET_DELETE_BY_TITLE,
                                VERSION_DELETE,        ART_DELETE,
                                TEXT_DELETE,           TITLE_DELETE};
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r;
    int rc = title_state(tx, title, &a, &r, reterr);
    if (rc)
        return rc;
    if (row_i64(&r, 0, 0) || row_i64(&r, 0, 1))
        return err_set(reterr, ERR_CONFLICT, "title " ID_FMT " is or was published",
                       ID_ARG(title.v));
    for (size_t i = 0; rc >= 0 && i < ARRAY_LEN(steps); i++)
        rc = tx_exec(tx, &catalog_sql[steps[i]], ARGS(A_ID(title)), reterr);
    return rc < 0 ? rc : 0;
}

/* A series and a season are their parts. */
static bool needs_asset(struct str kind) { return !str_eq(kind, STR("series")) && !str_eq(kind, STR("season")); }

int catalog_title_publish(struct tx *tx, struct title_id title, bool published,
                          struct err *reterr) {
    static const int listed[] = {LISTED_GENRE, LISTED_TAG};
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r;
    int rc = title_state(tx, title, &a, &r, reterr);
    if (rc || published == (row_i64(&r, 0, 0) != 0))
        return rc;
    if (published && row_null(&r, 0, 4) && needs_asset(row_str(&r, 0, 5)))
        return err_refuse(reterr, ERR_CONFLICT, "catalog.not_ready",
                          "The title has nothing to play yet. Wait for its import to end.",
                          "title " ID_FMT " has no ready asset", ID_ARG(title.v));
    rc = tx_exec(tx, &catalog_sql[published ? TITLE_PUBLISH : TITLE_UNPUBLISH],
                 ARGS(A_ID(title), A_I64(store_now_ms(tx_store(tx)))), reterr);
    for (size_t i = 0; rc >= 0 && published && !row_i64(&r, 0, 1) && i < ARRAY_LEN(listed); i++)
        rc = tx_exec(tx, &catalog_sql[listed[i]], ARGS(A_ID(title)), reterr);
    if (rc >= 0)
        rc = shown_update(tx, title, reterr);
    if (rc < 0)
        return rc;
    /* A slug is of [a-z0-9-]: nothing in it needs escaping. */
    struct str body = str_printf(&a, "{\"title_id\":\"" ID_FMT "\",\"slug\":\"" STR_FMT "\"}",
                                 ID_ARG(title.v), STR_ARG(row_str(&r, 0, 2)));
    return event_publish(tx, published ? "title.published" : "title.unpublished", 1,
                         id_str(&title.v), body, reterr);
}

/* Where an editor's picture stands, the film's own lies here. */
enum { ART_ASIDE = 16 };

static int art_clear(struct tx *tx, struct title_id title, int kind, struct err *reterr) {
    int rc = tx_exec(tx, &catalog_sql[ART_CLEAR], ARGS(A_ID(title), A_I64(kind)), reterr);
    return MIN(rc, 0);
}

static int art_move(struct tx *tx, struct title_id title, int from, int to, struct err *reterr) {
    int rc = art_clear(tx, title, to, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &catalog_sql[ART_MOVE], ARGS(A_ID(title), A_I64(from), A_I64(to)), reterr);
    return MIN(rc, 0);
}

/* Makes room for the sizes that come; *ret_kind is where they go. */
static int art_prepare(struct tx *tx, struct title_id title, int kind, bool by_hand, size_t n, int *ret_kind,
                       struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    *ret_kind = kind;
    int rc = tx_query(tx, &catalog_sql[ART_BY_HAND], ARGS(A_ID(title), A_I64(kind)), &a, &r, reterr);
    bool chosen = rc > 0;
    if (rc < 0)
        return rc;
    if (n && !by_hand && chosen) {
        *ret_kind = kind + ART_ASIDE;
        return art_clear(tx, title, *ret_kind, reterr);
    }
    if (n && by_hand && !chosen)
        return art_move(tx, title, kind, kind + ART_ASIDE, reterr);
    if (!n && chosen)
        return art_move(tx, title, kind + ART_ASIDE, kind, reterr);
    return art_clear(tx, title, kind, reterr);
}

int catalog_artwork_set(struct tx *tx, struct title_id title, enum artwork_kind kind,
                        const struct artwork *sizes, size_t n, struct err *reterr) {
    int at, rc = art_prepare(tx, title, (int)kind, n && sizes[0].by_hand, n, &at, reterr);
    for (size_t i = 0; rc >= 0 && i < n; i++)
        rc = tx_exec(tx, &catalog_sql[ART_INSERT],
                     ARGS(A_ID(title), A_I64(at), A_I64(sizes[i].width), A_I64(sizes[i].height),
                          A_STR(sizes[i].name), A_I64(sizes[i].color & 0xFFFFFF), A_I64(sizes[i].formats),
                          A_STR(sizes[i].blur.p ? sizes[i].blur : STR("")), A_BOOL(sizes[i].by_hand)),
                     reterr);
    if (rc >= 0)
        rc = title_touch(tx, title, reterr);
    return rc < 0 ? rc : 0;
}
