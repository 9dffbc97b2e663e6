/*
 * analyse.c - the operation "analyse": shots spread over the film, each encoded at every size and CRF that the plan asks for. Says
 * what was measured, and no more: what follows from it is ladder/tailor.c's. A shot that is done is checkpointed.
 */
#include "base/clock.h"
#include "media/cmaf/package.h"
#include "media/encode/encode_int.h"
#include "media/ladder/hull.h"
#include "media/ladder/metric.h"

enum { SHOTS_MAX = 64, SHOT_FRAMES_MAX = 600, TRIALS_MAX = LADDER_SIZES_MAX * LADDER_CRFS_MAX, REPORT_MS = 500 };
/* Pixels under way in all trials at once: with many processors memory would be what ends. */
#define AREA_AT_ONCE ((int64_t)4 * 3840 * 2160)

struct shot {
    int64_t first;
    int frames;
};

struct analysis {
    struct op_io *io;
    struct video_plan plan; /* its rungs are the sizes to be tried, lowest first */
    struct scaler *scaler;
    const struct metric *metric;
    struct shot shots[SHOTS_MAX];
    int n_shots, at;        /* the shot that is collected or tried */
    double crfs[LADDER_CRFS_MAX];
    int n_crfs, stride;
    bool seeks;             /* else the film is read from one shot to the next */
    AVFrame *frames[LADDER_SIZES_MAX][SHOT_FRAMES_MAX];
    int collected;
    struct trial trials[TRIALS_MAX];
    struct err errs[TRIALS_MAX];
    int n_trials;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int64_t area;           /* of the trials under way; under lock */
    atomic_int tried;
    bool moved_on;          /* the rest of this run of the feed is not wanted */
    int64_t told_ns;
    json_t *ask;            /* plan.ladder.analysis; borrowed */
    json_t *done;           /* what was measured, a shot each */
};

/* ---- the request ---- */

static bool sizes_read(struct analysis *a, json_t *list) {
    json_t *j;
    size_t i;
    a->plan.n_rungs = json_array_size(list);
    a->plan.top = a->plan.n_rungs - 1;
    a->plan.keeps_hdr = false; /* trials are of H.264 */
    if (a->plan.n_rungs == 0 || a->plan.n_rungs > LADDER_SIZES_MAX)
        return false;
    json_array_foreach(list, i, j) {
        struct rung_plan *r = &a->plan.rungs[i];
        *r = (struct rung_plan){.width = (int)json_integer_value(json_object_get(j, "width")),
                                .height = (int)json_integer_value(json_object_get(j, "height")), .threads = 1, .profile = "high",
                                .codec = ES_H264};
        if (r->width < 8 || r->height < 8 || r->width > 8192 || r->height > 8192 || r->width % 2 || r->height % 2)
            return false;
    }
    return true;
}

static bool shots_read(struct analysis *a, json_t *list) {
    json_t *j;
    size_t i;
    a->n_shots = (int)MIN(json_array_size(list), (size_t)SHOTS_MAX + 1);
    if (a->n_shots == 0 || a->n_shots > SHOTS_MAX)
        return false;
    json_array_foreach(list, i, j) {
        struct shot *s = &a->shots[i];
        *s = (struct shot){json_integer_value(json_object_get(j, "first")), (int)json_integer_value(json_object_get(j, "frames"))};
        if (s->frames < 1 || s->frames > SHOT_FRAMES_MAX || s->first < 0 || (i && s->first < s[-1].first + s[-1].frames))
            return false;
    }
    return true;
}

static bool crfs_read(struct analysis *a, json_t *list) {
    a->n_crfs = (int)MIN(json_array_size(list), (size_t)LADDER_CRFS_MAX + 1);
    bool ok = a->n_crfs > 0 && a->n_crfs <= LADDER_CRFS_MAX;
    for (int i = 0; ok && i < a->n_crfs; i++) {
        a->crfs[i] = json_number_value(json_array_get(list, (size_t)i));
        ok = a->crfs[i] >= 1 && a->crfs[i] <= 51;
    }
    return ok;
}

