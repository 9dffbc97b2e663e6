/* audio_out.c - one rendition: down-mix, rate, loudness, encoder (AAC, Opus, E-AC-3), elementary file. */
#include "media/encode/audio_int.h"
#include "media/cmaf/sound.h"
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <math.h>

enum { CONVERT_MAX = LIMITER_STEP };
/* What peaks lost is given back to the whole, but sound is not made flat for it. */
#define SQUASH_MOST_DB 3.0
#define SHORT_DB 0.25

struct audio_codec {
    const char *name, *encoder, *shown;
    enum es_codec es;
    enum AVSampleFormat format;
    /* What the packager writes of it, from the encoder's head or (of_frame) from its first frame; NULL: the head as it is. */
    int (*config)(const uint8_t *p, size_t n, uint8_t ret[SOUND_CONFIG], struct err *reterr);
    bool of_frame;
};
static const struct audio_codec codecs[] = {
    {"aac", "aac", "AAC", ES_AAC, AV_SAMPLE_FMT_FLTP, NULL, false},
    {"opus", "libopus", "Opus", ES_OPUS, AV_SAMPLE_FMT_FLT, sound_opus_config, false},
    {"eac3", "eac3", "E-AC-3", ES_EAC3, AV_SAMPLE_FMT_FLTP, sound_eac3_config, true},
};

static const struct audio_codec *codec_find(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(codecs); i++)
        if (strcmp(codecs[i].name, name ? name : "aac") == 0)
            return &codecs[i];
    return NULL;
}

int audio_out_init(struct audio_out *o, json_t *plan, int fd, struct err *reterr) {
    const char *name = json_string_value(json_object_get(plan, "name"));
    snprintf(o->name, sizeof(o->name), "%s", name ? name : "");
    o->channels = (int)json_integer_value(json_object_get(plan, "channels"));
    o->sample_rate = (int)json_integer_value(json_object_get(plan, "sample_rate"));
    o->bitrate = (int)json_integer_value(json_object_get(plan, "bitrate"));
    o->codec = codec_find(json_string_value(json_object_get(plan, "codec")));
    if (!o->codec || (o->channels != 2 && o->channels != 6) || (o->sample_rate != 44100 && o->sample_rate != 48000) ||
        (o->codec->es == ES_OPUS && (o->channels != 2 || o->sample_rate != 48000)) || o->bitrate < 32000 || o->bitrate > 1000000)
        return err_set(reterr, ERR_INVALID, "audio output \"%s\" is out of bounds", o->name);
    o->limit = -1;
    return es_writer_new(fd, &o->es, reterr);
}

static int encoder_failed(const struct audio_out *o, int code, struct err *reterr) {
    return err_set(reterr, ERR_INTERNAL, "%s encoder: %s", o->codec->shown, av_err2str(code));
}

/* pkt: the first packet, or NULL before there is one. */
static int format_write(struct audio_out *o, const AVPacket *pkt, struct err *reterr) {
    uint8_t config[SOUND_CONFIG];
    struct es_format f = {
        .codec = o->codec->es, .timescale = (uint32_t)o->sample_rate, .channels = o->channels,
        .sample_rate = o->sample_rate, .edit_start = o->enc->initial_padding,
        .extra = o->enc->extradata, .n_extra = (size_t)o->enc->extradata_size,
    };
    if (o->announced || (o->codec->of_frame && !pkt))
        return 0;
    if (o->codec->config) {
        int n = o->codec->config(pkt ? pkt->data : f.extra, pkt ? (size_t)pkt->size : f.n_extra, config, reterr);
        if (n < 0)
            return n;
        f.extra = config;
        f.n_extra = (size_t)n;
    }
    o->announced = true;
    return es_write_format(o->es, &f, reterr);
}

/* TS 102 366 4.4.2.8: decoders turn the sound down by what is said here, so it has to be true. */
static int dialnorm(const struct audio_out *o) {
    double lufs = o->measured.integrated + o->gain.db;
    return o->plan && o->measured.integrated > LOUDNESS_SILENT ? (int)CLAMP(lround(lufs), -31, -1) : -31;
}

