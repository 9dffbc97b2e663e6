#include "redis.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int port_free(void) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof a;
    scoped(fd_close) int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0);
    getsockname(fd, (struct sockaddr *)&a, &n);
    return ntohs(a.sin_port);
}

static bool answers(int port) {
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr = {htonl(INADDR_LOOPBACK)},
                            .sin_port = htons((uint16_t)port)};
    scoped(fd_close) int fd = socket(AF_INET, SOCK_STREAM, 0);
    char said = 0;
    return fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
           send(fd, "PING\r\n", 6, MSG_NOSIGNAL) == 6 && recv(fd, &said, 1, 0) == 1;
}

static void server_exec(const struct redis_server *s) {
    char port[8];
    const char *password = s->password ? s->password : "";
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(port, sizeof port, "%d", s->port);
    int null = open("/dev/null", O_RDWR);
    dup2(null, 1);
    dup2(null, 2);
    execlp("redis-server", "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
           "--appendonly", "no", "--dir", "/tmp", "--requirepass", password, NULL);
    _exit(127);
}

void redis_start_again(struct redis_server *s) {
    cr_assert((s->pid = fork()) >= 0);
    if (s->pid == 0)
        server_exec(s);
    for (int i = 0; i < 1000; i++) {
        if (answers(s->port))
            return;
        cr_assert(waitpid(s->pid, NULL, WNOHANG) == 0, "redis-server ended at its start");
        usleep(10000);
    }
    cr_assert_fail("redis-server does not answer");
}

bool redis_start(struct redis_server *s) {
    if (access("/usr/bin/redis-server", X_OK) < 0 &&
        access("/usr/local/bin/redis-server", X_OK) < 0)
        return false;
    s->port = port_free();
    snprintf(s->url, sizeof s->url, "redis://127.0.0.1:%d/1", s->port);
    redis_start_again(s);
    return true;
}

void redis_kill(struct redis_server *s) {
    if (s->pid > 0) {
        kill(s->pid, SIGKILL);
        waitpid(s->pid, NULL, 0);
    }
    s->pid = 0;
}
