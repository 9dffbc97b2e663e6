/*
 * stripe_setup.c - customers, and cards that their owners enter on Stripe's own page (Checkout in setup
 * mode): settings, the page, what became of it. Stripe is told our account's id and nothing else about
 * the person.
 */
#include "service/billing/gateway_sql.h"
#include "service/billing/stripe_int.h"

const struct config_key stripe_config[] = {
    {"stripe-secret-key", CONFIG_STR, "",
     .doc = "Secret key of the Stripe account (sk_... or rk_...); empty: Stripe is not used", .secret = true},
    {"stripe-webhook-secret", CONFIG_STR, "",
     .doc = "Signing secret (whsec_...) of the webhook endpoint that points to /api/v1/webhooks/stripe", .secret = true},
    {"stripe-url", CONFIG_URL, "https://api.stripe.com",
     .doc = "Address of Stripe's API; another one is for tests, and may be http:// on this machine alone"},
    {"stripe-timeout", CONFIG_DURATION, "10s", 500, 20000,
     .doc = "How long one request to Stripe may take"},
    {.name = NULL}};

bool stripe_configured(const struct engine *e) {
    return e->config && config_str(e->config, "stripe-secret-key")[0];
}

bool gateway_url_ok(struct str url) {
    static const char *const hosts[] = {"http://localhost", "http://127.0.0.1", "http://[::1]"};
    if (str_starts(url, STR("https://")))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        struct str rest = str_slice(url, strlen(hosts[i]), url.n);
        if (str_starts(url, str_of(hosts[i])) && (!rest.n || rest.p[0] == ':' || rest.p[0] == '/'))
            return true;
    }
    return false;
}

int stripe_start(const struct engine *e, struct err *reterr) {
    if (!stripe_configured(e))
        return 0;
    struct str key = str_of(config_str(e->config, "stripe-secret-key"));
    struct str url = str_of(config_str(e->config, "stripe-url"));
    bool plain = key.n >= 10;
    for (size_t i = 0; i < key.n; i++) /* it becomes a header's value */
        plain = plain && key.p[i] > ' ' && key.p[i] < 127;
    if (!plain)
        return err_refuse(reterr, ERR_INVALID, "config.stripe_secret_key",
                          "Write stripe-secret-key as Stripe shows it: sk_live_... or sk_test_...",
                          "stripe-secret-key is no key");
    if (!gateway_url_ok(url))
        return err_refuse(reterr, ERR_INVALID, "config.stripe_url",
                          "Write stripe-url with https://; without TLS anybody on the way could read the key.",
                          "stripe-url is not https");
    gateway_add(&stripe_gateway);
    return 0;
}

static int customer_get(const struct engine *e, struct account_id account, struct arena *a,
                        struct str *ret, struct err *reterr) {
    struct rows r;
    int rc = store_query(e->store, &gateway_sql[CUSTOMER_GET],
                         ARGS(A_ID(account), A_CSTR(stripe_gateway.name)), a, &r, reterr);
    if (rc > 0)
        *ret = row_str(&r, 0, 0);
    return rc;
}

static int customer_make(const struct engine *e, struct account_id account, struct err *reterr) {
    scoped(stripe_reply_done) struct stripe_reply r = {0};
    scoped(buf_done) struct buf f = BUF(1024);
    char key[60];
    snprintf(key, sizeof key, "customer-" ID_FMT, ID_ARG(account.v));
    form_add(&f, "metadata[account_id]", id_str(&account.v));
    int rc = stripe_call(e, "POST", "/v1/customers", &f, str_of(key), &r, reterr);
    if (rc)
        return rc;
    struct str id = json_text(r.body, "id");
    if (r.status != 200 || !id.n || str_index(id, '/') >= 0)
        return err_set(reterr, ERR_IO, "stripe: making a customer answers %d", r.status);
    rc = store_exec(e->store, &gateway_sql[CUSTOMER_PUT],
                    ARGS(A_ID(account), A_CSTR(stripe_gateway.name), A_STR(id),
                         A_I64(clock_now_ms(e->clock))),
                    reterr);
    return rc < 0 ? rc : 0;
}

static int customer_ensure(const struct engine *e, struct account_id account, struct arena *a,
                           struct str *ret, struct err *reterr) {
    int rc = customer_get(e, account, a, ret, reterr);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    rc = customer_make(e, account, reterr);
    if (rc == 0)
        rc = customer_get(e, account, a, ret, reterr);
    return rc < 0 ? rc : rc > 0 ? 0 : err_set(reterr, ERR_INTERNAL, "a new customer is not there");
}

int stripe_customer_forget(const struct engine *e, struct str ref, struct err *reterr) {
    scoped(stripe_reply_done) struct stripe_reply r = {0};
    char path[200];
    snprintf(path, sizeof path, "/v1/customers/" STR_FMT, STR_ARG(ref));
    int rc = stripe_call(e, "DELETE", path, NULL, STR_NULL, &r, reterr);
    return rc                                   ? rc
           : r.status == 200 || r.status == 404 ? 0
                                                : err_set(reterr, ERR_IO, "stripe: forgetting a customer answers %d", r.status);
}

