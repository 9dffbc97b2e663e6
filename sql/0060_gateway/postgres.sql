-- store: main
-- Whom a gateway knows by another name than we do.
CREATE TABLE gateway_customer (
    account_id TEXT NOT NULL,
    gateway    TEXT NOT NULL,
    ref        TEXT NOT NULL,                -- the gateway's id of the person
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, gateway)
);
-- A payment method that its owner sets up on the gateway's own page.
CREATE TABLE method_setup (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    gateway    TEXT NOT NULL,
    ref        TEXT NOT NULL,                -- the gateway's id of it; '' until it answered
    state      TEXT NOT NULL,                -- open, succeeded, failed
    next_path  TEXT NOT NULL,                -- where the web goes on afterwards
    created_at BIGINT NOT NULL,
    settled_at BIGINT NOT NULL
);
CREATE INDEX method_setup_account ON method_setup (account_id);
CREATE INDEX method_setup_created ON method_setup (created_at);
-- What was asked of a gateway under which key, and the gateway's own id of it as soon as it said one.
CREATE TABLE gateway_call (
    key        TEXT PRIMARY KEY,             -- the idempotency key: a payment's or a refund's id
    gateway    TEXT NOT NULL,
    customer   TEXT NOT NULL,
    ref        TEXT NOT NULL,
    calls      BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
