/* entitlement.h - what a licence service is told of a request's right: a JSON Web Token under a secret that both know. */
#pragma once
#include "service/playback/grant.h"

struct entitled_key {
    uint8_t kid[16];
    unsigned classes; /* those that were granted */
};
/* KEYS: of a grant. TOLD: in one token, which is a header. */
enum { ENTITLED_KEYS_MAX = 256, ENTITLED_TOLD_MAX = 32, ENTITLEMENT_LASTS_S = 60, ENTITLEMENT_SECRET_MIN = 32 };

/* The keys of a grant. ERR_FORBIDDEN "licence.key_not_granted": it has none. */
int entitled_keys(const struct engine *e, const struct grant *g, struct entitled_key ret[ENTITLED_KEYS_MAX], size_t *ret_n, struct err *reterr);
/* RFC 7519 with HS256. Claims: iss "matinee", aud the system, iat, exp, jti (each time another), sub the playback, device, asset, until (no
 * licence shall be used after), persistent false, keys [{kid, classes, hdcp, robustness, security_level}]. */
int entitlement_write(const struct engine *e, const struct grant *g, const struct entitled_key *keys, size_t n, struct str secret, struct buf *out,
                      struct err *reterr);
