-- store: main
-- Pairing by code (RFC 8628): a device asks, somebody who is signed in elsewhere approves, the device
-- comes back once for its session. Neither code is stored, only their hashes.
CREATE TABLE device_grant (
    id          TEXT PRIMARY KEY,
    device_hash TEXT NOT NULL UNIQUE,        -- SHA-256 of the device's code, hex
    user_hash   TEXT NOT NULL UNIQUE,        -- SHA-256 of what the person types, hex
    state       TEXT NOT NULL,               -- pending, approved, denied
    device_id   TEXT,                        -- the device's own, if it has one
    kind        TEXT NOT NULL,               -- web, tv, phone, other
    name        TEXT NOT NULL,
    named       BIGINT NOT NULL,            -- 1: by who approved
    network     TEXT NOT NULL,               -- where it asked from
    account_id  TEXT REFERENCES account (id) ON DELETE CASCADE, -- who approved
    profile_id  TEXT,
    session_id  TEXT,                        -- where: once that has ended, so has the approval
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX device_grant_expires ON device_grant (expires_at);
CREATE INDEX device_grant_account ON device_grant (account_id);
ALTER TABLE session ADD COLUMN paired BIGINT NOT NULL DEFAULT 0;  -- 1: begun by such a code; a viewer's, whatever the account may
ALTER TABLE device ADD COLUMN named BIGINT NOT NULL DEFAULT 0;    -- 1: by its owner; what the device calls itself no longer counts
ALTER TABLE device ADD COLUMN played_at BIGINT;                   -- the last Play, to the hour; NULL: none yet. What a plan counts
UPDATE device SET played_at = last_seen_at;
