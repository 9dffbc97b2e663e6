/*
 * ass.c - Advanced SubStation Alpha and its older form, as far as WebVTT can say it: the lines of [Events] with their
 * times and words. "Format:" names the columns; the text is the last one, commas and all.
 */
#include "media/text/text.h"

enum { COLUMNS_MAX = 32 };

struct ass {
    struct cues *c;
    bool events;     /* inside [Events] */
    int start, end, columns; /* text is the last column */
};

/* "H:MM:SS.cc" */
static bool ass_time(struct str s, int64_t *ret_ms) {
    s = str_trim(s);
    return time_parse(&s, true, ret_ms) && s.n == 0;
}

static void format_read(struct ass *x, struct str list) {
    struct str name;
    int n = 0, start = -1, end = -1;
    for (struct str rest = list; rest.p && n < COLUMNS_MAX; n++) {
        rest = str_cut(rest, ',', &name);
        name = str_trim(name);
        start = str_eq_nocase(name, STR("Start")) ? n : start;
        end = str_eq_nocase(name, STR("End")) ? n : end;
    }
    if (start >= 0 && end >= 0 && n > MAX(start, end) + 1)
        x->start = start, x->end = end, x->columns = n;
}

static int dialogue_read(struct ass *x, struct str line, size_t number, struct err *reterr) {
    int64_t start_ms = -1, end_ms = -1;
    struct str field, rest = line;
    for (int i = 0; rest.p && i < x->columns - 1; i++) {
        rest = str_cut(rest, ',', &field);
        if (i == x->start && !ass_time(field, &start_ms))
            start_ms = -1;
        if (i == x->end && !ass_time(field, &end_ms))
            end_ms = -1;
    }
    if (!rest.p || start_ms < 0 || end_ms < 0) {
        cues_warn(x->c, number, "the times of this cue do not parse; it was left out.");
        return 0;
    }
    scoped(buf_done) struct buf text = BUF(4 << 20);
    int align = 0;
    ass_clean(&text, rest, &align);
    struct str clean = str_trim(buf_str(&text));
    if (text.failed) {
        cues_warn(x->c, number, "this cue is too long; it was left out.");
        return 0;
    }
    if (clean.n == 0) /* a drawing */
        return 0;
    cue_times_mend(x->c, number, &start_ms, &end_ms);
    return cues_add(x->c, start_ms, end_ms, str_of(align_settings(align)), clean, reterr);
}

int ass_parse(struct cues *c, struct str utf8, struct err *reterr) {
    struct ass x = {.c = c, .start = 1, .end = 2, .columns = 10};
    struct str line;
    size_t number = 0;
    int r = 0;
    for (struct str rest = utf8; rest.p && r >= 0;) {
        rest = str_cut(rest, '\n', &line);
        line = str_trim(line);
        number++;
        if (str_starts(line, STR("[")))
            x.events = str_eq_nocase(line, STR("[Events]"));
        else if (x.events && str_starts(line, STR("Format:")))
            format_read(&x, str_slice(line, 7, line.n));
        else if (x.events && str_starts(line, STR("Dialogue:")))
            r = dialogue_read(&x, str_slice(line, 9, line.n), number, reterr);
    }
    return r;
}
