/*
 * hook_deliver.c - the job that makes one attempt. What came of it is recorded, and the next attempt's job made, in the
 * transaction that holds this job: killed before it, the attempt is made again (the receiver knows the id); after it, the next
 * one waits already. Nothing of a message, a secret or an address stands in a log.
 */
#include "base/log.h"
#include "engine/http/outgoing.h"
#include "service/developer/hook_int.h"
#include "service/identity/identity.h"
#include "service/json.h"
#include "service/words.h"
#include <inttypes.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/random.h>

enum { CONNECT_MS = 5000, WHOLE_MS = 15000, REPLY_MAX = 16 << 10, HEADER_MAX = 2 << 10, AT_ONCE = 4, HOOKS_BUSY = 64 };
#define LOST_MS (10LL * 60 * 1000) /* a job is late by minutes on a busy machine, not by more */

enum { M_DELIVERED, M_FAILED, M_GIVEN_UP };
struct metric hook_metrics[] = {
    [M_DELIVERED] = {"matinee_webhooks_delivered_total", METRIC_COUNTER, "Webhooks that were taken"},
    [M_FAILED] = {"matinee_webhooks_failed_total", METRIC_COUNTER, "Attempts to deliver a webhook that failed"},
    [M_GIVEN_UP] = {"matinee_webhooks_given_up_total", METRIC_COUNTER, "Webhooks that were given up after all attempts"},
    {.name = NULL},
};

/* ---- one endpoint that hangs must not hold every thread ---- */

static struct {
    pthread_mutex_t lock;
    struct {
        struct hook_id id;
        int n;
    } row[HOOKS_BUSY];
} busy = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool turn_take(struct hook_id id) {
    size_t at = HOOKS_BUSY;
    pthread_mutex_lock(&busy.lock);
    for (size_t i = 0; i < HOOKS_BUSY; i++) {
        if (busy.row[i].n && str_eq(id_str(&busy.row[i].id.v), id_str(&id.v))) {
            at = i;
            break;
        }
        if (!busy.row[i].n && at == HOOKS_BUSY)
            at = i;
    }
    bool ok = at < HOOKS_BUSY && busy.row[at].n < AT_ONCE;
    if (ok) {
        busy.row[at].id = id;
        busy.row[at].n++;
    }
    pthread_mutex_unlock(&busy.lock);
    return ok;
}

static void turn_give(struct hook_id id) {
    pthread_mutex_lock(&busy.lock);
    for (size_t i = 0; i < HOOKS_BUSY; i++)
        if (busy.row[i].n && str_eq(id_str(&busy.row[i].id.v), id_str(&id.v))) {
            busy.row[i].n--;
            break;
        }
    pthread_mutex_unlock(&busy.lock);
}

/* ---- the attempt ---- */

struct attempt {
    struct job_ctx *job;
    const struct engine *e;
    struct arena *a;
    struct delivery d;
    struct hook h;
    struct str body;
    enum outgoing_end end;
    int status;
    int64_t took_ms, at_ms;
    struct str excerpt;
};

static bool told_to_stop(void *arg) { return job_cancelled(arg); }

/* What is shown to staff later: one kilobyte of text, nothing invisible, whatever was sent. */
static struct str excerpt_of(struct str s, struct arena *a) {
    size_t n = MIN(s.n, (size_t)HOOK_EXCERPT_MAX);
    while (n && n < s.n && ((uint8_t)s.p[n] & 0xC0) == 0x80)
        n--;
    s.n = n;
    char *p = s.n && str_is_utf8(s) ? str_cstr(a, s) : NULL;
    for (char *c = p; c && *c; c++)
        if (((uint8_t)*c < ' ' && *c != '\n' && *c != '\t') || *c == 0x7F)
            *c = ' ';
    return p ? str_of(p) : STR("");
}

