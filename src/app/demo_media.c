/*
 * demo_media.c - making the demonstration films. Every line is spoken on its own, so that the
 * subtitles know when it begins and ends; voice and music are mixed here, and ffmpeg draws the
 * picture and joins them.
 */
#include "app/demo_media.h"
#include "app/node.h"
#include "base/buf.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RATE = 44100, WAV_HEADER = 44, WAV_MAX = 64 << 20 };

struct sound {
    float *left, *right;
    size_t n; /* samples a channel */
};

/* ---- running a command ---- */

static int command_absent(const char *name, struct err *reterr) {
    char hint[100];
    snprintf(hint, sizeof hint, "Install it: apt-get install %s", name);
    return err_refuse(reterr, ERR_NOT_FOUND, "demo.no_command", hint,
                      "the command %s is not installed", name);
}

/* As posix_spawnp, but the command dies with us: after a kill nobody draws into the folder, where
 * the next start draws. The system's number, or 0. */
static int command_spawn(char *const *argv, int out, pid_t *ret_pid) {
    int told[2], failed = 0;
    pid_t parent = getpid();
    if (pipe2(told, O_CLOEXEC) < 0)
        return errno;
    *ret_pid = fork();
    if (*ret_pid < 0)
        failed = errno;
    if (*ret_pid == 0) {
        int null = open("/dev/null", O_RDONLY);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent && dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
            execvp(argv[0], argv);
        failed = errno;
        _exit(write(told[1], &failed, sizeof failed) < 0 ? 126 : 127);
    }
    close(told[1]);
    if (*ret_pid > 0 && read(told[0], &failed, sizeof failed) == (ssize_t)sizeof failed)
        waitpid(*ret_pid, NULL, 0);
    close(told[0]);
    return failed;
}

/* Its standard output comes line by line to line(); NULL: nowhere. */
static int command_run(char *const *argv, int (*line)(void *arg, char *text), void *arg,
                       struct err *reterr) {
    int out[2], status = 0, r = 0;
    pid_t pid = -1;
    if (pipe2(out, O_CLOEXEC) < 0)
        return err_errno(reterr, errno, "pipe");
    int failed = command_spawn(argv, out[1], &pid);
    close(out[1]);
    if (failed) {
        close(out[0]);
        return failed == ENOENT ? command_absent(argv[0], reterr)
                                : err_errno(reterr, failed, "%s", argv[0]);
    }
    FILE *f = fdopen(out[0], "r");
    char text[512];
    while (f && fgets(text, sizeof text, f))
        if (line && r == 0 && (r = line(arg, text)) < 0)
            kill(pid, SIGKILL);
    if (f)
        fclose(f);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (r < 0)
        return err_set(reterr, r, "stopped");
    return status == 0 ? 0
                       : err_set(reterr, ERR_INTERNAL,
                                 "%s failed (status %d); what it said is above", argv[0], status);
}

/* ---- sound ---- */

static uint32_t le32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* espeak-ng writes 16-bit mono; mixed in at a second, brought to our rate. Returns where it ends.
 */
static int wav_mix(struct sound *s, const char *path, double at_s, double *ret_end_s,
                   struct err *reterr) {
    struct arena a = ARENA(WAV_MAX);
    struct str f;
    int r = file_read(path, WAV_MAX - 4096, &a, &f, reterr);
    if (r < 0)
        return r;
    const uint8_t *p = (const uint8_t *)f.p;
    if (f.n < WAV_HEADER || memcmp(p, "RIFF", 4) != 0) {
        arena_done(&a);
        return err_set(reterr, ERR_INTERNAL, "%s: not what espeak-ng should write", path);
    }
    double rate = le32(p + 24);
    size_t samples = (f.n - WAV_HEADER) / 2, last = 0;
    for (size_t i = 0; i < samples; i++) {
        int16_t v;
        memcpy(&v, p + WAV_HEADER + 2 * i, 2);
        if (v > 300 || v < -300)
            last = i; /* the silence behind a sentence is not part of it */
    }
    for (size_t i = 0; (double)i < (double)last / rate * RATE; i++) {
        double x = (double)i * rate / RATE;
        size_t k = (size_t)x, at = (size_t)(at_s * RATE) + i;
        int16_t v[2] = {0, 0};
        if (k + 1 >= samples || at >= s->n)
            break;
        memcpy(v, p + WAV_HEADER + 2 * k, 4);
        float level = (float)(v[0] + (v[1] - v[0]) * (x - (double)k)) / 32768.0f * 0.75f;
        s->left[at] += level;
        s->right[at] += level;
    }
    arena_done(&a);
    *ret_end_s = at_s + (double)last / rate;
    return 0;
}

