/* search_int.h - what the files of search share. */
#pragma once
#include "service/search/plan.h"
#include "service/search/rank.h"
#include "service/search/search.h"

/* Grows when what the index holds is made otherwise (fold, tokens): the index is then made anew by itself. */
enum { SEARCH_INDEX_VERSION = 3 };

/* So many of each source of candidates, whatever the catalogue's size. */
/* FIND_NAMES: 24, a page, written there for the planner's sake. */
enum { FOUND_MAX = 160, FOUND_EXACT = 96 /* that have the words as typed */, FOUND_WORDS = 100, FOUND_WITHOUT = 120 /* of all that lack a word together */,
       FOUND_THINGS = 40, FOUND_ENOUGH = 48 /* hits: two pages */ };

/* SQLite: the FTS5 table beside it, written with it (a trigger may not: trusted_schema is off). PostgreSQL: a GIN index
 * on this expression. */
#define DOC_TOKENS "array_to_tsvector(array_remove(string_to_array(d.tokens, ' '), ''))"
#define WORD_TOKENS "array_to_tsvector(array_remove(string_to_array(w.near, ' '), ''))"
/* PostgreSQL takes it that a tsquery of many words matches a share of all rows, and that reading them all until LIMIT is met were
 * cheaper than the index. Planned by itself, without the limit, the index is; what is not asked for is not read all the same.
 * A parameter within a SELECT of its own is one that the planner does not look at: it plans once a connection, not for every text. */
#define BY_INDEX(select, as) "(WITH c AS MATERIALIZED (" select " @@ (SELECT CAST(CAST($1 AS TEXT) AS tsquery))) SELECT * FROM c) AS " as
#define DOC_COLUMNS "d.no, d.ref, d.kind, d.year, d.maturity, d.genres, d.langs, d.names"
/* Rows that travel as one JSON array of arrays, so that a batch is one statement on either engine. */
#define JSON_ROWS "/*lite json_each($1) AS j*/ /*pg json_array_elements(CAST(CAST($1 AS TEXT) AS json)) AS j(value)*/"

