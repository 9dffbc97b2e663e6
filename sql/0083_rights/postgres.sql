-- store: main
-- Where, when, on what and how sold licensors allow a title to be shown.
CREATE TABLE rights_window (
    id          TEXT PRIMARY KEY,
    title_id    TEXT NOT NULL REFERENCES title (id) ON DELETE CASCADE,
    territories TEXT NOT NULL,               -- ISO 3166-1 alpha-2 codes in order, parted by blanks; '': everywhere
    except_in   TEXT NOT NULL,               -- but not here
    platforms   TEXT NOT NULL,               -- of web tv phone other; '': all
    models      TEXT NOT NULL,               -- of svod tvod est avod; '': all
    starts_at   BIGINT NOT NULL,            -- 0: since always
    ends_at     BIGINT NOT NULL,            -- 0: for ever
    holdback    BIGINT NOT NULL,            -- 1: takes away what windows allow
    exclusive   BIGINT NOT NULL,            -- 1: the licensor gave it to nobody else
    licensor    TEXT NOT NULL,
    note        TEXT NOT NULL,
    state       BIGINT NOT NULL             -- what was told last: 0 ahead, 1 open, 2 over
);
CREATE INDEX rights_window_title ON rights_window (title_id);
CREATE INDEX rights_window_calendar ON rights_window (starts_at, id);
-- A title of whose rights somebody has said something.
CREATE TABLE rights_title (
    title_id     TEXT PRIMARY KEY REFERENCES title (id) ON DELETE CASCADE,
    revision     BIGINT NOT NULL,           -- grows with each change, against lost updates
    publish_at   BIGINT NOT NULL,           -- 0: not by the clock
    unpublish_at BIGINT NOT NULL,
    next_at      BIGINT NOT NULL            -- when to look at it next; 0: never
);
CREATE INDEX rights_title_next ON rights_title (next_at) WHERE next_at > 0;
CREATE INDEX rights_title_publish ON rights_title (publish_at) WHERE publish_at > 0;
CREATE INDEX rights_title_unpublish ON rights_title (unpublish_at) WHERE unpublish_at > 0;
-- A title's windows as text (service/rights/text.c), in the row that Play reads anyway; '': none.
ALTER TABLE title ADD COLUMN rights TEXT NOT NULL DEFAULT '';
-- Where it can be seen now; 0: nothing limits it.
ALTER TABLE title ADD COLUMN scope BIGINT NOT NULL DEFAULT 0;
CREATE INDEX title_scope ON title (scope) WHERE scope > 0;
CREATE TABLE scope (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    places TEXT NOT NULL UNIQUE              -- 'AT DE'; '!FR': everywhere but; '*': everywhere; '-': nowhere
);
CREATE TABLE scope_here (
    country TEXT NOT NULL,                   -- '--': who is nowhere that is known
    scope   BIGINT NOT NULL REFERENCES scope (id) ON DELETE CASCADE,
    PRIMARY KEY (country, scope)
);
CREATE INDEX scope_here_scope ON scope_here (scope);
