/*
 * encode.c - the operation "encode": the calling thread decodes and reports, one thread scales, one a rung
 * encodes. A chunk is reported as done when all rungs have it on disk.
 */
#include "base/clock.h"
#include "media/encode/encode_int.h"
#include <malloc.h>

enum { TICK_MS = 200, REPORT_MS = 500, SCALE_QUEUE = 4, RUNG_QUEUE = 6 };

struct run {
    struct job job;
    struct op_io *io;
    struct scaler *scaler;
    pthread_t scale_thread;
    bool scaling;
    int reported;               /* next chunk to be reported */
    int64_t started_ns, last_report_ns;
};

void job_fail(struct job *j, const struct err *e) {
    pthread_mutex_lock(&j->lock);
    if (!atomic_exchange(&j->failed, true))
        j->err = *e;
    pthread_cond_broadcast(&j->changed);
    pthread_mutex_unlock(&j->lock);
    queue_stop(&j->scale_in);
    for (size_t i = 0; i < j->plan->n_rungs; i++)
        queue_stop(&j->rungs[i].in);
}

int job_chunk_done(struct job *j, size_t rung, int chunk, uint64_t size, struct err *reterr) {
    int rc = 0;
    size_t n = j->plan->n_rungs;
    pthread_mutex_lock(&j->lock);
    if (chunk >= j->sizes_cap) {
        int cap = MAX(chunk + 1, j->sizes_cap * 2);
        uint64_t *p = realloc(j->sizes, (size_t)cap * n * sizeof(*p));
        if (p) {
            j->sizes = p;
            j->sizes_cap = cap;
        } else {
            rc = err_set(reterr, ERR_NO_MEMORY, "chunk sizes");
        }
    }
    if (rc == 0) {
        j->sizes[(size_t)chunk * n + rung] = size;
        j->chunks_done[rung] = chunk + 1;
        pthread_cond_broadcast(&j->changed);
    }
    pthread_mutex_unlock(&j->lock);
    return rc;
}

static void *scale_main(void *arg) {
    struct run *run = arg;
    struct job *j = &run->job;
    struct queue_item it;
    struct err err = {0};
    int rc = 0;
    while (rc == 0 && queue_pop(&j->scale_in, &it)) {
        AVFrame *outs[RUNGS_MAX] = {NULL};
        if (it.frame)
            rc = scaler_run(run->scaler, it.frame, outs, &err);
        /* The highest rung first: it has the most to do. */
        for (size_t i = j->plan->n_rungs; rc == 0 && i-- > 0;)
            if (queue_push(&j->rungs[i].in, outs[i], it.n, -1) == 1)
                outs[i] = NULL;
        for (size_t i = 0; i < j->plan->n_rungs; i++)
            av_frame_free(&outs[i]);
        bool end = !it.frame;
        av_frame_free(&it.frame);
        if (end)
            break;
    }
    if (rc < 0)
        job_fail(j, &err);
    return NULL;
}

static int chunks_report(struct run *run, struct err *reterr) {
    struct job *j = &run->job;
    size_t n = j->plan->n_rungs;
    for (;;) {
        pthread_mutex_lock(&j->lock);
        int done = j->chunks_done[0];
        for (size_t i = 1; i < n; i++)
            done = MIN(done, j->chunks_done[i]);
        json_t *state = NULL;
        if (run->reported < done) {
            json_t *sizes = json_array();
            for (size_t i = 0; i < n; i++)
                json_array_append_new(sizes,
                                      json_integer((json_int_t)j->sizes[(size_t)run->reported * n + i]));
            state = json_pack("{s:i,s:o}", "chunk", run->reported++, "sizes", sizes);
        }
        pthread_mutex_unlock(&j->lock);
        if (!state)
            return 0;
        int rc = op_checkpoint(run->io, state);
        json_decref(state);
        if (rc < 0)
            return err_set(reterr, ERR_CANCELLED, "cancelled at a checkpoint");
    }
}

/* What the calling thread does now and then while it waits. */
static int run_tick(struct run *run, struct err *reterr) {
    struct job *j = &run->job;
    if (atomic_load(&j->failed)) {
        pthread_mutex_lock(&j->lock);
        struct err e = j->err;
        pthread_mutex_unlock(&j->lock);
        if (reterr)
            *reterr = e;
        return e.code;
    }
    int rc = chunks_report(run, reterr);
    int64_t now = clock_mono_ns();
    if (rc < 0 || now - run->last_report_ns < (int64_t)REPORT_MS * 1000000)
        return rc;
    run->last_report_ns = now;
    const struct video_plan *p = j->plan;
    int64_t out = atomic_load(&j->frames_out), at = j->first_frame + out;
    int64_t total = j->total >= 0 ? j->total : p->max_frames && (p->frames < 0 || p->max_frames < p->frames) ? p->max_frames : p->frames;
    double wall_s = (double)(now - run->started_ns) / 1e9;
    double speed = wall_s > 0 ? (double)out * (double)p->fps.den / (double)p->fps.num / wall_s : 0;
    int permille = total > j->file_frame ? (int)MIN(999, (at - j->file_frame) * 1000 / (total - j->file_frame)) : 0;
    int64_t eta = total > at && out > 0 ? (int64_t)((double)(total - at) / (double)out * wall_s * 1000) : -1;
    if (op_progress(run->io, "encode", permille, speed, eta) < 0)
        return err_set(reterr, ERR_CANCELLED, "cancelled");
    return 0;
}

