/*
 * ways.h - the ways to sign in that an account has (a password, passkeys, people at OpenID providers), and how fresh
 * its owner's proof is. Tables passkey and account_link; the last way is never taken away. Any thread.
 */
#pragma once
#include "service/identity/identity_int.h"

#define PASSKEY_COLUMNS                                                                            \
    "id, account_id, credential_id, public_key, sign_count, backup_eligible, backed_up, aaguid, transports,"    \
    " name, created_at, last_used_at, suspect_at"

#define WAYS_SQL(Q)                                                                                \
    Q(WAYS_COUNT, MAIN,                                                                            \
      "SELECT (SELECT count(*) FROM account WHERE id = $1 AND password_hash <> ''),"               \
      " (SELECT count(*) FROM passkey WHERE account_id = $1 AND suspect_at IS NULL),"              \
      " (SELECT count(*) FROM account_link WHERE account_id = $1)")                                \
    Q(PASSKEY_INSERT, MAIN,                                                                        \
      "INSERT INTO passkey (" PASSKEY_COLUMNS ")"                                                  \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, NULL, NULL)"                         \
      " ON CONFLICT (credential_id) DO NOTHING")                                                   \
    Q(PASSKEY_BY_CREDENTIAL, MAIN, "SELECT " PASSKEY_COLUMNS " FROM passkey WHERE credential_id = $1")   \
    Q(PASSKEY_BY_ACCOUNT, MAIN,                                                                    \
      "SELECT " PASSKEY_COLUMNS " FROM passkey WHERE account_id = $1 ORDER BY id")                 \
    Q(PASSKEY_USED, MAIN,                                                                          \
      "UPDATE passkey SET sign_count = $2, backed_up = $3, last_used_at = $4 WHERE id = $1")       \
    Q(PASSKEY_SUSPECT, MAIN, "UPDATE passkey SET suspect_at = $2 WHERE id = $1")                   \
    Q(PASSKEY_RENAME, MAIN, "UPDATE passkey SET name = $3 WHERE id = $1 AND account_id = $2")      \
    Q(PASSKEY_DROP, MAIN, "DELETE FROM passkey WHERE id = $1 AND account_id = $2 RETURNING name")                 \
    Q(PASSKEY_DELETE_ACCOUNT, MAIN, "DELETE FROM passkey WHERE account_id = $1")                   \
    Q(LINK_DELETE_ACCOUNT, MAIN, "DELETE FROM account_link WHERE account_id = $1")

enum { WAYS_SQL(SQL_ENUM) };
extern const struct sql ways_sql[];

struct ways {
    bool password;
    int64_t passkeys, links; /* passkeys that still sign in */
};
int ways_get(const struct engine *e, struct account_id account, struct ways *ret, struct err *reterr);
/* In tx, after something was taken away: ERR_CONFLICT "account.last_way" when nothing is left. */
int ways_check_left(struct tx *tx, struct account_id account, struct err *reterr);
/* What an account had before anybody proved its address may be of somebody who made it to wait for the owner: when a letter
 * proves it for the first time, every passkey and link goes. In tx, before ACCOUNT_VERIFY. */
int ways_forget_unproven(struct tx *tx, struct account_id account, struct err *reterr);

/* A session whose owner has just proved who they are, by whatever way, is fresh for ten minutes (in the cache: what is lost
 * there is asked for again). */
int session_prove(const struct engine *e, struct session_id id, struct err *reterr);
/* ERR_FORBIDDEN "session.not_fresh". */
int session_check_fresh(const struct engine *e, struct session_id id, struct err *reterr);
/* Either fresh or the password: what a new way to sign in takes. Hashes. ERR_FORBIDDEN also "session.wrong_credentials". */
int session_check_proof(const struct engine *e, const struct principal *who, struct str password,
                        struct err *reterr);
