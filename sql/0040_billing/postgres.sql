-- store: main
-- Money is in minor units (..._minor) of the row's ISO 4217 currency. account_id has no foreign key: what
-- the law keeps outlives the account, under a number that leads to nobody (billing_erase).
CREATE TABLE billing_account (
    account_id    TEXT PRIMARY KEY,
    country       TEXT NOT NULL,             -- ISO 3166-1; '' until a checkout said it
    currency      TEXT NOT NULL,             -- '' until the first price
    version       BIGINT NOT NULL,          -- written first by every change: the account's lock
    trial_used_at BIGINT NOT NULL,          -- 0: never had one
    method_id     TEXT                       -- the payment method in use
);
CREATE TABLE plan (
    id         TEXT PRIMARY KEY,
    slug       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    level      BIGINT NOT NULL,             -- a change to a higher level is an upgrade
    active     BIGINT NOT NULL,             -- can be bought
    streams    BIGINT NOT NULL,             -- at the same time; 0: no limit
    devices    BIGINT NOT NULL,             -- 0: no limit
    max_height BIGINT NOT NULL,             -- lines; 0: no limit
    downloads  BIGINT NOT NULL,             -- titles kept offline
    ads        BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- A price never changes: another amount is another row, and who has the old one keeps it.
CREATE TABLE plan_price (
    id           TEXT PRIMARY KEY,
    plan_id      TEXT NOT NULL REFERENCES plan (id),
    months       BIGINT NOT NULL,           -- 1 or 12
    currency     TEXT NOT NULL,
    country      TEXT NOT NULL,              -- '' everywhere else
    amount_minor BIGINT NOT NULL,
    trial_days   BIGINT NOT NULL,
    active       BIGINT NOT NULL,
    created_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX plan_price_one ON plan_price (plan_id, months, currency, country) WHERE active = 1;
CREATE TABLE offer (
    id           TEXT PRIMARY KEY,
    kind         TEXT NOT NULL,              -- plan, rental, purchase, avod, holdback
    name         TEXT NOT NULL,
    plan_id      TEXT REFERENCES plan (id),
    all_titles   BIGINT NOT NULL,
    start_days   BIGINT NOT NULL,           -- rental: days to begin
    finish_hours BIGINT NOT NULL,           -- rental: hours to finish once begun
    active       BIGINT NOT NULL,
    from_at      BIGINT NOT NULL,
    until_at     BIGINT NOT NULL,           -- 0: open
    created_at   BIGINT NOT NULL
);
CREATE INDEX offer_all ON offer (id) WHERE all_titles = 1;
CREATE TABLE offer_title (
    offer_id TEXT NOT NULL REFERENCES offer (id) ON DELETE CASCADE,
    title_id TEXT NOT NULL,
    PRIMARY KEY (offer_id, title_id)
);
CREATE INDEX offer_title_title ON offer_title (title_id);
CREATE TABLE offer_price (
    offer_id     TEXT NOT NULL REFERENCES offer (id) ON DELETE CASCADE,
    currency     TEXT NOT NULL,
    country      TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    PRIMARY KEY (offer_id, currency, country)
);
CREATE TABLE tax_rate (
    country   TEXT PRIMARY KEY,
    name      TEXT NOT NULL,                 -- as the invoice calls it: VAT, GST
    rate_bp   BIGINT NOT NULL,              -- hundredths of a percent
    inclusive BIGINT NOT NULL,              -- prices of this country contain it
    updated_at BIGINT NOT NULL
);
CREATE TABLE payment_method (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    gateway    TEXT NOT NULL,
    token      TEXT NOT NULL,                -- the gateway's; never a card number
    label      TEXT NOT NULL,                -- "Visa ending in 4242"
    created_at BIGINT NOT NULL
);
CREATE INDEX payment_method_account ON payment_method (account_id);
CREATE TABLE subscription (
    id              TEXT PRIMARY KEY,
    account_id      TEXT NOT NULL,
    plan_id         TEXT NOT NULL REFERENCES plan (id),
    price_id        TEXT REFERENCES plan_price (id), -- NULL where a store sets the price
    state           TEXT NOT NULL,
    gateway         TEXT NOT NULL,
    store_ref       TEXT,                    -- of a subscription that a store owns
    anchor_at       BIGINT NOT NULL,        -- all periods are whole months from here
    anchor_months   BIGINT NOT NULL,        -- from the anchor to the period's start
    period_start_at BIGINT NOT NULL,
    period_end_at   BIGINT NOT NULL,
    rate_minor      BIGINT NOT NULL,        -- what a whole period costs at present, discount taken off
    next_price_id   TEXT REFERENCES plan_price (id), -- from the next period on
    redemption_id   TEXT,
    attempts        BIGINT NOT NULL,
    next_at         BIGINT NOT NULL,        -- when the clock has to look; 0: never
    grace_until_at  BIGINT NOT NULL,
    resume_at       BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    ended_at        BIGINT NOT NULL
);
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
    at              BIGINT NOT NULL
);
CREATE INDEX subscription_move_subscription ON subscription_move (subscription_id, id);
-- What was rented or bought. The titles are copied: an offer that changes takes nothing away.
CREATE TABLE title_right (
    id           TEXT PRIMARY KEY,
    account_id   TEXT NOT NULL,
    offer_id     TEXT NOT NULL REFERENCES offer (id),
    kind         TEXT NOT NULL,              -- rental, purchase
    state        TEXT NOT NULL,              -- pending, active, failed, revoked
    start_by_at  BIGINT NOT NULL,           -- rental: to be begun until; 0: no limit
    started_at   BIGINT NOT NULL,
    ends_at      BIGINT NOT NULL,           -- rental: once begun, watched until; 0: no limit
    finish_hours BIGINT NOT NULL,
    created_at   BIGINT NOT NULL
);
CREATE INDEX title_right_account ON title_right (account_id);
CREATE TABLE title_right_title (
    right_id TEXT NOT NULL REFERENCES title_right (id) ON DELETE CASCADE,
    title_id TEXT NOT NULL,
    PRIMARY KEY (right_id, title_id)
);
-- A number is given when it is paid, so an attempt that failed leaves no gap.
CREATE TABLE invoice (
    id              TEXT PRIMARY KEY,
    number          BIGINT,
    account_id      TEXT NOT NULL,
    subscription_id TEXT,
    right_id        TEXT,
    kind            TEXT NOT NULL,           -- period, upgrade, rental, purchase
    state           TEXT NOT NULL,           -- open, paid, void
    currency        TEXT NOT NULL,
    country         TEXT NOT NULL,
    net_minor       BIGINT NOT NULL,
    tax_minor       BIGINT NOT NULL,
    total_minor     BIGINT NOT NULL,
    credit_minor    BIGINT NOT NULL,        -- of the total, paid from the account's credit
    due_minor       BIGINT NOT NULL,        -- the rest, charged
    tax_name        TEXT NOT NULL,
    tax_bp          BIGINT NOT NULL,
    tax_inclusive   BIGINT NOT NULL,
    price_id        TEXT,
    rate_minor      BIGINT NOT NULL,
    anchor_at       BIGINT NOT NULL,
    anchor_months   BIGINT NOT NULL,
    period_start_at BIGINT NOT NULL,
    period_end_at   BIGINT NOT NULL,
    redemption_id   TEXT,                    -- the coupon that it used
    buyer           TEXT NOT NULL,           -- e-mail at the time; emptied by erasure
    created_at      BIGINT NOT NULL,
    paid_at         BIGINT NOT NULL
);
CREATE UNIQUE INDEX invoice_number ON invoice (number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX invoice_period ON invoice (subscription_id, period_start_at)
    WHERE kind = 'period' AND state <> 'void';
CREATE INDEX invoice_account ON invoice (account_id, created_at);
CREATE TABLE invoice_line (
    invoice_id      TEXT NOT NULL REFERENCES invoice (id) ON DELETE CASCADE,
    n               BIGINT NOT NULL,
    kind            TEXT NOT NULL,           -- plan, discount, unused, title
    description     TEXT NOT NULL,
    net_minor       BIGINT NOT NULL,
    tax_minor       BIGINT NOT NULL,
    period_start_at BIGINT NOT NULL,
    period_end_at   BIGINT NOT NULL,
    PRIMARY KEY (invoice_id, n)
);
CREATE TABLE payment (
    id           TEXT PRIMARY KEY,
    account_id   TEXT NOT NULL,
    invoice_id   TEXT NOT NULL REFERENCES invoice (id),
    method_id    TEXT,
    gateway      TEXT NOT NULL,
    token        TEXT NOT NULL,
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    state        TEXT NOT NULL,              -- pending, action, succeeded, failed
    off_session  BIGINT NOT NULL,
    decline_code TEXT NOT NULL,
    action_url   TEXT NOT NULL,
    gateway_ref  TEXT NOT NULL,
    next_at      BIGINT NOT NULL,           -- when to ask the gateway again; 0: never
    created_at   BIGINT NOT NULL,
    settled_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX payment_open ON payment (invoice_id) WHERE state = 'pending' OR state = 'action';
CREATE INDEX payment_account ON payment (account_id, created_at);
CREATE INDEX payment_due ON payment (next_at) WHERE next_at > 0;
CREATE TABLE refund (
    id           TEXT PRIMARY KEY,
    payment_id   TEXT NOT NULL REFERENCES payment (id),
    account_id   TEXT NOT NULL,
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    state        TEXT NOT NULL,              -- pending, succeeded, failed
    reason       TEXT NOT NULL,
    ends_access  BIGINT NOT NULL,
    next_at      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    settled_at   BIGINT NOT NULL
);
CREATE INDEX refund_payment ON refund (payment_id);
CREATE INDEX refund_account ON refund (account_id);
CREATE INDEX refund_due ON refund (next_at) WHERE next_at > 0;
CREATE TABLE credit_note (
    id          TEXT PRIMARY KEY,
    number      BIGINT NOT NULL UNIQUE,
    invoice_id  TEXT NOT NULL REFERENCES invoice (id),
    refund_id   TEXT NOT NULL UNIQUE REFERENCES refund (id),
    account_id  TEXT NOT NULL,
    currency    TEXT NOT NULL,
    net_minor   BIGINT NOT NULL,
    tax_minor   BIGINT NOT NULL,
    total_minor BIGINT NOT NULL,
    reason      TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE INDEX credit_note_invoice ON credit_note (invoice_id);
CREATE INDEX credit_note_account ON credit_note (account_id);
CREATE TABLE coupon (
    id              TEXT PRIMARY KEY,
    code            TEXT NOT NULL UNIQUE,    -- upper case
    percent_bp      BIGINT NOT NULL,        -- hundredths of a percent, or 0
    amount_minor    BIGINT NOT NULL,        -- or so much
    currency        TEXT NOT NULL,           -- of the amount
    periods         BIGINT NOT NULL,        -- 0: as long as the subscription lives
    plan_id         TEXT REFERENCES plan (id), -- NULL: any
    max_redemptions BIGINT NOT NULL,        -- 0: no limit
    redeemed        BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,        -- 0: never
    active          BIGINT NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE TABLE coupon_redemption (
    id           TEXT PRIMARY KEY,
    coupon_id    TEXT NOT NULL REFERENCES coupon (id),
    account_id   TEXT NOT NULL,
    periods_left BIGINT NOT NULL,           -- -1: no end
    created_at   BIGINT NOT NULL,
    UNIQUE (coupon_id, account_id)
);
CREATE TABLE gift_code (
    id           TEXT PRIMARY KEY,
    code_hash    TEXT NOT NULL UNIQUE,       -- SHA-256, hex; the code is stored nowhere
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,           -- 0: never
    account_id   TEXT,                       -- who redeemed it
    redeemed_at  BIGINT NOT NULL,
    created_at   BIGINT NOT NULL
);
CREATE INDEX gift_code_account ON gift_code (account_id);
-- Double entry: debit is positive, credit negative; the entries of a posting sum to zero.
CREATE TABLE ledger_posting (
    id       TEXT PRIMARY KEY,
    kind     TEXT NOT NULL,                  -- payment, refund, reserve, release, gift
    ref_id   TEXT NOT NULL,
    currency TEXT NOT NULL,
    at       BIGINT NOT NULL,
    UNIQUE (kind, ref_id)
);
CREATE TABLE ledger_entry (
    posting_id   TEXT NOT NULL REFERENCES ledger_posting (id),
    n            BIGINT NOT NULL,
    book         TEXT NOT NULL,              -- cash, revenue, tax, credit, reserved, promotion
    account_id   TEXT,
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    PRIMARY KEY (posting_id, n)
);
CREATE INDEX ledger_entry_account ON ledger_entry (account_id, book, currency);
CREATE TABLE billing_counter (
    name  TEXT PRIMARY KEY,                  -- invoice, credit_note
    value BIGINT NOT NULL
);
CREATE TABLE idempotency_key (
    account_id   TEXT NOT NULL,
    key          TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    ref_id       TEXT NOT NULL,              -- the payment or refund it made
    answer       TEXT,                       -- JSON; NULL while the first request is at work
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_key_created ON idempotency_key (created_at);
-- The other side of the gateway "test": what a bank would remember.
CREATE TABLE test_gateway (
    key          TEXT PRIMARY KEY,           -- the idempotency key
    kind         TEXT NOT NULL,              -- charge, refund
    token        TEXT NOT NULL,
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    state        TEXT NOT NULL,              -- succeeded, declined, action, cancelled
    calls        BIGINT NOT NULL,
    created_at   BIGINT NOT NULL
);
