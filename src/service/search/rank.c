/*
 * rank.c - points for a name: how much of the query it covers (78 of 100), how much of it the query covers (17), whether the
 * words stand in order (5). Beside that the query without its blanks is held against the name without its own: "spiderman"
 * is "Spider-Man", and languages without blanks have nothing else.
 */
#include "service/search/rank.h"

enum { NAME_WORDS = 24, FULL = 1000 };

struct name {
    struct word w[NAME_WORDS];
    uint64_t letters[NAME_WORDS];
    size_t n, n_letters;
};

static void name_read(struct str text, struct name *ret) {
    struct str rest = text;
    ret->n = ret->n_letters = 0;
    while (ret->n < NAME_WORDS && word_next(&rest, &ret->w[ret->n])) {
        struct word *w = &ret->w[ret->n];
        ret->letters[ret->n++] = letters_of(w->c, w->n);
        ret->n_letters += w->n;
    }
}

static bool starts_with(const struct word *w, const struct word *head) {
    return w->n >= head->n && memcmp(w->c, head->c, head->n * sizeof *w->c) == 0;
}

static int near_points(int d, size_t n) {
    return FULL * 95 / 100 - FULL * d / (int)MAX(n + 1, 4u);
}

/* Each letter that one has and the other lacks costs at least half a slip. */
static bool too_different(uint64_t a, uint64_t b, int slips) {
    return __builtin_popcountll(a ^ b) > 2 * slips;
}

static int alpha_points(const struct plan_word *q, const struct word *w, uint64_t letters) {
    if (q->w.n == w->n && starts_with(w, &q->w))
        return FULL;
    if (q->number.n && str_eq(q->number, w->text))
        return FULL;
    struct str number = word_number(w->text);
    if (number.n && str_eq(number, q->w.text))
        return FULL;
    if (q->prefix && starts_with(w, &q->w))
        return FULL * 90 / 100 + (int)(80 * q->w.n / w->n);
    int slips = word_slips(q->w.n), far = (int)w->n - (int)q->w.n;
    if (!slips)
        return 0;
    int points = 0;
    bool longer = far > slips; /* only its beginning can be meant */
    if (far >= -slips && (!longer || q->prefix) && (longer || !too_different(letters, q->pattern.letters, slips))) {
        struct distance d = pattern_distance(&q->pattern, w->c, w->n);
        if (d.whole <= slips)
            points = near_points(d.whole, MAX(q->w.n, w->n));
        else if (q->prefix && q->w.n >= 4 && d.prefix <= slips)
            points = near_points(d.prefix, q->w.n) - 80;
    }
    if (points < 800 && sounds_alike(q, w, letters))
        points = 820;
    if (points < 750 && syllables_alike(q, w))
        points = MAX(points, near_points(1, q->syllables.n * 2));
    return points;
}

/* A piece of text without blanks is anywhere in another. */
static int run_points(const struct plan_word *q, const struct word *w) {
    int d = pattern_within(&q->pattern, w->c, w->n), n = (int)q->w.n;
    if (d == 0)
        return q->w.n == w->n ? FULL : FULL * 96 / 100;
    return d * 2 <= n ? FULL * 95 / 100 - FULL * d / n : 0;
}

static int word_points(const struct plan_word *q, const struct word *w, uint64_t letters) {
    if ((q->w.kind == WORD_ALPHA) != (w->kind == WORD_ALPHA))
        return 0;
    return w->kind == WORD_ALPHA ? alpha_points(q, w, letters) : run_points(q, w);
}

struct sum {
    size_t typed, covered, named; /* letters of the query, those of it that were found in thousandths, of the name */
    size_t in_order;
    bool all;
};

static void sum_word(struct sum *s, const struct plan_word *q, const struct name *name, uint32_t *io_used, size_t *io_last) {
    int best = 0;
    size_t at = 0;
    for (size_t j = 0; j < name->n && best < FULL; j++) {
        int points = word_points(q, &name->w[j], name->letters[j]);
        if (*io_used >> j & 1 && name->w[j].kind == WORD_ALPHA)
            points = points * 8 / 10;
        if (points > best) {
            best = points;
            at = j;
        }
    }
    s->typed += q->w.n;
    s->covered += (size_t)best * q->w.n;
    s->all &= best >= FULL * 90 / 100;
    if (!best)
        return;
    if (!(*io_used >> at & 1))
        s->named += MIN(q->w.n, name->w[at].n) * (size_t)best / FULL;
    s->in_order += at + 1 > *io_last;
    *io_used |= (uint32_t)1 << at;
    *io_last = at + 1;
}