static int send_signed(struct attempt *t, const struct hook_secret *secrets, size_t n, struct err *reterr) {
    scoped(buf_done) struct buf id = BUF(HEADER_MAX), at = BUF(HEADER_MAX), sign = BUF(HEADER_MAX);
    int64_t now_s = clock_now_ms(t->e->clock) / 1000;
    buf_addf(&id, "webhook-id: " STR_FMT, STR_ARG(t->d.message));
    buf_addf(&at, "webhook-timestamp: %" PRId64, now_s);
    buf_addc(&sign, "webhook-signature: ");
    if (!hook_sign(secrets, n, t->d.message, now_s, t->body, &sign))
        return err_set(reterr, ERR_INTERNAL, "a webhook cannot be signed");
    const char *headers[] = {"Content-Type: application/json", "User-Agent: Matinee/" MATINEE_VERSION, buf_cstr(&id), buf_cstr(&at),
                             buf_cstr(&sign), NULL};
    struct outgoing o = {.url = str_cstr(t->a, t->h.url),
                         .headers = headers,
                         .body = t->body,
                         .inside = hook_inside(t->e),
                         .connect_ms = CONNECT_MS,
                         .whole_ms = WHOLE_MS,
                         .reply_max = REPLY_MAX,
                         .stop = told_to_stop,
                         .stop_arg = t->job};
    struct outgoing_reply r;
    int rc = outgoing_post(&o, &r, reterr);
    if (rc == 0) {
        t->end = r.end;
        t->status = r.status;
        t->took_ms = r.took_ms;
        t->excerpt = excerpt_of(buf_str(&r.body), t->a);
        buf_done(&r.body);
    }
    return rc;
}

static int attempt_send(struct attempt *t, struct err *reterr) {
    struct hook_secret secrets[4];
    int n = hook_secrets(t->e, t->h.id, secrets, reterr);
    t->at_ms = clock_now_ms(t->e->clock);
    int rc = n < 0 ? n : send_signed(t, secrets, (size_t)n, reterr);
    sodium_memzero(secrets, sizeof secrets);
    return rc;
}

/* ---- what comes of it ---- */

static bool is_taken(const struct attempt *t) { return t->end == OUTGOING_ANSWERED && t->status >= 200 && t->status < 300; }

static bool is_gone(const struct attempt *t) { return t->end == OUTGOING_ANSWERED && t->status == 410; }

static const char *error_of(const struct attempt *t) {
    if (t->end != OUTGOING_ANSWERED)
        return outgoing_end_name(t->end);
    return t->status >= 300 && t->status < 400 ? "redirect" : is_taken(t) ? "" : "status";
}

/* A fifth more or less, so that what failed together does not come back together. */
static int64_t jitter(int64_t ms) {
    uint16_t dice = 0;
    if (getrandom(&dice, sizeof dice, GRND_NONBLOCK) < 0)
        dice = UINT16_MAX / 2;
    return ms * 4 / 5 + ms * 2 / 5 * dice / UINT16_MAX;
}

/* Whether the endpoint has failed for so long that it is turned off now. */
static bool is_lost(const struct attempt *t) {
    return is_gone(t) || (t->h.failing_ms && t->at_ms - t->h.failing_ms >= hook_off_after_ms(t->e));
}

static int letters_put(struct tx *tx, const struct attempt *t, struct err *reterr) {
    struct account_id *staff;
    int n = accounts_of_role(t->e, ROLE_OPERATOR, t->a, &staff, reterr), rc = MIN(n, 0);
    for (int i = 0; rc == 0 && i < n; i++) {
        struct account acc;
        struct err why = {0};
        if (account_get(t->e, staff[i], t->a, &acc, &why) < 0)
            continue; /* gone meanwhile */
        const struct language *l = account_language(t->e, staff[i]);
        struct letter_post p = {
            .which = is_gone(t) ? STAFF_WEBHOOK_GONE : STAFF_WEBHOOK_OFF,
            .account = staff[i],
            .to = acc.email,
            .link = str_printf(t->a, "%s/console/webhooks/" ID_FMT, t->e->public_url ? t->e->public_url : "http://localhost:8080", ID_ARG(t->h.id.v)),
            .facts = FACTS({"name", words_tame(t->a, t->h.name)}, {"date", words_date(t->a, l, t->h.failing_ms ? t->h.failing_ms : t->at_ms)})};
        rc = letter_post(tx, l, &p, &why);
        if (rc == ERR_INVALID || rc == ERR_LIMIT) { /* said before the store was asked: no reason to keep the endpoint on */
            log_event(LOG_ERROR, "webhook.letter", LS("error", why.msg));
            rc = 0;
        }
        if (rc < 0 && reterr)
            *reterr = why;
    }
    return rc;
}

