/*
 * cmd_serve.c - "matinee serve": the whole of Matinee on one machine. It owns the listening
 * sockets, writes what the front needs, and keeps front, app and worker alive (supervisor.c). A
 * kill -9 of this process takes all of them with it.
 */
#include "app/front.h"
#include "app/listen.h"
#include "app/node.h"
#include "app/roles.h"
#include "app/supervisor.h"
#include "app/tls.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { ROLE_FRONT = 1, ROLE_APP = 2, ROLE_WORKER = 4, ARGS_MAX = 64, LOOK_MS = 3600000 };

struct serve {
    struct cli *cli;
    struct node node;
    unsigned roles;
    int lock_fd, app_fd;
    struct front front;
    char *app_argv[ARGS_MAX], *worker_argv[ARGS_MAX];
    struct proc procs[3];
    size_t n_procs;
    pthread_t announcer;
    bool announcing;
};

static int roles_parse(const char *text, unsigned *ret, struct err *reterr) {
    static const struct {
        const char *name;
        unsigned bit;
    } names[] = {{"front", ROLE_FRONT}, {"api", ROLE_APP}, {"worker", ROLE_WORKER}};
    struct str rest = str_of(text), one;
    *ret = 0;
    while (rest.p) {
        rest = str_cut(rest, ',', &one);
        unsigned bit = 0;
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            if (str_eq(str_trim(one), str_of(names[i].name)))
                bit = names[i].bit;
        if (!bit)
            return err_set(reterr, ERR_INVALID,
                           "--roles: \"" STR_FMT "\" is none of front, api, worker", STR_ARG(one));
        *ret |= bit;
    }
    if ((*ret & ROLE_FRONT) && !(*ret & ROLE_APP))
        return err_set(reterr, ERR_INVALID, "--roles: the front needs api beside it");
    return 0;
}

/* One supervisor a data directory and set of roles would fight another for sockets and port. */
static int serve_lock(struct serve *s, struct err *reterr) {
    scoped(mem_free) char *path =
        text_make("%s/%s.lock", s->node.run_dir, s->roles & ROLE_APP ? "serve" : "worker");
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0)
        return err_errno(reterr, errno, "%s", path);
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0) {
        /* Whoever holds the lock has written into it who it is (lock_tell). */
        char who[200] = "";
        ssize_t n = pread(s->lock_fd, who, sizeof who - 1, 0);
        who[MAX(n, 0)] = 0;
        return err_refuse(reterr, ERR_CONFLICT, "serve.running",
                          "Stop it first (Ctrl-C where it runs, or kill the process), or use "
                          "another --data DIR.",
                          "Matinee is running already on %s%s", s->cli->data_dir, who);
    }
    return 0;
}

/* For whoever finds the lock taken. Nothing depends on it. */
static void lock_tell(const struct serve *s) {
    if (ftruncate(s->lock_fd, 0) == 0)
        dprintf(s->lock_fd, "%s%s (process %d)", s->front.address[0] ? ": " : "", s->front.address,
                (int)getpid());
}

/* "matinee <role>" with the flags that were given to us; file and environment it reads itself. */
static void role_argv(const struct serve *s, const char *role, char **argv) {
    size_t n = 0;
    argv[n++] = (char *)"/proc/self/exe";
    argv[n++] = (char *)role;
    for (int i = 0; i < s->cli->n_settings && n + 2 < ARGS_MAX; i++)
        argv[n++] = s->cli->settings[i];
    argv[n] = NULL;
}

static struct proc *proc_add(struct serve *s, const char *name, char *const *argv) {
    struct proc *p = &s->procs[s->n_procs++];
    *p = (struct proc){.name = name, .argv = argv, .stop_signal = SIGTERM};
    return p;
}

