#include "base/base.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

void fd_close(int *fd) {
    int saved = errno;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = saved;
}

void mem_free(void *pptr) {
    int saved = errno;
    free(*(void **)pptr);
    *(void **)pptr = NULL;
    errno = saved;
}