static int encoder_open(struct audio_out *o, const AVChannelLayout *layout, struct err *reterr) {
    const AVCodec *codec = avcodec_find_encoder_by_name(o->codec->encoder);
    AVDictionary *options = NULL;
    o->enc = codec ? avcodec_alloc_context3(codec) : NULL;
    o->frame = av_frame_alloc();
    o->pkt = av_packet_alloc();
    if (!o->enc || !o->frame || !o->pkt)
        return err_set(reterr, ERR_NO_MEMORY, "%s encoder", o->codec->shown);
    o->enc->sample_fmt = o->codec->format;
    o->enc->sample_rate = o->sample_rate;
    o->enc->time_base = (AVRational){1, o->sample_rate};
    o->enc->bit_rate = o->bitrate;
    o->enc->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    if (o->codec->es == ES_EAC3)
        av_dict_set_int(&options, "dialnorm", dialnorm(o), 0);
    int rc = av_channel_layout_copy(&o->enc->ch_layout, layout);
    if (rc >= 0)
        rc = avcodec_open2(o->enc, codec, &options);
    av_dict_free(&options);
    return rc < 0 ? encoder_failed(o, rc, reterr) : format_write(o, NULL, reterr);
}

static int limiter_open(struct audio_out *o, struct err *reterr) {
    o->scale = o->plan ? (float)pow(10, o->gain.db / 20) : 1;
    if (!o->plan || !o->gain.limit)
        return 0;
    int rc = limiter_new(o->sample_rate, o->channels, o->plan->ceiling, &o->limiter, reterr);
    o->late = rc == 0 ? limiter_delay(o->limiter) : 0;
    return rc;
}

