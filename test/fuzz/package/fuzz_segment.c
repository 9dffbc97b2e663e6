/* fuzz_segment.c - init segments and fragments that were tampered with, alone and as a track file that is read in clear. */
#include "media/cmaf/clear.h"
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Under the key that a sample group names, wherever there is one, so that what follows is reached. */
static void key_find(const uint8_t *p, size_t n, struct cenc_key *ret) {
    const uint8_t *group = memmem(p, n, "seig", 4);
    if (group && (size_t)(p + n - group) >= 32)
        memcpy(ret->kid, group + 16, 16);
}

static void file_read(const uint8_t *p, size_t n, const struct cenc_key *keys) {
    struct cmaf_clear *c;
    int fd = memfd_create("track", MFD_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, p, n) == (ssize_t)n && cmaf_clear_open(fd, keys, 2, &c, NULL) >= 0) {
        uint8_t piece[4096];
        for (int64_t at = 0, got = 1; at < (int64_t)n && got > 0; at += got)
            got = cmaf_clear_pread(c, piece, sizeof piece, at);
        cmaf_clear_free(c);
    }
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    struct cenc_params params = {.scheme = SCHEME_CENC};
    struct cenc_key keys[2] = {{.kid = {0}}};
    if (n == 0)
        return 0;
    cmaf_init_protection(p, n, &params, NULL);
    keys[0] = params.key;
    key_find(p, n, &keys[1]);
    file_read(p, n, keys);
    params =
        (struct cenc_params){.scheme = p[0] & 1 ? SCHEME_CBCS : SCHEME_CENC, .crypt = 1, .skip = 9};
    keys[0] = params.key;
    uint8_t *copy = malloc(n);
    memcpy(copy, p + 1, n - 1);
    cmaf_segment_decrypt_keys(copy, n - 1, &params, keys, 2, NULL);
    free(copy);
    return 0;
}
