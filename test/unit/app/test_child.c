/* test_child.c - the sandbox and the talk with it. This program plays the child too: engine/child
 * starts /proc/self/exe, and the constructor below answers before Criterion's main does. */
#include "base/buf.h"
#include "base/clock.h"
#include "engine/child/child.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the child's side ---- */

static json_t *outcome(long r) {
    return json_integer(r < 0 ? errno : 0);
}

static void *thread_body(void *arg) {
    *(int *)arg = 7;
    return NULL;
}

static void op_forbidden(json_t *rq) {
    json_t *j = json_object();
    const char *path = json_string_value(json_object_get(rq, "path"));
    int seven = 0;
    char *const args[] = {(char *)"/bin/true", NULL};
    json_object_set_new(j, "open", outcome(open(path, O_RDONLY)));
    json_object_set_new(j, "create",
                        outcome(open("/tmp/matinee-must-not", O_CREAT | O_WRONLY, 0600)));
    json_object_set_new(j, "socket", outcome(socket(AF_INET, SOCK_STREAM, 0)));
    json_object_set_new(j, "unix", outcome(socket(AF_UNIX, SOCK_STREAM, 0)));
    json_object_set_new(j, "fork", outcome(syscall(SYS_fork)));
    json_object_set_new(j, "vfork", outcome(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)));
    json_object_set_new(j, "exec", outcome(execv("/bin/true", args)));
    json_object_set_new(j, "kill", outcome(kill(getppid(), 0)));
    json_object_set_new(j, "ptrace", outcome(ptrace(PTRACE_ATTACH, getppid(), 0, 0)));
    json_object_set_new(j, "unlink", outcome(unlink(path)));
    json_object_set_new(j, "rename", outcome(rename(path, "/tmp/matinee-must-not")));
    json_object_set_new(j, "io_uring", outcome(syscall(425, 1, 0)));
    json_object_set_new(j, "clone3", outcome(syscall(435, 0, 0)));
    pthread_t t;
    json_object_set_new(j, "thread", json_integer(pthread_create(&t, NULL, thread_body, &seven)));
    pthread_join(t, NULL);
    json_object_set_new(j, "seven", json_integer(seven));
    json_object_set_new(j, "fd_after_last", outcome(fcntl(CHILD_FD_FIRST + 2, F_GETFD)));
    iconv_t ic =
        iconv_open("UTF-8", "WINDOWS-1252"); /* subtitles need it, and glibc keeps it in a file */
    json_object_set_new(j, "iconv", json_integer(ic == (iconv_t)-1 ? errno : 0));
    json_object_set_new(j, "setown", outcome(fcntl(CHILD_FD_FIRST, F_SETOWN, getppid())));
    json_object_set_new(j, "setsig", outcome(fcntl(CHILD_FD_FIRST, 10 /* F_SETSIG */, SIGKILL)));
    long flags = CLONE_VM | CLONE_THREAD | CLONE_NEWNS;
    json_object_set_new(j, "namespace", outcome(syscall(SYS_clone, flags, 0, 0, 0, 0)));
    json_object_set_new(j, "user", json_integer(getuid()));
    json_object_set_new(j, "group", json_integer(getegid()));
    json_object_set_new(j, "environment", json_boolean(getenv("MATINEE_SECRET") == NULL));
    child_result(j);
}

static void op_copy(json_t *rq) {
    char text[64];
    ssize_t n = pread(CHILD_FD_FIRST, text, sizeof text, 0);
    bool ok = n > 0 && pwrite(CHILD_FD_FIRST + 1, text, (size_t)n, 0) == n;
    child_progress("copy", 250, 2.5, 4000);
    child_checkpoint(json_pack("{s:i}", "chunk", 3));
    child_log("copied %zd", n);
    child_result(json_pack("{s:b, s:I}", "ok", ok, "n", (json_int_t)n));
}

static void op_memory(json_t *rq) {
    size_t got = 0;
    for (char *p; (p = malloc(16 << 20)); got++)
        memset(p, 1, 16 << 20);
    struct err e;
    err_set(&e, ERR_NO_MEMORY, "after %zu pieces", got);
    child_error(&e);
}

