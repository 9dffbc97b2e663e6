/*
 * bulk.h - titles described by the hundred: CSV, JSON, MRSS. Whatever the format, a row becomes one JSON object of schema
 * BulkRow; bulk_row.c finds which title it speaks of and what would change; bulk.c writes it, in batches, and takes it back.
 */
#pragma once
#include "service/catalog/apply.h"

enum { BULK_BYTES_MAX = 16 << 20, BULK_ROWS_MAX = 10000, CSV_COLUMNS_MAX = 200, CSV_CELL_MAX = 64 << 10, BULK_BATCH = 50 };

/* ---- Reading ---- */

/* Bytes of any encoding as UTF-8, without a mark at the beginning. encoding: a name that ICU knows; STR_NULL: found out.
 * *ret_encoding: the one taken. ERR_INVALID "catalog.bulk_encoding". The result is in the arena, or is bytes. */
int sheet_decode(struct str bytes, struct str encoding, struct arena *a, struct str *ret, struct str *ret_encoding,
                struct err *reterr);

/* RFC 4180, and what spreadsheets make of it: the separator is ',', ';' or a tab, whichever the first line has most of. */
struct csv {
    size_t rows, cols; /* the first row has the names of the columns */
    struct str *cells; /* rows * cols; a row's missing ones are empty */
    size_t *lines;     /* on which line of the file a row begins, from 1 */
    bool *too_long;    /* a row had more cells than there are columns */
};
/* text is UTF-8. ERR_INVALID "catalog.bulk_csv" with the line; ERR_LIMIT. */
int csv_read(struct str text, struct arena *a, struct csv *ret, struct err *reterr);

/* A row of BulkRow as it was read. row is stolen. faults: an array of {"field", "detail"}, stolen too; NULL: none. */
typedef int bulk_row_fn(void *arg, int64_t line, json_t *row, json_t *faults, struct err *reterr);
int bulk_read_csv(struct str text, struct arena *a, bulk_row_fn *fn, void *arg, struct err *reterr);
int bulk_read_json(struct str text, bulk_row_fn *fn, void *arg, struct err *reterr);
int bulk_read_mrss(struct str text, bulk_row_fn *fn, void *arg, struct err *reterr);
void bulk_fault(json_t **faults, const char *field, const char *detail); /* copies */

/* ---- Deciding and writing ---- */

enum bulk_action { BULK_CREATE, BULK_UPDATE, BULK_UNCHANGED, BULK_WRONG };
struct bulk_plan {
    enum bulk_action action;
    struct title_id id;       /* of what is changed */
    struct str series;        /* to be made first, where it has no id yet; STR_NULL: none */
    struct title_id series_id, season_id;
    int64_t season;           /* number; -1: none */
    json_t *change;           /* for title_make or title_apply; genres and studios are names still */
    json_t *was;              /* EditorTitle; NULL: there is none */
    json_t *faults;           /* NULL: none */
};
void bulk_plan_done(struct bulk_plan *p);
/* What a row would do, in a transaction that reads; *io_series: names that rows before will make. */
int bulk_plan(struct tx *tx, const json_t *row, json_t *series, struct arena *a, struct bulk_plan *ret, struct err *reterr);
/* Does it. *ret_made: ids of all that was made, the row's title the last; at most 3. */
int bulk_write(struct tx *tx, struct bulk_plan *p, struct arena *a, struct title_id ret_made[3], size_t *ret_n, struct err *reterr);

extern const struct sql bulk_sql[];
