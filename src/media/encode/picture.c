/*
 * picture.c - what some pictures need before scaling: cutting, pulldown out, deinterlacing, tone mapping or a narrower colour
 * space, turning upright. Most films need none of it and skip the graph altogether.
 */
#include "base/buf.h"
#include "media/encode/encode_int.h"
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/pixdesc.h>

struct picture_filter {
    AVFilterGraph *graph;
    AVFilterContext *src, *sink;
    int width, height, format;
    const struct video_plan *plan;
};

/* What the scaler's two matrices, or a tag alone, do not make right. */
static bool is_foreign(const struct video_plan *p) {
    bool primaries = p->src_primaries == AVCOL_PRI_BT709 || p->src_primaries == AVCOL_PRI_BT470BG ||
                     p->src_primaries == AVCOL_PRI_SMPTE170M || p->src_primaries == AVCOL_PRI_SMPTE240M;
    bool matrix = p->src_matrix == AVCOL_SPC_BT709 || p->src_matrix == AVCOL_SPC_BT470BG || p->src_matrix == AVCOL_SPC_SMPTE170M;
    return !primaries || !matrix || p->src_transfer == AVCOL_TRC_LINEAR || p->src_transfer == AVCOL_TRC_LOG || p->src_transfer == AVCOL_TRC_LOG_SQRT;
}

/* Ours lies at the left, as nearly every film's; some of UHD lie at the top left, those of JPEG in the middle. */
static bool is_sited_elsewhere(const struct video_plan *p) {
    return p->siting != AVCHROMA_LOC_UNSPECIFIED && p->siting != AVCHROMA_LOC_LEFT;
}

static bool is_hdr(const struct video_plan *p) {
    return strcmp(p->hdr, "hdr10") == 0 || strcmp(p->hdr, "hlg") == 0;
}

bool picture_needs_filter(const struct video_plan *p, enum picture_work work) {
    return (work & PICTURE_SHAPE && (p->deinterlace || *p->telecine || p->rotation || p->flip)) ||
           (work & PICTURE_COLOUR && (is_hdr(p) || is_foreign(p) || is_sited_elsewhere(p)));
}

/* As zscale calls them. */
static const char *primaries_name(enum AVColorPrimaries p) {
    return p == AVCOL_PRI_BT470BG ? "bt470bg" : p == AVCOL_PRI_SMPTE170M ? "smpte170m" : "bt709";
}

static const char *matrix_name(enum AVColorSpace m) {
    return m == AVCOL_SPC_BT470BG ? "bt470bg" : m == AVCOL_SPC_SMPTE170M ? "smpte170m" : "bt709";
}

/* Curves of SDR that displays show alike: the numbers stay as they are. */
static enum AVColorTransferCharacteristic transfer_taken(enum AVColorTransferCharacteristic t) {
    switch (t) {
    case AVCOL_TRC_LINEAR:
    case AVCOL_TRC_LOG:
    case AVCOL_TRC_LOG_SQRT:
    case AVCOL_TRC_SMPTE2084:
    case AVCOL_TRC_ARIB_STD_B67: return t;
    default: return AVCOL_TRC_BT709;
    }
}

static void colour_write(struct buf *b, const struct video_plan *p, int w, int h) {
    /* In linear light at the highest rung's size, not the source's: the costliest step of all. */
    if (is_hdr(p))
        buf_addf(b,
                 "zscale=w=%d:h=%d:filter=bicubic:t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,"
                 "tonemap=tonemap=hable:desat=0:peak=%s,zscale=t=bt709:m=bt709:r=tv:d=error_diffusion,"
                 "format=yuv420p,",
                 w, h, strcmp(p->hdr, "hlg") == 0 ? "5" : "10");
    else if (is_foreign(p))
        /* By way of RGB, where what BT.709 cannot show is cut off: in YCbCr it would darken the picture. */
        buf_addf(b, "zscale=w=%d:h=%d:filter=bicubic:p=%s:t=bt709:m=gbr:r=pc,format=gbrp12,"
                    "zscale=m=%s:r=tv:c=left,format=yuv420p,", w, h, primaries_name(p->primaries), matrix_name(p->matrix));
    else if (is_sited_elsewhere(p))
        buf_addf(b, "zscale=cin=%s:c=left:filter=bilinear,", av_chroma_location_name(p->siting));
}

/* Fields and pulldown: what the pictures are. */
static void fields_write(struct buf *b, const struct video_plan *p) {
    if (*p->telecine && strcmp(p->telecine, "repeat") != 0) /* frames that have no partner are video between film */
        buf_addf(b, "fieldmatch=order=%s:combmatch=full,bwdif=mode=send_frame:parity=%s:deint=interlaced,", p->telecine, p->telecine);
    if (*p->telecine)
        buf_addc(b, "decimate=cycle=5,");
    else if (p->deinterlace)
        buf_addf(b, "bwdif=mode=send_frame:parity=%s:deint=%s,", *p->field_order && !p->deinterlace_flagged ? p->field_order : "auto",
                 p->deinterlace_flagged ? "interlaced" : "all");
}

