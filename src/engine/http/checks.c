/*
 * checks.c - what a request must pass before its handler runs, in this order: address and method,
 * size, origin (from the head alone, on the event loop); who asks, role, rate, query, content type,
 * JSON, schema (on the pool, for the hook asks the store).
 */
#include "engine/http/http_int.h"
#include <inttypes.h>

static size_t body_max(const struct route *r) { return r->body_max ? r->body_max : BODY_DEFAULT; }

static int check_target(struct request *rq, struct err *reterr) {
    struct str path, query = str_cut(rq->target, '?', &path), bad = STR_NULL;
    if (rq->target.n > TARGET_MAX)
        return err_refuse(reterr, ERR_INVALID, "address.too_long", "The address is too long.",
                          "target over %d bytes", TARGET_MAX);
    if (!rq->method_known)
        return err_refuse(reterr, ERR_METHOD, "", "This address does not take that method.",
                          "method unknown");
    if (!router_match(rq->server->router, &rq->arena, rq->method, path, &rq->match))
        return err_refuse(reterr, ERR_INVALID, "address.encoding",
                          "The address is badly encoded.", "path does not decode");
    const struct route *r = rq->match.route;
    if (r && (r->flags & ROUTE_INTERNAL) &&
        !str_eq(request_header(rq, "X-Matinee-Internal"), STR("1")))
        return err_set(reterr, ERR_NOT_FOUND, "internal route asked for from outside");
    rq->route = r;
    if (!r && rq->match.allow)
        return err_set(reterr, ERR_METHOD, "no route for the method");
    if (!r)
        return err_set(reterr, ERR_NOT_FOUND, "no route");
    rq->queries = arena_news(&rq->arena, struct pair, QUERIES_MAX);
    if (!rq->queries)
        return err_set(reterr, ERR_NO_MEMORY, "query");
    int rc = query_parse(&rq->arena, query, rq->queries, QUERIES_MAX, &rq->n_queries, &bad);
    char name[101];
    snprintf(name, sizeof name, STR_FMT, STR_ARG(bad));
    if (rc == ERR_TOO_LARGE)
        return err_refuse(reterr, ERR_INVALID, "query.too_many", "Too many parameters.",
                          "more than %d parameters", QUERIES_MAX);
    if (rc)
        violation_add(&rq->errors, name, rc == ERR_CONFLICT ? "Is there twice."
                                                            : "Is badly encoded.");
    return rc ? err_refuse(reterr, ERR_INVALID, "", "A parameter of the address is not right.",
                           "query does not parse")
              : 0;
}

static int check_size(struct request *rq, struct err *reterr) {
    size_t max = body_max(rq->route);
    if (rq->length < 0 || (uint64_t)rq->length <= max)
        return 0;
    char hint[120];
    snprintf(hint, sizeof hint, "What was sent is too large: at most %zu bytes.", max);
    return err_refuse(reterr, ERR_TOO_LARGE, "", hint, "Content-Length %" PRId64, rq->length);
}

static int check_origin(struct request *rq, struct err *reterr) {
    /* Where a key is sent no cookie counts (request_key), so that there is nothing to forge. */
    if (rq->method == GET || (rq->route->flags & ROUTE_NO_ORIGIN_CHECK) || request_key(rq).p)
        return 0;
    if (origin_ok(request_header(rq, "Origin"), request_header(rq, "Referer"),
                  request_header(rq, "Sec-Fetch-Site"), request_header(rq, "Host"),
                  request_is_tls(rq), request_header(rq, "Cookie").p != NULL,
                  rq->server->o.origins))
        return 0;
    return err_refuse(reterr, ERR_FORBIDDEN, "origin",
                      "This must be asked from our own pages: the Origin header has to name the "
                      "address that is asked.",
                      "origin is not ours");
}

int request_check_head(struct request *rq, struct err *reterr) {
    int rc;
    if ((rc = check_target(rq, reterr)) || (rc = check_size(rq, reterr)))
        return rc;
    return check_origin(rq, reterr);
}

/* By route and asker, over all machines where the cache is shared. Without Redis this process counts
 * alone: a limit that is looser for a while is better than none, and than nobody being served. */
