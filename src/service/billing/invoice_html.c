/* invoice_html.c - an invoice as a page of its own, in the account's language: no script, no picture, prints on one sheet. */
#include "service/billing/invoice_int.h"
#include <inttypes.h>

struct page {
    struct buf *b;
    struct arena *a;
    const struct language *l;
    const struct invoice *i;
};

static void say(struct page *p, const char *before, enum word w, const struct fact *facts, const char *after) {
    buf_addc(p->b, before);
    buf_xml(p->b, words_say(p->a, p->l, w, facts));
    buf_addc(p->b, after);
}

static void amount(struct page *p, int64_t minor) {
    buf_addc(p->b, "<td class=\"n\">");
    buf_xml(p->b, words_amount(p->a, p->l, (struct money){minor, p->i->currency}));
    buf_addc(p->b, "</td>");
}

static void head(struct page *p, struct str seller) {
    struct fact number[] = {{"number", invoice_number(p->a, p->i->number)}, {NULL, {NULL, 0}}};
    buf_addf(p->b, "<!doctype html><html lang=\"%s\"><head><meta charset=\"utf-8\">"
                   "<meta name=\"viewport\" content=\"width=device-width\"><title>", p->l->tag);
    say(p, "", WORD_INVOICE, number, "</title></head><body>");
    say(p, "<h1>", WORD_INVOICE, number, "</h1><p>");
    buf_xml(p->b, seller);
    say(p, "</p><p>", WORD_DATE, FACTS({"date", words_date_short(p->a, p->l, p->i->paid_ms)}), "</p>");
    if (p->i->buyer.n)
        say(p, "<p>", WORD_TO, FACTS({"buyer", p->i->buyer}), "</p>");
}

static void lines(struct page *p, const struct rows *r) {
    static const enum word columns[] = {WORD_WHAT, WORD_PERIOD, WORD_NET, WORD_TAX};
    buf_addc(p->b, "<table><thead><tr>");
    for (size_t n = 0; n < ARRAY_LEN(columns); n++)
        say(p, "<th>", columns[n], NULL, "</th>");
    buf_addc(p->b, "</tr></thead><tbody>");
    for (size_t n = 0; n < r->n; n++) {
        buf_addc(p->b, "<tr><td>");
        buf_xml(p->b, invoice_line_text(p->a, p->l, r, n));
        buf_addc(p->b, "</td><td>");
        buf_xml(p->b, invoice_line_period(p->a, p->l, r, n));
        buf_addc(p->b, "</td>");
        amount(p, row_i64(r, n, 2));
        amount(p, row_i64(r, n, 3));
        buf_addc(p->b, "</tr>");
    }
    buf_addc(p->b, "</tbody><tfoot>");
}

static void foot_row(struct page *p, enum word w, const struct fact *facts, int64_t minor) {
    say(p, "<tr><th colspan=\"3\">", w, facts, "</th>");
    amount(p, minor);
    buf_addc(p->b, "</tr>");
}

static void note(struct page *p, const struct rows *notes, size_t n) {
    say(p, "<h2>", WORD_CREDIT_NOTE, FACTS({"number", invoice_number(p->a, row_i64(notes, n, 0))}), "</h2><p>");
    buf_xml(p->b, words_date_short(p->a, p->l, row_i64(notes, n, 5)));
    buf_addc(p->b, ": ");
    buf_xml(p->b, row_str(notes, n, 4));
    buf_addc(p->b, "</p><table><tbody>");
    foot_row(p, WORD_GIVEN_BACK, NULL, row_i64(notes, n, 3));
    foot_row(p, WORD_TAX_IN_IT, NULL, row_i64(notes, n, 2));
    buf_addc(p->b, "</tbody></table>");
    if (row_i64(notes, n, 6))
        say(p, "<p>", WORD_NOTE_CANCELLED, FACTS({"date", words_date_short(p->a, p->l, row_i64(notes, n, 6))}), "</p>");
}

static void foot(struct page *p, const struct rows *notes) {
    const struct invoice *i = p->i;
    foot_row(p, WORD_NET, NULL, i->net);
    if (i->tax_bp)
        foot_row(p, WORD_TAX_RATE, FACTS({"name", i->tax_name}, {"rate", words_rate(p->a, p->l, i->tax_bp)}), i->tax);
    foot_row(p, WORD_TOTAL, NULL, i->total);
    if (i->credit)
        foot_row(p, WORD_FROM_CREDIT, NULL, i->credit);
    foot_row(p, WORD_PAID, NULL, i->due);
    buf_addc(p->b, "</tfoot></table>");
    for (size_t n = 0; n < notes->n; n++)
        note(p, notes, n);
    buf_addc(p->b, "</body></html>\n");
}

int invoice_html(const struct engine *e, const struct invoice *i, struct arena *a, struct str *ret,
                 struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(256 << 10);
    struct rows r, notes;
    int rc = store_query(e->store, &billing_sql[INVOICE_LINES], ARGS(A_ID(i->id)), a, &r, reterr);
    if (rc >= 0)
        rc = store_query(e->store, &billing_sql[NOTES_OF_INVOICE], ARGS(A_ID(i->id)), a, &notes, reterr);
    if (rc < 0)
        return rc;
    struct page p = {&b, a, account_language(e, i->account), i};
    head(&p, str_of(e->config ? config_str(e->config, "billing-seller") : ""));
    lines(&p, &r);
    foot(&p, &notes);
    *ret = b.failed ? STR_NULL : str_dup(a, buf_str(&b));
    return ret->p ? 0 : err_set(reterr, ERR_LIMIT, "the page of an invoice is too large");
}
