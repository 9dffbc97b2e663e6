/*
 * pipeline_part.c - one part of the picture, made by whoever has time for it. The part's finished chunks lie in the blob, an object
 * a chunk with every rung's bytes: whoever goes on, on any machine, begins behind the last. A part whose note lies there is done.
 */
#include "base/log.h"
#include "media/es.h"
#include "service/ingest/pipeline_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

size_t parts_of(json_t *plan) {
    return MAX(json_array_size(json_object_get(json_object_get(plan, "video"), "parts")), (size_t)1);
}

struct part part_of(json_t *plan, size_t i) {
    json_t *firsts = json_object_get(json_object_get(plan, "video"), "parts");
    return (struct part){.number = i,
                         .first = json_integer_value(json_array_get(firsts, i)),
                         .until = json_integer_value(json_array_get(firsts, i + 1))};
}

static json_t *rungs_of(json_t *plan) {
    return json_object_get(json_object_get(plan, "video"), "rungs");
}

int64_t plan_chunk_frames(json_t *plan) {
    json_t *v = json_object_get(plan, "video");
    return MAX(json_integer_value(json_object_get(v, "gop")) * json_integer_value(json_object_get(v, "chunk_gops")), (int64_t)1);
}

void rungs_close(struct pipeline *p, json_t *plan, const char *what, int *fds, size_t n) {
    char file[128];
    for (size_t i = 0; i < n; i++) {
        snprintf(file, sizeof file, "%s-%s.es", what, json_string_value(json_object_get(json_array_get(rungs_of(plan), i), "name")));
        unlinkat(p->lane, file, 0);
    }
    descriptors_close(fds, n);
}

int rungs_open(struct pipeline *p, json_t *plan, const char *what, int *fds, size_t *ret_n, struct err *reterr) {
    json_t *rung;
    size_t i;
    *ret_n = 0;
    if (json_array_size(rungs_of(plan)) > RUNGS_MAX)
        return err_set(reterr, ERR_LIMIT, "over %d rungs", RUNGS_MAX);
    json_array_foreach(rungs_of(plan), i, rung) {
        fds[i] = work_openf(p, true, reterr, "%s-%s.es", what, json_string_value(json_object_get(rung, "name")));
        if (fds[i] < 0) {
            int r = fds[i];
            rungs_close(p, plan, what, fds, i);
            return r;
        }
    }
    *ret_n = i;
    return 0;
}

/* ---- chunks in the blob ---- */

static void chunk_name(struct pipeline *p, bool whole, const char *kind, int64_t number, char dst[160]) {
    work_name(p, dst, "parts/%s%s-%06lld", whole ? "whole/" : "", kind, (long long)number);
}

/* An object is a line of sizes ("123 4567\n"), then the bytes, a rung after the other. */
enum { CHUNK_HEAD_MAX = 400 };

static int chunk_put(struct pipeline *p, const char *name, const int *fds, const int64_t *from, const int64_t *to, size_t n,
                     struct err *reterr) {
    char head[CHUNK_HEAD_MAX];
    int len = 0;
    for (size_t i = 0; i < n; i++)
        len += snprintf(head + len, sizeof head - (size_t)len, "%lld%c", (long long)(to[i] - from[i]), i + 1 < n ? ' ' : '\n');
    scoped(blob_abort) struct blob_writer *w = NULL;
    int r = blob_create(p->spec.blob, name, &w, reterr);
    if (r >= 0)
        r = blob_write(w, head, (size_t)len, reterr);
    for (size_t i = 0; i < n && r >= 0; i++)
        r = bytes_append(fds[i], from[i], to[i] - from[i], blob_writer_fd(w), reterr);
    return r < 0 ? r : blob_commit(&w, NULL, NULL, NULL, reterr);
}

