/* key_int.h - API keys: the statements, and what key.c does for the routes. */
#pragma once
#include "service/developer/developer.h"
#include "service/developer/key_token.h"

#define KEY_COLS "id, account_id, name, prefix, scopes, ranges, created_at, expires_at, used_at, revoked_at"
#define KEY_SQL(Q)                                                                                 \
    Q(KEY_INSERT, MAIN,                                                                            \
      "INSERT INTO api_key (id, account_id, name, prefix, hash, scopes, ranges, created_at, expires_at)" \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")                                              \
    Q(KEY_FIND, MAIN, "SELECT " KEY_COLS ", hash FROM api_key WHERE prefix = $1")                  \
    Q(KEY_BY_ID, MAIN, "SELECT " KEY_COLS " FROM api_key WHERE id = $1")                           \
    Q(KEY_PAGE, MAIN,                                                                              \
      "SELECT " KEY_COLS " FROM api_key WHERE CAST($1 AS TEXT) = '' OR id < $1 ORDER BY id DESC LIMIT $2") \
    Q(KEY_LIVE, MAIN, "SELECT count(*) FROM api_key WHERE revoked_at = 0")                         \
    Q(KEY_USED, MAIN, "UPDATE api_key SET used_at = $2 WHERE id = $1 AND used_at < $2")            \
    Q(KEY_REVOKE, MAIN, "UPDATE api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at = 0")     \
    Q(KEY_BY_ACCOUNT, MAIN, "SELECT " KEY_COLS " FROM api_key WHERE account_id = $1 ORDER BY id")  \
    Q(KEY_ERASE, MAIN, "DELETE FROM api_key WHERE account_id = $1")                                \
    Q(KEY_PURGE, MAIN, "DELETE FROM api_key WHERE revoked_at > 0 AND revoked_at < $1")
enum { KEY_SQL(SQL_ENUM) };
extern const struct sql key_sql[];

enum { KEY_NAME_MAX = 60, KEY_RANGES_MAX = 20, KEYS_MAX = 200 };

struct api_key {
    struct api_key_id id;
    struct account_id account;
    struct str name, prefix, ranges;
    uint64_t scopes; /* SCOPE_BIT each; what this program does not know is not among them */
    int64_t created_ms, expires_ms, used_ms, revoked_ms; /* 0: never */
};
void api_key_read(const struct rows *r, size_t i, struct api_key *ret);
/* The scopes as they are stored; in the arena. */
struct str scopes_text(uint64_t scopes, struct arena *a);

/* In a transaction of its own. k: account, name, scopes, ranges and expires_ms count; the rest is filled in.
 * ERR_CONFLICT "key.name_taken", ERR_LIMIT "key.too_many". */
int api_key_create(const struct engine *e, struct api_key *k, struct key_token *ret_token, struct arena *a, struct err *reterr);
/* Counts with the next request, everywhere. 0: was revoked before; ERR_NOT_FOUND "key.not_found". */
int api_key_revoke(const struct engine *e, struct api_key_id id, struct err *reterr);
/* What key_authenticate does, without a request. */
int api_key_find(const struct engine *e, struct str token, struct str address, struct arena *a, struct api_key *ret,
                 struct err *reterr);
json_t *api_key_json(const struct api_key *k, int64_t now_ms);

extern const struct route key_routes[];
extern const struct schema key_schemas[];
