/*
 * ladder.c - the plan. Rungs are 16:9 classes that the picture is fitted into, turned with it for portrait;
 * the source's own size is the highest rung, and a class that would be nearly as large is left out.
 */
#include "media/ladder/ladder_int.h"
#include "media/ladder/metric.h"
#include "media/presentation.h"
#include <math.h>
#include <string.h>

/*
 * One: with VBV, x264's frame threads look at how far their neighbours have come, and the bytes differ from run
 * to run. The rungs side by side keep two processors busy: the highest has never more than 60% of the pixels.
 */
enum { ENCODER_THREADS = 1 };
enum { GOP_SECONDS = 2, SEGMENT_GOPS = 2, RUNGS_MAX = 8, CHUNK_S = 30, PART_S = 60, TEXT_MAX = 64 };

static const struct class classes[] = {{426, 240}, {640, 360}, {854, 480}, {1280, 720}, {1920, 1080}, {2560, 1440}, {3840, 2160}};

static const char *const role_names[] = {"main", "alternate", "commentary", "description", "dub"};

static const char *const presets[] = {"ultrafast", "superfast", "veryfast", "faster", "fast",
                                      "medium",    "slow",      "slower",   "veryslow"};

static const char *const ladder_kinds[] = {"auto", "fixed", "per_title"};

int preset_number(const char *preset) {
    int i = 0;
    while (i < (int)ARRAY_LEN(presets) && strcmp(presets[i], preset) != 0)
        i++;
    return i;
}

const char *preset_name(int number_) { return presets[number_]; }

static double number(json_t *j, const char *key, double def) {
    json_t *v = json_object_get(j, key);
    return json_is_number(v) ? json_number_value(v) : def;
}

static int64_t integer(json_t *j, const char *key) { return json_integer_value(json_object_get(j, key)); }

static const char *string(json_t *j, const char *key) {
    const char *s = json_string_value(json_object_get(j, key));
    return s ? s : "";
}

static struct ratio ratio_get(json_t *j, const char *key) {
    json_t *a = json_object_get(j, key);
    return (struct ratio){json_integer_value(json_array_get(a, 0)), json_integer_value(json_array_get(a, 1))};
}

/* A misspelt wish would otherwise be a wish not granted, noticed when the film has been encoded. */
static int policy_check(json_t *j, struct err *reterr) {
    static const struct { const char *name; json_type type; const char *form; } members[] = {
        {"preset", JSON_STRING, "a name"},         {"crf", JSON_REAL, "a number"},
        {"max_height", JSON_REAL, "a number"},     {"max_rungs", JSON_REAL, "a number"},
        {"max_fps", JSON_REAL, "a number"},        {"chunk_s", JSON_REAL, "a number"},
        {"part_s", JSON_REAL, "a number"},
        {"max_duration_s", JSON_REAL, "a number"}, {"surround", JSON_TRUE, "true or false"},
        {"opus", JSON_TRUE, "true or false"},      {"eac3", JSON_TRUE, "true or false"},
        {"loudness", JSON_NULL, "a number of LUFS or \"none\""},
        {"true_peak", JSON_REAL, "a number"},      {"roles", JSON_STRING, "names with commas between"},
        {"ladder", JSON_STRING, "a name"},         {"metric", JSON_STRING, "a name"},
        {"crop", JSON_OBJECT, "auto, none or a box such as 1920x800+0+140"},
        {"codecs", JSON_STRING, "names with commas between"},
        {"mezzanine", JSON_STRING, "a name"},      {"protection", JSON_STRING, "a name"},
        {"keys", JSON_STRING, "a name"},           {"key_period", JSON_REAL, "a number of seconds"},
    };
    const char *name;
    json_t *v;
    json_object_foreach(j, name, v) {
        size_t i = 0;
        while (i < ARRAY_LEN(members) && strcmp(members[i].name, name) != 0)
            i++;
        if (i == ARRAY_LEN(members))
            return err_refuse(reterr, ERR_INVALID, "policy.unknown",
                              "The encoding policy knows preset, crf, codecs, ladder, metric, max_height, max_rungs, max_fps, "
                              "max_duration_s, chunk_s, part_s, crop, surround, opus, eac3, loudness, true_peak, roles, mezzanine, "
                              "protection, keys and key_period.",
                              "policy: there is no \"%.60s\"", name);
        bool fits = members[i].type == JSON_REAL   ? json_is_number(v)
                    : members[i].type == JSON_TRUE ? json_is_boolean(v)
                    : members[i].type == JSON_NULL ? json_is_number(v) || json_is_string(v)
                    : members[i].type == JSON_OBJECT ? json_is_object(v) || json_is_string(v)
                                                   : json_is_string(v);
        if (!fits && !json_is_null(v))
            return err_refuse(reterr, ERR_INVALID, "policy.invalid", "For example: max_height=1080, preset=veryfast, "
                              "surround=false.",
                              "policy: %s is %s", name, members[i].form);
    }
    return 0;
}

