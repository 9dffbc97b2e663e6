/*
 * oidc.h - signing in through OpenID providers that the operator names (settings oidc-...): code flow with PKCE (RFC 7636),
 * state and nonce, RFC 9207. Who somebody is, is (issuer, subject); an address at a provider takes over no account:
 * its owner signs in as before and thereby confirms the link.
 */
#pragma once
#include "service/identity/public_key.h"
#include "service/identity/ways.h"
#include <jansson.h>

enum { OIDC_PROVIDERS = 3, OIDC_LINKS_MAX = 20, OIDC_FLOW_MS = 10 * 60000 };

#define OIDC_SQL(Q)                                                                                \
    Q(LINK_FIND, MAIN, "SELECT id, account_id FROM account_link WHERE issuer = $1 AND subject = $2") \
    Q(LINK_INSERT, MAIN,                                                                           \
      "INSERT INTO account_link (id, account_id, issuer, subject, email, created_at, last_used_at)"  \
      " VALUES ($1, $2, $3, $4, $5, $6, NULL) ON CONFLICT (issuer, subject) DO NOTHING")           \
    Q(LINK_USED, MAIN, "UPDATE account_link SET last_used_at = $2, email = $3 WHERE id = $1")      \
    Q(LINK_LIST, MAIN,                                                                             \
      "SELECT id, issuer, subject, email, created_at, last_used_at FROM account_link WHERE account_id = $1 ORDER BY id") \
    Q(LINK_DROP, MAIN, "DELETE FROM account_link WHERE id = $1 AND account_id = $2")
enum { OIDC_SQL(SQL_ENUM) };
extern const struct sql oidc_sql[];

struct oidc_provider {
    int number; /* 1 to OIDC_PROVIDERS */
    const char *issuer, *client_id, *label; /* of the settings */
};
/* ERR_NOT_FOUND "oidc.unknown_provider". */
int oidc_provider(const struct engine *e, int number, struct oidc_provider *ret, struct err *reterr);
/* ERR_INVALID "config.oidc": an issuer without https (but for one on this machine), or without a client id. */
int oidc_settings_check(const struct engine *e, struct err *reterr);
extern const struct config_key oidc_config[];
/* Empty: a public client. From the setting, or the file that another names. */
int oidc_secret(const struct engine *e, const struct oidc_provider *p, struct arena *a, struct str *ret, struct err *reterr);

/* oidc_fetch.c: one request out, JSON back (a new reference): 256 KiB and 6 s at most, no redirects, https only (but for an issuer
 * on this machine), and no address that is not public unless its host is the issuer's own. ERR_BUSY "oidc.unreachable"; four at a time. */
struct oidc_request {
    const char *url, *form;          /* form NULL: GET */
    const char *user, *password;     /* HTTP Basic; NULL: none */
    const char *bearer;              /* NULL: none */
    const char *issuer;
};
int oidc_fetch(const struct oidc_request *q, int *ret_status, json_t **ret, struct err *reterr);
/* The same kept in the cache for an hour by what ("doc", "keys") and issuer; again: fetched anew, at most six times a minute. */
int oidc_fetch_kept(const struct engine *e, const char *what, const struct oidc_provider *p, const char *url, bool again,
                    json_t **ret, struct err *reterr);

/* oidc_token.c: pure. ERR_UNAUTHENTICATED "oidc.token_invalid"; ERR_NOT_FOUND: no key of that kid (get newer keys). */
struct oidc_expected {
    struct str issuer, client_id, nonce, access_token;
    int64_t now_s;
};
struct oidc_person {
    struct str subject, email, name; /* in the arena; email and name may be empty */
    bool email_verified;
};
int id_token_verify(struct str token, const json_t *jwks, const struct oidc_expected *x, struct arena *a,
                    struct oidc_person *ret, struct err *reterr);
/* email, email_verified, name of claims or of a userinfo reply. */
void oidc_person_read(const json_t *claims, struct arena *a, struct oidc_person *p);

/* oidc.c. A flow begun by a browser (its cookie's value) and ended by the same one. */
struct oidc_begin {
    int provider;
    struct str browser;
    const struct principal *link; /* whose account is to be linked; NULL: a sign-in */
};
/* *ret: where to send the browser; in the arena. */
int oidc_begin(const struct engine *e, const struct oidc_begin *b, struct arena *a, struct str *ret, struct err *reterr);
struct oidc_answer {
    int provider;
    struct str browser, state, code, issuer, error;
};
/* ERR_INVALID "oidc.state": unknown, used, too old, another browser's or provider's. ERR_FORBIDDEN "oidc.denied".
 * ERR_CONFLICT "oidc.sign_in_to_link" (oidc_link_pending follows), "oidc.email_taken". ERR_INVALID "oidc.no_email". */
int oidc_sign_in(const struct engine *e, const struct oidc_answer *w, struct str lang, struct account_id *ret, struct err *reterr);
/* ERR_CONFLICT "oidc.linked_elsewhere". */
int oidc_link(const struct engine *e, const struct oidc_answer *w, const struct principal *who, struct err *reterr);
/* What "oidc.sign_in_to_link" left behind, now that its owner has signed in. ERR_NOT_FOUND "oidc.nothing_pending". */
int oidc_link_pending(const struct engine *e, struct str browser, const struct principal *who, struct err *reterr);
/* ERR_NOT_FOUND; ERR_CONFLICT "account.last_way". */
int oidc_unlink(const struct engine *e, const struct principal *who, struct id id, struct err *reterr);

extern const struct service oidc_service;
