/* gateway_schemas.c - shapes and routes of what stands between people and gateways. */
#include "service/billing/gateway_routes.h"

#define END {.type = F_END}
static const struct field card_fields[] = {
    {"token", F_STR, FIELD_REQUIRED}, {"label", F_STR, FIELD_REQUIRED}, END};
static const struct field gateway_fields[] = {
    {"name", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "null: nothing can be paid here"},
    {"kind", F_STR, FIELD_REQUIRED, .values = "form|redirect|none",
     .doc = "form: choose one of test_cards and send its token; redirect: POST "
            "billing/method/setup and go to its url"},
    {"test_cards", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "TestCard",
     .doc = "Empty unless the test gateway is in force"},
    END};
static const struct field setup_ask_fields[] = {
    {"next", F_STR, 0, 1, 500, .doc = "A path of the web app, given back by confirm"}, END};
static const struct field setup_fields[] = {
    {"kind", F_STR, FIELD_REQUIRED, .values = "form|redirect"},
    {"gateway", F_STR, FIELD_REQUIRED},
    {"setup_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE},
    {"url", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, 0, 2000,
     .doc = "Go there; it comes back to /billing/return?setup={setup_id}"},
    END};
static const struct field setup_result_fields[] = {
    {"status", F_STR, FIELD_REQUIRED, .values = "open|succeeded|failed",
     .doc = "open: its visitor came back without having finished"},
    {"detail", F_STR, FIELD_REQUIRED, 0, 200, .doc = "A sentence for a person; empty on success"},
    {"method", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "PaymentMethod",
     .doc = "The method in use now"},
    {"next", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, 0, 500, .doc = "As it was sent to setup"},
    END};

const struct schema gateway_schemas[] = {
    {"TestCard", card_fields, "A card of the test gateway"},
    {"Gateway", gateway_fields, "How payment methods are set up here"},
    {"MethodSetupAsk", setup_ask_fields, "Setting a payment method up"},
    {"MethodSetup", setup_fields, "How to go on"},
    {"MethodSetupResult", setup_result_fields, "What came of it"},
    {NULL}};

const struct route gateway_routes[] = {
    {GET, "/api/v1/billing/gateway", gateway_get, ROLE_VIEWER, .per_minute = 120,
     .priority = PRIO_BROWSE, .reply = "Gateway", .op = "gatewayGet",
     .doc = "Which form the web shows for a payment method"},
    {POST, "/api/v1/billing/method/setup", method_setup_post, ROLE_VIEWER, .flags = ROUTE_ADULT,
     .per_minute = 10, .body_max = 2048, .priority = PRIO_REST, .deadline_ms = 30000,
     .body = "MethodSetupAsk", .reply = "MethodSetup", .status = 200, .op = "methodSetup",
     .doc = "Set a payment method up on the gateway's own page"},
    {POST, "/api/v1/billing/method/setups/{id:id}/confirm", method_setup_confirm_post, ROLE_VIEWER,
     .flags = ROUTE_ADULT, .per_minute = 60, .priority = PRIO_REST, .deadline_ms = 30000,
     .body = "Nothing", .reply = "MethodSetupResult", .status = 200, .op = "methodSetupConfirm",
     .doc = "Back from the gateway's page: what came of it"},
    {GET, "/api/v1/test-gateway/{id:id}", test_bank_get, ROLE_VIEWER, .flags = ROUTE_ADULT,
     .per_minute = 60, .priority = PRIO_REST, .status = 200, .op = "testBankPage",
     .doc = "The test gateway's stand-in for a bank's page; 404 unless it is in force"},
    {POST, "/api/v1/test-gateway/{id:id}/answer", test_bank_post, ROLE_VIEWER,
     .flags = ROUTE_ADULT | ROUTE_ANY_TYPE, .per_minute = 60, .body_max = 100,
     .priority = PRIO_REST, .status = 303, .op = "testBankAnswer",
     .doc = "That page's answer; goes back to /billing/return?payment={id}"},
    {.path = NULL}};
