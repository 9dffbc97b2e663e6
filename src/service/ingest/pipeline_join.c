/*
 * pipeline_join.c - the parts of the picture become one: each is looked at in a child (operation "joint") beside what the one before
 * it left, mended where the rate's ceiling would break at the joint, and appended. No frame is lost or doubled, or the film is
 * encoded whole: what a damaged container says of its own times may be another thing from the middle than from the beginning.
 */
#include "base/log.h"
#include "media/encode/encode.h"
#include "media/es.h"
#include "service/ingest/pipeline_int.h"
#include <stdio.h>
#include <unistd.h>

struct join {
    struct pipeline *p;
    json_t *plan;
    bool whole;                            /* one part, because the plan's did not fit */
    int fds[RUNGS_MAX];                    /* the part that is looked at */
    struct blob_writer *out[RUNGS_MAX];    /* the film */
    size_t n;
    json_t *left;                          /* "joint" of the part before */
    int64_t frames, failed;
    int jumps;
    bool ended;
};

static int joint_ask(struct join *j, const struct part *part, json_t *redo, json_t **ret, struct err *reterr) {
    json_t *rq = json_pack("{s:O, s:I, s:O*, s:O*}", "plan", j->plan, "first_chunk", (json_int_t)part->first, "buffers",
                           json_object_get(j->left, "buffers"), "formats", json_object_get(j->left, "formats"));
    if (redo) {
        json_object_set(rq, "known_until", json_object_get(redo, "until"));
        json_object_set(rq, "assumed", json_object_get(redo, "assumed"));
    }
    return pipeline_child(j->p, &(struct pipeline_child){.op = "joint", .request = rq, .fds = j->fds, .n_fds = j->n}, ret, reterr);
}

static int64_t redo_until(json_t *redo) {
    return json_integer_value(json_object_get(redo, "until"));
}

/* Each turn makes more of the part with what is true: it ends at the part's end at the latest. */
static int part_fit(struct join *j, const struct part *part, json_t *note, json_t **ret, struct err *reterr) {
    json_t *redo = NULL, *said = NULL;
    int r;
    for (;;) {
        r = part_gather(j->p, j->plan, part, j->whole, note, redo_until(redo), j->fds, j->n, reterr);
        if (r >= 0)
            r = joint_ask(j, part, redo, &said, reterr);
        json_t *more = r >= 0 ? json_object_get(said, "redo") : NULL;
        if (!more)
            break;
        if (redo_until(more) <= MAX(redo_until(redo), part->first))
            r = err_set(reterr, ERR_CRASHED, "a joint that never fits");
        log_event(LOG_INFO, "encode.again", LI("part", (int64_t)part->number), LI("from_chunk", json_integer_value(json_object_get(more, "from"))),
                  LI("until_chunk", redo_until(more)));
        if (r >= 0)
            r = part_again(j->p, j->plan, part, j->whole, more, reterr);
        json_decref(redo);
        redo = json_incref(more);
        json_decref(said);
        said = NULL;
        if (r < 0)
            break;
    }
    json_decref(redo);
    if (r < 0)
        json_decref(said);
    else
        *ret = said;
    return r;
}

static int part_append(struct join *j, struct err *reterr) {
    int r = 0;
    for (size_t i = 0; i < j->n && r >= 0; i++)
        r = bytes_append(j->fds[i], 0, lseek(j->fds[i], 0, SEEK_END) - ES_END_SIZE, blob_writer_fd(j->out[i]), reterr);
    return r;
}

static int unfit(struct err *reterr, const struct part *part, const char *why) {
    return err_set(reterr, ERR_CORRUPT, "part %zu: %s", part->number, why);
}

