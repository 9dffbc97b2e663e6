/*
 * front_user.c - nginx's workers meet the network, so they are not root even where Matinee is: a user
 * that owns nothing, in our own group. Files that a worker reads are 0640 and their folders 0750
 * anyway; the folders on the way to them are opened here for passing through (0710), and every secret
 * stays 0600. Nothing that a master reads or runs can be written by a worker: the one folder that is
 * theirs is the delivery log's.
 *
 * A clone below /root cannot be read by anybody else. That is found out by trying, in a child that
 * becomes the user, and then the workers stay root with a line that says what is in the way.
 */
#include "app/front_user.h"
#include "app/node.h"
#include "base/log.h"
#include "service/ingest/ingest.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *front_user_group(void) {
    static char name[64];
    struct group *g = getgrgid(getegid());
    if (g)
        snprintf(name, sizeof name, "%s", g->gr_name);
    return name;
}

/* Only bits that are missing, and only for our own group. */
static void folder_open_up(const char *path, mode_t bits) {
    struct stat st;
    if (stat(path, &st) == 0 && st.st_gid == getegid() && (st.st_mode & bits) != bits)
        chmod(path, (st.st_mode & 07777) | bits);
}

static int log_folder_make(const char *path, uid_t owner, struct err *reterr) {
    int r = folder_make(path, reterr);
    /* No link to elsewhere: nobody but us writes in the folder above it. */
    if (r == 0 && geteuid() == 0 && lchown(path, owner, getegid()) < 0)
        r = err_errno(reterr, errno, "%s", path);
    return r;
}

/* Manifests that workers of another user have cached are unreadable for the new ones. */
static int cache_clear(const char *run, uid_t owner, struct err *reterr) {
    scoped(mem_free) char *path = text_make("%s/manifests", run);
    struct stat st;
    if (lstat(path, &st) < 0 || st.st_uid == owner)
        return 0;
    return folder_remove(path, reterr);
}

struct reach {
    const char *path;
    int mode;
};

/* In a child of its own: becomes the user and tries. Returns the index of what is out of reach, n when
 * nothing is, -1 when it cannot become the user. */
static int reach_try(const struct passwd *pw, const struct reach *list, int n) {
    gid_t group = getegid();
    pid_t pid = fork();
    if (pid < 0)
        return -1;
    if (pid == 0) {
        if (initgroups(pw->pw_name, group) < 0 || setresgid(group, group, group) < 0 ||
            setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) < 0)
            _exit(255);
        for (int i = 0; i < n; i++)
            if (access(list[i].path, list[i].mode) < 0)
                _exit(i);
        _exit(n);
    }
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) != 255 ? WEXITSTATUS(status) : -1;
}

static bool user_reaches(const struct front_folders *f, const struct passwd *pw) {
    scoped(mem_free) char *page = text_make("%s/index.html", f->web);
    scoped(mem_free) char *console = text_make("%s/console/index.html", f->console ? f->console : "");
    const struct reach list[] = {{f->data, X_OK}, {f->run, X_OK}, {f->media, X_OK}, {page, R_OK}, {console, R_OK}};
    int n = (int)ARRAY_LEN(list) - (f->console && access(console, F_OK) == 0 ? 0 : 1);
    folder_open_up(f->data, S_IXGRP);
    folder_open_up(f->run, S_IXGRP);
    folder_open_up(f->media, S_IRGRP | S_IXGRP);
    int got = reach_try(pw, list, n);
    if (got == n)
        return true;
    log_event(LOG_WARN, "front.root", LS("user", pw->pw_name),
              LS("unreachable", got < 0 ? "(cannot become that user)" : list[got].path),
              LS("hint", "nginx's workers run as root: keep program and data where this user can read "
                         "them, not below /root, or run Matinee as a user of its own"));
    return false;
}

int front_user_choose(const struct front_folders *f, const char *name, const char **ret_user,
                      struct err *reterr) {
    scoped(mem_free) char *log = text_make("%s/log", f->run);
    uid_t owner = geteuid();
    *ret_user = NULL;
    if (owner == 0) {
        struct passwd *pw = getpwnam(name);
        if (!pw)
            return err_refuse(reterr, ERR_NOT_FOUND, "front.no_user",
                              "Name one that exists: --front-user NAME; root if there is none.",
                              "--front-user %s: this system has no such user", name);
        if (pw->pw_uid != 0 && user_reaches(f, pw)) {
            owner = pw->pw_uid;
            *ret_user = name;
        }
    }
    int r = log_folder_make(log, owner, reterr);
    return r < 0 ? r : cache_clear(f->run, owner, reterr);
}
