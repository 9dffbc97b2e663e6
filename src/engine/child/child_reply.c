/* child_reply.c - the child's side of the conversation: one request read, lines written. */
#include "base/clock.h"
#include "engine/child/child_int.h"
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REQUEST_MAX = 16 << 20, PROGRESS_EVERY_MS = 100 };

static pthread_mutex_t say_lock = PTHREAD_MUTEX_INITIALIZER;
static int reply_fd = -1;

void child_reply_fd(int fd) {
    reply_fd = fd;
}

json_t *child_request(struct err *reterr) {
    struct stat st;
    if (fstat(CHILD_FD_REQUEST, &st) < 0 || st.st_size <= 0 || st.st_size > REQUEST_MAX) {
        err_set(reterr, ERR_INVALID,
                "\"matinee media\" is started by the program itself, not by hand");
        return NULL;
    }
    scoped(mem_free) char *text = malloc((size_t)st.st_size);
    if (!text || pread(CHILD_FD_REQUEST, text, (size_t)st.st_size, 0) != st.st_size) {
        err_set(reterr, ERR_IO, "the request does not read");
        return NULL;
    }
    json_error_t je;
    json_t *j = json_loadb(text, (size_t)st.st_size, JSON_REJECT_DUPLICATES, &je);
    if (!j)
        err_set(reterr, ERR_INVALID, "the request is not JSON: %s", je.text);
    return j;
}

/* Nobody reads any more: the parent has given up on this work, and so do we. */
static void say(json_t *line) {
    if (reply_fd < 0) {
        json_decref(line);
        return;
    }
    scoped(mem_free) char *text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    if (!text)
        _exit(125);
    size_t n = strlen(text);
    text[n] = '\n'; /* in place of the NUL: one write a line */
    pthread_mutex_lock(&say_lock);
    for (size_t at = 0; at <= n;) {
        ssize_t put = write(reply_fd, text + at, n + 1 - at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            _exit(125);
        at += (size_t)put;
    }
    pthread_mutex_unlock(&say_lock);
}

void child_progress(const char *stage, int permille, double speed, int64_t eta_ms) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int64_t said_ms;
    static char said_stage[32];
    int64_t now = clock_mono_ns() / 1000000;
    pthread_mutex_lock(&lock);
    bool skip =
        now - said_ms < PROGRESS_EVERY_MS && strcmp(said_stage, stage) == 0 && permille < 1000;
    if (!skip) {
        said_ms = now;
        snprintf(said_stage, sizeof said_stage, "%s", stage);
    }
    pthread_mutex_unlock(&lock);
    if (!skip)
        say(json_pack("{s:i, s:s, s:f, s:I}", "progress", permille, "stage", stage, "speed", speed,
                      "eta_ms", (json_int_t)eta_ms));
}

void child_checkpoint(json_t *state) {
    say(json_pack("{s:o}", "checkpoint", state));
}

void child_log(const char *fmt, ...) {
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    json_t *s = json_string(text);
    say(json_pack("{s:o}", "log", s ? s : json_string("a message that is not UTF-8")));
}

void child_result(json_t *result) {
    say(json_pack("{s:o}", "result", result));
}

static json_t *text_or_empty(const char *s) {
    json_t *j = json_string(s); /* NULL when the film's own words are not UTF-8 */
    return j ? j : json_string("");
}

void child_error(const struct err *e) {
    say(json_pack("{s:{s:s, s:o, s:o, s:o}}", "error", "code", err_name(e->code), "reason",
                  text_or_empty(e->reason), "msg", text_or_empty(e->msg), "hint",
                  text_or_empty(e->hint)));
}
