/* elementary.c - one stream of an MP4 as the encoder would have left it: bench/package gives both packagers the
 * same packets. usage: elementary IN.mp4 video|audio OUT.es */
#include "media/es.h"
#include <fcntl.h>
#include <libavformat/avformat.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *what, const struct err *e) {
    fprintf(stderr, "elementary: %s %s\n", what, e ? e->msg : "");
    return 1;
}

int main(int argc, char **argv) {
    AVFormatContext *in = NULL;
    struct es_writer *w;
    struct err e = {0};
    if (argc != 4 || avformat_open_input(&in, argv[1], NULL, NULL) < 0 || avformat_find_stream_info(in, NULL) < 0)
        return fail("cannot read the input", NULL);
    int video = strcmp(argv[2], "video") == 0;
    int i = av_find_best_stream(in, video ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
    int fd = open(argv[3], O_CREAT | O_TRUNC | O_RDWR, 0644);
    if (i < 0 || fd < 0 || es_writer_new(fd, &w, &e) < 0)
        return fail("cannot write the output", &e);
    AVStream *s = in->streams[i];
    AVCodecParameters *c = s->codecpar;
    struct es_format f = {.codec = video ? ES_H264 : ES_AAC, .timescale = (uint32_t)s->time_base.den,
                          .width = c->width, .height = c->height, .fps = {25, 1}, .channels = 2,
                          .sample_rate = c->sample_rate, .edit_start = video ? 0 : 1024,
                          .extra = c->extradata, .n_extra = (size_t)c->extradata_size};
    AVPacket *p = av_packet_alloc();
    int64_t frame = video ? s->time_base.den / 25 : 1024, end = 0, pts0 = 0, dts0 = 0, n = 0;
    if (es_write_format(w, &f, &e) < 0)
        return fail("format:", &e);
    for (; av_read_frame(in, p) >= 0; av_packet_unref(p)) {
        if (p->stream_index != i)
            continue;
        if (n == 0)
            pts0 = p->pts, dts0 = p->dts;
        /* The seams of a looped file have odd durations; the encoder's files never do. */
        int64_t dts = dts0 - pts0 + n++ * frame, pts = dts + (p->pts - p->dts) / frame * frame;
        struct es_packet out = {.pts = pts, .dts = dts, .duration = (uint32_t)frame,
                                .flags = p->flags & AV_PKT_FLAG_KEY ? ES_KEY : 0, .data = p->data,
                                .size = (size_t)p->size};
        if (es_write_packet(w, &out, &e) < 0)
            return fail("packet:", &e);
        end = pts + frame > end ? pts + frame : end;
    }
    if (es_write_end(w, end - f.edit_start, &e) < 0 || es_writer_flush(w, false, NULL, &e) < 0)
        return fail("end:", &e);
    return 0;
}
