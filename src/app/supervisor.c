/*
 * supervisor.c - processes that are kept alive.
 * A process that dies is started again after 100 ms, then twice as long each time up to 10 s; one
 * that lived for a minute starts afresh. Dying five times in the first ten seconds is a fault of
 * the set-up, and ends the program with what it said.
 */
#include "app/supervisor.h"
#include "base/clock.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    BACKOFF_MIN_MS = 100,
    BACKOFF_MAX_MS = 10000,
    HEALTHY_MS = 60000,
    START_MS = 10000,
    START_FAILURES = 5,
    GRACE_MS = 15000,
    FD_PARKED = 64
};

struct supervisor {
    struct proc *procs;
    size_t n;
    int signals;
    const struct supervisor_calls *calls;
    bool stopping;
    int64_t begun_ms, stop_ms, look_ms;
};

static int64_t now_ms(void) {
    return clock_mono_ns() / 1000000;
}

static void signal_set(sigset_t *s) {
    sigemptyset(s);
    sigaddset(s, SIGTERM);
    sigaddset(s, SIGINT);
    sigaddset(s, SIGHUP);
    sigaddset(s, SIGCHLD);
}

void supervisor_signals(void) {
    sigset_t s;
    signal_set(&s);
    sigprocmask(SIG_BLOCK, &s, NULL);
}

/* In the new process. It gets its descriptors from 3 on and nothing else of ours. */
static _Noreturn void proc_exec(const struct proc *p, char *const *env, pid_t parent) {
    int parked[PROC_FDS_MAX];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126);
    for (size_t i = 0; i < p->n_fds; i++)
        parked[i] = fcntl(p->fds[i], F_DUPFD, FD_PARKED);
    for (size_t i = 0; i < p->n_fds; i++)
        dup2(parked[i], 3 + (int)i);
    close_range(3 + (unsigned)p->n_fds, ~0u, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* Ctrl-C in a terminal reaches the whole group; the children are stopped by us, in order. */
    setpgid(0, 0);
    execve(p->argv[0], p->argv, env);
    _exit(127);
}

/* What the process is started with: ours, less our secrets where it is not our program. */
static char **env_make(const struct proc *p) {
    size_t n = 0, kept = 0;
    while (environ[n])
        n++;
    char **env = calloc(n + 2, sizeof *env);
    for (size_t i = 0; env && i < n; i++)
        if (!p->foreign || strncmp(environ[i], "MATINEE_", 8) != 0)
            env[kept++] = environ[i];
    if (env && p->env)
        env[kept] = (char *)p->env;
    return env;
}

static int proc_start(struct proc *p, struct err *reterr) {
    char **env = env_make(p);
    if (!env)
        return err_set(reterr, ERR_NO_MEMORY, "out of memory");
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        proc_exec(p, env, parent);
    int saved = errno;
    free(env);
    if (pid < 0)
        return err_errno(reterr, saved, "fork");
    p->pid = pid;
    p->started_ms = now_ms();
    log_event(LOG_DEBUG, "process.start", LS("name", p->name), LI("pid", pid));
    return 0;
}

