/*
 * hook_int.h - webhooks: the statements, and what the files of this folder share.
 *
 * A delivery is one event to one endpoint. It is PENDING until it is DELIVERED or given up (FAILED), and may then be asked for
 * again. Each attempt is a job of its own; `turn` says which of a delivery's jobs counts, so that an old one that comes back does
 * nothing. An attempt is recorded, and the next one's job made, in the transaction that holds this one's job: a kill at any
 * moment sends again or goes on, and loses nothing.
 */
#pragma once
#include "service/developer/hook_events.h"

#define HOOK_COLS "id, name, url, events, state, off_why, failing_since, ok_at, failed_at, created_at"
#define DELIVERY_COLS                                                                              \
    "d.id, d.hook_id, d.message_id, d.type, d.state, d.turn, d.attempts, d.tries, d.next_at, d.created_at, d.ended_at," \
    " a.status, a.error, a.took_ms, a.excerpt, a.at"
#define DELIVERY_FROM " FROM hook_delivery d LEFT JOIN hook_attempt a ON a.delivery_id = d.id AND a.n = d.tries "
#define HOOK_SQL(Q)                                                                                \
    Q(HOOK_INSERT, JOBS,                                                                           \
      "INSERT INTO hook (id, name, url, events, state, created_at) VALUES ($1, $2, $3, $4, 'on', $5)")            \
    Q(HOOK_PAGE, JOBS,                                                                             \
      "SELECT " HOOK_COLS " FROM hook WHERE CAST($1 AS TEXT) = '' OR id < $1 ORDER BY id DESC LIMIT $2")          \
    Q(HOOK_GET, JOBS, "SELECT " HOOK_COLS " FROM hook WHERE id = $1")                              \
    Q(HOOK_COUNT, JOBS, "SELECT count(*) FROM hook")                                               \
    Q(HOOK_TOLD, JOBS,                                                                             \
      "SELECT id FROM hook WHERE state <> 'off' AND created_at <= $2 AND ' ' || events || ' ' LIKE '% ' || CAST($1 AS TEXT) || ' %'") \
    Q(HOOK_SET, JOBS, "UPDATE hook SET name = $2, url = $3, events = $4 WHERE id = $1")            \
    Q(HOOK_STATE, JOBS, "UPDATE hook SET state = $2, off_why = $3, failing_since = $4 WHERE id = $1")             \
    Q(HOOK_OK, JOBS,                                                                               \
      "UPDATE hook SET ok_at = $2, failing_since = CASE state WHEN 'failing' THEN 0 ELSE failing_since END,"      \
      " state = CASE state WHEN 'failing' THEN 'on' ELSE state END WHERE id = $1")                 \
    Q(HOOK_FAILED, JOBS, "UPDATE hook SET failed_at = $2 WHERE id = $1")                           \
    Q(HOOK_FAILING, JOBS,                                                                          \
      "UPDATE hook SET state = 'failing', failing_since = $2 WHERE id = $1 AND state = 'on'")      \
    Q(HOOK_OFF, JOBS, "UPDATE hook SET state = 'off', off_why = $2 WHERE id = $1 AND state <> 'off'")             \
    Q(HOOK_DELETE, JOBS, "DELETE FROM hook WHERE id = $1")                                         \
    Q(SECRET_INSERT, JOBS, "INSERT INTO hook_secret (id, hook_id, sealed, created_at) VALUES ($1, $2, $3, $4)")   \
    Q(SECRET_END, JOBS,                                                                            \
      "UPDATE hook_secret SET ends_at = $2 WHERE hook_id = $1 AND (ends_at = 0 OR ends_at > $2)")  \
    Q(SECRETS, JOBS,                                                                               \
      "SELECT id, sealed, created_at, ends_at FROM hook_secret WHERE hook_id = $1 AND (ends_at = 0 OR ends_at > $2)" \
      " ORDER BY id DESC LIMIT 4")                                                                 \
    Q(SECRET_PURGE, JOBS, "DELETE FROM hook_secret WHERE ends_at > 0 AND ends_at <= $1")           \
    Q(MESSAGE_INSERT, JOBS,                                                                        \
      "INSERT INTO hook_message (id, type, body, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING") \
    Q(MESSAGE_BODY, JOBS, "SELECT body FROM hook_message WHERE id = $1")                           \
    Q(MESSAGE_PURGE, JOBS,                                                                         \
      "DELETE FROM hook_message WHERE created_at < $1 AND NOT EXISTS"                              \
      " (SELECT 1 FROM hook_delivery d WHERE d.message_id = hook_message.id AND d.state = 'pending')")            \
    Q(DELIVERY_INSERT, JOBS,                                                                       \
      "INSERT INTO hook_delivery (id, hook_id, message_id, type, state, turn, next_at, created_at)"               \
      " VALUES ($1, $2, $3, $4, 'pending', 1, $5, $5) ON CONFLICT (hook_id, message_id) DO NOTHING")              \
    Q(DELIVERY_GET, JOBS, "SELECT " DELIVERY_COLS DELIVERY_FROM "WHERE d.id = $1")                 \
    Q(DELIVERY_PAGE, JOBS,                                                                         \
      "SELECT " DELIVERY_COLS DELIVERY_FROM                                                        \
      "WHERE d.hook_id = $1 AND (CAST($2 AS TEXT) = '' OR d.state = $2) AND (CAST($3 AS TEXT) = '' OR d.id < $3)" \
      " ORDER BY d.id DESC LIMIT $4")                                                              \
    Q(DELIVERY_SAVE, JOBS,                                                                         \
      "UPDATE hook_delivery SET state = $2, turn = $3, attempts = $4, tries = $5, next_at = $6, ended_at = $7 WHERE id = $1") \
    Q(DELIVERY_FAILED_SINCE, JOBS,                                                                 \
      "SELECT id, turn FROM hook_delivery WHERE hook_id = $1 AND state = 'failed' AND ended_at >= $2 ORDER BY id LIMIT $3") \
    Q(DELIVERY_AGAIN, JOBS,                                                                        \
      "UPDATE hook_delivery SET state = 'pending', turn = turn + 1, attempts = 0, next_at = $2, ended_at = 0 WHERE id = $1") \
    Q(DELIVERY_DROP, JOBS,                                                                         \
      "UPDATE hook_delivery SET state = 'failed', turn = turn + 1, ended_at = $2, next_at = 0 WHERE hook_id = $1 AND state = 'pending'") \
    Q(DELIVERY_LOST, JOBS,                                                                         \
      "SELECT id, turn FROM hook_delivery WHERE state = 'pending' AND next_at < $1 ORDER BY next_at LIMIT 200")   \
    Q(DELIVERY_TURN, JOBS, "UPDATE hook_delivery SET turn = turn + 1, next_at = $3 WHERE id = $1 AND turn = $2 AND state = 'pending'") \
    Q(ATTEMPT_INSERT, JOBS,                                                                        \
      "INSERT INTO hook_attempt (delivery_id, n, at, status, error, took_ms, excerpt)"             \
      " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (delivery_id, n) DO NOTHING")              \
    Q(ATTEMPTS, JOBS,                                                                              \
      "SELECT n, at, status, error, took_ms, excerpt FROM hook_attempt WHERE delivery_id = $1 ORDER BY n DESC LIMIT 100")
