/* analytics_int.h - the statements, for analytics.c and its tests. */
#pragma once
#include "service/analytics/analytics.h"

#define ANALYTICS_SQL(Q)                                                                           \
    Q(EVENT_INSERT, VIEWING,                                                                       \
      "INSERT INTO client_event (account_id, id, profile_id, device_id, name, occurred_at,"        \
      " received_at, playback_id, title_id, position_ms, row_name, row_index, row_position,"       \
      " shown_title_id, data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14," \
      " $15) ON CONFLICT (account_id, id) DO NOTHING")                                             \
    Q(EVENT_BY_ACCOUNT, VIEWING,                                                                   \
      "SELECT id, profile_id, device_id, name, occurred_at, received_at, playback_id, title_id,"   \
      " position_ms, row_name, row_index, row_position, shown_title_id, data FROM client_event"    \
      " WHERE account_id = $1 ORDER BY occurred_at, id")                                           \
    Q(EVENT_ERASE, VIEWING, "DELETE FROM client_event WHERE account_id = $1")                      \
    Q(EVENT_PURGE, VIEWING, "DELETE FROM client_event WHERE received_at < $1")

enum { ANALYTICS_SQL(SQL_ENUM) };
extern const struct sql analytics_sql[];
