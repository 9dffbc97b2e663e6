/* copy_int.h - the two sides of store_copy: copy_source.c reads SQLite, copy.c writes PostgreSQL. */
#pragma once
#include "engine/store/store_int.h"

enum { COPY_COLUMNS_MAX = 64 };

struct source_table {
    const char *name;
    enum store_db db;
    size_t cols;
    const char *col[COPY_COLUMNS_MAX];
    int64_t rows;
    int64_t sequence; /* the last number given out by AUTOINCREMENT; -1: gives none */
    bool placed;
};

/* Everything as it was at one moment a file; nobody else's writes are waited for. */
struct copy_source {
    struct arena arena;
    struct conn *conn[STORE_DBS];
    struct store *st;
    struct source_table *table; /* what others refer to comes first */
    size_t n;
    int64_t identity; /* of the folder: another folder's differs */
};
int copy_source_open(struct store *st, struct copy_source *ret, struct err *reterr);
void copy_source_close(struct copy_source *s);
/* Up to max rows (or some megabytes) that stand at this rowid or behind; column 0 is the rowid. The count. */
int copy_source_rows(struct copy_source *s, const struct source_table *t, int64_t from, size_t max,
                struct arena *a, struct rows *ret, struct err *reterr);
