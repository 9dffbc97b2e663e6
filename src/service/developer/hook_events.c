/* hook_events.c - see hook_events.h. */
#include "service/developer/hook_events.h"
#include "service/developer/hook_int.h"
#include "service/json.h"

const struct hook_event hook_events[] = {
#define X(type, source, when, schema, doc) {type, source, when, schema, doc},
    HOOK_EVENTS(X)
#undef X
    {NULL}};

const struct api_event webhook_events[] = {
#define X(type, source, when, schema, doc) {type, schema, doc},
    HOOK_EVENTS(X)
#undef X
    {NULL}};

/* The lifetime of a subscription, from what billing says of each of its moves (billing/states.h). */
static bool is(const json_t *body, const char *name, const char *value) {
    return str_eq(json_get_str(body, name), str_of(value));
}

bool hook_ended(const json_t *body) { return is(body, "state", "ended") && !is(body, "from", "pending"); }

bool hook_cancelled(const json_t *body) {
    return is(body, "state", "cancelling") && !is(body, "from", "cancelling");
}

bool hook_started(const json_t *body) {
    return (is(body, "from", "pending") || is(body, "from", "ended")) && (is(body, "state", "trialing") || is(body, "state", "active"));
}

/* A first payment that failed began nothing, and so ends nothing. */
bool hook_changed(const json_t *body) {
    return !hook_started(body) && !hook_cancelled(body) && !is(body, "state", "ended") && !is(body, "state", "pending");
}

bool hook_named(const json_t *body) { return json_is_string(json_object_get(body, "account_id")); }

const struct hook_event *hook_event_find(struct str type) {
    for (const struct hook_event *ev = hook_events; ev->type; ev++)
        if (str_eq(type, str_of(ev->type)))
            return ev;
    return NULL;
}

const struct hook_event *hook_event_of(struct str source, const json_t *body) {
    for (const struct hook_event *ev = hook_events; ev->type; ev++)
        if (source.n && str_eq(source, str_of(ev->source)) && (!ev->when || ev->when(body)))
            return ev;
    return NULL;
}

json_t *hook_data(const struct hook_event *ev, const json_t *body) {
    json_t *data = json_object();
    for (const struct schema *s = hook_event_schemas; s->name; s++)
        for (const struct field *f = s->fields; strcmp(s->name, ev->schema) == 0 && f->type != F_END; f++) {
            json_t *v = json_object_get(body, f->name);
            if (v || (f->flags & FIELD_REQUIRED))
                json_object_set(data, f->name, v ? v : json_null());
        }
    return data;
}

#define HEARS(name) {name, "webhook." name, hook_take}
const struct event_handler hook_handlers[] = {
    HEARS("title.published"), HEARS("title.unpublished"), HEARS("rights.opened"),     HEARS("rights.closed"),  HEARS("import.finished"),
    HEARS("import.failed"),   HEARS("subscription.changed"), HEARS("payment.succeeded"), HEARS("payment.failed"), HEARS("payment.refunded"),
    HEARS("account.created"), HEARS("account.erased"),    {NULL}};

static const struct field title_fields[] = {{"title_id", F_ID, FIELD_REQUIRED}, {"slug", F_STR, FIELD_REQUIRED}, {.type = F_END}};
static const struct field rights_fields[] = {
    {"title_id", F_ID, FIELD_REQUIRED},
    {"window_id", F_ID, FIELD_REQUIRED},
    {"territories", F_STR, FIELD_REQUIRED, .doc = "ISO 3166-1 codes, blank-separated; empty: everywhere"},
    {"at", F_TIME, FIELD_REQUIRED},
    {.type = F_END}};
static const struct field import_fields[] = {{"import_id", F_ID, FIELD_REQUIRED}, {.type = F_END}};
static const struct field import_failed_fields[] = {
    {"import_id", F_ID, FIELD_REQUIRED},
    {"code", F_STR, FIELD_REQUIRED, .doc = "Why: as GET /api/v1/imports/{id} has it"},
    {.type = F_END}};
static const struct field subscription_fields[] = {
    {"subscription_id", F_ID, FIELD_REQUIRED},
    {"account_id", F_ID, FIELD_REQUIRED},
    {"event", F_STR, FIELD_REQUIRED, .doc = "What happened: paid, declined, pause_asked, changed, ..."},
    {"from", F_STR, FIELD_REQUIRED, .doc = "The state before"},
    {"state", F_STR, FIELD_REQUIRED, .doc = "trialing, active, past_due, pausing, paused, cancelling, ended"},
    {.type = F_END}};
static const struct field payment_fields[] = {
    {"payment_id", F_ID, FIELD_REQUIRED},
    {"invoice_id", F_ID, FIELD_REQUIRED},
    {"account_id", F_ID, FIELD_REQUIRED},
    {"amount", F_OBJ, FIELD_REQUIRED, .ref = "Money"},
    {.type = F_END}};
static const struct field payment_failed_fields[] = {
    {"payment_id", F_ID, FIELD_REQUIRED},
    {"invoice_id", F_ID, FIELD_REQUIRED},
    {"account_id", F_ID, FIELD_REQUIRED},
    {"amount", F_OBJ, FIELD_REQUIRED, .ref = "Money"},
    {"code", F_STR, FIELD_REQUIRED, .doc = "As the gateway said: card_declined, authentication_required, ..."},
    {.type = F_END}};
static const struct field refund_fields[] = {
    {"refund_id", F_ID, FIELD_REQUIRED},
    {"payment_id", F_ID, FIELD_REQUIRED},
    {"account_id", F_ID, FIELD_REQUIRED},
    {"amount", F_OBJ, FIELD_REQUIRED, .ref = "Money"},
    {.type = F_END}};
static const struct field account_fields[] = {{"account_id", F_ID, FIELD_REQUIRED}, {.type = F_END}};
static const struct field ping_fields[] = {{"webhook_id", F_ID, FIELD_REQUIRED, .doc = "Which endpoint is tried"}, {.type = F_END}};

const struct schema hook_event_schemas[] = {{"HookTitle", title_fields, "Data of title.published and title.unpublished"},
                                            {"HookRights", rights_fields, "Data of rights.opened and rights.closed"},
                                            {"HookImport", import_fields, "Data of import.finished"},
                                            {"HookImportFailed", import_failed_fields, "Data of import.failed"},
                                            {"HookSubscription", subscription_fields, "Data of subscription events"},
                                            {"HookPayment", payment_fields, "Data of payment.succeeded"},
                                            {"HookPaymentFailed", payment_failed_fields, "Data of payment.failed"},
                                            {"HookRefund", refund_fields, "Data of payment.refunded"},
                                            {"HookAccount", account_fields, "Data of account.created and account.erased"},
                                            {"HookPing", ping_fields, "Data of ping"},
                                            {NULL}};
