/*
 * audited.c - which requests are recorded, and what of them. Every route of staff alone that changes something is; a route of
 * viewers, or one that reads about a person, says so itself (ROUTE_AUDIT). Nobody who adds a route has to think of it.
 */
#include "engine/audit/audit.h"
#include "engine/engine.h"
#include "engine/http/http_int.h"
#include "base/log.h"

bool route_is_audited(const struct route *r) {
    bool staff = r->role && !(r->role & ROLE_VIEWER);
    return (r->flags & ROUTE_AUDIT) ||
           (staff && r->method != GET && r->method != OPTIONS && !(r->flags & (ROUTE_PIECE | ROUTE_READS)));
}

/* A copy of the body in which what the shape calls secret, in objects within it too, is not. Nor are words: the record outlives a
 * person who is erased. Whatever a viewer types freely (own) may be a name; of staff's it is what the shape calls personal. */
static json_t *without_secrets(const struct schema *const *schemas, const struct schema *s, const json_t *body, bool own) {
    json_t *copy = json_object();
    for (const struct field *f = s->fields; f->type != F_END; f++) {
        json_t *v = json_object_get(body, f->name);
        if (!v)
            continue;
        if (f->type == F_SECRET)
            json_object_set_new(copy, f->name, json_string("(secret)"));
        else if (f->type == F_OBJ && json_is_object(v))
            json_object_set_new(copy, f->name, without_secrets(schemas, schema_find(schemas, f->ref), v, own));
        else if (f->type == F_OBJ && json_is_array(v)) {
            json_t *list = json_array();
            size_t i;
            json_t *one;
            json_array_foreach(v, i, one)
                json_array_append_new(list, without_secrets(schemas, schema_find(schemas, f->ref), one, own));
            json_object_set_new(copy, f->name, list);
        } else if (f->type == F_EMAIL) /* a person, and an erased one would stay */
            json_object_set_new(copy, f->name, json_string("(address)"));
        else if ((f->flags & FIELD_PERSONAL) || (own && !f->values && (f->type == F_STR || f->type == F_ANY) && !json_is_null(v)))
            json_object_set_new(copy, f->name, json_string("(text)"));
        else
            json_object_set(copy, f->name, v);
    }
    return copy;
}

static void pairs_add(struct buf *b, const struct pair *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        buf_addf(b, "%s" STR_FMT "=" STR_FMT, b->n ? " " : "", STR_ARG(p[i].name), STR_ARG(p[i].value));
}

static struct str target_of(struct request *rq) {
    scoped(buf_done) struct buf b = BUF(TARGET_MAX * 2);
    pairs_add(&b, rq->match.params, rq->match.n_params);
    pairs_add(&b, rq->queries, rq->n_queries);
    struct str s = str_dup(&rq->arena, buf_str(&b));
    size_t n = MIN(s.n, (size_t)AUDIT_TARGET_MAX);
    while (n && n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n--;
    return str_slice(s, 0, n);
}

static struct str role_of(unsigned roles) {
    return roles & ROLE_OPERATOR ? STR("operator") : roles & ROLE_EDITOR ? STR("editor") : roles ? STR("viewer") : STR("");
}

struct str request_action(struct request *rq) {
    scoped(buf_done) struct buf path = BUF(1 << 10);
    buf_addf(&path, "%s ", method_name(rq->route->method));
    plain_path_add(&path, rq->route->path);
    return str_dup(&rq->arena, buf_str(&path));
}

struct str request_id(struct request *rq) { return str_of(rq->id); }

bool request_audit_open(struct request *rq, struct audit_entry *a) {
    const struct route *r = rq->route;
    if (!route_is_audited(r) || !rq->server->o.engine || !rq->server->o.engine->store)
        return false;
    *a = (struct audit_entry){.account = rq->who.account,
                              .session = rq->who.session,
                              .address = request_address(rq),
                              .role = id_is_set(rq->who.key.v) ? str_printf(&rq->arena, "key " STR_FMT, STR_ARG(rq->who.key_name))
                                                               : role_of(rq->who.roles),
                              .action = request_action(rq),
                              .target = target_of(rq),
                              .request_id = str_of(rq->id)};
    if (r->body && rq->json)
        a->detail = without_secrets(rq->server->o.schemas, schema_find(rq->server->o.schemas, r->body), rq->json,
                                    !r->role || (r->role & ROLE_VIEWER));
    audit_open(a, rq->server->o.engine->store);
    return true;
}

void request_audit_close(struct audit_entry *a, int rc) {
    struct err e = {0};
    if (audit_close(a, rc >= 0, &e) < 0)
        log_event(LOG_ERROR, "audit.lost", LS("err", e.msg));
}
