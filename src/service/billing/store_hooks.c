/*
 * store_hooks.c - what app stores tell by themselves. As with every gateway (webhook.c) a delivery is proven, written down
 * and answered; a job then reads from the store itself what the subscription is.
 */
#include "service/billing/store_int.h"
#include "service/billing/store_routes.h"
#include "service/billing/webhook.h"
#include "base/log.h"

static int not_in_force(struct err *reterr) {
    return err_set(reterr, ERR_NOT_FOUND, "that store is not set up here");
}

/* Of nobody's subscription: taken, so that it is not sent again, and forgotten. */
static int notice_keep(struct request *rq, const struct gateway *g, const struct store_notice *n, struct err *reterr) {
    int rc = n->ref[0] ? webhook_keep(request_engine(rq),
                                      &(struct webhook){g->name, n->id, n->type, "subscription", n->ref, ""}, reterr)
                       : 0;
    return rc < 0 ? rc : 0;
}

static int refused(int rc, const struct gateway *g, struct err *reterr) {
    if (rc == ERR_UNAUTHENTICATED || rc == ERR_INVALID)
        log_event(LOG_WARN, "billing.webhook_forged", LS("gateway", g->name), LS("error", reterr ? reterr->msg : ""));
    return rc;
}

int apple_webhook_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct store_notice n;
    if (!e->config || !config_str(e->config, "apple-bundle-id")[0])
        return not_in_force(reterr);
    int rc = apple_notice_read(e, request_body(rq), &n, reterr);
    if (rc == 0)
        rc = notice_keep(rq, &apple_store, &n, reterr);
    return rc ? refused(rc, &apple_store, reterr) : reply_empty(rq);
}

int google_webhook_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct store_notice n;
    if (!e->config || !config_str(e->config, "google-package")[0] || !config_str(e->config, "google-push-audience")[0])
        return not_in_force(reterr);
    int rc = google_push_check(e, request_header(rq, "Authorization"), request_now_ms(rq), reterr);
    if (rc == 0)
        rc = google_notice_parse(request_body(rq), str_of(config_str(e->config, "google-package")), &n, reterr);
    if (rc == ERR_NOT_FOUND) { /* of another package on the same topic: taken, or it comes again for a week */
        err_clear(reterr);
        return reply_empty(rq);
    }
    if (rc == 0)
        rc = notice_keep(rq, &google_store, &n, reterr);
    return rc ? refused(rc, &google_store, reterr) : reply_empty(rq);
}

/* The answer is what Roku Pay describes: its own responseKey as text, and our API key in a header. The secret in the path is all
 * that keeps that key from whoever asks, so it is looked at before anything else, and a wrong one finds nothing here. */
int roku_webhook_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct store_notice n;
    char key[100];
    if (!e->config || !config_str(e->config, "roku-api-key")[0] || !roku_secret_ok(e, request_param(rq, "secret")))
        return not_in_force(reterr);
    int rc = roku_notice_parse(request_body(rq), &n, key, reterr);
    if (rc == 0)
        rc = notice_keep(rq, &roku_store, &n, reterr);
    if (rc)
        return refused(rc, &roku_store, reterr);
    reply_header(rq, "ApiKey", config_str(e->config, "roku-api-key"));
    return reply_text(rq, 200, "text/plain; charset=utf-8", str_dup(request_arena(rq), str_of(key)));
}
