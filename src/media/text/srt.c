/*
 * srt.c - SubRip as it is found: numbers missing or repeated, '.' for ',', blank lines inside a cue
 * or none between two, positions after the times. Only the times are taken as structure.
 */
#include "media/text/text.h"
#include <string.h>

static bool timing_parse(struct str line, int64_t *ret_start, int64_t *ret_end) {
    struct str s = str_trim(line);
    if (!time_parse(&s, true, ret_start))
        return false;
    s = str_trim(s);
    if (!str_starts(s, STR("-->")))
        return false;
    s = str_trim(str_slice(s, 3, s.n));
    return time_parse(&s, true, ret_end);
}

static bool is_number(struct str line) {
    line = str_trim(line);
    if (line.n == 0 || line.n > 9)
        return false;
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] < '0' || line.p[i] > '9')
            return false;
    return true;
}

struct srt {
    struct cues *c;
    struct buf text; /* of the cue being read */
    bool open;       /* a cue's times were read */
    int64_t start, end;
    size_t line;      /* of its times */
    size_t last_line; /* start of the last line added to text */
    bool last_number; /* that line may be the next cue's number */
};

static int cue_finish(struct srt *s, bool drop_number, struct err *reterr) {
    if (!s->open)
        return 0;
    s->open = false;
    if (drop_number && s->last_number)
        s->text.n = s->last_line;
    struct str raw = str_trim(buf_str(&s->text));
    if (s->text.failed) {
        cues_warn(s->c, s->line, "this cue is too long; it was left out.");
        return 0;
    }
    scoped(buf_done) struct buf clean = BUF(4 << 20);
    int align = 0;
    srt_clean(&clean, raw, &align);
    struct str text = str_trim(buf_str(&clean));
    if (text.n == 0)
        return 0;
    cue_times_mend(s->c, s->line, &s->start, &s->end);
    return cues_add(s->c, s->start, s->end, str_of(align_settings(align)), text, reterr);
}

static void line_add(struct srt *s, struct str line) {
    line = str_trim(line);
    if (line.n == 0) {
        return; /* a blank line says nothing: the next times do */
    }
    s->last_line = s->text.n;
    s->last_number = is_number(line);
    if (s->text.n > 0)
        buf_byte(&s->text, '\n');
    buf_add(&s->text, line);
}

int srt_parse(struct cues *c, struct str utf8, struct err *reterr) {
    struct srt s = {.c = c, .text = BUF(1 << 20)};
    struct str line;
    size_t number = 0;
    int r = 0;
    for (struct str rest = utf8; rest.p && r >= 0;) {
        rest = str_cut(rest, '\n', &line);
        number++;
        int64_t start, end;
        bool arrow = str_find(line, STR("-->")) >= 0;
        if (!arrow) {
            if (s.open)
                line_add(&s, line);
            continue;
        }
        r = cue_finish(&s, true, reterr);
        buf_reset(&s.text);
        s.text.failed = s.last_number = false;
        if (timing_parse(line, &start, &end)) {
            s.open = true;
            s.start = start, s.end = end, s.line = number;
        } else {
            cues_warn(c, number, "the times of this cue do not parse; it was left out.");
        }
    }
    if (r >= 0)
        r = cue_finish(&s, false, reterr);
    buf_done(&s.text);
    return r;
}