/* "main,commentary,-": of the first soundtrack, the second ...; "-" or nothing leaves what the file says. */
static int roles_read(const char *text, struct roles *r, struct err *reterr) {
    size_t n = 0;
    for (struct str item, rest = str_of(text ? text : ""); rest.p && n < AUDIO_MAX; n++) {
        rest = str_cut(rest, ',', &item);
        item = str_trim(item);
        for (size_t i = 0; i < ARRAY_LEN(role_names); i++)
            if (str_eq(item, str_of(role_names[i])))
                r->of[n] = role_names[i];
        if (!r->of[n] && item.n && !str_eq(item, STR("-")))
            return err_refuse(reterr, ERR_INVALID, "policy.invalid",
                              "Roles are main, alternate, commentary, description and dub; for example "
                              "roles=main,commentary.",
                              "policy: there is no role \"%.*s\"", (int)MIN(item.n, (size_t)60), item.p);
    }
    return 0;
}

/*
 * -23 LUFS is R 128's own: films come mixed near it, so that little is turned and nearly nothing limited, and what
 * stands beside it on a television is as loud.
 */
static int sound_read(json_t *j, struct policy *p, struct err *reterr) {
    json_t *l = json_object_get(j, "loudness");
    const char *word = json_string_value(l);
    p->loud = !word;
    p->loudness = number(j, "loudness", -23);
    p->true_peak = number(j, "true_peak", -1);
    if ((word && strcmp(word, "none") != 0) || !(p->loudness >= -40 && p->loudness <= -9) ||
        !(p->true_peak >= -12 && p->true_peak <= 0))
        return err_refuse(reterr, ERR_INVALID, "policy.invalid",
                          "For example loudness=-23 and true_peak=-1, or loudness=none.",
                          "policy out of bounds: loudness -40..-9 LUFS or none, true_peak -12..0 dBTP");
    p->surround = !json_is_false(json_object_get(j, "surround"));
    p->opus = json_is_true(json_object_get(j, "opus"));
    p->eac3 = json_is_true(json_object_get(j, "eac3"));
    return roles_read(json_string_value(json_object_get(j, "roles")), &p->roles, reterr);
}

