/*
 * tailor.c - a ladder of the title's own: what is to be tried on the film (ladder_ask), and from what was measured to rungs
 * (plan_tailor). Both are pure: the same film and policy ask for the same, the same measures give the same rungs.
 */
#include "media/ladder/hull.h"
#include "media/ladder/ladder_int.h"
#include "media/ladder/metric.h"
#include <math.h>
#include <string.h>

/* Two more sizes than the fixed ladder has would cost too much; between 480 and 720 lines lies the widest gap. */
static const struct class candidates[] = {{426, 240}, {640, 360}, {854, 480}, {960, 540}, {1280, 720}, {1920, 1080}, {2560, 1440}};
/* Offsets from the policy's CRF. x264 halves the rate in about six. */
static const double crf_offsets[] = {-2, 5, 12, 19};

/* faster: the rates of medium less a tenth, for two thirds of its cost; those of veryfast are a quarter off (decision 35). */
enum { SHOTS_LEAST = 6, SHOTS_MOST = 16, STRIDE = 4, TRIAL_PRESET = 3 /* faster */, SD_HEIGHT = 576 };
#define SHOT_MEMORY ((int64_t)768 << 20)
#define FLOOR_RATE 145e3 /* bit/s: the lowest that Apple's authoring recommendation asks for */
#define AREA_SHARE 1.75  /* pixels of all rungs, to those of the fixed ladder */
#define RATE_PEAK 2.0    /* a rung's ceiling to its average: the same recommendation */

/*
 * What things cost, in units of a picture of the same size encoded with "medium" at the policy's CRF (ultrafast, superfast and slow to
 * veryslow are estimates, the others measured on one clip; a trial's higher CRFs make it cheaper). The share is what the analysis may cost of encoding the fixed ladder, with room
 * for films on which these are wrong.
 */
static const double preset_costs[] = {0.15, 0.25, 0.37, 0.67, 0.83, 1, 1.6, 2.8, 5};
#define TRIAL_COST 0.75
#define DECODE_COST 0.03
#define COMPARE_COST 0.03 /* enlarging and comparing, of the highest size */
#define COST_SHARE 0.095 /* by that table, which takes no heed of the picture: flat ones are half again as cheap to encode beside their trials */

struct ask {
    struct rung sizes[LADDER_SIZES_MAX];
    size_t n;
    int64_t frames, gop, shot_frames;
    double shot_cost, film_cost;
};

static int64_t integer(json_t *j, const char *key) { return json_integer_value(json_object_get(j, key)); }

static struct rung rung_of(json_t *j) { return (struct rung){(int)integer(j, "width"), (int)integer(j, "height")}; }

static double fps_of(json_t *video) {
    json_t *f = json_object_get(video, "fps");
    return (double)json_integer_value(json_array_get(f, 0)) / (double)json_integer_value(json_array_get(f, 1));
}

static json_t *fixed_because(const char *why) { return json_pack("{s:s,s:s}", "kind", "fixed", "why", why); }

static void sizes_choose(struct rung top, struct ask *a) {
    for (size_t i = 0; i < ARRAY_LEN(candidates); i++) {
        struct rung r = rung_fit(top.width, top.height, candidates[i]);
        if (rung_area(r) * 10 > rung_area(top) * 7)
            break;
        if (MIN(r.width, r.height) >= 16)
            a->sizes[a->n++] = r;
    }
    a->sizes[a->n++] = top;
}

static void costs_estimate(struct ask *a, json_t *rungs, const struct policy *p) {
    double all = 0, fixed = 0, top = (double)rung_area(a->sizes[a->n - 1]);
    json_t *r;
    size_t i;
    for (i = 0; i < a->n; i++)
        all += (double)rung_area(a->sizes[i]);
    json_array_foreach(rungs, i, r)
        fixed += (double)rung_area(rung_of(r));
    double trial = all * (TRIAL_COST * preset_costs[MIN(TRIAL_PRESET, preset_number(p->preset))] + DECODE_COST);
    double compare = top * (double)a->n * COMPARE_COST / STRIDE;
    a->shot_cost = (double)a->shot_frames * (trial + compare) * ARRAY_LEN(crf_offsets);
    a->film_cost = (double)a->frames * fixed * preset_costs[preset_number(p->preset)];
}

