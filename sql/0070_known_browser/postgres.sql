-- store: main
-- The browsers that an account was signed in to before: its owner is written to about another.
CREATE TABLE known_browser (
    account_id   TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    browser_hash TEXT NOT NULL,            -- SHA-256, hex, of its cookie and the account: tells no other account's
    created_at   BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,
    PRIMARY KEY (account_id, browser_hash)
);
CREATE INDEX known_browser_seen ON known_browser (seen_at);
