/*
 * text.h - subtitles: SRT, WebVTT, ASS, TTML, and what libavcodec decodes to text (mov_text, ASS, SubRip in
 * MP4 and Matroska, closed captions), into cues and from there into WebVTT segments. Foreign bytes: every parser is
 * bounded, fuzzed and skips what browsers skip, with a warning that names the line. One struct cues
 * belongs to one thread.
 *
 * Operation `text`: descriptors source, .vtts, .idx, and where IMSC1 is wanted, too, its .cmaf and .idx. Request: {name, lang?, role?, label?,
 * default?, stream? (index of an embedded track; absent: the source is a subtitle file), shift_ms?
 * (added to every time), duration_ms? (of the film), segment?:[num,den] (seconds; the pictures',
 * 4:1)}. Result: {track: what track_to_json() gives, cues: how many, warnings:[sentence]}.
 * ERR_BAD_MEDIA with a hint that names the line: not a subtitle file, or one without a usable cue.
 *
 * Operation `subtitle`, for editors: descriptors source (a subtitle file), output, which becomes clean WebVTT. Request:
 * {encoding? (absent: found out)}. Result: {format, forced (all of it is marked so), encoding, confidence (0 to 100), language ("" or a tag), percent,
 * cues, warnings:[sentence]}. Errors as above.
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
struct text_encoding {
    const char *name; /* "windows-1251"; static */
    int confidence;   /* 0 to 100 */
};
struct cues {
    struct arena *a; /* holds all strings */
    const char *format; /* "srt", "vtt", "ass", "ttml": of the file; static */
    struct text_encoding encoding;
    char declared[24];   /* its encoding, where XML says it; encoding.name may lie here */
    char lang[36];       /* that the file says, as it says it; empty: it does not */
    size_t n_forced;     /* of the cues: marked to be shown although subtitles are off */
    struct cue *v;
    size_t n, cap;
    struct buf head; /* STYLE and REGION blocks */
    size_t n_warnings;
    char warnings[TEXT_WARNINGS_MAX][160];
};
void cues_init(struct cues *c, struct arena *a);
void cues_done(struct cues *c);
/* Keeps copies. An end not after the start is the caller's to refuse. ERR_TOO_LARGE: too many. */
int cues_add(struct cues *c, int64_t start_ms, int64_t end_ms, struct str settings, struct str text,
             struct err *reterr);
void cues_warn(struct cues *c, size_t line, const char *what); /* line 0: of the whole file */
void cues_sort(struct cues *c); /* by start, then appearance */
/* Of sorted cues: one that goes on where the same words just ended, as segments repeat them, is one with them. */
void cues_join(struct cues *c);

/* A time that ends before it begins: exchanged where they lie close, else the cue gets a short length; with a warning. */
void cue_times_mend(struct cues *c, size_t line, int64_t *start_ms, int64_t *end_ms);

/* Any file: decodes the text (encoding NULL: found out), finds the format and parses. ERR_BAD_MEDIA as above;
 * MEDIA_TYPE in err.code for TTML that holds pictures. */
int text_parse(struct cues *c, struct str file, const char *encoding, struct err *reterr);
int ass_parse(struct cues *c, struct str utf8, struct err *reterr);
int srt_parse(struct cues *c, struct str utf8, struct err *reterr);
int vtt_parse(struct cues *c, struct str utf8, struct err *reterr);
/* ttml.c: TTML 1 and 2, IMSC 1.1's text profile, EBU-TT-D. ERR_BAD_MEDIA "text.ttml": no TTML, or with a DOCTYPE. */
int ttml_parse(struct cues *c, struct str utf8, struct err *reterr);
/* A document that counts between two times, as a sample of an MP4 track does: cues are cut to them. */
int ttml_parse_between(struct cues *c, struct str utf8, int64_t from_ms, int64_t to_ms, struct err *reterr);
/* encoding.c. By BOM, by being valid UTF-8, else as ICU guesses; windows-1252 where it cannot. */
struct text_encoding text_encoding_find(struct str file);
bool text_encoding_known(struct str name); /* any case */
/* To UTF-8 without BOM, line ends to LF, NUL to a blank; what has no meaning becomes U+FFFD. ERR_INVALID
 * "text.encoding": not one that is known. */
int text_to_utf8(struct str file, const char *encoding, struct buf *ret, struct err *reterr);
/* language.c. tag empty: cannot be told. Of CLD2's names, which the caller makes canonical. */
struct text_language {
    char tag[16];
    int percent; /* of the words */
};
struct text_language text_language_find(const struct cues *c);
/* An embedded track. fd as in source.h. */
int text_decode(struct cues *c, int fd, int stream, struct err *reterr);

/* A byte of words, escaped where WebVTT wants it. */
void vtt_char(struct buf *out, char c);
/* Cue text of WebVTT, cleaned: unknown tags go, their words stay; what is open is closed. */
void vtt_clean(struct buf *out, struct str text);
/* SubRip's and ASS's marks to WebVTT's; *align is the {\anN} position, 0: none. */
void srt_clean(struct buf *out, struct str text, int *align);
void ass_clean(struct buf *out, struct str text, int *align);
const char *align_settings(int align); /* "" for bottom centre */
/* Of cue settings those that WebVTT knows, appended. */
void vtt_settings(struct buf *out, struct str settings);

/* write.c: sorted cues as a document, and the words of clean cue text alone. */
void vtt_write(struct buf *b, const struct cues *c);
void vtt_cue_write(struct buf *b, const struct cue *q);
void srt_write(struct buf *b, const struct cues *c);
void cue_plain(struct buf *b, struct str text);
/* "[hh:]mm:ss.ttt"; leaves *s behind it. comma: SRT's decimal sign is accepted too. */
bool time_parse(struct str *s, bool comma, int64_t *ret_ms);

/* Segments into out (at offset 0), their index into idx. duration_ms 0: to the last cue's end,
 * within a day. The whole document comes first in the object, as the index's init. Fills bandwidths,
 * timescale (1000), duration, codec of ret_t. */
int text_segments_write(const struct cues *c, int64_t duration_ms, struct ratio segment,
                        const char *object, int out_fd, int idx_fd, struct track_desc *ret_t,
                        struct err *reterr);

/* imsc.c: the same once more as IMSC1 in CMAF (ISO/IEC 23000-19 11), cut as text_segments_write() did, which filled t. Sets
 * t->imsc_bandwidth. The object of the index is imsc_name() of the track's with ".cmaf". */
int imsc_segments_write(const struct cues *c, struct ratio segment, int out_fd, int idx_fd, struct track_desc *t, struct err *reterr);
/* What of the cues lies in [from, to) as a document. */
void imsc_write(struct buf *b, const struct cues *c, size_t *first, int64_t from_ms, int64_t to_ms, struct str lang);
/* segments.c: k-th of n segments of a film. */
struct text_cut {
    int64_t from_ms, to_ms;
};
struct text_cut text_cut_of(struct ratio segment, size_t k, size_t n, int64_t duration_ms);
size_t text_cut_count(struct ratio segment, int64_t duration_ms);

int op_text(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
int op_subtitle(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
