/* op.c - the operations `text`, of an import, and `subtitle`, of a file that an editor sent. */
#include "media/text/text.h"
#include "media/seal/seal.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static int file_read(int fd, struct buf *ret, struct err *reterr) {
    int64_t size = fd_size(fd);
    if (size > TEXT_FILE_MAX)
        return err_refuse(reterr, ERR_TOO_LARGE, "text.too_large",
                          "The subtitle file is larger than 16 MB: is it the right one?",
                          "%lld bytes", (long long)size);
    uint8_t block[1 << 16];
    for (;;) {
        ssize_t n = fd_pread(fd, block, sizeof block, (int64_t)ret->n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(reterr, errno, "reading subtitles");
        if (n == 0)
            break;
        buf_mem(ret, block, (size_t)n);
        if (ret->failed)
            return err_set(reterr, ERR_TOO_LARGE, "subtitle file grows");
    }
    if (ret->n == 0)
        return err_refuse(reterr, ERR_BAD_MEDIA, "text.empty", "The subtitle file is empty.",
                          "empty file");
    return 0;
}

static int cues_read(struct cues *c, int fd, json_t *request, struct err *reterr) {
    json_t *stream = json_object_get(request, "stream");
    if (json_is_integer(stream))
        return text_decode(c, fd, (int)json_integer_value(stream), reterr);
    scoped(buf_done) struct buf file = BUF(TEXT_FILE_MAX);
    int r = file_read(fd, &file, reterr);
    if (r >= 0)
        r = text_parse(c, buf_str(&file), NULL, reterr);
    return r;
}

static void cues_shift(struct cues *c, int64_t ms) {
    size_t kept = 0;
    for (size_t i = 0; i < c->n; i++) {
        struct cue q = c->v[i];
        q.start_ms = MAX(q.start_ms + ms, 0), q.end_ms += ms;
        if (q.end_ms > q.start_ms)
            c->v[kept++] = q;
    }
    c->n = kept;
}

/* Another film's subtitles, or times that begin at ten hours as tapes do. */
static void cues_compare(struct cues *c, int64_t film_ms) {
    if (film_ms <= 0 || c->n == 0 || c->v[0].start_ms < film_ms)
        return;
    long long s = c->v[0].start_ms / 1000, film_s = (film_ms + 500) / 1000;
    char what[140];
    snprintf(what, sizeof what, "The first subtitle comes at %lld:%02lld:%02lld, after the film's end (%lld:%02lld:%02lld).",
             s / 3600, s / 60 % 60, s % 60, film_s / 3600, film_s / 60 % 60, film_s % 60);
    cues_warn(c, 0, what);
}

static const char *request_str(json_t *request, const char *key, const char *def) {
    const char *s = json_string_value(json_object_get(request, key));
    return s && *s ? s : def;
}

static json_t *warnings_json(const struct cues *c) {
    json_t *warnings = json_array();
    for (size_t i = 0; i < MIN(c->n_warnings, TEXT_WARNINGS_MAX); i++)
        json_array_append_new(warnings, json_string(c->warnings[i]));
    if (c->n_warnings > TEXT_WARNINGS_MAX)
        json_array_append_new(warnings,
                              json_sprintf("And %zu more.", c->n_warnings - TEXT_WARNINGS_MAX));
    return warnings;
}

static int result_make(const struct cues *c, const struct track_desc *t, json_t **ret_result, struct err *reterr) {
    *ret_result = json_pack("{s:o,s:I,s:o}", "track", track_to_json(t), "cues", (json_int_t)c->n,
                            "warnings", warnings_json(c));
    return *ret_result ? 0 : err_set(reterr, ERR_NO_MEMORY, "result of subtitles");
}

