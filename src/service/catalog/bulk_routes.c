/* bulk_routes.c - files of titles over HTTP. */
#include "engine/audit/audit.h"
#include "service/catalog/bulk_run.h"
#include "service/catalog/bulk_sql.h"
#include "service/catalog/routes_int.h"
#include "service/json.h"

int bulk_post(struct request *rq, struct err *reterr) {
    struct bulk_order o = {.body = request_body(rq),
                           .format = request_query(rq, "format"),
                           .encoding = request_query(rq, "encoding"),
                           .dry_run = str_eq(request_query(rq, "dry_run"), STR("true")),
                           .skip_errors = str_eq(request_query(rq, "skip_errors"), STR("true"))};
    json_t *report;
    int rc = bulk_run(request_engine(rq)->store, &o, &report, reterr);
    if (rc)
        return rc;
    audit_note("bulk", json_pack("{s:O, s:O, s:O}", "id", json_object_get(report, "id"), "state", json_object_get(report, "state"),
                                 "total", json_object_get(report, "total")));
    return reply_json(rq, 200, report);
}

int bulk_list(struct request *rq, struct err *reterr) {
    struct str after = request_query(rq, "cursor");
    int64_t limit = request_query_int(rq, "limit", 24);
    struct rows r;
    int rc = store_query(request_engine(rq)->store, &bulk_sql[BULK_LIST], ARGS(A_STR(after.p ? after : STR("")), A_I64(limit + 1)),
                         request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    size_t n = MIN(r.n, (size_t)limit);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, json_pack("{s:o, s:o, s:o, s:I, s:I, s:I, s:o}", "id", json_of_id(row_id(&r, i, 0)), "format",
                                               json_of_str(row_str(&r, i, 1)), "state", json_of_str(row_str(&r, i, 2)), "total",
                                               (json_int_t)row_i64(&r, i, 3), "created", (json_int_t)row_i64(&r, i, 4), "updated",
                                               (json_int_t)row_i64(&r, i, 5), "at", json_of_time(row_i64(&r, i, 6))));
    return reply_json(rq, 200, json_pack("{s:o, s:o}", "items", items, "next_cursor",
                                         r.n > n ? json_of_str(row_str(&r, n - 1, 0)) : json_null()));
}

int bulk_undo_post(struct request *rq, struct err *reterr) {
    struct bulk_id id = {0};
    json_t *report;
    id_parse(request_param(rq, "id"), &id.v);
    int rc = bulk_undo(request_engine(rq)->store, id, str_eq(request_query(rq, "force"), STR("true")), &report, reterr);
    return rc ? rc : reply_json(rq, 200, report);
}
