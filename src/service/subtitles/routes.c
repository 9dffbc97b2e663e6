/* routes.c - the editors' addresses. Whatever changes something names the revision that it was made from. */
#include "service/ingest/ingest.h"
#include "service/json.h"
#include "service/subtitles/subtitles_int.h"

enum { PAGE = 50, CUES_PAGE = 2000, CUES_PAGE_MAX = 5000 };

static int subtitle_of(struct request *rq, struct subtitle *ret, struct err *reterr) {
    struct subtitle_id id = {{{0}}};
    id_parse(request_param(rq, "id"), &id.v); /* "{id:id}" checked it */
    return subtitle_get(request_engine(rq)->store, id, request_arena(rq), ret, reterr);
}

/* For a change: there, not removed, and at the revision that the editor saw. */
static int subtitle_at(struct request *rq, int64_t revision, struct subtitle *ret, struct err *reterr) {
    int rc = subtitle_of(rq, ret, reterr);
    if (rc == 0 && ret->removed_ms)
        return err_refuse(reterr, ERR_NOT_FOUND, "subtitle.removed", "These subtitles were removed.", "removed");
    if (rc == 0 && ret->revision != revision)
        return err_refuse(reterr, ERR_CONFLICT, "subtitle.changed",
                          "Somebody else changed these subtitles meanwhile. Load them again; what you see is not lost until you do.",
                          "revision %lld, not %lld", (long long)ret->revision, (long long)revision);
    return rc;
}

static int subtitle_reply(struct request *rq, int status, const struct subtitle *s, struct err *reterr) {
    struct text_place at;
    int rc = subtitles_look(request_engine(rq), s->title, &at, reterr);
    return rc ? rc : reply_json(rq, status, subtitle_json(s, &at, request_arena(rq)));
}

static int list_get(struct request *rq, struct err *reterr) {
    struct title_id title = {{{0}}};
    struct text_place at;
    struct rows r;
    id_parse(request_param(rq, "id"), &title.v);
    int64_t limit = request_query_int(rq, "limit", PAGE);
    struct str after = request_query(rq, "cursor");
    int rc = subtitles_look(request_engine(rq), title, &at, reterr);
    if (rc < 0)
        return rc;
    int n = store_query(request_engine(rq)->store, &subtitles_sql[SUBTITLE_PAGE],
                        ARGS(A_ID(title), A_STR(after.p ? after : STR("")), A_I64(limit + 1)), request_arena(rq), &r, reterr);
    if (n < 0)
        return n;
    json_t *items = json_array();
    struct subtitle s = {.id = {{{0}}}};
    for (int i = 0; i < n && i < limit; i++) {
        subtitle_read(&r, (size_t)i, &s);
        json_array_append_new(items, subtitle_json(&s, &at, request_arena(rq)));
    }
    return reply_json(rq, 200, json_pack("{s:o, s:o}", "items", items, "next_cursor", n > limit ? json_of_id(s.id.v) : json_null()));
}

static int one_get(struct request *rq, struct err *reterr) {
    struct subtitle s;
    int rc = subtitle_of(rq, &s, reterr);
    if (rc == 0 && s.removed_ms)
        return err_refuse(reterr, ERR_NOT_FOUND, "subtitle.removed", "These subtitles were removed.", "removed");
    return rc ? rc : subtitle_reply(rq, 200, &s, reterr);
}

/* ---- Files ---- */

static int lang_take(struct request *rq, struct str sent, struct str *ret, struct err *reterr) {
    if (str_eq(sent, STR("und")) || language_parse(sent, request_arena(rq), ret)) {
        *ret = str_eq(sent, STR("und")) ? sent : *ret;
        return 0;
    }
    request_field_error(rq, "lang", "No such language is known: write it like de, pt-BR or zh-Hant.");
    return err_refuse(reterr, ERR_INVALID, "subtitle.lang", "No such language is known: write it like de, pt-BR or zh-Hant.",
                      "lang \"" STR_FMT "\"", STR_ARG(sent));
}

static int role_take(bool sdh, bool forced, struct str *ret, struct err *reterr) {
    if (sdh && forced)
        return err_refuse(reterr, ERR_INVALID, "subtitle.flags",
                          "Subtitles are either for who does not hear (SDH), which tell everything, or forced, which tell the "
                          "least. Choose one.",
                          "sdh and forced");
    *ret = forced ? STR("forced") : sdh ? STR("caption") : STR("subtitle");
    return 0;
}

