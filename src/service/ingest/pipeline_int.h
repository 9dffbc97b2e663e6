/* pipeline_int.h - between the files of the pipeline. */
#pragma once
#include "engine/child/child.h"
#include "service/ingest/pipeline.h"

struct pipeline_child;
struct pipeline {
    struct pipeline_spec spec;
    int dir;                            /* of the work folder */
    int lane;                           /* of what this one makes for itself: dir, or a folder in it; locked */
    struct child_cost cost;
    const struct pipeline_child *child; /* that runs now */
    json_t *notes[PIPELINE_STEP_COUNT]; /* what each step left; loaded when asked for */
    enum pipeline_step step;            /* that runs now */
    json_t *warnings;                   /* of the step that runs now */
    struct pipeline_unseal unseal;      /* of the input opened last: its child is told */
    int part, n_parts; /* children of this step: the progress of one is a part of it */
};

/* The note of a step that has to be done by now: a borrowed object, or NULL with ERR_PRECONDITION.
 */
json_t *note_need(struct pipeline *p, enum pipeline_step s, struct err *reterr);
/* Writes <name>.json whole. */
int note_write(struct pipeline *p, const char *name, json_t *note, struct err *reterr);
/* NULL without an error: absent. */
json_t *note_read(struct pipeline *p, const char *name);

/* "work/<work_id>/<name>", in the blob. */
void work_name(struct pipeline *p, char dst[160], const char *fmt, ...) PRINTF_LIKE(3, 4);
bool work_exists(struct pipeline *p, const char *object);
/* The elementary file of a finished step, to be read: <name>.es, wherever it lies. */
int es_open(struct pipeline *p, const char *name, struct err *reterr);
/* The same, made empty, to be written. */
int es_create(struct pipeline *p, const char *name, struct err *reterr);
/* It is whole: where the film is shared, everybody is to have it. */
int es_share(struct pipeline *p, const char *name, int fd, struct err *reterr);
/* Appends length bytes from offset of one file to another. */
int bytes_append(int from, int64_t offset, int64_t length, int to, struct err *reterr);

/* A file of the work folder (of the lane), made when absent. */
int work_open(struct pipeline *p, const char *name, bool truncate, struct err *reterr);
int work_openf(struct pipeline *p, bool truncate, struct err *reterr, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* Runs one media operation in a child; progress is reported as part p->part of p->n_parts. Steals
 * request. */
struct pipeline_child {
    const char *op;
    json_t *request;
    const int *fds;
    size_t n_fds;
    struct child_limits limits;
    int (*checkpoint)(void *arg, json_t *state);
    void *checkpoint_arg; /* NULL: the pipeline */
};
int pipeline_child(struct pipeline *p, const struct pipeline_child *c, json_t **ret_result,
                   struct err *reterr);

void pipeline_begin(struct pipeline *p, enum pipeline_step s); /* of which what children say is */
/* The descriptor is the first that the next child is given. */
int input_open(struct pipeline *p, size_t i, struct err *reterr);
int input_blame(struct pipeline *p, size_t i, struct err *e); /* the code */
void descriptors_close(int *fds, size_t n);

/* How long a key period is: what the policy says, or longer where there were too many; 0: keys never change. */
int64_t pipeline_key_period_ms(struct pipeline *p, size_t n_tracks);
/* [{kid,key}] of a track, one a key period; a new reference. */
int keys_of_track(struct pipeline *p, const char *name, enum key_class class, int64_t period_ms, json_t **ret, struct err *reterr);

int step_probe(struct pipeline *p, json_t **ret_note, struct err *reterr);
/* pipeline_part.c */
/* One part: the chunks [first, until) of the film; until 0: to its end. */
struct part {
    size_t number;
    int64_t first, until;
};
size_t parts_of(json_t *plan);
struct part part_of(json_t *plan, size_t i);
enum { RUNGS_MAX = 16, PART_FDS = 1 + RUNGS_MAX };
/* Makes it if nobody has, and reads its note; a new reference. whole: the only part of a film whose parts did not fit. */
int part_make(struct pipeline *p, json_t *plan, const struct part *part, bool whole, json_t **ret_note, struct err *reterr);
/* Chunks of the part again, beside those that are there; redo as "joint" tells it (encode.h). */
int part_again(struct pipeline *p, json_t *plan, const struct part *part, bool whole, json_t *redo, struct err *reterr);
/* Puts the part's chunks into the files, one a rung, and an end record behind them; of those before known_until what was made again. */
int part_gather(struct pipeline *p, json_t *plan, const struct part *part, bool whole, json_t *note, int64_t known_until,
                const int *fds, size_t n, struct err *reterr);
int64_t plan_chunk_frames(json_t *plan);
/* The lane's files "<what>-<rung>.es", emptied; a descriptor a rung. */
int rungs_open(struct pipeline *p, json_t *plan, const char *what, int *fds, size_t *ret_n, struct err *reterr);
void rungs_close(struct pipeline *p, json_t *plan, const char *what, int *fds, size_t n);
/* pipeline_join.c: what step_encode leaves for a film in parts, or a shared one. */
int parts_join(struct pipeline *p, json_t *plan, json_t **ret_note, struct err *reterr);

int step_plan(struct pipeline *p, json_t **ret_note, struct err *reterr);
int step_encode(struct pipeline *p, json_t **ret_note, struct err *reterr);
int step_audio(struct pipeline *p, json_t **ret_note, struct err *reterr);
int step_text(struct pipeline *p, json_t **ret_note, struct err *reterr);
int step_images(struct pipeline *p, json_t **ret_note, struct err *reterr);
int step_package(struct pipeline *p, json_t **ret_note, struct err *reterr);
int step_verify(struct pipeline *p, json_t **ret_note, struct err *reterr);
