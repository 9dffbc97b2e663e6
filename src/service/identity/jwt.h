/* jwt.h - tokens that somebody else signed (RFC 7519), by the keys that they publish. */
#pragma once
#include "base/err.h"
#include "base/str.h"
#include <jansson.h>

/* Any JWT that a key of the set signed (RS256, ES256; 16 KiB at most): *ret its claims, a new reference. None of them is
 * looked at. ERR_UNAUTHENTICATED "oidc.token_invalid"; ERR_NOT_FOUND: no key of that kid (get newer keys). Any thread. */
int jwt_verify(struct str token, const json_t *jwks, json_t **ret, struct err *reterr);
