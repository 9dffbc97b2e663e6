-- store: main
-- What can be found: a document a title, fed from the catalogue, made anew by `matinee search-index`.
CREATE TABLE search_doc (
    no         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ref        TEXT NOT NULL UNIQUE,         -- the title's id
    kind       TEXT NOT NULL,
    year       BIGINT NOT NULL,              -- 0: not known
    maturity   BIGINT NOT NULL,
    genres     TEXT NOT NULL,                -- ids, parted by blanks
    langs      TEXT NOT NULL,                -- of the audio
    names      TEXT NOT NULL,                -- a line each: kind, TAB, folded, TAB, in Latin letters
    tokens     TEXT NOT NULL,                -- what it is found by
    indexed_at BIGINT NOT NULL
);
CREATE INDEX search_doc_indexed ON search_doc (indexed_at);
-- How whole names begin, without blanks.
CREATE TABLE search_name (
    squeezed TEXT NOT NULL,
    no       BIGINT NOT NULL,
    PRIMARY KEY (squeezed, no)
);
-- The words of all names, each with what is spelt nearly like it.
CREATE TABLE search_word (
    no       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    word     TEXT NOT NULL UNIQUE,
    near     TEXT NOT NULL,
    added_at BIGINT NOT NULL
);
CREATE TABLE search_state (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
-- Without the list of what is to be indexed later: each search would read through it.
CREATE INDEX search_doc_tokens ON search_doc USING gin (array_to_tsvector(array_remove(string_to_array(tokens, ' '), ''))) WITH (fastupdate = off);
CREATE INDEX search_word_near ON search_word USING gin (array_to_tsvector(array_remove(string_to_array(near, ' '), ''))) WITH (fastupdate = off);
-- store: viewing
-- What was looked for and not found; no row says by whom.
CREATE TABLE search_miss (
    folded   TEXT PRIMARY KEY,
    query    TEXT NOT NULL,                  -- as it was typed last
    searches BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL
);
CREATE INDEX search_miss_wanted ON search_miss (searches, folded);
