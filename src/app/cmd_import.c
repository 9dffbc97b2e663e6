/*
 * cmd_import.c - "matinee import": files and folders into the catalogue, watched to their end.
 * Every file is checked before any work begins, and each error names its file and the remedy; what
 * can be imported is, and the exit code tells whether all could.
 */
#include "app/import_files.h"
#include "app/journey.h"
#include "app/services.h"
#include "base/log.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { IMPORTS_MAX = 1000 };

struct importing {
    const struct cli *cli;
    struct node node;
    struct arena a;
    struct bar bar;
    bool json;
    struct import_id ids[IMPORTS_MAX];
    size_t n;
    int refused, ended;
    struct import_id leader; /* whose bar is shown, of several that run */
};

static void json_line(json_t *j) {
    scoped(mem_free) char *text = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    if (text)
        puts(text);
    fflush(stdout);
}

static void refusal_print(struct importing *im, const char *file, const struct err *e) {
    im->refused++;
    if (im->json)
        refusal_json_print(file, e);
    else
        error_print(e);
}

static void address_make(const struct importing *im, const struct import_view *v, char *dst,
                         size_t cap) {
    scoped(mem_free) char *url = public_url_make(im->cli->config);
    snprintf(dst, cap, "%s/title/" STR_FMT, url, STR_ARG(v->slug));
}

static void ended_print(struct importing *im, const struct import_view *v) {
    char address[500];
    struct arena a = ARENA(256 << 10);
    json_t *warnings = json_loadb(v->warnings.p, v->warnings.n, 0, NULL), *w;
    size_t i;
    bar_clear(&im->bar);
    im->ended++;
    if (memcmp(&im->leader, &v->id, sizeof v->id) == 0)
        im->leader = (struct import_id){{""}};
    if (v->state == IMPORT_DONE) {
        address_make(im, v, address, sizeof address);
        printf(STR_FMT ": %s%s\n", STR_ARG(v->title_name), address,
               v->publish ? "" : " (not published)");
    } else {
        fprintf(stderr, "matinee: " STR_FMT ": %s\n  " STR_FMT "\n", STR_ARG(v->file_name),
                v->state == IMPORT_FAILED ? "not imported" : "cancelled", STR_ARG(v->error_detail));
    }
    json_array_foreach(warnings, i, w) fprintf(stderr, "  note: %s\n", json_string_value(w));
    fflush(stdout);
    json_decref(warnings);
    arena_done(&a);
}

static void changed_json(struct importing *im, const struct import_view *v, bool ended) {
    char address[500];
    json_t *j = import_json(v);
    if (ended && v->state == IMPORT_DONE) {
        address_make(im, v, address, sizeof address);
        json_object_set_new(j, "url", json_string(address));
    }
    json_line(j);
}

static void import_changed(void *arg, const struct import_view *v) {
    struct importing *im = arg;
    bool ended =
        v->state == IMPORT_DONE || v->state == IMPORT_FAILED || v->state == IMPORT_CANCELLED;
    char label[200], stage[64];
    if (im->json) {
        int permille = (int)(v->progress * 1000);
        static int last_permille;
        static struct import_id last;
        if (!ended && permille == last_permille && memcmp(&last, &v->id, sizeof last) == 0)
            return;
        last_permille = permille;
        last = v->id;
        changed_json(im, v, ended);
    } else if (ended) {
        ended_print(im, v);
    } else if (v->state == IMPORT_RUNNING || im->n == 1) {
        if (!id_is_set(im->leader.v))
            im->leader = v->id;
        if (memcmp(&im->leader, &v->id, sizeof v->id) != 0)
            return;
        if (im->n > 1)
            snprintf(label, sizeof label, "(%d/%zu) " STR_FMT, im->ended + 1, im->n,
                     STR_ARG(v->title_name));
        else
            snprintf(label, sizeof label, STR_FMT, STR_ARG(v->title_name));
        snprintf(stage, sizeof stage, STR_FMT,
                 STR_ARG(v->stage_doc.n ? v->stage_doc : STR("waiting")));
        bar_draw(&im->bar, label, stage, v->progress, v->speed, v->eta_ms);
    }
}

/* ---- what to import ---- */

/* Asked for the same, of the same bytes as far as a look can tell. */
static bool import_same(const struct import_view *v, const struct import_new *n) {
    struct stat st;
    bool same = v->n_inputs == n->n_inputs && v->scheme == n->scheme && v->publish == n->publish &&
                str_eq(v->policy, n->policy.n ? n->policy : STR("{}")) &&
                (!n->title.n || str_eq(v->title_name, str_trim(n->title)));
    for (size_t i = 0; i < n->n_inputs && same; i++) {
        const struct import_input *was = &v->inputs[i], *is = &n->inputs[i];
        same = was->kind == is->kind && str_eq(was->path, is->path) &&
               stat(is->path.p, &st) == 0 && st.st_size == was->size_bytes &&
               (int64_t)st.st_mtim.tv_sec * 1000 <= v->created_ms;
    }
    return same;
}

