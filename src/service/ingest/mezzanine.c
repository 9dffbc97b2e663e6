/*
 * mezzanine.c - what becomes of a film's source once it is packaged (policy `mezzanine`): it is kept as it came, it is sealed
 * (media/seal, a key of its own from the master key), or it is deleted, once the quality report has read it. A job behind the journey
 * does it; a sealed one is read like any other by whatever reads it later, in media children that open it chunk by chunk.
 *
 * Sources are shared by content, so nothing is taken away while another import or upload wants the clear one: whose journey
 * ends last does it. The clear object goes in the transaction that saw that, and never before the sealed one is whole.
 */
#include "service/ingest/ingest_int.h"
#include "service/keys/keys.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const mezzanine_names[] = {"keep", "sealed", "delete"};
enum { PRIORITY = -10 }; /* behind every film that waits to be seen */

int mezzanine_parse(const char *name, enum mezzanine *ret, struct err *reterr) {
    int i = name_index(mezzanine_names, ARRAY_LEN(mezzanine_names), name && *name ? name : "keep");
    if (i < 0)
        return err_refuse(reterr, ERR_INVALID, "policy.invalid", "mezzanine is keep, sealed or delete.",
                          "policy: there is no mezzanine \"%.60s\"", name);
    *ret = (enum mezzanine)i;
    return 0;
}

const char *source_sealed_name(struct str blob, struct arena *a) {
    size_t folder = sizeof "source/" - 1;
    return str_starts(blob, STR("source/")) ? str_printf(a, "sealed/" STR_FMT, STR_ARG(str_slice(blob, folder, SIZE_MAX))).p : NULL;
}

static int key_make(struct str blob, struct arena *a, uint8_t ret[SEAL_KEY], struct err *reterr) {
    const char *purpose = str_printf(a, "mezzanine " STR_FMT, STR_ARG(blob)).p;
    return purpose ? keys_derive(purpose, ret, reterr) : err_set(reterr, ERR_LIMIT, "no room for a name");
}

/* Clear, else sealed, else clear again: it may have been stored anew between the two looks. */
int source_open_blob(const struct engine *e, struct str blob, struct arena *a, struct pipeline_unseal *ret, struct err *reterr) {
    const char *clear = str_cstr(a, blob), *sealed = source_sealed_name(blob, a);
    struct err why = {0};
    *ret = (struct pipeline_unseal){.on = false};
    if (!clear)
        return err_set(reterr, ERR_LIMIT, "no room for a name");
    int fd = blob_open_fd(e->blob, clear, &why);
    if (fd == ERR_NOT_FOUND && sealed) {
        fd = blob_open_fd(e->blob, sealed, &why);
        ret->on = fd >= 0;
    }
    if (fd == ERR_NOT_FOUND) {
        int r = source_check(e, blob, a, reterr);
        return r < 0 ? r : blob_open_fd(e->blob, clear, reterr);
    }
    int r = ret->on ? key_make(blob, a, ret->key, &why) : 0;
    if (r < 0)
        fd_close(&fd);
    if ((fd < 0 || r < 0) && reterr)
        *reterr = why;
    return r < 0 ? r : fd;
}

/* ---- sealing ---- */

static int seal_progress(void *arg, int permille) { return job_progress(arg, "seal", permille, 0, -1); }

/* Durable under its own name when this returns; one that is there is of the same content. */
static int sealed_make(struct job_ctx *j, struct str blob, struct err *reterr) {
    const struct engine *e = job_engine(j);
    const char *clear = str_cstr(job_arena(j), blob), *sealed = source_sealed_name(blob, job_arena(j));
    scoped(blob_abort) struct blob_writer *w = NULL;
    struct blob_info info;
    uint8_t key[SEAL_KEY];
    if (!clear || !sealed)
        return err_set(reterr, ERR_LIMIT, "no room for a name");
    if (blob_stat(e->blob, sealed, &info, NULL) == 0)
        return 0;
    scoped(fd_close) int fd = blob_open_fd(e->blob, clear, reterr);
    if (fd < 0)
        return fd;
    int r = blob_stat(e->blob, clear, &info, reterr);
    if (r >= 0)
        r = import_space_check(e, info.size_bytes, reterr);
    if (r >= 0)
        r = blob_create(e->blob, sealed, &w, reterr);
    if (r >= 0)
        r = key_make(blob, job_arena(j), key, reterr);
    if (r >= 0)
        r = seal_write(fd, blob_writer_fd(w), key, seal_progress, j, reterr);
    explicit_bzero(key, sizeof key);
    return r < 0 ? r : blob_commit(&w, NULL, NULL, NULL, reterr);
}

