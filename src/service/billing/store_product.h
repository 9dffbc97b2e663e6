/* store_product.h - which plan a product of an app store is (sql/0069_store_products). */
#pragma once
#include "service/billing/billing_int.h"

#define STORE_SQL(Q)                                                                               \
    Q(STORE_PRODUCT_PLAN, MAIN, "SELECT plan_id FROM store_product WHERE store = $1 AND product = $2") \
    Q(STORE_PRODUCTS_OF, MAIN,                                                                     \
      "SELECT store, product FROM store_product WHERE plan_id = $1 ORDER BY store, product LIMIT 200") \
    Q(STORE_PRODUCTS_CLEAR, MAIN, "DELETE FROM store_product WHERE plan_id = $1")                  \
    Q(STORE_PRODUCT_PUT, MAIN,                                                                     \
      "INSERT INTO store_product (store, product, plan_id, created_at) VALUES ($1, $2, $3, $4)"    \
      " ON CONFLICT (store, product) DO NOTHING")
enum { STORE_SQL(SQL_ENUM) };
extern const struct sql store_sql[];

/* 1 and the plan; 0: of none. One without a row is of the plan whose slug it is. */
int store_product_plan(struct work *w, const char *store, const char *product, struct plan_id *ret, struct err *reterr);
