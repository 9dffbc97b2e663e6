/* Files of titles: the first byte says how they are saved; encodings, cells, feeds. What is read is whole text, and a cell written back in
 * quotes is read as it was. */
#include "service/catalog/bulk.h"
#include "service/json.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int row_seen(void *arg, int64_t line, json_t *row, json_t *faults, struct err *reterr) {
    char *text = json_dumps(row, 0);
    if (line < 1 || !text || !str_is_utf8(str_of(text)))
        abort();
    free(text);
    json_decref(row);
    json_decref(faults);
    return 0;
}

static void cells_come_back(struct str text, struct arena *a) {
    struct csv c, again;
    scoped(buf_done) struct buf b = BUF(16 << 20);
    if (csv_read(text, a, &c, NULL))
        return;
    for (size_t i = 0; i < c.rows * c.cols; i++) {
        buf_byte(&b, '"');
        for (size_t k = 0; k < c.cells[i].n; k++) {
            if (c.cells[i].p[k] == '"')
                buf_byte(&b, '"');
            buf_byte(&b, (uint8_t)c.cells[i].p[k]);
        }
        buf_addc(&b, (i + 1) % c.cols ? "\"," : "\"\n");
    }
    if (b.failed)
        return;
    if (csv_read(buf_str(&b), a, &again, NULL) || again.cols != c.cols)
        abort();
    for (size_t i = 0; again.rows == c.rows && i < c.rows * c.cols; i++)
        if (!str_eq(c.cells[i], again.cells[i]))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    scoped(arena_done) struct arena a = ARENA(128 << 20);
    struct str text, encoding, s = str_make((const char *)data + 1, size ? size - 1 : 0);
    if (!size)
        return 0;
    if (data[0] == 'x') {
        bulk_read_mrss(s, row_seen, NULL, NULL);
        return 0;
    }
    if (sheet_decode(s, STR_NULL, &a, &text, &encoding, NULL))
        return 0;
    if (!str_is_utf8(text) || !encoding.n)
        abort();
    if (data[0] == 'j') {
        bulk_read_json(text, row_seen, NULL, NULL);
        return 0;
    }
    bulk_read_csv(text, &a, row_seen, NULL, NULL);
    cells_come_back(text, &a);
    return 0;
}
