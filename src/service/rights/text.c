/*
 * text.c - a title's windows as the text in its own row, which Play reads with whatever else it asks of the title; and
 * the countries of a moment, for the lists. A window is a line of fields parted by tabs:
 *   G or H, territories, except, platforms, models, start, end        (decimal numbers)
 */
#include "service/rights/rights_int.h"
#include "base/buf.h"

enum { TEXT_MAX = 256 << 10 };

struct str rights_text(const struct rights_window *v, size_t n, struct arena *a) {
    scoped(buf_done) struct buf b = BUF(TEXT_MAX);
    for (size_t i = 0; i < n; i++)
        buf_addf(&b, "%c\t" STR_FMT "\t" STR_FMT "\t%u\t%u\t%lld\t%lld\n", v[i].holdback ? 'H' : 'G',
                 STR_ARG(v[i].territories), STR_ARG(v[i].except), v[i].platforms, v[i].models,
                 (long long)v[i].starts_ms, (long long)v[i].ends_ms);
    if (b.failed)
        return STR_NULL;
    return b.n ? str_dup(a, buf_str(&b)) : STR("");
}

static bool number_read(struct str *line, int64_t *ret) {
    struct str one;
    *line = str_cut(*line, '\t', &one);
    return str_to_i64(one, ret);
}

static bool window_read(struct str line, struct rights_window *ret) {
    struct rights_window w = {0};
    struct str kind;
    int64_t platforms, models;
    line = str_cut(line, '\t', &kind);
    line = str_cut(line, '\t', &w.territories);
    line = str_cut(line, '\t', &w.except);
    if (!number_read(&line, &platforms) || !number_read(&line, &models) || !number_read(&line, &w.starts_ms) ||
        !number_read(&line, &w.ends_ms) || line.p || (!str_eq(kind, STR("G")) && !str_eq(kind, STR("H"))))
        return false;
    w.holdback = kind.p[0] == 'H';
    w.platforms = (unsigned)platforms & PLATFORMS_ALL;
    w.models = (unsigned)models & MODELS_ALL;
    *ret = w;
    return true;
}

int rights_text_read(struct str text, struct arena *a, struct rights_level *ret, struct err *reterr) {
    size_t n = 0, lines = 0;
    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    struct rights_window *v = lines ? arena_news(a, struct rights_window, lines) : NULL;
    if (lines && !v)
        return err_set(reterr, ERR_LIMIT, "no room for %zu windows", lines);
    while (text.n) {
        struct str line;
        text = str_cut(text, '\n', &line);
        if (n == lines || !window_read(line, &v[n++])) /* rather no film than one without its rights */
            return err_set(reterr, ERR_CORRUPT, "title.rights is damaged: save the title's rights again");
    }
    *ret = (struct rights_level){v, n};
    return 0;
}

/* ---- Where ---- */

enum { LETTERS = 26, CODES = LETTERS * LETTERS };

/* Of every two letters, so that no list of countries has to be kept up to date. */
static struct str code_of(size_t i, char dst[2]) {
    dst[0] = (char)('A' + i / LETTERS);
    dst[1] = (char)('A' + i % LETTERS);
    return str_make(dst, 2);
}

static void codes_add(struct buf *b, const bool in[CODES], bool which) {
    char code[2];
    for (size_t i = 0; i < CODES; i++)
        if (in[i] == which) {
            if (b->n && b->p[b->n - 1] != '!')
                buf_byte(b, ' ');
            buf_add(b, code_of(i, code));
        }
}

int rights_places(const struct rights_level *own, int64_t at, struct arena *a, struct title_places *ret,
                  struct err *reterr) {
    scoped(buf_done) struct buf name = BUF(CODES * 3 + 1), list = BUF(CODES * 3 + 4);
    bool in[CODES];
    size_t count = 0;
    char code[2];
    bool unknown = rights_pairs(own, at, STR(""), false) != 0;
    for (size_t i = 0; i < CODES; i++)
        count += in[i] = rights_pairs(own, at, code_of(i, code), false) != 0;
    if (count == CODES && unknown)
        buf_addc(&name, "*");
    else if (!count)
        buf_addc(&name, "-");
    else if (count > CODES / 2)
        buf_addc(&name, "!");
    if (!name.n || name.p[0] == '!')
        codes_add(&name, in, !name.n);
    codes_add(&list, in, true);
    if (unknown)
        buf_addc(&list, list.n ? " " CATALOG_NOWHERE : CATALOG_NOWHERE);
    ret->name = str_dup(a, buf_str(&name));
    ret->countries = list.n ? str_dup(a, buf_str(&list)) : STR("");
    return name.failed || list.failed || !ret->name.p || !ret->countries.p
               ? err_set(reterr, ERR_LIMIT, "no room for the places of a title")
               : 0;
}
