/* json.c - windows as the API writes and reads them, and the names of platforms and business models. */
#include "service/rights/rights_int.h"
#include "service/json.h"

static const char *const model_names[MODELS] = {"svod", "tvod", "est", "avod"};
static const char *const platform_names[PLATFORMS] = {"web", "tv", "phone", "other"};

static struct str bits_text(unsigned bits, const char *const *names, unsigned n, struct arena *a) {
    struct str out = STR("");
    if (bits == (1u << n) - 1)
        return out;
    for (unsigned i = 0; i < n; i++)
        if (bits & 1u << i)
            out = out.n ? str_printf(a, STR_FMT " %s", STR_ARG(out), names[i]) : str_of(names[i]);
    return out;
}

/* Empty: all of them. */
static bool bits_parse(struct str s, const char *const *names, unsigned n, unsigned *ret) {
    unsigned bits = 0;
    struct str one;
    while (s.n) {
        unsigned i = 0;
        s = str_cut(s, ' ', &one);
        while (i < n && !str_eq(one, str_of(names[i])))
            i++;
        if (i == n)
            return false;
        bits |= 1u << i;
    }
    *ret = bits ? bits : (1u << n) - 1;
    return true;
}

struct str models_text(unsigned models, struct arena *a) {
    return bits_text(models, model_names, MODELS, a);
}
struct str platforms_text(unsigned platforms, struct arena *a) {
    return bits_text(platforms, platform_names, PLATFORMS, a);
}
bool models_parse(struct str s, unsigned *ret) {
    return bits_parse(s, model_names, MODELS, ret);
}
bool platforms_parse(struct str s, unsigned *ret) {
    return bits_parse(s, platform_names, PLATFORMS, ret);
}

static json_t *bits_json(unsigned bits, const char *const *names, unsigned n) {
    json_t *out = json_array();
    for (unsigned i = 0; i < n; i++)
        if (bits & 1u << i)
            json_array_append_new(out, json_string(names[i]));
    return out;
}

static json_t *words_json(struct str s) {
    json_t *out = json_array();
    struct str one;
    while (s.n) {
        s = str_cut(s, ' ', &one);
        json_array_append_new(out, json_of_str(one));
    }
    return out;
}

json_t *window_json(const struct window_row *x) {
    static const char *const states[] = {"ahead", "open", "over"};
    const struct rights_window *w = &x->w;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:s}", "id", json_of_id(w->id.v),
                     "territories", words_json(w->territories), "except", words_json(w->except), "platforms",
                     bits_json(w->platforms, platform_names, PLATFORMS), "models",
                     bits_json(w->models, model_names, MODELS), "starts_at", json_of_time(w->starts_ms), "ends_at",
                     json_of_time(w->ends_ms), "holdback", w->holdback, "exclusive", w->exclusive, "licensor",
                     json_of_str(w->licensor), "note", json_of_str(w->note), "state", states[x->state]);
}

/* ---- What comes in; its shape was checked against the schema ---- */

static struct str joined(const json_t *list, struct arena *a) {
    struct str out = STR("");
    for (size_t i = 0; i < json_array_size(list) && out.p; i++)
        out = str_printf(a, STR_FMT " %s", STR_ARG(out), json_string_value(json_array_get(list, i)));
    return out;
}

static unsigned bits_of(const json_t *list, const char *const *names, unsigned n) {
    unsigned bits = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        for (unsigned k = 0; k < n; k++)
            if (strcmp(json_string_value(json_array_get(list, i)), names[k]) == 0)
                bits |= 1u << k;
    return bits;
}

static int64_t time_of(const json_t *o, const char *name) {
    int64_t ms = 0;
    rfc3339_parse(json_get_str(o, name), &ms);
    return ms;
}

static void window_body_read(const json_t *o, struct arena *a, struct rights_window *ret) {
    *ret = (struct rights_window){.territories = joined(json_object_get(o, "territories"), a),
                                  .except = joined(json_object_get(o, "except"), a),
                                  .platforms = bits_of(json_object_get(o, "platforms"), platform_names, PLATFORMS),
                                  .models = bits_of(json_object_get(o, "models"), model_names, MODELS),
                                  .starts_ms = time_of(o, "starts_at"),
                                  .ends_ms = time_of(o, "ends_at"),
                                  .holdback = json_is_true(json_object_get(o, "holdback")),
                                  .exclusive = json_is_true(json_object_get(o, "exclusive")),
                                  .licensor = json_get_str(o, "licensor"),
                                  .note = json_get_str(o, "note")};
    id_parse(json_get_str(o, "id"), &ret->id.v);
}

int rights_body_read(const json_t *body, struct arena *a, struct rights_plan *ret, struct err *reterr) {
    const json_t *list = json_object_get(body, "windows");
    size_t n = json_array_size(list);
    struct rights_plan plan = {.n = n,
                               .v = arena_news(a, struct rights_window, MAX(n, 1u)),
                               .publish_ms = time_of(body, "publish_at"),
                               .unpublish_ms = time_of(body, "unpublish_at"),
                               .revision = json_get_int(body, "revision", -1)};
    if (!plan.v)
        return err_set(reterr, ERR_LIMIT, "no room for %zu windows", n);
    for (size_t i = 0; i < n; i++)
        window_body_read(json_array_get(list, i), a, &plan.v[i]);
    *ret = plan;
    return 0;
}
