/* fuzz_segment.c - init segments and fragments that were tampered with. */
#include "media/cmaf/cmaf.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    struct cenc_params params = {.scheme = SCHEME_CENC};
    if (n == 0)
        return 0;
    cmaf_init_protection(p, n, &params, NULL);
    params =
        (struct cenc_params){.scheme = p[0] & 1 ? SCHEME_CBCS : SCHEME_CENC, .crypt = 1, .skip = 9};
    uint8_t *copy = malloc(n);
    memcpy(copy, p + 1, n - 1);
    cmaf_segment_decrypt(copy, n - 1, &params, NULL);
    free(copy);
    return 0;
}
