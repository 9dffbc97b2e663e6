/* front.c - setting up nginx: where it, its module and the viewer application lie, what it listens
 * on, and its configuration (front_conf.c) written to a file. */
#include "app/front.h"
#include "app/front_conf.h"
#include "app/front_user.h"
#include "app/services.h"
#include "base/clock.h"
#include "base/log.h"
#include "service/delivery/delivery.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FRONT_BODY_MAX = 64 << 10 };

/* Folder of the running program, without the last n parts. */
static char *program_dir(int up) {
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[MAX(n, 0)] = 0;
    for (int i = 0; i <= up; i++) {
        char *slash = strrchr(path, '/');
        if (slash)
            *slash = 0;
    }
    return text_make("%s", path);
}

/* The first that is there of candidates relative to the program: in a build tree, or installed. */
static char *beside_program(const char *const *candidates) {
    scoped(mem_free) char *dir = program_dir(0);
    for (; *candidates; candidates++) {
        char *path = text_make("%s/%s", dir, *candidates), *real = realpath(path, NULL);
        free(path);
        if (real)
            return real;
    }
    return NULL;
}

static int nginx_find(const char *set, char **ret, struct err *reterr) {
    static const char *const folders[] = {"/usr/sbin", "/usr/local/sbin", "/usr/bin",
                                          "/usr/local/bin", "/usr/local/nginx/sbin"};
    if (set[0]) {
        *ret = text_make("%s", set);
        return access(set, X_OK) == 0 ? 0 : err_errno(reterr, errno, "--nginx %s", set);
    }
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        char *path = text_make("%s/nginx", folders[i]);
        if (access(path, X_OK) == 0) {
            *ret = path;
            return 0;
        }
        free(path);
    }
    return err_refuse(reterr, ERR_NOT_FOUND, "front.no_nginx",
                      "Install it (apt-get install nginx), or say where it is: --nginx FILE.",
                      "nginx is not installed");
}

static int files_find(struct front *f, const struct config *c, struct err *reterr) {
    static const char *const modules[] = {"../../edge/ngx_http_matinee_module.so",
                                          "../../../gcc/edge/ngx_http_matinee_module.so",
                                          "../../../release/edge/ngx_http_matinee_module.so",
                                          "../../../edge/ngx_http_matinee_module.so",
                                          "../lib/matinee/ngx_http_matinee_module.so",
                                          NULL};
    static const char *const webs[] = {"../../../../web/viewer/dist", "../../../web/viewer/dist",
                                       "../share/matinee/viewer", NULL};
    static const char *const consoles[] = {"../../../../web/console/dist", "../../../web/console/dist",
                                           "../share/matinee/console", NULL};
    const char *module = config_str(c, "module"), *web = config_str(c, "web"), *console = config_str(c, "console");
    int r = nginx_find(config_str(c, "nginx"), &f->nginx, reterr);
    if (r < 0)
        return r;
    f->module = module[0] ? realpath(module, NULL) : beside_program(modules);
    if (!f->module)
        return err_refuse(reterr, ERR_NOT_FOUND, "front.no_module",
                          "Build it (edge/build), or say where it is: --module FILE.",
                          "%s: nginx's module of Matinee is not there",
                          module[0] ? module : "ngx_http_matinee_module.so");
    f->web = web[0] ? realpath(web, NULL) : beside_program(webs);
    if (!f->web)
        return err_refuse(reterr, ERR_NOT_FOUND, "front.no_web",
                          "Build it (npm run build in web/), or say where it is: --web FOLDER.",
                          "%s: the viewer application is not there",
                          web[0] ? web : "web/viewer/dist");
    /* Who runs no console of ours has none; who names one wants it. */
    f->console = console[0] ? realpath(console, NULL) : beside_program(consoles);
    if (!f->console && console[0])
        return err_refuse(reterr, ERR_NOT_FOUND, "front.no_console",
                          "Build it (npm run build in web/), or leave --console out.",
                          "%s: the console is not there", console);
    return 0;
}

