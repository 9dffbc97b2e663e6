/*
 * http.c - the settings and metrics of the HTTP room, and the route that describes all others.
 */
#include "engine/http/http_int.h"
#include <unistd.h>

const struct config_key http_config[] = {
    {"http-threads", CONFIG_INT, "0", 0, 256,
     "Threads that answer requests; 0: four a core.", false},
    {"http-password-threads", CONFIG_INT, "0", 0, 64,
     "Passwords that are hashed at a time, each in password-memory and only where nothing else wants the core; 0: one for two cores.", false},
    {"http-stream-threads", CONFIG_INT, "32", 1, 256, "Uploads that are taken at the same time.",
     false},
    {"http-queue", CONFIG_INT, "1024", 1, 100000,
     "Requests that may wait for a thread before the least important are turned away.", false},
    {"http-connections", CONFIG_INT, "20000", 16, 1000000, "Connections open at the same time.",
     false},
    {0},
};

int http_password_threads(const struct config *c) {
    int set = (int)config_int(c, "http-password-threads"), cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    return set ? set : CLAMP(cores / 2, 1, 8);
}

void http_options_from_config(const struct config *c, struct http_options *o) {
    o->default_threads = (int)config_int(c, "http-threads");
    o->password_threads = http_password_threads(c);
    o->stream_threads = (int)config_int(c, "http-stream-threads");
    o->queue_max = (int)config_int(c, "http-queue");
    o->connections_max = (int)config_int(c, "http-connections");
}

#define REQUESTS "matinee_http_requests_total"
#define REQUESTS_HELP "Requests by class of status."
#define QUEUED "matinee_http_queue"
#define QUEUED_HELP "Requests that wait for a thread."
struct metric http_metrics[] = {
    [M_1XX] = {REQUESTS, METRIC_COUNTER, REQUESTS_HELP, "class=\"1xx\""},
    [M_2XX] = {REQUESTS, METRIC_COUNTER, REQUESTS_HELP, "class=\"2xx\""},
    [M_3XX] = {REQUESTS, METRIC_COUNTER, REQUESTS_HELP, "class=\"3xx\""},
    [M_4XX] = {REQUESTS, METRIC_COUNTER, REQUESTS_HELP, "class=\"4xx\""},
    [M_5XX] = {REQUESTS, METRIC_COUNTER, REQUESTS_HELP, "class=\"5xx\""},
    [M_LATENCY] = {"matinee_http_request_ms", METRIC_HISTOGRAM,
                   "Milliseconds from a request's first line to the end of its answer.", NULL,
                   {1, 2, 5, 10, 25, 50, 100, 250, 1000, 5000}},
    [M_IN_FLIGHT] = {"matinee_http_in_flight", METRIC_GAUGE, "Requests being answered.", NULL},
    [M_QUEUE_DEFAULT] = {QUEUED, METRIC_GAUGE, QUEUED_HELP, "pool=\"default\""},
    [M_QUEUE_PASSWORD] = {QUEUED, METRIC_GAUGE, QUEUED_HELP, "pool=\"password\""},
    [M_QUEUE_STREAM] = {QUEUED, METRIC_GAUGE, QUEUED_HELP, "pool=\"stream\""},
    [M_SHED] = {"matinee_http_shed_total", METRIC_COUNTER,
                "Requests turned away because a queue was full.", NULL},
    [M_LIMITED] = {"matinee_http_limited_total", METRIC_COUNTER,
                   "Requests turned away by a rate limit.", NULL},
    [M_TIMEOUT] = {"matinee_http_timeout_total", METRIC_COUNTER,
                   "Requests whose handler missed its deadline.", NULL},
    [M_GONE] = {"matinee_http_gone_total", METRIC_COUNTER,
                "Clients that went while their request waited.", NULL},
    [M_SSE] = {"matinee_http_event_streams", METRIC_GAUGE, "Streams of events open.", NULL},
    [M_SSE + 1] = {0},
};

static int openapi_get(struct request *rq, struct err *reterr) {
    const struct http_options *o = &rq->server->o;
    return reply_json(rq, 200, openapi_make(o->routes, o->schemas, o->events));
}

const struct route http_routes[] = {
    {GET, "/api/openapi.json", openapi_get, .per_minute = 60, .cache_s = 60, .op = "openapiGet", .priority = PRIO_REST,
     .status = 200, .doc = "This API as an OpenAPI 3.1 document"},
    {0},
};
