/* edit_sql.h - what editors write and read back: titles whole, and the things that titles name (things.c). */
#pragma once

/* The things have the same columns first: $1 id, $2 slug. Lists: $1 behind which slug, $2 and $3 patterns of names and of
 * slugs, $4 how many. */
#define THING_WHERE(names) " WHERE s.slug > $1 AND (s.slug LIKE $3 ESCAPE '\\' OR " names " LIKE $2 ESCAPE '\\')" \
                           " ORDER BY s.slug LIMIT $4"
/* $1 of what, $2 behind which title, $3 how many. */
#define THING_TITLES(link, column)                                                                 \
    "SELECT DISTINCT a.title_id, t.kind, COALESCE((SELECT x.name FROM title_text x WHERE x.title_id = t.id AND x.lang = t.lang)," \
    " t.slug) FROM " link " a JOIN title t ON t.id = a.title_id WHERE a." column " = $1 AND a.title_id > $2"                \
    " ORDER BY a.title_id LIMIT $3"
/* Where it is still the revision that was read; below 0: whatever it is. */
#define THING_AT(n) ", revision = revision + 1 WHERE id = $1 AND (revision = " n " OR " n " < 0)"
#define THING_SQL(Q)                                                                               \
    Q(GENRE_LIST, MAIN,                                                                            \
      "SELECT s.id, s.slug, s.position, s.revision FROM genre s WHERE s.slug > $1 AND (s.slug LIKE $3 ESCAPE '\\' OR EXISTS"          \
      " (SELECT 1 FROM genre_text x WHERE x.genre_id = s.id AND LOWER(x.name) LIKE $2 ESCAPE '\\')) ORDER BY s.slug LIMIT $4") \
    Q(GENRE_GET, MAIN, "SELECT id, slug, position, revision FROM genre WHERE id = $1")             \
    Q(GENRE_TAKEN, MAIN, "SELECT id FROM genre WHERE slug = $1")                                   \
    Q(GENRE_INSERT, MAIN, "INSERT INTO genre (id, slug, position) VALUES ($1, $2, $3)")            \
    Q(GENRE_UPDATE, MAIN, "UPDATE genre SET slug = $2, position = $3" THING_AT("$4"))                   \
    Q(GENRE_PLACE, MAIN, "UPDATE genre SET position = $2, revision = revision + 1 WHERE id = $1")                           \
    Q(GENRE_DROP, MAIN, "DELETE FROM genre WHERE id = $1")                                         \
    Q(GENRE_TEXTS, MAIN, "SELECT genre_id, lang, name FROM genre_text WHERE genre_id IN " IN_BATCH " ORDER BY genre_id, lang") \
    Q(GENRE_TEXT_ADD, MAIN, "INSERT INTO genre_text (genre_id, lang, name) VALUES ($1, $2, $3)")   \
    Q(GENRE_TEXT_CLEAR, MAIN, "DELETE FROM genre_text WHERE genre_id = $1")                        \
    Q(GENRE_USED, MAIN, "SELECT 1 FROM title_genre WHERE genre_id = $1 LIMIT 1")                   \
    Q(GENRE_BY_NAME, MAIN, "SELECT genre_id FROM genre_text WHERE LOWER(name) = LOWER(CAST($1 AS TEXT)) ORDER BY genre_id LIMIT 1")       \
    Q(GENRE_LAST, MAIN, "SELECT COALESCE(MAX(position), 0) FROM genre")                            \
    Q(PERSON_LIST, MAIN,                                                                           \
      "SELECT s.id, s.slug, s.name, s.sort_name, s.bio, s.revision FROM person s" THING_WHERE("LOWER(s.name)"))                         \
    Q(PERSON_GET, MAIN, "SELECT id, slug, name, sort_name, bio, revision FROM person WHERE id = $1") \
    Q(PERSON_TAKEN, MAIN, "SELECT id FROM person WHERE slug = $1")                                 \
    Q(PERSON_INSERT, MAIN, "INSERT INTO person (id, slug, name, sort_name, bio) VALUES ($1, $2, $3, $4, $5)")               \
    Q(PERSON_UPDATE, MAIN, "UPDATE person SET slug = $2, name = $3, sort_name = $4, bio = $5" THING_AT("$6"))                   \
    Q(PERSON_DROP, MAIN, "DELETE FROM person WHERE id = $1")                                       \
    Q(PERSON_TEXTS, MAIN,                                                                          \
      "SELECT person_id, lang, name FROM person_name WHERE person_id IN " IN_BATCH " ORDER BY person_id, lang")             \
    Q(PERSON_TEXT_ADD, MAIN, "INSERT INTO person_name (person_id, lang, name) VALUES ($1, $2, $3)")                         \
    Q(PERSON_TEXT_CLEAR, MAIN, "DELETE FROM person_name WHERE person_id = $1")                     \
    Q(PERSON_USED, MAIN, "SELECT 1 FROM title_person WHERE person_id = $1 LIMIT 1")                \
    Q(PERSON_BY_NAME, MAIN, "SELECT id FROM person WHERE name = $1 ORDER BY id LIMIT 1")           \
    Q(STUDIO_LIST, MAIN, "SELECT s.id, s.slug, s.name, s.revision FROM studio s" THING_WHERE("LOWER(s.name)")) \
    Q(STUDIO_GET, MAIN, "SELECT id, slug, name, revision FROM studio WHERE id = $1")               \
    Q(STUDIO_TAKEN, MAIN, "SELECT id FROM studio WHERE slug = $1")                                 \
    Q(STUDIO_INSERT, MAIN, "INSERT INTO studio (id, slug, name) VALUES ($1, $2, $3)")              \
    Q(STUDIO_UPDATE, MAIN, "UPDATE studio SET slug = $2, name = $3" THING_AT("$4"))                     \
    Q(STUDIO_DROP, MAIN, "DELETE FROM studio WHERE id = $1")                                       \
    Q(STUDIO_USED, MAIN, "SELECT 1 FROM title_studio WHERE studio_id = $1 LIMIT 1")                \
    Q(STUDIO_BY_NAME, MAIN, "SELECT id FROM studio WHERE LOWER(name) = LOWER(CAST($1 AS TEXT)) ORDER BY id LIMIT 1")                      \
    Q(COLLECTION_LIST, MAIN,                                                                       \
      "SELECT s.id, s.slug, s.position, s.published, s.revision FROM collection s WHERE s.slug > $1 AND (s.slug LIKE $3 ESCAPE '\\' OR EXISTS" \
      " (SELECT 1 FROM collection_text x WHERE x.collection_id = s.id AND LOWER(x.name) LIKE $2 ESCAPE '\\'))"            \
      " ORDER BY s.slug LIMIT $4") \
    Q(COLLECTION_GET, MAIN, "SELECT id, slug, position, published, revision FROM collection WHERE id = $1") \
    Q(COLLECTION_TAKEN, MAIN, "SELECT id FROM collection WHERE slug = $1")                         \
    Q(COLLECTION_INSERT, MAIN, "INSERT INTO collection (id, slug, position, published) VALUES ($1, $2, $3, $4)")            \
    Q(COLLECTION_UPDATE, MAIN, "UPDATE collection SET slug = $2, position = $3, published = $4" THING_AT("$5"))                 \
    Q(COLLECTION_PLACE, MAIN, "UPDATE collection SET position = $2, revision = revision + 1 WHERE id = $1")                 \
    Q(COLLECTION_DROP, MAIN, "DELETE FROM collection WHERE id = $1")                               \
    Q(COLLECTION_TEXTS_OF, MAIN,                                                                   \
      "SELECT collection_id, lang, name, synopsis FROM collection_text WHERE collection_id IN " IN_BATCH                    \
      " ORDER BY collection_id, lang")                                                             \
    Q(COLLECTION_TEXT_ADD, MAIN,                                                                   \
      "INSERT INTO collection_text (collection_id, lang, name, synopsis) VALUES ($1, $2, $3, $4)") \
    Q(COLLECTION_TEXT_CLEAR, MAIN, "DELETE FROM collection_text WHERE collection_id = $1")         \
    Q(COLLECTION_CONTENT, MAIN,                                                                    \
      "SELECT title_id FROM collection_title WHERE collection_id = $1 ORDER BY position, title_id")                         \
    Q(COLLECTION_TITLE_ADD, MAIN,                                                                  \
      "INSERT INTO collection_title (collection_id, title_id, position) VALUES ($1, $2, $3)")      \
    Q(COLLECTION_TITLE_CLEAR, MAIN, "DELETE FROM collection_title WHERE collection_id = $1")       \
    Q(FIELD_LIST, MAIN,                                                                            \
      "SELECT s.id, s.name, s.type, s.label, s.required, s.position, s.options, s.revision FROM custom_field s"                         \
      " WHERE s.name > $1 AND (s.name LIKE $3 ESCAPE '\\' OR LOWER(s.label) LIKE $2 ESCAPE '\\') ORDER BY s.name LIMIT $4") \
    Q(FIELD_GET, MAIN, "SELECT id, name, type, label, required, position, options, revision FROM custom_field WHERE id = $1") \
    Q(FIELD_TAKEN, MAIN, "SELECT id, type, options FROM custom_field WHERE name = $1")             \
    Q(FIELD_INSERT, MAIN,                                                                          \
      "INSERT INTO custom_field (id, name, type, label, required, position, options) VALUES ($1, $2, $3, $4, $5, $6, $7)")  \
    Q(FIELD_UPDATE, MAIN,                                                                          \
      "UPDATE custom_field SET name = $2, type = $3, label = $4, required = $5, position = $6, options = $7" THING_AT("$8")) \
    Q(FIELD_PLACE, MAIN, "UPDATE custom_field SET position = $2, revision = revision + 1 WHERE id = $1")                    \
    Q(FIELD_DROP, MAIN, "DELETE FROM custom_field WHERE id = $1")                                  \
    Q(FIELD_USED, MAIN, "SELECT 1 FROM title_custom WHERE field_id = $1 LIMIT 1") \
    Q(GENRE_USE, MAIN, THING_TITLES("title_genre", "genre_id"))                                 \
    Q(GENRE_USE_COUNT, MAIN, "SELECT COUNT(DISTINCT title_id) FROM title_genre WHERE genre_id = $1") \
    Q(GENRE_DETACH, MAIN, "DELETE FROM title_genre WHERE genre_id = $1")                           \
    Q(PERSON_USE, MAIN, THING_TITLES("title_person", "person_id"))                              \
    Q(PERSON_USE_COUNT, MAIN, "SELECT COUNT(DISTINCT title_id) FROM title_person WHERE person_id = $1") \
    Q(PERSON_DETACH, MAIN, "DELETE FROM title_person WHERE person_id = $1")                        \
    Q(STUDIO_USE, MAIN, THING_TITLES("title_studio", "studio_id"))                              \
    Q(STUDIO_USE_COUNT, MAIN, "SELECT COUNT(DISTINCT title_id) FROM title_studio WHERE studio_id = $1") \
    Q(STUDIO_DETACH, MAIN, "DELETE FROM title_studio WHERE studio_id = $1")                        \
    Q(COLLECTION_USE, MAIN, THING_TITLES("collection_title", "collection_id"))                  \
    Q(COLLECTION_USE_COUNT, MAIN, "SELECT COUNT(DISTINCT title_id) FROM collection_title WHERE collection_id = $1") \
    Q(COLLECTION_DETACH, MAIN, "DELETE FROM collection_title WHERE collection_id = $1")            \
    Q(FIELD_USE, MAIN, THING_TITLES("title_custom", "field_id"))                                \
    Q(FIELD_USE_COUNT, MAIN, "SELECT COUNT(DISTINCT title_id) FROM title_custom WHERE field_id = $1") \
    Q(FIELD_DETACH, MAIN, "DELETE FROM title_custom WHERE field_id = $1")                          \
    /* $1 becomes $2. What both did in one job is done once, with both parts. */                   \
    Q(MERGE_PARTS, MAIN,                                                                           \
      "UPDATE title_person SET part = CASE WHEN part = '' THEN (SELECT o.part FROM title_person o WHERE o.person_id = $1" \
      " AND o.title_id = title_person.title_id AND o.job = title_person.job) ELSE part || ' / ' || (SELECT o.part" \
      " FROM title_person o WHERE o.person_id = $1 AND o.title_id = title_person.title_id AND o.job = title_person.job) END" \
      " WHERE person_id = $2 AND EXISTS (SELECT 1 FROM title_person o WHERE o.person_id = $1"      \
      " AND o.title_id = title_person.title_id AND o.job = title_person.job AND o.part <> '' AND o.part <> title_person.part)") \
    Q(MERGE_CREDITS, MAIN,                                                                         \
      "UPDATE title_person SET person_id = $2 WHERE person_id = $1 AND NOT EXISTS (SELECT 1 FROM title_person k" \
      " WHERE k.person_id = $2 AND k.title_id = title_person.title_id AND k.job = title_person.job)") \
    Q(MERGE_REST, MAIN, "DELETE FROM title_person WHERE person_id = $1")                           \
    Q(MERGE_NAMES, MAIN,                                                                           \
      "INSERT INTO person_name (person_id, lang, name) SELECT CAST($2 AS TEXT), n.lang, n.name FROM person_name n" \
      " WHERE n.person_id = $1 ON CONFLICT (person_id, lang) DO NOTHING")                          \
    Q(MERGE_BIO, MAIN,                                                                             \
      "UPDATE person SET revision = revision + 1, bio = CASE WHEN bio = '' THEN (SELECT o.bio FROM person o WHERE o.id = $1) ELSE bio END" \
      " WHERE id = $2")

