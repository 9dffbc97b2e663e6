/*
 * keys.h - content keys per asset, class and period, sealed at rest; and subkeys of the master key
 * for other services. Tables content_key, track_iv (STORE_MAIN).
 *
 * The master key is 32 bytes from MATINEE_MASTER_KEY (64 hex digits) or <data>/master.key (0600,
 * made on the first start). Without it nothing here can be read again: back it up apart from the
 * database. It is loaded once by keys_service.start and never logged. Any thread after start.
 */
#pragma once
#include "media/presentation.h"
#include "service/service.h"

enum { KEY_TRACK_CAP = 16 };
struct content_key {
    enum key_class class;
    unsigned classes; /* 1u << enum key_class: all that it is for; a key service's contract may join some */
    int period;      /* 0: the first, and the only one where keys do not change */
    char track[KEY_TRACK_CAP]; /* "v3": of that track alone; "": of all of its class */
    uint8_t kid[16]; /* random, unique over all assets */
    uint8_t key[16]; /* AES-128; wipe with keys_wipe when done */
    struct asset_id asset;
};

/* One key of an asset. keys_get makes it (random) if there is none, so a resumed import gets the
 * same key again. class must not be KEY_NONE. */
int keys_get(const struct engine *e, struct asset_id asset, enum key_class class, int period,
             struct content_key *ret_key, struct err *reterr);
/* The same of one track alone ("v3"), or with "" of its class. */
int keys_get_track(const struct engine *e, struct asset_id asset, enum key_class class, struct str track, int period,
                   struct content_key *ret_key, struct err *reterr);
/* Before keys_get, of a new asset: asks the key service for its keys, where one is set (settings key-service-*). Idempotent; blocks for
 * as long as the service takes, tries and all. stop (may be NULL) breaks off: ERR_CANCELLED. ERR_IO "keys.service_unreachable", ERR_INVALID
 * "keys.service_refused", "keys.service_answer". */
int keys_order(const struct engine *e, struct asset_id asset, enum scheme scheme, bool (*stop)(void *arg), void *stop_arg, struct err *reterr);
/* All keys of an asset. */
int keys_list(const struct engine *e, struct asset_id asset, struct arena *a,
              struct content_key **ret_keys, size_t *ret_n, struct err *reterr);
/* ERR_NOT_FOUND: no such kid. ERR_CORRUPT "keys.unreadable": sealed with another master key. */
int keys_by_kid(const struct engine *e, const uint8_t kid[16], struct content_key *ret_key,
                struct err *reterr);
/* The 16-byte IV (cbcs: constant IV; cenc: the first 8 bytes start the counter) of a track of an
 * asset
 * ("v3"): random at the first call and the same ever after. */
int keys_track_iv(const struct engine *e, struct asset_id asset, struct str track,
                  uint8_t ret_iv[16], struct err *reterr);
/* What classes ask of devices, by the settings output-*; valid after start, borrowed. */
const struct output_policy *keys_output(void);
/* "drm" of asset.json for a new asset (media/drm/drm.h), as the settings say; NULL: ClearKey alone. A new reference. */
int keys_protection(const struct engine *e, struct asset_id asset, json_t **ret, struct err *reterr);
/* Keys and IVs of an asset that is being deleted. */
int keys_forget(struct tx *tx, struct asset_id asset, struct err *reterr);
void keys_wipe(struct content_key *k);

/* 32 bytes derived from the master key for one purpose ("grant"); the same every time. ERR_INTERNAL
 * before start. */
int keys_derive(const char *purpose, uint8_t ret[32], struct err *reterr);

/* Secrets of other services at rest: XChaCha20-Poly1305 under a key derived for sealing; ad is bound to the text and not
 * stored. dst holds KEYS_SEALED(plain.n) bytes. */
#define KEYS_SEALED(n) (24 + (n) + 16)
int keys_seal(struct str plain, struct str ad, uint8_t *dst, struct err *reterr);
/* Exactly n bytes. ERR_CORRUPT "keys.unreadable": another master key, another ad, or changed bytes. */
int keys_unseal(struct str sealed, struct str ad, uint8_t *dst, size_t n, struct err *reterr);

extern const struct service keys_service;
