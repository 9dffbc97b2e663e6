/*
 * load.c - keep-alive clients on one thread, speaking to a Unix socket as the front does.
 *
 *   load SOCKET KIND SECONDS CLIENTS RATE SEED [SAMPLES] < facts
 * KIND: play (a tap on Play by a random account for a random title), auth (a route that only
 * authenticates), static (whatever answers 200), signin (a wrong password, to keep Argon2 busy).
 * RATE 0: each client asks again at once. Else so many a second, evenly: a request that finds every
 * client busy waits here, and its time counts from when it was due, so that a server that stalls
 * cannot hide it. SEED 0: every title once, to fill caches.
 * facts: "a TOKEN DEVICE" and "t TITLE" lines. Prints: requests wrong p50_us p99_us max_us seconds.
 * SAMPLES: a file that every latency is written to, in microseconds, 32 bits each, so that those of
 * several runs can be pooled.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MAX = 512, REPLY_MAX = 16384, SAMPLES_MAX = 1 << 22, ID = 26, TOKEN = 43 };
enum kind { PLAY, AUTH, STATIC, SIGNIN };
static const char *const kinds[] = {"play", "auth", "static", "signin"};
static const int wanted[] = {201, 204, 200, 401};

struct person {
    char token[TOKEN + 1], device[ID + 1];
};
struct client {
    int fd;
    int64_t since_us;
    size_t n;
    char reply[REPLY_MAX];
};

static struct person *people;
static char (*titles)[ID + 1];
static size_t n_people, n_titles, n_idle, n_samples;
static struct client clients[CLIENTS_MAX], *idle[CLIENTS_MAX];
static uint32_t samples[SAMPLES_MAX];
static uint64_t done, wrong, asked, random_state;
static enum kind kind;
static bool in_turn;

static void die(const char *what) {
    fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static uint64_t random_next(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static void facts_read(void) {
    static char line[256];
    size_t people_cap = 0, titles_cap = 0;
    while (fgets(line, sizeof line, stdin)) {
        if (line[0] == 'a') {
            if (n_people == people_cap && !(people = realloc(people, (people_cap = people_cap * 2 + 1024) * sizeof *people)))
                die("memory");
            if (sscanf(line, "a %43s %26s", people[n_people].token, people[n_people].device) == 2)
                n_people++;
        } else if (line[0] == 't') {
            if (n_titles == titles_cap && !(titles = realloc(titles, (titles_cap = titles_cap * 2 + 1024) * sizeof *titles)))
                die("memory");
            if (sscanf(line, "t %26s", titles[n_titles]) == 1)
                n_titles++;
        }
    }
    if (kind <= AUTH && (!n_people || !n_titles))
        die("no facts");
}

#define HEAD "Host: localhost\r\nX-Real-IP: 192.0.2.7\r\nX-Forwarded-Proto: http\r\nUser-Agent: Mozilla/5.0 (bench)\r\n" \
             "Accept: application/json\r\nAccept-Language: en\r\nOrigin: http://localhost\r\n"

static int request_write(char *to, size_t cap) {
    char body[1024];
    const struct person *p = n_people ? &people[random_next() % n_people] : NULL;
    int n;
    switch (kind) {
    case PLAY:
        n = snprintf(body, sizeof body,
                     "{\"title_id\":\"%s\",\"device\":{\"id\":\"%s\",\"kind\":\"web\",\"name\":\"Bench\",\"codecs\":[\"avc1.640028\","
                     "\"mp4a.40.2\"],\"max_height\":1080,\"drm\":[\"org.w3.clearkey\"]}}",
                     titles[in_turn ? asked % n_titles : random_next() % n_titles], p->device);
        return snprintf(to, cap, "POST /api/v1/playback HTTP/1.1\r\n" HEAD "Cookie: matinee_session=%s\r\nContent-Type: application/json\r\n"
                                 "Content-Length: %d\r\n\r\n%s", p->token, n, body);
    case AUTH:
        return snprintf(to, cap, "GET /api/v1/session/check HTTP/1.1\r\n" HEAD "Cookie: matinee_session=%s\r\n\r\n", p->token);
    case STATIC:
        return snprintf(to, cap, "GET / HTTP/1.1\r\n" HEAD "\r\n");
    case SIGNIN:
        n = snprintf(body, sizeof body, "{\"email\":\"nobody-%llx@example.org\",\"password\":\"not the password\"}",
                     (unsigned long long)random_next());
        return snprintf(to, cap, "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nX-Real-IP: 10.%d.%d.%d\r\nOrigin: http://localhost\r\n"
                                 "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", (int)(random_next() & 255),
                        (int)(random_next() & 255), (int)(random_next() & 255), n, body);
    }
    return 0;
}

static void ask(struct client *c, int64_t since_us) {
    char request[4096];
    int n = request_write(request, sizeof request);
    c->n = 0;
    c->since_us = since_us;
    asked++;
    if (send(c->fd, request, (size_t)n, MSG_NOSIGNAL) != n)
        die("send");
}

/* Of the whole answer, 0 while it is not whole. */
static int answered(const struct client *c) {
    const char *end = memmem(c->reply, c->n, "\r\n\r\n", 4), *length;
    if (!end)
        return 0;
    length = memmem(c->reply, (size_t)(end - c->reply), "Content-Length: ", 16);
    size_t body = length ? (size_t)atol(length + 16) : 0;
    return c->n >= (size_t)(end + 4 - c->reply) + body ? atoi(c->reply + 9) : 0;
}

