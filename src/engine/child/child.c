/*
 * child.c - the parent's side of a sandboxed child: reads its lines, keeps its limits, and says in
 * words what became of it. What a child says is foreign too (it may have been taken over by the
 * film it reads): lines have a ceiling, codes come from our own table, numbers are clamped, text is
 * cut.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "engine/child/child_int.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICK_MS = 1000, GOODBYE_MS = 10000, WORDS_KEPT = 1500, DEFAULT_SILENCE_MS = 60000 };

struct talk {
    const struct child_spec *spec;
    struct child_process p;
    struct buf line;
    char words[WORDS_KEPT + 1]; /* the end of what it said on stderr */
    size_t n_words;
    int64_t start_ms, heard_ms, said_bytes;
    char stage[32];
    int permille;
    double speed;
    int64_t eta_ms;
    json_t *result;
    bool answered; /* a result or an error */
    int code;      /* what stops the talk; 0: nothing yet */
    struct err err;
};

static int64_t now_ms(void) {
    return clock_mono_ns() / 1000000;
}

static int code_named(const char *name) {
#define X(n, value, status, reason)                                                                \
    if (name && strcmp(name, #n) == 0)                                                             \
        return ERR_##n;
    ERR_TABLE(X)
#undef X
    return ERR_CRASHED;
}

static void text_copy(char *dst, size_t cap, json_t *from) {
    const char *s = json_string_value(from);
    snprintf(dst, cap, "%s", s ? s : "");
}

static void talk_progress(struct talk *t) {
    if (!t->spec->progress || t->code)
        return;
    int r = t->spec->progress(t->spec->arg, t->stage, t->permille, t->speed, t->eta_ms);
    if (r < 0)
        t->code = err_set(&t->err, r, r == ERR_CANCELLED ? "cancelled" : "progress was refused");
}

static void line_progress(struct talk *t, json_t *j) {
    int64_t permille = json_integer_value(json_object_get(j, "progress"));
    double speed = json_number_value(json_object_get(j, "speed"));
    json_t *eta = json_object_get(j, "eta_ms");
    text_copy(t->stage, sizeof t->stage, json_object_get(j, "stage"));
    t->permille = (int)CLAMP(permille, 0, 1000);
    t->speed = CLAMP(speed, 0.0, 1e6);
    t->eta_ms = json_is_integer(eta) ? CLAMP(json_integer_value(eta), -1, (int64_t)1 << 40) : -1;
    talk_progress(t);
}

static void line_error(struct talk *t, json_t *e) {
    t->answered = true;
    t->code = t->err.code = code_named(json_string_value(json_object_get(e, "code")));
    text_copy(t->err.reason, sizeof t->err.reason, json_object_get(e, "reason"));
    text_copy(t->err.msg, sizeof t->err.msg, json_object_get(e, "msg"));
    text_copy(t->err.hint, sizeof t->err.hint, json_object_get(e, "hint"));
}

static void line_log(struct talk *t, const char *text) {
    char cut[300];
    snprintf(cut, sizeof cut, "%s", text);
    if (t->spec->log)
        t->spec->log(t->spec->arg, cut);
    else
        log_event(LOG_WARN, "child.says", LS("op", t->spec->op), LS("text", cut));
}

static void talk_line(struct talk *t, struct str line) {
    if (t->answered)
        return;
    json_t *j = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL), *v;
    if (!json_is_object(j)) {
        t->code =
            err_set(&t->err, ERR_CRASHED, "media %s wrote a line that is not JSON", t->spec->op);
    } else if ((v = json_object_get(j, "result"))) {
        t->answered = true;
        t->result = json_incref(v);
    } else if ((v = json_object_get(j, "error"))) {
        line_error(t, v);
    } else if ((v = json_object_get(j, "checkpoint"))) {
        int r = t->spec->checkpoint ? t->spec->checkpoint(t->spec->arg, v) : 0;
        if (r < 0)
            t->code = err_set(&t->err, r, "the checkpoint could not be stored");
    } else if (json_is_string(v = json_object_get(j, "log"))) {
        line_log(t, json_string_value(v));
    } else if (json_object_get(j, "progress")) {
        line_progress(t, j);
    }
    json_decref(j);
}

static void talk_lines(struct talk *t) {
    size_t from = 0;
    uint8_t *nl;
    while (!t->code && (nl = memchr(t->line.p + from, '\n', t->line.n - from))) {
        size_t end = (size_t)(nl - t->line.p);
        talk_line(t, str_make((char *)t->line.p + from, end - from));
        from = end + 1;
    }
    memmove(t->line.p, t->line.p + from, t->line.n - from);
    t->line.n -= from;
}

/* Returns false at the end of the pipe. */
static bool talk_read(struct talk *t) {
    char piece[16 << 10];
    ssize_t n = read(t->p.reply_fd, piece, sizeof piece);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n <= 0)
        return false;
    t->heard_ms = now_ms();
    t->said_bytes += n;
    buf_mem(&t->line, piece, (size_t)n);
    if (t->line.failed ||
        t->said_bytes > CHILD_SAY_BASE + (t->heard_ms - t->start_ms) / 1000 * CHILD_SAY_PER_S)
        t->code = err_set(&t->err, ERR_CRASHED, "media %s floods its reply pipe", t->spec->op);
    else
        talk_lines(t);
    return true;
}

