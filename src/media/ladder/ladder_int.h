/* ladder_int.h - between ladder.c (the fixed ladder, the plan) and tailor.c (a ladder of the title's own). */
#pragma once
#include "media/ladder/ladder.h"

struct class {
    int width, height;
};
struct rung {
    int width, height;
};

enum ladder_kind { LADDER_AUTO, LADDER_FIXED, LADDER_PER_TITLE };

struct policy {
    const char *preset, *metric;
    double crf;
    int max_height, max_rungs, max_fps, chunk_s;
    double max_duration_s;
    bool surround;
    enum ladder_kind ladder;
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

/* tailor.c: which ladder it is to be and why, and what has to be tried for it: plan.ladder. */
json_t *ladder_ask(json_t *video, const struct policy *p);
