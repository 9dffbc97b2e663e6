/*
 * invoice_pdf.c - invoices and credit notes as PDF, with the figures of the HTML page (invoice_html.c).
 * Pango lays the text out, so that a name in any script is shaped and its font embedded; a letter that
 * no installed font has is a box with its number, never a lost one. The same invoice is the same bytes:
 * the document's date is the invoice's own. A table that is longer than its page goes on on the next
 * one under the same head.
 */
#include "service/billing/billing_int.h"
#include "base/buf.h"
#include <cairo-pdf.h>
#include <inttypes.h>
#include <pango/pangocairo.h>
#include <pthread.h>

/* Points, 1/72 inch; A4. */
#define PAGE_W 595.0
#define PAGE_H 842.0
#define MARGIN 56.0
#define FOOT_H 30.0
#define GAP 5.0
enum { COLUMNS = 4, PDF_MAX = 8 << 20 };
static const double column_x[COLUMNS] = {MARGIN, 280, 405, 475};
static const double column_w[COLUMNS] = {218, 119, 64, 64};

struct sheet {
    cairo_t *cr;
    PangoLayout *layout;
    double y;
    int page;
    struct str title;
    const char *const *head; /* of the table that is being written: again on each page */
};

static cairo_status_t sheet_write(void *arg, const unsigned char *data, unsigned int n) {
    struct buf *out = arg;
    buf_mem(out, data, n);
    return out->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

static void text_set(struct sheet *s, struct str text, double width, bool right, const char *font) {
    PangoFontDescription *f = pango_font_description_from_string(font);
    pango_layout_set_font_description(s->layout, f);
    pango_font_description_free(f);
    pango_layout_set_width(s->layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(s->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(s->layout, right ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
    pango_layout_set_text(s->layout, text.p ? text.p : "", (int)text.n);
}

static double text_height(struct sheet *s) {
    int h;
    pango_layout_get_size(s->layout, NULL, &h);
    return (double)h / PANGO_SCALE;
}

static void text_show(struct sheet *s, double x, double y) {
    cairo_move_to(s->cr, x, y);
    pango_cairo_show_layout(s->cr, s->layout);
}

#define FONT "DejaVu Sans, WenQuanYi Micro Hei "

static void rule(struct sheet *s) {
    cairo_set_line_width(s->cr, 0.5);
    cairo_move_to(s->cr, MARGIN, s->y);
    cairo_line_to(s->cr, PAGE_W - MARGIN, s->y);
    cairo_stroke(s->cr);
    s->y += GAP;
}

static void page_end(struct sheet *s) {
    char text[32];
    snprintf(text, sizeof text, "page %d", s->page);
    text_set(s, s->title, PAGE_W - 2 * MARGIN - 60, false, FONT "8");
    text_show(s, MARGIN, PAGE_H - MARGIN);
    text_set(s, str_of(text), 60, true, FONT "8");
    text_show(s, PAGE_W - MARGIN - 60, PAGE_H - MARGIN);
    cairo_show_page(s->cr);
}

static void head_row(struct sheet *s) {
    for (int i = 0; i < COLUMNS; i++) {
        text_set(s, str_of(s->head[i]), column_w[i], i > 1, FONT "Bold 9");
        text_show(s, column_x[i], s->y);
    }
    s->y += text_height(s) + GAP;
    rule(s);
}

static void room_for(struct sheet *s, double height) {
    if (s->y + height <= PAGE_H - MARGIN - FOOT_H)
        return;
    page_end(s);
    s->page++;
    s->y = MARGIN;
    if (s->head)
        head_row(s);
}

static void paragraph(struct sheet *s, struct str text, const char *font) {
    text_set(s, text, PAGE_W - 2 * MARGIN, false, font);
    double h = text_height(s);
    room_for(s, h);
    text_set(s, text, PAGE_W - 2 * MARGIN, false, font); /* a new page's head may have come between */
    text_show(s, MARGIN, s->y);
    s->y += h + GAP;
}

static void row(struct sheet *s, const struct str cell[COLUMNS], const char *font) {
    double height = 0;
    for (int i = 0; i < COLUMNS; i++) {
        text_set(s, cell[i], column_w[i], i > 1, font);
        height = MAX(height, text_height(s));
    }
    room_for(s, height);
    for (int i = 0; i < COLUMNS; i++) {
        text_set(s, cell[i], column_w[i], i > 1, font);
        text_show(s, column_x[i], s->y);
    }
    s->y += height + GAP;
}

static struct str amount(struct arena *a, int64_t minor, struct currency c) {
    char text[MONEY_TEXT_CAP];
    money_write((struct money){minor, c}, text);
    return str_dup(a, str_of(text));
}

static struct str day(struct arena *a, int64_t ms) {
    char text[RFC3339_LEN + 1];
    rfc3339_write(ms, text);
    return str_dup(a, str_make(text, 10));
}

static void sum_row(struct sheet *s, struct str what, struct str sum) {
    room_for(s, 14);
    text_set(s, what, column_x[2] - MARGIN - GAP, true, FONT "9");
    double h = text_height(s);
    text_show(s, MARGIN, s->y);
    text_set(s, sum, column_x[3] + column_w[3] - column_x[2], true, FONT "9");
    text_show(s, column_x[2], s->y);
    s->y += h + GAP;
}

static struct str tax_words(const struct invoice *i, struct arena *a) {
    return str_printf(a, STR_FMT " %" PRId64 ".%02" PRId64 " %%", STR_ARG(i->tax_name), i->tax_bp / 100,
                      i->tax_bp % 100);
}

static void lines_write(struct sheet *s, const struct invoice *i, const struct rows *r, struct arena *a) {
    static const char *const head[COLUMNS] = {"What", "Period", "Net", "Tax"};
    s->head = head;
    head_row(s);
    for (size_t n = 0; n < r->n; n++) {
        struct str period = STR("");
        if (row_i64(r, n, 4))
            period = str_printf(a, STR_FMT " to " STR_FMT, STR_ARG(day(a, row_i64(r, n, 4))),
                                STR_ARG(day(a, row_i64(r, n, 5))));
        struct str cells[COLUMNS] = {row_str(r, n, 1), period, amount(a, row_i64(r, n, 2), i->currency),
                                     amount(a, row_i64(r, n, 3), i->currency)};
        row(s, cells, FONT "9");
    }
    s->head = NULL;
    rule(s);
    sum_row(s, STR("Net"), amount(a, i->net, i->currency));
    if (i->tax_bp)
        sum_row(s, tax_words(i, a), amount(a, i->tax, i->currency));
    sum_row(s, STR("Total"), amount(a, i->total, i->currency));
    if (i->credit)
        sum_row(s, STR("Paid from credit"), amount(a, i->credit, i->currency));
    sum_row(s, STR("Paid"), amount(a, i->due, i->currency));
}

static void note_write(struct sheet *s, const struct invoice *i, const struct rows *r, size_t n,
                       struct arena *a) {
    struct currency c = i->currency;
    paragraph(s, str_printf(a, STR_FMT ": " STR_FMT, STR_ARG(day(a, row_i64(r, n, 5))), STR_ARG(row_str(r, n, 4))),
              FONT "9");
    sum_row(s, STR("Net"), amount(a, row_i64(r, n, 1), c));
    if (i->tax_bp)
        sum_row(s, tax_words(i, a), amount(a, row_i64(r, n, 2), c));
    sum_row(s, STR("Given back"), amount(a, row_i64(r, n, 3), c));
    if (row_i64(r, n, 6))
        paragraph(s, str_printf(a, "Cancelled on " STR_FMT ": the payer's bank did not take the money.",
                                STR_ARG(day(a, row_i64(r, n, 6)))), FONT "Bold 9");
}

static void heading(struct sheet *s, const struct engine *e, const struct invoice *i, int64_t at_ms,
                    struct arena *a) {
    paragraph(s, s->title, FONT "Bold 18");
    s->y += GAP;
    paragraph(s, str_of(e->config ? config_str(e->config, "billing-seller") : ""), FONT "10");
    paragraph(s, str_printf(a, "Date: " STR_FMT, STR_ARG(day(a, at_ms))), FONT "10");
    if (i->buyer.n)
        paragraph(s, str_printf(a, "To: " STR_FMT, STR_ARG(i->buyer)), FONT "10");
    s->y += 3 * GAP;
}

struct document {
    const struct engine *e;
    const struct invoice *invoice;
    struct rows lines, notes;
    bool note; /* notes' first row is the document, not an appendix */
};

static void document_write(struct sheet *s, const struct document *d, struct arena *a) {
    const struct invoice *i = d->invoice;
    heading(s, d->e, i, d->note ? row_i64(&d->notes, 0, 5) : i->paid_ms, a);
    if (d->note) {
        paragraph(s, str_printf(a, "For invoice %" PRId64 " of " STR_FMT, i->number, STR_ARG(day(a, i->paid_ms))),
                  FONT "10");
        note_write(s, i, &d->notes, 0, a);
    } else {
        lines_write(s, i, &d->lines, a);
        for (size_t n = 0; n < d->notes.n; n++) {
            s->y += 2 * GAP;
            paragraph(s, str_printf(a, "Credit note %" PRId64, row_i64(&d->notes, n, 0)), FONT "Bold 11");
            note_write(s, i, &d->notes, n, a);
        }
    }
    page_end(s);
}

/* Pango's fonts are not for several threads at a time. */
static pthread_mutex_t fonts = PTHREAD_MUTEX_INITIALIZER;

static int document_render(const struct document *d, struct arena *a, struct str *ret, struct err *reterr) {
    scoped(buf_done) struct buf out = BUF(PDF_MAX);
    char at[RFC3339_LEN + 1];
    int64_t at_ms = d->note ? row_i64(&d->notes, 0, 5) : d->invoice->paid_ms;
    struct sheet s = {.y = MARGIN, .page = 1};
    s.title = d->note ? str_printf(a, "Credit note %" PRId64, row_i64(&d->notes, 0, 0))
                      : str_printf(a, "Invoice %" PRId64, d->invoice->number);
    rfc3339_write(at_ms, at);
    pthread_mutex_lock(&fonts);
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(sheet_write, &out, PAGE_W, PAGE_H);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, at);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, s.title.p ? s.title.p : "");
    s.cr = cairo_create(surface);
    s.layout = pango_cairo_create_layout(s.cr);
    document_write(&s, d, a);
    g_object_unref(s.layout);
    cairo_destroy(s.cr);
    cairo_surface_finish(surface);
    bool ok = cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS && !out.failed;
    cairo_surface_destroy(surface);
    pthread_mutex_unlock(&fonts);
    *ret = ok ? str_dup(a, buf_str(&out)) : STR_NULL;
    return ret->p ? 0 : err_set(reterr, ERR_LIMIT, "the PDF of an invoice is too large");
}

int invoice_pdf(const struct engine *e, const struct invoice *i, struct arena *a, struct str *ret,
                struct err *reterr) {
    struct document d = {.e = e, .invoice = i};
    int rc = store_query(e->store, &billing_sql[INVOICE_LINES], ARGS(A_ID(i->id)), a, &d.lines, reterr);
    if (rc >= 0)
        rc = store_query(e->store, &billing_sql[NOTES_OF_INVOICE], ARGS(A_ID(i->id)), a, &d.notes, reterr);
    return rc < 0 ? rc : document_render(&d, a, ret, reterr);
}

int credit_note_pdf(const struct engine *e, const struct invoice *i, int64_t number, struct arena *a,
                    struct str *ret, struct err *reterr) {
    struct document d = {.e = e, .invoice = i, .note = true};
    int rc = store_query(e->store, &billing_sql[NOTE_OF_INVOICE], ARGS(A_ID(i->id), A_I64(number)), a,
                         &d.notes, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "billing.credit_note_not_found",
                          "There is no such credit note.", "no such credit note of this invoice");
    return rc < 0 ? rc : document_render(&d, a, ret, reterr);
}
