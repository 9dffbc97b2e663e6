-- keys: a key may be of one track alone, not of all tracks of its class.
-- store: main
ALTER TABLE content_key ADD COLUMN track TEXT NOT NULL DEFAULT '';
ALTER TABLE content_key DROP CONSTRAINT content_key_asset_id_class_period_key;
ALTER TABLE content_key ADD UNIQUE (asset_id, class, period, track);
