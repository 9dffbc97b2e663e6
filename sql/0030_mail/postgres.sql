-- store: main
-- Letters that wait to be sent. The row goes when the letter has: its body may hold a link with a secret.
CREATE TABLE mail_outbox (
    id         TEXT PRIMARY KEY,
    account_id TEXT,                       -- whose it is; NULL: nobody's
    recipient  TEXT NOT NULL,
    body       TEXT NOT NULL,              -- JSON: subject, lead, button, link, tail
    created_at BIGINT NOT NULL,
    next_at    BIGINT NOT NULL,           -- when it is tried next; moved ahead by whoever sends it
    attempts   BIGINT NOT NULL,
    last_error TEXT
);
CREATE INDEX mail_outbox_next ON mail_outbox (next_at);
CREATE INDEX mail_outbox_account ON mail_outbox (account_id);