static int policy_read(json_t *j, struct policy *p, struct err *reterr) {
    int rc = policy_check(j, reterr);
    if (rc < 0)
        return rc;
    const char *preset = json_string_value(json_object_get(j, "preset"));
    double height = number(j, "max_height", 2160), crf = number(j, "crf", 23);
    double rungs = number(j, "max_rungs", 0), fps = number(j, "max_fps", 60);
    double chunk = number(j, "chunk_s", CHUNK_S), part = number(j, "part_s", PART_S);
    double duration = number(j, "max_duration_s", 0);
    bool known = !preset;
    for (size_t i = 0; i < ARRAY_LEN(presets) && !known; i++)
        known = strcmp(preset, presets[i]) == 0;
    if (!known)
        return err_set(reterr, ERR_INVALID, "policy: no preset \"%s\"; x264's run from ultrafast to veryslow",
                       preset);
    const char *metric = json_string_value(json_object_get(j, "metric")), *ladder = json_string_value(json_object_get(j, "ladder"));
    enum ladder_kind kind = LADDER_AUTO;
    while (ladder && (size_t)kind < ARRAY_LEN(ladder_kinds) && strcmp(ladder, ladder_kinds[kind]) != 0)
        kind++;
    if ((size_t)kind == ARRAY_LEN(ladder_kinds))
        return err_set(reterr, ERR_INVALID, "policy: no ladder \"%.60s\"; there are auto, fixed and per_title", ladder);
    if (metric && !metric_find(metric))
        return err_set(reterr, ERR_INVALID, "policy: no metric \"%.60s\"; there are ssim and psnr", metric);
    if (!(height >= 16 && height <= 2160 && crf >= 0 && crf <= 51 && rungs >= 0 && rungs <= RUNGS_MAX &&
          fps >= 5 && fps <= 120 && chunk >= 2 && chunk <= 3600 && (part == 0 || part >= 2) && part <= 86400 && duration >= 0 && duration <= 1e6))
        return err_set(reterr, ERR_INVALID,
                       "policy out of bounds: max_height 16..2160, crf 0..51, max_rungs 0..%d, max_fps 5..120, "
                       "chunk_s 2..3600, part_s 2..86400 or 0 (none)",
                       RUNGS_MAX);
    *p = (struct policy){
        .preset = preset ? preset : "medium", .crf = crf, .max_height = (int)height,
        .max_rungs = (int)rungs, .max_fps = (int)fps, .chunk_s = (int)chunk, .part_s = (int)part,
        .max_duration_s = duration,
        .ladder = kind, .metric = metric ? metric : "ssim",
    };
    rc = crop_read(json_object_get(j, "crop"), p, reterr);
    if (rc >= 0)
        rc = codecs_read(json_string_value(json_object_get(j, "codecs")), &p->codecs, reterr);
    return rc < 0 ? rc : sound_read(j, p, reterr);
}

static int even(double v) { return MAX(2, (int)lround(v / 2) * 2); }

struct rung rung_fit(int w, int h, struct class c) {
    double scale = w >= h ? fmin((double)c.width / w, (double)c.height / h)
                          : fmin((double)c.height / w, (double)c.width / h);
    if (scale >= 1)
        return (struct rung){w & ~1, h & ~1};
    return (struct rung){even(w * scale), even(h * scale)};
}

int64_t rung_area(struct rung r) { return (int64_t)r.width * r.height; }

static size_t rungs_choose(int w, int h, const struct policy *p, struct rung *rungs) {
    struct class limit = {.height = p->max_height, .width = (int)lround(p->max_height * 16.0 / 9)};
    struct rung top = rung_fit(w, h, limit);
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        struct rung r = rung_fit(w, h, classes[i]);
        if (rung_area(r) * 10 > rung_area(top) * 7)
            break;
        rungs[n++] = r;
    }
    rungs[n++] = top;
    if (p->max_rungs && n > (size_t)p->max_rungs) {
        /* The highest stays, then the lowest: the ends matter most. */
        size_t want = (size_t)p->max_rungs;
        for (size_t i = 0; i < want; i++)
            rungs[i] = rungs[want == 1 ? n - 1 : i * (n - 1) / (want - 1)];
        n = want;
    }
    return n;
}

/* Ceiling for capped CRF: 5.3 Mbit/s at 1080p, falling with the 3/4 power of the area, more for fast film. */
int64_t rung_maxrate(struct rung r, double fps) {
    double rate = 5.3e6 * pow((double)rung_area(r) / (1920 * 1080), 0.75) * (fps > 31 ? 1.4 : 1);
    return MAX(150, llround(rate / 1e4) * 10) * 1000;
}

const char *rung_key_class(struct rung r) {
    int shorter = MIN(r.width, r.height), longer = MAX(r.width, r.height);
    return shorter > 1080 || longer > 1920 ? "uhd" : shorter >= 720 || longer >= 1280 ? "hd" : "sd";
}

json_t *rung_json(size_t number_, struct rung r, int64_t maxrate, double crf) {
    char name[8];
    snprintf(name, sizeof(name), "v%zu", number_);
    json_t *j = json_pack("{s:s,s:i,s:i,s:I,s:I,s:s,s:i,s:s}", "name", name, "width", r.width, "height", r.height, "maxrate",
                          (json_int_t)maxrate, "bufsize", (json_int_t)(maxrate * 3 / 2), "profile", "high", "threads",
                          ENCODER_THREADS, "key_class", rung_key_class(r));
    if (crf >= 0)
        json_object_set_new(j, "crf", json_real(crf));
    return j;
}