static struct score words_score(const struct plan_form *f, const struct name *name) {
    struct sum s = {.all = true};
    uint32_t used = 0;
    size_t last = 0;
    for (size_t i = 0; i < f->n; i++)
        sum_word(&s, &f->word[i], name, &used, &last);
    if (!s.typed || !name->n_letters)
        return (struct score){0};
    size_t cover = s.covered / s.typed, named = MIN(s.named * FULL / name->n_letters, (size_t)FULL);
    return (struct score){.points = (int)((cover * 78 + named * 17 + s.in_order * FULL / f->n * 5) / 100), .all = s.all};
}

static void squeezed_score(const struct plan_form *f, struct str text, const struct name *name, struct score *io) {
    uint32_t c[PATTERN_MAX];
    size_t n = MIN(name->n_letters, (size_t)PATTERN_MAX), typed = f->n_squeezed;
    uint64_t letters = 0;
    for (size_t i = 0; i < name->n; i++)
        letters |= name->letters[i];
    /* Far shorter, or without a third of the letters. */
    if (n + 2 + typed / 5 < typed || too_different(letters & f->pattern.letters, f->pattern.letters, (int)(2 + typed / 3) / 2))
        return;
    n = letters_squeezed(text, c, PATTERN_MAX);
    if (n >= typed && memcmp(c, f->squeezed, typed * sizeof *c) == 0) {
        int points = n == typed ? FULL : (int)(FULL * 90 / 100 + 90 * typed / n);
        if (n == typed || f->word[f->n - 1].prefix) {
            io->points = MAX(io->points, points);
            io->all = true;
        }
        return;
    }
    if (typed < (f->no_blanks ? 3u : 4u) || n > typed + 2 + typed / 5)
        return;
    int d = pattern_distance(&f->pattern, c, n).whole, similar = FULL - FULL * d / (int)MAX(typed, n);
    if (similar >= 700)
        io->points = MAX(io->points, similar * 96 / 100);
    else if (typed <= 6 && d == 1) /* one of three or four signs */
        io->points = MAX(io->points, similar * 90 / 100);
}

static struct score form_score(const struct plan_form *f, struct str text) {
    struct name name;
    name_read(text, &name);
    struct score s = words_score(f, &name);
    if (s.points < FULL)
        squeezed_score(f, text, &name, &s);
    s.name = text;
    return s;
}

static int weight_of(char letter) {
    switch (letter) {
#define X(letter_, weight, name)                                                                   \
    case letter_:                                                                                  \
        return weight;
        NAME_KINDS(X)
#undef X
    }
    return 0;
}

/* 0 for Latin letters, else a number that letters of one script share (Han and kana count as one). */
static uint32_t script_of(struct str text) {
    uint32_t c = 0;
    letters_squeezed(text, &c, 1);
    if (c < 0x80)
        return 0;
    return c >= 0x3041 && c <= 0x9FFF ? 0x3000 : c < 0x0E00 ? c >> 7 : c >> 8;
}

/* Letters against letters of the same script; where they differ, Latin ones against Latin ones. */
static struct score line_score(const struct plan *p, uint32_t typed, struct str own, struct str latin) {
    uint32_t script = script_of(own);
    struct score s;
    if (script == typed)
        return form_score(&p->own, own);
    if (!typed) {
        s = latin.n ? form_score(&p->own, latin) : (struct score){0};
        s.points = s.points * 98 / 100;
    } else {
        s = p->latin.n && (latin.n || !script) ? form_score(&p->latin, latin.n ? latin : own) : (struct score){0};
        s.points = s.points * 97 / 100;
    }
    s.latin = true;
    return s;
}

struct score rank_names(const struct plan *p, struct str names) {
    struct score best = {0};
    uint32_t typed = p->own.n ? script_of(p->own.key) : 0;
    for (struct str line, rest = names; rest.n;) {
        struct str own, latin, head;
        rest = str_cut(rest, '\n', &line);
        latin = str_cut(line, '\t', &head);
        latin = str_cut(latin, '\t', &own);
        if (head.n != 1 || !own.n)
            continue;
        struct score s = line_score(p, typed, own, latin);
        s.points = s.points * weight_of(head.p[0]) / FULL;
        bool all = best.all || s.all;
        if (s.points > best.points)
            best = s;
        best.all = all;
    }
    return best;
}

bool rank_corrected(const struct plan_form *f, struct str text, struct buf *out) {
    struct name name;
    bool changed = false;
    name_read(text, &name);
    for (size_t i = 0; i < f->n; i++) {
        const struct plan_word *q = &f->word[i];
        int best = 0;
        struct str as = q->w.text;
        for (size_t j = 0; j < name.n; j++) {
            int points = word_points(q, &name.w[j], name.letters[j]);
            if (points > best) {
                best = points;
                as = points < FULL * 90 / 100 && points >= 600 ? name.w[j].text : q->w.text;
            }
        }
        changed |= !str_eq(as, q->w.text);
        if (i)
            buf_byte(out, ' ');
        buf_add(out, as);
    }
    return changed;
}
