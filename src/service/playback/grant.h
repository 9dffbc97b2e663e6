/*
 * grant.h - the right to keys, signed: a licence is given against a grant and never merely to
 * whoever is playing (DESIGN section 4). It is text that a URL takes as it is:
 *
 *   1.<kind>.<playback>.<device>.<asset>.<classes>.<until_ms>.<lasts_ms>.<HMAC-SHA-256, base64url>
 *
 * and for another system than ClearKey 2.<...>.<lasts_ms>.<system>.<HMAC>, under a key derived from the master key. Any thread after keys_service.start.
 */
#pragma once
#include "media/presentation.h"
#include "service/service.h"

enum grant_kind { GRANT_PLAYBACK, GRANT_DOWNLOAD, GRANT_CHANNEL, GRANT_KINDS };

/* Whose licences it is for: a device that was let in because its system keeps keys well may not fetch them in clear. */
enum grant_system { GRANT_CLEARKEY, GRANT_DRM /* + enum drm_system */, GRANT_SYSTEMS = GRANT_DRM + DRM_SYSTEMS };

struct grant {
    enum grant_kind kind;
    unsigned system; /* enum grant_system */
    struct playback_id playback;
    struct device_id device;
    struct asset_id asset;
    unsigned classes; /* 1u << enum key_class */
    int64_t until_ms; /* no licence is given after this */
    int64_t lasts_ms; /* how long what is licensed may be used once started; 0: until until_ms */
};

int grant_write(const struct grant *g, struct arena *a, struct str *ret, struct err *reterr);
/* The signature is checked before anything is read. ERR_FORBIDDEN "licence.grant_forged",
 * "licence.grant_expired". */
int grant_read(struct str text, int64_t now_ms, struct grant *ret_g, struct err *reterr);
