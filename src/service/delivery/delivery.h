/*
 * delivery.h - the way to the segments: path tokens (CTA-5007-B, engine/cat) and the manifests that
 * the front asks for. No segment passes through here: nginx's module checks the token and sends the
 * bytes.
 *
 * The token keys lie in <data>/DELIVERY_KEYS_FILE (0600, newest first, read by both sides).
 * Rotation puts a new key in front and keeps the one before it. The front reads the file when it
 * (re)loads, so a new key signs only DELIVERY_SETTLE_MS after it was written: until then the one
 * before it does. Any thread after start.
 */
#pragma once
#include "media/presentation.h"
#include "service/service.h"

#define DELIVERY_KEYS_FILE "token.keys"
#define DELIVERY_SETTLE_MS (10LL * 60 * 1000)
/* A token lives as long as the longest session; keys must outlive it. */
#define DELIVERY_SESSION_MS (12LL * 3600 * 1000)

/* "/m/<token>/<asset>/<view>/": the token names the playback (cti), is bound to that path (catu)
 * and ends at expires_ms. Never log it. */
int delivery_path(const struct engine *e, struct playback_id playback, struct asset_id asset,
                  struct str view, int64_t expires_ms, struct arena *a, struct str *ret_path,
                  struct err *reterr);
/* A new key in front, all but the one before it dropped. */
int delivery_keys_rotate(const struct engine *e, struct err *reterr);

/* Path tokens of these playbacks are refused from now on: by the front of this machine within about
 * a second, through <run>/DELIVERY_REVOKED_FILE (one playback's id a line, whole or not at all). An
 * entry is kept until until_ms, when its tokens end by themselves. Any thread, any process. */
#define DELIVERY_REVOKED_FILE "revoked"
struct revocation {
    struct playback_id playback;
    int64_t until_ms;
};
int delivery_revoke(const struct engine *e, const struct revocation *list, size_t n,
                    struct err *reterr);

/* An asset's description with its extents, its list of subtitles of that number and its segments in that scheme (view.text,
 * view.scheme), kept by a small cache; shared, so give it back. ERR_NOT_FOUND: no such asset or list, or not ready. */
struct asset_form {
    int64_t text;
    enum scheme scheme;
};
struct loaded_asset {
    struct asset_desc desc;
    struct asset_form form;
    int second;        /* delivery_second_scheme(); atomic */
    int64_t looked_ms; /* for it; atomic */
    struct arena arena;
    int refs; /* of the cache; atomic */
};
int delivery_asset_get(const struct engine *e, struct asset_id asset, struct asset_form form,
                       struct loaded_asset **ret_asset, struct err *reterr);
/* The same without extents and with the subtitles it was packaged with, which is all that Play needs: many more of them are kept. */
int delivery_asset_describe(const struct engine *e, struct asset_id asset,
                            struct loaded_asset **ret_asset, struct err *reterr);
/* The other scheme that a described asset is there in by now; CLEAR: none. It may come later than the asset, and is noticed within
 * ten seconds. */
enum scheme delivery_second_scheme(const struct engine *e, struct loaded_asset *asset);
void delivery_asset_put(struct loaded_asset **asset); /* NULL-safe, serves scoped() */

extern const struct service delivery_service;
