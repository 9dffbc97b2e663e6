/* fixture.c - see fixture.h. */
#include "fixture.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const uint8_t fixture_avcc[] = {0x01, 0x64, 0x00, 0x1e, 0xff, 0xe1, 0x00, 0x1e, 0x67, 0x64,
                                0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x16,
                                0xa0, 0x20, 0x20, 0x28, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00,
                                0x00, 0x03, 0x01, 0x90, 0x78, 0xb1, 0x6c, 0xb0, 0x01, 0x00,
                                0x04, 0x68, 0xef, 0x8f, 0xcb, 0xfd, 0xf8, 0xf8, 0x00};
const size_t fixture_n_avcc = sizeof fixture_avcc;
const uint8_t fixture_hvcc[] = {
    0x01, 0x01, 0x60, 0x00, 0x00, 0x00, 0x90, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1e, 0xf0, 0x00, 0xfc, 0xfd, 0xf8, 0xf8, 0x00, 0x00, 0x0f,
    0x03, 0xa0, 0x00, 0x01, 0x00, 0x18, 0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03,
    0x00, 0x00, 0x03, 0x00, 0x1e, 0x95, 0x94, 0x09, 0xa1, 0x00, 0x01, 0x00, 0x28, 0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00,
    0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x1e, 0xa0, 0x20, 0x81, 0x05, 0x96, 0x56, 0x59, 0x24, 0xca, 0xf0, 0x16, 0x80, 0x80,
    0x00, 0x00, 0x03, 0x00, 0x80, 0x00, 0x00, 0x0c, 0x84, 0xa2, 0x00, 0x01, 0x00, 0x07, 0x44, 0x01, 0xc1, 0x72, 0xb4, 0x22, 0x40};
const size_t fixture_n_hvcc = sizeof fixture_hvcc;
const uint8_t fixture_av1c[] = {0x81, 0x00, 0x0c, 0x00, 0x0a, 0x0a, 0x00, 0x00, 0x00, 0x02, 0xaf, 0xff, 0x80, 0x5f, 0x00, 0x08};
const size_t fixture_n_av1c = sizeof fixture_av1c;

/* The first bytes of an IDR slice and of a P slice of that stream; their headers end in bytes 5
 * and 6. */
static const uint8_t idr[] = {0x65, 0x88, 0x84, 0x00, 0x47, 0xda},
                     other[] = {0x41, 0x9a, 0x22, 0x18, 0x88, 0xff};

size_t fixture_picture(uint8_t *dst, uint32_t n, bool sync, size_t size) {
    size_t nal = size - 4;
    dst[0] = dst[1] = 0, dst[2] = (uint8_t)(nal >> 8), dst[3] = (uint8_t)nal;
    memcpy(dst + 4, sync ? idr : other, 6);
    for (size_t i = 10; i < size; i++)
        dst[i] = (uint8_t)(1 + (n * 7 + i * 13) % 255);
    return size;
}

int fixture_temp(void) {
    FILE *f = tmpfile();
    cr_assert(f);
    return fileno(f);
}

struct fixture_file fixture_read(int fd) {
    struct stat st;
    cr_assert_eq(fstat(fd, &st), 0);
    struct fixture_file f = {malloc((size_t)st.st_size + 1), (size_t)st.st_size};
    cr_assert_eq(pread(fd, f.p, f.n, 0), (ssize_t)f.n);
    return f;
}

static void video_write(struct cmaf_writer *w, int seconds) {
    static uint8_t data[4096];
    struct err e;
    for (uint32_t n = 0; n < (uint32_t)seconds * 25; n++) {
        bool sync = n % 50 == 0;
        size_t size = fixture_picture(data, n, sync, sync ? 1500 : 300 + n % 50);
        /* Decoded one picture before it is shown, and every second pair changed round. */
        int64_t pts = sync || n % 2 ? n : n, dts = (int64_t)n - 1;
        struct cmaf_sample s = {pts * 512, dts * 512, 512, sync, data, size};
        cr_assert_geq(cmaf_write(w, &s, &e), 0, "%s", e.msg);
    }
}

static void audio_write(struct cmaf_writer *w, int seconds, int frame, int priming) {
    uint8_t data[300];
    struct err e;
    for (int64_t n = 0; n * frame < (int64_t)seconds * 48000 + priming; n++) {
        for (size_t i = 0; i < sizeof data; i++)
            data[i] = (uint8_t)(n * 3 + (int64_t)i);
        struct cmaf_sample s = {n * frame, n * frame, (uint32_t)frame, true, data, 200 + (size_t)(n % 90)};
        cr_assert_geq(cmaf_write(w, &s, &e), 0, "%s", e.msg);
    }
}

static void track_make(const struct cmaf_format *f, int seconds, int frame, int out, int idx, struct arena *a,
                       struct track_desc *ret_t) {
    bool video = f->codec == CMAF_H264;
    struct cmaf_writer *w;
    struct err e = {0};
    cr_assert_eq(cmaf_writer_new(f, video ? "v1.cmaf" : "a1.cmaf", out, idx, &w, &e), 0, "%s", e.msg);
    if (video)
        video_write(w, seconds);
    else
        audio_write(w, seconds, frame, (int)f->edit_start);
    int64_t play = (int64_t)seconds * f->timescale;
    cr_assert_eq(cmaf_writer_end(w, play, a, ret_t, &e), 0, "%s", e.msg);
    cmaf_writer_free(w);
    ret_t->name = video ? STR("v1") : STR("a1");
    ret_t->lang = f->lang;
    ret_t->role = STR("main");
    ret_t->label = video ? STR("") : STR("Deutsch");
    if (f->protect)
        ret_t->key_class = video ? KEY_SD : KEY_AUDIO;
}

