/* cmd_gc.c - "matinee gc": what lies on the disk and belongs to nobody is named and removed. */
#include "app/journey.h"
#include "service/ingest/ingest.h"
#include <stdio.h>

static void orphan_print(void *arg, const char *what, const char *name) {
    const bool *dry = arg;
    printf("%s %s %s\n", *dry ? "would remove" : "removed", what, name);
}

int cmd_gc(struct cli *cli, struct err *reterr) {
    struct node n;
    bool dry = cli_has(cli, "dry-run");
    int r = node_open(cli, NODE_START, &n, reterr);
    if (r < 0)
        return r;
    /* A running server may be in the middle of an upload. */
    bool busy = worker_running(n.run_dir) || server_running(n.run_dir);
    int64_t age = busy ? 3600 * 1000 : 0;
    r = ingest_gc(&n.engine, dry, age, orphan_print, &dry, reterr);
    node_close(&n);
    if (r >= 0)
        printf("%d orphans%s\n", r, dry ? " (nothing was removed)" : "");
    return r < 0 ? r : 0;
}