static json_t *rungs_json(const struct rung *rungs, size_t n, double fps) {
    json_t *a = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(a, rung_json(i + 1, rungs[i], rung_maxrate(rungs[i], fps), -1));
    return a;
}

static struct ratio fps_limit(struct ratio fps, int max_fps) {
    while (fps.num > fps.den * max_fps)
        fps.den *= 2;
    if (fps.den % 2 == 0 && fps.num % 2 == 0)
        fps = (struct ratio){fps.num / 2, fps.den / 2};
    return fps;
}

/* At least 10,000 ticks a second, so that players which round to milliseconds lose nothing. */
static int64_t timescale_for(struct ratio fps, int64_t *ret_frame) {
    if (fps.den == 1 && 90000 % fps.num == 0) {
        *ret_frame = 90000 / fps.num;
        return 90000;
    }
    int64_t k = 1;
    while (fps.num * k < 10000)
        k *= 10;
    *ret_frame = fps.den * k;
    return fps.num * k;
}

/* Undeclared colour, and names that nothing here converts from: what displays assume by the picture's size. */
static const char *or_guess(const char *declared, const char *const *known, const char *guess) {
    for (; *known; known++)
        if (strcmp(declared, *known) == 0)
            return declared;
    return guess;
}

/* RGB is a computer's picture, of BT.709's primaries at any size. */
static bool is_rgb(json_t *v) {
    const char *f = string(v, "pixel_format");
    return strcmp(string(v, "matrix"), "gbr") == 0 || strstr(f, "rgb") || strstr(f, "bgr") || strstr(f, "gbr") || strcmp(f, "pal8") == 0;
}

static bool one_of(const char *name, const char *a, const char *b, const char *c) {
    return strcmp(name, a) == 0 || strcmp(name, b) == 0 || strcmp(name, c) == 0;
}

/*
 * What H.264 players show right: the primaries of the three standards of SDR stay, and the two matrices (BT.601 has two names); everything
 * else becomes BT.709.
 */
static json_t *colour_json(json_t *v, json_t *source) {
    static const char *const primaries[] = {"bt709", "bt470m", "bt470bg", "smpte170m", "smpte240m", "film", "bt2020", "smpte431", "smpte432", "jedec-p22", NULL};
    static const char *const matrices[] = {"bt709", "fcc", "bt470bg", "smpte170m", "smpte240m", "ycgco", "bt2020nc", "bt2020c", NULL};
    static const char *const unknown[] = {"", "unknown", "reserved", NULL};
    int h = (int)integer(v, "height"), w = (int)integer(v, "width");
    bool hd = h >= 720 || w >= 1280 || is_rgb(v), pal = h == 576 || h == 288, hdr = strcmp(string(v, "hdr"), "none") != 0;
    const char *sd = pal ? "bt470bg" : "smpte170m", *trc = string(v, "transfer");
    const char *pri = or_guess(string(v, "primaries"), primaries, hd ? "bt709" : sd);
    const char *mat = or_guess(string(v, "matrix"), matrices, hd ? "bt709" : sd);
    if (*or_guess(trc, unknown, "known") != 'k')
        trc = hd ? "bt709" : "smpte170m";
    json_object_set_new(source, "primaries", json_string(hdr ? "bt2020" : pri));
    json_object_set_new(source, "transfer", json_string(trc));
    json_object_set_new(source, "matrix", json_string(hdr ? "bt2020nc" : mat));
    json_object_set_new(source, "siting", json_string(string(v, "siting")));
    bool old = one_of(mat, "smpte170m", "bt470bg", "") && !hdr;
    const char *kept = hdr ? "bt709" : strcmp(pri, "smpte240m") == 0 ? "smpte170m" : one_of(pri, "bt709", "bt470bg", "smpte170m") ? pri : "bt709";
    return json_pack("[sss]", kept, old ? "smpte170m" : "bt709", old ? mat : "bt709");
}

