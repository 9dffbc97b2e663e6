-- store: main
-- A credit note may also be of what a change of plan put to the account's credit: no refund then.
ALTER TABLE credit_note ALTER COLUMN refund_id DROP NOT NULL;
