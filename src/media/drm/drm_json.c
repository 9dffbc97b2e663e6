/* drm_json.c - "drm" of asset.json: {systems, provider?, la_url?, data?:[{system, kid, pssh? (base64), uri?}], output?}. */
#include "media/drm/drm.h"
#include "media/drm/output.h"
#include <string.h>

static json_t *data_to_json(const struct drm_data *d) {
    scoped(buf_done) struct buf kid = BUF(64), pssh = BUF(2 * DRM_PSSH_MAX);
    buf_hex(&kid, d->kid, 16);
    buf_base64(&pssh, d->pssh.p, d->pssh.n);
    json_t *o = json_pack("{s:s, s:s}", "system", drm_systems[d->system].name, "kid", buf_cstr(&kid));
    int bad = d->pssh.n ? json_object_set_new(o, "pssh", json_stringn((char *)pssh.p, pssh.n)) : 0;
    bad |= d->uri.n ? json_object_set_new(o, "uri", json_stringn(d->uri.p, d->uri.n)) : 0;
    if (bad || pssh.failed) {
        json_decref(o);
        return NULL;
    }
    return o;
}

bool asset_drm_is(const struct asset_drm *d) {
    return d->systems || output_asks(&d->output);
}

json_t *asset_drm_to_json(const struct asset_drm *d) {
    json_t *o = json_object(), *systems = json_array(), *data = json_array();
    int bad = 0;
    for (int s = 0; s < DRM_SYSTEMS; s++)
        if (d->systems & 1u << s)
            bad |= json_array_append_new(systems, json_string(drm_systems[s].name));
    for (size_t i = 0; i < d->n_data; i++)
        bad |= json_array_append_new(data, data_to_json(&d->data[i]));
    bad |= json_object_set_new(o, "systems", systems);
    bad |= json_object_set_new(o, "data", data);
    if (output_asks(&d->output))
        bad |= json_object_set_new(o, "output", output_to_json(&d->output));
    if (d->provider.n)
        bad |= json_object_set_new(o, "provider", json_stringn(d->provider.p, d->provider.n));
    if (d->la_url.n)
        bad |= json_object_set_new(o, "la_url", json_stringn(d->la_url.p, d->la_url.n));
    if (bad) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static struct str text_of(const json_t *o, const char *key) {
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? str_make(json_string_value(v), json_string_length(v)) : STR("");
}

static bool data_from_json(const json_t *o, struct arena *a, struct drm_data *ret) {
    scoped(buf_done) struct buf pssh = BUF(DRM_PSSH_MAX);
    int s = drm_by_name(text_of(o, "system"));
    struct str uri = text_of(o, "uri"), data;
    uint8_t id[16];
    if (s < 0 || !str_unhex(text_of(o, "kid"), ret->kid, 16))
        return false;
    ret->system = (enum drm_system)s;
    if (s == DRM_FAIRPLAY) {
        ret->uri = str_dup(a, uri);
        return drm_uri_ok(uri) && ret->uri.p;
    }
    if (!buf_unbase64url(&pssh, text_of(o, "pssh")) || !drm_pssh_read(buf_str(&pssh), id, &data) || drm_by_id(id) != s)
        return false;
    ret->pssh = str_dup(a, buf_str(&pssh));
    return ret->pssh.p;
}

bool asset_drm_from_json(const json_t *j, struct arena *a, struct asset_drm *ret) {
    struct asset_drm d = {.provider = str_dup(a, text_of(j, "provider")), .la_url = str_dup(a, text_of(j, "la_url"))};
    const json_t *systems = json_object_get(j, "systems"), *data = json_object_get(j, "data"), *output = json_object_get(j, "output");
    if (output && !output_from_json(output, &d.output))
        return false;
    for (size_t i = 0; i < json_array_size(systems); i++) {
        const json_t *v = json_array_get(systems, i);
        int s = json_is_string(v) ? drm_by_name(str_of(json_string_value(v))) : -1;
        if (s < 0)
            return false;
        d.systems |= 1u << s;
    }
    size_t n = json_array_size(data);
    if (!asset_drm_is(&d) || n > DRM_DATA_MAX || d.provider.n > 200 || d.la_url.n > DRM_URI_MAX || (d.la_url.n && !drm_uri_ok(d.la_url)))
        return false;
    struct drm_data *list = arena_news(a, struct drm_data, MAX(n, 1u));
    for (size_t i = 0; list && i < n; i++)
        if (!data_from_json(json_array_get(data, i), a, &list[i]))
            return false;
    d.data = list;
    d.n_data = n;
    if (list)
        *ret = d;
    return list != NULL;
}
