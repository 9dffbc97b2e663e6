/* subtitles_sql.h - every statement of the room. */
#pragma once
#include "engine/store/store.h"

#define SUBTITLE_COLS                                                                              \
    "id, title_id, version_id, lang, label, role, is_default, source, file_name, format, encoding, guess, guess_percent,"  \
    " revision, cues, vtt, notes, asset_id, track, created_at, updated_at, removed_at"
#define SUBTITLES_SQL(Q)                                                                           \
    Q(SUBTITLE_GET, MAIN, "SELECT " SUBTITLE_COLS " FROM subtitle WHERE id = $1")                  \
    Q(SUBTITLE_PAGE, MAIN,                                                                         \
      "SELECT " SUBTITLE_COLS " FROM subtitle WHERE title_id = $1 AND id > $2 AND removed_at = 0 ORDER BY id LIMIT $3")     \
    Q(SUBTITLE_LIVE, MAIN,                                                                         \
      "SELECT " SUBTITLE_COLS " FROM subtitle WHERE title_id = $1 AND version_id = $2 AND removed_at = 0 ORDER BY id")      \
    Q(SUBTITLE_SETTLED, MAIN,                                                                      \
      "SELECT 1 FROM subtitle WHERE title_id = $1 AND version_id = $2 AND asset_id = $3 LIMIT 1")  \
    Q(SUBTITLE_INSERT, MAIN,                                                                       \
      "INSERT INTO subtitle (" SUBTITLE_COLS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,"  \
      " $17, $18, $19, $20, $21, $22)")                                                            \
    Q(SUBTITLE_UPDATE, MAIN,                                                                       \
      "UPDATE subtitle SET lang = $3, label = $4, role = $5, is_default = $6, source = $7, file_name = $8, format = $9,"    \
      " encoding = $10, guess = $11, guess_percent = $12, revision = $13, cues = $14, vtt = $15, notes = $16,"              \
      " asset_id = $17, track = $18, updated_at = $19, removed_at = $20 WHERE id = $1 AND revision = $2")                   \
    Q(SUBTITLE_CUT, MAIN, "UPDATE subtitle SET asset_id = $2, track = $3 WHERE id = $1")           \
    Q(SUBTITLE_ONE_DEFAULT, MAIN,                                                                  \
      "UPDATE subtitle SET is_default = 0 WHERE title_id = $1 AND version_id = $2 AND id <> $3 AND is_default = 1")         \
    Q(SUBTITLE_DROP, MAIN, "DELETE FROM subtitle WHERE id = $1")                                   \
    Q(SUBTITLE_PURGE, MAIN, "DELETE FROM subtitle WHERE removed_at > 0 AND removed_at < $1")       \
    Q(REVISION_INSERT, MAIN,                                                                       \
      "INSERT INTO subtitle_revision (subtitle_id, revision, action, lang, label, role, is_default, cues, vtt, made_at)"    \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")                                         \
    Q(REVISION_GET, MAIN,                                                                          \
      "SELECT lang, label, role, is_default, cues, vtt FROM subtitle_revision WHERE subtitle_id = $1 AND revision = $2")    \
    Q(REVISION_PAGE, MAIN,                                                                         \
      "SELECT revision, action, lang, label, role, is_default, cues, made_at FROM subtitle_revision"                        \
      " WHERE subtitle_id = $1 AND revision < $2 ORDER BY revision DESC LIMIT $3")                 \
    Q(REVISION_PRUNE, MAIN, "DELETE FROM subtitle_revision WHERE subtitle_id = $1 AND revision <= $2")                      \
    Q(VTT_USED, MAIN, "SELECT 1 FROM subtitle_revision WHERE vtt = $1 LIMIT 1")                    \
    Q(LIST_INSERT, MAIN, "INSERT INTO subtitle_list (asset_id, list, tracks, made_at) VALUES ($1, $2, $3, $4)")             \
    Q(LIST_OLD, MAIN,                                                                              \
      "SELECT l.asset_id, l.list, l.tracks FROM subtitle_list l WHERE EXISTS (SELECT 1 FROM subtitle_list n"                \
      " WHERE n.asset_id = l.asset_id AND n.list = l.list + 1 AND n.made_at < $1) ORDER BY l.made_at LIMIT 200")            \
    Q(LIST_OTHERS, MAIN, "SELECT tracks FROM subtitle_list WHERE asset_id = $1 AND list <> $2")    \
    Q(LIST_DROP, MAIN, "DELETE FROM subtitle_list WHERE asset_id = $1 AND list = $2")
enum { SUBTITLES_SQL(SQL_ENUM) };
extern const struct sql subtitles_sql[];
