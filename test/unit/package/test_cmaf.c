/* test_cmaf.c - track files: boxes as text, segments where they should be, encrypted and read back.
 */
#include "fixture.h"
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static const struct cenc_key key = {.kid = {0xaa, 1, 2, 3}, .key = {9, 8, 7}};

struct made {
    struct track_desc t;
    struct fixture_file file;
    int idx;
    struct cenc_params p;
    struct arena a;
};

static struct made make(bool video, int seconds, enum scheme scheme) {
    struct made m = {.idx = fixture_temp(), .a = ARENA(1 << 20)};
    int out = fixture_temp();
    if (scheme != SCHEME_CLEAR)
        cr_assert_eq(cenc_params_make(scheme, &key, STR("asset"), 0, video, &m.p, NULL), 0);
    fixture_track(video, seconds, scheme == SCHEME_CLEAR ? NULL : &m.p, out, m.idx, &m.a, &m.t);
    m.file = fixture_read(out);
    return m;
}

static void golden(bool video, enum scheme scheme, const char *name) {
    struct made m = make(video, 9, scheme);
    scoped(buf_done) struct buf b = BUF(1 << 20);
    fixture_dump(&b, m.file.p, m.file.n, 0);
    fixture_golden(name, buf_str(&b));
}

static void sound_golden(enum cmaf_codec codec, enum scheme scheme, const char *name, const char *string) {
    struct made m = {.idx = fixture_temp(), .a = ARENA(1 << 20)};
    int out = fixture_temp();
    if (scheme != SCHEME_CLEAR)
        cr_assert_eq(cenc_params_make(scheme, &key, STR("asset"), 0, false, &m.p, NULL), 0);
    fixture_sound(codec, 5, scheme == SCHEME_CLEAR ? NULL : &m.p, out, m.idx, &m.a, &m.t);
    m.file = fixture_read(out);
    cr_expect_str_eq(m.t.codec.p, string);
    scoped(buf_done) struct buf b = BUF(1 << 20);
    fixture_dump(&b, m.file.p, m.file.n, 0);
    fixture_golden(name, buf_str(&b));
}

Test(cmaf, boxes_of_opus_tracks) {
    sound_golden(CMAF_OPUS, SCHEME_CLEAR, "opus-clear.boxes", "Opus");
    sound_golden(CMAF_OPUS, SCHEME_CENC, "opus-cenc.boxes", "Opus");
}
Test(cmaf, boxes_of_eac3_tracks) {
    sound_golden(CMAF_EAC3, SCHEME_CLEAR, "eac3-clear.boxes", "ec-3");
    sound_golden(CMAF_EAC3, SCHEME_CBCS, "eac3-cbcs.boxes", "ec-3");
}
Test(cmaf, boxes_of_a_clear_picture_track) {
    golden(true, SCHEME_CLEAR, "video-clear.boxes");
}
Test(cmaf, boxes_of_a_cbcs_picture_track) {
    golden(true, SCHEME_CBCS, "video-cbcs.boxes");
}
Test(cmaf, boxes_of_a_cenc_picture_track) {
    golden(true, SCHEME_CENC, "video-cenc.boxes");
}
Test(cmaf, boxes_of_a_clear_sound_track) {
    golden(false, SCHEME_CLEAR, "audio-clear.boxes");
}
Test(cmaf, boxes_of_a_cbcs_sound_track) {
    golden(false, SCHEME_CBCS, "audio-cbcs.boxes");
}

