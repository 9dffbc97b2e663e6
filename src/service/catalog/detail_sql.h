/* detail_sql.h - what a title's page shows beside its card, and the pages of genres, people and collections. */
#pragma once

enum { DETAIL_EPISODES = 300, DETAIL_PEOPLE = 200, PERSON_TITLES = 200 };

/* $51 age, $52 the country that asks and $53 the scope that every country sees, $54 1: whatever there is. */
#define THING_SEEN                                                                                 \
    "t.shown > 0 AND t.maturity <= $51 AND (CAST($52 AS TEXT) = '' OR t.scope = $53"               \
    " OR EXISTS (SELECT 1 FROM scope_here h WHERE h.country = $52 AND h.scope = t.scope))"

#define DETAIL_SQL(Q)                                                                              \
    Q(OF_GENRES, MAIN,                                                                             \
      "SELECT g.id, g.slug, x.lang, x.name FROM title_genre a JOIN genre g ON g.id = a.genre_id"   \
      " JOIN genre_text x ON x.genre_id = g.id WHERE a.title_id = $1 ORDER BY a.position, g.id, x.lang")                    \
    Q(OF_PEOPLE, MAIN,                                                                             \
      "SELECT p.id, p.slug, p.name, c.job, c.part, x.lang, x.name FROM title_person c JOIN person p ON p.id = c.person_id"  \
      " LEFT JOIN person_name x ON x.person_id = p.id WHERE c.title_id = $1"                       \
      " ORDER BY c.position, p.id, c.job, x.lang LIMIT 2000")                                      \
    Q(OF_TAGS, MAIN, "SELECT tag FROM title_tag WHERE title_id = $1 ORDER BY tag")                 \
    Q(OF_STUDIOS, MAIN,                                                                            \
      "SELECT s.id, s.slug, s.name FROM title_studio a JOIN studio s ON s.id = a.studio_id WHERE a.title_id = $1"           \
      " ORDER BY a.position, s.id")                                                                \
    Q(OF_COLLECTIONS, MAIN,                                                                        \
      "SELECT c.id, c.slug, x.lang, x.name FROM collection_title a JOIN collection c ON c.id = a.collection_id"             \
      " JOIN collection_text x ON x.collection_id = c.id WHERE a.title_id = $1 AND c.published = 1"                         \
      " ORDER BY c.position, c.id, x.lang")                                                        \
    Q(OF_RATINGS, MAIN, "SELECT system, label FROM title_rating_label WHERE title_id = $1 ORDER BY system")                 \
    Q(OF_MARKERS, MAIN,                                                                            \
      "SELECT kind, from_ms, to_ms, name FROM marker WHERE title_id = $1 ORDER BY from_ms, id")    \
    Q(OF_VERSIONS, MAIN,                                                                           \
      "SELECT id, kind, label, lang, asset_id FROM version WHERE title_id = $1 ORDER BY created_at, id")                    \
    Q(OF_TEXTS, MAIN, "SELECT lang, tagline FROM title_text WHERE title_id = $1 ORDER BY lang")    \
    Q(OF_SELF, MAIN, "SELECT original_lang, released_on FROM title WHERE id = $1")                 \
    Q(OF_CHILDREN, MAIN,                                                                           \
      "SELECT id, kind FROM title WHERE parent_id = $1 AND (shown > 0 OR $2 = 1) ORDER BY number, id LIMIT 300")            \
    Q(OF_EPISODES, MAIN,                                                                           \
      "SELECT e.id, e.parent_id FROM title s JOIN title e ON e.parent_id = s.id AND e.kind = 'episode'"                     \
      " WHERE (s.parent_id = $1 OR s.id = $1) AND s.kind = 'season' AND (e.shown > 0 OR $2 = 1)"   \
      " ORDER BY s.number, s.id, e.number, e.id LIMIT 300")                                        \
    Q(OF_NEXT, MAIN,                                                                               \
      "SELECT e.id FROM title me JOIN title here ON here.id = me.parent_id JOIN title s ON s.parent_id = here.parent_id"    \
      " AND s.kind = 'season' JOIN title e ON e.parent_id = s.id AND e.kind = 'episode' WHERE me.id = $1 AND me.kind = 'episode'" \
      " AND (s.number, e.number, e.id) > (here.number, me.number, me.id)"                          \
      " AND (s.id = here.id OR s.number > here.number) AND (e.shown > 0 OR $2 = 1) ORDER BY s.number, e.number, e.id LIMIT 1") \
    Q(GENRES, MAIN,                                                                                \
      "SELECT g.id, g.slug, x.lang, x.name FROM genre g JOIN genre_text x ON x.genre_id = g.id"    \
      " WHERE $1 = 1 OR EXISTS (SELECT 1 FROM title_genre a JOIN title t ON t.id = a.title_id"     \
      " WHERE a.genre_id = g.id AND t.shown = 2) ORDER BY g.position, g.slug, x.lang LIMIT 10000") \
    Q(PERSON_NAMES, MAIN, "SELECT lang, name FROM person_name WHERE person_id = $1 ORDER BY lang") \
    Q(PERSON_CREDITS, MAIN,                                                                        \
      "SELECT t.id, c.job, c.part FROM title_person c JOIN title t ON t.id = c.title_id"           \
      " WHERE c.person_id = $1 AND t.shown > 0 AND t.maturity <= $2"                               \
      " ORDER BY t.listed_at DESC, t.id DESC, c.position, c.job LIMIT 200")                        \
    Q(COLLECTIONS, MAIN,                                                                           \
      "SELECT c.id, c.slug, x.lang, x.name, x.synopsis FROM collection c JOIN collection_text x ON x.collection_id = c.id"  \
      " WHERE c.published = 1 ORDER BY c.position, c.slug, x.lang LIMIT 5000")                     \
    Q(COLLECTION_TEXTS, MAIN,                                                                      \
      "SELECT lang, name, synopsis FROM collection_text WHERE collection_id = $1 ORDER BY lang")   \
    Q(COLLECTION_TITLES, MAIN,                                                                     \
      "SELECT a.position, t.id FROM collection_title a CROSS JOIN title t WHERE t.id = a.title_id AND a.collection_id = $1" \
      " AND t.shown > 0 AND t.maturity <= $2 AND (a.position, a.title_id) > ($3, $4)"              \
      " ORDER BY a.position, a.title_id LIMIT $5") \
    /* What titles are found by (words.c): title, text. */                                         \
    Q(WORDS_TEXTS, MAIN, "SELECT title_id, name FROM title_text WHERE title_id IN " IN_BATCH " ORDER BY title_id, lang")    \
    Q(WORDS_ALIASES, MAIN,                                                                         \
      "SELECT title_id, name FROM title_alias WHERE title_id IN " IN_BATCH " ORDER BY title_id, position, name")            \
    Q(WORDS_PEOPLE, MAIN,                                                                          \
      "SELECT DISTINCT c.title_id, COALESCE(x.name, p.name), p.id, x.lang FROM title_person c JOIN person p ON p.id = c.person_id" \
      " LEFT JOIN person_name x ON x.person_id = p.id WHERE c.title_id IN " IN_BATCH " ORDER BY c.title_id, p.id, x.lang")   \
    Q(WORDS_COLLECTIONS, MAIN,                                                                     \
      "SELECT a.title_id, x.name FROM collection_title a JOIN collection c ON c.id = a.collection_id AND c.published = 1"   \
      " JOIN collection_text x ON x.collection_id = c.id WHERE a.title_id IN " IN_BATCH " ORDER BY a.title_id, c.id, x.lang") \
    Q(WORDS_GENRES, MAIN,                                                                          \
      "SELECT a.title_id, x.name FROM title_genre a JOIN genre_text x ON x.genre_id = a.genre_id"  \
      " WHERE a.title_id IN " IN_BATCH " ORDER BY a.title_id, a.position, x.lang")                 \
    Q(WORDS_TAGS, MAIN, "SELECT title_id, tag FROM title_tag WHERE title_id IN " IN_BATCH " ORDER BY title_id, tag")        \
    Q(WORDS_GENRE_IDS, MAIN,                                                                       \
      "SELECT title_id, genre_id FROM title_genre WHERE title_id IN " IN_BATCH " ORDER BY title_id, position") \
    /* People and genres to be found (words.c): id, name. */                                       \
    Q(THING_PEOPLE_WORDS, MAIN,                                                                    \
      "SELECT id, name FROM person WHERE id IN " IN_BATCH " UNION SELECT person_id, name FROM person_name"                  \
      " WHERE person_id IN " IN_BATCH " ORDER BY 1, 2")                                            \
    Q(THING_GENRES_WORDS, MAIN,                                                                    \
      "SELECT DISTINCT genre_id, name FROM genre_text WHERE genre_id IN " IN_BATCH " ORDER BY genre_id, name")              \
    Q(THING_PEOPLE_WALK, MAIN, "SELECT id FROM person WHERE id > $1 ORDER BY id LIMIT $2")         \
    Q(THING_GENRES_WALK, MAIN, "SELECT id FROM genre WHERE id > $1 ORDER BY id LIMIT $2")          \
    Q(THING_PEOPLE_TITLES, MAIN, "SELECT DISTINCT title_id FROM title_person WHERE person_id = $1 AND title_id > $2 ORDER BY title_id LIMIT $3") \
    Q(THING_GENRES_TITLES, MAIN, "SELECT title_id FROM title_genre WHERE genre_id = $1 AND title_id > $2 ORDER BY title_id LIMIT $3") \
    Q(THING_PEOPLE_CARDS, MAIN,                                                                    \
      "SELECT p.id, p.slug, COALESCE(x.lang, ''), COALESCE(x.name, ''), p.name FROM person p"       \
      " LEFT JOIN person_name x ON x.person_id = p.id WHERE p.id IN " IN_BATCH " AND ($54 = 1 OR EXISTS (SELECT 1"          \
      " FROM title_person c CROSS JOIN title t WHERE c.person_id = p.id AND t.id = c.title_id AND " THING_SEEN "))"         \
      " ORDER BY p.id, x.lang")                                                                    \
    Q(THING_GENRES_CARDS, MAIN,                                                                    \
      "SELECT g.id, g.slug, x.lang, x.name, '' FROM genre g JOIN genre_text x ON x.genre_id = g.id" \
      " WHERE g.id IN " IN_BATCH " AND ($54 = 1 OR EXISTS (SELECT 1 FROM title_genre c CROSS JOIN title t"                  \
      " WHERE c.genre_id = g.id AND t.id = c.title_id AND " THING_SEEN ")) ORDER BY g.id, x.lang")
