/*
 * log_writer.h - lines to a file or FIFO by a thread of their own: whoever adds one never waits for a
 * disk or a reader. Nothing of nginx in here, so that it is tested on its own.
 *
 * Lines gather for at most a flush's time and are written whole; to a FIFO at most PIPE_BUF at a time,
 * so that those of several processes never mix. What does not fit because the other side is slow is
 * dropped and counted in a line of its own.
 *
 * A file that has grown to max_bytes, or is max_age_s old, becomes FILE.1, the one before FILE.2 and so
 * on; the oldest of `keep` goes. Several processes may write to one file: who renames it holds a lock,
 * and the others notice at their next flush that another file has its name. No line is lost over it.
 */
#pragma once
#include "base/str.h"

struct log_writer;
struct log_options {
    const char *path;
    size_t buffer_bytes; /* of lines that wait */
    int flush_ms;
    int64_t max_bytes, max_age_s; /* 0: never for that reason */
    int keep;                     /* files put aside; at least 1 */
};

/* Opens path, and makes it where there is none. Starts no thread yet: that must be after the last
 * fork. NULL with errno. */
struct log_writer *log_writer_open(const struct log_options *o);
int log_writer_start(struct log_writer *w); /* 0 or an errno */
/* line ends with '\n'. One thread. */
void log_writer_add(struct log_writer *w, struct str line);
/* Writes what is left, for at most limit_ms, and frees. NULL-safe. */
void log_writer_close(struct log_writer *w, int limit_ms);
