/* bulk_run.h - a file written as a whole, and taken back. */
#pragma once
#include "service/catalog/bulk.h"

struct bulk_order {
    struct str body, format; /* csv, json, mrss */
    struct str encoding;     /* STR_NULL: found out */
    bool dry_run;
    bool skip_errors; /* rows that are right are written though others are wrong */
};
/* The report: BulkReport of the API, a new reference. Calls that end in ERR_BUSY may have written batches: the list of runs
 * tells, and undo takes them back. */
int bulk_run(struct store *st, const struct bulk_order *o, json_t **ret, struct err *reterr);
/* Titles as they were before; made ones gone. What was changed since, or may not go, is kept and told, unless force (which takes
 * back later changes too). BulkUndone of the API. ERR_NOT_FOUND; ERR_CONFLICT "catalog.bulk_undone". */
int bulk_undo(struct store *st, struct bulk_id id, bool force, json_t **ret, struct err *reterr);
