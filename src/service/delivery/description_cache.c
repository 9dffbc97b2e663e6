/*
 * description_cache.c - what Play has to know of an asset: its description without the indexes, which only
 * manifests need. Each is one piece of memory of some 3 KB, so that a catalogue of twenty thousand titles
 * fits. An asset is immutable: nothing is ever thrown out but for room, the least recently used first.
 */
#include "service/delivery/delivery_int.h"
#include <pthread.h>

enum { BUCKETS = 1 << 14, MAX_BYTES = 64 << 20, TEXT_MAX_BYTES = 2 << 20, PARSED_MAX_BYTES = 8 << 20 };

struct entry {
    struct entry *next;          /* of its bucket */
    struct entry *newer, *older; /* by use */
    struct loaded_asset *asset;
    size_t bytes;
};

static struct {
    pthread_mutex_t lock;
    struct entry *buckets[BUCKETS];
    struct entry *newest, *oldest;
    size_t bytes;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The last characters of an id are random. */
static struct entry **bucket_of(struct str id) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < id.n; i++)
        h = (h ^ (uint8_t)id.p[i]) * 16777619u;
    return &kept.buckets[h % BUCKETS];
}

static void use_remove(struct entry *e) {
    *(e->newer ? &e->newer->older : &kept.newest) = e->older;
    *(e->older ? &e->older->newer : &kept.oldest) = e->newer;
}

static void use_add(struct entry *e) {
    e->newer = NULL;
    e->older = kept.newest;
    *(kept.newest ? &kept.newest->newer : &kept.oldest) = e;
    kept.newest = e;
}

static struct loaded_asset *find_locked(struct str id) {
    for (struct entry *e = *bucket_of(id); e; e = e->next)
        if (str_eq(e->asset->desc.id, id)) {
            use_remove(e);
            use_add(e);
            __atomic_add_fetch(&e->asset->refs, 1, __ATOMIC_RELAXED);
            return e->asset;
        }
    return NULL;
}

static void drop_locked(struct entry *e) {
    struct entry **at = bucket_of(e->asset->desc.id);
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    use_remove(e);
    kept.bytes -= e->bytes;
    delivery_asset_put(&e->asset);
    free(e);
}

static size_t text_bytes(const struct track_desc *t) {
    return t->name.n + t->codec.n + t->lang.n + t->role.n + t->label.n + t->n_later_kids * 16;
}

static void text_move(struct str *s, char **to) {
    if (s->n)
        memcpy(*to, s->p, s->n);
    s->p = *to;
    *to += s->n;
}

/* One piece of memory with all of it. */
static struct loaded_asset *pack(const struct asset_desc *d, size_t *ret_bytes) {
    size_t n = sizeof(struct loaded_asset) + d->n_tracks * sizeof *d->tracks + d->id.n;
    for (size_t i = 0; i < d->n_tracks; i++)
        n += text_bytes(&d->tracks[i]);
    struct loaded_asset *l = malloc(n);
    if (!l)
        return NULL;
    *l = (struct loaded_asset){.desc = *d, .refs = 1};
    l->desc.drm = (struct asset_drm){.systems = d->drm.systems}; /* what they are told is for manifests */
    l->desc.tracks = (struct track_desc *)(l + 1);
    if (d->n_tracks)
        memcpy(l->desc.tracks, d->tracks, d->n_tracks * sizeof *d->tracks);
    char *text = (char *)(l->desc.tracks + d->n_tracks);
    text_move(&l->desc.id, &text);
    for (size_t i = 0; i < d->n_tracks; i++) {
        struct track_desc *t = &l->desc.tracks[i];
        struct str *all[] = {&t->name, &t->codec, &t->lang, &t->role, &t->label};
        for (size_t s = 0; s < ARRAY_LEN(all); s++)
            text_move(all[s], &text);
        if (t->n_later_kids)
            memcpy(text, t->later_kids, t->n_later_kids * 16);
        t->later_kids = (const uint8_t(*)[16])text;
        text += t->n_later_kids * 16;
    }
    *ret_bytes = n;
    return l;
}

