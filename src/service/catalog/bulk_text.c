/* bulk_text.c - what a spreadsheet saved: any encoding to UTF-8 (ICU knows them), and its cells. */
#include "service/catalog/bulk.h"
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>

enum { LOOKED_AT = 256 << 10 };

static const struct {
    struct str mark;
    const char *name; /* NULL: it is UTF-8 */
} marks[] = {{{"\xEF\xBB\xBF", 3}, NULL},
             {{"\xFF\xFE\0\0", 4}, "UTF-32LE"},
             {{"\0\0\xFE\xFF", 4}, "UTF-32BE"},
             {{"\xFF\xFE", 2}, "UTF-16LE"},
             {{"\xFE\xFF", 2}, "UTF-16BE"}};

static int refuse(struct err *reterr, const char *what) {
    return err_refuse(reterr, ERR_INVALID, "catalog.bulk_encoding",
                      "The file's encoding could not be told. Save it as UTF-8, or say which it is: encoding=windows-1252.", "%s",
                      what);
}

static int detect(struct str bytes, char *dst, size_t cap, struct err *reterr) {
    UErrorCode status = U_ZERO_ERROR;
    UCharsetDetector *d = ucsdet_open(&status);
    ucsdet_setText(d, bytes.p, (int32_t)MIN(bytes.n, (size_t)LOOKED_AT), &status);
    const UCharsetMatch *m = ucsdet_detect(d, &status);
    const char *name = m && U_SUCCESS(status) ? ucsdet_getName(m, &status) : NULL;
    if (name && U_SUCCESS(status))
        snprintf(dst, cap, "%s", name);
    ucsdet_close(d);
    return name && U_SUCCESS(status) ? 0 : refuse(reterr, "no encoding fits");
}

static int convert(struct str bytes, const char *name, struct arena *a, struct str *ret, struct err *reterr) {
    UErrorCode status = U_ZERO_ERROR;
    UConverter *c = ucnv_open(name, &status);
    if (U_FAILURE(status))
        return refuse(reterr, "ICU does not know that encoding");
    size_t cap = bytes.n * 3 + 16; /* the most that a byte becomes */
    char *dst = cap < INT32_MAX ? arena_alloc(a, cap) : NULL;
    int32_t n = 0;
    ucnv_setToUCallBack(c, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &status);
    if (dst)
        n = ucnv_toAlgorithmic(UCNV_UTF8, c, dst, (int32_t)cap, bytes.p, (int32_t)bytes.n, &status);
    ucnv_close(c);
    if (!dst)
        return err_set(reterr, ERR_LIMIT, "no room to convert %zu bytes", bytes.n);
    if (U_FAILURE(status))
        return refuse(reterr, "bytes that the encoding has not");
    *ret = str_make(dst, (size_t)n);
    return str_is_utf8(*ret) ? 0 : refuse(reterr, "it does not become text");
}

int sheet_decode(struct str bytes, struct str encoding, struct arena *a, struct str *ret, struct str *ret_encoding,
                struct err *reterr) {
    char name[64] = "";
    if (bytes.n > BULK_BYTES_MAX)
        return err_set(reterr, ERR_TOO_LARGE, "%zu bytes of text", bytes.n);
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (str_starts(bytes, marks[i].mark)) {
            bytes = str_slice(bytes, marks[i].mark.n, bytes.n);
            encoding = marks[i].name ? str_of(marks[i].name) : STR("UTF-8");
            break;
        }
    if (encoding.n >= sizeof name)
        return refuse(reterr, "no encoding has such a name");
    snprintf(name, sizeof name, STR_FMT, STR_ARG(encoding));
    if ((!encoding.n || str_eq_nocase(encoding, STR("UTF-8"))) && str_is_utf8(bytes)) {
        *ret = bytes;
        *ret_encoding = STR("UTF-8");
        return 0;
    }
    int rc = encoding.n ? 0 : detect(bytes, name, sizeof name, reterr);
    if (rc == 0)
        rc = convert(bytes, name, a, ret, reterr);
    *ret_encoding = str_dup(a, str_of(name));
    return rc;
}

/* ---- Cells ---- */

struct reader {
    struct str text;
    size_t at, line;
    char separator;
    struct arena *a;
};

static char separator_of(struct str text) {
    static const char all[] = ",;\t";
    size_t n[3] = {0}, best = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.n && (quoted || (text.p[i] != '\n' && text.p[i] != '\r')); i++) {
        quoted ^= text.p[i] == '"';
        for (size_t k = 0; k < 3 && !quoted; k++)
            n[k] += text.p[i] == all[k];
    }
    for (size_t k = 1; k < 3; k++)
        if (n[k] > n[best])
            best = k;
    return all[best];
}

static int fault_at(const struct reader *r, const char *hint, struct err *reterr) {
    char text[200];
    snprintf(text, sizeof text, "Line %zu: %s", r->line, hint);
    return err_refuse(reterr, ERR_INVALID, "catalog.bulk_csv", text, "line %zu", r->line);
}

