/*
 * proxy.c - licences of other systems: the right is looked at here, the licence is made by a service behind (settings licence-proxy-*). What
 * goes through is bytes; the service learns by a signed token which keys this playback has a right to, and what outputs have to be like.
 * A service that hangs holds a thread of its own, and none of those that answer everybody.
 */
#include "base/file.h"
#include "engine/http/outgoing.h"
#include "media/drm/challenge.h"
#include "media/drm/drm.h"
#include "service/licence/entitlement.h"
#include "service/licence/licence_int.h"
#include "service/playback/playback.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { CONNECT_MS = 3000, ANSWER_MAX = 256 << 10, AT_ONCE = 64, HEADERS_MAX = 8, EXCHANGE_MAX = 512 << 10, CERTIFICATE_MAX = 64 << 10 };

static atomic_int running;
static atomic_bool stopping;

const struct config_key proxy_config[] = {
    {"licence-proxy-secret", CONFIG_STR, "", .secret = true,
     .doc = "What the token for licence services is signed with (HS256); 32 characters or more, and theirs, too"},
    {"licence-proxy-header", CONFIG_STR, "", .secret = true, .doc = "A header that licence services know us by: Authorization: Bearer ..."},
    {"licence-proxy-token-header", CONFIG_STR, "X-Matinee-Entitlement", .doc = "The header that the token stands in"},
    {"licence-proxy-private", CONFIG_BOOL, "false", .doc = "Licence services may lie in our own networks and be asked over plain http"},
    {"licence-proxy-timeout", CONFIG_DURATION, "8s", 100, 9000, .doc = "How long a licence service may take"},
    {.name = NULL}};

/* ---- settings ---- */

static int refused(struct err *reterr, const char *hint) {
    return err_refuse(reterr, ERR_INVALID, "config.licence_proxy", hint, "the settings of licence services");
}

int proxy_start(const struct engine *e, struct err *reterr) {
    atomic_store(&stopping, false);
    if (!e->config || !playback_proxied())
        return 0;
    for (enum drm_system s = 0; s < DRM_SYSTEMS; s++) {
        const char *url = playback_proxy_url(e, s);
        int ok = *url ? outgoing_url_check(url, config_bool(e->config, "licence-proxy-private"), reterr) : 0;
        if (ok)
            return ok;
    }
    scoped(arena_done) struct arena a = ARENA(CERTIFICATE_MAX + (4 << 10));
    const char *header = config_str(e->config, "licence-proxy-header"), *path = config_str(e->config, "licence-fairplay-certificate");
    struct str der;
    int rc = *path ? file_read(path, CERTIFICATE_MAX, &a, &der, reterr) : 0; /* now rather than before the first viewer */
    if (rc < 0)
        return rc;
    scoped(buf_done) struct buf token = BUF(1 << 10);
    buf_addf(&token, "%s: x", config_str(e->config, "licence-proxy-token-header"));
    if (str_of(config_str(e->config, "licence-proxy-secret")).n < ENTITLEMENT_SECRET_MIN)
        return refused(reterr, "Set licence-proxy-secret to 32 characters or more, and tell the licence service: it has to know what was granted.");
    if ((*header && !outgoing_header_ok(str_of(header))) || !outgoing_header_ok(buf_str(&token)))
        return refused(reterr, "licence-proxy-header is one line (a header's name, a colon, its value), licence-proxy-token-header a header's name.");
    return 0;
}

void proxy_stop(void) { atomic_store(&stopping, true); }

/* ---- what may go through ---- */

static int not_granted(struct err *reterr, const struct grant *g) {
    return err_refuse(reterr, ERR_FORBIDDEN, "licence.key_not_granted", "This playback has no right to these keys. Start the title again.",
                      "playback " ID_FMT " asked for keys it has no grant for", ID_ARG(g->playback.v));
}

static bool granted(const struct entitled_key *keys, size_t n, const uint8_t kid[16]) {
    for (size_t i = 0; i < n; i++)
        if (memcmp(keys[i].kid, kid, 16) == 0)
            return true;
    return false;
}

/* The right first: who has none is told nothing about what is wrong with the rest. */
static int right_check(const struct engine *e, enum drm_system s, struct str text, struct grant *g, struct err *reterr) {
    int rc = grant_read(text, clock_now_ms(e->clock), g, reterr);
    if (rc == 0)
        rc = playback_check_live(e, g->playback, reterr);
    if (rc == 0 && g->system != (unsigned)(GRANT_DRM + s))
        rc = licence_system_refuse(g, reterr);
    if (rc == 0 && !*playback_proxy_url(e, s))
        rc = err_refuse(reterr, ERR_NOT_FOUND, "licence.no_service", "There are no licences of this system here any more. Start the title again.",
                        "no licence service of %s is set", drm_systems[s].name);
    return rc;
}

