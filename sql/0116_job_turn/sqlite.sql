-- store: jobs
-- Whose turn it is among jobs of one priority (engine/job): what a title has ready stands in the queue one behind the other, and another
-- title's next job is never behind all of them.
ALTER TABLE job ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
DROP INDEX job_ready;
CREATE INDEX job_ready ON job (priority DESC, turn, id) WHERE state = 'ready';
CREATE INDEX job_turn ON job (subject, turn) WHERE state IN ('ready', 'running');
