/* postgres.h - a PostgreSQL server of a test's own: in a temporary folder, on a Unix socket, gone
 * with the test. */
#pragma once
#include "base/base.h"
#include <sys/types.h>

struct postgres {
    char dir[64]; /* the socket is in it: conninfo "host=<dir>" */
    pid_t pid;
};
/* False where it is not installed, or no user is there to run it (it refuses root). */
bool postgres_start(struct postgres *pg);
/* Ends the server with this signal and keeps its data, for postgres_resume. */
void postgres_pause(struct postgres *pg, int signal);
bool postgres_resume(struct postgres *pg);
void postgres_stop(struct postgres *pg);
