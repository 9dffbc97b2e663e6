-- store: main
-- That a subscription's owner was told of a period's end, so that nobody is told twice.
CREATE TABLE subscription_reminder (
    subscription_id TEXT NOT NULL REFERENCES subscription (id),
    period_end_at   BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (subscription_id, period_end_at)
);
