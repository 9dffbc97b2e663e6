/* fuzz_cpix.c - key documents from outside; what is taken is written again and read the same. */
#include "media/cpix/cpix.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    scoped(arena_done) struct arena a = ARENA(8 << 20);
    scoped(buf_done) struct buf b = BUF(4 << 20);
    struct cpix c, again;
    if (cpix_read(str_make((const char *)p, n), STR_NULL, &a, &c, NULL))
        return 0;
    bool whole = true;
    for (size_t i = 0; i < c.n_keys; i++)
        whole &= c.keys[i].has_key;
    assert(cpix_write(&c, whole ? CPIX_PLAIN : CPIX_ASK, STR_NULL, &b, NULL) == 0);
    if (b.n > CPIX_MAX || cpix_read(buf_str(&b), STR_NULL, &a, &again, NULL)) {
        assert(b.n > CPIX_MAX || a.failed);
        return 0;
    }
    assert(again.n_keys == c.n_keys && again.n_systems == c.n_systems && again.scheme == c.scheme);
    for (size_t i = 0; i < c.n_keys; i++)
        assert(memcmp(again.keys[i].kid, c.keys[i].kid, 16) == 0 && again.keys[i].classes == c.keys[i].classes &&
               (!whole || memcmp(again.keys[i].key, c.keys[i].key, 16) == 0));
    return 0;
}