static bool head_read(const char *head, size_t n, int64_t *sizes, int64_t *ret_at) {
    const char *s = head;
    for (size_t i = 0; i < n; i++) {
        char *end;
        sizes[i] = strtoll(s, &end, 10);
        if (end == s || sizes[i] < 0 || sizes[i] > (int64_t)1 << 40 || *end != (i + 1 < n ? ' ' : '\n'))
            return false;
        s = end + 1;
    }
    *ret_at = s - head;
    return true;
}

static int chunk_append(struct pipeline *p, const char *name, const int *fds, size_t n, struct err *reterr) {
    char head[CHUNK_HEAD_MAX + 1];
    int64_t sizes[RUNGS_MAX], at;
    scoped(fd_close) int fd = blob_open_fd(p->spec.blob, name, reterr);
    if (fd < 0)
        return fd;
    ssize_t got = pread(fd, head, CHUNK_HEAD_MAX, 0);
    head[MAX(got, (ssize_t)0)] = 0;
    if (got <= 0 || !head_read(head, n, sizes, &at))
        return err_set(reterr, ERR_CORRUPT, "%s is no chunk", name);
    int r = 0;
    for (size_t i = 0; i < n && r >= 0; at += sizes[i++])
        r = bytes_append(fd, at, sizes[i], fds[i], reterr);
    return r;
}

/* ---- encoding ---- */

struct making {
    struct pipeline *p;
    bool whole;
    const char *kind;             /* of the chunks: "chunk", or "again" */
    const int *fds;
    size_t n;
    int64_t sizes[RUNGS_MAX];     /* of what lies in the blob */
    int64_t next;                 /* chunk */
    struct err failed;
};

static bool sizes_read(json_t *list, size_t n, int64_t *ret) {
    for (size_t i = 0; i < n; i++)
        ret[i] = json_integer_value(json_array_get(list, i));
    return json_array_size(list) == n;
}

/* What lies between what was put away and these sizes becomes an object. */
static int making_put(struct making *m, const char *name, const int64_t *to, struct err *reterr) {
    for (size_t i = 0; i < m->n; i++)
        if (to[i] < m->sizes[i])
            return err_set(reterr, ERR_CRASHED, "the encoder's outputs became shorter");
    int r = chunk_put(m->p, name, m->fds, m->sizes, to, m->n, reterr);
    if (r >= 0)
        memcpy(m->sizes, to, m->n * sizeof *to);
    return r;
}

static int chunk_made(void *arg, json_t *state) {
    struct making *m = arg;
    char name[160];
    int64_t sizes[RUNGS_MAX], chunk = json_integer_value(json_object_get(state, "chunk"));
    if (chunk != m->next || !sizes_read(json_object_get(state, "sizes"), m->n, sizes))
        return err_set(&m->failed, ERR_CRASHED, "the encoder told of chunk %lld", (long long)chunk);
    chunk_name(m->p, m->whole, m->kind, m->next, name);
    int r = making_put(m, name, sizes, &m->failed);
    m->next += r >= 0;
    return r < 0 ? r : 0;
}

/* Chunks from m->next on; until 0: to the film's end. */
static int making_run(struct making *m, json_t *plan, int64_t first, int64_t until, json_t *buffers, json_t **ret, struct err *reterr) {
    struct pipeline *p = m->p;
    int fds[PART_FDS], r = fds[0] = input_open(p, 0, reterr);
    if (r < 0)
        return r;
    memcpy(fds + 1, m->fds, m->n * sizeof *fds);
    json_t *rq = json_pack("{s:O, s:I, s:I, s:I, s:O*}", "plan", plan, "first_chunk", (json_int_t)first, "from_chunk",
                           (json_int_t)m->next, "until_chunk", (json_int_t)until, "buffers", buffers);
    r = pipeline_child(p,
                       &(struct pipeline_child){.op = "encode",
                                                .request = rq,
                                                .fds = fds,
                                                .n_fds = 1 + m->n,
                                                .limits = {.silence_ms = 300000, .memory_bytes = 12LL << 30},
                                                .checkpoint = chunk_made,
                                                .checkpoint_arg = m},
                       ret, reterr);
    close(fds[0]);
    if (r < 0 && m->failed.code && reterr)
        *reterr = m->failed;
    return r;
}

