-- store: viewing
-- A sign-in that was refused, until the worker has looked whether it was at staff's account (a second). Every refusal is
-- noted, of accounts that are and that are not: so the work of a request does not tell which.
CREATE TABLE sign_in_note (
    id         TEXT PRIMARY KEY,
    account_id TEXT,                       -- NULL: there is no such account
    address    TEXT NOT NULL,              -- the network it came from
    action     TEXT NOT NULL,              -- "POST /api/v1/session"
    reason     TEXT NOT NULL,              -- the code of the refusal
    created_at BIGINT NOT NULL
);
