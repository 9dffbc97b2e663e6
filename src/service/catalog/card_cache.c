/*
 * card_cache.c - cards as Play shows them, kept in memory. A card is good exactly as long as its title's
 * revision is what it was made of, and whoever asks has just read that from the store: so a change counts at
 * once, whichever process made it. Room for so many cards a shard; the least recently used goes first.
 */
#include "service/catalog/catalog_int.h"
#include "base/buf.h"
#include <pthread.h>
#include <stdlib.h>

enum { SHARDS = 16, SHARD_BUCKETS = 1 << 11, SHARD_CARDS = 1 << 11, LANGS_MAX = 64 };

struct card {
    struct card *next;          /* of its bucket */
    struct card *newer, *older; /* by use */
    struct title_id title;
    int64_t revision;
    size_t langs_n;
    char langs[LANGS_MAX]; /* as they were asked for */
    char *text;            /* JSON without its last brace: progress follows */
    size_t text_n;
};

struct shard {
    pthread_mutex_t lock;
    struct card *buckets[SHARD_BUCKETS];
    struct card *newest, *oldest;
    size_t n;
};
static struct shard shards[SHARDS] = {[0 ... SHARDS - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};

static uint32_t hash_of(const struct title_id *id) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < ID_LEN; i++)
        h = (h ^ (uint8_t)id->v.s[i]) * 16777619u;
    return h;
}

static struct card **bucket_of(struct shard *s, uint32_t hash) {
    return &s->buckets[hash / SHARDS % SHARD_BUCKETS];
}

static void use_remove(struct shard *s, struct card *c) {
    *(c->newer ? &c->newer->older : &s->newest) = c->older;
    *(c->older ? &c->older->newer : &s->oldest) = c->newer;
}

static void use_add(struct shard *s, struct card *c) {
    c->newer = NULL;
    c->older = s->newest;
    *(s->newest ? &s->newest->newer : &s->oldest) = c;
    s->newest = c;
}

static struct card *find_locked(struct shard *s, uint32_t hash, const struct title_id *id,
                                struct str langs) {
    for (struct card *c = *bucket_of(s, hash); c; c = c->next)
        if (memcmp(c->title.v.s, id->v.s, ID_LEN) == 0 &&
            str_eq(str_make(c->langs, c->langs_n), langs))
            return c;
    return NULL;
}

static void drop_locked(struct shard *s, struct card *c) {
    struct card **at = bucket_of(s, hash_of(&c->title));
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    use_remove(s, c);
    s->n--;
    free(c->text);
    free(c);
}

/* Takes text. */
static void keep(const struct title_id *id, int64_t revision, struct str langs, char *text) {
    uint32_t hash = hash_of(id);
    struct shard *s = &shards[hash % SHARDS];
    struct card *c = malloc(sizeof *c);
    if (!c) {
        free(text);
        return;
    }
    *c = (struct card){.title = *id, .revision = revision, .langs_n = langs.n, .text = text, .text_n = strlen(text)};
    if (langs.n)
        memcpy(c->langs, langs.p, langs.n);
    pthread_mutex_lock(&s->lock);
    struct card *old = find_locked(s, hash, id, langs);
    if (old)
        drop_locked(s, old);
    struct card **at = bucket_of(s, hash);
    c->next = *at;
    *at = c;
    use_add(s, c);
    if (++s->n > SHARD_CARDS)
        drop_locked(s, s->oldest);
    pthread_mutex_unlock(&s->lock);
}

static bool find(const struct title_id *id, int64_t revision, struct str langs, struct buf *into) {
    uint32_t hash = hash_of(id);
    struct shard *s = &shards[hash % SHARDS];
    pthread_mutex_lock(&s->lock);
    struct card *c = find_locked(s, hash, id, langs);
    bool good = c && c->revision == revision;
    if (good) {
        buf_mem(into, c->text, c->text_n);
        use_remove(s, c);
        use_add(s, c);
    }
    pthread_mutex_unlock(&s->lock);
    return good;
}

/* The revision is the one that was read before the card: what changed in between makes a card that is newer
 * than it says, and is made again at the next look. */
static int make(struct store *st, const struct title_id *id, struct str langs, char **ret,
                struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct title_card card;
    int rc = catalog_card_by_id(st, *id, langs, true, &a, &card, reterr);
    if (rc)
        return rc;
    json_t *json = catalog_card_json(&card, NULL);
    json_object_del(json, "progress");
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (!text)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for a card");
    text[strlen(text) - 1] = 0;
    *ret = text;
    return 0;
}

int catalog_card_kept(struct store *st, const struct title_id *id, int64_t revision,
                      struct str langs, const char *progress, struct buf *into,
                      struct err *reterr) {
    bool keeps = langs.n <= LANGS_MAX;
    if (!keeps || !find(id, revision, langs, into)) {
        char *text = NULL;
        int rc = make(st, id, langs, &text, reterr);
        if (rc)
            return rc;
        buf_addc(into, text);
        if (keeps)
            keep(id, revision, langs, text);
        else
            free(text);
    }
    buf_addc(into, ",\"progress\":");
    buf_addc(into, progress ? progress : "null");
    buf_byte(into, '}');
    return 0;
}

struct store_ask catalog_brief_ask(const struct title_id *id) {
    return ASK(&catalog_sql[TITLE_BRIEF], A_ID(*id));
}

int catalog_brief_take(const struct store_ask *answered, struct title_brief *ret,
                       struct err *reterr) {
    const struct rows *r = &answered->rows;
    if (!r->n)
        return err_refuse(reterr, ERR_NOT_FOUND, "catalog.title_not_found",
                          "There is no such title.", "no such title");
    *ret = (struct title_brief){.published = row_i64(r, 0, 0) != 0,
                                .maturity = (int)row_i64(r, 0, 1),
                                .asset = {row_id(r, 0, 2)},
                                .revision = row_i64(r, 0, 3)};
    return 0;
}

void card_cache_clear(void) {
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_lock(&shards[i].lock);
        while (shards[i].oldest)
            drop_locked(&shards[i], shards[i].oldest);
        pthread_mutex_unlock(&shards[i].lock);
    }
}