/* What HDR10 says of its light goes along; renditions that keep HDR say it again. */
static void source_light(json_t *v, json_t *source) {
    static const char *const names[] = {"mastering", "light"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (json_object_get(v, names[i]))
            json_object_set(source, names[i], json_object_get(v, names[i]));
}

static int video_plan(json_t *v, int64_t duration_us, const struct policy *p, json_t *warnings, json_t **ret_video,
                      struct err *reterr) {
    int w = (int)integer(v, "display_width"), h = (int)integer(v, "display_height");
    struct ratio fps = ratio_get(v, "fps");
    if (w < 2 || h < 2 || w > 65536 || h > 65536 || fps.num <= 0 || fps.den <= 0)
        return err_set(reterr, ERR_INVALID, "not a probe's result: no picture size or frame rate");
    if (strcmp(string(v, "hdr"), "dolby_vision") == 0)
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.dolby_vision_only",
                          "The film is Dolby Vision profile 5, which has no picture for other screens. Export "
                          "it as HDR10, HLG or SDR.",
                          "Dolby Vision profile 5");
    struct picture_plan pp;
    int rc = picture_plan(v, p, &pp, &fps, &w, &h, reterr);
    if (rc < 0)
        return rc;
    fps = fps_limit(fps, p->max_fps);
    double rate = (double)fps.num / (double)fps.den;
    struct rung rungs[RUNGS_MAX];
    size_t n = rungs_choose(w, h, p, rungs);
    int64_t frame, timescale = timescale_for(fps, &frame);
    int gop = MAX(1, (int)lround(GOP_SECONDS * rate));
    int64_t frames = duration_us > 0 ? llround((double)duration_us / 1e6 * rate) : -1;
    int64_t max_frames = p->max_duration_s > 0 ? MAX(1, llround(p->max_duration_s * rate)) : 0;
    if (max_frames && (frames < 0 || frames > max_frames))
        frames = max_frames;
    json_t *source = json_pack("{s:I,s:I}", "width", (json_int_t)integer(v, "width"), "height",
                               (json_int_t)integer(v, "height"));
    json_t *out = colour_json(v, source);
    picture_tell(v, &pp, warnings);
    source_light(v, source);
    *ret_video = json_pack(
        "{s:I,s:I,s:I,s:[I,I],s:I,s:I,s:i,s:i,s:I,s:I,s:I,s:O,s:O,s:O,s:O,s:O,s:o,s:O,s:O,s:O,s:O,s:s,s:f,s:o}",
        "stream", (json_int_t)integer(v, "index"), "start_pts", (json_int_t)integer(v, "start_pts"),
        "start_us", (json_int_t)integer(v, "start_us"), "fps", (json_int_t)fps.num, (json_int_t)fps.den,
        "timescale", (json_int_t)timescale, "frame_duration", (json_int_t)frame, "gop", gop,
        "segment_gops", SEGMENT_GOPS, "chunk_gops",
        (json_int_t)MAX(1, llround(p->chunk_s * rate / gop)), "frames", (json_int_t)frames, "max_frames",
        (json_int_t)max_frames, "deinterlace", json_boolean(pp.deinterlace), "field_order",
        json_object_get(v, "field_order"), "rotation", json_object_get(v, "rotation"), "flip",
        json_object_get(v, "flip"), "hdr", json_object_get(v, "hdr"), "source", source, "primaries",
        json_array_get(out, 0), "transfer", json_array_get(out, 1), "matrix", json_array_get(out, 2),
        "range", json_object_get(v, "range"), "preset", p->preset, "crf", p->crf, "rungs",
        rungs_json(rungs, n, rate));
    json_decref(out);
    if (*ret_video && pp.deinterlace_flagged)
        json_object_set_new(*ret_video, "deinterlace_flagged", json_true());
    if (*ret_video && *pp.telecine)
        json_object_set_new(*ret_video, "telecine", json_string(pp.telecine));
    if (*ret_video && pp.box.w)
        json_object_set_new(*ret_video, "crop", json_pack("{s:i,s:i,s:i,s:i}", "x", pp.box.x, "y", pp.box.y, "w", pp.box.w, "h", pp.box.h));
    if (*ret_video && p->codecs) {
        json_object_set_new(*ret_video, "codecs", codecs_json(p->codecs));
        codecs_add(*ret_video);
    }
    return *ret_video ? 0 : err_set(reterr, ERR_INVALID, "not a probe's result: a member is missing");
}

