/*
 * keys.c - content keys: made once, sealed with what they are for bound to them (asset, class,
 * period and kid), so that a row copied to another asset or renamed does not open.
 */
#include "engine/audit/audit.h"
#include "service/identity/identity.h"
#include "service/keys/keys_int.h"
#include "service/keys/speke.h"
#include <sodium.h>

const struct sql keys_sql[] = {KEYS_SQL(SQL_ROW) SQL_END};

static void hex_of(const uint8_t bytes[16], char dst[33]) {
    sodium_bin2hex(dst, 33, bytes, 16);
}

/* A key of a whole class is bound as it was before there were others. */
static struct str binding(char *dst, size_t cap, const char *kid, const char *asset, int class,
                          int period, const char *track) {
    int n = snprintf(dst, cap, "content-key|%s|%s|%d|%d%s%s", kid, asset, class, period, *track ? "|" : "", track);
    return str_make(dst, (size_t)n);
}

static int key_read(const struct rows *r, size_t row, struct content_key *ret, struct err *reterr) {
    char ad[128];
    size_t n = 0;
    struct str kid = row_str(r, row, 0);
    struct content_key k = {.asset = {row_id(r, row, 1)},
                            .class = (enum key_class)row_i64(r, row, 2),
                            .period = (int)row_i64(r, row, 3),
                            .classes = (unsigned)row_i64(r, row, 5) | 1u << row_i64(r, row, 2)};
    struct str track = row_str(r, row, 6);
    memcpy(k.track, track.p, MIN(track.n, sizeof k.track - 1));
    if (sodium_hex2bin(k.kid, sizeof k.kid, kid.p, kid.n, NULL, &n, NULL) || n != sizeof k.kid)
        return err_set(reterr, ERR_CORRUPT, "a stored key id is not 32 hex digits");
    int rc = master_unseal(row_str(r, row, 4),
                           binding(ad, sizeof ad, kid.p, k.asset.v.s, (int)k.class, k.period, k.track),
                           k.key, sizeof k.key, reterr);
    if (rc == 0)
        *ret = k;
    keys_wipe(&k);
    return rc;
}

struct key_row {
    char hex[33];
    uint8_t sealed[SEALED_LEN(16)];
};
static int row_seal(const struct content_key *k, struct key_row *r, struct err *reterr) {
    char ad[128];
    hex_of(k->kid, r->hex);
    return master_seal(str_make((const char *)k->key, sizeof k->key),
                       binding(ad, sizeof ad, r->hex, k->asset.v.s, (int)k->class, k->period, k->track), r->sealed, reterr);
}
#define ROW_ARGS(r, k, now_ms)                                                                     \
    ARGS(A_CSTR((r).hex), A_ID((k)->asset), A_I64((k)->class), A_I64((k)->period),                 \
         A_BLOB(str_make((const char *)(r).sealed, sizeof(r).sealed)), A_I64(now_ms), A_I64((k)->classes), A_CSTR((k)->track))

int key_store(struct tx *tx, const struct content_key *k, int64_t now_ms, struct err *reterr) {
    struct key_row r;
    int rc = row_seal(k, &r, reterr);
    return rc < 0 ? rc : MIN(tx_exec(tx, &keys_sql[KEY_INSERT], ROW_ARGS(r, k, now_ms), reterr), 0);
}

/* Where new keys come from: chance, unless the asset's were ordered from a key service, which has given all that it will. */
static int key_insert(const struct engine *e, struct asset_id asset, enum key_class class, const char *track,
                      int period, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct content_key k = {.class = class, .period = period, .asset = asset};
    snprintf(k.track, sizeof k.track, "%s", track);
    struct key_row row;
    struct rows r;
    int rc = store_query(e->store, &keys_sql[ORDER_GET], ARGS(A_ID(asset)), &a, &r, reterr);
    if (rc > 0)
        return err_refuse(reterr, ERR_INVALID, "keys.not_ordered",
                          "The key service was not asked for a key of this kind. Take another contract with it, or none, and import the film as new.",
                          "no key of class %s, period %d in the key service's answer", key_class_names[class], period);
    if (rc < 0)
        return rc;
    randombytes_buf(k.kid, sizeof k.kid);
    randombytes_buf(k.key, sizeof k.key);
    rc = row_seal(&k, &row, reterr);
    if (rc >= 0)
        rc = store_exec(e->store, &keys_sql[KEY_INSERT], ROW_ARGS(row, &k, clock_now_ms(e->clock)), reterr);
    keys_wipe(&k);
    return rc < 0 ? rc : 0;
}

int keys_get(const struct engine *e, struct asset_id asset, enum key_class class, int period,
             struct content_key *ret_key, struct err *reterr) {
    return keys_get_track(e, asset, class, STR(""), period, ret_key, reterr);
}

