/* plain.c - runs each test in a process of its own; with arguments, only those whose name has one. */
#include "criterion/criterion.h"
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

static struct plain_suite *suites;
static struct plain_test *tests;

void plain_suite_add(struct plain_suite *s) {
    s->next = suites;
    suites = s;
}

void plain_test_add(struct plain_test *t) {
    t->next = tests;
    tests = t;
}

void plain_fail(const char *file, int line, const char *what, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s:%d: %s", file, line, what);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    _exit(1);
}

static void test_run(const struct plain_test *t) {
    struct plain_suite *s = suites;
    while (s && strcmp(s->name, t->suite) != 0)
        s = s->next;
    alarm((unsigned)(t->timeout ? t->timeout : s && s->timeout ? s->timeout : 60) * 3);
    if (s && s->init)
        s->init();
    t->run();
    if (s && s->fini)
        s->fini();
    exit(0); /* the sanitizer sets the code when it has found something */
}

int main(int argc, char **argv) {
    int n = 0, failed = 0;
    for (struct plain_test *t = tests; t; t = t->next) {
        int status = 0;
        if (argc > 1 && !strstr(t->name, argv[1]))
            continue;
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0)
            test_run(t);
        waitpid(pid, &status, 0);
        bool ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        printf("%s %d - %s.%s\n", ok ? "ok" : "not ok", ++n, t->suite, t->name);
        failed += !ok;
    }
    printf("1..%d\n", n);
    return failed > 0;
}
