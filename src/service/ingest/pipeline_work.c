/* pipeline_work.c - what of an unfinished film lies in the blob: parts of the picture, and, where other machines work at the same
 * film, its notes and elementary files. Objects appear whole or not at all, so that a machine that is cut off harms nobody. */
#include "service/ingest/pipeline_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void work_name(struct pipeline *p, char dst[160], const char *fmt, ...) {
    va_list ap;
    int n = snprintf(dst, 160, "work/" STR_FMT "/", STR_ARG(p->spec.work_id));
    assert(n < 100);
    va_start(ap, fmt);
    vsnprintf(dst + n, 160 - (size_t)n, fmt, ap);
    va_end(ap);
}

bool work_exists(struct pipeline *p, const char *object) {
    struct blob_info info;
    return blob_stat(p->spec.blob, object, &info, NULL) >= 0;
}

int bytes_append(int from, int64_t offset, int64_t length, int to, struct err *reterr) {
    off_t at = offset;
    if (lseek(to, 0, SEEK_END) < 0)
        return err_errno(reterr, errno, "the work folder");
    while (length > 0) {
        ssize_t n = copy_file_range(from, &at, to, NULL, (size_t)MIN(length, (int64_t)1 << 30), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
            char piece[64 << 10];
            n = pread(from, piece, (size_t)MIN(length, (int64_t)sizeof piece), at);
            if (n > 0 && (n = write(to, piece, (size_t)n)) > 0)
                at += n;
        }
        if (n <= 0)
            return n ? err_errno(reterr, errno, "copying an elementary file")
                     : err_set(reterr, ERR_CORRUPT, "an elementary file is shorter than was said");
        length -= n;
    }
    return 0;
}

int es_open(struct pipeline *p, const char *name, struct err *reterr) {
    char file[64], object[160];
    snprintf(file, sizeof file, "%s.es", name);
    work_name(p, object, "%s", file);
    int fd = p->spec.shared ? -1 : openat(p->dir, file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && !p->spec.work_id.n)
        return err_errno(reterr, errno, "%s", file);
    return fd < 0 ? blob_open_fd(p->spec.blob, object, reterr) : fd;
}

int es_create(struct pipeline *p, const char *name, struct err *reterr) {
    char file[64];
    snprintf(file, sizeof file, "%s.es", name);
    int fd = openat(p->dir, file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return fd < 0 ? err_errno(reterr, errno, "%s", file) : fd;
}

int es_share(struct pipeline *p, const char *name, int fd, struct err *reterr) {
    char object[160];
    struct stat st;
    if (!p->spec.shared)
        return 0;
    work_name(p, object, "%s.es", name);
    scoped(blob_abort) struct blob_writer *w = NULL;
    int r = blob_create(p->spec.blob, object, &w, reterr);
    if (r >= 0 && fstat(fd, &st) < 0)
        r = err_errno(reterr, errno, "%s.es", name);
    if (r >= 0)
        r = bytes_append(fd, 0, st.st_size, blob_writer_fd(w), reterr);
    return r < 0 ? r : blob_commit(&w, NULL, NULL, NULL, reterr);
}
