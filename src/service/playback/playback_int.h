/* playback_int.h - what the files of playback share, and its tests. */
#pragma once
#include "service/catalog/catalog.h"
#include "service/identity/identity.h"
#include "service/playback/decide.h"
#include "service/playback/playback.h"

#define PLAYBACK_SQL(Q)                                                                            \
    Q(PLAYBACK_INSERT, VIEWING,                                                                    \
      "INSERT INTO playback (id, account_id, profile_id, device_id, title_id, asset_id, view,"     \
      " duration_ms, position_ms, state, started_at, updated_at, expires_at, session_id)"          \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'started', $10, $10, $11, $12)")               \
    Q(PLAYBACK_SESSION, VIEWING, "SELECT session_id FROM playback WHERE id = $1 AND expires_at > $2"  \
      " AND state <> 'stopped'")                                                                   \
    Q(PLAYBACK_OF_SESSION, VIEWING,                                                                \
      "SELECT id, expires_at FROM playback WHERE session_id = $1 AND expires_at > $2")             \
    Q(PLAYBACK_OF_ACCOUNT, VIEWING,                                                                \
      "SELECT id, expires_at FROM playback WHERE account_id = $1 AND expires_at > $2")             \
    Q(PLAYBACK_GET, VIEWING,                                                                       \
      "SELECT id, account_id, profile_id, title_id, duration_ms, expires_at, asset_id, device_id," \
      " state, started_at, position_ms"                                                                 \
      " FROM playback WHERE id = $1 AND account_id = $2")                                          \
    Q(PLAYBACK_BEAT, VIEWING,                                                                      \
      "UPDATE playback SET position_ms = $2, state = $3, updated_at = $4"                          \
      " WHERE id = $1 AND state <> 'stopped'")                                                     \
    Q(PLAYBACK_STOP, VIEWING,                                                                      \
      "UPDATE playback SET state = 'stopped', updated_at = $3 WHERE id = $1 AND account_id = $2"   \
      " AND expires_at > $3")                                                                      \
    Q(PLAYBACK_BY_ACCOUNT, VIEWING,                                                                \
      "SELECT id, profile_id, device_id, title_id, asset_id, state, position_ms, started_at,"      \
      " updated_at FROM playback WHERE account_id = $1 ORDER BY started_at")                       \
    Q(PLAYBACK_ERASE, VIEWING, "DELETE FROM playback WHERE account_id = $1")                       \
    Q(PLAYBACK_PURGE, VIEWING, "DELETE FROM playback WHERE expires_at < $1")

enum { PLAYBACK_SQL(SQL_ENUM) };
/* streams.c. The refusal of a stream_state that is not STREAM_MINE, which names who watches. */
int stream_refuse(const struct engine *e, struct account_id account, int state, struct err *reterr);
#define TOO_MANY_STREAMS "playback.too_many_streams"
/* devices.c. How many devices the account may play on; 0: any number. */
int playback_device_limit(const struct engine *e, struct account_id account, int *ret, struct err *reterr);
/* The limit that holds for who asks; NULL: none. */
device_limit_fn *playback_device_rule(const struct principal *who);
extern const struct config_key playback_config[];
/* revoke.c */
int playback_revoke_account(const struct engine *e, struct account_id account, struct err *reterr);
extern const struct event_handler playback_events[];

extern const struct sql playback_sql[];
extern const struct route playback_routes[];
extern const struct schema playback_schemas[];

#define PLAYBACK_MARGIN_MS (60LL * 60 * 1000) /* beside the film, for pauses */
#define PLAYBACK_KEPT_MS (400LL * 24 * 3600 * 1000)
enum { HEARTBEAT_EVERY_S = 10 };
