/*
 * codecs.c - rungs of HEVC and AV1 beside those of H.264: the same sizes, at the CRF and the ceiling at which they look alike. Where the film is
 * HDR they keep it, and H.264 is for everything else.
 */
#include "base/str.h"
#include "media/ladder/ladder_int.h"
#include <string.h>

/*
 * What x265 (preset "fast") and SVT-AV1 (preset 8) take for the SSIM of x264 ("medium"), at 640 wide on three films (decision 39): the CRF, as that of
 * x264 times slope plus offset, and the rate.
 */
static const struct further {
    const char *name;
    double slope, offset, most, rate;
    int least; /* lines and columns that the encoder takes */
} codecs[] = {{"hevc", 1, 0, 51, 0.8, 32}, {"av1", 2.5, -26, 63, 0.7, 64}};

int codecs_read(const char *text, unsigned *ret, struct err *reterr) {
    unsigned found = 0;
    for (struct str item, rest = str_of(text ? text : ""); rest.p;) {
        size_t i = 0;
        rest = str_cut(rest, ',', &item);
        item = str_trim(item);
        while (i < ARRAY_LEN(codecs) && !str_eq(item, str_of(codecs[i].name)))
            i++;
        if (i < ARRAY_LEN(codecs))
            found |= 1u << i;
        else if (item.n && !str_eq(item, STR("h264")))
            return err_refuse(reterr, ERR_INVALID, "policy.invalid",
                              "Codecs of the picture are hevc and av1, beside h264, which is always made; for example codecs=hevc,av1.",
                              "policy: there is no codec \"%.*s\"", (int)MIN(item.n, (size_t)60), item.p);
    }
    *ret = found;
    return 0;
}

json_t *codecs_json(unsigned found) {
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_LEN(codecs); i++)
        if (found >> i & 1)
            json_array_append_new(list, json_string(codecs[i].name));
    return list;
}

static json_t *rung_of(const struct further *c, json_t *like, double crf, size_t number, bool hdr) {
    json_int_t maxrate = (json_int_t)((double)json_integer_value(json_object_get(like, "maxrate")) * c->rate / 1000 + 0.5) * 1000;
    json_t *own = json_object_get(like, "crf"), *j = json_copy(like);
    char name[8];
    snprintf(name, sizeof(name), "v%zu", number);
    crf = own ? json_number_value(own) : crf;
    json_object_set_new(j, "name", json_string(name));
    json_object_set_new(j, "codec", json_string(c->name));
    json_object_set_new(j, "profile", json_string(hdr && strcmp(c->name, "hevc") == 0 ? "main10" : "main"));
    json_object_set_new(j, "crf", json_real(CLAMP(crf * c->slope + c->offset, 1, c->most)));
    json_object_set_new(j, "maxrate", json_integer(maxrate));
    json_object_set_new(j, "bufsize", json_integer(maxrate * 3 / 2));
    json_object_set_new(j, "hdr", json_boolean(hdr));
    return j;
}

static bool fits(const struct further *c, json_t *rung) {
    return json_integer_value(json_object_get(rung, "width")) >= c->least && json_integer_value(json_object_get(rung, "height")) >= c->least;
}

void codecs_add(json_t *video) {
    json_t *rungs = json_object_get(video, "rungs"), *name, *list = json_object_get(video, "codecs");
    const char *hdr = json_string_value(json_object_get(video, "hdr"));
    bool keeps = hdr && (strcmp(hdr, "hdr10") == 0 || strcmp(hdr, "hlg") == 0);
    double crf = json_number_value(json_object_get(video, "crf"));
    size_t n = json_array_size(rungs), k;
    json_array_foreach(list, k, name)
        for (size_t c = 0; c < ARRAY_LEN(codecs); c++)
            for (size_t i = 0; i < n && strcmp(codecs[c].name, json_string_value(name)) == 0; i++)
                if (fits(&codecs[c], json_array_get(rungs, i)))
                    json_array_append_new(rungs, rung_of(&codecs[c], json_array_get(rungs, i), crf, json_array_size(rungs) + 1, keeps));
}
