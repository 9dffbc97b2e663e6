/* fuzz_hevc.c - parameter sets, SEI and slice headers, then a sample cut into subsamples that must cover it. */
#include "media/cenc/cenc.h"
#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static struct hevc_params params;
    char text[64];
    if (n < 2 || p[0] + 1u > n)
        return 0;
    size_t config = p[0];
    if (hevc_config_parse(p + 1, config, &params, NULL) < 0)
        return 0;
    hevc_codec_string(&params.sps[params.first_sps], text, sizeof text);
    const uint8_t *sample = p + 1 + config;
    n -= 1 + config;
    for (int s = SCHEME_CENC; s <= SCHEME_CBCS; s++) {
        struct cenc_ranges r = {0};
        size_t sum = 0;
        if (cenc_ranges_hevc(&r, &params, (enum scheme)s, sample, n, NULL) == 0) {
            for (size_t i = 0; i < r.n; i++) {
                sum += (size_t)r.v[i].clear + r.v[i].prot;
                assert(r.v[i].clear <= 65535);
                assert(s == SCHEME_CBCS || r.v[i].prot % 16 == 0);
            }
            assert(sum == n);
        }
        cenc_ranges_done(&r);
    }
    return 0;
}