static void output_add(json_t *outs, int *name, const char *codec, int channels, int rate, int bitrate) {
    char text[8];
    snprintf(text, sizeof(text), "a%d", (*name)++);
    json_array_append_new(outs, json_pack("{s:s,s:s,s:i,s:s,s:i,s:i,s:s}", "name", text, "codec", codec, "channels",
                                          channels, "layout", channels > 2 ? "5.1" : "stereo", "sample_rate", rate,
                                          "bitrate", bitrate, "key_class", "audio"));
}

/* AAC is always there and comes first: what every player has. */
static json_t *outputs_plan(json_t *a, const struct policy *p, int *name) {
    int rate = integer(a, "sample_rate") == 44100 ? 44100 : 48000;
    bool surround = integer(a, "channels") >= 6;
    json_t *outs = json_array();
    output_add(outs, name, "aac", 2, rate, 128000);
    if (p->surround && surround)
        output_add(outs, name, "aac", 6, rate, 384000);
    if (p->opus)
        output_add(outs, name, "opus", 2, 48000, 96000);
    if (p->eac3 && surround)
        output_add(outs, name, "eac3", 6, 48000, 384000);
    return outs;
}

static json_t *audio_entry(json_t *a, const char *lang, const struct policy *p, int *name) {
    json_t *outs = outputs_plan(a, p, name);
    json_t *e = json_pack("{s:O,s:s,s:O,s:O,s:O,s:O,s:O,s:o}", "stream", json_object_get(a, "index"), "lang",
                          lang ? lang : string(a, "lang"), "title", json_object_get(a, "title"), "role",
                          json_object_get(a, "role"), "is_default", json_object_get(a, "is_default"),
                          "source_rate", json_object_get(a, "sample_rate"), "source_channels",
                          json_object_get(a, "channels"), "outputs", outs);
    if (e && p->loud)
        json_object_set_new(e, "loudness", json_pack("{s:f,s:f}", "target", p->loudness, "true_peak", p->true_peak));
    return e;
}

/* A second sound of the film in a language is another one to choose: two "main" ones of a language are not both. */
static bool main_before(json_t *list, size_t n, const char *lang) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(string(json_array_get(list, i), "role"), "main") == 0 &&
            strcmp(string(json_array_get(list, i), "lang"), lang) == 0)
            return true;
    return false;
}

int plan_roles(json_t *plan, json_t *policy, struct err *reterr) {
    struct policy p;
    json_t *list = json_object_get(plan, "audio"), *e;
    size_t i;
    int rc = policy_read(policy, &p, reterr);
    if (rc < 0)
        return rc;
    json_array_foreach(list, i, e) {
        const char *said = i < AUDIO_MAX ? p.roles.of[i] : NULL, *lang = string(e, "lang");
        if (said)
            json_object_set_new(e, "role", json_string(said));
        else if (strcmp(string(e, "role"), "main") == 0 && strcmp(lang, "und") != 0 && main_before(list, i, lang))
            json_object_set_new(e, "role", json_string("alternate"));
    }
    return 0;
}

int plan_audio(json_t *probe, json_t *policy, const char *lang, int first_name, json_t **ret_entry,
               struct err *reterr) {
    struct policy p;
    int rc = policy_read(policy, &p, reterr);
    if (rc < 0)
        return rc;
    size_t i;
    json_t *a;
    json_array_foreach(json_object_get(probe, "audio"), i, a) {
        if (!json_is_true(json_object_get(a, "decodable")))
            continue;
        json_t *e = audio_entry(a, lang, &p, &first_name);
        if (!e)
            return err_set(reterr, ERR_INVALID, "not a probe's result: an audio stream lacks a member");
        *ret_entry = e;
        return 0;
    }
    return err_refuse(reterr, ERR_BAD_MEDIA, "media.no_sound",
                      "There is no sound in this file that can be decoded. Choose another soundtrack.",
                      "no decodable audio stream");
}

static json_t *audio_plan(json_t *list, const struct policy *p) {
    json_t *out = json_array(), *a;
    size_t i;
    int name = 1;
    json_array_foreach(list, i, a)
        if (json_is_true(json_object_get(a, "decodable")) && json_array_size(out) < AUDIO_MAX)
            json_array_append_new(out, audio_entry(a, NULL, p, &name));
    return out;
}

static bool is_text_codec(const char *codec) {
    static const char *const names[] = {"subrip", "srt", "webvtt", "mov_text", "text", "ass", "ssa", "ttml", "eia_608"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(codec, names[i]) == 0)
            return true;
    return false;
}

