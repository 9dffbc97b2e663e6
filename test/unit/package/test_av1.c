/* test_av1.c - sequence and frame headers against what SVT-AV1 wrote and FFmpeg's trace_headers says, codec strings and metadata against
 * AV1-ISOBMFF's examples and SVT-AV1's own bytes. */
#include "fixture.h"
#include <criterion/criterion.h>
#include <string.h>

/* SVT-AV1 1.4.1, preset 10: the stream of fixture_av1c. */
static const uint8_t sequence[] = {0x0a, 0x0a, 0x00, 0x00, 0x00, 0x02, 0xaf, 0xff, 0x9f, 0x7f, 0x20, 0x08};
/* Its first frames' headers as they stand in frame OBUs, and what is left of the tile behind each. */
static const struct {
    uint8_t bytes[20];
    size_t n, tile;
} frames[] = {
    {{0x14, 0x00, 0xaf, 0x60, 0x90}, 5, 100},
    {{0x29, 0x02, 0x00, 0x12, 0x49, 0x24, 0x8e, 0xd8, 0x02, 0x0a, 0x28, 0x51, 0x42, 0x3e, 0x71, 0x80, 0x00}, 17, 71},
    {{0x29, 0x01, 0x00, 0x82, 0x49, 0x00, 0x0a, 0xde, 0x80, 0x00, 0x01, 0x01, 0x78, 0xc0, 0x00}, 15, 48},
    {{0x32, 0x01, 0x84, 0x04, 0x92, 0x6d, 0x95, 0xc8, 0x00, 0x00, 0x03, 0x00, 0x01, 0x80, 0x00}, 15, 4},
};

static struct av1_stream stream;

static void parse(void) {
    struct err e = {0};
    cr_assert_eq(av1_config_parse(fixture_av1c, fixture_n_av1c, &stream, &e), 0, "%s", e.msg);
}

static size_t frame_add(uint8_t *dst, size_t k) {
    dst[0] = AV1_FRAME << 3 | 2;
    dst[1] = (uint8_t)(frames[k].n + frames[k].tile);
    memcpy(dst + 2, frames[k].bytes, frames[k].n);
    memset(dst + 2 + frames[k].n, 0x5a, frames[k].tile);
    return 2 + frames[k].n + frames[k].tile;
}

/* The key frame's temporal unit. */
static size_t key_unit(uint8_t *dst) {
    memcpy(dst, sequence, sizeof sequence);
    return sizeof sequence + frame_add(dst + sizeof sequence, 0);
}

/* The next: three frames, of which one is shown. */
static size_t next_unit(uint8_t *dst) {
    size_t n = 0;
    for (size_t k = 1; k < ARRAY_LEN(frames); k++)
        n += frame_add(dst + n, k);
    return n;
}

static struct cenc_ranges ranges(enum scheme s, const uint8_t *p, size_t n, int *ret) {
    struct cenc_ranges r = {0};
    struct err e = {0};
    *ret = cenc_ranges_av1(&r, &stream, s, p, n, &e);
    return r;
}

static void expect(const struct cenc_ranges *r, const struct cenc_range *want, size_t n) {
    cr_assert_eq(r->n, n, "%zu subsamples", r->n);
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(r->v[i].clear, want[i].clear, "clear bytes of %zu: %u", i, r->v[i].clear);
        cr_assert_eq(r->v[i].prot, want[i].prot, "protected bytes of %zu: %u", i, r->v[i].prot);
    }
}

Test(av1, tiles_alone_are_protected) {
    uint8_t a[200], b[400];
    size_t na = key_unit(a), nb = next_unit(b);
    const struct cenc_range whole[] = {{2 + 17, 71}, {2 + 15, 48}, {2 + 15, 4}};
    /* Under cenc whole blocks to the tile's last byte: 71 is 64 and 7 in front; 4 stay clear. */
    const struct cenc_range blocks[] = {{2 + 17 + 7, 64}, {2 + 15, 48}, {2 + 15 + 4, 0}};
    int rc;
    parse();
    struct cenc_ranges r = ranges(SCHEME_CBCS, a, na, &rc);
    cr_assert_eq(rc, 0);
    expect(&r, &(struct cenc_range){sizeof sequence + 2 + 5, 100}, 1);
    cenc_ranges_done(&r);
    r = ranges(SCHEME_CBCS, b, nb, &rc);
    cr_assert_eq(rc, 0);
    expect(&r, whole, 3);
    cenc_ranges_done(&r);
    parse();
    r = ranges(SCHEME_CENC, a, na, &rc);
    expect(&r, &(struct cenc_range){sizeof sequence + 2 + 5 + 4, 96}, 1);
    cenc_ranges_done(&r);
    r = ranges(SCHEME_CENC, b, nb, &rc);
    expect(&r, blocks, 3);
    cenc_ranges_done(&r);
}

