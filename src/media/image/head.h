/*
 * head.h - what a picture file says about itself in its first bytes, read before any decoder is: whether it is of a kind
 * that is taken, how large it will be in memory, and whether it holds more than a picture. Parses outside bytes.
 */
#pragma once
#include "base/err.h"
#include "base/str.h"

enum picture_type { PICTURE_JPEG, PICTURE_PNG, PICTURE_WEBP };
enum { PICTURE_SIDE_MAX = 12000, PICTURE_BYTES_MAX = 32 << 20 };
#define PICTURE_AREA_MAX (48LL * 1000 * 1000)

struct picture_head {
    enum picture_type type;
    int width, height; /* as stored */
};
/* ERR_BAD_MEDIA with a hint for editors and one of these reasons: "artwork.type" (not JPEG, PNG or WebP),
 * "artwork.svg", "artwork.too_large" (its sides), "artwork.damaged", "artwork.animated", "artwork.more" (something else
 * stands behind the picture). */
int picture_head(struct str file, struct picture_head *ret, struct err *reterr);
