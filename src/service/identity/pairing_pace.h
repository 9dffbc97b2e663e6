/* pairing_pace.h - the limits on pairing (pairing_pace.c). */
#pragma once
#include "service/identity/pairing.h"

/* ERR_LIMIT "pairing.too_many_codes". */
int pairing_guess_begin(const struct engine *e, struct account_id account, struct str network, struct err *reterr);
void pairing_guess_right(const struct engine *e, struct account_id account, struct str network);
/* hash: of the device's code, hex. ERR_INVALID "slow_down". */
int pairing_poll(const struct engine *e, const char *hash, struct err *reterr);
