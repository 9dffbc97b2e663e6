/*
 * picture.c - the part of the plan that the film's own pictures decide, as operation "survey" saw them all over it: what is cut off (by choice,
 * never by itself), whether pulldown is taken out, which pictures are made progressive.
 */
#include "media/image/bars.h"
#include "media/ladder/ladder_int.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BOX_MIN = 16, LIT_MIN = 5 /* lit pictures, for bars to be bars */, MOVING_MIN = 2 /* stretches with motion */ };

static int64_t integer(json_t *j, const char *key) { return json_integer_value(json_object_get(j, key)); }

static const char *string(json_t *j, const char *key) {
    const char *s = json_string_value(json_object_get(j, key));
    return s ? s : "";
}

/* ---- what is wanted ---- */

static bool box_read(json_t *j, struct box *b) {
    char end;
    if (json_is_string(j))
        return sscanf(json_string_value(j), "%5dx%5d+%5d+%5d%c", &b->w, &b->h, &b->x, &b->y, &end) == 4;
    *b = (struct box){(int)integer(j, "x"), (int)integer(j, "y"), (int)integer(j, "w"), (int)integer(j, "h")};
    return json_is_integer(json_object_get(j, "w")) && json_is_integer(json_object_get(j, "h"));
}

int crop_read(json_t *j, struct policy *p, struct err *reterr) {
    const char *word = json_string_value(j);
    p->crop = !j || json_is_null(j) || (word && strcmp(word, "none") == 0) ? CROP_NONE : word && strcmp(word, "auto") == 0 ? CROP_AUTO : CROP_BOX;
    if (p->crop == CROP_BOX && (!box_read(j, &p->box) || p->box.x < 0 || p->box.y < 0 || p->box.w < BOX_MIN || p->box.h < BOX_MIN))
        return err_refuse(reterr, ERR_INVALID, "policy.invalid",
                          "For example crop=auto, or crop=1920x800+0+140: width and height of what is kept, and how far from the left "
                          "and the top it begins.",
                          "policy: crop is auto, none or a box of at least %d by %d", BOX_MIN, BOX_MIN);
    return 0;
}

int plan_crop_check(json_t *crop, struct err *reterr) {
    struct policy p = {0};
    return crop_read(crop, &p, reterr);
}

static bool is_30(struct ratio fps, bool interlaced) {
    return (fps.num == 30000 && fps.den == 1001) || (interlaced && fps.num == 30 && fps.den == 1);
}

static struct ratio fps_of(json_t *v) {
    json_t *a = json_object_get(v, "fps");
    return (struct ratio){json_integer_value(json_array_get(a, 0)), json_integer_value(json_array_get(a, 1))};
}

bool plan_wants_survey(json_t *probe, json_t *policy, bool *ret_cadence) {
    json_t *v = json_array_get(json_object_get(probe, "video"), 0);
    bool interlaced = json_is_true(json_object_get(v, "interlaced"));
    bool mpeg2 = strcmp(string(v, "codec"), "mpeg2video") == 0;
    *ret_cadence = is_30(fps_of(v), interlaced) || (mpeg2 && fps_of(v).num == 24000);
    return v && (*ret_cadence || interlaced || mpeg2 || strcmp(string(policy, "crop"), "auto") == 0);
}

/* ---- what is done ---- */

/* Chroma wants even numbers, and fields of 4:2:0 lines of four. */
static struct box box_settled(struct box b, int w, int h, bool fields) {
    int lines = fields ? 4 : 2, right = MIN(b.x + b.w, w), below = MIN(b.y + b.h, h);
    b.x = (b.x + 1) & ~1;
    b.y = (b.y + lines - 1) / lines * lines;
    b.w = (right - b.x) & ~1;
    b.h = (below - b.y) / lines * lines;
    return b;
}

/* The bars that all lit pictures share; the line beside one is half black where the picture was scaled. */
static struct box bars_box(json_t *survey, int w, int h) {
    static const char *const names[BAR_SIDES] = {[BAR_TOP] = "top", [BAR_BOTTOM] = "bottom", [BAR_LEFT] = "left", [BAR_RIGHT] = "right"};
    json_t *bars = json_object_get(survey, "bars");
    int cut[BAR_SIDES];
    for (int s = 0; s < BAR_SIDES; s++) {
        int size = s == BAR_LEFT || s == BAR_RIGHT ? w : h, n = (int)integer(bars, names[s]);
        cut[s] = integer(survey, "pictures") >= LIT_MIN && n >= 2 && n <= size * BAR_MAX_PERCENT / 100 ? n + 1 : 0;
    }
    return (struct box){cut[BAR_LEFT], cut[BAR_TOP], w - cut[BAR_LEFT] - cut[BAR_RIGHT], h - cut[BAR_TOP] - cut[BAR_BOTTOM]};
}

