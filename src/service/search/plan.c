/* plan.c - a query as words and as expressions. */
#include "service/search/plan.h"

struct str word_number(struct str text) {
    /* I, V and X by themselves are words and letters more often than numbers. */
    static const struct {
        const char *roman, *digits;
    } numbers[] = {{"ii", "2"}, {"iii", "3"}, {"iv", "4"}, {"vi", "6"}, {"vii", "7"}, {"viii", "8"}, {"ix", "9"}, {"xi", "11"}, {"xii", "12"}, {"xiii", "13"}};
    if (text.n < 2 || text.n > 4 || (text.p[0] != 'i' && text.p[0] != 'v' && text.p[0] != 'x'))
        return STR_NULL;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        if (str_eq(text, str_of(numbers[i].roman)))
            return str_of(numbers[i].digits);
    return STR_NULL;
}

/* ---- Words ---- */

static int form_make(struct str text, bool open, struct arena *a, struct plan_form *f, struct err *reterr) {
    struct str rest = text;
    while (f->n < PLAN_WORDS && word_next(&rest, &f->word[f->n].w))
        f->n++;
    for (size_t i = 0; i < f->n; i++) {
        struct plan_word *pw = &f->word[i];
        pattern_init(&pw->pattern, pw->w.c, pw->w.n);
        uint32_t syllables[FOLD_WORD_MAX];
        pattern_init(&pw->syllables, syllables, word_syllables(&pw->w, syllables, NULL));
        pw->n_sound = word_sound(&pw->w, pw->sound);
        pw->number = word_number(pw->w.text);
        pw->prefix = open && i + 1 == f->n;
    }
    f->n_squeezed = letters_squeezed(text, f->squeezed, PATTERN_MAX);
    f->no_blanks = alike_is(f->squeezed, f->n_squeezed);
    pattern_init(&f->pattern, f->squeezed, f->n_squeezed);
    scoped(buf_done) struct buf key = BUF(1024);
    letters_add(&key, f->squeezed, MIN(f->n_squeezed, (size_t)FOLD_WORD_MAX));
    f->key = str_dup(a, buf_str(&key));
    return key.failed || a->failed ? err_set(reterr, ERR_LIMIT, "no room for a query") : 0;
}

int plan_read(struct str q, struct arena *a, struct plan *ret, struct err *reterr) {
    struct folded folded;
    *ret = (struct plan){0};
    int rc = search_fold(q, a, &folded, reterr);
    if (rc || !folded.text.n)
        return rc;
    bool open = q.p[q.n - 1] != ' '; /* a blank behind it: the word is done */
    rc = form_make(folded.text, open, a, &ret->own, reterr);
    if (rc == 0 && folded.latin.n)
        rc = form_make(folded.latin, open, a, &ret->latin, reterr);
    return rc;
}

/* ---- Tokens ---- */

void word_tokens(const struct word *w, struct buf *out) {
    if (w->kind == WORD_ALPHA || (w->kind == WORD_RUN && w->n == 1)) {
        buf_byte(out, ' ');
        letters_add(out, w->c, w->n);
        struct str number = w->kind == WORD_ALPHA ? word_number(w->text) : STR_NULL;
        if (number.n) {
            buf_byte(out, ' ');
            buf_add(out, number);
        }
        return;
    }
    size_t wide = w->kind == WORD_HAN ? 1 : 2;
    for (size_t i = 0; i + wide <= w->n; i++) {
        buf_byte(out, ' ');
        letters_add(out, w->c + i, wide);
    }
}

/* Of Hangul a whole syllable is what is wrong: each is left out once. */
static void syllable_tokens(const struct word *w, struct buf *out) {
    uint32_t syllables[FOLD_WORD_MAX];
    uint8_t begin[FOLD_WORD_MAX + 1];
    size_t n = word_syllables(w, syllables, begin);
    begin[n] = (uint8_t)w->n;
    for (size_t i = 0; n > 1 && i < n; i++) {
        buf_byte(out, ' ');
        letters_add(out, w->c, begin[i]);
        letters_add(out, w->c + begin[i + 1], w->n - begin[i + 1]);
    }
}

void near_tokens(const struct word *w, struct buf *out) {
    char sound[FOLD_WORD_MAX];
    uint32_t less[FOLD_WORD_MAX];
    if (w->kind != WORD_ALPHA || w->n < NEAR_LETTERS_MIN || w->n > NEAR_LETTERS_MAX)
        return;
    letters_add(out, w->c, w->n);
    for (size_t i = 0; i < w->n; i++) {
        if (i && w->c[i] == w->c[i - 1])
            continue; /* of a pair either gives the same */
        memcpy(less, w->c, i * sizeof *less);
        memcpy(less + i, w->c + i + 1, (w->n - i - 1) * sizeof *less);
        buf_byte(out, ' ');
        letters_add(out, less, w->n - 1);
    }
    size_t n = word_sound(w, sound);
    if (n) {
        buf_addc(out, " _s");
        buf_mem(out, sound, n);
    }
    syllable_tokens(w, out);
}

/* ---- Expressions ---- */

