/* node.c - opening a data directory. */
#include "app/node.h"
#include "app/services.h"
#include "engine/cache/cache.h"
#include "engine/place/place.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOCKET_PATH_MAX = 90 }; /* sun_path holds 108 */

char *text_make(const char *fmt, ...) {
    char *s = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&s, fmt, ap);
    va_end(ap);
    assert(n >= 0 && "out of memory");
    return s;
}

int folder_make(const char *path, struct err *reterr) {
    scoped(mem_free) char *p = text_make("%s", path);
    for (char *at = p + 1; *at; at++)
        if (*at == '/') {
            *at = 0;
            if (mkdir(p, 0755) < 0 && errno != EEXIST)
                return err_errno(reterr, errno, "cannot make the folder %s", p);
            *at = '/';
        }
    if (mkdir(p, 0700) < 0 && errno != EEXIST)
        return err_errno(reterr, errno, "cannot make the folder %s", p);
    struct stat st;
    if (stat(p, &st) < 0 || !S_ISDIR(st.st_mode))
        return err_errno(reterr, ENOTDIR, "%s", p);
    return 0;
}

/* Sockets live there, and their paths are short by nature: a deep data directory gets a run
 * directory of its own name elsewhere. */
static int run_dir_make(const char *data, char **ret, struct err *reterr) {
    char *dir = text_make("%s/run", data);
    if (strlen(dir) > SOCKET_PATH_MAX) {
        uint64_t h = 1469598103934665603u; /* FNV-1a */
        for (const char *p = data; *p; p++)
            h = (h ^ (uint8_t)*p) * 1099511628211u;
        const char *xdg = getenv("XDG_RUNTIME_DIR");
        free(dir);
        dir = text_make("%s/matinee-%u-%016llx", xdg && xdg[0] == '/' ? xdg : "/tmp",
                        (unsigned)getuid(), (unsigned long long)h);
    }
    int r = folder_make(dir, reterr);
    struct stat st;
    /* In /tmp anybody could have put a link there before us. */
    if (r == 0 && (lstat(dir, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid()))
        r = err_set(reterr, ERR_PERMISSION, "%s belongs to somebody else", dir);
    if (r < 0)
        free(dir);
    else
        *ret = dir;
    return r;
}

/* A folder of somebody else's, named by mistake, must not be filled with ours. */
static int stranger_find(const char *data, struct err *reterr) {
    static const char *const ours[] = {"db",         "media",      "work",         "run",      "tls",
                                       "demo",       "demo.done",  "matinee.conf", "master.key",
                                       "token.keys", "lost+found", "log"};
    DIR *d = opendir(data);
    int r = 0;
    for (struct dirent *de; d && r == 0 && (de = readdir(d));) {
        bool known = de->d_name[0] == '.';
        for (size_t i = 0; i < ARRAY_LEN(ours) && !known; i++)
            known = strcmp(de->d_name, ours[i]) == 0;
        if (!known)
            r = err_refuse(reterr, ERR_CONFLICT, "data.foreign",
                           "Name a new or an empty folder for the data: --data DIR.",
                           "%s is no data directory of Matinee and not empty (%s is in it)", data,
                           de->d_name);
    }
    if (d)
        closedir(d);
    return r;
}

static void user_name(uid_t uid, char *dst, size_t cap) {
    struct passwd *pw = getpwuid(uid);
    if (pw)
        snprintf(dst, cap, "%s", pw->pw_name);
    else
        snprintf(dst, cap, "user %u", (unsigned)uid);
}

/* A data directory has one owner. What another one wrote into it the owner could not read any more,
 * root included: that would show days later, as an error at a film. */
static int owner_check(const char *path, const char *data_dir, struct err *reterr) {
    struct stat st;
    if (stat(path, &st) < 0)
        return err_errno(reterr, errno, "%s", path);
    if (st.st_uid == geteuid())
        return 0;
    char owner[64], us[64], hint[400];
    user_name(st.st_uid, owner, sizeof owner);
    user_name(geteuid(), us, sizeof us);
    snprintf(hint, sizeof hint,
             "Run this as %s, or use another --data DIR, or make the folder yours while Matinee is "
             "stopped: sudo chown -R %s: '%.160s'",
             owner, us, data_dir);
    return err_refuse(reterr, ERR_PERMISSION, "data.owner", hint, "%s belongs to %s, and you are %s",
                      path, owner, us);
}

static int data_dir_check(const struct cli *cli, unsigned flags, struct err *reterr) {
    scoped(mem_free) char *db = text_make("%s/db", cli->data_dir);
    if (!(flags & NODE_CREATE) && access(db, F_OK) < 0)
        return err_refuse(
            reterr, ERR_NOT_FOUND, "data.absent",
            "Start with `matinee serve` or `matinee import`, or say where the data is: --data DIR.",
            "%s: there is no Matinee data in this folder", cli->data_dir);
    if (access(db, F_OK) < 0) {
        int r = stranger_find(cli->data_dir, reterr);
        if (r < 0)
            return r;
    }
    static const char *const folders[] = {"", "/db", "/media", "/work"};
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        scoped(mem_free) char *path = text_make("%s%s", cli->data_dir, folders[i]);
        int r = folder_make(path, reterr);
        if (r < 0 || (r = owner_check(path, cli->data_dir, reterr)) < 0)
            return r;
        if (access(path, W_OK | X_OK) < 0)
            return err_errno(reterr, errno, "%s", path);
    }
    return 0;
}

