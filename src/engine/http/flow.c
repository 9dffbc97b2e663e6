/*
 * flow.c - from dispatch to answer. A request is suspended while a pool thread works on it or while it
 * is deferred. The first answer published is the one that is sent: a handler that comes back after
 * its deadline finds its own dropped.
 */
#include "engine/http/http_int.h"
#include "base/log.h"
#include "engine/audit/audit.h"
#include "engine/store/store.h"
#include <stdio.h>
#include <stdlib.h>

void request_suspend_locked(struct request *rq) {
    if (rq->suspended || atomic_load(&rq->server->ending))
        return;
    MHD_suspend_connection(rq->conn);
    rq->suspended = true;
}

void request_wake_locked(struct request *rq) {
    if (!rq->suspended)
        return;
    rq->suspended = false;
    MHD_resume_connection(rq->conn);
}

static enum route_pool pool_of(const struct route *r) {
    return r->flags & ROUTE_STREAM_BODY ? POOL_STREAM : r->pool;
}

/* The worker's reference is taken here and dropped at the end of request_run or request_shed. */
void request_dispatch(struct request *rq) {
    const struct route *r = rq->route;
    int64_t ms = r->deadline_ms ? r->deadline_ms : DEADLINE_DEFAULT_MS;
    atomic_store(&rq->deadline_ns, clock_mono_ns() + ms * 1000000);
    rq->work = (struct work){.run = request_run, .shed = request_shed,
                             .priority = priority_of(r)};
    request_ref(rq);
    bool uploads = rq->phase == PHASE_HEAD; /* else the body is here already */
    rq->phase = PHASE_WORK;
    pthread_mutex_lock(&rq->lock);
    rq->in_handler = true;
    rq->body_ended = !uploads;
    if (!uploads)
        request_suspend_locked(rq);
    pthread_mutex_unlock(&rq->lock);
    pool_put(rq->server->pools[pool_of(r)], &rq->work, false);
}

static void error_log(struct request *rq, const struct err *e) {
    int status = err_status(e->code);
    log_event(status >= 500 ? LOG_ERROR : LOG_DEBUG, "http.error",
              LS("route", rq->route ? rq->route->path : "-"), LI("status", status),
              LS("code", err_reason(e)), LS("msg", e->msg));
    refused_log(rq, e);
}

/* then() waits for the handler and for on_gone to return: it is what frees their argument. */
static bool then_due_locked(struct request *rq) {
    bool due = rq->resumed && !rq->then_queued && !rq->in_handler && !rq->in_gone;
    rq->then_queued |= due;
    return due;
}

static void then_put(struct request *rq) {
    pool_put(rq->server->pools[pool_of(rq->route)], &rq->work, true);
}

/* Nothing was replied and nothing will be: an error of ours, unless it is deferred. */
static void run_finish(struct request *rq, int rc, struct err *e) {
    if (rc >= 0 && !rq->replied && !rq->deferring)
        rc = err_set(e, ERR_INTERNAL, "the handler did not reply");
    if (rc < 0) {
        answer_drop(&rq->draft);
        rq->replied = true;
        if (!e->code)
            err_set(e, rc, "%s", err_name(rc));
        error_log(rq, e);
        answer_problem(rq, e, true, &rq->draft);
    }
    if (rq->replied) {
        /* Here and not with the request, which another thread frees: this one parses the next body with its pieces. */
        json_decref(take(rq->json));
        struct answer a = take_answer(&rq->draft);
        request_publish(rq, &a);
    }
    pthread_mutex_lock(&rq->lock);
    rq->in_handler = false;
    bool again = then_due_locked(rq);
    if (!again && !rq->answered && rq->suspended && rq->deferring)
        watch_client(rq->server->watch, rq);
    pthread_mutex_unlock(&rq->lock);
    if (again)
        then_put(rq);
}

/* "Busy, try again" is what an untouched store allows to be said. A handler that had committed something when the store
 * went away says what one says whose commit itself is in doubt. */
static int partly_done(int rc, struct err *e) {
    if (rc != ERR_BUSY || !str_starts(str_of(err_reason(e)), STR("store.")))
        return rc;
    snprintf(e->reason, sizeof e->reason, "store.unknown");
    snprintf(e->hint, sizeof e->hint,
             "The database went away while this was being saved. See whether it was before you do it again.");
    return rc;
}

/* On an engine where writers meet, a handler may find that what it decided on has changed (store.h).
 * As long as it has committed nothing, nobody has seen anything of it: it begins again, and decides
 * on what is there now. A body that was read from the stream is not there a second time. */