int audio_out_open(struct audio_out *o, AVChannelLayout *from, int rate, bool measure, struct err *reterr) {
    AVChannelLayout to;
    if (o->channels == 6)
        to = (AVChannelLayout)AV_CHANNEL_LAYOUT_5POINT1_BACK;
    else
        to = (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO;
    /* Coefficients of ITU-R BS.775 (centre and surrounds at -3 dB); in floats a sum may be above full scale, which
     * the limiter sees to where the policy wants it. */
    int rc = swr_alloc_set_opts2(&o->swr, &to, AV_SAMPLE_FMT_FLTP, o->sample_rate, from,
                                 AV_SAMPLE_FMT_FLTP, rate, 0, NULL);
    if (rc >= 0)
        rc = swr_init(o->swr);
    if (rc < 0)
        return err_av(reterr, rc, "mixing to %d channels", o->channels);
    o->limit = -1;
    o->samples = 0;
    rc = limiter_open(o, reterr);
    if (rc == 0 && measure)
        return loudness_new(o->sample_rate, o->channels, &o->meter, reterr);
    return rc < 0 ? rc : encoder_open(o, &to, reterr);
}

bool audio_out_measured(struct audio_out *o) {
    struct loudness_result r = loudness_result(o->meter);
    double short_db = 0, given_db = o->gain.db;
    if (!o->was_measured) {
        o->measured = r;
        o->gain = loudness_gain(o->plan, &r);
        o->first_db = o->gain.db;
    } else if (o->gain.limit && r.integrated > LOUDNESS_SILENT && !o->gain.capped) {
        short_db = o->measured.integrated + o->first_db - r.integrated;
        o->gain.db = MIN(o->gain.db + short_db, o->first_db + SQUASH_MOST_DB);
    }
    o->output_lufs = o->was_measured ? r.integrated + o->gain.db - given_db : r.integrated + o->gain.db;
    bool again = o->gain.limit && (!o->was_measured || short_db > SHORT_DB) &&
                 o->gain.db < o->first_db + SQUASH_MOST_DB;
    o->was_measured = true;
    loudness_free(o->meter);
    limiter_free(o->limiter);
    o->meter = NULL;
    o->limiter = NULL;
    swr_free(&o->swr);
    return again;
}

static int frame_ready(struct audio_out *o, struct err *reterr) {
    av_frame_unref(o->frame);
    o->frame->format = o->codec->format;
    o->frame->sample_rate = o->sample_rate;
    o->frame->nb_samples = o->enc->frame_size;
    o->filled = 0;
    if (av_channel_layout_copy(&o->frame->ch_layout, &o->enc->ch_layout) < 0 ||
        av_frame_get_buffer(o->frame, 0) < 0)
        return err_set(reterr, ERR_NO_MEMORY, "sound");
    return 0;
}

static int packets_take(struct audio_out *o, struct err *reterr) {
    int rc;
    while ((rc = avcodec_receive_packet(o->enc, o->pkt)) >= 0) {
        int64_t pts = o->packets * o->enc->frame_size;
        struct es_packet p = {
            .pts = pts, .dts = pts, .duration = (uint32_t)o->enc->frame_size, .flags = ES_KEY,
            .data = o->pkt->data, .size = (size_t)o->pkt->size,
        };
        rc = format_write(o, o->pkt, reterr);
        if (rc == 0)
            rc = es_write_packet(o->es, &p, reterr);
        av_packet_unref(o->pkt);
        if (rc < 0)
            return rc;
        o->packets++;
    }
    return rc == AVERROR(EAGAIN) || rc == AVERROR_EOF
               ? 0
               : encoder_failed(o, rc, reterr);
}

static int frame_send(struct audio_out *o, struct err *reterr) {
    o->frame->nb_samples = o->filled;
    o->frame->pts = o->samples - o->filled;
    int rc = avcodec_send_frame(o->enc, o->frame);
    if (rc < 0)
        return encoder_failed(o, rc, reterr);
    o->filled = 0;
    av_frame_unref(o->frame);
    return packets_take(o, reterr);
}

static void interleave(float *dst, uint8_t *const *src, int at, int n, int channels) {
    for (int i = 0; i < n; i++)
        for (int c = 0; c < channels; c++)
            dst[i * channels + c] = ((const float *)src[c])[at + i];
}

/* Converted samples into encoder frames; src NULL is silence. */
static int frames_fill(struct audio_out *o, uint8_t *const *src, int n, struct err *reterr) {
    if (o->limit >= 0)
        n = (int)MIN(n, o->limit - o->samples);
    for (int at = 0; at < n;) {
        int rc = o->frame->buf[0] ? 0 : frame_ready(o, reterr);
        if (rc < 0)
            return rc;
        int k = MIN(n - at, o->enc->frame_size - o->filled);
        if (!src)
            av_samples_set_silence(o->frame->extended_data, o->filled, k, o->channels, o->codec->format);
        else if (o->codec->format == AV_SAMPLE_FMT_FLT)
            interleave((float *)o->frame->data[0] + (size_t)o->filled * (size_t)o->channels, src, at, k, o->channels);
        else
            av_samples_copy(o->frame->extended_data, src, o->filled, at, k, o->channels, o->codec->format);
        at += k;
        o->filled += k;
        o->samples += k;
        if (o->filled == o->enc->frame_size && (rc = frame_send(o, reterr)) < 0)
            return rc;
    }
    return 0;
}

/* What is encoded, or only measured; of what is added as silence neither gate would know. */
static int samples_sink(struct audio_out *o, uint8_t *const *src, int n, struct err *reterr) {
    if (!o->meter)
        return frames_fill(o, src, n, reterr);
    if (o->limit >= 0)
        n = (int)MIN(n, o->limit - o->samples);
    o->samples += MAX(n, 0);
    return n > 0 ? loudness_add(o->meter, (const float *const *)src, n, reterr) : 0;
}

static int samples_add(struct audio_out *o, uint8_t *const *src, int n, struct err *reterr) {
    for (int c = 0; c < o->channels && o->scale != 1; c++)
        for (int i = 0; i < n; i++)
            ((float *)src[c])[i] *= o->scale;
    if (!o->limiter)
        return samples_sink(o, src, n, reterr);
    uint8_t *rest[LOUDNESS_CHANNELS];
    limiter_run(o->limiter, (float *const *)src, n);
    int drop = MIN(o->late, n);
    o->late -= drop;
    for (int c = 0; c < o->channels; c++)
        rest[c] = src[c] + (size_t)drop * sizeof(float);
    return samples_sink(o, rest, n - drop, reterr);
}

/* What the limiter still holds. */
static int limiter_drain(struct audio_out *o, struct err *reterr) {
    uint8_t *planes[LOUDNESS_CHANNELS];
    int n = o->limiter ? limiter_delay(o->limiter) : 0, rc = 0;
    float *mem = n ? calloc((size_t)n * (size_t)o->channels, sizeof *mem) : NULL;
    if (n && !mem)
        return err_set(reterr, ERR_NO_MEMORY, "sound");
    for (int c = 0; c < o->channels && n; c++)
        planes[c] = (uint8_t *)(mem + (size_t)c * (size_t)n);
    if (n)
        rc = samples_add(o, planes, n, reterr);
    free(mem);
    return rc;
}

static int convert(struct audio_out *o, const uint8_t **in, int n, struct err *reterr) {
    uint8_t *planes[8];
    float *mem = malloc(sizeof(float) * CONVERT_MAX * (size_t)o->channels);
    if (!mem)
        return err_set(reterr, ERR_NO_MEMORY, "sound");
    for (int c = 0; c < o->channels; c++)
        planes[c] = (uint8_t *)(mem + (size_t)c * CONVERT_MAX);
    int rc = 0, got;
    do {
        got = swr_convert(o->swr, planes, CONVERT_MAX, in, n);
        rc = got < 0 ? err_av(reterr, got, "mixing sound") : samples_add(o, planes, got, reterr);
        n = 0; /* the rest of the input is inside; ask for more without giving more */
        static const uint8_t *none[8];
        in = none;
    } while (rc == 0 && got == CONVERT_MAX);
    free(mem);
    return rc;
}

int audio_out_write(struct audio_out *o, const AVFrame *f, int skip, int n, struct err *reterr) {
    const uint8_t *in[64];
    int channels = MIN(f->ch_layout.nb_channels, 64);
    for (int c = 0; c < channels; c++)
        in[c] = f->extended_data[c] + (size_t)skip * sizeof(float);
    return convert(o, in, n, reterr);
}

static int encoder_finish(struct audio_out *o, struct err *reterr) {
    int rc = 0;
    /* An encoder that holds nothing back would keep the end of the sound to itself, by as much as it is late. */
    if (!(o->enc->codec->capabilities & AV_CODEC_CAP_DELAY)) {
        o->limit = -1;
        rc = frames_fill(o, NULL, o->enc->initial_padding, reterr);
    }
    if (rc == 0 && o->filled)
        rc = frame_send(o, reterr);
    if (rc == 0 && avcodec_send_frame(o->enc, NULL) >= 0)
        rc = packets_take(o, reterr);
    if (rc == 0)
        rc = es_write_end(o->es, o->played, reterr);
    return rc < 0 ? rc : es_writer_flush(o->es, true, &o->bytes, reterr);
}

int audio_out_finish(struct audio_out *o, int64_t duration_us, struct err *reterr) {
    o->limit = duration_us >= 0 ? av_rescale(duration_us, o->sample_rate, 1000000) : -1;
    int rc = convert(o, NULL, 0, reterr);
    if (rc == 0)
        rc = limiter_drain(o, reterr);
    if (rc < 0 || o->meter)
        return rc;
    if (o->limit > o->samples)
        rc = frames_fill(o, NULL, (int)MIN(o->limit - o->samples, INT32_MAX), reterr);
    o->played = o->limit >= 0 ? MIN(o->limit, o->samples) : o->samples;
    return rc < 0 ? rc : encoder_finish(o, reterr);
}

static json_t *rounded(double db) { return json_real(round(db * 100) / 100); }

json_t *audio_out_json(const struct audio_out *o) {
    json_t *j = json_pack("{s:s,s:i,s:i,s:i,s:I,s:I,s:I}", "name", o->name, "sample_rate", o->sample_rate,
                          "channels", o->channels, "edit_start", o->enc->initial_padding, "duration",
                          (json_int_t)o->played, "packets", (json_int_t)o->packets, "bytes",
                          (json_int_t)o->bytes);
    bool sure = o->measured.blocks >= LOUDNESS_SURE_BLOCKS;
    if (j && o->plan)
        json_object_set_new(j, "loudness",
                            json_pack("{s:o,s:o,s:o,s:o,s:b}", "integrated_lufs", rounded(o->measured.integrated),
                                      "peak_dbtp", rounded(o->measured.peak), "gain_db", rounded(o->gain.db),
                                      "output_lufs", sure ? rounded(o->output_lufs) : json_null(),
                                      "limited", o->gain.limit));
    return j;
}

void audio_out_done(struct audio_out *o) {
    es_writer_free(o->es);
    loudness_free(o->meter);
    limiter_free(o->limiter);
    swr_free(&o->swr);
    avcodec_free_context(&o->enc);
    av_frame_free(&o->frame);
    av_packet_free(&o->pkt);
}
