/* Uploads below HTTP: whose they are, what a kill leaves, what becomes of them. */
#include "world.h"
#include "service/ingest/upload.h"
#include "service/playback/playback.h"

static struct upload made(struct world *w, struct account_id who, int64_t size) {
    struct upload u = {.account = who, .name = STR("film.mp4"), .size_bytes = size, .wish.publish = true};
    OK(upload_create(&w->e, &u, &w->f.arena, err));
    return u;
}

/* As the routes do it, but up to the moment at which the row says "closing". */
static void closing(struct world *w, struct upload *u, const char *content, bool has_part) {
    struct blob_part *part = NULL;
    struct rows rows;
    char state[HASH_STATE_TEXT], hex[65];
    OK(store_query(w->e.store, &ingest_sql[UPLOAD_TURN], ARGS(A_ID(u->id), A_I64(store_now_ms(w->e.store))),
                   &w->f.arena, &rows, err));
    int64_t turn = row_i64(&rows, 0, 0);
    OK(blob_part_open(w->e.blob, u->id.v, &u->mark, &part, err));
    OK(blob_part_write(part, content, strlen(content), err));
    OK(blob_part_sync(part, &u->mark, err));
    blob_part_close(&part);
    if (!has_part)
        OK(blob_part_remove(w->e.blob, u->id.v, err));
    hash_state_write(&u->mark.state, state);
    hash_state_hex(&u->mark.state, hex);
    OK(store_exec(w->e.store, &ingest_sql[UPLOAD_MARK],
                  ARGS(A_ID(u->id), A_I64(turn), A_I64(u->mark.size_bytes), A_CSTR(state),
                       A_I64(store_now_ms(w->e.store))), err));
    cr_assert_eq(store_exec(w->e.store, &ingest_sql[UPLOAD_CLOSE],
                            ARGS(A_ID(u->id), A_I64(turn), A_CSTR(hex),
                                 A_STR(str_printf(&w->f.arena, "source/%s", hex)), A_I64(store_now_ms(w->e.store))),
                            NULL), 1);
}

static struct upload whole(struct world *w, struct account_id who, const char *content) {
    struct upload u = made(w, who, (int64_t)strlen(content));
    closing(w, &u, content, true);
    OK(upload_get(&w->e, u.id, who, &w->f.arena, &u, err));
    cr_assert_eq(u.state, UPLOAD_WHOLE);
    return u;
}

static bool is_there(struct world *w, struct str blob) {
    struct blob_info info;
    return blob_stat(w->e.blob, str_cstr(&w->f.arena, blob), &info, NULL) == 0;
}

Test(upload, is_its_makers_alone) {
    SCOPED_WORLD(w);
    struct account_id ana = {id_new(1)}, bob = {id_new(2)};
    struct upload u = made(&w, ana, 3), seen;
    struct upload *list;
    struct str next;
    size_t n;
    OK(upload_get(&w.e, u.id, ana, &w.f.arena, &seen, err));
    cr_expect(seen.size_bytes == 3 && seen.mark.size_bytes == 0 && seen.state == UPLOAD_OPEN);
    FAILS(ERR_NOT_FOUND, upload_get(&w.e, u.id, bob, &w.f.arena, &seen, err));
    OK(upload_list(&w.e, bob, STR_NULL, 0, &w.f.arena, &list, &n, &next, err));
    cr_expect_eq(n, 0);
    json_t *told;
    OK(upload_export(&w.e, bob, &told, err));
    cr_expect_eq(json_array_size(json_object_get(told, "uploads")), 0);
    json_decref(told);
    OK(upload_export(&w.e, ana, &told, err));
    cr_expect_eq(json_array_size(json_object_get(told, "uploads")), 1);
    json_decref(told);
    OK(upload_erase(&w.e, bob, err));
    OK(upload_list(&w.e, ana, STR_NULL, 0, &w.f.arena, &list, &n, &next, err));
    cr_expect_eq(n, 1);
    OK(upload_erase(&w.e, ana, err));
    FAILS(ERR_NOT_FOUND, upload_get(&w.e, u.id, ana, &w.f.arena, &seen, err));
}

