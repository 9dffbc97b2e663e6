/* Content keys: the same when asked again, unreadable without the master key or under another name.
 */
#include "world.h"
#include "service/keys/keys_int.h"
#include "service/keys/speke.h"
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

/* ---- a key service's ---- */

Test(keys, contracts_are_read_and_those_that_part_our_classes_refused) {
    static const struct {
        const char *name, *types;
        unsigned second; /* classes of the second key */
    } good[] = {{"SHARED", "ALL", 0},
                {"PRESET-VIDEO-1/PRESET-AUDIO-1", "VIDEO AUDIO", 1u << KEY_AUDIO},
                {"PRESET-VIDEO-2/PRESET-AUDIO-1", "SD HD AUDIO", 1u << KEY_HD | 1u << KEY_UHD},
                {"PRESET-VIDEO-3/PRESET-AUDIO-1", "SD HD UHD AUDIO", 1u << KEY_HD}};
    static const char *const bad[] = {"", "SHARED/SHARED", "PRESET-VIDEO-3", "PRESET-VIDEO-4/PRESET-AUDIO-1", "PRESET-VIDEO-3/PRESET-AUDIO-2",
                                      "UNENCRYPTED/PRESET-AUDIO-1", "PRESET-AUDIO-1/PRESET-VIDEO-3"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        scoped(buf_done) struct buf types = BUF(256);
        struct contract c;
        unsigned all = 0;
        OK(contract_read(str_of(good[i].name), &c, err));
        for (size_t k = 0; k < c.n; k++) {
            buf_addf(&types, "%s%s", k ? " " : "", c.keys[k].rule.track_type);
            cr_expect_eq(all & c.keys[k].classes, 0, "a class has one key");
            all |= c.keys[k].classes;
        }
        cr_expect_str_eq(buf_cstr(&types), good[i].types);
        cr_expect_eq(all, 1u << KEY_AUDIO | 1u << KEY_SD | 1u << KEY_HD | 1u << KEY_UHD, "every class has one");
        cr_expect(c.n < 2 || c.keys[1].classes == good[i].second, "%s", good[i].name);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct contract c;
        cr_expect_str_eq(FAILS(ERR_INVALID, contract_read(str_of(bad[i]), &c, err)).reason, "config.key_service", "%s", bad[i]);
    }
}

Test(keys, of_an_ordered_asset_none_is_made_and_one_may_be_for_several_classes) {
    SCOPED_WORLD(w);
    struct asset_id asset = new_asset(&w);
    struct content_key given = {.asset = asset, .class = KEY_SD, .classes = 1u << KEY_SD | 1u << KEY_HD, .kid = {1}, .key = {2}}, sd, hd;
    struct tx *tx;
    OK(store_exec(w.e.store, &keys_sql[ORDER_INSERT],
                  ARGS(A_ID(asset), A_CSTR("SHARED"), A_I64(SCHEME_CBCS), A_CSTR("01000000000000000000000000000000"), A_I64(1)), err));
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(key_store(tx, &given, 1, err));
    OK(tx_exec(tx, &keys_sql[ORDER_ANSWERED], ARGS(A_ID(asset), A_CSTR(""), A_I64(1)), err));
    OK(tx_commit(&tx, err));
    OK(keys_get(&w.e, asset, KEY_SD, 0, &sd, err));
    OK(keys_get(&w.e, asset, KEY_HD, 0, &hd, err));
    cr_expect_arr_eq(sd.kid, hd.kid, 16);
    cr_expect_arr_eq(hd.key, given.key, 16);
    cr_expect_eq(hd.classes, given.classes);
    cr_expect_str_eq(FAILS(ERR_INVALID, keys_get(&w.e, asset, KEY_AUDIO, 0, &sd, err)).reason, "keys.not_ordered");
    cr_expect_str_eq(FAILS(ERR_INVALID, keys_get(&w.e, asset, KEY_HD, 1, &sd, err)).reason, "keys.not_ordered");
    OK(keys_order(&w.e, asset, SCHEME_CBCS, NULL, NULL, err)); /* it was answered: nobody is asked */
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(keys_forget(tx, asset, err));
    OK(tx_commit(&tx, err));
    OK(keys_get(&w.e, asset, KEY_AUDIO, 0, &sd, err));
    cr_expect_eq(sd.classes, 1u << KEY_AUDIO);
}

Test(keys, an_order_that_was_never_answered_ends_with_the_setting) {
    SCOPED_WORLD(w);
    struct asset_id asset = new_asset(&w);
    struct content_key k;
    OK(store_exec(w.e.store, &keys_sql[ORDER_INSERT],
                  ARGS(A_ID(asset), A_CSTR("SHARED"), A_I64(SCHEME_CBCS), A_CSTR("01000000000000000000000000000000"), A_I64(1)), err));
    FAILS(ERR_INVALID, keys_get(&w.e, asset, KEY_HD, 0, &k, err));
    OK(keys_order(&w.e, asset, SCHEME_CBCS, NULL, NULL, err));
    OK(keys_get(&w.e, asset, KEY_HD, 0, &k, err));
}

Test(keys, a_track_has_a_key_of_its_own_and_its_class_another) {
    SCOPED_WORLD(w);
    struct asset_id asset = new_asset(&w);
    struct content_key class, v1, v2, later, again;
    OK(keys_get(&w.e, asset, KEY_HD, 0, &class, err));
    OK(keys_get_track(&w.e, asset, KEY_HD, STR("v1"), 0, &v1, err));
    OK(keys_get_track(&w.e, asset, KEY_HD, STR("v2"), 0, &v2, err));
    OK(keys_get_track(&w.e, asset, KEY_HD, STR("v1"), 1, &later, err));
    OK(keys_get_track(&w.e, asset, KEY_HD, STR("v1"), 0, &again, err));
    const struct content_key *different[] = {&class, &v2, &later};
    for (size_t i = 0; i < ARRAY_LEN(different); i++)
        cr_expect_arr_neq(v1.key, different[i]->key, 16);
    cr_expect_arr_eq(v1.key, again.key, 16);
    OK(keys_by_kid(&w.e, later.kid, &again, err));
    cr_expect_str_eq(again.track, "v1");
    cr_expect_eq(again.period, 1);
    FAILS(ERR_INVALID, keys_get_track(&w.e, asset, KEY_HD, STR("a name that is no track's"), 0, &again, err));
}
