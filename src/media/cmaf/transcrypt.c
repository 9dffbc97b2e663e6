/* transcrypt.c - see transcrypt.h. */
#include "media/cmaf/transcrypt.h"
#include "base/buf.h"
#include "media/cmaf/package.h"
#include "media/cmaf/read.h"
#include <openssl/evp.h>
#include <string.h>

struct transcrypt {
    struct op_io *io;
    json_t *request;
    struct arena arena;
    struct track_desc track;
    enum scheme scheme;
    struct cenc_key *keys;
    size_t n_keys;
    struct cenc_params *periods;
    uint8_t (*kids)[16];
    size_t n_kids;
};

/* All samples of a track: when they are shown, and their bytes in clear. */
struct tally {
    EVP_MD_CTX *md;
    int64_t samples;
};

static int tally_add(struct tally *t, const struct cmaf_sample *s, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(64);
    buf_be64(&b, (uint64_t)s->dts), buf_be64(&b, (uint64_t)s->pts), buf_be64(&b, s->size);
    buf_be32(&b, s->duration), buf_byte(&b, s->sync), buf_byte(&b, s->begins);
    t->samples++;
    if (b.failed || EVP_DigestUpdate(t->md, b.p, b.n) != 1 || EVP_DigestUpdate(t->md, s->data, s->size) != 1)
        return err_set(reterr, ERR_NO_MEMORY, "digest of a track");
    return 0;
}

/* Every sample of a track to fn; the digest of all is left in ret. */
static int samples_run(struct transcrypt *x, int fd, int idx, struct cmaf_writer *w, int from_permille, uint8_t ret[EVP_MAX_MD_SIZE],
                       int64_t *ret_samples, struct err *reterr) {
    scoped(cmaf_reader_freep) struct cmaf_reader *in = NULL;
    struct tally t = {.md = EVP_MD_CTX_new()};
    struct cmaf_sample s;
    int r = cmaf_reader_new(fd, idx, x->keys, x->n_keys, &in, reterr);
    if (r >= 0 && (!t.md || EVP_DigestInit_ex(t.md, EVP_sha256(), NULL) != 1))
        r = err_set(reterr, ERR_NO_MEMORY, "digest of a track");
    while (r >= 0 && (r = cmaf_reader_next(in, &s, reterr)) > 0) {
        r = tally_add(&t, &s, reterr);
        if (r >= 0 && w)
            r = cmaf_write(w, &s, reterr);
        if (r >= 0 && s.begins && op_progress(x->io, "transcrypt", from_permille + cmaf_reader_permille(in) / 2, 0, -1) < 0)
            r = err_set(reterr, ERR_CANCELLED, "stopped");
    }
    if (r >= 0 && EVP_DigestFinal_ex(t.md, ret, NULL) != 1)
        r = err_set(reterr, ERR_INTERNAL, "digest of a track");
    EVP_MD_CTX_free(t.md);
    *ret_samples = t.samples;
    return MIN(r, 0);
}

static int writer_open(struct transcrypt *x, struct cmaf_writer **ret, struct err *reterr) {
    scoped(cmaf_reader_freep) struct cmaf_reader *in = NULL;
    struct cmaf_format f;
    const char *object = json_string_value(json_object_get(x->request, "object"));
    int r = cmaf_reader_new(x->io->fds[0], x->io->fds[1], x->keys, x->n_keys, &in, reterr);
    if (r >= 0)
        r = cmaf_reader_format(in, &x->track, &f, reterr);
    if (r < 0)
        return r;
    /* The reader goes before the writer does. */
    uint8_t *extra = arena_alloc(&x->arena, MAX(f.n_extra, 1u));
    if (!extra || !object)
        return err_set(reterr, ERR_INVALID, "transcrypt: a track's object, and memory for it, are due");
    memcpy(extra, f.extra, f.n_extra);
    f.extra = extra;
    f.protect = x->periods;
    f.n_periods = x->n_keys;
    f.key_period = json_integer_value(json_object_get(x->request, "key_period_ms")) * f.timescale / 1000;
    return cmaf_writer_new(&f, object, x->io->fds[2], x->io->fds[3], ret, reterr);
}

