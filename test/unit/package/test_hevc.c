/* test_hevc.c - parameter sets, slice headers and codec strings against what x265 wrote, FFmpeg's trace_headers says, and ISO/IEC 14496-15
 * annex E gives as examples. */
#include "fixture.h"
#include <criterion/criterion.h>
#include <string.h>

/* The first five pictures of fixture_hvcc's stream, cut off behind their headers. */
static const uint8_t slices[5][12] = {{0x28, 0x01, 0xaf, 0x04, 0xd8, 0xdf, 0x73, 0xdd, 0x32, 0x43, 0xdb, 0x48},
                                      {0x02, 0x01, 0xd0, 0x21, 0x49, 0xe1, 0x11, 0x82, 0x6c, 0xc8, 0xc9, 0x0e},
                                      {0x02, 0x01, 0xe0, 0x44, 0x95, 0x78, 0x60, 0xa9, 0xe5, 0xa6, 0xff, 0xff},
                                      {0x00, 0x01, 0xe0, 0x24, 0xfd, 0x7e, 0x8b, 0x05, 0x98, 0xe5, 0xce, 0xff},
                                      {0x00, 0x01, 0xe0, 0x66, 0xb5, 0xfd, 0x46, 0x0b, 0x10, 0xf6, 0x47, 0xee}};
static const size_t headers[5] = {5, 9, 8, 9, 9};

static struct hevc_params params;

static void parse(void) {
    struct err e = {0};
    cr_assert_eq(hevc_config_parse(fixture_hvcc, fixture_n_hvcc, &params, &e), 0, "%s", e.msg);
}

Test(hevc, a_parameter_set_gives_size_depth_and_codec_string) {
    char text[CODEC_STRING];
    parse();
    const struct hevc_sps *s = &params.sps[params.first_sps];
    cr_assert_eq(s->width, 64);
    cr_assert_eq(s->height, 64);
    cr_assert_eq(s->depth_luma, 8);
    cr_assert_eq(s->chroma_format, 1);
    cr_assert_eq(params.nal_length, 4);
    hevc_codec_string(s, text, sizeof text);
    cr_assert_str_eq(text, "hvc1.1.6.L30.90");
}

Test(hevc, codec_strings_are_those_of_the_standards_examples) {
    static const struct {
        uint8_t ptl[HEVC_PTL_BYTES];
        const char *text;
    } cases[] = {
        /* 14496-15 E.3 */
        {{0x01, 0x40, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 93}, "hvc1.1.2.L93.B0"},
        {{0x64, 0x82, 0, 0, 0, 0xb0, 0x23, 0, 0, 0, 0, 120}, "hvc1.A4.41.H120.B0.23"},
        /* Apple's authoring specification */
        {{0x02, 0x20, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 150}, "hvc1.2.4.L150.B0"},
        {{0x02, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 153}, "hvc1.2.4.L153"},
    };
    char text[CODEC_STRING];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct hevc_sps s = {0};
        memcpy(s.ptl, cases[i].ptl, sizeof s.ptl);
        hevc_codec_string(&s, text, sizeof text);
        cr_assert_str_eq(text, cases[i].text);
    }
}

Test(hevc, a_slice_header_ends_where_ffmpeg_says) {
    parse();
    for (size_t i = 0; i < 5; i++) {
        cr_assert_eq(hevc_slice_header(&params, slices[i], sizeof slices[i]), headers[i], "slice %zu", i);
        for (size_t n = 0; n < headers[i]; n++)
            cr_assert_eq(hevc_slice_header(&params, slices[i], n), 0, "%zu bytes of slice %zu", n, i);
    }
    struct hevc_params *none = calloc(1, sizeof *none);
    cr_assert_eq(hevc_slice_header(none, slices[0], sizeof slices[0]), 0, "without parameter sets");
    free(none);
}

Test(hevc, a_damaged_configuration_is_refused) {
    struct err e;
    for (size_t n = 0; n < fixture_n_hvcc; n++)
        cr_assert_eq(hevc_config_parse(fixture_hvcc, n, &params, &e), ERR_BAD_MEDIA, "%zu bytes", n);
}

Test(hevc, messages_about_light_are_kept) {
    /* SEI as x265 writes it, hdr10 with master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1), max-cll=1000,400 */
    static const uint8_t light[] = {0x4e, 0x01, 0x90, 0x04, 0x03, 0xe8, 0x01, 0x90, 0x80},
                         mastering[] = {0x4e, 0x01, 0x89, 0x18, 0x33, 0xc2, 0x86, 0xc4, 0x1d, 0x4c, 0x0b, 0xb8, 0x84, 0xd0, 0x3e,
                                        0x80, 0x3d, 0x13, 0x40, 0x42, 0x00, 0x98, 0x96, 0x80, 0x00, 0x00, 0x03, 0x00, 0x01, 0x80};
    parse();
    cr_assert(hevc_nal_learn(&params, light, sizeof light) && hevc_nal_learn(&params, mastering, sizeof mastering));
    const struct picture_look *l = &params.look;
    cr_assert(l->has_light && l->has_mastering);
    cr_assert_eq(l->max_cll, 1000);
    cr_assert_eq(l->max_fall, 400);
    cr_assert_eq(l->mastering.primaries[0][0], 13250);
    cr_assert_eq(l->mastering.primaries[2][1], 16000);
    cr_assert_eq(l->mastering.white[1], 16450);
    cr_assert_eq(l->mastering.max, 10000000);
    cr_assert_eq(l->mastering.min, 1);
    cr_assert(!hevc_nal_learn(&params, mastering, 20), "cut off");
}

/* A sample: the third picture with 57 bytes behind its header, and SEI in front. */
Test(hevc, slice_data_alone_is_protected) {
    static const uint8_t sei[] = {0x4e, 0x01, 0x05, 0x01, 0x00, 0x80};
    enum { DATA = 57, HEADER = 8 };
    uint8_t sample[4 + sizeof sei + 4 + HEADER + DATA] = {0, 0, 0, sizeof sei};
    struct cenc_ranges cbcs = {0}, cenc = {0};
    struct err e = {0};
    memcpy(sample + 4, sei, sizeof sei);
    sample[4 + sizeof sei + 3] = HEADER + DATA;
    memset(sample + 8 + sizeof sei, 0x5a, HEADER + DATA);
    memcpy(sample + 8 + sizeof sei, slices[2], 10);
    parse();
    cr_assert_eq(cenc_ranges_hevc(&cbcs, &params, SCHEME_CBCS, sample, sizeof sample, &e), 0, "%s", e.msg);
    cr_assert_eq(cbcs.n, 1);
    cr_assert_eq(cbcs.v[0].clear, 8 + sizeof sei + HEADER);
    cr_assert_eq(cbcs.v[0].prot, DATA);
    cr_assert_eq(cenc_ranges_hevc(&cenc, &params, SCHEME_CENC, sample, sizeof sample, &e), 0, "%s", e.msg);
    cr_assert_eq(cenc.n, 1);
    cr_assert_eq(cenc.v[0].clear, 8 + sizeof sei + HEADER + DATA % 16);
    cr_assert_eq(cenc.v[0].prot, DATA / 16 * 16);
    sample[4 + sizeof sei + 3]++;
    cr_assert_eq(cenc_ranges_hevc(&cenc, &params, SCHEME_CENC, sample, sizeof sample, &e), ERR_BAD_MEDIA);
    cenc_ranges_done(&cbcs);
    cenc_ranges_done(&cenc);
}
