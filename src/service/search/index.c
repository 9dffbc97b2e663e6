/*
 * index.c - what titles, people and genres are found by. A document is one of them: its names in every language, folded, and
 * the tokens of those names. The words of all names have a table of their own with what is spelt nearly like each, and the
 * beginnings of whole names another, sorted. Tokens and beginnings of people and genres have SPACE_THINGS before them, so
 * that titles and they take no places from each other.
 */
#include "base/buf.h"
#include "service/search/search_int.h"

enum { BATCH = 50, TOKEN_SLOTS = 4096, NAMES_MAX = 24 << 10, TOKENS_MAX = 48 << 10 };

const struct sql search_sql[] = {SEARCH_SQL(SQL_ROW) SQL_END};

/* ---- A set of words, by their hash ---- */

struct word_set {
    uint64_t *slot; /* 0: free */
    size_t n, cap;
};

struct word_set *word_set_new(void) {
    return calloc(1, sizeof(struct word_set));
}

void word_set_free(struct word_set *s) {
    if (s)
        free(s->slot);
    free(s);
}

static uint64_t hash_of(struct str s) {
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (uint8_t)s.p[i]) * 1099511628211u;
    return h ? h : 1;
}

static size_t slot_of(const struct word_set *s, uint64_t h) {
    size_t i = h % s->cap;
    while (s->slot[i] && s->slot[i] != h)
        i = (i + 1) % s->cap;
    return i;
}

bool word_set_has(const struct word_set *s, struct str word) {
    return s->cap && s->slot[slot_of(s, hash_of(word))];
}

/* False: it was in already, or no memory is left (then it will be looked at again). */
static bool hash_add(struct word_set *s, uint64_t h) {
    if (s->n * 2 >= s->cap) {
        struct word_set more = {.cap = s->cap ? s->cap * 2 : 1 << 10};
        more.slot = calloc(more.cap, sizeof *more.slot);
        if (!more.slot)
            return false;
        for (size_t i = 0; i < s->cap; i++)
            if (s->slot[i])
                more.slot[slot_of(&more, s->slot[i])] = s->slot[i];
        free(s->slot);
        s->slot = more.slot;
        s->cap = more.cap;
    }
    size_t at = slot_of(s, h);
    if (s->slot[at])
        return false;
    s->slot[at] = h;
    s->n++;
    return true;
}

static void word_set_clear(struct word_set *s) {
    if (s->slot)
        memset(s->slot, 0, s->cap * sizeof *s->slot);
    s->n = 0;
}

void word_set_take(struct word_set *s, struct word_set *from) {
    for (size_t i = 0; i < from->cap; i++)
        if (from->slot[i])
            hash_add(s, from->slot[i]);
    word_set_clear(from);
}

/* ---- Documents ---- */

/* What goes into the tables, as JSON arrays of rows. */
struct batch {
    json_t *refs, *docs, *names, *words, *gone;
    const struct word_set *known; /* words that are in the table; NULL: not known */
    struct word_set *fresh;       /* words of this batch */
};

static bool rows_add(json_t *rows, json_t *row) {
    return row && json_array_append_new(rows, row) == 0;
}

static json_t *json_str(struct str s) {
    return json_stringn(s.p ? s.p : "", s.n);
}

/* What is being put together of one title, person or genre. */
struct doc {
    struct str ref, space; /* space: stands before each of its tokens (plan.h) */
    struct buf names, tokens;
    uint64_t seen[TOKEN_SLOTS]; /* tokens by their hash; 0: free. Where it is full one may stand twice */
};

static struct str space_of(struct str kind) {
    return str_eq(kind, STR("person")) || str_eq(kind, STR("genre")) ? SPACE_THINGS : STR("");
}

static void token_add(struct doc *d, struct str token) {
    uint64_t h = hash_of(token);
    size_t i = h % TOKEN_SLOTS;
    for (size_t looked = 0; d->seen[i] && looked < TOKEN_SLOTS; looked++, i = (i + 1) % TOKEN_SLOTS)
        if (d->seen[i] == h)
            return;
    if (!d->seen[i])
        d->seen[i] = h;
    if (d->tokens.n)
        buf_byte(&d->tokens, ' ');
    buf_add(&d->tokens, d->space);
    buf_add(&d->tokens, token);
}