#define EDIT_SQL(Q)                                                                                \
    Q(TITLE_GET, MAIN,                                                                             \
      "SELECT slug, kind, parent_id, number, lang, original_lang, released_on, year, maturity, maturity_set, published, shown," \
      " published_at, created_at, updated_at, revision FROM title WHERE id = $1")                  \
    Q(TITLE_UPDATE, MAIN,                                                                          \
      "UPDATE title SET slug = $2, parent_id = $3, number = $4, lang = $5, original_lang = $6, released_on = $7, year = $8,"  \
      " updated_at = $9, kind = $10, revision = revision + 1 WHERE id = $1")                                   \
    Q(MATURITY_FREE, MAIN, "UPDATE title SET maturity_set = 0, revision = revision + 1 WHERE id = $1")                      \
    Q(MATURITY_OF_LABELS, MAIN,                                                                    \
      "UPDATE title SET maturity = $2, revision = revision + 1 WHERE id = $1 AND maturity_set = 0")                         \
    Q(TITLE_EDITED, MAIN, "UPDATE title SET updated_at = $2, revision = revision + 1 WHERE id = $1")                        \
    Q(HAS_CHILD, MAIN, "SELECT 1 FROM title WHERE parent_id = $1 LIMIT 1")                         \
    Q(HAS_PREPARING, MAIN,                                                                         \
      "SELECT 1 FROM asset a JOIN version v ON v.id = a.version_id WHERE v.title_id = $1 AND a.state = 'preparing' LIMIT 1") \
    Q(GENRES_CLEAR, MAIN, "DELETE FROM title_genre WHERE title_id = $1")                           \
    Q(GENRES_ADD, MAIN,                                                                            \
      "INSERT INTO title_genre (title_id, genre_id, position, listed_at) SELECT t.id, g.id, CAST($3 AS BIGINT), t.listed_at" \
      " FROM title t CROSS JOIN genre g WHERE t.id = $1 AND (g.id = $2 OR g.slug = $2) ON CONFLICT (title_id, genre_id)"    \
      " DO UPDATE SET position = excluded.position")                                               \
    Q(TAGS_CLEAR, MAIN, "DELETE FROM title_tag WHERE title_id = $1")                               \
    Q(TAGS_ADD, MAIN,                                                                              \
      "INSERT INTO title_tag (title_id, tag, listed_at) SELECT t.id, CAST($2 AS TEXT), t.listed_at FROM title t"            \
      " WHERE t.id = $1 ON CONFLICT (title_id, tag) DO NOTHING")                                   \
    Q(ALIASES_CLEAR, MAIN, "DELETE FROM title_alias WHERE title_id = $1")                          \
    Q(ALIASES_ADD, MAIN,                                                                           \
      "INSERT INTO title_alias (title_id, name, position) VALUES ($1, $2, $3) ON CONFLICT (title_id, name) DO NOTHING")     \
    Q(ALIASES_END, MAIN, "SELECT COUNT(*), COALESCE(MAX(position), -1) + 1 FROM title_alias WHERE title_id = $1")           \
    Q(WHOLE_ALIASES, MAIN, "SELECT name FROM title_alias WHERE title_id = $1 ORDER BY position, name")                      \
    Q(STUDIOS_CLEAR, MAIN, "DELETE FROM title_studio WHERE title_id = $1")                         \
    Q(STUDIOS_ADD, MAIN,                                                                           \
      "INSERT INTO title_studio (title_id, studio_id, position) SELECT t.id, s.id, CAST($3 AS BIGINT)"                      \
      " FROM title t CROSS JOIN studio s WHERE t.id = $1 AND (s.id = $2 OR s.slug = $2) ON CONFLICT (title_id, studio_id)"  \
      " DO UPDATE SET position = excluded.position")                                               \
    Q(PEOPLE_CLEAR, MAIN, "DELETE FROM title_person WHERE title_id = $1")                          \
    Q(PEOPLE_ADD, MAIN,                                                                            \
      "INSERT INTO title_person (title_id, person_id, job, part, position) VALUES ($1, $2, $3, $4, $5)"                     \
      " ON CONFLICT (title_id, person_id, job) DO UPDATE SET part = title_person.part || ' / ' || excluded.part")           \
    Q(PERSON_FIND, MAIN, "SELECT id FROM person WHERE id = $1 OR slug = $1")                       \
    Q(RATINGS_CLEAR, MAIN, "DELETE FROM title_rating_label WHERE title_id = $1")                   \
    Q(RATINGS_ADD, MAIN,                                                                           \
      "INSERT INTO title_rating_label (title_id, system, label) VALUES ($1, $2, $3)"               \
      " ON CONFLICT (title_id, system) DO UPDATE SET label = excluded.label")                      \
    Q(MARKERS_CLEAR, MAIN, "DELETE FROM marker WHERE title_id = $1")                               \
    Q(MARKERS_ADD, MAIN, "INSERT INTO marker (id, title_id, kind, from_ms, to_ms, name) VALUES ($1, $2, $3, $4, $5, $6)")   \
    Q(EXTERNALS_CLEAR, MAIN, "DELETE FROM external_id WHERE title_id = $1")                        \
    Q(EXTERNALS_ADD, MAIN, "INSERT INTO external_id (id, title_id, scheme, value) VALUES ($1, $2, $3, $4)")                 \
    Q(EXTERNAL_OWNER, MAIN, "SELECT title_id FROM external_id WHERE scheme = $1 AND value = $2")   \
    Q(CUSTOM_CLEAR, MAIN, "DELETE FROM title_custom WHERE title_id = $1")                          \
    Q(CUSTOM_ADD, MAIN, "INSERT INTO title_custom (title_id, field_id, value) VALUES ($1, $2, $3)")                         \
    Q(CUSTOM_WANTED, MAIN,                                                                         \
      "SELECT f.label FROM custom_field f WHERE f.required = 1 AND NOT EXISTS (SELECT 1 FROM title_custom c"                \
      " WHERE c.field_id = f.id AND c.title_id = $1) ORDER BY f.position, f.name LIMIT 1")         \
    Q(WHOLE_GENRES, MAIN,                                                                          \
      "SELECT g.id, g.slug FROM title_genre a JOIN genre g ON g.id = a.genre_id WHERE a.title_id = $1 ORDER BY a.position, g.id") \
    Q(WHOLE_PEOPLE, MAIN,                                                                          \
      "SELECT p.id, p.slug, p.name, c.job, c.part FROM title_person c JOIN person p ON p.id = c.person_id"                  \
      " WHERE c.title_id = $1 ORDER BY c.position, p.id, c.job")                                   \
    Q(WHOLE_EXTERNALS, MAIN, "SELECT scheme, value FROM external_id WHERE title_id = $1 ORDER BY scheme, value")            \
    Q(WHOLE_CUSTOM, MAIN,                                                                          \
      "SELECT f.name, c.value FROM title_custom c JOIN custom_field f ON f.id = c.field_id WHERE c.title_id = $1"           \
      " ORDER BY f.position, f.name")                                                              \
    Q(WHOLE_COLLECTIONS, MAIN,                                                                     \
      "SELECT c.id, c.slug FROM collection_title a JOIN collection c ON c.id = a.collection_id WHERE a.title_id = $1"       \
      " ORDER BY c.position, c.id")                                                                \
    Q(EDIT_ROWS, MAIN,                                                                             \
      "SELECT t.id, t.created_at, t.updated_at, t.revision, CASE WHEN " WITHOUT_RIGHTS                                      \
      " THEN 1 ELSE 0 END FROM title t WHERE t.id IN " IN_BATCH)  \
    Q(VERSION_GET, MAIN, "SELECT id, kind, label, lang, asset_id FROM version WHERE id = $1 AND title_id = $2")             \
    Q(VERSION_KINDS, MAIN, "SELECT kind FROM version WHERE title_id = $1")                         \
    Q(VERSION_SOURCE, MAIN,                                                                        \
      "SELECT v.asset_id, t.published, t.published_at, v.id, (SELECT COUNT(*) FROM version o WHERE o.title_id = t.id)"      \
      " FROM title t JOIN version v ON v.title_id = t.id AND v.kind = 'main' WHERE t.id = $1")     \
    Q(VERSION_ADD, MAIN,                                                                           \
      "INSERT INTO version (id, title_id, kind, label, lang, asset_id, created_at) VALUES ($1, $2, $3, $4, $5, NULL, $6)")  \
    Q(VERSION_LABEL, MAIN, "UPDATE version SET label = $2, lang = $3 WHERE id = $1")               \
    Q(VERSION_DROP, MAIN, "DELETE FROM version WHERE id = $1")                                     \
    Q(ASSET_TO_VERSION, MAIN, "UPDATE asset SET version_id = $2 WHERE id = $1")                    \
    Q(ASSETS_RETIRE, MAIN,                                                                         \
      "UPDATE asset SET ready_at = 1, version_id = (SELECT m.id FROM version v JOIN version m ON m.title_id = v.title_id"   \
      " AND m.kind = 'main' WHERE v.id = $1) WHERE version_id = $1")                               \
    EDIT_LISTS(Q)

