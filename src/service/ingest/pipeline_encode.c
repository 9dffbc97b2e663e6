/*
 * pipeline_encode.c - probe, plan, picture and sound.
 * The picture is encoded in one child that says after every chunk how long its outputs are; what is
 * behind the last such checkpoint is cut off before a resumed child goes on.
 */
#include "base/log.h"
#include "media/ladder/ladder.h"
#include "service/ingest/ingest.h"
#include "service/ingest/pipeline_int.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROBE_WALL_MS = 60000, SURVEY_WALL_MS = 180000, OUTPUTS_MAX = 8 };

static int probe_one(struct pipeline *p, size_t i, json_t **ret, struct err *reterr) {
    const struct pipeline_input *in = &p->spec.inputs[i];
    scoped(fd_close) int fd = input_open(p, i, reterr);
    if (fd < 0)
        return fd;
    json_t *rq = json_pack("{s:s%, s:s}", "name", in->name.p, in->name.n, "want",
                           in->kind == INPUT_FILM ? "film" : "audio");
    return pipeline_child(
        p,
        &(struct pipeline_child){.op = "probe",
                                 .request = rq,
                                 .fds = &fd,
                                 .n_fds = 1,
                                 .limits = {.wall_ms = PROBE_WALL_MS, .memory_bytes = 2LL << 30}},
        ret, reterr);
}

/* Subtitles are converted when the picture is known; that they can be is found out before hours of
 * encoding. */
static int probe_text(struct pipeline *p, size_t i, struct err *reterr) {
    scoped(fd_close) int fd = input_open(p, i, reterr);
    if (fd < 0)
        return fd;
    scoped(fd_close) int out = memfd_create("text", MFD_CLOEXEC);
    scoped(fd_close) int idx = memfd_create("index", MFD_CLOEXEC);
    if (out < 0 || idx < 0)
        return err_errno(reterr, errno, "memfd_create");
    const int fds[] = {fd, out, idx};
    int r = pipeline_child(
        p,
        &(struct pipeline_child){.op = "text",
                                 .request = json_pack("{s:s}", "name", "t1"),
                                 .fds = fds,
                                 .n_fds = 3,
                                 .limits = {.wall_ms = PROBE_WALL_MS, .memory_bytes = 2LL << 30}},
        NULL, reterr);
    return r < 0 ? input_blame(p, i, reterr) : 0;
}

/* {film: a probe's result, inputs: [null or a probe's result an input]} */
int step_probe(struct pipeline *p, json_t **ret_note, struct err *reterr) {
    json_t *results = json_array();
    p->n_parts = (int)p->spec.n_inputs;
    for (size_t i = 0; i < p->spec.n_inputs; i++) {
        json_t *one = NULL;
        p->part = (int)i;
        int r = p->spec.inputs[i].kind == INPUT_TEXT ? probe_text(p, i, reterr)
                                                     : probe_one(p, i, &one, reterr);
        if (r < 0) {
            json_decref(results);
            return i && p->spec.inputs[i].kind == INPUT_AUDIO ? input_blame(p, i, reterr) : r;
        }
        json_array_append_new(results, one ? one : json_null());
    }
    json_t *film = json_array_get(results, 0);
    *ret_note = json_pack("{s:O, s:O, s:O?}", "film", film, "inputs", results, "warnings",
                          json_object_get(film, "warnings"));
    json_decref(results);
    return 0;
}

static int next_name(json_t *plan) {
    json_t *entry;
    size_t i;
    int n = 1;
    json_array_foreach(json_object_get(plan, "audio"), i, entry) n +=
        (int)json_array_size(json_object_get(entry, "outputs"));
    return n;
}

/* A soundtrack in a file of its own joins the film's; input says which file. */
static int plan_add_audio(struct pipeline *p, json_t *plan, size_t i, json_t *probe,
                          struct err *reterr) {
    char lang[40];
    json_t *entry = NULL;
    struct str given = p->spec.inputs[i].lang;
    snprintf(lang, sizeof lang, STR_FMT, STR_ARG(given));
    int r =
        plan_audio(probe, p->spec.policy, given.n ? lang : NULL, next_name(plan), &entry, reterr);
    if (r < 0)
        return input_blame(p, i, reterr);
    json_object_set_new(entry, "input", json_integer((json_int_t)i));
    json_array_append_new(json_object_get(plan, "audio"), entry);
    return 0;
}