static bool word_put(struct batch *b, const struct word *w) {
    if (w->kind != WORD_ALPHA || w->n < NEAR_LETTERS_MIN || w->n > NEAR_LETTERS_MAX)
        return true;
    struct str text = w->text;
    if ((b->known && word_set_has(b->known, text)) || !hash_add(b->fresh, hash_of(text)))
        return true;
    scoped(buf_done) struct buf near = BUF(8 << 10);
    near_tokens(w, &near);
    return !near.failed && rows_add(b->words, json_pack("[o, o]", json_str(text), json_str(buf_str(&near))));
}

/* How a name begins, in search_name. */
static void key_put(struct str space, struct str text, struct buf *key) {
    uint32_t c[FOLD_WORD_MAX];
    size_t n = letters_squeezed(text, c, FOLD_WORD_MAX);
    buf_reset(key);
    if (n)
        buf_add(key, space);
    letters_add(key, c, n);
}

static bool form_put(struct batch *b, struct doc *d, struct str text) {
    struct str rest = text;
    struct word w;
    scoped(buf_done) struct buf part = BUF(16 << 10);
    uint32_t c[PATTERN_MAX];
    bool ok = true;
    while (ok && word_next(&rest, &w)) {
        word_tokens(&w, &part);
        ok = word_put(b, &w);
    }
    size_t n = letters_squeezed(text, c, PATTERN_MAX);
    for (int alike = ALIKE_WHOLE; alike <= ALIKE_TAIL; alike++)
        alike_tokens(c, n, (enum alike_part)alike, &part);
    for (struct str left = buf_str(&part), one; left.n;) {
        left = str_cut(left, ' ', &one);
        if (one.n)
            token_add(d, one);
    }
    key_put(d->space, text, &part);
    return ok && !part.failed && (!part.n || rows_add(b->names, json_pack("[o, o]", json_str(d->ref), json_str(buf_str(&part)))));
}

/* One name: its line, its tokens, its words, how it begins. */
static int name_put(struct batch *b, struct doc *d, char kind, struct str text, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct folded f;
    struct buf *names = &d->names;
    int rc = search_fold(text, &a, &f, reterr);
    if (rc || !f.text.n || names->n + f.text.n + f.latin.n + 4 > NAMES_MAX || d->tokens.n > TOKENS_MAX / 2)
        return rc; /* what is too much to be found by is left out */
    size_t begin = names->n;
    buf_byte(names, (uint8_t)kind);
    buf_byte(names, '\t');
    buf_add(names, f.text);
    buf_byte(names, '\t');
    if (f.latin.n)
        buf_add(names, f.latin);
    buf_byte(names, '\n');
    struct str line = str_slice(buf_str(names), begin, names->n);
    if (str_find(str_slice(buf_str(names), 0, begin), line) >= 0) { /* the same in another language */
        names->n = begin;
        return 0;
    }
    bool ok = form_put(b, d, f.text);
    if (ok && f.latin.n)
        ok = form_put(b, d, f.latin);
    return ok ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for the index");
}

static void facet_add(struct doc *d, const char *what, struct str value) {
    char token[96];
    size_t n = (size_t)snprintf(token, sizeof token, "%s" STR_FMT, what, STR_ARG(value));
    n = MIN(n, sizeof token - 1);
    for (size_t i = 0; i < n; i++) {
        char c = token[i];
        token[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_');
    }
    token_add(d, str_make(token, n));
}

static void joined(struct buf *to, const struct str *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_byte(to, ' ');
        buf_add(to, v[i]);
    }
}

/* The classes of age that a filter can ask for; find.c knows them by the same function. */
static const int ages[] = {18, 16, 12, 6, 0};
int age_class(int maturity) {
    for (size_t i = 0; i < ARRAY_LEN(ages); i++)
        if (maturity >= ages[i])
            return ages[i];
    return 0;
}

static void facets_put(const struct title_words *t, struct doc *d) {
    char number[16];
    snprintf(number, sizeof number, "%d", t->year / 10);
    facet_add(d, "_y", str_of(number));
    snprintf(number, sizeof number, "%d", age_class(t->maturity));
    facet_add(d, "_m", str_of(number));
    facet_add(d, "_k", t->kind);
    for (size_t i = 0; i < t->n_genres; i++)
        facet_add(d, "_g", t->genres[i]);
    for (size_t i = 0; i < t->n_languages; i++)
        facet_add(d, "_l", t->languages[i]);
}

