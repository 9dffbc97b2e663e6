/* audit_int.h - what the files of this folder share. */
#pragma once
#include "base/buf.h"
#include "engine/audit/audit.h"

#define AUDIT_COLS "id, at, account_id, session_id, address, role, action, target, detail, request_id, seq"
#define AUDIT_WHOLE                                                                                \
    "id, at, account_id, session_id, address, salt, person, role, action, target, detail, request_id, digest, seq, chain"
#define AUDIT_SQL(Q)                                                                               \
    Q(AUDIT_INSERT, MAIN,                                                                          \
      "INSERT INTO audit (id, at, account_id, session_id, address, salt, person, role, action, target, detail,"  \
      " request_id, digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")      \
    Q(AUDIT_FORGET, MAIN,                                                                          \
      "UPDATE audit SET account_id = NULL, session_id = NULL, address = NULL, salt = NULL WHERE account_id = $1") \
    Q(AUDIT_HEAD, MAIN, "SELECT seq, chain FROM audit WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1")          \
    Q(AUDIT_OPEN, MAIN, "SELECT id, digest FROM audit WHERE seq IS NULL ORDER BY id LIMIT 200")    \
    Q(AUDIT_LINK, MAIN, "UPDATE audit SET seq = $2, chain = $3 WHERE id = $1 AND seq IS NULL")     \
    Q(AUDIT_UNSEALED, MAIN, "SELECT count(*) FROM audit WHERE seq IS NULL AND at < $1")            \
    Q(AUDIT_WALK, MAIN, "SELECT " AUDIT_WHOLE " FROM audit WHERE seq > $1 ORDER BY seq LIMIT 500") \
    Q(AUDIT_LIST, MAIN,                                                                            \
      "SELECT " AUDIT_COLS " FROM audit WHERE (CAST($1 AS TEXT) = '' OR account_id = $1)"          \
      " AND (CAST($2 AS TEXT) = '' OR action LIKE $2) AND (CAST($3 AS TEXT) = '' OR id < $3)"      \
      " AND at >= $4 AND at < $5 ORDER BY id DESC LIMIT $6")                                       \
    Q(AUDIT_BY_ACCOUNT, MAIN, "SELECT " AUDIT_COLS " FROM audit WHERE account_id = $1 ORDER BY id LIMIT 10000")

enum { AUDIT_SQL(SQL_ENUM) };
enum { AUDIT_HEX = 65 };

/* chain.c: audit_seal, where there is a key, and no harm if it can't be now. */
void audit_seal_soon(struct store *st);
/* Salted, so that who it was can't be found by trying once the salt is gone. */
void audit_person(struct str salt, struct str account, struct str session, struct str address, char dst[AUDIT_HEX]);
/* Of everything that stays: each field with its length before it. */
void audit_digest(struct str id, int64_t at, struct str person, const struct str rest[5], char dst[AUDIT_HEX]);
