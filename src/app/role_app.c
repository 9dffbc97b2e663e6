/* role_app.c - "matinee app": the HTTP application behind the front, on a socket it inherits. */
#include "app/node.h"
#include "app/roles.h"
#include "app/services.h"
#include "base/background.h"
#include "base/log.h"
#include "service/developer/developer.h"
#include "service/identity/identity.h"
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GRACE_MS = 10000 };

static int listen_check(struct err *reterr) {
    int listening = 0;
    socklen_t n = sizeof listening;
    if (getsockopt(ROLE_FD_LISTEN, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n) < 0 || !listening)
        return err_refuse(reterr, ERR_INVALID, "usage", "Use: matinee serve",
                          "\"matinee app\" is started by \"matinee serve\", not by hand");
    return 0;
}

/* Requests come and go thousands of times a second: what one gives back the next one takes, and the kernel is not
 * asked each time. */
static void memory_keep(void) {
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 8 << 20);
    mallopt(M_TOP_PAD, 256 << 10);
    /* Without it every buffer beyond 64 KB gathers all small pieces that were freed, each in a cold line of memory:
     * the work of others' requests, and more of it the more accounts keep something in the cache. */
    mallopt(M_MXFAST, 0);
}

/* A machine by its key, a person by a session; never both. */
static int authenticate(struct request *rq, struct principal *ret_who, struct err *reterr) {
    return request_key(rq).p ? key_authenticate(rq, ret_who, reterr) : identity_authenticate(rq, ret_who, reterr);
}

int cmd_app(struct cli *cli, struct err *reterr) {
    struct node n;
    struct http_server *server = NULL;
    memory_keep();
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, NULL); /* before any thread: all of them leave it to sigwait */
    int r = listen_check(reterr);
    if (r < 0)
        return r;
    background_start(http_password_threads(cli->config)); /* before any thread, and before any secret is read */
    if ((r = node_open(cli, NODE_START, &n, reterr)) < 0)
        return r;
    struct http_options o = {.engine = &n.engine,
                             .routes = services_routes(),
                             .schemas = services_schemas(),
                             .events = webhook_events,
                             .hooks = {.authenticate = authenticate, .check_fresh = identity_check_fresh},
                             .listen_fd = ROLE_FD_LISTEN};
    http_options_from_config(n.engine.config, &o);
    r = http_server_start(&o, &server, reterr);
    if (r == 0) {
        int sig;
        sigwait(&stop, &sig);
        http_server_stop(server, GRACE_MS);
    }
    node_close(&n);
    return r;
}
