/*
 * cadence.h - film of 24 pictures in video of 30 (3:2 pulldown): each cycle of five frames repeats one field of either parity, two frames
 * apart; some transfers repeat a whole frame instead. Told from how much the fields of neighbouring frames differ.
 */
#pragma once
#include "base/base.h"
#include <libavutil/frame.h>

enum { CADENCE_CYCLE = 5, CADENCE_FRAMES_MIN = 16 };
enum cadence_kind { CADENCE_UNKNOWN /* nothing moves */, CADENCE_NONE, CADENCE_TFF, CADENCE_BFF, CADENCE_REPEAT };

/* A stretch of consecutive frames. */
struct cadence {
    double sum[2][CADENCE_CYCLE]; /* mean difference of a field, by parity (0: top) and place in the cycle */
    int n[CADENCE_CYCLE];
    int frames;
};
/* Two frames that follow each other, their first plane of 8 bits, equally large. */
void cadence_add(struct cadence *c, const AVFrame *before, const AVFrame *f);
enum cadence_kind cadence_judge(const struct cadence *c);
