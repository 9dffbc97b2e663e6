-- store: main
-- A refund that succeeded and came back days later (the payer's bank took it not): its credit note does not count any more.
ALTER TABLE credit_note ADD COLUMN cancelled_at INTEGER NOT NULL DEFAULT 0;
-- When staff were reminded that the time for evidence runs out; 0: not yet.
ALTER TABLE dispute ADD COLUMN reminded_at INTEGER NOT NULL DEFAULT 0;
