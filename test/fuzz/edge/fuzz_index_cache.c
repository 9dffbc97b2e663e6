/* fuzz_index_cache.c - any bytes as an index, looked up as a worker does. */
#include "../../../edge/index_cache.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASSET "01ARZ3NDEKTSV4RRFFQ69G5FAV"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The checksums are made right, or nothing behind them would ever be reached. */
static void seal(uint8_t *p, size_t size) {
    struct index_header h;
    if (size < sizeof h)
        return;
    memcpy(&h, p, sizeof h);
    h.magic = INDEX_MAGIC;
    h.version = INDEX_VERSION;
    h.n_objects = 1 + h.n_objects % 3;
    h.check = index_crc32(&h, 120);
    memcpy(p, &h, sizeof h);
    for (size_t at = (size_t)index_extent_at(&h, 0); at + INDEX_EXTENT <= size;
         at += INDEX_EXTENT) {
        uint32_t check = index_crc32(p + at, 44);
        memcpy(p + at + 44, &check, 4);
    }
}

static char root[64], path[160];

static void clean(void) {
    unlink(path);
    for (char *slash; strlen(path) > strlen(root) && (slash = strrchr(path, '/'));) {
        *slash = 0;
        rmdir(path);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct index_cache *c;
    static int64_t now;
    struct index_found f;
    if (!c) {
        snprintf(root, sizeof root, "/tmp/matinee-fuzz-XXXXXX");
        if (!mkdtemp(root))
            abort();
        snprintf(path, sizeof path, "%s/asset", root);
        mkdir(path, 0700);
        snprintf(path, sizeof path, "%s/asset/" ASSET, root);
        mkdir(path, 0700);
        snprintf(path, sizeof path, "%s/asset/" ASSET "/v1.idx", root);
        c = index_cache_new(root, 2, 0);
        atexit(clean);
    }
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, data, size);
    seal(copy, size);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, copy, size) != (ssize_t)size)
        abort();
    close(fd);
    free(copy);
    static const uint32_t numbers[] = {0, 1, 255, 256, 1000, 999999999, INDEX_INIT};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        if (index_cache_find(c, STR(ASSET), STR("v1"), numbers[i], now++, &f) == 0 &&
            (strchr(f.object, '/') || f.object[0] == '.'))
            abort();
    return 0;
}