static bool words_read(struct talk *t) {
    char piece[4096];
    ssize_t n = read(t->p.words_fd, piece, sizeof piece);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n <= 0)
        return false;
    size_t got = (size_t)n, keep = MIN(got, (size_t)WORDS_KEPT);
    size_t old = MIN(t->n_words, WORDS_KEPT - keep);
    memmove(t->words, t->words + t->n_words - old, old);
    memcpy(t->words + old, piece + got - keep, keep);
    t->n_words = old + keep;
    return true;
}

static void talk_clock(struct talk *t, int64_t now) {
    const struct child_limits *l = &t->spec->limits;
    int64_t silence = l->silence_ms ? l->silence_ms : DEFAULT_SILENCE_MS;
    if (l->wall_ms && now - t->start_ms > l->wall_ms)
        t->code = err_refuse(
            &t->err, ERR_TIMEOUT, "media.too_slow",
            "Reading this file took longer than allowed. It may be damaged; re-export it "
            "and try again.",
            "media %s: over its %lld ms", t->spec->op, (long long)l->wall_ms);
    else if (now - t->heard_ms > silence)
        t->code = err_refuse(
            &t->err, ERR_TIMEOUT, "media.stuck",
            "Work on this file got stuck. It may be damaged; re-export it and try again.",
            "media %s: silent for %lld ms", t->spec->op, (long long)silence);
}

static void talk_run(struct talk *t) {
    int64_t ticked = t->start_ms = t->heard_ms = now_ms();
    bool words = true;
    while (!t->code) {
        struct pollfd pf[2] = {{.fd = t->p.reply_fd, .events = POLLIN},
                               {.fd = words ? t->p.words_fd : -1, .events = POLLIN}};
        int r = poll(pf, 2, TICK_MS / 4);
        if (r < 0 && errno != EINTR)
            t->code = err_errno(&t->err, errno, "poll");
        if (r > 0 && pf[1].revents)
            words = words_read(t);
        if (r > 0 && pf[0].revents && !talk_read(t))
            break;
        int64_t now = now_ms();
        if (t->answered)
            break;
        if (!t->code)
            talk_clock(t, now);
        if (now - ticked >= TICK_MS) {
            ticked = now;
            if (now - t->heard_ms >= TICK_MS)
                talk_progress(t);
        }
    }
    while (words && t->n_words < WORDS_KEPT) {
        struct pollfd pf = {.fd = t->p.words_fd, .events = POLLIN};
        if (poll(&pf, 1, 0) <= 0 || !words_read(t))
            break;
    }
}

