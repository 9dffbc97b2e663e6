-- store: main
-- What leaves soon, in the order in which it does.
CREATE INDEX rights_window_end ON rights_window (ends_at, title_id) WHERE ends_at > 0 AND holdback = 0;
