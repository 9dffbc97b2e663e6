-- store: main
-- Two people who change the same person, genre, studio, collection or field: the second is told (catalog.changed).
ALTER TABLE genre ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE studio ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE collection ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE custom_field ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
