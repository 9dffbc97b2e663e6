/* supervisor.h - keeps a handful of processes alive: started, restarted with back-off when they
 * die, stopped in order. Each dies with the supervisor (PDEATHSIG), whatever kills it. One thread.
 */
#pragma once
#include "base/err.h"
#include <sys/types.h>
#include <time.h>

enum { PROC_FDS_MAX = 4, PROCS_MAX = 8, PROC_WATCH_MAX = 3 };

struct proc {
    const char *name;
    char *const *argv; /* argv[0] is the program's path */
    const char *env;   /* one NAME=VALUE put into its environment; NULL: none */
    bool foreign;      /* not our program: none of our MATINEE_ variables, the master key is one */
    int fds[PROC_FDS_MAX]; /* become 3, 4, ... */
    size_t n_fds;
    int stop_signal;   /* asks it to end well */
    int hup_signal;    /* passed on when we get SIGHUP; 0: none */
    const char *watch[PROC_WATCH_MAX]; /* files it read: hup_signal when another takes the place of one,
                                        * within a second; NULL: none */

    pid_t pid; /* 0: not running; the rest is the supervisor's */
    int64_t started_ms, due_ms;
    struct timespec watched[PROC_WATCH_MAX];
    int failures;
};

/* Blocks the signals that the supervisor lives by. Call before any thread or child exists. */
void supervisor_signals(void);
/* Calls back into whoever runs it, on its thread, which must not be held up; each may be NULL. */
struct supervisor_calls {
    void (*ready)(void *arg); /* once, when everything was started */
    void (*look)(void *arg);  /* each look_ms, and at SIGHUP before it is passed on: renews what gets old. What it
                               * writes reaches a process by its watch */
    int64_t look_ms;
    void *arg;
};

/* Runs until SIGTERM or SIGINT. Returns 0 after an orderly stop; ERR_CRASHED when a process dies again and
 * again at the start. */
int supervisor_run(struct proc *procs, size_t n, const struct supervisor_calls *calls,
                   struct err *reterr);
