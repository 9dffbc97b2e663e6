/* scope_sql.h - statements of scope.c. */
#pragma once

#define SCOPE_SQL(Q)                                                                               \
    Q(SCOPE_ADD, MAIN, "INSERT INTO scope (places) VALUES ($1) ON CONFLICT (places) DO NOTHING")   \
    Q(SCOPE_ID, MAIN, "SELECT id FROM scope WHERE places = $1")                                    \
    /* $2: codes of two letters parted by one blank */                                             \
    Q(SCOPE_SPREAD, MAIN,                                                                          \
      "INSERT INTO scope_here (country, scope) WITH RECURSIVE c(at) AS (SELECT 1 UNION ALL"        \
      " SELECT at + 3 FROM c WHERE at + 3 < length(CAST($2 AS TEXT)))"                             \
      " SELECT substr(CAST($2 AS TEXT), at, 2), CAST($1 AS BIGINT) FROM c")                        \
    Q(SCOPES_HERE, MAIN, "SELECT scope FROM scope_here WHERE country = $1 ORDER BY scope")         \
    Q(SCOPE_FORGET, MAIN,                                                                          \
      "DELETE FROM scope WHERE NOT EXISTS (SELECT 1 FROM title t WHERE t.scope = scope.id)")       \
    Q(TITLE_SET_RIGHTS, MAIN,                                                                      \
      "UPDATE title SET rights = $2, scope = $3, revision = revision + 1 WHERE id = $1"            \
      " AND (rights <> $2 OR scope <> $3)")
