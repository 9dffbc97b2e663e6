/*
 * identity.h - who is asking: accounts, profiles, devices, sessions, roles. Tables account,
 * profile, device, session, account_code, reset_request (STORE_MAIN); failed sign-ins and PINs are
 * counted in the cache.
 *
 * An account has always a profile (made with it); what is watched belongs to the profile. A session
 * is an opaque 256-bit token in the cookie matinee_session; only its SHA-256 is stored. It slides:
 * 30 days from the last use, a year at most; staff's half an hour and 12 hours (settings session-*). Any thread.
 */
#pragma once
#include "service/service.h"

struct language;

#define SESSION_COOKIE "matinee_session"
#define SESSION_ENDED "session.ended" /* event; its subject is the session's id; body: account_id, null: erased */
/* Events, body: account_id; null: erased. Whoever tells others of ACCOUNT_ERASED forgets it then (account_event_forget). */
#define ACCOUNT_CREATED "account.created"
#define ACCOUNT_ERASED "account.erased"
int account_event_forget(struct tx *tx, const char *name, struct account_id id, struct err *reterr);
#define SESSION_IDLE_MS (30LL * 24 * 3600 * 1000)
#define SESSION_LONGEST_MS (365LL * 24 * 3600 * 1000)
#define SESSION_STAFF_IDLE_MS (30LL * 60 * 1000)
#define SESSION_STAFF_LONGEST_MS (12LL * 3600 * 1000)
/* Of passwords: characters. 8 is what password-min asks of viewers unless it is set; staff needs 12 at least. */
enum { EMAIL_MAX = 254, PASSWORD_MIN = 8, PASSWORD_STAFF_MIN = 12, PASSWORD_MAX = 128, PROFILE_NAME_MAX = 60 };

struct account {
    struct account_id id;
    struct str email;
    unsigned roles; /* ROLE_ bits */
    int64_t created_ms;
    int64_t verified_ms; /* when the address was confirmed; 0: not yet */
};
enum { PROFILES_MAX = 6, MATURITY_ALL = 18, MATURITY_KIDS = 12, PIN_LEN = 4 };
#define AVATARS "amber|coral|rose|violet|indigo|sky|teal|lime|slate|sand"
struct profile {
    struct profile_id id;
    struct account_id account;
    struct str name, lang;
    struct str avatar; /* one of AVATARS */
    bool kids;         /* sees at most MATURITY_KIDS; leaving it takes a PIN or the password */
    int maturity;      /* years: titles for this age and younger; MATURITY_ALL: everything */
    bool has_pin;
    bool autoplay_next, autoplay_previews;
    int64_t created_ms;
};

struct account_new {
    struct str email, password;
    struct str name; /* of the profile; empty: what stands before the @ */
    struct str lang; /* BCP 47; empty: "en" */
    unsigned roles;  /* ROLE_VIEWER is always added */
};
/* Hashes the password (about 60 ms of one core): call it on the PASSWORD pool.
 * ERR_INVALID "account.email_invalid", "account.password_weak"; ERR_CONFLICT "account.email_taken".
 */
int account_create(const struct engine *e, const struct account_new *n, struct account_id *ret_id,
                   struct err *reterr);
int account_get(const struct engine *e, struct account_id id, struct arena *a,
                struct account *ret_account, struct err *reterr);
int account_by_email(const struct engine *e, struct str email, struct arena *a,
                     struct account *ret_account, struct err *reterr);
int profile_get(const struct engine *e, struct account_id account, struct profile_id id, struct arena *a,
                struct profile *ret_profile, struct err *reterr);
/* At most PROFILES_MAX, oldest first. */
int profile_list(const struct engine *e, struct account_id account, struct arena *a,
                 struct profile **ret_profiles, size_t *ret_n, struct err *reterr);
/* Sets id and created_ms. ERR_LIMIT "profile.too_many". */
int profile_add(const struct engine *e, struct profile *p, struct err *reterr);
int profile_update(const struct engine *e, const struct profile *p, struct err *reterr);
/* Four digits; STR_NULL takes it away. ERR_INVALID "profile.pin_invalid". Hashes. */
int profile_set_pin(const struct engine *e, struct account_id account, struct profile_id id,
                    struct str pin, struct err *reterr);
