/*
 * cmd_package.c - "matinee package FILE --out DIR": the same pipeline as an import, with neither
 * server nor data directory; what comes out is a tree that any static web server can serve. Work in
 * progress lies beside DIR and goes away at the end, whatever the end.
 */
#include "app/bar.h"
#include "app/import_files.h"
#include "app/node.h"
#include "base/buf.h"
#include "media/export.h"
#include "service/ingest/protect.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct packaging {
    const struct cli *cli;
    struct arena a;
    struct import_input inputs[IMPORT_INPUTS_MAX];
    struct pipeline_input plain[IMPORT_INPUTS_MAX];
    struct pipeline_key keys[KEY_CLASSES];
    bool has_key[KEY_CLASSES], used_key[KEY_CLASSES];
    struct bar bar;
    char *work, *blob_dir;
    struct blob *blob;
    bool json;
};

static const char *const class_names[] = {
    [KEY_NONE] = "", [KEY_AUDIO] = "audio", [KEY_SD] = "sd", [KEY_HD] = "hd", [KEY_UHD] = "uhd"};
static volatile sig_atomic_t interrupted;
static void on_interrupt(int sig) {
    interrupted = sig;
}

/* ---- keys ---- */

static int key_usage(const struct cli *cli, const char *value, struct err *reterr) {
    return usage_error(cli, reterr,
                       "--key \"%s\": wants KID:KEY or CLASS:KID:KEY, 32 hex digits each, CLASS "
                       "audio, sd, hd or uhd",
                       value);
}

static bool hex16_parse(struct str s, uint8_t dst[16]) {
    scoped(buf_done) struct buf b = BUF(64);
    if (s.n != 32 || !buf_unhex(&b, s) || b.n != 16)
        return false;
    memcpy(dst, b.p, 16);
    return true;
}

static int key_read(struct packaging *pk, const char *value, struct err *reterr) {
    struct str first, second, third = str_cut(str_cut(str_of(value), ':', &first), ':', &second);
    int from = KEY_AUDIO, to = KEY_UHD;
    struct pipeline_key k;
    if (third.p) {
        for (from = KEY_AUDIO; from < KEY_CLASSES && !str_eq(first, str_of(class_names[from]));
             from++) {
        }
        to = from;
        first = second;
        second = third;
    }
    if (from >= KEY_CLASSES || !hex16_parse(first, k.kid) || !hex16_parse(second, k.key))
        return key_usage(pk->cli, "...", reterr); /* never the value: it is a key */
    for (int c = from; c <= to; c++) {
        pk->keys[c] = k;
        pk->has_key[c] = true;
    }
    return 0;
}

/* "@FILE": a line each, for keys that the list of processes must not show. */
static int keys_read(struct packaging *pk, const char *value, struct err *reterr) {
    struct str text, line;
    if (value[0] != '@')
        return key_read(pk, value, reterr);
    int r = file_read(value + 1, 64 << 10, &pk->a, &text, reterr);
    while (r >= 0 && text.n) {
        text = str_cut(text, '\n', &line);
        line = str_trim(line);
        if (line.n && line.p[0] != '#')
            r = key_read(pk, str_cstr(&pk->a, line), reterr);
    }
    return r;
}

static int key_get(void *arg, const struct pipeline_key_of *of, struct pipeline_key *ret, struct err *reterr) {
    struct packaging *pk = arg;
    enum key_class class = of->class;
    if (!pk->has_key[class]) {
        if (RAND_bytes(pk->keys[class].kid, 16) != 1 || RAND_bytes(pk->keys[class].key, 16) != 1)
            return err_set(reterr, ERR_INTERNAL, "no random bytes for a key");
        pk->has_key[class] = true;
    }
    pk->used_key[class] = true;
    *ret = pk->keys[class];
    return 0;
}

