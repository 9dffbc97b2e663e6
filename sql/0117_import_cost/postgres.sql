-- ingest: what each step of an import took, all its attempts together.
-- store: jobs
CREATE TABLE import_cost (
    import_id TEXT NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    runs BIGINT NOT NULL,
    user_us BIGINT NOT NULL,
    system_us BIGINT NOT NULL,
    wall_us BIGINT NOT NULL,
    read_bytes BIGINT NOT NULL,
    written_bytes BIGINT NOT NULL,
    PRIMARY KEY (import_id, step)
);
