/*
 * http.h - the application's HTTP: libmicrohttpd on a Unix socket behind the front, hidden behind our own
 * request and reply types. Routes are tables; the router enforces role, rate, size, origin, schema and
 * deadline before a handler runs.
 *
 * Event loops accept; a handler is plain blocking C on the worker pool of its route (route.pool), with
 * the request's arena, which lives until the reply is sent.
 */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/id.h"
#include "base/metrics.h"
#include "base/str.h"
#include "engine/http/scope.h"
#include <jansson.h>

struct engine;
struct request;

/* OPTIONS: a route that players on other origins call says so itself (CORS preflight); left out of the
 * documents. */
enum http_method { GET, POST, PUT, PATCH, DELETE, OPTIONS, HTTP_METHODS };

/* Bits: a person may have several. ROLE_NONE is a route that anyone may call. */
enum role { ROLE_NONE = 0, ROLE_VIEWER = 1, ROLE_EDITOR = 2, ROLE_OPERATOR = 4 };

/* What is shed last comes first (DESIGN section 5, "routes"). A row that says nothing is of the REST. */
enum route_priority { PRIO_UNSET, PRIO_SEGMENT, PRIO_LICENCE, PRIO_PLAY, PRIO_SIGN_IN, PRIO_BROWSE, PRIO_REST };

/* PASSWORD: hashing has a pool and a queue of its own, so that a sign-in surge never starves Play. */
enum route_pool { POOL_DEFAULT, POOL_PASSWORD, POOL_STREAM };

enum { ROUTE_STREAM_BODY = 1, /* the body is read with request_read, not collected */
       ROUTE_SSE = 2,         /* text/event-stream */
       ROUTE_NO_ORIGIN_CHECK = 4, /* machines call it: a token in it authenticates, no cookie does */
       ROUTE_INTERNAL = 8,    /* only the front's sub-requests reach it */
       ROUTE_ADULT = 32,      /* closed to who is signed in to a kids profile */
       ROUTE_OWNER = 256,     /* closed to sessions that somebody else's approval began (a television's) */
       ROUTE_FORM = 64,       /* an x-www-form-urlencoded body is taken too, as an object of strings;
                               * names that the schema has not are left out (RFC 6749 section 3.1) */
       ROUTE_FRESH = 512,     /* who has a second factor must have shown it lately (hooks.check_fresh) */
       ROUTE_PIECE = 1024,    /* a piece of what another route began, which is what is recorded */
       ROUTE_AUDIT = 128,     /* recorded (engine/audit); staff's own that change something are anyway */
       ROUTE_READS = 2048,    /* staff's, and changes nothing although it is not a GET: not recorded */
       ROUTE_ANY_TYPE = 16 }; /* the body need not be application/json */

/* JSON shapes, for checking what comes in and for OpenAPI and the TypeScript client. */
enum field_type { F_END, F_STR, F_INT, F_NUM, F_BOOL, F_ID, F_TIME, F_EMAIL, F_SECRET, F_LANG, F_URL,
                  F_OBJ, F_ANY };
enum { FIELD_REQUIRED = 1, FIELD_ARRAY = 2, FIELD_NULLABLE = 4, FIELD_MAP = 8,
       FIELD_PERSONAL = 16 /* words about a person: not for the record, where nobody could erase them */ };
struct field {
    const char *name;
    enum field_type type;
    unsigned flags;
    int64_t min, max;      /* STR: bytes of UTF-8; INT: value; ARRAY: items. 0,0: 1 to 1000 for STR */
    const char *ref;       /* F_OBJ: the schema's name */
    const char *values;    /* F_STR: "a|b|c" is an enumeration */
    const char *doc;
};
struct schema {
    const char *name; /* NULL ends a table */
    const struct field *fields; /* ends with F_END */
    const char *doc;
};

struct route {
    enum http_method method;
    const char *path; /* "/api/v1/titles/{slug}"; "{id:id}" must be a ULID, "{n:int}" a number,
                       * "{rest:path}" (last) takes slashes; NULL ends a table */
    int (*handler)(struct request *rq, struct err *reterr); /* 0 after one reply_ call, or an error */
    unsigned role;         /* any one of these bits is enough */
    int per_minute;        /* by account, by address where there is none; 0: 600 */
    size_t body_max;       /* bytes; 0: 64 KiB (JSON) */
    int cache_s;           /* Cache-Control: max-age (public for ROLE_NONE, else private), with a weak
                            * ETag and 304 on GET; 0: private, no-store */
    enum route_priority priority;
    int deadline_ms;       /* 0: 10000. Past it the client gets 503 (still queued) or 504. With
                            * ROUTE_STREAM_BODY: the wait in the queue and the longest silence of
                            * the sender (at most 60 s), not the whole upload */
    enum route_pool pool;
    unsigned flags;
    const struct field *query; /* allowed query parameters, ends with F_END; NULL: none */
    const char *body;      /* schema name of the JSON body; NULL: none */
    const char *reply;     /* schema name of the 200/201 reply; NULL: 204 */
    const char *doc;       /* one line */
    const char *op;        /* the generated client's function; NULL: made from method and path */
    int status;            /* what success is answered with, for the documents; 0: 204 without a
                            * reply, 201 for a POST that makes something, 200 for the rest */
    enum scope scope;      /* what a machine's key needs; SCOPE_NONE: no key is admitted */
};

