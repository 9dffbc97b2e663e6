/* identity_int.h - what the files of identity share. */
#pragma once
#include "service/identity/identity.h"

#define IDENTITY_SQL(Q)                                                                            \
    Q(ACCOUNT_INSERT, MAIN,                                                                        \
      "INSERT INTO account (id, email, password_hash, roles, created_at, password_at)"             \
      " VALUES ($1, $2, $3, $4, $5, $5)")                                                          \
    Q(ACCOUNT_BY_ID, MAIN, "SELECT id, email, roles, created_at FROM account WHERE id = $1")       \
    Q(ACCOUNT_BY_EMAIL, MAIN,                                                                      \
      "SELECT id, email, roles, created_at FROM account WHERE email = $1")                         \
    Q(ACCOUNT_HASH_BY_ID, MAIN, "SELECT id, password_hash FROM account WHERE id = $1")             \
    Q(ACCOUNT_HASH_BY_EMAIL, MAIN, "SELECT id, password_hash FROM account WHERE email = $1")       \
    Q(ACCOUNT_SET_HASH, MAIN,                                                                      \
      "UPDATE account SET password_hash = $2, password_at = $3 WHERE id = $1")                     \
    Q(ACCOUNT_SET_ROLES, MAIN, "UPDATE account SET roles = $2 WHERE id = $1")                      \
    Q(ACCOUNT_DELETE, MAIN, "DELETE FROM account WHERE id = $1")                                   \
    Q(PROFILE_INSERT, MAIN,                                                                        \
      "INSERT INTO profile (id, account_id, name, lang, created_at) VALUES ($1, $2, $3, $4, $5)")  \
    Q(PROFILE_BY_ACCOUNT, MAIN,                                                                    \
      "SELECT id, account_id, name, lang, created_at FROM profile WHERE account_id = $1 ORDER BY id") \
    Q(PROFILE_DELETE, MAIN, "DELETE FROM profile WHERE account_id = $1")                           \
    Q(SESSION_INSERT, MAIN,                                                                        \
      "INSERT INTO session (id, token_hash, account_id, profile_id, device_id, created_at,"        \
      " last_seen_at, expires_at) VALUES ($1, $2, $3, $4, NULL, $5, $5, $6)")                      \
    Q(SESSION_BY_HASH, MAIN,                                                                       \
      "SELECT s.id, s.account_id, s.profile_id, s.device_id, s.created_at, s.last_seen_at,"        \
      " s.expires_at, a.roles FROM session s JOIN account a ON a.id = s.account_id"                \
      " WHERE s.token_hash = $1 AND s.expires_at > $2")                                            \
    Q(SESSION_SLIDE, MAIN, "UPDATE session SET last_seen_at = $2, expires_at = $3 WHERE id = $1")  \
    Q(SESSION_DEVICE, MAIN, "UPDATE session SET device_id = $2 WHERE id = $1")                     \
    Q(SESSION_DELETE, MAIN, "DELETE FROM session WHERE id = $1")                                   \
    Q(SESSION_DELETE_ACCOUNT, MAIN, "DELETE FROM session WHERE account_id = $1")                   \
    Q(SESSION_PURGE, MAIN, "DELETE FROM session WHERE expires_at <= $1")                           \
    Q(SESSION_BY_ACCOUNT, MAIN,                                                                    \
      "SELECT id, created_at, last_seen_at, expires_at FROM session WHERE account_id = $1 ORDER BY id") \
    Q(DEVICE_INSERT, MAIN,                                                                         \
      "INSERT INTO device (id, account_id, kind, name, created_at, last_seen_at)"                  \
      " VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (id) DO NOTHING")                              \
    Q(DEVICE_SEEN, MAIN,                                                                           \
      "UPDATE device SET kind = $3, name = $4, last_seen_at = $5 WHERE id = $1 AND account_id = $2") \
    Q(DEVICE_GET, MAIN,                                                                            \
      "SELECT kind, name, last_seen_at FROM device WHERE id = $1 AND account_id = $2")             \
    Q(DEVICE_BY_ACCOUNT, MAIN,                                                                     \
      "SELECT id, kind, name, created_at, last_seen_at FROM device WHERE account_id = $1 ORDER BY id") \
    Q(DEVICE_DELETE, MAIN, "DELETE FROM device WHERE account_id = $1")

enum { IDENTITY_SQL(SQL_ENUM) };
extern const struct sql identity_sql[];
extern const struct route identity_routes[];
extern const struct schema identity_schemas[];

/* password.c. Argon2id text form; dst holds PASSWORD_HASH_CAP. ERR_NO_MEMORY. */
enum { PASSWORD_HASH_CAP = 128 };
int password_hash(struct str password, char *dst, struct err *reterr);
/* hash STR_NULL: does the work against a dummy, so that time tells nothing, and answers false. */
bool password_matches(struct str hash, struct str password);
bool password_hash_is_old(struct str hash);
int password_check_rule(struct str password, struct str email, struct err *reterr);

/* account.c. Trimmed and lower-cased. ERR_INVALID "account.email_invalid". */
int email_normalise(struct str email, struct arena *a, struct str *ret, struct err *reterr);

/* attempt.c: failures are counted by account and by address within a window. */
int attempt_check(const struct engine *e, struct str email, struct str address, struct err *reterr);
int attempt_failed(const struct engine *e, struct str email, struct str address, struct err *reterr);
int attempt_succeeded(const struct engine *e, struct str email, struct err *reterr);

int identity_export(const struct engine *e, struct account_id account, json_t **ret, struct err *reterr);