static bool host_is_local(const char *host) {
    return host[0] == 0 || strcmp(host, "localhost") == 0;
}

static const char *host_name(const struct config *c) {
    const char *host = config_str(c, "host");
    return host_is_local(host) ? "localhost" : host;
}

void front_renew(struct front *f, const struct cli *cli) {
    struct err e = {0};
    bool renewed = false;
    if (!f->is_tls)
        return;
    if (tls_renew(cli->data_dir, host_name(cli->config), &f->tls, clock_now_ms(NULL), &renewed, &e) < 0)
        log_event(LOG_ERROR, "tls.renew", LS("file", f->tls.cert), LS("error", e.msg));
    else if (renewed)
        log_event(LOG_INFO, "tls.renewed", LS("file", f->tls.cert));
}

static int sockets_open(struct front *f, const struct cli *cli, const struct node *n,
                        struct err *reterr) {
    const char *host = config_str(cli->config, "host");
    const char *cert = config_str(cli->config, "tls-cert"),
               *key = config_str(cli->config, "tls-key");
    f->port = (int)config_int(cli->config, "http-port");
    f->is_tls = !host_is_local(host) || cert[0];
    const char *name = host_name(cli->config);
    int r = f->is_tls ? tls_prepare(cli->data_dir, name, cert, key, clock_now_ms(n->engine.clock),
                                    &f->tls, reterr)
                      : 0;
    if (r < 0)
        return r;
    snprintf(f->address, sizeof f->address, "%s://%s:%d", f->is_tls ? "https" : "http", name,
             f->port);
    if (f->port == (f->is_tls ? 443 : 80))
        snprintf(f->address, sizeof f->address, "%s://%s", f->is_tls ? "https" : "http", name);
    return listen_tcp(f->port, !host_is_local(host), &f->sockets, reterr);
}

/* Bodies larger than the front's default, and what hashes passwords, from the route tables. The front's
 * rate is twice the route's own, which is the one that a person meets, with its hint. */
static size_t limits_collect(struct front_limit *limits, size_t max) {
    size_t n = 0;
    for (const struct route *const *t = services_routes(); *t; t++)
        for (const struct route *r = *t; r->path && n < max; r++) {
            const char *brace = strchr(r->path, '{');
            bool dear = r->pool == POOL_PASSWORD && !brace;
            if (r->body_max <= FRONT_BODY_MAX && !dear)
                continue;
            limits[n++] = (struct front_limit){
                .path = str_make(r->path, brace ? (size_t)(brace - r->path) : strlen(r->path)),
                .exact = !brace,
                .body_max = (int64_t)MAX(r->body_max, (size_t)FRONT_BODY_MAX),
                .per_minute = dear ? 2 * r->per_minute : 0};
        }
    return n;
}