/* Who asks, found by the hook that identity registers. */
struct principal {
    struct account_id account;
    struct profile_id profile;
    struct session_id session;
    struct device_id device;
    unsigned roles; /* ROLE_ bits; 0: nobody */
    bool kids;      /* watches as a child: ROUTE_ADULT routes are closed */
    int maturity;   /* years: titles for this age and younger */
    bool paired;    /* signed in by a code: ROUTE_OWNER routes are closed */
    struct str agent; /* User-Agent, as it came: for words_agent; lives as long as the request */
    struct api_key_id key; /* set: a machine asks with this key; account is then whoever made it, without a session */
    struct str key_name;   /* lives as long as the request */
    uint64_t scopes;       /* of the key, SCOPE_BIT each */
};

/* Reading. Everything returned lives in the request's arena. */
const struct engine *request_engine(struct request *rq);
struct arena *request_arena(struct request *rq);
const struct principal *request_principal(struct request *rq);
int64_t request_now_ms(struct request *rq);
struct str request_param(struct request *rq, const char *name);  /* of the path; asserts it exists */
struct str request_query(struct request *rq, const char *name);  /* STR_NULL when absent */
int64_t request_query_int(struct request *rq, const char *name, int64_t absent);
struct str request_header(struct request *rq, const char *name); /* STR_NULL when absent */
/* Over TLS cookies are named "__Host-<name>": a browser takes such a one from this very host over TLS only
 * (RFC 6265bis section 4.1.3.2), so that no neighbouring host can plant a session. */
#define COOKIE_PREFIX "__Host-"
struct str request_cookie(struct request *rq, const char *name);
/* The API key of "Authorization: Bearer mtk_...", unchecked; STR_NULL: none. Where there is one no cookie counts. */
#define KEY_PREFIX "mtk_"
struct str request_key(struct request *rq);
/* The roles that some route with this scope is for, all together. */
unsigned request_scope_roles(struct request *rq, enum scope s);
/* The client's, as the front said: what rates count by. Of IPv6 the network ("2001:db8::/64"), since
 * one line has that many addresses. */
struct str request_address(struct request *rq);
/* From which country it comes, ISO 3166-1 alpha-2: as a proxy that the operator trusts says, else by the
 * database of addresses. STR_NULL: neither knows. */
struct str request_country(struct request *rq);
int64_t request_began_ns(const struct request *rq); /* clock_mono_ns, before anything was asked about it */
/* The same for a log: "203.0.113.0/24", "2001:db8:1::/48", "local"; dst is its room. */
enum { NETWORK_CAP = 64 };
struct str network_of(struct str address, char dst[NETWORK_CAP]);
struct str request_action(struct request *rq); /* "PUT /api/v1/titles/{id}", as the record names what was asked */
struct str request_id(struct request *rq);
bool request_is_tls(struct request *rq);
json_t *request_json(struct request *rq);       /* borrowed; checked against route.body already */
bool request_is_form(struct request *rq);       /* ROUTE_FORM: it was such a form */
struct str request_body(struct request *rq);    /* raw, when route.body is NULL */
int64_t request_length(struct request *rq);     /* Content-Length; -1: chunked */
/* ROUTE_STREAM_BODY: blocks for the next piece; 0 at the end; ERR_CANCELLED when the client went,
 * ERR_TIMEOUT when it sent nothing for route.deadline_ms or 60 s, ERR_TOO_LARGE past route.body_max. */
ssize_t request_read(struct request *rq, void *dst, size_t n, struct err *reterr);

/* Ends a streamed request that is being read: request_read gives ERR_CANCELLED, and its client is told why (a
 * sender that has gone leaves one that waits for more). Any thread, while its handler has not returned. */
void request_break(struct request *rq, int code, const char *why);

/* A field that only the handler can judge (a taken name, a weak password): it joins the problem's
 * "errors", and the handler then returns an ERR_INVALID or ERR_CONFLICT of its own. Both are copied. */
void request_field_error(struct request *rq, const char *field, const char *detail);

/* An extension member of the problem that the handler then returns (RFC 9457 section 3.2): what a client
 * needs to offer a way out. value is stolen; the last one of a request counts. name is borrowed. */
void request_problem_member(struct request *rq, const char *name, json_t *value);

/* What is wrong with a value by a schema of the table (its refs are of the same table), all faults at once: how many, and in the
 * arena which. For bodies that no route checks: rows of a file. */
struct json_fault {
    const char *field, *detail;
};
size_t json_faults(const struct schema *table, const char *name, json_t *value, struct arena *a, struct json_fault **ret);

