-- store: main
-- What staff did and what happened to an account's security. Rows are only added; a person who is erased is taken out of them.
CREATE TABLE audit (
    id         TEXT PRIMARY KEY,
    at         INTEGER NOT NULL,
    account_id TEXT,                       -- who: NULL for a command, and when the person was erased
    session_id TEXT,
    address    TEXT,                       -- of the network
    salt       TEXT,                       -- with it the three above make person; goes with them
    person     TEXT NOT NULL,              -- SHA-256, hex
    role       TEXT NOT NULL,
    action     TEXT NOT NULL,              -- "PUT /api/v1/operator/plans/{slug}", "command user role"
    target     TEXT NOT NULL,
    detail     TEXT NOT NULL,              -- JSON without secrets
    request_id TEXT NOT NULL,
    digest     TEXT NOT NULL,              -- SHA-256 of the row, hex
    seq        INTEGER UNIQUE,             -- place in the chain, from 1; NULL: not sealed yet
    chain      TEXT                        -- HMAC-SHA-256 over the one before, seq and digest, hex
) STRICT;
CREATE INDEX audit_account ON audit (account_id, id);
CREATE INDEX audit_open ON audit (id) WHERE seq IS NULL;