static const struct {
    size_t n;
    int channels, frame, priming;
    uint8_t extra[12];
} sounds[] = {[CMAF_AAC] = {2, 2, 1024, 1024, {0x11, 0x90}},
              [CMAF_OPUS] = {11, 2, 960, 312, {0, 2, 0x01, 0x38, 0, 0, 0xbb, 0x80, 0, 0, 0}},
              [CMAF_EAC3] = {5, 6, 1536, 256, {0x0c, 0x00, 0x20, 0x0f, 0x00}}};

static struct cmaf_format format_of(enum cmaf_codec codec, const struct cenc_params *protect) {
    if (codec == CMAF_H264)
        return (struct cmaf_format){.codec = CMAF_H264,
                                    .timescale = 12800,
                                    .width = 640,
                                    .height = 360,
                                    .fps = {25, 1},
                                    .extra = fixture_avcc,
                                    .n_extra = fixture_n_avcc,
                                    .lang = STR("und"),
                                    .protect = protect};
    return (struct cmaf_format){.codec = codec,
                                .timescale = 48000,
                                .fps = {25, 1},
                                .channels = sounds[codec].channels,
                                .sample_rate = 48000,
                                .edit_start = sounds[codec].priming,
                                .extra = sounds[codec].extra,
                                .n_extra = sounds[codec].n,
                                .lang = STR("de"),
                                .protect = protect};
}

void fixture_periods(enum cmaf_codec codec, int seconds, const struct cenc_params *periods, size_t n, int period_s, int out, int idx,
                     struct arena *a, struct track_desc *ret_t) {
    struct cmaf_format f = format_of(codec, periods);
    f.n_periods = n;
    f.expect_duration = n > 1 && codec != CMAF_H264 ? (int64_t)seconds * f.timescale : 0; /* as the operation package says */
    f.key_period = (int64_t)period_s * f.timescale;
    track_make(&f, seconds, codec == CMAF_H264 ? 0 : sounds[codec].frame, out, idx, a, ret_t);
}

void fixture_track(bool video, int seconds, const struct cenc_params *protect, int out, int idx,
                   struct arena *a, struct track_desc *ret_t) {
    fixture_periods(video ? CMAF_H264 : CMAF_AAC, seconds, protect, 1, 0, out, idx, a, ret_t);
}

void fixture_sound(enum cmaf_codec codec, int seconds, const struct cenc_params *protect, int out, int idx,
                   struct arena *a, struct track_desc *ret_t) {
    fixture_periods(codec, seconds, protect, 1, 0, out, idx, a, ret_t);
}

static bool is_container(uint32_t type) {
    static const char *const list[] = {"moov", "trak", "edts", "mdia", "minf", "dinf",
                                       "stbl", "mvex", "moof", "traf", "sinf", "schi"};
    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        if (type == box_fourcc(list[i]))
            return true;
    return false;
}

/* Bytes before the children of boxes that have both. */
static size_t fields_before_children(uint32_t type) {
    if (type == box_fourcc("stsd") || type == box_fourcc("dref"))
        return 8;
    static const char *const pictures[] = {"avc1", "hvc1", "av01", "encv"}, *const sound[] = {"mp4a", "Opus", "ec-3", "enca"};
    for (size_t i = 0; i < ARRAY_LEN(pictures); i++)
        if (type == box_fourcc(pictures[i]))
            return 78;
        else if (type == box_fourcc(sound[i]))
            return 28;
    return 0;
}

void fixture_dump(struct buf *b, const uint8_t *p, size_t n, int depth) {
    struct box x;
    for (; box_read(p, n, &x); p += x.size, n -= x.size) {
        size_t at = x.header, fields = fields_before_children(x.type);
        bool leaf = !is_container(x.type) && fields == 0;
        buf_addf(b, "%*s%.4s %zu", depth * 2, "", (const char *)p + 4, x.size);
        size_t show = leaf && x.type != box_fourcc("mdat") && x.type != box_fourcc("free")
                          ? MIN(x.size - at, x.type == box_fourcc("hvcC") ? 512u : 96u)
                          : fields;
        for (size_t i = 0; i < show; i++) {
            if (i % 4 == 0)
                buf_byte(b, ' ');
            buf_hex(b, p + at + i, 1);
        }
        buf_byte(b, '\n');
        if (!leaf)
            fixture_dump(b, p + at + fields, x.size - at - fields, depth + 1);
    }
    if (n > 0)
        buf_addf(b, "%*s(%zu bytes that are no box)\n", depth * 2, "", n);
}

void fixture_golden(const char *name, struct str text) {
    char path[600];
    snprintf(path, sizeof path, SOURCE_DIR "/test/golden/package/%s", name);
    const char *mode = getenv("MATINEE_GOLDEN");
    bool write = mode && strcmp(mode, "write") == 0;
    scoped(fd_close) int fd = open(path, write ? O_RDWR | O_CREAT | O_TRUNC : O_RDONLY, 0644);
    cr_assert(fd >= 0, "%s: %s", path, strerror(errno));
    if (write)
        cr_assert_eq(pwrite(fd, text.p, text.n, 0), (ssize_t)text.n);
    struct fixture_file f = fixture_read(fd);
    bool same = f.n == text.n && memcmp(f.p, text.p, f.n) == 0;
    size_t line = 1;
    for (size_t i = 0; !same && i < MIN(f.n, text.n) && f.p[i] == (uint8_t)text.p[i]; i++)
        line += f.p[i] == '\n';
    free(f.p);
    cr_assert(same, "%s differs from line %zu; if that is meant: MATINEE_GOLDEN=write", path, line);
}
