/*
 * damage.c - why a file is not a film, in words for an editor. libav's "Invalid data found" helps nobody;
 * the first bytes and the outermost boxes tell most cases apart.
 */
#include "base/str.h"
#include "media/probe/source.h"
#include "media/seal/seal.h"
#include <errno.h>
#include <unistd.h>

enum { HEAD_BYTES = 512, BOXES_MAX = 4096 };

static uint64_t be(const uint8_t *p, int n) {
    uint64_t v = 0;
    while (n--)
        v = v << 8 | *p++;
    return v;
}

static bool is_mp4(const uint8_t *h, size_t n) {
    static const char kinds[][5] = {"ftyp", "moov", "mdat", "free", "skip", "wide", "styp", "pnot"};
    for (size_t i = 0; n >= 8 && i < ARRAY_LEN(kinds); i++)
        if (memcmp(h + 4, kinds[i], 4) == 0)
            return true;
    return false;
}

struct boxes {
    bool moov, moof;
    uint64_t end; /* where the last box says it ends */
};

static bool is_name(const uint8_t *p) {
    for (int i = 0; i < 4; i++)
        if ((p[i] < 32 || p[i] > 126) && p[i] != 0xa9)
            return false;
    return true;
}

/* Walks the outermost boxes (ISO/IEC 14496-12 clause 4.2). */
static struct boxes boxes_walk(int fd, uint64_t size) {
    struct boxes b = {0};
    uint64_t at = 0;
    for (int i = 0; i < BOXES_MAX && at < size; i++) {
        uint8_t h[16];
        ssize_t n = fd_pread(fd, h, sizeof(h), (int64_t)at);
        if (n < 8)
            break;
        uint64_t len = be(h, 4);
        if (len == 1 && n == 16)
            len = be(h + 8, 8);
        else if (len == 0)
            len = size - at;
        b.moov |= memcmp(h + 4, "moov", 4) == 0;
        b.moof |= memcmp(h + 4, "moof", 4) == 0;
        /* Noise behind the film is no box that was cut off. */
        if (len < 8 || len > UINT64_MAX - at || !is_name(h + 4))
            break;
        at += len;
        b.end = at;
    }
    return b;
}

/* An EBML number with its length marker removed (RFC 8794 section 4); all ones: unknown. */
static int ebml_size(const uint8_t *p, size_t n, uint64_t *ret) {
    int len = 1;
    if (!n || !*p)
        return 0;
    while (!(*p & (0x80 >> (len - 1))))
        len++;
    if ((size_t)len > n)
        return 0;
    uint64_t v = be(p, len) & ((UINT64_C(1) << (7 * len)) - 1);
    *ret = v == (UINT64_C(1) << (7 * len)) - 1 ? UINT64_MAX : v;
    return len;
}

static uint64_t matroska_end(const uint8_t *h, size_t n) {
    uint64_t len = 0;
    size_t at = 4;
    int k = n > at ? ebml_size(h + at, n - at, &len) : 0;
    if (!k || len > n)
        return 0;
    at += (size_t)k + len;
    if (at + 12 > n || memcmp(h + at, "\x18\x53\x80\x67", 4) != 0)
        return 0;
    k = ebml_size(h + at + 4, n - at - 4, &len);
    return !k || len == UINT64_MAX || len > INT64_MAX ? 0 : at + 4 + (uint64_t)k + len;
}

int64_t damage_missing(int fd, int64_t size) {
    uint8_t h[HEAD_BYTES];
    ssize_t n = size > 0 ? fd_pread(fd, h, sizeof(h), 0) : 0;
    if (n < 16)
        return 0;
    uint64_t end = 0;
    if (is_mp4(h, (size_t)n))
        end = boxes_walk(fd, (uint64_t)size).end;
    else if (memcmp(h, "\x1a\x45\xdf\xa3", 4) == 0)
        end = matroska_end(h, (size_t)n);
    return end > (uint64_t)size && end < INT64_MAX ? (int64_t)(end - (uint64_t)size) : 0;
}

