-- store: main
-- What a title is, and what it is part of: a season of a series, an episode of a season, a trailer or an extra of any title.
ALTER TABLE title ADD COLUMN kind TEXT NOT NULL DEFAULT 'film';
ALTER TABLE title ADD COLUMN parent_id TEXT;
ALTER TABLE title ADD COLUMN number BIGINT NOT NULL DEFAULT 0;          -- of a season, an episode; the order of extras
ALTER TABLE title ADD COLUMN original_lang TEXT NOT NULL DEFAULT '';
ALTER TABLE title ADD COLUMN released_on TEXT NOT NULL DEFAULT '';       -- YYYY-MM-DD
ALTER TABLE title ADD COLUMN maturity_set BIGINT NOT NULL DEFAULT 0;    -- 1: by hand; 0: the strictest of its labels
ALTER TABLE title ADD COLUMN sort_key TEXT NOT NULL DEFAULT '';          -- its name in its own language, folded
-- 0: not to be seen; 1: it is published and so is all that it is part of; 2: and it stands in lists by itself (films, series)
ALTER TABLE title ADD COLUMN shown BIGINT NOT NULL DEFAULT 0;
UPDATE title SET sort_key = slug, shown = published * 2, maturity_set = CASE WHEN maturity < 18 THEN 1 ELSE 0 END;
CREATE INDEX title_parent ON title (parent_id, number) WHERE parent_id IS NOT NULL;
CREATE INDEX title_shelf ON title (listed_at, id) WHERE shown = 2;
CREATE INDEX title_shelf_name ON title (sort_key, id) WHERE shown = 2;
CREATE INDEX title_shelf_year ON title (year, id) WHERE shown = 2;
CREATE INDEX title_kind ON title (kind, listed_at, id) WHERE shown > 0;
ALTER TABLE title_text ADD COLUMN tagline TEXT NOT NULL DEFAULT '';
ALTER TABLE title_text ADD COLUMN sort_name TEXT NOT NULL DEFAULT '';
-- A cut of a title beside the one called main: its name for people, and its language where it is one language's.
ALTER TABLE version ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE version ADD COLUMN lang TEXT NOT NULL DEFAULT '';

CREATE TABLE genre (
    id       TEXT PRIMARY KEY,
    slug     TEXT NOT NULL UNIQUE,
    position BIGINT NOT NULL
);
CREATE TABLE genre_text (
    genre_id TEXT NOT NULL REFERENCES genre (id) ON DELETE CASCADE,
    lang     TEXT NOT NULL,
    name     TEXT NOT NULL,
    PRIMARY KEY (genre_id, lang)
);
-- listed_at is its title's, so that a genre's page is a range of an index.
CREATE TABLE title_genre (
    title_id  TEXT NOT NULL REFERENCES title (id) ON DELETE CASCADE,
    genre_id  TEXT NOT NULL REFERENCES genre (id),
    position  BIGINT NOT NULL,
    listed_at BIGINT NOT NULL,
    PRIMARY KEY (title_id, genre_id)
);
CREATE INDEX title_genre_listed ON title_genre (genre_id, listed_at, title_id);
CREATE TABLE title_tag (
    title_id  TEXT NOT NULL REFERENCES title (id) ON DELETE CASCADE,
    tag       TEXT NOT NULL,
    listed_at BIGINT NOT NULL,
    PRIMARY KEY (title_id, tag)
);
CREATE INDEX title_tag_listed ON title_tag (tag, listed_at, title_id);

CREATE TABLE person (
    id        TEXT PRIMARY KEY,
    slug      TEXT NOT NULL UNIQUE,
    name      TEXT NOT NULL,
    sort_name TEXT NOT NULL,
    bio       TEXT NOT NULL
);
CREATE INDEX person_sorted ON person (sort_name, id);
CREATE INDEX person_named ON person (name);
CREATE TABLE person_name (
    person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    lang      TEXT NOT NULL,
    name      TEXT NOT NULL,
    PRIMARY KEY (person_id, lang)
);
CREATE TABLE title_person (
    title_id  TEXT NOT NULL REFERENCES title (id) ON DELETE CASCADE,
    person_id TEXT NOT NULL REFERENCES person (id),
    job       TEXT NOT NULL,
    part      TEXT NOT NULL,                 -- whom an actor plays
    position  BIGINT NOT NULL,
    PRIMARY KEY (title_id, person_id, job)
);
CREATE INDEX title_person_of ON title_person (person_id, title_id);

CREATE TABLE studio (
    id   TEXT PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
);
CREATE TABLE title_studio (
    title_id  TEXT NOT NULL REFERENCES title (id) ON DELETE CASCADE,
    studio_id TEXT NOT NULL REFERENCES studio (id),
    position  BIGINT NOT NULL,
    PRIMARY KEY (title_id, studio_id)
);
CREATE INDEX title_studio_of ON title_studio (studio_id, title_id);

CREATE TABLE collection (
    id        TEXT PRIMARY KEY,
    slug      TEXT NOT NULL UNIQUE,
    position  BIGINT NOT NULL,
    published BIGINT NOT NULL
);
CREATE TABLE collection_text (
    collection_id TEXT NOT NULL REFERENCES collection (id) ON DELETE CASCADE,
    lang          TEXT NOT NULL,
    name          TEXT NOT NULL,
    synopsis      TEXT NOT NULL,
    PRIMARY KEY (collection_id, lang)
);
CREATE TABLE collection_title (
    collection_id TEXT NOT NULL REFERENCES collection (id) ON DELETE CASCADE,
    title_id      TEXT NOT NULL REFERENCES title (id) ON DELETE CASCADE,
    position      BIGINT NOT NULL,
    PRIMARY KEY (collection_id, title_id)
);
CREATE INDEX collection_title_order ON collection_title (collection_id, position, title_id);
CREATE INDEX collection_title_of ON collection_title (title_id);

CREATE TABLE title_rating_label (
    title_id TEXT NOT NULL REFERENCES title (id) ON DELETE CASCADE,
    system   TEXT NOT NULL,
    label    TEXT NOT NULL,
    PRIMARY KEY (title_id, system)
);
CREATE TABLE custom_field (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    type     TEXT NOT NULL,
    label    TEXT NOT NULL,
    required BIGINT NOT NULL,
    position BIGINT NOT NULL,
    options  TEXT NOT NULL                   -- of a choice: a JSON array of texts
);
CREATE TABLE title_custom (
    title_id TEXT NOT NULL REFERENCES title (id) ON DELETE CASCADE,
    field_id TEXT NOT NULL REFERENCES custom_field (id),
    value    TEXT NOT NULL,
    PRIMARY KEY (title_id, field_id)
);
CREATE INDEX title_custom_field ON title_custom (field_id);
CREATE TABLE marker (
    id       TEXT PRIMARY KEY,
    title_id TEXT NOT NULL REFERENCES title (id) ON DELETE CASCADE,
    kind     TEXT NOT NULL,                  -- chapter, intro, recap, credits
    from_ms  BIGINT NOT NULL,
    to_ms    BIGINT NOT NULL,
    name     TEXT NOT NULL
);
CREATE INDEX marker_title ON marker (title_id, from_ms);
CREATE TABLE external_id (
    id       TEXT PRIMARY KEY,
    title_id TEXT NOT NULL REFERENCES title (id) ON DELETE CASCADE,
    scheme   TEXT NOT NULL,                  -- eidr, imdb, tmdb, wikidata, own
    value    TEXT NOT NULL,
    UNIQUE (scheme, value)
);
CREATE INDEX external_id_title ON external_id (title_id);
