-- store: main
-- What a Play asks of a title and of a plan, from indexes alone (decision 26).
CREATE UNIQUE INDEX title_asked ON title (id, shown, maturity, revision, kind, parent_id, rights);
CREATE UNIQUE INDEX version_asked ON version (title_id, asset_id, text_revision) WHERE kind = 'main';
CREATE UNIQUE INDEX plan_asked ON plan (id, streams, devices, max_height, downloads, ads);
