/* quality_int.h - between quality.c and lane.c. */
#pragma once
#include "media/probe/source.h"
#include "media/quality/quality.h"
#include <libavfilter/avfilter.h>

enum { LANES_MAX = 9, RANGES_MAX = 200 };

/* Where something begins, until it ends. A detector's metadata opens and closes it. */
struct spans {
    const char *kind;
    int64_t open_ms;    /* INT64_MIN: none is open */
    int64_t least_ms;   /* shorter ones are part of any film */
    int64_t total_ms;
    struct {
        int64_t from_ms, to_ms;
    } list[RANGES_MAX];
    size_t n, more; /* more: there was no room for them */
};
void spans_open(struct spans *s, int64_t at_ms);
void spans_close(struct spans *s, int64_t at_ms);

struct lane {
    int stream;
    bool is_video;
    AVCodecContext *dec;
    AVFilterGraph *graph;
    AVFilterContext *src, *sink;
    AVFrame *in, *out;
    AVRational in_tb;
    int width, height, format, rate, channels; /* of the frames that the graph was made for */
    int64_t origin_us;                         /* of the film, on the source's time line */
    int64_t from_ms, last_ms;                  /* of the frames seen; last: where the latest ends */
    int64_t frames, failed;
    struct spans black, freeze, silence, interlaced;
    int64_t idet_judged, idet_interlaced;
    double integrated, range, momentary, peak; /* LUFS, LU, LUFS, linear */
};
/* ERR_BAD_MEDIA where there is no decoder: such a lane is left out. */
int lane_open(struct lane *l, struct source *s, int stream, int64_t origin_us, struct err *reterr);
int lane_packet(struct lane *l, const AVPacket *pkt, struct err *reterr); /* NULL: the end */
void lane_end(struct lane *l, int64_t end_ms); /* what is open ends with the film */
void lane_done(struct lane *l);
