-- ingest: a row a stored source, for whoever claims or releases it to hold: one at a time on every engine.
-- store: jobs
CREATE TABLE import_source (
    blob TEXT PRIMARY KEY,
    turns BIGINT NOT NULL
);
CREATE INDEX import_input_path ON import_input (path) WHERE n = 0;
