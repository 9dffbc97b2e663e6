/*
 * image.h - the operation "images": storyboard tiles for scrubbing and the still and poster that stand for
 * the film, all from keyframes of what was encoded. Request and result are in ops.h.
 */
#pragma once
#include "media/ops.h"

/* The operation "artwork": a picture that somebody sent, or one of the film, in the sizes and formats of its kind. */
int artwork_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
int images_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
