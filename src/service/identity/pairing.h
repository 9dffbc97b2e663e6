/*
 * pairing.h - a television signed in by a code: the device authorization grant, RFC 8628. Table
 * device_grant (STORE_MAIN), so that a code on a screen outlives a restart of the program; how often
 * a device may ask and a person may guess is counted in the cache.
 *
 * The device asks for two codes: one of 256 bits, its own, and one short enough to type. Somebody
 * who is signed in elsewhere looks the short one up, sees what asks, and approves or refuses. The
 * device meanwhile polls with the long one and gets, once, a session of that account. The approval
 * ends with the session that gave it, so "sign out everywhere" in between ends it too. A paired
 * session has a viewer's role only and cannot approve others. Any thread.
 */
#pragma once
#include "service/identity/identity.h"

#define PAIRING_LIFE_MS (10LL * 60 * 1000)
enum { PAIRING_INTERVAL_S = 5, USER_CODE_LEN = 8, DEVICE_CODE_LEN = 43, DEVICE_NAME_MAX = 100 };

struct user_code { /* without its dash */
    char s[USER_CODE_LEN + 1];
};
/* What a person typed: case, dashes, spaces and signs that look alike (0 for Q, 1 for L...) do not
 * matter. False: that is no code of ours. */
bool user_code_parse(struct str typed, struct user_code *ret);
void user_code_make(struct user_code *ret);
/* "WDJB-MJHT" */
struct user_code_text {
    char s[USER_CODE_LEN + 2];
};
struct user_code_text user_code_text(const struct user_code *c);

struct pairing_ask {
    struct device_info device;
    struct str network; /* request_address() */
};
struct pairing {
    char device_code[DEVICE_CODE_LEN + 1];
    struct user_code user_code;
    int64_t expires_ms;
};
int pairing_begin(const struct engine *e, const struct pairing_ask *ask, struct pairing *ret, struct err *reterr);

/* What asks, for whoever is to approve it; strings in the arena. Every failure counts as a guess, by
 * account and by network. ERR_NOT_FOUND "pairing.code_wrong"; ERR_CONFLICT "pairing.code_expired",
 * "pairing.code_used"; ERR_LIMIT "pairing.too_many_codes". */
struct pairing_seen {
    struct str kind, name, network;
    int64_t created_ms, expires_ms;
};
int pairing_look(const struct engine *e, const struct principal *who, struct str network, struct str typed,
                 struct arena *a, struct pairing_seen *ret, struct err *reterr);
/* name: as who approves calls the device; empty: as it calls itself. The same errors, and
 * ERR_FORBIDDEN "pairing.not_here" from a paired session. */
int pairing_decide(const struct engine *e, const struct principal *who, struct str network, struct str typed,
                   bool approve, struct str name, struct err *reterr);

/* The device's turn: before (may be unset) is the session that it has and that ends with the new one. Reasons as in RFC
 * 8628 section 3.5 and RFC 6749 section 5.2, all ERR_INVALID: "authorization_pending", "slow_down",
 * "access_denied", "expired_token", "invalid_grant" (unknown, or used already). */
int pairing_take(const struct engine *e, struct str device_code, struct session_id before,
                 struct session_token *ret_token, struct session *ret_session, struct err *reterr);
