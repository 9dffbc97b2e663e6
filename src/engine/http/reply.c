/*
 * reply.c - answers. A handler makes a draft; headers that every answer carries (security, caching,
 * request id) are added once, when the draft is finished, unless the handler set its own.
 */
#include "engine/http/http_int.h"
#include "base/log.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

void answer_drop(struct answer *a) {
    if (a->response)
        MHD_destroy_response(a->response);
    *a = (struct answer){0};
}

void reply_header(struct request *rq, const char *name, const char *value) {
    /* A line break would let a value become headers of its own. */
    assert(!strpbrk(name, "\r\n") && !strpbrk(value, "\r\n"));
    if (rq->n_reply_headers == rq->cap_reply_headers) {
        size_t cap = rq->cap_reply_headers ? rq->cap_reply_headers * 2 : 8;
        struct pair *more = arena_news(&rq->arena, struct pair, cap);
        if (!more)
            return;
        if (rq->n_reply_headers)
            memcpy(more, rq->reply_headers, rq->n_reply_headers * sizeof *more);
        rq->reply_headers = more;
        rq->cap_reply_headers = cap;
    }
    const char *n = str_cstr(&rq->arena, str_of(name)), *v = str_cstr(&rq->arena, str_of(value));
    if (n && v)
        rq->reply_headers[rq->n_reply_headers++] = (struct pair){str_of(n), str_of(v)};
}

void reply_cookie(struct request *rq, const char *name, const char *value, int64_t max_age_s) {
    assert(!strpbrk(value, ";, \t\"\\"));
    struct str age = max_age_s < 0 ? STR("") : str_printf(&rq->arena, "; Max-Age=%lld",
                                                         (long long)max_age_s);
    bool tls = request_is_tls(rq);
    struct str line = str_printf(&rq->arena, "%s%s=%s; Path=/; HttpOnly; SameSite=Lax" STR_FMT "%s",
                                 tls ? COOKIE_PREFIX : "", name, value, STR_ARG(age),
                                 tls ? "; Secure" : "");
    if (line.p)
        reply_header(rq, "Set-Cookie", line.p);
}

static bool header_is_set(const struct request *rq, const char *name) {
    for (size_t i = 0; i < rq->n_reply_headers; i++)
        if (str_eq_nocase(rq->reply_headers[i].name, str_of(name)))
            return true;
    return false;
}

static const struct {
    const char *name, *value;
} always[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Frame-Options", "DENY"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

/* own: the calling thread may read the headers that the handler set. */
static void headers_add(struct request *rq, struct MHD_Response *r, int status, bool own) {
    for (size_t i = 0; i < ARRAY_LEN(always); i++)
        if (!own || !header_is_set(rq, always[i].name))
            MHD_add_response_header(r, always[i].name, always[i].value);
    for (size_t i = 0; own && i < rq->n_reply_headers; i++)
        MHD_add_response_header(r, rq->reply_headers[i].name.p, rq->reply_headers[i].value.p);
    if (rq->id[0])
        MHD_add_response_header(r, "X-Request-Id", rq->id);
    if (!own || !header_is_set(rq, "Cache-Control")) {
        char cache[64] = "private, no-store";
        if (rq->route && rq->route->cache_s > 0 && (status == 200 || status == 304))
            snprintf(cache, sizeof cache, "%s, max-age=%d",
                     rq->route->role == ROLE_NONE ? "public" : "private", rq->route->cache_s);
        MHD_add_response_header(r, "Cache-Control", cache);
    }
    if (atomic_load(&rq->server->stopping))
        MHD_add_response_header(r, "Connection", "close");
}

static void allow_add(struct MHD_Response *r, unsigned allow) {
    char text[64] = "";
    size_t n = 0;
    for (int m = 0; m < HTTP_METHODS; m++)
        if (allow & 1u << m)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s%s", n ? ", " : "",
                                  method_name((enum http_method)m), m == GET ? ", HEAD" : "");
    if (n)
        MHD_add_response_header(r, "Allow", text);
}

