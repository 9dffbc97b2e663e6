/* light.c - mastering display (SMPTE ST 2086) and light levels (CTA-861.3) of a picture, in the units of look.h. */
#include "media/probe/probe_int.h"
#include <libavutil/mastering_display_metadata.h>

static uint32_t units(AVRational v, int per) {
    double x = v.den ? av_q2d(v) * per + 0.5 : 0;
    return x > 0 && x < 4294967295.0 ? (uint32_t)x : 0;
}

static void mastering_take(struct picture_look *l, const AVMasteringDisplayMetadata *m) {
    static const int place[3] = {1, 2, 0}; /* green, blue, red of what comes red, green, blue */
    if (!m || !m->has_primaries || !m->has_luminance)
        return;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 2; k++)
            l->mastering.primaries[i][k] = (uint16_t)MIN(units(m->display_primaries[place[i]][k], 50000), UINT16_MAX);
    for (int k = 0; k < 2; k++)
        l->mastering.white[k] = (uint16_t)MIN(units(m->white_point[k], 50000), UINT16_MAX);
    l->mastering.max = units(m->max_luminance, 10000), l->mastering.min = units(m->min_luminance, 10000);
    l->has_mastering = true;
}

/* Nothing but zeros is what encoders write that know nothing. */
static void levels_take(struct picture_look *l, const AVContentLightMetadata *c) {
    if (!c || (!c->MaxCLL && !c->MaxFALL))
        return;
    l->max_cll = (uint16_t)MIN(c->MaxCLL, UINT16_MAX), l->max_fall = (uint16_t)MIN(c->MaxFALL, UINT16_MAX);
    l->has_light = true;
}

void light_of_stream(struct picture_look *ret, const AVStream *st) {
    size_t n = 0;
    const AVMasteringDisplayMetadata *m = source_side_data(st, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, &n);
    mastering_take(ret, n >= sizeof(*m) ? m : NULL);
    const AVContentLightMetadata *c = source_side_data(st, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, &n);
    levels_take(ret, c && n >= sizeof(*c) ? c : NULL);
}

void light_of_frame(struct picture_look *ret, const AVFrame *f) {
    const AVFrameSideData *m = av_frame_get_side_data(f, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA);
    const AVFrameSideData *c = av_frame_get_side_data(f, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL);
    mastering_take(ret, m ? (const void *)m->data : NULL);
    levels_take(ret, c ? (const void *)c->data : NULL);
}

void light_set(json_t *v, const struct picture_look *l) {
    const struct mastering_display *m = &l->mastering;
    json_t *list = json_array();
    for (int i = 0; i < 6 && l->has_mastering; i++)
        json_array_append_new(list, json_integer(m->primaries[i / 2][i % 2]));
    for (int k = 0; k < 2 && l->has_mastering; k++)
        json_array_append_new(list, json_integer(m->white[k]));
    if (l->has_mastering) {
        json_array_append_new(list, json_integer(m->max));
        json_array_append_new(list, json_integer(m->min));
        json_object_set(v, "mastering", list);
    }
    json_decref(list);
    if (l->has_light)
        json_object_set_new(v, "light", json_pack("[i,i]", l->max_cll, l->max_fall));
}