static int handler_run(struct request *rq, struct err *reterr) {
    for (int attempt = 0;; attempt++) {
        uint64_t commits = store_commits_here();
        int rc = rq->route->handler(rq, reterr);
        if (store_commits_here() != commits && rc < 0)
            return partly_done(rc, reterr);
        if (store_commits_here() != commits || rq->replied || rq->deferring ||
            (rq->route->flags & ROUTE_STREAM_BODY) || !store_again(rc, attempt, reterr))
            return rc;
        answer_drop(&rq->draft);
    }
}

/* A database that hangs is given up before the client is: "not done, come again" says more than "too late". A stream
 * has no such end. */
static void store_deadline_begin(const struct request *rq) {
    int64_t deadline = atomic_load(&rq->deadline_ns);
    store_deadline_set(deadline && !(rq->route->flags & ROUTE_STREAM_BODY) ? deadline - STORE_MARGIN_MS * INT64_C(1000000) : 0);
}

void request_run(struct work *w) {
    struct request *rq = (struct request *)((char *)w - offsetof(struct request, work));
    struct err e = {0};
    int rc = 0;
    log_request(rq->id);
    store_deadline_begin(rq);
    if (rq->resumed) {
        rq->replied = false;
        rq->deferring = false;
        rc = rq->then(rq, rq->then_arg, &e);
        run_finish(rq, rc, &e);
    } else {
        pthread_mutex_lock(&rq->lock);
        bool late = rq->answered || rq->gone;
        pthread_mutex_unlock(&rq->lock);
        if (!late) {
            /* From here a streamed upload is timed piece by piece (request_read). */
            if (rq->route->flags & ROUTE_STREAM_BODY)
                atomic_store(&rq->deadline_ns, 0);
            atomic_store(&rq->started, true);
            rc = request_check(rq, &e);
            struct audit_entry audit;
            bool audited = rc == 0 && request_audit_open(rq, &audit);
            if (rc == 0)
                rc = handler_run(rq, &e);
            if (audited)
                request_audit_close(&audit, rc);
            run_finish(rq, rc, &e);
        }
    }
    log_request(NULL);
    store_deadline_set(0);
    request_unref(rq);
}

void request_shed(struct work *w) {
    struct request *rq = (struct request *)((char *)w - offsetof(struct request, work));
    if (rq->resumed) { /* promised to run, whatever happens */
        request_run(w);
        return;
    }
    metric_add(&http_metrics[M_SHED], 1);
    request_fail(rq, ERR_BUSY, "the queue is full");
    request_unref(rq);
}

/* From any thread; touches nothing that the worker owns. */
void request_fail(struct request *rq, int code, const char *why) {
    struct answer a;
    struct err e = {0};
    void (*on_gone)(void *) = NULL;
    err_set(&e, code, "%s", why);
    if (code == ERR_CANCELLED)
        a = (struct answer){.status = 499};
    else
        answer_problem(rq, &e, false, &a);
    pthread_mutex_lock(&rq->lock);
    if (!rq->answered && !rq->gone) {
        rq->answer = a;
        rq->answered = true;
        a = (struct answer){0};
        on_gone = rq->on_gone;
        rq->on_gone = NULL;
        rq->in_gone = on_gone != NULL;
        if (code == ERR_CANCELLED)
            metric_add(&http_metrics[M_GONE], 1);
        if (code == ERR_TIMEOUT)
            metric_add(&http_metrics[M_TIMEOUT], 1);
    }
    request_wake_locked(rq);
    pthread_mutex_unlock(&rq->lock);
    answer_drop(&a);
    if (!on_gone)
        return;
    on_gone(rq->gone_arg);
    pthread_mutex_lock(&rq->lock);
    rq->in_gone = false;
    bool due = then_due_locked(rq);
    pthread_mutex_unlock(&rq->lock);
    if (due)
        then_put(rq);
}

int reply_defer(struct request *rq, void (*on_gone)(void *arg), void *arg) {
    assert(!rq->replied && !rq->deferring);
    request_ref(rq); /* dropped after then() */
    rq->deferring = true;
    pthread_mutex_lock(&rq->lock);
    bool late = rq->answered || rq->gone;
    rq->gone_arg = arg;
    rq->on_gone = late ? NULL : on_gone;
    pthread_mutex_unlock(&rq->lock);
    if (late && on_gone)
        on_gone(arg);
    return 0;
}

void request_resume(struct request *rq, int (*then)(struct request *rq, void *arg, struct err *reterr),
                    void *arg) {
    pthread_mutex_lock(&rq->lock);
    assert(!rq->resumed); /* once */
    rq->resumed = true;
    rq->then = then;
    rq->then_arg = arg;
    rq->on_gone = NULL;
    bool now = then_due_locked(rq);
    pthread_mutex_unlock(&rq->lock);
    if (now)
        then_put(rq);
}