static int cache_start(struct node *n, const struct config *c, struct err *reterr) {
    struct cache_options o = {.clock = &n->clock};
    cache_options_from_config(c, &o);
    return cache_open(&o, &n->engine.cache, reterr);
}

static int place_start(struct node *n, const struct config *c, struct err *reterr) {
    const char *path = config_str(c, "country-database");
    return path[0] ? place_open(path, &n->clock, &n->engine.place, reterr) : 0;
}

char *public_url_make(const struct config *c) {
    const char *set = config_str(c, "public-url"), *host = config_str(c, "host");
    bool tls = (host[0] && strcmp(host, "localhost") != 0) || config_str(c, "tls-cert")[0];
    size_t n = strlen(set);
    while (n && set[n - 1] == '/')
        n--;
    return n ? text_make("%.*s", (int)n, set)
             : text_make("%s://%s:%d", tls ? "https" : "http", host[0] ? host : "localhost",
                         (int)config_int(c, "http-port"));
}

int node_open(const struct cli *cli, unsigned flags, struct node *ret_n, struct err *reterr) {
    int r = data_dir_check(cli, flags, reterr);
    if (r < 0)
        return r;
    struct node *n = ret_n;
    *n = (struct node){.engine = {.config = cli->config, .data_dir = cli->data_dir}};
    n->engine.clock = &n->clock;
    n->engine.public_url = n->public_url = public_url_make(cli->config);
    scoped(mem_free) char *db = text_make("%s/db", cli->data_dir);
    const char *shared = config_str(cli->config, "blob-dir");
    scoped(mem_free) char *media = shared[0] ? text_make("%s", shared) : text_make("%s/media", cli->data_dir);
    if ((r = run_dir_make(cli->data_dir, &n->run_dir, reterr)) < 0)
        goto fail;
    n->engine.run_dir = n->run_dir;
    const char *url = config_str(cli->config, "store-url");
    struct store_options o = {
        .url = url[0] ? url : db,
        .clock = &n->clock,
        .busy_ms = (int)config_int(cli->config, "store-wait"),
        .statement_ms = (int)config_int(cli->config, "store-statement-timeout"),
        .connections = (int)config_int(cli->config, "store-connections"),
    };
    if ((r = store_open(&o, &n->engine.store, reterr)) < 0 ||
        (r = store_migrate(n->engine.store, reterr)) < 0 ||
        (r = blob_open(media, &n->engine.blob, reterr)) < 0 ||
        (r = cache_start(n, cli->config, reterr)) < 0 ||
        (r = place_start(n, cli->config, reterr)) < 0)
        goto fail;
    if ((flags & NODE_START) && (r = node_start(n, reterr)) < 0)
        goto fail;
    return 0;
fail:
    place_close(n->engine.place);
    cache_close(n->engine.cache);
    if (n->engine.blob)
        blob_close(n->engine.blob);
    if (n->engine.store)
        store_close(n->engine.store);
    free(n->run_dir);
    free(n->public_url);
    return r;
}

int node_start(struct node *n, struct err *reterr) {
    int r = services_start(&n->engine, reterr);
    n->started = r == 0;
    return r;
}

void node_close(struct node *n) {
    if (n->started)
        services_stop();
    place_close(n->engine.place);
    cache_close(n->engine.cache);
    blob_close(n->engine.blob);
    store_close(n->engine.store);
    free(n->run_dir);
    free(n->public_url);
}