static int frame_emit(void *arg, AVFrame *f, int64_t n, struct err *reterr) {
    struct run *run = arg;
    for (;;) {
        int rc = run_tick(run, reterr);
        if (rc == 0) {
            int pushed = queue_push(&run->job.scale_in, f, n, TICK_MS);
            if (pushed > 0)
                return 0;
            continue; /* full: look around and try again; stopped: the tick knows why */
        }
        av_frame_free(&f);
        return rc;
    }
}

static int rungs_wait(struct run *run, struct err *reterr) {
    struct job *j = &run->job;
    int rc = frame_emit(run, NULL, 0, reterr);
    while (rc == 0) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        t.tv_nsec += TICK_MS * 1000000L;
        t.tv_sec += t.tv_nsec / 1000000000;
        t.tv_nsec %= 1000000000;
        pthread_mutex_lock(&j->lock);
        if (j->rungs_ended < j->plan->n_rungs)
            pthread_cond_timedwait(&j->changed, &j->lock, &t);
        bool ended = j->rungs_ended == j->plan->n_rungs;
        pthread_mutex_unlock(&j->lock);
        rc = run_tick(run, reterr);
        if (ended)
            break;
    }
    return rc;
}

static int threads_start(struct run *run, struct err *reterr) {
    struct job *j = &run->job;
    int rc = pthread_create(&run->scale_thread, NULL, scale_main, run);
    run->scaling = rc == 0;
    for (size_t i = 0; rc == 0 && i < j->plan->n_rungs; i++) {
        rc = pthread_create(&j->rungs[i].thread, NULL, rung_main, &j->rungs[i]);
        j->rungs[i].started = rc == 0;
    }
    return rc ? err_errno(reterr, rc, "threads") : 0;
}

/* Which chunks of the film a run makes: the outputs begin with first, and what is before from is there already. */
struct chunk_range {
    int64_t first, from, until; /* until 0: the film's end */
    json_t *buffers;            /* with which the first begins, of each rung; NULL: as the film does */
};

static int span_read(json_t *request, struct video_plan *p, struct chunk_range *s, struct err *reterr) {
    *s = (struct chunk_range){.first = json_integer_value(json_object_get(request, "first_chunk")),
                       .from = json_integer_value(json_object_get(request, "from_chunk")),
                       .until = json_integer_value(json_object_get(request, "until_chunk")),
                       .buffers = json_object_get(request, "buffers")};
    int64_t most = INT32_MAX / p->chunk_frames;
    if (s->first < 0 || s->from < s->first || s->from > most || s->until < 0 || s->until > most ||
        (s->until && s->until <= s->from) || (s->buffers && json_array_size(s->buffers) != p->n_rungs))
        return err_set(reterr, ERR_INVALID, "the chunks that were asked for are out of bounds");
    if (s->until && (!p->max_frames || s->until * p->chunk_frames < p->max_frames))
        p->max_frames = s->until * p->chunk_frames;
    return 0;
}

static int64_t buffer_given(const struct chunk_range *s, const struct video_plan *p, size_t i) {
    int64_t whole = p->rungs[i].bufsize * p->fps.num;
    return s->buffers ? CLAMP(json_integer_value(json_array_get(s->buffers, i)), 0, whole)
                      : rung_buffer_begin(&p->rungs[i]) * p->fps.num;
}

static void run_init(struct run *run, struct op_io *io, const struct video_plan *p, const struct chunk_range *s) {
    int from_chunk = (int)s->from;
    struct job *j = &run->job;
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->changed, &a);
    pthread_condattr_destroy(&a);
    j->plan = p;
    j->total = -1;
    j->first_frame = (int64_t)from_chunk * p->chunk_frames;
    j->file_frame = s->first * p->chunk_frames;
    j->sync = io->checkpoint != NULL;
    queue_init(&j->scale_in, SCALE_QUEUE);
    for (size_t i = 0; i < p->n_rungs; i++) {
        j->rungs[i] = (struct rung){.job = j, .i = i, .plan = &p->rungs[i], .codec = rung_codec(p->rungs[i].codec), .packets = j->first_frame,
                                   .begin = buffer_given(s, p, i)};
        queue_init(&j->rungs[i].in, RUNG_QUEUE);
        j->chunks_done[i] = from_chunk;
    }
    run->io = io;
    run->reported = from_chunk;
    run->started_ns = clock_mono_ns();
}

