/* test_listen.c - listening sockets that children inherit. */
#include "app/listen.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Two workers race for one connection: the slower must be told at once that there is none. */
static void accepts_without_waiting(int fd) {
    alarm(10);
    cr_expect_eq(accept4(fd, NULL, NULL, SOCK_CLOEXEC), -1);
    cr_expect_eq(errno, EAGAIN);
}

Test(listen, inherited_sockets_never_block) {
    struct listen_set set;
    struct err e = {0};
    cr_assert_eq(listen_tcp(0, false, &set, &e), 0, "%s", e.msg);
    cr_assert_gt(set.n, 0);
    for (size_t i = 0; i < set.n; i++)
        accepts_without_waiting(set.fds[i]);
    listen_done(&set);
    char folder[] = "/tmp/matinee-listen-XXXXXX", path[64];
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/sock", folder);
    int fd;
    cr_assert_eq(listen_unix(path, &fd, &e), 0, "%s", e.msg);
    accepts_without_waiting(fd);
    close(fd);
    unlink(path);
    rmdir(folder);
}
