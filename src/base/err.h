/* err.h - the one error type. Functions return 0 or a count, or a negative ERR_ code and fill the
 * struct err that the caller passed (which may be NULL). Operators see .msg, clients .reason (a
 * stable code) and .hint (a plain sentence that says what to do). */
#pragma once
#include "base/base.h"

/* name, value, HTTP status, stable default reason. From -1001, so that a leaked errno or AVERROR()
 * is never taken for ours. */
#define ERR_TABLE(X)                                                                               \
    X(INTERNAL, -1001, 500, "internal")                                                            \
    X(INVALID, -1002, 400, "invalid")               /* the caller's input is wrong */              \
    X(UNAUTHENTICATED, -1003, 401, "unauthenticated")                                              \
    X(NOT_FOUND, -1004, 404, "not_found")                                                          \
    X(FORBIDDEN, -1005, 403, "forbidden")                                                          \
    X(LIMIT, -1006, 429, "limit")                   /* a rate, a quota or a ceiling */             \
    X(CONFLICT, -1007, 409, "conflict")                                                            \
    X(TOO_LARGE, -1008, 413, "too_large")                                                          \
    X(METHOD, -1009, 405, "method_not_allowed")                                                    \
    X(MEDIA_TYPE, -1010, 415, "unsupported_media_type")                                            \
    X(BAD_MEDIA, -1011, 422, "bad_media")           /* the film itself is at fault */              \
    X(BUSY, -1012, 503, "busy")                     /* try again; Retry-After is sent */           \
    X(TIMEOUT, -1013, 504, "timeout")                                                              \
    X(NO_SPACE, -1014, 507, "no_space")                                                            \
    X(IO, -1015, 500, "io")                                                                        \
    X(NO_MEMORY, -1016, 503, "no_memory")                                                          \
    X(CANCELLED, -1017, 499, "cancelled")                                                          \
    X(CRASHED, -1018, 500, "crashed")               /* a sandboxed child died */                   \
    X(PERMISSION, -1019, 500, "permission")         /* the operating system refused */             \
    X(CORRUPT, -1020, 500, "corrupt")               /* our own stored data does not verify */      \
    X(PRECONDITION, -1021, 412, "precondition_failed")                                             \
    X(RANGE, -1022, 416, "range_not_satisfiable")                                                  \
    X(GONE, -1023, 410, "gone")                     /* was here, and will not be again */          \
    X(LOCKED, -1024, 423, "locked")                 /* somebody else is at it; try again */        \
    X(CHECKSUM, -1025, 460, "checksum_mismatch")    /* tus 1.0, checksum */                        \
    X(UPSTREAM, -1026, 502, "bad_gateway")          /* somebody else's server did not do its part */

enum err_code {
#define X(name, value, status, reason) ERR_##name = value,
    ERR_TABLE(X)
#undef X
};

struct err {
    int code;         /* 0: none */
    char reason[64];  /* stable, dotted: "playback.not_published"; empty: the code's own */
    char msg[400];    /* for operators; never a secret */
    char hint[400];   /* for people: what happened and what to do; may be empty */
};

/* Fills *e (if not NULL) and returns code, so that `return err_set(...)` reads well. */
int err_set(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same with the client's stable reason and sentence. msg becomes the hint when fmt is NULL. */
int err_refuse(struct err *e, int code, const char *reason, const char *hint, const char *fmt, ...)
    PRINTF_LIKE(5, 6);
/* Puts "context: " before an existing message; returns e's code. */
int err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* From errno, mapped (ENOSPC: ERR_NO_SPACE, EACCES: ERR_PERMISSION, ...). The message ends in the
 * system's own text and the hint says the remedy where there is one. */
int err_errno(struct err *e, int errnum, const char *fmt, ...) PRINTF_LIKE(3, 4);
void err_clear(struct err *e);

const char *err_name(int code);      /* "NOT_FOUND"; "UNKNOWN" for what is not ours */
int err_status(int code);            /* HTTP status; 500 for what is not ours */
const char *err_reason(const struct err *e);