Test(cmaf, segments_are_two_gops_and_start_on_pages) {
    struct made m = make(true, 9, SCHEME_CLEAR);
    cr_assert_eq(m.t.n_extents, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct index_extent *e = &m.t.extents[i];
        cr_assert_eq(e->offset % 4096, 0);
        cr_assert_eq(e->time, i * 4 * 12800);
        cr_assert_eq(e->duration, i == 2 ? 12800u : 4u * 12800);
        /* The I-frame's range ends with the picture, whose payload is known. */
        uint8_t last = m.file.p[e->offset + e->iframe_length - 1];
        cr_assert_eq(last, (uint8_t)(1 + (i * 100 * 7 + 1499 * 13) % 255));
    }
    cr_assert_eq(m.t.duration, 9 * 12800);
    cr_assert_str_eq(m.t.codec.p, "avc1.64001e");
    cr_assert_eq(m.t.edit_start, 512, "the picture decoded before time 0 is skipped by an edit");
}

Test(cmaf, sound_segments_stay_with_the_pictures) {
    struct made m = make(false, 61, SCHEME_CLEAR);
    uint64_t sum = 0;
    for (size_t i = 0; i < m.t.n_extents; i++) {
        const struct index_extent *e = &m.t.extents[i];
        cr_assert_eq(e->time, sum);
        int64_t off = (int64_t)e->time - (int64_t)i * 4 * 48000;
        cr_assert(off <= 512 && off >= -512, "segment %zu starts %lld samples off", i,
                  (long long)off);
        sum += e->duration;
    }
    cr_assert_eq(sum, 61 * 48000, "padding of the last frame is not played");
    cr_assert_eq(m.t.edit_start, 1024);
    cr_assert_str_eq(m.t.codec.p, "mp4a.40.2");
}

Test(cmaf, the_index_file_says_what_the_description_says) {
    struct made m = make(true, 9, SCHEME_CBCS);
    struct index_header h;
    struct index_extent e[3];
    cr_assert_eq(index_read_header(m.idx, &h), 0);
    cr_assert_eq(h.count, 3);
    cr_assert_eq(h.init_length, m.t.init_length);
    cr_assert_eq(index_read_extents(m.idx, &h, e), 0);
    cr_assert_eq(memcmp(e, m.t.extents, sizeof e), 0);
}

static void decrypted_equals_clear(bool video, enum scheme scheme) {
    struct made c = make(video, 9, SCHEME_CLEAR), m = make(video, 9, scheme);
    struct cenc_params p;
    struct err e = {0};
    cr_assert_eq(cmaf_init_protection(m.file.p, m.t.init_length, &p, &e), 1, "%s", e.msg);
    cr_assert_eq(p.scheme, scheme);
    cr_assert_arr_eq(p.key.kid, key.kid, 16);
    cr_assert_eq(cmaf_init_protection(c.file.p, c.t.init_length, &(struct cenc_params){0}, &e), 0);
    p.key = key;
    for (size_t i = 0; i < m.t.n_extents; i++) {
        const struct index_extent *x = &m.t.extents[i], *y = &c.t.extents[i];
        uint8_t *seg = m.file.p + x->offset, *plain = c.file.p + y->offset;
        /* The data is the tail of both: only boxes differ in length. */
        size_t tail = video ? 1300 : 8000;
        cr_assert_arr_neq(seg + x->length - tail, plain + y->length - tail, tail);
        cr_assert_eq(cmaf_segment_decrypt(seg, x->length, &p, &e), 0, "%s", e.msg);
        cr_assert_arr_eq(seg + x->length - tail, plain + y->length - tail, tail, "segment %zu", i);
    }
}

Test(cmaf, cbcs_pictures_decrypt_to_the_clear_ones) {
    decrypted_equals_clear(true, SCHEME_CBCS);
}
Test(cmaf, cenc_pictures_decrypt_to_the_clear_ones) {
    decrypted_equals_clear(true, SCHEME_CENC);
}
Test(cmaf, cbcs_sound_decrypts_to_the_clear_one) {
    decrypted_equals_clear(false, SCHEME_CBCS);
}
Test(cmaf, cenc_sound_decrypts_to_the_clear_one) {
    decrypted_equals_clear(false, SCHEME_CENC);
}

