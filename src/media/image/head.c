/*
 * head.c - see head.h. JPEG: ITU-T T.81 annex B; PNG: W3C PNG 3; WebP: RFC 9649. Everything that is taken is decoded and
 * written anew, so that nothing of a file but its pixels is ever served; what is refused here is refused to tell an editor
 * early and plainly, and because a picture of 50,000 by 50,000 takes ten gigabytes.
 */
#include "media/image/head.h"

static uint32_t be(const struct str *s, size_t at, int n) {
    uint32_t v = 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | (uint8_t)s->p[at + (size_t)i];
    return v;
}
static uint32_t le(const struct str *s, size_t at, int n) {
    uint32_t v = 0;
    for (int i = n - 1; i >= 0; i--)
        v = v << 8 | (uint8_t)s->p[at + (size_t)i];
    return v;
}
static bool has(const struct str *s, size_t at, const char *text) {
    size_t n = strlen(text);
    return at <= s->n && s->n - at >= n && memcmp(s->p + at, text, n) == 0;
}

static int damaged(struct err *reterr, const char *what) {
    return err_refuse(reterr, ERR_BAD_MEDIA, "artwork.damaged",
                      "The picture is damaged or cut off. Export it again.", "%s", what);
}
static int more(struct err *reterr) {
    return err_refuse(reterr, ERR_BAD_MEDIA, "artwork.more",
                      "The file holds something else besides the picture. Export the picture again, alone.",
                      "bytes behind the picture");
}
static int animated(struct err *reterr) {
    return err_refuse(reterr, ERR_BAD_MEDIA, "artwork.animated", "Moving pictures are not taken. Export one of its pictures.",
                      "an animation");
}

/* ---- PNG: IHDR says all; walk the chunks to IEND ---- */

static int png_head(struct str f, struct picture_head *h, struct err *reterr) {
    if (f.n < 33 || be(&f, 8, 4) != 13 || !has(&f, 12, "IHDR"))
        return damaged(reterr, "no IHDR");
    uint32_t w = be(&f, 16, 4), height = be(&f, 20, 4);
    if (!w || !height || w > INT32_MAX || height > INT32_MAX)
        return damaged(reterr, "PNG of no size");
    *h = (struct picture_head){PICTURE_PNG, (int)w, (int)height};
    for (size_t at = 8; f.n - at >= 12;) {
        size_t length = be(&f, at, 4);
        if (length > f.n - at - 12)
            break;
        if (has(&f, at + 4, "acTL"))
            return animated(reterr);
        at += 12 + length;
        if (has(&f, at - 12 - length + 4, "IEND"))
            return at == f.n ? 0 : more(reterr);
    }
    return damaged(reterr, "no IEND");
}

/* ---- JPEG: the first frame header; then to the end of the image ---- */

static bool is_frame(uint8_t m) { /* SOF0 to SOF15 without DHT, JPG, DAC */
    return m >= 0xC0 && m <= 0xCF && m != 0xC4 && m != 0xC8 && m != 0xCC;
}

/* Past the entropy-coded data: the next marker that is none of RSTn and no stuffed zero. */
static size_t scan_skip(struct str f, size_t at) {
    while (at + 1 < f.n) {
        uint8_t m = (uint8_t)f.p[at + 1];
        if ((uint8_t)f.p[at] == 0xFF && m != 0 && m != 0xFF && !(m >= 0xD0 && m <= 0xD7))
            return at;
        at++;
    }
    return f.n;
}

/* Cameras put further JPEGs (another exposure, a depth map) or zeros behind the first: nothing of it is used. */
static int jpeg_end(struct str f, size_t at, struct err *reterr) {
    if (has(&f, at, "\xFF\xD8\xFF"))
        return 0;
    while (at < f.n && f.p[at] == 0)
        at++;
    return at == f.n ? 0 : more(reterr);
}

static int jpeg_head(struct str f, struct picture_head *h, struct err *reterr) {
    bool framed = false;
    for (size_t at = 2; at + 2 <= f.n;) {
        uint8_t m = (uint8_t)f.p[at + 1];
        if ((uint8_t)f.p[at] != 0xFF)
            break;
        if (m == 0xFF) { /* fill */
            at++;
            continue;
        }
        if (m == 0xD9)
            return framed ? jpeg_end(f, at + 2, reterr) : damaged(reterr, "a JPEG without a picture");
        if (at + 4 > f.n || be(&f, at + 2, 2) < 2 || be(&f, at + 2, 2) > f.n - at - 2)
            break;
        size_t length = be(&f, at + 2, 2);
        if (is_frame(m) && length < 8)
            break;
        if (is_frame(m)) {
            *h = (struct picture_head){PICTURE_JPEG, (int)be(&f, at + 7, 2), (int)be(&f, at + 5, 2)};
            framed = true;
        }
        at += 2 + length;
        if (m == 0xDA)
            at = scan_skip(f, at);
    }
    return damaged(reterr, "a JPEG that ends before its end");
}

