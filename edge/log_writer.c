#include "log_writer.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NOTE_MAX = 80, FIFO_WAIT_MS = 1000, THREAD_STACK = 64 << 10 };

struct lines {
    char *p;
    size_t n;
};

struct log_writer {
    struct log_options o;
    char *path;
    int fd;
    bool is_file, started, stopping;
    int64_t end_ms; /* when stopping */
    time_t begun;   /* of the file */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake, ended_cond;
    bool ended;
    struct lines in, out; /* the adder's, the thread's */
    uint64_t dropped;     /* not told yet */
};

static int64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* O_RDWR: a FIFO without a reader then neither blocks the start nor breaks later. O_NOFOLLOW: the
 * folder is the workers' to write, and it is a master of root's that opens the file. */
static int file_open(const char *path) {
    return open(path, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW,
                0640);
}

/* A file's age counts from its first line, which its birth is near enough to; where the file system
 * does not know that, from now. */
static void file_began(struct log_writer *w) {
    struct stat st;
    struct statx stx;
    w->is_file = fstat(w->fd, &st) == 0 && S_ISREG(st.st_mode);
    w->begun = time(NULL);
    if (w->is_file && statx(w->fd, "", AT_EMPTY_PATH, STATX_BTIME, &stx) == 0 &&
        (stx.stx_mask & STATX_BTIME))
        w->begun = (time_t)stx.stx_btime.tv_sec;
}

struct log_writer *log_writer_open(const struct log_options *o) {
    pthread_condattr_t monotonic;
    struct log_writer *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->o = *o;
    w->path = strdup(o->path);
    w->in.p = malloc(o->buffer_bytes);
    w->out.p = malloc(o->buffer_bytes);
    w->fd = w->path && w->in.p && w->out.p ? file_open(o->path) : -1;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &monotonic);
    pthread_cond_init(&w->ended_cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (w->fd < 0) {
        int saved = errno;
        log_writer_close(w, 0);
        errno = saved;
        return NULL;
    }
    file_began(w);
    return w;
}

/* Another file has the name (somebody rotated): that one from now on. */
static void file_follow(struct log_writer *w) {
    struct stat ours, named;
    if (!w->is_file || fstat(w->fd, &ours) < 0 ||
        (stat(w->path, &named) == 0 && named.st_ino == ours.st_ino && named.st_dev == ours.st_dev))
        return;
    int fd = file_open(w->path);
    if (fd < 0)
        return; /* goes on in the old one: no line is lost */
    close(w->fd);
    w->fd = fd;
    file_began(w);
}

static bool file_is_due(const struct log_writer *w) {
    struct stat st;
    if (!w->is_file || fstat(w->fd, &st) < 0 || st.st_size == 0)
        return false;
    return (w->o.max_bytes && st.st_size >= w->o.max_bytes) ||
           (w->o.max_age_s && time(NULL) - w->begun >= w->o.max_age_s);
}

/* FILE.1 becomes FILE.2 and so on, FILE becomes FILE.1. */
static void files_shift(const struct log_writer *w) {
    char from[PATH_MAX], to[PATH_MAX];
    for (int i = MAX(w->o.keep, 1); i >= 1; i--) {
        if (i > 1)
            snprintf(from, sizeof from, "%s.%d", w->path, i - 1);
        else
            snprintf(from, sizeof from, "%s", w->path);
        if ((size_t)snprintf(to, sizeof to, "%s.%d", w->path, i) < sizeof to)
            rename(from, to);
    }
}

/* The lock is the file's own and belongs to the process (fcntl): of several workers one gets it, and
 * finds the file still under its name or leaves it. */
static void file_rotate(struct log_writer *w) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat ours, named;
    if (!file_is_due(w) || fcntl(w->fd, F_SETLK, &lock) < 0)
        return;
    if (fstat(w->fd, &ours) == 0 && stat(w->path, &named) == 0 && ours.st_ino == named.st_ino &&
        ours.st_dev == named.st_dev)
        files_shift(w);
    file_follow(w); /* closing the old one gives the lock back */
    if (file_is_due(w)) { /* the folder may not be written: not again at each flush */
        lock.l_type = F_UNLCK;
        fcntl(w->fd, F_SETLK, &lock);
    }
}

/* Whole lines, as many as fit into max; at least one. */
static size_t lines_end(const char *p, size_t n, size_t max) {
    if (n <= max)
        return n;
    const char *end = memrchr(p, '\n', max);
    if (!end)
        end = memchr(p, '\n', n);
    return end ? (size_t)(end + 1 - p) : n;
}

