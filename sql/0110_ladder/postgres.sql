-- ingest: which ladder an import's film got, and what was measured for it.
-- store: jobs
CREATE TABLE import_ladder (
    import_id TEXT PRIMARY KEY REFERENCES import (id) ON DELETE CASCADE,
    ladder TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
