/* child_int.h - between the files of engine/child. */
#pragma once
#include "engine/child/child.h"
#include <sys/types.h>

/* Longest line a child may say, and what it may say in all: a start and a rate, so that a day-long
 * encode may report progress and a flood is cut off. */
enum { CHILD_LINE_MAX = 8 << 20, CHILD_SAY_BASE = 24 << 20, CHILD_SAY_PER_S = 64 << 10 };

struct child_process {
    pid_t pid;
    int reply_fd; /* ours to read */
    int words_fd; /* the child's stdout and stderr: its last words are logged after a crash */
};
int child_spawn(const struct child_spec *spec, struct child_process *ret_p, struct err *reterr);
