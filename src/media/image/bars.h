/* bars.h - black bars inside the picture (letterbox, pillars). Lines of a side, in pixels. */
#pragma once
#include <libavutil/frame.h>
#include <stdbool.h>

enum { BAR_TOP, BAR_BOTTOM, BAR_LEFT, BAR_RIGHT, BAR_SIDES };
enum { BARS_PICTURES_MIN = 3, BARS_PICTURES_MAX = 16, BAR_MAX_PERCENT = 36 /* 9:16 between pillars in 16:9 has 34 */ };
struct bars {
    int side[BAR_SIDES];
};
/* f: 4:2:0 of 8 bits, video range. false: too dark a picture to tell. */
bool picture_bars(const AVFrame *f, struct bars *ret_b);
/* What most of the pictures have in common; none where there are too few to say. */
struct bars bars_agree(const struct bars *list, size_t n);
