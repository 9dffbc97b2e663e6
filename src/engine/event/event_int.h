/* event_int.h - the statements, the same row for each database: EVENT(PUT, db). */
#pragma once
#include "engine/event/event.h"

#define EVENT_SQL_OF(Q, DB, t, lock)                                                                     \
    /* Where several write at once, seq must still be the order of the commits, or a cursor would \
     * pass by one that is committed late: who publishes holds a lock until then, one a database,  \
     * for somebody may publish in two of them at once. */                                         \
    Q(EVENT_PUT_##DB, DB,                                                                          \
      "/*pg WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(" lock ")) */"               \
      "INSERT INTO event_outbox_" t " (id, name, version, subject, body, at) "                     \
      "SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS TEXT), "          \
      "CAST($5 AS TEXT), CAST($6 AS BIGINT) /*pg FROM turn */")                                    \
    Q(EVENT_NEXT_##DB, DB,                                                                         \
      "SELECT seq, id, name, version, subject, body, at FROM event_outbox_" t                      \
      " WHERE name = $1 AND seq > $2 ORDER BY seq LIMIT 64")                                       \
    Q(EVENT_BEHIND_##DB, DB,                                                                     \
      "SELECT subject FROM event_outbox_" t " WHERE name = $1 AND seq > $2 ORDER BY seq LIMIT $3") \
    Q(EVENT_LAST_##DB, DB, "SELECT COALESCE(max(seq), 0) FROM event_outbox_" t)                    \
    Q(EVENT_CURSOR_##DB, DB,                                                                       \
      "SELECT seq, failures, retry_at FROM event_cursor_" t " WHERE subscriber = $1")              \
    Q(EVENT_MOVE_##DB, DB,                                                                         \
      "INSERT INTO event_cursor_" t " AS c (subscriber, seq, failures, retry_at) "                 \
      "VALUES ($1, $2, $3, $4) ON CONFLICT (subscriber) DO UPDATE SET seq = excluded.seq, "        \
      "failures = excluded.failures, retry_at = excluded.retry_at WHERE c.seq <= excluded.seq")    \
    Q(EVENT_OLDEST_##DB, DB,                                                                       \
      "SELECT min(seq) FROM event_outbox_" t " WHERE name = $1 AND seq > $2")                      \
    Q(EVENT_FORGET_##DB, DB,                                                                       \
      "UPDATE event_outbox_" t " SET body = $3 WHERE name = $1 AND body = $2")                     \
    Q(EVENT_PRUNE_##DB, DB, "DELETE FROM event_outbox_" t " WHERE at < $1 AND seq < $2")
#define EVENT_SQL(Q)                                                                               \
    EVENT_SQL_OF(Q, MAIN, "main", "4773312202") EVENT_SQL_OF(Q, JOBS, "jobs", "4773312203")        \
    EVENT_SQL_OF(Q, VIEWING, "viewing", "4773312204")
enum { EVENT_SQL(SQL_ENUM) };
enum { EVENT_ROWS = EVENT_PUT_JOBS - EVENT_PUT_MAIN };
#define EVENT(name, db) (&event_sql[EVENT_##name##_MAIN + (int)(db)*EVENT_ROWS])

enum { EVENT_M_DELIVERED, EVENT_M_FAILED };

struct cursor {
    int64_t seq, retry_at_ms;
    int failures;
};
/* One that is not there yet stands before everything. */
int event_cursor_get(struct store *st, enum store_db db, const char *subscriber, struct cursor *ret,
                     struct err *reterr);
/* What runs after a publishing commit: the dispatchers of this process look at once. */
void event_wake(void *unused);