/* A chunk that is not whole has a name of its own: who goes on after a kill makes it again. */
static void end_kind(const char *kind, char dst[32]) {
    snprintf(dst, 32, "%s.end", kind);
}

/* Where the film ends within the part: its last frames, without the end record, and what the note says. */
static int making_end(struct making *m, json_t *plan, const struct part *part, json_t *result, json_t **ret_note, struct err *reterr) {
    char name[160], kind[32];
    int64_t sizes[RUNGS_MAX], cf = plan_chunk_frames(plan), frames = json_integer_value(json_object_get(result, "frames"));
    bool ends = !part->until || frames < part->until * cf, more = false;
    if (!sizes_read(json_object_get(result, "sizes"), m->n, sizes) || frames < part->first * cf || m->next != frames / cf)
        return err_set(reterr, ERR_CRASHED, "the encoder made %lld frames, and %lld chunks", (long long)frames, (long long)m->next);
    for (size_t i = 0; i < m->n; i++)
        more |= (sizes[i] -= ES_END_SIZE) > m->sizes[i];
    end_kind(m->kind, kind);
    chunk_name(m->p, m->whole, kind, m->next, name);
    int r = ends && more ? making_put(m, name, sizes, reterr) : 0;
    *ret_note = json_pack("{s:I, s:b, s:O, s:O}", "frames", (json_int_t)frames, "ends", ends, "failed",
                          json_object_get(result, "failed"), "jumps", json_object_get(result, "jumps"));
    return r;
}

/* What lies in the blob is put before what is made. */
static int making_resume(struct making *m, const struct part *part, struct err *reterr) {
    char name[160];
    int r = 0;
    for (m->next = part->first; !part->until || m->next < part->until; m->next++) {
        chunk_name(m->p, m->whole, m->kind, m->next, name);
        if (!work_exists(m->p, name) || (r = chunk_append(m->p, name, m->fds, m->n, reterr)) < 0)
            break;
    }
    for (size_t i = 0; i < m->n && r >= 0; i++)
        m->sizes[i] = lseek(m->fds[i], 0, SEEK_END);
    if (m->next > part->first && r >= 0)
        log_event(LOG_INFO, "encode.resumed", LI("from_chunk", m->next), LI("part", (int64_t)part->number));
    return r;
}

static int part_encode(struct pipeline *p, json_t *plan, const struct part *part, bool whole, json_t **ret_note, struct err *reterr) {
    int fds[RUNGS_MAX];
    struct making m = {.p = p, .whole = whole, .kind = "chunk", .fds = fds};
    json_t *result = NULL;
    int r = rungs_open(p, plan, "part", fds, &m.n, reterr);
    if (r < 0)
        return r;
    r = making_resume(&m, part, reterr);
    if (r >= 0 && part->until && m.next == part->until) /* killed between the last chunk and the note */
        *ret_note = json_pack("{s:I, s:b, s:i, s:i}", "frames", (json_int_t)(part->until * plan_chunk_frames(plan)), "ends", 0, "failed",
                              0, "jumps", 0);
    else if (r >= 0 && (r = making_run(&m, plan, part->first, part->until, NULL, &result, reterr)) >= 0)
        r = making_end(&m, plan, part, result, ret_note, reterr);
    json_decref(result);
    rungs_close(p, plan, "part", fds, m.n);
    return r;
}

