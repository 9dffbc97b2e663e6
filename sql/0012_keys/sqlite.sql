-- store: main
CREATE TABLE content_key (
    kid        TEXT PRIMARY KEY,             -- hex
    asset_id   TEXT NOT NULL,
    class      INTEGER NOT NULL,             -- enum key_class
    period     INTEGER NOT NULL,
    sealed     BLOB NOT NULL,                -- nonce, XChaCha20-Poly1305 of the key; see keys.c
    created_at INTEGER NOT NULL,
    UNIQUE (asset_id, class, period)
) STRICT;
CREATE TABLE track_iv (
    asset_id TEXT NOT NULL,
    track    TEXT NOT NULL,
    iv       BLOB NOT NULL,
    PRIMARY KEY (asset_id, track)
) STRICT;
