/* fuzz_h264.c - parameter sets and slice headers, then a sample cut into subsamples that must cover
 * it. */
#include "media/cenc/cenc.h"
#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static struct h264_params params;
    if (n < 2 || p[0] + 1u > n)
        return 0;
    size_t config = p[0];
    if (h264_config_parse(p + 1, config, &params, NULL) < 0)
        return 0;
    const uint8_t *sample = p + 1 + config;
    n -= 1 + config;
    struct cenc_ranges r = {0};
    enum scheme scheme = config & 1 ? SCHEME_CBCS : SCHEME_CENC;
    if (cenc_ranges_h264(&r, &params, scheme, sample, n, NULL) == 0) {
        size_t sum = 0;
        for (size_t i = 0; i < r.n; i++) {
            sum += (size_t)r.v[i].clear + r.v[i].prot;
            assert(r.v[i].clear <= 65535);
            assert(scheme == SCHEME_CBCS || r.v[i].prot % 16 == 0);
        }
        assert(sum == n);
    }
    cenc_ranges_done(&r);
    return 0;
}
