-- store: main
-- A passkey (WebAuthn level 3 section 4, "credential record"). What it signs with never leaves its authenticator.
CREATE TABLE passkey (
    id              TEXT PRIMARY KEY,
    account_id      TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    credential_id   TEXT NOT NULL UNIQUE,  -- base64url without padding
    public_key      BLOB NOT NULL,         -- COSE_Key, as the authenticator wrote it
    sign_count      INTEGER NOT NULL,      -- the last one seen; 0: this authenticator does not count
    backup_eligible INTEGER NOT NULL,      -- 1: may be on several devices
    backed_up       INTEGER NOT NULL,
    aaguid          TEXT NOT NULL,         -- the authenticator's model, hex
    transports      TEXT NOT NULL,         -- "internal hybrid", as the browser said
    name            TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    last_used_at    INTEGER,
    suspect_at      INTEGER                -- when its counter went back: it signs nobody in any more
) STRICT;
CREATE INDEX passkey_account ON passkey (account_id);
-- A person at an OpenID provider who is an account here. The pair (issuer, subject) is who it is; the address is not.
CREATE TABLE account_link (
    id           TEXT PRIMARY KEY,
    account_id   TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    issuer       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    email        TEXT NOT NULL,            -- at the provider, for people to recognise; may be empty
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    UNIQUE (issuer, subject)
) STRICT;
CREATE INDEX account_link_account ON account_link (account_id);
