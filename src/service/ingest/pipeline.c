/*
 * pipeline.c - the driver: which steps there are, how their notes are kept, how their children are
 * run. A step's note (<step>.json) exists exactly when the step is done.
 */
#include "service/ingest/pipeline_int.h"
#include "base/buf.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A child that is told to go is gone within a second or two. */
enum { TAKE_TRIES = 150, TAKE_PAUSE_MS = 100 };

static const struct step {
    const char *name, *doc;
    int weight;
    int (*run)(struct pipeline *p, json_t **ret_note, struct err *reterr);
} steps[] = {
#define X(name, text, weight, doc) [PIPELINE_##name] = {text, doc, weight, NULL},
    PIPELINE_STEPS(X)
#undef X
};

static int (*const step_run[])(struct pipeline *p, json_t **ret_note, struct err *reterr) = {
    [PIPELINE_PROBE] = step_probe,     [PIPELINE_PLAN] = step_plan,
    [PIPELINE_ENCODE] = step_encode,   [PIPELINE_AUDIO] = step_audio,
    [PIPELINE_TEXT] = step_text,       [PIPELINE_IMAGES] = step_images,
    [PIPELINE_PACKAGE] = step_package, [PIPELINE_VERIFY] = step_verify,
};

const char *pipeline_step_name(enum pipeline_step s) {
    return steps[s].name;
}
const char *pipeline_step_doc(enum pipeline_step s) {
    return steps[s].doc;
}
bool pipeline_step_parse(struct str name, enum pipeline_step *ret) {
    for (size_t i = 0; i < PIPELINE_STEP_COUNT; i++)
        if (str_eq(name, str_of(steps[i].name))) {
            *ret = (enum pipeline_step)i;
            return true;
        }
    return false;
}

double pipeline_fraction(enum pipeline_step s, int permille) {
    double done = 0, all = 0;
    for (size_t i = 0; i < PIPELINE_STEP_COUNT; i++) {
        all += steps[i].weight;
        done += i < (size_t)s    ? steps[i].weight
                : i == (size_t)s ? steps[i].weight * permille / 1000.0
                                 : 0;
    }
    return done / all;
}

/* One pipeline at a time: a worker whose lease ran out (a suspended machine, a stalled disk) may
 * still be stopping its child when the next one begins, and two encoders in one file spoil it. */
static int dir_take(const char *path, int *ret_fd, struct err *reterr) {
    scoped(fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(reterr, errno, "%s", path);
    for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
        if (errno != EWOULDBLOCK)
            return err_errno(reterr, errno, "%s", path);
        if (i == TAKE_TRIES)
            return err_set(reterr, ERR_BUSY, "%s is being worked in", path);
        poll(NULL, 0, TAKE_PAUSE_MS);
    }
    *ret_fd = fd;
    fd = -1;
    return 0;
}

/* A lane's lock is its own folder's: lanes run beside each other and beside the journey. */
static int dirs_open(struct pipeline *p, const char *path, const char *lane, struct err *reterr) {
    char own[4200];
    if (!lane) {
        int r = dir_take(path, &p->dir, reterr);
        p->lane = p->dir;
        return r;
    }
    snprintf(own, sizeof own, "%s/%s", path, lane);
    if (mkdir(own, 0700) < 0 && errno != EEXIST)
        return err_errno(reterr, errno, "%s", own);
    p->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p->dir < 0)
        return err_errno(reterr, errno, "%s", path);
    int r = dir_take(own, &p->lane, reterr);
    if (r < 0)
        fd_close(&p->dir);
    return r;
}

int pipeline_open(const struct pipeline_spec *spec, struct pipeline **ret_p, struct err *reterr) {
    assert(spec->n_inputs > 0 && spec->inputs[0].kind == INPUT_FILM);
    struct pipeline *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(reterr, ERR_NO_MEMORY, "out of memory");
    p->spec = *spec;
    int r = dirs_open(p, spec->work_dir, spec->lane, reterr);
    if (r < 0) {
        free(p);
        return r;
    }
    *ret_p = p;
    return 0;
}

