-- The engine's own tables. Conventions of every migration: sql/README.md.
-- store: jobs
CREATE TABLE job (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    job_key TEXT,
    subject TEXT,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'running', 'done', 'failed', 'cancelled')),
    priority INTEGER NOT NULL,
    not_before_at INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0,
    claim INTEGER NOT NULL DEFAULT 0,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    lease_until INTEGER,
    stage TEXT,
    progress_permille INTEGER NOT NULL DEFAULT 0,
    speed REAL NOT NULL DEFAULT 0,
    eta_ms INTEGER NOT NULL DEFAULT -1,
    checkpoint TEXT,
    error_code TEXT,
    error_reason TEXT,
    error_hint TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX job_live_key ON job (job_key) WHERE state IN ('waiting', 'ready', 'running');
CREATE INDEX job_ready ON job (priority DESC, id) WHERE state = 'ready';
CREATE INDEX job_running ON job (lease_until) WHERE state = 'running';
CREATE INDEX job_subject ON job (subject, id);
CREATE TABLE job_dependency (
    job_id TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    depends_on TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    PRIMARY KEY (job_id, depends_on)
) STRICT;
CREATE INDEX job_dependency_on ON job_dependency (depends_on);

-- store: main
CREATE TABLE event_outbox_main (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    subject TEXT,
    body TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX event_outbox_main_name ON event_outbox_main (name, seq);
CREATE TABLE event_cursor_main (
    subscriber TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    retry_at INTEGER NOT NULL DEFAULT 0
) STRICT;

-- store: jobs
CREATE TABLE event_outbox_jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    subject TEXT,
    body TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX event_outbox_jobs_name ON event_outbox_jobs (name, seq);
CREATE TABLE event_cursor_jobs (
    subscriber TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    retry_at INTEGER NOT NULL DEFAULT 0
) STRICT;

-- store: viewing
CREATE TABLE event_outbox_viewing (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    subject TEXT,
    body TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX event_outbox_viewing_name ON event_outbox_viewing (name, seq);
CREATE TABLE event_cursor_viewing (
    subscriber TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    retry_at INTEGER NOT NULL DEFAULT 0
) STRICT;
