-- store: main
-- What a renewal and every change of a subscription ask: its open invoice. And an invoice's payments.
CREATE INDEX invoice_open ON invoice (subscription_id) WHERE state = 'open';
CREATE INDEX payment_invoice ON payment (invoice_id);
