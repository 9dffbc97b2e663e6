/*
 * file.c - the one place that replaces a file.
 * A temporary is ".<name>.<process>.<count>.partial" beside its target, so that two writers never
 * share one and a collector can tell whose it was.
 */
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int all_write(int fd, struct str s) {
    while (s.n > 0) {
        ssize_t put = write(fd, s.p, s.n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        s = str_slice(s, (size_t)put, s.n);
    }
    return fsync(fd);
}

/* 0: taken; 1: there was one, which stays; -1. */
static int name_take(int dir, const char *partial, const char *name, bool keep) {
    if (!keep)
        return renameat(dir, partial, dir, name);
    int r = linkat(dir, partial, dir, name, 0);
    int saved = errno;
    unlinkat(dir, partial, 0);
    errno = saved;
    return r < 0 && saved == EEXIST ? 1 : r;
}

int file_write_at(int dir, const char *name, struct str content, unsigned mode, unsigned flags,
                  struct err *reterr) {
    static int count;
    char partial[256];
    int n = snprintf(partial, sizeof partial, ".%s.%d.%d.partial", name, (int)getpid(),
                     __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED));
    if (n < 0 || (size_t)n >= sizeof partial)
        return err_set(reterr, ERR_INVALID, "%s: too long a name", name);
    scoped(fd_close) int fd =
        openat(dir, partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
    if (fd < 0)
        return err_errno(reterr, errno, "%s", name);
    int taken = all_write(fd, content);
    if (taken == 0)
        taken = name_take(dir, partial, name, flags & FILE_KEEP);
    if (taken < 0) {
        int saved = errno;
        unlinkat(dir, partial, 0);
        return err_errno(reterr, saved, "%s", name);
    }
    /* One that stayed may be so new that whoever made it has not flushed the folder yet. */
    return fsync(dir) < 0 ? err_errno(reterr, errno, "the folder of %s", name) : taken;
}

int file_write(const char *path, struct str content, unsigned mode, struct err *reterr) {
    const char *slash = strrchr(path, '/');
    scoped(mem_free) char *folder =
        slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    if (!folder)
        return err_errno(reterr, ENOMEM, "%s", path);
    scoped(fd_close) int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_errno(reterr, errno, "%s", path);
    int r = file_write_at(dir, slash ? slash + 1 : path, content, mode, 0, reterr);
    if (r < 0)
        err_wrap(reterr, "%s", folder);
    return r;
}

int file_read(const char *path, size_t max, struct arena *a, struct str *ret, struct err *reterr) {
    scoped(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(reterr, errno, "%s", path);
    if (st.st_size < 0 || (size_t)st.st_size > max)
        return err_set(reterr, ERR_TOO_LARGE, "%s: over %zu bytes", path, max);
    char *p = arena_alloc(a, (size_t)st.st_size + 1);
    if (!p)
        return err_set(reterr, ERR_LIMIT, "%s: no room for it", path);
    size_t got = 0;
    while (got < (size_t)st.st_size) {
        ssize_t n = read(fd, p + got, (size_t)st.st_size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(reterr, errno, "%s", path);
        if (n == 0) /* it shrank meanwhile */
            break;
        got += (size_t)n;
    }
    *ret = str_make(p, got);
    return 0;
}

bool file_is_leftover(const char *name) {
    struct str s = str_of(name), last;
    int64_t process, count;
    if (!str_starts(s, STR(".")) || !str_ends(s, STR(".partial")))
        return false;
    s = str_slice(s, 0, s.n - (sizeof ".partial" - 1));
    for (int i = 0; i < 2; i++) { /* count, then process, from the end */
        size_t at = s.n;
        while (at > 0 && s.p[at - 1] != '.')
            at--;
        last = str_slice(s, at, s.n);
        if (at == 0 || !str_to_i64(last, i ? &process : &count))
            return false;
        s = str_slice(s, 0, at - 1);
    }
    return s.n > 1 && process > 0 && process <= INT32_MAX && kill((pid_t)process, 0) < 0 &&
           errno == ESRCH;
}
