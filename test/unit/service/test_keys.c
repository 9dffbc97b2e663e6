/* Content keys: the same when asked again, unreadable without the master key or under another name.
 */
#include "world.h"
#include "service/keys/keys_int.h"
#include <sys/stat.h>
#include <unistd.h>

static struct asset_id new_asset(struct world *w) {
    return (struct asset_id){id_new(clock_now_ms(&w->f.clock))};
}

Test(keys, a_key_stays_and_every_class_and_period_has_its_own) {
    SCOPED_WORLD(w);
    struct asset_id asset = new_asset(&w), other = new_asset(&w);
    struct content_key hd, again, sd, next, elsewhere, *all;
    size_t n;
    OK(keys_get(&w.e, asset, KEY_HD, 0, &hd, err));
    OK(keys_get(&w.e, asset, KEY_HD, 0, &again, err));
    OK(keys_get(&w.e, asset, KEY_SD, 0, &sd, err));
    OK(keys_get(&w.e, asset, KEY_HD, 1, &next, err));
    OK(keys_get(&w.e, other, KEY_HD, 0, &elsewhere, err));
    cr_expect_arr_eq(hd.key, again.key, 16);
    cr_expect_arr_eq(hd.kid, again.kid, 16);
    const struct content_key *different[] = {&sd, &next, &elsewhere};
    for (size_t i = 0; i < 3; i++) {
        cr_expect_arr_neq(hd.key, different[i]->key, 16);
        cr_expect_arr_neq(hd.kid, different[i]->kid, 16);
    }
    OK(keys_list(&w.e, asset, &w.f.arena, &all, &n, err));
    cr_expect_eq(n, 3);
    OK(keys_by_kid(&w.e, sd.kid, &again, err));
    cr_expect_arr_eq(again.key, sd.key, 16);
    cr_expect_eq(again.class, KEY_SD);
    cr_expect_str_eq(again.asset.v.s, asset.v.s);
    sd.kid[0] ^= 1;
    FAILS(ERR_NOT_FOUND, keys_by_kid(&w.e, sd.kid, &again, err));
}

Test(keys, an_iv_stays_with_its_track) {
    SCOPED_WORLD(w);
    struct asset_id asset = new_asset(&w);
    uint8_t v1[16], again[16], v2[16];
    OK(keys_track_iv(&w.e, asset, STR("v1"), v1, err));
    OK(keys_track_iv(&w.e, asset, STR("v1"), again, err));
    OK(keys_track_iv(&w.e, asset, STR("v2"), v2, err));
    cr_expect_arr_eq(v1, again, 16);
    cr_expect_arr_neq(v1, v2, 16);
}

Test(keys, nothing_is_stored_in_the_clear) {
    SCOPED_WORLD(w);
    struct content_key k;
    struct rows r;
    OK(keys_get(&w.e, new_asset(&w), KEY_HD, 0, &k, err));
    OK(store_row(w.e.store, &keys_sql[KEY_LIST], ARGS(A_ID(k.asset)), &w.f.arena, &r, err));
    struct str sealed = row_str(&r, 0, 4);
    cr_expect_eq(sealed.n, SEALED_LEN(16));
    cr_expect_null(memmem(sealed.p, sealed.n, k.key, 16));
}

Test(keys, another_master_key_opens_nothing_and_says_so_at_start) {
    SCOPED_WORLD(w);
    struct content_key k;
    OK(keys_get(&w.e, new_asset(&w), KEY_HD, 0, &k, err));
    keys_service.stop();
    FAILS(ERR_INTERNAL, keys_by_kid(&w.e, k.kid, &k, err)); /* none loaded */
    setenv("MATINEE_MASTER_KEY", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
           1);
    cr_expect_str_eq(FAILS(ERR_CORRUPT, keys_service.start(&w.e, err)).reason, "keys.unreadable");
    cr_expect_str_eq(FAILS(ERR_CORRUPT, keys_by_kid(&w.e, k.kid, &k, err)).reason,
                     "keys.unreadable");
    unsetenv("MATINEE_MASTER_KEY");
    OK(keys_service.start(&w.e, err));
    OK(keys_by_kid(&w.e, k.kid, &k, err));
}

Test(keys, a_sealed_key_moved_to_another_place_does_not_open) {
    SCOPED_WORLD(w);
    uint8_t sealed[SEALED_LEN(16)], out[16];
    struct str text = str_make((char *)sealed, sizeof sealed);
    OK(master_seal(STR("0123456789abcdef"), STR("content-key|a"), sealed, err));
    OK(master_unseal(text, STR("content-key|a"), out, 16, err));
    cr_expect_arr_eq(out, "0123456789abcdef", 16);
    FAILS(ERR_CORRUPT, master_unseal(text, STR("content-key|b"), out, 16, err));
    sealed[30] ^= 1;
    FAILS(ERR_CORRUPT, master_unseal(text, STR("content-key|a"), out, 16, err));
}

Test(keys, the_master_key_file_is_private_whole_and_checked) {
    SCOPED_WORLD(w);
    char path[128];
    struct stat st;
    snprintf(path, sizeof path, "%s/master.key", w.f.dir);
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    cr_expect_eq(st.st_size, MASTER_KEY_HEX + 1);
    chmod(path, 0644);
    cr_expect_str_eq(FAILS(ERR_PERMISSION, keys_service.start(&w.e, err)).reason,
                     "keys.master_key_open");
    chmod(path, 0600);
    cr_assert_eq(truncate(path, 20), 0);
    cr_expect_str_eq(FAILS(ERR_CORRUPT, keys_service.start(&w.e, err)).reason,
                     "keys.master_key_malformed");
    setenv("MATINEE_MASTER_KEY", "short", 1);
    FAILS(ERR_INVALID, keys_service.start(&w.e, err));
    unsetenv("MATINEE_MASTER_KEY");
}

Test(keys, derived_keys_differ_by_purpose_and_stay) {
    SCOPED_WORLD(w);
    uint8_t grant[32], again[32], other[32];
    OK(keys_derive("grant", grant, err));
    OK(keys_derive("other", other, err));
    keys_service.stop();
    OK(keys_service.start(&w.e, err));
    OK(keys_derive("grant", again, err));
    cr_expect_arr_eq(grant, again, 32);
    cr_expect_arr_neq(grant, other, 32);
}

Test(keys, forgotten_with_their_asset) {
    SCOPED_WORLD(w);
    struct asset_id asset = new_asset(&w);
    struct content_key k, fresh;
    struct tx *tx;
    OK(keys_get(&w.e, asset, KEY_HD, 0, &k, err));
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(keys_forget(tx, asset, err));
    OK(tx_commit(&tx, err));
    FAILS(ERR_NOT_FOUND, keys_by_kid(&w.e, k.kid, &fresh, err));
}
