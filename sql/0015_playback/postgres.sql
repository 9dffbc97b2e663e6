-- store: viewing
CREATE TABLE playback (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL,
    profile_id  TEXT NOT NULL,
    device_id   TEXT NOT NULL,
    title_id    TEXT NOT NULL,
    asset_id    TEXT NOT NULL,
    view        TEXT NOT NULL,
    duration_ms BIGINT NOT NULL,
    position_ms BIGINT NOT NULL,
    state       TEXT NOT NULL,               -- started, playing, paused, buffering, ended
    started_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX playback_account ON playback (account_id, started_at);