/* What is in quotes, doubled ones made one. */
static int quoted_read(struct reader *r, struct str *ret, struct err *reterr) {
    size_t from = ++r->at, doubled = 0, line = r->line;
    for (;; r->at++) {
        if (r->at >= r->text.n) {
            r->line = line;
            return fault_at(r, "a quotation mark is never closed.", reterr);
        }
        if (r->text.p[r->at] == '\n')
            r->line++;
        if (r->text.p[r->at] != '"')
            continue;
        if (r->at + 1 < r->text.n && r->text.p[r->at + 1] == '"') {
            doubled++;
            r->at++;
            continue;
        }
        break;
    }
    struct str raw = str_slice(r->text, from, r->at++);
    *ret = raw;
    if (!doubled)
        return 0;
    char *dst = arena_alloc(r->a, raw.n);
    size_t n = 0;
    if (!dst)
        return err_set(reterr, ERR_LIMIT, "no room for a cell");
    for (size_t i = 0; i < raw.n; i++) {
        dst[n++] = raw.p[i];
        i += raw.p[i] == '"';
    }
    *ret = str_make(dst, n);
    return 0;
}

/* One cell; *ret_last: the row ends behind it. */
static int cell_read(struct reader *r, struct str *ret, bool *ret_last, struct err *reterr) {
    size_t from = r->at;
    int rc = 0;
    if (r->at < r->text.n && r->text.p[r->at] == '"') {
        rc = quoted_read(r, ret, reterr);
        if (rc == 0 && r->at < r->text.n && !memchr((char[]){r->separator, '\r', '\n'}, r->text.p[r->at], 3))
            rc = fault_at(r, "something follows a closing quotation mark.", reterr);
    } else {
        while (r->at < r->text.n && r->text.p[r->at] != r->separator && r->text.p[r->at] != '\n' && r->text.p[r->at] != '\r')
            r->at++;
        *ret = str_slice(r->text, from, r->at);
    }
    if (rc)
        return rc;
    if (ret->n > CSV_CELL_MAX)
        return fault_at(r, "a cell has more than 64 KiB.", reterr);
    *ret_last = r->at >= r->text.n || r->text.p[r->at] != r->separator;
    if (!*ret_last) {
        r->at++;
        return 0;
    }
    if (r->at < r->text.n && r->text.p[r->at] == '\r')
        r->at++;
    if (r->at < r->text.n && r->text.p[r->at] == '\n')
        r->at++;
    r->line++;
    return 0;
}

static int header_read(struct reader *r, struct csv *c, struct err *reterr) {
    struct str names[CSV_COLUMNS_MAX];
    bool last = false;
    while (!last) {
        if (c->cols == CSV_COLUMNS_MAX)
            return fault_at(r, "there are more than 200 columns.", reterr);
        int rc = cell_read(r, &names[c->cols++], &last, reterr);
        if (rc)
            return rc;
    }
    c->cells = arena_news(r->a, struct str, c->cols * (BULK_ROWS_MAX + 1));
    c->lines = arena_news(r->a, size_t, BULK_ROWS_MAX + 1);
    c->too_long = arena_news(r->a, bool, BULK_ROWS_MAX + 1);
    if (!c->cells || !c->lines || !c->too_long)
        return err_set(reterr, ERR_LIMIT, "no room for a table of %zu columns", c->cols);
    memcpy(c->cells, names, c->cols * sizeof names[0]);
    c->lines[0] = 1;
    c->rows = 1;
    return 0;
}

static int row_read(struct reader *r, struct csv *c, struct err *reterr) {
    struct str *row = &c->cells[c->rows * c->cols], one;
    size_t n = 0, line = r->line;
    bool last = false, empty = true, more = false;
    while (!last) {
        int rc = cell_read(r, &one, &last, reterr);
        if (rc)
            return rc;
        empty &= !str_trim(one).n;
        if (n < c->cols)
            row[n++] = one;
        else
            more |= str_trim(one).n > 0;
    }
    for (; n < c->cols; n++)
        row[n] = STR("");
    if (empty) /* a line of separators at the end of a sheet */
        return 0;
    c->lines[c->rows] = line;
    c->too_long[c->rows++] = more;
    return 0;
}

int csv_read(struct str text, struct arena *a, struct csv *ret, struct err *reterr) {
    struct reader r = {.text = text, .line = 1, .separator = separator_of(text), .a = a};
    struct csv c = {0};
    if (!str_trim(text).n)
        return err_refuse(reterr, ERR_INVALID, "catalog.bulk_csv", "The file is empty.", "an empty file");
    if (memchr(text.p, 0, text.n))
        return err_refuse(reterr, ERR_INVALID, "catalog.bulk_csv", "That is no text: save the sheet as CSV.", "NUL in a CSV file");
    int rc = header_read(&r, &c, reterr);
    while (rc == 0 && r.at < text.n) {
        if (c.rows == BULK_ROWS_MAX + 1)
            return fault_at(&r, "a file has at most 10000 rows: cut it into several.", reterr);
        rc = row_read(&r, &c, reterr);
    }
    *ret = c;
    return rc;
}
