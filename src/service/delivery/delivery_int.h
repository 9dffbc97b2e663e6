/* delivery_int.h - what the files of delivery share, and its tests. */
#pragma once
#include "engine/cat/cat.h"
#include "service/delivery/delivery.h"

enum { TOKEN_KEYS_MAX = 4, TOKEN_KEYS_KEPT = 2, ASSETS_CACHED = 32 };

/* token_keys.c */
int token_keys_start(const struct engine *e,
                     struct err *reterr); /* makes the file where there is none */
void token_keys_stop(void);
/* The key to sign with now; notices a file that changed. */
int token_key_current(const struct engine *e, struct cat_key *ret_key, struct err *reterr);

/* revoke.c */
#define DELIVERY_SQL(Q)                                                                            \
    Q(REVOKED_INSERT, VIEWING,                                                                     \
      "INSERT INTO revoked_playback (playback_id, until_at) VALUES ($1, $2)"                       \
      " ON CONFLICT (playback_id) DO NOTHING")                                                     \
    Q(REVOKED_LIST, VIEWING,                                                                       \
      "SELECT playback_id FROM revoked_playback WHERE until_at > $1 ORDER BY playback_id")         \
    Q(REVOKED_PURGE, VIEWING, "DELETE FROM revoked_playback WHERE until_at <= $1")

enum { DELIVERY_SQL(SQL_ENUM) };
extern const struct sql delivery_sql[];
int revoked_file_write(const struct engine *e, struct err *reterr);
int revoked_purge(const struct engine *e, struct err *reterr); /* cron: what has ended, and the file */

/* asset_cache.c */
void asset_cache_clear(void);
/* asset.json; the text into one arena, what it says into the other. ERR_CORRUPT: damaged, or another asset's. */
int description_read(const struct engine *e, struct asset_id id, struct arena *text_arena,
                     struct arena *a, struct asset_desc *ret, struct err *reterr);
/* description_cache.c */
void description_cache_clear(void);

/* manifest.c: name is main.m3u8, main.mpd, <track>.m3u8 or <track>.iframes.m3u8. ERR_NOT_FOUND for
 * a view that is not canonical, an unknown track or one that the view leaves out. The text lives in
 * the arena. */
int manifest_make(const struct asset_desc *d, struct str view, struct str name, struct arena *a,
                  struct str *ret_text, const char **ret_type, struct err *reterr);

extern const struct route delivery_routes[];