/* A slow chord: each tone swells in its own time, a little apart left and right. */
static void music_mix(struct sound *s, const double *chord) {
    double length = (double)s->n / RATE;
    for (int tone = 0; tone < 4 && chord[tone] > 0; tone++)
        for (size_t i = 0; i < s->n; i++) {
            double t = (double)i / RATE, fade = fmin(1, fmin(t / 2, (length - t) / 3));
            double swell = 0.5 + 0.5 * sin(2 * M_PI * t / (7 + 3 * tone) + tone * 1.7);
            double level = 0.045 * fmax(fade, 0) * swell;
            s->left[i] += (float)(level * sin(2 * M_PI * chord[tone] * t));
            s->right[i] += (float)(level * sin(2 * M_PI * (chord[tone] * 1.003) * t + 0.4));
        }
}

static void le_add(struct buf *b, uint32_t v, int bytes) {
    for (int i = 0; i < bytes; i++)
        buf_byte(b, (uint8_t)(v >> (8 * i)));
}

static int wav_write(const struct sound *s, const char *path, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(WAV_MAX);
    uint32_t bytes = (uint32_t)s->n * 4;
    buf_addc(&b, "RIFF");
    le_add(&b, 36 + bytes, 4);
    buf_addc(&b, "WAVEfmt ");
    le_add(&b, 16, 4);
    le_add(&b, 1, 2);
    le_add(&b, 2, 2);
    le_add(&b, RATE, 4);
    le_add(&b, RATE * 4, 4);
    le_add(&b, 4, 2);
    le_add(&b, 16, 2);
    buf_addc(&b, "data");
    le_add(&b, bytes, 4);
    for (size_t i = 0; i < s->n; i++) {
        le_add(&b, (uint16_t)(int16_t)lrintf(CLAMP(s->left[i], -1.0f, 1.0f) * 32000), 2);
        le_add(&b, (uint16_t)(int16_t)lrintf(CLAMP(s->right[i], -1.0f, 1.0f) * 32000), 2);
    }
    return b.failed ? err_set(reterr, ERR_NO_MEMORY, "out of memory")
                    : file_write(path, buf_str(&b), 0600, reterr);
}

static void srt_add(struct buf *b, int n, double from, double to, const char *text) {
    int f = (int)(from * 1000), t = (int)(to * 1000);
    buf_addf(b, "%d\n00:00:%02d,%03d --> 00:00:%02d,%03d\n%s\n\n", n, f / 1000, f % 1000, t / 1000,
             t % 1000, text);
}

/* One language: every line spoken, mixed over the music, and written down as subtitles. */
static int voice_make(const struct demo_title *t, int lang, const char *dir, struct err *reterr) {
    scoped(mem_free) char *wav = text_make("%s/%s.%s.wav", dir, t->slug, demo_langs[lang]);
    scoped(mem_free) char *srt = text_make("%s/%s.%s.srt", dir, t->slug, demo_langs[lang]);
    scoped(mem_free) char *line = text_make("%s/line.wav", dir);
    scoped(buf_done) struct buf subs = BUF(64 << 10);
    size_t n = (size_t)(t->seconds * RATE);
    scoped(mem_free) float *samples = calloc(n * 2, sizeof *samples);
    struct sound s = {samples, samples + n, n};
    if (access(wav, F_OK) == 0 && access(srt, F_OK) == 0)
        return 0;
    if (!samples)
        return err_set(reterr, ERR_NO_MEMORY, "out of memory");
    music_mix(&s, t->chord);
    for (int i = 0; i < DEMO_LINES_MAX && t->lines[i].text[lang]; i++) {
        char *const argv[] = {(char *)"espeak-ng",
                              (char *)"-v",
                              (char *)(lang ? "fr-fr" : "en-gb"),
                              (char *)"-s",
                              (char *)"145",
                              (char *)"-p",
                              (char *)"38",
                              (char *)"-w",
                              line,
                              (char *)t->lines[i].text[lang],
                              NULL};
        double end = 0;
        int r = command_run(argv, NULL, NULL, reterr);
        if (r < 0 || (r = wav_mix(&s, line, t->lines[i].at_s, &end, reterr)) < 0)
            return r;
        srt_add(&subs, i + 1, t->lines[i].at_s, end + 0.3, t->lines[i].text[lang]);
    }
    unlink(line);
    int r = file_write(srt, buf_str(&subs), 0600, reterr);
    return r < 0 ? r : wav_write(&s, wav, reterr);
}

