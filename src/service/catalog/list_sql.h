/*
 * list_sql.h - the statements of lists. Each walks one index in the order that it shows, from behind the last page on, and stops at
 * the limit: a page costs the same whatever the catalogue's size. What narrows a list further is asked of each row on
 * the way; a person's or a collection's titles are few, and are sorted.
 */
#pragma once

/* PostgreSQL would answer "is there one" by reading all there are into a hash, since it guesses that a page asks of every title: that
 * grows with the catalogue. A second word about the title keeps it to asking of each row (subselect.c, convert_EXISTS_to_ANY). */
#define LIST_ASKED "/*pg AND t.id <> '' */"
/* PostgreSQL keeps a plan for all values only where it thinks it no dearer than one for these, and of wishes that it does not know it
 * expects that next to no title has them: so it planned each page anew, and for longer the more titles there are. What stands in a
 * CASE it takes for even odds. */
/* $1 age, $2 pattern of names, $3 language of the audio, $4 kind, $5 genre, $6 tag, $7 and $8 years, $9 how many, $10 and
 * $11 behind what, $12 the country that asks and $13 the scope that every country sees (catalog_here); '' is no wish. A plus keeps a condition away from an index that would put the order right afterwards. */
#define LIST_WANTED                                                                                \
    " /*pg CASE WHEN */ t.maturity <= $1 AND t.search LIKE $2 ESCAPE '\\'"                                           \
    " AND (CAST($3 AS TEXT) = '' OR EXISTS (SELECT 1 FROM version v JOIN asset_track k ON k.asset_id = v.asset_id"          \
    " WHERE v.title_id = t.id AND k.kind = 1 AND k.lang = $3" LIST_ASKED "))"                         \
    " AND (CAST($4 AS TEXT) = '' OR t.kind = $4)"                                                  \
    " AND (CAST($5 AS TEXT) = '' OR EXISTS (SELECT 1 FROM title_genre a WHERE a.title_id = t.id AND a.genre_id = $5" LIST_ASKED "))" \
    " AND (CAST($6 AS TEXT) = '' OR EXISTS (SELECT 1 FROM title_tag b WHERE b.title_id = t.id AND b.tag = $6" LIST_ASKED "))" \
    " AND +t.year >= $7 AND +t.year <= $8"                                                         \
    " AND (CAST($12 AS TEXT) = '' OR t.scope = $13"                                                \
    " OR EXISTS (SELECT 1 FROM scope_here h WHERE h.country = $12 AND h.scope = t.scope" LIST_ASKED "))"        \
    " /*pg THEN true ELSE false END */"
/* PostgreSQL plans once for any limit and then expects a tenth of all titles, for which sorting is the cheaper way: of a page it knows
 * that it is short. */
#define LIST_ROWS "/*pg SELECT * FROM ( */SELECT t.id, t.listed_at, t.sort_key, t.year"
#define LIST_PAGE "/*pg LIMIT 51) page */ LIMIT $9"
#define LIST_NEW " AND (t.listed_at, t.id) < ($10, $11) ORDER BY t.listed_at DESC, t.id DESC " LIST_PAGE
#define LIST_NAME " AND (t.sort_key, t.id) > ($10, $11) ORDER BY t.sort_key, t.id " LIST_PAGE
#define LIST_YEAR " AND (t.year, t.id) < ($10, $11) ORDER BY t.year DESC, t.id DESC " LIST_PAGE
#define LIST_FROM LIST_ROWS " FROM title t WHERE"
/* By itself a list shows films and series; of any other kind what is asked for. */
#define LIST_SHOWN " (t.shown = 2 OR (t.shown = 1 AND CAST($4 AS TEXT) <> '')) AND"
#define LIST_ALL LIST_FROM " (CAST($4 AS TEXT) <> '' OR t.kind IN ('film', 'series')) AND" LIST_WANTED
/* CROSS JOIN: SQLite keeps the order. $14: a person or a collection. */
#define LIST_FEW                                                                                   \
    LIST_ROWS " FROM (SELECT title_id FROM title_person WHERE person_id = $14"             \
    " UNION SELECT title_id FROM collection_title WHERE collection_id = $14) few CROSS JOIN title t WHERE t.id = few.title_id AND" \
    LIST_SHOWN LIST_WANTED

#define LIST_SQL(Q)                                                                                \
    Q(SHELF_NEW, MAIN, LIST_FROM " t.shown = 2 AND" LIST_WANTED LIST_NEW)                          \
    Q(SHELF_NAME, MAIN, LIST_FROM " t.shown = 2 AND" LIST_WANTED LIST_NAME)                        \
    Q(SHELF_YEAR, MAIN, LIST_FROM " t.shown = 2 AND" LIST_WANTED LIST_YEAR)                        \
    Q(KIND_NEW, MAIN, LIST_FROM " t.kind = $4 AND t.shown > 0 AND" LIST_WANTED LIST_NEW)           \
    Q(ALL_NEW, MAIN, LIST_ALL LIST_NEW)                                                            \
    Q(ALL_NAME, MAIN, LIST_ALL LIST_NAME)                                                          \
    Q(ALL_YEAR, MAIN, LIST_ALL LIST_YEAR)                                                          \
    Q(FEW_NEW, MAIN, LIST_FEW LIST_NEW)                                                            \
    Q(FEW_NAME, MAIN, LIST_FEW LIST_NAME)                                                          \
    Q(FEW_YEAR, MAIN, LIST_FEW LIST_YEAR)                                                          \
    Q(GENRE_NEW, MAIN,                                                                             \
      LIST_ROWS " FROM title_genre g CROSS JOIN title t WHERE t.id = g.title_id"           \
      " AND g.genre_id = $5 AND" LIST_SHOWN LIST_WANTED                                            \
      " AND (g.listed_at, g.title_id) < ($10, $11) ORDER BY g.listed_at DESC, g.title_id DESC " LIST_PAGE)                    \
    Q(TAG_NEW, MAIN,                                                                               \
      LIST_ROWS " FROM title_tag g CROSS JOIN title t WHERE t.id = g.title_id"             \
      " AND g.tag = $6 AND" LIST_SHOWN LIST_WANTED                                                 \
      " AND (g.listed_at, g.title_id) < ($10, $11) ORDER BY g.listed_at DESC, g.title_id DESC " LIST_PAGE)                    \
    Q(GENRE_BY_SLUG, MAIN, "SELECT id FROM genre WHERE slug = $1")                                 \
    Q(PERSON_BY_SLUG, MAIN, "SELECT id, name, bio FROM person WHERE slug = $1")                    \
    Q(COLLECTION_BY_SLUG, MAIN, "SELECT id, published FROM collection WHERE slug = $1")
