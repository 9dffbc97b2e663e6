/* demo_media.h - the films of the demonstration catalogue, made on the spot: pictures by
 * libavfilter, voices by espeak-ng, music and subtitles by us. Needs the commands ffmpeg and
 * espeak-ng. */
#pragma once
#include "base/err.h"

enum { DEMO_LINES_MAX = 8, DEMO_LANGS = 2 };

struct demo_line {
    double at_s;
    const char *text[DEMO_LANGS]; /* in the order of demo_langs */
};
struct demo_title {
    const char *slug; /* of its files */
    const char *name[DEMO_LANGS], *synopsis[DEMO_LANGS];
    int year;
    const char *about; /* JSON: what else is known of it, as a row of a file says it (docs/BULK.md) */
    const char *graph; /* for libavfilter, without the title's letters */
    double seconds;
    double chord[4]; /* Hz, of the music under the voice; 0 ends */
    struct demo_line lines[DEMO_LINES_MAX];
};
extern const char *const demo_langs[DEMO_LANGS];
extern const struct demo_title demo_titles[]; /* ends with a row without a slug */

/* Makes <dir>/<slug>.mkv (picture and the first language's sound), <slug>.<lang>.wav of the others
 * and <slug>.<lang>.srt; what is there already is kept. progress: 0..1; a negative answer stops. */
int demo_media_make(const struct demo_title *t, const char *dir,
                    int (*progress)(void *arg, double fraction), void *arg, struct err *reterr);
