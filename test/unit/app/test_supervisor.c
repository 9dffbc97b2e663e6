/* test_supervisor.c - processes that die, that will not, and that are to read a file again; real ones, of the
 * shell. The supervisor is of one thread and of the whole program, so that each test has it alone. */
#include "app/supervisor.h"
#include "base/file.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[64], log_path[96], file_path[96];

static void scene_open(void) {
    alarm(60);
    signal(SIGHUP, SIG_DFL); /* under nohup it is ignored, and a shell traps no signal that was ignored when it began */
    snprintf(folder, sizeof folder, "/tmp/matinee-super-XXXXXX");
    cr_assert(mkdtemp(folder));
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    snprintf(file_path, sizeof file_path, "%s/file", folder);
    setenv("LOG", log_path, 1);
    supervisor_signals();
}
static void scene_close(void) {
    unlink(log_path);
    unlink(file_path);
    rmdir(folder);
}
TestSuite(supervisor, .init = scene_open, .fini = scene_close);

/* How many lines of the log start with the word. */
static int said(const char *word) {
    FILE *f = fopen(log_path, "re");
    char line[200];
    int n = 0;
    while (f && fgets(line, sizeof line, f))
        n += strncmp(line, word, strlen(word)) == 0;
    if (f)
        fclose(f);
    return n;
}

static struct proc shell(const char *const *argv) {
    return (struct proc){.name = "shell", .argv = (char *const *)argv, .stop_signal = SIGTERM};
}

/* Looks each 20 ms whether the log says what the test waits for, and then asks for the end as a person would. */
struct wish {
    const char *word;
    int times;
    int looks;
    bool asked;
    const char *write_first; /* to the file, at the first look that sees the process ready */
};

static void wish_look(void *arg) {
    struct wish *w = arg;
    w->looks++;
    if (w->write_first && said("ready") > 0) {
        cr_assert_eq(file_write(file_path, str_of(w->write_first), 0600, NULL), 0);
        w->write_first = NULL;
    }
    if (said(w->word) >= w->times && !w->asked) {
        w->asked = true; /* a second one could come when nobody handles it any more */
        kill(getpid(), SIGTERM);
    }
}

static int run(struct proc *p, size_t n, struct wish *w, struct err *e) {
    const struct supervisor_calls calls = {.look = wish_look, .look_ms = 20, .arg = w};
    return supervisor_run(p, n, &calls, e);
}

Test(supervisor, starts_again_what_dies) {
    static const char *const argv[] = {"/bin/sh", "-c", "echo started >>\"$LOG\"; [ $(wc -l <\"$LOG\") -gt 2 ] && exec sleep 100", NULL};
    struct proc p = shell(argv);
    struct err e = {0};
    cr_assert_eq(run(&p, 1, &(struct wish){.word = "started", .times = 3}, &e), 0, "%s", e.msg);
    cr_expect_eq(said("started"), 3);
    cr_expect_eq(p.pid, 0, "nothing is left running");
}

Test(supervisor, gives_up_what_never_starts) {
    static const char *const argv[] = {"/bin/sh", "-c", "echo tried >>\"$LOG\"; exit 3", NULL};
    struct proc p = shell(argv);
    struct err e = {0};
    cr_assert_eq(run(&p, 1, &(struct wish){.word = "never", .times = 1}, &e), ERR_CRASHED);
    cr_expect(strstr(e.msg, "shell"), "%s", e.msg);
    cr_expect_eq(said("tried"), 5);
}

Test(supervisor, a_file_that_is_replaced_is_read_again) {
    static const char *const argv[] = {
        "/bin/sh", "-c", "trap 'echo again >>\"$LOG\"' HUP; echo ready >>\"$LOG\"; while :; do sleep 0.05; done", NULL};
    struct proc p = shell(argv);
    struct err e = {0};
    p.hup_signal = SIGHUP;
    p.watch[1] = file_path;
    cr_assert_eq(file_write(file_path, STR("one"), 0600, NULL), 0);
    struct wish w = {.word = "again", .times = 1, .write_first = "two"};
    cr_assert_eq(run(&p, 1, &w, &e), 0, "%s", e.msg);
    cr_expect_eq(said("again"), 1, "once a change");
    cr_expect_gt(w.looks, 1);
}

Test(supervisor, our_variables_are_not_for_what_is_foreign) {
    static const char *const argv[] = {"/bin/sh", "-c", "echo \"got ${MATINEE_MASTER_KEY-none} $EXTRA\" >>\"$LOG\"; exec sleep 100", NULL};
    struct proc p = shell(argv);
    struct err e = {0};
    setenv("MATINEE_MASTER_KEY", "secret", 1);
    p.foreign = true;
    p.env = "EXTRA=more";
    cr_assert_eq(run(&p, 1, &(struct wish){.word = "got none more", .times = 1}, &e), 0, "%s", e.msg);
}

Test(supervisor, asked_twice_it_ends_what_will_not) {
    static const char *const argv[] = {"/bin/sh", "-c", "trap '' TERM; echo ready >>\"$LOG\"; while :; do sleep 0.05; done", NULL};
    struct proc p = shell(argv);
    struct err e = {0};
    struct wish w = {.word = "ready", .times = 1};
    pid_t us = getpid(), impatient = fork();
    if (impatient == 0) {
        while (said("ready") == 0)
            usleep(20000);
        for (int i = 0; i < 4; i++) { /* one more than twice, each later than the look's own */
            usleep(300000);
            kill(us, i < 3 ? SIGTERM : 0);
        }
        _exit(0);
    }
    signal(SIGTERM, SIG_IGN); /* that may come when all is over */
    struct timespec begun, ended;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    cr_assert_eq(run(&p, 1, &w, &e), 0, "%s", e.msg);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    waitpid(impatient, NULL, 0);
    cr_expect_eq(p.pid, 0);
    cr_expect_lt(ended.tv_sec - begun.tv_sec, 12, "the grace is fifteen seconds");
}
