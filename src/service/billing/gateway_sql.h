/* gateway_sql.h - the statements of what we remember of gateways (sql/0060_gateway). */
#pragma once
#include "engine/store/store.h"

#define GATEWAY_SQL(Q)                                                                             \
    Q(CUSTOMER_GET, MAIN, "SELECT ref FROM gateway_customer WHERE account_id = $1 AND gateway = $2") \
    Q(CUSTOMER_PUT, MAIN,                                                                          \
      "INSERT INTO gateway_customer (account_id, gateway, ref, created_at)"                        \
      " VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, gateway) DO NOTHING")                     \
    Q(CUSTOMERS_ERASE, MAIN, "DELETE FROM gateway_customer WHERE account_id = $1")                 \
    Q(SETUP_INSERT, MAIN,                                                                          \
      "INSERT INTO method_setup (id, account_id, gateway, ref, state, next_path, created_at,"      \
      " settled_at) VALUES ($1, $2, $3, '', 'open', $4, $5, 0)")                                   \
    Q(SETUP_REF, MAIN, "UPDATE method_setup SET ref = $2 WHERE id = $1")                           \
    Q(SETUP_GET, MAIN,                                                                             \
      "SELECT id, account_id, gateway, ref, state, next_path FROM method_setup WHERE id = $1")     \
    Q(SETUP_END, MAIN,                                                                             \
      "UPDATE method_setup SET state = $2, settled_at = $3 WHERE id = $1 AND state = 'open'")      \
    Q(SETUPS_ERASE, MAIN, "DELETE FROM method_setup WHERE account_id = $1")                        \
    Q(SETUPS_PURGE, MAIN, "DELETE FROM method_setup WHERE created_at < $1")                        \
    Q(CALL_PUT, MAIN,                                                                              \
      "INSERT INTO gateway_call (key, gateway, customer, ref, calls, created_at)"                  \
      " VALUES ($1, $2, $3, '', 1, $4) ON CONFLICT (key) DO UPDATE"                                \
      " SET calls = gateway_call.calls + 1 RETURNING calls, ref, customer, created_at")            \
    Q(CALL_REF, MAIN, "UPDATE gateway_call SET ref = $2 WHERE key = $1")                           \
    Q(CALL_GET, MAIN, "SELECT calls, ref, customer, created_at FROM gateway_call WHERE key = $1")

enum { GATEWAY_SQL(SQL_ENUM) };
extern const struct sql gateway_sql[];
