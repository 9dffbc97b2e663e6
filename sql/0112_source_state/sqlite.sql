-- ingest: how a stored source lies: as it came, sealed, or deleted after packaging (the policy "mezzanine").
-- store: jobs
ALTER TABLE import_source ADD COLUMN state TEXT NOT NULL DEFAULT 'clear' CHECK (state IN ('clear', 'sealed', 'deleted'));
