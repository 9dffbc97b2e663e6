/*
 * child.h - foreign media is handled in a child of its own: no network, a seccomp filter, limits on
 * memory, CPU time and file size, and only the descriptors it was given. A crash there is a failed
 * attempt with a clear message, nothing else.
 *
 * The parent runs "matinee media OP"; the child reads one JSON request from descriptor
 * CHILD_FD_REQUEST, uses the descriptors after it, and answers in lines on CHILD_FD_REPLY, each a
 * JSON object:
 *   {"progress":417,"stage":"encode","speed":2.3}   any number of times
 *   {"log":"text"}                                   a warning worth keeping
 *   {"checkpoint":{...}}                             what is on disk and synced: a resumed run
 * starts there
 *   {"result":{...}}  or  {"error":{"code":"BAD_MEDIA","reason":"...","msg":"...","hint":"..."}}
 * last
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include <jansson.h>

enum { CHILD_FD_REQUEST = 3, CHILD_FD_REPLY = 4, CHILD_FD_FIRST = 5, CHILD_FDS_MAX = 384 };

struct child_limits {
    int64_t memory_bytes; /* RLIMIT_AS; 0: 6 GiB (ignored under AddressSanitizer) */
    int64_t cpu_s;        /* RLIMIT_CPU; 0: none */
    int64_t wall_ms;      /* 0: none; then SIGKILL and ERR_TIMEOUT */
    int64_t silence_ms;   /* no line for so long: SIGKILL and ERR_TIMEOUT; 0: 60000 */
    int64_t file_bytes;   /* RLIMIT_FSIZE; 0: none */
};

/* What children have taken, of processor and of files and pipes; added up. */
struct child_cost {
    int64_t user_us, system_us, read_bytes, written_bytes;
};

struct child_spec {
    const char *op;  /* "probe" */
    json_t *request; /* borrowed */
    const int *fds;  /* become CHILD_FD_FIRST, +1, ... in the child; CHILD_FDS_MAX at most */
    size_t n_fds;
    struct child_limits limits;
    bool behind; /* of the machine's cores only what nothing else wants: a session of its own at niceness 19 */
    /* Called for each progress line, and again with the last values about once a second while the
     * child is silent, so that a cancelled job is noticed; a negative answer kills the child and is
     * returned. */
    int (*progress)(void *arg, const char *stage, int permille, double speed, int64_t eta_ms);
    void *arg;
    /* Called for each checkpoint line, state borrowed; a negative answer kills the child and is
     * returned. */
    int (*checkpoint)(void *arg, json_t *state);
    /* Called for each log line, already cut to a reasonable length; may be NULL. */
    void (*log)(void *arg, const char *text);
    struct child_cost *cost; /* what this one took is added, whatever became of it; may be NULL */
};

/* Runs to the end. The child dies with the calling process (PDEATHSIG; call from a thread that
 * lives as long). ret_result is the caller's (json_decref). ERR_CRASHED: died by a signal, the hint
 * says so in an editor's words. ERR_NO_SPACE, ERR_BAD_MEDIA, ...: what the child answered. */
int child_run(const struct child_spec *spec, json_t **ret_result, struct err *reterr);

/* The child's side: called once at the start of "matinee media", before any thread and any byte of
 * the media. After it: no open, no socket, no exec, no fork; clone3 answers ENOSYS. */
int child_enter_sandbox(struct err *reterr);
json_t *child_request(struct err *reterr); /* caller decrefs */
/* These write a line each, any thread; progress is thinned to ten a second. Outside a child, where
 * there is no reply pipe (a unit test that calls an op directly), they do nothing until
 * child_reply_fd() says where. */
void child_progress(const char *stage, int permille, double speed, int64_t eta_ms);
void child_checkpoint(json_t *state); /* steals; sync the files first */
void child_log(const char *fmt, ...) PRINTF_LIKE(1, 2);
void child_result(json_t *result); /* steals */
void child_error(const struct err *e);
void child_reply_fd(int fd); /* child_enter_sandbox sets CHILD_FD_REPLY */
