-- ingest: what each step of an import took, all its attempts together.
-- store: jobs
CREATE TABLE import_cost (
    import_id TEXT NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    runs INTEGER NOT NULL,
    user_us INTEGER NOT NULL,
    system_us INTEGER NOT NULL,
    wall_us INTEGER NOT NULL,
    read_bytes INTEGER NOT NULL,
    written_bytes INTEGER NOT NULL,
    PRIMARY KEY (import_id, step)
) STRICT;
