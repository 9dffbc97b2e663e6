/*
 * joint.c - the operation "joint": one part of a film, made on its own, looked at before it is joined to the one before it. No
 * frame may be missing or doubled, times go on where they were, the parameter sets are the same, and a player that fetches at
 * a rung's maxrate must not stall.
 *
 * A part was made before anybody knew what the one before it would leave in the decoder's buffer (ISO/IEC 14496-10 annex C); its
 * encoder believed it as full as at the film's beginning. The packets' sizes tell both stories: what it believed, and what is
 * true now. Only where the buffer runs dry in the true one and did not in the other is anything to be made again.
 */
#include "base/buf.h"
#include "media/encode/encode_int.h"

struct level {
    int64_t truth, assumed;
};

struct joint {
    const struct video_plan *p;
    json_t *request, *formats;
    int64_t first, known_until;    /* chunks; known_until: those before were made with what is true */
    int64_t frames;                /* behind the last, the same in all rungs; -1: not known yet */
    int64_t dry;                   /* the first chunk whose buffer runs dry where it was not to; -1: none */
    struct level *starts[RUNGS_MAX]; /* at each chunk's beginning, and behind the last */
    int64_t cap;
};

struct walk {
    struct joint *j;
    size_t rung;
    struct level at;
    int64_t order;                 /* number of the next packet, and so of a frame */
    bool *seen;                    /* of the chunk's frames */
    bool has_format;               /* this chunk's */
};

static int starts_room(struct joint *j, int64_t n, struct err *reterr) {
    if (n < j->cap)
        return 0;
    int64_t cap = MAX(n + 1, j->cap * 2);
    for (size_t i = 0; i < j->p->n_rungs; i++) {
        struct level *more = realloc(j->starts[i], (size_t)cap * sizeof *more);
        if (!more)
            return err_set(reterr, ERR_NO_MEMORY, "chunks of a part");
        j->starts[i] = more;
    }
    j->cap = cap;
    return 0;
}

static int64_t given(json_t *list, size_t i, int64_t otherwise) {
    json_t *v = json_array_get(list, i);
    return v ? json_integer_value(v) : otherwise;
}

/* Before each chunk, and behind the last. */
static int chunk_begin(struct walk *w, struct err *reterr) {
    struct joint *j = w->j;
    int64_t chunk = w->order / j->p->chunk_frames, n = chunk - j->first;
    if (j->known_until > j->first && chunk < j->known_until)
        w->at.assumed = w->at.truth;
    if (j->known_until > j->first && chunk == j->known_until)
        w->at.assumed = given(json_object_get(j->request, "assumed"), w->rung, w->at.truth);
    int rc = starts_room(j, n, reterr);
    if (rc < 0)
        return rc;
    j->starts[w->rung][n] = w->at;
    memset(w->seen, 0, (size_t)j->p->chunk_frames * sizeof *w->seen);
    w->has_format = false;
    return 0;
}

/* The first part's parameter sets are everybody's: a player that joins two parts sets its decoder up once. */
static int format_check(struct walk *w, const struct es_format *f, struct err *reterr) {
    const struct video_plan *p = w->j->p;
    const struct rung_plan *r = &p->rungs[w->rung];
    scoped(buf_done) struct buf hex = BUF(2 * ES_MAX_EXTRA + 32);
    buf_addf(&hex, "%d:", (int)f->codec);
    buf_hex(&hex, f->extra, f->n_extra);
    json_t *known = json_array_get(w->j->formats, w->rung), *own = json_stringn((char *)hex.p, hex.n);
    if (!known)
        json_array_append(w->j->formats, own);
    bool same = f->timescale == p->timescale && f->width == r->width && f->height == r->height &&
                own && (!known || json_equal(known, own));
    json_decref(own);
    bool begins = w->order % p->chunk_frames == 0 && !w->has_format;
    w->has_format = true;
    return same && begins ? 0 : err_set(reterr, ERR_CORRUPT, "rung %zu: other parameter sets at frame %lld", w->rung, (long long)w->order);
}

static int packet_check(struct walk *w, const struct es_packet *k, struct err *reterr) {
    const struct video_plan *p = w->j->p;
    const struct rung_codec *codec = rung_codec(p->rungs[w->rung].codec);
    int64_t chunk = w->order / p->chunk_frames, first = chunk * p->chunk_frames, shown = k->pts / p->frame_duration - first;
    bool fits = w->has_format && k->pts % p->frame_duration == 0 && shown >= 0 && shown < p->chunk_frames && !w->seen[shown] &&
                k->dts == (w->order - codec->reorder) * p->frame_duration && k->duration == p->frame_duration &&
                !!(k->flags & ES_KEY) == (shown % p->gop == 0);
    if (!fits)
        return err_set(reterr, ERR_CORRUPT, "rung %zu: packet %lld is out of place (pts %lld, dts %lld)", w->rung,
                       (long long)w->order, (long long)k->pts, (long long)k->dts);
    w->seen[shown] = true;
    int64_t bits = (int64_t)k->size * 8 * p->fps.num;
    if (codec->buffered && w->at.truth < bits && w->at.assumed >= bits && (w->j->dry < 0 || chunk < w->j->dry))
        w->j->dry = chunk;
    w->at.truth = rung_buffer_pass(&p->rungs[w->rung], p->fps, w->at.truth, k->size);
    w->at.assumed = rung_buffer_pass(&p->rungs[w->rung], p->fps, w->at.assumed, k->size);
    w->order++;
    return w->order % p->chunk_frames == 0 ? chunk_begin(w, reterr) : 0;
}