int keys_get_track(const struct engine *e, struct asset_id asset, enum key_class class, struct str name, int period,
                   struct content_key *ret_key, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    char track[KEY_TRACK_CAP] = "";
    assert(class > KEY_NONE && class < KEY_CLASSES);
    if (name.n >= sizeof track)
        return err_set(reterr, ERR_INVALID, "no name of a track");
    memcpy(track, name.n ? name.p : "", name.n);
    struct sql_args args = ARGS(A_ID(asset), A_I64(class), A_I64(period), A_I64(1 << class), A_CSTR(track));
    int rc = store_query(e->store, &keys_sql[KEY_GET], args, &a, &r, reterr);
    if (rc == 0) {
        /* The insert loses quietly against another worker's: what is stored counts. */
        rc = key_insert(e, asset, class, track, period, reterr);
        if (rc == 0)
            rc = store_row(e->store, &keys_sql[KEY_GET], args, &a, &r, reterr);
    }
    return rc < 0 ? rc : key_read(&r, 0, ret_key, reterr);
}

int keys_list(const struct engine *e, struct asset_id asset, struct arena *a,
              struct content_key **ret_keys, size_t *ret_n, struct err *reterr) {
    struct rows r;
    int rc = store_query(e->store, &keys_sql[KEY_LIST], ARGS(A_ID(asset)), a, &r, reterr);
    if (rc < 0)
        return rc;
    struct content_key *keys = arena_news(a, struct content_key, MAX(r.n, 1u));
    if (!keys)
        return err_set(reterr, ERR_LIMIT, "no room for %zu keys", r.n);
    for (size_t i = 0; i < r.n; i++)
        if ((rc = key_read(&r, i, &keys[i], reterr)) < 0)
            return rc;
    *ret_keys = keys;
    *ret_n = r.n;
    return 0;
}

int keys_by_kid(const struct engine *e, const uint8_t kid[16], struct content_key *ret_key,
                struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    char hex[33];
    hex_of(kid, hex);
    int rc = store_row(e->store, &keys_sql[KEY_BY_KID], ARGS(A_CSTR(hex)), &a, &r, reterr);
    return rc < 0 ? rc : key_read(&r, 0, ret_key, reterr);
}

int keys_track_iv(const struct engine *e, struct asset_id asset, struct str track,
                  uint8_t ret_iv[16], struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    struct sql_args args = ARGS(A_ID(asset), A_STR(track));
    int rc = store_query(e->store, &keys_sql[IV_GET], args, &a, &r, reterr);
    if (rc == 0) {
        uint8_t iv[16];
        randombytes_buf(iv, sizeof iv);
        rc = store_exec(e->store, &keys_sql[IV_INSERT],
                        ARGS(A_ID(asset), A_STR(track), A_BLOB(str_make((char *)iv, sizeof iv))),
                        reterr);
        if (rc >= 0)
            rc = store_row(e->store, &keys_sql[IV_GET], args, &a, &r, reterr);
    }
    if (rc < 0)
        return rc;
    if (row_str(&r, 0, 0).n != 16)
        return err_set(reterr, ERR_CORRUPT, "a stored IV is not 16 bytes long");
    memcpy(ret_iv, row_str(&r, 0, 0).p, 16);
    return 0;
}

int keys_forget(struct tx *tx, struct asset_id asset, struct err *reterr) {
    int rc = tx_exec(tx, &keys_sql[KEY_FORGET], ARGS(A_ID(asset)), reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &keys_sql[IV_FORGET], ARGS(A_ID(asset)), reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &keys_sql[ORDER_FORGET], ARGS(A_ID(asset)), reterr);
    return rc < 0 ? rc : 0;
}

void keys_wipe(struct content_key *k) {
    sodium_memzero(k, sizeof *k);
}

/* A wrong master key must show before the first viewer meets it: one stored key is opened. */
static int keys_health(const struct engine *e, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    struct content_key k;
    int rc = store_query(e->store, &keys_sql[KEY_ANY], NO_ARGS, &a, &r, reterr);
    if (rc <= 0)
        return rc;
    rc = key_read(&r, 0, &k, reterr);
    keys_wipe(&k);
    return rc;
}

int keys_seal(struct str plain, struct str ad, uint8_t *dst, struct err *reterr) {
    return master_seal(plain, ad, dst, reterr);
}

int keys_unseal(struct str sealed, struct str ad, uint8_t *dst, size_t n, struct err *reterr) {
    return master_unseal(sealed, ad, dst, n, reterr);
}

static struct output_policy output; /* written by keys_start, before there are other threads */

const struct output_policy *keys_output(void) { return &output; }

static int keys_start(const struct engine *e, struct err *reterr) {
    uint8_t audit[32];
    struct asset_drm drm;
    int rc = protection_settings(e, &drm, reterr);
    if (rc == 0) {
        output = drm.output;
        rc = speke_settings_check(e, reterr);
    }
    if (rc == 0)
        rc = master_key_load(e->data_dir, reterr);
    if (rc == 0)
        rc = keys_derive("audit", audit, reterr);
    if (rc == 0)
        audit_key_set(audit);
    identity_seal_provider(master_seal, master_unseal);
    sodium_memzero(audit, sizeof audit);
    return rc ? rc : keys_health(e, reterr);
}

/* Content keys belong to titles: nothing here is about a person. */
static int keys_export(const struct engine *e, struct account_id account, json_t **ret,
                       struct err *reterr) {
    *ret = json_object();
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
}
static int keys_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    return 0;
}

const struct service keys_service = {
    .name = "keys",
    .sql = keys_sql,
    .config = keys_config,
    .start = keys_start,
    .stop = master_key_forget,
    .health = keys_health,
    .export = keys_export,
    .erase = keys_erase,
};
