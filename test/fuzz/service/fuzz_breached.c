/* fuzz_breached.c - any bytes as the operator's file of known passwords: nothing falls over, nothing loops, and a list that has the
 * word on its first line finds it. */
#include "service/identity/identity_int.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int find_in(const uint8_t *head, size_t n, const uint8_t *data, size_t size) {
    struct err e = {0};
    scoped(fd_close) int fd = memfd_create("list", MFD_CLOEXEC);
    if (fd < 0 || write(fd, head, n) != (ssize_t)n || write(fd, data, size) != (ssize_t)size)
        return 1;
    return breached_find(fd, STR("popcorn time"), &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char first[] = "popcorn time\n";
    find_in(data, 0, data, size);
    if (find_in((const uint8_t *)first, sizeof first - 1, data, size) != 1)
        abort();
    /* The hash of another word before it: the rest is looked at as hashes. */
    static const char hash[] = "0000000000000000000000000000000000000000:1\n";
    find_in((const uint8_t *)hash, sizeof hash - 1, data, size);
    return 0;
}
