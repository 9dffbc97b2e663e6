/* theme.h - how the house looks: a name, a logo, three colours, letters, corners. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include <jansson.h>

struct theme {
    int64_t revision; /* 0: nobody has changed anything, and no style is sent */
    struct str name;
    uint32_t ground, text, accent; /* 0xRRGGBB */
    const char *font, *corners;    /* of the tables in theme.c */
    const json_t *logo;            /* {name, width, height}, a file of blob "art/"; NULL: the name is set in letters */
};

/* Relative contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio"). */
double colour_contrast(uint32_t a, uint32_t b);
/* a with share (0 to 1) of b in it. */
uint32_t colour_mix(uint32_t a, uint32_t b, double share);
/* "#rrggbb". */
bool colour_parse(struct str s, uint32_t *ret);
uint32_t theme_accent_ink(const struct theme *t); /* black or white, whichever is read better on the accent */

/* The first thing that could not be read, in a sentence for an editor with the field it is about; NULL: all is well.
 * Every pair that the viewer's screens set is looked at, against WCAG 2.2 AA: 4.5. */
const char *theme_fault(const struct theme *t, const char **ret_field, char *dst, size_t cap);
/* The style sheet: custom properties that the screens use. */
void theme_css(const struct theme *t, struct buf *out);
