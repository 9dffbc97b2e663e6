-- store: viewing
CREATE TABLE client_event (
    account_id     TEXT NOT NULL,
    id             TEXT NOT NULL,            -- the client's, so that a repeated batch counts once
    profile_id     TEXT NOT NULL,
    device_id      TEXT NOT NULL,            -- '': not said
    name           TEXT NOT NULL,
    occurred_at          INTEGER NOT NULL,         -- the client's clock, corrected by sent_at
    received_at    INTEGER NOT NULL,
    playback_id    TEXT NOT NULL,
    title_id       TEXT NOT NULL,
    position_ms    INTEGER NOT NULL,         -- -1: none
    row_name       TEXT NOT NULL,            -- impression: which row,
    row_index      INTEGER NOT NULL,         -- where it stood on the page, -1: no impression
    row_position   INTEGER NOT NULL,         -- and where the title stood in it
    shown_title_id TEXT NOT NULL,
    data           TEXT NOT NULL,            -- JSON object
    PRIMARY KEY (account_id, id)
) STRICT;
CREATE INDEX client_event_received ON client_event (received_at);
