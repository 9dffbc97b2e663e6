-- store: main
CREATE TABLE title (
    id           TEXT PRIMARY KEY,
    slug         TEXT NOT NULL UNIQUE,
    lang         TEXT NOT NULL,              -- of the text to fall back on
    year         BIGINT NOT NULL,           -- 0: not known
    published    BIGINT NOT NULL,
    published_at BIGINT NOT NULL,           -- the first time; 0: never
    listed_at    BIGINT NOT NULL,           -- the order of lists: first published, else created
    search       TEXT NOT NULL,              -- names of all languages, folded
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX title_listed ON title (listed_at, id);
CREATE TABLE title_text (
    title_id TEXT NOT NULL REFERENCES title (id) ON DELETE CASCADE,
    lang     TEXT NOT NULL,
    name     TEXT NOT NULL,
    synopsis TEXT NOT NULL,
    PRIMARY KEY (title_id, lang)
);
-- A cut of a title; there is always the one called main.
CREATE TABLE version (
    id         TEXT PRIMARY KEY,
    title_id   TEXT NOT NULL REFERENCES title (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    asset_id   TEXT,                         -- the asset in use; NULL until one is ready
    created_at BIGINT NOT NULL,
    UNIQUE (title_id, kind)
);
CREATE TABLE asset (
    id          TEXT PRIMARY KEY,
    version_id  TEXT NOT NULL REFERENCES version (id) ON DELETE CASCADE,
    state       TEXT NOT NULL,               -- preparing, ready
    revision    BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    max_height  BIGINT NOT NULL,
    scheme      BIGINT NOT NULL,            -- enum scheme
    description TEXT NOT NULL,               -- asset.json
    created_at  BIGINT NOT NULL,
    ready_at    BIGINT NOT NULL
);
CREATE INDEX asset_version ON asset (version_id);
CREATE TABLE asset_track (
    id         TEXT PRIMARY KEY,
    asset_id   TEXT NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,                -- v1, a1, t1, i1
    kind       BIGINT NOT NULL,             -- enum track_kind
    codec      TEXT NOT NULL,
    lang       TEXT NOT NULL,
    role       TEXT NOT NULL,
    label      TEXT NOT NULL,
    is_default BIGINT NOT NULL,
    bandwidth  BIGINT NOT NULL,
    width      BIGINT NOT NULL,
    height     BIGINT NOT NULL,
    channels   BIGINT NOT NULL,
    UNIQUE (asset_id, name)
);
CREATE INDEX asset_track_lang ON asset_track (kind, lang, asset_id);
CREATE TABLE artwork (
    title_id TEXT NOT NULL REFERENCES title (id) ON DELETE CASCADE,
    kind     BIGINT NOT NULL,               -- enum artwork_kind
    width    BIGINT NOT NULL,
    height   BIGINT NOT NULL,
    name     TEXT NOT NULL,                  -- file in blob art/
    color    BIGINT NOT NULL,               -- 0xRRGGBB
    PRIMARY KEY (title_id, kind, width)
);