#define SEARCH_SQL(Q)                                                                              \
    Q(FIND_TOKENS, MAIN,                                                                           \
      "SELECT " DOC_COLUMNS " FROM /*lite fts_search_doc f CROSS JOIN search_doc d ON d.no = f.rowid WHERE fts_search_doc MATCH $1 */"        \
      " /*pg " BY_INDEX("SELECT " DOC_COLUMNS " FROM search_doc d WHERE " DOC_TOKENS, "d") " */ LIMIT $2")                     \
    Q(FIND_NAMES, MAIN,                                                                            \
      "SELECT " DOC_COLUMNS " FROM (SELECT no, squeezed FROM search_name WHERE squeezed >= /*lite $1*/ /*pg (SELECT CAST($1 AS TEXT))*/" \
      " AND squeezed < /*lite $2*/ /*pg (SELECT CAST($2 AS TEXT))*/"                               \
      " ORDER BY squeezed, no LIMIT 24) s CROSS JOIN search_doc d WHERE d.no = s.no")               \
    Q(FIND_WORDS, MAIN,                                                                            \
      "SELECT w.word FROM /*lite fts_search_word f CROSS JOIN search_word w ON w.no = f.rowid WHERE fts_search_word MATCH $1 */"  \
      " /*pg " BY_INDEX("SELECT w.word FROM search_word w WHERE " WORD_TOKENS, "w") " */ LIMIT $2")                            \
    Q(DOC_OLD, MAIN,                                                                               \
      "SELECT no, ref, names, tokens, kind FROM search_doc WHERE ref IN (SELECT j.value ->> 0 FROM " JSON_ROWS ")")                       \
    Q(DOC_PUT, MAIN,                                                                               \
      "INSERT INTO search_doc (ref, kind, year, maturity, genres, langs, names, tokens, indexed_at)"                        \
      " SELECT j.value ->> 0, j.value ->> 1, CAST(j.value ->> 2 AS BIGINT), CAST(j.value ->> 3 AS BIGINT),"                 \
      " j.value ->> 4, j.value ->> 5, j.value ->> 6, j.value ->> 7, CAST($2 AS BIGINT) FROM " JSON_ROWS " WHERE 1 = 1"       \
      " ON CONFLICT (ref) DO UPDATE SET kind = excluded.kind, year = excluded.year, maturity = excluded.maturity,"          \
      " genres = excluded.genres, langs = excluded.langs, names = excluded.names, tokens = excluded.tokens,"                \
      " indexed_at = excluded.indexed_at")                                                         \
    Q(DOC_UNINDEX, MAIN,                                                                           \
      "/*lite INSERT INTO fts_search_doc (fts_search_doc, rowid, tokens) SELECT 'delete', d.no, d.tokens FROM search_doc d"  \
      " WHERE d.ref IN (SELECT j.value ->> 0 FROM json_each($1) AS j) */ /*pg SELECT 1*/")          \
    Q(DOC_INDEX, MAIN,                                                                             \
      "/*lite INSERT INTO fts_search_doc (rowid, tokens) SELECT d.no, d.tokens FROM search_doc d"  \
      " WHERE d.ref IN (SELECT j.value ->> 0 FROM json_each($1) AS j) */ /*pg SELECT 1*/")          \
    Q(DOC_DROP, MAIN, "DELETE FROM search_doc WHERE ref IN (SELECT j.value ->> 0 FROM " JSON_ROWS ")")                      \
    Q(DOC_STALE, MAIN, "SELECT ref FROM search_doc WHERE indexed_at < $1 ORDER BY no LIMIT 50")    \
    Q(DOC_COUNT, MAIN, "SELECT count(*) FROM search_doc")                                          \
    Q(NAME_PUT, MAIN,                                                                              \
      "INSERT INTO search_name (squeezed, no) SELECT DISTINCT j.value ->> 1, d.no FROM " JSON_ROWS                          \
      " JOIN search_doc d ON d.ref = j.value ->> 0 WHERE 1 = 1 ON CONFLICT (squeezed, no) DO NOTHING")                      \
    Q(NAME_DROP, MAIN,                                                                             \
      "DELETE FROM search_name WHERE (squeezed, no) IN (SELECT j.value ->> 1, CAST(j.value ->> 0 AS BIGINT) FROM " JSON_ROWS ")") \
    Q(WORD_PUT, MAIN,                                                                              \
      "INSERT INTO search_word (word, near, added_at) SELECT j.value ->> 0, j.value ->> 1, CAST($2 AS BIGINT) FROM " JSON_ROWS \
      " WHERE 1 = 1 ON CONFLICT (word) DO NOTHING")                                                \
    Q(WORD_LAST, MAIN, "SELECT COALESCE(max(no), 0) FROM search_word")                             \
    Q(WORD_INDEX, MAIN,                                                                            \
      "/*lite INSERT INTO fts_search_word (rowid, near) SELECT no, near FROM search_word WHERE no > $1 */ /*pg SELECT 1*/")  \
    Q(WORD_UNINDEX, MAIN,                                                                          \
      "/*lite INSERT INTO fts_search_word (fts_search_word, rowid, near) SELECT 'delete', w.no, w.near FROM search_word w"  \
      " WHERE w.word IN (SELECT j.value ->> 0 FROM json_each($1) AS j) */ /*pg SELECT 1*/")         \
    Q(WORD_WALK, MAIN, "SELECT no, word FROM search_word WHERE no > $1 AND added_at < $2 ORDER BY no LIMIT 1000")            \
    Q(WORD_DROP, MAIN, "DELETE FROM search_word WHERE word IN (SELECT j.value ->> 0 FROM " JSON_ROWS ")")                   \
    Q(DOCS_JOIN, MAIN,                                                                             \
      "INSERT INTO /*lite fts_search_doc (fts_search_doc, rank) VALUES ('merge', -200)*/"          \
      " /*pg search_state (name, value) SELECT '', 0 WHERE false*/")                               \
    Q(DOCS_MERGE, MAIN,                                                                            \
      "INSERT INTO /*lite fts_search_doc (fts_search_doc, rank) VALUES ('merge', 200)*/"           \
      " /*pg search_state (name, value) SELECT '', 0 WHERE false*/")                               \
    Q(WORDS_JOIN, MAIN,                                                                            \
      "INSERT INTO /*lite fts_search_word (fts_search_word, rank) VALUES ('merge', -200)*/"        \
      " /*pg search_state (name, value) SELECT '', 0 WHERE false*/")                               \
    Q(WORDS_MERGE, MAIN,                                                                           \
      "INSERT INTO /*lite fts_search_word (fts_search_word, rank) VALUES ('merge', 200)*/"         \
      " /*pg search_state (name, value) SELECT '', 0 WHERE false*/")                               \
    Q(DOCS_PIECES, MAIN, "SELECT /*lite hex(block) FROM fts_search_doc_data WHERE id = 10*/ /*pg ''*/")\
    Q(WORDS_PIECES, MAIN, "SELECT /*lite hex(block) FROM fts_search_word_data WHERE id = 10*/ /*pg ''*/")\
    Q(STATE_GET, MAIN, "SELECT value FROM search_state WHERE name = $1")                           \
    Q(STATE_SET, MAIN,                                                                             \
      "INSERT INTO search_state (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")      \
    Q(MISS_PUT, VIEWING,                                                                           \
      "INSERT INTO search_miss AS m (folded, query, searches, first_at, last_at) VALUES ($1, $2, 1, $3, $3)"                \
      " ON CONFLICT (folded) DO UPDATE SET searches = m.searches + 1, query = excluded.query, last_at = excluded.last_at")  \
    Q(MISS_PREFIXES, VIEWING,                                                                      \
      "DELETE FROM search_miss WHERE folded >= $2 AND folded < $1 AND searches = 1 AND last_at > $3"                        \
      " AND substr($1, 1, length(folded)) = folded")                                               \
    Q(MISS_COUNT, VIEWING, "SELECT count(*) FROM search_miss")                                     \
    Q(MISS_PRUNE, VIEWING, "DELETE FROM search_miss WHERE last_at < $1")                           \
    Q(MISS_FORGET, VIEWING,                                                                        \
      "DELETE FROM search_miss WHERE folded IN (SELECT folded FROM search_miss ORDER BY searches, last_at LIMIT $1)")       \
    Q(MISS_SETTLE, VIEWING, "DELETE FROM search_miss WHERE folded = $1")                          \
    Q(MISS_LIST, VIEWING,                                                                          \
      "SELECT query, searches, first_at, last_at, folded FROM search_miss"                         \
      " WHERE searches < $1 OR (searches = $1 AND folded > $2) ORDER BY searches DESC, folded LIMIT $3")

