/* plan.c - a plan's picture part as a struct, checked: it comes back from storage, not from ladder.c. */
#include "media/encode/encode_int.h"
#include <libavutil/pixdesc.h>

static int64_t integer(json_t *j, const char *key) { return json_integer_value(json_object_get(j, key)); }

static const char *string(json_t *j, const char *key) {
    const char *s = json_string_value(json_object_get(j, key));
    return s ? s : "";
}

static int found(int value, int unspecified) { return value < 0 ? unspecified : value; }

static void colours_read(json_t *v, struct video_plan *p) {
    json_t *s = json_object_get(v, "source");
    p->src_primaries = (enum AVColorPrimaries)found(
        av_color_primaries_from_name(string(s, "primaries")), AVCOL_PRI_BT709);
    p->src_transfer = (enum AVColorTransferCharacteristic)found(
        av_color_transfer_from_name(string(s, "transfer")), AVCOL_TRC_BT709);
    p->src_matrix =
        (enum AVColorSpace)found(av_color_space_from_name(string(s, "matrix")), AVCOL_SPC_BT709);
    p->siting = (enum AVChromaLocation)found(av_chroma_location_from_name(string(s, "siting")), AVCHROMA_LOC_UNSPECIFIED);
    p->primaries = (enum AVColorPrimaries)found(av_color_primaries_from_name(string(v, "primaries")),
                                                AVCOL_PRI_BT709);
    p->transfer = (enum AVColorTransferCharacteristic)found(
        av_color_transfer_from_name(string(v, "transfer")), AVCOL_TRC_BT709);
    p->matrix =
        (enum AVColorSpace)found(av_color_space_from_name(string(v, "matrix")), AVCOL_SPC_BT709);
}

/* A rung's own CRF, or the common one: plans of before the ladder per title have no other. */
static double crf_read(json_t *video, json_t *rung) {
    json_t *own = json_object_get(rung, "crf");
    return json_number_value(own ? own : json_object_get(video, "crf"));
}

/* Ten numbers of ST 2086 and two of CTA-861.3, as ladder.h has them. */
static void light_read(json_t *v, struct picture_look *l) {
    json_t *m = json_object_get(v, "mastering"), *light = json_object_get(v, "light");
    uint32_t n[10] = {0};
    for (size_t i = 0; i < ARRAY_LEN(n); i++)
        n[i] = (uint32_t)CLAMP(json_integer_value(json_array_get(m, i)), 0, (json_int_t)UINT32_MAX);
    l->has_mastering = json_array_size(m) == ARRAY_LEN(n);
    for (int i = 0; i < 8; i++)
        *(i < 6 ? &l->mastering.primaries[i / 2][i % 2] : &l->mastering.white[i - 6]) = (uint16_t)MIN(n[i], UINT16_MAX);
    l->mastering.max = n[8], l->mastering.min = n[9];
    l->has_light = json_array_size(light) == 2;
    l->max_cll = (uint16_t)CLAMP(json_integer_value(json_array_get(light, 0)), 0, UINT16_MAX);
    l->max_fall = (uint16_t)CLAMP(json_integer_value(json_array_get(light, 1)), 0, UINT16_MAX);
}

static bool rung_read(json_t *video, json_t *j, struct rung_plan *r) {
    const char *codec = json_string_value(json_object_get(j, "codec"));
    *r = (struct rung_plan){
        .width = (int)integer(j, "width"), .height = (int)integer(j, "height"),
        .threads = (int)integer(j, "threads"), .maxrate = integer(j, "maxrate"),
        .bufsize = integer(j, "bufsize"), .profile = string(j, "profile"),
        .crf = crf_read(video, j), .codec = codec ? rung_codec_named(codec) : ES_H264,
        .hdr = json_is_true(json_object_get(j, "hdr")),
    };
    if (!r->codec || (r->hdr && r->codec == ES_H264))
        return false;
    return r->width >= 2 && r->height >= 2 && r->width <= 8192 && r->height <= 8192 &&
           r->width % 2 == 0 && r->height % 2 == 0 && r->threads >= 1 && r->threads <= 64 &&
           r->maxrate > 0 && r->bufsize > 0 && r->maxrate < INT32_MAX && r->bufsize < INT32_MAX && r->crf >= 0 && r->crf <= (r->codec == ES_AV1 ? 63 : 51);
}

