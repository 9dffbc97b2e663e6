/* keys_int.h - what the files of keys share, and its tests. */
#pragma once
#include "service/keys/keys.h"

#define KEYS_SQL(Q)                                                                                \
    Q(KEY_GET, MAIN,                                                                               \
      "SELECT kid, asset_id, class, period, sealed, classes, track FROM content_key"                               \
      " WHERE asset_id = $1 AND period = $3 AND (class = $2 OR classes & $4 <> 0) AND track = $5") \
    Q(KEY_LIST, MAIN,                                                                              \
      "SELECT kid, asset_id, class, period, sealed, classes, track FROM content_key"                               \
      " WHERE asset_id = $1 ORDER BY class, track, period")                                        \
    Q(KEY_BY_KID, MAIN,                                                                            \
      "SELECT kid, asset_id, class, period, sealed, classes, track FROM content_key WHERE kid = $1")               \
    Q(KEY_ANY, MAIN,                                                                               \
      "SELECT kid, asset_id, class, period, sealed, classes, track FROM content_key ORDER BY kid LIMIT 1")         \
    Q(KEY_INSERT, MAIN,                                                                            \
      "INSERT INTO content_key (kid, asset_id, class, period, sealed, created_at, classes, track)" \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"                                                   \
      " ON CONFLICT (asset_id, class, period, track) DO NOTHING")                                  \
    Q(KEY_FORGET, MAIN, "DELETE FROM content_key WHERE asset_id = $1")                             \
    Q(ORDER_GET, MAIN,                                                                             \
      "SELECT contract, scheme, kids, told, answered_at FROM key_order WHERE asset_id = $1")       \
    Q(ORDER_INSERT, MAIN,                                                                          \
      "INSERT INTO key_order (asset_id, contract, scheme, kids, told, ordered_at, answered_at)"    \
      " VALUES ($1, $2, $3, $4, '', $5, 0) ON CONFLICT (asset_id) DO NOTHING")                     \
    Q(ORDER_ANSWERED, MAIN,                                                                        \
      "UPDATE key_order SET told = $2, answered_at = $3 WHERE asset_id = $1 AND answered_at = 0")  \
    Q(ORDER_DROP, MAIN, "DELETE FROM key_order WHERE asset_id = $1 AND answered_at = 0")           \
    Q(ORDER_FORGET, MAIN, "DELETE FROM key_order WHERE asset_id = $1")                             \
    Q(IV_GET, MAIN, "SELECT iv FROM track_iv WHERE asset_id = $1 AND track = $2")                  \
    Q(IV_INSERT, MAIN,                                                                             \
      "INSERT INTO track_iv (asset_id, track, iv) VALUES ($1, $2, $3)"                             \
      " ON CONFLICT (asset_id, track) DO NOTHING")                                                 \
    Q(IV_FORGET, MAIN, "DELETE FROM track_iv WHERE asset_id = $1")

enum { KEYS_SQL(SQL_ENUM) };
extern const struct sql keys_sql[];

enum { MASTER_KEY_LEN = 32, MASTER_KEY_HEX = 64 };

extern const struct config_key keys_config[];
/* keys.c: sealed into its row; one that is there stays. classes 0: the class alone. */
int key_store(struct tx *tx, const struct content_key *k, int64_t now_ms, struct err *reterr);
/* order.c: in place of the settings' systems those that a key service was asked for, with what it told. Not ordered: nothing. */
int order_told(const struct engine *e, struct asset_id asset, struct arena *a, struct asset_drm *d, struct err *reterr);
/* protection.c: borrowed from the settings. ERR_INVALID "config.drm". */
int protection_settings(const struct engine *e, struct asset_drm *ret, struct err *reterr);

/* master.c: held in locked memory for the life of the process. */
int master_key_load(const char *data_dir, struct err *reterr);
void master_key_forget(void);
/* XChaCha20-Poly1305 under a key derived for sealing; ad is bound to the text and not stored.
 * dst holds SEALED_LEN(n) bytes. */
#define SEALED_LEN(n) (24 + (n) + 16)
int master_seal(struct str plain, struct str ad, uint8_t *dst, struct err *reterr);
/* ERR_CORRUPT "keys.unreadable": another master key, another ad, or changed bytes. */
int master_unseal(struct str sealed, struct str ad, uint8_t *dst, size_t n, struct err *reterr);
