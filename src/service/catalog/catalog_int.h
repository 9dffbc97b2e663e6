/* catalog_int.h - what the files of catalog share. */
#pragma once
#include "service/catalog/catalog.h"
#include "service/catalog/detail_sql.h"
#include "service/catalog/edit_sql.h"
#include "service/catalog/list_sql.h"
#include "service/catalog/scope_sql.h"

/* A list's statements take a fixed number of ids, so that a page of cards costs three queries and the
 * text of every statement is known beforehand; unused places are NULL and match nothing. */
enum { CATALOG_BATCH = 50, SORT_KEY_MAX = 80, CURSOR_MAX = 200, MARKER_MAX_MS = 100 * 3600 * 1000, NUMBER_MAX = 100000 };
#define A_PARENT(id) (id_is_set((id).v) ? A_ID(id) : A_NULL) /* no parent is NULL, not '' */
#define IN_BATCH                                                                                   \
    "($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25," \
    "$26,$27,$28,$29,$30,$31,$32,$33,$34,$35,$36,$37,$38,$39,$40,$41,$42,$43,$44,$45,$46,$47,$48," \
    "$49,$50)"

/* One of the ids in $n, a JSON array of them (ids_json). One parameter, of which PostgreSQL's planner takes it that it holds ten: so it
 * plans once a connection, and not anew each time because some of fifty are NULL. */
#define IN_IDS(n)                                                                                  \
    "/*lite IN (SELECT value FROM json_each(" n "))*/"                                             \
    " /*pg = ANY (ARRAY(SELECT json_array_elements_text(CAST(CAST(" n " AS TEXT) AS json))))*/"

/* A column of what a title is part of; of a film it costs nothing. */
/* A trailer is shown before what it is for may be. */
#define OF_PARENT(column) "CASE WHEN t.parent_id IS NULL OR t.kind = 'trailer' THEN NULL ELSE (SELECT p." column " FROM title p WHERE p.id = t.parent_id) END"
#define OF_GRANDPARENT(column)                                                                     \
    "CASE WHEN t.parent_id IS NULL OR t.kind = 'trailer' THEN NULL ELSE"                                                 \
    " (SELECT g." column " FROM title p JOIN title g ON g.id = p.parent_id WHERE p.id = t.parent_id) END"

/* title.revision grows with everything that a card shows: whatever changes title, title_text, version,
 * artwork or asset_track says so (TITLE_TOUCH), in the same transaction. Cards are kept by it. title.shown says who may
 * see it; shown_update keeps it (family.c). */
