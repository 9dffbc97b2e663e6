/* node.h - one opened data directory: the engine that a command or a role runs on.
 *
 *   <data>/db/        the store           <data>/media/  blobs
 *   <data>/work/      unfinished imports  <data>/run/    sockets, locks, nginx.conf
 *   <data>/master.key, token.keys, matinee.conf, tls/ */
#pragma once
#include "app/command.h"
#include "base/file.h"
#include "service/service.h"

struct node {
    struct engine engine;
    struct clock clock;
    char *run_dir, *public_url;
    bool started;
};

enum node_flags {
    NODE_CREATE = 1, /* make the data directory where there is none */
    NODE_START = 2,  /* start the services too */
};

/* Opens and migrates the store. ERR_NOT_FOUND "data.absent": nothing there and NODE_CREATE not
 * given. */
int node_open(const struct cli *cli, unsigned flags, struct node *ret_n, struct err *reterr);
int node_start(struct node *n, struct err *reterr); /* the services of an open node */
void node_close(struct node *n);                    /* stops the services that were started */

/* Makes every folder of path, mode 0700. */
int folder_make(const char *path, struct err *reterr);
/* What an address of ours begins with, by the settings: "http://localhost:8080". The caller's. */
char *public_url_make(const struct config *c);
/* printf into a new string, the caller's; aborts when memory is out (a handful of bytes at the
 * start). */
char *text_make(const char *fmt, ...) PRINTF_LIKE(1, 2);
