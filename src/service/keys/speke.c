/*
 * speke.c - see speke.h. The service is the operator's word and its answer is not: every key that was asked for has to be there, and
 * nothing that looks like a key but is none. Neither keys nor the credential stand in an error or a log.
 */
#include "service/keys/speke.h"
#include "base/file.h"
#include "engine/http/outgoing.h"
#include "service/keys/keys_int.h"
#include <sodium.h>
#include <time.h>

enum { CONNECT_MS = 5000, TRIES = 3, PEM_MAX = 64 << 10, ANSWER_MAX = CPIX_MAX };
static const int pauses_ms[TRIES] = {0, 400, 1500};

bool speke_on(const struct engine *e) { return e->config && config_str(e->config, "key-service-url")[0]; }

/* ---- settings ---- */

static int refused(struct err *reterr, const char *hint) {
    return err_refuse(reterr, ERR_INVALID, "config.key_service", hint, "the settings of the key service");
}

static int certificate_read(const struct engine *e, struct arena *a, struct str *ret, struct err *reterr) {
    const char *path = config_str(e->config, "key-service-certificate");
    *ret = STR_NULL;
    return *path ? file_read(path, PEM_MAX, a, ret, reterr) : 0;
}

int speke_settings_check(const struct engine *e, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(PEM_MAX + (4 << 10));
    scoped(buf_done) struct buf b = BUF(PEM_MAX * 2);
    struct contract c;
    struct str certificate;
    if (!speke_on(e))
        return 0;
    struct str header = str_of(config_str(e->config, "key-service-header"));
    int rc = contract_read(str_of(config_str(e->config, "key-service-contract")), &c, reterr);
    if (rc == 0)
        rc = outgoing_url_check(config_str(e->config, "key-service-url"), config_bool(e->config, "key-service-private"), reterr);
    if (rc == 0 && header.n && !outgoing_header_ok(header))
        rc = refused(reterr, "key-service-header is one line: a header's name, a colon and its value.");
    if (rc == 0)
        rc = certificate_read(e, &a, &certificate, reterr);
    if (rc < 0)
        return rc;
    if (!certificate.n)
        return 0;
    if (!config_str(e->config, "key-service-private-key")[0])
        return refused(reterr, "Keys that are sealed to key-service-certificate are opened with key-service-private-key: set both.");
    return cpix_write(&(struct cpix){.n_keys = 0}, CPIX_ASK, certificate, &b, reterr);
}

/* ---- the answer ---- */

static int answer_refused(struct err *reterr, const char *why) {
    char hint[400];
    snprintf(hint, sizeof hint, "The key service did not answer with the keys that were asked for (%.200s). Whoever runs it has to look; then import again.", why);
    return err_refuse(reterr, ERR_INVALID, "keys.service_answer", hint, "the key service: %s", why);
}

static const struct cpix_key *key_of(const struct cpix *c, const uint8_t kid[16]) {
    for (size_t i = 0; i < c->n_keys; i++)
        if (memcmp(c->keys[i].kid, kid, 16) == 0)
            return &c->keys[i];
    return NULL;
}

static bool told_of(const struct cpix *c, const struct drm_data *want) {
    for (size_t i = 0; i < c->n_systems; i++) {
        const struct drm_data *d = &c->systems[i];
        if (d->system == want->system && memcmp(d->kid, want->kid, 16) == 0)
            return d->pssh.n || d->uri.n;
    }
    return false;
}

static const char *keys_wrong(const struct cpix *want, const struct cpix *got) {
    for (size_t i = 0; i < got->n_keys; i++) {
        const struct cpix_key *k = &got->keys[i], *due = key_of(want, k->kid);
        if (!due)
            return "a key that was not asked for";
        if (k->has_key && sodium_is_zero(k->key, sizeof k->key))
            return "a key of nothing but zeros";
        if (k->track_type.n && due->rule && !str_eq(k->track_type, str_of(due->rule->track_type)))
            return "a key for other tracks than it was asked for";
        for (size_t j = 0; j < i; j++)
            if (k->has_key && got->keys[j].has_key && sodium_memcmp(k->key, got->keys[j].key, sizeof k->key) == 0)
                return "the same key under two key ids";
    }
    for (size_t i = 0; i < want->n_keys; i++) {
        const struct cpix_key *k = key_of(got, want->keys[i].kid);
        if (!k || !k->has_key)
            return "a key that was asked for is missing";
    }
    return NULL;
}

/* SPEKE v2: what was asked for has to be in the answer, or the encryptor stops. */
static const char *answer_wrong(const struct cpix *want, const struct cpix *got) {
    if (got->content_id.n && !str_eq(got->content_id, want->content_id))
        return "keys of other content";
    if (got->scheme != SCHEME_CLEAR && got->scheme != want->scheme)
        return "keys for another encryption scheme";
    const char *wrong = keys_wrong(want, got);
    for (size_t i = 0; !wrong && i < want->n_systems; i++)
        if (!told_of(got, &want->systems[i]))
            wrong = "nothing for a protection system of drm-systems";
    return wrong;
}

