/* fuzz_challenge.c - licence requests of players; the first byte says of which system. */
#include "media/drm/challenge.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    struct challenge c;
    if (!n || !challenge_read(p[0] % DRM_SYSTEMS, str_make((const char *)p + 1, n - 1), &c))
        return 0;
    assert(c.n_kids <= CHALLENGE_KIDS_MAX && !(c.certificate && c.n_kids));
    for (size_t i = 0; i < c.n_kids; i++)
        for (size_t j = 0; j < i; j++)
            assert(memcmp(c.kids[i], c.kids[j], 16) != 0);
    return 0;
}
