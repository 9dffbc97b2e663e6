-- store: viewing
-- Found by their account's last letter and the time (decision 32): ordered by the account itself, every Play of a batch
-- wrote a page of its own; now a batch writes 32 at most, however many accounts there are.
DROP INDEX playback_account;
CREATE INDEX playback_shelf ON playback (substr(account_id, 26), started_at, account_id);