#define TITLE_SQL(Q)                                                                               \
    Q(TITLE_INSERT, MAIN,                                                                          \
      "INSERT INTO title (id, slug, lang, year, published, published_at, listed_at, search, created_at, updated_at, kind, parent_id,"   \
      " number, original_lang, released_on) VALUES ($1, $2, $3, $4, 0, 0, $5, '', $5, $5, $6, $7, $8, $9, $10)")  \
    Q(TITLE_SLUG_TAKEN, MAIN, "SELECT 1 FROM title WHERE slug = $1")                               \
    Q(TITLE_STATE, MAIN,                                                                           \
      "SELECT t.published, t.published_at, t.slug, t.lang, v.asset_id, t.kind, t.parent_id, t.shown, t.revision FROM title t" \
      " JOIN version v ON v.title_id = t.id AND v.kind = 'main' WHERE t.id = $1")                  \
    Q(TITLE_PUBLISH, MAIN,                                                                         \
      "UPDATE title SET published = 1, updated_at = $2, revision = revision + 1,"                  \
      " listed_at = CASE WHEN published_at = 0 THEN $2 ELSE listed_at END,"                        \
      " published_at = CASE WHEN published_at = 0 THEN $2 ELSE published_at END WHERE id = $1")    \
    Q(TITLE_UNPUBLISH, MAIN, "UPDATE title SET published = 0, updated_at = $2, revision = revision + 1 WHERE id = $1")      \
    Q(TITLE_SET_YEAR, MAIN, "UPDATE title SET year = $2, updated_at = $3, revision = revision + 1 WHERE id = $1")           \
    Q(TITLE_SET_MATURITY, MAIN,                                                                    \
      "UPDATE title SET maturity = $2, maturity_set = $4, updated_at = $3, revision = revision + 1 WHERE id = $1")          \
    Q(TITLE_SET_SEARCH, MAIN,                                                                      \
      "UPDATE title SET search = $2, sort_key = $4, updated_at = $3, revision = revision + 1 WHERE id = $1")                \
    Q(TITLE_WALK, MAIN, "SELECT id FROM title WHERE id > $1 ORDER BY id LIMIT $2")                 \
    Q(TITLE_COUNT, MAIN, "SELECT count(*) FROM title")                                             \
    Q(TITLE_ID_BY_SLUG, MAIN, "SELECT id FROM title WHERE slug = $1")                              \
    Q(LISTED_GENRE, MAIN, "UPDATE title_genre SET listed_at = (SELECT listed_at FROM title WHERE id = $1) WHERE title_id = $1") \
    Q(LISTED_TAG, MAIN, "UPDATE title_tag SET listed_at = (SELECT listed_at FROM title WHERE id = $1) WHERE title_id = $1")    \
    Q(SHOWN_SET, MAIN,                                                                             \
      "UPDATE title SET revision = revision + 1, shown = CASE WHEN published = 1 AND (parent_id IS NULL OR EXISTS"           \
      " (SELECT 1 FROM title p WHERE p.id = title.parent_id AND p.shown > 0))"                     \
      " THEN CASE WHEN kind IN ('film', 'series') THEN 2 ELSE 1 END ELSE 0 END WHERE id = $1 RETURNING shown")              \
    Q(CHILDREN, MAIN, "SELECT id, shown FROM title WHERE parent_id = $1 ORDER BY number, id")      \
    Q(FAMILY_TOUCH, MAIN,                                                                          \
      "UPDATE title SET revision = revision + 1 WHERE parent_id = $1"                              \
      " OR parent_id IN (SELECT id FROM title WHERE parent_id = $1)")                              \
    Q(TITLE_CARDS, MAIN,                                                                           \
      "SELECT t.id, t.slug, t.lang, t.year, t.published, t.published_at, v.asset_id,"              \
      " a.duration_ms, a.max_height, t.maturity, t.kind, t.parent_id, t.number, t.shown, t.scope, "           \
      OF_PARENT("scope") ", " OF_GRANDPARENT("scope") " FROM title t"                                      \
      " JOIN version v ON v.title_id = t.id AND v.kind = 'main'"                                   \
      " LEFT JOIN asset a ON a.id = v.asset_id WHERE t.id " IN_IDS("$1"))                           \
    Q(TITLE_BRIEF, MAIN,                                                                           \
      "SELECT t.shown, t.maturity, v.asset_id, t.revision, t.rights, " OF_PARENT("rights") ", " OF_GRANDPARENT("rights")     \
      ", v.text_revision FROM title t /*lite INDEXED BY title_asked*/"                              \
      " JOIN version v /*lite INDEXED BY version_asked*/ ON v.title_id = t.id AND v.kind = 'main' WHERE t.id = $1")                  \
    Q(TITLE_COUNT_TO, MAIN, "SELECT COUNT(*) FROM (SELECT 1 AS one FROM title LIMIT $1) AS few")     \
    Q(TITLE_TOUCH, MAIN, "UPDATE title SET revision = revision + 1 WHERE id = $1")                 \
    Q(FAMILY_BATCH, MAIN,                                                                          \
      "SELECT t.id, r.id, r.slug, r.lang, CASE WHEN t.kind = 'season' THEN t.number ELSE p.number END, x.lang, x.name"       \
      " FROM title t JOIN title p ON p.id = t.parent_id"                                           \
      " JOIN title r ON r.id = CASE WHEN t.kind = 'season' THEN p.id ELSE p.parent_id END"         \
      " JOIN title_text x ON x.title_id = r.id"                                                    \
      " WHERE t.kind IN ('season', 'episode') AND t.id " IN_IDS("$1") " ORDER BY t.id, x.lang")     \
    Q(TEXT_BATCH, MAIN,                                                                            \
      "SELECT title_id, lang, name, synopsis FROM title_text WHERE title_id " IN_IDS("$1")          \
      " ORDER BY title_id, lang")                                                                  \
    Q(ART_BATCH, MAIN,                                                                             \
      "SELECT title_id, kind, name, width, height, color, formats, blur FROM artwork"               \
      " WHERE kind < 16 AND title_id " IN_IDS("$1") " ORDER BY title_id, kind, width DESC")                                                      \
    Q(LANG_BATCH, MAIN,                                                                            \
      "SELECT v.title_id, k.lang, MAX(k.is_default) AS d FROM version v"                           \
      " JOIN asset_track k ON k.asset_id = v.asset_id WHERE +k.kind = 1 AND v.kind = 'main'"        \
      " AND k.lang <> 'und' AND v.title_id " IN_IDS("$1") " GROUP BY v.title_id, k.lang ORDER BY v.title_id, d DESC, k.lang") \
    Q(TEXT_SET, MAIN,                                                                              \
      "INSERT INTO title_text (title_id, lang, name, synopsis) VALUES ($1, $2, $3, $4)"            \
      " ON CONFLICT (title_id, lang) DO UPDATE SET name = excluded.name,"                          \
      " synopsis = excluded.synopsis")                                                             \
    Q(TEXT_SET_WHOLE, MAIN,                                                                        \
      "INSERT INTO title_text (title_id, lang, name, synopsis, tagline, sort_name) VALUES ($1, $2, $3, $4, $5, $6)"         \
      " ON CONFLICT (title_id, lang) DO UPDATE SET name = excluded.name, synopsis = excluded.synopsis,"                     \
      " tagline = excluded.tagline, sort_name = excluded.sort_name")                               \
    Q(TEXT_DROP, MAIN, "DELETE FROM title_text WHERE title_id = $1 AND lang = $2")                 \
    Q(TEXT_BY_TITLE, MAIN,                                                                         \
      "SELECT x.lang, x.name, x.synopsis, x.tagline, x.sort_name, CASE WHEN x.lang = t.lang THEN 1 ELSE 0 END"              \
      " FROM title_text x JOIN title t ON t.id = x.title_id WHERE x.title_id = $1 ORDER BY x.lang")                         \
    Q(TEXT_DELETE, MAIN, "DELETE FROM title_text WHERE title_id = $1")                             \
    Q(TITLE_DELETE, MAIN, "DELETE FROM title WHERE id = $1")                                       \
    Q(VERSION_INSERT, MAIN,                                                                        \
      "INSERT INTO version (id, title_id, kind, asset_id, created_at)"                             \
      " VALUES ($1, $2, 'main', NULL, $3)")                                                        \
    Q(VERSION_BY_TITLE, MAIN, "SELECT id FROM version WHERE title_id = $1 AND kind = 'main'")      \
    Q(VERSION_MOVE, MAIN, "UPDATE version SET asset_id = $2, text_revision = 0, text_names = 0 WHERE id = $1")              \
    Q(VERSION_TEXT, MAIN,                                                                          \
      "SELECT v.id, v.asset_id, COALESCE(a.duration_ms, 0), v.text_revision FROM version v"        \
      " LEFT JOIN asset a ON a.id = v.asset_id WHERE v.title_id = $1 AND v.kind = 'main'")         \
    Q(VERSION_TEXT_NAME, MAIN,                                                                     \
      "UPDATE version SET text_names = text_names + 1 WHERE id = $1 AND asset_id = $2 RETURNING text_names")               \
    Q(VERSION_TEXT_NEXT, MAIN,                                                                     \
      "UPDATE version SET text_revision = text_revision + 1 WHERE id = $1 AND asset_id = $2 RETURNING text_revision")      \
    Q(TRACK_DELETE_TEXT, MAIN, "DELETE FROM asset_track WHERE asset_id = $1 AND kind = 2")         \
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
      "INSERT INTO artwork (title_id, kind, width, height, name, color, formats, blur, by_hand)"   \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")                                              \
    Q(ART_BY_HAND, MAIN,                                                                           \
      "SELECT 1 FROM artwork WHERE title_id = $1 AND kind = $2 AND by_hand = 1 LIMIT 1")           \
    Q(ART_MOVE, MAIN, "UPDATE artwork SET kind = $3 WHERE title_id = $1 AND kind = $2")            \
    Q(ART_USED, MAIN, "SELECT 1 FROM artwork WHERE name = $1 OR name = $2 LIMIT 1")                                                          \
    Q(ART_CLEAR, MAIN, "DELETE FROM artwork WHERE title_id = $1 AND kind = $2")                    \
    Q(ART_DELETE, MAIN, "DELETE FROM artwork WHERE title_id = $1")                                 \
    /* CROSS JOIN: without statistics SQLite would begin with the tracks, and look at every title for each. */ \
    Q(LANGUAGES, MAIN,                                                                             \
      "SELECT k.lang, COUNT(DISTINCT t.id) AS n, (SELECT COUNT(*) FROM (SELECT 1 AS one FROM title WHERE shown = 2 LIMIT $1) AS few)" \
      " FROM (SELECT id FROM title WHERE shown = 2 ORDER BY listed_at DESC, id DESC LIMIT $1) AS t CROSS JOIN version v"    \
      " CROSS JOIN asset_track k WHERE v.title_id = t.id AND v.kind = 'main' AND k.asset_id = v.asset_id AND +k.kind = 1"   \
      " AND k.lang <> 'und' GROUP BY k.lang ORDER BY n DESC, k.lang")

