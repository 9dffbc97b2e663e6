/* language.c - which of the languages we have suits who asks. */
#include "service/catalog/catalog_int.h"

enum { RANGES_MAX = 20 }; /* more preferences than that nobody has */

static bool range_matches(struct str range, struct str tag) {
    if (str_eq_nocase(range, tag) || str_eq(range, STR("*")))
        return true;
    /* "pt" takes "pt-BR", and "pt-BR" falls back on "pt" (lookup, from the end). */
    struct str longer = range.n > tag.n ? range : tag, shorter = range.n > tag.n ? tag : range;
    return shorter.n && longer.n > shorter.n && longer.p[shorter.n] == '-' &&
           str_eq_nocase(str_slice(longer, 0, shorter.n), shorter);
}

static double quality(struct str parameters) {
    struct str one;
    double q = 1;
    while (parameters.p) {
        parameters = str_cut(parameters, ';', &one);
        one = str_trim(one);
        if (str_starts(one, STR("q=")) && !str_to_f64(str_slice(one, 2, one.n), &q))
            q = 0;
    }
    return q;
}

int catalog_language_best(struct str accept, const struct str *offered, size_t n) {
    int best = -1;
    double best_q = 0;
    bool best_exact = false;
    for (int count = 0; accept.p && count < RANGES_MAX; count++) {
        struct str item, range;
        accept = str_cut(accept, ',', &item);
        double q = quality(str_cut(item, ';', &range));
        range = str_trim(range);
        for (size_t i = 0; i < n; i++) {
            bool exact = str_eq_nocase(range, offered[i]);
            if (!range_matches(range, offered[i]) || q <= 0)
                continue;
            if (best < 0 || q > best_q || (q == best_q && exact && !best_exact)) {
                best = (int)i;
                best_q = q;
                best_exact = exact;
            }
        }
    }
    return best;
}
