-- store: main
-- developer: keys of machines. Of the key itself only a hash is here; prefix is its public part, by which it is found.
CREATE TABLE api_key (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,               -- who made it: what it may do is never more
    name       TEXT NOT NULL,
    prefix     TEXT NOT NULL UNIQUE,
    hash       TEXT NOT NULL,               -- SHA-256 of the whole, hex
    scopes     TEXT NOT NULL,               -- blank-separated, as ranges
    ranges     TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL DEFAULT 0,  -- 0: never
    used_at    INTEGER NOT NULL DEFAULT 0,  -- to the hour
    revoked_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX api_key_name ON api_key (name) WHERE revoked_at = 0;
CREATE INDEX api_key_account ON api_key (account_id);
