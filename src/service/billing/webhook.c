/*
 * webhook.c - what gateways tell by themselves. A delivery is written down and answered at once; a job
 * then looks at what it is about. The job believes nothing: it asks the gateway for the object's state
 * now, so order, repetition and age of events do not matter, and a lost one is only late (the clock asks
 * for open payments too).
 */
#include "service/billing/webhook.h"
#include "engine/http/http.h"
#include "engine/job/job.h"
#include "service/billing/dispute.h"
#include "service/billing/gateway_sql.h"
#include "service/billing/stripe_int.h"
#include "service/billing/subscription.h"
#include "service/json.h"
#include "base/log.h"

#define TOLERANCE_MS (300LL * 1000)
#define KEPT_MS (90LL * BILLING_DAY_MS) /* Stripe repeats for 3 days, by hand for 30 */

int webhook_keep(const struct engine *e, const struct webhook *ev, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    scoped(arena_done) struct arena a = ARENA(4 << 10);
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &gateway_sql[WEBHOOK_PUT],
                     ARGS(A_CSTR(ev->gateway), A_CSTR(ev->id), A_CSTR(ev->type), A_CSTR(ev->object), A_CSTR(ev->ref),
                          A_CSTR(ev->subject), A_I64(clock_now_ms(e->clock))),
                     reterr);
    if (rc <= 0) /* delivered before */
        return rc;
    rc = event_publish(tx, "webhook.received", 1, str_of(ev->id),
                       str_printf(&a, "{\"gateway\":\"%s\"}", ev->gateway), reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int stripe_webhook_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct str secret = e->config ? str_of(config_str(e->config, "stripe-webhook-secret")) : STR("");
    struct stripe_event ev;
    if (!stripe_configured(e) || !secret.n)
        return err_set(reterr, ERR_NOT_FOUND, "stripe-webhook-secret is not set");
    if (!stripe_signature_ok(request_header(rq, "Stripe-Signature"), request_body(rq), secret,
                             request_now_ms(rq), TOLERANCE_MS)) {
        log_event(LOG_WARN, "billing.webhook_forged", LS("gateway", stripe_gateway.name));
        return err_refuse(reterr, ERR_INVALID, "billing.webhook_signature",
                          "The signature is not right: compare stripe-webhook-secret with the "
                          "endpoint's signing secret, and the clocks.",
                          "a webhook's signature does not verify");
    }
    int rc = stripe_event_parse(request_body(rq), &ev, reterr);
    if (rc == 0)
        rc = webhook_keep(e, &(struct webhook){stripe_gateway.name, ev.id, ev.type, ev.object, ev.ref, ev.subject}, reterr);
    return rc < 0 ? rc : reply_empty(rq);
}

