/* test_artwork.c - pictures that somebody sent: taken, cut, written in every size and format; and what is refused. */
#include "clip.h"
#include "media/image/formats.h"
#include "media/image/head.h"
#include "media/image/image_int.h"
#include <fcntl.h>
#include <unistd.h>

/* A picture with a bright upper left corner, so that turning and cutting it shows. */
static AVFrame *drawn(int w, int h, int alpha) {
    AVFrame *f = av_frame_alloc();
    f->width = w;
    f->height = h;
    f->format = AV_PIX_FMT_RGBA;
    cr_assert(av_frame_get_buffer(f, 0) >= 0);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            uint8_t *p = f->data[0] + (ptrdiff_t)y * f->linesize[0] + (ptrdiff_t)x * 4;
            bool corner = x < w / 4 && y < h / 4;
            p[0] = corner ? 250 : 200;
            p[1] = corner ? 250 : (uint8_t)(x * 60 / w);
            p[2] = corner ? 250 : (uint8_t)(y * 60 / h);
            p[3] = x > w / 2 ? (uint8_t)alpha : 255;
        }
    return f;
}

enum kind { PNG, WEBP, JPEG };
static struct str sent(enum kind kind, int w, int h, int alpha) {
    static struct buf b;
    struct err e = {0};
    AVFrame *f = drawn(w, h, alpha), *yuv = NULL;
    b = BUF(64 << 20);
    if (kind == PNG)
        cr_assert_eq(png_encode(f, &b, &e), 0, "%s", e.msg);
    if (kind == WEBP)
        cr_assert_eq(webp_encode(f, 90, &b, &e), 0, "%s", e.msg);
    if (kind == JPEG) {
        cr_assert_eq(yuv_from(f, &yuv, &e), 0, "%s", e.msg);
        cr_assert_eq(jpeg_encode(yuv, &b, &e), 0, "%s", e.msg);
    }
    av_frame_free(&f);
    av_frame_free(&yuv);
    return buf_str(&b);
}

static int make(const char *kind, struct str file, int *ret_out, json_t **ret, struct err *e) {
    int fds[2] = {clip_fd(), clip_fd()};
    struct op_io io = {.fds = fds, .n_fds = 2};
    cr_assert_eq(write(fds[0], file.p, file.n), (ssize_t)file.n);
    *ret_out = fds[1];
    json_t *rq = json_pack("{s:s}", "kind", kind);
    int rc = media_op_find("artwork")->run(&io, rq, ret, e);
    json_decref(rq);
    return rc;
}

static void refused(const char *reason, const char *kind, struct str file) {
    struct err e = {0};
    json_t *r = NULL;
    int out;
    cr_expect_eq(make(kind, file, &out, &r, &e), ERR_BAD_MEDIA, "%s: %s", reason, e.msg);
    cr_expect_str_eq(e.reason, reason, "%s instead of %s: %s", e.reason, reason, e.msg);
    cr_expect(strlen(e.hint) > 20, "no hint for %s", reason);
    cr_expect_eq(lseek(out, 0, SEEK_END), 0, "something was written for %s", reason);
}

/* The file of one size and type begins as such a file does. */
static void look(int out, json_t *size, const char *type, const char *magic, size_t at) {
    json_t *file;
    size_t i;
    json_array_foreach(json_object_get(size, "files"), i, file) {
        char head[16];
        if (strcmp(text(file, "type"), type) != 0)
            continue;
        cr_assert_eq(pread(out, head, sizeof head, num(file, "offset")), (ssize_t)sizeof head);
        cr_expect(memcmp(head + at, magic, strlen(magic)) == 0, "a %s that is none", type);
        cr_expect(num(file, "length") > 100, "a %s of %ld bytes", type, num(file, "length"));
        return;
    }
    cr_expect(false, "no %s", type);
}