/* A last chunk that is not whole has every frame up to its last. */
static int end_check(struct walk *w, int64_t play_duration, struct err *reterr) {
    struct joint *j = w->j;
    int64_t n = w->order % j->p->chunk_frames;
    bool whole = play_duration == w->order * j->p->frame_duration && (j->frames < 0 || j->frames == w->order);
    for (int64_t i = 0; i < n && whole; i++)
        whole = w->seen[i];
    if (!whole)
        return err_set(reterr, ERR_CORRUPT, "rung %zu: frames are missing before frame %lld", w->rung, (long long)w->order);
    j->frames = w->order;
    /* What is left at the end stands where the next chunk's beginning would. */
    int64_t behind = w->order / j->p->chunk_frames - j->first + 1;
    int rc = n ? starts_room(j, behind, reterr) : 0;
    if (rc == 0 && n)
        j->starts[w->rung][behind] = w->at;
    return rc;
}

static int rung_walk(struct joint *j, size_t rung, int fd, struct err *reterr) {
    const struct video_plan *p = j->p;
    scoped(es_reader_freep) struct es_reader *es = NULL;
    int64_t begin = rung_buffer_begin(&p->rungs[rung]) * p->fps.num;
    scoped(mem_free) bool *seen = calloc((size_t)p->chunk_frames, sizeof *seen);
    struct walk w = {.j = j, .rung = rung, .order = j->first * p->chunk_frames, .seen = seen,
                     .at = {.truth = given(json_object_get(j->request, "buffers"), rung, begin), .assumed = begin}};
    struct es_record rec = {.kind = ES_FORMAT};
    int rc = seen ? es_reader_new(fd, &es, reterr) : err_set(reterr, ERR_NO_MEMORY, "frames of a chunk");
    if (rc == 0)
        rc = chunk_begin(&w, reterr);
    while (rc == 0 && rec.kind != ES_END && (rc = es_read(es, false, &rec, reterr)) == 0)
        rc = rec.kind == ES_FORMAT   ? format_check(&w, &rec.format, reterr)
             : rec.kind == ES_PACKET ? packet_check(&w, &rec.packet, reterr)
                                     : end_check(&w, rec.play_duration, reterr);
    return rc;
}

static json_t *levels_json(const struct joint *j, int64_t n, bool truth) {
    json_t *list = json_array();
    for (size_t i = 0; i < j->p->n_rungs; i++)
        json_array_append_new(list, json_integer(truth ? j->starts[i][n].truth : j->starts[i][n].assumed));
    return list;
}

static json_t *joint_json(const struct joint *j) {
    int64_t cf = j->p->chunk_frames, chunks = (j->frames + cf - 1) / cf - j->first;
    json_t *made = json_pack("{s:I,s:o,s:O}", "frames", (json_int_t)j->frames, "buffers", levels_json(j, chunks, true),
                             "formats", j->formats);
    int64_t from = MAX(j->first, j->known_until);
    if (j->dry >= 0)
        json_object_set_new(made, "redo",
                            json_pack("{s:I,s:I,s:o,s:o}", "from", (json_int_t)from, "until", (json_int_t)j->dry + 1, "buffers",
                                      levels_json(j, from - j->first, true), "assumed",
                                      levels_json(j, j->dry + 1 - j->first, false)));
    return made;
}

int joint_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    struct video_plan p;
    int rc = video_plan_read(json_object_get(request, "plan"), &p, reterr);
    if (rc >= 0)
        rc = op_need_fds(io, p.n_rungs, reterr);
    if (rc < 0)
        return rc;
    json_t *known = json_object_get(request, "formats");
    struct joint j = {.p = &p, .request = request, .frames = -1, .dry = -1,
                      .first = json_integer_value(json_object_get(request, "first_chunk")),
                      .known_until = json_integer_value(json_object_get(request, "known_until")),
                      .formats = json_is_array(known) ? json_copy(known) : json_array()};
    if (j.first < 0 || j.first > INT32_MAX / p.chunk_frames)
        rc = err_set(reterr, ERR_INVALID, "first_chunk is out of bounds");
    for (size_t i = 0; rc == 0 && i < p.n_rungs; i++)
        rc = rung_walk(&j, i, io->fds[i], reterr);
    if (rc == 0 && !(*ret_result = joint_json(&j)))
        rc = err_set(reterr, ERR_NO_MEMORY, "result");
    for (size_t i = 0; i < p.n_rungs; i++)
        free(j.starts[i]);
    json_decref(j.formats);
    return rc;
}