static void plan_add_text(struct pipeline *p, json_t *plan, size_t i) {
    char name[16];
    json_t *texts = json_object_get(plan, "text");
    struct str lang = p->spec.inputs[i].lang;
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct file_hint hint = subtitle_file_hint(p->spec.inputs[i].name, &a);
    if (!texts)
        json_object_set_new(plan, "text", texts = json_array());
    snprintf(name, sizeof name, "t%zu", json_array_size(texts) + 1);
    json_array_append_new(
        texts, json_pack("{s:i, s:s%, s:s, s:s, s:b, s:s, s:s}", "input", (int)i, "lang",
                         lang.n ? lang.p : "und", lang.n ? lang.n : (size_t)3, "title", "", "role",
                         hint.forced ? "forced" : hint.sdh ? "caption" : "subtitle", "is_default", 0, "name", name, "codec", "file"));
}

static const char *string_of(json_t *entry, const char *key) {
    const char *s = json_string_value(json_object_get(entry, key));
    return s ? s : "";
}

static int analyse_checkpointed(void *arg, json_t *state) {
    return note_write(arg, "analysis", state, NULL);
}

/* Trial encodes of a few shots, a child's work of a minute or more: what it had done when it was killed is not done again. */
static int plan_analyse(struct pipeline *p, json_t *plan, struct err *reterr) {
    scoped(fd_close) int fd = input_open(p, 0, reterr);
    json_t *before = note_read(p, "analysis"), *result = NULL;
    json_t *ask = json_object_get(json_object_get(plan, "ladder"), "analysis");
    bool same = before && json_equal(json_object_get(before, "analysis"), ask); /* settings may have changed meanwhile */
    json_t *rq = json_pack("{s:O, s:O*}", "plan", plan, "done", same ? json_object_get(before, "shots") : NULL);
    json_decref(before);
    if (fd < 0) {
        json_decref(rq);
        return fd;
    }
    int r = pipeline_child(p,
                           &(struct pipeline_child){.op = "analyse",
                                                    .request = rq,
                                                    .fds = &fd,
                                                    .n_fds = 1,
                                                    .limits = {.silence_ms = 300000, .memory_bytes = 12LL << 30},
                                                    .checkpoint = analyse_checkpointed},
                           &result, reterr);
    if (r >= 0)
        r = plan_tailor(plan, result, reterr);
    json_decref(result);
    return r;
}

/* A look at places all over the film, where its header and first pictures do not say enough for a plan. */
static int plan_survey(struct pipeline *p, json_t *film, struct err *reterr) {
    bool cadence;
    json_t *video = json_array_get(json_object_get(film, "video"), 0), *seen = NULL;
    if (!plan_wants_survey(film, p->spec.policy, &cadence))
        return 0;
    scoped(fd_close) int fd = input_open(p, 0, reterr);
    if (fd < 0)
        return fd;
    json_t *rq = json_pack("{s:O, s:O, s:O*, s:b}", "video", video, "duration_us", json_object_get(film, "duration_us"), "max_duration_s",
                           json_object_get(p->spec.policy, "max_duration_s"), "cadence", cadence);
    int r = pipeline_child(p,
                           &(struct pipeline_child){.op = "survey",
                                                    .request = rq,
                                                    .fds = &fd,
                                                    .n_fds = 1,
                                                    .limits = {.wall_ms = SURVEY_WALL_MS, .memory_bytes = 4LL << 30}},
                           &seen, reterr);
    if (r >= 0)
        json_object_set_new(video, "survey", seen);
    return r;
}

int step_plan(struct pipeline *p, json_t **ret_note, struct err *reterr) {
    json_t *probed = note_need(p, PIPELINE_PROBE, reterr), *plan = NULL;
    if (!probed)
        return ERR_PRECONDITION;
    json_t *film = json_object_get(probed, "film");
    int r = plan_survey(p, film, reterr);
    r = r < 0 ? r : plan_make(film, p->spec.policy, &plan, reterr);
    if (r < 0)
        return r;
    /* A film whose tracks say no language takes the one the editor gave. */
    struct str lang = p->spec.inputs[0].lang;
    json_t *entry;
    size_t i;
    json_array_foreach(json_object_get(plan, "audio"), i, entry) {
        const char *own = json_string_value(json_object_get(entry, "lang"));
        if (lang.n && (!own || strcmp(own, "und") == 0))
            json_object_set_new(entry, "lang", json_stringn(lang.p, lang.n));
    }
    json_array_foreach(json_object_get(plan, "text"), i, entry) { /* captions are the programme's own words */
        if (lang.n && strcmp(string_of(entry, "codec"), "eia_608") == 0 && strcmp(string_of(entry, "lang"), "und") == 0)
            json_object_set_new(entry, "lang", json_stringn(lang.p, lang.n));
    }
    for (i = 1; i < p->spec.n_inputs && r == 0; i++) {
        if (p->spec.inputs[i].kind == INPUT_AUDIO)
            r = plan_add_audio(p, plan, i, json_array_get(json_object_get(probed, "inputs"), i),
                               reterr);
        else
            plan_add_text(p, plan, i);
    }
    if (r == 0)
        r = plan_roles(plan, p->spec.policy, reterr);
    if (r == 0 && plan_wants_analysis(plan))
        r = plan_analyse(p, plan, reterr);
    if (r < 0)
        json_decref(plan);
    else
        *ret_note = plan;
    return r;
}

