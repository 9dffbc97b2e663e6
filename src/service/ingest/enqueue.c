/* enqueue.c - the jobs of an import: the journey's, each after the one before, and what runs beside it. */
#include "service/ingest/ingest_int.h"
#include <stdio.h>
#include <string.h>

/* The live job of the journey that waits for it has to wait for one more. */
static int step_depend(struct tx *tx, struct import_id id, const char *step, struct job_id on, struct err *reterr) {
    char key[96];
    int n = snprintf(key, sizeof key, "ingest.%s/" ID_FMT, step, ID_ARG(id.v));
    return job_depend(tx, str_make(key, (size_t)n), on, reterr);
}

static int beside_enqueue(struct tx *tx, struct import_id id, const char *kind, const char *before, int64_t part, int priority,
                          struct err *reterr) {
    char key[128], payload[48];
    struct job_id made;
    int n = snprintf(key, sizeof key, "%s/" ID_FMT "/%lld", kind, ID_ARG(id.v), (long long)part);
    int m = snprintf(payload, sizeof payload, "{\"part\":%lld}", (long long)part);
    int r = job_enqueue(tx,
                        &(struct job_spec){.kind = kind,
                                           .key = str_make(key, (size_t)n),
                                           .subject = id_str(&id.v),
                                           .priority = priority,
                                           .payload = str_make(payload, (size_t)m)},
                        &made, reterr);
    return r < 0 ? r : step_depend(tx, id, before, made, reterr);
}

/* Sound first: it is one job and takes its time. Enqueued again (the plan's job was killed, the import is tried again) they find
 * what was made. */
int parts_enqueue(struct job_ctx *j, struct import_id id, size_t n, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int priority = job_self(j)->priority;
    int r = tx_begin(job_engine(j)->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (r >= 0 && (r = job_hold(j, tx, reterr)) >= 0)
        r = beside_enqueue(tx, id, "ingest.sound", "audio", 0, priority, reterr);
    for (size_t i = 0; i < n && r >= 0; i++)
        r = beside_enqueue(tx, id, "ingest.encode.part", "encode", (int64_t)i, priority, reterr);
    return r < 0 ? r : tx_commit(&tx, reterr);
}

int import_enqueue(struct tx *tx, struct import_id id, struct err *reterr) {
    struct job_id before = {0};
    for (const struct job_kind *k = ingest_jobs; k->name; k++) {
        char key[96];
        int n = snprintf(key, sizeof key, "%s/" ID_FMT, k->name, ID_ARG(id.v));
        struct job_spec spec = {.kind = k->name,
                                .key = str_make(key, (size_t)n),
                                .subject = id_str(&id.v),
                                .payload = STR("{}"),
                                .depends_on = &before,
                                .n_depends_on = id_is_set(before.v) ? 1 : 0};
        struct job_id made;
        int r = job_enqueue(tx, &spec, &made, reterr);
        if (r < 0)
            return r;
        before = made;
        if (strcmp(k->name, "ingest.publish") == 0)
            break;
    }
    return 0;
}

bool job_is_beside(struct str kind) {
    return str_eq(kind, STR("ingest.encode.part")) || str_eq(kind, STR("ingest.sound"));
}
