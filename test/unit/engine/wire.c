#include "wire.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PAIRS = 128, BYTES = 64 << 10 };

/* fd[0] is the program's side, fd[1] the server's. */
struct pair {
    int fd[2];
    bool frozen;
};

static int server_connect(const char *path) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(a.sun_path, path, MIN(strlen(path), sizeof a.sun_path - 1));
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void pair_open(struct wire *w, struct pair *p) {
    *p = (struct pair){.fd = {accept4(w->listener, NULL, NULL, SOCK_CLOEXEC), -1}};
    if (p->fd[0] >= 0)
        p->fd[1] = server_connect(w->socket);
}

static void pair_close(struct pair *p) {
    for (int i = 0; i < 2; i++)
        if (p->fd[i] >= 0)
            close(p->fd[i]);
    *p = (struct pair){.fd = {-1, -1}};
}

/* False: this pair has ended. */
static bool pass_on(struct wire *w, struct pair *p, int from) {
    char bytes[BYTES];
    ssize_t n = recv(p->fd[from], bytes, sizeof bytes, 0);
    if (n <= 0)
        return false;
    bool commits = from == 0 && memmem(bytes, (size_t)n, "COMMIT", 6);
    bool cut = commits && atomic_load(&w->mode) == WIRE_CUTS;
    if (cut && atomic_fetch_add(&w->commits, 1) % 2)
        return false;
    for (ssize_t at = 0; at < n;) {
        ssize_t sent = send(p->fd[!from], bytes + at, (size_t)(n - at), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
    }
    return !cut;
}

static void *wire_main(void *arg) {
    struct wire *w = arg;
    struct pair pairs[PAIRS];
    int before = WIRE_PASSES;
    for (int i = 0; i < PAIRS; i++)
        pairs[i] = (struct pair){.fd = {-1, -1}};
    while (!atomic_load(&w->stop)) {
        struct pollfd p[1 + 2 * PAIRS];
        int mode = atomic_load(&w->mode), free_one = -1;
        for (int i = 0; i < PAIRS; i++) {
            if (mode != before)
                pairs[i].frozen = mode == WIRE_FREEZES;
            bool open = pairs[i].fd[0] >= 0 && mode != WIRE_SWALLOWS && !pairs[i].frozen;
            for (int k = 0; k < 2; k++)
                p[1 + 2 * i + k] = (struct pollfd){.fd = open ? pairs[i].fd[k] : -1, .events = POLLIN};
            if (pairs[i].fd[0] < 0)
                free_one = i;
        }
        before = mode;
        p[0] = (struct pollfd){.fd = mode == WIRE_SWALLOWS || free_one < 0 ? -1 : w->listener, .events = POLLIN};
        if (poll(p, 1 + 2 * PAIRS, 5) <= 0 || mode != atomic_load(&w->mode))
            continue;
        if (p[0].revents)
            pair_open(w, &pairs[free_one]);
        for (int i = 0; i < PAIRS; i++)
            for (int k = 0; k < 2; k++)
                if (pairs[i].fd[0] >= 0 && p[1 + 2 * i + k].fd == pairs[i].fd[k] && p[1 + 2 * i + k].revents &&
                    !pass_on(w, &pairs[i], k)) {
                    pair_close(&pairs[i]);
                    break;
                }
    }
    for (int i = 0; i < PAIRS; i++)
        pair_close(&pairs[i]);
    return NULL;
}

bool wire_start(struct wire *w, const char *socket_path) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof a;
    *w = (struct wire){.socket = socket_path, .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (w->listener < 0 || bind(w->listener, (struct sockaddr *)&a, n) < 0 || listen(w->listener, 64) < 0)
        return false;
    getsockname(w->listener, (struct sockaddr *)&a, &n);
    w->port = ntohs(a.sin_port);
    return pthread_create(&w->thread, NULL, wire_main, w) == 0;
}

void wire_set(struct wire *w, enum wire_mode mode) {
    atomic_store(&w->mode, mode);
}

void wire_stop(struct wire *w) {
    atomic_store(&w->stop, true);
    pthread_join(w->thread, NULL);
    close(w->listener);
}
