/* ttml_int.h - between the files of TTML: parameters, styles, regions. */
#pragma once
#include "media/text/text.h"
#include <libxml/parser.h>
#include <libxml/tree.h>

enum ttml_ruby { RUBY_NONE, RUBY_BASE, RUBY_TEXT, RUBY_DELIMITER };

struct ttml_style {
    bool bold, italic, underline;
    bool hidden, none, forced;
    enum ttml_ruby ruby;
    enum ttml_align { ALIGN_START, ALIGN_CENTER, ALIGN_END } align;
    bool align_set;
    struct str lang; /* other than the document's; checked */
};

enum { TTML_REGIONS_MAX = 64 };
struct ttml_region {
    struct str id;
    bool placed;
    double x, y, w, h; /* percent of the picture */
    enum { DISPLAY_BEFORE, DISPLAY_CENTER, DISPLAY_AFTER } display;
    bool vertical_rl, vertical_lr;
    struct ttml_style style; /* what it hands to what is shown in it */
};

struct ttml {
    struct cues *c;
    double frame_rate, sub_frames, tick_rate; /* frame_rate: nominal */
    double multiplier;
    bool smpte, drop;
    double cells_x, cells_y, root_w, root_h; /* root: pixels; 0: not said */
    struct str lang;
    const xmlNode *styling;
    int64_t style_steps; /* looked at in search of styles by name: a file of nothing else ends that */
    struct ttml_region regions[TTML_REGIONS_MAX];
    size_t n_regions;
};

bool ttml_is(const xmlNode *n, const char *name);
struct str ttml_attr(const xmlNode *n, const char *name); /* trimmed; STR_NULL: absent */

/* ttml_head.c */
void ttml_head_read(struct ttml *t, const xmlNode *root);
/* Milliseconds of a time expression (TTML 2, 12.3.1); bounded by ten thousand days. */
bool ttml_time(const struct ttml *t, struct str s, double *ret_ms);
const struct ttml_region *ttml_region_find(const struct ttml *t, struct str id);
/* An element's own styles, referred to and said, over what it inherits. */
void ttml_style_enter(struct ttml *t, struct ttml_style *s, const xmlNode *n);
void ttml_style_inherit(struct ttml_style *s, const struct ttml_style *region);
/* Cue settings of WebVTT for words in a region (NULL: none was said). */
void ttml_settings(struct buf *out, const struct ttml_region *r, const struct ttml_style *s);