/* From the outbox into the queue: the job may last, and is tried again. */
static int enqueue(const struct engine *e, const char *kind, const struct event *ev,
                   struct arena *a, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct job_spec spec = {.kind = kind,
                            .key = str_printf(a, "%s-" STR_FMT, kind, STR_ARG(ev->subject)),
                            .subject = ev->subject,
                            .payload = ev->body,
                            .priority = 5};
    struct job_id id;
    int rc = tx_begin(e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = job_enqueue(tx, &spec, &id, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

static int webhook_enqueue(const struct engine *e, const struct event *ev, struct arena *a,
                           struct err *reterr) {
    return enqueue(e, "gateway.webhook", ev, a, reterr);
}

static int forget_enqueue(const struct engine *e, const struct event *ev, struct arena *a,
                          struct err *reterr) {
    return enqueue(e, "gateway.forget", ev, a, reterr);
}

const struct event_handler gateway_events[] = {
    {"webhook.received", "gateway.webhook", webhook_enqueue},
    {"gateway.customer_left", "gateway.forget", forget_enqueue},
    {NULL}};

/* What is not of this installation (the account may serve another shop) is nobody's business. */
static int subject_sync(const struct engine *e, struct str object, struct str subject,
                        struct arena *a, struct err *reterr) {
    struct id id;
    struct setup s;
    int rc = 0;
    if (!id_parse(subject, &id))
        return 0;
    if (str_eq(object, STR("payment_intent"))) {
        rc = payment_sync(e, (struct payment_id){id}, reterr);
    } else if (str_eq(object, STR("checkout.session")) || str_eq(object, STR("setup_intent"))) {
        rc = setup_of_account(e, (struct account_id){0}, (struct setup_id){id}, a, &s, reterr);
        if (rc == 0)
            rc = setup_sync(e, &s, a, reterr);
    }
    if (rc == ERR_NOT_FOUND) {
        err_clear(reterr);
        rc = 0;
    }
    return rc;
}

static int stripe_look(const struct engine *e, const struct rows *r, struct arena *a, struct err *reterr) {
    struct str object = row_str(r, 0, 1), ref = row_str(r, 0, 2), subject = row_str(r, 0, 3);
    if (str_eq(object, STR("dispute")))
        return dispute_sync(e, &stripe_gateway, ref, reterr);
    return str_eq(object, STR("refund")) ? refund_sync(e, &stripe_gateway, ref, reterr)
                                         : subject_sync(e, object, subject, a, reterr);
}

/* Whose delivery it is stands in the job's payload. One of a gateway that is not in force any more waits for its attempts' end. */
static int webhook_run(struct job_ctx *j, struct err *reterr) {
    const struct engine *e = job_engine(j);
    struct arena *a = job_arena(j);
    struct rows r;
    const struct gateway *g;
    struct str event = job_self(j)->subject, payload = job_self(j)->payload;
    json_t *body = json_loadb(payload.p, payload.n, 0, NULL);
    struct str gateway = str_dup(a, json_get_str(body, "gateway"));
    json_decref(body);
    int rc = store_query(e->store, &gateway_sql[WEBHOOK_GET], ARGS(A_STR(gateway), A_STR(event)), a,
                         &r, reterr);
    if (rc <= 0 || row_i64(&r, 0, 4)) /* forgotten, or done */
        return rc < 0 ? rc : 0;
    rc = gateway_find(e, gateway, &g, reterr);
    if (rc == 0)
        rc = g->owned_by_store ? store_notified(e, g, row_str(&r, 0, 2), reterr) : stripe_look(e, &r, a, reterr);
    if (rc == 0)
        rc = store_exec(e->store, &gateway_sql[WEBHOOK_DONE],
                        ARGS(A_STR(gateway), A_STR(event), A_I64(clock_now_ms(e->clock))), reterr);
    return rc < 0 ? rc : 0;
}

/* An erased person's name at the gateway. One that is not in force any more has to be asked by hand. */
static int forget_run(struct job_ctx *j, struct err *reterr) {
    const struct engine *e = job_engine(j);
    const struct gateway *g;
    const struct job *self = job_self(j);
    json_t *body = json_loadb(self->payload.p, self->payload.n, 0, NULL);
    int rc = gateway_find(e, json_get_str(body, "gateway"), &g, reterr);
    if (rc == 0 && g->customer_forget)
        rc = g->customer_forget(e, self->subject, reterr);
    json_decref(body);
    return rc;
}

const struct job_kind gateway_jobs[] = {
    {"gateway.webhook", webhook_run, .max_attempts = 16, .doc = "Looks at what a gateway told us of"},
    {"gateway.forget", forget_run, .max_attempts = 16, .doc = "Has a gateway forget an erased person"},
    {NULL}};

int webhooks_purge(const struct engine *e, struct err *reterr) {
    int rc = store_exec(e->store, &gateway_sql[WEBHOOKS_PURGE],
                        ARGS(A_I64(clock_now_ms(e->clock) - KEPT_MS)), reterr);
    return rc < 0 ? rc : 0;
}
