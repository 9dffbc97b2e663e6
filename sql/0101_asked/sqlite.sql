-- store: main
-- What every request asks, and every Play, answered from an index: SQLite's tables are found by an index and then
-- by a row number, each a walk down a tree of its own, and with many accounts each walk ends in memory nobody
-- touched lately (decision 26). Named in the queries: SQLite would take the key's index, being unique.
CREATE UNIQUE INDEX session_asked ON session
    (token_hash, expires_at, id, account_id, profile_id, device_id, created_at, last_seen_at, paired);
-- Who is not as nearly all are: the key's foreign keys say that the others are there.
CREATE UNIQUE INDEX account_staff ON account (id, roles) WHERE roles <> 1;
CREATE UNIQUE INDEX profile_limited ON profile (id, kids, maturity) WHERE kids <> 0 OR maturity <> 18;
CREATE UNIQUE INDEX device_asked ON device (id, account_id, kind, name, last_seen_at, named, played_at);
CREATE INDEX subscription_asked ON subscription (account_id, id, plan_id, state, period_end_at, grace_until_at)
    WHERE state <> 'ended';
