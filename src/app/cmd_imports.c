/* cmd_imports.c - "matinee imports": the films on their way in, one with what it took, and stopping one. */
#include "app/journey.h"
#include "base/arena.h"
#include "service/ingest/ingest.h"
#include <stdio.h>
#include <string.h>

static void json_line(json_t *j) {
    scoped(mem_free) char *text = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    if (text)
        puts(text);
}

static const char *state_word(const struct import_view *v) {
    static const char *const words[] = {[IMPORT_QUEUED] = "waiting",
                                        [IMPORT_RUNNING] = "running",
                                        [IMPORT_DONE] = "done",
                                        [IMPORT_FAILED] = "failed",
                                        [IMPORT_CANCELLED] = "cancelled"};
    return v->resumable ? "stopped" : words[v->state];
}

static void import_print(const struct import_view *v) {
    char far[8] = "";
    if (v->state == IMPORT_RUNNING)
        snprintf(far, sizeof far, "%d%%", (int)(v->progress * 100));
    printf("%s  %-9s %4s  " STR_FMT "%s" STR_FMT "\n", v->id.v.s, state_word(v), far,
           STR_ARG(v->file_name), v->stage_doc.n ? ": " : "", STR_ARG(v->stage_doc));
    if (v->error_detail.n)
        printf("%*s" STR_FMT "\n", 28, "", STR_ARG(v->error_detail));
}

static int imports_list(const struct node *n, bool json, struct arena *a, struct err *reterr) {
    struct import_view *v;
    struct str next;
    size_t count;
    int r = import_list(&n->engine, STR_NULL, 100, a, &v, &count, &next, reterr);
    for (size_t i = 0; r >= 0 && i < count; i++)
        if (json)
            json_line(import_json(&v[i]));
        else
            import_print(&v[i]);
    if (r >= 0 && !json && count == 0)
        puts("No imports yet: matinee import FILE");
    else if (r >= 0 && !json && next.p)
        puts("Older ones are not shown.");
    return r;
}

static int import_find(const struct node *n, const struct cli *cli, struct arena *a, struct import_view *ret,
                       struct err *reterr) {
    struct id id;
    if (!id_parse(str_of(cli->argv[1]), &id))
        return usage_error(cli, reterr, "\"%s\" is no import's id: `matinee imports` lists them",
                           cli->argv[1]);
    int r = import_get(&n->engine, (struct import_id){id}, a, ret, reterr);
    return r == ERR_NOT_FOUND ? err_refuse(reterr, r, "import.unknown", "`matinee imports` lists them.",
                                           "there is no import %s", id.s)
                              : r;
}

static double number_of(json_t *j, const char *name) {
    return json_number_value(json_object_get(j, name));
}

static void cost_line(const char *step, json_t *c) {
    printf("  %-12s %9.1f s of processor %9.1f s %9.1f MB read %9.1f MB written\n", step,
           number_of(c, "user_s") + number_of(c, "system_s"), number_of(c, "wall_s"), number_of(c, "read_bytes") / 1e6,
           number_of(c, "written_bytes") / 1e6);
}

static int import_show(const struct node *n, const struct cli *cli, struct arena *a, struct err *reterr) {
    struct import_view v;
    int r = import_find(n, cli, a, &v, reterr);
    json_t *cost = r >= 0 ? import_cost_json(&n->engine, v.id, a, reterr) : NULL, *step;
    size_t i;
    if (!cost)
        return r < 0 ? r : reterr->code;
    if (cli_has(cli, "json")) {
        json_t *all = import_json(&v);
        json_object_set_new(all, "cost", cost);
        json_line(all);
        return 0;
    }
    import_print(&v);
    json_array_foreach(json_object_get(cost, "steps"), i, step)
        cost_line(json_string_value(json_object_get(step, "step")), step);
    cost_line("all", cost);
    json_decref(cost);
    return 0;
}

static int import_stop(const struct node *n, const struct cli *cli, struct arena *a,
                       struct err *reterr) {
    struct import_view v;
    int r = import_find(n, cli, a, &v, reterr);
    if (r >= 0)
        STORE_RETRY(r, reterr, import_cancel(&n->engine, v.id, reterr));
    if (r < 0)
        return r;
    if (!worker_running(n->run_dir)) /* else the worker does, when its step has stopped */
        STORE_RETRY(r, reterr, ingest_sweep(&n->engine, reterr));
    if (r < 0)
        return r;
    if (cli_has(cli, "json"))
        printf("{\"id\":\"%s\",\"state\":\"cancelled\"}\n", v.id.v.s);
    else
        printf(STR_FMT ": cancelled; what it had made is removed.\n", STR_ARG(v.file_name));
    return r;
}

int cmd_imports(struct cli *cli, struct err *reterr) {
    struct node n;
    bool stop = cli->argc > 0 && strcmp(cli->argv[0], "cancel") == 0, show = cli->argc > 0 && strcmp(cli->argv[0], "show") == 0;
    if (cli->argc > 0 && ((!stop && !show) || cli->argc != 2))
        return usage_error(cli, reterr, "imports are listed, or shown or cancelled by their id");
    int r = node_open(cli, NODE_START, &n, reterr);
    if (r < 0)
        return r;
    scoped(arena_done) struct arena a = ARENA(64 << 20);
    r = stop   ? import_stop(&n, cli, &a, reterr)
        : show ? import_show(&n, cli, &a, reterr)
               : imports_list(&n, cli_has(cli, "json"), &a, reterr);
    node_close(&n);
    return r < 0 ? r : 0;
}
