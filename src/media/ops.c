/* ops.c - the table of operations on foreign media. */
#include "media/ops.h"
#include "media/cmaf/package.h"
#include "media/cmaf/transcrypt.h"
#include "media/encode/encode.h"
#include "media/encode/verify.h"
#include "media/image/image.h"
#include "media/ladder/ladder.h"
#include "media/probe/probe.h"
#include "media/quality/quality.h"
#include "media/text/text.h"
#include <stdarg.h>

const struct media_op media_ops[] = {
    {"probe", probe_run, "What a file holds, and whether it can be used"},
    {"plan", plan_run, "What is to be made of it"},
    {"survey", survey_run, "Black bars, pulldown and fields, looked for all over a film"},
    {"analyse", analyse_run, "What sizes and qualities cost and give, tried on a few shots of the film"},
    {"encode", encode_run, "Every rung of the picture from one decode"},
    {"joint", joint_run, "A part of the picture looked at before it is joined to the one before it"},
    {"audio", audio_run, "Every rendition of one sound track"},
    {"images", images_run, "Storyboard, still and poster from what was encoded"},
    {"artwork", artwork_run, "A picture that was sent, or one of the film, in the sizes of its kind"},
    {"subtitle", op_subtitle, "an editor's subtitle file as clean WebVTT, and what was found out about it"},
    {"text", op_text, "a subtitle file or track into WebVTT segments and their index"},
    {"package", op_package, "elementary files into encrypted CMAF tracks and their indexes"},
    {"transcrypt", op_transcrypt, "a packaged track in another encryption scheme, decrypted in memory alone"},
    {"quality", quality_run, "Faults of picture and sound that an editor should know of, with their times"},
    {"verify", verify_run, "Decodes everything that was packaged, with an outside reader"},
    {NULL, NULL, NULL},
};

const struct media_op *media_op_find(const char *name) {
    for (const struct media_op *op = media_ops; op->name; op++)
        if (strcmp(op->name, name) == 0)
            return op;
    return NULL;
}

int op_progress(struct op_io *io, const char *stage, int permille, double speed, int64_t eta_ms) {
    return io->progress ? io->progress(io->arg, stage, permille, speed, eta_ms) : 0;
}

int op_checkpoint(struct op_io *io, json_t *state) {
    return io->checkpoint ? io->checkpoint(io->arg, state) : 0;
}

void op_warn(struct op_io *io, const char *fmt, ...) {
    if (!io->warn)
        return;
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    io->warn(io->arg, text);
}

int op_need_fds(const struct op_io *io, size_t n, struct err *reterr) {
    if (io->n_fds < n)
        return err_set(reterr, ERR_INVALID, "%zu descriptors given, %zu needed", io->n_fds, n);
    return 0;
}