/* ---- picture ---- */

static int encode_checkpointed(void *arg, json_t *state) {
    return note_write(arg, "checkpoint", state, NULL);
}

/* Cuts the outputs to the last checkpoint. Returns the chunk to go on with: 0 when there is none,
 * or when a file is shorter than it says (somebody emptied the folder). */
static int outputs_rewind(json_t *checkpoint, const int *fds, size_t n, int *ret_chunk,
                          struct err *reterr) {
    json_t *sizes = json_object_get(checkpoint, "sizes");
    bool good = json_array_size(sizes) == n;
    for (size_t i = 0; i < n && good; i++) {
        struct stat st;
        good =
            fstat(fds[i], &st) == 0 && st.st_size >= json_integer_value(json_array_get(sizes, i));
    }
    for (size_t i = 0; i < n; i++) {
        off_t size = good ? json_integer_value(json_array_get(sizes, i)) : 0;
        if (ftruncate(fds[i], size) < 0 || lseek(fds[i], size, SEEK_SET) < 0)
            return err_errno(reterr, errno, "the work folder");
    }
    *ret_chunk = good ? (int)json_integer_value(json_object_get(checkpoint, "chunk")) + 1 : 0;
    return 0;
}

static int encode_run(struct pipeline *p, json_t *plan, int *fds, size_t n, json_t **ret,
                      struct err *reterr) {
    json_t *checkpoint = note_read(p, "checkpoint");
    int chunk = 0;
    int r = outputs_rewind(checkpoint, fds + 1, n - 1, &chunk, reterr);
    json_decref(checkpoint);
    if (r < 0)
        return r;
    if (chunk > 0)
        log_event(LOG_INFO, "encode.resumed", LI("from_chunk", chunk));
    json_t *rq = json_pack("{s:O, s:i}", "plan", plan, "from_chunk", chunk);
    return pipeline_child(
        p,
        &(struct pipeline_child){.op = "encode",
                                 .request = rq,
                                 .fds = fds,
                                 .n_fds = n,
                                 .limits = {.silence_ms = 300000, .memory_bytes = 12LL << 30},
                                 .checkpoint = encode_checkpointed},
        ret, reterr);
}

int step_encode(struct pipeline *p, json_t **ret_note, struct err *reterr) {
    json_t *plan = note_need(p, PIPELINE_PLAN, reterr), *rung;
    if (!plan)
        return ERR_PRECONDITION;
    if (p->spec.work_id.n && (p->spec.shared || parts_of(plan) > 1))
        return parts_join(p, plan, ret_note, reterr);
    json_t *rungs = json_object_get(json_object_get(plan, "video"), "rungs");
    int fds[1 + RUNGS_MAX], r = 0;
    size_t i, n = 0;
    if (json_array_size(rungs) > RUNGS_MAX)
        return err_set(reterr, ERR_LIMIT, "over %d rungs", RUNGS_MAX);
    if ((fds[n] = r = input_open(p, 0, reterr)) >= 0)
        n++;
    json_array_foreach(rungs, i, rung) {
        if (r < 0)
            break;
        fds[n] = r =
            work_openf(p, false, reterr, "%s.es", json_string_value(json_object_get(rung, "name")));
        if (r >= 0)
            n++;
    }
    if (r >= 0)
        r = encode_run(p, plan, fds, n, ret_note, reterr);
    descriptors_close(fds, n);
    return r;
}

/* ---- sound ---- */