static int copy(char *dst, size_t cap, struct str s, struct err *reterr) {
    if (s.n >= cap)
        return err_set(reterr, ERR_LIMIT, "stripe: a text of %zu bytes", s.n);
    snprintf(dst, cap, STR_FMT, STR_ARG(s));
    return 0;
}

int stripe_setup_begin(const struct engine *e, const struct gateway_setup_ask *ask,
                       struct gateway_setup *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    scoped(stripe_reply_done) struct stripe_reply r = {0};
    scoped(buf_done) struct buf f = BUF(4096);
    struct str customer;
    int rc = customer_ensure(e, ask->account, &a, &customer, reterr);
    if (rc)
        return rc;
    form_add(&f, "mode", STR("setup"));
    form_add(&f, "customer", customer);
    form_add(&f, "payment_method_types[0]", STR("card"));
    form_add(&f, "success_url", ask->return_url);
    form_add(&f, "cancel_url", ask->cancel_url);
    form_add(&f, "client_reference_id", ask->key);
    form_add(&f, "metadata[setup_id]", ask->key);
    form_add(&f, "setup_intent_data[metadata][setup_id]", ask->key);
    rc = stripe_call(e, "POST", "/v1/checkout/sessions", &f, ask->key, &r, reterr);
    if (rc)
        return rc;
    struct str url = json_text(r.body, "url");
    if (r.status != 200 || !url.n)
        return err_set(reterr, ERR_IO, "stripe: a checkout session answers %d", r.status);
    *ret = (struct gateway_setup){.state = SETUP_OPEN};
    rc = copy(ret->ref, sizeof ret->ref, json_text(r.body, "id"), reterr);
    return rc ? rc : copy(ret->url, sizeof ret->url, url, reterr);
}

/* "visa" and "4242": "Visa ending in 4242". */
static void label_make(const json_t *method, char *dst, size_t cap) {
    const json_t *card = json_object_get(method, "card");
    struct str brand = json_text(card, "display_brand"), last4 = json_text(card, "last4");
    if (!brand.n)
        brand = json_text(card, "brand");
    if (brand.n < 1 || brand.n > 30 || last4.n != 4) {
        snprintf(dst, cap, "Card");
        return;
    }
    char first = brand.p[0] >= 'a' && brand.p[0] <= 'z' ? (char)(brand.p[0] - 32) : brand.p[0];
    struct str rest = str_slice(brand, 1, brand.n);
    snprintf(dst, cap, "%c" STR_FMT " ending in " STR_FMT, first, STR_ARG(rest), STR_ARG(last4));
    for (char *p = dst; *p; p++)
        *p = *p == '_' ? ' ' : *p;
}

static int setup_done(const json_t *session, struct gateway_setup *ret, struct err *reterr) {
    const json_t *intent = json_object_get(session, "setup_intent");
    const json_t *method = json_object_get(intent, "payment_method");
    struct str status = json_text(intent, "status");
    if (str_eq(status, STR("processing")))
        return 0;
    ret->state = SETUP_FAILED;
    if (!str_eq(status, STR("succeeded")))
        return 0;
    ret->state = SETUP_SUCCEEDED;
    label_make(method, ret->method.label, sizeof ret->method.label);
    struct str customer = json_text(session, "customer"), id = json_text(method, "id");
    if (!id.n || customer.n + id.n + 2 > sizeof ret->method.token)
        return err_set(reterr, ERR_LIMIT, "stripe: a method without an id, or with a long one");
    snprintf(ret->method.token, sizeof ret->method.token, STR_FMT "/" STR_FMT, STR_ARG(customer),
             STR_ARG(id));
    return 0;
}

int stripe_setup_read(const struct engine *e, struct account_id account, struct str ref,
                      struct gateway_setup *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    scoped(stripe_reply_done) struct stripe_reply r = {0};
    struct str customer;
    char path[300];
    snprintf(path, sizeof path, "/v1/checkout/sessions/" STR_FMT "?expand%%5B0%%5D=setup_intent.payment_method",
             STR_ARG(ref));
    int rc = customer_get(e, account, &a, &customer, reterr);
    if (rc > 0)
        rc = stripe_call(e, "GET", path, NULL, STR_NULL, &r, reterr);
    else if (rc == 0)
        rc = err_set(reterr, ERR_CONFLICT, "the account is no customer of Stripe's any more");
    if (rc)
        return rc;
    if (r.status != 200 || !str_eq(json_text(r.body, "customer"), customer))
        return err_set(reterr, ERR_IO, "stripe: reading a checkout session answers %d", r.status);
    *ret = (struct gateway_setup){.state = SETUP_OPEN};
    struct str status = json_text(r.body, "status");
    if (str_eq(status, STR("expired")))
        ret->state = SETUP_FAILED;
    return str_eq(status, STR("complete")) ? setup_done(r.body, ret, reterr) : 0;
}
