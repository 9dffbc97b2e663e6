/*
 * redact.c - no token in any log. nginx ends each error line of a connection with the request line,
 * which carries the token, and does so from the first byte on, long before a location is known. So
 * the log handler is replaced on the connection itself, right after nginx has set its own;
 * requests, HTTP/2 streams and keep-alive inherit it. Grants in licence URLs are kept out in the
 * same way: no query, no long segment.
 */
#include "module.h"

/* An id has 26 characters, a UUID 36, the shortest token over 100. */
enum { SEGMENT_MAX = 36 };

/* Below these, paths name things; below any other (/m/ above all) they may carry a right. */
static const struct str plain_prefixes[] = {
    {"/api/", 5},
    {"/art/", 5},
    {"/assets/", 8},
    {"/internal/", 10},
};

struct out {
    u_char *p, *last;
};

static void out_raw(struct out *o, struct str s) {
    o->p = ngx_cpymem(o->p, s.p, MIN(s.n, (size_t)(o->last - o->p)));
}

/* What a client sent: nothing in it may look like the line's own punctuation. */
static void out_put(struct out *o, struct str s) {
    for (size_t i = 0; i < s.n && o->p < o->last; i++)
        *o->p++ = s.p[i] < ' ' || s.p[i] > '~' || s.p[i] == '"' ? '?' : (u_char)s.p[i];
}

static void out_path(struct out *o, struct str path) {
    struct str segment;
    bool plain = false;
    str_cut(path, '?', &path);
    for (size_t i = 0; i < ARRAY_LEN(plain_prefixes); i++)
        plain |= str_starts(path, plain_prefixes[i]);
    if (!plain) {
        out_put(o, str_starts(path, STR("/m/")) ? STR("/m/~") : STR("~"));
        return;
    }
    for (struct str rest = str_slice(path, 1, path.n); rest.p;) {
        rest = str_cut(rest, '/', &segment);
        out_put(o, STR("/"));
        out_put(o, segment.n > SEGMENT_MAX ? STR("~") : segment);
    }
}

/* "GET /path HTTP/1.1", or as much of it as has come. */
static struct str request_line(ngx_http_request_t *r) {
    if (r->request_line.data)
        return str_of_ngx(r->request_line);
    if (!r->request_start || !r->header_in || r->request_start >= r->header_in->last)
        return STR_NULL;
    return str_make((const char *)r->request_start,
                    (size_t)(r->header_in->last - r->request_start));
}

static void out_request(struct out *o, ngx_http_request_t *r) {
    struct str method, path, line = request_line(r);
    if (!line.n)
        return;
    path = str_cut(line, ' ', &method);
    str_cut(path, '\r', &path);
    str_cut(path, '\n', &path);
    str_cut(path, ' ', &path);
    out_raw(o, STR(", request: \""));
    out_put(o, method.n > 16 ? STR("~") : method);
    out_raw(o, STR(" "));
    out_path(o, path);
    out_raw(o, STR("\""));
}

static u_char *log_error(ngx_log_t *log, u_char *buf, size_t len) {
    struct out o = {buf, buf + len};
    ngx_http_log_ctx_t *ctx = log->data;
    if (log->action)
        o.p = ngx_slprintf(o.p, o.last, " while %s", log->action);
    o.p = ngx_slprintf(o.p, o.last, ", client: %V", &ctx->connection->addr_text);
    ngx_http_request_t *r = ctx->request;
    if (r == NULL)
        return ngx_slprintf(o.p, o.last, ", server: %V", &ctx->connection->listening->addr_text);
    out_request(&o, r);
    ngx_http_upstream_t *u = ctx->current_request ? ctx->current_request->upstream : NULL;
    if (u && u->peer.name)
        o.p = ngx_slprintf(o.p, o.last, ", upstream: \"%V\"", u->peer.name);
    return o.p;
}

static void connection_init(ngx_connection_t *c) {
    ngx_http_init_connection(c);
    /* Closed at once (no memory, say): nothing of it may be touched. */
    if (!c->destroyed && c->fd != (ngx_socket_t)-1 && c->log && c->log->handler)
        c->log->handler = log_error;
}

/* With each further request of a kept connection nginx puts its own handler back (ngx_http_keepalive_handler). */
ngx_int_t matinee_redact_request(ngx_http_request_t *r) {
    if (r->connection->log->handler)
        r->connection->log->handler = log_error;
    return NGX_DECLINED;
}

void matinee_redact_start(ngx_cycle_t *cycle) {
    ngx_listening_t *ls = cycle->listening.elts;
    for (ngx_uint_t i = 0; i < cycle->listening.nelts; i++)
        if (ls[i].handler == ngx_http_init_connection)
            ls[i].handler = connection_init;
}