static int text_run(struct op_io *io, json_t *request, struct cues *c, json_t **ret_result,
                    struct err *reterr) {
    const char *name = request_str(request, "name", NULL);
    if (!name || strlen(name) > 40 || strchr(name, '/'))
        return err_set(reterr, ERR_INVALID, "text: the track needs a name");
    int r = cues_read(c, io->fds[0], request, reterr);
    if (r < 0)
        return r;
    cues_shift(c, json_integer_value(json_object_get(request, "shift_ms")));
    cues_compare(c, json_integer_value(json_object_get(request, "duration_ms")));
    struct track_desc t = {.name = str_of(name),
                           .lang = str_of(request_str(request, "lang", "und")),
                           .role = str_of(request_str(request, "role", "subtitle")),
                           .label = str_of(request_str(request, "label", "")),
                           .is_default = json_is_true(json_object_get(request, "default"))};
    if (c->n > 0 && c->n_forced >= c->n && str_eq(t.role, STR("subtitle")))
        t.role = STR("forced");
    json_int_t num = 4, den = 1;
    if (json_unpack(json_object_get(request, "segment"), "[I,I]", &num, &den) < 0)
        num = 4, den = 1;
    char object[64];
    snprintf(object, sizeof object, "%s.vtts", name);
    r = text_segments_write(c, json_integer_value(json_object_get(request, "duration_ms")),
                            (struct ratio){num, den}, object, io->fds[1], io->fds[2], &t, reterr);
    if (r >= 0 && io->n_fds >= 5)
        r = imsc_segments_write(c, (struct ratio){num, den}, io->fds[3], io->fds[4], &t, reterr);
    return r < 0 ? r : result_make(c, &t, ret_result, reterr);
}

int op_text(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    int r = op_need_fds(io, 3, reterr);
    if (r < 0)
        return r;
    struct arena a = ARENA(256 << 20);
    struct cues c;
    cues_init(&c, &a);
    r = text_run(io, request, &c, ret_result, reterr);
    cues_done(&c);
    arena_done(&a);
    return r;
}

static int bytes_write(int fd, const struct buf *b, struct err *reterr) {
    for (size_t done = 0; done < b->n;) {
        ssize_t w = pwrite(fd, b->p + done, b->n - done, (off_t)done);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return err_errno(reterr, w ? errno : ENOSPC, "writing subtitles");
        done += (size_t)w;
    }
    return 0;
}

/* What the file says of its language counts, unless nearly all words are of another: templates say "en" for ever. */
static struct text_language language_settle(struct cues *c) {
    struct text_language found = text_language_find(c);
    size_t n = 0;
    while (c->lang[n] && c->lang[n] != '-')
        n++;
    bool same = strncmp(found.tag, c->lang, n) == 0 && (!found.tag[n] || found.tag[n] == '-');
    if (n == 0 || strlen(c->lang) >= sizeof found.tag)
        return found;
    if (found.tag[0] && !same && n == 2 && found.percent >= 90) {
        char what[120];
        snprintf(what, sizeof what, "The file says that its language is \"%s\"; its words are \"%s\".", c->lang, found.tag);
        cues_warn(c, 0, what);
        return found;
    }
    found.percent = 100;
    snprintf(found.tag, sizeof found.tag, "%s", c->lang);
    return found;
}

static int subtitle_run(struct op_io *io, const char *encoding, struct cues *c, json_t **ret_result, struct err *reterr) {
    scoped(buf_done) struct buf file = BUF(TEXT_FILE_MAX), out = BUF(TEXT_OUT_MAX);
    int r = file_read(io->fds[0], &file, reterr);
    if (r >= 0)
        r = text_parse(c, buf_str(&file), encoding, reterr);
    if (r < 0)
        return r;
    vtt_write(&out, c);
    if (out.failed)
        return err_refuse(reterr, ERR_TOO_LARGE, "text.too_large", "The subtitle file is too large.", "over %zu bytes", out.max);
    if ((r = bytes_write(io->fds[1], &out, reterr)) < 0)
        return r;
    struct text_language found = language_settle(c);
    *ret_result = json_pack("{s:s,s:b,s:s,s:i,s:s,s:i,s:I,s:o}", "format", c->format, "forced", c->n > 0 && c->n_forced >= c->n, "encoding", c->encoding.name, "confidence",
                            c->encoding.confidence, "language", found.tag, "percent", found.percent, "cues", (json_int_t)c->n,
                            "warnings", warnings_json(c));
    return *ret_result ? 0 : err_set(reterr, ERR_NO_MEMORY, "result of subtitles");
}

int op_subtitle(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    int r = op_need_fds(io, 2, reterr);
    if (r < 0)
        return r;
    struct arena a = ARENA(256 << 20);
    struct cues c;
    cues_init(&c, &a);
    r = subtitle_run(io, request_str(request, "encoding", NULL), &c, ret_result, reterr);
    cues_done(&c);
    arena_done(&a);
    return r;
}