static int procs_prepare(struct serve *s, struct err *reterr) {
    int r = 0;
    if (s->roles & ROLE_APP) {
        scoped(mem_free) char *path = text_make("%s/app.sock", s->node.run_dir);
        if ((r = listen_unix(path, &s->app_fd, reterr)) < 0)
            return r;
        role_argv(s, "app", s->app_argv);
        struct proc *p = proc_add(s, "app", s->app_argv);
        p->fds[p->n_fds++] = s->app_fd;
    }
    if (s->roles & ROLE_FRONT) {
        if ((r = front_prepare(&s->front, s->cli, &s->node, reterr)) < 0)
            return r;
        struct proc *p = proc_add(s, "front", s->front.argv);
        for (size_t i = 0; i < s->front.sockets.n; i++)
            p->fds[p->n_fds++] = s->front.sockets.fds[i];
        p->env = s->front.nginx_env;
        p->foreign = true;
        p->stop_signal = SIGQUIT; /* answers what it has begun */
        p->hup_signal = SIGHUP;
        p->watch[0] = s->front.keys;
        p->watch[1] = s->front.tls.cert;
        p->watch[2] = s->front.tls.key;
    }
    if (s->roles & ROLE_WORKER) {
        role_argv(s, "worker", s->worker_argv);
        proc_add(s, "worker", s->worker_argv);
    }
    return r;
}

/* Says the address once it answers; in a thread, because the supervisor's is never blocked. */
static void *announce(void *arg) {
    struct serve *s = arg;
    struct str note = STR_NULL;
    struct arena a = ARENA(64 << 10);
    if (!front_answers(&s->front, 30000)) {
        if (!s->front.give_up)
            log_event(LOG_ERROR, "serve.silent", LS("address", s->front.address));
        return NULL;
    }
    scoped(mem_free) char *demo = text_make("%s/demo.done", s->cli->data_dir);
    printf("\nMatinee is at %s\n", s->front.address);
    if (access(demo, R_OK) == 0 && file_read(demo, 4096, &a, &note, NULL) == 0)
        printf(STR_FMT, STR_ARG(note));
    if (s->front.tls.authority)
        printf("Its certificate comes from a local authority. Trust it once on each device that is "
               "to watch:\n"
               "  %s\n  Debian: sudo cp it to /usr/local/share/ca-certificates/matinee.crt && sudo "
               "update-ca-certificates\n"
               "  browsers: settings, certificates, authorities, import\n",
               s->front.tls.authority);
    printf("Stop it with Ctrl-C.\n\n");
    fflush(stdout);
    arena_done(&a);
    return NULL;
}

static void serve_ready(void *arg) {
    struct serve *s = arg;
    s->announcing =
        (s->roles & ROLE_FRONT) && pthread_create(&s->announcer, NULL, announce, s) == 0;
}

static void serve_look(void *arg) {
    struct serve *s = arg;
    if (s->roles & ROLE_FRONT)
        front_renew(&s->front, s->cli);
}

int cmd_serve(struct cli *cli, struct err *reterr) {
    struct serve s = {.cli = cli, .lock_fd = -1, .app_fd = -1};
    int r = roles_parse(config_str(cli->config, "roles"), &s.roles, reterr);
    if (r < 0)
        return r;
    supervisor_signals();
    /* Migrations, master key and whatever a service makes at its first start are made once, here,
     * before several processes could make them at the same time. */
    if ((r = node_open(cli, NODE_CREATE, &s.node, reterr)) < 0)
        return r;
    if ((r = serve_lock(&s, reterr)) < 0 || (r = node_start(&s.node, reterr)) < 0 ||
        (r = procs_prepare(&s, reterr)) < 0) {
        node_close(&s.node);
        front_done(&s.front);
        return r;
    }
    node_close(&s.node); /* nothing of the store is open in a process that forks */
    if (!cli_has(cli, "check")) {
        lock_tell(&s);
        if (geteuid() == 0)
            log_event(LOG_WARN, "serve.root",
                      LS("hint", "app and worker run as root (what reads foreign media does not): give "
                                 "Matinee a user of its own"));
        const struct supervisor_calls calls = {
            .ready = serve_ready, .look = serve_look, .look_ms = LOOK_MS, .arg = &s};
        r = supervisor_run(s.procs, s.n_procs, &calls, reterr);
    }
    __atomic_store_n(&s.front.give_up, true, __ATOMIC_RELAXED);
    if (s.announcing)
        pthread_join(s.announcer, NULL);
    front_done(&s.front);
    close(s.lock_fd);
    return r;
}