/* Answering: exactly one of these a request (headers may be set before it). */
void reply_header(struct request *rq, const char *name, const char *value);
void reply_cookie(struct request *rq, const char *name, const char *value, int64_t max_age_s);
int reply_json(struct request *rq, int status, json_t *body); /* steals body; weak ETag and 304 on GET */
/* The same of text that is JSON already, for what is answered often; takes what is in body. */
int reply_json_text(struct request *rq, int status, struct buf *body);
int reply_text(struct request *rq, int status, const char *content_type, struct str body);
int reply_empty(struct request *rq);                          /* 204 */
int reply_redirect(struct request *rq, int status, const char *location);
/* The descriptor is the server's from the call on, also when this fails. */
int reply_fd(struct request *rq, int fd, int64_t offset, int64_t length, const char *content_type);
/* The body as it is made: next() writes up to n bytes and returns how many, 0 at the end, negative to
 * break off. It may block: it runs on the default pool, one call at a time. done() is called once. */
int reply_stream(struct request *rq, const char *content_type,
                 ssize_t (*next)(void *arg, void *dst, size_t n), void (*done)(void *arg), void *arg);

/* Server-sent events: a reply that stays open and holds no thread. The handle may outlive the request;
 * sse_send from any thread; returns false once the client has gone or has 256 KiB unread (then call
 * sse_close). A comment is sent as heartbeat every 15 s. on_close is called once, whoever ends it, on
 * a thread of the server's that must not be blocked. The handle is the caller's until sse_close, which
 * may be called inside on_close, again too; never after on_close has returned and sse_close was called. */
struct sse;
int reply_sse(struct request *rq, void (*on_close)(void *arg), void *arg, struct sse **ret_sse);
bool sse_send(struct sse *s, const char *event, const char *id, struct str data);
void sse_close(struct sse *s);

/* A reply given later from another thread: the handler returns at once, the request waits, holding no
 * thread, until request_resume or its deadline (then 504). request_resume must follow exactly once,
 * also after on_gone: then() always runs, on the route's pool, and frees arg; a reply it makes for a
 * client that is no longer there is dropped. on_gone (may be NULL) is called at most once, when the
 * client went or the deadline passed, on a thread that must not be blocked: it says "stop working". */
int reply_defer(struct request *rq, void (*on_gone)(void *arg), void *arg);
void request_resume(struct request *rq, int (*then)(struct request *rq, void *arg, struct err *reterr),
                    void *arg);

/* The server. */
struct http_hooks {
    /* Fills *ret_who from cookies or headers; leaves roles 0 for nobody. An error of a request that carries a key
     * (request_key) refuses it, whatever the route. */
    int (*authenticate)(struct request *rq, struct principal *ret_who, struct err *reterr);
    /* Of a route with ROUTE_FRESH, once the role is right. NULL: nobody is asked. */
    int (*check_fresh)(struct request *rq, const struct principal *who, struct err *reterr);
};
struct http_options {
    const struct engine *engine;
    const struct route *const *routes;    /* NULL-terminated lists of tables */
    const struct schema *const *schemas;
    const struct api_event *events;       /* NULL: none; for GET /api/openapi.json */
    struct http_hooks hooks;
    int listen_fd;                        /* a listening Unix socket; owned by the server from now on */
    int default_threads, password_threads, stream_threads;
    const char *const *origins;           /* allowed Origin values besides the Host; NULL: none */
    const struct clock *clock;            /* for request_now_ms; NULL: the system's */
    int queue_max;                        /* requests that wait for a thread, a pool; 0: 1024 */
    int connections_max;                  /* 0: 20000 */
    bool check_replies;                   /* log replies that differ from route.reply (tests) */
};
/* Threads, queue and connections from the settings of http_config; the rest is left as it is. */
/* Passwords that are hashed at a time. */
int http_password_threads(const struct config *c);
void http_options_from_config(const struct config *c, struct http_options *o);
struct http_server;
int http_server_start(const struct http_options *o, struct http_server **ret_s, struct err *reterr);
/* Stops accepting, lets running requests end for up to grace_ms, then ends them. Frees. */
void http_server_stop(struct http_server *s, int grace_ms);

/* GET /api/openapi.json: put it among the tables to serve it. */
extern const struct route http_routes[];

/* What endpoints of others can be told of, for the documents. */
struct api_event {
    const char *name; /* "title.published"; NULL ends a table */
    const char *schema; /* of its data */
    const char *doc;
};
/* Generated documents. ROUTE_INTERNAL is left out. openapi_make gives a new reference; events may be NULL. */
json_t *openapi_make(const struct route *const *routes, const struct schema *const *schemas, const struct api_event *events);
/* {"routes": [...], "schemas": {...}}: all of them, ROUTE_INTERNAL too, with roles, limits and flags; for
 * tests that go over the whole table. A new reference, NULL without memory. */
json_t *routes_json(const struct route *const *routes, const struct schema *const *schemas);
struct buf;
void typescript_make(const struct route *const *routes, const struct schema *const *schemas,
                     struct buf *out);
void api_doc_make(const struct route *const *routes, const struct schema *const *schemas,
                  struct buf *out); /* docs/API.md */

extern const struct config_key http_config[];
extern struct metric http_metrics[];