/* ---- WebP: one RIFF chunk that is the file ---- */

static int webp_size(struct str f, size_t at, size_t length, struct picture_head *h, struct err *reterr) {
    h->type = PICTURE_WEBP;
    if (has(&f, at, "VP8X") && length >= 10) {
        h->width = (int)le(&f, at + 12, 3) + 1;
        h->height = (int)le(&f, at + 15, 3) + 1;
        return (uint8_t)f.p[at + 8] & 2 ? animated(reterr) : 1; /* 1: the picture itself is still to come */
    }
    if (has(&f, at, "VP8L") && length >= 5 && (uint8_t)f.p[at + 8] == 0x2F) {
        uint32_t bits = le(&f, at + 9, 4);
        h->width = (int)(bits & 0x3FFF) + 1;
        h->height = (int)(bits >> 14 & 0x3FFF) + 1;
        return 0;
    }
    if (has(&f, at, "VP8 ") && length >= 10 && has(&f, at + 11, "\x9d\x01\x2a")) {
        h->width = (int)(le(&f, at + 14, 2) & 0x3FFF);
        h->height = (int)(le(&f, at + 16, 2) & 0x3FFF);
        return 0;
    }
    return has(&f, at, "VP8") ? damaged(reterr, "a WebP picture without a head") : 1;
}

static int webp_head(struct str f, struct picture_head *h, struct err *reterr) {
    if (f.n < 20)
        return damaged(reterr, "a WebP without a picture");
    uint64_t riff = (uint64_t)le(&f, 4, 4) + 8;
    if (riff > f.n)
        return damaged(reterr, "a WebP that is cut off");
    if (riff + (riff & 1) < f.n)
        return more(reterr);
    struct picture_head own = {0};
    for (size_t at = 12; f.n - at >= 8;) {
        size_t length = le(&f, at + 4, 4);
        if (length > f.n - at - 8)
            break;
        int rc = webp_size(f, at, length, &own, reterr);
        if (rc < 0)
            return rc;
        /* A canvas may say one size and the picture in it another: the larger one counts. */
        h->type = PICTURE_WEBP;
        h->width = MAX(h->width, own.width);
        h->height = MAX(h->height, own.height);
        if (rc == 0)
            return h->width > 0 && h->height > 0 ? 0 : damaged(reterr, "a WebP of no size");
        at += 8 + length + (length & 1);
        if (at > f.n)
            break;
    }
    return damaged(reterr, "a WebP without a picture");
}

/* ---- What it is ---- */

static bool is_markup(struct str f) {
    struct str s = str_slice(f, has(&f, 0, "\xEF\xBB\xBF") ? 3 : 0, MIN(f.n, (size_t)4096));
    s = str_trim(s);
    return s.n && s.p[0] == '<';
}

static int type_refuse(struct str f, struct err *reterr) {
    if (is_markup(f) || has(&f, 0, "\x1f\x8b")) /* .svgz is a gzip of it */
        return err_refuse(reterr, ERR_BAD_MEDIA, "artwork.svg",
                          "SVG is not taken, because it can carry scripts. Export the drawing as PNG.", "markup");
    return err_refuse(reterr, ERR_BAD_MEDIA, "artwork.type", "Pictures are taken as JPEG, PNG or WebP. Export it as one of these.",
                      "neither JPEG nor PNG nor WebP");
}

static int size_check(const struct picture_head *h, struct err *reterr) {
    if (h->width <= PICTURE_SIDE_MAX && h->height <= PICTURE_SIDE_MAX && (int64_t)h->width * h->height <= PICTURE_AREA_MAX)
        return 0;
    char hint[200];
    snprintf(hint, sizeof hint, "The picture says that it is %d by %d pixels. Up to %d a side and 48 megapixels are taken: make it smaller.",
             h->width, h->height, PICTURE_SIDE_MAX);
    return err_refuse(reterr, ERR_BAD_MEDIA, "artwork.too_large", hint, "a picture of %dx%d", h->width, h->height);
}

int picture_head(struct str f, struct picture_head *ret, struct err *reterr) {
    struct picture_head h = {0};
    int rc = has(&f, 0, "\x89PNG\r\n\x1a\n")                 ? png_head(f, &h, reterr)
             : has(&f, 0, "\xFF\xD8\xFF")                     ? jpeg_head(f, &h, reterr)
             : has(&f, 0, "RIFF") && has(&f, 8, "WEBP") ? webp_head(f, &h, reterr)
                                                            : type_refuse(f, reterr);
    if (h.width && h.height) { /* its size is the plainer word, where both are wrong */
        int large = size_check(&h, reterr);
        rc = large < 0 ? large : rc;
    } else if (rc == 0) {
        rc = damaged(reterr, "a picture of no size");
    }
    if (rc == 0)
        *ret = h;
    return rc;
}
