/* drop_sql.h - the statements of the drop folder; part of INGEST_SQL. */
#pragma once

#define DROP_COLS "path, size_bytes, modified_at, rests_since, state, import_id"
#define DROP_SQL(Q)                                                                                \
    Q(DROP_ALL, JOBS, "SELECT " DROP_COLS " FROM drop_file ORDER BY path")                         \
    Q(DROP_GET, JOBS, "SELECT " DROP_COLS " FROM drop_file WHERE path = $1")                       \
    Q(DROP_SEEN, JOBS, /* anew, or changed: it rests from now on */                                \
      "INSERT INTO drop_file (path, size_bytes, modified_at, rests_since, seen_at, state)"         \
      " VALUES ($1, $2, $3, $4, $4, 'resting') ON CONFLICT (path) DO UPDATE SET size_bytes = $2,"  \
      " modified_at = $3, rests_since = $4, seen_at = $4, state = 'resting', import_id = NULL,"    \
      " error_code = '', error_detail = ''")                                                       \
    Q(DROP_MOVE, JOBS,                                                                             \
      "UPDATE drop_file SET state = $3, import_id = COALESCE($4, import_id), error_code = $5,"     \
      " error_detail = $6 WHERE path = $1 AND state = $2")                                         \
    Q(DROP_FORGET, JOBS, "DELETE FROM drop_file WHERE path = $1")
