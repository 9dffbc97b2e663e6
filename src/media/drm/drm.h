/*
 * drm.h - what players of commercial protection systems are told of a key. Each key of an asset has data of its own for each
 * system, as SPEKE v2 has it, so that a player that may not have the UHD key never asks for it. Pure; any thread.
 *
 * Widevine: a pssh box of version 0 around WidevinePsshData (key id, provider, content id, protection scheme). PlayReady: a pssh
 * box around a PlayReady Object with a rights management header 4.3. FairPlay: an skd address, in HLS only.
 */
#pragma once
#include "base/buf.h"
#include "media/presentation.h"

struct drm_row {
    const char *name;       /* "widevine": settings, asset.json, licence addresses */
    const char *key_system; /* as EME names it: "com.widevine.alpha" */
    uint8_t id[16];         /* SystemID (23001-7 8.1, DASH-IF's register) */
    unsigned schemes;       /* 1u << enum scheme that it plays */
};
extern const struct drm_row drm_systems[DRM_SYSTEMS];
int drm_by_name(struct str name);         /* enum drm_system; -1: none of them */
int drm_by_id(const uint8_t id[16]);      /* the same */
int drm_by_key_system(struct str system); /* the same */

/* Whether the asset has the system and the system plays its scheme. */
bool drm_signalled(const struct asset_desc *a, enum drm_system s);

/* The whole pssh box of a track's key; Widevine and PlayReady. */
void drm_pssh_write(struct buf *b, const struct asset_desc *a, const struct track_desc *t, enum drm_system s);
/* The PlayReady Object: what stands in the pssh box above. */
void drm_pro_write(struct buf *b, const struct asset_desc *a, const struct track_desc *t);
/* A whole box of version 0 around a system's own data. */
void drm_pssh_wrap(struct buf *b, enum drm_system s, struct str data);
/* FairPlay: "skd://" and the key id in 32 hex digits, or what a key service gave. */
void drm_skd_write(struct buf *b, const struct asset_desc *a, const struct track_desc *t);

enum { DRM_PSSH_MAX = 16 << 10, DRM_URI_MAX = 2048, DRM_DATA_MAX = KEY_CLASSES * DRM_SYSTEMS };
/* One pssh box and nothing after it; *ret_data lies inside. False: not one. */
bool drm_pssh_read(struct str box, uint8_t ret_id[16], struct str *ret_data);
/* Whether a manifest takes it between quotes: printable ASCII, neither quotes nor spaces, a scheme. */
bool drm_uri_ok(struct str uri);

/* Whether there is anything to be kept of it. */
bool asset_drm_is(const struct asset_drm *d);
/* "drm" of asset.json; a new reference. */
json_t *asset_drm_to_json(const struct asset_drm *d);
/* Strings into the arena. False: a field is missing or is not what it should be. */
bool asset_drm_from_json(const json_t *j, struct arena *a, struct asset_drm *ret);
