/* pairing_int.h - pairing's rows of identity's tables. */
#pragma once
#include "service/identity/pairing.h"

#define PAIRING_SQL(Q)                                                                             \
    Q(GRANT_INSERT, MAIN,                                                                          \
      "INSERT INTO device_grant (id, device_hash, user_hash, state, device_id, kind, name, named," \
      " network, created_at, expires_at) VALUES ($1, $2, $3, 'pending', $4, $5, $6, 0, $7, $8, $9)" \
      " ON CONFLICT DO NOTHING")                                                                   \
    Q(GRANT_BY_USER, MAIN,                                                                         \
      "SELECT id, state, kind, name, network, created_at, expires_at FROM device_grant"            \
      " WHERE user_hash = $1")                                                                     \
    Q(GRANT_DECIDE, MAIN,                                                                          \
      "UPDATE device_grant SET state = $2, account_id = $3, profile_id = $4, session_id = $5,"     \
      " name = COALESCE($6, name), named = $7"                                                     \
      " WHERE id = $1 AND state = 'pending' AND expires_at > $8")                                  \
    Q(GRANT_BY_DEVICE, MAIN, "SELECT state, expires_at FROM device_grant WHERE device_hash = $1")  \
    Q(GRANT_TAKE, MAIN,                                                                            \
      "DELETE FROM device_grant WHERE device_hash = $1 AND state = 'approved' AND expires_at > $2" \
      " RETURNING account_id, profile_id, session_id, device_id, kind, name, named")               \
    Q(GRANT_PURGE, MAIN, "DELETE FROM device_grant WHERE expires_at <= $1")                        \
    Q(GRANT_OF_ACCOUNT, MAIN,                                                                      \
      "SELECT kind, name, state, created_at, expires_at FROM device_grant WHERE account_id = $1"   \
      " ORDER BY id")                                                                              \
    Q(SESSION_PAIRED, MAIN, "SELECT paired FROM session WHERE id = $1 AND expires_at > $2")        \
    Q(SESSION_PAIR, MAIN,                                                                          \
      "INSERT INTO session (id, token_hash, account_id, profile_id, device_id, created_at,"        \
      " last_seen_at, expires_at, paired) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, 1)")             \
    Q(DEVICE_INSERT, MAIN,                                                                         \
      "INSERT INTO device (id, account_id, kind, name, created_at, last_seen_at, named, played_at)" \
      " VALUES ($1, $2, $3, $4, $5, $5, $6, $7) ON CONFLICT (id) DO NOTHING")                      \
    Q(DEVICE_SEEN, MAIN,                                                                           \
      "UPDATE device SET kind = $3, name = CASE WHEN named = 1 AND $5 = 0 THEN name ELSE $4 END,"  \
      " named = CASE WHEN named = 1 OR $5 = 1 THEN 1 ELSE 0 END, last_seen_at = $6,"               \
      " played_at = COALESCE($7, played_at) WHERE id = $1 AND account_id = $2")                    \
    Q(DEVICE_RENAME, MAIN,                                                                         \
      "UPDATE device SET name = $3, named = 1 WHERE id = $1 AND account_id = $2")                  \
    Q(DEVICE_EXISTS, MAIN, "SELECT account_id FROM device WHERE id = $1")                          \
    Q(DEVICE_OTHERS, MAIN,                                                                         \
      "SELECT count(*) FROM device WHERE account_id = $1 AND id <> $2 AND played_at > $3")         \
    Q(DEVICE_GET, MAIN,                                                                            \
      "SELECT kind, name, last_seen_at, named, played_at FROM device"                              \
      " /*lite INDEXED BY device_asked*/ WHERE id = $1 AND account_id = $2")                                                        \
    Q(DEVICE_BY_ACCOUNT, MAIN,                                                                     \
      "SELECT id, kind, name, created_at, last_seen_at, played_at FROM device"                     \
      " WHERE account_id = $1 ORDER BY id")

/* The handlers; pairing_routes.c, device.c. */
int device_code_post(struct request *rq, struct err *reterr);
int device_token_post(struct request *rq, struct err *reterr);
int pairing_look_post(struct request *rq, struct err *reterr);
int pairing_decide_post(struct request *rq, struct err *reterr);
int device_patch(struct request *rq, struct err *reterr);
int pairing_export(const struct engine *e, struct account_id account, json_t *into, struct err *reterr);
int pairing_purge(const struct engine *e, struct err *reterr);
extern const struct field pairing_ask_fields[], pairing_codes_fields[], pairing_token_fields[],
    pairing_typed_fields[], pairing_seen_fields[], pairing_decision_fields[], device_name_fields[];

#define PAIRING_SCHEMAS                                                                            \
    {"DeviceCodeAsk", pairing_ask_fields, "A device that wants to be signed in"},                  \
        {"DeviceCodes", pairing_codes_fields, "What it shows and what it keeps (RFC 8628, 3.2)"},  \
        {"DeviceTokenAsk", pairing_token_fields, "Whether it has been approved"},                  \
        {"PairingCode", pairing_typed_fields, "What a person typed"},                              \
        {"Pairing", pairing_seen_fields, "What asks to be signed in"},                             \
        {"PairingDecision", pairing_decision_fields, "Whether it may"},                            \
        {"DeviceName", device_name_fields, "How its owner calls a device"}

#define PAIRING_ROUTES                                                                             \
    {POST, "/api/v1/device/code", device_code_post, ROLE_NONE, .priority = PRIO_SIGN_IN,           \
     .per_minute = 30, .body_max = 4096, .flags = ROUTE_FORM, .body = "DeviceCodeAsk",             \
     .reply = "DeviceCodes", .status = 200, .op = "deviceCode",                                    \
     .doc = "A television asks for a code to show (RFC 8628, 3.1)"},                               \
    {POST, "/api/v1/device/token", device_token_post, ROLE_NONE, .priority = PRIO_SIGN_IN,         \
     .per_minute = 600, .body_max = 4096, .flags = ROUTE_FORM, .body = "DeviceTokenAsk",           \
     .reply = "Session", .status = 200, .op = "deviceToken",                                       \
     .doc = "... and whether it was approved: JSON sets the session cookie, a form is answered "   \
            "as RFC 6749 says, with an access_token to send as Bearer. 400: authorization_pending, " \
            "slow_down, access_denied, expired_token, invalid_grant"},                             \
    {POST, "/api/v1/device/lookup", pairing_look_post, ROLE_VIEWER, .priority = PRIO_SIGN_IN,      \
     .per_minute = 30, .body_max = 4096, .flags = ROUTE_ADULT, .body = "PairingCode",              \
     .reply = "Pairing", .status = 200, .op = "pairingLookup",                                     \
     .doc = "What asks with this code"},                                                           \
    {POST, "/api/v1/device/decision", pairing_decide_post, ROLE_VIEWER, .priority = PRIO_SIGN_IN,  \
     .per_minute = 30, .body_max = 4096, .flags = ROUTE_ADULT | ROUTE_AUDIT, .body = "PairingDecision",          \
     .status = 204, .op = "pairingDecide", .doc = "Sign it in to this account, or refuse"},        \
    {PATCH, "/api/v1/devices/{id:id}", device_patch, ROLE_VIEWER, .priority = PRIO_REST,           \
     .per_minute = 60, .body_max = 4096, .flags = ROUTE_ADULT, .body = "DeviceName",               \
     .reply = "Device", .op = "deviceRename", .doc = "Give a device a name"}