void pipeline_close(struct pipeline *p) {
    if (!p)
        return;
    for (size_t i = 0; i < PIPELINE_STEP_COUNT; i++)
        json_decref(p->notes[i]);
    json_decref(p->warnings);
    if (p->lane != p->dir)
        close(p->lane);
    close(p->dir);
    free(p);
}

/* ---- notes ---- */

json_t *note_read(struct pipeline *p, const char *name) {
    char file[64], object[160];
    snprintf(file, sizeof file, "%s.json", name);
    work_name(p, object, "%s", file);
    scoped(fd_close) int fd = p->spec.shared ? blob_open_fd(p->spec.blob, object, NULL)
                                             : openat(p->dir, file, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? NULL : json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
}

int note_write(struct pipeline *p, const char *name, json_t *note, struct err *reterr) {
    char file[64], object[160];
    snprintf(file, sizeof file, "%s.json", name);
    work_name(p, object, "%s", file);
    scoped(mem_free) char *text = json_dumps(note, JSON_INDENT(1) | JSON_SORT_KEYS);
    if (!text)
        return err_set(reterr, ERR_NO_MEMORY, "%s does not encode", file);
    return p->spec.shared ? blob_put(p->spec.blob, object, str_of(text), reterr)
                          : file_write_at(p->dir, file, str_of(text), 0600, 0, reterr);
}

static json_t *note(struct pipeline *p, enum pipeline_step s) {
    if (!p->notes[s])
        p->notes[s] = note_read(p, steps[s].name);
    return p->notes[s];
}

json_t *note_need(struct pipeline *p, enum pipeline_step s, struct err *reterr) {
    json_t *j = note(p, s);
    if (!j)
        err_set(reterr, ERR_PRECONDITION, "the step %s is not done", steps[s].name);
    return j;
}

json_t *pipeline_plan(struct pipeline *p) {
    return note(p, PIPELINE_PLAN);
}

json_t *pipeline_images(struct pipeline *p) {
    return note(p, PIPELINE_IMAGES);
}

json_t *pipeline_warnings(struct pipeline *p) {
    json_t *all = json_array(), *w;
    size_t i;
    for (size_t s = 0; s < PIPELINE_STEP_COUNT; s++) {
        json_array_foreach(json_object_get(note(p, (enum pipeline_step)s), "warnings"), i, w)
            json_array_append(all, w);
        json_array_foreach(json_object_get(note(p, (enum pipeline_step)s), "said"), i, w)
            json_array_append(all, w);
    }
    return all;
}

/* ---- files of the work folder ---- */

int work_open(struct pipeline *p, const char *name, bool truncate, struct err *reterr) {
    int fd = openat(p->lane, name, O_RDWR | O_CREAT | O_CLOEXEC | (truncate ? O_TRUNC : 0), 0600);
    return fd < 0 ? err_errno(reterr, errno, "%s", name) : fd;
}

int work_openf(struct pipeline *p, bool truncate, struct err *reterr, const char *fmt, ...) {
    char name[128];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(name, sizeof name, fmt, ap);
    va_end(ap);
    return work_open(p, name, truncate, reterr);
}

void descriptors_close(int *fds, size_t n) {
    for (size_t i = 0; i < n; i++)
        fd_close(&fds[i]);
}

/* ---- children ---- */

static int child_progressed(void *arg, const char *stage, int permille, double speed,
                            int64_t eta_ms) {
    struct pipeline *p = arg;
    if (!p->spec.progress)
        return 0;
    int all = (p->part * 1000 + permille) / MAX(p->n_parts, 1);
    return p->spec.progress(p->spec.arg, p->step, all, speed, p->n_parts > 1 ? -1 : eta_ms);
}

static int child_checkpointed(void *arg, json_t *state) {
    struct pipeline *p = arg;
    return p->child->checkpoint ? p->child->checkpoint(p->child->checkpoint_arg ? p->child->checkpoint_arg : p, state) : 0;
}

static void child_warned(void *arg, const char *text) {
    struct pipeline *p = arg;
    if (json_array_size(p->warnings) < 100)
        json_array_append_new(p->warnings, json_string(text));
}

int input_open(struct pipeline *p, size_t i, struct err *reterr) {
    p->unseal = (struct pipeline_unseal){.on = false};
    return p->spec.open_input(p->spec.arg, i, &p->unseal, reterr);
}

/* To the child that reads a sealed source, and to no other. */
int unseal_add(json_t *request, struct pipeline_unseal *u, struct err *reterr) {
    scoped(buf_done) struct buf hex = BUF(2 * SEAL_KEY + 1);
    int r = 0;
    if (u->on) {
        buf_hex(&hex, u->key, sizeof u->key);
        if (hex.failed || json_object_set_new(request, "unseal", json_stringn((char *)hex.p, hex.n)))
            r = err_set(reterr, ERR_NO_MEMORY, "the key of a source");
        explicit_bzero(hex.p, hex.cap);
    }
    explicit_bzero(u, sizeof *u);
    return r;
}

int pipeline_child(struct pipeline *p, const struct pipeline_child *c, json_t **ret_result,
                   struct err *reterr) {
    struct child_spec spec = {.op = c->op,
                              .request = c->request,
                              .fds = c->fds,
                              .n_fds = c->n_fds,
                              .limits = c->limits,
                              .progress = child_progressed,
                              .arg = p,
                              .checkpoint = child_checkpointed,
                              .log = child_warned,
                              .cost = &p->cost};
    int r = unseal_add(c->request, &p->unseal, reterr);
    p->child = c;
    if (r >= 0)
        r = child_run(&spec, ret_result, reterr);
    p->child = NULL;
    json_decref(c->request);
    return r;
}

/* An editor brought several files: which of them is at fault comes first. */
int input_blame(struct pipeline *p, size_t i, struct err *e) {
    struct str name = p->spec.inputs[i].name;
    if (e && e->hint[0]) {
        struct err was = *e;
        snprintf(e->hint, sizeof e->hint, "%.*s: %.300s", (int)MIN(name.n, (size_t)90), name.p,
                 was.hint);
    }
    return err_wrap(e, STR_FMT, STR_ARG(name));
}

struct child_cost pipeline_cost(const struct pipeline *p) {
    return p->cost;
}

/* Joined, and the note says so. */
static int parts_forget(struct pipeline *p, struct err *reterr) {
    char prefix[160];
    if (!p->spec.work_id.n)
        return 0;
    work_name(p, prefix, "parts");
    int r = blob_delete_prefix(p->spec.blob, prefix, reterr);
    return MIN(r, 0);
}

void pipeline_begin(struct pipeline *p, enum pipeline_step s) {
    p->step = s;
    p->part = 0;
    p->n_parts = 1;
    json_decref(p->warnings);
    p->warnings = json_array();
}

int pipeline_run(struct pipeline *p, enum pipeline_step s, struct err *reterr) {
    if (note(p, s))
        return 0;
    json_t *made = NULL;
    pipeline_begin(p, s);
    if (p->spec.progress) {
        int r = p->spec.progress(p->spec.arg, s, 0, 0, -1);
        if (r < 0)
            return err_set(reterr, r, "stopped");
    }
    int r = step_run[s](p, &made, reterr);
    if (r < 0)
        return r;
    json_object_set(made, "said", p->warnings);
    r = note_write(p, steps[s].name, made, reterr);
    if (r < 0) {
        json_decref(made);
        return r;
    }
    p->notes[s] = made;
    return s == PIPELINE_ENCODE ? parts_forget(p, reterr) : 0;
}