static int request_read(struct analysis *a, json_t *request, struct err *reterr) {
    json_t *plan = json_object_get(request, "plan");
    json_t *want = json_object_get(json_object_get(plan, "ladder"), "analysis");
    const char *preset = json_string_value(json_object_get(want, "preset"));
    const char *metric = json_string_value(json_object_get(want, "metric"));
    int rc = video_plan_read(plan, &a->plan, reterr);
    if (rc < 0)
        return rc;
    a->metric = metric ? metric_find(metric) : NULL;
    a->stride = (int)json_integer_value(json_object_get(want, "stride"));
    if (!sizes_read(a, json_object_get(want, "sizes")) || !shots_read(a, json_object_get(want, "shots")) ||
        !crfs_read(a, json_object_get(want, "crfs")) || !a->metric || !preset || a->stride < 1)
        return err_set(reterr, ERR_INVALID, "the plan asks for no analysis, or for one out of bounds");
    a->ask = want;
    a->plan.preset = preset;
    a->plan.max_frames = 0;
    json_t *done = json_object_get(request, "done");
    a->done = done ? json_deep_copy(done) : json_array();
    a->at = (int)MIN(json_array_size(a->done), (size_t)a->n_shots);
    return 0;
}

/* ---- one shot ---- */

static void shot_drop(struct analysis *a) {
    for (size_t s = 0; s < a->plan.n_rungs; s++)
        for (int i = 0; i < a->collected; i++)
            av_frame_free(&a->frames[s][i]);
    a->collected = 0;
}

static int told(struct analysis *a, bool now) {
    int64_t t = clock_mono_ns();
    if (!now && t - a->told_ns < (int64_t)REPORT_MS * 1000000)
        return 0;
    a->told_ns = t;
    int of = MAX(a->n_trials, 1);
    return op_progress(a->io, "analyse", (int)MIN(999, (a->at * 1000 + atomic_load(&a->tried) * 1000 / of) / a->n_shots), 0, -1);
}

static int trials_tick(void *arg) { return told(arg, false); }

/* The largest first: the last ones to end are short. */
static int trial_one(void *arg, size_t k) {
    struct analysis *a = arg;
    size_t i = (size_t)a->n_trials - 1 - k;
    struct trial *t = &a->trials[i];
    int64_t area = (int64_t)t->rung.width * t->rung.height;
    pthread_mutex_lock(&a->lock);
    while (a->area > 0 && a->area + area > AREA_AT_ONCE)
        pthread_cond_wait(&a->changed, &a->lock);
    a->area += area;
    pthread_mutex_unlock(&a->lock);
    int rc = trial_run(t, &a->errs[i]);
    pthread_mutex_lock(&a->lock);
    a->area -= area;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
    atomic_fetch_add(&a->tried, 1);
    return rc;
}

static void trials_prepare(struct analysis *a) {
    a->n_trials = 0;
    atomic_store(&a->tried, 0);
    for (size_t s = 0; s < a->plan.n_rungs; s++)
        for (int c = 0; c < a->n_crfs; c++) {
            struct trial *t = &a->trials[a->n_trials];
            *t = (struct trial){.plan = &a->plan, .rung = a->plan.rungs[s], .metric = a->metric, .frames = a->frames[s],
                                .originals = a->frames[a->plan.n_rungs - 1], .n = a->collected, .stride = a->stride};
            t->rung.crf = a->crfs[c];
            err_clear(&a->errs[a->n_trials++]);
        }
}

