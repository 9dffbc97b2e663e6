-- store: main
CREATE TABLE content_key (
    kid        TEXT PRIMARY KEY,             -- hex
    asset_id   TEXT NOT NULL,
    class      BIGINT NOT NULL,             -- enum key_class
    period     BIGINT NOT NULL,
    sealed     BYTEA NOT NULL,                -- nonce, XChaCha20-Poly1305 of the key; see keys.c
    created_at BIGINT NOT NULL,
    UNIQUE (asset_id, class, period)
);
CREATE TABLE track_iv (
    asset_id TEXT NOT NULL,
    track    TEXT NOT NULL,
    iv       BYTEA NOT NULL,
    PRIMARY KEY (asset_id, track)
);
