/* invoice_html.c - an invoice as a page of its own: no script, no picture, prints on one sheet. */
#include "service/billing/billing_int.h"
#include "base/buf.h"
#include <inttypes.h>

static void amount(struct buf *b, int64_t minor, struct currency c) {
    char text[MONEY_TEXT_CAP];
    money_write((struct money){minor, c}, text);
    buf_addf(b, "<td class=\"n\">%s</td>", text);
}

static void day(struct buf *b, int64_t ms) {
    char text[RFC3339_LEN + 1];
    rfc3339_write(ms, text);
    buf_add(b, str_make(text, 10));
}

static void head(struct buf *b, const struct invoice *i, struct str seller) {
    buf_addc(b, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
                "<meta name=\"viewport\" content=\"width=device-width\"><title>Invoice ");
    buf_addf(b, "%" PRId64 "</title></head><body><h1>Invoice %" PRId64 "</h1><p>", i->number,
             i->number);
    buf_xml(b, seller);
    buf_addc(b, "</p><p>Date: ");
    day(b, i->paid_ms);
    buf_addc(b, "</p>");
    if (i->buyer.n) {
        buf_addc(b, "<p>To: ");
        buf_xml(b, i->buyer);
        buf_addc(b, "</p>");
    }
}

static void lines(struct buf *b, const struct invoice *i, const struct rows *r) {
    buf_addc(b, "<table><thead><tr><th>What</th><th>Period</th><th>Net</th><th>Tax</th></tr></thead>"
                "<tbody>");
    for (size_t n = 0; n < r->n; n++) {
        buf_addc(b, "<tr><td>");
        buf_xml(b, row_str(r, n, 1));
        buf_addc(b, "</td><td>");
        if (row_i64(r, n, 4)) {
            day(b, row_i64(r, n, 4));
            buf_addc(b, " to ");
            day(b, row_i64(r, n, 5));
        }
        buf_addc(b, "</td>");
        amount(b, row_i64(r, n, 2), i->currency);
        amount(b, row_i64(r, n, 3), i->currency);
        buf_addc(b, "</tr>");
    }
    buf_addc(b, "</tbody><tfoot>");
}

static void foot_row(struct buf *b, const char *what, int64_t minor, struct currency c) {
    buf_addf(b, "<tr><th colspan=\"3\">%s</th>", what);
    amount(b, minor, c);
    buf_addc(b, "</tr>");
}

static void foot(struct buf *b, const struct invoice *i, const struct rows *notes) {
    foot_row(b, "Net", i->net, i->currency);
    if (i->tax_bp) {
        buf_addc(b, "<tr><th colspan=\"3\">");
        buf_xml(b, i->tax_name);
        buf_addf(b, " %" PRId64 ".%02" PRId64 " %%</th>", i->tax_bp / 100, i->tax_bp % 100);
        amount(b, i->tax, i->currency);
        buf_addc(b, "</tr>");
    }
    foot_row(b, "Total", i->total, i->currency);
    if (i->credit)
        foot_row(b, "Paid from credit", i->credit, i->currency);
    foot_row(b, "Paid", i->due, i->currency);
    buf_addc(b, "</tfoot></table>");
    for (size_t n = 0; n < notes->n; n++) {
        buf_addf(b, "<h2>Credit note %" PRId64 "</h2><p>", row_i64(notes, n, 0));
        day(b, row_i64(notes, n, 5));
        buf_addc(b, ": ");
        buf_xml(b, row_str(notes, n, 4));
        buf_addc(b, "</p><table><tbody>");
        foot_row(b, "Given back", row_i64(notes, n, 3), i->currency);
        foot_row(b, "of which tax", row_i64(notes, n, 2), i->currency);
        buf_addc(b, "</tbody></table>");
    }
    buf_addc(b, "</body></html>\n");
}

int invoice_html(const struct engine *e, const struct invoice *i, struct arena *a, struct str *ret,
                 struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(256 << 10);
    struct rows r, notes;
    int rc =
        store_query(e->store, &billing_sql[INVOICE_LINES], ARGS(A_ID(i->id)), a, &r, reterr);
    if (rc >= 0)
        rc = store_query(e->store, &billing_sql[NOTES_OF_INVOICE], ARGS(A_ID(i->id)), a, &notes,
                         reterr);
    if (rc < 0)
        return rc;
    head(&b, i, str_of(e->config ? config_str(e->config, "billing-seller") : ""));
    lines(&b, i, &r);
    foot(&b, i, &notes);
    *ret = b.failed ? STR_NULL : str_dup(a, buf_str(&b));
    return ret->p ? 0 : err_set(reterr, ERR_LIMIT, "the page of an invoice is too large");
}
