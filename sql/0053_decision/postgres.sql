-- store: main
-- Grows with everything that a card of the title shows, so that what was made of it can be kept.
ALTER TABLE title ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
