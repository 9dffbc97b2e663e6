/* journey.h - imports watched to their end by a command: with a running server its worker does the
 * work; where there is none, this process works until they have ended. */
#pragma once
#include "app/bar.h"
#include "app/node.h"
#include "service/ingest/ingest.h"

struct journey_watch {
    const struct node *node;
    const struct import_id *ids;
    size_t n_ids;
    /* Of one import that has changed, and of each once when it ended (several times a second at
     * most). */
    void (*changed)(void *arg, const struct import_view *v);
    void *arg;
};
/* Returns how many did not end well. ERR_CANCELLED: interrupted (SIGINT, SIGTERM); the rest is
 * finished by the next start. */
int journey_watch(const struct journey_watch *w, struct err *reterr);

/* A worker of any process on this data directory holds this for its life. */
int worker_lock(const char *run_dir, int *ret_fd, struct err *reterr);
bool worker_running(const char *run_dir);
/* A server of this data directory runs: it may be in the middle of an upload. */
bool server_running(const char *run_dir);
