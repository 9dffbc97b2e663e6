-- storefront: what an editor arranges and how the house looks, each a document that is read and written whole.
-- store: main
CREATE TABLE storefront (
    id         TEXT PRIMARY KEY,             -- home, theme
    revision   INTEGER NOT NULL,
    body       TEXT NOT NULL,                -- JSON
    updated_at INTEGER NOT NULL
) STRICT;
-- How often a title was watched on a day, for the ten most watched. Counts, and nothing about who it was.
-- store: viewing
CREATE TABLE title_views (
    day      INTEGER NOT NULL,               -- since 1970, UTC
    country  TEXT NOT NULL,                  -- ISO 3166-1 alpha-2; empty: not known
    title_id TEXT NOT NULL,
    views    INTEGER NOT NULL,
    PRIMARY KEY (day, country, title_id)
) STRICT;
-- Which of the events were counted already: one that is delivered twice counts once.
CREATE TABLE title_views_event (
    event_id TEXT PRIMARY KEY,
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX title_views_event_at ON title_views_event (at);