static struct cache_rate rate_take(struct request *rq, struct str who, int per_minute) {
    char key[CACHE_KEY_MAX];
    struct cache_rate r = {.ok = true};
    int n = snprintf(key, sizeof key, "rate:" STR_FMT ":%s %s", STR_ARG(who),
                     method_name(rq->route->method), rq->route->path);
    struct str name = str_make(key, MIN((size_t)n, sizeof key - 1));
    if (cache_take(rq->server->rates, name, per_minute, 60000, &r, NULL) < 0)
        cache_take(cache_local(rq->server->rates), name, per_minute, 60000, &r, NULL);
    return r;
}

static int check_rate(struct request *rq, struct err *reterr) {
    int per_minute = rq->route->per_minute ? rq->route->per_minute : PER_MINUTE_DEFAULT;
    struct str who = id_is_set(rq->who.key.v) ? id_str(&rq->who.key.v)
                     : rq->who.roles          ? id_str(&rq->who.account.v)
                                              : request_address(rq);
    struct cache_rate r = rate_take(rq, who, per_minute);
    int retry_s = (int)((r.retry_ms + 999) / 1000);
    char n[24];
    if (rq->route->per_minute || !r.ok) {
        snprintf(n, sizeof n, "%d", per_minute);
        reply_header(rq, "RateLimit-Limit", n);
        snprintf(n, sizeof n, "%d", (int)r.remaining);
        reply_header(rq, "RateLimit-Remaining", n);
    }
    if (r.ok)
        return 0;
    metric_add(&http_metrics[M_LIMITED], 1);
    snprintf(n, sizeof n, "%d", retry_s);
    reply_header(rq, "RateLimit-Reset", n);
    reply_header(rq, "Retry-After", n);
    char hint[120];
    snprintf(hint, sizeof hint, "Too many requests. Try again in %d second%s.", retry_s,
             retry_s == 1 ? "" : "s");
    return err_refuse(reterr, ERR_LIMIT, "", hint, "over %d a minute", per_minute);
}

/* A key that is none is no visitor without a name: it is refused everywhere, and guessing costs a token of the address. */
static int key_refuse(struct request *rq, const struct err *why, struct err *reterr) {
    rq->who = (struct principal){0};
    int rc = check_rate(rq, reterr);
    if (rc)
        return rc;
    if (why->code == ERR_UNAUTHENTICATED)
        reply_header(rq, "WWW-Authenticate", "Bearer error=\"invalid_token\""); /* RFC 6750 section 3 */
    if (reterr)
        *reterr = *why;
    return why->code;
}

static int check_who(struct request *rq, struct err *reterr) {
    const struct http_hooks *hooks = &rq->server->o.hooks;
    struct err e = {0};
    if (hooks->authenticate && !(rq->route->flags & ROUTE_INTERNAL)) {
        int rc = hooks->authenticate(rq, &rq->who, &e);
        if (rc < 0 && request_key(rq).p)
            return key_refuse(rq, &e, reterr);
        if (rc < 0 && rc != ERR_UNAUTHENTICATED) {
            if (reterr)
                *reterr = e;
            return rc;
        }
        if (rc < 0)
            rq->who.roles = 0;
        if (rq->who.roles)
            rq->logged = rq->who.account;
    }
    if ((rq->route->flags & ROUTE_ADULT) && rq->who.kids)
        return err_refuse(reterr, ERR_FORBIDDEN, "profile.kids",
                          "This is not for a kids profile. Choose another profile first.",
                          "asked from a kids profile");
    if ((rq->route->flags & ROUTE_OWNER) && rq->who.paired)
        return err_refuse(reterr, ERR_FORBIDDEN, "session.paired",
                          "Do this on a phone or computer where you signed in yourself.",
                          "asked from a paired session");
    int rc = request_check_scope(rq, reterr);
    if (rc)
        return rc;
    /* A key shows no second factor: that it has the scope stands for it. */
    if (rq->route->role != ROLE_NONE && (rq->who.roles & rq->route->role) && (rq->route->flags & ROUTE_FRESH) && hooks->check_fresh &&
        !id_is_set(rq->who.key.v))
        return hooks->check_fresh(rq, &rq->who, reterr);
    if (rq->route->role == ROLE_NONE || (rq->who.roles & rq->route->role))
        return 0;
    /* Guessing at sessions costs a token of the address, else it would be the one thing unlimited. */
    if (!rq->who.roles && !id_is_set(rq->who.key.v)) {
        rc = check_rate(rq, reterr);
        return rc ? rc
                  : err_refuse(reterr, ERR_UNAUTHENTICATED, "", "Sign in first.", "no session");
    }
    return err_refuse(reterr, ERR_FORBIDDEN, "", "This account may not do that.",
                      "role %u, needs one of %u", rq->who.roles, rq->route->role);
}