static void op_flood(json_t *rq) {
    char line[4096];
    memset(line, 'x', sizeof line);
    for (;;)
        if (write(CHILD_FD_REPLY, line, sizeof line) < 0)
            _exit(1);
}

static void op_words(json_t *rq) {
    for (int i = 0; i < 200000; i++)
        if (write(2, "noise noise noise\n", 18) < 0 && errno != EAGAIN)
            _exit(1);
    abort();
}

static void op_grow(json_t *rq) {
    char zero[4096] = {0};
    ssize_t n;
    while ((n = write(CHILD_FD_FIRST, zero, sizeof zero)) > 0) {
    }
    struct err e;
    err_errno(&e, errno, "output");
    child_error(&e);
}

static void op_segv(json_t *rq) {
    signal(SIGSEGV, SIG_DFL); /* AddressSanitizer's own handler would exit in order */
    raise(SIGSEGV);
}
static void op_spin(json_t *rq) {
    for (volatile int i = 0;; i++) {
    }
}
static void op_mute(json_t *rq) {
    _exit(3);
}
static void op_garbage(json_t *rq) {
    if (write(CHILD_FD_REPLY, "hello\n", 6) == 6)
        pause();
}
static void op_refuse(json_t *rq) {
    struct err e;
    child_error(
        (err_refuse(&e, ERR_BAD_MEDIA, "media.no_video", "Has no picture.", "no video"), &e));
}
static void op_chatty(json_t *rq) {
    for (int i = 0;; i++) {
        child_progress("work", i % 1000, 1.0, -1);
        poll(NULL, 0, 20);
    }
}
static void op_silent(json_t *rq) {
    child_progress(getenv("LC_ALL"), (int)(getpid() % 1000), getpid(), -1);
    for (;;)
        poll(NULL, 0, 1000);
}

static const struct {
    const char *name;
    void (*run)(json_t *rq);
} child_ops[] = {{"forbidden", op_forbidden}, {"copy", op_copy},     {"memory", op_memory},
                 {"flood", op_flood},         {"words", op_words},   {"grow", op_grow},
                 {"segv", op_segv},           {"spin", op_spin},     {"mute", op_mute},
                 {"garbage", op_garbage},     {"refuse", op_refuse}, {"chatty", op_chatty},
                 {"silent", op_silent}};

__attribute__((constructor)) static void child_main(int argc, char **argv) {
    if (argc != 3 || strcmp(argv[1], "media") != 0)
        return;
    struct err e;
    json_t *rq = child_enter_sandbox(&e) < 0 ? NULL : child_request(&e);
    if (!rq) {
        child_error(&e);
        _exit(1);
    }
    for (size_t i = 0; i < ARRAY_LEN(child_ops); i++)
        if (strcmp(argv[2], child_ops[i].name) == 0)
            child_ops[i].run(rq);
    _exit(0);
}

/* ---- the parent's side ---- */

struct seen {
    int progress, checkpoint, cancel_after, chunk;
    char stage[32], log[64];
    double speed;
};

static int seen_progress(void *arg, const char *stage, int permille, double speed, int64_t eta_ms) {
    struct seen *s = arg;
    snprintf(s->stage, sizeof s->stage, "%s", stage);
    s->speed = speed;
    return ++s->progress == s->cancel_after ? ERR_CANCELLED : 0;
}
static int seen_checkpoint(void *arg, json_t *state) {
    struct seen *s = arg;
    s->chunk = (int)json_integer_value(json_object_get(state, "chunk"));
    return ++s->checkpoint ? 0 : -1;
}
static void seen_log(void *arg, const char *text) {
    snprintf(((struct seen *)arg)->log, 64, "%s", text);
}

static int run(struct child_spec spec, struct seen *seen, json_t **ret, struct err *e) {
    json_t *rq = spec.request ? spec.request : json_object();
    memset(e, 0, sizeof *e);
    spec.request = rq;
    spec.progress = seen_progress;
    spec.checkpoint = seen_checkpoint;
    spec.log = seen_log;
    spec.arg = seen;
    int r = child_run(&spec, ret, e);
    json_decref(rq);
    return r;
}

static int result_int(json_t *j, const char *key) {
    return (int)json_integer_value(json_object_get(j, key));
}

