/*
 * http_int.h - what the files of this folder share.
 *
 * Three kinds of thread touch a request, and each field says whose it is:
 *   loop    the one event loop of libmicrohttpd: reads the head and the body, queues the answer;
 *   worker  the pool thread that runs checks and handler, between dispatch and request_publish;
 *   watch   deadlines and clients that went.
 * Whoever publishes an answer first wins (a handler, a deadline, a stop); the others' are dropped.
 * Only the holder of request.lock suspends or resumes the connection, so a resume is never doubled.
 */
#pragma once
#include "base/buf.h"
#include "engine/cache/cache.h"
#include "engine/http/http.h"
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    PARAMS_MAX = 8,
    QUERIES_MAX = 32,
    HEADERS_MAX = 64,
    TARGET_MAX = 8 << 10,
    JSON_DEPTH_MAX = 32,
    ERRORS_MAX = 50,
    BODY_DEFAULT = 64 << 10,
    ARENA_MAX = 16 << 20,
    RING_SIZE = 256 << 10,   /* a streamed upload's memory */
    DRAIN_MAX = 1 << 20,     /* what is read of an unwanted body before answering over it */
    DEADLINE_DEFAULT_MS = 10000,
    STORE_MARGIN_MS = 500,
    PER_MINUTE_DEFAULT = 600,
    POOLS = 3,
    PRIORITIES = PRIO_REST + 1,
    SSE_QUEUE_MAX = 256 << 10,
    SSE_HEARTBEAT_MS = 15000,
};

/* url.c: RFC 3986 percent-decoding and query strings. */
struct pair {
    struct str name, value;
};
/* False: a bad escape, NUL, or (unless slash_ok) an encoded slash; control characters and bad UTF-8. */
bool url_decode(struct arena *a, struct str s, bool plus_is_space, bool slash_ok, struct str *ret);
/* The name in *ret_bad (in the arena or borrowed) says which parameter is at fault. */
int query_parse(struct arena *a, struct str query, struct pair *pairs, size_t max, size_t *ret_n,
                struct str *ret_bad);

/* router.c: the tables compiled to a tree of segments. */
struct router;
struct match {
    const struct route *route; /* NULL: nothing at this path, or not by this method (allow != 0) */
    unsigned allow;            /* bits of methods that the path has */
    struct pair params[PARAMS_MAX];
    size_t n_params;
};
/* Asserts on tables that contradict themselves. */
struct router *router_new(const struct route *const *routes, const struct schema *const *schemas);
void router_free(struct router *r);
/* path: still encoded, without the query. False: the encoding is bad. */
bool router_match(const struct router *r, struct arena *a, enum http_method method, struct str path,
                  struct match *ret);
const char *method_name(enum http_method m);
bool method_parse(const char *s, enum http_method *ret, bool *ret_head);

/* schema.c */
struct violation {
    const char *field, *detail;
};
struct violations {
    struct arena *arena;
    size_t n;
    struct violation v[ERRORS_MAX];
};
void violation_add(struct violations *v, const char *field, const char *fmt, ...) PRINTF_LIKE(3, 4);
const struct schema *schema_find(const struct schema *const *schemas, const char *name);
/* Every fault at once. lax: unknown fields pass (replies may have more than they promise). */
void schema_check(const struct schema *const *schemas, const struct schema *s, json_t *value, bool lax,
                  struct violations *v);
void query_check(const struct field *fields, const struct pair *pairs, size_t n,
                 struct violations *v);
/* Depth is counted before Jansson sees the text. ERR_INVALID with a sentence. New reference. */
int json_read(struct str text, json_t **ret, struct err *reterr);

/* origin.c: is a state-changing request from our own pages? */
bool origin_ok(struct str origin, struct str referer, struct str fetch_site, struct str host,
               bool tls, bool has_cookie, const char *const *allowed);

/* pool.c: threads and a bounded queue in order of priority. */
struct work {
    struct work *next;
    void (*run)(struct work *w);
    void (*shed)(struct work *w); /* called instead of run, without the pool's lock */
    enum route_priority priority;
};
struct pool;
struct pool *pool_new(const char *name, int threads, int queue_max, struct metric *depth);
/* Full: the newest of the lowest priority is shed, which may be w itself. force: over the ceiling. */
void pool_put(struct pool *p, struct work *w, bool force);
/* What still waits is shed; what is put later runs (force) or is shed in the caller's thread. False: a
 * handler did not come back within wait_ms; pool_free then leaves the pool to it. */
bool pool_stop(struct pool *p, int wait_ms);
void pool_free(struct pool *p);

/* problem.c: RFC 9457. Heap only: also used by threads that don't own the request's arena. */
struct problem {
    const struct err *err;
    const char *request_id;
    const struct violation *errors;
    size_t n_errors;
    const char *member_name; /* an extension member, as JSON */
    struct str member;
};
char *problem_text(const struct problem *p, size_t *ret_n); /* free(); NULL: no memory */
const char *status_title(int status);

/* An answer is made by one thread and given to libmicrohttpd by the loop. */
struct answer {
    int status; /* 0: none */
    struct MHD_Response *response;
    int64_t bytes; /* of the body, where known */
    char *text; /* of a problem, kept for an early answer; borrowed from the response */
    size_t text_n;
};
void answer_drop(struct answer *a);
static inline struct answer take_answer(struct answer *a) {
    struct answer taken = *a;
    *a = (struct answer){0};
    return taken;
}

enum phase {
    PHASE_HEAD,   /* nothing but the target is known */
    PHASE_BODY,   /* collecting */
    PHASE_DRAIN,  /* the answer is known, the rest of the body is read away */
    PHASE_LINGER, /* answered over the body; waiting for the client to stop */
    PHASE_WORK,   /* with the pool, or deferred */
};

