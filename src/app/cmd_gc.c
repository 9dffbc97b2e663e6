/* cmd_gc.c - "matinee gc": what lies on the disk and belongs to nobody is named and removed. */
#include "app/journey.h"
#include "service/ingest/ingest.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct gc_told {
    bool dry;
    json_t *list; /* NULL: printed at once */
    int extra;    /* found by ourselves */
};

static void orphan_told(void *arg, const char *what, const char *name) {
    const struct gc_told *t = arg;
    if (t->list)
        json_array_append_new(t->list, json_pack("{s:s, s:s}", "what", what, "name", name));
    else
        printf("%s %s %s\n", t->dry ? "would remove" : "removed", what, name);
}

/* What a kill left of a file that was being replaced; it may hold half a key. */
static void leftovers_remove(struct gc_told *t, const char *folder) {
    DIR *d = opendir(folder);
    for (struct dirent *de; d && (de = readdir(d));) {
        if (!file_is_leftover(de->d_name))
            continue;
        orphan_told(t, "temporary", de->d_name);
        t->extra++;
        if (!t->dry)
            unlinkat(dirfd(d), de->d_name, 0);
    }
    if (d)
        closedir(d);
}

int cmd_gc(struct cli *cli, struct err *reterr) {
    struct node n;
    struct gc_told t = {.dry = cli_has(cli, "dry-run"),
                        .list = cli_has(cli, "json") ? json_array() : NULL};
    int r = node_open(cli, NODE_START, &n, reterr);
    if (r < 0)
        return r;
    /* A running server may be in the middle of an upload. */
    bool busy = worker_running(n.run_dir) || server_running(n.run_dir);
    int64_t age = busy ? 3600 * 1000 : 0;
    leftovers_remove(&t, cli->data_dir);
    leftovers_remove(&t, n.run_dir);
    STORE_RETRY(r, reterr, ingest_gc(&n.engine, t.dry, age, orphan_told, &t, reterr));
    node_close(&n);
    if (r >= 0 && t.list) {
        json_dumpf(t.list, stdout, JSON_COMPACT);
        putchar('\n');
    } else if (r >= 0) {
        printf("%d orphan%s%s\n", r + t.extra, r + t.extra == 1 ? "" : "s",
               t.dry ? " (nothing was removed)" : "");
    }
    json_decref(t.list);
    return r < 0 ? r : 0;
}
