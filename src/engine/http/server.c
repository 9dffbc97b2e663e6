/*
 * server.c - start, stop, and what libmicrohttpd calls. One event loop: it reads heads and bodies,
 * hands requests to the pools and queues their answers; it never blocks.
 */
#include "engine/http/http_int.h"
#include "engine/http/json_slab.h"
#include "base/log.h"
#include "engine/engine.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    CONNECTION_MEMORY = 32 << 10, /* also bounds a request's head */
    /* Longer than the front keeps an idle connection, so that it is the front that closes: a request
     * sent into our closing would be lost. */
    IDLE_S = 120,
};

void server_ref(struct http_server *s) { atomic_fetch_add(&s->refs, 1); }

void server_unref(struct http_server *s) {
    if (atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    for (int i = 0; i < POOLS; i++)
        pool_free(s->pools[i]);
    cache_close(s->own_rates);
    router_free(s->router);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->idle);
    free(s);
}

static void list_add(struct http_server *s, struct request *rq) {
    pthread_mutex_lock(&s->lock);
    rq->next = s->first;
    if (s->first)
        s->first->prev = rq;
    s->first = rq;
    s->n_requests++;
    rq->listed = true;
    pthread_mutex_unlock(&s->lock);
    metric_add(&http_metrics[M_IN_FLIGHT], 1);
}

static void list_remove(struct http_server *s, struct request *rq) {
    pthread_mutex_lock(&s->lock);
    if (rq->prev)
        rq->prev->next = rq->next;
    else
        s->first = rq->next;
    if (rq->next)
        rq->next->prev = rq->prev;
    rq->prev = rq->next = NULL;
    rq->listed = false;
    if (--s->n_requests == 0)
        pthread_cond_signal(&s->idle);
    pthread_mutex_unlock(&s->lock);
    metric_add(&http_metrics[M_IN_FLIGHT], -1);
}

/* --- called by libmicrohttpd, on the loop --- */

static void *on_target(void *cls, const char *target, struct MHD_Connection *conn) {
    return request_new(cls, target);
}

static enum MHD_Result answer_queue(struct request *rq) {
    pthread_mutex_lock(&rq->lock);
    struct answer a = take_answer(&rq->answer);
    pthread_mutex_unlock(&rq->lock);
    enum MHD_Result r = MHD_NO;
    atomic_store(&rq->status, a.status);
    if (a.response && !rq->queued) {
        rq->queued = true;
        r = MHD_queue_response(rq->conn, (unsigned)a.status, a.response);
        if (!rq->head && a.bytes > 0)
            atomic_store(&rq->bytes, a.bytes);
    }
    answer_drop(&a);
    return r;
}

/* The answer is known from the head alone. It is queued at the end of the body (at once when there is
 * none), since an answer before that closes the connection; a sender that asks first is told at once. */
static enum MHD_Result head_refuse(struct request *rq, const struct err *e) {
    struct answer a;
    log_request(rq->id);
    log_event(LOG_DEBUG, "http.refused", LS("code", err_reason(e)), LS("msg", e->msg));
    refused_log(rq, e);
    log_request(NULL);
    answer_problem(rq, e, true, &a);
    request_publish(rq, &a);
    bool asks_first = request_header(rq, "Expect").p && (rq->method == POST || rq->method == PUT);
    if (asks_first)
        return answer_queue(rq);
    rq->phase = PHASE_DRAIN;
    return MHD_YES;
}

static enum MHD_Result head_take(struct request *rq, struct MHD_Connection *conn,
                                 const char *method) {
    struct err e = {0};
    rq->headed = true;
    request_head_copy(rq, conn);
    rq->method_known = method_parse(method, &rq->method, &rq->head);
    list_add(rq->server, rq);
    int rc = atomic_load(&rq->server->stopping) ? err_set(&e, ERR_BUSY, "stopping")
                                                : request_check_head(rq, &e);
    if (rc)
        return head_refuse(rq, &e);
    /* Without a body the next call comes at once. To suspend here already would make 0.9.75 close the
     * connection after the answer. */
    if (rq->length != 0 && (rq->route->flags & ROUTE_STREAM_BODY))
        request_dispatch(rq);
    else
        rq->phase = PHASE_BODY;
    return MHD_YES;
}

