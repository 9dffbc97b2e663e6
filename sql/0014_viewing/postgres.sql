-- store: viewing
CREATE TABLE progress (
    profile_id   TEXT NOT NULL,
    title_id     TEXT NOT NULL,
    account_id   TEXT NOT NULL,              -- for export and erasure
    playback_id  TEXT NOT NULL,              -- the playback that reported last
    position_ms  BIGINT NOT NULL,
    duration_ms  BIGINT NOT NULL,
    state        TEXT NOT NULL,
    updated_at   BIGINT NOT NULL,           -- our clock
    client_at BIGINT NOT NULL,           -- the player's; orders reports of one playback
    PRIMARY KEY (profile_id, title_id)
);
CREATE INDEX progress_recent ON progress (profile_id, updated_at);
CREATE INDEX progress_account ON progress (account_id);