static json_t *shots_json(const struct ask *a, int64_t n) {
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++) {
        int64_t gops = a->frames / a->gop, at = (2 * i + 1) * gops / (2 * n) * a->gop;
        json_array_append_new(list, json_pack("{s:I,s:I}", "first", (json_int_t)at, "frames",
                                              (json_int_t)MIN(a->shot_frames, a->frames - at)));
    }
    return list;
}

static json_t *ask_json(const struct ask *a, json_t *video, const struct policy *p, int64_t shots) {
    json_t *sizes = json_array(), *crfs = json_array(), *rungs = json_object_get(video, "rungs"), *r;
    int64_t area = 0;
    bool sd = false;
    size_t i;
    for (i = 0; i < a->n; i++)
        json_array_append_new(sizes, json_pack("{s:i,s:i,s:I}", "width", a->sizes[i].width, "height", a->sizes[i].height,
                                               "cap", (json_int_t)rung_maxrate(a->sizes[i], fps_of(video))));
    for (i = 0; i < ARRAY_LEN(crf_offsets); i++)
        json_array_append_new(crfs, json_real(CLAMP(p->crf + crf_offsets[i], 1.0, 51.0 - (double)(ARRAY_LEN(crf_offsets) - 1 - i))));
    json_array_foreach(rungs, i, r) {
        area += rung_area(rung_of(r));
        sd |= strcmp(rung_key_class(rung_of(r)), "sd") == 0;
    }
    int most = p->max_rungs ? p->max_rungs : (int)MIN(json_array_size(rungs) + 2, (size_t)LADDER_RUNGS_MAX);
    return json_pack("{s:s,s:s,s:i,s:o,s:o,s:o,s:{s:i,s:I,s:i,s:f}}", "metric", p->metric, "preset",
                     preset_name(MIN(TRIAL_PRESET, preset_number(p->preset))), "stride", STRIDE, "sizes", sizes, "crfs", crfs,
                     "shots", shots_json(a, shots), "want", "max_rungs", most, "max_area",
                     (json_int_t)((double)area * AREA_SHARE), "sd_height", sd ? SD_HEIGHT : 0, "floor_rate", FLOOR_RATE);
}

json_t *ladder_ask(json_t *video, const struct policy *p) {
    json_t *rungs = json_object_get(video, "rungs");
    struct rung top = rung_of(json_array_get(rungs, json_array_size(rungs) - 1));
    struct ask a = {.frames = integer(video, "frames"), .gop = integer(video, "gop")};
    if (p->ladder == LADDER_FIXED)
        return fixed_because("The policy asks for the fixed ladder.");
    if (a.frames < 1 || MIN(top.width, top.height) < 16)
        return fixed_because(a.frames < 1 ? "The film's length is not known." : "The picture is too small.");
    sizes_choose(top, &a);
    int64_t held = 0; /* bytes of a moment at all sizes */
    for (size_t i = 0; i < a.n; i++)
        held += rung_area(a.sizes[i]) * 3 / 2;
    a.shot_frames = MAX(1, MIN(a.gop, SHOT_MEMORY / held));
    costs_estimate(&a, rungs, p);
    int64_t pays = (int64_t)(a.film_cost * COST_SHARE / a.shot_cost), fit = a.frames / a.gop;
    if (p->ladder == LADDER_AUTO && (pays < SHOTS_LEAST || fit < SHOTS_LEAST))
        return fixed_because("The film is too short: trying sizes on it would cost more than 15 % of encoding it.");
    int64_t shots = MIN(MIN(MAX(pays, SHOTS_LEAST), MAX(fit, 1)), SHOTS_MOST);
    if (fit == 0)
        a.gop = a.shot_frames = MIN(a.gop, a.frames);
    const char *why = p->ladder == LADDER_AUTO ? "The film is long enough: trying sizes on it costs at most 15 % of encoding it."
                                               : "The policy asks for a ladder of the title's own.";
    return json_pack("{s:s,s:s,s:o}", "kind", "per_title", "why", why, "analysis", ask_json(&a, video, p, shots));
}

