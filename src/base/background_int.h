/* background_int.h - between the two kinds of background. */
#pragma once
#include "base/background.h"
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Who had less than LEAST of a core in PATIENCE stands still, or as good as. */
#define BACKGROUND_PATIENCE_NS ((int64_t)BACKGROUND_PATIENCE_MS * 1000000)
#define BACKGROUND_LEAST_NS (BACKGROUND_PATIENCE_NS / 5)

static inline int64_t background_time_ns(struct timespec t) { return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec; }
void background_class_set(void); /* of the calling thread: the lowest there is */
void background_thread_run(void (*work)(void *state), void *state, size_t size);
