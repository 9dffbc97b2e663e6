/* json.c - titles as the API shows them. */
#include "service/catalog/catalog_int.h"
#include "service/json.h"

static json_t *art_path(struct str name, const char *ending) {
    char path[300];
    size_t stem = name.n;
    while (ending && stem && name.p[stem - 1] != '.')
        stem--;
    snprintf(path, sizeof path, "/art/" STR_FMT "%s", (int)(ending ? stem : name.n), name.p ? name.p : "", ending ? ending : "");
    return json_string(path);
}

/* The sizes of a kind that exist in a format (0: the one that everything reads): widest first in store, narrowest
 * first in a srcset. */
static json_t *art_set(const struct title_card *c, enum artwork_kind kind, unsigned format, const char *ending) {
    json_t *set = json_array();
    for (size_t i = 0; i < c->n_art; i++)
        if (c->art[i].kind == kind && (c->art[i].formats & format) == format)
            json_array_insert_new(set, 0, json_pack("{s:o, s:i}", "src", art_path(c->art[i].name, ending), "width",
                                                    c->art[i].width));
    return set;
}

/* What a browser may take instead, the smallest files first. */
static json_t *art_sources(const struct title_card *c, enum artwork_kind kind) {
    static const struct {
        unsigned bit;
        const char *type, *ending;
    } formats[] = {{ART_AVIF, "image/avif", "avif"}, {ART_WEBP, "image/webp", "webp"}};
    json_t *sources = json_array();
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        json_t *set = art_set(c, kind, formats[i].bit, formats[i].ending);
        if (json_array_size(set))
            json_array_append_new(sources, json_pack("{s:s, s:O}", "type", formats[i].type, "srcset", set));
        json_decref(set);
    }
    return sources;
}

json_t *catalog_image_json(const struct title_card *c, enum artwork_kind kind) {
    const struct artwork *largest = NULL;
    char color[8];
    for (size_t i = 0; i < c->n_art; i++)
        if (c->art[i].kind == kind && (!largest || c->art[i].width > largest->width))
            largest = &c->art[i];
    if (!largest)
        return json_null();
    snprintf(color, sizeof color, "#%06x", (unsigned)(largest->color & 0xFFFFFF));
    return json_pack("{s:o, s:i, s:i, s:o, s:o, s:s, s:o}", "src", art_path(largest->name, NULL), "width",
                     largest->width, "height", largest->height, "srcset", art_set(c, kind, 0, NULL), "sources",
                     art_sources(c, kind), "color", color, "blur", json_of_text(largest->blur));
}

static json_t *series_json(const struct title_card *c) {
    if (!id_is_set(c->series.id.v))
        return json_null();
    return json_pack("{s:o, s:o, s:i, s:o}", "slug", json_of_str(c->series.slug), "name", json_of_str(c->series.name), "season",
                     c->series.season, "episode", c->kind == TITLE_EPISODE ? json_integer(c->series.episode) : json_null());
}

json_t *catalog_card_json(const struct title_card *c, json_t *progress) {
    json_t *languages = json_array();
    for (size_t i = 0; i < c->n_languages; i++)
        json_array_append_new(languages, json_of_str(c->languages[i]));
    json_t *o =
        json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:o}", "id", json_of_id(c->id.v),
                  "slug", json_of_str(c->slug), "kind", title_kind_name(c->kind), "series", series_json(c), "name", json_of_str(c->name), "runtime_s",
                  json_of_seconds(c->runtime_ms), "poster", catalog_image_json(c, ART_POSTER),
                  "still", catalog_image_json(c, ART_STILL), "languages", languages, "max_height",
                  c->max_height, "maturity", c->maturity, "progress", progress ? progress : json_null());
    if (o && c->year)
        json_object_set_new(o, "year", json_integer(c->year));
    return o;
}

static catalog_progress_fn *progress_fn;

void catalog_progress_provider(catalog_progress_fn *fn) {
    __atomic_store_n(&progress_fn, fn, __ATOMIC_RELEASE);
}

int catalog_cards_json(const struct engine *e, struct profile_id profile,
                       const struct title_card *cards, size_t n, json_t **ret, struct err *reterr) {
    catalog_progress_fn *fn = __atomic_load_n(&progress_fn, __ATOMIC_ACQUIRE);
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    json_t **progress = arena_news(&a, json_t *, MAX(n, 1u));
    struct title_id *ids = arena_news(&a, struct title_id, MAX(n, 1u));
    int rc = progress && ids ? 0 : err_set(reterr, ERR_LIMIT, "no room for %zu cards", n);
    for (size_t i = 0; rc == 0 && i < n; i++)
        ids[i] = cards[i].id;
    if (rc == 0 && fn && n && id_is_set(profile.v))
        rc = fn(e, profile, ids, n, progress, reterr);
    if (rc) {
        for (size_t i = 0; progress && i < n; i++)
            json_decref(progress[i]);
        return rc;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, catalog_card_json(&cards[i], progress[i]));
    *ret = list;
    return list ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a list");
}
