/*
 * A disk that fails at each write in turn, across the whole of an import's rows and a start of
 * playback: what was answered as done is there after a restart, what was not leaves nothing half,
 * and carrying on gives one title.
 */
#include "../engine/fault_vfs.h"
#include "play.h"
#include "world.h"
#include "service/ingest/ingest_int.h"
#include "service/playback/playback.h"
#include <sqlite3.h>

static const struct sql begin_sql[] = {
    {"BEGIN_WORK", STORE_JOBS, "UPDATE import SET state = 'running' WHERE state = 'queued'"},
    {"COUNT", STORE_JOBS, "SELECT count(*) FROM import"},
    {"READY", STORE_MAIN, "SELECT count(*) FROM asset WHERE state = 'ready'"},
    {"TITLES", STORE_MAIN, "SELECT count(*) FROM title"},
    {"IMPORTS", STORE_JOBS, "SELECT id FROM import ORDER BY id"}};

static int64_t count(struct world *w, int statement) {
    struct rows r;
    OK(store_row(w->e.store, &begin_sql[statement], NO_ARGS, &w->f.arena, &r, err));
    return row_i64(&r, 0, 0);
}

static void restart(struct world *w) {
    store_close(w->f.store);
    w->f.store = NULL;
    fixture_store(&w->f);
    w->e.store = w->f.store;
}

/* The journey without its media, from wherever it stands. *ret_told: the import was accepted. */
static int carry_on(struct world *w, struct str blob, bool *ret_told, struct err *reterr) {
    struct import_input film = {
        .kind = INPUT_FILM, .name = STR("film.mp4"), .blob = blob, .size_bytes = 4};
    struct import_new n = {
        .scheme = SCHEME_CBCS, .publish = true, .inputs = &film, .n_inputs = 1};
    struct import_view v;
    struct import_link link;
    struct import_id id;
    struct rows rows;
    struct arena *a = &w->f.arena;
    int r = store_query(w->e.store, &begin_sql[4], NO_ARGS, a, &rows, reterr);
    if (r == 0)
        r = import_create(&w->e, &n, a, &id, reterr);
    else if (r > 0)
        id.v = row_id(&rows, 0, 0);
    if (r < 0)
        return r;
    *ret_told = true;
    if ((r = store_exec(w->e.store, &begin_sql[0], NO_ARGS, reterr)) < 0 ||
        (r = import_get(&w->e, id, a, &v, reterr)) < 0)
        return r;
    if (v.state != IMPORT_DONE) {
        if ((r = import_link_ensure(&w->e, &v, a, &link, reterr)) < 0)
            return r;
        struct content_key k; /* made and sealed at its first use */
        if ((r = keys_get(&w->e, link.asset, KEY_SD, 0, &k, reterr)) < 0)
            return r;
        struct track_desc track = {.name = STR("v1"),
                                   .kind = TRACK_VIDEO,
                                   .codec = STR("avc1.64001e"),
                                   .lang = STR("und"),
                                   .role = STR("main"),
                                   .width = 640,
                                   .height = 360,
                                   .timescale = 25,
                                   .duration = 100,
                                   .key_class = KEY_SD};
        memcpy(track.kid, k.kid, sizeof track.kid);
        struct asset_desc d = {.id = id_str(&link.asset.v),
                               .revision = 1,
                               .scheme = SCHEME_CBCS,
                               .duration_ms = 4000,
                               .tracks = &track,
                               .n_tracks = 1};
        struct import_made made = {.asset = &d, .json = STR("{}")};
        if ((r = import_publish(&w->e, &v, &link, &made, NULL, reterr)) < 0)
            return r;
    }
    return ingest_sweep(&w->e, reterr);
}

static struct str source_put(struct world *w, int n) {
    struct blob_writer *writer = NULL;
    struct str name;
    OK(blob_create_hashed(w->e.blob, "source", &writer, err));
    OK(blob_write(writer, &n, sizeof n, err));
    OK(blob_commit(&writer, &w->f.arena, &name, NULL, err));
    return name;
}

static void each_write(int code, int for_ever) {
    int n = 1, step = getenv("MATINEE_LONG") ? 1 : 7; /* a world of its own for each is slow */
    for (bool again = true; again; n += step) {
        SCOPED_WORLD(w);
        struct str blob = source_put(&w, n);
        struct err e = {0};
        bool told = false;
        restart(&w); /* only now on the disk that fails */
        fault_vfs_fail(n, code, for_ever);
        int r = carry_on(&w, blob, &told, &e);
        again = fault_vfs_count() >= n;
        fault_vfs_fail(0, 0, 0);
        cr_assert(r >= 0 || again, "undisturbed: %s", e.msg);
        restart(&w);
        cr_assert(!told || count(&w, 1) == 1, "write %d: an accepted import is lost", n);
        struct blob_info info;
        OK(blob_stat(w.e.blob, str_cstr(&w.f.arena, blob), &info, err));
        OK(carry_on(&w, blob, &told, err));
        cr_assert_eq(count(&w, 1), 1, "write %d", n);
        cr_assert_eq(count(&w, 2), 1, "write %d", n);
        cr_assert_eq(count(&w, 3), 1, "write %d", n);
    }
    cr_expect_gt(n, 10);
}

Test(fault, an_import_carries_on_after_any_write_that_failed, .timeout = 280) {
    fault_vfs_install();
    each_write(SQLITE_IOERR_WRITE, 0);
    fault_vfs_remove();
}

Test(fault, an_import_carries_on_after_a_disk_that_was_full_from_any_write_on, .timeout = 280) {
    fault_vfs_install();
    each_write(SQLITE_FULL, 1);
    fault_vfs_remove();
}

static void started_stop(struct world *w, struct principal who, json_t *playback) {
    struct playback_id id;
    cr_assert(id_parse(str_of(json_string_value(json_object_get(playback, "id"))), &id.v));
    OK(playback_stop(&w->e, who.account, id, err));
    json_decref(playback);
}

Test(fault, playback_starts_after_any_write_that_failed, .timeout = 120) {
    fault_vfs_install();
    {
        SCOPED_WORLD(w);
        struct film film = world_film(&w, "Film", SCHEME_CBCS, true);
        struct principal who = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
        struct playback_ask ask = {.who = who,
                                   .title = film.title,
                                   .device = {id_new(1)},
                                   .device_kind = STR("web"),
                                   .device_name = STR("Test"),
                                   .can = {.clearkey = true}};
        int n = 1;
        for (bool again = true; again; n++) {
            struct err e = {0};
            json_t *j = NULL;
            fault_vfs_fail(n, SQLITE_IOERR_WRITE, 0);
            int r = play_start(&w.e, &ask, &w.f.arena, &j, &e);
            again = fault_vfs_count() >= n;
            fault_vfs_fail(0, 0, 0);
            cr_assert(r >= 0 || (again && r == ERR_IO), "write %d: %s %s", n, err_name(r), e.msg);
            if (r >= 0)
                started_stop(&w, who, j);
            OK(play_start(&w.e, &ask, &w.f.arena, &j, err)); /* the slot is not kept, either */
            cr_assert(json_object_get(j, "hls_url"));
            started_stop(&w, who, j);
        }
        cr_expect_gt(n, 2);
    }
    fault_vfs_remove();
}
