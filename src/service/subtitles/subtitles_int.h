/*
 * subtitles_int.h - an editor's subtitles, between the files of the room and its tests. Cues are struct cues of
 * media/text: sorted, clean. What editors changed is kept as WebVTT in blob "subtitle/<id>/", one object a change; what
 * players get is cut from it for one asset (media/presentation.h says how that changes under who watches).
 */
#pragma once
#include "media/text/text.h"
#include "service/catalog/catalog.h"
#include "service/ingest/ingest.h"
#include "service/subtitles/subtitles_sql.h"

enum {
    SUBTITLE_CUES_MAX = 20000, /* a day of talk */
    SUBTITLE_VTT_MAX = 24 << 20,
    SUBTITLE_TEXT_MAX = 4000,  /* bytes of a cue */
    SUBTITLE_LABEL_MAX = 100,
    SUBTITLE_NAME_MAX = 200,
    SUBTITLE_REVISIONS_KEPT = 100
};
#define SUBTITLE_ARENA (128 << 20)

struct subtitle {
    struct subtitle_id id;
    struct title_id title;
    struct version_id version;
    struct str lang, label, role; /* role: subtitle, caption (SDH), forced */
    bool is_default;
    struct str source, file_name, format, encoding, guess;
    int64_t guess_percent, revision, cues;
    struct str vtt, notes; /* the blob of its cues; what was mended, a JSON array of sentences */
    struct asset_id asset; /* whose segments there are; unset: none */
    struct str track;      /* their description */
    int64_t created_ms, updated_ms, removed_ms;
};

/* rows.c. Strings in the arena. ERR_NOT_FOUND "subtitle.not_found". */
int subtitle_get(struct store *st, struct subtitle_id id, struct arena *a, struct subtitle *ret, struct err *reterr);
void subtitle_read(const struct rows *r, size_t row, struct subtitle *ret);
int subtitle_row_insert(struct tx *tx, const struct subtitle *s, struct err *reterr);
/* The row as s says; ERR_CONFLICT "subtitle.changed" where it is not at that revision (any more). */
int subtitle_row_update(struct tx *tx, const struct subtitle *s, int64_t was, struct err *reterr);
int subtitle_revision_insert(struct tx *tx, const struct subtitle *s, const char *action, struct err *reterr);
/* What a revision said of language, label, role, default and cues, into s. ERR_NOT_FOUND "subtitle.no_revision". */
int subtitle_revision_get(struct store *st, struct subtitle *s, int64_t revision, struct arena *a, struct err *reterr);

/* save.c: one change, whole or not at all. s is what is to be (its revision the one that was read; 0: it is new);
 * cues NULL: they stay. On success s is what is. Tells players (publish.c). */
int subtitle_save(const struct engine *e, struct subtitle *s, const char *action, const struct cues *cues, struct arena *a,
                  struct err *reterr);
int subtitle_cues_load(const struct engine *e, struct str vtt, struct cues *c, struct err *reterr);
int subtitle_vtt_store(const struct engine *e, struct subtitle *s, const struct cues *c, struct arena *a, struct err *reterr);

/* publish.c, all in the caller's transaction. */
/* The title's film may be new: what came with it joins, what editors made is cut for it. */
int subtitles_settle(const struct engine *e, struct tx *tx, struct title_id title, const struct text_place *at,
                     struct arena *a, struct err *reterr);
int subtitle_cut(const struct engine *e, struct tx *tx, const struct text_place *at, const struct cues *c, struct subtitle *s,
                 struct arena *a, struct err *reterr);
int subtitles_publish(const struct engine *e, struct tx *tx, struct title_id title, const struct text_place *at,
                      struct arena *a, struct err *reterr);
/* The same, where it is needed, in a transaction of its own: before subtitles are shown to an editor. */
int subtitles_look(const struct engine *e, struct title_id title, struct text_place *ret, struct err *reterr);
/* What a player's menu says where nobody named it: "Deutsch (SDH)". */
struct str subtitle_label(const struct subtitle *s, struct arena *a);

/* read.c: a sent file, read in the sandbox. */
struct subtitle_found {
    struct str format, encoding, guess; /* guess: canonical BCP 47 or empty */
    int confidence, percent;
    bool forced; /* the file marks all of it so */
    struct str notes; /* a JSON array of sentences */
};
int subtitle_file_receive(struct request *rq, struct err *reterr); /* a descriptor, the caller's */
int subtitle_file_read(int fd, struct str encoding, struct cues *c, struct arena *a, struct subtitle_found *ret,
                       struct err *reterr);

/* edit.c: pure. */
/* Cues that begin at from_ms or later, by ms. ERR_INVALID "subtitle.shift": one would end before the film begins. */
int cues_shift(struct cues *c, int64_t ms, int64_t from_ms, struct err *reterr);
struct cue_anchor {
    int64_t from_ms, to_ms;
};
/* What lies at a.from comes to a.to, likewise b, and the rest in proportion. ERR_INVALID "subtitle.stretch". */
int cues_stretch(struct cues *c, struct cue_anchor a, struct cue_anchor b, struct err *reterr);
/* "25", "23.976", "29.97" ...: made for a film of one rate, wanted for the other. false: not a rate. */
bool cues_rate_anchor(struct str made_for, struct str plays_at, struct cue_anchor *ret);
#define SUBTITLE_RATES "23.976|24|25|29.97|30|50|59.94|60"

/* check.c: what an editor should look at. */
struct cue_limits {
    int chars_per_s, line_chars, lines, min_ms, max_ms;
};
struct cue_limits cue_limits_of(struct str lang);
struct cue_warning {
    size_t cue;
    const char *code; /* SUBTITLE_WARNINGS; static */
    int64_t value;    /* in the unit of its limit; overlap and past_end: ms */
};
#define SUBTITLE_WARNINGS "overlap|too_fast|too_short|too_long|long_line|many_lines|past_end"
/* Of cues [from, to), in their order; the array lives in the arena. film_ms 0: not known. */
int cues_check(const struct cues *c, size_t from, size_t to, int64_t film_ms, struct cue_limits limits, struct arena *a,
               struct cue_warning **ret, size_t *ret_n, struct err *reterr);

/* json.c */
json_t *subtitle_json(const struct subtitle *s, const struct text_place *at, struct arena *a);
json_t *cue_json(const struct cue *q);
/* The whole list as an editor sent it. fault() is told what is wrong with which, up to 20; then ERR_INVALID "subtitle.cues". */
int cues_from_json(json_t *list, struct cues *ret, void (*fault)(void *arg, const char *field, const char *detail), void *arg,
                   struct err *reterr);

extern const struct route subtitles_routes[];
extern const struct schema subtitles_schemas[];
int subtitles_sweep(const struct engine *e, struct err *reterr);
