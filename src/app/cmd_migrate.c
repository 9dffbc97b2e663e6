/* cmd_migrate.c - "matinee migrate": everything from SQLite to PostgreSQL, with nothing running on it
 * meanwhile. Interrupted, the same command goes on where it was. */
#include "app/bar.h"
#include "app/journey.h"
#include "base/file.h"
#include "base/url.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* --to URL, or --to @FILE, whose first line it is. */
static int url_read(struct cli *cli, struct arena *a, const char **ret, struct err *reterr) {
    const char *to = cli_get(cli, "to");
    struct str line, text;
    if (!to)
        return usage_error(cli, reterr, "say where to: --to postgresql://USER@HOST/NAME");
    if (to[0] == '@') {
        int r = file_read(to + 1, 4096, a, &text, reterr);
        if (r < 0)
            return r;
        str_cut(text, '\n', &line);
        *ret = str_cstr(a, str_trim(line));
        return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "out of memory");
    }
    if (url_has_password(to))
        return usage_error(cli, reterr,
                           "a password must not stand in a command line; write the address into a file and say "
                           "--to @FILE, or use PGPASSWORD or ~/.pgpass");
    *ret = to;
    return 0;
}

/* No server, worker or import begins while we hold these. */
static int source_hold(const struct node *n, int *ret_serve, int *ret_work, struct err *reterr) {
    static const char *const names[] = {"serve.lock", "worker.lock"};
    int fds[ARRAY_LEN(names)] = {-1, -1};
    bool busy = worker_running(n->run_dir);
    for (size_t i = 0; i < ARRAY_LEN(names) && !busy; i++) {
        scoped(mem_free) char *path = text_make("%s/%s", n->run_dir, names[i]);
        fds[i] = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        busy = fds[i] < 0 || flock(fds[i], LOCK_EX | LOCK_NB) < 0;
    }
    *ret_serve = fds[0];
    *ret_work = fds[1];
    if (busy)
        return err_refuse(reterr, ERR_CONFLICT, "migrate.running",
                          "Stop the server (and any import) first, then run this again.",
                          "Matinee is running on %s", n->engine.data_dir);
    return 0;
}

struct report {
    struct bar bar;
    bool resumed_said;
    int64_t rows;
};

static void progress_show(void *arg, const struct store_copied *p) {
    struct report *r = arg;
    if (p->resumed && !r->resumed_said) {
        bar_clear(&r->bar);
        puts("going on where it was interrupted");
        r->resumed_said = true;
    }
    if (p->verified) {
        bar_clear(&r->bar);
        printf("%-24s %10" PRId64 " rows  %016" PRIx64 "  same on both\n", p->table, p->rows, p->checksum);
        r->rows += p->rows;
        return;
    }
    double part = p->rows_total ? (double)p->rows / (double)p->rows_total : 1;
    bar_draw(&r->bar, p->table, "copy", ((double)p->table_n + part) / (double)p->tables, 0, -1);
}

static int migrate_to(struct node *n, const char *url, struct err *reterr) {
    struct store *to = NULL;
    struct report report = {0};
    struct store_options o = {.url = url, .clock = &n->clock, .copying = true};
    bar_init(&report.bar, stderr);
    int r = store_open(&o, &to, reterr);
    if (r == 0 && (r = store_migrate(to, reterr)) == 0)
        r = store_copy(n->engine.store, to, progress_show, &report, reterr);
    bar_clear(&report.bar);
    store_close(to);
    scoped(mem_free) char *masked = url_mask(url);
    if (r == 0)
        printf("%" PRId64 " rows are there, and the same.\n\nFrom now on start Matinee with this in %s/matinee.conf "
               "(or MATINEE_STORE_URL):\n  store-url = %s\nMedia and keys stay where they are; the SQLite files in %s/db are not "
               "used any more and were not changed.\n",
               report.rows, n->engine.data_dir, masked ? masked : "", n->engine.data_dir);
    return r;
}

int cmd_migrate(struct cli *cli, struct err *reterr) {
    struct arena a = ARENA(64 << 10);
    struct node n;
    const char *url = NULL;
    int serve = -1, work = -1;
    int r = url_read(cli, &a, &url, reterr);
    /* The source is the folder, whatever the settings say already. */
    if (r == 0)
        r = config_set(cli->config, "store-url", STR_NULL, "migrate", reterr);
    if (r == 0 && (r = node_open(cli, 0, &n, reterr)) == 0) {
        if ((r = source_hold(&n, &serve, &work, reterr)) == 0)
            r = migrate_to(&n, url, reterr);
        fd_close(&serve);
        fd_close(&work);
        node_close(&n);
    }
    arena_done(&a);
    return r;
}