static int check_query(struct request *rq, struct err *reterr) {
    query_check(rq->route->query, rq->queries, rq->n_queries, &rq->errors);
    return rq->errors.n ? err_refuse(reterr, ERR_INVALID, "",
                                     "A parameter of the address is not right.", "query: %s",
                                     rq->errors.v[0].field)
                        : 0;
}

static bool is_json_type(struct str type) {
    struct str essence;
    str_cut(type, ';', &essence);
    essence = str_trim(essence);
    return str_eq_nocase(essence, STR("application/json")) ||
           (essence.n > 17 && str_eq_nocase(str_slice(essence, 0, 12), STR("application/")) &&
            str_eq_nocase(str_slice(essence, essence.n - 5, essence.n), STR("+json")));
}

bool request_is_form(struct request *rq) {
    struct str essence;
    str_cut(request_header(rq, "Content-Type"), ';', &essence);
    return (rq->route->flags & ROUTE_FORM) &&
           str_eq_nocase(str_trim(essence), STR("application/x-www-form-urlencoded"));
}

static bool field_known(const struct schema *s, struct str name) {
    for (const struct field *f = s->fields; f->type != F_END; f++)
        if (str_eq(str_of(f->name), name))
            return true;
    return false;
}

static int form_read(struct request *rq, const struct schema *s, struct err *reterr) {
    struct pair pairs[QUERIES_MAX];
    struct str bad;
    size_t n = 0;
    if (query_parse(&rq->arena, buf_str(&rq->body), pairs, QUERIES_MAX, &n, &bad))
        return err_refuse(reterr, ERR_INVALID, "", "The form is badly encoded.", "form does not parse");
    rq->json = json_object();
    for (size_t i = 0; rq->json && i < n; i++)
        if (field_known(s, pairs[i].name) &&
            json_object_setn_new(rq->json, pairs[i].name.p, pairs[i].name.n,
                                 json_stringn(pairs[i].value.p, pairs[i].value.n)))
            return err_set(reterr, ERR_NO_MEMORY, "no memory for a form");
    return rq->json ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a form");
}

static int check_body(struct request *rq, struct err *reterr) {
    const struct route *r = rq->route;
    if (!r->body)
        return 0;
    bool form = request_is_form(rq);
    if (!form && !is_json_type(request_header(rq, "Content-Type")))
        return err_refuse(reterr, ERR_MEDIA_TYPE, "", "Send application/json.",
                          "content type is not JSON");
    int rc = form ? form_read(rq, schema_find(rq->server->o.schemas, r->body), reterr)
                  : json_read(buf_str(&rq->body), &rq->json, reterr);
    if (rc)
        return rc;
    buf_done(&rq->body);
    schema_check(rq->server->o.schemas, schema_find(rq->server->o.schemas, r->body), rq->json,
                 false, &rq->errors);
    return rq->errors.n ? err_refuse(reterr, ERR_INVALID, "",
                                     "Some of what was sent is not right: see errors.",
                                     "body: %s", rq->errors.v[0].field)
                        : 0;
}

int request_check(struct request *rq, struct err *reterr) {
    int rc;
    if ((rc = check_who(rq, reterr)) || (rc = check_rate(rq, reterr)) ||
        (rc = check_query(rq, reterr)))
        return rc;
    return check_body(rq, reterr);
}