/* ---- picture ---- */

struct drawing {
    double seconds;
    int (*progress)(void *arg, double fraction);
    void *arg;
};

static int drawn(void *arg, char *text) {
    struct drawing *d = arg;
    int64_t us;
    if (strncmp(text, "out_time_us=", 12) != 0 || !str_to_i64(str_trim(str_of(text + 12)), &us))
        return 0;
    return d->progress(d->arg, CLAMP((double)us / 1e6 / d->seconds, 0.0, 1.0));
}

/* The title's letters, where a font is there to draw them. They have gone before the second keyframe, and are not
 * yet there on the first: posters and backdrops, which show the name beside the picture, have none in it. */
static char *graph_make(const struct demo_title *t) {
    static const char font[] = "/usr/share/fonts/truetype/dejavu/DejaVuSans-ExtraLight.ttf";
    if (access(font, R_OK) < 0)
        return text_make("%s", t->graph);
    return text_make("%s,drawtext=fontfile=%s:text='%s':fontsize='min(h/9\\,w/14)':fontcolor=white:"
                     "shadowcolor=black@0.6:shadowx=2:shadowy=2:x=(w-tw)/2:y=(h-th)/2:"
                     "alpha='clip(min(2.5*t\\,2.5*(1.9-t))\\,0\\,1)'",
                     t->graph, font, t->name[0]);
}

static int picture_make(const struct demo_title *t, const char *dir, struct drawing *d,
                        struct err *reterr) {
    scoped(mem_free) char *film = text_make("%s/%s.mkv", dir, t->slug);
    scoped(mem_free) char *partial = text_make("%s/%s.partial.mkv", dir, t->slug);
    scoped(mem_free) char *wav = text_make("%s/%s.%s.wav", dir, t->slug, demo_langs[0]);
    scoped(mem_free) char *graph = graph_make(t);
    scoped(mem_free) char *seconds = text_make("%g", t->seconds);
    if (access(film, F_OK) == 0)
        return 0;
    char *const argv[] = {(char *)"ffmpeg",
                          (char *)"-nostdin",
                          (char *)"-v",
                          (char *)"error",
                          (char *)"-y",
                          (char *)"-progress",
                          (char *)"pipe:1",
                          (char *)"-f",
                          (char *)"lavfi",
                          (char *)"-i",
                          graph,
                          (char *)"-i",
                          wav,
                          (char *)"-t",
                          seconds,
                          (char *)"-map",
                          (char *)"0:v",
                          (char *)"-map",
                          (char *)"1:a",
                          (char *)"-metadata:s:a:0",
                          (char *)"language=eng",
                          (char *)"-c:v",
                          (char *)"libx264",
                          (char *)"-preset",
                          (char *)"ultrafast",
                          (char *)"-crf",
                          (char *)"15",
                          (char *)"-pix_fmt",
                          (char *)"yuv420p",
                          (char *)"-colorspace",
                          (char *)"bt709",
                          (char *)"-color_primaries",
                          (char *)"bt709",
                          (char *)"-color_trc",
                          (char *)"bt709",
                          (char *)"-c:a",
                          (char *)"pcm_s16le",
                          partial,
                          NULL};
    int r = command_run(argv, drawn, d, reterr);
    if (r >= 0 && rename(partial, film) < 0)
        r = err_errno(reterr, errno, "%s", film);
    return r;
}

int demo_media_make(const struct demo_title *t, const char *dir,
                    int (*progress)(void *arg, double fraction), void *arg, struct err *reterr) {
    struct drawing d = {t->seconds, progress, arg};
    int r = 0;
    for (int lang = 0; lang < DEMO_LANGS && r >= 0; lang++)
        r = voice_make(t, lang, dir, reterr);
    return r < 0 ? r : picture_make(t, dir, &d, reterr);
}
