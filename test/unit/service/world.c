#include "world.h"
#include "base/log.h"
#include <stdlib.h>

void world_init(struct world *w) {
    memset(w, 0, sizeof *w);
    unsetenv("MATINEE_MASTER_KEY");
    log_init("test", LOG_WARN);
    fixture_init(&w->f);
    fixture_store(&w->f);
    w->e = (struct engine){.store = w->f.store, .clock = &w->f.clock, .data_dir = w->f.dir,
                           .run_dir = w->f.dir};
    char blobs[128];
    snprintf(blobs, sizeof blobs, "%s/blob", w->f.dir);
    OK(blob_open(blobs, &w->e.blob, err));
    OK(keys_service.start(&w->e, err));
}

void world_done(struct world *w) {
    keys_service.stop();
    blob_close(w->e.blob);
    fixture_done(&w->f);
}

struct account_id world_account(struct world *w, const char *email, unsigned roles) {
    struct account_id id;
    struct account_new n = {.email = str_of(email), .password = PASSWORD, .roles = roles};
    OK(account_create(&w->e, &n, &id, err));
    return id;
}

struct principal world_sign_in(struct world *w, struct account_id account) {
    struct session_token token;
    struct session s;
    unsigned roles;
    OK(session_create(&w->e, account, &token, &s, err));
    OK(session_find(&w->e, str_of(token.s), &s, &roles, err));
    return (struct principal){.account = s.account, .profile = s.profile, .session = s.id,
                              .device = s.device, .roles = roles};
}

static void track_key(struct world *w, struct asset_id asset, enum key_class class, struct track_desc *t) {
    struct content_key k;
    OK(keys_get(&w->e, asset, class, 0, &k, err));
    t->key_class = class;
    memcpy(t->kid, k.kid, sizeof t->kid);
}

struct asset_desc world_asset_desc(struct world *w, struct asset_id asset, enum scheme scheme) {
    struct arena *a = &w->f.arena;
    struct track_desc tracks[] = {
        {.name = STR("v1"), .kind = TRACK_VIDEO, .codec = STR("avc1.64001e"), .lang = STR("und"),
         .role = STR("main"), .width = 640, .height = 360, .bandwidth = 600000,
         .peak_bandwidth = 800000, .timescale = 12800, .duration = 60 * 12800, .fps = {25, 1}},
        {.name = STR("v2"), .kind = TRACK_VIDEO, .codec = STR("avc1.640028"), .lang = STR("und"),
         .role = STR("main"), .width = 1920, .height = 1080, .bandwidth = 4000000,
         .peak_bandwidth = 5000000, .timescale = 12800, .duration = 60 * 12800, .fps = {25, 1}},
        {.name = STR("a1"), .kind = TRACK_AUDIO, .codec = STR("mp4a.40.2"), .lang = STR("en"),
         .role = STR("main"), .label = STR("English"), .is_default = true, .channels = 2,
         .sample_rate = 48000, .bandwidth = 128000, .peak_bandwidth = 130000, .timescale = 48000,
         .duration = 60 * 48000},
        {.name = STR("a2"), .kind = TRACK_AUDIO, .codec = STR("mp4a.40.2"), .lang = STR("fr"),
         .role = STR("dub"), .label = STR("Français"), .channels = 2, .sample_rate = 48000,
         .bandwidth = 128000, .peak_bandwidth = 130000, .timescale = 48000, .duration = 60 * 48000},
        {.name = STR("t1"), .kind = TRACK_TEXT, .codec = STR("wvtt"), .lang = STR("en"),
         .role = STR("subtitle"), .label = STR("English"), .timescale = 1000, .duration = 60000},
        {.name = STR("i1"), .kind = TRACK_IMAGE, .lang = STR("und"), .role = STR("main"),
         .timescale = 1000, .duration = 60000, .tile_cols = 5, .tile_rows = 5, .tile_width = 160,
         .tile_height = 90, .tile_every = 2000},
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

struct film world_film(struct world *w, const char *name, enum scheme scheme, bool published) {
    struct film film;
    struct tx *tx;
    struct title_new n = {.name = str_of(name), .synopsis = STR("What happens."), .year = 2008};
    static const struct artwork poster[] = {{.name = STR("p-480.jpg"), .width = 480, .height = 720,
                                             .color = 0x102030},
                                            {.name = STR("p-960.jpg"), .width = 960, .height = 1440,
                                             .color = 0x102030}};
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
    OK(tx_begin(w->e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_asset_ready(tx, film.asset, &d, str_of(json), err));
    if (published)
        OK(catalog_title_publish(tx, film.title, true, err));
    OK(tx_commit(&tx, err));
    return film;
}
