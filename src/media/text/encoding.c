/*
 * encoding.c - in which encoding a subtitle file is. What says so itself is believed (a BOM, valid UTF-8); the rest is
 * ICU's guess from the lines that have more than ASCII in them, since times and numbers say nothing. ICU's converters
 * lie in its library: a sandboxed child can open no file, which iconv would have to.
 */
#include "media/text/text.h"
#include <string.h>
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>

enum { SAMPLE_MAX = 256 << 10, SURE = 100, DOUBTFUL = 10 };

/* What people name, and the converter that reads it: where a wider one exists that agrees on the rest, that. */
static const struct {
    const char *name, *converter;
} encodings[] = {
    {"UTF-8", "UTF-8"},
    {"UTF-16LE", "UTF-16LE"},
    {"UTF-16BE", "UTF-16BE"},
    {"UTF-32LE", "UTF-32LE"},
    {"UTF-32BE", "UTF-32BE"},
    {"windows-1250", "windows-1250"},
    {"windows-1251", "windows-1251"},
    {"windows-1252", "windows-1252"},
    {"windows-1253", "windows-1253"},
    {"windows-1254", "windows-1254"},
    {"windows-1255", "windows-1255"},
    {"windows-1256", "windows-1256"},
    {"windows-1257", "windows-1257"},
    {"windows-1258", "windows-1258"},
    {"windows-874", "windows-874"},
    {"ISO-8859-1", "windows-1252"},
    {"ISO-8859-2", "ISO-8859-2"},
    {"ISO-8859-3", "ISO-8859-3"},
    {"ISO-8859-4", "ISO-8859-4"},
    {"ISO-8859-5", "ISO-8859-5"},
    {"ISO-8859-6", "ISO-8859-6"},
    {"ISO-8859-7", "ISO-8859-7"},
    {"ISO-8859-8", "ISO-8859-8"},
    {"ISO-8859-9", "windows-1254"},
    {"ISO-8859-13", "ISO-8859-13"},
    {"ISO-8859-15", "ISO-8859-15"},
    {"KOI8-R", "KOI8-R"},
    {"KOI8-U", "KOI8-U"},
    {"macintosh", "macintosh"},
    {"Shift_JIS", "windows-31j"},
    {"EUC-JP", "EUC-JP"},
    {"ISO-2022-JP", "ISO-2022-JP"},
    {"GB18030", "GB18030"},
    {"Big5", "Big5"},
    {"EUC-KR", "windows-949"},
    {"ISO-2022-KR", "ISO-2022-KR"},
};

static const char *encoding_find(struct str name) {
    for (size_t i = 0; i < ARRAY_LEN(encodings); i++)
        if (str_eq_nocase(name, str_of(encodings[i].name)))
            return encodings[i].name;
    if (str_eq_nocase(name, STR("ISO-8859-8-I"))) /* the order of letters is the browser's business */
        return "ISO-8859-8";
    return NULL;
}

static const char *converter_of(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(encodings); i++)
        if (strcmp(encodings[i].name, name) == 0)
            return encodings[i].converter;
    return NULL;
}

bool text_encoding_known(struct str name) {
    return encoding_find(name) != NULL;
}

static const char *bom_find(struct str file, size_t *ret_skip) {
    static const struct {
        const char *bytes, *name;
        size_t n;
    } marks[] = {{"\xff\xfe\0\0", "UTF-32LE", 4}, {"\0\0\xfe\xff", "UTF-32BE", 4}, {"\xef\xbb\xbf", "UTF-8", 3},
                 {"\xff\xfe", "UTF-16LE", 2},     {"\xfe\xff", "UTF-16BE", 2}};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (str_starts(file, str_make(marks[i].bytes, marks[i].n))) {
            *ret_skip = marks[i].n;
            return marks[i].name;
        }
    return NULL;
}

/* Times, numbers and line ends are ASCII in any script: as UTF-16 every second byte of theirs is zero. */
static const char *wide_find(struct str file) {
    size_t zeros[2] = {0, 0}, n = MIN(file.n, (size_t)4096);
    for (size_t i = 0; i < n; i++)
        zeros[i & 1] += file.p[i] == 0;
    if (zeros[0] + zeros[1] < n / 8 + 2)
        return NULL;
    return zeros[1] > 4 * zeros[0] ? "UTF-16LE" : zeros[0] > 4 * zeros[1] ? "UTF-16BE" : NULL;
}

static bool has_escape(struct str s) {
    return str_find(s, STR("\x1b$")) >= 0 || str_find(s, STR("\x1b(")) >= 0;
}

static bool is_ascii(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] >= 0x80)
            return false;
    return true;
}

