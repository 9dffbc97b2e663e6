#include "postgres.h"
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where Debian, Fedora and a build of one's own put it; the newest. */
static bool bin_find(const char *name, char *dst, size_t n) {
    static const char *const places[] = {"/usr/lib/postgresql/*/bin/%s", "/usr/bin/%s",
                                         "/usr/local/pgsql/bin/%s"};
    bool found = false;
    for (size_t i = 0; i < ARRAY_LEN(places) && !found; i++) {
        char pattern[128];
        glob_t g;
        snprintf(pattern, sizeof pattern, places[i], name);
        if (glob(pattern, 0, NULL, &g) != 0)
            continue;
        const char *path = g.gl_pathv[g.gl_pathc - 1];
        if (access(path, X_OK) == 0)
            found = snprintf(dst, n, "%s", path) < (int)n;
        globfree(&g);
    }
    return found;
}

/* Never returns. Root becomes somebody else; the server's noise goes to a file in its folder. */
static void child_exec(const char *dir, const struct passwd *user, char *const argv[]) {
    char log[96];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (user && (setgroups(0, NULL) < 0 || setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0))
        _exit(126);
    snprintf(log, sizeof log, "%s/log", dir);
    if (chdir(dir) < 0 || !freopen(log, "a", stderr) || dup2(2, 1) < 0)
        _exit(126);
    execv(argv[0], argv);
    _exit(127);
}

static bool log_show(const struct postgres *pg) {
    char line[256], path[96];
    snprintf(path, sizeof path, "%s/log", pg->dir);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        fprintf(stderr, "postgres: %s", line);
    if (f)
        fclose(f);
    return false;
}

static bool answers(const struct postgres *pg) {
    char conninfo[128];
    snprintf(conninfo, sizeof conninfo, "host=%s user=postgres dbname=postgres", pg->dir);
    for (int i = 0; i < 600; i++) {
        if (PQping(conninfo) == PQPING_OK)
            return true;
        if (waitpid(pg->pid, NULL, WNOHANG) != 0)
            return false;
        usleep(50000);
    }
    return false;
}

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    return remove(path);
}

/* It refuses root. */
static const struct passwd *server_user(void) {
    const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;
    return geteuid() == 0 && !user ? getpwnam("nobody") : user;
}

bool postgres_resume(struct postgres *pg) {
    char server[256], data[96], sockets[96];
    if (!bin_find("postgres", server, sizeof server))
        return false;
    snprintf(data, sizeof data, "%s/data", pg->dir);
    snprintf(sockets, sizeof sockets, "unix_socket_directories=%s", pg->dir);
    char *const serve[] = {server, "-D", data, "-c", "listen_addresses=", "-c", sockets, "-c", "fsync=off",
                           "-c", "shared_buffers=16MB", "-c", "max_connections=24",
                           /* No machine is switched off in a test: what the server has it keeps. A plan is made once
                            * a connection, for connections are killed often. */
                           "-c", "full_page_writes=off", "-c", "jit=off",
                           "-c", "plan_cache_mode=force_generic_plan", NULL};
    if ((pg->pid = fork()) == 0)
        child_exec(pg->dir, server_user(), serve);
    return answers(pg) || log_show(pg);
}

void postgres_pause(struct postgres *pg, int signal) {
    if (pg->pid > 0) {
        kill(pg->pid, signal);
        waitpid(pg->pid, NULL, 0);
    }
    pg->pid = 0;
}

bool postgres_start(struct postgres *pg) {
    char initdb[256], data[96];
    const struct passwd *user = server_user();
    if (!bin_find("initdb", initdb, sizeof initdb) || (geteuid() == 0 && !user))
        return false;
    *pg = (struct postgres){.dir = "/tmp/matinee-pg-XXXXXX"};
    if (!mkdtemp(pg->dir) || (user && chown(pg->dir, user->pw_uid, user->pw_gid) < 0))
        return false;
    snprintf(data, sizeof data, "%s/data", pg->dir);
    char *const init[] = {initdb,  "-D", data,   "-U",         "postgres",  "-A",
                          "trust", "-E", "UTF8", "--locale=C", "--no-sync", NULL};
    int status = 1;
    if ((pg->pid = fork()) == 0)
        child_exec(pg->dir, user, init);
    bool made = waitpid(pg->pid, &status, 0) >= 0 && status == 0;
    pg->pid = 0;
    if (!made)
        log_show(pg);
    if (made && postgres_resume(pg))
        return true;
    postgres_stop(pg);
    return false;
}

void postgres_stop(struct postgres *pg) {
    postgres_pause(pg, SIGINT); /* "fast shutdown" */
    nftw(pg->dir, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
}
