/* clip.c - see clip.h. */
#include "clip.h"
#include "media/image/image_int.h"
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void folder_remove(void) {
    char cmd[128];
    snprintf(cmd, sizeof(cmd), "rm -rf %s", folder);
    if (system(cmd) != 0)
        fprintf(stderr, "could not remove %s\n", folder);
}

static const char *folder_get(void) {
    if (!*folder) {
        snprintf(folder, sizeof(folder), "/tmp/matinee-encode-XXXXXX");
        cr_assert(mkdtemp(folder));
        atexit(folder_remove);
    }
    return folder;
}

static const char *path_new(const char *ending) {
    static char paths[16][128];
    static unsigned n;
    char *p = paths[n % 16];
    snprintf(p, sizeof(paths[0]), "%s/clip%u.%s", folder_get(), n++, ending);
    return p;
}

const char *clip_make(const char *ending, const char *args) {
    const char *path = path_new(ending);
    char cmd[2048];
    if (system("ffmpeg -version >/dev/null 2>&1") != 0)
        cr_skip_test("no ffmpeg here to make clips with");
    snprintf(cmd, sizeof(cmd), "ffmpeg -v error -y %s %s </dev/null", args, path);
    cr_assert_eq(system(cmd), 0, "%s", cmd);
    return path;
}

const char *clip_shared(const char *name) {
    static char path[512];
    const char *dir = getenv("MATINEE_MEDIA");
    const char *tries[] = {dir ? dir : SOURCE_DIR "/../shared/media", SOURCE_DIR "/../../shared/media"};
    for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
        snprintf(path, sizeof(path), "%s/%s", tries[i], name);
        if (access(path, R_OK) == 0)
            return path;
    }
    cr_skip_test("shared media is not here: %s", name);
    return NULL;
}

const char *clip_write(const char *ending, const void *bytes, size_t n) {
    const char *path = path_new(ending);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    close(fd);
    return path;
}

int clip_fd(void) {
    FILE *f = tmpfile();
    cr_assert(f);
    return fileno(f); /* lives as long as the test's process */
}

static json_t *run(const char *op, const int *fds, size_t n, json_t *request, json_t *checkpoints,
                   struct err *e);

static int keep(void *arg, json_t *state) {
    json_array_append_new(arg, json_deep_copy(state));
    return 0;
}

static json_t *run(const char *op, const int *fds, size_t n, json_t *request, json_t *checkpoints,
                   struct err *e) {
    struct op_io io = {.fds = fds, .n_fds = n, .checkpoint = checkpoints ? keep : NULL, .arg = checkpoints};
    json_t *result = NULL;
    int rc = media_op_find(op)->run(&io, request, &result, e);
    cr_assert(rc == 0 || (rc < 0 && e->code == rc), "an error code without an error: %d", rc);
    json_decref(request);
    return rc < 0 ? NULL : result;
}

int op_probe(const char *path, json_t **ret, struct err *e) {
    int fd = open(path, O_RDONLY);
    cr_assert(fd >= 0, "%s", path);
    *ret = run("probe", &fd, 1, json_object(), NULL, e);
    close(fd);
    return *ret ? 0 : e->code;
}

json_t *probe_ok(const char *path) {
    struct err e = {0};
    json_t *p = NULL;
    op_probe(path, &p, &e);
    cr_assert(p, "%s: %s (%s)", path, e.msg, e.hint);
    return p;
}

json_t *plan_ok(json_t *probe, const char *policy) {
    struct err e = {0};
    json_t *pol = json_loads(policy, 0, NULL), *plan = NULL;
    cr_assert(pol, "%s", policy);
    cr_assert_eq(plan_make(probe, pol, &plan, &e), 0, "%s", e.msg);
    json_decref(pol);
    return plan;
}

void surveyed(const char *path, json_t *probe, const char *policy) {
    struct err e = {0};
    bool cadence;
    json_t *pol = json_loads(policy, 0, NULL), *video = json_array_get(json_object_get(probe, "video"), 0);
    if (plan_wants_survey(probe, pol, &cadence)) {
        int fd = open(path, O_RDONLY);
        json_t *r = run("survey", &fd, 1, json_pack("{s:O,s:O,s:b}", "video", video, "duration_us", json_object_get(probe, "duration_us"),
                                                    "cadence", cadence), NULL, &e);
        cr_assert(r, "%s", e.msg);
        json_object_set_new(video, "survey", r);
        close(fd);
    }
    json_decref(pol);
}