static void sample_take(struct str file, bool all, struct buf *sample) {
    struct str line;
    for (struct str rest = file; rest.p && sample->n < SAMPLE_MAX;) {
        rest = str_cut(rest, '\n', &line);
        line = str_slice(line, 0, SAMPLE_MAX - sample->n);
        if (all || !is_ascii(line)) {
            buf_add(sample, line);
            buf_byte(sample, '\n');
        }
    }
}

static const char *icu_guess(struct str file, bool all, int *ret_confidence) {
    scoped(buf_done) struct buf sample = BUF(SAMPLE_MAX + 16);
    UErrorCode why = U_ZERO_ERROR;
    sample_take(file, all, &sample);
    UCharsetDetector *d = ucsdet_open(&why);
    const char *best = NULL;
    int32_t n = 0;
    ucsdet_setText(d, (const char *)sample.p, (int32_t)sample.n, &why);
    const UCharsetMatch **found = ucsdet_detectAll(d, &n, &why);
    for (int32_t i = 0; U_SUCCESS(why) && i < n && !best; i++) {
        best = encoding_find(str_of(ucsdet_getName(found[i], &why)));
        *ret_confidence = ucsdet_getConfidence(found[i], &why);
        if (best && (strcmp(best, "UTF-8") == 0 || strncmp(best, "UTF-", 4) == 0))
            best = NULL; /* it is not: that was looked at before */
    }
    ucsdet_close(d);
    return U_SUCCESS(why) && *ret_confidence >= DOUBTFUL ? best : NULL;
}

struct text_encoding text_encoding_find(struct str file) {
    size_t skip = 0;
    int confidence = SURE;
    const char *name = bom_find(file, &skip);
    if (name && strcmp(name, "UTF-8") == 0 && !str_is_utf8(str_slice(file, skip, file.n)))
        name = NULL; /* a mark that somebody's program put before another encoding */
    if (!name)
        name = wide_find(file);
    if (!name && has_escape(file) && is_ascii(file))
        name = icu_guess(file, true, &confidence);
    if (!name && str_is_utf8(file))
        name = "UTF-8", confidence = SURE;
    if (!name)
        name = icu_guess(file, false, &confidence);
    if (!name)
        name = "windows-1252", confidence = DOUBTFUL;
    if (strcmp(name, "ISO-8859-1") == 0) /* whose control characters nobody means */
        name = "windows-1252";
    return (struct text_encoding){.name = name, .confidence = confidence};
}

/* Bytes without a meaning become U+FFFD; nothing of the content makes it fail. */
static int convert(UConverter *from, UConverter *to, struct str file, struct buf *ret) {
    UChar pivot[1024], *pivot_source = pivot, *pivot_target = pivot;
    const char *source = file.p, *limit = file.p + file.n;
    UErrorCode why = U_BUFFER_OVERFLOW_ERROR;
    for (bool first = true; why == U_BUFFER_OVERFLOW_ERROR && !ret->failed; first = false) {
        char block[4096], *target = block;
        why = U_ZERO_ERROR;
        ucnv_convertEx(to, from, &target, block + sizeof block, &source, limit, pivot, &pivot_source, &pivot_target,
                       pivot + ARRAY_LEN(pivot), first, true, &why);
        buf_mem(ret, block, (size_t)(target - block));
    }
    return U_SUCCESS(why) || ret->failed ? 0 : -1;
}

static void lines_normalise(struct buf *b) {
    size_t to = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (b->p[i] == '\r') {
            if (i + 1 < b->n && b->p[i + 1] == '\n')
                continue;
            b->p[to++] = '\n';
        } else {
            b->p[to++] = b->p[i] ? b->p[i] : ' ';
        }
    }
    b->n = to;
}

int text_to_utf8(struct str file, const char *encoding, struct buf *ret, struct err *reterr) {
    const char *name = encoding_find(str_of(encoding));
    size_t skip = 0;
    UErrorCode why = U_ZERO_ERROR;
    if (!name)
        return err_refuse(reterr, ERR_INVALID, "text.encoding", "No such encoding is known here. Choose one of the list.",
                          "encoding \"%s\"", encoding);
    const char *mark = bom_find(file, &skip);
    file = str_slice(file, mark && strcmp(mark, name) == 0 ? skip : 0, file.n);
    if (strcmp(name, "UTF-8") == 0 && str_is_utf8(file)) {
        buf_add(ret, file);
    } else {
        UConverter *from = ucnv_open(converter_of(name), &why), *to = ucnv_open("UTF-8", &why);
        int r = U_SUCCESS(why) ? convert(from, to, file, ret) : -1;
        ucnv_close(from);
        ucnv_close(to);
        if (r < 0)
            return err_set(reterr, ERR_INTERNAL, "no conversion from %s", name);
    }
    if (ret->failed)
        return err_refuse(reterr, ERR_TOO_LARGE, "text.too_large", "The subtitle file is too large.",
                          "subtitle file of %zu bytes", file.n);
    lines_normalise(ret);
    return 0;
}