/* Bitmap subtitles would need reading of pictures, and players here take text: nothing of them is kept, and an editor is told. */
static void text_refuse(json_t *t, json_t *warnings) {
    static const struct { const char *codec, *kind; } pictures[] = {
        {"dvb_subtitle", "DVB"}, {"hdmv_pgs_subtitle", "Blu-ray, PGS"}, {"dvd_subtitle", "DVD"}, {"xsub", "DivX"}};
    const char *codec = string(t, "codec"), *lang = string(t, "lang");
    json_int_t track = (json_int_t)integer(t, "index");
    for (size_t i = 0; i < ARRAY_LEN(pictures); i++)
        if (strcmp(codec, pictures[i].codec) == 0) {
            json_array_append_new(warnings, json_sprintf("The subtitles of track %lld (%.20s) are pictures (%s), not text, and were not kept. "
                                                         "Add them as SRT, WebVTT or TTML.", (long long)track, lang, pictures[i].kind));
            return;
        }
    json_array_append_new(warnings, json_sprintf("The subtitles of track %lld (%.20s) are in a form that is not read here (%.40s), and were "
                                                 "not kept. Add them as SRT, WebVTT or TTML.", (long long)track, lang, codec));
}

static json_t *text_plan(json_t *list, json_t *warnings) {
    json_t *out = json_array(), *t;
    size_t i;
    json_array_foreach(list, i, t) {
        if (!is_text_codec(string(t, "codec"))) {
            text_refuse(t, warnings);
            continue;
        }
        if (json_array_size(out) >= TEXT_MAX)
            break;
        char name[8];
        snprintf(name, sizeof(name), "t%zu", json_array_size(out) + 1);
        json_t *e = json_copy(t);
        json_object_set(e, "stream", json_object_get(t, "index"));
        json_object_del(e, "index");
        json_object_set_new(e, "name", json_string(name));
        json_array_append_new(out, e);
    }
    return out;
}

/* Thumbnails come from the keyframes of the lowest rung, at most 240 by 240. */
json_t *storyboard_plan(json_t *video) {
    json_t *low = json_array_get(json_object_get(video, "rungs"), 0);
    double w = (double)integer(low, "width"), h = (double)integer(low, "height");
    double scale = fmin(1, 240 / fmax(w, h));
    return json_pack("{s:s,s:i,s:i,s:i,s:i,s:i}", "rung", string(low, "name"), "tile_width",
                     even(w * scale), "tile_height", even(h * scale), "cols", 5, "rows", 5, "every_gops", 1);
}

int plan_make(json_t *probe, json_t *policy, json_t **ret_plan, struct err *reterr) {
    struct policy p;
    int rc = policy_read(policy, &p, reterr);
    if (rc < 0)
        return rc;
    json_t *v = json_array_get(json_object_get(probe, "video"), 0), *video = NULL;
    if (!v)
        return err_set(reterr, ERR_INVALID, "not a probe's result: no video");
    json_t *d = json_object_get(v, "duration_us");
    int64_t duration = json_integer_value(d) > 0 ? json_integer_value(d) : integer(probe, "duration_us");
    json_t *warnings = json_array();
    rc = video_plan(v, duration, &p, warnings, &video, reterr);
    if (rc < 0)
        return json_decref(warnings), rc;
    plan_split(probe, video, p.part_s);
    json_t *text = text_plan(json_object_get(probe, "text"), warnings);
    *ret_plan = json_pack("{s:i,s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "version", 1, "duration_us",
                          (json_int_t)duration, "ladder", ladder_ask(video, &p), "storyboard", storyboard_plan(video), "video", video,
                          "audio", audio_plan(json_object_get(probe, "audio"), &p), "text", text, "warnings",
                          warnings);
    return *ret_plan ? 0 : err_set(reterr, ERR_NO_MEMORY, "plan");
}

int plan_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    json_t *plan = json_object_get(request, "plan");
    if (!plan)
        return plan_make(json_object_get(request, "probe"), json_object_get(request, "policy"), ret_result, reterr);
    int rc = plan_tailor(plan, json_object_get(request, "analysis"), reterr);
    *ret_result = rc < 0 ? NULL : json_incref(plan);
    return rc;
}
