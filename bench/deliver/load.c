/*
 * load.c - keep-alive clients on one thread: each asks for a random object, takes all of it, asks
 * again. Bodies are discarded in the kernel (MSG_TRUNC), so that the load costs little beside what
 * it measures.
 *
 *   load PORT SECONDS CLIENTS < list
 * The list: CLIENTS lines, each the path prefix of one client; an empty line; then "suffix bytes" a
 * line. Prints: requests bytes p50_us p99_us max_us seconds. Any answer but 200 with the right
 * length ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MAX = 1024, OBJECTS_MAX = 8192, HEAD_MAX = 4096, SAMPLES_MAX = 1 << 22 };

struct object {
    char suffix[64];
    long bytes;
};

struct client {
    int fd;
    char *prefix;
    const struct object *asked;
    int64_t asked_us;
    char head[HEAD_MAX];
    size_t head_n;
    long left; /* of the body; -1: the head is not whole yet */
};

static struct object objects[OBJECTS_MAX];
static struct client clients[CLIENTS_MAX];
static uint32_t samples[SAMPLES_MAX];
static size_t n_objects, n_clients, n_samples;
static uint64_t total_bytes, total_requests, random_state = 88172645463325252u;

static void die(const char *what) {
    fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static uint64_t random_next(void) { /* xorshift64: the same sequence for both servers */
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static void list_read(void) {
    char line[4096];
    while (fgets(line, sizeof line, stdin) && line[0] != '\n') {
        line[strcspn(line, "\n")] = 0;
        if (n_clients < CLIENTS_MAX)
            clients[n_clients++].prefix = strdup(line);
    }
    while (n_objects < OBJECTS_MAX &&
           scanf("%63s %ld", objects[n_objects].suffix, &objects[n_objects].bytes) == 2)
        n_objects++;
    if (n_objects == 0)
        die("the list has no objects");
}

static void ask(struct client *c) {
    char request[4096];
    c->asked = &objects[random_next() % n_objects];
    int n = snprintf(request, sizeof request, "GET %s%s HTTP/1.1\r\nHost: bench\r\n\r\n", c->prefix,
                     c->asked->suffix);
    c->head_n = 0;
    c->left = -1;
    c->asked_us = now_us();
    if (send(c->fd, request, (size_t)n, MSG_NOSIGNAL) != n)
        die("send");
}

static void connect_all(int port, int ep) {
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (size_t i = 0; i < n_clients; i++) {
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &clients[i]};
        clients[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(clients[i].fd, (struct sockaddr *)&to, sizeof to) < 0)
            die("connect");
        setsockopt(clients[i].fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        if (epoll_ctl(ep, EPOLL_CTL_ADD, clients[i].fd, &ev) < 0)
            die("epoll");
        ask(&clients[i]);
    }
}

/* Sets left once the head is whole; what of the body came with it is taken off. */
static void head_check(struct client *c) {
    c->head[c->head_n] = 0;
    char *end = strstr(c->head, "\r\n\r\n"), *length;
    if (!end) {
        if (c->head_n == HEAD_MAX - 1)
            die("an endless head");
        return;
    }
    length = strstr(c->head, "Content-Length: ");
    if (strncmp(c->head, "HTTP/1.1 200 ", 13) != 0 || !length ||
        atol(length + 16) != c->asked->bytes) {
        fprintf(stderr, "load: %s%s: wanted 200 and %ld bytes, got\n%.300s\n", c->prefix,
                c->asked->suffix, c->asked->bytes, c->head);
        exit(1);
    }
    c->left = c->asked->bytes - (long)(c->head + c->head_n - (end + 4));
}

static void done(struct client *c) {
    int64_t took = now_us() - c->asked_us;
    if (n_samples < SAMPLES_MAX)
        samples[n_samples++] = (uint32_t)took;
    total_requests++;
    total_bytes += (uint64_t)c->asked->bytes;
    ask(c);
}

static void readable(struct client *c) {
    ssize_t n;
    errno = 0;
    if (c->left < 0) {
        n = recv(c->fd, c->head + c->head_n, HEAD_MAX - 1 - c->head_n, 0);
        if (n <= 0)
            die("the server hung up");
        c->head_n += (size_t)n;
        head_check(c);
    } else {
        n = recv(c->fd, NULL, (size_t)c->left, MSG_TRUNC | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0)
            die("the server hung up in a body");
        c->left -= n;
    }
    if (c->left == 0)
        done(c);
}

static int sample_cmp(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    struct epoll_event events[256];
    if (argc != 4)
        die("usage: load PORT SECONDS CLIENTS < list");
    list_read();
    if (n_clients != (size_t)atoi(argv[3]))
        die("the list has another number of clients");
    int ep = epoll_create1(0);
    int64_t start = now_us(), end = start + (int64_t)(atof(argv[2]) * 1e6);
    connect_all(atoi(argv[1]), ep);
    while (now_us() < end) {
        int n = epoll_wait(ep, events, 256, 100);
        for (int i = 0; i < n; i++)
            readable(events[i].data.ptr);
    }
    double seconds = (double)(now_us() - start) / 1e6;
    if (n_samples == 0)
        die("no request was finished");
    qsort(samples, n_samples, sizeof samples[0], sample_cmp);
    printf("%llu %llu %u %u %u %.3f\n", (unsigned long long)total_requests,
           (unsigned long long)total_bytes, samples[n_samples / 2], samples[n_samples * 99 / 100],
           samples[n_samples - 1], seconds);
    return 0;
}
