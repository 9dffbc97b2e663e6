/* fuzz_probe.c - the operation "probe" on mutated small files: it answers or refuses, in bounded time. */
#include "media/ops.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int fd = memfd_create("film", 0);
    if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
        abort();
    struct op_io io = {.fds = &fd, .n_fds = 1};
    json_t *request = json_object(), *result = NULL;
    struct err e = {0};
    alarm(60); /* a hang is a failure too */
    int rc = media_op_find("probe")->run(&io, request, &result, &e);
    alarm(0);
    if (rc < 0 ? e.code != rc || !e.msg[0] : !result)
        abort();
    json_decref(result);
    json_decref(request);
    close(fd);
    return 0;
}