static void keys_print(struct packaging *pk) {
    for (int c = KEY_AUDIO; c < KEY_CLASSES; c++) {
        scoped(buf_done) struct buf b = BUF(256);
        if (!pk->used_key[c])
            continue;
        buf_hex(&b, pk->keys[c].kid, 16);
        buf_byte(&b, ':');
        buf_hex(&b, pk->keys[c].key, 16);
        printf("key %s:%.*s\n", class_names[c], (int)b.n, (char *)b.p);
    }
}

/* ---- the pipeline's questions ---- */

static int input_open(void *arg, size_t i, struct pipeline_unseal *ret_unseal, struct err *reterr) {
    struct packaging *pk = arg;
    int fd = open(pk->inputs[i].path.p, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? err_errno(reterr, errno, STR_FMT, STR_ARG(pk->inputs[i].path)) : fd;
}

static int progressed(void *arg, enum pipeline_step s, int permille, double speed, int64_t eta_ms) {
    struct packaging *pk = arg;
    char label[200];
    if (interrupted)
        return ERR_CANCELLED;
    snprintf(label, sizeof label, STR_FMT, STR_ARG(pk->inputs[0].name));
    if (!pk->json)
        bar_draw(&pk->bar, label, pipeline_step_doc(s), pipeline_fraction(s, permille), speed,
                 eta_ms);
    return 0;
}

static int export_progressed(void *arg, int permille) {
    struct packaging *pk = arg;
    if (!pk->json)
        bar_draw(&pk->bar, pk->inputs[0].name.p, "writing", permille / 1000.0, 0, -1);
    return interrupted ? ERR_CANCELLED : 0;
}

/* ---- from the finished asset to the tree ---- */

static int track_open(struct packaging *pk, struct str asset, struct track_desc *t, int *ret_fd,
                      struct err *reterr) {
    static const char *const suffixes[TRACK_KINDS] = {"cmaf", "cmaf", "vtts", "tiles", "cmaf"};
    char name[128];
    snprintf(name, sizeof name, "asset/" STR_FMT "/" STR_FMT ".idx", STR_ARG(asset),
             STR_ARG(t->name));
    scoped(fd_close) int idx = blob_open_fd(pk->blob, name, reterr);
    if (idx < 0)
        return idx;
    snprintf(name, sizeof name, "asset/" STR_FMT "/" STR_FMT ".%s", STR_ARG(asset),
             STR_ARG(t->name), suffixes[t->kind]);
    *ret_fd = blob_open_fd(pk->blob, name, reterr);
    return *ret_fd < 0 ? *ret_fd : track_load_index(t, idx, &pk->a, reterr);
}

static int tree_write(struct packaging *pk, struct pipeline *p, const char *out,
                      struct err *reterr) {
    struct asset_desc d;
    struct str json;
    int objects[64], r = pipeline_asset(p, &pk->a, &d, &json, reterr);
    size_t n = 0;
    if (r >= 0 && d.n_tracks > ARRAY_LEN(objects))
        return err_set(reterr, ERR_LIMIT, "over %zu tracks", ARRAY_LEN(objects));
    while (r >= 0 && n < d.n_tracks &&
           (r = track_open(pk, d.id, &d.tracks[n], &objects[n], reterr)) >= 0)
        n++;
    if (r >= 0)
        r = media_export_tree(out, &d, objects, export_progressed, pk, reterr);
    while (n > 0)
        close(objects[--n]);
    return r;
}

static void warnings_print(struct pipeline *p) {
    json_t *all = pipeline_warnings(p), *w;
    size_t i;
    json_array_foreach(all, i, w) fprintf(stderr, "note: %s\n", json_string_value(w));
    json_decref(all);
}

static int package_run(struct packaging *pk, const struct import_options *o, size_t n_inputs,
                       const char *out, struct err *reterr) {
    struct pipeline *p = NULL;
    for (size_t i = 0; i < n_inputs; i++)
        pk->plain[i] =
            (struct pipeline_input){pk->inputs[i].kind, pk->inputs[i].lang, pk->inputs[i].name};
    struct id id = id_new(0);
    struct protect_policy protect;
    json_t *policy = json_loadb(o->policy.p, o->policy.n, 0, NULL);
    int known = protect_policy_read(policy, o->scheme, &protect, reterr);
    if (known >= 0 && (protect.second != SCHEME_CLEAR || protect.keys_of_tracks || protect.key_period_ms > 0))
        known = err_refuse(reterr, ERR_INVALID, "usage", "Import the film: a tree on a disk has one scheme and a key a class.",
                           "both schemes, keys of tracks and keys that change are for imports");
    if (known < 0) {
        json_decref(policy);
        return known;
    }
    struct pipeline_spec spec = {.work_dir = pk->work,
                                 .work_id = id_str(&id),
                                 .inputs = pk->plain,
                                 .n_inputs = n_inputs,
                                 .policy = policy,
                                 .scheme = o->scheme,
                                 .asset_id = id_str(&id),
                                 .blob = pk->blob,
                                 .revision = 1,
                                 .open_input = input_open,
                                 .key_get = key_get,
                                 .progress = progressed,
                                 .arg = pk};
    int r = pipeline_open(&spec, &p, reterr);
    for (int s = 0; s < PIPELINE_STEP_COUNT && r >= 0; s++)
        r = pipeline_run(p, (enum pipeline_step)s, reterr);
    if (r >= 0)
        r = tree_write(pk, p, out, reterr);
    bar_clear(&pk->bar);
    if (r >= 0) {
        warnings_print(p);
        if (o->scheme != SCHEME_CLEAR)
            keys_print(pk);
        printf("%s\n", out);
    }
    pipeline_close(p);
    json_decref(policy);
    return r < 0 ? r : 0;
}

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    return remove(path);
}

