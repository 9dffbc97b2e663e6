#include "world.h"
#include "base/log.h"
#include "engine/cache/cache.h"
#include "service/delivery/delivery.h"
#include "service/playback/playback.h"
#include "service/storefront/storefront.h"
#include "service/viewing/viewing.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void world_init(struct world *w) {
    memset(w, 0, sizeof *w);
    unsetenv("MATINEE_MASTER_KEY");
    log_init("test", LOG_WARN);
    fixture_init(&w->f);
    fixture_store(&w->f);
    w->e = (struct engine){
        .store = w->f.store, .clock = &w->f.clock, .data_dir = w->f.dir, .run_dir = w->f.dir};
    char blobs[128];
    snprintf(blobs, sizeof blobs, "%s/blob", w->f.dir);
    OK(blob_open(blobs, &w->e.blob, err));
    OK(cache_open(&(struct cache_options){.clock = &w->f.clock}, &w->e.cache, err));
    static const struct service *const with_start[] = {&keys_service, &viewing_service,
                                                       &delivery_service};
    for (size_t i = 0; i < ARRAY_LEN(with_start); i++)
        OK(with_start[i]->start(&w->e, err));
}

void world_done(struct world *w) {
    storefront_service.stop();
    delivery_service.stop();
    keys_service.stop();
    cache_close(w->e.cache);
    blob_close(w->e.blob);
    fixture_done(&w->f);
}

struct account_id world_account(struct world *w, const char *email, unsigned roles) {
    struct account_id id;
    struct account_new n = {.email = str_of(email), .password = PASSWORD, .roles = roles};
    OK(account_create(&w->e, &n, &id, err));
    return id;
}

struct rows world_plan(struct world *w, const struct sql *q) {
    /* The store knows a statement by its address: each has one of its own. */
    struct sql *explain = arena_new(&w->f.arena, struct sql);
    char *text = arena_alloc(&w->f.arena, strlen(q->text) + 32);
    struct sql_val v[16];
    size_t args = 0;
    struct rows r;
    sprintf(text, "EXPLAIN QUERY PLAN %s", q->text);
    *explain = (struct sql){"EXPLAIN", q->db, text};
    for (const char *c = q->text; (c = strchr(c, '$')); c++)
        args = MAX(args, (size_t)atoi(c + 1));
    cr_assert_leq(args, ARRAY_LEN(v));
    for (size_t i = 0; i < args; i++)
        v[i] = A_CSTR("");
    OK(store_query(w->e.store, explain, (struct sql_args){v, args}, &w->f.arena, &r, err));
    cr_assert_gt(r.n, 0);
    return r;
}

void world_expect_covered(struct world *w, const struct sql *q) {
    struct rows r = world_plan(w, q);
    size_t searches = 0;
    for (size_t row = 0; row < r.n; row++) {
        struct str step = row_str(&r, row, 3);
        cr_expect(!str_starts(step, STR("SCAN")) || str_starts(step, STR("SCAN CONSTANT ROW")) || str_starts(step, STR("SCAN one")),
                  "%s: " STR_FMT, q->name, STR_ARG(step));
        bool handful = str_find(step, STR("billing_counter")) >= 0; /* its few rows are on one page */
        if (str_starts(step, STR("SEARCH")) && !handful)
            cr_expect(str_find(step, STR("USING COVERING INDEX")) >= 0, "%s: " STR_FMT, q->name, STR_ARG(step));
        searches += str_starts(step, STR("SEARCH"));
    }
    cr_expect_gt(searches, 0u, "%s", q->name);
}

struct principal world_sign_in(struct world *w, struct account_id account) {
    struct session_token token;
    struct session s;
    unsigned roles;
    OK(session_create(&w->e, account, &token, &s, err));
    OK(session_find(&w->e, str_of(token.s), &s, &roles, err));
    return (struct principal){.account = s.account,
                              .profile = s.profile,
                              .session = s.id,
                              .device = s.device,
                              .roles = roles,
                              .kids = s.kids,
                              .maturity = s.maturity};
}

static void track_key(struct world *w, struct asset_id asset, enum key_class class,
                      struct track_desc *t) {
    struct content_key k;
    OK(keys_get(&w->e, asset, class, 0, &k, err));
    t->key_class = class;
    memcpy(t->kid, k.kid, sizeof t->kid);
}

