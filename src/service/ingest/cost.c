/*
 * cost.c - what an import took of processors and disks, by step: of the children that do a step's work, all attempts together, those
 * that were for nothing, too. What a worker that was killed had spent on its last step since is known to nobody.
 */
#include "service/ingest/ingest_int.h"
#include "service/json.h"

int cost_add(const struct engine *e, struct import_id id, struct str step, const struct child_cost *c, int64_t wall_us,
             struct err *reterr) {
    int r = store_exec(e->store, &ingest_sql[COST_ADD],
                       ARGS(A_ID(id), A_STR(step), A_I64(c->user_us), A_I64(c->system_us), A_I64(wall_us), A_I64(c->read_bytes),
                            A_I64(c->written_bytes)),
                       reterr);
    return MIN(r, 0);
}

static const char *const columns[] = {"user_s", "system_s", "wall_s", "read_bytes", "written_bytes"};
enum { SECONDS = 3 }; /* columns of time, stored in microseconds */

static void amount_set(json_t *j, size_t i, int64_t v) {
    json_object_set_new(j, columns[i], i < SECONDS ? json_real((double)v / 1e6) : json_integer(v));
}

json_t *import_cost_json(const struct engine *e, struct import_id id, struct arena *a, struct err *reterr) {
    struct rows r;
    int64_t sums[ARRAY_LEN(columns)] = {0};
    int n = store_query(e->store, &ingest_sql[COST_LIST], ARGS(A_ID(id)), a, &r, reterr);
    if (n < 0)
        return NULL;
    json_t *steps = json_array(), *all = json_pack("{s:o}", "import_id", json_of_id(id.v));
    for (size_t i = 0; i < r.n; i++) {
        json_t *step = json_pack("{s:o, s:I}", "step", json_of_str(row_str(&r, i, 0)), "runs", (json_int_t)row_i64(&r, i, 1));
        for (size_t k = 0; k < ARRAY_LEN(columns); k++) {
            amount_set(step, k, row_i64(&r, i, (int)k + 2));
            sums[k] += row_i64(&r, i, (int)k + 2);
        }
        json_array_append_new(steps, step);
    }
    for (size_t k = 0; k < ARRAY_LEN(columns); k++)
        amount_set(all, k, sums[k]);
    json_object_set_new(all, "steps", steps);
    return all;
}

static int import_cost_get(struct request *rq, struct err *reterr) {
    struct id id = {""};
    struct rows r;
    const struct engine *e = request_engine(rq);
    bool ok = id_parse(request_param(rq, "id"), &id);
    assert(ok);
    int n = store_row(e->store, &ingest_sql[IMPORT_STATE], ARGS(A_STR(id_str(&id))), request_arena(rq), &r, reterr);
    if (n < 0)
        return n;
    json_t *cost = import_cost_json(e, (struct import_id){id}, request_arena(rq), reterr);
    return cost ? reply_json(rq, 200, cost) : reterr->code;
}

#define AMOUNTS                                                                                                                     \
    {"user_s", F_NUM, FIELD_REQUIRED, .doc = "Processor time of the work itself"},                                                  \
        {"system_s", F_NUM, FIELD_REQUIRED, .doc = "Processor time of the system for it"},                                          \
        {"wall_s", F_NUM, FIELD_REQUIRED, .doc = "From beginning to end; steps that ran at the same time each count"},              \
        {"read_bytes", F_INT, FIELD_REQUIRED, .doc = "Of files and pipes; 0 where the system does not tell"},                       \
        {"written_bytes", F_INT, FIELD_REQUIRED}
static const struct field step_fields[] = {{"step", F_STR, FIELD_REQUIRED, .doc = "encode.part: all parts of the picture"},
                                           {"runs", F_INT, FIELD_REQUIRED, .doc = "Attempts; of parts each"},
                                           AMOUNTS,
                                           {.type = F_END}};
static const struct field cost_fields[] = {{"import_id", F_ID, FIELD_REQUIRED},
                                           AMOUNTS,
                                           {"steps", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "ImportStepCost"},
                                           {.type = F_END}};
static const struct schema cost_schemas[] = {
    {"ImportStepCost", step_fields, "What a step of an import took"},
    {"ImportCost", cost_fields, "What an import took of processors and disks so far"},
    {.name = NULL},
};
static const struct route cost_routes[] = {
    {GET, "/api/v1/imports/{id:id}/cost", import_cost_get, ROLE_EDITOR, .scope = SCOPE_INGEST_READ, .priority = PRIO_REST,
     .reply = "ImportCost", .op = "importCost", .doc = "What an import took of processors and disks, by step"},
    {.path = NULL},
};
const struct service cost_service = {.name = "cost", .routes = cost_routes, .schemas = cost_schemas};
