/* main.c - runs what plain/criterion/criterion.h registered: a process a test, TAP out. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED = 77, FAILED = 1 };

static struct plain_test *first;
static bool any_failed;
static FILE *redirected;

void plain_register(struct plain_test *t) {
    struct plain_test **at = &first;
    while (*at)
        at = &(*at)->next;
    *at = t;
}

void plain_failed(bool fatal, const char *file, int line, const char *what, const char *fmt, ...) {
    va_list ap;
    any_failed = true;
    fprintf(stdout, "#   %s:%d: %s: ", file, line, what);
    va_start(ap, fmt);
    vfprintf(stdout, fmt, ap);
    va_end(ap);
    fputc('\n', stdout);
    fflush(stdout);
    if (fatal)
        _exit(FAILED);
}

void plain_skip(const char *fmt, ...) {
    va_list ap;
    fputs("#   ", stdout);
    va_start(ap, fmt);
    vfprintf(stdout, fmt, ap);
    va_end(ap);
    fputc('\n', stdout);
    fflush(stdout);
    _exit(SKIPPED);
}

void cr_redirect_stderr(void) {
    redirected = tmpfile();
    dup2(fileno(redirected), STDERR_FILENO);
}

FILE *cr_get_redirected_stderr(void) {
    rewind(redirected);
    return redirected;
}

static const struct plain_options *suite_options(const char *suite) {
    static const struct plain_options none;
    for (struct plain_test *t = first; t; t = t->next)
        if (!t->name && strcmp(t->suite, suite) == 0)
            return &t->o;
    return &none;
}

static void run_here(const struct plain_test *t) {
    const struct plain_options *s = suite_options(t->suite);
    double limit = t->o.timeout > 0 ? t->o.timeout : s->timeout;
    if (limit > 0)
        alarm((unsigned)(limit * 4) + 1); /* TSan is slow */
    if (s->init)
        s->init();
    if (t->o.init)
        t->o.init();
    t->run();
    if (t->o.fini)
        t->o.fini();
    if (s->fini)
        s->fini();
    fflush(NULL);
    /* exit, not _exit: TSan reports at exit. */
    exit(any_failed ? FAILED : 0);
}

static bool as_due(const struct plain_test *t, int status) {
    if (t->o.signal)
        return WIFSIGNALED(status) && WTERMSIG(status) == t->o.signal;
    return WIFEXITED(status) && WEXITSTATUS(status) == t->o.exit_code;
}

/* A word of its name as an argument: that test alone. */
int main(int argc, char **argv) {
    const char *word = argc > 1 && argv[1][0] != '-' ? argv[1] : "";
    int n = 0, bad = 0, status;
    for (struct plain_test *t = first; t; t = t->next) {
        if (!t->name || t->o.disabled || !strstr(t->name, word))
            continue;
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0)
            run_here(t);
        if (pid < 0 || waitpid(pid, &status, 0) != pid)
            status = FAILED << 8;
        bool skipped = WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED;
        bool ok = skipped || as_due(t, status);
        bad += !ok;
        printf("%sok %d - %s::%s%s\n", ok ? "" : "not ", ++n, t->suite, t->name,
               skipped ? " # SKIP said above" : "");
        if (WIFSIGNALED(status) && !ok)
            printf("#   killed by signal %d\n", WTERMSIG(status));
    }
    printf("1..%d\n", n);
    return bad ? 1 : 0;
}
