/* ladder_int.h - between ladder.c (the fixed ladder, the plan) and tailor.c (a ladder of the title's own). */
#pragma once
#include "media/ladder/ladder.h"
#include "media/presentation.h"

struct class {
    int width, height;
};
struct rung {
    int width, height;
};

enum ladder_kind { LADDER_AUTO, LADDER_FIXED, LADDER_PER_TITLE };

/* What is kept of the picture, in the file's own pixels, before it is turned. */
struct box {
    int x, y, w, h;
};
enum crop_kind { CROP_NONE, CROP_AUTO, CROP_BOX };

enum { AUDIO_MAX = 16 };

/* What the editor says of the soundtracks, in their order; NULL: what the file says. */
struct roles {
    const char *of[AUDIO_MAX];
};

struct policy {
    const char *preset, *metric;
    double crf;
    int max_height, max_rungs, max_fps, chunk_s, part_s;
    double max_duration_s;
    bool surround, opus, eac3;
    bool loud; /* a target is wanted */
    double loudness, true_peak;
    struct roles roles;
    unsigned codecs; /* further ones: codecs.c */
    enum ladder_kind ladder;
    enum crop_kind crop;
    struct box box;
};

/* Fits w x h into the class (turned for portrait) without enlarging. */
struct rung rung_fit(int w, int h, struct class c);
int64_t rung_area(struct rung r);
int64_t rung_maxrate(struct rung r, double fps); /* ceiling of a size, whatever is in the picture */
const char *rung_key_class(struct rung r);
/* A rung of a plan; crf negative: the plan's. */
json_t *rung_json(size_t number, struct rung r, int64_t maxrate, double crf);
json_t *storyboard_plan(json_t *video);
/* 0 for ultrafast ... 8 for veryslow. */
int preset_number(const char *preset);
const char *preset_name(int number);

/* split.c: video.parts, the chunks that parts of about part_s seconds begin with; not there where the film stays whole. */
void plan_split(json_t *probe, json_t *video, int part_s);
/* codecs.c: "hevc,av1" of a policy; what the plan says of them; and their rungs behind those of H.264, which must all be there. */
int codecs_read(const char *text, unsigned *ret, struct err *reterr);
json_t *codecs_json(unsigned found);
void codecs_add(json_t *video);

/* tailor.c: which ladder it is to be and why, and what has to be tried for it: plan.ladder. */
json_t *ladder_ask(json_t *video, const struct policy *p);

/* picture.c: "auto", "none", "1920x800+0+140" or {x, y, w, h}. */
int crop_read(json_t *j, struct policy *p, struct err *reterr);
/* What the film's own pictures say beyond its header. *ret_fps, *ret_w, *ret_h: as the probe has them, changed to what is
 * encoded (rate without pulldown; upright size in square pixels without what is cut off). ERR_INVALID: a box outside the picture. */
struct picture_plan {
    struct box box;          /* w 0: all of it */
    const char *telecine;    /* "", "tff", "bff" or "repeat" */
    bool deinterlace, deinterlace_flagged; /* flagged: only pictures that say so */
};
int picture_plan(json_t *video, const struct policy *p, struct picture_plan *ret, struct ratio *fps, int *w, int *h, struct err *reterr);
/* Sentences on it for the editor. */
void picture_tell(json_t *video, const struct picture_plan *pp, json_t *warnings);