static bool query_bool(struct request *rq, const char *name, bool absent) {
    struct str s = request_query(rq, name);
    return s.p ? str_eq(s, STR("true")) : absent;
}

/* What is not said is taken from the words, then from the file's name. */
static int described(struct request *rq, struct subtitle *s, bool marked_forced, struct err *reterr) {
    struct str lang = request_query(rq, "lang"), label = request_query(rq, "label");
    struct file_hint hint = subtitle_file_hint(s->file_name, request_arena(rq));
    bool forced = query_bool(rq, "forced", (hint.forced || marked_forced) && !query_bool(rq, "sdh", false));
    int rc = role_take(query_bool(rq, "sdh", hint.sdh && !forced), forced, &s->role, reterr);
    s->label = label.p ? label : STR("");
    s->is_default = query_bool(rq, "default", false);
    s->lang = s->guess.n ? s->guess : hint.lang.n ? hint.lang : STR("und");
    if (hint.lang.n && str_starts(hint.lang, s->guess) && s->guess.n) /* "pt-BR" says more than "pt" */
        s->lang = hint.lang;
    return rc == 0 && lang.n ? lang_take(rq, lang, &s->lang, reterr) : rc;
}

static int encoding_check(struct request *rq, struct err *reterr) {
    struct str encoding = request_query(rq, "encoding");
    if (!encoding.n || text_encoding_known(encoding))
        return 0;
    return err_refuse(reterr, ERR_INVALID, "text.encoding",
                      "No such encoding is known here. Name one like UTF-8, windows-1251, Shift_JIS, or leave it to be found out.",
                      "encoding \"" STR_FMT "\"", STR_ARG(encoding));
}

/* The body, read in the sandbox, into cues and what was found out about it. */
static int file_take(struct request *rq, struct subtitle *s, struct cues *c, bool *ret_forced, struct err *reterr) {
    struct subtitle_found found;
    struct str name = request_query(rq, "file_name");
    int rc = encoding_check(rq, reterr);
    if (rc < 0)
        return rc;
    scoped(fd_close) int fd = subtitle_file_receive(rq, reterr);
    if (fd < 0)
        return fd;
    rc = subtitle_file_read(fd, request_query(rq, "encoding"), c, request_arena(rq), &found, reterr);
    if (rc < 0)
        return rc;
    s->source = STR("upload");
    s->file_name = name.p ? name : STR("");
    s->format = found.format;
    s->encoding = found.encoding;
    s->guess = found.guess;
    s->guess_percent = found.percent;
    s->notes = found.notes;
    *ret_forced = found.forced;
    return 0;
}

static int file_post_with(struct request *rq, struct subtitle *s, struct cues *c, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct text_place at;
    int64_t now = clock_now_ms(e->clock);
    bool forced = false;
    id_parse(request_param(rq, "id"), &s->title.v);
    int rc = subtitles_look(e, s->title, &at, reterr); /* before a film's worth of bytes is read for nothing */
    if (rc == 0)
        rc = file_take(rq, s, c, &forced, reterr);
    if (rc == 0)
        rc = described(rq, s, forced, reterr);
    s->id = (struct subtitle_id){id_new(now)};
    s->created_ms = now;
    if (rc == 0)
        rc = subtitle_save(e, s, "added", c, request_arena(rq), reterr);
    return rc ? rc : subtitle_reply(rq, 201, s, reterr);
}

static int file_put_with(struct request *rq, struct subtitle *s, struct cues *c, struct err *reterr) {
    int rc = subtitle_at(rq, request_query_int(rq, "revision", 0), s, reterr);
    bool forced; /* flags are the editor's, once the subtitles are there */
    if (rc == 0)
        rc = file_take(rq, s, c, &forced, reterr);
    if (rc == 0)
        rc = subtitle_save(request_engine(rq), s, "replaced", c, request_arena(rq), reterr);
    return rc ? rc : subtitle_reply(rq, 200, s, reterr);
}

