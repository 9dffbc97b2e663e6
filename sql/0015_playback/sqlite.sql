-- store: viewing
CREATE TABLE playback (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL,
    profile_id  TEXT NOT NULL,
    device_id   TEXT NOT NULL,
    title_id    TEXT NOT NULL,
    asset_id    TEXT NOT NULL,
    view        TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    position_ms INTEGER NOT NULL,
    state       TEXT NOT NULL,               -- started, playing, paused, buffering, ended
    started_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX playback_account ON playback (account_id, started_at);
