-- store: main
-- A credit note may also be of what a change of plan put to the account's credit: no refund then.
CREATE TABLE credit_note_new (
    id          TEXT PRIMARY KEY,
    number      INTEGER NOT NULL UNIQUE,
    invoice_id  TEXT NOT NULL REFERENCES invoice (id),
    refund_id   TEXT UNIQUE REFERENCES refund (id), -- NULL: to the account's credit
    account_id  TEXT NOT NULL,
    currency    TEXT NOT NULL,
    net_minor   INTEGER NOT NULL,
    tax_minor   INTEGER NOT NULL,
    total_minor INTEGER NOT NULL,
    reason      TEXT NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;
INSERT INTO credit_note_new (id, number, invoice_id, refund_id, account_id, currency, net_minor, tax_minor,
    total_minor, reason, created_at)
    SELECT id, number, invoice_id, refund_id, account_id, currency, net_minor, tax_minor, total_minor, reason,
    created_at FROM credit_note;
DROP TABLE credit_note;
ALTER TABLE credit_note_new RENAME TO credit_note;
CREATE INDEX credit_note_invoice ON credit_note (invoice_id);
CREATE INDEX credit_note_account ON credit_note (account_id);
