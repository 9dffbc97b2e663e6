/* upload_sql.h - the statements of uploads; part of INGEST_SQL. */
#pragma once

#define UPLOAD_COLS                                                                                \
    "id, account_id, state, name, metadata, wish, size_bytes, offset_bytes, hash_state,"           \
    " expected_sha256, sha256, blob, turn, import_id, error_code, error_detail, created_at, touched_at"
#define UPLOAD_SQL(Q)                                                                              \
    Q(UPLOAD_INSERT, JOBS,                                                                         \
      "INSERT INTO upload (id, account_id, state, name, metadata, wish, size_bytes, hash_state,"   \
      " expected_sha256, created_at, touched_at)"                                                  \
      " VALUES ($1, $2, 'open', $3, $4, $5, $6, $7, $8, $9, $9)")                                  \
    Q(UPLOAD_GET, JOBS, "SELECT " UPLOAD_COLS " FROM upload WHERE id = $1")                        \
    Q(UPLOAD_PAGE, JOBS,                                                                           \
      "SELECT " UPLOAD_COLS " FROM upload WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3") \
    Q(UPLOADS_OPEN, JOBS, "SELECT count(*) FROM upload WHERE account_id = $1 AND state = 'open'")  \
    Q(UPLOAD_TURN, JOBS,                                                                           \
      "UPDATE upload SET turn = turn + 1, touched_at = $2 WHERE id = $1 AND state = 'open'"        \
      " RETURNING turn")                                                                           \
    Q(UPLOAD_SIZE, JOBS,                                                                           \
      "UPDATE upload SET size_bytes = $3 WHERE id = $1 AND turn = $2 AND state = 'open'")          \
    Q(UPLOAD_MARK, JOBS,                                                                           \
      "UPDATE upload SET offset_bytes = $3, hash_state = $4, touched_at = $5"                      \
      " WHERE id = $1 AND turn = $2 AND state = 'open'")                                           \
    Q(UPLOAD_CLOSE, JOBS,                                                                          \
      "UPDATE upload SET state = 'closing', size_bytes = offset_bytes, sha256 = $3, blob = $4,"    \
      " touched_at = $5 WHERE id = $1 AND turn = $2 AND state = 'open'")                           \
    Q(UPLOAD_MAKE_WHOLE, JOBS,                                                                          \
      "UPDATE upload SET state = 'whole', touched_at = $2 WHERE id = $1 AND state = 'closing'")    \
    Q(UPLOAD_REFUSE, JOBS,                                                                         \
      "UPDATE upload SET state = 'refused', error_code = $2, error_detail = $3, touched_at = $4,"  \
      " blob = NULL WHERE id = $1 AND state IN ('open', 'closing')")                               \
    Q(UPLOAD_IMPORTED, JOBS,                                                                       \
      "UPDATE upload SET import_id = $2, error_code = '', error_detail = ''"                       \
      " WHERE id = $1 AND state = 'whole' AND import_id IS NULL")                                  \
    Q(UPLOAD_NOTE, JOBS,                                                                           \
      "UPDATE upload SET error_code = $2, error_detail = $3 WHERE id = $1 AND import_id IS NULL")  \
    Q(UPLOAD_DELETE, JOBS, "DELETE FROM upload WHERE id = $1")                                     \
    Q(UPLOADS_CLOSING, JOBS,                                                                       \
      "SELECT id FROM upload WHERE state = 'closing' AND touched_at < $1 ORDER BY id LIMIT 100")   \
    Q(UPLOADS_WAITING, JOBS, /* to be imported by themselves; a kill came between */               \
      "SELECT id FROM upload WHERE state = 'whole' AND import_id IS NULL AND error_code = ''"      \
      " AND wish LIKE '%\"import\":true%' AND touched_at < $1 ORDER BY id LIMIT 100")                                                \
    Q(UPLOADS_OLD, JOBS, "SELECT id FROM upload WHERE touched_at < $1 ORDER BY touched_at LIMIT 100") \
    Q(UPLOADS_OF_ACCOUNT, JOBS,                                                                    \
      "SELECT " UPLOAD_COLS " FROM upload WHERE account_id = $1 ORDER BY id")                      \
    Q(UPLOAD_LIVE, JOBS, "SELECT 1 FROM upload WHERE id = $1 AND state IN ('open', 'closing')")    \
    Q(IMPORTS_OF_BLOB, JOBS,                                                                       \
      "SELECT m.id, m.title_name, m.state FROM import_input i JOIN import m ON m.id = i.import_id" \
      " WHERE i.blob = $1 AND i.n = 0 AND m.state IN ('queued', 'running', 'done')"                \
      " ORDER BY m.id DESC LIMIT 20")