static bool crop_holds(const struct video_plan *p) {
    return !p->crop.w || (p->crop.x >= 0 && p->crop.y >= 0 && p->crop.w > 0 && p->crop.h > 0 && p->crop.w <= p->src_width &&
                          p->crop.h <= p->src_height && p->crop.x <= p->src_width - p->crop.w && p->crop.y <= p->src_height - p->crop.h);
}

static bool telecine_known(const char *t) {
    return !*t || strcmp(t, "tff") == 0 || strcmp(t, "bff") == 0 || strcmp(t, "repeat") == 0;
}

int video_plan_read(json_t *plan, struct video_plan *ret_p, struct err *reterr) {
    json_t *v = json_object_get(plan, "video"), *fps = json_object_get(v, "fps");
    struct video_plan p = {
        .stream = (int)integer(v, "stream"), .start_pts = integer(v, "start_pts"),
        .start_us = integer(v, "start_us"),
        .fps = {json_integer_value(json_array_get(fps, 0)), json_integer_value(json_array_get(fps, 1))},
        .timescale = integer(v, "timescale"), .frame_duration = integer(v, "frame_duration"),
        .gop = (int)integer(v, "gop"), .frames = integer(v, "frames"),
        .max_frames = integer(v, "max_frames"),
        .deinterlace = json_is_true(json_object_get(v, "deinterlace")),
        .full_range = strcmp(string(v, "range"), "pc") == 0, .flip = json_is_true(json_object_get(v, "flip")),
        .rotation = (int)integer(v, "rotation"), .hdr = string(v, "hdr"), .preset = string(v, "preset"),
        .field_order = string(v, "field_order"),
        .deinterlace_flagged = json_is_true(json_object_get(v, "deinterlace_flagged")), .telecine = string(v, "telecine"),
    };
    json_t *crop = json_object_get(v, "crop"), *source = json_object_get(v, "source");
    p.crop.x = (int)integer(crop, "x"), p.crop.y = (int)integer(crop, "y"), p.crop.w = (int)integer(crop, "w"), p.crop.h = (int)integer(crop, "h");
    p.src_width = (int)integer(source, "width"), p.src_height = (int)integer(source, "height");
    int64_t chunk_gops = integer(v, "chunk_gops");
    bool ok = p.stream >= 0 && p.fps.num > 0 && p.fps.den > 0 && p.timescale > 0 &&
              p.timescale <= 1 << 30 && p.frame_duration > 0 &&
              p.frame_duration * p.fps.num == p.timescale * p.fps.den && p.gop > 0 && p.gop <= 1000 && crop_holds(&p) && telecine_known(p.telecine) &&
              chunk_gops > 0 && chunk_gops * p.gop < 1 << 24 && *p.preset;
    p.chunk_frames = ok ? (int)chunk_gops * p.gop : 0;
    p.n_rungs = json_array_size(json_object_get(v, "rungs"));
    ok = ok && p.n_rungs > 0 && p.n_rungs <= RUNGS_MAX;
    for (size_t i = 0; ok && i < p.n_rungs; i++)
        ok = rung_read(v, json_array_get(json_object_get(v, "rungs"), i), &p.rungs[i]);
    for (size_t i = 0; ok && i < p.n_rungs; i++) {
        p.keeps_hdr |= p.rungs[i].hdr;
        if (p.rungs[i].codec == ES_H264)
            p.top = i;
    }
    ok = ok && p.rungs[0].codec == ES_H264;
    if (!ok)
        return err_set(reterr, ERR_INVALID, "the plan's video part is missing or out of bounds");
    colours_read(v, &p);
    light_read(json_object_get(v, "source"), &p.look);
    *ret_p = p;
    return 0;
}