enum { SEARCH_SQL(SQL_ENUM) };
extern const struct sql search_sql[];

/* ---- index.c: what titles, people and genres are found by ---- */

/* Words, by a hash of each: one in a million millions is taken for another. */
struct word_set;
struct word_set *word_set_new(void); /* NULL: no memory */
void word_set_free(struct word_set *s);
bool word_set_has(const struct word_set *s, struct str word);
void word_set_take(struct word_set *s, struct word_set *from); /* from is empty afterwards */

enum index_what { INDEX_TITLES, INDEX_PEOPLE, INDEX_GENRES, INDEX_WHATS };
/* In a WRITE transaction of STORE_MAIN, at most 50: the entries of these are as the catalogue says now; what is not there or not
 * to be seen has none. Words that are known (NULL: none) are not written again; fresh gets those that were, in case the
 * transaction is committed. */
int index_put(struct tx *tx, enum index_what what, const struct id *ids, size_t n, const struct word_set *known,
              struct word_set *fresh, struct err *reterr);
/* In a WRITE transaction of STORE_MAIN. words: a JSON array of arrays of one. */
int index_words_drop(struct tx *tx, struct str words, struct err *reterr);
/* The class of age that a document is filed under (the "_m" tokens): 0, 6, 12, 16 or 18. */
int age_class(int maturity);

/* ---- rebuild.c ---- */
extern const struct job_kind search_jobs[];
extern const struct event_handler search_events[];
extern const struct cron_row search_cron[];
/* The work of the job search.renamed: returns how many titles. cancelled NULL: to the end. */
int64_t search_renamed(struct store *st, struct str payload, bool (*cancelled)(void *), void *arg, struct err *reterr);

/* ---- find.c ---- */

struct search_ask {
    struct str q;
    struct str genre, kind, lang; /* a genre's id; "film"; "de": STR_NULL: any */
    int year_from, year_to;       /* 0: open */
    int maturity;                 /* only what is for this age and younger; MATURITY_ALL: everything */
    bool things;                  /* people and genres beside titles; nothing narrows those */
};
struct search_hit {
    struct id ref; /* of a title, a person ... by kind */
    struct str kind, genres, langs;
    int year;
    struct score score;
};
struct search_found {
    struct search_hit *hit; /* the best first */
    size_t n;
    struct search_hit *thing; /* people and genres, the best first */
    size_t n_things;
    struct str corrected; /* STR_NULL: it was meant as typed */
    struct str folded;    /* the query folded: empty where it has no letter */
};
/* All reads are bounded (FOUND_MAX ...). In the arena. ERR_INVALID: not UTF-8, too long. */
int search_find(struct store *st, const struct search_ask *ask, struct arena *a, struct search_found *ret,
                struct err *reterr);

/* ---- miss.c ---- */

/* What was looked for and not found, by nobody in particular; while somebody types, the longer text takes the place of the
 * shorter. What looks like an address or a number of somebody's is not kept. */
int miss_record(struct store *st, struct str q, struct str folded, struct err *reterr);
int miss_prune(const struct engine *e, struct err *reterr);
/* q as it was listed: it is no wish any more. Returns how many there were: 0 or 1. */
int miss_settle(struct store *st, struct str q, struct err *reterr);

extern const struct route search_routes[];
extern const struct schema search_schemas[];