struct made made_encode(const char *path, const char *policy) {
    struct made m = {.checkpoints = json_array()};
    struct err e = {0};
    m.probe = probe_ok(path);
    surveyed(path, m.probe, policy);
    m.plan = plan_ok(m.probe, policy);
    m.n_rungs = json_array_size(json_object_get(json_object_get(m.plan, "video"), "rungs"));
    int fds[9] = {open(path, O_RDONLY)};
    for (size_t i = 0; i < m.n_rungs; i++)
        fds[i + 1] = m.rungs[i] = clip_fd();
    m.video = run("encode", fds, m.n_rungs + 1, json_pack("{s:O}", "plan", m.plan), m.checkpoints, &e);
    cr_assert(m.video, "%s", e.msg);
    close(fds[0]);
    return m;
}

void made_resume(const struct made *m, const char *path, int from, int *ret_fds) {
    struct err e = {0};
    int fds[9] = {open(path, O_RDONLY)};
    json_t *sizes = from ? json_object_get(json_array_get(m->checkpoints, (size_t)from - 1), "sizes") : NULL;
    for (size_t i = 0; i < m->n_rungs; i++) {
        fds[i + 1] = ret_fds[i] = clip_fd();
        size_t n = (size_t)json_integer_value(json_array_get(sizes, i));
        char *b = malloc(n + 1);
        cr_assert(pread(m->rungs[i], b, n, 0) == (ssize_t)n && write(ret_fds[i], b, n) == (ssize_t)n);
        free(b);
    }
    json_t *r = run("encode", fds, m->n_rungs + 1,
                    json_pack("{s:O,s:i}", "plan", m->plan, "from_chunk", from), NULL, &e);
    cr_assert(r, "%s", e.msg);
    cr_assert(json_equal(r, m->video), "from %d: %s", from, json_dumps(json_pack("[OO]", m->video, r), 0));
    json_decref(r);
    close(fds[0]);
}

json_t *made_audio(const struct made *m, const char *path, size_t entry, int *ret_fds, struct err *e) {
    json_t *a = json_array_get(json_object_get(m->plan, "audio"), entry);
    size_t n = json_array_size(json_object_get(a, "outputs"));
    int fds[9] = {open(path, O_RDONLY)};
    for (size_t i = 0; i < n; i++)
        fds[i + 1] = ret_fds[i] = clip_fd();
    json_t *r = run("audio", fds, n + 1, json_pack("{s:O,s:O}", "audio", a, "video", m->video), NULL, e);
    close(fds[0]);
    return r;
}

struct es_list es_list(int fd) {
    struct es_list l = {0};
    struct es_reader *r = NULL;
    struct es_record rec;
    struct err e = {0};
    cr_assert_eq(es_reader_new(fd, &r, &e), 0);
    for (;;) {
        cr_assert_eq(es_read(r, true, &rec, &e), 0, "%s", e.msg);
        if (rec.kind == ES_END)
            break;
        if (rec.kind == ES_FORMAT) {
            l.format = rec.format;
            l.formats++;
            continue;
        }
        l.p = realloc(l.p, (l.n + 1) * sizeof(*l.p));
        l.p[l.n++] = rec.packet;
    }
    l.play_duration = rec.play_duration;
    es_reader_free(r);
    return l;
}

int picture_light(int es_fd, size_t keyframe, int x, int y) {
    struct keyframes k;
    struct err e = {0};
    AVFrame *f = NULL;
    cr_assert_eq(keyframes_open(es_fd, &k, &e), 0, "%s", e.msg);
    cr_assert_eq(keyframes_decode(&k, keyframe, &f, &e), 0, "%s", e.msg);
    int cx = f->width * x / 1000, cy = f->height * y / 1000, sum = 0, n = 0;
    for (int j = MAX(0, cy - 3); j < MIN(f->height, cy + 4); j++)
        for (int i = MAX(0, cx - 3); i < MIN(f->width, cx + 4); i++, n++)
            sum += f->data[0][j * f->linesize[0] + i];
    av_frame_free(&f);
    keyframes_done(&k);
    return sum / MAX(n, 1);
}