static void description_write(struct buf *b, const struct video_plan *p, enum picture_work work) {
    const struct rung_plan *top = &p->rungs[p->top];
    bool turned = work & PICTURE_SHAPE && (p->rotation == 90 || p->rotation == 270);
    if (work & PICTURE_SHAPE)
        fields_write(b, p);
    if (work & PICTURE_COLOUR)
        colour_write(b, p, turned ? top->height : top->width, turned ? top->width : top->height);
    if (!(work & PICTURE_SHAPE)) {
        buf_addc(b, "null");
        return;
    }
    if (p->rotation == 90)
        buf_addc(b, "transpose=clock,");
    else if (p->rotation == 180)
        buf_addc(b, "hflip,vflip,");
    else if (p->rotation == 270)
        buf_addc(b, "transpose=cclock,");
    if (p->flip) /* behind the turn: source_rotation() takes it off the matrix there */
        buf_addc(b, "hflip,");
    buf_addc(b, "null");
}

static int graph_build(struct picture_filter *f, enum picture_work work, const AVFrame *like, AVRational tb, AVRational rate,
                       struct err *reterr) {
    char args[256];
    scoped(buf_done) struct buf desc = BUF(2048);
    snprintf(args, sizeof(args), "video_size=%dx%d:pix_fmt=%d:time_base=%d/%d:pixel_aspect=1/1:frame_rate=%d/%d",
             like->width, like->height, like->format, tb.num, tb.den, rate.num, rate.den);
    description_write(&desc, f->plan, work);
    f->graph = avfilter_graph_alloc();
    if (!f->graph)
        return err_set(reterr, ERR_NO_MEMORY, "filters");
    int rc = avfilter_graph_create_filter(&f->src, avfilter_get_by_name("buffer"), "in", args, NULL,
                                          f->graph);
    if (rc >= 0)
        rc = avfilter_graph_create_filter(&f->sink, avfilter_get_by_name("buffersink"), "out", NULL, NULL,
                                          f->graph);
    AVFilterInOut *outs = avfilter_inout_alloc(), *ins = avfilter_inout_alloc();
    if (rc >= 0 && outs && ins) {
        *outs = (AVFilterInOut){av_strdup("in"), f->src, 0, NULL};
        *ins = (AVFilterInOut){av_strdup("out"), f->sink, 0, NULL};
        rc = avfilter_graph_parse_ptr(f->graph, buf_cstr(&desc), &ins, &outs, NULL);
    }
    avfilter_inout_free(&outs);
    avfilter_inout_free(&ins);
    if (rc >= 0)
        rc = avfilter_graph_config(f->graph, NULL);
    return rc < 0 ? err_av(reterr, rc, "picture filters (%s)", buf_cstr(&desc)) : 0;
}

int picture_filter_new(const struct video_plan *p, enum picture_work work, const AVFrame *like, AVRational time_base, AVRational rate,
                       struct picture_filter **ret_f, struct err *reterr) {
    struct picture_filter *f = calloc(1, sizeof(*f));
    if (!f)
        return err_set(reterr, ERR_NO_MEMORY, "filters");
    f->plan = p;
    f->width = like->width;
    f->height = like->height;
    f->format = like->format;
    int rc = graph_build(f, work, like, time_base, rate, reterr);
    if (rc < 0) {
        picture_filter_free(f);
        return rc;
    }
    *ret_f = f;
    return 0;
}

void picture_filter_free(struct picture_filter *f) {
    if (!f)
        return;
    avfilter_graph_free(&f->graph);
    free(f);
}

bool picture_filter_fits(const struct picture_filter *f, const AVFrame *frame) {
    return f->width == frame->width && f->height == frame->height && f->format == frame->format;
}

int picture_filter_push(struct picture_filter *f, AVFrame *frame, struct err *reterr) {
    if (frame) {
        /* zscale refuses what it does not know; the plan does. */
        frame->color_primaries = f->plan->src_primaries;
        frame->color_trc = transfer_taken(f->plan->src_transfer);
        frame->colorspace = f->plan->src_matrix;
        frame->color_range = f->plan->full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
        frame->sample_aspect_ratio = (AVRational){1, 1};
    }
    int rc = av_buffersrc_add_frame_flags(f->src, frame, AV_BUFFERSRC_FLAG_PUSH);
    return rc < 0 ? err_av(reterr, rc, "filtering a picture") : 0;
}

int picture_filter_pull(struct picture_filter *f, AVFrame *frame, AVRational *ret_tb, struct err *reterr) {
    int rc = av_buffersink_get_frame(f->sink, frame);
    if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF)
        return 0;
    if (rc < 0)
        return err_av(reterr, rc, "filtering a picture");
    *ret_tb = av_buffersink_get_time_base(f->sink);
    return 1;
}

/* A film may change its size in the middle: the same share of it is kept. */
int picture_crop(const struct video_plan *p, AVFrame *f, struct err *reterr) {
    if (!p->crop.w)
        return 0;
    int x = p->crop.x, y = p->crop.y, w = p->crop.w, h = p->crop.h;
    if (f->width != p->src_width || f->height != p->src_height) {
        x = (int)((int64_t)x * f->width / p->src_width) & ~1, w = MAX(2, (int)((int64_t)w * f->width / p->src_width) & ~1);
        y = (int)((int64_t)y * f->height / p->src_height) & ~3, h = MAX(2, (int)((int64_t)h * f->height / p->src_height) & ~1);
    }
    f->crop_left = (size_t)x, f->crop_right = (size_t)(f->width - x - w);
    f->crop_top = (size_t)y, f->crop_bottom = (size_t)(f->height - y - h);
    int rc = av_frame_apply_cropping(f, AV_FRAME_CROP_UNALIGNED);
    return rc < 0 ? err_av(reterr, rc, "cutting a picture") : 0;
}
