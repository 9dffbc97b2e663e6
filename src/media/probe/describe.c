/* describe.c - a stream in JSON, as ops.h promises. */
#include "media/probe/probe_int.h"
#include "media/text/captions.h"
#include <ctype.h>
#include <libavutil/channel_layout.h>
#include <libavutil/dovi_meta.h>
#include <libavutil/pixdesc.h>

/* ISO 639-2 (both forms) to BCP 47, which wants the two-letter code where there is one (RFC 5646 2.2.1). */
static const char langs[][3][4] = {
    {"eng", "", "en"}, {"fra", "fre", "fr"}, {"deu", "ger", "de"}, {"spa", "", "es"},
    {"ita", "", "it"}, {"por", "", "pt"}, {"nld", "dut", "nl"}, {"rus", "", "ru"},
    {"ara", "", "ar"}, {"zho", "chi", "zh"}, {"jpn", "", "ja"}, {"kor", "", "ko"},
    {"hin", "", "hi"}, {"tur", "", "tr"}, {"pol", "", "pl"}, {"ces", "cze", "cs"},
    {"slk", "slo", "sk"}, {"slv", "", "sl"}, {"hrv", "", "hr"}, {"srp", "", "sr"},
    {"bul", "", "bg"}, {"ron", "rum", "ro"}, {"hun", "", "hu"}, {"ell", "gre", "el"},
    {"heb", "", "he"}, {"fas", "per", "fa"}, {"swe", "", "sv"}, {"nor", "", "no"},
    {"nob", "", "nb"}, {"nno", "", "nn"}, {"dan", "", "da"}, {"fin", "", "fi"},
    {"isl", "ice", "is"}, {"est", "", "et"}, {"lav", "", "lv"}, {"lit", "", "lt"},
    {"ukr", "", "uk"}, {"bel", "", "be"}, {"kat", "geo", "ka"}, {"hye", "arm", "hy"},
    {"tha", "", "th"}, {"vie", "", "vi"}, {"ind", "", "id"}, {"msa", "may", "ms"},
    {"ben", "", "bn"}, {"tam", "", "ta"}, {"tel", "", "te"}, {"mar", "", "mr"},
    {"urd", "", "ur"}, {"guj", "", "gu"}, {"kan", "", "kn"}, {"mal", "", "ml"},
    {"pan", "", "pa"}, {"cat", "", "ca"}, {"eus", "baq", "eu"}, {"glg", "", "gl"},
    {"cym", "wel", "cy"}, {"gle", "", "ga"}, {"lat", "", "la"}, {"mkd", "mac", "mk"},
    {"sqi", "alb", "sq"}, {"bos", "", "bs"}, {"swa", "", "sw"}, {"afr", "", "af"},
};

void lang_write(const char *from, char *dst, size_t cap) {
    size_t n = from ? strlen(from) : 0;
    bool tag = n >= 2 && n < cap && n <= 35;
    for (size_t i = 0; i < n && tag; i++)
        tag = isalnum((unsigned char)from[i]) || (from[i] == '-' && i >= 2);
    if (!tag || !isalpha((unsigned char)from[0]) || strcmp(from, "mis") == 0 ||
        strcmp(from, "mul") == 0 || strcmp(from, "zxx") == 0) {
        snprintf(dst, cap, "und");
        return;
    }
    snprintf(dst, cap, "%s", from);
    for (size_t i = 0; i < ARRAY_LEN(langs) && n == 3; i++)
        if (strcasecmp(from, langs[i][0]) == 0 || strcasecmp(from, langs[i][1]) == 0)
            snprintf(dst, cap, "%s", langs[i][2]);
}

int64_t start_us(const AVStream *st, int64_t pts) {
    return pts == AV_NOPTS_VALUE ? 0 : av_rescale_q(pts, st->time_base, AV_TIME_BASE_Q);
}

static const char *meta(const AVStream *st, const char *key) {
    AVDictionaryEntry *e = av_dict_get(st->metadata, key, NULL, 0);
    return e ? e->value : "";
}

/* Foreign text: cut to size, and only if it is UTF-8. */
static json_t *text_json(const char *s) {
    size_t n = strnlen(s, 200);
    while (n > 0 && n == 200 && ((unsigned char)s[n] & 0xc0) == 0x80)
        n--;
    char line[201];
    for (size_t i = 0; i < n; i++) /* on one line: it becomes a name in a player's menu */
        line[i] = (unsigned char)s[i] < ' ' || s[i] == 127 ? ' ' : s[i];
    return json_stringn(str_is_utf8(str_make(line, n)) ? line : "", str_is_utf8(str_make(line, n)) ? n : 0);
}

static void common_set(json_t *j, const AVStream *st) {
    char lang[40];
    lang_write(meta(st, "language"), lang, sizeof(lang));
    json_object_set_new(j, "lang", json_string(lang));
    json_object_set_new(j, "title", text_json(meta(st, "title")));
    json_object_set_new(j, "is_default", json_boolean(st->disposition & AV_DISPOSITION_DEFAULT));
}

