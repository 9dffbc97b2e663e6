/*
 * invoice_pdf.c - invoices and credit notes as PDF, with the figures and the words of the HTML page (invoice_html.c).
 * Pango lays the text out, so that a name in any script is shaped and its font embedded; a letter that
 * no installed font has is a box with its number, never a lost one. The same invoice is the same bytes:
 * the document's date is the invoice's own. A table that is longer than its page goes on on the next
 * one under the same head.
 */
#include "service/billing/invoice_int.h"
#include <cairo-pdf.h>
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
    struct arena *a;
    const struct language *l;
    const enum word *head; /* of the table that is being written: again on each page */
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
    text_set(s, s->title, PAGE_W - 2 * MARGIN - 60, false, FONT "8");
    text_show(s, MARGIN, PAGE_H - MARGIN);
    text_set(s, words_say(s->a, s->l, WORD_PAGE, FACTS({"number", invoice_number(s->a, s->page)})), 60, true, FONT "8");
    text_show(s, PAGE_W - MARGIN - 60, PAGE_H - MARGIN);
    cairo_show_page(s->cr);
}

static void head_row(struct sheet *s) {
    for (int i = 0; i < COLUMNS; i++) {
        text_set(s, words_say(s->a, s->l, s->head[i], NULL), column_w[i], i > 1, FONT "Bold 9");
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

static void sum_row(struct sheet *s, struct str what, struct str sum) {
    room_for(s, 14);
    text_set(s, what, column_x[2] - MARGIN - GAP, true, FONT "9");
    double h = text_height(s);
    text_show(s, MARGIN, s->y);
    text_set(s, sum, column_x[3] + column_w[3] - column_x[2], true, FONT "9");
    text_show(s, column_x[2], s->y);
    s->y += h + GAP;
}

/* One line of the sums. */
static void sum_say(struct sheet *s, const struct invoice *i, enum word w, int64_t minor) {
    struct fact tax[] = {{"name", i->tax_name}, {"rate", words_rate(s->a, s->l, i->tax_bp)}, {NULL, {NULL, 0}}};
    sum_row(s, words_say(s->a, s->l, w, tax), words_amount(s->a, s->l, (struct money){minor, i->currency}));
}

static void lines_write(struct sheet *s, const struct invoice *i, const struct rows *r) {
    static const enum word head[COLUMNS] = {WORD_WHAT, WORD_PERIOD, WORD_NET, WORD_TAX};
    s->head = head;
    head_row(s);
    for (size_t n = 0; n < r->n; n++) {
        struct money net = {row_i64(r, n, 2), i->currency}, tax = {row_i64(r, n, 3), i->currency};
        struct str cells[COLUMNS] = {invoice_line_text(s->a, s->l, r, n), invoice_line_period(s->a, s->l, r, n),
                                     words_amount(s->a, s->l, net), words_amount(s->a, s->l, tax)};
        row(s, cells, FONT "9");
    }
    s->head = NULL;
    rule(s);
    sum_say(s, i, WORD_NET, i->net);
    if (i->tax_bp)
        sum_say(s, i, WORD_TAX_RATE, i->tax);
    sum_say(s, i, WORD_TOTAL, i->total);
    if (i->credit)
        sum_say(s, i, WORD_FROM_CREDIT, i->credit);
    sum_say(s, i, WORD_PAID, i->due);
}

static void note_write(struct sheet *s, const struct invoice *i, const struct rows *r, size_t n) {
    struct str when = words_date_short(s->a, s->l, row_i64(r, n, 5));
    paragraph(s, str_printf(s->a, STR_FMT ": " STR_FMT, STR_ARG(when), STR_ARG(row_str(r, n, 4))), FONT "9");
    sum_say(s, i, WORD_NET, row_i64(r, n, 1));
    if (i->tax_bp)
        sum_say(s, i, WORD_TAX_RATE, row_i64(r, n, 2));
    sum_say(s, i, WORD_GIVEN_BACK, row_i64(r, n, 3));
    if (row_i64(r, n, 6))
        paragraph(s, words_say(s->a, s->l, WORD_NOTE_CANCELLED, FACTS({"date", words_date_short(s->a, s->l, row_i64(r, n, 6))})), FONT "Bold 9");
}

static void heading(struct sheet *s, const struct engine *e, const struct invoice *i, int64_t at_ms) {
    paragraph(s, s->title, FONT "Bold 18");
    s->y += GAP;
    paragraph(s, str_of(e->config ? config_str(e->config, "billing-seller") : ""), FONT "10");
    paragraph(s, words_say(s->a, s->l, WORD_DATE, FACTS({"date", words_date_short(s->a, s->l, at_ms)})), FONT "10");
    if (i->buyer.n)
        paragraph(s, words_say(s->a, s->l, WORD_TO, FACTS({"buyer", i->buyer})), FONT "10");
    s->y += 3 * GAP;
}

static struct str note_title(struct sheet *s, const struct rows *notes, size_t n) {
    return words_say(s->a, s->l, WORD_CREDIT_NOTE, FACTS({"number", invoice_number(s->a, row_i64(notes, n, 0))}));
}

struct document {
    const struct engine *e;
    const struct invoice *invoice;
    struct rows lines, notes;
    bool note; /* notes' first row is the document, not an appendix */
};

static void document_write(struct sheet *s, const struct document *d) {
    const struct invoice *i = d->invoice;
    heading(s, d->e, i, d->note ? row_i64(&d->notes, 0, 5) : i->paid_ms);
    if (d->note) {
        paragraph(s, words_say(s->a, s->l, WORD_FOR_INVOICE, FACTS({"number", invoice_number(s->a, i->number)},
                               {"date", words_date_short(s->a, s->l, i->paid_ms)})), FONT "10");
        note_write(s, i, &d->notes, 0);
    } else {
        lines_write(s, i, &d->lines);
        for (size_t n = 0; n < d->notes.n; n++) {
            s->y += 2 * GAP;
            paragraph(s, note_title(s, &d->notes, n), FONT "Bold 11");
            note_write(s, i, &d->notes, n);
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
    struct sheet s = {.y = MARGIN, .page = 1, .a = a, .l = account_language(d->e, d->invoice->account)};
    s.title = d->note ? note_title(&s, &d->notes, 0)
                      : words_say(a, s.l, WORD_INVOICE, FACTS({"number", invoice_number(a, d->invoice->number)}));
    rfc3339_write(at_ms, at);
    pthread_mutex_lock(&fonts);
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(sheet_write, &out, PAGE_W, PAGE_H);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, at);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, str_cstr(a, s.title));
    s.cr = cairo_create(surface);
    s.layout = pango_cairo_create_layout(s.cr);
    document_write(&s, d);
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
