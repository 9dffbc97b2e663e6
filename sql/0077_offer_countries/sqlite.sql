-- store: main
-- Where an offer counts: ISO 3166-1 alpha-2 codes in order, parted by blanks; empty: everywhere.
ALTER TABLE offer ADD COLUMN countries TEXT NOT NULL DEFAULT '';
