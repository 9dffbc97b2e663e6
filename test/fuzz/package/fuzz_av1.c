/* fuzz_av1.c - a configuration, then temporal units (two bytes of length each) cut into subsamples that must cover them. */
#include "media/cenc/cenc.h"
#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static struct av1_stream streams[2];
    char text[64];
    if (n < 2 || p[0] + 1u > n)
        return 0;
    if (av1_config_parse(p + 1, p[0], &streams[0], NULL) < 0)
        return 0;
    streams[1] = streams[0];
    av1_codec_string(&streams[0], text, sizeof text);
    for (size_t at = 1 + (size_t)p[0]; at + 2 < n;) {
        size_t size = (size_t)p[at] << 8 | p[at + 1];
        at += 2;
        size = size < n - at ? size : n - at;
        for (int s = 0; s < 2; s++) {
            struct cenc_ranges r = {0};
            size_t sum = 0;
            if (cenc_ranges_av1(&r, &streams[s], s ? SCHEME_CBCS : SCHEME_CENC, p + at, size, NULL) == 0) {
                for (size_t i = 0; i < r.n; i++) {
                    sum += (size_t)r.v[i].clear + r.v[i].prot;
                    assert(r.v[i].clear <= 65535);
                    assert(s || r.v[i].prot % 16 == 0);
                }
                assert(sum == size);
            }
            cenc_ranges_done(&r);
        }
        at += size;
    }
    return 0;
}