static int doc_row(struct batch *b, const struct title_words *t, struct doc *d, struct err *reterr) {
    scoped(buf_done) struct buf genres = BUF(8 << 10), langs = BUF(8 << 10);
    joined(&genres, t->genres, t->n_genres);
    joined(&langs, t->languages, t->n_languages);
    if (d->names.failed || d->tokens.failed || genres.failed || langs.failed)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for the index");
    json_t *row = json_pack("[o, o, i, i, o, o, o, o]", json_str(d->ref), json_str(t->kind), t->year, t->maturity,
                            json_str(buf_str(&genres)), json_str(buf_str(&langs)), json_str(buf_str(&d->names)),
                            json_str(buf_str(&d->tokens)));
    return rows_add(b->docs, row) ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for the index");
}

static int doc_put(struct batch *b, const struct title_words *t, struct err *reterr) {
    struct doc d = {.ref = id_str(&t->id), .space = space_of(t->kind), .names = BUF(NAMES_MAX), .tokens = BUF(TOKENS_MAX)};
    int rc = 0;
    if (!d.space.n)
        facets_put(t, &d);
    for (size_t i = 0; rc == 0 && i < t->n_names; i++)
        rc = name_put(b, &d, t->names[i].kind, t->names[i].text, reterr);
    if (rc == 0)
        rc = doc_row(b, t, &d, reterr);
    buf_done(&d.names);
    buf_done(&d.tokens);
    return rc;
}

/* ---- The tables ---- */

static int rows_exec(struct tx *tx, int statement, const json_t *rows, int64_t at, struct err *reterr) {
    if (!json_array_size(rows))
        return 0;
    scoped(mem_free) char *text = json_dumps(rows, JSON_COMPACT);
    if (!text)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for the index");
    struct sql_val v[2] = {A_CSTR(text), A_I64(at)};
    int rc = tx_exec(tx, &search_sql[statement], (struct sql_args){v, at ? 2 : 1}, reterr);
    return MIN(rc, 0);
}

/* What SQLite's index beside the table is told; PostgreSQL's is told by the table. */
static int lite_exec(struct tx *tx, int statement, const json_t *rows, struct err *reterr) {
    return store_is_postgres(tx_store(tx)) ? 0 : rows_exec(tx, statement, rows, 0, reterr);
}

/* How the names of these documents began until now. */
static int names_drop(struct tx *tx, const struct rows *old, struct err *reterr) {
    json_t *gone = json_array();
    scoped(buf_done) struct buf key = BUF(1024);
    for (size_t i = 0; i < old->n; i++)
        for (struct str line, rest = row_str(old, i, 2); rest.n;) {
            struct str head, form;
            rest = str_cut(rest, '\n', &line);
            struct str forms = str_cut(line, '\t', &head);
            while (forms.n) {
                forms = str_cut(forms, '\t', &form);
                key_put(space_of(row_str(old, i, 4)), form, &key);
                rows_add(gone, json_pack("[I, o]", (json_int_t)row_i64(old, i, 0), json_str(buf_str(&key))));
            }
        }
    int rc = rows_exec(tx, NAME_DROP, gone, 0, reterr);
    json_decref(gone);
    return rc;
}

/* Those that have a document already whose tokens are going to be others. */
static json_t *refs_changed(const struct batch *b, const struct rows *old) {
    json_t *changed = json_array();
    for (size_t i = 0; i < old->n; i++) {
        struct str ref = row_str(old, i, 1), tokens = STR_NULL;
        for (size_t k = 0; k < json_array_size(b->docs) && !tokens.p; k++) {
            const json_t *doc = json_array_get(b->docs, k);
            if (str_eq(str_of(json_string_value(json_array_get(doc, 0))), ref))
                tokens = str_of(json_string_value(json_array_get(doc, 7)));
        }
        if (!str_eq(tokens, row_str(old, i, 3)))
            rows_add(changed, json_pack("[o]", json_str(ref)));
    }
    return changed;
}

/* Those of docs that old does not have, and those that are changed. */
static json_t *refs_new(const struct batch *b, const struct rows *old, const json_t *changed) {
    json_t *list = json_array();
    for (size_t k = 0; k < json_array_size(b->docs); k++) {
        json_t *ref = json_array_get(json_array_get(b->docs, k), 0);
        bool is_old = false, is_changed = false;
        for (size_t i = 0; i < old->n; i++)
            is_old |= str_eq(row_str(old, i, 1), str_of(json_string_value(ref)));
        for (size_t i = 0; i < json_array_size(changed); i++)
            is_changed |= json_equal(json_array_get(json_array_get(changed, i), 0), ref);
        if (!is_old || is_changed)
            rows_add(list, json_pack("[O]", ref));
    }
    return list;
}

