/* oidc_int.h - what the files of OpenID sign-in share. */
#pragma once
#include "service/identity/oidc.h"

/* "oidc:<kind>:<SHA-256 of the secret>"; in the arena. */
struct str oidc_key(const char *kind, struct str secret, struct arena *a);
/* For OIDC_FLOW_MS. Steals o. */
int oidc_put(const struct engine *e, struct str key, json_t *o, struct err *reterr);
/* Whoever takes it has it alone; NULL: not there. */
json_t *oidc_take(const struct engine *e, struct str key, struct arena *a);
/* Where sign-up is by letter, an address that nobody has verified makes no account, and is told nothing about one: the answer is the
 * same whether it is taken. ERR_FORBIDDEN "oidc.email_unverified". */
int oidc_may_join(const struct engine *e, const struct oidc_person *who, struct err *reterr);
/* Spends the state and asks the provider who it is. link: the session that began a link; NULL: a sign-in. */
int oidc_finish(const struct engine *e, const struct oidc_answer *w, const struct principal *link, struct arena *a,
                struct oidc_provider *ret_p, struct oidc_person *ret, struct err *reterr);