Test(child, can_do_nothing_but_work) {
    struct seen s = {0};
    struct err e;
    json_t *j = NULL;
    char path[] = "/tmp/matinee-child-XXXXXX";
    close(mkstemp(path));
    setenv("MATINEE_SECRET", "x", 1);
    int fds[] = {0, 1};
    int r = run(
        (struct child_spec){
            .op = "forbidden", .fds = fds, .n_fds = 2, .request = json_pack("{s:s}", "path", path)},
        &s, &j, &e);
    cr_assert_eq(r, 0, "%s", e.msg);
    static const struct {
        const char *what;
        int error;
    } due[] = {{"open", EACCES},   {"create", EACCES}, {"socket", EPERM}, {"unix", EPERM},
               {"fork", EPERM},    {"vfork", EPERM},   {"exec", EPERM},   {"kill", EPERM},
               {"ptrace", EPERM},  {"unlink", EPERM},  {"rename", EPERM}, {"io_uring", EPERM},
               {"clone3", ENOSYS}, {"thread", 0},      {"seven", 7},      {"fd_after_last", EBADF},
               {"iconv", 0},       {"setown", EPERM},  {"setsig", EPERM}, {"namespace", EPERM}};
    for (size_t i = 0; i < ARRAY_LEN(due); i++)
        cr_expect_eq(result_int(j, due[i].what), due[i].error, "%s answered %d", due[i].what,
                     result_int(j, due[i].what));
    if (getuid() == 0) { /* nobody, in no group of root's */
        cr_expect_eq(result_int(j, "user"), 65534);
        cr_expect_eq(result_int(j, "group"), 65534);
    }
    cr_expect(json_is_true(json_object_get(j, "environment")), "a secret reached the child");
    cr_expect_eq(unlink(path), 0, "the child removed a file");
    json_decref(j);
}

Test(child, works_on_the_descriptors_it_was_given_and_reports) {
    struct seen s = {0};
    struct err e;
    json_t *j = NULL;
    char a[] = "/tmp/matinee-child-XXXXXX", b[] = "/tmp/matinee-child-XXXXXX", back[8] = "";
    int fds[] = {mkstemp(a), mkstemp(b)};
    cr_assert_eq(write(fds[0], "film", 4), 4);
    /* The wrong way round on purpose: 6 is due at 5 and 5 at 6. */
    int low[2] = {dup2(fds[1], 5 + 40), dup2(fds[0], 6 + 40)};
    int swapped[] = {low[1], low[0]};
    cr_assert_eq(run((struct child_spec){.op = "copy", .fds = swapped, .n_fds = 2}, &s, &j, &e), 0,
                 "%s", e.msg);
    cr_expect_eq(pread(fds[1], back, 4, 0), 4);
    cr_expect_str_eq(back, "film");
    cr_expect_eq(result_int(j, "n"), 4);
    cr_expect(s.progress >= 1 && s.speed == 2.5 && strcmp(s.stage, "copy") == 0);
    cr_expect(s.checkpoint == 1 && s.chunk == 3);
    cr_expect_str_eq(s.log, "copied 4");
    json_decref(j);
    unlink(a);
    unlink(b);
}

Test(child, a_crash_is_told_and_harms_nothing, .timeout = 60) {
    struct seen s = {0};
    struct err e;
    cr_expect_eq(run((struct child_spec){.op = "segv"}, &s, NULL, &e), ERR_CRASHED);
    cr_expect_str_eq(e.reason, "media.crashed");
    cr_expect(strstr(e.msg, "Segmentation"), "%s", e.msg);
    cr_expect_eq(run((struct child_spec){.op = "words"}, &s, NULL, &e), ERR_CRASHED);
    cr_expect(strstr(e.msg, "Aborted"), "%s", e.msg);
    cr_expect_eq(run((struct child_spec){.op = "mute"}, &s, NULL, &e), ERR_CRASHED);
    cr_expect(strstr(e.msg, "status 3"), "%s", e.msg);
    cr_expect_eq(run((struct child_spec){.op = "garbage"}, &s, NULL, &e), ERR_CRASHED);
    cr_expect_eq(run((struct child_spec){.op = "flood"}, &s, NULL, &e), ERR_CRASHED);
    cr_expect(strstr(e.msg, "floods"), "%s", e.msg);
    cr_expect_eq(run((struct child_spec){.op = "refuse"}, &s, NULL, &e), ERR_BAD_MEDIA);
    cr_expect_str_eq(e.reason, "media.no_video");
    cr_expect_str_eq(e.hint, "Has no picture.");
}