static void proc_died(struct supervisor *s, struct proc *p, int status) {
    int64_t now = now_ms();
    p->pid = 0;
    if (s->stopping)
        return;
    p->failures = now - p->started_ms > HEALTHY_MS ? 1 : p->failures + 1;
    int64_t pause = BACKOFF_MIN_MS;
    for (int i = 1; i < p->failures && pause < BACKOFF_MAX_MS; i++)
        pause *= 2;
    p->due_ms = now + MIN(pause, (int64_t)BACKOFF_MAX_MS);
    log_event(LOG_ERROR, "process.died", LS("name", p->name),
              LI("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
              LI("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
              LI("restart_ms", p->due_ms - now));
}

static void reap(struct supervisor *s) {
    int status;
    for (size_t i = 0; i < s->n; i++)
        if (s->procs[i].pid > 0 && waitpid(s->procs[i].pid, &status, WNOHANG) == s->procs[i].pid)
            proc_died(s, &s->procs[i], status);
}

static void signal_all(struct supervisor *s, bool stop) {
    for (size_t i = 0; i < s->n; i++) {
        int sig = stop ? s->procs[i].stop_signal : s->procs[i].hup_signal;
        if (s->procs[i].pid > 0 && sig)
            kill(s->procs[i].pid, sig);
    }
}

/* Which of the files it read is another one now; NULL: none. */
static const char *file_changed(struct proc *p) {
    const char *changed = NULL;
    struct stat st;
    for (int i = 0; i < PROC_WATCH_MAX; i++) {
        struct timespec *was = &p->watched[i];
        if (!p->watch[i] || stat(p->watch[i], &st) < 0 ||
            (st.st_mtim.tv_sec == was->tv_sec && st.st_mtim.tv_nsec == was->tv_nsec))
            continue;
        *was = st.st_mtim;
        changed = p->watch[i];
    }
    return changed;
}

/* Keys that rotate and certificates that are renewed reach the front this way: whoever wrote them need not know the front. */
static void watch_files(struct supervisor *s) {
    for (size_t i = 0; i < s->n; i++) {
        struct proc *p = &s->procs[i];
        const char *file = p->pid <= 0 || s->stopping ? NULL : file_changed(p);
        if (!file)
            continue;
        log_event(LOG_INFO, "process.reload", LS("name", p->name), LS("file", file));
        kill(p->pid, p->hup_signal);
    }
}

static void look(struct supervisor *s) {
    s->look_ms = now_ms();
    if (s->calls->look)
        s->calls->look(s->calls->arg);
}

static void signals_read(struct supervisor *s) {
    struct signalfd_siginfo si;
    while (read(s->signals, &si, sizeof si) == sizeof si) {
        if (si.ssi_signo == SIGCHLD) {
            reap(s);
        } else if (si.ssi_signo == SIGHUP) {
            look(s);
            signal_all(s, false);
        } else if (s->stopping) { /* asked twice: at once */
            s->stop_ms = now_ms() - GRACE_MS;
        } else {
            log_event(LOG_INFO, "serve.stop");
            s->stopping = true;
            s->stop_ms = now_ms();
            signal_all(s, true);
        }
    }
}

/* Starts what is due; returns how long nothing is, in ms. */
static int start_due(struct supervisor *s, struct err *reterr) {
    int64_t now = now_ms(), wait = 1000;
    for (size_t i = 0; i < s->n; i++) {
        struct proc *p = &s->procs[i];
        if (p->pid || s->stopping)
            continue;
        if (p->failures >= START_FAILURES && now - s->begun_ms < START_MS)
            return err_refuse(reterr, ERR_CRASHED, "serve.start", "What it said is above.",
                              "the process %s does not start", p->name);
        if (p->due_ms > now) {
            wait = MIN(wait, p->due_ms - now);
            continue;
        }
        file_changed(p); /* what it reads at its start is no change */
        int r = proc_start(p, reterr);
        if (r < 0)
            return r;
    }
    return (int)wait;
}

static size_t running(const struct supervisor *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += s->procs[i].pid > 0;
    return n;
}

static void stop_hard(struct supervisor *s) {
    for (size_t i = 0; i < s->n; i++)
        if (s->procs[i].pid > 0) {
            kill(s->procs[i].pid, SIGKILL);
            waitpid(s->procs[i].pid, NULL, 0);
            s->procs[i].pid = 0;
        }
}

int supervisor_run(struct proc *procs, size_t n, const struct supervisor_calls *calls,
                   struct err *reterr) {
    sigset_t set;
    signal_set(&set);
    struct supervisor s = {.procs = procs,
                           .n = n,
                           .calls = calls,
                           .begun_ms = now_ms(),
                           .look_ms = now_ms(),
                           .signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)};
    if (s.signals < 0)
        return err_errno(reterr, errno, "signalfd");
    int r = 0;
    bool told = false;
    while (!s.stopping || running(&s)) {
        int wait = start_due(&s, reterr);
        if (wait < 0) {
            r = wait;
            break;
        }
        if (!told && calls->ready)
            calls->ready(calls->arg);
        told = true;
        if (calls->look_ms)
            wait = (int)MAX(MIN((int64_t)wait, s.look_ms + calls->look_ms - now_ms()), 0);
        struct pollfd pf = {.fd = s.signals, .events = POLLIN};
        if (poll(&pf, 1, wait) > 0)
            signals_read(&s);
        if (calls->look_ms && !s.stopping && now_ms() - s.look_ms >= calls->look_ms)
            look(&s);
        watch_files(&s);
        if (s.stopping && now_ms() - s.stop_ms >= GRACE_MS)
            break;
    }
    stop_hard(&s);
    close(s.signals);
    return r;
}
