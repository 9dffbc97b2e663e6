-- store: main
-- Failed sign-ins are counted in the cache.
DROP TABLE sign_in_failure;
