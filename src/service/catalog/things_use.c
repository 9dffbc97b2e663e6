/*
 * things_use.c - which titles name a genre, a person, a studio, a collection, a custom field; taking one from all of
 * them, and making one person of several. A title whose lists change this way is told of like any other change.
 */
#include "engine/audit/audit.h"
#include "service/catalog/routes_int.h"
#include "service/catalog/things.h"
#include "service/json.h"

enum { DETACH_MAX = 1000 };

static struct id id_asked(struct request *rq) {
    struct id id = {0};
    id_parse(request_param(rq, "id"), &id);
    return id;
}

int thing_titles(struct request *rq, const struct thing *t, struct err *reterr) {
    struct arena *a = request_arena(rq);
    struct store *st = request_engine(rq)->store;
    struct id id = id_asked(rq);
    struct str after = request_query(rq, "cursor");
    int64_t limit = request_query_int(rq, "limit", CATALOG_BATCH);
    struct rows r, count;
    int rc = store_query(st, &catalog_sql[t->titles], ARGS(A_CSTR(id.s), A_STR(after.p ? after : STR("")), A_I64(limit + 1)), a, &r, reterr);
    if (rc >= 0)
        rc = store_row(st, &catalog_sql[t->titles_count], ARGS(A_CSTR(id.s)), a, &count, reterr);
    if (rc < 0)
        return rc;
    size_t n = MIN(r.n, (size_t)limit);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, json_pack("{s:o, s:o, s:o}", "id", json_of_id(row_id(&r, i, 0)), "kind",
                                               json_of_str(row_str(&r, i, 1)), "name", json_of_str(row_str(&r, i, 2))));
    return reply_json(rq, 200, json_pack("{s:I, s:o, s:o}", "count", (json_int_t)row_i64(&count, 0, 0), "items", items, "next_cursor",
                                         r.n > n ? json_of_str(row_str(&r, n - 1, 0)) : json_null()));
}

static int titles_touch(struct tx *tx, const struct rows *titles, struct err *reterr) {
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < titles->n; i++)
        rc = title_touch(tx, (struct title_id){row_id(titles, i, 0)}, reterr);
    return MIN(rc, 0);
}

/* At most DETACH_MAX titles; a change of more is a file's work. */
static int titles_of(struct tx *tx, const struct thing *t, struct id id, struct arena *a, struct rows *ret, struct err *reterr) {
    int rc = tx_query(tx, &catalog_sql[t->titles], ARGS(A_CSTR(id.s), A_STR(STR("")), A_I64(DETACH_MAX + 1)), a, ret, reterr);
    if (rc > DETACH_MAX)
        return err_refuse(reterr, ERR_CONFLICT, "catalog.in_use_widely",
                          "More than 1,000 titles name it. Take it from them by a file (bulk), then try again.", "%s " ID_FMT " has %d titles",
                          t->word, ID_ARG(id), rc);
    return MIN(rc, 0);
}

int thing_detach(struct tx *tx, const struct thing *t, struct id id, struct arena *a, struct err *reterr) {
    struct rows titles;
    int rc = titles_of(tx, t, id, a, &titles, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &catalog_sql[t->detach], ARGS(A_CSTR(id.s)), reterr);
    if (rc >= 0)
        audit_note("before", json_pack("{s:I}", "titles", (json_int_t)titles.n));
    return rc < 0 ? rc : titles_touch(tx, &titles, reterr);
}

/* Nobody is told of a place: what shows things in their order reads it anew. */
int thing_order(struct request *rq, const struct thing *t, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    const json_t *items = json_object_get(request_json(rq), "items");
    int rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(items); i++) {
        struct id id = {0};
        id_parse(str_of(json_string_value(json_array_get(items, i))), &id);
        rc = tx_exec(tx, &catalog_sql[t->place], ARGS(A_CSTR(id.s), A_I64((int64_t)i)), reterr);
        if (rc == 0)
            return thing_absent(t, id, reterr);
    }
    if (rc >= 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : reply_empty(rq);
}

/* ---- One person of several ---- */

static int person_must(struct tx *tx, struct id id, struct arena *a, struct err *reterr) {
    struct rows r;
    int rc = tx_query(tx, &catalog_sql[PERSON_GET], ARGS(A_CSTR(id.s)), a, &r, reterr);
    if (rc == 0)
        return thing_absent(&thing_person, id, reterr);
    return MIN(rc, 0);
}

/* What `from` did is kept's from now on; names and a biography where kept has none. */
static int person_absorb(struct tx *tx, struct id kept, struct id from, struct arena *a, struct err *reterr) {
    static const int steps[] = {MERGE_PARTS, MERGE_CREDITS, MERGE_REST, MERGE_NAMES, MERGE_BIO};
    struct rows titles;
    int rc = person_must(tx, from, a, reterr);
    if (rc == 0)
        rc = titles_of(tx, &thing_person, from, a, &titles, reterr);
    for (size_t i = 0; rc >= 0 && i < ARRAY_LEN(steps); i++)
        rc = steps[i] == MERGE_REST ? tx_exec(tx, &catalog_sql[steps[i]], ARGS(A_CSTR(from.s)), reterr)
                                    : tx_exec(tx, &catalog_sql[steps[i]], ARGS(A_CSTR(from.s), A_CSTR(kept.s)), reterr);
    if (rc >= 0)
        rc = titles_touch(tx, &titles, reterr);
    return rc < 0 ? rc : thing_drop(tx, &thing_person, from, false, a, reterr);
}

static int people_merge(struct tx *tx, struct id kept, const json_t *others, struct arena *a, struct err *reterr) {
    int rc = person_must(tx, kept, a, reterr);
    for (size_t i = 0; rc == 0 && i < json_array_size(others); i++) {
        struct id from = {0};
        id_parse(str_of(json_string_value(json_array_get(others, i))), &from);
        if (str_eq(id_str(&from), id_str(&kept)))
            return err_refuse(reterr, ERR_INVALID, "catalog.merge_self", "Somebody cannot be merged with themselves.", "merged with itself");
        rc = person_absorb(tx, kept, from, a, reterr);
    }
    return rc ? rc : thing_say(tx, &thing_person, kept, "changed", reterr);
}

int people_merge_post(struct request *rq, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct id kept = id_asked(rq);
    int rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = people_merge(tx, kept, json_object_get(request_json(rq), "others"), request_arena(rq), reterr);
    if (rc == 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : thing_get(rq, &thing_person, reterr);
}