static int docs_write(struct tx *tx, const struct batch *b, const struct rows *old, int64_t now, struct err *reterr) {
    json_t *changed = refs_changed(b, old), *fresh = refs_new(b, old, changed);
    int rc = lite_exec(tx, DOC_UNINDEX, changed, reterr);
    if (rc == 0)
        rc = rows_exec(tx, DOC_PUT, b->docs, now, reterr);
    if (rc == 0)
        rc = rows_exec(tx, DOC_DROP, b->gone, 0, reterr);
    if (rc == 0)
        rc = lite_exec(tx, DOC_INDEX, fresh, reterr);
    json_decref(changed);
    json_decref(fresh);
    return rc;
}

static int words_write(struct tx *tx, const struct batch *b, int64_t now, struct arena *a, struct err *reterr) {
    struct rows last = {0};
    bool lite = !store_is_postgres(tx_store(tx)) && json_array_size(b->words);
    int rc = lite ? tx_row(tx, &search_sql[WORD_LAST], NO_ARGS, a, &last, reterr) : 0;
    if (rc >= 0)
        rc = rows_exec(tx, WORD_PUT, b->words, now, reterr);
    if (rc == 0 && lite)
        rc = tx_exec(tx, &search_sql[WORD_INDEX], ARGS(A_I64(row_i64(&last, 0, 0))), reterr);
    return MIN(rc, 0);
}

int index_words_drop(struct tx *tx, struct str words, struct err *reterr) {
    int rc = store_is_postgres(tx_store(tx)) ? 0 : tx_exec(tx, &search_sql[WORD_UNINDEX], ARGS(A_STR(words)), reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &search_sql[WORD_DROP], ARGS(A_STR(words)), reterr);
    return MIN(rc, 0);
}

static int batch_write(struct tx *tx, const struct batch *b, struct arena *a, struct err *reterr) {
    int64_t now = store_now_ms(tx_store(tx));
    struct rows old;
    scoped(mem_free) char *refs = json_dumps(b->refs, JSON_COMPACT);
    if (!refs)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for the index");
    int rc = tx_query(tx, &search_sql[DOC_OLD], ARGS(A_CSTR(refs)), a, &old, reterr);
    if (rc >= 0)
        rc = names_drop(tx, &old, reterr);
    if (rc == 0)
        rc = docs_write(tx, b, &old, now, reterr);
    if (rc == 0)
        rc = rows_exec(tx, NAME_PUT, b->names, 0, reterr);
    return rc == 0 ? words_write(tx, b, now, a, reterr) : rc;
}

static bool is_among(const struct title_words *t, size_t n, const struct id *id) {
    for (size_t i = 0; i < n; i++)
        if (str_eq(id_str(&t[i].id), id_str(id)))
            return true;
    return false;
}

static int words_of(struct tx *tx, enum index_what what, const struct id *ids, size_t n, struct arena *a,
                    struct title_words **ret, size_t *ret_n, struct err *reterr) {
    struct title_id titles[BATCH];
    if (what != INDEX_TITLES)
        return catalog_thing_words(tx, what == INDEX_PEOPLE ? THING_PERSON : THING_GENRE, ids, n, a, ret, ret_n, reterr);
    for (size_t i = 0; i < n; i++)
        titles[i].v = ids[i];
    return catalog_words(tx, titles, n, a, ret, ret_n, reterr);
}

int index_put(struct tx *tx, enum index_what what, const struct id *ids, size_t n, const struct word_set *known,
              struct word_set *fresh, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 20);
    struct title_words *words;
    size_t n_words;
    assert(n <= BATCH);
    word_set_clear(fresh); /* of an attempt that was broken off */
    int rc = words_of(tx, what, ids, n, &a, &words, &n_words, reterr);
    if (rc < 0)
        return rc;
    struct batch b = {json_array(), json_array(), json_array(), json_array(), json_array(), known, fresh};
    for (size_t i = 0; i < n; i++) {
        rows_add(b.refs, json_pack("[o]", json_str(id_str(&ids[i]))));
        if (!is_among(words, n_words, &ids[i]))
            rows_add(b.gone, json_pack("[o]", json_str(id_str(&ids[i]))));
    }
    for (size_t i = 0; rc == 0 && i < n_words; i++)
        rc = doc_put(&b, &words[i], reterr);
    if (rc == 0)
        rc = batch_write(tx, &b, &a, reterr);
    json_decref(b.refs);
    json_decref(b.docs);
    json_decref(b.names);
    json_decref(b.words);
    json_decref(b.gone);
    return rc;
}
