/*
 * text.h - subtitles: SRT, WebVTT, and what libavcodec decodes to text (mov_text, ASS, SubRip in
 * MP4 and Matroska), into cues and from there into WebVTT segments. Foreign bytes: every parser is
 * bounded, fuzzed and skips what browsers skip, with a warning that names the line. One struct cues
 * belongs to one thread.
 *
 * Operation `text`: descriptors source, .vtts, .idx. Request: {name, lang?, role?, label?,
 * default?, stream? (index of an embedded track; absent: the source is a subtitle file), shift_ms?
 * (added to every time), duration_ms? (of the film), segment?:[num,den] (seconds; the pictures',
 * 4:1)}. Result: {track: what track_to_json() gives, cues: how many, warnings:[sentence]}.
 * ERR_BAD_MEDIA with a hint that names the line: not a subtitle file, or one without a usable cue.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "media/ops.h"
#include "media/presentation.h"

enum {
    TEXT_FILE_MAX = 16 << 20,
    TEXT_CUES_MAX = 200000,
    TEXT_WARNINGS_MAX = 20,
    TEXT_OUT_MAX = 128 << 20
};

struct cue {
    int64_t start_ms, end_ms;
    struct str settings; /* "line:0 align:start"; valid WebVTT */
    struct str text;     /* WebVTT cue text, clean: known tags, balanced, escaped */
    uint32_t order;      /* of appearance: keeps sorting stable */
};
struct cues {
    struct arena *a; /* holds all strings */
    struct cue *v;
    size_t n, cap;
    struct buf head; /* STYLE and REGION blocks */
    size_t n_warnings;
    char warnings[TEXT_WARNINGS_MAX][160];
};
void cues_init(struct cues *c, struct arena *a);
void cues_done(struct cues *c);
/* Keeps copies. An end not after the start is the caller's to refuse. ERR_LIMIT: too many. */
int cues_add(struct cues *c, int64_t start_ms, int64_t end_ms, struct str settings, struct str text,
             struct err *reterr);
void cues_warn(struct cues *c, size_t line, const char *what); /* line 0: of the whole file */
void cues_sort(struct cues *c); /* by start, then appearance */

/* Any file: decodes the text, finds the format and parses. ERR_BAD_MEDIA as above; MEDIA_TYPE in
 * err.code for XML (TTML) and bitmaps. Returns 1 when the file is ASS: text_decode() reads that. */
int text_parse(struct cues *c, struct str file, struct err *reterr);
int srt_parse(struct cues *c, struct str utf8, struct err *reterr);
int vtt_parse(struct cues *c, struct str utf8, struct err *reterr);
/* To UTF-8 without BOM, line ends to LF, NUL to U+FFFD: UTF-8, UTF-16 by its BOM, else
 * Windows-1252. */
int text_to_utf8(struct str file, struct buf *ret, struct err *reterr);
/* An embedded track (or an ASS file, stream -1: the first subtitle stream). fd as in source.h. */
int text_decode(struct cues *c, int fd, int stream, struct err *reterr);

/* Cue text of WebVTT, cleaned: unknown tags go, their words stay; what is open is closed. */
void vtt_clean(struct buf *out, struct str text);
/* SubRip's and ASS's marks to WebVTT's; *align is the {\anN} position, 0: none. */
void srt_clean(struct buf *out, struct str text, int *align);
void ass_clean(struct buf *out, struct str text, int *align);
const char *align_settings(int align); /* "" for bottom centre */
/* "[hh:]mm:ss.ttt"; leaves *s behind it. comma: SRT's decimal sign is accepted too. */
bool time_parse(struct str *s, bool comma, int64_t *ret_ms);

/* Segments into out (at offset 0), their index into idx. duration_ms 0: to the last cue's end,
 * within a day. The whole document comes first in the object, as the index's init. Fills bandwidths,
 * timescale (1000), duration, codec of ret_t. */
int text_segments_write(const struct cues *c, int64_t duration_ms, struct ratio segment,
                        const char *object, int out_fd, int idx_fd, struct track_desc *ret_t,
                        struct err *reterr);

int op_text(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