static int conf_write(struct front *f, const struct cli *cli, const struct node *n,
                      struct err *reterr) {
    struct front_listen listens[LISTEN_MAX];
    struct front_limit limits[64];
    scoped(buf_done) struct buf out = BUF(256 << 10);
    f->keys = text_make("%s/token.keys", cli->data_dir);
    scoped(mem_free) char *socket_path = text_make("%s/app.sock", n->run_dir);
    scoped(mem_free) char *revoked = text_make("%s/" DELIVERY_REVOKED_FILE, n->run_dir);
    scoped(mem_free) char *log = text_make("%s/log/delivery.log", n->run_dir);
    const struct front_folders folders = {cli->data_dir, n->run_dir, blob_path(n->engine.blob),
                                          f->web, f->console};
    const char *user = NULL;
    int r = front_user_choose(&folders, config_str(cli->config, "front-user"), &user, reterr);
    if (r < 0)
        return r;
    if (!user && geteuid() == 0) /* or nginx takes its own default */
        user = "root";
    for (size_t i = 0; i < f->sockets.n; i++)
        listens[i] = (struct front_listen){str_of(f->sockets.addresses[i]), f->is_tls};
    struct front_conf c = {.module_path = str_of(f->module),
                           .run_dir = str_of(n->run_dir),
                           .web_dir = str_of(f->web),
                           .console_dir = str_of(f->console ? f->console : ""),
                           .blob_dir = str_of(blob_path(n->engine.blob)),
                           .keys_path = str_of(f->keys),
                           .app_socket = str_of(socket_path),
                           .revoked_path = str_of(revoked),
                           .delivery_log = str_of(log),
                           .user = str_of(user ? user : ""),
                           .group = str_of(user ? front_user_group() : ""),
                           .trusted_proxies = str_of(config_str(cli->config, "trusted-proxies")),
                           .country_header = str_of(config_str(cli->config, "country-header")),
                           .tls_cert = str_of(f->tls.cert ? f->tls.cert : ""),
                           .tls_key = str_of(f->tls.key ? f->tls.key : ""),
                           .media_origins = STR(""),
                           .offline_off = !config_bool(cli->config, "offline-app"),
                           .listens = listens,
                           .n_listens = f->sockets.n,
                           .limits = limits,
                           .n_limits = limits_collect(limits, ARRAY_LEN(limits))};
    r = front_conf_make(&c, &out, reterr);
    f->conf_path = text_make("%s/nginx.conf", n->run_dir);
    return r < 0 ? r : file_write(f->conf_path, buf_str(&out), 0600, reterr);
}

int front_prepare(struct front *f, const struct cli *cli, const struct node *n,
                  struct err *reterr) {
    int r;
    if ((r = files_find(f, cli->config, reterr)) < 0 || (r = sockets_open(f, cli, n, reterr)) < 0 ||
        (r = conf_write(f, cli, n, reterr)) < 0)
        return r;
    f->nginx_env = f->sockets.n == 2 ? text_make("NGINX=3;4;") : text_make("NGINX=3;");
    f->prefix = text_make("%s", n->run_dir); /* the node is closed before nginx starts */
    char *const argv[] = {f->nginx,     (char *)"-p",        f->prefix,  (char *)"-c", f->conf_path,
                          (char *)"-e", (char *)"/dev/null", NULL}; /* what is above notice reaches
                                                                       stderr all the same */
    memcpy(f->argv, argv, sizeof argv);
    return 0;
}

void front_done(struct front *f) {
    listen_done(&f->sockets);
    tls_done(&f->tls);
    free(f->nginx);
    free(f->module);
    free(f->web);
    free(f->console);
    free(f->keys);
    free(f->conf_path);
    free(f->prefix);
    free(f->nginx_env);
    *f = (struct front){.port = 0};
}

/* One HTTP/1.0 request over the loopback; the certificate is our own, and not what is asked about
 * here. */
static bool answers_once(const struct front *f) {
    static const char ask[] = "GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n";
    struct sockaddr_in sa = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)f->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char reply[64] = "";
    struct timeval limit = {.tv_sec = 2};
    scoped(fd_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof sa) < 0)
        return false;
    if (!f->is_tls) {
        if (write(fd, ask, sizeof ask - 1) < 0 || read(fd, reply, sizeof reply - 1) <= 0)
            return false;
    } else {
        SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
        SSL *ssl = ctx ? SSL_new(ctx) : NULL;
        if (ssl && SSL_set_fd(ssl, fd) == 1 && SSL_connect(ssl) == 1 &&
            SSL_write(ssl, ask, sizeof ask - 1) > 0)
            SSL_read(ssl, reply, sizeof reply - 1);
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
    return strncmp(reply, "HTTP/1.", 7) == 0 && strncmp(reply + 8, " 200", 4) == 0;
}

bool front_answers(const struct front *f, int limit_ms) {
    int64_t end = clock_mono_ns() + limit_ms * 1000000LL;
    while (clock_mono_ns() < end && !__atomic_load_n(&f->give_up, __ATOMIC_RELAXED)) {
        if (answers_once(f))
            return true;
        poll(NULL, 0, 50);
    }
    return false;
}
