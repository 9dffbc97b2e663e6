/* cpix_rules.c - which tracks a key is for: our classes and the words and pixels that key services use. */
#include "media/cpix/cpix_int.h"
#include <string.h>

static const struct {
    const char *type;
    int64_t min, max;
} rows[KEY_CLASSES] = {
    [KEY_AUDIO] = {"AUDIO", 0, 0}, [KEY_SD] = {"SD", 0, 589824}, [KEY_HD] = {"HD", 589825, 2073600}, [KEY_UHD] = {"UHD", 2073601, 0}};

bool cpix_pixels(enum key_class c, int64_t *ret_min, int64_t *ret_max) {
    *ret_min = rows[c].min;
    *ret_max = rows[c].max;
    return c >= KEY_SD;
}

const char *cpix_track_type(enum key_class c) {
    return rows[c].type;
}

static unsigned type_classes(struct str type) {
    unsigned found = 0;
    while (type.n) {
        struct str one;
        type = str_cut(type, '+', &one);
        unsigned was = found;
        for (int c = KEY_AUDIO; c < KEY_CLASSES; c++)
            if (str_eq_nocase(one, str_of(rows[c].type)))
                found |= 1u << c;
        if (str_eq(one, STR("ALL")))
            found |= CPIX_PICTURES | 1u << KEY_AUDIO;
        if (found == was)
            return 0; /* a word of their own: the filters say it */
    }
    return found;
}

unsigned rule_classes(struct str track_type, bool audio, bool video, int64_t min_pixels, int64_t max_pixels) {
    unsigned found = type_classes(track_type);
    if (found)
        return found;
    found = audio ? 1u << KEY_AUDIO : 0;
    for (int c = KEY_SD; c < KEY_CLASSES && video; c++)
        if ((!max_pixels || rows[c].min <= max_pixels) && (!rows[c].max || rows[c].max >= min_pixels))
            found |= 1u << c;
    return found;
}

void cpix_wipe(struct cpix *c) {
    explicit_bzero(c, sizeof *c);
}
