/*
 * asset_cache.c - the last few assets asked for, with their indexes read. An asset is immutable, so
 * nothing ever has to be thrown out but for room: the least recently used goes. A loading that two
 * requests begin at once is done twice and kept once: rare, and it needs no waiting.
 */
#include "service/delivery/delivery_int.h"
#include <pthread.h>
#include <unistd.h>

/* A film of 4 hours in 4 s segments has 3600 extents of 48 bytes a track: 30 tracks are 5 MB. */
enum { ASSET_MAX_BYTES = 32 << 20, JSON_MAX_BYTES = 2 << 20 };

static struct {
    pthread_mutex_t lock;
    struct {
        struct loaded_asset *asset;
        uint64_t used;
    } slots[ASSETS_CACHED];
    uint64_t clock;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

void delivery_asset_put(struct loaded_asset **passet) {
    struct loaded_asset *asset = take(*passet);
    if (!asset || __atomic_sub_fetch(&asset->refs, 1, __ATOMIC_ACQ_REL))
        return;
    arena_done(&asset->arena);
    free(asset);
}

static struct loaded_asset *ref(struct loaded_asset *asset) {
    __atomic_add_fetch(&asset->refs, 1, __ATOMIC_RELAXED);
    return asset;
}

static int tracks_load(const struct engine *e, struct loaded_asset *l, struct err *reterr) {
    for (size_t i = 0; i < l->desc.n_tracks; i++) {
        struct track_desc *t = &l->desc.tracks[i];
        char name[128];
        snprintf(name, sizeof name, "asset/" STR_FMT "/" STR_FMT ".idx", STR_ARG(l->desc.id),
                 STR_ARG(t->name));
        scoped(fd_close) int fd = blob_open_fd(e->blob, name, reterr);
        if (fd < 0)
            return fd;
        int rc = track_load_index(t, fd, &l->arena, reterr);
        if (rc < 0)
            return err_wrap(reterr, "%s", name);
    }
    return 0;
}

int description_read(const struct engine *e, struct asset_id id, struct arena *text_arena,
                     struct arena *a, struct asset_desc *ret, struct err *reterr) {
    struct str text;
    char name[64];
    snprintf(name, sizeof name, "asset/" ID_FMT "/asset.json", ID_ARG(id.v));
    int rc = blob_get(e->blob, name, JSON_MAX_BYTES, text_arena, &text, reterr);
    if (rc < 0)
        return rc;
    json_error_t why;
    json_t *j = json_loadb(text.p, text.n, 0, &why);
    rc = j ? asset_from_json(j, a, ret, reterr)
           : err_set(reterr, ERR_CORRUPT, "%s: %s", name, why.text);
    json_decref(j);
    if (rc >= 0 && !str_eq(ret->id, id_str(&id.v)))
        rc = err_set(reterr, ERR_CORRUPT, "%s describes another asset", name);
    return rc;
}

/* A list of tracks that takes the place of some of asset.json's. */
static int list_read(const struct engine *e, const char *name, int (*replace)(struct asset_desc *, json_t *, struct arena *, struct err *),
                     struct arena *text_arena, struct loaded_asset *l, struct err *reterr) {
    struct str text;
    int rc = blob_get(e->blob, name, JSON_MAX_BYTES, text_arena, &text, reterr);
    if (rc < 0)
        return rc;
    json_error_t why;
    json_t *j = json_loadb(text.p, text.n, 0, &why);
    rc = j ? replace(&l->desc, j, &l->arena, reterr) : err_set(reterr, ERR_CORRUPT, "%s: %s", name, why.text);
    json_decref(j);
    return rc;
}

/* What editors made of the subtitles since, and the set of segments that this device plays. */
static int lists_read(const struct engine *e, struct asset_id id, struct asset_form form, struct arena *text_arena, struct loaded_asset *l,
                      struct err *reterr) {
    char name[80];
    int rc = 0;
    if (form.text > 0) {
        snprintf(name, sizeof name, "asset/" ID_FMT "/text-%lld.json", ID_ARG(id.v), (long long)form.text);
        rc = list_read(e, name, asset_text_replace, text_arena, l, reterr);
    }
    if (rc >= 0 && form.scheme != SCHEME_CLEAR) {
        snprintf(name, sizeof name, "asset/" ID_FMT "/scheme-%s.json", ID_ARG(id.v), scheme_names[form.scheme]);
        rc = list_read(e, name, asset_scheme_replace, text_arena, l, reterr);
    }
    return rc;
}

static int asset_load(const struct engine *e, struct asset_id id, struct asset_form form, struct loaded_asset **ret,
                      struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(3 * (JSON_MAX_BYTES + 4096));
    struct loaded_asset *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for an asset's description");
    l->arena = ARENA(ASSET_MAX_BYTES);
    l->refs = 1;
    l->form = form;
    int rc = description_read(e, id, &a, &l->arena, &l->desc, reterr);
    if (rc >= 0)
        rc = lists_read(e, id, form, &a, l, reterr);
    if (rc >= 0)
        rc = tracks_load(e, l, reterr);
    if (rc < 0) {
        delivery_asset_put(&l);
        return rc;
    }
    *ret = l;
    return 0;
}

/* With the lock held: the asset if it is there, else NULL and the slot that a new one may take. */
static struct loaded_asset *find(struct asset_id id, struct asset_form form, size_t *ret_slot) {
    *ret_slot = 0;
    for (size_t i = 0; i < ASSETS_CACHED; i++) {
        struct loaded_asset *l = cache.slots[i].asset;
        if (l && l->form.text == form.text && l->form.scheme == form.scheme && str_eq(l->desc.id, id_str(&id.v))) {
            cache.slots[i].used = ++cache.clock;
            return ref(l);
        }
        if (cache.slots[i].used < cache.slots[*ret_slot].used)
            *ret_slot = i;
    }
    return NULL;
}

int delivery_asset_get(const struct engine *e, struct asset_id id, struct asset_form form, struct loaded_asset **ret_asset,
                       struct err *reterr) {
    size_t slot;
    pthread_mutex_lock(&cache.lock);
    struct loaded_asset *l = find(id, form, &slot);
    pthread_mutex_unlock(&cache.lock);
    if (l) {
        *ret_asset = l;
        return 0;
    }
    int rc = asset_load(e, id, form, &l, reterr);
    if (rc < 0)
        return rc;
    struct loaded_asset *old = NULL;
    pthread_mutex_lock(&cache.lock);
    struct loaded_asset *other = find(id, form, &slot);
    if (other) { /* somebody was quicker */
        old = l;
        l = other;
    } else {
        old = cache.slots[slot].asset;
        cache.slots[slot].asset = ref(l);
        cache.slots[slot].used = ++cache.clock;
    }
    pthread_mutex_unlock(&cache.lock);
    delivery_asset_put(&old);
    *ret_asset = l;
    return 0;
}

void asset_cache_clear(void) {
    pthread_mutex_lock(&cache.lock);
    for (size_t i = 0; i < ASSETS_CACHED; i++) {
        delivery_asset_put(&cache.slots[i].asset);
        cache.slots[i].used = 0;
    }
    pthread_mutex_unlock(&cache.lock);
}
