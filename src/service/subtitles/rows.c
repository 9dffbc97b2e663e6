/* rows.c - subtitles and their revisions in the store. */
#include "service/subtitles/subtitles_int.h"

const struct sql subtitles_sql[] = {SUBTITLES_SQL(SQL_ROW) SQL_END};

void subtitle_read(const struct rows *r, size_t row, struct subtitle *ret) {
    *ret = (struct subtitle){.id = {row_id(r, row, 0)},
                             .title = {row_id(r, row, 1)},
                             .version = {row_id(r, row, 2)},
                             .lang = row_str(r, row, 3),
                             .label = row_str(r, row, 4),
                             .role = row_str(r, row, 5),
                             .is_default = row_i64(r, row, 6) != 0,
                             .source = row_str(r, row, 7),
                             .file_name = row_str(r, row, 8),
                             .format = row_str(r, row, 9),
                             .encoding = row_str(r, row, 10),
                             .guess = row_str(r, row, 11),
                             .guess_percent = row_i64(r, row, 12),
                             .revision = row_i64(r, row, 13),
                             .cues = row_i64(r, row, 14),
                             .vtt = row_str(r, row, 15),
                             .notes = row_str(r, row, 16),
                             .asset = {row_id(r, row, 17)},
                             .track = row_str(r, row, 18),
                             .created_ms = row_i64(r, row, 19),
                             .updated_ms = row_i64(r, row, 20),
                             .removed_ms = row_i64(r, row, 21)};
}

int subtitle_get(struct store *st, struct subtitle_id id, struct arena *a, struct subtitle *ret, struct err *reterr) {
    struct rows r;
    int rc = store_query(st, &subtitles_sql[SUBTITLE_GET], ARGS(A_ID(id)), a, &r, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "subtitle.not_found", "There are no such subtitles.", "no subtitle " ID_FMT,
                          ID_ARG(id.v));
    if (rc > 0)
        subtitle_read(&r, 0, ret);
    return MIN(rc, 0);
}

#define TEXT(s) A_STR((s).p ? (s) : STR(""))

int subtitle_row_insert(struct tx *tx, const struct subtitle *s, struct err *reterr) {
    int rc = tx_exec(tx, &subtitles_sql[SUBTITLE_INSERT],
                     ARGS(A_ID(s->id), A_ID(s->title), A_ID(s->version), TEXT(s->lang), TEXT(s->label), TEXT(s->role),
                          A_BOOL(s->is_default), TEXT(s->source), TEXT(s->file_name), TEXT(s->format), TEXT(s->encoding),
                          TEXT(s->guess), A_I64(s->guess_percent), A_I64(s->revision), A_I64(s->cues), TEXT(s->vtt),
                          TEXT(s->notes), A_ID(s->asset), TEXT(s->track), A_I64(s->created_ms), A_I64(s->updated_ms),
                          A_I64(s->removed_ms)),
                     reterr);
    return MIN(rc, 0);
}

int subtitle_row_update(struct tx *tx, const struct subtitle *s, int64_t was, struct err *reterr) {
    int rc = tx_exec(tx, &subtitles_sql[SUBTITLE_UPDATE],
                     ARGS(A_ID(s->id), A_I64(was), TEXT(s->lang), TEXT(s->label), TEXT(s->role), A_BOOL(s->is_default),
                          TEXT(s->source), TEXT(s->file_name), TEXT(s->format), TEXT(s->encoding), TEXT(s->guess),
                          A_I64(s->guess_percent), A_I64(s->revision), A_I64(s->cues), TEXT(s->vtt), TEXT(s->notes),
                          A_ID(s->asset), TEXT(s->track), A_I64(s->updated_ms), A_I64(s->removed_ms)),
                     reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_CONFLICT, "subtitle.changed",
                          "Somebody else changed these subtitles meanwhile. Load them again; what you see is not lost until you do.",
                          "subtitle " ID_FMT " is not at revision %lld", ID_ARG(s->id.v), (long long)was);
    return MIN(rc, 0);
}

int subtitle_revision_insert(struct tx *tx, const struct subtitle *s, const char *action, struct err *reterr) {
    int rc = tx_exec(tx, &subtitles_sql[REVISION_INSERT],
                     ARGS(A_ID(s->id), A_I64(s->revision), A_CSTR(action), TEXT(s->lang), TEXT(s->label), TEXT(s->role),
                          A_BOOL(s->is_default), A_I64(s->cues), TEXT(s->vtt), A_I64(s->updated_ms)),
                     reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &subtitles_sql[REVISION_PRUNE], ARGS(A_ID(s->id), A_I64(s->revision - SUBTITLE_REVISIONS_KEPT)), reterr);
    return MIN(rc, 0);
}

int subtitle_revision_get(struct store *st, struct subtitle *s, int64_t revision, struct arena *a, struct err *reterr) {
    struct rows r;
    int rc = store_query(st, &subtitles_sql[REVISION_GET], ARGS(A_ID(s->id), A_I64(revision)), a, &r, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "subtitle.no_revision", "That state of the subtitles is not kept any more.",
                          "no revision %lld", (long long)revision);
    if (rc < 0)
        return rc;
    s->lang = row_str(&r, 0, 0);
    s->label = row_str(&r, 0, 1);
    s->role = row_str(&r, 0, 2);
    s->is_default = row_i64(&r, 0, 3) != 0;
    s->cues = row_i64(&r, 0, 4);
    s->vtt = row_str(&r, 0, 5);
    return 0;
}