static void size_words(int64_t n, char *dst, size_t cap) {
    if (n >= 1000000000)
        snprintf(dst, cap, "%.1f GB", (double)n / 1e9);
    else if (n >= 1000000)
        snprintf(dst, cap, "%.1f MB", (double)n / 1e6);
    else if (n >= 1000)
        snprintf(dst, cap, "%.0f KB", (double)n / 1e3);
    else
        snprintf(dst, cap, "%lld bytes", (long long)n);
}

static int refuse_cut(int64_t missing, struct err *reterr) {
    char words[32], hint[200];
    size_words(missing, words, sizeof(words));
    snprintf(hint, sizeof(hint),
             "The file ends in the middle: %s are missing. The copy or upload stopped early; send it again.",
             words);
    return err_refuse(reterr, ERR_BAD_MEDIA, "media.truncated", hint, "%lld bytes missing",
                      (long long)missing);
}

static const struct {
    const char *magic;
    uint8_t n, at;
    const char *what;
} foreign[] = {
    {"PK\3\4", 4, 0, "a ZIP archive or office document"}, {"%PDF", 4, 0, "a PDF document"},
    {"Rar!", 4, 0, "a RAR archive"},                      {"\x1f\x8b", 2, 0, "a gzip archive"},
    {"7z\xbc\xaf", 4, 0, "a 7z archive"},                 {"\x7f" "ELF", 4, 0, "a program"},
    {"MZ", 2, 0, "a Windows program"},                    {"<!DOCTYPE", 9, 0, "a web page"},
    {"<html", 5, 0, "a web page"},                        {"#EXTM3U", 7, 0, "a playlist"},
    {"WEBVTT", 6, 0, "a subtitle file"},
};

static bool is_text(const uint8_t *h, size_t n) {
    size_t odd = 0;
    for (size_t i = 0; i < n; i++)
        odd += (h[i] < 32 && h[i] != '\n' && h[i] != '\r' && h[i] != '\t') || h[i] == 127;
    return n > 0 && odd == 0;
}

static bool is_zero(const uint8_t *h, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (h[i])
            return false;
    return true;
}

int damage_explain(int fd, int64_t size, int averror, struct err *reterr) {
    /* A reader has far more memory than an honest header needs. */
    if (averror == AVERROR(ENOMEM))
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.absurd_header",
                          "The file's header describes more than any film holds: it is damaged. Export it again.",
                          "out of memory while opening the source");
    if (averror == AVERROR(EIO))
        return err_set(reterr, ERR_IO, "reading the source failed");
    if (averror == AVERROR_EXIT)
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.endless_header",
                          "The beginning of the file makes no sense, however far it is read. Export it again.",
                          "read limits reached while probing");
    uint8_t h[HEAD_BYTES];
    ssize_t got = size >= 0 ? fd_pread(fd, h, sizeof(h), 0) : 0;
    size_t n = got > 0 ? (size_t)got : 0;
    char hint[200];
    if (n >= 8 && is_mp4(h, n)) {
        int64_t missing = damage_missing(fd, size);
        if (missing > 0)
            return refuse_cut(missing, reterr);
        struct boxes b = boxes_walk(fd, (uint64_t)size);
        if (!b.moov && !b.moof)
            return err_refuse(reterr, ERR_BAD_MEDIA, "media.no_index",
                              "The file has no index (moov): the recording or export was not finished. Export "
                              "it again, or repair it with the tool that recorded it.",
                              "no moov box");
    }
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
        if (n >= foreign[i].n && memcmp(h, foreign[i].magic, foreign[i].n) == 0) {
            snprintf(hint, sizeof(hint), "This is %s, not a film. Choose the film itself.", foreign[i].what);
            return err_refuse(reterr, ERR_BAD_MEDIA, "media.not_a_film", hint, "magic of %s",
                              foreign[i].what);
        }
    if (is_text(h, n))
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.not_a_film",
                          "This is a text file, not a film. Choose the film itself.", "text");
    if (n && is_zero(h, n))
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.not_a_film",
                          "The file begins with nothing but zeros: it was damaged when it was copied. Send it "
                          "again.",
                          "zeros");
    return err_av(reterr, averror, "opening the source");
}
