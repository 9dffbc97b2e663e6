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
    Q(CALL_GET, MAIN, "SELECT calls, ref, customer, created_at FROM gateway_call WHERE key = $1")  \
    Q(WEBHOOK_PUT, MAIN,                                                                           \
      "INSERT INTO webhook_event (gateway, event_id, type, object, ref, subject, received_at,"     \
      " done_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0) ON CONFLICT (gateway, event_id) DO NOTHING") \
    Q(WEBHOOK_GET, MAIN,                                                                           \
      "SELECT type, object, ref, subject, done_at FROM webhook_event"                              \
      " WHERE gateway = $1 AND event_id = $2")                                                     \
    Q(WEBHOOK_DONE, MAIN,                                                                          \
      "UPDATE webhook_event SET done_at = $3 WHERE gateway = $1 AND event_id = $2")                \
    Q(WEBHOOKS_PURGE, MAIN, "DELETE FROM webhook_event WHERE received_at < $1")                    \
    Q(CUSTOMERS_OF, MAIN, "SELECT gateway, ref FROM gateway_customer WHERE account_id = $1")       \
    Q(DISPUTE_GET, MAIN,                                                                           \
      "SELECT id, payment_id, state, withdrawn, moves FROM dispute WHERE gateway = $1 AND ref = $2") \
    Q(DISPUTE_INSERT, MAIN,                                                                        \
      "INSERT INTO dispute (id, gateway, ref, payment_id, state, currency, amount_minor, withdrawn,"\
      " moves, reason, due_at, created_at, closed_at)"                                             \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, $9, $10, 0)")                                \
    Q(DISPUTE_SAVE, MAIN,                                                                          \
      "UPDATE dispute SET state = $2, withdrawn = $3, moves = $4, reason = $5, due_at = $6,"       \
      " closed_at = $7 WHERE id = $1")                                                             \
    Q(DISPUTES_DUE, MAIN,                                                                          \
      "SELECT d.id, d.payment_id, d.currency, d.amount_minor, d.due_at, p.account_id FROM dispute d"\
      " JOIN payment p ON p.id = d.payment_id WHERE (d.state = 'open' OR d.state = 'inquiry')"     \
      " AND d.reminded_at = 0 AND d.due_at > $1 AND d.due_at <= $1 + 259200000 AND d.id > $2"      \
      " ORDER BY d.id LIMIT 100")                                                                  \
    Q(DISPUTE_REMINDED, MAIN,                                                                      \
      "UPDATE dispute SET reminded_at = $2 WHERE id = $1 AND reminded_at = 0 AND due_at > $2")     \
    Q(DISPUTES_ALL, MAIN,                                                                          \
      "SELECT d.id, d.payment_id, p.account_id, p.invoice_id, d.state, d.currency, d.amount_minor,"\
      " d.withdrawn, d.reason, d.due_at, d.created_at, d.closed_at, d.gateway, d.ref"              \
      " FROM dispute d JOIN payment p ON p.id = d.payment_id ORDER BY d.created_at DESC, d.id DESC LIMIT 500") \
    Q(DISPUTE_OF_INVOICE, MAIN,                                                                    \
      "SELECT d.state FROM dispute d JOIN payment p ON p.id = d.payment_id"                        \
      " WHERE p.invoice_id = $1 ORDER BY d.created_at DESC LIMIT 1")                               \
    Q(DISPUTES_OF_PAYMENT, MAIN,                                                                   \
      "SELECT state FROM dispute WHERE payment_id = $1 AND (state = 'open' OR state = 'lost')")    \
    Q(STORE_PUT, MAIN,                                                                             \
      "INSERT INTO test_store (receipt, product, state, renews, period_start_at, period_end_at,"   \
      " grace_until_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (receipt) DO UPDATE SET"   \
      " product = excluded.product, state = excluded.state, renews = excluded.renews,"             \
      " period_start_at = excluded.period_start_at, period_end_at = excluded.period_end_at,"       \
      " grace_until_at = excluded.grace_until_at")                                                 \
    Q(STORE_GET, MAIN,                                                                             \
      "SELECT product, state, renews, period_start_at, period_end_at, grace_until_at"              \
      " FROM test_store WHERE receipt = $1")

enum { GATEWAY_SQL(SQL_ENUM) };
extern const struct sql gateway_sql[];
