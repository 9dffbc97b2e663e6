/*
 * background_process.c - background_run in processes that were forked at the start.
 *
 * Why no threads: the kernel shares a core among groups first (sched_autogroup: a group a session; or control groups) and
 * within a group by class and niceness. A thread of SCHED_IDLE yields to its own program at once, and still uses up the
 * program's share against a database beside it, whose turn then comes first when a request arrives. A session of its
 * own at niceness 19 weighs a seventieth. It also has an address space of its own: whoever maps memory waits for nobody.
 */
#include "base/background_int.h"
#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HELPERS_MAX = 64, FD_WORK = 3 };

struct order {
    void (*work)(void *state);
    _Alignas(max_align_t) unsigned char state[BACKGROUND_STATE_MAX];
};
enum { ORDER_HEAD = offsetof(struct order, state) };

struct helper {
    pid_t pid; /* 0: it has died */
    int fd;
    bool busy, owes; /* owes: the answer to what its caller did himself is still to come */
};
static struct {
    pthread_mutex_t lock;
    int n;
    struct helper v[HELPERS_MAX];
} helpers = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- In the forked process ---- */

/* Who has no right to set it often may do it once a tenth of a second (kernel/sched/autogroup.c). */
void background_group_lower(void) {
    int fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
    for (int i = 0; fd >= 0 && i < 100 && write(fd, "19", 2) < 0 && errno == EAGAIN; i++)
        usleep(110000);
    if (fd >= 0)
        close(fd);
}

/* What it is called in a list of processes: not the program's own command line. The strings of the arguments lie before
 * those of the environment. */
static void name_set(void) {
    static const char name[] = "matinee: background";
    char *from = program_invocation_name, *to = environ && environ[0] ? environ[0] : from;
    prctl(PR_SET_NAME, "background");
    if (to - from < (ptrdiff_t)sizeof name || to - from > 64 << 10)
        return;
    memset(from, 0, (size_t)(to - from));
    memcpy(from, name, sizeof name);
}

static _Noreturn void helper_main(int fd, pid_t parent) {
    static struct order o;
    struct sigaction dfl = {.sa_handler = SIG_DFL};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || setsid() < 0 || dup2(fd, FD_WORK) < 0 || close_range(FD_WORK + 1, ~0u, 0) < 0)
        _exit(1);
    sigset_t none;
    sigemptyset(&none);
    sigaction(SIGTERM, &dfl, NULL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    name_set();
    background_class_set();
    background_group_lower();
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* passwords pass here */
    for (;;) {
        ssize_t n = recv(FD_WORK, &o, sizeof o, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < ORDER_HEAD)
            _exit(0); /* the program has ended */
        o.work(o.state);
        ssize_t sent = send(FD_WORK, o.state, (size_t)n - ORDER_HEAD, MSG_NOSIGNAL);
        explicit_bzero(&o, sizeof o);
        if (sent < 0)
            _exit(0);
    }
}

/* ---- In the program ---- */

static bool helper_make(struct helper *h) {
    int pair[2];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return false;
    pid_t pid = fork();
    if (pid == 0)
        helper_main(pair[1], parent);
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return false;
    }
    *h = (struct helper){.pid = pid, .fd = pair[0]};
    return true;
}

int background_start(int n) {
    while (helpers.n < MIN(n, HELPERS_MAX) && helper_make(&helpers.v[helpers.n]))
        helpers.n++;
    return helpers.n;
}

/* With helpers.lock. */
static void helper_lost(struct helper *h) {
    log_event(LOG_ERROR, "background.died", LI("pid", h->pid));
    waitpid(h->pid, NULL, WNOHANG);
    close(h->fd);
    h->pid = 0;
}

/* With helpers.lock. An answer that nobody waits for any more is thrown away. */
static bool helper_free(struct helper *h) {
    unsigned char answer[BACKGROUND_STATE_MAX];
    if (!h->pid || h->busy)
        return false;
    if (!h->owes)
        return true;
    ssize_t n = recv(h->fd, answer, sizeof answer, MSG_DONTWAIT);
    explicit_bzero(answer, sizeof answer);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n <= 0) {
        helper_lost(h);
        return false;
    }
    h->owes = false;
    return true;
}

static struct helper *helper_take(void) {
    struct helper *found = NULL;
    pthread_mutex_lock(&helpers.lock);
    for (int i = 0; !found && i < helpers.n; i++)
        if (helper_free(&helpers.v[i]))
            found = &helpers.v[i];
    if (found)
        found->busy = true;
    pthread_mutex_unlock(&helpers.lock);
    return found;
}

enum outcome { DONE, STARVED, LOST };

static void helper_give(struct helper *h, enum outcome how) {
    pthread_mutex_lock(&helpers.lock);
    h->busy = false;
    h->owes = how == STARVED;
    if (how == LOST)
        helper_lost(h);
    pthread_mutex_unlock(&helpers.lock);
}

static int64_t helper_cpu_ns(const struct helper *h) {
    clockid_t clock;
    struct timespec t = {0};
    if (clock_getcpuclockid(h->pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return 0;
    return background_time_ns(t);
}

static enum outcome answer_await(const struct helper *h) {
    int64_t until_ns = clock_mono_ns() + BACKGROUND_PATIENCE_NS, had_ns = helper_cpu_ns(h);
    for (;;) {
        struct pollfd p = {.fd = h->fd, .events = POLLIN};
        int64_t left_ns = until_ns - clock_mono_ns();
        int rc = poll(&p, 1, (int)(MAX(left_ns, (int64_t)0) / 1000000) + 1);
        if (rc > 0)
            return DONE;
        if (rc < 0 && errno != EINTR)
            return LOST;
        if (clock_mono_ns() < until_ns)
            continue;
        int64_t has_ns = helper_cpu_ns(h);
        if (has_ns - had_ns < BACKGROUND_LEAST_NS)
            return STARVED;
        had_ns = has_ns;
        until_ns += BACKGROUND_PATIENCE_NS;
    }
}

static enum outcome helper_run(const struct helper *h, void (*work)(void *state), void *state, size_t size) {
    struct order o = {.work = work};
    memcpy(o.state, state, size);
    ssize_t n = send(h->fd, &o, ORDER_HEAD + size, MSG_NOSIGNAL);
    enum outcome how = n < 0 ? LOST : answer_await(h);
    if (how == DONE) {
        n = recv(h->fd, o.state, sizeof o.state, 0);
        if (n == (ssize_t)size)
            memcpy(state, o.state, size);
        else
            how = LOST;
    }
    explicit_bzero(&o, sizeof o);
    return how;
}

void background_run(void (*work)(void *state), void *state, size_t size) {
    struct helper *h = size <= BACKGROUND_STATE_MAX ? helper_take() : NULL;
    if (!h) {
        background_thread_run(work, state, size);
        return;
    }
    enum outcome how = helper_run(h, work, state, size);
    helper_give(h, how);
    if (how != DONE)
        work(state);
}
