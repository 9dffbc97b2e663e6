/*
 * passkey.h - passkeys of accounts: the two ceremonies begun and ended, and what is kept of a credential. A challenge is 256
 * random bits, good once and for five minutes; the cache has its SHA-256 with what it was given out for, and a
 * challenge for one purpose, account or session is nothing to another. Any thread.
 */
#pragma once
#include "service/identity/ways.h"
#include "service/identity/webauthn.h"

enum { PASSKEYS_MAX = 20, PASSKEY_NAME_MAX = 60, CEREMONY_MS = 5 * 60000 };

/* The site of engine.public_url; in the arena. */
int passkey_site(const struct engine *e, struct arena *a, struct webauthn_site *ret, struct err *reterr);

/* What a challenge was given out for. */
enum ceremony { CEREMONY_SIGN_IN, CEREMONY_ADD, CEREMONY_SIGN_UP };
struct ceremony_state {
    enum ceremony purpose;
    struct account_id account; /* ADD: whose; SIGN_UP: who it will be */
    struct session_id session; /* ADD */
    struct str email, name, lang; /* SIGN_UP */
};
struct challenge {
    char s[44]; /* base64url of 32 bytes, and NUL */
};
int ceremony_begin(const struct engine *e, const struct ceremony_state *s, struct challenge *ret, struct err *reterr);
/* Spends the challenge in the client data. ERR_INVALID "passkey.challenge": unknown, used, too old, or for something else. */
int ceremony_end(const struct engine *e, enum ceremony purpose, struct str client_json, struct arena *a,
                 struct ceremony_state *ret, struct err *reterr);

struct passkey {
    struct id id;
    struct account_id account;
    struct str credential_id; /* base64url */
    struct str key, aaguid, transports, name;
    uint32_t sign_count;
    bool backup_eligible, backed_up;
    int64_t created_ms, last_used_ms, suspect_ms; /* 0: never */
};
int passkey_list(const struct engine *e, struct account_id account, struct arena *a, struct passkey **ret, size_t *ret_n,
                 struct err *reterr);
/* What came from the browser, decoded: bytes. */
struct passkey_answer {
    struct str client_json, attestation;                       /* a registration */
    struct str credential_id, auth_data, signature, user_handle; /* a sign-in */
    struct str transports, name;
};
/* Registers for who is signed in. ERR_CONFLICT "passkey.taken"; ERR_LIMIT "passkey.too_many"; webauthn.h's. */
int passkey_add(const struct engine *e, const struct principal *who, const struct passkey_answer *w, struct id *ret,
                struct err *reterr);
/* A new account without a password. account_create's errors too. */
int passkey_sign_up(const struct engine *e, const struct passkey_answer *w, struct account_id *ret, struct err *reterr);
/* ERR_UNAUTHENTICATED "passkey.unknown", "passkey.cloned" (the counter went back: it signs nobody in any more, event
 * passkey.cloned and a letter say so); webauthn.h's. */
int passkey_sign_in(const struct engine *e, const struct passkey_answer *w, struct account_id *ret, struct err *reterr);
/* That who is signed in has just used a passkey of the account, which is in the body's "credential" (challenge of sign-in-options).
 * ERR_FORBIDDEN "passkey.other_account" and what passkey_sign_in refuses. */
int passkey_prove(struct request *rq, struct err *reterr);
/* ERR_NOT_FOUND. */
int passkey_rename(const struct engine *e, struct account_id account, struct id id, struct str name, struct err *reterr);
/* ERR_NOT_FOUND; ERR_CONFLICT "account.last_way". */
int passkey_remove(const struct engine *e, const struct principal *who, struct id id, struct err *reterr);

extern const struct service passkey_service;
