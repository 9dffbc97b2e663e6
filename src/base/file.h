/* file.h - small files as wholes: read into memory, and written so that a reader, a kill or a power
 * cut finds either all of the old or all of the new. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum file_write_flags {
    FILE_KEEP = 1, /* what is there already stays: of several that write at once the first wins */
};

/* Writes to a temporary name in the same folder, flushes it, renames it, flushes the folder. On an
 * error nothing has changed. 1: it was there and stayed (FILE_KEEP only). Any thread. */
int file_write(const char *path, struct str content, unsigned mode, struct err *reterr);
int file_write_at(int dir, const char *name, struct str content, unsigned mode, unsigned flags,
                  struct err *reterr);
/* The whole file, at most max bytes of it (ERR_TOO_LARGE), NUL-terminated, in the arena. */
int file_read(const char *path, size_t max, struct arena *a, struct str *ret, struct err *reterr);

/* Whether a name is that of a temporary of file_write whose process is gone: a kill left it. */
bool file_is_leftover(const char *name);