/* The same import killed in its middle, or stopped by a full disk, goes on; it does not become a
 * second title. */
static bool import_resumed(struct importing *im, const struct import_new *n) {
    struct import_view *v;
    size_t count;
    if (import_list_path(&im->node.engine, n->inputs[0].path, &im->a, &v, &count, NULL) < 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        bool live = v[i].state == IMPORT_QUEUED || v[i].state == IMPORT_RUNNING;
        if (!(live || v[i].resumable) || !import_same(&v[i], n) ||
            (!live && import_retry(&im->node.engine, v[i].id, NULL) < 0))
            continue;
        im->ids[im->n++] = v[i].id;
        return true;
    }
    return false;
}

static int import_one(struct importing *im, const char *path, const struct import_options *o,
                      struct err *reterr) {
    struct import_input inputs[IMPORT_INPUTS_MAX];
    struct import_new n = {.title = o->title,
                           .lang = o->lang,
                           .policy = o->policy,
                           .scheme = o->scheme,
                           .publish = o->publish,
                           .inputs = inputs};
    int r = import_inputs(path, o, &im->a, inputs, &n.n_inputs, reterr);
    if (r < 0)
        return r;
    if (im->n >= IMPORTS_MAX)
        return err_set(reterr, ERR_LIMIT, "%s: over %d files at once", path, IMPORTS_MAX);
    if (import_resumed(im, &n))
        return 0;
    STORE_RETRY(r, reterr, import_create(&im->node.engine, &n, &im->a, &im->ids[im->n], reterr));
    if (r >= 0)
        im->n++;
    return r;
}

static int imports_create(struct importing *im, const struct import_options *o,
                          const struct file_list *files) {
    for (size_t i = 0; i < files->n; i++) {
        struct err e = {0};
        if (import_one(im, files->paths[i], o, &e) < 0)
            refusal_print(im, files->paths[i], &e);
    }
    return 0;
}

static void detached_print(struct importing *im) {
    for (size_t i = 0; i < im->n; i++) {
        struct import_view v;
        if (import_get(&im->node.engine, im->ids[i], &im->a, &v, NULL) < 0)
            continue;
        if (im->json)
            json_line(import_json(&v));
        else
            printf(STR_FMT ": queued as %s\n", STR_ARG(v.file_name), v.id.v.s);
    }
    if (!worker_running(im->node.run_dir) && !im->json)
        puts("Nobody works on this data directory now: the next `matinee serve` or `matinee "
             "import` does.");
}

static int import_all(struct importing *im, struct err *reterr) {
    struct import_options o;
    struct file_list files = {0};
    int r = import_options_read(im->cli, &im->a, &o, reterr);
    if (r < 0)
        return r;
    for (int i = 0; i < im->cli->argc; i++) {
        struct err e = {0};
        if (files_find(im->cli->argv[i], &im->a, &files, &e) < 0)
            refusal_print(im, im->cli->argv[i], &e);
    }
    if (files.n > 1 && (o.title.n || o.n_extra))
        return usage_error(im->cli, reterr, "--title, --subtitle and --audio go with one file");
    r = imports_create(im, &o, &files);
    if (r < 0 || im->n == 0)
        return r < 0 ? r : 1;
    if (cli_has(im->cli, "detach")) {
        detached_print(im);
        return im->refused > 0;
    }
    r = journey_watch(&(struct journey_watch){.node = &im->node,
                                              .ids = im->ids,
                                              .n_ids = im->n,
                                              .changed = import_changed,
                                              .arg = im},
                      reterr);
    bar_clear(&im->bar);
    if (r >= 0 && (size_t)r < im->n && !im->json && !server_running(im->node.run_dir))
        fputs("  No server runs on this data directory: matinee serve\n", stderr);
    return r < 0 ? r : r + im->refused > 0;
}

int cmd_import(struct cli *cli, struct err *reterr) {
    struct importing *im = calloc(1, sizeof *im);
    if (!im)
        return err_set(reterr, ERR_NO_MEMORY, "out of memory");
    im->cli = cli;
    im->a = ARENA(64 << 20);
    im->json = cli_has(cli, "json");
    bar_init(&im->bar, stderr);
    int r = node_open(cli, NODE_CREATE | NODE_START, &im->node, reterr);
    if (r >= 0) {
        r = import_all(im, reterr);
        node_close(&im->node);
    }
    if (r < 0 && im->json) /* beside the words that the caller prints for people */
        refusal_json_print(NULL, reterr);
    arena_done(&im->a);
    free(im);
    return r;
}