/* What the endpoint's row says of it from now on. *ret_off: it is off, and operators are to be written to. */
static int hook_note(struct tx *tx, const struct attempt *t, bool given_up, bool *ret_off, struct err *reterr) {
    *ret_off = false;
    if (is_taken(t))
        return MIN(tx_exec(tx, &hook_sql[HOOK_OK], ARGS(A_ID(t->h.id), A_I64(t->at_ms)), reterr), 0);
    int rc = tx_exec(tx, &hook_sql[HOOK_FAILED], ARGS(A_ID(t->h.id), A_I64(t->at_ms)), reterr);
    if (rc >= 0 && given_up)
        rc = tx_exec(tx, &hook_sql[HOOK_FAILING], ARGS(A_ID(t->h.id), A_I64(t->at_ms)), reterr);
    if (rc >= 0 && is_lost(t)) {
        rc = hook_turn_off(tx, t->h.id, is_gone(t) ? "gone" : "failing", reterr);
        *ret_off = rc > 0;
    }
    return MIN(rc, 0);
}

static int attempt_note(struct tx *tx, struct attempt *t, bool *ret_off, struct err *reterr) {
    struct hook_retries retries;
    struct delivery *d = &t->d;
    hook_retries_get(t->e, &retries);
    bool taken = is_taken(t), last = d->attempts >= (int64_t)retries.n, ends = taken || last || is_gone(t);
    int64_t next = ends ? 0 : t->at_ms + jitter(retries.pause_ms[d->attempts]);
    int rc = job_hold(t->job, tx, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &hook_sql[ATTEMPT_INSERT],
                     ARGS(A_ID(d->id), A_I64(d->tries + 1), A_I64(t->at_ms), A_I64(t->status), A_CSTR(error_of(t)), A_I64(t->took_ms),
                          A_STR(t->excerpt)),
                     reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &hook_sql[DELIVERY_SAVE],
                     ARGS(A_ID(d->id), A_CSTR(taken ? "delivered" : ends ? "failed" : "pending"), A_I64(d->turn + 1), A_I64(d->attempts + 1),
                          A_I64(d->tries + 1), A_I64(next), A_I64(ends ? t->at_ms : 0)),
                     reterr);
    if (rc >= 0 && !ends)
        rc = hook_enqueue(tx, d->id, d->turn + 1, next, reterr);
    if (rc >= 0)
        rc = hook_note(tx, t, !taken && ends, ret_off, reterr);
    if (rc >= 0)
        metric_add(&hook_metrics[taken ? M_DELIVERED : M_FAILED], 1);
    if (rc >= 0 && !taken && ends)
        metric_add(&hook_metrics[M_GIVEN_UP], 1);
    return MIN(rc, 0);
}

/* The letters are rows of MAIN, the rest of JOBS, and no transaction spans both: MAIN is committed first, so that a kill between
 * the two writes twice rather than never. */
