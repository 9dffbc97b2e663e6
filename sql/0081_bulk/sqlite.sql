-- store: main
-- Descriptions that came in bulk, so that they can be taken back.
CREATE TABLE bulk (
    id         TEXT PRIMARY KEY,
    format     TEXT NOT NULL,                -- csv, json, mrss
    state      TEXT NOT NULL,                -- applying, applied, undoing, undone
    total      INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
CREATE TABLE bulk_row (
    bulk_id    TEXT NOT NULL REFERENCES bulk (id) ON DELETE CASCADE,
    n          INTEGER NOT NULL,
    title_id   TEXT NOT NULL,
    was        TEXT,                         -- the title as it was, as JSON; NULL: it was made
    updated_at INTEGER NOT NULL,             -- the title's afterwards: who changes it later is not undone
    PRIMARY KEY (bulk_id, n)
) STRICT;
