-- store: main
-- What can be found: a document a title, fed from the catalogue, made anew by `matinee search-index`.
CREATE TABLE search_doc (
    no         INTEGER PRIMARY KEY AUTOINCREMENT,
    ref        TEXT NOT NULL UNIQUE,         -- the title's id
    kind       TEXT NOT NULL,
    year       INTEGER NOT NULL,             -- 0: not known
    maturity   INTEGER NOT NULL,
    genres     TEXT NOT NULL,                -- ids, parted by blanks
    langs      TEXT NOT NULL,                -- of the audio
    names      TEXT NOT NULL,                -- a line each: kind, TAB, folded, TAB, in Latin letters
    tokens     TEXT NOT NULL,                -- what it is found by
    indexed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX search_doc_indexed ON search_doc (indexed_at);
-- How whole names begin, without blanks.
CREATE TABLE search_name (
    squeezed TEXT NOT NULL,
    no       INTEGER NOT NULL,
    PRIMARY KEY (squeezed, no)
) STRICT;
-- The words of all names, each with what is spelt nearly like it.
CREATE TABLE search_word (
    no       INTEGER PRIMARY KEY AUTOINCREMENT,
    word     TEXT NOT NULL UNIQUE,
    near     TEXT NOT NULL,
    added_at INTEGER NOT NULL
) STRICT;
CREATE TABLE search_state (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
-- SQLite's own index of tokens, written beside the table (src/service/search/index.c); PostgreSQL has a GIN index instead.
-- Every byte above 127 is a letter's.
CREATE VIRTUAL TABLE fts_search_doc USING fts5 (tokens, content='search_doc', content_rowid='no', detail='none', columnsize=0, prefix='3 4', tokenize="ascii tokenchars '_'");
CREATE VIRTUAL TABLE fts_search_word USING fts5 (near, content='search_word', content_rowid='no', detail='none', columnsize=0, tokenize="ascii tokenchars '_'");
-- store: viewing
-- What was looked for and not found; no row says by whom.
CREATE TABLE search_miss (
    folded   TEXT PRIMARY KEY,
    query    TEXT NOT NULL,                  -- as it was typed last
    searches INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX search_miss_wanted ON search_miss (searches, folded);
