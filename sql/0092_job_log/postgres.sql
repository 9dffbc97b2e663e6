-- engine: what each job did, line by line; and by ingest what watches a film for faults. The drop folder's files.
-- store: jobs
CREATE TABLE job_log (
    job_id TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('info', 'warn', 'error')),
    text TEXT NOT NULL,
    PRIMARY KEY (job_id, n)
);
CREATE TABLE import_quality (
    import_id TEXT PRIMARY KEY REFERENCES import (id) ON DELETE CASCADE,
    report TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE TABLE drop_file (
    path TEXT PRIMARY KEY,
    size_bytes BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    rests_since BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('resting', 'taking', 'taken', 'refused', 'done')),
    import_id TEXT,
    error_code TEXT NOT NULL DEFAULT '',
    error_detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX drop_file_state ON drop_file (state);
