-- store: main
-- The age from which a title may be seen, 0 to 18. What nobody has rated is for adults.
ALTER TABLE title ADD COLUMN maturity INTEGER NOT NULL DEFAULT 18;
