/* test_cenc.c - encryption byte by byte against the standard's words, worked out another way. */
#include "fixture.h"
#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <string.h>

static const struct cenc_key key = {
    .kid = {1}, .key = {16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31}};

static struct cenc_params made(enum scheme s, bool video) {
    struct cenc_params p;
    struct err e;
    cr_assert_eq(cenc_params_make(s, &key, STR("asset"), 3, video, &p, &e), 0);
    return p;
}

static void block(const uint8_t *in, uint8_t *out) {
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n;
    EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, key.key, NULL);
    EVP_CIPHER_CTX_set_padding(c, 0);
    cr_assert_eq(EVP_EncryptUpdate(c, out, &n, in, 16), 1);
    EVP_CIPHER_CTX_free(c);
}

static void run(const struct cenc_params *p, bool decrypt, uint8_t *d, size_t n,
                const struct cenc_range *r, size_t nr, const uint8_t *iv) {
    struct cenc *c;
    struct err e = {0};
    cr_assert_eq(cenc_new(p, decrypt, &c, &e), 0);
    cr_assert_eq(cenc_sample(c, d, n, r, nr, iv, 8, &e), 0, "%s", e.msg);
    cenc_free(c);
}

Test(cenc, cbcs_protects_one_block_of_ten_and_starts_anew_each_subsample) {
    struct cenc_params p = made(SCHEME_CBCS, true);
    uint8_t data[1000], want[1000];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = want[i] = (uint8_t)(i * 7);
    struct cenc_range r[] = {{10, 500}, {3, 487}};
    for (size_t k = 0, at = 0; k < 2; k++) {
        uint8_t chain[16];
        memcpy(chain, p.iv, 16);
        at += r[k].clear;
        for (size_t b = 0; b + 16 <= r[k].prot; b += 160) {
            for (int i = 0; i < 16; i++)
                chain[i] ^= want[at + b + (size_t)i];
            block(chain, want + at + b);
            memcpy(chain, want + at + b, 16);
        }
        at += r[k].prot;
    }
    run(&p, false, data, sizeof data, r, 2, NULL);
    cr_assert_arr_eq(data, want, sizeof data);
    run(&p, true, data, sizeof data, r, 2, NULL);
    for (size_t i = 0; i < sizeof data; i++)
        cr_assert_eq(data[i], (uint8_t)(i * 7));
}

Test(cenc, cbcs_sound_is_protected_whole_but_for_the_last_part_of_a_block) {
    struct cenc_params p = made(SCHEME_CBCS, false);
    uint8_t data[100] = {0};
    run(&p, false, data, sizeof data, NULL, 0, NULL);
    cr_assert_eq(p.crypt, 0);
    for (size_t b = 0; b < 96; b += 16)
        cr_assert_arr_neq(data + b, ((uint8_t[16]){0}), 16);
    cr_assert_arr_eq(data + 96, ((uint8_t[4]){0}), 4);
}

Test(cenc, cenc_counts_through_a_sample_and_over_its_subsamples) {
    struct cenc_params p = made(SCHEME_CENC, true);
    uint8_t data[100] = {0}, iv[8], counter[16] = {0}, pad[64];
    cenc_iv(&p, 5, iv);
    for (int k = 0; k < 4; k++) {
        memcpy(counter, iv, 8);
        counter[15] = (uint8_t)k;
        block(counter, pad + 16 * k);
    }
    struct cenc_range r[] = {{4, 32}, {32, 32}};
    run(&p, false, data, sizeof data, r, 2, iv);
    cr_assert_arr_eq(data, ((uint8_t[4]){0}), 4);
    cr_assert_arr_eq(data + 4, pad, 32);
    cr_assert_arr_eq(data + 36, ((uint8_t[32]){0}), 32);
    cr_assert_arr_eq(data + 68, pad + 32, 32);
}