static enum MHD_Result body_end(struct request *rq) {
    if (rq->phase == PHASE_LINGER)
        return MHD_NO; /* answered by hand; the connection can't be used on */
    if (rq->phase == PHASE_BODY) {
        request_dispatch(rq);
        return MHD_YES;
    }
    pthread_mutex_lock(&rq->lock);
    bool answered = rq->answered;
    if (!rq->body_ended) {
        rq->body_ended = true;
        pthread_cond_signal(&rq->more);
    }
    if (!answered)
        request_suspend_locked(rq);
    bool stuck = !answered && !rq->suspended; /* the server is ending */
    pthread_mutex_unlock(&rq->lock);
    if (stuck)
        return MHD_NO;
    return answered ? answer_queue(rq) : MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *conn, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_n, void **con_cls) {
    struct request *rq = *con_cls;
    if (!rq)
        return MHD_NO; /* no memory */
    if (!rq->headed)
        return head_take(rq, conn, method);
    return *upload_n ? body_take(rq, upload, upload_n) : body_end(rq);
}

static void access_log(struct request *rq, int64_t took_ns, int status) {
    int64_t bytes = atomic_load(&rq->bytes);
    log_request(rq->id);
    log_event(LOG_INFO, "http.request",
              LS("method", !rq->method_known ? "-" : rq->head ? "HEAD" : method_name(rq->method)),
              LS("route", rq->route ? rq->route->path : "-"), LI("status", status),
              LF("ms", (double)took_ns / 1e6), LI("bytes", bytes),
              LS("account", id_is_set(rq->logged.v) ? rq->logged.v.s : "-"));
    log_request(NULL);
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **con_cls,
                         enum MHD_RequestTerminationCode how) {
    struct request *rq = *con_cls;
    if (!rq)
        return;
    *con_cls = NULL;
    pthread_mutex_lock(&rq->lock);
    rq->gone = true;
    rq->suspended = false;
    rq->conn = NULL;
    void (*on_gone)(void *) = rq->on_gone;
    rq->on_gone = NULL;
    pthread_cond_broadcast(&rq->more);
    pthread_mutex_unlock(&rq->lock);
    assert(!on_gone); /* a deferred request is suspended, and answered before it is resumed */
    if (rq->headed) {
        int64_t took = clock_mono_ns() - rq->began_ns;
        int status = atomic_load(&rq->status);
        if (status == 0)
            status = 499;
        watch_forget(rq->server->watch, rq);
        access_log(rq, took, status);
        metric_add(&http_metrics[M_1XX + CLAMP(status / 100, 1, 5) - 1], 1);
        metric_observe(&http_metrics[M_LATENCY], took / 1000000);
        list_remove(rq->server, rq);
    }
    request_unref(rq);
}

static void on_daemon_log(void *cls, const char *fmt, va_list ap) {
    char text[300];
    vsnprintf(text, sizeof text, fmt, ap);
    text[strcspn(text, "\r\n")] = 0;
    log_event(LOG_DEBUG, "http.daemon", LS("msg", text));
}

/* --- start and stop --- */

static bool pools_start(struct http_server *s) {
    static const char *const names[POOLS] = {"default", "password", "stream"};
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    const int threads[POOLS] = {
        s->o.default_threads ? s->o.default_threads : CLAMP(cores * 4, 4, 64),
        s->o.password_threads ? s->o.password_threads : CLAMP(cores / 2, 1, 8),
        s->o.stream_threads ? s->o.stream_threads : 32,
    };
    for (int i = 0; i < POOLS; i++) {
        s->pools[i] = pool_new(names[i], threads[i], s->o.queue_max ? s->o.queue_max : 1024,
                               &http_metrics[M_QUEUE_DEFAULT + i]);
        if (!s->pools[i])
            return false;
    }
    return true;
}