/* Its decoder's configuration (AV1-ISOBMFF 2.3.3: marker and version, 0x81, then at least three bytes): browsers refuse a file without. */
static void look_configured(int out, json_t *size) {
    json_t *file;
    size_t i;
    json_array_foreach(json_object_get(size, "files"), i, file) {
        uint8_t head[1024], *box;
        if (strcmp(text(file, "type"), "avif") != 0)
            continue;
        ssize_t n = pread(out, head, MIN(sizeof head, (size_t)num(file, "length")), num(file, "offset"));
        box = n > 0 ? memmem(head, (size_t)n, "av1C", 4) : NULL;
        cr_assert(box && box - head >= 4 && box - head + 5 < n, "no av1C");
        cr_expect_geq(box[-1], 12, "av1C of %d bytes", box[-1]);
        cr_expect_eq(box[4], 0x81);
        return;
    }
    cr_expect(false, "no avif");
}

Test(artwork, a_poster_in_every_size_and_format) {
    static const enum kind kinds[] = {PNG, WEBP, JPEG};
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        struct err e = {0};
        json_t *r = NULL, *size;
        int out;
        size_t i;
        cr_assert_eq(make("poster", sent(kinds[k], 440, 600, 255), &out, &r, &e), 0, "%zu: %s", k, e.msg);
        cr_expect_eq(num(r, "width"), 440);
        cr_expect_eq(json_array_size(json_object_get(r, "sizes")), 2, "never larger than it is: 180, 360 of the 400 that are 2:3");
        json_array_foreach(json_object_get(r, "sizes"), i, size) {
            cr_expect_eq(num(size, "width") * 3, num(size, "height") * 2);
            look(out, size, "jpg", "\xff\xd8\xff", 0);
            look(out, size, "webp", "WEBP", 8);
            look(out, size, "avif", "ftypavif", 4);
            look_configured(out, size);
        }
        cr_expect_eq(text(r, "color")[0], '#');
        cr_expect(text(r, "color")[1] >= 'a', "a red picture: %s", text(r, "color"));
        cr_expect(strncmp(text(r, "blur"), "data:image/webp;base64,", 23) == 0 && strlen(text(r, "blur")) < 700, "%s", text(r, "blur"));
        json_decref(r);
    }
}

Test(artwork, a_logo_keeps_what_shines_through) {
    struct err e = {0};
    json_t *r = NULL;
    int out;
    cr_assert_eq(make("logo", sent(PNG, 500, 120, 40), &out, &r, &e), 0, "%s", e.msg);
    json_t *size = json_array_get(json_object_get(r, "sizes"), 0);
    cr_expect_eq(num(size, "width"), 200);
    cr_expect_eq(num(size, "height"), 48);
    look(out, size, "png", "PNG", 1);
    look(out, size, "webp", "WEBP", 8);
    char file[64 << 10];
    json_t *png = json_array_get(json_object_get(size, "files"), 0);
    ssize_t n = pread(out, file, sizeof file, num(png, "offset"));
    cr_assert(n >= num(png, "length"));
    struct picture_head h;
    cr_assert_eq(picture_head(str_make(file, (size_t)num(png, "length")), &h, &e), 0, "%s", e.msg);
    cr_expect_eq(file[25], 6, "PNG colour type: with alpha");
    cr_expect_str_eq(text(r, "blur"), "", "behind a logo nothing stands");
    json_decref(r);
}

Test(artwork, a_logo_begins_where_it_can_be_seen) {
    struct err e = {0};
    json_t *r = NULL;
    int out;
    cr_assert_eq(make("logo", sent(PNG, 500, 120, 0), &out, &r, &e), 0, "%s", e.msg); /* its right half is clear */
    json_t *size = json_array_get(json_object_get(r, "sizes"), 0);
    cr_expect_eq(num(size, "width"), 200);
    cr_expect_eq(num(size, "height"), 96);
    json_decref(r);
    cr_assert_eq(make("logo", sent(PNG, 190, 120, 0), &out, &r, &e), 0, "%s", e.msg); /* 96 pixels of it alone were refused */
    json_decref(r);
}

