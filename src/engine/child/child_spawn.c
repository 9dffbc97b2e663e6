/*
 * child_spawn.c - from a child_spec to a running "matinee media OP".
 *
 * The calling program has threads, so between fork and exec only async-signal-safe calls are made,
 * and everything that needs memory is prepared before. The child gets nothing that it does not
 * need: three standard descriptors, its request, its reply pipe and the files named in the spec; a
 * few variables of the environment (never a secret); limits.
 */
#include "engine/child/child_int.h"
#include "base/background.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif

enum { FD_PARKED = 512, ENV_MAX = 12 };
static_assert(FD_PARKED >= CHILD_FD_FIRST + CHILD_FDS_MAX, "what is parked lies behind all that is due");

/* What may pass of the environment: the loader's and the sanitizers' settings, nothing of ours. */
static const char *const env_kept[] = {"LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                                       "LLVM_PROFILE_FILE"};

struct launch {
    int fds[CHILD_FD_FIRST + CHILD_FDS_MAX]; /* becomes descriptor i */
    size_t n_fds;
    char *argv[4];
    char *env[ENV_MAX];
    struct child_limits limits;
    bool behind;
    pid_t parent;
};

static void limit_set(int what, int64_t value) {
    struct rlimit r = {(rlim_t)value, (rlim_t)value};
    setrlimit(what, &r);
}

static void launch_limits(const struct child_limits *l) {
    limit_set(RLIMIT_CORE, 0);
    limit_set(RLIMIT_NOFILE, CHILD_FD_FIRST + CHILD_FDS_MAX + 32);
#ifndef UNDER_ASAN /* its shadow alone reserves terabytes of address space */
    limit_set(RLIMIT_AS, l->memory_bytes ? l->memory_bytes : 6LL << 30);
#endif
    if (l->cpu_s) {
        struct rlimit r = {(rlim_t)l->cpu_s, (rlim_t)l->cpu_s + 5};
        setrlimit(RLIMIT_CPU, &r);
    }
    if (l->file_bytes)
        limit_set(RLIMIT_FSIZE, l->file_bytes);
}

/* As many open files as the system grants: what is parked lies above many systems' first limit. */
static void launch_files(void) {
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
}

/* In the new process. Descriptors are parked high first: one that is due at 5 may be at 6 now. */
static _Noreturn void launch_exec(const struct launch *l) {
    int parked[ARRAY_LEN(l->fds)];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != l->parent) /* it died before the line above */
        _exit(126);
    launch_files();
    for (size_t i = 0; i < l->n_fds; i++)
        if ((parked[i] = fcntl(l->fds[i], F_DUPFD, FD_PARKED)) < 0)
            _exit(126);
    for (size_t i = 0; i < l->n_fds; i++)
        if (dup2(parked[i], (int)i) < 0)
            _exit(126);
    if (close_range((unsigned)l->n_fds, ~0u, 0) < 0)
        _exit(126);
    struct sigaction dfl = {.sa_handler = SIG_DFL}, ign = {.sa_handler = SIG_IGN};
    for (int sig = 1; sig < 32; sig++)
        sigaction(sig, &dfl, NULL);
    sigaction(SIGPIPE, &ign, NULL);
    sigaction(SIGXFSZ, &ign, NULL); /* a write past RLIMIT_FSIZE then answers EFBIG */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    launch_limits(&l->limits);
    setpriority(PRIO_PROCESS, 0, l->behind ? 19 : 5); /* Play comes before an import on the same machine */
    if (l->behind && setsid() > 0)
        background_group_lower();
    execve("/proc/self/exe", l->argv, l->env);
    _exit(127);
}

static int request_memfd(json_t *request, struct err *reterr) {
    scoped(mem_free) char *text = json_dumps(request, JSON_COMPACT);
    if (!text)
        return err_set(reterr, ERR_NO_MEMORY, "child: the request does not encode");
    scoped(fd_close) int fd = memfd_create("request", MFD_CLOEXEC);
    if (fd < 0)
        return err_errno(reterr, errno, "memfd_create");
    for (size_t n = strlen(text), at = 0; at < n;) {
        ssize_t put = write(fd, text + at, n - at);
        if (put < 0)
            return err_errno(reterr, errno, "memfd");
        at += (size_t)put;
    }
    lseek(fd, 0, SEEK_SET);
    int ret = fd;
    fd = -1;
    return ret;
}

static void launch_env(struct launch *l) {
    size_t n = 0;
    l->env[n++] = (char *)"LC_ALL=C.UTF-8";
    for (size_t i = 0; i < ARRAY_LEN(env_kept); i++) {
        const char *v = getenv(env_kept[i]);
        char *pair;
        if (v && asprintf(&pair, "%s=%s", env_kept[i], v) > 0)
            l->env[n++] = pair;
    }
    l->env[n] = NULL;
}

static void launch_env_free(struct launch *l) {
    for (size_t i = 1; l->env[i]; i++)
        free(l->env[i]);
}

int child_spawn(const struct child_spec *spec, struct child_process *ret_p, struct err *reterr) {
    if (spec->n_fds > CHILD_FDS_MAX)
        return err_set(reterr, ERR_LIMIT, "child: %zu descriptors, at most %d", spec->n_fds, CHILD_FDS_MAX);
    scoped(fd_close) int request = request_memfd(spec->request, reterr);
    if (request < 0)
        return request;
    scoped(fd_close) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int reply[2], words[2];
    if (null < 0)
        return err_errno(reterr, errno, "/dev/null");
    if (pipe2(reply, O_CLOEXEC) < 0)
        return err_errno(reterr, errno, "pipe");
    scoped(fd_close) int reply_r = reply[0];
    scoped(fd_close) int reply_w = reply[1];
    if (pipe2(words, O_CLOEXEC | O_NONBLOCK) < 0)
        return err_errno(reterr, errno, "pipe");
    scoped(fd_close) int words_r = words[0];
    scoped(fd_close) int words_w = words[1];

    struct launch l = {.fds = {null, words_w, words_w, request, reply_w},
                       .n_fds = 5,
                       .argv = {(char *)"matinee", (char *)"media", (char *)spec->op, NULL},
                       .limits = spec->limits,
                       .behind = spec->behind,
                       .parent = getpid()};
    for (size_t i = 0; i < spec->n_fds; i++)
        l.fds[l.n_fds++] = spec->fds[i];
    launch_env(&l);
    pid_t pid = fork();
    if (pid == 0)
        launch_exec(&l);
    int saved = errno;
    launch_env_free(&l);
    if (pid < 0)
        return err_errno(reterr, saved, "fork");
    *ret_p = (struct child_process){.pid = pid, .reply_fd = reply_r, .words_fd = words_r};
    reply_r = words_r = -1;
    return 0;
}
