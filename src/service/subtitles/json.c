/* json.c - subtitles and cues as the API says them, and cues as an editor sends them. */
#include "service/json.h"
#include "service/subtitles/subtitles_int.h"

enum { FAULTS_MAX = 20 };
#define LATEST_MS (48 * 3600000LL)

json_t *subtitle_json(const struct subtitle *s, const struct text_place *at, struct arena *a) {
    json_t *notes = json_loadb(s->notes.p ? s->notes.p : "", s->notes.n, 0, NULL);
    bool shown = id_is_set(at->asset.v) && str_eq(id_str(&s->asset.v), id_str(&at->asset.v));
    json_t *o = json_pack("{s:o, s:o, s:I, s:o, s:o, s:o, s:b, s:b, s:b}", "id", json_of_id(s->id.v), "title_id",
                          json_of_id(s->title.v), "revision", (json_int_t)s->revision, "lang", json_of_str(s->lang), "label",
                          json_of_str(s->label.p ? s->label : STR("")), "name", json_of_str(subtitle_label(s, a)), "sdh",
                          str_eq(s->role, STR("caption")), "forced", str_eq(s->role, STR("forced")), "default", s->is_default);
    json_t *more = json_pack("{s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:b, s:o, s:o}", "source", json_of_str(s->source), "file_name",
                             json_of_text(s->file_name), "format", json_of_str(s->format), "encoding", json_of_text(s->encoding),
                             "detected",
                             s->guess.n ? json_pack("{s:o, s:I}", "lang", json_of_str(s->guess), "percent", (json_int_t)s->guess_percent)
                                        : json_null(),
                             "cues", (json_int_t)s->cues, "notes", json_is_array(notes) ? json_incref(notes) : json_array(), "shown",
                             shown, "created_at", json_of_time(s->created_ms), "updated_at", json_of_time(s->updated_ms));
    json_decref(notes);
    if (!o || !more || json_object_update(o, more) < 0) {
        json_decref(o);
        o = NULL;
    }
    json_decref(more);
    return o;
}

json_t *cue_json(const struct cue *q) {
    return json_pack("{s:I, s:I, s:o, s:o}", "start_ms", (json_int_t)q->start_ms, "end_ms", (json_int_t)q->end_ms, "text",
                     json_of_str(q->text), "settings", json_of_str(q->settings.p ? q->settings : STR("")));
}

static const char *cue_take(json_t *one, struct cues *ret, struct err *reterr, int *rc) {
    int64_t start = json_get_int(one, "start_ms", -1), end = json_get_int(one, "end_ms", -1);
    if (start < 0 || end > LATEST_MS)
        return "begins before the film, or ends after two days";
    if (end <= start)
        return "ends before it begins";
    scoped(buf_done) struct buf raw = BUF(2 * SUBTITLE_TEXT_MAX), text = BUF(8 * SUBTITLE_TEXT_MAX), settings = BUF(400);
    struct str sent = json_get_str(one, "text");
    for (size_t i = 0; i < sent.n; i++) /* a carriage return or NUL would be another line, or none */
        if (sent.p[i] != '\r')
            buf_byte(&raw, (uint8_t)(sent.p[i] ? sent.p[i] : ' '));
    vtt_clean(&text, str_trim(buf_str(&raw)));
    vtt_settings(&settings, json_get_str(one, "settings"));
    if (raw.failed || text.failed || settings.failed)
        return "is too long";
    scoped(buf_done) struct buf plain = BUF(8 * SUBTITLE_TEXT_MAX);
    cue_plain(&plain, buf_str(&text));
    if (str_trim(buf_str(&plain)).n == 0)
        return "says nothing";
    *rc = cues_add(ret, start, end, buf_str(&settings), buf_str(&text), reterr);
    return NULL;
}

int cues_from_json(json_t *list, struct cues *ret, void (*fault)(void *arg, const char *field, const char *detail), void *arg,
                   struct err *reterr) {
    json_t *one;
    size_t i, faults = 0;
    int rc = 0;
    json_array_foreach(list, i, one) {
        const char *wrong = cue_take(one, ret, reterr, &rc);
        char field[40];
        snprintf(field, sizeof field, "cues.%zu", i);
        if (wrong && fault && faults < FAULTS_MAX)
            fault(arg, field, wrong);
        faults += wrong != NULL;
        if (rc < 0)
            return rc;
    }
    if (faults > 0)
        return err_refuse(reterr, ERR_INVALID, "subtitle.cues",
                          "Some subtitles cannot be kept as they are: mend those that are named.", "%zu of %zu cues", faults,
                          json_array_size(list));
    if (ret->n == 0)
        return err_refuse(reterr, ERR_INVALID, "subtitle.empty",
                          "Nothing would be left. Remove the subtitles as a whole instead.", "no cue");
    cues_sort(ret);
    return 0;
}
