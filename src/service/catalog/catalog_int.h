/* catalog_int.h - what the files of catalog share. */
#pragma once
#include "service/catalog/catalog.h"
#include "service/catalog/scope_sql.h"

/* A list's statements take a fixed number of ids, so that a page of cards costs three queries and the
 * text of every statement is known beforehand; unused places are NULL and match nothing. */
enum { CATALOG_BATCH = 50 };
#define IN_BATCH                                                                                   \
    "($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25," \
    "$26,$27,$28,$29,$30,$31,$32,$33,$34,$35,$36,$37,$38,$39,$40,$41,$42,$43,$44,$45,$46,$47,$48," \
    "$49,$50)"

/* title.revision grows with everything that a card shows: whatever changes title, title_text, version,
 * artwork or asset_track says so (TITLE_TOUCH), in the same transaction. Cards are kept by it. */
#define CATALOG_SQL(Q)                                                                             \
    Q(TITLE_INSERT, MAIN,                                                                          \
      "INSERT INTO title (id, slug, lang, year, published, published_at, listed_at, search,"       \
      " created_at, updated_at) VALUES ($1, $2, $3, $4, 0, 0, $5, '', $5, $5)")                    \
    Q(TITLE_SLUG_TAKEN, MAIN, "SELECT 1 FROM title WHERE slug = $1")                               \
    Q(TITLE_STATE, MAIN,                                                                           \
      "SELECT t.published, t.published_at, t.slug, t.lang, v.asset_id FROM title t"                \
      " JOIN version v ON v.title_id = t.id AND v.kind = 'main' WHERE t.id = $1")                  \
    Q(TITLE_PUBLISH, MAIN,                                                                         \
      "UPDATE title SET published = 1, updated_at = $2, revision = revision + 1,"                                        \
      " listed_at = CASE WHEN published_at = 0 THEN $2 ELSE listed_at END,"                        \
      " published_at = CASE WHEN published_at = 0 THEN $2 ELSE published_at END WHERE id = $1")    \
    Q(TITLE_UNPUBLISH, MAIN, "UPDATE title SET published = 0, updated_at = $2, revision = revision + 1 WHERE id = $1")      \
    Q(TITLE_SET_YEAR, MAIN, "UPDATE title SET year = $2, updated_at = $3, revision = revision + 1 WHERE id = $1")           \
    Q(TITLE_SET_MATURITY, MAIN, "UPDATE title SET maturity = $2, updated_at = $3, revision = revision + 1 WHERE id = $1")   \
    Q(TITLE_SET_SEARCH, MAIN, "UPDATE title SET search = $2, updated_at = $3, revision = revision + 1 WHERE id = $1")       \
    Q(TITLE_WALK, MAIN, "SELECT id FROM title WHERE id > $1 ORDER BY id LIMIT $2")                 \
    Q(TITLE_COUNT, MAIN, "SELECT count(*) FROM title")                                             \
    Q(TITLE_ID_BY_SLUG, MAIN, "SELECT id FROM title WHERE slug = $1")                              \
    Q(TITLE_LIST, MAIN,                                                                            \
      "SELECT t.id, t.listed_at FROM title t WHERE (t.published = 1 OR $1 = 1)"                    \
      " AND (t.listed_at < $2 OR (t.listed_at = $2 AND t.id < $3))"                                \
      " AND t.search LIKE $4 ESCAPE '\\' AND ($5 = '' OR EXISTS (SELECT 1 FROM version v"          \
      " JOIN asset_track k ON k.asset_id = v.asset_id WHERE v.title_id = t.id AND k.kind = 1"      \
      " AND k.lang = $5)) AND t.maturity <= $7 ORDER BY t.listed_at DESC, t.id DESC LIMIT $6")                          \
    Q(TITLE_CARDS, MAIN,                                                                           \
      "SELECT t.id, t.slug, t.lang, t.year, t.published, t.published_at, v.asset_id,"              \
      " a.duration_ms, a.max_height, t.maturity FROM title t"                                      \
      " JOIN version v ON v.title_id = t.id AND v.kind = 'main'"                                   \
      " LEFT JOIN asset a ON a.id = v.asset_id WHERE t.id IN " IN_BATCH)                           \
    Q(TITLE_BRIEF, MAIN,                                                                           \
      "SELECT t.published, t.maturity, v.asset_id, t.revision, t.rights FROM title t"                        \
      " JOIN version v ON v.title_id = t.id AND v.kind = 'main' WHERE t.id = $1")                  \
    Q(TITLE_TOUCH, MAIN, "UPDATE title SET revision = revision + 1 WHERE id = $1")                 \
    Q(TEXT_BATCH, MAIN,                                                                            \
      "SELECT title_id, lang, name, synopsis FROM title_text WHERE title_id IN " IN_BATCH          \
      " ORDER BY title_id, lang")                                                                  \
    Q(ART_BATCH, MAIN,                                                                             \
      "SELECT title_id, kind, name, width, height, color FROM artwork WHERE title_id IN " IN_BATCH \
      " ORDER BY title_id, kind, width DESC")                                                      \
    Q(LANG_BATCH, MAIN,                                                                            \
      "SELECT v.title_id, k.lang, MAX(k.is_default) AS d FROM version v"                           \
      " JOIN asset_track k ON k.asset_id = v.asset_id WHERE +k.kind = 1 AND v.kind = 'main'"        \
      " AND k.lang <> 'und' AND v.title_id IN " IN_BATCH " GROUP BY v.title_id, k.lang ORDER BY v.title_id, d DESC, k.lang") \
    Q(TEXT_SET, MAIN,                                                                              \
      "INSERT INTO title_text (title_id, lang, name, synopsis) VALUES ($1, $2, $3, $4)"            \
      " ON CONFLICT (title_id, lang) DO UPDATE SET name = excluded.name,"                          \
      " synopsis = excluded.synopsis")                                                             \
    Q(TEXT_BY_TITLE, MAIN, "SELECT lang, name, synopsis FROM title_text WHERE title_id = $1 ORDER BY lang") \
    Q(TEXT_DELETE, MAIN, "DELETE FROM title_text WHERE title_id = $1")                             \
    Q(TITLE_DELETE, MAIN, "DELETE FROM title WHERE id = $1")                                       \
    Q(VERSION_INSERT, MAIN,                                                                        \
      "INSERT INTO version (id, title_id, kind, asset_id, created_at)"                             \
      " VALUES ($1, $2, 'main', NULL, $3)")                                                        \
    Q(VERSION_BY_TITLE, MAIN, "SELECT id FROM version WHERE title_id = $1 AND kind = 'main'")      \
    Q(VERSION_MOVE, MAIN, "UPDATE version SET asset_id = $2 WHERE id = $1")                        \
    Q(VERSION_DELETE, MAIN, "DELETE FROM version WHERE title_id = $1")                             \
    Q(ASSET_INSERT, MAIN,                                                                          \
      "INSERT INTO asset (id, version_id, state, revision, duration_ms, max_height, scheme,"       \
      " description, created_at, ready_at) VALUES ($1, $2, 'preparing', 0, 0, 0, 0, '', $3, 0)")   \
    Q(ASSET_GET, MAIN,                                                                             \
      "SELECT a.id, v.title_id, a.state, a.revision, a.duration_ms, a.max_height, a.scheme,"       \
      " a.description, a.version_id, v.asset_id FROM asset a JOIN version v ON v.id = a.version_id" \
      " WHERE a.id = $1")                                                                          \
    Q(ASSET_READY, MAIN,                                                                           \
      "UPDATE asset SET state = 'ready', revision = $2, duration_ms = $3, max_height = $4,"        \
      " scheme = $5, description = $6, ready_at = $7 WHERE id = $1")                               \
    Q(ASSETS_REPLACED, MAIN,                                                                       \
      "SELECT a.id FROM asset a JOIN version v ON v.id = a.version_id AND v.asset_id <> a.id"      \
      " JOIN asset b ON b.version_id = a.version_id AND b.state = 'ready' AND b.ready_at >= a.ready_at"\
      " WHERE a.state = 'ready' AND b.id <> a.id GROUP BY a.id HAVING MIN(b.ready_at) < $1 ORDER BY a.id LIMIT 100") \
    Q(ART_USED, MAIN, "SELECT 1 FROM artwork WHERE name = $1")                                     \
    Q(ASSET_DELETE, MAIN, "DELETE FROM asset WHERE id = $1")                                       \
    Q(ASSET_DELETE_BY_TITLE, MAIN,                                                                 \
      "DELETE FROM asset WHERE version_id IN (SELECT id FROM version WHERE title_id = $1)")        \
    Q(TRACK_INSERT, MAIN,                                                                          \
      "INSERT INTO asset_track (id, asset_id, name, kind, codec, lang, role, label, is_default,"   \
      " bandwidth, width, height, channels)"                                                       \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")                          \
    Q(TRACK_BY_ASSET, MAIN,                                                                        \
      "SELECT name, kind, lang, role, label, channels, is_default FROM asset_track"                \
      " WHERE asset_id = $1 ORDER BY kind, name")                                                  \
    Q(TRACK_DELETE, MAIN, "DELETE FROM asset_track WHERE asset_id = $1")                           \
    Q(TRACK_DELETE_BY_TITLE, MAIN,                                                                 \
      "DELETE FROM asset_track WHERE asset_id IN (SELECT a.id FROM asset a"                        \
      " JOIN version v ON v.id = a.version_id WHERE v.title_id = $1)")                             \
    Q(ART_INSERT, MAIN,                                                                            \
      "INSERT INTO artwork (title_id, kind, width, height, name, color)"                           \
      " VALUES ($1, $2, $3, $4, $5, $6)")                                                          \
    Q(ART_CLEAR, MAIN, "DELETE FROM artwork WHERE title_id = $1 AND kind = $2")                    \
    Q(ART_DELETE, MAIN, "DELETE FROM artwork WHERE title_id = $1")                                 \
    Q(LANGUAGES, MAIN,                                                                             \
      "SELECT k.lang, COUNT(DISTINCT t.id) AS n FROM title t"                                      \
      " JOIN version v ON v.title_id = t.id AND v.kind = 'main'"                                   \
      " JOIN asset_track k ON k.asset_id = v.asset_id AND k.kind = 1"                              \
      " WHERE t.published = 1 AND k.lang <> 'und' GROUP BY k.lang ORDER BY n DESC, k.lang")          \
    SCOPE_SQL(Q)

enum { CATALOG_SQL(SQL_ENUM) };
extern const struct sql catalog_sql[];
extern const struct route catalog_routes[];
extern const struct schema catalog_schemas[];

/* fold.c: lower case, accents and combining marks gone, Latin, Greek and Cyrillic; the rest as it is.
 * Input must be UTF-8. */
struct str text_fold(struct arena *a, struct str s);

/* card_cache.c */
void card_cache_clear(void);

/* title.c */
int title_check_text(struct str name, struct str synopsis, struct err *reterr);
int title_check_year(int64_t year, struct err *reterr);