static int attempt_record(struct attempt *t, struct err *reterr) {
    scoped(tx_rollback) struct tx *main = NULL;
    scoped(tx_rollback) struct tx *jobs = NULL;
    bool off = false;
    int rc = is_lost(t) && !is_taken(t) ? tx_begin(t->e->store, STORE_MAIN, TX_WRITE, &main, reterr) : 0;
    if (rc == 0)
        rc = tx_begin(t->e->store, STORE_JOBS, TX_WRITE, &jobs, reterr);
    if (rc == 0)
        rc = attempt_note(jobs, t, &off, reterr);
    if (rc == 0 && off)
        rc = letters_put(main, t, reterr);
    if (rc == 0 && off)
        rc = tx_commit(&main, reterr);
    if (rc == 0)
        rc = tx_commit(&jobs, reterr);
    if (rc == 0 && !is_taken(t))
        log_event(LOG_INFO, "webhook.not_taken", LS("webhook", t->h.id.v.s), LS("delivery", t->d.id.v.s), LS("error", error_of(t)),
                  LI("status", t->status), LI("attempt", t->d.attempts + 1));
    if (rc == 0 && off)
        log_event(LOG_WARN, "webhook.turned_off", LS("webhook", t->h.id.v.s), LS("why", is_gone(t) ? "gone" : "failing"));
    return rc;
}

/* 1: it is to be sent. 0: an old job, or nobody is to be told any more. */
static int attempt_load(struct attempt *t, struct err *reterr) {
    const struct job *self = job_self(t->job);
    json_t *payload = json_loadb(self->payload.p, self->payload.n, 0, NULL);
    struct delivery_id id = {0};
    struct rows r;
    struct err why = {0};
    id_parse(json_get_str(payload, "delivery_id"), &id.v);
    int64_t turn = json_get_int(payload, "turn", 0);
    json_decref(payload);
    int rc = delivery_get(t->e->store, id, t->a, &t->d, &why);
    if (rc == 0 && (t->d.turn != turn || !str_eq(t->d.state, STR("pending"))))
        return 0;
    if (rc == 0)
        rc = hook_get(t->e->store, t->d.hook, t->a, &t->h, &why);
    if (rc == 0)
        rc = store_row(t->e->store, &hook_sql[MESSAGE_BODY], ARGS(A_STR(t->d.message)), t->a, &r, &why);
    if (rc == ERR_NOT_FOUND) /* the endpoint was deleted */
        return 0;
    if (rc < 0) {
        if (reterr)
            *reterr = why;
        return rc;
    }
    t->body = row_str(&r, 0, 0);
    return 1;
}

static int deliver(struct attempt *t, struct err *reterr) {
    int rc = attempt_send(t, reterr);
    if (rc == 0 && t->end == OUTGOING_STOPPED)
        return err_set(reterr, ERR_CANCELLED, "told to stop");
    if (rc == 0)
        STORE_RETRY(rc, reterr, attempt_record(t, reterr));
    return rc;
}

static int deliver_run(struct job_ctx *j, struct err *reterr) {
    struct attempt t = {.job = j, .e = job_engine(j), .a = job_arena(j)};
    int rc = attempt_load(&t, reterr);
    if (rc <= 0)
        return rc;
    if (!turn_take(t.h.id))
        return err_set(reterr, ERR_BUSY, "the endpoint has %d requests open", AT_ONCE);
    rc = deliver(&t, reterr);
    turn_give(t.h.id);
    return rc;
}

/* A database that fails is no fault of the endpoint's: it is tried again for long. */
const struct job_kind hook_jobs[] = {{.name = "webhook.deliver", .run = deliver_run, .max_attempts = 100, .backoff_ms = 5000,
                                      .lease_ms = 60000, .weight = JOB_WAITS, .doc = "Sends an event to an endpoint"},
                                     {.name = NULL}};

static int sweep_one(struct store *st, struct delivery_id id, int64_t turn, int64_t now, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(st, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &hook_sql[DELIVERY_TURN], ARGS(A_ID(id), A_I64(turn), A_I64(now)), reterr);
    if (rc > 0)
        rc = hook_enqueue(tx, id, turn + 1, 0, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int hook_sweep(const struct engine *e, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct rows r;
    int64_t now = clock_now_ms(e->clock);
    int rc = store_query(e->store, &hook_sql[DELIVERY_LOST], ARGS(A_I64(now - LOST_MS)), &a, &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++) {
        struct delivery_id id = {row_id(&r, i, 0)};
        STORE_RETRY(rc, reterr, sweep_one(e->store, id, row_i64(&r, i, 1), now, reterr));
    }
    return MIN(rc, 0);
}
