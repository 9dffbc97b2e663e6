/*
 * background.h - long computations that must delay nobody: they run on threads of the lowest
 * scheduling class, which a core leaves at once for anything else, while their caller waits.
 *
 * Such a thread may stand still in the middle for as long as the cores are busy, so what runs there
 * holds no lock, no connection and no transaction.
 */
#pragma once
#include <stddef.h>

/* Runs work(state) and returns when it is done. Any thread; no errors.
 *
 * work sees a copy of the size bytes at state, which is copied back and wiped: state holds its input
 * and its result and points only at what never changes. There are as many threads as ever waited here
 * at a time, so callers bound them. Where a thread has had less than a fifth of a core over
 * BACKGROUND_PATIENCE_MS, the caller does the work itself, so that it ends even when the lowest class
 * gets nothing: then work has run twice, at the same time. */
enum { BACKGROUND_PATIENCE_MS = 250 };
void background_run(void (*work)(void *state), void *state, size_t size);
