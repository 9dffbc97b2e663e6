/* text_name.c - what the name of a subtitle file says of it. */
#include "service/ingest/ingest.h"
#include <string.h>

static bool is_word(struct str s, const char *const *list) {
    for (; *list; list++)
        if (str_eq_nocase(s, str_of(*list)))
            return true;
    return false;
}

/* Parts between dots, underscores and blanks, from the end: what stands before them is the film's name, and "Das" in it is
 * no language. */
struct file_hint subtitle_file_hint(struct str name, struct arena *a) {
    static const char *const sdh[] = {"sdh", "cc", "hi", "hoh", NULL}, *const forced[] = {"forced", "foreign", NULL},
                      *const endings[] = {"srt", "vtt", "ass", "ssa", "txt", "sub", "ttml", "dfxp", "xml", "itt", NULL};
    struct file_hint h = {.lang = STR("")};
    size_t end = name.n;
    for (int parts = 0; end > 0 && parts < 4;) {
        size_t from = end;
        while (from > 0 && !strchr("._ ()[]", name.p[from - 1]))
            from--;
        struct str part = str_slice(name, from, end), lang;
        end = from > 0 ? from - 1 : 0;
        if (from == 0) /* the film's name itself */
            break;
        if (part.n == 0 || is_word(part, endings))
            continue;
        parts++;
        if (is_word(part, sdh))
            h.sdh = true;
        else if (is_word(part, forced))
            h.forced = true;
        else if (part.n <= 7 && !h.lang.n && language_parse(part, a, &lang))
            h.lang = lang;
        else
            break;
    }
    h.sdh = h.sdh && !h.forced;
    return h;
}
