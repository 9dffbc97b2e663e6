/*
 * factor.h - a second factor: codes of an authenticator app (TOTP, RFC 6238: SHA-1, 6 digits, 30 s) and recovery codes. Tables
 * second_factor and recovery_code. That a session has shown one stands in the cache: what is lost there is asked
 * for again. Any thread.
 */
#pragma once
#include "service/identity/identity_int.h"

/* Event: a code of the app that was used up was tried again; its subject is the account's id. */
#define FACTOR_REUSED "factor.code_reused"
enum { TOTP_SECRET_LEN = 20, TOTP_STEP_MS = 30000, RECOVERY_CODES = 10, RECOVERY_LEN = 16 };

/* totp.c: pure. RFC 4226 section 5.3 with counter step. */
int totp_code(const uint8_t secret[TOTP_SECRET_LEN], int64_t step);
/* The step whose code this is, of the one now, before and after, but later than last; -1: none. Six digits; blanks
 * between them are fine. */
int64_t totp_match(const uint8_t secret[TOTP_SECRET_LEN], struct str code, int64_t now_ms, int64_t last);
/* RFC 4648 section 6, without padding; dst holds (n * 8 + 4) / 5 + 1. */
void base32_write(const uint8_t *bytes, size_t n, char *dst);

/* 1: codes are asked for; 0: not. */
int factor_enrolled(const struct engine *e, struct account_id account, struct err *reterr);
/* Begins, or begins anew what was never confirmed. ERR_CONFLICT "factor.enrolled". */
int factor_begin(const struct engine *e, struct account_id account, char ret_secret[33], struct err *reterr);
struct recovery {
    char code[RECOVERY_CODES][RECOVERY_LEN + 4]; /* "abcd-efgh-ijkl-mnop" and NUL */
};
int factor_confirm(const struct engine *e, struct account_id account, struct str code, struct str agent,
                   struct recovery *ret, struct err *reterr);
/* A code of the app, or a recovery code, which is spent. ERR_FORBIDDEN "factor.wrong_code"; ERR_LIMIT
 * "factor.too_many_codes" after five wrong ones in a quarter of an hour. */
int factor_check(const struct engine *e, struct account_id account, struct str code, struct err *reterr);
int factor_erase(const struct engine *e, struct account_id account, struct err *reterr); /* as factor_remove, but tells nobody */

/* The session has shown a second factor just now. */
int factor_mark(const struct engine *e, struct session_id session, struct err *reterr);
/* When it did last; 0: never, or it is not known any more. */
int64_t factor_marked_ms(const struct engine *e, struct session_id session);

/* After a password was right: 0, or ERR_UNAUTHENTICATED "session.second_factor_wanted" with a cookie that can do nothing but
 * POST /api/v1/session/second-factor. */
int factor_gate(struct request *rq, struct account_id account, struct err *reterr);
