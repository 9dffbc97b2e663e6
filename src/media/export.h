/* export.h - a packaged asset as a tree of plain files that any static web server can serve. Not
 * for the sandboxed child: it creates files. */
#pragma once
#include "media/presentation.h"

/* Writes main.m3u8, main.mpd, <track>.m3u8, <track>.iframes.m3u8, <track>/init.mp4 and
 * <track>/<n>.m4s (.vtt, .jpg) into dir, which is created, or exists and is empty. Everything is
 * made beside it first and renamed, so nothing half-written is left. objects[i]: descriptor of
 * track i's file, borrowed. The tracks of d have their extents. progress may be NULL; a negative
 * answer stops. ERR_CONFLICT: dir holds something; ERR_NO_SPACE; ERR_PERMISSION. */
int media_export_tree(const char *dir, const struct asset_desc *d, const int *objects,
                      int (*progress)(void *arg, int permille), void *arg, struct err *reterr);