static void run_done(struct run *run) {
    struct job *j = &run->job;
    queue_stop(&j->scale_in);
    for (size_t i = 0; i < j->plan->n_rungs; i++)
        queue_stop(&j->rungs[i].in);
    if (run->scaling)
        pthread_join(run->scale_thread, NULL);
    for (size_t i = 0; i < j->plan->n_rungs; i++) {
        if (j->rungs[i].started)
            pthread_join(j->rungs[i].thread, NULL);
        queue_done(&j->rungs[i].in);
        es_writer_free(j->rungs[i].out);
    }
    queue_done(&j->scale_in);
    scaler_free(run->scaler);
    free(j->sizes);
    pthread_cond_destroy(&j->changed);
    pthread_mutex_destroy(&j->lock);
}

static json_t *sizes_json(const struct run *run) {
    json_t *sizes = json_array();
    for (size_t i = 0; i < run->job.plan->n_rungs; i++) {
        uint64_t size = 0;
        es_writer_flush(run->job.rungs[i].out, false, &size, NULL);
        json_array_append_new(sizes, json_integer((json_int_t)size));
    }
    return sizes;
}

/* Takes sizes over. */
static json_t *result_json(const struct video_plan *p, int64_t total, json_t *sizes, const struct feed_stats *st) {
    int64_t ticks = total * p->frame_duration;
    json_t *warnings = json_array();
    char w[200];
    if (st->failed) {
        snprintf(w, sizeof(w), "%lld pictures of the film are damaged; look at it before publishing.",
                 (long long)st->failed);
        json_array_append_new(warnings, json_string(w));
    }
    if (st->jumps) {
        snprintf(w, sizeof(w), "The film's clock jumps %d time%s; its pieces are joined without a gap.", st->jumps,
                 st->jumps > 1 ? "s" : "");
        json_array_append_new(warnings, json_string(w));
    }
    /* Where the clock jumps, the length that the header gives means nothing. */
    double lost = p->frames > 0 && !st->jumps
                      ? (double)(p->frames - total) * (double)p->fps.den / (double)p->fps.num
                      : 0;
    if (lost > 2 && lost * 50 > (double)p->frames * (double)p->fps.den / (double)p->fps.num) {
        snprintf(w, sizeof(w),
                 "The film ends %.0f seconds earlier than its header says; check that the file is complete.",
                 lost);
        json_array_append_new(warnings, json_string(w));
    }
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:i,s:o,s:o}", "start_us", (json_int_t)p->start_us, "frames",
                     (json_int_t)total, "timescale", (json_int_t)p->timescale, "frame_duration",
                     (json_int_t)p->frame_duration, "duration_us",
                     (json_int_t)av_rescale(ticks, 1000000, p->timescale), "chunks",
                     (json_int_t)((total + p->chunk_frames - 1) / p->chunk_frames), "failed", (json_int_t)st->failed,
                     "jumps", st->jumps, "sizes", sizes, "warnings", warnings);
}

int encode_result(json_t *plan, int64_t frames, json_t *sizes, int64_t failed, int jumps, json_t **ret,
                  struct err *reterr) {
    struct video_plan p;
    struct feed_stats st = {.failed = failed, .jumps = jumps};
    int rc = video_plan_read(plan, &p, reterr);
    if (rc < 0) {
        json_decref(sizes);
        return rc;
    }
    *ret = result_json(&p, frames, sizes, &st);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "result");
}

/*
 * x264 164 with AVX-512 reads memory it never wrote (in mbtree, on some synthetic pictures), so that what malloc
 * happened to return decides a few bits. Zeroed memory makes the same input give the same bytes again; AVX2
 * alone would too, but costs a tenth more.
 */
void memory_settle(void) {
#ifdef M_PERTURB
    mallopt(M_PERTURB, 0xff); /* the complement fills what malloc() returns */
#endif
}

int encode_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    struct video_plan p;
    int rc = video_plan_read(json_object_get(request, "plan"), &p, reterr);
    if (rc >= 0)
        rc = op_need_fds(io, 1 + p.n_rungs, reterr);
    if (rc < 0)
        return rc;
    struct chunk_range span;
    if ((rc = span_read(request, &p, &span, reterr)) < 0)
        return rc;
    memory_settle();
    setenv("SVT_LOG", "1", 0); /* SVT-AV1 writes a page about each encoder otherwise; errors only */
    struct run run = {0};
    struct feed_stats stats = {0};
    int64_t total = 0;
    run_init(&run, io, &p, &span);
    for (size_t i = 0; rc == 0 && i < p.n_rungs; i++) {
        run.job.rungs[i].fd = io->fds[1 + i];
        rc = es_writer_new(io->fds[1 + i], &run.job.rungs[i].out, reterr);
    }
    if (rc == 0)
        rc = scaler_new(&p, &run.scaler, reterr);
    if (rc == 0)
        rc = threads_start(&run, reterr);
    if (rc == 0)
        rc = feed_run(io->fds[0], &p, run.job.first_frame, frame_emit, &run, &total, &stats, reterr);
    run.job.total = total;
    if (rc == 0)
        rc = rungs_wait(&run, reterr);
    if (rc == 0 && !(*ret_result = result_json(&p, total, sizes_json(&run), &stats)))
        rc = err_set(reterr, ERR_NO_MEMORY, "result");
    run_done(&run);
    return rc;
}
