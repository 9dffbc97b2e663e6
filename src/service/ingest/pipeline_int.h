/* pipeline_int.h - between the files of the pipeline. */
#pragma once
#include "engine/child/child.h"
#include "service/ingest/pipeline.h"

struct pipeline {
    struct pipeline_spec spec;
    int dir;                            /* of the work folder */
    json_t *notes[PIPELINE_STEP_COUNT]; /* what each step left; loaded when asked for */
    enum pipeline_step step;            /* that runs now */
    json_t *warnings;                   /* of the step that runs now */
    int part, n_parts; /* children of this step: the progress of one is a part of it */
};

/* The note of a step that has to be done by now: a borrowed object, or NULL with ERR_PRECONDITION.
 */
json_t *note_need(struct pipeline *p, enum pipeline_step s, struct err *reterr);
/* Writes <name>.json whole. */
int note_write(struct pipeline *p, const char *name, json_t *note, struct err *reterr);
/* NULL without an error: absent. */
json_t *note_read(struct pipeline *p, const char *name);

/* A file of the work folder, made when absent. */
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
    int (*checkpoint)(void *arg, json_t *state); /* arg is the pipeline */
};
int pipeline_child(struct pipeline *p, const struct pipeline_child *c, json_t **ret_result,
                   struct err *reterr);

int input_blame(struct pipeline *p, size_t i, struct err *e); /* the code */
void descriptors_close(int *fds, size_t n);

int step_probe(struct pipeline *p, json_t **ret_note, struct err *reterr);
int step_plan(struct pipeline *p, json_t **ret_note, struct err *reterr);
int step_encode(struct pipeline *p, json_t **ret_note, struct err *reterr);
int step_audio(struct pipeline *p, json_t **ret_note, struct err *reterr);
int step_text(struct pipeline *p, json_t **ret_note, struct err *reterr);
int step_images(struct pipeline *p, json_t **ret_note, struct err *reterr);
int step_package(struct pipeline *p, json_t **ret_note, struct err *reterr);
int step_verify(struct pipeline *p, json_t **ret_note, struct err *reterr);