Test(upload, what_cannot_become_a_film_is_refused_in_words) {
    SCOPED_WORLD(w);
    struct account_id ana = {id_new(1)};
    const struct {
        struct upload u;
        int code;
        const char *reason;
    } bad[] = {
        {{.name = STR("../x"), .size_bytes = 1}, ERR_INVALID, "import.filename_invalid"},
        {{.name = STR("a"), .size_bytes = 0}, ERR_BAD_MEDIA, "import.file_empty"},
        {{.name = STR("a"), .size_bytes = UPLOAD_SIZE_MAX + 1}, ERR_TOO_LARGE, "upload.too_large"},
        {{.name = STR("a"), .size_bytes = 1, .wish.lang = STR("xx-nope!")}, ERR_INVALID, "import.language_unknown"},
        {{.name = STR("a"), .size_bytes = 1, .wish.into = {id_new(9)}}, ERR_INVALID, "import.title_absent"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct upload u = bad[i].u;
        u.account = ana;
        struct err e = FAILS(bad[i].code, upload_create(&w.e, &u, &w.f.arena, err));
        cr_expect_str_eq(e.reason, bad[i].reason);
        cr_expect_gt(strlen(e.hint), 10);
    }
}

Test(upload, a_kill_between_the_last_byte_and_its_name_loses_nothing) {
    SCOPED_WORLD(w);
    struct account_id ana = {id_new(1)};
    struct upload u = whole(&w, ana, "abc"), lost;
    cr_expect(str_eq(u.sha256, STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")));
    cr_expect(is_there(&w, u.blob));
    /* The name was given, and the kill came after it. */
    struct upload again = made(&w, ana, 3);
    closing(&w, &again, "abc", false);
    OK(upload_get(&w.e, again.id, ana, &w.f.arena, &again, err));
    cr_expect_eq(again.state, UPLOAD_WHOLE);
    /* Neither: the disk lost it, and its sender is told. */
    lost = made(&w, ana, 4);
    closing(&w, &lost, "abcd", false);
    OK(upload_get(&w.e, lost.id, ana, &w.f.arena, &lost, err));
    cr_expect_eq(lost.state, UPLOAD_REFUSED);
    cr_expect(str_eq(lost.error_code, STR("upload.lost")));
}

Test(upload, a_whole_one_is_kept_for_a_week_and_as_long_as_an_import_wants_it) {
    SCOPED_WORLD(w);
    struct account_id ana = {id_new(1)};
    struct upload kept = whole(&w, ana, "kept"), old = whole(&w, ana, "old"), open = made(&w, ana, 9), seen;
    struct upload_wish wish = {0};
    OK(upload_import(&w.e, &kept, &wish, &w.f.arena, err));
    OK(ingest_sweep(&w.e, err));
    cr_expect_gt(ingest_gc(&w.e, true, 0, NULL, NULL, NULL), -1);
    cr_expect_eq(ingest_gc(&w.e, false, 0, NULL, NULL, NULL), 0, "what somebody is sending was collected");
    cr_expect(is_there(&w, old.blob));
    clock_shift((struct clock *)w.e.clock, UPLOAD_KEPT_MS + 1000);
    OK(ingest_sweep(&w.e, err));
    cr_expect_not(is_there(&w, old.blob));
    cr_expect(is_there(&w, kept.blob), "the film of an import went with its upload");
    FAILS(ERR_NOT_FOUND, upload_get(&w.e, open.id, ana, &w.f.arena, &seen, err));
}

Test(upload, the_same_bytes_name_the_title_that_has_them) {
    SCOPED_WORLD(w);
    struct account_id ana = {id_new(1)};
    struct upload first = whole(&w, ana, "film"), second = whole(&w, ana, "film");
    struct upload_wish wish = {.title = STR("Metropolis")};
    json_t *same = NULL;
    OK(upload_import(&w.e, &first, &wish, &w.f.arena, err));
    struct err e = FAILS(ERR_CONFLICT, upload_import(&w.e, &first, &wish, &w.f.arena, err));
    e = FAILS(ERR_CONFLICT, upload_import(&w.e, &second, &wish, &w.f.arena, err));
    cr_expect_str_eq(e.reason, "import.duplicate");
    cr_expect(str_find(str_of(e.hint), STR("Metropolis")) >= 0, "%s", e.hint);
    OK(import_duplicates(&w.e, second.blob, &w.f.arena, &same, err));
    cr_assert_eq(json_array_size(same), 1);
    cr_expect_str_eq(json_string_value(json_object_get(json_array_get(same, 0), "title_name")), "Metropolis");
    json_decref(same);
    wish.duplicate = true;
    OK(upload_import(&w.e, &second, &wish, &w.f.arena, err));
}

Test(upload, an_import_that_was_wished_for_begins_by_itself_or_says_why_not) {
    SCOPED_WORLD(w);
    struct account_id ana = {id_new(1)};
    struct upload u = {.account = ana, .name = STR("a.mp4"), .size_bytes = 4, .wish = {.import = true, .title = STR("One")}};
    struct upload twice = u;
    OK(upload_create(&w.e, &u, &w.f.arena, err));
    closing(&w, &u, "film", true);
    clock_shift((struct clock *)w.e.clock, 61000);
    OK(upload_sweep(&w.e, err));
    OK(upload_get(&w.e, u.id, ana, &w.f.arena, &u, err));
    cr_expect(u.state == UPLOAD_WHOLE && id_is_set(u.import.v));
    OK(upload_create(&w.e, &twice, &w.f.arena, err));
    closing(&w, &twice, "film", true);
    OK(upload_get(&w.e, twice.id, ana, &w.f.arena, &twice, err));
    cr_expect_not(id_is_set(twice.import.v));
    cr_expect(str_eq(twice.error_code, STR("import.duplicate")));
}

Test(upload, a_title_keeps_its_film_when_the_one_that_was_to_replace_it_fails) {
    SCOPED_WORLD(w);
    struct account_id ana = {id_new(1)};
    struct film old = world_film(&w, "Old", SCHEME_CBCS, true);
    struct upload u = whole(&w, ana, "film");
    struct upload_wish wish = {.into = old.title};
    struct import_link link;
    struct import_view v;
    struct title_card card;
    enum import_state became;
    OK(upload_import(&w.e, &u, &wish, &w.f.arena, err));
    OK(import_get(&w.e, u.import, &w.f.arena, &v, err));
    OK(import_link_ensure(&w.e, &v, &w.f.arena, &link, err));
    cr_expect(link.borrowed && str_eq(link.slug, old.slug));
    cr_expect_neq(strcmp(link.asset.v.s, old.asset.v.s), 0);
    struct err why = {0};
    err_set(&why, ERR_BAD_MEDIA, "no film");
    OK(import_end(&w.e, u.import, IMPORT_FAILED, &why, &became, err));
    OK(ingest_sweep(&w.e, err));
    OK(catalog_card_by_id(w.e.store, old.title, STR_NULL, false, &w.f.arena, &card, err));
    cr_expect_str_eq(card.asset.v.s, old.asset.v.s);
    FAILS(ERR_NOT_FOUND, import_link_get(&w.e, u.import, &w.f.arena, &link, err));
}

static const struct sql now_sql[] = {
    {"PLAY", STORE_VIEWING,
     "INSERT INTO playback (id, account_id, profile_id, device_id, title_id, asset_id, view, duration_ms, position_ms,"
     " state, started_at, updated_at, expires_at) VALUES ($1, 'a', 'p', 'd', 't', $2, '', 0, 0, 'started', $3, $3, $4)"}};

/* A new film of the same title; the old one stays as long as somebody watches it. */
Test(upload, a_replaced_film_goes_when_nobody_watches_it_any_more) {
    SCOPED_WORLD(w);
    struct film old = world_film(&w, "Old", SCHEME_CBCS, true);
    struct asset_id next, *ids;
    struct title_card card;
    struct playback_id p = {id_new(store_now_ms(w.e.store))};
    struct tx *tx;
    bool watched;
    size_t n;
    clock_shift((struct clock *)w.e.clock, 1000);
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_asset_create(tx, old.title, &next, err));
    OK(tx_commit(&tx, err));
    struct asset_desc d = world_asset_desc(&w, next, SCHEME_CBCS);
    int64_t before = store_now_ms(w.e.store);
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_asset_ready(tx, next, &d, STR("{}"), err));
    OK(tx_commit(&tx, err));
    OK(catalog_card_by_id(w.e.store, old.title, STR_NULL, false, &w.f.arena, &card, err));
    cr_expect_str_eq(card.asset.v.s, next.v.s);
    int64_t now = store_now_ms(w.e.store);
    OK(catalog_assets_replaced(w.e.store, before, &w.f.arena, &ids, &n, err));
    cr_expect_eq(n, 0, "younger than was asked for");
    OK(catalog_assets_replaced(w.e.store, now + 1, &w.f.arena, &ids, &n, err));
    cr_assert_eq(n, 1);
    cr_expect_str_eq(ids[0].v.s, old.asset.v.s);
    OK(store_exec(w.e.store, &now_sql[0], ARGS(A_ID(p), A_ID(old.asset), A_I64(now), A_I64(now + HOUR_MS)), err));
    OK(playback_asset_watched(&w.e, old.asset, &watched, err));
    cr_expect(watched);
    OK(playback_asset_watched(&w.e, next, &watched, err));
    cr_expect_not(watched);
    clock_shift((struct clock *)w.e.clock, 2 * HOUR_MS);
    OK(playback_asset_watched(&w.e, old.asset, &watched, err));
    cr_expect_not(watched);
    FAILS(ERR_CONFLICT, ingest_asset_remove(&w.e, next, err));
    OK(ingest_asset_remove(&w.e, old.asset, err));
    OK(catalog_assets_replaced(w.e.store, INT64_MAX, &w.f.arena, &ids, &n, err));
    cr_expect_eq(n, 0);
}
