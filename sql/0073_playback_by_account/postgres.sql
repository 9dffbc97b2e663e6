-- store: viewing
-- Whose session ends has his playbacks found by his account. An index by session cost every Play another page, and
-- sessions being random, each a different one.
DROP INDEX playback_session;
