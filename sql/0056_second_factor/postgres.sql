-- store: main
-- What an account proves besides its password (RFC 6238). The secret is sealed with the master key.
CREATE TABLE second_factor (
    account_id   TEXT PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    secret       BYTEA NOT NULL,
    last_step    BIGINT NOT NULL,         -- of 30 s; a code of this one or before is used up
    created_at   BIGINT NOT NULL,
    confirmed_at BIGINT                   -- NULL: begun, asks nobody for anything yet
);
CREATE TABLE recovery_code (
    code_hash  TEXT PRIMARY KEY,           -- SHA-256, hex; the row goes when it is used
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE
);
CREATE INDEX recovery_code_account ON recovery_code (account_id);
