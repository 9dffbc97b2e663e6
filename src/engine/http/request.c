/*
 * request.c - a request's life and what a handler reads of it. Everything is copied out of
 * libmicrohttpd's memory at the start, so that a handler may outlive its connection.
 */
#include "engine/http/http_int.h"
#include "engine/engine.h"
#include "engine/place/place.h"
#include <arpa/inet.h>
#include <stdlib.h>

struct request *request_new(struct http_server *s, const char *target) {
    struct request *rq = calloc(1, sizeof *rq);
    if (!rq)
        return NULL;
    rq->refs = 1;
    rq->server = s;
    rq->fd = -1;
    rq->arena = ARENA(ARENA_MAX);
    rq->began_ns = clock_mono_ns();
    rq->now_ms = clock_now_ms(s->o.clock);
    rq->errors.arena = &rq->arena;
    pthread_mutex_init(&rq->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&rq->more, &monotonic);
    pthread_condattr_destroy(&monotonic);
    rq->target = str_dup(&rq->arena, str_make(target, strnlen(target, TARGET_MAX + 1)));
    server_ref(s);
    if (!rq->target.p) {
        request_unref(rq);
        return NULL;
    }
    return rq;
}

struct request *request_ref(struct request *rq) {
    atomic_fetch_add(&rq->refs, 1);
    return rq;
}

void request_unref(struct request *rq) {
    if (atomic_fetch_sub(&rq->refs, 1) != 1)
        return;
    struct http_server *s = rq->server;
    answer_drop(&rq->draft);
    answer_drop(&rq->answer);
    json_decref(rq->json);
    buf_done(&rq->body);
    free(rq->ring);
    arena_done(&rq->arena);
    pthread_mutex_destroy(&rq->lock);
    pthread_cond_destroy(&rq->more);
    free(rq);
    server_unref(s);
}

static enum MHD_Result header_copy(void *cls, enum MHD_ValueKind kind, const char *name,
                                   const char *value) {
    struct request *rq = cls;
    if (rq->n_headers == HEADERS_MAX)
        return MHD_NO;
    struct pair *p = &rq->headers[rq->n_headers++];
    p->name = str_dup(&rq->arena, str_of(name));
    p->value = str_dup(&rq->arena, str_of(value ? value : ""));
    return MHD_YES;
}

static bool request_id_ok(struct str s) {
    if (s.n < 8 || s.n > 64)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!(c == '-' || c == '_' || c == '.' || (c >= '0' && c <= '9') ||
              ((c | 32) >= 'a' && (c | 32) <= 'z')))
            return false;
    }
    return true;
}

void request_head_copy(struct request *rq, struct MHD_Connection *conn) {
    rq->conn = conn;
    rq->headers = arena_news(&rq->arena, struct pair, HEADERS_MAX);
    if (rq->headers)
        MHD_get_connection_values(conn, MHD_HEADER_KIND, header_copy, rq);
    struct str id = request_header(rq, "X-Request-Id");
    if (request_id_ok(id))
        snprintf(rq->id, sizeof rq->id, STR_FMT, STR_ARG(id));
    else
        snprintf(rq->id, sizeof rq->id, "%s", id_new(rq->now_ms).s);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
    rq->fd = info ? info->connect_fd : -1;
    struct str length = request_header(rq, "Content-Length");
    bool chunked = request_header(rq, "Transfer-Encoding").p != NULL;
    if (chunked)
        rq->length = -1;
    else if (!length.p || !str_to_i64(length, &rq->length) || rq->length < 0)
        rq->length = 0;
}

const struct engine *request_engine(struct request *rq) { return rq->server->o.engine; }
struct arena *request_arena(struct request *rq) { return &rq->arena; }
const struct principal *request_principal(struct request *rq) { return &rq->who; }
int64_t request_now_ms(struct request *rq) { return rq->now_ms; }
int64_t request_began_ns(const struct request *rq) { return rq->began_ns; }

json_t *request_json(struct request *rq) { return rq->json; }
struct str request_body(struct request *rq) { return buf_str(&rq->body); }
int64_t request_length(struct request *rq) { return rq->length; }

static struct str pair_find(const struct pair *p, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (str_eq(p[i].name, str_of(name)))
            return p[i].value.p ? p[i].value : STR("");
    return STR_NULL;
}

struct str request_param(struct request *rq, const char *name) {
    struct str s = pair_find(rq->match.params, rq->match.n_params, name);
    assert(s.p); /* a name that is not in the route's path is our own mistake */
    return s;
}

struct str request_query(struct request *rq, const char *name) {
    return pair_find(rq->queries, rq->n_queries, name);
}

int64_t request_query_int(struct request *rq, const char *name, int64_t absent) {
    int64_t n;
    return str_to_i64(request_query(rq, name), &n) ? n : absent;
}

struct str request_header(struct request *rq, const char *name) {
    for (size_t i = 0; i < rq->n_headers; i++)
        if (str_eq_nocase(rq->headers[i].name, str_of(name)))
            return rq->headers[i].value.p ? rq->headers[i].value : STR("");
    return STR_NULL;
}

/* RFC 6265 section 4.2.1; the first of a name wins, as browsers send the most specific first. */
struct str request_cookie(struct request *rq, const char *name) {
    struct str rest = request_header(rq, "Cookie"), prefix = STR(COOKIE_PREFIX);
    bool tls = request_is_tls(rq);
    while (rest.p) {
        struct str one, key;
        rest = str_cut(rest, ';', &one);
        struct str value = str_cut(str_trim(one), '=', &key);
        if (tls && !str_starts(key, prefix))
            continue;
        if (value.p && str_eq(str_slice(key, tls ? prefix.n : 0, key.n), str_of(name))) {
            if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
                value = str_slice(value, 1, value.n - 1);
            return value;
        }
    }
    return STR_NULL;
}

struct str request_address(struct request *rq) {
    struct str s = request_header(rq, "X-Real-IP");
    char text[INET6_ADDRSTRLEN];
    struct in6_addr v6;
    if (!s.p || s.n >= sizeof text)
        return STR("local");
    memcpy(text, s.p, s.n);
    text[s.n] = 0;
    if (inet_pton(AF_INET6, text, &v6) != 1 || IN6_IS_ADDR_V4MAPPED(&v6))
        return s;
    memset(v6.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &v6, text, sizeof text);
    return str_printf(&rq->arena, "%s/64", text);
}

struct str request_country(struct request *rq) {
    struct str said = request_header(rq, "X-Matinee-Country");
    char found[COUNTRY_CAP];
    if (country_is(said))
        return said;
    if (!place_country(request_engine(rq)->place, request_header(rq, "X-Real-IP"), found))
        return STR_NULL;
    return str_dup(&rq->arena, str_of(found));
}

bool request_is_tls(struct request *rq) {
    return str_eq_nocase(request_header(rq, "X-Forwarded-Proto"), STR("https"));
}

void request_field_error(struct request *rq, const char *field, const char *detail) {
    violation_add(&rq->errors, field, "%s", detail);
}

void request_problem_member(struct request *rq, const char *name, json_t *value) {
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    rq->member_name = name;
    rq->member = text ? str_dup(&rq->arena, str_of(text)) : STR_NULL;
    free(text);
    json_decref(value);
}