static int part_join(struct join *j, const struct part *part, json_t *note, struct err *reterr) {
    json_t *said = NULL;
    int64_t begin = part->first * plan_chunk_frames(j->plan), frames = json_integer_value(json_object_get(note, "frames"));
    if (j->ended || frames <= begin) { /* behind the film's end: the header promised more */
        j->ended = true;
        return frames > begin ? unfit(reterr, part, "there are pictures behind the film's end") : 0;
    }
    if (begin != j->frames)
        return unfit(reterr, part, "it does not begin where the one before it ends");
    j->jumps += (int)json_integer_value(json_object_get(note, "jumps"));
    j->failed += json_integer_value(json_object_get(note, "failed"));
    if (j->jumps && !j->whole && parts_of(j->plan) > 1)
        return unfit(reterr, part, "the film's clock jumps");
    int r = part_fit(j, part, note, &said, reterr);
    if (r < 0)
        return r;
    json_decref(j->left);
    j->left = said;
    if (json_integer_value(json_object_get(said, "frames")) != frames)
        return unfit(reterr, part, "it has fewer pictures than was said");
    j->frames = frames;
    j->ended = json_is_true(json_object_get(note, "ends"));
    return part_append(j, reterr);
}

static int outputs_open(struct join *j, struct err *reterr) {
    json_t *rung;
    size_t i;
    char name[160];
    int r = 0;
    json_array_foreach(json_object_get(json_object_get(j->plan, "video"), "rungs"), i, rung) {
        work_name(j->p, name, "%s.es", json_string_value(json_object_get(rung, "name")));
        if ((r = blob_create(j->p->spec.blob, name, &j->out[i], reterr)) < 0)
            break;
    }
    return r;
}

static int outputs_end(struct join *j, json_t **ret_note, struct err *reterr) {
    int64_t ticks = j->frames * json_integer_value(json_object_get(json_object_get(j->plan, "video"), "frame_duration"));
    json_t *sizes = json_array();
    int r = 0;
    for (size_t i = 0; i < j->n && r >= 0; i++) {
        scoped(es_writer_freep) struct es_writer *w = NULL;
        uint64_t size = 0;
        if ((r = es_writer_new(blob_writer_fd(j->out[i]), &w, reterr)) >= 0 && (r = es_write_end(w, ticks, reterr)) >= 0 &&
            (r = es_writer_flush(w, false, &size, reterr)) >= 0)
            r = blob_commit(&j->out[i], NULL, NULL, NULL, reterr);
        json_array_append_new(sizes, json_integer((json_int_t)size));
    }
    if (r >= 0)
        return encode_result(j->plan, j->frames, sizes, j->failed, j->jumps, ret_note, reterr);
    json_decref(sizes);
    return r;
}

static int join_run(struct join *j, json_t **ret_note, struct err *reterr) {
    size_t parts = j->whole ? 1 : parts_of(j->plan);
    int r = rungs_open(j->p, j->plan, "join", j->fds, &j->n, reterr);
    if (r >= 0)
        r = outputs_open(j, reterr);
    j->p->n_parts = (int)parts;
    for (size_t i = 0; i < parts && r >= 0; i++) {
        json_t *note = NULL;
        struct part part = j->whole ? (struct part){0} : part_of(j->plan, i);
        j->p->part = (int)i;
        r = part_make(j->p, j->plan, &part, j->whole, &note, reterr);
        if (r >= 0)
            r = part_join(j, &part, note, reterr);
        json_decref(note);
    }
    if (r >= 0)
        r = outputs_end(j, ret_note, reterr);
    for (size_t i = 0; i < RUNGS_MAX; i++)
        blob_abort(&j->out[i]);
    rungs_close(j->p, j->plan, "join", j->fds, j->n);
    json_decref(j->left);
    return MIN(r, 0);
}

int parts_join(struct pipeline *p, json_t *plan, json_t **ret_note, struct err *reterr) {
    struct err e = {0};
    struct join parts = {.p = p, .plan = plan}, whole = {.p = p, .plan = plan, .whole = true};
    int r = join_run(&parts, ret_note, &e);
    if (r == ERR_CORRUPT && parts_of(plan) > 1) {
        log_event(LOG_WARN, "encode.whole", LS("error", e.msg));
        err_clear(&e);
        r = join_run(&whole, ret_note, &e);
    }
    if (r < 0 && reterr)
        *reterr = e;
    return r;
}