#define CATALOG_SQL(Q) TITLE_SQL(Q) LIST_SQL(Q) DETAIL_SQL(Q) THING_SQL(Q) EDIT_SQL(Q) SCOPE_SQL(Q)

enum { CATALOG_SQL(SQL_ENUM) };
extern const struct sql catalog_sql[];
extern const struct route catalog_routes[], catalog_editor_routes[];
extern const struct schema catalog_schemas[], catalog_editor_schemas[];

/* fold.c: lower case, accents and combining marks gone, Latin, Greek and Cyrillic; the rest as it is.
 * Input must be UTF-8. */
struct str text_fold(struct arena *a, struct str s);

/* card_cache.c */
void card_cache_clear(void);

/* title.c */
int title_check_text(struct str name, struct str synopsis, struct err *reterr);
int title_check_year(int64_t year, struct err *reterr);
int title_check_number(int64_t number, struct err *reterr);
int title_check_date(struct str date, struct err *reterr); /* YYYY-MM-DD; empty: not known */
int title_texts_changed(struct tx *tx, struct title_id title, struct err *reterr); /* after rows of title_text changed */
/* "Amélie" becomes "amelie"; "-2" and so on behind it where taken says 1. slug of at most CATALOG_SLUG_MAX bytes. */
typedef int slug_taken_fn(struct tx *tx, struct str slug, void *arg, struct arena *a, struct err *reterr);
int slug_make(struct tx *tx, struct str name, struct id id, const char *absent, slug_taken_fn *taken, void *arg,
              struct arena *a, struct str *ret_slug, struct err *reterr);