struct sse;
struct request {
    struct work work;
    struct http_server *server;
    atomic_int refs;
    pthread_mutex_t lock;
    pthread_cond_t more; /* for request_read */

    /* Set by the loop before dispatch; then read by anybody. */
    struct arena arena; /* the loop's until dispatch, then the worker's */
    char id[72];
    struct str target;
    struct match match;
    const struct route *route;
    enum http_method method;
    bool head, method_known;
    struct pair *headers;
    size_t n_headers;
    struct pair *queries;
    size_t n_queries;
    struct buf body;
    int64_t length; /* -1: chunked */
    int64_t began_ns, now_ms;
    int fd;

    /* loop */
    struct MHD_Connection *conn;
    enum phase phase;
    int64_t drained, drain_from_ns, received;
    bool queued, headed;

    /* worker */
    struct principal who;
    json_t *json;
    struct pair *reply_headers;
    size_t n_reply_headers, cap_reply_headers;
    struct violations errors;
    const char *member_name;  /* of the problem, an extension */
    struct str member;
    struct answer draft;
    bool replied, deferring;
    int (*then)(struct request *rq, void *arg, struct err *reterr);
    void *then_arg;
    int64_t read_total;

    /* request.lock */
    bool suspended, answered, gone, client_gone, body_ended, in_handler, in_gone, resumed, then_queued;
    struct answer answer;
    uint8_t *ring;
    size_t ring_at, ring_n;
    void (*on_gone)(void *arg);
    void *gone_arg;
    struct sse *sse;

    atomic_int_fast64_t deadline_ns; /* 0: none */
    atomic_int_fast64_t bytes;       /* of the reply's body */
    atomic_int status;
    atomic_bool started; /* the handler, not only the wait for a thread */
    struct account_id logged; /* worker writes before publishing */

    /* server.lock */
    struct request *prev, *next;
    bool listed, watched;
    uint32_t watch_serial;
};

/* request.c */
struct request *request_new(struct http_server *s, const char *target);
struct request *request_ref(struct request *rq);
void request_unref(struct request *rq);
void request_head_copy(struct request *rq, struct MHD_Connection *conn);

/* scope.c: whether the key that asks is admitted by the route. ERR_FORBIDDEN "key.not_here", "key.scope". */
int request_check_scope(struct request *rq, struct err *reterr);

/* checks.c */
int request_check_head(struct request *rq, struct err *reterr); /* loop */
int request_check(struct request *rq, struct err *reterr);      /* worker */

/* reply.c */
void answer_problem(struct request *rq, const struct err *e, bool worker, struct answer *ret);
void request_publish(struct request *rq, struct answer *a); /* takes it; wakes the connection */
int reply_response(struct request *rq, struct MHD_Response *r, const char *content_type);

/* flow.c: from dispatch to answer. */
void request_dispatch(struct request *rq);
void request_run(struct work *w);
void request_shed(struct work *w);
void request_fail(struct request *rq, int code, const char *why); /* watch, stop */
void request_suspend_locked(struct request *rq);
void request_wake_locked(struct request *rq);

/* upload.c: the body as the loop sees it; *n becomes what was not taken. */
enum MHD_Result body_take(struct request *rq, const char *p, size_t *n);

/* sse.c */
void sse_heartbeat(struct sse *s, int64_t now_ns); /* request.lock held */

/* watch.c: clients that go while their connection is suspended, and deadlines. */
struct watch;
struct watch *watch_new(struct http_server *s, struct err *reterr);
void watch_free(struct watch *w);
void watch_client(struct watch *w, struct request *rq);   /* from when it may be parked */
void watch_forget(struct watch *w, struct request *rq);   /* loop, before the descriptor closes */

struct http_server {
    struct http_options o;
    struct router *router;
    struct cache *rates, *own_rates; /* the engine's; the server's own where there is none */
    struct pool *pools[POOLS];
    struct MHD_Daemon *daemon;
    struct watch *watch;
    int listen_fd;
    atomic_int refs;
    atomic_bool stopping; /* no new requests */
    atomic_bool ending;   /* no suspending either */

    pthread_mutex_t lock;
    pthread_cond_t idle;
    struct request *first; /* every request that has a connection */
    size_t n_requests;
};
void server_ref(struct http_server *s);
void server_unref(struct http_server *s);

/* op.c: what the three generated documents share. */
void op_add(struct buf *b, const struct route *r);             /* "createPlayback" */
void plain_path_add(struct buf *b, const char *path);          /* "{id:id}" becomes "{id}" */
bool path_param_next(struct str *rest, struct str *ret_name, struct str *ret_type);
int route_success(const struct route *r);
void roles_add(struct buf *b, unsigned roles, const char *between);
const char *priority_name(enum route_priority p);
static inline enum route_priority priority_of(const struct route *r) {
    return r->priority ? r->priority : PRIO_REST;
}

/* audited.c. True: the entry is open, and request_audit_close is due. */
struct audit_entry;
/* refused.c: e was answered; a line for who watches. Any thread. */
void refused_log(struct request *rq, const struct err *e);
bool route_is_audited(const struct route *r);
bool request_audit_open(struct request *rq, struct audit_entry *a);
void request_audit_close(struct audit_entry *a, int rc);

/* http.c */
enum { M_1XX, M_2XX, M_3XX, M_4XX, M_5XX, M_LATENCY, M_IN_FLIGHT, M_QUEUE_DEFAULT, M_QUEUE_PASSWORD,
       M_QUEUE_STREAM, M_SHED, M_LIMITED, M_TIMEOUT, M_GONE, M_SSE };