/* Of a grant with more keys than a token holds (keys that change on the way) those are told that were asked for. */
static int keys_narrow(struct entitled_key *keys, size_t *n, const struct challenge *c, struct err *reterr) {
    size_t kept = 0;
    for (size_t i = 0; *n > ENTITLED_TOLD_MAX && i < *n; i++)
        for (size_t k = 0; k < c->n_kids; k++)
            if (memcmp(keys[i].kid, c->kids[k], 16) == 0)
                keys[kept++] = keys[i];
    *n = *n > ENTITLED_TOLD_MAX ? kept : *n;
    return *n ? 0 : err_set(reterr, ERR_LIMIT, "more keys than a licence service can be told, and none was asked for by name");
}

static int request_check(const struct grant *g, enum drm_system s, struct str body, struct entitled_key *keys, size_t *n, struct err *reterr) {
    struct challenge c;
    if (!challenge_read(s, body, &c))
        return err_refuse(reterr, ERR_INVALID, "licence.request_malformed", "The player's licence request could not be read.", "not a licence request of %s",
                          drm_systems[s].name);
    if (c.persistent)
        return err_refuse(reterr, ERR_FORBIDDEN, "licence.not_persistent", "Licences are for watching, not for keeping.", "a persistent licence was asked for");
    for (size_t i = 0; i < c.n_kids; i++)
        if (!granted(keys, *n, c.kids[i]))
            return not_granted(reterr, g);
    return keys_narrow(keys, n, &c, reterr);
}

/* ---- the exchange ---- */

/* On a thread of its own, with nothing of the request's: that may end before. */
struct exchange {
    struct arena a;
    struct request *rq;
    struct outgoing o;
    const char *headers[HEADERS_MAX];
    size_t n_headers;
    struct outgoing_reply reply;
    atomic_bool gone;
    enum drm_system system;
    int rc;
    struct err err;
};

static void exchange_free(struct exchange *x) {
    buf_done(&x->reply.body);
    arena_done(&x->a);
    free(x);
}

static bool told_to_stop(void *arg) {
    struct exchange *x = arg;
    return atomic_load(&stopping) || atomic_load(&x->gone);
}

static void client_gone(void *arg) { atomic_store(&((struct exchange *)arg)->gone, true); }

static int unavailable(struct err *reterr, int code, const char *reason, const char *why) {
    return err_refuse(reterr, code, reason, "The licence service does not answer at the moment. Try again in a minute.", "licence service: %s", why);
}

static int outcome(const struct exchange *x, struct err *reterr) {
    const struct outgoing_reply *r = &x->reply;
    char status[16];
    snprintf(status, sizeof status, "status %d", r->status);
    if (r->end == OUTGOING_TIMEOUT)
        return unavailable(reterr, ERR_TIMEOUT, "licence.service_timeout", "timeout");
    if (r->end != OUTGOING_ANSWERED)
        return unavailable(reterr, ERR_UPSTREAM, "licence.service_unreachable", outgoing_end_name(r->end));
    if (r->status == 429 || r->status == 503)
        return unavailable(reterr, ERR_BUSY, "licence.service_busy", status);
    if (r->status >= 400 && r->status < 500)
        return err_refuse(reterr, ERR_FORBIDDEN, "licence.service_refused", "The licence service refused this device.", "licence service: %s", status);
    if (r->status != 200 || r->cut || !r->body.n)
        return unavailable(reterr, ERR_UPSTREAM, "licence.service_broken", r->cut ? "an answer of more than 256 KiB" : status);
    return 0;
}

/* Nothing that a browser would show as a page of ours. */
static const char *type_of(const char *type) {
    struct str t = str_of(type);
    bool plain = str_starts(t, STR("application/")) && !str_starts(t, STR("application/xhtml"));
    return plain || str_starts(t, STR("text/xml")) || str_starts(t, STR("text/plain")) ? type : "application/octet-stream";
}

static int answer(struct request *rq, void *arg, struct err *reterr) {
    struct exchange *x = arg;
    int rc = x->rc;
    if (rc && reterr)
        *reterr = x->err;
    if (rc == 0)
        rc = outcome(x, reterr);
    if (rc == 0)
        rc = reply_text(rq, 200, str_cstr(request_arena(rq), str_of(type_of(x->reply.type))), buf_str(&x->reply.body));
    exchange_free(x);
    return rc;
}

