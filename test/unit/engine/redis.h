/* redis.h - a Redis of the test's own: free port, nothing on disk, gone with the test. */
#pragma once
#include "base/base.h"
#include <sys/types.h>

struct redis_server {
    pid_t pid;
    int port;
    char url[96];
    const char *password; /* "" or NULL: none */
};
/* False: there is no redis-server here. Set password before. Fails the test when it does not start. */
bool redis_start(struct redis_server *s);
void redis_start_again(struct redis_server *s); /* after redis_kill: same port, empty */
void redis_kill(struct redis_server *s);        /* -9 */
