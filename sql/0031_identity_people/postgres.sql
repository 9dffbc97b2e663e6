-- store: main
ALTER TABLE account ADD COLUMN verified_at BIGINT;                      -- when the e-mail was; NULL: not yet
ALTER TABLE profile ADD COLUMN avatar TEXT NOT NULL DEFAULT 'amber';
ALTER TABLE profile ADD COLUMN kids BIGINT NOT NULL DEFAULT 0;          -- 1: leaving it takes a PIN or the password
ALTER TABLE profile ADD COLUMN maturity BIGINT NOT NULL DEFAULT 18;     -- titles for this age and younger
ALTER TABLE profile ADD COLUMN pin_hash TEXT;                            -- Argon2id; NULL: none
ALTER TABLE profile ADD COLUMN autoplay_next BIGINT NOT NULL DEFAULT 1;
ALTER TABLE profile ADD COLUMN autoplay_previews BIGINT NOT NULL DEFAULT 1;
-- What a letter's link proves, once. The code itself is stored nowhere but in the letter.
CREATE TABLE account_code (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    purpose    TEXT NOT NULL,              -- verify, reset, email
    code_hash  TEXT NOT NULL UNIQUE,       -- SHA-256, hex
    email      TEXT NOT NULL,              -- the address that the letter went to
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX account_code_account ON account_code (account_id);
CREATE INDEX account_code_expires ON account_code (expires_at);
-- Who asked for a new password: looked up by the worker, so that the answer's time tells nothing.
CREATE TABLE reset_request (
    id         TEXT PRIMARY KEY,
    email      TEXT NOT NULL,
    lang       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
