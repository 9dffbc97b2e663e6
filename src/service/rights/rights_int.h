/* rights_int.h - what the files of rights share, and its tests. */
#pragma once
#include "service/rights/rights.h"

#define WINDOW_COLS                                                                                                     \
    "w.id, w.title_id, w.territories, w.except_in, w.platforms, w.models, w.starts_at, w.ends_at, w.holdback,"          \
    " w.exclusive, w.licensor, w.note, w.state"
/* What is open at some time between $1 and $2, in the order of a calendar. */
#define WINDOW_BETWEEN                                                                                                  \
    " FROM rights_window w WHERE w.starts_at < $2 AND (w.ends_at = 0 OR w.ends_at > $1)"                                \
    " AND (w.starts_at > $3 OR (w.starts_at = $3 AND w.id > $4))"
#define RIGHTS_SQL(Q)                                                                                                   \
    Q(WINDOWS_OF, MAIN,                                                                                                 \
      "SELECT " WINDOW_COLS " FROM rights_window w WHERE w.title_id = $1 ORDER BY w.starts_at, w.id")                   \
    Q(WINDOW_INSERT, MAIN,                                                                                              \
      "INSERT INTO rights_window (id, title_id, territories, except_in, platforms, models, starts_at, ends_at,"         \
      " holdback, exclusive, licensor, note, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")   \
    Q(WINDOW_UPDATE, MAIN,                                                                                              \
      "UPDATE rights_window SET territories = $3, except_in = $4, platforms = $5, models = $6, starts_at = $7,"         \
      " ends_at = $8, holdback = $9, exclusive = $10, licensor = $11, note = $12 WHERE id = $1 AND title_id = $2")      \
    Q(WINDOW_STATE, MAIN, "UPDATE rights_window SET state = $2 WHERE id = $1")                                          \
    Q(WINDOW_DELETE, MAIN, "DELETE FROM rights_window WHERE id = $1")                                                   \
    Q(WINDOWS_ENDING, MAIN,                                                                                             \
      "SELECT title_id, MIN(ends_at) AS ends FROM rights_window WHERE holdback = 0 AND ends_at > 0 AND ends_at > $1 AND ends_at <= $2"    \
      " GROUP BY title_id ORDER BY ends, title_id LIMIT $3")                                                             \
    Q(WINDOW_CALENDAR, MAIN,                                                                                            \
      "SELECT " WINDOW_COLS WINDOW_BETWEEN " AND (CAST($5 AS TEXT) = '' OR w.licensor = $5)"                            \
      " ORDER BY w.starts_at, w.id LIMIT $6")                                                                           \
    Q(RIGHTS_TITLES, MAIN, "SELECT title_id FROM rights_title WHERE title_id > $1 ORDER BY title_id LIMIT $2")          \
    Q(SCHEDULE_GET, MAIN, "SELECT revision, publish_at, unpublish_at, next_at FROM rights_title WHERE title_id = $1")   \
    Q(SCHEDULE_SET, MAIN,                                                                                               \
      "INSERT INTO rights_title (title_id, revision, publish_at, unpublish_at, next_at) VALUES ($1, $2, $3, $4, $5)"    \
      " ON CONFLICT (title_id) DO UPDATE SET revision = excluded.revision, publish_at = excluded.publish_at,"           \
      " unpublish_at = excluded.unpublish_at, next_at = excluded.next_at")                                              \
    Q(SCHEDULE_DUE, MAIN,                                                                                               \
      "SELECT title_id FROM rights_title WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT 100")               \
    Q(SCHEDULE_COMING, MAIN,                                                                                            \
      "SELECT title_id FROM rights_title WHERE publish_at > 0 AND publish_at <= $1 ORDER BY publish_at DESC, title_id LIMIT $2") \
    Q(SCHEDULE_LATER, MAIN, "UPDATE rights_title SET next_at = $2 WHERE title_id = $1")                                 \
    Q(SCHEDULE_BETWEEN, MAIN,                                                                                           \
      "SELECT title_id, publish_at, unpublish_at FROM rights_title WHERE (publish_at >= $1 AND publish_at < $2)"        \
      " OR (unpublish_at >= $1 AND unpublish_at < $2) ORDER BY title_id LIMIT $3")

enum { RIGHTS_SQL(SQL_ENUM) };
extern const struct sql rights_sql[];
extern const struct route rights_routes[];
extern const struct schema rights_schemas[];

enum { PAIRS_ALL = (1 << PLATFORMS * MODELS) - 1 };
/* allow.c. Whether it speaks of that country. */
bool rights_there(const struct rights_window *w, struct str country);
/* The (platform, model) pairs that one level allows: bit platform * MODELS + model. */
unsigned rights_pairs(const struct rights_level *l, int64_t at, struct str country, bool bought);

/* text.c. STR_NULL: too much of it. */
struct str rights_text(const struct rights_window *v, size_t n, struct arena *a);
int rights_text_read(struct str text, struct arena *a, struct rights_level *ret, struct err *reterr);
/* Where these windows allow anything at that moment. */
int rights_places(const struct rights_level *own, int64_t at, struct arena *a, struct title_places *ret,
                  struct err *reterr);

/* window.c */
enum window_state { WINDOW_AHEAD, WINDOW_OPEN, WINDOW_OVER };
struct window_row {
    struct rights_window w;
    struct title_id title;
    enum window_state state; /* what was told last */
};
void window_row_read(const struct rows *r, size_t i, struct window_row *ret);
/* Of a title, by their start. */
int windows_load(struct tx *tx, struct title_id title, struct arena *a, struct window_row **ret, size_t *ret_n,
                 struct err *reterr);
struct schedule {
    bool there; /* somebody has said something about this title's rights */
    int64_t revision, publish_ms, unpublish_ms, next_ms;
};
int schedule_load(struct tx *tx, struct title_id title, struct arena *a, struct schedule *ret, struct err *reterr);

/* clock.c. The event that a window has begun, or has ended. */
int rights_tell(struct tx *tx, const struct window_row *w, bool begun, struct arena *a, struct err *reterr);
/* Brings what is told and what lists show up to now, and notes when to look again. s is written. */
int rights_settle(struct tx *tx, struct title_id title, struct schedule *s, int64_t now, struct arena *a,
                  struct err *reterr);

/* json.c */
int rights_body_read(const json_t *body, struct arena *a, struct rights_plan *ret, struct err *reterr);
json_t *window_json(const struct window_row *w);
struct str models_text(unsigned models, struct arena *a); /* "svod tvod"; all of them: "" */
struct str platforms_text(unsigned platforms, struct arena *a);
bool models_parse(struct str s, unsigned *ret);
bool platforms_parse(struct str s, unsigned *ret);

/* warn.c. What an editor should look at, as the API's RightsWarning, appended to into. */
int rights_warn(const struct engine *e, struct title_id title, int64_t now, int64_t within_ms, struct arena *a,
                json_t *into, struct err *reterr);

bool rights_closed(const struct engine *e);
