-- developer: endpoints of others, what is told to them, and how that went. All of it lies beside the jobs that deliver, so
-- that an event is taken, and an attempt recorded, in one transaction with its job.
-- store: jobs
CREATE TABLE hook (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    url           TEXT NOT NULL,
    events        TEXT NOT NULL,                -- blank-separated types
    state         TEXT NOT NULL CHECK (state IN ('on', 'failing', 'off')),
    off_why       TEXT NOT NULL DEFAULT '' CHECK (off_why IN ('', 'hand', 'failing', 'gone')),
    failing_since BIGINT NOT NULL DEFAULT 0,   -- since a delivery was given up; 0: it works
    ok_at         BIGINT NOT NULL DEFAULT 0,
    failed_at     BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL
);
CREATE TABLE hook_secret (
    id         TEXT PRIMARY KEY,
    hook_id    TEXT NOT NULL REFERENCES hook (id) ON DELETE CASCADE,
    sealed     BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL DEFAULT 0       -- 0: the one in force
);
CREATE INDEX hook_secret_hook ON hook_secret (hook_id);
CREATE TABLE hook_message (
    id         TEXT PRIMARY KEY,                -- the event's own
    type       TEXT NOT NULL,
    body       TEXT NOT NULL,                   -- JSON, as it is sent and signed
    created_at BIGINT NOT NULL
);
CREATE INDEX hook_message_created ON hook_message (created_at);
CREATE TABLE hook_delivery (
    id         TEXT PRIMARY KEY,
    hook_id    TEXT NOT NULL REFERENCES hook (id) ON DELETE CASCADE,
    message_id TEXT NOT NULL REFERENCES hook_message (id) ON DELETE CASCADE,
    type       TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    turn       BIGINT NOT NULL,                -- of its jobs only the one with this number counts
    attempts   BIGINT NOT NULL DEFAULT 0,      -- since it was asked for last
    tries      BIGINT NOT NULL DEFAULT 0,      -- in all
    next_at    BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL DEFAULT 0,
    UNIQUE (hook_id, message_id)
);
CREATE INDEX hook_delivery_page ON hook_delivery (hook_id, id);
CREATE INDEX hook_delivery_state ON hook_delivery (state, next_at);
CREATE INDEX hook_delivery_message ON hook_delivery (message_id);
CREATE TABLE hook_attempt (
    delivery_id TEXT NOT NULL REFERENCES hook_delivery (id) ON DELETE CASCADE,
    n           BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    status      BIGINT NOT NULL,               -- 0: no answer
    error       TEXT NOT NULL,                  -- empty: answered
    took_ms     BIGINT NOT NULL,
    excerpt     TEXT NOT NULL,
    PRIMARY KEY (delivery_id, n)
);