/* Its sessions end, and event profile.deleted says that what belongs to it can go. ERR_CONFLICT
 * "profile.last". */
int profile_drop(const struct engine *e, struct account_id account, struct profile_id id,
                 struct err *reterr);
/* The session watches as this profile from now on. ERR_FORBIDDEN "profile.pin_wanted" (where the
 * profile has one, pin is STR_NULL), "profile.pin_wrong", "profile.password_wanted" (out of a kids
 * profile into one without a PIN), "session.wrong_credentials"; ERR_LIMIT "profile.too_many_pins".
 * For an account without a password "profile.passkey_wanted" or "profile.sign_in_wanted"; proved: whoever asks has just used a
 * passkey of the account. Hashes. */
int session_choose_profile(const struct engine *e, const struct principal *who, struct profile_id id,
                           struct str pin, struct str password, bool proved, struct err *reterr);
/* In which language the server writes to the account: its first profile's; English for one that is gone. */
const struct language *account_language(const struct engine *e, struct account_id account);
/* The account's first profile. */
int account_profile(const struct engine *e, struct account_id id, struct arena *a,
                    struct profile *ret_profile, struct err *reterr);
/* Signs every session of the account out. Same errors for a weak password. */
int account_set_password(const struct engine *e, struct account_id id, struct str password,
                         struct err *reterr);
/* The oldest accounts that have one of these roles, at most 50: how many, and in the arena whose. */
int accounts_of_role(const struct engine *e, unsigned roles, struct arena *a, struct account_id **ret,
                     struct err *reterr);
/* Ends every session of the account: what may do more, or less, is signed in to anew. */
int account_set_roles(const struct engine *e, struct account_id id, unsigned roles,
                      struct err *reterr);
/* ERR_FORBIDDEN "session.wrong_credentials": who asks is signed in, the password is another matter.
 * Hashes. */
int account_check_password(const struct engine *e, struct account_id id, struct str password,
                           struct err *reterr);

/* The same for an account that may have none: then the session must be fresh (signed in within the last ten minutes).
 * ERR_FORBIDDEN also "session.not_fresh". */
int account_check_owner(const struct engine *e, const struct principal *who, struct str password, struct err *reterr);

struct session {
    struct session_id id;
    struct account_id account;
    struct profile_id profile;
    struct device_id device; /* unset until the first playback */
    bool kids;               /* of the profile */
    bool paired;             /* begun by a code (pairing.h) */
    int maturity;
    int64_t expires_ms;
};
enum { SESSION_TOKEN_LEN = 43 }; /* base64url of 32 bytes */
struct session_token {
    char s[SESSION_TOKEN_LEN + 1];
};
/* Checks the password (a wrong e-mail costs the same time) and the number of failures of this
 * account and this address. ERR_UNAUTHENTICATED "session.wrong_credentials"; ERR_LIMIT
 * "session.too_many_attempts". */
int session_sign_in(const struct engine *e, struct str email, struct str password,
                    struct str address, struct account_id *ret_account, struct err *reterr);
int session_create(const struct engine *e, struct account_id account,
                   struct session_token *ret_token, struct session *ret_session,
                   struct err *reterr);
/* Another token for the same session, when it may do more than before: the old one is nobody's. */
int session_rotate(const struct engine *e, struct session_id id, struct session_token *ret_token,
                   struct err *reterr);
/* ERR_UNAUTHENTICATED: unknown, expired or revoked. Slides the expiry (written at most once an
 * hour, or a tenth of what it may idle). */
int session_find(const struct engine *e, struct str token, struct session *ret_session,
                 unsigned *ret_roles, struct err *reterr);