struct asset_desc world_asset_desc(struct world *w, struct asset_id asset, enum scheme scheme) {
    struct arena *a = &w->f.arena;
    struct track_desc tracks[] = {
        {.name = STR("v1"),
         .kind = TRACK_VIDEO,
         .codec = STR("avc1.64001e"),
         .lang = STR("und"),
         .role = STR("main"),
         .width = 640,
         .height = 360,
         .bandwidth = 600000,
         .peak_bandwidth = 800000,
         .timescale = 12800,
         .duration = 60 * 12800,
         .fps = {25, 1}},
        {.name = STR("v2"),
         .kind = TRACK_VIDEO,
         .codec = STR("avc1.640028"),
         .lang = STR("und"),
         .role = STR("main"),
         .width = 1920,
         .height = 1080,
         .bandwidth = 4000000,
         .peak_bandwidth = 5000000,
         .timescale = 12800,
         .duration = 60 * 12800,
         .fps = {25, 1}},
        {.name = STR("a1"),
         .kind = TRACK_AUDIO,
         .codec = STR("mp4a.40.2"),
         .lang = STR("en"),
         .role = STR("main"),
         .label = STR("English"),
         .is_default = true,
         .channels = 2,
         .sample_rate = 48000,
         .bandwidth = 128000,
         .peak_bandwidth = 130000,
         .timescale = 48000,
         .duration = 60 * 48000},
        {.name = STR("a2"),
         .kind = TRACK_AUDIO,
         .codec = STR("mp4a.40.2"),
         .lang = STR("fr"),
         .role = STR("dub"),
         .label = STR("Français"),
         .channels = 2,
         .sample_rate = 48000,
         .bandwidth = 128000,
         .peak_bandwidth = 130000,
         .timescale = 48000,
         .duration = 60 * 48000},
        {.name = STR("t1"),
         .kind = TRACK_TEXT,
         .codec = STR("wvtt"),
         .lang = STR("en"),
         .role = STR("subtitle"),
         .label = STR("English"),
         .timescale = 1000,
         .duration = 60000},
        {.name = STR("i1"),
         .kind = TRACK_IMAGE,
         .lang = STR("und"),
         .role = STR("main"),
         .timescale = 1000,
         .duration = 60000,
         .tile_cols = 5,
         .tile_rows = 5,
         .tile_width = 160,
         .tile_height = 90,
         .tile_every = 2000},
    };
    if (scheme != SCHEME_CLEAR) {
        track_key(w, asset, KEY_SD, &tracks[0]);
        track_key(w, asset, KEY_HD, &tracks[1]);
        track_key(w, asset, KEY_AUDIO, &tracks[2]);
        track_key(w, asset, KEY_AUDIO, &tracks[3]);
    }
    return (struct asset_desc){.id = str_dup(a, id_str(&asset.v)),
                               .revision = 1,
                               .scheme = scheme,
                               .duration_ms = 60000,
                               .tracks = arena_copy(a, tracks, sizeof tracks),
                               .n_tracks = ARRAY_LEN(tracks)};
}

/* The index of a track: fifteen extents of 4 s. */
static void index_put(struct world *w, struct asset_id asset, const struct track_desc *t) {
    char path[128], name[128], bytes[8192];
    struct index_object object = {0};
    struct index_writer iw;
    snprintf(object.name, sizeof object.name, STR_FMT ".cmaf", STR_ARG(t->name));
    snprintf(path, sizeof path, "%s/idx", w->f.dir);
    scoped(fd_close) int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    cr_assert(fd >= 0);
    cr_assert_eq(index_start(&iw, fd, &object, 1), 0);
    iw.h.kind = (uint32_t)t->kind;
    iw.h.timescale = t->timescale;
    iw.h.init_length = t->kind == TRACK_VIDEO || t->kind == TRACK_AUDIO ? 700 : 0;
    iw.h.duration = (uint64_t)t->duration;
    for (uint32_t i = 0; i < 15; i++) {
        struct index_extent e = {.offset = 4096 + i * 65536ull,
                                 .time = i * 4ull * t->timescale,
                                 .length = 60000,
                                 .duration = 4 * t->timescale,
                                 .flags = EXTENT_INDEPENDENT,
                                 .iframe_length = t->kind == TRACK_VIDEO ? 9000 : 0};
        cr_assert_eq(index_append(&iw, &e, 1), 0);
    }
    cr_assert_eq(index_publish(&iw), 0);
    ssize_t n = pread(fd, bytes, sizeof bytes, 0);
    cr_assert(n > 0 && (size_t)n < sizeof bytes);
    snprintf(name, sizeof name, "asset/" ID_FMT "/" STR_FMT ".idx", ID_ARG(asset.v),
             STR_ARG(t->name));
    OK(blob_put(w->e.blob, name, str_make(bytes, (size_t)n), err));
}

static void blobs_put(struct world *w, struct asset_id asset, const struct asset_desc *d,
                      const char *json) {
    char name[64];
    snprintf(name, sizeof name, "asset/" ID_FMT "/asset.json", ID_ARG(asset.v));
    OK(blob_put(w->e.blob, name, str_of(json), err));
    for (size_t i = 0; i < d->n_tracks; i++)
        index_put(w, asset, &d->tracks[i]);
}

struct film world_film(struct world *w, const char *name, enum scheme scheme, bool published) {
    struct film film;
    struct tx *tx;
    struct title_new n = {.name = str_of(name), .synopsis = STR("What happens."), .year = 2008};
    static const struct artwork poster[] = {
        {.name = STR("p-480.jpg"), .width = 480, .height = 720, .color = 0x102030},
        {.name = STR("p-960.jpg"), .width = 960, .height = 1440, .color = 0x102030}};
    OK(tx_begin(w->e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_title_create(tx, &n, &w->f.arena, &film.title, &film.slug, err));
    OK(catalog_asset_create(tx, film.title, &film.asset, err));
    OK(catalog_artwork_set(tx, film.title, ART_POSTER, poster, 2, err));
    OK(catalog_artwork_set(tx, film.title, ART_BACKDROP, poster, 1, err));
    OK(tx_commit(&tx, err));

    struct asset_desc d = world_asset_desc(w, film.asset, scheme);
    scoped(mem_free) char *json = NULL;
    json_t *j = asset_to_json(&d);
    json = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    blobs_put(w, film.asset, &d, json);
    OK(tx_begin(w->e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_asset_ready(tx, film.asset, &d, str_of(json), err));
    if (published)
        OK(catalog_title_publish(tx, film.title, true, err));
    OK(tx_commit(&tx, err));
    return film;
}
