/* base.h - the handful of macros every file may use. */
#pragma once
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define CLAMP(v, lo, hi) MIN(MAX(v, lo), hi)

/* Runs fn(&var) when the variable leaves its scope: scoped(fd_close) int fd = open(...); */
#define scoped(fn) __attribute__((cleanup(fn)))
/* Hands over what a scoped pointer owns and leaves NULL behind. */
#define take(p)                                                                                    \
    ({                                                                                             \
        __typeof__(p) take_ = (p);                                                                 \
        (p) = NULL;                                                                                \
        take_;                                                                                     \
    })

#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define MUST_USE __attribute__((warn_unused_result))
/* For symbols that an embedding process looks up by name; everything else is hidden. */
#define EXPORTED __attribute__((visibility("default")))

/* Cleanup helpers for scoped(). */
void fd_close(int *fd);    /* closes when >= 0, keeps errno */
void mem_free(void *pptr); /* free(*(void **)pptr), keeps errno */
