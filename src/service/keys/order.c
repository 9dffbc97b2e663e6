/*
 * order.c - keys of a new asset from a key service. The order (key ids and contract) is committed before it is asked and answered
 * once: a kill in between asks for the same key ids again, and a contract that changes later is of the next asset.
 */
#include "base/log.h"
#include "media/drm/drm.h"
#include "service/keys/keys_int.h"
#include "service/keys/speke.h"
#include <sodium.h>

/* With what an order's documents and rows need. */
struct order {
    struct asset_id asset;
    struct contract contract;
    enum scheme scheme;
    uint8_t kids[CONTRACT_KEYS_MAX][16];
    struct drm_data systems[DRM_DATA_MAX];
    bool answered;
};

static void kids_write(struct buf *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint8_t kid[16];
        randombytes_buf(kid, sizeof kid);
        buf_addc(b, i ? " " : "");
        buf_hex(b, kid, sizeof kid);
    }
}

static bool kids_read(struct str text, struct order *o) {
    for (size_t i = 0; i < o->contract.n; i++) {
        struct str one;
        text = str_cut(text, ' ', &one);
        if (!str_unhex(one, o->kids[i], 16))
            return false;
    }
    return !text.n;
}

/* 1: there is one, 0: none. */
static int order_get(const struct engine *e, struct asset_id asset, struct arena *a, struct order *ret, struct err *reterr) {
    struct rows r;
    int rc = store_query(e->store, &keys_sql[ORDER_GET], ARGS(A_ID(asset)), a, &r, reterr);
    if (rc <= 0)
        return rc;
    *ret = (struct order){.asset = asset, .scheme = (enum scheme)row_i64(&r, 0, 1), .answered = row_i64(&r, 0, 4) != 0};
    rc = contract_read(row_str(&r, 0, 0), &ret->contract, reterr);
    if (rc)
        return rc;
    return kids_read(row_str(&r, 0, 2), ret) ? 1 : err_set(reterr, ERR_CORRUPT, "the key ids of an order are not readable");
}

/* Nothing is ordered for an asset that has keys of ours. */
static int order_make(const struct engine *e, struct asset_id asset, enum scheme scheme, struct arena *a, struct order *ret, struct err *reterr) {
    scoped(buf_done) struct buf kids = BUF(1 << 10);
    const char *name = config_str(e->config, "key-service-contract");
    struct contract c;
    struct rows r;
    int rc = store_query(e->store, &keys_sql[KEY_LIST], ARGS(A_ID(asset)), a, &r, reterr);
    if (rc != 0)
        return MIN(rc, 0);
    if ((rc = contract_read(str_of(name), &c, reterr)))
        return rc;
    kids_write(&kids, c.n);
    rc = store_exec(e->store, &keys_sql[ORDER_INSERT],
                    ARGS(A_ID(asset), A_CSTR(name), A_I64(scheme), A_STR(buf_str(&kids)), A_I64(clock_now_ms(e->clock))), reterr);
    return rc < 0 ? rc : order_get(e, asset, a, ret, reterr);
}

static void want_make(struct order *o, unsigned systems, struct cpix *want) {
    *want = (struct cpix){.content_id = id_str(&o->asset.v), .scheme = o->scheme, .systems = o->systems};
    for (size_t i = 0; i < o->contract.n; i++) {
        struct cpix_key *k = &want->keys[want->n_keys++];
        *k = (struct cpix_key){.classes = o->contract.keys[i].classes, .rule = &o->contract.keys[i].rule};
        memcpy(k->kid, o->kids[i], 16);
        for (int s = 0; s < DRM_SYSTEMS; s++) {
            if (!(systems & 1u << s) || !(drm_systems[s].schemes & 1u << o->scheme))
                continue;
            struct drm_data *d = &o->systems[want->n_systems++];
            *d = (struct drm_data){.system = (enum drm_system)s};
            memcpy(d->kid, o->kids[i], 16);
        }
    }
}

