/* front.h - everything that nginx needs to be our front: sockets, certificate, configuration,
 * program. */
#pragma once
#include "app/listen.h"
#include "app/node.h"
#include "app/tls.h"

struct front {
    struct listen_set sockets;
    struct tls_files tls;
    char *nginx, *module, *web, *console, *keys, *conf_path, *prefix, *nginx_env;
    char *argv[8];
    char address[300]; /* "http://localhost:8080" */
    int port;
    bool is_tls;
    bool give_up; /* atomic: front_answers returns at once */
};

/* Opens the sockets and writes <run>/nginx.conf. Errors name the remedy (port taken, nginx or its
 * module not found, certificate of another name). front_done also after an error. */
int front_prepare(struct front *f, const struct cli *cli, const struct node *n, struct err *reterr);
/* Makes a certificate of the local authority anew that ends soon; what goes wrong is logged. */
void front_renew(struct front *f, const struct cli *cli);
void front_done(struct front *f);
/* Waits until /healthz answers 200. Blocks up to limit_ms. */
bool front_answers(const struct front *f, int limit_ms);