static int64_t duration_us(const AVStream *st) {
    return st->duration == AV_NOPTS_VALUE || st->duration < 0
               ? -1
               : av_rescale_q(st->duration, st->time_base, AV_TIME_BASE_Q);
}

static const char *name_or(const char *s) { return s ? s : "unknown"; }

static const char *hdr_kind(const AVStream *st, const struct look *l) {
    size_t n = 0;
    const AVDOVIDecoderConfigurationRecord *dv =
        source_side_data(st, AV_PKT_DATA_DOVI_CONF, &n);
    if (l->transfer == AVCOL_TRC_SMPTE2084)
        return "hdr10";
    if (l->transfer == AVCOL_TRC_ARIB_STD_B67)
        return "hlg";
    /* Profile 5 is IPT-PQ-c2 with no picture that a plain decoder shows right. */
    if (dv && n >= sizeof(*dv) && dv->dv_profile == 5)
        return "dolby_vision";
    return "none";
}

static struct rate rate_of(const AVStream *st, const struct look *l) {
    struct rate_facts f = {
        .real = {st->r_frame_rate.num, st->r_frame_rate.den},
        .average = {st->avg_frame_rate.num, st->avg_frame_rate.den},
        .pts = l->pts, .n_pts = l->n_pts,
        .time_base = {st->time_base.num, st->time_base.den},
    };
    return rate_choose(&f);
}

static void colour_set(json_t *v, const AVStream *st, const struct look *l) {
    json_object_set_new(v, "pixel_format", json_string(name_or(av_get_pix_fmt_name(l->format))));
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(l->format);
    json_object_set_new(v, "bit_depth", json_integer(d ? d->comp[0].depth : 8));
    json_object_set_new(v, "primaries", json_string(name_or(av_color_primaries_name(l->primaries))));
    json_object_set_new(v, "transfer", json_string(name_or(av_color_transfer_name(l->transfer))));
    json_object_set_new(v, "matrix", json_string(name_or(av_color_space_name(l->matrix))));
    bool full = l->range == AVCOL_RANGE_JPEG || l->format == AV_PIX_FMT_YUVJ420P ||
                l->format == AV_PIX_FMT_YUVJ422P || l->format == AV_PIX_FMT_YUVJ444P;
    json_object_set_new(v, "range", json_string(full ? "pc" : "tv"));
    /* Where colour lies between the lines of brightness; only 4:2:0 leaves a choice. */
    bool halved = d && d->log2_chroma_w == 1 && d->log2_chroma_h == 1;
    json_object_set_new(v, "siting", json_string(halved ? name_or(av_chroma_location_name(l->siting)) : ""));
    json_object_set_new(v, "hdr", json_string(hdr_kind(st, l)));
    light_set(v, &l->hdr);
}

/* Upright size with square pixels: the longer way is stretched, nothing is thrown away. */
static void shown_size(const struct look *l, AVRational sar, int rotation, int *ret_w, int *ret_h) {
    double w = l->width, h = l->height;
    if (sar.num > sar.den)
        w = w * sar.num / sar.den;
    else if (sar.num < sar.den)
        h = h * sar.den / sar.num;
    bool turned = rotation == 90 || rotation == 270;
    *ret_w = (int)((turned ? h : w) + 0.5);
    *ret_h = (int)((turned ? w : h) + 0.5);
}

json_t *describe_video(const struct source *s, int index, const struct look *l) {
    AVStream *st = s->fmt->streams[index];
    AVRational sar = av_guess_sample_aspect_ratio(s->fmt, st, NULL);
    /* Beyond 4:1 it is damage; within 1% (399:400) it is rounding that would only blur the picture. */
    double x = sar.num > 0 && sar.den > 0 ? av_q2d(sar) : 1;
    if (x < 0.25 || x > 4 || (x > 0.99 && x < 1.01))
        sar = (AVRational){1, 1};
    bool flip;
    int rotation = source_rotation(st, &flip), w, h;
    shown_size(l, sar, rotation, &w, &h);
    struct rate rate = rate_of(st, l);
    enum AVFieldOrder order = st->codecpar->field_order;
    bool interlaced = l->interlaced * 2 > l->frames || (l->frames == 0 && order > AV_FIELD_PROGRESSIVE);
    bool top = l->interlaced ? l->top_first * 2 >= l->interlaced
                             : order == AV_FIELD_TT || order == AV_FIELD_TB;
    json_t *v = json_pack(
        "{s:i,s:s,s:s,s:i,s:i,s:[i,i],s:i,s:b,s:i,s:i,s:b,s:s,s:[I,I],s:[i,i],s:[i,i],s:b,s:I,s:I,s:I}",
        "index", index, "codec", avcodec_get_name(st->codecpar->codec_id), "profile",
        avcodec_profile_name(st->codecpar->codec_id, st->codecpar->profile)
            ? avcodec_profile_name(st->codecpar->codec_id, st->codecpar->profile)
            : "",
        "width", l->width, "height", l->height, "sar", sar.num, sar.den, "rotation", rotation, "flip",
        flip, "display_width", w, "display_height", h, "interlaced", interlaced, "field_order",
        interlaced ? (top ? "tff" : "bff") : "", "fps", (json_int_t)rate.fps.num,
        (json_int_t)rate.fps.den, "avg_fps", st->avg_frame_rate.num, st->avg_frame_rate.den, "real_fps",
        st->r_frame_rate.num, st->r_frame_rate.den, "vfr", rate.vfr, "frames",
        (json_int_t)(st->nb_frames > 0 ? st->nb_frames : -1), "start_us",
        (json_int_t)start_us(st, l->first_pts), "duration_us", (json_int_t)duration_us(st));
    if (!v)
        return NULL;
    json_object_set_new(v, "start_pts", json_integer(l->first_pts == AV_NOPTS_VALUE ? 0 : l->first_pts));
    json_object_set_new(v, "edit_list",
                        json_boolean(st->start_time != AV_NOPTS_VALUE && avformat_index_get_entries_count(st) > 0 &&
                                     st->nb_frames > 0 &&
                                     avformat_index_get_entries_count(st) != st->nb_frames));
    json_object_set_new(v, "slow", json_boolean(rate.slow));
    colour_set(v, st, l);
    common_set(v, st);
    return v;
}

