/* invoice_text.c - see invoice_int.h. */
#include "service/billing/invoice_int.h"
#include <inttypes.h>

struct str invoice_number(struct arena *a, int64_t number) {
    return str_printf(a, "%" PRId64, number);
}

struct str invoice_line_text(struct arena *a, const struct language *l, const struct rows *r, size_t n) {
    struct str kind = row_str(r, n, 0), text = row_str(r, n, 1);
    if (str_eq(kind, STR("unused")))
        return words_say(a, l, WORD_LINE_UNUSED, NULL);
    if (str_eq(kind, STR("discount")) && str_starts(text, STR("Coupon ")))
        return words_say(a, l, WORD_LINE_COUPON, FACTS({"code", str_slice(text, sizeof "Coupon " - 1, text.n)}));
    return text;
}

struct str invoice_line_period(struct arena *a, const struct language *l, const struct rows *r, size_t n) {
    if (!row_i64(r, n, 4))
        return STR("");
    return words_say(a, l, WORD_FROM_TO,
                     FACTS({"from", words_date_short(a, l, row_i64(r, n, 4))}, {"to", words_date_short(a, l, row_i64(r, n, 5))}));
}