/* 1: the clear object has gone; 0: another import wants it, whose own journey ends with this. */
static int clear_remove(const struct engine *e, struct str blob, enum mezzanine m, struct arena *a, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows wanted;
    int r = tx_begin(e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (r >= 0)
        r = source_hold(tx, blob, reterr);
    if (r >= 0)
        r = tx_row(tx, &ingest_sql[BLOB_IN_WORK], ARGS(A_STR(blob)), a, &wanted, reterr);
    if (r < 0 || row_i64(&wanted, 0, 0) > 0)
        return MIN(r, 0);
    r = tx_exec(tx, &ingest_sql[SOURCE_STATE], ARGS(A_STR(blob), A_CSTR(m == MEZZANINE_SEALED ? "sealed" : "deleted")), reterr);
    if (r >= 0)
        r = blob_delete(e->blob, str_cstr(a, blob), reterr);
    if (r >= 0 && m == MEZZANINE_DELETE)
        r = blob_delete(e->blob, source_sealed_name(blob, a), reterr);
    if (r >= 0)
        r = tx_commit(&tx, reterr);
    return r < 0 ? r : 1;
}

static int source_put_away(struct job_ctx *j, struct str blob, enum mezzanine m, struct err *reterr) {
    const struct engine *e = job_engine(j);
    struct blob_info info;
    const char *clear = str_cstr(job_arena(j), blob);
    if (!blob.n || !clear || (m == MEZZANINE_SEALED && blob_stat(e->blob, clear, &info, NULL) == ERR_NOT_FOUND))
        return 0; /* an input that was never stored, or one that is sealed already */
    int r = m == MEZZANINE_SEALED ? sealed_make(j, blob, reterr) : 0;
    if (r >= 0)
        r = clear_remove(e, blob, m, job_arena(j), reterr);
    if (r >= 0)
        job_note(j, r == 0                 ? "The source stays as it is: another import works with it."
                    : m == MEZZANINE_SEALED ? "The source is sealed."
                                            : "The source is deleted.");
    return MIN(r, 0);
}

/* The quality report reads a sealed source as it reads a clear one; of a deleted one there would be none. */
static bool report_waits(const struct engine *e, struct str subject, struct arena *a) {
    struct job *jobs;
    size_t n;
    if (job_list_subject(e->store, subject, a, &jobs, &n, NULL) < 0)
        return true;
    for (size_t i = 0; i < n; i++)
        if (str_eq(jobs[i].kind, STR("ingest.quality")) &&
            (jobs[i].state == JOB_WAITING || jobs[i].state == JOB_READY || jobs[i].state == JOB_RUNNING))
            return true;
    return false;
}

int mezzanine_job_run(struct job_ctx *j, struct err *reterr) {
    const struct engine *e = job_engine(j);
    struct import_view v;
    struct id id;
    enum mezzanine m = MEZZANINE_KEEP;
    json_t *payload = json_loadb(job_self(j)->payload.p, job_self(j)->payload.n, 0, NULL);
    int r = mezzanine_parse(json_string_value(json_object_get(payload, "mezzanine")), &m, reterr);
    json_decref(payload);
    if (r < 0 || !id_parse(str_slice(job_self(j)->subject, sizeof QUALITY_SUBJECT - 1, SIZE_MAX), &id))
        return err_set(reterr, ERR_INVALID, "the job names no import, or nothing to be done");
    if (m == MEZZANINE_DELETE && report_waits(e, job_self(j)->subject, job_arena(j)))
        return err_set(reterr, ERR_BUSY, "the quality report comes first");
    r = import_get(e, (struct import_id){id}, job_arena(j), &v, reterr);
    if (r < 0)
        return r == ERR_NOT_FOUND ? ERR_INVALID : r;
    for (size_t i = 0; i < v.n_inputs && r >= 0; i++)
        r = source_put_away(j, v.inputs[i].blob, m, reterr);
    return r;
}

int mezzanine_enqueue(struct tx *tx, struct import_id id, enum mezzanine m, struct err *reterr) {
    char key[100], payload[40];
    struct job_id made;
    size_t kind = sizeof "ingest.mezzanine/" - 1;
    if (m == MEZZANINE_KEEP)
        return 0;
    int n = snprintf(key, sizeof key, "ingest.mezzanine/" QUALITY_SUBJECT ID_FMT, ID_ARG(id.v));
    snprintf(payload, sizeof payload, "{\"mezzanine\":\"%s\"}", mezzanine_names[m]);
    struct job_spec spec = {.kind = "ingest.mezzanine",
                            .key = str_make(key, (size_t)n),
                            .subject = str_make(key + kind, (size_t)n - kind),
                            .payload = str_of(payload),
                            .priority = PRIORITY};
    return job_enqueue(tx, &spec, &made, reterr);
}
