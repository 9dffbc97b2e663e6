/* viewing_int.h - the statements, and what the files of viewing share with each other and the tests. */
#pragma once
#include "service/viewing/viewing.h"

/* As in the catalogue: a page of titles in one statement, unused places NULL. */
enum { VIEWING_BATCH = 50 };
#define VIEWING_IN                                                                                 \
    "($2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26," \
    "$27,$28,$29,$30,$31,$32,$33,$34,$35,$36,$37,$38,$39,$40,$41,$42,$43,$44,$45,$46,$47,$48,$49," \
    "$50,$51)"
#define PROGRESS_COLUMNS "title_id, position_ms, duration_ms, state, viewed_at, watched_at"
/* state 'removed': taken out of the history; the row stays and says when. */
#define VIEWING_SQL(Q)                                                                             \
    Q(PROGRESS_PUT, VIEWING,                                                                       \
      "INSERT INTO progress (profile_id, title_id, account_id, playback_id, position_ms,"          \
      " duration_ms, state, updated_at, client_at, viewed_at, seq, watched_at, version)"           \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)"                             \
      " ON CONFLICT (profile_id, title_id) DO UPDATE SET playback_id = excluded.playback_id,"      \
      " position_ms = excluded.position_ms, duration_ms = excluded.duration_ms,"                   \
      " state = excluded.state, updated_at = excluded.updated_at, client_at = excluded.client_at," \
      " viewed_at = excluded.viewed_at, seq = excluded.seq,"                                       \
      " watched_at = COALESCE(excluded.watched_at, progress.watched_at),"                          \
      " version = progress.version + 1 WHERE progress.version = $13")                              \
    Q(PROGRESS_MARK, VIEWING,                                                                      \
      "INSERT INTO progress (profile_id, title_id, account_id, playback_id, position_ms,"          \
      " duration_ms, state, updated_at, client_at, viewed_at, seq, watched_at, version)"           \
      " VALUES ($1, $2, $3, '', 0, $4, $5, $6, 0, $7, 0, $8, 1)"                                   \
      " ON CONFLICT (profile_id, title_id) DO UPDATE SET playback_id = '', position_ms = 0,"       \
      " state = excluded.state, updated_at = excluded.updated_at, client_at = 0,"                  \
      " viewed_at = excluded.viewed_at, seq = 0, watched_at = excluded.watched_at,"                \
      " version = progress.version + 1 WHERE progress.viewed_at <= excluded.viewed_at")            \
    Q(PROGRESS_GET, VIEWING,                                                                       \
      "SELECT " PROGRESS_COLUMNS ", playback_id, client_at, seq, version FROM progress"            \
      " WHERE profile_id = $1 AND title_id = $2")                                                  \
    Q(PROGRESS_BATCH, VIEWING,                                                                     \
      "SELECT " PROGRESS_COLUMNS " FROM progress"                                                  \
      " WHERE profile_id = $1 AND title_id IN " VIEWING_IN)                                        \
    Q(PROGRESS_RECENT, VIEWING,                                                                    \
      "SELECT " PROGRESS_COLUMNS " FROM progress WHERE profile_id = $1 AND state <> 'ended'"       \
      " AND state <> 'removed' ORDER BY viewed_at DESC, title_id LIMIT $2")                        \
    Q(PROGRESS_BY_ACCOUNT, VIEWING,                                                                \
      "SELECT " PROGRESS_COLUMNS ", profile_id FROM progress WHERE account_id = $1"                \
      " ORDER BY viewed_at")                                                                       \
    Q(PROGRESS_ERASE, VIEWING, "DELETE FROM progress WHERE account_id = $1")                       \
    Q(PROGRESS_FORGET, VIEWING, "DELETE FROM progress WHERE profile_id = $1")                      \
    Q(HISTORY_PAGE, VIEWING,                                                                       \
      "SELECT title_id, viewed_at, position_ms, duration_ms, watched_at FROM progress"             \
      " WHERE profile_id = $1 AND state <> 'removed'"                                              \
      " AND (viewed_at < $2 OR (viewed_at = $2 AND title_id < $3))"                                \
      " ORDER BY viewed_at DESC, title_id DESC LIMIT $4")                                          \
    Q(LIST_PUT, VIEWING,                                                                           \
      "INSERT INTO list_item (profile_id, title_id, account_id, listed, added_at, changed_at)"     \
      " VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (profile_id, title_id) DO UPDATE SET"          \
      " added_at = CASE WHEN list_item.listed = 1 THEN list_item.added_at"                         \
      " ELSE excluded.added_at END, listed = excluded.listed, changed_at = excluded.changed_at"    \
      " WHERE list_item.changed_at <= excluded.changed_at")                                        \
    Q(LIST_GET, VIEWING,                                                                           \
      "SELECT listed FROM list_item WHERE profile_id = $1 AND title_id = $2")                      \
    Q(LIST_PAGE, VIEWING,                                                                          \
      "SELECT title_id, added_at FROM list_item WHERE profile_id = $1 AND listed = 1"              \
      " AND (added_at < $2 OR (added_at = $2 AND title_id < $3))"                                  \
      " ORDER BY added_at DESC, title_id DESC LIMIT $4")                                         \
    Q(LIST_BY_ACCOUNT, VIEWING,                                                                    \
      "SELECT profile_id, title_id, listed, changed_at FROM list_item WHERE account_id = $1"       \
      " ORDER BY changed_at")                                                                      \
    Q(LIST_ERASE, VIEWING, "DELETE FROM list_item WHERE account_id = $1")                          \
    Q(LIST_FORGET, VIEWING, "DELETE FROM list_item WHERE profile_id = $1")                         \
    Q(RATING_PUT, VIEWING,                                                                         \
      "INSERT INTO title_rating (profile_id, title_id, account_id, thumb, stars, changed_at)"      \
      " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (profile_id, title_id) DO UPDATE SET"          \
      " thumb = excluded.thumb, stars = excluded.stars, changed_at = excluded.changed_at"          \
      " WHERE title_rating.changed_at <= excluded.changed_at")                                     \
    Q(RATING_GET, VIEWING,                                                                         \
      "SELECT thumb, stars FROM title_rating WHERE profile_id = $1 AND title_id = $2")             \
    Q(RATING_BY_ACCOUNT, VIEWING,                                                                  \
      "SELECT profile_id, title_id, thumb, stars, changed_at FROM title_rating"                    \
      " WHERE account_id = $1 ORDER BY changed_at")                                                \
    Q(RATING_ERASE, VIEWING, "DELETE FROM title_rating WHERE account_id = $1")                     \
    Q(RATING_FORGET, VIEWING, "DELETE FROM title_rating WHERE profile_id = $1")

enum { VIEWING_SQL(SQL_ENUM) };
extern const struct sql viewing_sql[];
extern const struct config_key viewing_config[];

struct progress progress_read(const struct rows *r, size_t row); /* of PROGRESS_COLUMNS first */
/* rule.c: who has the position of a title. */
struct viewing_row {
    struct playback_id playback; /* unset: nobody's (a mark by hand) */
    struct str state;
    int64_t viewed_ms, client_at_ms, seq, position_ms;
};
bool viewing_wins(const struct viewing_row *row, const struct progress_report *r);

/* news.c: tells every device of the profile. what: progress, list, rating, stopped. Never fails: a device
 * that hears nothing asks when it is next looked at. */
void viewing_tell(const struct engine *e, struct profile_id profile, const char *what,
                  struct id subject);
int viewing_events_get(struct request *rq, struct err *reterr);
void news_stop(void);

/* lists.c */
int title_state_json(const struct engine *e, struct profile_id profile, struct title_id title,
                     json_t **ret, struct err *reterr);
int lists_export(const struct engine *e, struct account_id account, json_t *into, struct err *reterr);

extern const struct route viewing_routes[];
extern const struct schema viewing_schemas[];