static int work_prepare(struct packaging *pk, const char *out, struct err *reterr) {
    pk->work = text_make("%s.%d.work", out, (int)getpid());
    pk->blob_dir = text_make("%s/blob", pk->work);
    int r = folder_make(pk->work, reterr);
    if (r >= 0)
        r = folder_make(pk->blob_dir, reterr);
    return r < 0 ? r : blob_open(pk->blob_dir, &pk->blob, reterr);
}

static int package_all(struct packaging *pk, struct err *reterr) {
    struct import_options o;
    size_t n;
    const char *given = cli_get(pk->cli, "out");
    int r = import_options_read(pk->cli, &pk->a, &o, reterr);
    if (r < 0)
        return r;
    if (!given || !given[0])
        return usage_error(pk->cli, reterr, "--out says where the tree goes");
    scoped(mem_free) char *out = text_make("%s", given);
    for (size_t i = strlen(out); i > 1 && out[i - 1] == '/'; i--)
        out[i - 1] = 0;
    for (size_t i = 0; i < pk->cli->n_given && r >= 0; i++)
        if (strcmp(pk->cli->given[i].name, "key") == 0)
            r = keys_read(pk, pk->cli->given[i].value, reterr);
    if (r < 0 || (r = import_inputs(pk->cli->argv[0], &o, &pk->a, pk->inputs, &n, reterr)) < 0)
        return r;
    for (size_t i = 0; i < n; i++)
        if ((r = import_input_check(&pk->inputs[i], &pk->a, reterr)) < 0)
            return r;
    r = work_prepare(pk, out, reterr);
    if (r >= 0)
        r = package_run(pk, &o, n, out, reterr);
    if (pk->blob)
        blob_close(pk->blob);
    nftw(pk->work, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
    return r;
}

int cmd_package(struct cli *cli, struct err *reterr) {
    struct packaging *pk = calloc(1, sizeof *pk);
    if (!pk)
        return err_set(reterr, ERR_NO_MEMORY, "out of memory");
    pk->cli = cli;
    pk->a = ARENA(256 << 20);
    bar_init(&pk->bar, stderr);
    struct sigaction sa = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    int r = package_all(pk, reterr);
    arena_done(&pk->a);
    free(pk->work);
    free(pk->blob_dir);
    explicit_bzero(pk->keys, sizeof pk->keys);
    free(pk);
    return r;
}
