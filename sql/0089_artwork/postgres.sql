-- catalog: artwork in several formats, with a handful of pixels to show before it is there. A kind of 16 and over is the
-- film's own picture of kind - 16, kept aside while one that an editor chose stands in its place.
-- store: main
ALTER TABLE artwork ADD COLUMN formats BIGINT NOT NULL DEFAULT 0;   -- bits of enum art_format, beside the file in name
ALTER TABLE artwork ADD COLUMN blur TEXT NOT NULL DEFAULT '';        -- a data: address, or empty
ALTER TABLE artwork ADD COLUMN by_hand BIGINT NOT NULL DEFAULT 0;