enum { HOOK_SQL(SQL_ENUM) };
extern const struct sql hook_sql[];

enum { HOOKS_MAX = 50, HOOK_NAME_MAX = 60, HOOK_URL_MAX = 1000, HOOK_EXCERPT_MAX = 1000, HOOK_RETRIES_MAX = 20 };
/* Standard Webhooks: 24 to 64 bytes, shown as "whsec_" and base64. */
enum { HOOK_SECRET_LEN = 32, HOOK_SECRET_MAX = 64, HOOK_SECRET_CAP = 64 };
#define HOOK_SECRET_PREFIX "whsec_"
#define HOOK_KEPT_MS (30LL * 24 * 3600 * 1000)

struct hook {
    struct hook_id id;
    struct str name, url, events, state, off_why;
    int64_t failing_ms, ok_ms, failed_ms, created_ms;
};
void hook_read(const struct rows *r, size_t i, struct hook *ret);
/* ERR_NOT_FOUND "webhook.not_found". */
int hook_get(struct store *st, struct hook_id id, struct arena *a, struct hook *ret, struct err *reterr);

struct delivery {
    struct delivery_id id;
    struct hook_id hook;
    struct str message, type, state;
    int64_t turn, attempts, tries, next_ms, created_ms, ended_ms;
    bool tried; /* the last attempt: */
    int64_t status, took_ms, tried_ms;
    struct str error, excerpt;
};
void delivery_read(const struct rows *r, size_t i, struct delivery *ret);
/* ERR_NOT_FOUND "webhook.no_delivery". */
int delivery_get(struct store *st, struct delivery_id id, struct arena *a, struct delivery *ret, struct err *reterr);

