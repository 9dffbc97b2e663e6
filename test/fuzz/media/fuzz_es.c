/* fuzz_es.c - the reader of elementary files: any bytes, no crash, and no record that breaks its own rules. */
#include "media/es.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int fd = memfd_create("es", 0);
    if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
        abort();
    struct es_reader *r = NULL;
    struct es_record rec;
    struct err e = {0};
    int64_t last = INT64_MIN;
    if (es_reader_new(fd, &r, &e) < 0)
        abort();
    while (es_read(r, size % 2, &rec, &e) == 0 && rec.kind != ES_END) {
        if (rec.kind == ES_PACKET &&
            (rec.packet.dts <= last || rec.packet.pts < rec.packet.dts ||
             rec.packet.offset + rec.packet.size > size))
            abort();
        if (rec.kind == ES_PACKET)
            last = rec.packet.dts;
    }
    es_reader_free(r);
    close(fd);
    return 0;
}
