-- store: main
-- Which plan a product of an app store is. A product without a row belongs to the plan whose slug is its name.
CREATE TABLE store_product (
    store      TEXT NOT NULL,                -- apple, google, roku, amazon
    product    TEXT NOT NULL,                -- the store's id of it
    plan_id    TEXT NOT NULL REFERENCES plan (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (store, product)
) STRICT;
CREATE INDEX store_product_plan ON store_product (plan_id);