double sound_level(int es_fd, int channel, double from_s, double to_s) {
    struct es_reader *r = NULL;
    struct es_record rec;
    struct err e = {0};
    AVCodecContext *c = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_AAC));
    AVPacket *pkt = av_packet_alloc();
    AVFrame *f = av_frame_alloc();
    double sum = 0;
    long n = 0, at = 0, skip = 0;
    cr_assert_eq(es_reader_new(es_fd, &r, &e), 0);
    while (es_read(r, true, &rec, &e) == 0 && rec.kind != ES_END) {
        if (rec.kind == ES_FORMAT) {
            c->extradata = av_mallocz(rec.format.n_extra + AV_INPUT_BUFFER_PADDING_SIZE);
            memcpy(c->extradata, rec.format.extra, rec.format.n_extra);
            c->extradata_size = (int)rec.format.n_extra;
            skip = rec.format.edit_start;
            cr_assert(avcodec_open2(c, NULL, NULL) >= 0);
            continue;
        }
        pkt->data = (uint8_t *)rec.packet.data;
        pkt->size = (int)rec.packet.size;
        cr_assert(avcodec_send_packet(c, pkt) >= 0);
        while (avcodec_receive_frame(c, f) >= 0)
            for (int i = 0; i < f->nb_samples; i++, at++) {
                double t = (double)(at - skip) / c->sample_rate;
                double v = ((float *)f->extended_data[channel])[i];
                if (t >= from_s && t < to_s) {
                    sum += v * v;
                    n++;
                }
            }
    }
    es_reader_free(r);
    av_frame_free(&f);
    av_packet_free(&pkt);
    avcodec_free_context(&c);
    return n ? sqrt(sum / (double)n) : 0;
}

const char *sound_packaged(int es_fd, const char *scheme) {
    const char *path = path_new("mp4");
    int fds[3] = {es_fd, open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), clip_fd()};
    struct err e = {0};
    json_t *rq = json_pack("{s:s,s:s,s:{s:{s:s,s:s}},s:[{s:s,s:s,s:s,s:s}]}", "id", "x", "scheme", scheme, "keys",
                           "audio", "kid", "000000000000000000000000000000a0", "key",
                           "01010101010101010101010101010101", "tracks", "name", "a1", "kind", "audio", "lang", "en",
                           "role", "main");
    json_t *r = run("package", fds, 3, rq, NULL, &e);
    cr_assert(r, "%s", e.msg);
    json_decref(r);
    close(fds[1]);
    return path;
}

struct heard sound_heard(const char *path) {
    char cmd[512], line[200];
    struct heard h = {-200, -200};
    bool summary = false;
    snprintf(cmd, sizeof(cmd), "ffmpeg -hide_banner -nostats -i %s -af ebur128=peak=true -f null - 2>&1 </dev/null", path);
    FILE *f = popen(cmd, "r");
    cr_assert(f);
    while (fgets(line, sizeof(line), f)) {
        summary |= strstr(line, "Summary") != NULL;
        if (summary && sscanf(line, " I: %lf LUFS", &h.integrated) != 1)
            sscanf(line, " Peak: %lf dBFS", &h.peak);
    }
    cr_assert(pclose(f) == 0 && summary, "%s", cmd);
    return h;
}

bool same_bytes(int a, int b) {
    struct stat x, y;
    cr_assert(fstat(a, &x) == 0 && fstat(b, &y) == 0);
    if (x.st_size != y.st_size)
        return false;
    char *p = malloc((size_t)x.st_size + 1), *q = malloc((size_t)x.st_size + 1);
    cr_assert(pread(a, p, (size_t)x.st_size, 0) == x.st_size);
    cr_assert(pread(b, q, (size_t)x.st_size, 0) == x.st_size);
    bool same = memcmp(p, q, (size_t)x.st_size) == 0;
    free(p);
    free(q);
    return same;
}

static json_t *walk(json_t *j, const char *path) {
    while (j && *path) {
        size_t n = strcspn(path, ".");
        char key[64];
        snprintf(key, sizeof(key), "%.*s", (int)n, path);
        j = json_is_array(j) ? json_array_get(j, (size_t)strtol(key, NULL, 10)) : json_object_get(j, key);
        path += n + (path[n] == '.');
    }
    return j;
}

long num(json_t *j, const char *path) {
    json_t *v = walk(j, path);
    cr_assert(json_is_number(v) || json_is_boolean(v), "no number at %s", path);
    return json_is_boolean(v) ? json_is_true(v) : (long)json_integer_value(v);
}

const char *text(json_t *j, const char *path) {
    const char *s = json_string_value(walk(j, path));
    cr_assert(s, "no text at %s", path);
    return s;
}