/* JSON that somebody opens in a browser is kept as a file with a harmless name: it is no page (ASVS 14.4.2), and no
 * address of it becomes the name of one that is run. Programs never notice. */
static void download_add(struct request *rq, struct MHD_Response *r, const char *type, bool own) {
    struct str t = str_of(type);
    if ((str_starts(t, STR("application/json")) || str_starts(t, STR("application/problem+json"))) &&
        (!own || !header_is_set(rq, "Content-Disposition")))
        MHD_add_response_header(r, "Content-Disposition", "attachment; filename=\"api.json\"");
}

void answer_problem(struct request *rq, const struct err *e, bool own, struct answer *ret) {
    static char none[] = "";
    size_t n = 0;
    struct problem p = {.err = e, .request_id = rq->id};
    if (own)
        p.errors = rq->errors.v, p.n_errors = rq->errors.n, p.member_name = rq->member_name,
        p.member = rq->member;
    char *text = problem_text(&p, &n);
    struct MHD_Response *r =
        text ? MHD_create_response_from_buffer_with_free_callback(n, text, free)
             : MHD_create_response_from_buffer(0, none, MHD_RESPMEM_PERSISTENT);
    *ret = (struct answer){.status = err_status(e->code), .response = r, .bytes = (int64_t)n,
                            .text = text, .text_n = n};
    if (!r) {
        free(text);
        *ret = (struct answer){.status = 499};
        return;
    }
    headers_add(rq, r, ret->status, own);
    MHD_add_response_header(r, "Content-Type", "application/problem+json");
    download_add(rq, r, "application/problem+json", own);
    if ((ret->status == 503 || ret->status == 504) && !(own && header_is_set(rq, "Retry-After")))
        MHD_add_response_header(r, "Retry-After", "2");
    if (ret->status == 405)
        allow_add(r, rq->match.allow);
}

void request_publish(struct request *rq, struct answer *a) {
    struct answer drop = *a;
    pthread_mutex_lock(&rq->lock);
    if (!rq->answered && !rq->gone) {
        rq->answer = *a;
        rq->answered = true;
        drop = (struct answer){0};
    }
    request_wake_locked(rq);
    pthread_mutex_unlock(&rq->lock);
    *a = (struct answer){0};
    answer_drop(&drop);
}

/* The one way from a reply_ function to the draft. Takes the response. */
static int draft_set(struct request *rq, int status, struct MHD_Response *r, const char *type,
                     int64_t bytes) {
    assert(!rq->replied); /* exactly one reply a request */
    if (!r)
        return ERR_NO_MEMORY;
    headers_add(rq, r, status, true);
    if (type) {
        MHD_add_response_header(r, "Content-Type", type);
        download_add(rq, r, type, true);
    }
    rq->replied = true;
    rq->draft = (struct answer){.status = status, .response = r, .bytes = bytes};
    return 0;
}

/* Takes p, which came from malloc. */
static struct MHD_Response *response_of(char *p, size_t n) {
    struct MHD_Response *r = MHD_create_response_from_buffer_with_free_callback(n, p, free);
    if (!r)
        free(p);
    return r;
}

/* RFC 9110 section 13.1.2: weak comparison against each member of the list. */
static bool etag_matches(struct str list, struct str etag) {
    while (list.p) {
        struct str one;
        list = str_cut(list, ',', &one);
        one = str_trim(one);
        if (str_starts(one, STR("W/")))
            one = str_slice(one, 2, one.n);
        if (str_eq(one, STR("*")) || str_eq(one, str_slice(etag, 2, etag.n)))
            return true;
    }
    return false;
}