Test(child, limits_hold, .timeout = 60) {
    struct seen s = {0};
    struct err e;
    int64_t before = clock_mono_ns();
    cr_expect_eq(run((struct child_spec){.op = "silent", .limits.silence_ms = 700}, &s, NULL, &e),
                 ERR_TIMEOUT);
    cr_expect_str_eq(e.reason, "media.stuck");
    cr_expect_eq(run((struct child_spec){.op = "chatty", .limits.wall_ms = 700}, &s, NULL, &e),
                 ERR_TIMEOUT);
    cr_expect_str_eq(e.reason, "media.too_slow");
    cr_expect_lt(clock_mono_ns() - before, 20000000000LL, "a limit was kept late");
    cr_expect_eq(run((struct child_spec){.op = "spin", .limits.cpu_s = 1}, &s, NULL, &e),
                 ERR_TIMEOUT, "%s", e.msg);
    FILE *f = tmpfile();
    int fd = fileno(f);
    cr_expect_eq(
        run((struct child_spec){.op = "grow", .fds = &fd, .n_fds = 1, .limits.file_bytes = 1 << 20},
            &s, NULL, &e),
        ERR_NO_SPACE, "%d %s", e.code, e.msg);
    cr_expect_eq(lseek(fd, 0, SEEK_END), 1 << 20);
    fclose(f);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1 /* where RLIMIT_AS cannot be */
#endif
#endif
#if !defined(__SANITIZE_ADDRESS__) && !defined(UNDER_ASAN)
Test(child, memory_has_a_ceiling, .timeout = 60) {
    struct seen s = {0};
    struct err e;
    cr_expect_eq(
        run((struct child_spec){.op = "memory", .limits.memory_bytes = 256 << 20}, &s, NULL, &e),
        ERR_NO_MEMORY, "%s", e.msg);
}
#endif

Test(child, is_cancelled_even_while_it_is_silent, .timeout = 30) {
    struct seen s = {.cancel_after = 3};
    struct err e;
    cr_expect_eq(run((struct child_spec){.op = "silent"}, &s, NULL, &e), ERR_CANCELLED);
    s = (struct seen){.cancel_after = 3};
    cr_expect_eq(run((struct child_spec){.op = "chatty"}, &s, NULL, &e), ERR_CANCELLED);
}

static int pid_out;
static int tell_pid(void *arg, const char *stage, int permille, double speed, int64_t eta_ms) {
    int pid = (int)speed; /* op_silent says its own pid as its speed */
    return write(pid_out, &pid, sizeof pid) == sizeof pid ? 0 : ERR_IO;
}

Test(child, dies_when_its_parent_is_killed, .timeout = 30) {
    int p[2], pid = 0;
    cr_assert_eq(pipe(p), 0);
    pid_t parent = fork();
    if (parent == 0) {
        pid_out = p[1];
        json_t *rq = json_object();
        child_run(&(struct child_spec){.op = "silent", .request = rq, .progress = tell_pid}, NULL,
                  NULL);
        _exit(0);
    }
    close(p[1]);
    cr_assert_eq(read(p[0], &pid, sizeof pid), sizeof pid);
    cr_assert_gt(pid, 0);
    cr_assert_eq(kill(pid, 0), 0, "it was never there");
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    /* Nobody may be left to reap it, so a zombie counts as gone. */
    bool gone = false;
    for (int i = 0; i < 200 && !gone; i++) {
        char path[64], stat[256] = "";
        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        FILE *f = fopen(path, "r");
        if (!f || !fgets(stat, sizeof stat, f) || strstr(stat, ") Z "))
            gone = true;
        else
            poll(NULL, 0, 20);
        if (f)
            fclose(f);
    }
    cr_expect(gone, "the child outlived its parent");
}