static int audio_run(struct pipeline *p, json_t *entry, json_t *video, json_t **ret,
                     struct err *reterr) {
    json_t *outputs = json_object_get(entry, "outputs"), *o,
           *input = json_object_get(entry, "input");
    int fds[1 + OUTPUTS_MAX], r;
    size_t i, n = 0;
    if (json_array_size(outputs) > OUTPUTS_MAX)
        return err_set(reterr, ERR_LIMIT, "over %d layouts of one soundtrack", OUTPUTS_MAX);
    r = fds[0] = input_open(p, (size_t)json_integer_value(input), reterr);
    if (r >= 0)
        n++;
    json_array_foreach(outputs, i, o) {
        if (r < 0)
            break;
        r = fds[n] = es_create(p, json_string_value(json_object_get(o, "name")), reterr);
        if (r >= 0)
            n++;
    }
    if (r >= 0) {
        json_t *rq =
            json_pack("{s:O, s:O, s:b}", "audio", entry, "video", video, "external", input != NULL);
        r = pipeline_child(p,
                           &(struct pipeline_child){.op = "audio",
                                                    .request = rq,
                                                    .fds = fds,
                                                    .n_fds = n,
                                                    .limits = {.memory_bytes = 2LL << 30}},
                           ret, reterr);
    }
    /* The note that follows says that they are whole, and outlives a power cut. */
    bool made = r >= 0;
    for (i = 1; i < n && r >= 0; i++)
        r = fsync(fds[i]) < 0 ? err_errno(reterr, errno, "the work folder")
                              : es_share(p, json_string_value(json_object_get(json_array_get(outputs, i - 1), "name")), fds[i], reterr);
    if (made && r < 0) {
        json_decref(*ret);
        *ret = NULL;
    }
    descriptors_close(fds, n);
    return r;
}

/* {tracks: [a result with "entry", its place in plan.audio], ...}. A track of the film that does
 * not decode is left out with a warning; one that the editor brought is an error. */
static int audio_all(struct pipeline *p, json_t *plan, json_t *video, json_t **ret_note, struct err *reterr) {
    json_t *entry, *tracks = json_array(), *warnings = json_array();
    size_t i;
    int r = 0;
    p->n_parts = (int)json_array_size(json_object_get(plan, "audio"));
    json_array_foreach(json_object_get(plan, "audio"), i, entry) {
        json_t *result = NULL;
        struct err e = {0};
        p->part = (int)i;
        r = audio_run(p, entry, video, &result, &e);
        if (r == ERR_BAD_MEDIA && strcmp(e.reason, "media.audio_undecodable") == 0 &&
            !json_object_get(entry, "input")) {
            json_array_append_new(warnings, json_string(e.hint[0] ? e.hint : e.msg));
            r = 0;
            continue;
        }
        if (r < 0) {
            if (reterr)
                *reterr = e;
            break;
        }
        json_object_set_new(result, "entry", json_integer((json_int_t)i));
        json_t *said = json_object_get(result, "warnings");
        if (json_is_array(said))
            json_array_extend(warnings, said);
        json_array_append_new(tracks, result);
    }
    if (r == 0)
        *ret_note = json_pack("{s:O, s:O}", "tracks", tracks, "warnings", warnings);
    json_decref(tracks);
    json_decref(warnings);
    return r;
}

int step_audio(struct pipeline *p, json_t **ret_note, struct err *reterr) {
    json_t *plan = note_need(p, PIPELINE_PLAN, reterr);
    json_t *video = plan ? note_need(p, PIPELINE_ENCODE, reterr) : NULL;
    if (!video)
        return ERR_PRECONDITION;
    json_t *early = parts_of(plan) > 1 ? note_read(p, "sound") : NULL;
    bool fits = early && json_equal(json_object_get(early, "frames"), json_object_get(video, "frames"));
    if (fits)
        *ret_note = early;
    else
        json_decref(early);
    return fits ? 0 : audio_all(p, plan, video, ret_note, reterr);
}

/* Where the plan says that the picture ends. */
static json_t *picture_planned(json_t *plan) {
    json_t *v = json_object_get(plan, "video");
    int64_t frames = json_integer_value(json_object_get(v, "frames")), timescale = json_integer_value(json_object_get(v, "timescale"));
    int64_t ticks = frames * json_integer_value(json_object_get(v, "frame_duration"));
    if (frames <= 0 || timescale <= 0 || ticks > INT64_MAX / 2000000)
        return NULL;
    return json_pack("{s:O, s:O, s:I}", "start_us", json_object_get(v, "start_us"), "frames", json_object_get(v, "frames"),
                     "duration_us", (json_int_t)((ticks * 1000000 + timescale / 2) / timescale));
}

int pipeline_sound_run(struct pipeline *p, struct err *reterr) {
    json_t *plan = note_need(p, PIPELINE_PLAN, reterr), *before = note_read(p, "sound"), *made = NULL;
    json_t *video = plan && !before ? picture_planned(plan) : NULL;
    bool there = before != NULL;
    json_decref(before);
    if (!plan || there || !video)
        return plan ? 0 : ERR_PRECONDITION;
    pipeline_begin(p, PIPELINE_AUDIO);
    int r = audio_all(p, plan, video, &made, reterr);
    if (r >= 0) {
        json_object_set(made, "frames", json_object_get(video, "frames"));
        r = note_write(p, "sound", made, reterr);
    }
    json_decref(made);
    json_decref(video);
    return r;
}
