-- store: main
-- What gateways told by themselves. A row is what makes a second delivery nothing.
CREATE TABLE webhook_event (
    gateway     TEXT NOT NULL,
    event_id    TEXT NOT NULL,               -- the gateway's
    type        TEXT NOT NULL,
    object      TEXT NOT NULL,               -- what it is about, and the gateway's id of that
    ref         TEXT NOT NULL,
    subject     TEXT NOT NULL,               -- our id in its metadata; ''
    received_at INTEGER NOT NULL,
    done_at     INTEGER NOT NULL,            -- 0: waits for its job
    PRIMARY KEY (gateway, event_id)
) STRICT;
CREATE INDEX webhook_event_received ON webhook_event (received_at);
-- A payer's bank wants the money of a payment back. State and money are what the gateway says they are.
CREATE TABLE dispute (
    id           TEXT PRIMARY KEY,
    gateway      TEXT NOT NULL,
    ref          TEXT NOT NULL,              -- the gateway's id of it
    payment_id   TEXT NOT NULL REFERENCES payment (id),
    state        TEXT NOT NULL,              -- inquiry, open, won, lost
    currency     TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    withdrawn    INTEGER NOT NULL,           -- the money is gone from what the gateway holds for us
    moves        INTEGER NOT NULL,           -- how often it went or came: the ledger's key
    reason       TEXT NOT NULL,
    due_at       INTEGER NOT NULL,           -- until when evidence is taken; 0: not, or not any more
    created_at   INTEGER NOT NULL,
    closed_at    INTEGER NOT NULL,
    UNIQUE (gateway, ref)
) STRICT;
CREATE INDEX dispute_payment ON dispute (payment_id);
-- The store "test": what Apple's or Google's side of a receipt would say.
CREATE TABLE test_store (
    receipt         TEXT PRIMARY KEY,
    product         TEXT NOT NULL,
    state           TEXT NOT NULL,           -- active, grace, paused, ended
    renews          INTEGER NOT NULL,
    period_start_at INTEGER NOT NULL,
    period_end_at   INTEGER NOT NULL,
    grace_until_at  INTEGER NOT NULL
) STRICT;