static bool fifo_wait(struct log_writer *w) {
    struct pollfd pf = {.fd = w->fd, .events = POLLOUT};
    int64_t ms = w->stopping ? MAX(w->end_ms - now_ms(), 0) : FIFO_WAIT_MS;
    return poll(&pf, 1, (int)MIN(ms, FIFO_WAIT_MS)) > 0;
}

static uint64_t lines_count(const char *p, size_t n) {
    uint64_t lines = 0;
    for (size_t i = 0; i < n; i++)
        lines += p[i] == '\n';
    return lines;
}

/* Returns how many lines could not be written. */
static uint64_t lines_write(struct log_writer *w, const char *p, size_t n) {
    while (n) {
        size_t part = lines_end(p, n, w->is_file ? n : PIPE_BUF);
        ssize_t put = write(w->fd, p, part);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EAGAIN && fifo_wait(w))
            continue;
        if (put <= 0)
            return lines_count(p, n);
        p += put;
        n -= (size_t)put;
    }
    return 0;
}

static void out_write(struct log_writer *w, uint64_t dropped) {
    char note[NOTE_MAX];
    file_follow(w);
    file_rotate(w);
    if (dropped) {
        int n = snprintf(note, sizeof note,
                         "level=warn process=edge event=delivery.dropped lines=%llu\n",
                         (unsigned long long)dropped);
        if (lines_write(w, note, (size_t)n) == 0)
            dropped = 0;
    }
    dropped += lines_write(w, w->out.p, w->out.n);
    w->out.n = 0;
    pthread_mutex_lock(&w->lock);
    w->dropped += dropped;
}

static struct timespec time_after(int64_t ms) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/* Wakes for a first line, waits for others to come, writes. Lock held but for the writing. */
static void *writer_run(void *arg) {
    struct log_writer *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->stopping || w->in.n || w->dropped) {
        struct timespec until = time_after(w->o.flush_ms);
        if (!w->stopping)
            pthread_cond_timedwait(&w->wake, &w->lock, &until);
        if (!w->in.n && !w->dropped)
            continue;
        struct lines full = w->in;
        uint64_t dropped = w->dropped;
        w->in = w->out;
        w->out = full;
        w->dropped = 0;
        pthread_mutex_unlock(&w->lock);
        out_write(w, dropped);
        if (w->stopping && now_ms() >= w->end_ms)
            break;
    }
    w->ended = true;
    pthread_cond_signal(&w->ended_cond);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

int log_writer_start(struct log_writer *w) {
    sigset_t all, before;
    pthread_attr_t attr;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the other thread's */
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, THREAD_STACK);
    int rc = pthread_create(&w->thread, &attr, writer_run, w);
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    w->started = rc == 0;
    return rc;
}

/* The thread looks every flush_ms by itself; it is woken only when waiting for it would cost lines. */
void log_writer_add(struct log_writer *w, struct str line) {
    pthread_mutex_lock(&w->lock);
    if (w->in.n + line.n > w->o.buffer_bytes) {
        w->dropped++;
    } else {
        memcpy(w->in.p + w->in.n, line.p, line.n);
        w->in.n += line.n;
    }
    bool half = w->in.n > w->o.buffer_bytes / 2 && w->in.n - line.n <= w->o.buffer_bytes / 2;
    pthread_mutex_unlock(&w->lock);
    if (half)
        pthread_cond_signal(&w->wake);
}

void log_writer_close(struct log_writer *w, int limit_ms) {
    if (!w)
        return;
    bool ended = true;
    if (w->started) {
        struct timespec until = time_after(limit_ms);
        pthread_mutex_lock(&w->lock);
        w->end_ms = now_ms() + limit_ms;
        w->stopping = true;
        pthread_cond_signal(&w->wake);
        while (!w->ended && pthread_cond_timedwait(&w->ended_cond, &w->lock, &until) == 0)
            continue;
        ended = w->ended;
        pthread_mutex_unlock(&w->lock);
        if (ended)
            pthread_join(w->thread, NULL);
    }
    if (!ended) /* it hangs in a write: the process ends without it, and what it holds stays */
        return;
    if (w->fd >= 0)
        close(w->fd);
    free(w->in.p);
    free(w->out.p);
    free(w->path);
    pthread_cond_destroy(&w->wake);
    pthread_cond_destroy(&w->ended_cond);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
