/*
 * background.h - long computations that must delay nobody: they run in the lowest scheduling class, which a core leaves at
 * once for anything else, while their caller waits. In processes of their own where background_start made some, else
 * on threads.
 *
 * Such a one may stand still in the middle for as long as the cores are busy, so what runs there holds no lock, no
 * connection and no transaction. It may be in another process: what it changes but its state is not seen.
 */
#pragma once
#include <stddef.h>

/* Runs work(state) and returns when it is done. Any thread; no errors.
 *
 * work sees a copy of the size bytes at state, which is copied back and wiped: state holds its input
 * and its result and points only at what never changes (and is there since before background_start). There are as many
 * processes as were started, else as many threads as ever waited here at a time, so callers bound them. Where one has had less
 * than a fifth of a core over BACKGROUND_PATIENCE_MS, the caller does the work itself, so that it ends even when the lowest class
 * gets nothing: then work has run twice, at the same time. */
enum { BACKGROUND_PATIENCE_MS = 250, BACKGROUND_STATE_MAX = 4096 };
void background_run(void (*work)(void *state), void *state, size_t size);

/* The calling process' session, which is its own, gets of the cores what nobody else wants, where the kernel shares them among sessions first.
 * Calls only what may be called between fork and exec; may wait tenths of a second. */
void background_group_lower(void);

/* Forks n processes for it (at most 64) and returns how many there are. Before the program has threads, and by the thread that lives as
 * long as it: they die with it. Once; without it threads are used. A process that was killed is not made again. */
int background_start(int n);
