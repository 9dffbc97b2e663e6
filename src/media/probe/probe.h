/*
 * probe.h - what is in a film, and whether it can be used. Decodes the first frames of every stream: a
 * header alone proves nothing. Bounded in time, bytes read and memory.
 */
#pragma once
#include "media/ops.h"
#include "media/presentation.h"

/* Operation "probe"; the result's shape is in ops.h. */
int probe_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);

/* rate.c: the constant rate to encode at. Standard rates are found again in odd or rounded declarations
 * (90000/2999: 30). */
struct rate_facts {
    struct ratio real, average;  /* as declared; den 0: unknown */
    const int64_t *pts;          /* of the first frames, in presentation order */
    size_t n_pts;
    struct ratio time_base;      /* of pts */
};
struct rate {
    struct ratio fps;
    bool vfr;                    /* frames do not lie on the grid of fps: some are repeated or left out */
    bool slow;                   /* they do, and lie far apart: all are repeated */
};
struct rate rate_choose(const struct rate_facts *f);
