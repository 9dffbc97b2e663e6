/* How an import ends: published, cancelled or failed, whoever comes first, and whatever a kill cut
 * in two. */
#include "world.h"
#include "service/ingest/ingest_int.h"
#include <pthread.h>
#include <unistd.h>

struct ending {
    struct world *w;
    struct import_view v;
    struct import_link link;
    struct asset_desc desc;
    struct str json;
    json_t *images;
};

static const struct sql running_sql[] = {
    {"RUNNING", STORE_JOBS, "UPDATE import SET state = 'running' WHERE state = 'queued'"},
    {"NO_JOBS", STORE_JOBS, "UPDATE job SET state = 'failed', error_reason = 'job.worker_died'"}};

/* An import whose steps are all made. */
static struct ending ending_make(struct world *w) {
    struct ending x = {.w = w, .images = json_object()};
    struct blob_writer *writer = NULL;
    struct str blob;
    OK(blob_create_hashed(w->e.blob, "source", &writer, err));
    OK(blob_write(writer, "film", 4, err));
    OK(blob_commit(&writer, &w->f.arena, &blob, NULL, err));
    struct import_input film = {
        .kind = INPUT_FILM, .name = STR("film.mp4"), .blob = blob, .size_bytes = 4};
    struct import_new n = {
        .scheme = SCHEME_CBCS, .publish = true, .inputs = &film, .n_inputs = 1};
    struct import_id id;
    OK(import_create(&w->e, &n, &w->f.arena, &id, err));
    OK(store_exec(w->e.store, &running_sql[0], NO_ARGS, err));
    OK(import_get(&w->e, id, &w->f.arena, &x.v, err));
    OK(import_link_ensure(&w->e, &x.v, &w->f.arena, &x.link, err));
    x.desc = world_asset_desc(w, x.link.asset, SCHEME_CBCS);
    json_t *j = asset_to_json(&x.desc);
    scoped(mem_free) char *text = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    x.json = str_dup(&w->f.arena, str_of(text));
    return x;
}

static int publish(struct ending *x, struct err *reterr) {
    struct import_made made = {.asset = &x->desc, .json = x->json, .images = x->images};
    return import_publish(&x->w->e, &x->v, &x->link, &made, NULL, reterr);
}

static enum import_state state_of(struct ending *x) {
    struct import_view v;
    OK(import_get(&x->w->e, x->v.id, &x->w->f.arena, &v, err));
    return v.state;
}

static bool is_visible(struct ending *x) {
    struct title_card card;
    return catalog_card_by_slug(x->w->e.store, x->link.slug, STR("en"), false, &x->w->f.arena,
                                &card, NULL) >= 0;
}

static void ending_done(struct ending *x) {
    json_decref(x->images);
}

Test(end, cancelled_first_is_never_published) {
    SCOPED_WORLD(w);
    struct ending x = ending_make(&w);
    OK(import_cancel(&w.e, x.v.id, err));
    FAILS(ERR_CANCELLED, publish(&x, err));
    cr_expect_eq(state_of(&x), IMPORT_CANCELLED);
    cr_expect_not(is_visible(&x));
    OK(ingest_sweep(&w.e, err));
    cr_expect_not(is_visible(&x));
    ending_done(&x);
}

Test(end, published_first_is_not_cancelled) {
    SCOPED_WORLD(w);
    struct ending x = ending_make(&w);
    OK(publish(&x, err));
    struct err e = FAILS(ERR_CONFLICT, import_cancel(&w.e, x.v.id, err));
    cr_expect_str_eq(e.reason, "import.ended");
    FAILS(ERR_CANCELLED, publish(&x, err));
    OK(ingest_sweep(&w.e, err));
    cr_expect_eq(state_of(&x), IMPORT_DONE);
    cr_expect(is_visible(&x));
    ending_done(&x);
}

/* As a kill between the two commits of a publication leaves it. */
static void publish_half(struct ending *x) {
    struct tx *tx;
    OK(tx_begin(x->w->e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_asset_ready(tx, x->link.asset, &x->desc, x->json, err));
    OK(catalog_title_publish(tx, x->link.title, true, err));
    OK(tx_commit(&tx, err));
}

Test(end, half_a_publication_is_done_whoever_looks_next) {
    SCOPED_WORLD(w);
    struct ending cancelled = ending_make(&w), stuck = ending_make(&w), again = ending_make(&w);
    publish_half(&cancelled);
    publish_half(&stuck);
    publish_half(&again);
    FAILS(ERR_CONFLICT, import_cancel(&w.e, cancelled.v.id, err));
    cr_expect_eq(state_of(&cancelled), IMPORT_DONE);
    OK(publish(&again, err));
    cr_expect_eq(state_of(&again), IMPORT_DONE);
    OK(store_exec(w.e.store, &running_sql[1], NO_ARGS, err));
    OK(ingest_sweep(&w.e, err));
    cr_expect_eq(state_of(&stuck), IMPORT_DONE, "its title is out: it has not failed");
    cr_expect(is_visible(&cancelled) && is_visible(&stuck) && is_visible(&again));
    ending_done(&cancelled);
    ending_done(&stuck);
    ending_done(&again);
}

static void *publish_thread(void *arg) {
    struct err e = {0};
    return (void *)(intptr_t)publish(arg, &e);
}

Test(end, of_a_race_there_is_one_winner, .timeout = 60) {
    SCOPED_WORLD(w);
    for (int i = 0; i < 20; i++) {
        struct ending x = ending_make(&w);
        pthread_t t;
        void *published;
        struct err e = {0};
        pthread_create(&t, NULL, publish_thread, &x);
        if (i % 4)
            usleep((useconds_t)(i % 4 * 400));
        int cancelled = import_cancel(&w.e, x.v.id, &e);
        pthread_join(t, &published);
        OK(ingest_sweep(&w.e, err));
        bool out = (intptr_t)published >= 0;
        cr_expect_neq(out, cancelled >= 0, "published %d, cancelled %d", (int)(intptr_t)published,
                      cancelled);
        cr_expect_eq(is_visible(&x), out);
        cr_expect_eq(state_of(&x), out ? IMPORT_DONE : IMPORT_CANCELLED);
        ending_done(&x);
    }
}
