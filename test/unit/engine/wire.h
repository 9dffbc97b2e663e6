/* wire.h - a port on this machine behind which a server lies, and what happens to the bytes on the way:
 * for tests of what a program does when a network swallows, freezes or cuts. */
#pragma once
#include "base/base.h"
#include <pthread.h>
#include <stdatomic.h>

enum wire_mode {
    WIRE_PASSES,
    WIRE_SWALLOWS, /* nothing gets through, old or new; nobody is told */
    WIRE_FREEZES,  /* the connections of before get nothing through; new ones do */
    WIRE_CUTS,     /* every second COMMIT arrives and its answer does not, every other is cut before it arrives */
};

struct wire {
    int port, listener;
    const char *socket; /* path of the server's */
    atomic_int mode, commits;
    atomic_bool stop;
    pthread_t thread;
};
bool wire_start(struct wire *w, const char *socket);
/* What was held back goes on its way as soon as it passes again. */
void wire_set(struct wire *w, enum wire_mode mode);
void wire_stop(struct wire *w);