/* The lowest class has the row, and the others are bits in it. */
static int keys_keep(struct tx *tx, const struct engine *e, const struct order *o, const struct cpix *got, struct err *reterr) {
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < got->n_keys; i++) {
        struct content_key k = {.asset = o->asset};
        for (size_t j = 0; j < o->contract.n; j++)
            if (memcmp(o->kids[j], got->keys[i].kid, 16) == 0)
                k.classes = o->contract.keys[j].classes;
        for (k.class = KEY_AUDIO; !(k.classes & 1u << k.class);)
            k.class ++;
        memcpy(k.kid, got->keys[i].kid, 16);
        memcpy(k.key, got->keys[i].key, 16);
        rc = key_store(tx, &k, clock_now_ms(e->clock), reterr);
        keys_wipe(&k);
    }
    return rc;
}

static int answer_keep(const struct engine *e, const struct order *o, unsigned systems, const struct cpix *got, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct asset_drm told = {.systems = systems, .data = got->systems, .n_data = got->n_systems};
    json_t *j = systems ? asset_drm_to_json(&told) : NULL;
    scoped(mem_free) char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;
    json_decref(j);
    if (systems && !text)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for what a key service told");
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc >= 0)
        rc = keys_keep(tx, e, o, got, reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &keys_sql[ORDER_ANSWERED], ARGS(A_ID(o->asset), A_CSTR(text ? text : ""), A_I64(clock_now_ms(e->clock))), reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

static int order_ask(const struct engine *e, struct order *o, bool (*stop)(void *), void *stop_arg, struct arena *a, struct err *reterr) {
    struct asset_drm d;
    struct cpix want, got = {.n_keys = 0};
    int rc = protection_settings(e, &d, reterr);
    if (rc)
        return rc;
    want_make(o, d.systems, &want);
    rc = speke_keys(e, &(struct speke_ask){.want = &want, .stop = stop, .stop_arg = stop_arg}, a, &got, reterr);
    if (rc == 0)
        rc = answer_keep(e, o, d.systems, &got, reterr);
    cpix_wipe(&got);
    if (rc == 0)
        log_event(LOG_INFO, "keys.ordered", LS("asset", o->asset.v.s), LI("keys", (int64_t)want.n_keys));
    return rc;
}

int keys_order(const struct engine *e, struct asset_id asset, enum scheme scheme, bool (*stop)(void *arg), void *stop_arg, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(4 << 20);
    struct order o;
    if (scheme == SCHEME_CLEAR)
        return 0;
    int rc = order_get(e, asset, &a, &o, reterr);
    if (rc == 0 && speke_on(e))
        rc = order_make(e, asset, scheme, &a, &o, reterr);
    if (rc <= 0 || o.answered)
        return MIN(rc, 0);
    if (speke_on(e))
        return order_ask(e, &o, stop, stop_arg, &a, reterr);
    /* The service was taken out of the settings before it answered: the keys are ours again. */
    return MIN(store_exec(e->store, &keys_sql[ORDER_DROP], ARGS(A_ID(asset)), reterr), 0);
}

int order_told(const struct engine *e, struct asset_id asset, struct arena *a, struct asset_drm *d, struct err *reterr) {
    struct rows r;
    struct asset_drm told;
    int rc = store_query(e->store, &keys_sql[ORDER_GET], ARGS(A_ID(asset)), a, &r, reterr);
    if (rc <= 0 || !row_i64(&r, 0, 4))
        return MIN(rc, 0);
    struct str text = row_str(&r, 0, 3);
    d->systems = 0;
    if (!text.n)
        return 0;
    json_t *j = json_loadb(text.p, text.n, 0, NULL);
    bool ok = j && asset_drm_from_json(j, a, &told);
    json_decref(j);
    if (!ok)
        return err_set(reterr, ERR_CORRUPT, "what a key service told is not readable");
    d->systems = told.systems;
    d->data = told.data;
    d->n_data = told.n_data;
    return 0;
}
