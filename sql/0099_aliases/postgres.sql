-- store: main
-- What else people call a title, in any language: found by it, never shown.
CREATE TABLE title_alias (
    title_id TEXT NOT NULL REFERENCES title (id) ON DELETE CASCADE,
    name     TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (title_id, name)
);
