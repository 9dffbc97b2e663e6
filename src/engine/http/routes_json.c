/*
 * routes_json.c - the route tables as data, with what no client needs to know and every test of the whole
 * table does: roles, limits, flags, and each body's shape. `matinee routes` prints it.
 */
#include "engine/http/http_int.h"

static json_t *roles_json(unsigned roles) {
    static const char *const names[] = {"viewer", "editor", "operator"};
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (roles & 1u << i)
            json_array_append_new(list, json_string(names[i]));
    return list;
}

static json_t *flags_json(const struct route *r) {
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {{ROUTE_STREAM_BODY, "stream_body"}, {ROUTE_SSE, "sse"}, {ROUTE_NO_ORIGIN_CHECK, "no_origin_check"},
                 {ROUTE_INTERNAL, "internal"},       {ROUTE_ADULT, "adult"}, {ROUTE_ANY_TYPE, "any_type"}, {ROUTE_FORM, "form"}, {ROUTE_OWNER, "owner"}, {ROUTE_FRESH, "fresh"}, {ROUTE_READS, "reads"}, {ROUTE_PIECE, "piece"}};
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (r->flags & names[i].bit)
            json_array_append_new(list, json_string(names[i].name));
    if (route_is_audited(r))
        json_array_append_new(list, json_string("audit"));
    return list;
}

static json_t *fields_json(const struct field *f) {
    static const char *const types[] = {[F_STR] = "str",       [F_INT] = "int",   [F_NUM] = "num",   [F_BOOL] = "bool",
                                        [F_ID] = "id",         [F_TIME] = "time", [F_EMAIL] = "email",
                                        [F_SECRET] = "secret", [F_LANG] = "lang", [F_URL] = "url",   [F_OBJ] = "obj",
                                        [F_ANY] = "any"};
    json_t *list = json_array();
    for (; f && f->type != F_END; f++)
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:b, s:b, s:b, s:b, s:I, s:I, s:s?, s:s?}", "name", f->name, "type",
                            types[f->type], "required", !!(f->flags & FIELD_REQUIRED), "array",
                            !!(f->flags & FIELD_ARRAY), "nullable", !!(f->flags & FIELD_NULLABLE), "map",
                            !!(f->flags & FIELD_MAP), "min", (json_int_t)f->min, "max", (json_int_t)f->max, "ref",
                            f->ref, "values", f->values));
    return list;
}

static json_t *route_json(const struct route *r) {
    static const char *const pools[] = {"default", "password", "stream"};
    scoped(buf_done) struct buf op = BUF(200), path = BUF(500);
    op_add(&op, r);
    plain_path_add(&path, r->path);
    json_t *params = json_array();
    struct str rest = str_of(r->path), name, type;
    while (path_param_next(&rest, &name, &type))
        json_array_append_new(params, json_pack("{s:s%, s:s%}", "name", name.p, name.n, "type", type.p ? type.p : "",
                                                type.n));
    return json_pack("{s:s, s:s%, s:s%, s:o, s:o, s:o, s:i, s:I, s:s, s:s?, s:s?, s:o, s:i, s:s?}", "method",
                     method_name(r->method), "path", path.p, path.n, "op", op.p, op.n, "params", params, "roles",
                     roles_json(r->role), "flags", flags_json(r), "per_minute",
                     r->per_minute ? r->per_minute : PER_MINUTE_DEFAULT, "body_max",
                     (json_int_t)(r->body_max ? r->body_max : BODY_DEFAULT), "pool", pools[r->pool], "body", r->body,
                     "reply", r->reply, "query", fields_json(r->query), "status", route_success(r), "scope",
                     r->scope ? scope_name(r->scope) : NULL);
}

json_t *routes_json(const struct route *const *routes, const struct schema *const *schemas) {
    json_t *list = json_array(), *shapes = json_object();
    for (size_t t = 0; routes[t]; t++)
        for (const struct route *r = routes[t]; r->path; r++)
            json_array_append_new(list, route_json(r));
    for (size_t t = 0; schemas && schemas[t]; t++)
        for (const struct schema *s = schemas[t]; s->name; s++)
            json_object_set_new(shapes, s->name, fields_json(s->fields));
    return json_pack("{s:o, s:o}", "routes", list, "schemas", shapes);
}