/* Runs a handler with an empty list of cues that has memory of its own. */
static int with_cues(struct request *rq, int (*run)(struct request *rq, struct subtitle *s, struct cues *c, struct err *reterr),
                     struct err *reterr) {
    struct arena own = ARENA(SUBTITLE_ARENA);
    struct subtitle s = {.revision = 0};
    struct cues c;
    cues_init(&c, &own);
    int rc = run(rq, &s, &c, reterr);
    cues_done(&c);
    arena_done(&own);
    return rc;
}
#define WITH_CUES(name)                                                                            \
    static int name(struct request *rq, struct err *reterr) { return with_cues(rq, name##_with, reterr); }
WITH_CUES(file_post)
WITH_CUES(file_put)

static int file_get_with(struct request *rq, struct subtitle *s, struct cues *c, struct err *reterr) {
    bool srt = str_eq(request_query(rq, "format"), STR("srt"));
    char saved[160];
    int rc = subtitle_of(rq, s, reterr);
    if (rc == 0)
        rc = subtitle_cues_load(request_engine(rq), s->vtt, c, reterr);
    if (rc < 0)
        return rc;
    scoped(buf_done) struct buf b = BUF(2 * SUBTITLE_VTT_MAX);
    if (srt)
        srt_write(&b, c);
    else
        vtt_write(&b, c);
    if (b.failed)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for a file of subtitles");
    snprintf(saved, sizeof saved, "attachment; filename=\"subtitles.%.35s.%s\"", str_cstr(request_arena(rq), s->lang), srt ? "srt" : "vtt");
    reply_header(rq, "Content-Disposition", saved);
    return reply_text(rq, 200, srt ? "application/x-subrip; charset=utf-8" : "text/vtt; charset=utf-8", buf_str(&b));
}
WITH_CUES(file_get)

/* ---- Cues ---- */

static int cues_reply(struct request *rq, const struct subtitle *s, const struct cues *c, struct err *reterr) {
    struct text_place at;
    struct cue_warning *w;
    struct cue_limits l = cue_limits_of(s->lang);
    size_t n_w, from = 0, limit = (size_t)request_query_int(rq, "limit", CUES_PAGE);
    struct str cursor = request_query(rq, "cursor");
    int64_t at_cue = 0;
    if (cursor.n && (!str_to_i64(cursor, &at_cue) || at_cue < 0))
        return err_refuse(reterr, ERR_INVALID, "invalid", "The cursor is not one of ours.", "cursor");
    from = MIN((size_t)at_cue, c->n);
    size_t to = MIN(from + limit, c->n);
    int rc = subtitles_look(request_engine(rq), s->title, &at, reterr);
    if (rc == 0)
        rc = cues_check(c, from, to, at.duration_ms, l, request_arena(rq), &w, &n_w, reterr);
    if (rc < 0)
        return rc;
    json_t *cues = json_array(), *warnings = json_array();
    for (size_t i = from; i < to; i++)
        json_array_append_new(cues, cue_json(&c->v[i]));
    for (size_t i = 0; i < n_w; i++)
        json_array_append_new(warnings, json_pack("{s:I, s:s, s:I}", "cue", (json_int_t)w[i].cue, "code", w[i].code, "value",
                                                  (json_int_t)w[i].value));
    json_t *limits = json_pack("{s:i, s:i, s:i, s:i, s:i}", "chars_per_s", l.chars_per_s, "line_chars", l.line_chars, "lines", l.lines,
                               "min_ms", l.min_ms, "max_ms", l.max_ms);
    return reply_json(rq, 200,
                      json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "revision", (json_int_t)s->revision, "duration_ms",
                                (json_int_t)at.duration_ms, "total", (json_int_t)c->n, "cues", cues, "warnings", warnings, "limits", limits,
                                "next_cursor", to < c->n ? json_sprintf("%zu", to) : json_null()));
}

static int cues_get_with(struct request *rq, struct subtitle *s, struct cues *c, struct err *reterr) {
    int rc = subtitle_of(rq, s, reterr);
    if (rc == 0)
        rc = subtitle_cues_load(request_engine(rq), s->vtt, c, reterr);
    return rc ? rc : cues_reply(rq, s, c, reterr);
}
WITH_CUES(cues_get)

static void fault_tell(void *arg, const char *field, const char *detail) {
    request_field_error(arg, field, detail);
}

/* The styles of the file that was sent stay with its cues. */
static int head_keep(const struct engine *e, const struct subtitle *s, struct cues *c, struct err *reterr) {
    struct arena own = ARENA(SUBTITLE_ARENA);
    struct cues was;
    cues_init(&was, &own);
    int rc = subtitle_cues_load(e, s->vtt, &was, reterr);
    if (rc == 0)
        buf_mem(&c->head, was.head.p, was.head.n);
    cues_done(&was);
    arena_done(&own);
    return rc;
}

static int cues_put_with(struct request *rq, struct subtitle *s, struct cues *c, struct err *reterr) {
    json_t *body = request_json(rq);
    int rc = subtitle_at(rq, json_get_int(body, "revision", 0), s, reterr);
    if (rc == 0)
        rc = cues_from_json(json_object_get(body, "cues"), c, fault_tell, rq, reterr);
    if (rc == 0)
        rc = head_keep(request_engine(rq), s, c, reterr);
    if (rc == 0)
        rc = subtitle_save(request_engine(rq), s, "edited", c, request_arena(rq), reterr);
    return rc ? rc : subtitle_reply(rq, 200, s, reterr);
}
WITH_CUES(cues_put)

static int shift_with(struct request *rq, struct subtitle *s, struct cues *c, struct err *reterr) {
    json_t *body = request_json(rq);
    int rc = subtitle_at(rq, json_get_int(body, "revision", 0), s, reterr);
    if (rc == 0)
        rc = subtitle_cues_load(request_engine(rq), s->vtt, c, reterr);
    if (rc == 0)
        rc = cues_shift(c, json_get_int(body, "ms", 0), json_get_int(body, "from_ms", 0), reterr);
    if (rc == 0)
        rc = subtitle_save(request_engine(rq), s, "shifted", c, request_arena(rq), reterr);
    return rc ? rc : subtitle_reply(rq, 200, s, reterr);
}
WITH_CUES(shift)

static int anchors_take(json_t *body, struct cue_anchor v[2], struct err *reterr) {
    json_t *list = json_object_get(body, "anchors");
    struct cue_anchor rate;
    for (size_t i = 0; i < 2 && json_array_size(list) == 2; i++)
        v[i] = (struct cue_anchor){json_get_int(json_array_get(list, i), "from_ms", 0), json_get_int(json_array_get(list, i), "to_ms", 0)};
    if (json_array_size(list) == 2)
        return 0;
    if (!cues_rate_anchor(json_get_str(body, "made_for"), json_get_str(body, "plays_at"), &rate))
        return err_refuse(reterr, ERR_INVALID, "subtitle.stretch", "Give two anchors, or both frame rates.", "neither of the two");
    v[0] = (struct cue_anchor){0, 0};
    v[1] = rate;
    return 0;
}

static int stretch_with(struct request *rq, struct subtitle *s, struct cues *c, struct err *reterr) {
    json_t *body = request_json(rq);
    struct cue_anchor v[2];
    int rc = anchors_take(body, v, reterr);
    if (rc == 0)
        rc = subtitle_at(rq, json_get_int(body, "revision", 0), s, reterr);
    if (rc == 0)
        rc = subtitle_cues_load(request_engine(rq), s->vtt, c, reterr);
    if (rc == 0)
        rc = cues_stretch(c, v[0], v[1], reterr);
    if (rc == 0)
        rc = subtitle_save(request_engine(rq), s, "stretched", c, request_arena(rq), reterr);
    return rc ? rc : subtitle_reply(rq, 200, s, reterr);
}
WITH_CUES(stretch)

/* ---- What they are ---- */

static int one_patch(struct request *rq, struct err *reterr) {
    json_t *body = request_json(rq), *v;
    struct subtitle s;
    int rc = subtitle_at(rq, json_get_int(body, "revision", 0), &s, reterr);
    if (rc < 0)
        return rc;
    bool sdh = str_eq(s.role, STR("caption")), forced = str_eq(s.role, STR("forced"));
    sdh = (v = json_object_get(body, "sdh")) ? json_is_true(v) : sdh;
    forced = (v = json_object_get(body, "forced")) ? json_is_true(v) : forced;
    rc = role_take(sdh, forced, &s.role, reterr);
    if (rc == 0 && json_object_get(body, "lang"))
        rc = lang_take(rq, json_get_str(body, "lang"), &s.lang, reterr);
    if (json_object_get(body, "label"))
        s.label = str_trim(json_get_str(body, "label"));
    if ((v = json_object_get(body, "default")))
        s.is_default = json_is_true(v);
    if (rc == 0)
        rc = subtitle_save(request_engine(rq), &s, "described", NULL, request_arena(rq), reterr);
    return rc ? rc : subtitle_reply(rq, 200, &s, reterr);
}

static int one_delete(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct subtitle s;
    int rc = subtitle_at(rq, request_query_int(rq, "revision", 0), &s, reterr);
    s.removed_ms = clock_now_ms(e->clock);
    if (rc == 0)
        rc = subtitle_save(e, &s, "removed", NULL, request_arena(rq), reterr);
    return rc ? rc : reply_empty(rq);
}

/* Also back from having been removed. */
static int revert(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    json_t *body = request_json(rq);
    struct subtitle s;
    int64_t to = json_get_int(body, "to", 0);
    int rc = subtitle_of(rq, &s, reterr);
    if (rc == 0 && (s.revision != json_get_int(body, "revision", 0) || to >= s.revision))
        return err_refuse(reterr, ERR_CONFLICT, "subtitle.changed",
                          "Somebody else changed these subtitles meanwhile. Load them again; what you see is not lost until you do.",
                          "revision %lld", (long long)s.revision);
    if (rc == 0)
        rc = subtitle_revision_get(e->store, &s, to, request_arena(rq), reterr);
    s.removed_ms = 0;
    if (rc == 0)
        rc = subtitle_save(e, &s, "reverted", NULL, request_arena(rq), reterr);
    return rc ? rc : subtitle_reply(rq, 200, &s, reterr);
}

static int revisions_get(struct request *rq, struct err *reterr) {
    struct subtitle s;
    struct rows r;
    struct str cursor = request_query(rq, "cursor");
    int64_t before = INT64_MAX, limit = request_query_int(rq, "limit", PAGE);
    int rc = subtitle_of(rq, &s, reterr);
    if (rc == 0 && cursor.n && !str_to_i64(cursor, &before))
        return err_refuse(reterr, ERR_INVALID, "invalid", "The cursor is not one of ours.", "cursor");
    int n = rc ? rc
               : store_query(request_engine(rq)->store, &subtitles_sql[REVISION_PAGE], ARGS(A_ID(s.id), A_I64(before), A_I64(limit + 1)),
                             request_arena(rq), &r, reterr);
    if (n < 0)
        return n;
    json_t *items = json_array();
    for (int i = 0; i < n && i < limit; i++) {
        size_t at = (size_t)i;
        struct str role = row_str(&r, at, 4);
        json_array_append_new(
            items, json_pack("{s:I, s:o, s:o, s:o, s:b, s:b, s:b, s:I, s:o}", "revision", (json_int_t)row_i64(&r, at, 0), "action",
                             json_of_str(row_str(&r, at, 1)), "lang", json_of_str(row_str(&r, at, 2)), "label",
                             json_of_str(row_str(&r, at, 3)), "sdh", str_eq(role, STR("caption")), "forced",
                             str_eq(role, STR("forced")), "default", row_i64(&r, at, 5) != 0, "cues", (json_int_t)row_i64(&r, at, 6),
                             "at", json_of_time(row_i64(&r, at, 7))));
    }
    return reply_json(rq, 200,
                      json_pack("{s:o, s:o}", "items", items, "next_cursor",
                                n > limit ? json_sprintf("%lld", (long long)row_i64(&r, (size_t)limit - 1, 0)) : json_null()));
}

#define FILE_QUERY                                                                                 \
    {"file_name", F_STR, 0, 0, SUBTITLE_NAME_MAX, .doc = "May say the language: Film.de.forced.srt"},                       \
    {"encoding", F_STR, 0, 1, 40, .doc = "Absent: found out"}
static const struct field post_query[] = {FILE_QUERY,
                                          {"lang", F_LANG, 0, .doc = "Absent: found out"},
                                          {"label", F_STR, 0, 0, SUBTITLE_LABEL_MAX},
                                          {"sdh", F_BOOL, 0},
                                          {"forced", F_BOOL, 0},
                                          {"default", F_BOOL, 0},
                                          {.type = F_END}};
#define REVISION_QUERY {"revision", F_INT, FIELD_REQUIRED, 1, 1000000000000000, .doc = "The one that was read"}
static const struct field put_query[] = {FILE_QUERY, REVISION_QUERY, {.type = F_END}};
static const struct field delete_query[] = {REVISION_QUERY, {.type = F_END}};
static const struct field list_query[] = {{"cursor", F_ID, 0}, {"limit", F_INT, 0, 1, 100}, {.type = F_END}};
static const struct field cues_query[] = {{"cursor", F_STR, 0, 1, 20}, {"limit", F_INT, 0, 1, CUES_PAGE_MAX}, {.type = F_END}};
static const struct field revisions_query[] = {{"cursor", F_STR, 0, 1, 20}, {"limit", F_INT, 0, 1, 100}, {.type = F_END}};
static const struct field format_query[] = {{"format", F_STR, 0, .values = "vtt|srt", .doc = "Absent: vtt"}, {.type = F_END}};

#define OF_TITLE "/api/v1/editor/titles/{id:id}/subtitles"
#define ONE "/api/v1/editor/subtitles/{id:id}"
#define READS ROLE_EDITOR, .priority = PRIO_REST, .scope = SCOPE_CATALOG_READ
#define CHANGES ROLE_EDITOR, .priority = PRIO_REST, .scope = SCOPE_CATALOG_WRITE
const struct route subtitles_routes[] = {
    {GET, OF_TITLE, list_get, READS, .query = list_query, .reply = "SubtitleList", .op = "titleSubtitles",
     .doc = "A title's subtitles: those of the film, and those that editors sent"},
    {POST, OF_TITLE, file_post, CHANGES, .per_minute = 60, .body_max = TEXT_FILE_MAX, .pool = POOL_STREAM,
     .flags = ROUTE_STREAM_BODY | ROUTE_ANY_TYPE, .query = post_query, .reply = "Subtitle", .op = "addSubtitles", .status = 201,
     .doc = "Send a subtitle file: SRT, WebVTT, ASS, SSA or TTML (IMSC, EBU-TT) in any encoding"},
    {GET, ONE, one_get, READS, .reply = "Subtitle", .op = "subtitle", .doc = "One of them"},
    {PATCH, ONE, one_patch, CHANGES, .per_minute = 120, .body = "SubtitleChange", .reply = "Subtitle", .op = "changeSubtitle",
     .doc = "Set language, name and flags"},
    {DELETE, ONE, one_delete, CHANGES, .per_minute = 60, .query = delete_query, .op = "removeSubtitle",
     .doc = "Take them off the film; they can be brought back for a month"},
    {GET, ONE "/file", file_get, READS, .query = format_query, .op = "subtitleFile", .status = 200, .doc = "The subtitles as a file"},
    {PUT, ONE "/file", file_put, CHANGES, .per_minute = 60, .body_max = TEXT_FILE_MAX, .pool = POOL_STREAM,
     .flags = ROUTE_STREAM_BODY | ROUTE_ANY_TYPE, .query = put_query, .reply = "Subtitle", .op = "replaceSubtitles",
     .doc = "Another file in their place"},
    {GET, ONE "/cues", cues_get, READS, .query = cues_query, .reply = "CueList", .op = "subtitleCues",
     .doc = "The cues, and what to look at in them"},
    {PUT, ONE "/cues", cues_put, CHANGES, .per_minute = 240, .body_max = 16 << 20, .body = "CueSave", .reply = "Subtitle",
     .op = "saveCues", .doc = "All cues, edited"},
    {POST, ONE "/shift", shift, CHANGES, .per_minute = 120, .body = "SubtitleShift", .reply = "Subtitle", .op = "shiftSubtitle",
     .status = 200, .doc = "Earlier or later"},
    {POST, ONE "/stretch", stretch, CHANGES, .per_minute = 120, .body = "SubtitleStretch", .reply = "Subtitle", .op = "stretchSubtitle",
     .status = 200, .doc = "In proportion: by two anchors, or from one frame rate to another"},
    {POST, ONE "/revert", revert, CHANGES, .per_minute = 120, .body = "SubtitleRevert", .reply = "Subtitle", .op = "revertSubtitle",
     .status = 200, .doc = "Back to an earlier revision; what was removed comes back, too"},
    {GET, ONE "/revisions", revisions_get, READS, .query = revisions_query, .reply = "SubtitleRevisions", .op = "subtitleRevisions",
     .doc = "What was done to them, the newest first"},
    {.path = NULL}};