static void take(struct client *c) {
    errno = 0;
    ssize_t n = recv(c->fd, c->reply + c->n, REPLY_MAX - 1 - c->n, 0);
    if (n <= 0)
        die("the server hung up");
    c->n += (size_t)n;
    c->reply[c->n] = 0;
    int status = answered(c);
    if (!status)
        return;
    if (status != wanted[kind] && wrong++ == 0)
        fprintf(stderr, "load: %s: wanted %d and got\n%.1000s\n", kinds[kind], wanted[kind], c->reply);
    if (n_samples < SAMPLES_MAX)
        samples[n_samples++] = (uint32_t)(now_us() - c->since_us);
    done++;
    idle[n_idle++] = c;
}

static void connect_all(const char *path, size_t n, int ep) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    for (size_t i = 0; i < n; i++) {
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &clients[i]};
        clients[i].fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(clients[i].fd, (struct sockaddr *)&at, sizeof at) < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, clients[i].fd, &ev) < 0)
            die(path);
        idle[n_idle++] = &clients[i];
    }
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void run(int ep, int timer, int64_t start, int64_t end, double rate) {
    struct epoll_event events[CLIENTS_MAX];
    for (int64_t now; (now = now_us()) < end && !(in_turn && done >= n_titles);) {
        int64_t due = rate > 0 ? start + (int64_t)((double)asked * 1e6 / rate) : now;
        while (n_idle && due <= now) {
            ask(idle[--n_idle], rate > 0 ? due : now_us());
            due = rate > 0 ? start + (int64_t)((double)asked * 1e6 / rate) : now;
        }
        if (rate > 0 && n_idle) {
            int64_t wait = due - now_us();
            struct itimerspec t = {.it_value = {wait / 1000000, wait > 0 ? wait % 1000000 * 1000 : 1}};
            timerfd_settime(timer, 0, &t, NULL);
        }
        int n = epoll_wait(ep, events, CLIENTS_MAX, 100);
        for (int i = 0; i < n; i++) {
            uint64_t ticks;
            if (events[i].data.ptr)
                take(events[i].data.ptr);
            else if (read(timer, &ticks, sizeof ticks) < 0 && errno != EAGAIN)
                die("timer");
        }
    }
}

static void samples_write(const char *path) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(samples, sizeof samples[0], n_samples, f) != n_samples || fclose(f) != 0)
        die(path);
}

int main(int argc, char **argv) {
    if (argc < 7 || argc > 8)
        die("usage: load SOCKET play|auth|static|signin SECONDS CLIENTS RATE SEED [SAMPLES] < facts");
    while (strcmp(kinds[kind], argv[2]) != 0)
        if (++kind > SIGNIN)
            die(argv[2]);
    in_turn = strcmp(argv[6], "0") == 0;
    random_state = strtoull(argv[6], NULL, 10) * 0x9E3779B97F4A7C15u + 88172645463325252u;
    facts_read();
    int ep = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(ep, EPOLL_CTL_ADD, timer, &ev);
    connect_all(argv[1], (size_t)atoi(argv[4]), ep);
    int64_t start = now_us();
    printf("ready\n");
    fflush(stdout);
    run(ep, timer, start, start + (int64_t)(atof(argv[3]) * 1e6), atof(argv[5]));
    double seconds = (double)(now_us() - start) / 1e6;
    if (argc == 8)
        samples_write(argv[7]);
    if (!n_samples && kind == SIGNIN) { /* a result, too: Play left nothing over */
        printf("0 0 0 0 0 %.3f\n", seconds);
        return 0;
    }
    if (!n_samples)
        die("no request was finished");
    qsort(samples, n_samples, sizeof samples[0], compare);
    printf("%llu %llu %u %u %u %.3f\n", (unsigned long long)done, (unsigned long long)wrong, samples[n_samples / 2],
           samples[n_samples * 99 / 100], samples[n_samples - 1], seconds);
    return 0;
}
