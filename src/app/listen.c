/* listen.c - listening sockets. The backlog asks for much and gets what the system allows: with
 * 128, 600 simultaneous requests made 470 refusals (FACTS). They never block: nginx takes an inherited
 * socket as it is, and a worker whose connection another one was faster to accept would sleep in accept()
 * with all its other connections waiting. */
#include "app/listen.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 65535 };

static int port_taken(int port, struct err *reterr) {
    char hint[120];
    snprintf(hint, sizeof hint,
             "Stop the other program (see: ss -ltnp 'sport = :%d'), or choose another port: "
             "--http-port %d.",
             port, port < 65535 ? port + 1 : port - 1);
    return err_refuse(reterr, ERR_CONFLICT, "port.taken", hint,
                      "port %d is taken by another program", port);
}

static int listen_one(const struct sockaddr *sa, socklen_t len, int port, int *ret_fd,
                      struct err *reterr) {
    int one = 1;
    scoped(fd_close) int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_errno(reterr, errno, "socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (sa->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (bind(fd, sa, len) < 0 || listen(fd, BACKLOG) < 0) {
        if (errno == EADDRINUSE)
            return port_taken(port, reterr);
        if (errno == EACCES)
            return err_refuse(
                reterr, ERR_PERMISSION, "port.privileged",
                "Ports below 1024 need CAP_NET_BIND_SERVICE; choose a higher one with --http-port.",
                "port %d may not be opened by this user", port);
        return err_errno(reterr, errno, "port %d", port);
    }
    *ret_fd = fd;
    fd = -1;
    return 0;
}

int listen_tcp(int port, bool wide, struct listen_set *ret_set, struct err *reterr) {
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(wide ? INADDR_ANY : INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)port),
                              .sin6_addr = wide ? in6addr_any : in6addr_loopback};
    *ret_set = (struct listen_set){.n = 0};
    int r = listen_one((struct sockaddr *)&v4, sizeof v4, port, &ret_set->fds[0], reterr);
    if (r < 0)
        return r;
    snprintf(ret_set->addresses[0], sizeof ret_set->addresses[0], "%s:%d",
             wide ? "0.0.0.0" : "127.0.0.1", port);
    ret_set->n = 1;
    r = listen_one((struct sockaddr *)&v6, sizeof v6, port, &ret_set->fds[1], reterr);
    if (r == ERR_CONFLICT) {
        listen_done(ret_set);
        return r;
    }
    if (r == 0) { /* a machine without IPv6 does without */
        snprintf(ret_set->addresses[1], sizeof ret_set->addresses[1], "[%s]:%d",
                 wide ? "::" : "::1", port);
        ret_set->n = 2;
    }
    return 0;
}

void listen_done(struct listen_set *set) {
    for (size_t i = 0; i < set->n; i++)
        close(set->fds[i]);
    set->n = 0;
}

int listen_unix(const char *path, int *ret_fd, struct err *reterr) {
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof sa.sun_path)
        return err_set(reterr, ERR_INVALID, "%s: too long for a socket's path", path);
    memcpy(sa.sun_path, path, strlen(path));
    scoped(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_errno(reterr, errno, "socket");
    unlink(path);
    mode_t mask = umask(0117); /* the front's workers are of our group */
    int bound = bind(fd, (struct sockaddr *)&sa, sizeof sa);
    int saved = errno;
    umask(mask);
    if (bound < 0 || listen(fd, BACKLOG) < 0)
        return err_errno(reterr, bound < 0 ? saved : errno, "%s", path);
    *ret_fd = fd;
    fd = -1;
    return 0;
}
