/* identity_int.h - what the files of identity share. */
#pragma once
#include "engine/mail/mail.h"
#include "service/identity/device.h"
#include "service/identity/identity.h"
#include "service/words.h"
#include <jansson.h>

#define PROFILE_COLUMNS                                                                            \
    "id, account_id, name, lang, created_at, avatar, kids, maturity, pin_hash IS NOT NULL,"        \
    " autoplay_next, autoplay_previews, pin_hash"

#define IDENTITY_SQL(Q)                                                                            \
    Q(ACCOUNT_INSERT, MAIN,                                                                        \
      "INSERT INTO account (id, email, password_hash, roles, created_at, password_at)"             \
      " VALUES ($1, $2, $3, $4, $5, $5)")                                                          \
    Q(ACCOUNT_BY_ID, MAIN, \
      "SELECT id, email, roles, created_at, verified_at FROM account WHERE id = $1")       \
    Q(ACCOUNT_BY_EMAIL, MAIN,                                                                      \
      "SELECT id, email, roles, created_at, verified_at FROM account WHERE email = $1")            \
    /* Addresses that begin with something ($1 to $2), behind $3, of these roles (0: any). */                                 \
    Q(ACCOUNT_FIND, MAIN,                                                                          \
      "SELECT id, email, roles, created_at, verified_at FROM account WHERE email >= $1 AND email < $2"                      \
      " AND email > COALESCE((SELECT b.email FROM account b WHERE b.id = $3), '')"                 \
      " AND (CAST($4 AS BIGINT) = 0 OR (roles & CAST($4 AS BIGINT)) <> 0) ORDER BY email LIMIT $5")                         \
    Q(ACCOUNT_VERIFY, MAIN,                                                                        \
      "UPDATE account SET verified_at = COALESCE(verified_at, $3) WHERE id = $1 AND email = $2")   \
    Q(ACCOUNT_SET_EMAIL, MAIN, "UPDATE account SET email = $2, verified_at = $3 WHERE id = $1")    \
    Q(ACCOUNT_HASH_BY_ID, MAIN, "SELECT id, password_hash FROM account WHERE id = $1")             \
    Q(ACCOUNT_HASH_BY_EMAIL, MAIN, "SELECT id, password_hash, verified_at, roles FROM account WHERE email = $1")       \
    Q(ACCOUNT_SET_HASH, MAIN,                                                                      \
      "UPDATE account SET password_hash = $2, password_at = $3 WHERE id = $1")                     \
    Q(ACCOUNTS_OF_ROLE, MAIN, "SELECT id FROM account WHERE (roles & CAST($1 AS BIGINT)) <> 0 ORDER BY id LIMIT 50") \
    Q(ACCOUNT_SET_ROLES, MAIN, "UPDATE account SET roles = $2 WHERE id = $1")                      \
    Q(ACCOUNT_DELETE, MAIN, "DELETE FROM account WHERE id = $1")                                   \
    Q(PROFILE_INSERT, MAIN,                                                                        \
      "INSERT INTO profile (id, account_id, name, lang, created_at) VALUES ($1, $2, $3, $4, $5)")  \
    Q(PROFILE_BY_ACCOUNT, MAIN,                                                                    \
      "SELECT " PROFILE_COLUMNS " FROM profile WHERE account_id = $1 ORDER BY id")                 \
    Q(PROFILE_GET, MAIN,                                                                           \
      "SELECT " PROFILE_COLUMNS " FROM profile WHERE id = $1 AND account_id = $2")                 \
    Q(PROFILE_ADD, MAIN,                                                                           \
      "INSERT INTO profile (id, account_id, name, lang, created_at, avatar, kids, maturity,"       \
      " autoplay_next, autoplay_previews)"                                                         \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")                                         \
    Q(PROFILE_COUNT, MAIN, "SELECT count(*) FROM profile WHERE account_id = $1")                   \
    Q(PROFILE_UPDATE, MAIN,                                                                        \
      "UPDATE profile SET name = $3, lang = $4, avatar = $5, kids = $6, maturity = $7,"            \
      " autoplay_next = $8, autoplay_previews = $9 WHERE id = $1 AND account_id = $2")             \
    Q(PROFILE_SET_PIN, MAIN, "UPDATE profile SET pin_hash = $3 WHERE id = $1 AND account_id = $2") \
    Q(PROFILE_DROP, MAIN, "DELETE FROM profile WHERE id = $1 AND account_id = $2")                 \
    Q(BROWSER_SEEN, MAIN, "UPDATE known_browser SET seen_at = $3 WHERE account_id = $1 AND browser_hash = $2") \
    Q(BROWSER_COUNT, MAIN,                                                                         \
      "SELECT (SELECT count(*) FROM known_browser WHERE account_id = $1),"                         \
      " (SELECT count(*) FROM known_browser WHERE account_id = $1 AND created_at > $2),"           \
      " (SELECT created_at FROM account WHERE id = $1)")                                           \
    Q(BROWSER_INSERT, MAIN,                                                                        \
      "INSERT INTO known_browser (account_id, browser_hash, created_at, seen_at) VALUES ($1, $2, $3, $3)" \
      " ON CONFLICT (account_id, browser_hash) DO NOTHING")                                        \
    Q(BROWSER_TRIM, MAIN,                                                                          \
      "DELETE FROM known_browser WHERE account_id = $1 AND seen_at < (SELECT min(seen_at) FROM"    \
      " (SELECT seen_at FROM known_browser WHERE account_id = $1 ORDER BY seen_at DESC LIMIT 50) AS newest)") \
    Q(BROWSER_OF_ACCOUNT, MAIN,                                                                    \
      "SELECT created_at, seen_at FROM known_browser WHERE account_id = $1 ORDER BY created_at")   \
    Q(BROWSER_DELETE, MAIN, "DELETE FROM known_browser WHERE account_id = $1")                     \
    Q(BROWSER_PURGE, MAIN, "DELETE FROM known_browser WHERE seen_at < $1")                         \
    Q(ACCOUNT_LOCK, MAIN, "UPDATE account SET roles = roles WHERE id = $1")                        \
    Q(PROFILE_DELETE, MAIN, "DELETE FROM profile WHERE account_id = $1")                           \
    Q(SESSION_INSERT, MAIN,                                                                        \
      "INSERT INTO session (id, token_hash, account_id, profile_id, device_id, created_at,"        \
      " last_seen_at, expires_at) VALUES ($1, $2, $3, $4, NULL, $5, $5, $6)")                      \
    Q(SESSION_BY_HASH, MAIN,                                                                       \
      "SELECT s.id, s.account_id, s.profile_id, s.device_id, s.created_at, s.last_seen_at,"        \
      " s.expires_at, coalesce(a.roles, 1), coalesce(p.kids, 0), coalesce(p.maturity, 18), s.paired" \
      " FROM session s /*lite INDEXED BY session_asked*/"                                          \
      " LEFT JOIN account a /*lite INDEXED BY account_staff*/ ON a.id = s.account_id AND a.roles <> 1" \
      " LEFT JOIN profile p /*lite INDEXED BY profile_limited*/ ON p.id = s.profile_id"            \
      " AND (p.kids <> 0 OR p.maturity <> 18)"                                                     \
      " WHERE s.token_hash = $1 AND s.expires_at > $2")                                            \
    Q(SESSION_SLIDE, MAIN, "UPDATE session SET last_seen_at = $2, expires_at = $3 WHERE id = $1")  \
    Q(SESSION_DEVICE, MAIN, "UPDATE session SET device_id = $2 WHERE id = $1")                     \
    Q(SESSION_PROFILE, MAIN, "UPDATE session SET profile_id = $2 WHERE id = $1")                   \
    Q(SESSION_LIST, MAIN,                                                                          \
      "SELECT s.id, s.created_at, s.last_seen_at, s.expires_at, d.id, d.kind, d.name, p.name, s.paired"      \
      " FROM session s LEFT JOIN device d ON d.id = s.device_id JOIN profile p ON p.id = s.profile_id" \
      " WHERE s.account_id = $1 AND s.expires_at > $2 ORDER BY s.last_seen_at DESC, s.id")         \
    Q(SESSION_DELETE_OWN, MAIN,                                                                    \
      "DELETE FROM session WHERE id = $1 AND account_id = $2 RETURNING id, account_id") \
    Q(SESSION_DELETE_OTHERS, MAIN,                                                                 \
      "DELETE FROM session WHERE account_id = $1 AND id <> $2 RETURNING id, account_id") \
    Q(SESSION_DELETE_DEVICE, MAIN,                                                                 \
      "DELETE FROM session WHERE account_id = $1 AND device_id = $2 RETURNING id, account_id") \
    Q(SESSION_DELETE_PROFILE, MAIN,                                                                \
      "DELETE FROM session WHERE account_id = $1 AND profile_id = $2 RETURNING id, account_id") \
    Q(DEVICE_DROP, MAIN, "DELETE FROM device WHERE id = $1 AND account_id = $2")                   \
    Q(CODE_INSERT, MAIN,                                                                           \
      "INSERT INTO account_code (id, account_id, purpose, code_hash, email, created_at, expires_at)" \
      " VALUES ($1, $2, $3, $4, $5, $6, $7)")                                                      \
    Q(CODE_FIND, MAIN,                                                                             \
      "SELECT account_id, email FROM account_code"                                                 \
      " WHERE code_hash = $1 AND purpose = $2 AND expires_at > $3")                                \
    Q(CODE_COUNT, MAIN,                                                                            \
      "SELECT count(*) FROM account_code WHERE account_id = $1 AND purpose = $2 AND created_at > $3") \
    Q(CODE_DELETE, MAIN, "DELETE FROM account_code WHERE account_id = $1 AND purpose = $2")        \
    Q(CODE_DELETE_KEYS, MAIN,                                                                      \
      "DELETE FROM account_code WHERE account_id = $1 AND purpose IN ('reset', 'email')")          \
    Q(SESSION_TOKEN, MAIN, "UPDATE session SET token_hash = $2 WHERE id = $1")                     \
    Q(CODE_DELETE_ACCOUNT, MAIN, "DELETE FROM account_code WHERE account_id = $1")                 \
    Q(CODE_PURGE, MAIN, "DELETE FROM account_code WHERE expires_at <= $1")                         \
    Q(RESET_INSERT, MAIN,                                                                          \
      "INSERT INTO reset_request (id, email, lang, created_at) VALUES ($1, $2, $3, $4)")           \
    Q(RESET_LIST, MAIN, "SELECT id, email, lang FROM reset_request ORDER BY id LIMIT $1")          \
    Q(RESET_DELETE, MAIN, "DELETE FROM reset_request WHERE id = $1")                               \
    Q(NOTE_INSERT, VIEWING,                                                                        \
      "INSERT INTO sign_in_note (id, account_id, address, action, reason, created_at)"             \
      " VALUES ($1, $2, $3, $4, $5, $6)")                                                          \
    Q(NOTE_LIST, VIEWING,                                                                          \
      "SELECT id, account_id, address, action, reason, created_at FROM sign_in_note ORDER BY id LIMIT $1") \
    Q(NOTE_DELETE, VIEWING, "DELETE FROM sign_in_note WHERE id = $1")                              \
    Q(NOTE_FORGET, VIEWING, "DELETE FROM sign_in_note WHERE account_id = $1")                      \
    Q(SESSION_ALIVE, MAIN, "SELECT id FROM session WHERE id = $1 AND expires_at > $2")             \
    Q(SESSIONS_ALIVE, MAIN,                                                                        \
      "SELECT id FROM session WHERE expires_at > $1 AND id IN ($2, $3, $4, $5, $6, $7, $8, $9,"    \
      " $10, $11, $12, $13, $14, $15, $16, $17)")                                                  \
    /* From the key's index alone: not even SQLite goes on to the row; and of VALUES it makes no table of its own, as of IN. */ \
    Q(SESSIONS_KEPT, MAIN,                                                                         \
      "WITH asked (id) AS (VALUES (CAST($1 AS TEXT)), ($2), ($3), ($4), ($5), ($6), ($7), ($8), ($9), ($10), ($11), ($12)," \
      " ($13), ($14), ($15), ($16)) SELECT s.id FROM asked CROSS JOIN session s WHERE s.id = asked.id") \
    Q(SESSION_DELETE, MAIN, "DELETE FROM session WHERE id = $1 RETURNING id, account_id")                      \
    Q(SESSION_DELETE_ACCOUNT, MAIN, "DELETE FROM session WHERE account_id = $1 RETURNING id, account_id")      \
    Q(SESSION_PURGE, MAIN, "DELETE FROM session WHERE expires_at <= $1")                           \
    Q(SESSION_BY_ACCOUNT, MAIN,                                                                    \
      "SELECT id, created_at, last_seen_at, expires_at FROM session WHERE account_id = $1 ORDER BY id") \
    Q(DEVICE_DELETE, MAIN, "DELETE FROM device WHERE account_id = $1") \
    PAIRING_SQL(Q)

enum { IDENTITY_SQL(SQL_ENUM) };
extern const struct sql identity_sql[];
extern const struct route identity_routes[];
extern const struct schema identity_schemas[];

/* password.c. MiB that a new hash takes (argon.h), before the program has threads; ARGON_MIB unless it is called. */
void password_memory_set(int mib);
/* Argon2id text form; dst holds PASSWORD_HASH_CAP. ERR_NO_MEMORY. */
enum { PASSWORD_HASH_CAP = 128 };
int password_hash(struct str password, char *dst, struct err *reterr);
/* hash STR_NULL: does the work against a dummy, so that time tells nothing, and answers false. */
bool password_matches(struct str hash, struct str password);
bool password_hash_is_old(struct str hash);
/* roles: of whose it will be. email: not taken as a password; may be empty. ERR_INVALID "account.password_weak". */
int password_check_rule(const struct engine *e, unsigned roles, struct str password, struct str email, struct err *reterr);

/* breached.c: 1: the file of setting password-refused has it; 0: not, or no such file is set. No file of such a kind, or one that cannot be
 * read: ERR_INVALID "config.password_refused". A word list (a word a line) is read from end to end without regard to case; a list
 * of SHA-1 hashes (40 hexadecimal digits, what follows on the line does not count) must be sorted, and may be of any size. */
int breached_find(int fd, struct str password, struct err *reterr);
int password_is_refused(const struct engine *e, struct str password, struct err *reterr);

/* How long a session of somebody with these roles lives: without use, and at all. */
struct session_life {
    int64_t idle_ms, longest_ms;
};
struct session_life session_life_of(const struct engine *e, unsigned roles);

/* account.c. Trimmed and lower-cased. ERR_INVALID "account.email_invalid". */
int email_normalise(struct str email, struct arena *a, struct str *ret, struct err *reterr);

/* attempt.c: failures are counted by account and network within a window. */
int attempt_check(const struct engine *e, struct str email, struct str address, struct err *reterr);
int attempt_failed(const struct engine *e, struct str email, struct str address, struct err *reterr);
int attempt_succeeded(const struct engine *e, struct str email, struct str address,
                      struct err *reterr);
/* Sign-ups of a network that met a taken address. ERR_LIMIT "account.too_many_sign_ups". */
int attempt_sign_up_check(const struct engine *e, struct str address, struct err *reterr);
int attempt_sign_up_taken(const struct engine *e, struct str address, struct err *reterr);
/* 1: a letter about a sign-up may go to this address now; 0: there were enough. */
int attempt_letter(const struct engine *e, struct str email, struct err *reterr);
/* Passwords that somebody who is signed in types again. ERR_LIMIT "session.too_many_attempts". */
int attempt_password_check(const struct engine *e, struct account_id account, struct err *reterr);
int attempt_password_failed(const struct engine *e, struct account_id account, struct err *reterr);
/* Of a second factor. ERR_LIMIT "factor.too_many_codes". */
int attempt_code_check(const struct engine *e, struct account_id account, struct err *reterr);
int attempt_code_failed(const struct engine *e, struct account_id account, struct err *reterr);
int attempt_code_succeeded(const struct engine *e, struct account_id account, struct err *reterr);
int attempt_pin_check(const struct engine *e, struct profile_id profile, struct err *reterr);
int attempt_pin_failed(const struct engine *e, struct profile_id profile, struct err *reterr);
int attempt_pin_succeeded(const struct engine *e, struct profile_id profile, struct err *reterr);

/* In tx: the new hash, every session ended, a letter that says so. */
int account_password_store(struct tx *tx, const struct engine *e, struct account_id account,
                           const char *hash, struct err *reterr);

/* In tx: an account without a password, its profile, and the letter that asks for a proof of the address where it is not
 * verified. email is normalised, id new. ERR_CONFLICT "account.email_taken". */
int account_insert(struct tx *tx, const struct engine *e, const struct account_new *n, struct str email,
                   struct account_id id, bool verified, struct err *reterr);

/* note.c: the log's line, and the record's row where the account is staff's. account unset: there is none such. */
int sign_in_granted(struct request *rq, const struct session *s, struct err *reterr);
int sign_in_refused(const struct engine *e, struct account_id account, struct str address, const char *action, const char *reason,
                    struct err *reterr);
int sign_in_notes_record(const struct engine *e, struct err *reterr); /* the worker's part */

/* code.c: what a letter proves. Good once; ERR_INVALID "account.code_invalid" for any other. */
enum code_purpose { CODE_VERIFY, CODE_RESET, CODE_EMAIL };
struct code {
    char s[44]; /* base64url of 32 bytes, and NUL */
};
int code_make(struct tx *tx, enum code_purpose purpose, struct account_id account, struct str email,
              struct code *ret_code, struct err *reterr);
/* Spends it, with the others of the account for the same purpose. */
int code_take(struct tx *tx, enum code_purpose purpose, struct str code, struct arena *a,
              struct account_id *ret_account, struct str *ret_email, struct err *reterr);
int code_count_since(struct tx *tx, enum code_purpose purpose, struct account_id account, int64_t since_ms,
                     int64_t *ret_n, struct err *reterr);

/* letters.c */
struct letter_to {
    struct account_id account;
    struct str email, lang;
};
/* What a letter about the account's safety tells besides the time; each may be empty. */
struct happened {
    struct str agent; /* User-Agent of who did it */
    struct str kind;  /* of a device that was paired: device.h; instead of agent */
    struct str name;  /* of the device or the passkey, as somebody typed it */
};
/* One of words.h's LETTER_ letters. what and code may be NULL. */
int letter_enqueue(struct tx *tx, const struct engine *e, enum letter which, const struct letter_to *to,
                   const struct happened *what, const struct code *code, struct err *reterr);
/* In tx: writes to the account's address. */
int account_tell(struct tx *tx, const struct engine *e, enum letter which, struct account_id account,
                 const struct happened *what, struct err *reterr);

/* browser.c - which browsers an account was signed in to before, by a cookie of theirs; its owner is written to about another. */
int browser_note(struct request *rq, struct account_id account, struct err *reterr);
int browser_export(const struct engine *e, struct account_id account, json_t *into, struct err *reterr);
int browser_purge(const struct engine *e, struct err *reterr);

/* sign_up.c. *ret_id unset: the address has an account, whose owner was told; answer as if it had none.
 * Errors as account_create has, and ERR_LIMIT "account.too_many_sign_ups". Hashes. */
int account_sign_up(const struct engine *e, const struct account_new *n, struct str address,
                    struct account_id *ret_id, struct err *reterr);
bool sign_up_by_letter(const struct engine *e);
extern const struct config_key identity_config[];
extern struct metric identity_metrics[]; /* password.c */

/* recover.c. ERR_LIMIT "account.too_many_letters": five in an hour. */
int account_send_verification(struct tx *tx, const struct engine *e, struct account_id account,
                              struct str email, struct str lang, struct err *reterr);
int account_verify(const struct engine *e, struct str code, struct err *reterr);
/* Only notes it: the worker looks whether there is such an account (account_resolve_resets). */
int account_request_reset(const struct engine *e, struct str email, struct str lang, struct err *reterr);
int account_resolve_resets(const struct engine *e, struct err *reterr);
/* Hashes. */
int account_reset_password(const struct engine *e, struct str code, struct str password, struct err *reterr);
int account_request_email(const struct engine *e, struct account_id account, struct str email, struct str lang,
                          struct err *reterr);
int account_confirm_email(const struct engine *e, struct str code, struct err *reterr);

/* profile.c */
void profile_read(const struct rows *r, size_t row, struct profile *ret);

/* Handlers, by file; routes.c has the table. */
int verification_post(struct request *rq, struct err *reterr); /* account_routes.c */
int verification_mail_post(struct request *rq, struct err *reterr);
int reset_post(struct request *rq, struct err *reterr);
int reset_confirm_post(struct request *rq, struct err *reterr);
int password_post(struct request *rq, struct err *reterr);
int email_post(struct request *rq, struct err *reterr);
int email_confirm_post(struct request *rq, struct err *reterr);
int sessions_get(struct request *rq, struct err *reterr); /* people_routes.c */
int sessions_delete(struct request *rq, struct err *reterr);
int session_id_delete(struct request *rq, struct err *reterr);
int devices_get(struct request *rq, struct err *reterr);
int device_delete(struct request *rq, struct err *reterr);
int profiles_get(struct request *rq, struct err *reterr);
int profiles_post(struct request *rq, struct err *reterr);
int profile_patch(struct request *rq, struct err *reterr);
int profile_pin_put(struct request *rq, struct err *reterr);
int profile_delete(struct request *rq, struct err *reterr);
int session_profile_put(struct request *rq, struct err *reterr);
json_t *profile_json(const struct profile *p);
/* routes.c: a new session in place of the one that was asked with. */
int reply_session(struct request *rq, struct account_id account, int status, struct err *reterr);
/* Sets the cookie; the token stays the caller's to wipe. */
int reply_session_begun(struct request *rq, const struct session_token *token, const struct session *s, int status,
                        struct err *reterr);
/* reply_session after the owner proved who they are: the session is fresh for a while (ways.h). */
int reply_session_proved(struct request *rq, struct account_id account, int status, struct err *reterr);
int reply_session_of(struct request *rq, struct str token, struct err *reterr); /* the one with this token */
int reply_session_now(struct request *rq, struct err *reterr); /* the one it has, looked up again */

/* session.c. 256 random bits and their hash: SHA-256, hex, 65 bytes. */
int session_token_make(struct session_token *ret, char ret_hash[65], struct err *reterr);
/* Of the cookie, else of "Authorization: Bearer": what programs that are no browsers send. STR_NULL: neither. */
struct str session_token_sent(struct request *rq);
/* session.c: the only way in which sessions end but by time. Runs one of SESSION_DELETE..., and tells of
 * each that it took (SESSION_ENDED). Returns how many. */
int sessions_end(struct tx *tx, int statement, struct sql_args args, struct err *reterr);
/* What was told of the sessions of an account that is erased does not name it any more. */
int sessions_forget(struct tx *tx, struct account_id account, struct err *reterr);
int sessions_end_now(const struct engine *e, int statement, struct sql_args args, struct err *reterr);

/* people_routes.c. Rows of SESSION_LIST as the API has them; a new reference. */
json_t *session_items_json(const struct rows *r, struct session_id current);
json_t *roles_json(unsigned roles); /* routes.c: their names */

int identity_export(const struct engine *e, struct account_id account, json_t **ret, struct err *reterr);