static int died_of(struct talk *t, int sig) {
    t->words[t->n_words] = 0;
    char *last = t->words;
    for (size_t i = 0; i + 1 < t->n_words; i++)
        if (t->words[i] == '\n')
            last = t->words + i + 1;
    if (sig == SIGXCPU)
        return err_refuse(
            &t->err, ERR_TIMEOUT, "media.too_slow",
            "Reading this file took more computing time than allowed. It may be damaged; "
            "re-export it and try again.",
            "media %s: over its CPU limit", t->spec->op);
    if (sig == SIGKILL)
        return err_refuse(
            &t->err, ERR_CRASHED, "media.killed",
            "The machine stopped work on this file, most likely because memory ran out. Give it "
            "more memory or a smaller file, and try again.",
            "media %s: killed from outside", t->spec->op);
    return err_refuse(
        &t->err, ERR_CRASHED, "media.crashed",
        "This file made the media reader crash. It is probably damaged; re-export it and try "
        "again. Nothing else was harmed.",
        "media %s: died of %s%s%s", t->spec->op, strsignal(sig), *last ? ": " : "", last);
}

/* Bytes read and written by a process that has ended and is not reaped yet; 0 where the system does not say. */
static void io_add(pid_t pid, struct child_cost *cost) {
    char path[48], text[512];
    snprintf(path, sizeof path, "/proc/%d/io", (int)pid);
    scoped(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    long long in, out;
    if (n <= 0)
        return;
    text[n] = 0;
    if (sscanf(text, "rchar: %lld wchar: %lld", &in, &out) == 2) {
        cost->read_bytes += in;
        cost->written_bytes += out;
    }
}

static void cost_add(struct child_cost *cost, const struct rusage *u) {
    cost->user_us += u->ru_utime.tv_sec * 1000000LL + u->ru_utime.tv_usec;
    cost->system_us += u->ru_stime.tv_sec * 1000000LL + u->ru_stime.tv_usec;
}

static void child_wait(struct talk *t, int *ret_status) {
    siginfo_t gone;
    struct rusage u = {0};
    struct child_cost *cost = t->spec->cost;
    while (cost && waitid(P_PID, (id_t)t->p.pid, &gone, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
    if (cost)
        io_add(t->p.pid, cost);
    while (wait4(t->p.pid, ret_status, 0, &u) < 0 && errno == EINTR) {
    }
    if (cost)
        cost_add(cost, &u);
}

/* A child that has closed its pipe, or has answered, still has to go; the wait for it is bounded.
 */
static void talk_reap(struct talk *t, int *ret_status) {
    scoped(fd_close) int pidfd = (int)syscall(SYS_pidfd_open, t->p.pid, 0);
    struct pollfd pf = {.fd = pidfd, .events = POLLIN};
    if (!t->code && poll(&pf, 1, GOODBYE_MS) <= 0)
        t->code = err_refuse(
            &t->err, ERR_TIMEOUT, "media.stuck",
            "Work on this file got stuck. It may be damaged; re-export it and try again.",
            "media %s: does not end", t->spec->op);
    if (t->code)
        kill(t->p.pid, SIGKILL);
    child_wait(t, ret_status);
}

static void talk_end(struct talk *t) {
    int status = 0;
    talk_reap(t, &status);
    if (t->code)
        return;
    if (WIFSIGNALED(status))
        t->code = died_of(t, WTERMSIG(status));
    else if (!t->result)
        t->code =
            err_set(&t->err, ERR_CRASHED, "media %s: ended with status %d and no answer%s%.200s",
                    t->spec->op, WEXITSTATUS(status), t->n_words ? ": " : "", t->words);
}

int child_run(const struct child_spec *spec, json_t **ret_result, struct err *reterr) {
    struct talk t = {.spec = spec, .line = BUF(CHILD_LINE_MAX), .eta_ms = -1};
    int r = child_spawn(spec, &t.p, reterr);
    if (r < 0)
        return r;
    talk_run(&t);
    talk_end(&t);
    close(t.p.reply_fd);
    close(t.p.words_fd);
    buf_done(&t.line);
    if (t.code) {
        json_decref(t.result);
        if (reterr)
            *reterr = t.err;
        return t.code;
    }
    if (ret_result)
        *ret_result = t.result;
    else
        json_decref(t.result);
    return 0;
}