bool plan_wants_analysis(json_t *plan) {
    json_t *l = json_object_get(plan, "ladder");
    const char *kind = json_string_value(json_object_get(l, "kind"));
    return kind && strcmp(kind, "per_title") == 0 && !json_object_get(l, "points");
}

/* ---- what was measured ---- */

/* Of one size and CRF over all shots. false: nothing was tried. */
static bool point_measure(json_t *shots, size_t trial, double fps, const struct metric *m, struct ladder_point *ret) {
    double bytes = 0, loss = 0, frames = 0;
    json_t *s;
    size_t i;
    json_array_foreach(shots, i, s) {
        json_t *t = json_array_get(json_object_get(s, "trials"), trial);
        double n = (double)integer(s, "frames");
        if (!t)
            continue;
        bytes += (double)integer(t, "bytes");
        loss += json_number_value(json_object_get(t, "loss")) * n;
        frames += n;
    }
    if (frames <= 0 || bytes <= 0)
        return false;
    ret->rate = bytes * 8 * fps / frames;
    ret->score = m->score(loss / frames);
    return true;
}

static size_t points_measure(json_t *plan, json_t *shots, struct ladder_point *ret, size_t cap) {
    json_t *ask = json_object_get(json_object_get(plan, "ladder"), "analysis"), *sizes = json_object_get(ask, "sizes");
    json_t *crfs = json_object_get(ask, "crfs"), *size;
    const char *name = json_string_value(json_object_get(ask, "metric"));
    const struct metric *m = metric_find(name ? name : "");
    size_t i, made = 0, per = json_array_size(crfs);
    json_array_foreach(sizes, i, size)
        for (size_t c = 0; c < per && made < cap && m; c++) {
            struct rung r = rung_of(size);
            struct ladder_point p = {r.width, r.height, json_number_value(json_array_get(crfs, c)), 0, 0};
            if (point_measure(shots, i * per + c, fps_of(json_object_get(plan, "video")), m, &p))
                ret[made++] = p;
        }
    return made;
}

static int64_t cap_of(json_t *sizes, const struct ladder_point *p) {
    json_t *s;
    size_t i;
    json_array_foreach(sizes, i, s)
        if (integer(s, "width") == p->width && integer(s, "height") == p->height)
            return integer(s, "cap");
    return 0;
}

/* What would run into its ceiling all the time is no point: a higher CRF gives more for it. */
static size_t points_afford(json_t *sizes, struct ladder_point *p, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (p[i].rate * 1.15 <= (double)cap_of(sizes, &p[i]))
            p[kept++] = p[i];
    return kept;
}

/* ---- the plan ---- */

static double rounded(double v, double to) { return round(v * to) / to; }

static json_t *point_json(const struct ladder_point *p) {
    return json_pack("{s:i,s:i,s:f,s:I,s:f}", "width", p->width, "height", p->height, "crf", p->crf, "bitrate",
                     (json_int_t)llround(p->rate), "score", rounded(p->score, 100));
}

static json_t *points_json(const struct ladder_point *p, size_t n) {
    json_t *a = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(a, point_json(&p[i]));
    return a;
}

static const char *why_of(const struct ladder_choice *c, size_t i) {
    if (i == 0 && c->sd_added)
        return "For devices that may show no more than standard definition.";
    if (i + 1 == c->n)
        return "The ceiling: what the policy's quality gives at the highest size, or as much as its rate allows.";
    return i == 0 ? "The floor: for slow lines." : "A step that a viewer notices, or that a slower line needs, where it costs least.";
}

