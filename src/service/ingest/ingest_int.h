/* ingest_int.h - between the files of ingest. */
#pragma once
#include "service/ingest/ingest.h"
#include "service/ingest/drop_sql.h"
#include "service/ingest/protect.h"
#include "service/ingest/upload_sql.h"

/* What an editor sets of the encoding policy, in bodies of requests (again.c). */
#define POLICY_FIELDS                                                                                                            \
    {"roles", F_STR, FIELD_ARRAY, 1, 16, .values = "main|alternate|commentary|description|dub|-",                                \
     .doc = "What its soundtracks are, in their order; -: what the file says"},                                                  \
        {"loudness", F_NUM, FIELD_NULLABLE, -40, -9,                                                                             \
         .doc = "LUFS that its sound is brought to; null: as it comes; if absent, the setting sound-loudness"},                  \
        {"crop", F_STR, 0, 1, 40, .doc = "Black bars: auto (those all of its pictures have are cut off), none, or what is kept " \
                                         "of the file's picture, 1920x800+0+140 (width, height, from the left, from the top); "  \
                                         "none if absent"},                                                                      \
        {"codecs", F_STR, FIELD_ARRAY, 1, 3, .values = "h264|hevc|av1",                                                          \
         .doc = "Of its picture; h264 is always made; if absent, the setting encode-codecs"},                                    \
        {"mezzanine", F_STR, .values = "keep|sealed|delete",                                                                     \
         .doc = "What becomes of its source once it is packaged; if absent, the setting mezzanine"},                             \
        {"ladder", F_STR, .values = "auto|per_title|fixed", .doc = "Its renditions; if absent, the setting encode-ladder"},      \
        {"max_height", F_INT, 0, 16, 2160, .doc = "Lines of the highest; if absent, the setting encode-max-height"},             \
        {"preset", F_STR, .values = "ultrafast|superfast|veryfast|faster|fast|medium|slow|slower|veryslow",                      \
         .doc = "The encoder's speed; if absent, the setting encode-preset"}
/* base: the policy that it changes; NULL: none. JSON in the arena. */
int policy_wish(json_t *body, json_t *base, struct arena *a, struct str *ret, struct err *reterr);

#define IMPORT_COLS                                                                                \
    "id, file_name, title_name, lang, policy, scheme, publish, state, error_code, error_detail,"   \
    " warnings, created_at, started_at, ended_at, swept, into_title"
