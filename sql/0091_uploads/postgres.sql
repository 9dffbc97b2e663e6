-- ingest: files on their way in, piece by piece; imports into a title that is there already.
-- store: jobs
CREATE TABLE upload (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closing', 'whole', 'refused')),
    name TEXT NOT NULL,
    metadata TEXT NOT NULL,
    wish TEXT NOT NULL,
    size_bytes BIGINT,
    offset_bytes BIGINT NOT NULL DEFAULT 0,
    hash_state TEXT NOT NULL,
    expected_sha256 TEXT NOT NULL DEFAULT '',
    sha256 TEXT NOT NULL DEFAULT '',
    blob TEXT,
    turn BIGINT NOT NULL DEFAULT 0,
    import_id TEXT,
    error_code TEXT NOT NULL DEFAULT '',
    error_detail TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    touched_at BIGINT NOT NULL
);
CREATE INDEX upload_account ON upload (account_id, id);
CREATE INDEX upload_touched ON upload (touched_at);
CREATE INDEX upload_blob ON upload (blob) WHERE blob IS NOT NULL;
ALTER TABLE import ADD COLUMN into_title TEXT;

-- store: main
ALTER TABLE import_title ADD COLUMN borrowed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX artwork_name ON artwork (name);
