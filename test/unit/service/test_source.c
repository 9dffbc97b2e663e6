/* Sources are shared by content: what an import that ends may take away, and what not. */
#include "world.h"
#include "service/ingest/ingest_int.h"

static struct str stored(struct world *w, const char *content) {
    struct blob_writer *writer = NULL;
    struct str name;
    OK(blob_create_hashed(w->e.blob, "source", &writer, err));
    OK(blob_write(writer, content, strlen(content), err));
    OK(blob_commit(&writer, &w->f.arena, &name, NULL, err));
    return name;
}

static int import_make(struct world *w, struct str blob, struct import_id *ret_id,
                       struct err *reterr) {
    struct import_input film = {
        .kind = INPUT_FILM, .name = STR("film.mp4"), .blob = blob, .size_bytes = 4};
    struct import_new n = {.scheme = SCHEME_CBCS, .inputs = &film, .n_inputs = 1};
    return import_create(&w->e, &n, &w->f.arena, ret_id, reterr);
}

static bool is_there(struct world *w, struct str blob) {
    struct blob_info info;
    return blob_stat(w->e.blob, str_cstr(&w->f.arena, blob), &info, NULL) == 0;
}

Test(source, stays_while_another_import_wants_it) {
    SCOPED_WORLD(w);
    struct import_id a, b;
    struct str blob = stored(&w, "film");
    OK(import_make(&w, blob, &a, err));
    OK(import_make(&w, blob, &b, err));
    OK(import_cancel(&w.e, a, err));
    OK(ingest_sweep(&w.e, err));
    cr_expect(is_there(&w, blob), "the film of b went with a");
    OK(import_cancel(&w.e, b, err));
    OK(ingest_sweep(&w.e, err));
    cr_expect_not(is_there(&w, blob));
}

Test(source, one_that_has_gone_is_not_promised) {
    SCOPED_WORLD(w);
    struct import_id id;
    struct import_view v;
    struct str blob = stored(&w, "film");
    OK(import_make(&w, blob, &id, err));
    OK(blob_delete(w.e.blob, str_cstr(&w.f.arena, blob), err));
    struct err e = FAILS(ERR_CONFLICT, import_make(&w, blob, &id, err));
    cr_expect_str_eq(e.reason, "import.source_gone");
    FAILS(ERR_CONFLICT, source_claim(&w.e, id, 0, STR("source/none"), 9, &w.f.arena, err));
    OK(import_get(&w.e, id, &w.f.arena, &v, err));
    cr_expect(str_eq(v.inputs[0].blob, blob), "a claim that failed was recorded");
}

Test(source, a_copy_stored_again_is_young_again) {
    SCOPED_WORLD(w);
    struct str blob = stored(&w, "film");
    const char *name = str_cstr(&w.f.arena, blob);
    char path[300];
    struct blob_info info;
    snprintf(path, sizeof path, "touch -d 2001-01-01 %s/%s", blob_path(w.e.blob), name);
    cr_assert_eq(system(path), 0);
    stored(&w, "film");
    OK(blob_stat(w.e.blob, name, &info, err));
    cr_expect_gt(info.mtime_ms, clock_now_ms(NULL) - 60000, "a collector would take it");
}

static const struct sql stuck_sql[] = {
    {"JOBS_END", STORE_JOBS,
     "UPDATE job SET state = CASE WHEN id = (SELECT min(id) FROM job) THEN 'failed' ELSE "
     "'cancelled' END, error_reason = 'job.worker_died', error_hint = 'Again and again.'"}};

/* As the queue leaves it when a film kills every worker that touches it. */
Test(source, an_import_that_nobody_works_on_any_more_has_failed) {
    SCOPED_WORLD(w);
    struct import_id id;
    struct import_view v;
    OK(import_make(&w, stored(&w, "film"), &id, err));
    OK(ingest_sweep(&w.e, err));
    OK(import_get(&w.e, id, &w.f.arena, &v, err));
    cr_expect_eq(v.state, IMPORT_QUEUED, "its jobs are waiting");
    OK(store_exec(w.e.store, &stuck_sql[0], NO_ARGS, err));
    OK(ingest_sweep(&w.e, err));
    OK(import_get(&w.e, id, &w.f.arena, &v, err));
    cr_expect_eq(v.state, IMPORT_FAILED);
    cr_expect(str_eq(v.error_code, STR("job.worker_died")), STR_FMT, STR_ARG(v.error_code));
    OK(import_retry(&w.e, id, err));
}