/* Nothing says where and when it may be shown: neither it, nor what it is part of. */
#define WITHOUT_RIGHTS                                                                             \
    "(t.rights = '' AND NOT EXISTS (SELECT 1 FROM title p WHERE p.id = t.parent_id AND p.rights <> '')"                     \
    " AND NOT EXISTS (SELECT 1 FROM title p JOIN title g ON g.id = p.parent_id WHERE p.id = t.parent_id AND g.rights <> ''))"
/* $1 kind, $2 1 published, 0 not, -1 either, $3 pattern of names, $4 genre, $5 parent, $6 what is missing, $7 text's language,
 * $8 how many, $9 $10 behind what. An editor's table is read now and then: it may look at every row. */
#define EDIT_FROM                                                                                  \
    "SELECT t.id, t.listed_at, t.sort_key, t.year, t.updated_at FROM title t WHERE (CAST($1 AS TEXT) = '' OR t.kind = $1)"   \
    " AND ($2 < 0 OR t.published = $2) AND t.search LIKE $3 ESCAPE '\\'"                           \
    " AND (CAST($4 AS TEXT) = '' OR EXISTS (SELECT 1 FROM title_genre a WHERE a.title_id = t.id AND a.genre_id = $4))"      \
    " AND (CAST($5 AS TEXT) = '' OR t.parent_id = $5) AND ("                                       \
    "CAST($6 AS TEXT) = '' OR ($6 = 'artwork' AND NOT EXISTS (SELECT 1 FROM artwork w WHERE w.title_id = t.id AND w.kind = 0))" \
    " OR ($6 = 'video' AND t.kind NOT IN ('series', 'season')"                                     \
    " AND NOT EXISTS (SELECT 1 FROM version v WHERE v.title_id = t.id AND v.asset_id IS NOT NULL))"                         \
    " OR ($6 = 'text' AND NOT EXISTS (SELECT 1 FROM title_text x WHERE x.title_id = t.id AND x.synopsis <> ''"              \
    " AND x.lang = CASE WHEN CAST($7 AS TEXT) = '' THEN t.lang ELSE $7 END))"                     \
    " OR ($6 = 'rights' AND " WITHOUT_RIGHTS "))"
#define EDIT_LISTS(Q)                                                                              \
    Q(EDIT_NEW, MAIN, EDIT_FROM " AND (t.listed_at, t.id) < ($9, $10) ORDER BY t.listed_at DESC, t.id DESC LIMIT $8")       \
    Q(EDIT_NAME, MAIN, EDIT_FROM " AND (t.sort_key, t.id) > ($9, $10) ORDER BY t.sort_key, t.id LIMIT $8")                  \
    Q(EDIT_YEAR, MAIN, EDIT_FROM " AND (t.year, t.id) < ($9, $10) ORDER BY t.year DESC, t.id DESC LIMIT $8")                \
    Q(EDIT_UPDATED, MAIN, EDIT_FROM " AND (t.updated_at, t.id) < ($9, $10) ORDER BY t.updated_at DESC, t.id DESC LIMIT $8")