int speke_answer_read(const struct cpix *want, struct str xml, struct str private_key, struct arena *a, struct cpix *ret, struct err *reterr) {
    struct err why = {0};
    int rc = cpix_read(xml, private_key, a, ret, &why);
    if (rc == ERR_INVALID)
        return answer_refused(reterr, why.msg);
    if (rc) {
        if (reterr)
            *reterr = why;
        return rc;
    }
    const char *wrong = answer_wrong(want, ret);
    if (!wrong)
        return 0;
    cpix_wipe(ret);
    return answer_refused(reterr, wrong);
}

/* ---- asking ---- */

struct asking {
    const struct engine *e;
    const struct speke_ask *ask;
    struct buf document;
    struct outgoing_reply reply;
};

static void asking_done(struct asking *s) {
    if (s->reply.body.p)
        explicit_bzero(s->reply.body.p, s->reply.body.cap);
    buf_done(&s->reply.body);
    buf_done(&s->document);
}

static int post(struct asking *s, struct err *reterr) {
    const struct config *c = s->e->config;
    const char *headers[6] = {"Content-Type: application/xml", "Accept: application/xml", "X-Speke-Version: 2.0",
                              "X-Speke-User-Agent: Matinee/" MATINEE_VERSION, NULL};
    if (config_str(c, "key-service-header")[0])
        headers[4] = config_str(c, "key-service-header");
    struct outgoing o = {.url = config_str(c, "key-service-url"),
                         .headers = headers,
                         .body = buf_str(&s->document),
                         .inside = config_bool(c, "key-service-private"),
                         .connect_ms = CONNECT_MS,
                         .whole_ms = (int)config_int(c, "key-service-timeout"),
                         .reply_max = ANSWER_MAX,
                         .stop = s->ask->stop,
                         .stop_arg = s->ask->stop_arg};
    if (s->reply.body.p)
        explicit_bzero(s->reply.body.p, s->reply.body.cap);
    buf_done(&s->reply.body);
    return outgoing_post(&o, &s->reply, reterr);
}

/* What another try may mend: nobody there, no answer in time, or one that says "later". */
static bool passing(const struct outgoing_reply *r) {
    if (r->end == OUTGOING_ANSWERED)
        return r->status >= 500 || r->status == 429 || r->status == 408;
    return r->end == OUTGOING_UNKNOWN_HOST || r->end == OUTGOING_UNREACHABLE || r->end == OUTGOING_TIMEOUT || r->end == OUTGOING_BROKEN;
}

static int outcome(const struct outgoing_reply *r, struct err *reterr) {
    char status[16];
    snprintf(status, sizeof status, "status %d", r->status);
    const char *what = r->end == OUTGOING_ANSWERED ? status : outgoing_end_name(r->end);
    if (r->end == OUTGOING_STOPPED)
        return err_set(reterr, ERR_CANCELLED, "cancelled");
    if (passing(r))
        return err_refuse(reterr, ERR_IO, "keys.service_unreachable",
                          "The key service does not answer, so the film could not be protected. Import it again when the service is back: what is finished is kept.",
                          "the key service did not answer: %s, %d times", what, TRIES);
    if (r->end != OUTGOING_ANSWERED || r->status != 200) {
        char hint[300];
        snprintf(hint, sizeof hint, "The key service gave no keys for this film (%.60s). Look at key-service-url and key-service-header in the settings.", what);
        return err_refuse(reterr, ERR_INVALID, "keys.service_refused", hint, "the key service refused: %s", what);
    }
    return r->cut ? answer_refused(reterr, "more than 1 MiB") : 0;
}

static void wait_ms(int ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

static int exchange(struct asking *s, struct err *reterr) {
    for (int i = 0; i < TRIES; i++) {
        for (int left = pauses_ms[i]; left > 0; left -= 100) {
            if (s->ask->stop && s->ask->stop(s->ask->stop_arg))
                return err_set(reterr, ERR_CANCELLED, "cancelled");
            wait_ms(MIN(left, 100));
        }
        int rc = post(s, reterr);
        if (rc)
            return rc;
        if (!passing(&s->reply))
            break;
    }
    return outcome(&s->reply, reterr);
}

int speke_keys(const struct engine *e, const struct speke_ask *ask, struct arena *a, struct cpix *ret, struct err *reterr) {
    scoped(asking_done) struct asking s = {.e = e, .ask = ask, .document = BUF(CPIX_MAX)};
    struct str certificate;
    int rc = certificate_read(e, a, &certificate, reterr);
    if (rc >= 0)
        rc = cpix_write(ask->want, CPIX_ASK, certificate, &s.document, reterr);
    if (rc >= 0)
        rc = exchange(&s, reterr);
    if (rc < 0)
        return rc;
    struct str private_key = certificate.n ? str_of(config_str(e->config, "key-service-private-key")) : STR_NULL;
    return speke_answer_read(ask->want, buf_str(&s.reply.body), private_key, a, ret, reterr);
}
