/*
 * image.h - the operation "images": storyboard tiles for scrubbing and the still and poster that stand for
 * the film, all from keyframes of what was encoded. Request and result are in ops.h.
 */
#pragma once
#include "media/ops.h"

int images_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
