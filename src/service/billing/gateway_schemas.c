/* gateway_schemas.c - shapes and routes of what stands between people and gateways. */
#include "service/billing/gateway_routes.h"
#include "service/billing/webhook.h"

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

static const struct field dispute_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"payment_id", F_ID, FIELD_REQUIRED},
    {"account_id", F_ID, FIELD_REQUIRED},
    {"invoice_id", F_ID, FIELD_REQUIRED},
    {"state", F_STR, FIELD_REQUIRED, .values = "inquiry|open|won|lost"},
    {"amount", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Money"},
    {"withdrawn", F_BOOL, FIELD_REQUIRED, .doc = "The gateway has taken the money, for now or for good"},
    {"reason", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "The bank's: fraudulent, duplicate"},
    {"evidence_due_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Answer it at the gateway until then"},
    {"created_at", F_TIME, FIELD_REQUIRED},
    {"closed_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"gateway", F_STR, FIELD_REQUIRED},
    {"gateway_ref", F_STR, FIELD_REQUIRED},
    END};
static const struct field dispute_list_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Dispute"}, END};
static const struct field receipt_fields[] = {
    {"store", F_STR, FIELD_REQUIRED, 1, 40, .doc = "apple, google, roku, amazon; test-store where the test gateway is in force"},
    {"receipt", F_STR, FIELD_REQUIRED, 1, 12000,
     .doc = "What the store gave its buyer: the signed transaction (apple), the purchase token (google), the transaction's id (roku), "
            "the receipt's id (amazon)"},
    {"user", F_STR, 0, 1, 300, .doc = "amazon: the store's id of the buyer"},
    END};
static const struct field test_store_fields[] = {
    {"product", F_STR, FIELD_REQUIRED, 1, 60, .doc = "A plan's slug"},
    {"status", F_STR, FIELD_REQUIRED, .values = "active|grace|hold|paused|ended|revoked"},
    {"renews", F_BOOL, 0, .doc = "false: cancelled in the store, runs to the period's end"},
    {"period_start_at", F_TIME, FIELD_REQUIRED},
    {"period_end_at", F_TIME, FIELD_REQUIRED},
    {"grace_until_at", F_TIME, 0},
    {"notify", F_BOOL, 0, .doc = "The store tells us by itself"},
    END};

const struct schema gateway_schemas[] = {
    {"TestCard", card_fields, "A card of the test gateway"},
    {"Gateway", gateway_fields, "How payment methods are set up here"},
    {"MethodSetupAsk", setup_ask_fields, "Setting a payment method up"},
    {"MethodSetup", setup_fields, "How to go on"},
    {"MethodSetupResult", setup_result_fields, "What came of it"},
    {"Dispute", dispute_fields, "A payer's bank wants the money of a payment back"},
    {"DisputeList", dispute_list_fields, "Disputes, latest first"},
    {"StoreReceipt", receipt_fields, "A subscription that was made in a store"},
    {"TestStorePut", test_store_fields, "What the test store says of a receipt"},
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
    {POST, "/api/v1/billing/store", store_post, ROLE_VIEWER, .flags = ROUTE_ADULT, .per_minute = 10,
     .body_max = 16 << 10, .priority = PRIO_REST, .deadline_ms = 30000, .body = "StoreReceipt",
     .reply = "Billing", .status = 200, .op = "storeReceipt",
     .doc = "A subscription that was made in a store; it is read, never charged"},
    {PUT, "/api/v1/test-store/{receipt}", test_store_put, ROLE_VIEWER, .flags = ROUTE_ADULT,
     .per_minute = 60, .body_max = 2048, .priority = PRIO_REST, .body = "TestStorePut",
     .op = "testStorePut", .doc = "What the test store says; 404 unless the test gateway is in force"},
    {POST, "/api/v1/webhooks/stripe", stripe_webhook_post, ROLE_NONE,
     .flags = ROUTE_NO_ORIGIN_CHECK | ROUTE_ANY_TYPE, .per_minute = 6000, .body_max = 512 << 10,
     .priority = PRIO_REST, .op = "stripeWebhook",
     .doc = "Stripe tells what happened; its signature is the authority"},
    {GET, "/api/v1/operator/disputes", disputes_get, ROLE_OPERATOR, .scope = SCOPE_MONEY_READ, .per_minute = 600,
     .priority = PRIO_REST, .reply = "DisputeList", .op = "disputesList", .doc = "Disputed payments"},
    {.path = NULL}};