#define INGEST_SQL(Q)                                                                              \
    Q(IMPORT_INSERT, JOBS,                                                                         \
      "INSERT INTO import (id, file_name, title_name, lang, policy, scheme, publish, state, "      \
      "created_at, into_title)"                                                                    \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', $8, $9)")                                        \
    Q(INPUT_INSERT, JOBS,                                                                          \
      "INSERT INTO import_input (import_id, n, kind, lang, name, path, blob, size_bytes)"          \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")                                                  \
    Q(IMPORT_GET, JOBS, "SELECT " IMPORT_COLS " FROM import WHERE id = $1")                        \
    Q(IMPORT_PAGE, JOBS,                                                                           \
      "SELECT " IMPORT_COLS " FROM import WHERE id < $1 ORDER BY id DESC LIMIT $2")                \
    Q(IMPORT_LIVE, JOBS,                                                                           \
      "SELECT id FROM import WHERE state IN ('queued', 'running') ORDER BY id")                    \
    Q(IMPORT_INTO_LIVE, JOBS,                                                                      \
      "SELECT id FROM import WHERE state IN ('queued', 'running') AND into_title = $1 LIMIT 1")    \
    Q(IMPORT_STATE, JOBS, "SELECT state FROM import WHERE id = $1")                                \
    Q(IMPORT_MOVE, JOBS,                                                                           \
      "UPDATE import SET state = $2, error_code = $3, error_detail = $4, ended_at = $5,"           \
      " started_at = COALESCE(started_at, $6) WHERE id = $1 AND state = $7")                       \
    Q(IMPORT_HOLD, JOBS, /* nobody else ends it before this transaction does */                    \
      "UPDATE import SET state = state WHERE id = $1 AND state IN ('queued', 'running')")          \
    Q(IMPORT_HOLD_ENDED, JOBS, /* nobody has it tried again before this transaction ends */        \
      "UPDATE import SET state = state WHERE id = $1 AND state = $2")                              \
    Q(IMPORT_WARNINGS, JOBS, "UPDATE import SET warnings = $2 WHERE id = $1")                      \
    Q(IMPORT_SWEPT, JOBS, "UPDATE import SET swept = $2 WHERE id = $1 AND state = $3")             \
    Q(IMPORT_IS_SWEPT, JOBS,                                                                       \
      "SELECT 1 FROM import WHERE id = $1 AND swept = 1 AND state IN ('done', 'failed', 'cancelled')") \
    Q(IMPORT_UNSWEPT, JOBS,                                                                        \
      "SELECT id, state, error_code, ended_at FROM import WHERE swept = 0"                         \
      " AND state IN ('done', 'failed', 'cancelled') ORDER BY id LIMIT 100")                       \
    Q(INPUTS, JOBS,                                                                                \
      "SELECT kind, lang, name, path, blob, size_bytes FROM import_input WHERE import_id = $1 "    \
      "ORDER BY n")                                                                                \
    Q(INPUT_STORED, JOBS,                                                                          \
      "UPDATE import_input SET blob = $3, size_bytes = $4 WHERE import_id = $1 AND n = $2")        \
    Q(SOURCE_HOLD, JOBS,                                                                           \
      "INSERT INTO import_source AS s (blob, turns) VALUES ($1, 1) "                               \
      "ON CONFLICT (blob) DO UPDATE SET turns = s.turns + 1")                                      \
    Q(SOURCE_STATE, JOBS, "UPDATE import_source SET state = $2 WHERE blob = $1")                   \
    Q(SOURCE_STATE_GET, JOBS, "SELECT state FROM import_source WHERE blob = $1")                   \
    Q(SOURCE_FORGET, JOBS, "DELETE FROM import_source WHERE blob = $1")                            \
    Q(IMPORTS_OF_PATH, JOBS,                                                                       \
      "SELECT m.id FROM import_input i JOIN import m ON m.id = i.import_id "                       \
      "WHERE i.path = $1 AND i.n = 0 ORDER BY m.id DESC LIMIT 20")                                 \
    Q(BLOB_WANTED, JOBS,                                                                           \
      "SELECT (SELECT count(*) FROM import_input i JOIN import m ON m.id = i.import_id"            \
      " WHERE i.blob = $1"                                                                         \
      " AND (m.state IN ('queued', 'running', 'done') OR (m.state = 'failed' AND m.swept = 0)))"   \
      " + (SELECT count(*) FROM upload WHERE blob = $1 AND state IN ('closing', 'whole'))")        \
    Q(BLOB_IN_WORK, JOBS, /* somebody reads it, or is about to, and counts on its lying in clear */ \
      "SELECT (SELECT count(*) FROM import_input i JOIN import m ON m.id = i.import_id"            \
      " WHERE i.blob = $1"                                                                         \
      " AND (m.state IN ('queued', 'running') OR (m.state = 'failed' AND m.swept = 0)))"           \
      " + (SELECT count(*) FROM upload WHERE blob = $1"                                            \
      " AND (state = 'closing' OR (state = 'whole' AND import_id IS NULL)))")                      \
    Q(LINK_INSERT, MAIN,                                                                           \
      "INSERT INTO import_title (import_id, title_id, asset_id, slug, borrowed)"                   \
      " VALUES ($1, $2, $3, $4, $5)")    \
    Q(LINK_GET, MAIN, "SELECT title_id, asset_id, slug, borrowed FROM import_title WHERE import_id = $1")    \
    Q(LINK_DELETE, MAIN, "DELETE FROM import_title WHERE import_id = $1")                          \
    Q(LINKS_ALL, MAIN, "SELECT import_id, title_id, asset_id FROM import_title ORDER BY import_id")       \
    Q(QUALITY_SET, JOBS,                                                                           \
      "INSERT INTO import_quality (import_id, report, made_at) VALUES ($1, $2, $3)"                \
      " ON CONFLICT (import_id) DO UPDATE SET report = excluded.report, made_at = excluded.made_at") \
    Q(QUALITY_GET, JOBS, "SELECT report, made_at FROM import_quality WHERE import_id = $1")        \
    Q(LADDER_SET, JOBS,                                                                            \
      "INSERT INTO import_ladder (import_id, ladder, made_at) VALUES ($1, $2, $3)"                 \
      " ON CONFLICT (import_id) DO UPDATE SET ladder = excluded.ladder, made_at = excluded.made_at") \
    Q(LADDER_GET, JOBS, "SELECT ladder, made_at FROM import_ladder WHERE import_id = $1")          \
    Q(LINK_OF_TITLE, MAIN,                                                                         \
      "SELECT import_id FROM import_title WHERE title_id = $1 ORDER BY import_id DESC LIMIT 20")   \
    Q(COST_ADD, JOBS,                                                                              \
      "INSERT INTO import_cost AS c (import_id, step, runs, user_us, system_us, wall_us, read_bytes, written_bytes)" \
      " VALUES ($1, $2, 1, $3, $4, $5, $6, $7) ON CONFLICT (import_id, step) DO UPDATE SET runs = c.runs + 1," \
      " user_us = c.user_us + excluded.user_us, system_us = c.system_us + excluded.system_us,"     \
      " wall_us = c.wall_us + excluded.wall_us, read_bytes = c.read_bytes + excluded.read_bytes,"  \
      " written_bytes = c.written_bytes + excluded.written_bytes")                                 \
    Q(COST_LIST, JOBS,                                                                             \
      "SELECT step, runs, user_us, system_us, wall_us, read_bytes, written_bytes FROM import_cost" \
      " WHERE import_id = $1 ORDER BY step")                                                       \
    DROP_SQL(Q)                                                                                    \
    UPLOAD_SQL(Q)
enum { INGEST_SQL(SQL_ENUM) };
extern const struct sql ingest_sql[];

extern const struct job_kind ingest_jobs[];
extern const struct route ingest_routes[];
extern const struct schema ingest_schemas[];

/* Title and asset of an import, made when there are none. All three in the arena. */
struct import_link {
    struct title_id title;
    struct asset_id asset;
    struct str slug;
    bool borrowed; /* the title was there before: it stays whatever becomes of the import */
};
/* Of the newest import of the title {id} that a statement by import's id finds something of: 1 and that row, or 0. ret_links: all its imports. */
int import_newest_with(struct request *rq, const struct sql *of, struct rows *ret_links, struct import_id *ret_id, struct rows *ret_row,
                       struct err *reterr);
int import_link_get(const struct engine *e, struct import_id id, struct arena *a,
                    struct import_link *ret, struct err *reterr); /* ERR_NOT_FOUND */
int import_link_ensure(const struct engine *e, const struct import_view *v, struct arena *a,
                       struct import_link *ret, struct err *reterr);
/* Title, asset, keys and the asset's blobs are taken away again; absent is fine, and so is a
 * published title, which stays. state: only while the import is in it ("failed": not once somebody had it tried again);
 * STR_NULL: there is no such import. */
int import_link_discard(const struct engine *e, struct import_id id, struct str state, struct err *reterr);

/* The one place where the state changes: false (0 rows) when it was not in from any more. */
int import_move(struct tx *tx, struct import_id id, enum import_state from, enum import_state to,
                const struct err *why, struct err *reterr);
/* What the steps made, to be recorded: the asset's description, its text, the pictures (the note of
 * the step that made them). All borrowed. */
struct import_made {
    const struct asset_desc *asset;
    struct str json;
    json_t *images;
    enum mezzanine mezzanine;
    bool second; /* the other scheme is to be made, too */
};
/* Asset, artwork, publication and the import's end become true together. ERR_CANCELLED: the import
 * has ended already, or the job (NULL: none) is another worker's by now; nothing was recorded. */
int import_publish(const struct engine *e, const struct import_view *v, const struct import_link *l,
                   const struct import_made *m, struct job_ctx *job, struct err *reterr);
/* The other ends, FAILED and CANCELLED. 0: it had ended before. 1: *ret_state is what it is now,
 * which is DONE when its asset had been recorded. */
int import_end(const struct engine *e, struct import_id id, enum import_state to,
               const struct err *why, enum import_state *ret_state, struct err *reterr);
/* The jobs of the journey, after the last one that is done (they check that themselves). */
int import_enqueue(struct tx *tx, struct import_id id, struct err *reterr);
/* Of a film in parts, once it is planned: a job a part and one for the sound. j: the plan's. */
int parts_enqueue(struct job_ctx *j, struct import_id id, size_t n, struct err *reterr);
/* Whether a job runs beside the journey: others of its kind and import may run at the same time. */
bool job_is_beside(struct str kind);
/* Folder of unfinished work, in the arena. */
const char *import_work_dir(const struct engine *e, struct import_id id, struct arena *a);

/* source.c: nobody else claims or releases it before the (STORE_JOBS) transaction ends. */
int source_hold(struct tx *tx, struct str blob, struct err *reterr);
/* ERR_CONFLICT import.source_gone when the object is not there. */
int source_check(const struct engine *e, struct str blob, struct arena *a, struct err *reterr);
/* Records that input n of the import lies in blob; ERR_CONFLICT as above, and then nothing is
 * recorded. */
int source_claim(const struct engine *e, struct import_id id, size_t n, struct str blob,
                 int64_t size_bytes, struct arena *a, struct err *reterr);
/* Deletes it unless an import wants it. 1: deleted (dry: would be), 0: wanted. */
int source_release(const struct engine *e, struct str blob, bool dry, struct arena *a,
                   struct err *reterr);
bool import_remediable(struct str error_code);
int import_events_get(struct request *rq, struct err *reterr); /* SSE */
void ingest_events_stop(void);
/* second.c: the other scheme of an asset. */
int second_job_run(struct job_ctx *j, struct err *reterr);
int second_enqueue(struct tx *tx, struct asset_id asset, struct job_id *ret, struct err *reterr);
/* job_routes.c */
int job_reply(struct request *rq, struct job_id id, struct err *reterr); /* 200, a Job */
struct str ingest_job_kinds(struct arena *a); /* as job_query.kinds */
/* The board as a JobList: what waits, runs, or ended just now. NULL: an error. */
json_t *ingest_board_json(const struct engine *e, struct arena *a, struct err *reterr);
int job_events_get(struct request *rq, struct err *reterr); /* SSE; events.c */
/* quality.c: the report on what was imported, made after it is published; it never holds a film back. */
#define QUALITY_SUBJECT "quality/" /* then the import's id */
int quality_enqueue(struct tx *tx, struct import_id id, struct err *reterr);
int quality_job_run(struct job_ctx *j, struct err *reterr);
extern const struct route quality_routes[];
extern const struct schema quality_schemas[];
/* mezzanine.c: what becomes of the source of a film that is packaged. */
int mezzanine_enqueue(struct tx *tx, struct import_id id, enum mezzanine m, struct err *reterr);
int mezzanine_job_run(struct job_ctx *j, struct err *reterr);
/* "sealed/<sha256>" for "source/<sha256>", in the arena; NULL: no room. */
const char *source_sealed_name(struct str blob, struct arena *a);
/* A descriptor of the source, clear or sealed (then ret says with which key). ERR_CONFLICT as source_check(). */
int source_open_blob(const struct engine *e, struct str blob, struct arena *a, struct pipeline_unseal *ret, struct err *reterr);
/* ladder.c: keeps for editors what a plan says of its ladder. */
int ladder_keep(const struct engine *e, struct import_id id, json_t *plan, struct err *reterr);
/* An import's policy, with what the settings say where it is silent; a new reference, NULL: not JSON. */
json_t *import_policy(const struct engine *e, struct str text);
/* cost.c: what an attempt at a step took is added to what is known. */
int cost_add(const struct engine *e, struct import_id id, struct str step, const struct child_cost *c, int64_t wall_us,
             struct err *reterr);
/* drop.c */
int drop_job_run(struct job_ctx *j, struct err *reterr);
int drop_look(const struct engine *e, struct err *reterr); /* one round; folder and rest from the settings */
/* The job of that file was cancelled; is to be tried again. */
int drop_cancelled(const struct engine *e, struct str path, struct err *reterr);
int drop_again(struct tx *tx, struct str path, struct err *reterr);
extern const struct config_key ingest_config[];
/* Of the encoding policy what the house wants where the import says nothing. */
void sound_policy_default(const struct engine *e, json_t *policy);