struct pen {
    struct buf *out;
    enum dialect d;
    struct str space;
};

static void term(struct pen *p, struct str token, bool prefix) {
    buf_byte(p->out, p->d == DIALECT_FTS5 ? '"' : '\'');
    buf_add(p->out, p->space);
    buf_add(p->out, token);
    buf_byte(p->out, p->d == DIALECT_FTS5 ? '"' : '\'');
    if (prefix)
        buf_addc(p->out, p->d == DIALECT_FTS5 ? " *" : ":*");
}

static void and_(struct pen *p) {
    buf_addc(p->out, p->d == DIALECT_FTS5 ? " AND " : " & ");
}

static void or_(struct pen *p) {
    buf_addc(p->out, p->d == DIALECT_FTS5 ? " OR " : " | ");
}

/* The letters from..to of a word without blanks, each token of them. */
static void grams(struct pen *p, const struct word *w, size_t from, size_t to, size_t without) {
    size_t wide = w->kind == WORD_HAN || to - from == 1 ? 1 : 2;
    bool any = false;
    buf_byte(p->out, '(');
    for (size_t i = from; i + wide <= to; i++) {
        if (i == without)
            continue;
        scoped(buf_done) struct buf token = BUF(32);
        letters_add(&token, w->c + i, wide);
        if (any)
            and_(p);
        term(p, buf_str(&token), false);
        any = true;
    }
    buf_byte(p->out, ')');
}

#define NONE SIZE_MAX
enum { EACH_MAX = 8, PREFIX_LONG = 5 };

/* Of the first letter of the ith of k pieces. */
static size_t piece(const struct word *w, size_t i, size_t k) {
    return w->n * i / k;
}

/* A slip is in one of the pieces: another is right. In a long text there may be two slips: of four pieces two are right. */
static void pieces_near(struct pen *p, const struct word *w) {
    size_t k = w->n < 6 ? 2 : w->n < 9 ? 3 : 4;
    for (size_t i = 0; i < k; i++) {
        for (size_t j = k == 4 ? i + 1 : i; j < (k == 4 ? k : i + 1); j++) {
            or_(p);
            buf_byte(p->out, '(');
            grams(p, w, piece(w, i, k), piece(w, i + 1, k), NONE);
            if (j != i) {
                and_(p);
                grams(p, w, piece(w, j, k), piece(w, j + 1, k), NONE);
            }
            buf_byte(p->out, ')');
        }
    }
}

/* Of a few signs all but one are right. */
static void grams_near(struct pen *p, const struct word *w) {
    buf_byte(p->out, '(');
    grams(p, w, 0, w->n, NONE);
    if (w->kind == WORD_HAN && w->n >= 3 && w->n <= EACH_MAX) {
        for (size_t i = 0; i < w->n; i++) {
            or_(p);
            grams(p, w, 0, w->n, i);
        }
    } else if (w->kind == WORD_RUN && w->n == 3) {
        or_(p);
        grams(p, w, 0, 2, NONE);
        or_(p);
        grams(p, w, 1, 3, NONE);
    } else if (w->n >= 4) {
        pieces_near(p, w);
    }
    buf_byte(p->out, ')');
}

static void alpha(struct pen *p, const struct plan_word *pw, enum plan_pass pass, size_t letters_min) {
    size_t n_near = pass == PASS_NEAR || (pass == PASS_UNKNOWN && !pw->known) ? pw->n_near : 0;
    buf_byte(p->out, '(');
    term(p, pw->w.text, pw->prefix && pass != PASS_WHOLE && pw->w.n >= letters_min);
    if (pw->number.n) {
        or_(p);
        term(p, pw->number, false);
    }
    for (size_t i = 0; i < n_near; i++) {
        or_(p);
        term(p, pw->near[i], false);
    }
    buf_byte(p->out, ')');
}

/* A letter or two that may go on are in half of the catalogue: what the other words find is looked at for them. GIN reads all
 * that begins so before it looks at the others, which is much for three letters and four; FTS5 has an index of those. Where
 * it may be another word it is asked for as one that is whole. */
static bool word_asks(const struct plan_word *pw, enum plan_pass pass, size_t letters_min) {
    if (pw->w.kind == WORD_HAN)
        return true;
    if (pw->w.kind == WORD_RUN)
        return pw->w.n >= 2;
    return !pw->prefix || pw->w.n >= (pass == PASS_EXACT ? letters_min : 3);
}

static bool any_asks(const struct plan_form *f, enum plan_pass pass, size_t without, size_t letters_min) {
    for (size_t i = 0; i < f->n; i++)
        if (i != without && word_asks(&f->word[i], pass, letters_min))
            return true;
    return false;
}

bool plan_goes_on(const struct plan_form *f) {
    const struct plan_word *last = &f->word[MAX(f->n, 1u) - 1];
    return f->n && last->prefix && last->w.kind == WORD_ALPHA && (f->n > 1 || last->w.n >= 3);
}