static int kids_read(struct transcrypt *x, struct err *reterr) {
    json_t *list = json_object_get(x->request, "kids");
    x->n_kids = json_array_size(list);
    x->kids = x->n_kids <= KIDS_MAX ? arena_alloc(&x->arena, MAX(x->n_kids, 1u) * sizeof *x->kids) : NULL;
    for (size_t i = 0; x->kids && i < x->n_kids; i++) {
        json_t *v = json_array_get(list, i);
        if (!str_unhex(str_make(json_string_value(v), json_string_length(v)), x->kids[i], 16))
            return err_set(reterr, ERR_INVALID, "a key id is 32 hex digits");
    }
    return x->kids ? 0 : err_set(reterr, ERR_INVALID, "transcrypt: the key ids");
}

static int request_read(struct transcrypt *x, struct err *reterr) {
    const char *id = json_string_value(json_object_get(x->request, "id"));
    int scheme = name_index(scheme_names, 3, json_string_value(json_object_get(x->request, "scheme")));
    uint32_t ordinal = (uint32_t)json_integer_value(json_object_get(x->request, "ordinal"));
    int r = op_need_fds(x->io, 4, reterr);
    if (r >= 0 && (scheme <= SCHEME_CLEAR || !id))
        r = err_set(reterr, ERR_INVALID, "transcrypt: an asset and a scheme are due");
    if (r >= 0)
        r = track_from_json(json_object_get(x->request, "track"), &x->arena, &x->track, reterr);
    if (r >= 0)
        r = cenc_keys_parse(json_object_get(x->request, "keys"), &x->arena, &x->keys, &x->n_keys, reterr);
    if (r >= 0 && x->n_keys == 0)
        r = err_set(reterr, ERR_INVALID, "transcrypt: a track without a key");
    if (r >= 0)
        r = kids_read(x, reterr);
    x->scheme = (enum scheme)scheme;
    return r < 0 ? r
                 : cenc_periods_make(x->scheme, x->keys, x->n_keys, str_of(id), ordinal, x->track.kind != TRACK_AUDIO,
                                     (const uint8_t(*)[16])x->kids, x->n_kids, &x->arena, &x->periods, reterr);
}

static int result_make(struct transcrypt *x, const uint8_t digest[32], int64_t samples, json_t **ret, struct err *reterr) {
    scoped(buf_done) struct buf hex = BUF(128);
    buf_hex(&hex, digest, 32);
    *ret = json_pack("{s:o, s:I, s:s%}", "track", track_to_json(&x->track), "samples", (json_int_t)samples, "sha256", (char *)hex.p, hex.n);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "result");
}

static int transcrypt_run(struct transcrypt *x, json_t **ret_result, struct err *reterr) {
    scoped(cmaf_writer_freep) struct cmaf_writer *w = NULL;
    uint8_t before[EVP_MAX_MD_SIZE], after[EVP_MAX_MD_SIZE];
    int64_t n_before, n_after;
    int r = request_read(x, reterr);
    enum track_kind kind = x->track.kind; /* the writer knows no trick tracks */
    if (r >= 0)
        r = writer_open(x, &w, reterr);
    if (r >= 0)
        r = samples_run(x, x->io->fds[0], x->io->fds[1], w, 0, before, &n_before, reterr);
    if (r >= 0)
        r = cmaf_writer_end(w, x->track.duration, &x->arena, &x->track, reterr);
    x->track.kind = kind;
    if (r >= 0)
        r = samples_run(x, x->io->fds[2], x->io->fds[3], NULL, 500, after, &n_after, reterr);
    if (r >= 0 && (n_before != n_after || memcmp(before, after, 32) != 0))
        r = err_refuse(reterr, ERR_CORRUPT, "media.transcrypt_failed", "Try it again; if it fails again, import the film anew.",
                       "track " STR_FMT " does not read back as what it was made of", STR_ARG(x->track.name));
    return r < 0 ? r : result_make(x, after, n_after, ret_result, reterr);
}

int op_transcrypt(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    struct transcrypt x = {.io = io, .request = request, .arena = ARENA(64 << 20)};
    int r = transcrypt_run(&x, ret_result, reterr);
    if (x.keys)
        explicit_bzero(x.keys, x.n_keys * sizeof *x.keys);
    if (x.periods)
        explicit_bzero(x.periods, x.n_keys * sizeof *x.periods);
    arena_done(&x.arena);
    return r;
}