/* family.c; all in the caller's transaction. */
int title_check_parent(struct tx *tx, enum title_kind kind, struct title_id parent, struct err *reterr);
int shown_update(struct tx *tx, struct title_id id, struct err *reterr); /* of it and of all below; says title.changed */
int title_say_changed(struct tx *tx, struct title_id id, struct err *reterr);
int asset_tracks_insert(struct tx *tx, struct asset_id asset, const struct asset_desc *d, struct err *reterr); /* rows of tracks */
int title_touch(struct tx *tx, struct title_id id, struct err *reterr); /* its revision grows; says title.changed */
int title_family_touch(struct tx *tx, struct title_id id, struct err *reterr); /* the revisions of what is below it */

/* cards.c: the rows [from, return) of r whose first column is id, which stand together. */
size_t rows_of(const struct rows *r, struct str id, size_t *from);
/* Of those rows the one whose column lang suits best: langs, else own, else (must) the first; SIZE_MAX: none. */
size_t row_best(const struct rows *r, size_t from, size_t to, size_t col, struct str langs, struct str own, bool must);
/* For IN_IDS, in the arena. */
struct str ids_json(const struct title_id *ids, size_t n, struct arena *a);
int cards_tx(struct tx *tx, const struct title_id *ids, size_t n, struct str langs, bool all, struct arena *a,
             struct title_card **ret_cards, size_t *ret_n, struct err *reterr);
/* list.c */
struct str like_pattern(struct str q, struct arena *a); /* "%folded%", escaped; STR_NULL: too long */
struct list_place { /* behind which row a page begins */
    int64_t number;
    struct str text;
    struct id id;
};
int list_place_read(struct str cursor, enum title_sort sort, struct arena *a, struct list_place *ret, struct err *reterr);
/* Of a row of id, listed_at, sort_key, year and (SORT_UPDATED) updated_at. */
struct str list_cursor(enum title_sort sort, const struct rows *r, size_t row, struct arena *a);

/* rating.c */
enum { RATING_LABELS = 8 };
struct rating_system {
    const char *name; /* NULL ends the table */
    const char *country, *doc;
    struct {
        const char *label; /* NULL: no more */
        int age;
    } labels[RATING_LABELS];
};
extern const struct rating_system rating_systems[];
int rating_age(struct str system, struct str label); /* years; -1: there is no such label */

/* detail.c. Rows of id, slug, lang, name as an array of {slug, name} in the best language. New references. */
json_t *named_json(const struct rows *r, struct str langs);
json_t *ratings_json(const struct rows *r); /* of system, label */
json_t *markers_json(const struct rows *r); /* of kind, from_ms, to_ms, name */
/* Title of the API. here: without what cannot be seen there, nor what who is too young for; NULL: all of it. */
int title_page_json(const struct engine *e, const struct principal *who, const struct title_card *c, struct str langs,
                    const struct catalog_here *here, struct arena *a, json_t **ret, struct err *reterr);
