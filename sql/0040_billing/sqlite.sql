-- store: main
-- Money is in minor units (..._minor) of the row's ISO 4217 currency. account_id has no foreign key: what
-- the law keeps outlives the account, under a number that leads to nobody (billing_erase).
CREATE TABLE billing_account (
    account_id    TEXT PRIMARY KEY,
    country       TEXT NOT NULL,             -- ISO 3166-1; '' until a checkout said it
    currency      TEXT NOT NULL,             -- '' until the first price
    version       INTEGER NOT NULL,          -- written first by every change: the account's lock
    trial_used_at INTEGER NOT NULL,          -- 0: never had one
    method_id     TEXT                       -- the payment method in use
) STRICT;
CREATE TABLE plan (
    id         TEXT PRIMARY KEY,
    slug       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    level      INTEGER NOT NULL,             -- a change to a higher level is an upgrade
    active     INTEGER NOT NULL,             -- can be bought
    streams    INTEGER NOT NULL,             -- at the same time; 0: no limit
    devices    INTEGER NOT NULL,             -- 0: no limit
    max_height INTEGER NOT NULL,             -- lines; 0: no limit
    downloads  INTEGER NOT NULL,             -- titles kept offline
    ads        INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
-- A price never changes: another amount is another row, and who has the old one keeps it.
CREATE TABLE plan_price (
    id           TEXT PRIMARY KEY,
    plan_id      TEXT NOT NULL REFERENCES plan (id),
    months       INTEGER NOT NULL,           -- 1 or 12
    currency     TEXT NOT NULL,
    country      TEXT NOT NULL,              -- '' everywhere else
    amount_minor INTEGER NOT NULL,
    trial_days   INTEGER NOT NULL,
    active       INTEGER NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX plan_price_one ON plan_price (plan_id, months, currency, country) WHERE active = 1;
CREATE TABLE offer (
    id           TEXT PRIMARY KEY,
    kind         TEXT NOT NULL,              -- plan, rental, purchase, avod, holdback
    name         TEXT NOT NULL,
    plan_id      TEXT REFERENCES plan (id),
    all_titles   INTEGER NOT NULL,
    start_days   INTEGER NOT NULL,           -- rental: days to begin
    finish_hours INTEGER NOT NULL,           -- rental: hours to finish once begun
    active       INTEGER NOT NULL,
    from_at      INTEGER NOT NULL,
    until_at     INTEGER NOT NULL,           -- 0: open
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX offer_all ON offer (id) WHERE all_titles = 1;
CREATE TABLE offer_title (
    offer_id TEXT NOT NULL REFERENCES offer (id) ON DELETE CASCADE,
    title_id TEXT NOT NULL,
    PRIMARY KEY (offer_id, title_id)
) STRICT;
CREATE INDEX offer_title_title ON offer_title (title_id);
CREATE TABLE offer_price (
    offer_id     TEXT NOT NULL REFERENCES offer (id) ON DELETE CASCADE,
    currency     TEXT NOT NULL,
    country      TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    PRIMARY KEY (offer_id, currency, country)
) STRICT;
CREATE TABLE tax_rate (
    country   TEXT PRIMARY KEY,
    name      TEXT NOT NULL,                 -- as the invoice calls it: VAT, GST
    rate_bp   INTEGER NOT NULL,              -- hundredths of a percent
    inclusive INTEGER NOT NULL,              -- prices of this country contain it
    updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE payment_method (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    gateway    TEXT NOT NULL,
    token      TEXT NOT NULL,                -- the gateway's; never a card number
    label      TEXT NOT NULL,                -- "Visa ending in 4242"
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX payment_method_account ON payment_method (account_id);
CREATE TABLE subscription (
    id              TEXT PRIMARY KEY,
    account_id      TEXT NOT NULL,
    plan_id         TEXT NOT NULL REFERENCES plan (id),
    price_id        TEXT REFERENCES plan_price (id), -- NULL where a store sets the price
    state           TEXT NOT NULL,
    gateway         TEXT NOT NULL,
    store_ref       TEXT,                    -- of a subscription that a store owns
    anchor_at       INTEGER NOT NULL,        -- all periods are whole months from here
    anchor_months   INTEGER NOT NULL,        -- from the anchor to the period's start
    period_start_at INTEGER NOT NULL,
    period_end_at   INTEGER NOT NULL,
    rate_minor      INTEGER NOT NULL,        -- what a whole period costs at present, discount taken off
    next_price_id   TEXT REFERENCES plan_price (id), -- from the next period on
    redemption_id   TEXT,
    attempts        INTEGER NOT NULL,
    next_at         INTEGER NOT NULL,        -- when the clock has to look; 0: never
    grace_until_at  INTEGER NOT NULL,
    resume_at       INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    ended_at        INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX subscription_live ON subscription (account_id) WHERE state <> 'ended';
CREATE UNIQUE INDEX subscription_store ON subscription (gateway, store_ref) WHERE store_ref IS NOT NULL;
CREATE INDEX subscription_account ON subscription (account_id, created_at);
CREATE INDEX subscription_due ON subscription (next_at) WHERE next_at > 0;
CREATE TABLE subscription_move (
    id              TEXT PRIMARY KEY,
    subscription_id TEXT NOT NULL REFERENCES subscription (id),
    event           TEXT NOT NULL,
    from_state      TEXT NOT NULL,
    to_state        TEXT NOT NULL,
    at              INTEGER NOT NULL
) STRICT;
CREATE INDEX subscription_move_subscription ON subscription_move (subscription_id, id);
-- What was rented or bought. The titles are copied: an offer that changes takes nothing away.
CREATE TABLE title_right (
    id           TEXT PRIMARY KEY,
    account_id   TEXT NOT NULL,
    offer_id     TEXT NOT NULL REFERENCES offer (id),
    kind         TEXT NOT NULL,              -- rental, purchase
    state        TEXT NOT NULL,              -- pending, active, failed, revoked
    start_by_at  INTEGER NOT NULL,           -- rental: to be begun until; 0: no limit
    started_at   INTEGER NOT NULL,
    ends_at      INTEGER NOT NULL,           -- rental: once begun, watched until; 0: no limit
    finish_hours INTEGER NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX title_right_account ON title_right (account_id);
CREATE TABLE title_right_title (
    right_id TEXT NOT NULL REFERENCES title_right (id) ON DELETE CASCADE,
    title_id TEXT NOT NULL,
    PRIMARY KEY (right_id, title_id)
) STRICT;
-- A number is given when it is paid, so an attempt that failed leaves no gap.
CREATE TABLE invoice (
    id              TEXT PRIMARY KEY,
    number          INTEGER,
    account_id      TEXT NOT NULL,
    subscription_id TEXT,
    right_id        TEXT,
    kind            TEXT NOT NULL,           -- period, upgrade, rental, purchase
    state           TEXT NOT NULL,           -- open, paid, void
    currency        TEXT NOT NULL,
    country         TEXT NOT NULL,
    net_minor       INTEGER NOT NULL,
    tax_minor       INTEGER NOT NULL,
    total_minor     INTEGER NOT NULL,
    credit_minor    INTEGER NOT NULL,        -- of the total, paid from the account's credit
    due_minor       INTEGER NOT NULL,        -- the rest, charged
    tax_name        TEXT NOT NULL,
    tax_bp          INTEGER NOT NULL,
    tax_inclusive   INTEGER NOT NULL,
    price_id        TEXT,
    rate_minor      INTEGER NOT NULL,
    anchor_at       INTEGER NOT NULL,
    anchor_months   INTEGER NOT NULL,
    period_start_at INTEGER NOT NULL,
    period_end_at   INTEGER NOT NULL,
    redemption_id   TEXT,                    -- the coupon that it used
    buyer           TEXT NOT NULL,           -- e-mail at the time; emptied by erasure
    created_at      INTEGER NOT NULL,
    paid_at         INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX invoice_number ON invoice (number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX invoice_period ON invoice (subscription_id, period_start_at)
    WHERE kind = 'period' AND state <> 'void';
CREATE INDEX invoice_account ON invoice (account_id, created_at);
CREATE TABLE invoice_line (
    invoice_id      TEXT NOT NULL REFERENCES invoice (id) ON DELETE CASCADE,
    n               INTEGER NOT NULL,
    kind            TEXT NOT NULL,           -- plan, discount, unused, title
    description     TEXT NOT NULL,
    net_minor       INTEGER NOT NULL,
    tax_minor       INTEGER NOT NULL,
    period_start_at INTEGER NOT NULL,
    period_end_at   INTEGER NOT NULL,
    PRIMARY KEY (invoice_id, n)
) STRICT;
CREATE TABLE payment (
    id           TEXT PRIMARY KEY,
    account_id   TEXT NOT NULL,
    invoice_id   TEXT NOT NULL REFERENCES invoice (id),
    method_id    TEXT,
    gateway      TEXT NOT NULL,
    token        TEXT NOT NULL,
    currency     TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    state        TEXT NOT NULL,              -- pending, action, succeeded, failed
    off_session  INTEGER NOT NULL,
    decline_code TEXT NOT NULL,
    action_url   TEXT NOT NULL,
    gateway_ref  TEXT NOT NULL,
    next_at      INTEGER NOT NULL,           -- when to ask the gateway again; 0: never
    created_at   INTEGER NOT NULL,
    settled_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX payment_open ON payment (invoice_id) WHERE state = 'pending' OR state = 'action';
CREATE INDEX payment_account ON payment (account_id, created_at);
CREATE INDEX payment_due ON payment (next_at) WHERE next_at > 0;
CREATE TABLE refund (
    id           TEXT PRIMARY KEY,
    payment_id   TEXT NOT NULL REFERENCES payment (id),
    account_id   TEXT NOT NULL,
    currency     TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    state        TEXT NOT NULL,              -- pending, succeeded, failed
    reason       TEXT NOT NULL,
    ends_access  INTEGER NOT NULL,
    next_at      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    settled_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX refund_payment ON refund (payment_id);
CREATE INDEX refund_account ON refund (account_id);
CREATE INDEX refund_due ON refund (next_at) WHERE next_at > 0;
CREATE TABLE credit_note (
    id          TEXT PRIMARY KEY,
    number      INTEGER NOT NULL UNIQUE,
    invoice_id  TEXT NOT NULL REFERENCES invoice (id),
    refund_id   TEXT NOT NULL UNIQUE REFERENCES refund (id),
    account_id  TEXT NOT NULL,
    currency    TEXT NOT NULL,
    net_minor   INTEGER NOT NULL,
    tax_minor   INTEGER NOT NULL,
    total_minor INTEGER NOT NULL,
    reason      TEXT NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX credit_note_invoice ON credit_note (invoice_id);
CREATE INDEX credit_note_account ON credit_note (account_id);
CREATE TABLE coupon (
    id              TEXT PRIMARY KEY,
    code            TEXT NOT NULL UNIQUE,    -- upper case
    percent_bp      INTEGER NOT NULL,        -- hundredths of a percent, or 0
    amount_minor    INTEGER NOT NULL,        -- or so much
    currency        TEXT NOT NULL,           -- of the amount
    periods         INTEGER NOT NULL,        -- 0: as long as the subscription lives
    plan_id         TEXT REFERENCES plan (id), -- NULL: any
    max_redemptions INTEGER NOT NULL,        -- 0: no limit
    redeemed        INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,        -- 0: never
    active          INTEGER NOT NULL,
    created_at      INTEGER NOT NULL
) STRICT;
CREATE TABLE coupon_redemption (
    id           TEXT PRIMARY KEY,
    coupon_id    TEXT NOT NULL REFERENCES coupon (id),
    account_id   TEXT NOT NULL,
    periods_left INTEGER NOT NULL,           -- -1: no end
    created_at   INTEGER NOT NULL,
    UNIQUE (coupon_id, account_id)
) STRICT;
CREATE TABLE gift_code (
    id           TEXT PRIMARY KEY,
    code_hash    TEXT NOT NULL UNIQUE,       -- SHA-256, hex; the code is stored nowhere
    currency     TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,           -- 0: never
    account_id   TEXT,                       -- who redeemed it
    redeemed_at  INTEGER NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX gift_code_account ON gift_code (account_id);
-- Double entry: debit is positive, credit negative; the entries of a posting sum to zero.
CREATE TABLE ledger_posting (
    id       TEXT PRIMARY KEY,
    kind     TEXT NOT NULL,                  -- payment, refund, reserve, release, gift
    ref_id   TEXT NOT NULL,
    currency TEXT NOT NULL,
    at       INTEGER NOT NULL,
    UNIQUE (kind, ref_id)
) STRICT;
CREATE TABLE ledger_entry (
    posting_id   TEXT NOT NULL REFERENCES ledger_posting (id),
    n            INTEGER NOT NULL,
    book         TEXT NOT NULL,              -- cash, revenue, tax, credit, reserved, promotion
    account_id   TEXT,
    currency     TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    PRIMARY KEY (posting_id, n)
) STRICT;
CREATE INDEX ledger_entry_account ON ledger_entry (account_id, book, currency);
CREATE TABLE billing_counter (
    name  TEXT PRIMARY KEY,                  -- invoice, credit_note
    value INTEGER NOT NULL
) STRICT;
CREATE TABLE idempotency_key (
    account_id   TEXT NOT NULL,
    key          TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    ref_id       TEXT NOT NULL,              -- the payment or refund it made
    answer       TEXT,                       -- JSON; NULL while the first request is at work
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT;
CREATE INDEX idempotency_key_created ON idempotency_key (created_at);
-- The other side of the gateway "test": what a bank would remember.
CREATE TABLE test_gateway (
    key          TEXT PRIMARY KEY,           -- the idempotency key
    kind         TEXT NOT NULL,              -- charge, refund
    token        TEXT NOT NULL,
    currency     TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    state        TEXT NOT NULL,              -- succeeded, declined, action, cancelled
    calls        INTEGER NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;
