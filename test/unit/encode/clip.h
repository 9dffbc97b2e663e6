/* clip.h - small clips made by ffmpeg, and the whole way through our operations in this process. */
#pragma once
#include "media/es.h"
#include "media/ladder/ladder.h"
#include "media/ops.h"
#include <criterion/criterion.h>

/* Runs ffmpeg with these arguments and an output file of this ending; the path is good until the test
 * ends. Skips the test, with one line, where there is no ffmpeg. */
const char *clip_make(const char *ending, const char *args);
/* A file of the shared media, or NULL after saying that it is not there. */
const char *clip_shared(const char *name);
const char *clip_write(const char *ending, const void *bytes, size_t n);
int clip_fd(void); /* an empty temporary file */

int op_probe(const char *path, json_t **ret, struct err *e);
json_t *probe_ok(const char *path);                    /* asserts */
json_t *plan_ok(json_t *probe, const char *policy);    /* policy: JSON text */

/* Looks all over the film where its plan wants that, as an import does. */
void surveyed(const char *path, json_t *probe, const char *policy);

struct made {
    json_t *probe, *plan, *video;
    int rungs[8];
    size_t n_rungs;
    json_t *checkpoints;                               /* array */
};
/* Probe, plan and encode; asserts that it works. */
struct made made_encode(const char *path, const char *policy);
/* encode again with the same plan from chunk `from`, outputs cut to those of the checkpoint before it. */
void made_resume(const struct made *m, const char *path, int from, int *ret_fds);
/* One sound track of the plan; fds as many as it has outputs. NULL: failed, e says why. */
json_t *made_audio(const struct made *m, const char *path, size_t entry, int *ret_fds, struct err *e);

struct es_list {
    struct es_format format;
    struct es_packet *p;                               /* without data */
    size_t n, formats;
    int64_t play_duration;
};
struct es_list es_list(int fd);                        /* asserts that it reads to its end */
/* Decodes the nth sample's picture or all sound: mean light of a region of the picture at (x, y) in
 * permille; frame is a keyframe's number among keyframes. */
int picture_light(int es_fd, size_t keyframe, int x, int y);
/* RMS of decoded sound of one channel between two times, -1..1 scale. */
double sound_level(int es_fd, int channel, double from_s, double to_s);
bool same_bytes(int a, int b);
/* An output packaged as the packager does, in a file; encrypted with 16 bytes of 1 when scheme is not "clear". */
const char *sound_packaged(int es_fd, const char *scheme);
struct heard {
    double integrated, peak; /* LUFS, dBTP; as ffmpeg's ebur128 says, which is none of ours */
};
struct heard sound_heard(const char *path);

long num(json_t *j, const char *path); /* "video.0.width" */
const char *text(json_t *j, const char *path);