/* Publishes SESSION_ENDED, as a new password and an erased account do for each of their sessions. */
int session_revoke(const struct engine *e, struct session_id id, struct err *reterr);
/* All of the account. */
int session_revoke_all(const struct engine *e, struct account_id account, struct err *reterr);
/* 1: it is there and has not expired; 0: it has ended. What was given to a session asks this. */
int session_is_alive(const struct engine *e, struct session_id id, struct err *reterr);

/* The device that a playback runs on: found by id when it is the account's own, else
 * made, with that id (a browser's own ULID) where it is free; kind is one of
 * web, tv, phone, other. Remembered in the session. limit (may be NULL) is asked for a device that does
 * not count yet (device.c): how many may, 0: any number. ERR_CONFLICT TOO_MANY_DEVICES. */
#define TOO_MANY_DEVICES "playback.too_many_devices"
typedef int device_limit_fn(const struct engine *e, struct account_id account, int *ret, struct err *reterr);
struct device_info {
    struct device_id id; /* may be unset */
    struct str kind, name;
};
int device_seen(const struct engine *e, const struct principal *who, const struct device_info *d,
                device_limit_fn *limit, struct device_id *ret_id, struct err *reterr);
/* The API's Device array (a new reference); only_counting: those that count towards a limit. */
int device_list(const struct engine *e, const struct principal *who, bool only_counting, struct arena *a,
                json_t **ret, struct err *reterr);

/* The same, what is stored of the device asked together with other questions; who and d are borrowed until it is
 * answered. */
struct store_ask device_seen_ask(const struct principal *who, const struct device_info *d);
int device_seen_take(const struct engine *e, const struct principal *who,
                     const struct device_info *d, device_limit_fn *limit,
                     const struct store_ask *answered, struct device_id *ret_id,
                     struct err *reterr);
/* Which of at most SESSIONS_ASKED sessions live; unset ids do not. */
enum { SESSIONS_ASKED = 16 };
int sessions_alive(const struct engine *e, const struct session_id *ids, size_t n, bool *ret_alive,
                   struct err *reterr);
/* The same, but for those whose time ran out: which nobody has ended. */
int sessions_kept(const struct engine *e, const struct session_id *ids, size_t n, bool *ret_kept, struct err *reterr);
/* An instant, and which sessions were ended since: at most SESSIONS_ENDED_MAX, as many if there may be more. Who was let in after
 * the instant, and is not among them, is in a session that nobody had ended when this was asked. */
enum { SESSIONS_ENDED_MAX = 64 };
int sessions_mark(const struct engine *e, int64_t *ret_mark, struct err *reterr);
int sessions_ended_since(const struct engine *e, int64_t mark, struct session_id ret_ended[SESSIONS_ENDED_MAX], size_t *ret_n,
                         struct err *reterr);

/* One device of the account, for people to recognise. ERR_NOT_FOUND. */
int device_find(const struct engine *e, struct account_id account, struct device_id id,
                struct arena *a, struct device_info *ret_d, struct err *reterr);

/* Whoever holds the master key says how a secret is sealed: dst holds 40 bytes more than plain. */
typedef int (*identity_seal_fn)(struct str plain, struct str ad, uint8_t *dst, struct err *reterr);
typedef int (*identity_unseal_fn)(struct str sealed, struct str ad, uint8_t *dst, size_t n, struct err *reterr);
void identity_seal_provider(identity_seal_fn seal, identity_unseal_fn unseal);
/* No second factor any more; the owner is written to. agent: the User-Agent of who took it away, or empty. */
int factor_remove(const struct engine *e, struct account_id account, struct str agent, struct err *reterr);
/* The hook for routes with ROUTE_FRESH. ERR_FORBIDDEN "session.second_factor_stale". */
int identity_check_fresh(struct request *rq, const struct principal *who, struct err *reterr);

/* The hook for the HTTP server: fills the principal from the session cookie or a bearer token. */
int identity_authenticate(struct request *rq, struct principal *ret_who, struct err *reterr);
/* Account and everything of identity's gone (identity_service.erase does the same). */
int account_delete(const struct engine *e, struct account_id id, struct err *reterr);

extern const struct service identity_service;
