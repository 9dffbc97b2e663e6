#include "base/dir.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int dir_make(const char *path, struct err *reterr) {
    scoped(mem_free) char *part = strdup(path);
    if (!part)
        return err_errno(reterr, ENOMEM, "%s", path);
    if (!*part)
        return err_set(reterr, ERR_INVALID, "a folder's name is empty");
    for (char *p = part + 1;; p++) {
        if (*p && *p != '/')
            continue;
        char at = *p;
        *p = 0;
        if (mkdir(part, 0750) < 0 && errno != EEXIST)
            return err_errno(reterr, errno, "making the folder %s", part);
        if (!at)
            break;
        *p = at;
    }
    struct stat st;
    if (stat(path, &st) < 0)
        return err_errno(reterr, errno, "%s", path);
    return S_ISDIR(st.st_mode) ? 0 : err_errno(reterr, ENOTDIR, "%s", path);
}

int dir_sync(const char *path, struct err *reterr) {
    scoped(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return err_errno(reterr, errno, "%s", path);
    return 0;
}
