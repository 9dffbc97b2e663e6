/*
 * manifest.h - HLS (RFC 8216 and its second edition's draft) and DASH (ISO/IEC 23009-1) manifests.
 * Pure functions of a presentation and a view: the same for everyone with that view, cacheable for
 * ever, every URL relative as presentation.h lists them. Protection is signalled by key ids
 * (media/drm for other systems than ClearKey); a licence's address is the player's configuration, and stands in PlayReady's
 * data alone, where the asset has one. Any thread.
 */
#pragma once
#include "base/buf.h"
#include "media/presentation.h"

/* By file name: "main.m3u8", "main.mpd", "<track>.m3u8", "<track>.iframes.m3u8". Appends the text
 * to out and sets *ret_type (may be NULL) to its media type. ERR_NOT_FOUND: no such file in this
 * view. ERR_LIMIT: out is at its ceiling (a film of three hours with nine tracks needs under 1 MiB
 * for the longest). Tracks must have their extents (track_load_index). */
int manifest_render(const struct presentation *p, const struct view *v, struct str name,
                    struct buf *out, const char **ret_type, struct err *reterr);

enum { MANIFEST_MAX = 8 << 20 }; /* a sensible ceiling for out */