/* What people write into a title where the file has no better place for it; lower case, at a word's beginning. */
static const char *const title_roles[][2] = {
    {"commentary", "commentary"},        {"commentaire", "commentary"},       {"kommentar", "commentary"},
    {"comentario", "commentary"},        {"audio desc", "description"},       {"audiodesc", "description"},
    {"audio-desc", "description"},       {"descriptive", "description"},      {"described", "description"},
    {"description for", "description"},  {"h\xc3\xb6rfilm", "description"},   {"dub", "dub"},
};

static const char *title_role(const char *title) {
    for (size_t i = 0; i < ARRAY_LEN(title_roles); i++)
        for (const char *at = title; *at; at++)
            if ((at == title || !isalnum((unsigned char)at[-1])) &&
                strncasecmp(at, title_roles[i][0], strlen(title_roles[i][0])) == 0)
                return title_roles[i][1];
    return NULL;
}

/* Flags say it best; where there are none, the title often does. */
static const char *audio_role(const AVStream *st) {
    if (st->disposition & (AV_DISPOSITION_VISUAL_IMPAIRED | AV_DISPOSITION_DESCRIPTIONS))
        return "description";
    if (st->disposition & AV_DISPOSITION_COMMENT)
        return "commentary";
    if (st->disposition & AV_DISPOSITION_DUB)
        return "dub";
    const char *said = st->disposition & AV_DISPOSITION_ORIGINAL ? NULL : title_role(meta(st, "title"));
    return said ? said : "main";
}

json_t *describe_audio(const struct source *s, int index, const struct look *l) {
    AVStream *st = s->fmt->streams[index];
    const AVCodecParameters *p = st->codecpar;
    char layout[64] = "";
    av_channel_layout_describe(&p->ch_layout, layout, sizeof(layout));
    json_t *a = json_pack("{s:i,s:s,s:i,s:s,s:i,s:s,s:I,s:I,s:b}", "index", index, "codec",
                          avcodec_get_name(p->codec_id), "channels", p->ch_layout.nb_channels, "layout",
                          layout, "sample_rate", p->sample_rate, "role", audio_role(st), "start_us",
                          (json_int_t)start_us(st, l->first_pts), "duration_us",
                          (json_int_t)duration_us(st), "decodable", l->frames > 0);
    if (a)
        common_set(a, st);
    return a;
}

json_t *describe_text(const struct source *s, int index) {
    AVStream *st = s->fmt->streams[index];
    const char *role = st->disposition & AV_DISPOSITION_FORCED ? "forced"
                       : st->disposition & (AV_DISPOSITION_HEARING_IMPAIRED | AV_DISPOSITION_CAPTIONS)
                           ? "caption"
                           : "subtitle";
    const char *codec = text_is_stpp(st->codecpar) ? "ttml" : avcodec_get_name(st->codecpar->codec_id);
    json_t *t = json_pack("{s:i,s:s,s:s}", "index", index, "codec", codec, "role", role);
    if (t)
        common_set(t, st);
    return t;
}

json_t *describe_captions(const struct source *s, int index, const char *lang) {
    json_t *t = json_pack("{s:i,s:s,s:s}", "index", index, "codec", avcodec_get_name(AV_CODEC_ID_EIA_608), "role", "caption");
    if (t)
        common_set(t, s->fmt->streams[index]);
    json_object_set_new(t, "lang", json_string(lang));
    json_object_set_new(t, "title", json_string(""));
    json_object_set_new(t, "is_default", json_false());
    return t;
}