/* Tries what was collected, which may be nothing at a film's early end, and goes on to the next shot. */
static int shot_end(struct analysis *a, struct err *reterr) {
    json_t *tried = json_array();
    int rc = 0;
    trials_prepare(a);
    if (a->collected)
        rc = parallel_run((size_t)a->n_trials, trial_one, trials_tick, a, reterr);
    for (int i = 0; i < a->n_trials && rc < 0; i++)
        if (a->errs[i].code < 0 && reterr)
            *reterr = a->errs[i];
    if (rc < 0 && reterr && !reterr->code)
        err_set(reterr, rc, "stopped");
    for (int i = 0; i < a->n_trials && rc == 0 && a->collected; i++)
        json_array_append_new(tried, json_pack("{s:I,s:f}", "bytes", (json_int_t)a->trials[i].bytes, "loss", a->trials[i].loss));
    json_array_append_new(a->done, json_pack("{s:I,s:i,s:o}", "first", (json_int_t)a->shots[a->at].first, "frames",
                                             a->collected, "trials", tried));
    shot_drop(a);
    a->at++;
    atomic_store(&a->tried, 0);
    if (rc < 0)
        return rc;
    json_t *state = json_pack("{s:O,s:O}", "analysis", a->ask, "shots", a->done);
    rc = op_checkpoint(a->io, state);
    json_decref(state);
    return rc < 0 ? err_set(reterr, ERR_CANCELLED, "cancelled at a checkpoint") : 0;
}

/* ---- the film ---- */

static int frame_collect(struct analysis *a, AVFrame *f, struct err *reterr) {
    AVFrame *outs[RUNGS_MAX] = {NULL};
    int rc = scaler_run(a->scaler, f, outs, reterr);
    for (size_t s = 0; s < a->plan.n_rungs && rc == 0; s++)
        a->frames[s][a->collected] = outs[s];
    a->collected += rc == 0;
    return rc;
}

static int frame_take(void *arg, AVFrame *f, int64_t n, struct err *reterr) {
    struct analysis *a = arg;
    const struct shot *s = &a->shots[a->at];
    int rc = told(a, false) < 0 ? err_set(reterr, ERR_CANCELLED, "cancelled") : 0;
    if (rc == 0 && n >= s->first)
        rc = frame_collect(a, f, reterr);
    av_frame_free(&f);
    if (rc == 0 && a->collected == s->frames) {
        rc = shot_end(a, reterr);
        /* Where seeking is exact the next shot is sought; else it is reached by reading on. */
        a->moved_on = rc == 0 && (a->seeks || a->at == a->n_shots);
        if (a->moved_on)
            rc = ERR_CANCELLED; /* ends the feed; nobody sees it */
    }
    return rc;
}

/* Nothing there: the header promised a longer film, or the place is damaged. */
static bool is_hole(int rc) { return rc == ERR_BAD_MEDIA; }

static int shots_run(struct analysis *a, struct err *reterr) {
    int rc = feed_seeks(a->io->fds[0], &a->seeks, reterr);
    while (rc == 0 && a->at < a->n_shots) {
        struct feed_stats stats;
        struct err e = {0};
        int64_t total;
        int before = a->at;
        a->moved_on = false;
        rc = feed_run(a->io->fds[0], &a->plan, a->shots[a->at].first, frame_take, a, &total, &stats, &e);
        if (a->moved_on) {
            rc = 0;
            continue;
        }
        if (rc < 0 && !is_hole(rc)) {
            if (reterr)
                *reterr = e;
            return rc;
        }
        rc = 0;
        if (a->at == before || a->collected) /* the film ended in this shot or before it */
            rc = shot_end(a, reterr);
    }
    return rc;
}

static void analysis_free(struct analysis *a) {
    shot_drop(a);
    scaler_free(a->scaler);
    pthread_mutex_destroy(&a->lock);
    pthread_cond_destroy(&a->changed);
    json_decref(a->done);
    free(a);
}

int analyse_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    int rc = op_need_fds(io, 1, reterr);
    struct analysis *a = rc < 0 ? NULL : calloc(1, sizeof *a);
    if (!a)
        return rc < 0 ? rc : err_set(reterr, ERR_NO_MEMORY, "analysis");
    memory_settle();
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->changed, NULL);
    a->io = io;
    rc = request_read(a, request, reterr);
    if (rc == 0)
        rc = scaler_new(&a->plan, &a->scaler, reterr);
    if (rc == 0)
        rc = shots_run(a, reterr);
    if (rc == 0 && !(*ret_result = json_pack("{s:O}", "shots", a->done)))
        rc = err_set(reterr, ERR_NO_MEMORY, "result");
    analysis_free(a);
    return rc;
}