Test(cmaf, a_segment_cut_anywhere_is_refused_not_followed) {
    struct made m = make(true, 4, SCHEME_CENC);
    const struct index_extent *x = &m.t.extents[0];
    for (size_t n = 1; n < x->length; n += 1 + n / 40) {
        uint8_t *copy = malloc(n);
        memcpy(copy, m.file.p + x->offset, n);
        /* Cut between two boxes it is whole; everywhere else it is not. */
        struct box b;
        size_t at = 0;
        while (box_read(copy + at, n - at, &b))
            at += b.size;
        int r = cmaf_segment_decrypt(copy, n, &m.p, NULL);
        if (at < n)
            cr_assert_eq(r, ERR_BAD_MEDIA, "%zu bytes", n);
        free(copy);
    }
}

Test(cmaf, sidx_leads_from_segment_to_segment) {
    struct made m = make(true, 21, SCHEME_CLEAR);
    struct box b;
    cr_assert(box_find(m.file.p, m.file.n, "sidx", &b));
    const uint8_t *f = b.p + b.header;
    uint64_t at = (uint64_t)(b.p - m.file.p) + b.size + get_be64(f + 20);
    uint32_t n = get_be16(f + 30);
    cr_assert_eq(n, m.t.n_extents);
    for (uint32_t i = 0; i < n; i++) {
        cr_assert_eq(at, m.t.extents[i].offset);
        cr_assert_eq(get_be32(f + 32 + 12 * i + 4), m.t.extents[i].duration);
        at += get_be32(f + 32 + 12 * i);
    }
    cr_assert_eq(at, m.file.n);
}

Test(cmaf, the_same_samples_give_the_same_bytes) {
    struct made a = make(true, 9, SCHEME_CBCS), b = make(true, 9, SCHEME_CBCS);
    cr_assert_eq(a.file.n, b.file.n);
    cr_assert_eq(memcmp(a.file.p, b.file.p, a.file.n), 0);
}

Test(cmaf, a_track_without_samples_or_without_a_first_keyframe_is_refused) {
    struct cmaf_format f = {.codec = CMAF_H264,
                            .timescale = 25,
                            .width = 640,
                            .height = 360,
                            .extra = fixture_avcc,
                            .n_extra = fixture_n_avcc};
    struct cmaf_writer *w;
    struct arena a = ARENA(1 << 20);
    struct track_desc t = {0};
    uint8_t data[100];
    cr_assert_eq(cmaf_writer_new(&f, "v1.cmaf", fixture_temp(), fixture_temp(), &w, NULL), 0);
    cr_assert_eq(cmaf_writer_end(w, 0, &a, &t, NULL), ERR_BAD_MEDIA);
    struct cmaf_sample s = {0, 0, 1, false, data, fixture_picture(data, 1, false, 100)};
    cr_assert_eq(cmaf_write(w, &s, NULL), ERR_BAD_MEDIA);
    cmaf_writer_free(w);
}

Test(cmaf, a_full_disk_is_said_so) {
    FILE *full = fopen("/dev/full", "r+");
    if (!full)
        cr_skip_test("no /dev/full here");
    struct cmaf_format f = {.codec = CMAF_H264,
                            .timescale = 25,
                            .width = 640,
                            .height = 360,
                            .extra = fixture_avcc,
                            .n_extra = fixture_n_avcc};
    struct cmaf_writer *w;
    struct arena a = ARENA(1 << 20);
    struct track_desc t = {0};
    struct err e = {0};
    uint8_t data[100];
    cr_assert_eq(cmaf_writer_new(&f, "v1.cmaf", fileno(full), fixture_temp(), &w, &e), 0);
    struct cmaf_sample s = {0, 0, 1, true, data, fixture_picture(data, 0, true, 100)};
    cr_assert_eq(cmaf_write(w, &s, &e), 0);
    cr_assert_eq(cmaf_writer_end(w, 0, &a, &t, &e), ERR_NO_SPACE, "%s", e.msg);
    cmaf_writer_free(w);
    fclose(full);
}
