/* test_picture_boxes.c - sample entries of HEVC and AV1, byte by byte: clear, protected, HDR10. */
#include "fixture.h"
#include <criterion/criterion.h>
#include <string.h>

static const struct picture_look bright = {.has_mastering = true, .has_light = true, .max_cll = 1000, .max_fall = 400,
                                           .mastering = {{{13250, 34500}, {7500, 3000}, {34000, 16000}}, {15635, 16450}, 10000000, 50}};

static void entry_dump(struct buf *out, enum cmaf_codec codec, const uint8_t *config, size_t n, const struct cenc_params *protect) {
    struct picture *p = NULL;
    struct err e = {0};
    char text[CODEC_STRING];
    scoped(buf_done) struct buf b = BUF(64 << 10);
    cr_assert_eq(picture_new(codec, config, n, &p, &e), 0, "%s", e.msg);
    struct cmaf_format f = {.codec = codec, .timescale = 25, .width = 64, .height = 64, .extra = config, .n_extra = n};
    picture_entry_write(&b, &(struct cmaf_init){.f = &f, .protect = protect, .look = picture_look(p), .mean = 1000, .peak = 2000, .buffer = 300});
    picture_codec_string(p, text);
    buf_addf(out, "%s\n", text);
    fixture_dump(out, b.p, b.n, 1);
    picture_free(p);
}

/* hvcC with the messages of HDR10 in an array of their own, which is not complete: more may come in samples. */
static size_t hvcc_bright(uint8_t dst[256]) {
    static const uint8_t sei[] = {0x27, 0, 2, 0, 9, 0x4e, 0x01, 0x90, 0x04, 0x03, 0xe8, 0x01, 0x90, 0x80,
                                  0, 29, 0x4e, 0x01, 0x89, 0x18, 0x33, 0xc2, 0x86, 0xc4, 0x1d, 0x4c, 0x0b, 0xb8, 0x84, 0xd0, 0x3e,
                                  0x80, 0x3d, 0x13, 0x40, 0x42, 0x00, 0x98, 0x96, 0x80, 0x00, 0x00, 0x03, 0x00, 0x32};
    memcpy(dst, fixture_hvcc, fixture_n_hvcc);
    memcpy(dst + fixture_n_hvcc, sei, sizeof sei);
    dst[22]++;
    return fixture_n_hvcc + sizeof sei;
}

Test(picture_boxes, sample_entries_are_what_they_were) {
    scoped(buf_done) struct buf out = BUF(1 << 20);
    struct cenc_params p;
    struct cenc_key key = {.kid = {0xa0}, .key = {1}};
    uint8_t config[256];
    entry_dump(&out, CMAF_HEVC, fixture_hvcc, fixture_n_hvcc, NULL);
    entry_dump(&out, CMAF_HEVC, config, hvcc_bright(config), NULL);
    cr_assert_eq(cenc_params_make(SCHEME_CBCS, &key, STR("asset"), 0, true, &p, NULL), 0);
    entry_dump(&out, CMAF_HEVC, fixture_hvcc, fixture_n_hvcc, &p);
    entry_dump(&out, CMAF_AV1, fixture_av1c, fixture_n_av1c, NULL);
    memcpy(config, fixture_av1c, fixture_n_av1c);
    entry_dump(&out, CMAF_AV1, config, fixture_n_av1c + av1_metadata_write(&bright, config + fixture_n_av1c), NULL);
    cr_assert_eq(cenc_params_make(SCHEME_CENC, &key, STR("asset"), 0, true, &p, NULL), 0);
    entry_dump(&out, CMAF_AV1, fixture_av1c, fixture_n_av1c, &p);
    fixture_golden("pictures.boxes", buf_str(&out));
}