Test(av1, what_refers_to_nothing_or_is_cut_off_is_refused) {
    uint8_t a[200], b[400];
    size_t na = key_unit(a), nb = next_unit(b);
    int rc;
    parse();
    struct cenc_ranges r = ranges(SCHEME_CENC, b, nb, &rc); /* no key frame before it */
    cr_assert_eq(rc, ERR_BAD_MEDIA);
    cenc_ranges_done(&r);
    for (size_t n = sizeof sequence + 1; n < na; n++) {
        parse();
        r = ranges(SCHEME_CENC, a, n, &rc);
        cr_assert_eq(rc, ERR_BAD_MEDIA, "%zu bytes", n);
        cenc_ranges_done(&r);
    }
}

Test(av1, codec_strings_are_those_of_the_examples) {
    struct av1_stream s = {.seq = {.level = 4, .depth = 10, .subsampling_x = true, .subsampling_y = true, .chroma_position = 2},
                           .look = {.has_colour = true, .primaries = 9, .transfer = 16, .matrix = 9}};
    char text[CODEC_STRING];
    av1_codec_string(&s, text, sizeof text);
    cr_assert_str_eq(text, "av01.0.04M.10.0.112.09.16.09.0");
    s = (struct av1_stream){.seq = {.level = 1, .depth = 8, .subsampling_x = true, .subsampling_y = true},
                            .look = {.has_colour = true, .primaries = 1, .transfer = 1, .matrix = 1}};
    av1_codec_string(&s, text, sizeof text);
    cr_assert_str_eq(text, "av01.0.01M.08");
    s.look = (struct picture_look){0}; /* nothing said: the same is assumed */
    s.seq.tier = 1, s.seq.level = 13;
    av1_codec_string(&s, text, sizeof text);
    cr_assert_str_eq(text, "av01.0.13H.08");
    parse();
    cr_assert_eq(stream.seq.width, 64);
    cr_assert_eq(stream.seq.height, 64);
    av1_codec_string(&stream, text, sizeof text);
    cr_assert_str_eq(text, "av01.0.00M.08");
}

Test(av1, light_is_written_as_svt_writes_it_and_read_again) {
    /* mastering-display=G(0.265,0.690)B(0.15,0.06)R(0.68,0.32)WP(0.3127,0.3290)L(1000.0,0.0050):content-light=1000,400 */
    static const uint8_t want[] = {0x2a, 0x1a, 0x02, 0xae, 0x14, 0x51, 0xec, 0x43, 0xd7, 0xb0, 0xa4, 0x26, 0x66, 0x0f, 0x5c, 0x50, 0x0d, 0x54, 0x39,
                                   0x00, 0x03, 0xe8, 0x00, 0x00, 0x00, 0x00, 0x52, 0x80, 0x2a, 0x06, 0x01, 0x03, 0xe8, 0x01, 0x90, 0x80};
    const struct picture_look l = {.has_mastering = true, .has_light = true, .max_cll = 1000, .max_fall = 400,
                                   .mastering = {{{13250, 34500}, {7500, 3000}, {34000, 16000}}, {15635, 16450}, 10000000, 50}};
    struct picture_look back = {0};
    uint8_t bytes[64];
    size_t n = av1_metadata_write(&l, bytes);
    cr_assert_eq(n, sizeof want);
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(bytes[i], want[i], "byte %zu: %02x", i, bytes[i]);
    cr_assert(av1_metadata_learn(&back, want + 2, 26) && av1_metadata_learn(&back, want + 30, 6));
    cr_assert_eq(memcmp(&back.mastering, &l.mastering, sizeof l.mastering), 0);
    cr_assert(back.max_cll == 1000 && back.max_fall == 400 && back.has_light && back.has_mastering);
    cr_assert(!av1_metadata_learn(&back, want + 2, 20), "cut off");
}

Test(av1, a_damaged_configuration_is_refused) {
    struct err e;
    for (size_t n = 0; n < fixture_n_av1c; n++)
        cr_assert_eq(av1_config_parse(fixture_av1c, n, &stream, &e), ERR_BAD_MEDIA, "%zu bytes", n);
}
