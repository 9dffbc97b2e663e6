-- store: main
CREATE TABLE account (
    id            TEXT PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,      -- normalised: trimmed, lower case
    password_hash TEXT NOT NULL,             -- Argon2id in its own text form
    roles         INTEGER NOT NULL,          -- bits of enum role
    created_at    INTEGER NOT NULL,
    password_at   INTEGER NOT NULL           -- when the password was set
) STRICT;
CREATE TABLE profile (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    lang       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX profile_account ON profile (account_id);
CREATE TABLE device (
    id           TEXT PRIMARY KEY,
    account_id   TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind         TEXT NOT NULL,              -- web, tv, phone, other
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX device_account ON device (account_id);
CREATE TABLE session (
    id           TEXT PRIMARY KEY,
    token_hash   TEXT NOT NULL UNIQUE,       -- SHA-256 of the token, hex; the token is stored nowhere
    account_id   TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    profile_id   TEXT NOT NULL REFERENCES profile (id) ON DELETE CASCADE,
    device_id    TEXT REFERENCES device (id) ON DELETE SET NULL,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expires ON session (expires_at);
-- Failed sign-ins of a window; bucket is a hash of the e-mail or of the address.
CREATE TABLE sign_in_failure (
    bucket    TEXT PRIMARY KEY,
    failures  INTEGER NOT NULL,
    since_at  INTEGER NOT NULL
) STRICT;