/* Never above the fixed ladder's ceiling for the size, nor above the next rung's. */
static int64_t ceiling_rate(json_t *sizes, const struct ladder_point *p, int64_t next) {
    int64_t rate = MAX(llround(p->rate * RATE_PEAK / 1e4), 5) * 10000;
    return MIN(MIN(rate, cap_of(sizes, p)), next);
}

static void rungs_set(json_t *plan, json_t *sizes, const struct ladder_choice *c, json_t *told) {
    json_t *rungs = json_array(), *video = json_object_get(plan, "video");
    int64_t next = INT32_MAX;
    for (size_t i = c->n; i-- > 0;) {
        const struct ladder_point *p = &c->rungs[i];
        next = ceiling_rate(sizes, p, next);
        json_array_insert_new(rungs, 0, rung_json(i + 1, (struct rung){p->width, p->height}, next, p->crf));
        json_t *t = point_json(p);
        json_object_set(t, "name", json_object_get(json_array_get(rungs, 0), "name"));
        json_object_set_new(t, "maxrate", json_integer(next));
        json_object_set_new(t, "why", json_string(why_of(c, i)));
        json_array_insert_new(told, 0, t);
    }
    json_object_set_new(video, "rungs", rungs);
    codecs_add(video);
    json_object_set_new(plan, "storyboard", storyboard_plan(video));
}

static void ladder_tell(json_t *ladder, const struct ladder_point *measured, size_t n, const struct ladder_point *hull, size_t k,
                        const struct ladder_choice *c, json_t *told) {
    json_object_set_new(ladder, "points", points_json(measured, n));
    json_object_set_new(ladder, "hull", points_json(hull, k));
    json_object_set_new(ladder, "rungs", told);
    json_object_set_new(ladder, "floor", json_real(rounded(c->floor, 100)));
    json_object_set_new(ladder, "ceiling", json_real(rounded(c->ceiling, 100)));
    json_object_set_new(ladder, "step", json_real(rounded(c->step, 100)));
}

int plan_tailor(json_t *plan, json_t *analysis, struct err *reterr) {
    json_t *ladder = json_object_get(plan, "ladder"), *ask = json_object_get(ladder, "analysis");
    json_t *want = json_object_get(ask, "want"), *sizes = json_object_get(ask, "sizes"), *told = json_array();
    struct ladder_point measured[LADDER_SIZES_MAX * LADDER_CRFS_MAX], points[LADDER_POINTS_MAX], hull[LADDER_POINTS_MAX];
    struct ladder_choice c;
    if (!want || !sizes || !told || fps_of(json_object_get(plan, "video")) <= 0)
        return json_decref(told), err_set(reterr, ERR_INVALID, "the plan asks for no analysis");
    size_t n = points_measure(plan, json_object_get(analysis, "shots"), measured, ARRAY_LEN(measured));
    size_t m = points_afford(sizes, points, ladder_fill(measured, n, points, ARRAY_LEN(points)));
    struct ladder_want w = {.crf = json_number_value(json_object_get(json_object_get(plan, "video"), "crf")),
                            .floor_rate = json_number_value(json_object_get(want, "floor_rate")),
                            .max_rungs = (int)integer(want, "max_rungs"), .max_area = integer(want, "max_area"),
                            .sd_height = (int)integer(want, "sd_height")};
    ladder_choose(points, m, &w, &c);
    if (c.n == 0) {
        json_decref(told);
        json_object_set_new(plan, "ladder", fixed_because(n ? "No size fits its ceiling: the film is as hard as the fixed ladder allows."
                                                            : "No shot of the film could be tried."));
        return 0;
    }
    rungs_set(plan, sizes, &c, told);
    ladder_tell(ladder, measured, n, hull, ladder_hull(points, m, hull), &c, told);
    return 0;
}
