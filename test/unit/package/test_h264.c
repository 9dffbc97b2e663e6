/* test_h264.c - parameter sets and slice headers against what x264 wrote (and FFmpeg's
 * trace_headers says). */
#include "fixture.h"
#include <criterion/criterion.h>
#include <string.h>

static struct h264_params params;

static void parse(void) {
    struct err e;
    cr_assert_eq(h264_config_parse(fixture_avcc, fixture_n_avcc, &params, &e), 0, "%s", e.msg);
}

Test(h264, a_parameter_set_gives_size_profile_and_colour) {
    parse();
    const struct h264_sps *s = &params.sps[params.first_sps];
    cr_assert_eq(s->width, 640);
    cr_assert_eq(s->height, 360);
    cr_assert_eq(s->profile, 100);
    cr_assert_eq(s->level, 30);
    cr_assert(s->has_colour);
    cr_assert_eq(s->primaries, 1);
    cr_assert_eq(s->matrix, 1);
    cr_assert_eq(params.nal_length, 4);
}

Test(h264, a_slice_header_ends_where_ffmpeg_says) {
    static const uint8_t idr[] = {0x65, 0x88, 0x84, 0x00, 0x47, 0xda, 0xe3, 0x98},
                         p[] = {0x41, 0x9a, 0x22, 0x18, 0x88, 0xff, 0xb8, 0xfb},
                         b[] = {0x01, 0x9e, 0x41, 0x44, 0x2d, 0xff, 0xfe, 0xed};
    parse();
    cr_assert_eq(h264_slice_header(&params, idr, sizeof idr), 5);
    cr_assert_eq(h264_slice_header(&params, p, sizeof p), 6);
    cr_assert_eq(h264_slice_header(&params, b, sizeof b), 6);
}

Test(h264, what_is_no_slice_or_is_cut_off_has_no_header) {
    static const uint8_t idr[] = {0x65, 0x88, 0x84, 0x00, 0x47},
                         sei[] = {0x06, 0x05, 0x10, 0x80, 0x80};
    parse();
    cr_assert_eq(h264_slice_header(&params, sei, sizeof sei), 0);
    for (size_t n = 0; n < 5; n++)
        cr_assert_eq(h264_slice_header(&params, idr, n), 0, "%zu bytes", n);
    struct h264_params none = {0};
    cr_assert_eq(h264_slice_header(&none, idr, sizeof idr), 0, "without parameter sets");
}

Test(h264, emulation_prevention_bytes_count) {
    /* Every header that has two zero bytes inside and goes on: with 03 after them it is one byte
     * longer. */
    int found = 0;
    parse();
    for (int k = 0; k < 65536; k++) {
        uint8_t a[] = {0x65, 0x88, (uint8_t)(k >> 8), 0, 0, (uint8_t)k, 0xff, 0xff, 0xff, 0xff};
        uint8_t b[] = {0x65, 0x88, (uint8_t)(k >> 8), 0, 0, 3, (uint8_t)k, 0xff, 0xff, 0xff, 0xff};
        size_t n = h264_slice_header(&params, a, sizeof a);
        if (k >> 8 == 0 || (k & 255) < 4 || n < 6)
            continue;
        cr_assert_eq(h264_slice_header(&params, b, sizeof b), n + 1, "%04x", k);
        found++;
    }
    cr_assert_gt(found, 0);
}

Test(h264, a_damaged_configuration_is_refused) {
    uint8_t bytes[64];
    struct err e;
    for (size_t n = 0; n < fixture_n_avcc - 5; n++) {
        memcpy(bytes, fixture_avcc, fixture_n_avcc);
        cr_assert_eq(h264_config_parse(bytes, n, &params, &e), ERR_BAD_MEDIA, "%zu bytes", n);
    }
    bytes[4] = 0xfe; /* length fields of three bytes */
    cr_assert_eq(h264_config_parse(bytes, fixture_n_avcc, &params, &e), ERR_BAD_MEDIA);
}