int part_again(struct pipeline *p, json_t *plan, const struct part *part, bool whole, json_t *redo, struct err *reterr) {
    int fds[RUNGS_MAX];
    int64_t from = json_integer_value(json_object_get(redo, "from")), until = json_integer_value(json_object_get(redo, "until"));
    struct making m = {.p = p, .whole = whole, .kind = "again", .fds = fds, .next = from};
    struct part range = {.number = part->number, .first = from, .until = until};
    json_t *result = NULL, *note = NULL;
    int r = rungs_open(p, plan, "again", fds, &m.n, reterr);
    if (r < 0)
        return r;
    if ((r = making_run(&m, plan, from, until, json_object_get(redo, "buffers"), &result, reterr)) >= 0)
        r = making_end(&m, plan, &range, result, &note, reterr);
    json_decref(result);
    json_decref(note);
    rungs_close(p, plan, "again", fds, m.n);
    return r;
}

int part_gather(struct pipeline *p, json_t *plan, const struct part *part, bool whole, json_t *note, int64_t known_until,
                const int *fds, size_t n, struct err *reterr) {
    char name[160], kind[32];
    json_t *v = json_object_get(plan, "video");
    int64_t frames = json_integer_value(json_object_get(note, "frames")), cf = plan_chunk_frames(plan);
    int r = 0;
    for (size_t i = 0; i < n && r >= 0; i++)
        r = ftruncate(fds[i], 0) < 0 ? err_errno(reterr, errno, "the work folder") : 0;
    for (int64_t c = part->first; c * cf < frames && r >= 0; c++) {
        bool last = frames - c * cf < cf;
        snprintf(kind, sizeof kind, "%s%s", c < known_until ? "again" : "chunk", last ? ".end" : "");
        chunk_name(p, whole, kind, c, name);
        r = chunk_append(p, name, fds, n, reterr);
    }
    for (size_t i = 0; i < n && r >= 0; i++) {
        scoped(es_writer_freep) struct es_writer *w = NULL;
        if ((r = es_writer_new(fds[i], &w, reterr)) >= 0 &&
            (r = es_write_end(w, frames * json_integer_value(json_object_get(v, "frame_duration")), reterr)) >= 0)
            r = es_writer_flush(w, false, NULL, reterr);
    }
    return r;
}

/* ---- the part ---- */

static json_t *part_note(struct pipeline *p, const char *name) {
    scoped(fd_close) int fd = blob_open_fd(p->spec.blob, name, NULL);
    return fd < 0 ? NULL : json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
}

int part_make(struct pipeline *p, json_t *plan, const struct part *part, bool whole, json_t **ret_note, struct err *reterr) {
    char name[160];
    chunk_name(p, whole, "note", (int64_t)part->number, name);
    if ((*ret_note = part_note(p, name)))
        return 0;
    int r = part_encode(p, plan, part, whole, ret_note, reterr);
    scoped(mem_free) char *text = r >= 0 ? json_dumps(*ret_note, JSON_SORT_KEYS) : NULL;
    if (r >= 0 && !text)
        r = err_set(reterr, ERR_NO_MEMORY, "the part's note does not encode");
    if (r >= 0)
        r = blob_put(p->spec.blob, name, str_of(text), reterr);
    if (r < 0) {
        json_decref(*ret_note);
        *ret_note = NULL;
    }
    return MIN(r, 0);
}

size_t pipeline_parts(struct pipeline *p) {
    json_t *plan = pipeline_plan(p);
    return p->spec.work_id.n ? parts_of(plan) : 1;
}

int pipeline_part_run(struct pipeline *p, size_t number, struct err *reterr) {
    json_t *plan = note_need(p, PIPELINE_PLAN, reterr), *note = NULL, *joined = note_read(p, pipeline_step_name(PIPELINE_ENCODE));
    json_decref(joined);
    if (!plan || joined)
        return plan ? 0 : ERR_PRECONDITION;
    if (number >= parts_of(plan))
        return err_set(reterr, ERR_INVALID, "the film has no part %zu", number);
    struct part part = part_of(plan, number);
    pipeline_begin(p, PIPELINE_ENCODE);
    int r = part_make(p, plan, &part, false, &note, reterr);
    json_decref(note);
    return r;
}
