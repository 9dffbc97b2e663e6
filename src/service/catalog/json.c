/* json.c - titles as the API shows them. */
#include "service/catalog/catalog_int.h"
#include "service/json.h"

static json_t *art_path(struct str name) {
    char path[300];
    snprintf(path, sizeof path, "/art/" STR_FMT, STR_ARG(name));
    return json_string(path);
}

json_t *catalog_image_json(const struct title_card *c, enum artwork_kind kind) {
    const struct artwork *largest = NULL;
    char color[8];
    json_t *set = json_array();
    for (size_t i = 0; i < c->n_art; i++) {
        const struct artwork *art = &c->art[i];
        if (art->kind != kind)
            continue;
        if (!largest || art->width > largest->width)
            largest = art;
        /* Widest first in store, narrowest first in a srcset. */
        json_array_insert_new(set, 0,
                              json_pack("{s:o, s:i}", "src", art_path(art->name), "width", art->width));
    }
    if (!largest) {
        json_decref(set);
        return json_null();
    }
    snprintf(color, sizeof color, "#%06x", (unsigned)(largest->color & 0xFFFFFF));
    return json_pack("{s:o, s:i, s:i, s:o, s:s}", "src", art_path(largest->name), "width", largest->width,
                     "height", largest->height, "srcset", set, "color", color);
}

json_t *catalog_card_json(const struct title_card *c, json_t *progress) {
    json_t *languages = json_array();
    for (size_t i = 0; i < c->n_languages; i++)
        json_array_append_new(languages, json_of_str(c->languages[i]));
    json_t *o = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o}", "id", json_of_id(c->id.v),
                          "slug", json_of_str(c->slug), "name", json_of_str(c->name), "runtime_s",
                          json_of_seconds(c->runtime_ms), "poster", catalog_image_json(c, ART_POSTER),
                          "still", catalog_image_json(c, ART_STILL), "languages", languages,
                          "max_height", c->max_height, "progress", progress ? progress : json_null());
    if (o && c->year)
        json_object_set_new(o, "year", json_integer(c->year));
    return o;
}