static void *exchange_run(void *arg) {
    struct exchange *x = arg;
    x->rc = outgoing_post(&x->o, &x->reply, &x->err);
    atomic_fetch_sub(&running, 1);
    request_resume(x->rq, answer, x);
    return NULL;
}

static void header_add(struct exchange *x, const char *name, struct str value) {
    const char *line = str_printf(&x->a, "%s: " STR_FMT, name, STR_ARG(value)).p;
    if (line && outgoing_header_ok(str_of(line)) && x->n_headers + 1 < HEADERS_MAX)
        x->headers[x->n_headers++] = line;
}

static struct exchange *exchange_new(struct request *rq, enum drm_system s, struct str token) {
    const struct config *c = request_engine(rq)->config;
    struct exchange *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->a = ARENA(EXCHANGE_MAX);
    x->rq = rq;
    x->system = s;
    struct str type = request_header(rq, "Content-Type"), action = request_header(rq, "SOAPAction");
    header_add(x, "Content-Type", type.n ? type : STR("application/octet-stream"));
    if (s == DRM_PLAYREADY && action.n)
        header_add(x, "SOAPAction", action);
    header_add(x, config_str(c, "licence-proxy-token-header"), token);
    const char *credential = config_str(c, "licence-proxy-header");
    if (*credential)
        x->headers[x->n_headers++] = str_cstr(&x->a, str_of(credential));
    x->headers[x->n_headers++] = "User-Agent: Matinee/" MATINEE_VERSION;
    x->o = (struct outgoing){.url = str_cstr(&x->a, str_of(playback_proxy_url(request_engine(rq), s))),
                             .headers = x->headers,
                             .body = str_dup(&x->a, request_body(rq)),
                             .inside = config_bool(c, "licence-proxy-private"),
                             .connect_ms = CONNECT_MS,
                             .whole_ms = (int)config_int(c, "licence-proxy-timeout"),
                             .reply_max = ANSWER_MAX,
                             .stop = told_to_stop,
                             .stop_arg = x};
    if (x->a.failed) {
        exchange_free(x);
        return NULL;
    }
    return x;
}

static int exchange_begin(struct request *rq, struct exchange *x, struct err *reterr) {
    pthread_attr_t attr;
    pthread_t thread;
    if (atomic_fetch_add(&running, 1) >= AT_ONCE) {
        atomic_fetch_sub(&running, 1);
        exchange_free(x);
        return unavailable(reterr, ERR_BUSY, "licence.service_busy", "too many requests at once");
    }
    reply_defer(rq, client_gone, x);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attr, exchange_run, x) != 0) {
        atomic_fetch_sub(&running, 1);
        x->rc = unavailable(&x->err, ERR_BUSY, "licence.service_busy", "no thread");
        request_resume(rq, answer, x);
    }
    pthread_attr_destroy(&attr);
    return 0;
}

static int proxy_post(struct request *rq, enum drm_system s, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    scoped(buf_done) struct buf token = BUF(16 << 10);
    struct entitled_key keys[ENTITLED_KEYS_MAX];
    struct grant g;
    size_t n = 0;
    licence_open(rq);
    int rc = right_check(e, s, request_param(rq, "grant"), &g, reterr);
    if (rc == 0)
        rc = entitled_keys(e, &g, keys, &n, reterr);
    if (rc == 0)
        rc = request_check(&g, s, request_body(rq), keys, &n, reterr);
    if (rc == 0)
        rc = entitlement_write(e, &g, keys, n, str_of(config_str(e->config, "licence-proxy-secret")), &token, reterr);
    if (rc)
        return rc;
    struct exchange *x = exchange_new(rq, s, buf_str(&token));
    return x ? exchange_begin(rq, x, reterr) : err_set(reterr, ERR_NO_MEMORY, "no memory for a licence request");
}

int proxy_widevine(struct request *rq, struct err *reterr) { return proxy_post(rq, DRM_WIDEVINE, reterr); }
int proxy_playready(struct request *rq, struct err *reterr) { return proxy_post(rq, DRM_PLAYREADY, reterr); }
int proxy_fairplay(struct request *rq, struct err *reterr) { return proxy_post(rq, DRM_FAIRPLAY, reterr); }

int proxy_certificate(struct request *rq, struct err *reterr) {
    const struct config *c = request_engine(rq)->config;
    const char *path = c ? config_str(c, "licence-fairplay-certificate") : "";
    struct str der;
    licence_open(rq);
    if (!*path)
        return err_set(reterr, ERR_NOT_FOUND, "no certificate is set");
    int rc = file_read(path, CERTIFICATE_MAX, request_arena(rq), &der, reterr);
    return rc < 0 ? rc : reply_text(rq, 200, "application/octet-stream", der);
}
