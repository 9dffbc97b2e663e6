-- store: viewing
-- When the position was really watched, by our clock; which report of its playback it was; when the title
-- was seen to its end (NULL: not yet); and the number of the row's writes, for compare and set.
ALTER TABLE progress ADD COLUMN viewed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE progress ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE progress ADD COLUMN watched_at BIGINT;
ALTER TABLE progress ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
UPDATE progress SET viewed_at = updated_at;
UPDATE progress SET watched_at = updated_at WHERE state = 'ended';
DROP INDEX progress_recent;
CREATE INDEX progress_viewed ON progress (profile_id, viewed_at, title_id);
-- What was taken off stays as a row, so that an older change that arrives later does not put it back.
CREATE TABLE list_item (
    profile_id TEXT NOT NULL,
    title_id   TEXT NOT NULL,
    account_id TEXT NOT NULL,
    listed     BIGINT NOT NULL,
    added_at   BIGINT NOT NULL,             -- for the order
    changed_at BIGINT NOT NULL,             -- the latest wish, also when it changed nothing
    PRIMARY KEY (profile_id, title_id)
);
CREATE INDEX list_item_added ON list_item (profile_id, added_at, title_id);
CREATE INDEX list_item_account ON list_item (account_id);
CREATE TABLE title_rating (
    profile_id TEXT NOT NULL,
    title_id   TEXT NOT NULL,
    account_id TEXT NOT NULL,
    thumb      BIGINT NOT NULL,             -- 1 like, -1 dislike, 0 none
    stars      BIGINT NOT NULL,             -- 1 to 5, 0 none
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (profile_id, title_id)
);
CREATE INDEX title_rating_account ON title_rating (account_id);
