-- catalog: subtitles change after a film is packaged; version says which list of them is in force (0: the asset's own).
-- store: main
ALTER TABLE version ADD COLUMN text_revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE version ADD COLUMN text_names INTEGER NOT NULL DEFAULT 0;    -- names of tracks given out for its asset

-- subtitles: what editors made of them. Cues lie in blob "subtitle/", one object a change.
CREATE TABLE subtitle (
    id            TEXT PRIMARY KEY,
    title_id      TEXT NOT NULL REFERENCES title (id) ON DELETE CASCADE,
    version_id    TEXT NOT NULL,
    lang          TEXT NOT NULL,
    label         TEXT NOT NULL,             -- empty: made of language and role
    role          TEXT NOT NULL,             -- subtitle, caption (SDH), forced
    is_default    INTEGER NOT NULL,
    source        TEXT NOT NULL,             -- film: it came with it; upload; made: begun in the editor
    file_name     TEXT NOT NULL,
    format        TEXT NOT NULL,
    encoding      TEXT NOT NULL,
    guess         TEXT NOT NULL,             -- the language found out; empty: none
    guess_percent INTEGER NOT NULL,
    revision      INTEGER NOT NULL,
    cues          INTEGER NOT NULL,
    vtt           TEXT NOT NULL,             -- the blob of its cues
    notes         TEXT NOT NULL,             -- what was mended when it was read, a JSON array of sentences
    asset_id      TEXT,                      -- whose segments were made; NULL: of none yet
    track         TEXT NOT NULL,             -- their description as JSON; empty where there are none
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    removed_at    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX subtitle_title ON subtitle (title_id, id);
CREATE INDEX subtitle_removed ON subtitle (removed_at) WHERE removed_at > 0;
-- Every state it was in, so that a change can be taken back.
CREATE TABLE subtitle_revision (
    subtitle_id TEXT NOT NULL REFERENCES subtitle (id) ON DELETE CASCADE,
    revision    INTEGER NOT NULL,
    action      TEXT NOT NULL,               -- added, replaced, edited, shifted, stretched, described, reverted, removed
    lang        TEXT NOT NULL,
    label       TEXT NOT NULL,
    role        TEXT NOT NULL,
    is_default  INTEGER NOT NULL,
    cues        INTEGER NOT NULL,
    vtt         TEXT NOT NULL,
    made_at     INTEGER NOT NULL,
    PRIMARY KEY (subtitle_id, revision)
) STRICT;
CREATE INDEX subtitle_revision_vtt ON subtitle_revision (vtt);
-- Lists that were published: what only an old one names goes once nobody can be watching with it.
CREATE TABLE subtitle_list (
    asset_id  TEXT NOT NULL,
    list      INTEGER NOT NULL,
    tracks    TEXT NOT NULL,                 -- names parted by blanks
    made_at   INTEGER NOT NULL,
    PRIMARY KEY (asset_id, list)
) STRICT;
CREATE INDEX subtitle_list_made ON subtitle_list (made_at);