static bool etag_make(struct request *rq, const char *text, size_t n, char *dst, size_t dst_n) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    if (!EVP_Digest(text, n, digest, NULL, EVP_sha256(), NULL))
        return false;
    uint64_t a, b;
    memcpy(&a, digest, 8);
    memcpy(&b, digest + 8, 8);
    snprintf(dst, dst_n, "W/\"%016llx%08llx\"", (unsigned long long)a,
             (unsigned long long)(b >> 32));
    return true;
}

static void reply_verify(struct request *rq, int status, json_t *body) {
    const struct schema *const *schemas = rq->server->o.schemas;
    if (!rq->server->o.check_replies || !rq->route->reply || status >= 300)
        return;
    struct violations v = {.arena = &rq->arena};
    schema_check(schemas, schema_find(schemas, rq->route->reply), body, false, &v);
    for (size_t i = 0; i < v.n; i++)
        log_event(LOG_ERROR, "http.reply_differs", LS("route", rq->route->path),
                  LS("schema", rq->route->reply), LS("field", v.v[i].field),
                  LS("detail", v.v[i].detail));
}

int reply_json(struct request *rq, int status, json_t *body) {
    char etag[40];
    if (!body)
        return ERR_NO_MEMORY;
    reply_verify(rq, status, body);
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (!text)
        return ERR_NO_MEMORY;
    size_t n = strlen(text);
    if (rq->route->cache_s > 0 && status == 200 && etag_make(rq, text, n, etag, sizeof etag)) {
        reply_header(rq, "ETag", etag);
        if (etag_matches(request_header(rq, "If-None-Match"), str_of(etag))) {
            free(text);
            return draft_set(rq, 304, response_of(NULL, 0), NULL, 0);
        }
    }
    return draft_set(rq, status, response_of(text, n), "application/json", (int64_t)n);
}

static void text_verify(struct request *rq, int status, const struct buf *body) {
    json_t *j;
    if (!rq->server->o.check_replies)
        return;
    j = json_loadb((const char *)body->p, body->n, 0, NULL);
    if (j)
        reply_verify(rq, status, j);
    else
        log_event(LOG_ERROR, "http.reply_differs", LS("route", rq->route->path),
                  LS("schema", rq->route->reply), LS("detail", "no JSON"));
    json_decref(j);
}

int reply_json_text(struct request *rq, int status, struct buf *body) {
    if (body->failed)
        return ERR_NO_MEMORY;
    text_verify(rq, status, body);
    size_t n = body->n;
    char *text = (char *)take(body->p);
    *body = BUF(body->max);
    return draft_set(rq, status, response_of(text, n), "application/json", (int64_t)n);
}

int reply_text(struct request *rq, int status, const char *content_type, struct str body) {
    char *copy = malloc(body.n + 1);
    if (!copy)
        return ERR_NO_MEMORY;
    if (body.n)
        memcpy(copy, body.p, body.n);
    return draft_set(rq, status, response_of(copy, body.n), content_type, (int64_t)body.n);
}

int reply_empty(struct request *rq) { return draft_set(rq, 204, response_of(NULL, 0), NULL, 0); }

int reply_redirect(struct request *rq, int status, const char *location) {
    reply_header(rq, "Location", location);
    return draft_set(rq, status, response_of(NULL, 0), NULL, 0);
}

int reply_fd(struct request *rq, int fd, int64_t offset, int64_t length, const char *content_type) {
    if (offset < 0 || length < 0) {
        close(fd);
        return ERR_RANGE;
    }
    if (length == 0) {
        close(fd);
        return draft_set(rq, 200, response_of(NULL, 0), content_type, 0);
    }
    struct MHD_Response *r =
        MHD_create_response_from_fd_at_offset64((uint64_t)length, fd, (uint64_t)offset);
    if (!r)
        close(fd);
    return draft_set(rq, 200, r, content_type, length);
}

int reply_response(struct request *rq, struct MHD_Response *r, const char *content_type) {
    return draft_set(rq, 200, r, content_type, 0);
}
