-- store: viewing
-- A playback belongs to the session it was started in: when that ends, so does its right.
ALTER TABLE playback ADD COLUMN session_id TEXT;
CREATE INDEX playback_session ON playback (session_id);
-- Playbacks whose path tokens are refused although they have not expired; kept until they have.
CREATE TABLE revoked_playback (
    playback_id TEXT PRIMARY KEY,
    until_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX revoked_playback_until ON revoked_playback (until_at);
