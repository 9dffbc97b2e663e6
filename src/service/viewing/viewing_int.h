/* viewing_int.h - the statements, for viewing.c and its tests. */
#pragma once
#include "service/viewing/viewing.h"

/* As in the catalogue: a page of titles in one statement, unused places NULL. */
enum { VIEWING_BATCH = 50 };
#define VIEWING_IN                                                                                 \
    "($2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26," \
    "$27,$28,$29,$30,$31,$32,$33,$34,$35,$36,$37,$38,$39,$40,$41,$42,$43,$44,$45,$46,$47,$48,$49," \
    "$50,$51)"
#define VIEWING_SQL(Q)                                                                             \
    Q(PROGRESS_PUT, VIEWING,                                                                       \
      "INSERT INTO progress (profile_id, title_id, account_id, playback_id, position_ms,"          \
      " duration_ms, state, updated_at, client_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"    \
      " ON CONFLICT (profile_id, title_id) DO UPDATE SET playback_id = excluded.playback_id,"      \
      " position_ms = excluded.position_ms, duration_ms = excluded.duration_ms,"                   \
      " state = excluded.state, updated_at = excluded.updated_at, client_at = excluded.client_at"  \
      " WHERE progress.playback_id <> excluded.playback_id"                                        \
      " OR progress.client_at <= excluded.client_at")                                              \
    Q(PROGRESS_GET, VIEWING,                                                                       \
      "SELECT title_id, position_ms, duration_ms, state, updated_at FROM progress"                 \
      " WHERE profile_id = $1 AND title_id = $2")                                                  \
    Q(PROGRESS_BATCH, VIEWING,                                                                     \
      "SELECT title_id, position_ms, duration_ms, state, updated_at FROM progress"                 \
      " WHERE profile_id = $1 AND title_id IN " VIEWING_IN)                                        \
    Q(PROGRESS_RECENT, VIEWING,                                                                    \
      "SELECT title_id, position_ms, duration_ms, state, updated_at FROM progress"                 \
      " WHERE profile_id = $1 AND state <> 'ended' ORDER BY updated_at DESC, title_id LIMIT $2")   \
    Q(PROGRESS_BY_ACCOUNT, VIEWING,                                                                \
      "SELECT title_id, position_ms, duration_ms, state, updated_at, profile_id FROM progress"     \
      " WHERE account_id = $1 ORDER BY updated_at")                                                \
    Q(PROGRESS_ERASE, VIEWING, "DELETE FROM progress WHERE account_id = $1")

enum { VIEWING_SQL(SQL_ENUM) };
extern const struct sql viewing_sql[];
extern const struct config_key viewing_config[];