static int box_plan(json_t *v, const struct policy *p, bool fields, struct box *ret, struct err *reterr) {
    int w = (int)integer(v, "width"), h = (int)integer(v, "height");
    struct box b = p->crop == CROP_AUTO ? bars_box(json_object_get(v, "survey"), w, h) : p->box;
    *ret = (struct box){0};
    if (p->crop == CROP_NONE)
        return 0;
    if (b.x + b.w > w || b.y + b.h > h)
        return err_refuse(reterr, ERR_INVALID, "policy.crop_outside", "What is to be kept lies partly outside the film's picture: look at its size.",
                          "crop %dx%d+%d+%d of a picture of %dx%d", b.w, b.h, b.x, b.y, w, h);
    b = box_settled(b, w, h, fields);
    if (b.w >= BOX_MIN && b.h >= BOX_MIN && (b.w < (w & ~1) || b.h < (h & ~1)))
        *ret = b;
    return 0;
}

/*
 * Four in five of the stretches in which something moves; the order of most of those. Stretches with pulldown by flags have their own pictures
 * only: at 30 a second every fourth of them is repeated, and taken out again. Where a film has nothing else it needs none of this.
 */
static const char *telecine_of(json_t *v) {
    json_t *c = json_object_get(json_object_get(v, "survey"), "cadence");
    bool at_30 = is_30(fps_of(v), json_is_true(json_object_get(v, "interlaced")));
    int64_t tff = integer(c, "tff"), bff = integer(c, "bff"), repeat = integer(c, "repeat"), all = tff + bff + repeat + integer(c, "soft");
    if ((!at_30 && tff + bff == 0) || all < MOVING_MIN || all * 5 < (all + integer(c, "none")) * 4)
        return "";
    if (tff + bff == 0 && integer(c, "soft"))
        return "tff"; /* what is not flagged may still have fields */
    return repeat * 2 > all ? "repeat" : tff >= bff ? "tff" : "bff";
}

int picture_plan(json_t *video, const struct policy *p, struct picture_plan *ret, struct ratio *fps, int *w, int *h, struct err *reterr) {
    json_t *survey = json_object_get(video, "survey");
    bool interlaced = json_is_true(json_object_get(video, "interlaced"));
    int64_t frames = integer(survey, "frames"), fields = integer(survey, "interlaced");
    *ret = (struct picture_plan){.telecine = telecine_of(video)};
    if (*ret->telecine) {
        *fps = fps->den == 1001 ? (struct ratio){24000, 1001} : (struct ratio){24, 1};
    } else {
        bool mixed = fields * 20 > frames && fields * 20 < frames * 19;
        ret->deinterlace = interlaced || mixed;
        ret->deinterlace_flagged = mixed;
    }
    int rc = box_plan(video, p, interlaced || fields > 0 || *ret->telecine, &ret->box, reterr);
    if (rc == 0 && ret->box.w) {
        bool turned = integer(video, "rotation") % 180 != 0;
        double kept_w = (double)ret->box.w / (double)integer(video, "width"), kept_h = (double)ret->box.h / (double)integer(video, "height");
        *w = (int)lround(*w * (turned ? kept_h : kept_w));
        *h = (int)lround(*h * (turned ? kept_w : kept_h));
    }
    return rc;
}

void picture_tell(json_t *video, const struct picture_plan *pp, json_t *warnings) {
    if (pp->box.w)
        json_array_append_new(warnings, json_sprintf("Of the picture, %lld by %lld, %d by %d are kept, %d from the left and %d from the top.",
                                                     (long long)integer(video, "width"), (long long)integer(video, "height"), pp->box.w,
                                                     pp->box.h, pp->box.x, pp->box.y));
    if (*pp->telecine)
        json_array_append_new(warnings, json_string("It is film of 24 pictures a second, stretched to 30 (3:2 pulldown): its own pictures are "
                                                    "brought back."));
}
