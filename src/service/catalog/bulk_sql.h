/* bulk_sql.h - what came in bulk, and where a row belongs. */
#pragma once
#include "engine/store/store.h"

#define BULK_SQL(Q)                                                                                \
    Q(BULK_INSERT, MAIN,                                                                           \
      "INSERT INTO bulk (id, format, state, total, created, updated, at) VALUES ($1, $2, 'applying', $3, 0, 0, $4)")        \
    Q(BULK_STATE, MAIN, "UPDATE bulk SET state = $2 WHERE id = $1")                                \
    Q(BULK_COUNTS, MAIN, "UPDATE bulk SET created = $2, updated = $3 WHERE id = $1")               \
    Q(BULK_GET, MAIN, "SELECT id, format, state, total, created, updated, at FROM bulk WHERE id = $1")                      \
    Q(BULK_LIST, MAIN,                                                                             \
      "SELECT id, format, state, total, created, updated, at FROM bulk WHERE CAST($1 AS TEXT) = '' OR id < $1"              \
      " ORDER BY id DESC LIMIT $2")                                                                \
    Q(BULK_ROW_INSERT, MAIN,                                                                       \
      "INSERT INTO bulk_row (bulk_id, n, title_id, was, updated_at) VALUES ($1, $2, $3, $4, 0)"    \
      " ON CONFLICT (bulk_id, n) DO NOTHING")                                                      \
    Q(BULK_ROWS_TOUCHED, MAIN,                                                                     \
      "UPDATE bulk_row SET updated_at = COALESCE((SELECT t.updated_at FROM title t WHERE t.id = bulk_row.title_id), 0)"     \
      " WHERE bulk_id = $1")                                                                       \
    Q(BULK_ROWS_BACK, MAIN,                                                                        \
      "SELECT r.n, r.title_id, r.was, r.updated_at, t.updated_at FROM bulk_row r LEFT JOIN title t ON t.id = r.title_id"    \
      " WHERE r.bulk_id = $1 AND r.n < $2 ORDER BY r.n DESC LIMIT $3")                             \
    Q(BULK_ROW_DELETE, MAIN, "DELETE FROM bulk_row WHERE bulk_id = $1 AND n = $2")                 \
    Q(SERIES_BY_SLUG, MAIN, "SELECT id FROM title WHERE slug = $1 AND kind = 'series'")            \
    Q(SERIES_BY_NAME, MAIN, "SELECT id FROM title WHERE kind = 'series' AND sort_key = $1 ORDER BY id LIMIT 1")             \
    Q(PART_BY_NUMBER, MAIN,                                                                        \
      "SELECT id FROM title WHERE parent_id = $1 AND kind = $2 AND number = $3 ORDER BY id LIMIT 1")                        \
    Q(TITLE_FIND, MAIN, "SELECT id FROM title WHERE id = $1 OR slug = $1")

enum { BULK_SQL(SQL_ENUM) };