/* hook_settings.c */
struct hook_retries {
    size_t n;
    int64_t pause_ms[HOOK_RETRIES_MAX]; /* after the first attempt, the second, ... */
};
bool hook_retries_parse(struct str text, struct hook_retries *ret);
void hook_retries_get(const struct engine *e, struct hook_retries *ret);
bool hook_inside(const struct engine *e); /* private addresses and http are allowed */
int64_t hook_off_after_ms(const struct engine *e);
extern const struct config_key hook_config[];

/* hook_sign.c: "v1,BASE64" by each secret, blank-separated (Standard Webhooks, "Signature scheme"). */
struct hook_secret {
    uint8_t bytes[HOOK_SECRET_MAX];
    size_t n;
};
int hook_secret_make(const struct engine *e, struct tx *tx, struct hook_id hook, char ret_text[HOOK_SECRET_CAP], struct err *reterr);
/* Those in force now, newest first; wipe them. Returns how many. */
int hook_secrets(const struct engine *e, struct hook_id hook, struct hook_secret ret[4], struct err *reterr);
bool hook_sign(const struct hook_secret *secrets, size_t n, struct str id, int64_t at_s, struct str body, struct buf *out);

/* hook_take.c: an event handler. */
int hook_take(const struct engine *e, const struct event *ev, struct arena *a, struct err *reterr);
/* In tx: a message of ours to one endpoint, and its first job. */
int hook_message_put(struct tx *tx, struct hook_id hook, struct str message, struct delivery_id *ret, struct err *reterr);
/* {"id", "type", "created", "data"}; in the arena. Steals data. */
struct str hook_body(struct str id, const char *type, int64_t at_ms, json_t *data, struct arena *a);
/* In tx: the job of this turn. */
int hook_enqueue(struct tx *tx, struct delivery_id id, int64_t turn, int64_t at_ms, struct err *reterr);

/* hook_deliver.c */
extern const struct job_kind hook_jobs[];
extern struct metric hook_metrics[];
int hook_sweep(const struct engine *e, struct err *reterr); /* deliveries whose job is gone; cron */

/* hook_again.c */
int hook_ping(const struct engine *e, struct hook_id id, struct delivery_id *ret, struct err *reterr);
int hook_replay(const struct engine *e, const struct hook *h, struct delivery_id id, struct err *reterr);
/* At most 500; returns how many. */
int hook_replay_since(const struct engine *e, const struct hook *h, int64_t since_ms, struct err *reterr);
/* In tx: no more events; what waits is given up. why: "hand", "failing", "gone". 1: it was on until now. */
int hook_turn_off(struct tx *tx, struct hook_id id, const char *why, struct err *reterr);

extern const struct route hook_routes[];
extern const struct schema hook_schemas[];
