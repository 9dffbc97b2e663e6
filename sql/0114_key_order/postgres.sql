-- keys: what is asked of a key service, written down before it is asked, so that it is asked for the same key ids again.
-- store: main
CREATE TABLE key_order (
    asset_id    TEXT PRIMARY KEY,
    contract    TEXT NOT NULL,              -- PRESET-VIDEO-3/PRESET-AUDIO-1
    scheme      BIGINT NOT NULL,           -- enum scheme
    kids        TEXT NOT NULL,              -- hex, one a key of the contract in its order, with blanks between
    told        TEXT NOT NULL,              -- what the answer told of protection systems, as asset.json's drm; '': nothing
    ordered_at  BIGINT NOT NULL,
    answered_at BIGINT NOT NULL            -- 0: not yet
);
-- Of a key service's key: a bit a class that it is for; 0: its class alone.
ALTER TABLE content_key ADD COLUMN classes BIGINT NOT NULL DEFAULT 0;
