/* factor_int.h - what factor.c and factor_routes.c share. */
#pragma once
#include "service/identity/factor.h"

#define FACTOR_SQL(Q)                                                                              \
    Q(FACTOR_GET, MAIN, "SELECT secret, last_step, confirmed_at FROM second_factor WHERE account_id = $1")       \
    Q(FACTOR_PUT, MAIN,                                                                            \
      "INSERT INTO second_factor (account_id, secret, last_step, created_at) VALUES ($1, $2, 0, $3)"             \
      " ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, last_step = 0,"           \
      " created_at = excluded.created_at WHERE second_factor.confirmed_at IS NULL")                \
    Q(FACTOR_STEP, MAIN, "UPDATE second_factor SET last_step = $2 WHERE account_id = $1 AND last_step < $2")     \
    Q(FACTOR_CONFIRM, MAIN,                                                                        \
      "UPDATE second_factor SET confirmed_at = $2, last_step = $3 WHERE account_id = $1 AND confirmed_at IS NULL") \
    Q(FACTOR_DROP, MAIN, "DELETE FROM second_factor WHERE account_id = $1")                        \
    Q(RECOVERY_ADD, MAIN, "INSERT INTO recovery_code (code_hash, account_id) VALUES ($1, $2)")     \
    Q(RECOVERY_SPEND, MAIN, "DELETE FROM recovery_code WHERE code_hash = $1 AND account_id = $2")  \
    Q(RECOVERY_COUNT, MAIN, "SELECT count(*) FROM recovery_code WHERE account_id = $1")            \
    Q(RECOVERY_DROP, MAIN, "DELETE FROM recovery_code WHERE account_id = $1")

enum { FACTOR_SQL(SQL_ENUM) };
extern const struct sql factor_sql[];
