/* cmd_probe.c - "matinee probe FILE": what a file holds, in words or as JSON. Needs no data
 * directory. */
#include "app/command.h"
#include "app/import_files.h"
#include "engine/child/child.h"
#include "service/json.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int64_t num(json_t *o, const char *key) {
    return json_integer_value(json_object_get(o, key));
}

static const char *text(json_t *o, const char *key) {
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

static void video_print(json_t *v) {
    json_t *fps = json_object_get(v, "fps");
    double rate = (double)json_integer_value(json_array_get(fps, 0)) /
                  (double)MAX(json_integer_value(json_array_get(fps, 1)), 1);
    printf("  picture   %s %s, %lldx%lld", text(v, "codec"), text(v, "profile"),
           (long long)num(v, "display_width"), (long long)num(v, "display_height"));
    printf(", %.3f frames a second%s%s", rate,
           json_is_true(json_object_get(v, "vfr")) ? " (variable)" : "",
           json_is_true(json_object_get(v, "interlaced")) ? ", interlaced" : "");
    printf(", %lld bits%s%s\n", (long long)num(v, "bit_depth"),
           strcmp(text(v, "hdr"), "none") ? ", " : "",
           strcmp(text(v, "hdr"), "none") ? text(v, "hdr") : "");
}

static void sound_print(json_t *a) {
    printf("  sound     %s, %s, %lld Hz, %s%s%s%s\n", text(a, "codec"), text(a, "layout"),
           (long long)num(a, "sample_rate"), text(a, "lang"), *text(a, "title") ? ", " : "",
           text(a, "title"),
           json_is_false(json_object_get(a, "decodable")) ? ", cannot be decoded" : "");
}

static void probe_print(const char *path, json_t *j) {
    json_t *one;
    size_t i;
    int64_t us = num(j, "duration_us");
    printf("%s\n  container %s, %lld bytes", path, text(j, "container"), (long long)num(j, "size"));
    if (us >= 0)
        printf(", %lld:%02d:%02d.%03d\n", (long long)(us / 3600000000LL), (int)(us / 60000000 % 60),
               (int)(us / 1000000 % 60), (int)(us / 1000 % 1000));
    else
        puts(", of unknown duration");
    json_array_foreach(json_object_get(j, "video"), i, one) video_print(one);
    json_array_foreach(json_object_get(j, "audio"), i, one) sound_print(one);
    json_array_foreach(json_object_get(j, "text"), i, one)
        printf("  subtitles %s, %s\n", text(one, "codec"), text(one, "lang"));
    json_array_foreach(json_object_get(j, "warnings"), i, one)
        printf("  note: %s\n", json_string_value(one));
}

static int probe_one(const char *path, bool as_json, struct err *reterr) {
    struct arena a = ARENA(64 << 10);
    scoped(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(reterr, errno, "%s", path);
    json_t *result = NULL,
           *rq = json_pack("{s:o, s:s}", "name", json_of_str(file_name_text(path, &a)), "want",
                           "film");
    arena_done(&a);
    if (!rq)
        return err_set(reterr, ERR_NO_MEMORY, "%s: no memory for a request", path);
    int r = child_run(&(struct child_spec){.op = "probe",
                                           .request = rq,
                                           .fds = &fd,
                                           .n_fds = 1,
                                           .limits = {.wall_ms = 60000, .memory_bytes = 2LL << 30}},
                      &result, reterr);
    json_decref(rq);
    if (r < 0)
        return err_wrap(reterr, "%s", path);
    if (as_json) {
        scoped(mem_free) char *out = json_dumps(result, JSON_INDENT(2));
        puts(out ? out : "{}");
    } else {
        probe_print(path, result);
    }
    json_decref(result);
    return 0;
}

int cmd_probe(struct cli *cli, struct err *reterr) {
    int code = 0;
    for (int i = 0; i < cli->argc; i++) {
        struct err e = {0};
        if (probe_one(cli->argv[i], cli_has(cli, "json"), &e) < 0) {
            error_print(&e);
            if (cli_has(cli, "json"))
                refusal_json_print(cli->argv[i], &e);
            code = 1;
        }
    }
    return code;
}