/* Once, when it is first asked for: a film whose files are not there is not ready. */
static int files_look(const struct engine *e, const struct asset_desc *d, struct err *reterr) {
    for (size_t i = 0; i < d->n_tracks; i++) {
        char name[128];
        snprintf(name, sizeof name, "asset/" STR_FMT "/" STR_FMT ".idx", STR_ARG(d->id),
                 STR_ARG(d->tracks[i].name));
        scoped(fd_close) int fd = blob_open_fd(e->blob, name, reterr);
        if (fd < 0)
            return fd;
    }
    return 0;
}

static int load(const struct engine *e, struct asset_id id, struct loaded_asset **ret,
                size_t *ret_bytes, struct err *reterr) {
    scoped(arena_done) struct arena text = ARENA(TEXT_MAX_BYTES + 4096), a = ARENA(PARSED_MAX_BYTES);
    struct asset_desc d;
    int rc = description_read(e, id, &text, &a, &d, reterr);
    if (rc == 0)
        rc = files_look(e, &d, reterr);
    if (rc < 0)
        return rc;
    *ret = pack(&d, ret_bytes);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an asset's description");
}

/* Somebody may have been quicker: then his stays, and ours goes with its last user. */
static void keep(struct loaded_asset *l, size_t bytes) {
    struct entry *e = malloc(sizeof *e);
    if (!e)
        return;
    pthread_mutex_lock(&kept.lock);
    struct loaded_asset *other = find_locked(l->desc.id);
    if (other) {
        free(e);
    } else {
        struct entry **at = bucket_of(l->desc.id);
        *e = (struct entry){.next = *at, .asset = l, .bytes = bytes + sizeof *e};
        __atomic_add_fetch(&l->refs, 1, __ATOMIC_RELAXED);
        *at = e;
        use_add(e);
        kept.bytes += e->bytes;
        while (kept.bytes > MAX_BYTES && kept.oldest != e)
            drop_locked(kept.oldest);
    }
    pthread_mutex_unlock(&kept.lock);
    delivery_asset_put(&other);
}

int delivery_asset_describe(const struct engine *e, struct asset_id id,
                            struct loaded_asset **ret_asset, struct err *reterr) {
    size_t bytes = 0;
    pthread_mutex_lock(&kept.lock);
    struct loaded_asset *l = find_locked(id_str(&id.v));
    pthread_mutex_unlock(&kept.lock);
    if (!l) {
        int rc = load(e, id, &l, &bytes, reterr);
        if (rc < 0)
            return rc;
        keep(l, bytes);
    }
    *ret_asset = l;
    return 0;
}

enum { LOOK_EVERY_MS = 10000 };

enum scheme delivery_second_scheme(const struct engine *e, struct loaded_asset *l) {
    enum scheme second = (enum scheme)__atomic_load_n(&l->second, __ATOMIC_RELAXED);
    int64_t now = clock_mono_ns() / 1000000, looked = __atomic_load_n(&l->looked_ms, __ATOMIC_RELAXED);
    if (second != SCHEME_CLEAR || l->desc.scheme == SCHEME_CLEAR || (looked && now - looked < LOOK_EVERY_MS))
        return second;
    char name[96];
    struct blob_info info;
    enum scheme other = l->desc.scheme == SCHEME_CBCS ? SCHEME_CENC : SCHEME_CBCS;
    snprintf(name, sizeof name, "asset/" STR_FMT "/scheme-%s.json", STR_ARG(l->desc.id), scheme_names[other]);
    __atomic_store_n(&l->looked_ms, now, __ATOMIC_RELAXED);
    if (blob_stat(e->blob, name, &info, NULL) < 0)
        return SCHEME_CLEAR;
    __atomic_store_n(&l->second, (int)other, __ATOMIC_RELAXED);
    return other;
}

void description_cache_clear(void) {
    pthread_mutex_lock(&kept.lock);
    while (kept.oldest)
        drop_locked(kept.oldest);
    pthread_mutex_unlock(&kept.lock);
}