static bool form_match(struct pen *p, const struct plan_form *f, enum plan_pass pass, size_t without) {
    size_t begin = p->out->n, letters_min = p->d == DIALECT_TSQUERY && any_asks(f, pass, without, PREFIX_LONG) ? PREFIX_LONG : 3;
    bool any = false;
    buf_byte(p->out, '(');
    for (size_t i = 0; i < f->n; i++) {
        const struct plan_word *pw = &f->word[i];
        if (i == without || !word_asks(pw, pass, letters_min))
            continue;
        if (any)
            and_(p);
        if (pw->w.kind == WORD_ALPHA)
            alpha(p, pw, pass, letters_min);
        else if (pass >= PASS_NEAR)
            grams_near(p, &pw->w);
        else
            grams(p, &pw->w, 0, pw->w.n, NONE);
        any = true;
    }
    buf_byte(p->out, ')');
    if (!any)
        p->out->n = begin;
    return any;
}

bool plan_match(const struct plan_form *f, const struct speech *to, enum plan_pass pass, struct buf *out) {
    struct pen p = {out, to->d, to->space};
    return form_match(&p, f, pass, NONE);
}

bool plan_match_without(const struct plan_form *f, const struct speech *to, size_t without, struct buf *out) {
    struct pen p = {out, to->d, to->space};
    return form_match(&p, f, PASS_UNKNOWN, without);
}

/* Any of these tokens, each with a blank before it. */
static bool any_of(struct pen *p, struct str tokens) {
    bool any = false;
    for (struct str rest = tokens, token; rest.n;) {
        rest = str_cut(rest, ' ', &token);
        if (!token.n)
            continue;
        if (any)
            or_(p);
        term(p, token, false);
        any = true;
    }
    return any;
}

bool plan_alike(const struct plan_form *f, const struct speech *to, enum alike_part part, struct buf *out) {
    scoped(buf_done) struct buf tokens = BUF(4 << 10);
    struct pen p = {out, to->d, to->space};
    if (!alike_tokens(f->squeezed, f->n_squeezed, part, &tokens))
        return false;
    if (out->n)
        and_(&p);
    buf_byte(out, '(');
    any_of(&p, buf_str(&tokens));
    buf_byte(out, ')');
    return true;
}

void plan_filter(struct buf *out, enum dialect d, const struct str *tokens, size_t n) {
    struct pen p = {out, d, STR("")};
    if (!n)
        return;
    if (out->n)
        and_(&p);
    buf_byte(out, '(');
    for (size_t i = 0; i < n; i++) {
        if (i)
            or_(&p);
        term(&p, tokens[i], false);
    }
    buf_byte(out, ')');
}

bool near_match(const struct word *w, enum dialect d, struct buf *out) {
    scoped(buf_done) struct buf tokens = BUF(16 << 10);
    struct pen p = {out, d, STR("")};
    near_tokens(w, &tokens);
    return any_of(&p, buf_str(&tokens));
}

/* ---- Words that are near ---- */

int word_slips(size_t n) {
    return n < 3 ? 0 : n < 6 ? 1 : n < 12 ? 2 : 3;
}

bool sounds_alike(const struct plan_word *pw, const struct word *w, uint64_t letters) {
    char sound[FOLD_WORD_MAX];
    /* What differs in so many letters is not worth the look. */
    if (!pw->n_sound || w->c[0] >= 0x80 || w->n > pw->w.n + 4 || pw->w.n > w->n + 4 ||
        __builtin_popcountll(pw->pattern.letters ^ letters) > 6)
        return false;
    return word_sound(w, sound) == pw->n_sound && memcmp(sound, pw->sound, pw->n_sound) == 0;
}

bool syllables_alike(const struct plan_word *pw, const struct word *w) {
    uint32_t syllables[FOLD_WORD_MAX];
    size_t n = pw->syllables.n > 1 ? word_syllables(w, syllables, NULL) : 0;
    return n && pattern_distance(&pw->syllables, syllables, n).whole <= 1;
}

void plan_near_take(struct plan_word *pw, const struct str *found, size_t n) {
    int cost[PLAN_NEAR];
    pw->n_near = 0;
    for (size_t i = 0; i < n; i++) {
        struct word w;
        struct str rest = found[i];
        if (!word_next(&rest, &w))
            continue;
        if (str_eq(w.text, pw->w.text)) {
            pw->known = true;
            continue;
        }
        int d = pattern_distance(&pw->pattern, w.c, w.n).whole;
        if (d > word_slips(MIN(pw->w.n, w.n)) && !sounds_alike(pw, &w, letters_of(w.c, w.n)) && !syllables_alike(pw, &w))
            continue;
        int mine = d * 2 + (w.c[0] != pw->w.c[0]); /* a slip is rarely of the first letter */
        size_t at = pw->n_near;
        if (at == PLAN_NEAR && mine >= cost[at - 1])
            continue;
        at = MIN(at, (size_t)PLAN_NEAR - 1);
        for (; at && cost[at - 1] > mine; at--) {
            cost[at] = cost[at - 1];
            pw->near[at] = pw->near[at - 1];
        }
        cost[at] = mine;
        pw->near[at] = found[i];
        pw->n_near = MIN(pw->n_near + 1, (size_t)PLAN_NEAR);
    }
}