static struct MHD_Daemon *daemon_start(struct http_server *s) {
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET, s->listen_fd, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, s},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_target, s},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, s->o.connections_max ? s->o.connections_max : 20000, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                                MHD_USE_ERROR_LOG,
                            0, NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER,
                            on_daemon_log, s, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

static void start_undo(struct http_server *s) {
    watch_free(s->watch);
    for (int i = 0; i < POOLS; i++)
        if (s->pools[i])
            pool_stop(s->pools[i], 1000);
    fd_close(&s->listen_fd);
    server_unref(s);
}

int http_server_start(const struct http_options *o, struct http_server **ret_s, struct err *reterr) {
    struct http_server *s = calloc(1, sizeof *s);
    int listen_fd = o->listen_fd;
    if (!s) {
        fd_close(&listen_fd);
        return err_set(reterr, ERR_NO_MEMORY, "http server");
    }
    json_slab_install();
    s->o = *o;
    s->refs = 1;
    s->listen_fd = listen_fd;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->idle, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int flags = fcntl(listen_fd, F_GETFL);
    if (flags < 0 || fcntl(listen_fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        int rc = err_errno(reterr, errno, "http: the listening socket");
        start_undo(s);
        return rc;
    }
    s->router = router_new(o->routes, o->schemas);
    s->rates = o->engine ? o->engine->cache : NULL;
    if (!s->rates && cache_open(&(struct cache_options){0}, &s->own_rates, reterr) == 0)
        s->rates = s->own_rates;
    s->watch = s->router && s->rates ? watch_new(s, reterr) : NULL;
    if (!s->watch || !pools_start(s) || !(s->daemon = daemon_start(s))) {
        if (!reterr || !reterr->code)
            err_set(reterr, ERR_INTERNAL, "http: the server does not start (memory or threads)");
        start_undo(s);
        return reterr ? reterr->code : ERR_INTERNAL;
    }
    *ret_s = s;
    return 0;
}

static bool wait_idle(struct http_server *s, int ms) {
    struct timespec t;
    int rc = 0;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t ns = t.tv_nsec + (int64_t)ms * 1000000;
    t.tv_sec += ns / 1000000000;
    t.tv_nsec = ns % 1000000000;
    pthread_mutex_lock(&s->lock);
    while (s->n_requests && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&s->idle, &s->lock, &t);
    bool idle = s->n_requests == 0;
    pthread_mutex_unlock(&s->lock);
    return idle;
}

/* wake: streams of events notice by themselves that the server stops. fail: everything is answered. */
static void requests_each(struct http_server *s, bool fail) {
    pthread_mutex_lock(&s->lock);
    size_t n = 0, max = s->n_requests;
    struct request **all = calloc(max + 1, sizeof *all);
    for (struct request *rq = s->first; rq && all && n < max; rq = rq->next)
        all[n++] = request_ref(rq);
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < n; i++) {
        if (fail)
            request_fail(all[i], ERR_BUSY, "the server is stopping");
        pthread_mutex_lock(&all[i]->lock);
        pthread_cond_broadcast(&all[i]->more);
        if (fail || all[i]->sse)
            request_wake_locked(all[i]);
        pthread_mutex_unlock(&all[i]->lock);
        request_unref(all[i]);
    }
    free(all);
}

void http_server_stop(struct http_server *s, int grace_ms) {
    atomic_store(&s->stopping, true);
    MHD_quiesce_daemon(s->daemon);
    requests_each(s, false);
    if (!wait_idle(s, grace_ms)) {
        /* Suspended connections would make MHD_stop_daemon abort the program. */
        atomic_store(&s->ending, true);
        for (int i = 0; i < 50; i++) {
            requests_each(s, true);
            if (wait_idle(s, 100))
                break;
        }
    }
    atomic_store(&s->ending, true);
    requests_each(s, true);
    MHD_stop_daemon(s->daemon);
    for (int i = 0; i < POOLS; i++)
        pool_stop(s->pools[i], 5000);
    watch_free(s->watch);
    s->watch = NULL;
    fd_close(&s->listen_fd);
    server_unref(s);
}
