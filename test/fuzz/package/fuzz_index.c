/* fuzz_index.c - an index file of any bytes: refused, or read without leaving it. The checksums are
 * made right first, so that the fuzzer gets past them. */
#include "media/cmaf/index.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static int fd = -1;
    struct index_header h;
    uint8_t file[4096];
    n = n < sizeof file ? n : sizeof file;
    memcpy(file, p, n);
    if (n >= sizeof h) {
        memcpy(&h, file, sizeof h);
        h.magic = INDEX_MAGIC, h.version = INDEX_VERSION;
        h.check = index_crc32(&h, 120);
        memcpy(file, &h, sizeof h);
    }
    if (fd < 0)
        fd = memfd_create("index", 0);
    if (ftruncate(fd, 0) < 0 || pwrite(fd, file, n, 0) != (ssize_t)n)
        return 0;
    if (index_read_header(fd, &h) < 0)
        return 0;
    struct index_object o;
    struct index_extent e;
    for (uint32_t i = 0; i < h.n_objects && i < 8; i++)
        if (index_read_object(fd, &h, i, &o) == 0)
            assert(strnlen(o.name, sizeof o.name) < sizeof o.name && !strchr(o.name, '/'));
    for (uint32_t i = 0; i < h.count && i < 100; i++)
        if (index_read_extent(fd, &h, i, &e) == 0)
            assert(e.object < h.n_objects && e.iframe_length <= e.length);
    assert(index_read_extent(fd, &h, h.count, &e) < 0);
    return 0;
}
