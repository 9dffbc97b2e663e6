/* listen.h - the sockets that the supervisor owns and hands to its children. */
#pragma once
#include "base/err.h"

enum { LISTEN_MAX = 2 };
struct listen_set {
    int fds[LISTEN_MAX];
    char addresses[LISTEN_MAX][64]; /* as nginx writes them: "127.0.0.1:8080", "[::1]:8080" */
    size_t n;
};

/* IPv4, and IPv6 where the machine has it: loopback, or every address when wide. ERR_CONFLICT
 * "port.taken" names what to do. Descriptors are close-on-exec and
 * non-blocking. */
int listen_tcp(int port, bool wide, struct listen_set *ret_set, struct err *reterr);
void listen_done(struct listen_set *set);
/* A Unix stream socket, mode 0660, non-blocking; an old one at path is replaced. */
int listen_unix(const char *path, int *ret_fd, struct err *reterr);
