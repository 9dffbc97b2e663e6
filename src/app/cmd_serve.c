/*
 * cmd_serve.c - "matinee serve": the whole of Matinee on one machine. It owns the listening sockets, writes
 * what the front needs, and keeps front, app and worker alive (supervisor.c). A kill -9 of this process
 * takes all of them with it.
 */
#include "app/front_conf.h"
#include "app/listen.h"
#include "app/node.h"
#include "app/roles.h"
#include "app/services.h"
#include "app/supervisor.h"
#include "app/tls.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

struct serve {
    struct cli *cli;
    struct node node;
    char *socket_path, *conf_path, *nginx, *nginx_env;
    int lock_fd, app_fd;
    struct listen_set front;
    struct tls_files tls;
    struct proc procs[3];
    size_t n_procs;
    char *argv[3][CHILD_ARGS_MAX];
    char address[300];
};