Test(artwork, the_wrong_shape_is_said_with_the_right_one) {
    refused("artwork.shape", "poster", sent(JPEG, 640, 360, 255));
    refused("artwork.shape", "backdrop", sent(JPEG, 400, 600, 255));
    refused("artwork.shape", "still", sent(JPEG, 64, 36, 255));
    refused("artwork.shape", "logo", sent(PNG, 1200, 20, 255));
}

static struct str changed(struct str file, size_t at, const void *bytes, size_t n) {
    char *copy = malloc(file.n);
    memcpy(copy, file.p, file.n);
    memcpy(copy + at, bytes, n);
    return str_make(copy, file.n);
}
static struct str with_tail(struct str file, const char *tail, size_t n) {
    char *copy = malloc(file.n + n);
    memcpy(copy, file.p, file.n);
    memcpy(copy + file.n, tail, n);
    return str_make(copy, file.n + n);
}

Test(artwork, bombs_are_refused_by_their_head) {
    static const uint8_t side[8] = {0, 0, 0xC3, 0x50, 0, 0, 0xC3, 0x50}; /* 50,000 */
    refused("artwork.too_large", "poster", changed(sent(PNG, 200, 300, 255), 16, side, 8));
    struct str jpeg = sent(JPEG, 200, 300, 255);
    static const uint8_t sof[4] = {0xC3, 0x50, 0xC3, 0x50};
    for (size_t i = 0; i + 9 < jpeg.n; i++)
        if ((uint8_t)jpeg.p[i] == 0xFF && (uint8_t)jpeg.p[i + 1] == 0xC0) {
            refused("artwork.too_large", "poster", changed(jpeg, i + 5, sof, 4));
            break;
        }
    static const char vp8x[] = "RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x4f\xc3\0\x4f\xc3\0VP8 \0\0\0\0";
    refused("artwork.too_large", "poster", str_make(vp8x, sizeof vp8x - 1));
    static const char three[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x2e\xe0\0\0\x2e\xe0\x08\6\0\0\0\0\0\0\0"; /* 12,000 each: 144 MP */
    refused("artwork.too_large", "poster", str_make(three, sizeof three - 1));
}

Test(artwork, drawings_with_scripts_and_other_files_are_refused) {
    refused("artwork.svg", "poster", STR("<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>"));
    refused("artwork.svg", "poster", STR("\xEF\xBB\xBF \n<?xml version=\"1.0\"?><svg/>"));
    refused("artwork.svg", "poster", STR("<!DOCTYPE html><script>alert(1)</script>"));
    refused("artwork.svg", "logo", STR("\x1f\x8b\x08\0\0\0\0\0\0\0 an svgz"));
    refused("artwork.type", "poster", STR("GIF89a\x01\0\x01\0/*=1;alert(1)//"));
    refused("artwork.type", "poster", STR("BM a bitmap"));
    refused("artwork.type", "poster", STR("%PDF-1.4"));
    refused("artwork.damaged", "poster", STR(""));
}

Test(artwork, two_files_in_one_are_refused_and_nothing_but_pixels_gets_out) {
    static const char zip[] = "PK\3\4 a whole archive";
    refused("artwork.more", "poster", with_tail(sent(PNG, 200, 300, 255), zip, sizeof zip));
    refused("artwork.more", "poster", with_tail(sent(JPEG, 200, 300, 255), zip, sizeof zip));
    refused("artwork.more", "poster", with_tail(sent(WEBP, 200, 300, 255), zip, sizeof zip));
    /* In a comment it is a good picture; the comment stays behind. */
    struct str jpeg = sent(JPEG, 200, 300, 255);
    static const char comment[] = "\xFF\xFE\0\x1c<script>alert(1)</script>!";
    char *both = malloc(jpeg.n + sizeof comment);
    memcpy(both, jpeg.p, 2);
    memcpy(both + 2, comment, 30);
    memcpy(both + 32, jpeg.p + 2, jpeg.n - 2);
    struct err e = {0};
    json_t *r = NULL;
    int out;
    cr_assert_eq(make("poster", str_make(both, jpeg.n + 30), &out, &r, &e), 0, "%s", e.msg);
    off_t n = lseek(out, 0, SEEK_END);
    char *all = malloc((size_t)n);
    cr_assert_eq(pread(out, all, (size_t)n, 0), n);
    cr_expect_null(memmem(all, (size_t)n, "script", 6));
    json_decref(r);
}

Test(artwork, what_is_cut_off_or_moves_is_refused) {
    struct str png = sent(PNG, 200, 300, 255);
    refused("artwork.damaged", "poster", str_slice(png, 0, png.n / 2));
    refused("artwork.damaged", "poster", str_slice(png, 0, 20));
    struct str jpeg = sent(JPEG, 200, 300, 255);
    refused("artwork.damaged", "poster", str_slice(jpeg, 0, jpeg.n / 2));
    struct str webp = sent(WEBP, 200, 300, 255);
    refused("artwork.damaged", "poster", str_slice(webp, 0, webp.n / 2));
    /* A PNG whose pixels are not: IDAT's own checksum tells. */
    uint8_t zero[16] = {0};
    refused("artwork.damaged", "poster", changed(sent(PNG, 200, 300, 255), 60, zero, 16));
    static const char moving[] = "RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\2\0\0\0\x4f\0\0\x4f\0\0";
    refused("artwork.animated", "poster", str_make(moving, sizeof moving - 1));
}

Test(artwork, a_picture_that_was_taken_on_its_side_stands) {
    for (int o = 1; o <= 8; o++) {
        struct err e = {0};
        AVFrame *f = drawn(40, 20, 255);
        cr_assert_eq(rgba_upright(&f, o, &e), 0);
        cr_expect_eq(f->width, o >= 5 ? 20 : 40);
        static const struct {
            int right, low; /* where the bright corner, stored upper left, is shown */
        } where[] = {{0, 0}, {0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}, {1, 0}, {1, 1}, {0, 1}};
        int x = where[o].right ? f->width - 2 : 1, y = where[o].low ? f->height - 2 : 1;
        cr_expect_eq(f->data[0][y * f->linesize[0] + x * 4], 250, "orientation %d", o);
        av_frame_free(&f);
    }
}

Test(artwork, a_moment_of_the_film) {
    const char *clip = clip_make("mp4", "-f lavfi -i color=red:s=640x360:r=25:d=2 -f lavfi -i color=blue:s=640x360:r=25:d=2 "
                                        "-filter_complex concat=n=2 -c:v libx264 -preset ultrafast -g 10");
    static const struct {
        int64_t at_us;
        char channel;
    } moments[] = {{0, 'r'}, {1900000, 'r'}, {2100000, 'b'}, {3990000, 'b'}};
    for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
        struct err e = {0};
        json_t *r = NULL;
        int fds[2] = {open(clip, O_RDONLY), clip_fd()};
        struct op_io io = {.fds = fds, .n_fds = 2};
        json_t *rq = json_pack("{s:s, s:I}", "kind", "still", "at_us", (json_int_t)moments[i].at_us);
        cr_assert_eq(media_op_find("artwork")->run(&io, rq, &r, &e), 0, "%s", e.msg);
        const char *c = text(r, "color");
        long red = strtol(str_cstr(&(struct arena){.max = 1 << 16}, str_make(c + 1, 2)), NULL, 16);
        cr_expect_eq(red > 128, moments[i].channel == 'r', "at %ld: %s", (long)moments[i].at_us, c);
        json_decref(r);
        json_decref(rq);
    }
}
