/* store_service.c - the app stores that own subscriptions, as a service: settings, routes, the table of their products. */
#include "service/billing/store_int.h"
#include "service/billing/store_product.h"
#include "service/billing/store_routes.h"

#define END {.type = F_END}
static const struct field product_fields[] = {
    {"store", F_STR, FIELD_REQUIRED, .values = "apple|google|roku|amazon|test-store"},
    {"product", F_STR, FIELD_REQUIRED, 1, 99, .doc = "The store's id of it"},
    END};
static const struct field products_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 200, .ref = "StoreProduct"}, END};

static const struct schema store_schemas[] = {
    {"StoreProduct", product_fields, "A product of an app store"},
    {"StoreProducts", products_fields, "The products of app stores that are a plan"},
    {NULL}};

#define TELLS .flags = ROUTE_NO_ORIGIN_CHECK | ROUTE_ANY_TYPE, .per_minute = 6000, .body_max = 256 << 10, .priority = PRIO_REST
static const struct route store_routes[] = {
    {POST, "/api/v1/webhooks/apple", apple_webhook_post, ROLE_NONE, TELLS, .op = "appleWebhook",
     .doc = "The App Store tells what happened; Apple's signature is the authority"},
    {POST, "/api/v1/webhooks/google", google_webhook_post, ROLE_NONE, TELLS, .deadline_ms = 30000, .op = "googleWebhook",
     .doc = "Google Play tells what happened, by Pub/Sub; its token is the authority"},
    {POST, "/api/v1/webhooks/roku/{secret}", roku_webhook_post, ROLE_NONE, TELLS, .status = 200, .op = "rokuWebhook",
     .doc = "Roku Pay tells what happened; the secret in the address (roku-webhook-secret) is the authority"},
    {GET, "/api/v1/operator/plans/{slug}/store-products", store_products_get, ROLE_OPERATOR, .scope = SCOPE_PLANS_READ, .per_minute = 600,
     .priority = PRIO_REST, .reply = "StoreProducts", .op = "storeProductsGet", .doc = "The products of app stores that are this plan"},
    {PUT, "/api/v1/operator/plans/{slug}/store-products", store_products_put, ROLE_OPERATOR, .scope = SCOPE_PLANS_WRITE, .per_minute = 600,
     .body_max = 64 << 10, .priority = PRIO_REST, .body = "StoreProducts", .reply = "StoreProducts", .status = 200,
     .op = "storeProductsPut", .doc = "All of them; one without a plan is the plan whose slug is its name"},
    {.path = NULL}};

const struct service stores_service = {
    .name = "stores",
    .routes = store_routes,
    .schemas = store_schemas,
    .sql = store_sql,
    .config = stores_config,
    .start = stores_start,
};
