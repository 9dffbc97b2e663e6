-- keys: a key may be of one track alone, not of all tracks of its class.
-- store: main
CREATE TABLE content_key_new (
    kid        TEXT PRIMARY KEY,             -- hex
    asset_id   TEXT NOT NULL,
    class      INTEGER NOT NULL,             -- enum key_class
    period     INTEGER NOT NULL,
    track      TEXT NOT NULL DEFAULT '',     -- '': all of the class
    sealed     BLOB NOT NULL,                -- nonce, XChaCha20-Poly1305 of the key; see keys.c
    created_at INTEGER NOT NULL,
    UNIQUE (asset_id, class, period, track)
) STRICT;
INSERT INTO content_key_new (kid, asset_id, class, period, sealed, created_at)
    SELECT kid, asset_id, class, period, sealed, created_at FROM content_key;
DROP TABLE content_key;
ALTER TABLE content_key_new RENAME TO content_key;
