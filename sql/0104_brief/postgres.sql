-- store: main
-- SQLite's alone: PostgreSQL goes from the key's index straight to the row.
SELECT 1;
