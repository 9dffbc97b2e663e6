-- ingest: what comes in, and which title it becomes. Conventions of every migration: sql/README.md.
-- store: jobs
CREATE TABLE import (
    id TEXT PRIMARY KEY,
    file_name TEXT NOT NULL,
    title_name TEXT NOT NULL,
    lang TEXT NOT NULL,
    policy TEXT NOT NULL,
    scheme TEXT NOT NULL CHECK (scheme IN ('clear', 'cenc', 'cbcs')),
    publish INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    error_code TEXT,
    error_detail TEXT,
    warnings TEXT NOT NULL DEFAULT '[]',
    swept INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER
) STRICT;
CREATE INDEX import_state ON import (state, id);
CREATE INDEX import_unswept ON import (id) WHERE swept = 0;
CREATE TABLE import_input (
    import_id TEXT NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('film', 'audio', 'text')),
    lang TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT,
    blob TEXT,
    size_bytes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (import_id, n)
) STRICT;
CREATE INDEX import_input_blob ON import_input (blob);

-- store: main
CREATE TABLE import_title (
    import_id TEXT PRIMARY KEY,
    title_id TEXT NOT NULL,
    asset_id TEXT NOT NULL,
    slug TEXT NOT NULL
) STRICT;
CREATE INDEX import_title_asset ON import_title (asset_id);