Test(cenc, counters_of_tracks_under_one_key_never_meet) {
    struct cenc_params a, b;
    uint8_t last[8], first[8];
    cr_assert_eq(cenc_params_make(SCHEME_CENC, &key, STR("asset"), 0, true, &a, NULL), 0);
    cr_assert_eq(cenc_params_make(SCHEME_CENC, &key, STR("asset"), 1, true, &b, NULL), 0);
    cenc_iv(&a, (1 << 24) - 1, last);
    cenc_iv(&b, 0, first);
    cr_assert_lt(memcmp(last, first, 8), 0);
    cr_assert_arr_eq(last, first, 4);
    cr_assert_eq(cenc_params_make(SCHEME_CENC, &key, STR("asset"), 256, true, &a, NULL),
                 ERR_INVALID);
}

static struct h264_params params;

static size_t nal_put(uint8_t *dst, const uint8_t *head, size_t n_head, size_t n) {
    memset(dst, 0xaa, n + 4);
    dst[0] = (uint8_t)(n >> 24), dst[1] = (uint8_t)(n >> 16), dst[2] = (uint8_t)(n >> 8),
    dst[3] = (uint8_t)n;
    memcpy(dst + 4, head, n_head);
    return n + 4;
}

Test(cenc, only_slice_data_is_protected) {
    static const uint8_t sei[] = {0x06, 0x05}, idr[] = {0x65, 0x88, 0x84, 0x00, 0x47, 0xda};
    static uint8_t sample[200000];
    struct cenc_ranges r = {0};
    struct err e;
    cr_assert_eq(h264_config_parse(fixture_avcc, fixture_n_avcc, &params, &e), 0);
    size_t n = nal_put(sample, sei, 2, 70000); /* more than one subsample's clear bytes */
    n += nal_put(sample + n, idr, 6, 1000);
    n += nal_put(sample + n, idr, 6, 333);
    cr_assert_eq(cenc_ranges_h264(&r, &params, SCHEME_CBCS, sample, n, &e), 0, "%s", e.msg);
    cr_assert_eq(r.n, 3);
    cr_assert_eq(r.v[0].clear, 65535);
    cr_assert_eq(r.v[0].prot, 0);
    cr_assert_eq(r.v[1].clear, 70004 - 65535 + 4 + 5);
    cr_assert_eq(r.v[1].prot, 995);
    cr_assert_eq(r.v[2].clear, 9);
    cr_assert_eq(r.v[2].prot, 328);
    r.n = 0;
    cr_assert_eq(cenc_ranges_h264(&r, &params, SCHEME_CENC, sample, n, &e), 0);
    cr_assert_eq(r.v[1].prot, 995 / 16 * 16, "whole blocks under counter mode");
    cr_assert_eq(r.v[1].clear + r.v[1].prot, 70004 - 65535 + 1004);
    cenc_ranges_done(&r);
}

Test(cenc, a_length_past_the_sample_is_refused) {
    static const uint8_t bad[] = {0, 0, 0, 200, 0x65, 0x88}, cut[] = {0, 0},
                         unread[] = {0, 0, 0, 2, 0x65, 0x88};
    struct cenc_ranges r = {0};
    struct err e;
    cr_assert_eq(h264_config_parse(fixture_avcc, fixture_n_avcc, &params, &e), 0);
    cr_assert_eq(cenc_ranges_h264(&r, &params, SCHEME_CBCS, bad, sizeof bad, &e), ERR_BAD_MEDIA);
    cr_assert_eq(cenc_ranges_h264(&r, &params, SCHEME_CBCS, cut, sizeof cut, &e), ERR_BAD_MEDIA);
    cr_assert_eq(cenc_ranges_h264(&r, &params, SCHEME_CBCS, unread, sizeof unread, &e),
                 ERR_BAD_MEDIA);
    cenc_ranges_done(&r);
}

Test(cenc, subsamples_that_do_not_add_up_are_refused) {
    struct cenc_params p = made(SCHEME_CBCS, true);
    struct cenc_range r = {10, 100};
    uint8_t data[100];
    struct cenc *c;
    cr_assert_eq(cenc_new(&p, true, &c, NULL), 0);
    cr_assert_eq(cenc_sample(c, data, sizeof data, &r, 1, NULL, 0, NULL), ERR_BAD_MEDIA);
    cenc_free(c);
}
