/*
 * openapi.c - the route tables as OpenAPI 3.1 (JSON Schema 2020-12). Lengths are bytes of UTF-8 in our
 * tables and code points in JSON Schema, so a maxLength is never stricter than what is enforced.
 */
#include "engine/http/http_int.h"
#include <stdlib.h>

#define API_VERSION "1" /* of /api/v1; the program's own is for staff */

static json_t *ref_to(const char *name) {
    return json_pack("{s:o}", "$ref", json_sprintf("#/components/schemas/%s", name));
}

static json_t *values_of(const char *values) {
    json_t *list = json_array();
    struct str rest = str_of(values), one;
    while (rest.p) {
        rest = str_cut(rest, '|', &one);
        json_array_append_new(list, json_stringn(one.p, one.n));
    }
    return list;
}

static void length_set(json_t *j, const struct field *f) {
    bool both = f->min == 0 && f->max == 0;
    json_object_set_new(j, "minLength", json_integer(both ? 1 : f->min));
    json_object_set_new(j, "maxLength", json_integer(both ? 1000 : f->max));
}

static void bounds_set(json_t *j, const struct field *f) {
    if (f->min == 0 && f->max == 0)
        return;
    json_object_set_new(j, "minimum", json_integer(f->min));
    json_object_set_new(j, "maximum", json_integer(f->max));
}

static json_t *text_of(const char *format) {
    return json_pack("{s:s, s:s}", "type", "string", "format", format);
}

/* bounds: min and max are the value's own, not those of the list around it. */
static json_t *value_schema(const struct field *f, bool bounds) {
    json_t *j = NULL;
    switch (f->type) {
    case F_END: break;
    case F_ANY: return json_object();
    case F_OBJ: return ref_to(f->ref);
    case F_BOOL: return json_pack("{s:s}", "type", "boolean");
    case F_INT:
    case F_NUM:
        j = json_pack("{s:s}", "type", f->type == F_INT ? "integer" : "number");
        if (bounds)
            bounds_set(j, f);
        return j;
    case F_ID:
        return json_pack("{s:s, s:s}", "type", "string", "pattern",
                         "^[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{26}$");
    case F_TIME: return text_of("date-time");
    case F_EMAIL: return text_of("email");
    case F_URL: return text_of("uri-reference");
    case F_LANG: return json_pack("{s:s, s:s}", "type", "string", "pattern", "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$");
    case F_SECRET:
    case F_STR:
        j = f->type == F_SECRET ? text_of("password") : json_pack("{s:s}", "type", "string");
        if (f->values)
            json_object_set_new(j, "enum", values_of(f->values));
        else if (bounds)
            length_set(j, f);
        return j;
    }
    return json_object();
}

static json_t *nullable(json_t *j) {
    json_t *type = json_object_get(j, "type");
    if (!type)
        return json_pack("{s:[o, {s:s}]}", "anyOf", j, "type", "null");
    json_t *values = json_object_get(j, "enum");
    if (values)
        json_array_append_new(values, json_null());
    json_object_set_new(j, "type", json_pack("[O, s]", type, "null"));
    return j;
}

static json_t *field_schema(const struct field *f) {
    bool inside = f->flags & (FIELD_ARRAY | FIELD_MAP);
    json_t *j = value_schema(f, !inside);
    if (f->flags & FIELD_ARRAY) {
        j = json_pack("{s:s, s:o}", "type", "array", "items", j);
        json_object_set_new(j, "maxItems", json_integer(f->max ? f->max : 1000));
        if (f->min)
            json_object_set_new(j, "minItems", json_integer(f->min));
    } else if (f->flags & FIELD_MAP)
        j = json_pack("{s:s, s:o}", "type", "object", "additionalProperties", j);
    if (f->flags & FIELD_NULLABLE)
        j = nullable(j);
    if (f->doc)
        json_object_set_new(j, "description", json_string(f->doc));
    return j;
}

static json_t *schema_schema(const struct schema *s) {
    json_t *properties = json_object(), *required = json_array();
    for (const struct field *f = s->fields; f->type != F_END; f++) {
        json_object_set_new(properties, f->name, field_schema(f));
        if (f->flags & FIELD_REQUIRED)
            json_array_append_new(required, json_string(f->name));
    }
    json_t *j = json_pack("{s:s, s:o}", "type", "object", "properties", properties);
    if (json_array_size(required))
        json_object_set(j, "required", required);
    json_decref(required);
    if (s->doc)
        json_object_set_new(j, "description", json_string(s->doc));
    return j;
}

static json_t *problem_schema(void) {
    return json_loads(
        "{\"type\":\"object\",\"description\":\"RFC 9457 problem details.\","
        "\"required\":[\"type\",\"title\",\"status\",\"code\",\"detail\",\"request_id\"],"
        "\"properties\":{\"type\":{\"type\":\"string\",\"format\":\"uri\"},"
        "\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
        "\"code\":{\"type\":\"string\",\"description\":\"Stable: branch on this.\"},"
        "\"detail\":{\"type\":\"string\",\"description\":\"A sentence for a person.\"},"
        "\"request_id\":{\"type\":\"string\"},"
        "\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
        "\"required\":[\"field\",\"detail\"],\"properties\":{\"field\":{\"type\":\"string\"},"
        "\"detail\":{\"type\":\"string\"}}}}}}",
        0, NULL);
}

static json_t *parameters_of(const struct route *r) {
    json_t *list = json_array();
    struct str rest = str_of(r->path), name, type;
    while (path_param_next(&rest, &name, &type)) {
        struct field f = {.type = str_eq(type, STR("int"))  ? F_INT
                                  : str_eq(type, STR("id")) ? F_ID
                                                            : F_STR};
        json_t *schema = value_schema(&f, false);
        if (str_eq(type, STR("path")))
            json_object_set_new(schema, "description", json_string("May have slashes."));
        json_array_append_new(list, json_pack("{s:s%, s:s, s:b, s:o}", "name", name.p, name.n,
                                              "in", "path", "required", 1, "schema", schema));
    }
    for (const struct field *f = r->query; f && f->type != F_END; f++) {
        json_t *j = json_pack("{s:s, s:s, s:b, s:o}", "name", f->name, "in", "query", "required",
                              !!(f->flags & FIELD_REQUIRED), "schema", value_schema(f, true));
        if (f->doc)
            json_object_set_new(j, "description", json_string(f->doc));
        json_array_append_new(list, j);
    }
    return list;
}

static json_t *responses_of(const struct route *r) {
    json_t *ok = json_pack("{s:s}", "description", r->doc);
    if (r->flags & ROUTE_SSE) {
        json_t *event = json_pack("{s:s}", "type", "string");
        if (r->reply) {
            json_object_set_new(event, "contentMediaType", json_string("application/json"));
            json_object_set_new(event, "contentSchema", ref_to(r->reply));
        }
        json_object_set_new(ok, "content", json_pack("{s:{s:o}}", "text/event-stream", "schema",
                                                     event));
    } else if (r->reply)
        json_object_set_new(ok, "content", json_pack("{s:{s:o}}", "application/json", "schema",
                                                     ref_to(r->reply)));
    json_t *all = json_object();
    char status[8];
    snprintf(status, sizeof status, "%d", route_success(r));
    json_object_set_new(all, status, ok);
    json_object_set_new(all, "default", json_pack("{s:s}", "$ref", "#/components/responses/Problem"));
    return all;
}

static json_t *body_of(const struct route *r) {
    if (r->body)
        return json_pack("{s:b, s:{s:{s:o}}}", "required", 1, "content", "application/json",
                         "schema", ref_to(r->body));
    return json_pack("{s:b, s:{s:{}}}", "required", 1, "content", "application/octet-stream");
}

/* A person's session, or a machine's key with this scope: the names in a requirement of a scheme that is not OAuth are
 * "role names ... not otherwise defined" (OpenAPI 3.1 section 4.8.30). */
static json_t *security_of(const struct route *r) {
    return r->scope ? json_pack("[{s:[]}, {s:[s]}]", "session", "key", scope_name(r->scope)) : json_pack("[{s:[]}]", "session");
}

static json_t *schemes(void) {
    json_t *all = json_object();
    for (enum scope s = SCOPE_NONE + 1; s < SCOPES_END; s++)
        json_object_set_new(all, scope_name(s), json_string(scope_doc(s)));
    return json_pack("{s:{s:s, s:s, s:s, s:s}, s:{s:s, s:s, s:s, s:s, s:o}}", "session", "type", "apiKey", "in", "cookie", "name",
                     "matinee_session", "description", "A person who signed in. Over TLS the cookie is __Host-matinee_session.",
                     "key", "type", "http", "scheme", "bearer", "bearerFormat", KEY_PREFIX "...", "description",
                     "A machine's key. Its scopes are chosen when it is made.", "x-scopes", all);
}

/* An event as it is sent to endpoints (OpenAPI 3.1 "webhooks"). */
static json_t *webhook_of(const struct api_event *ev) {
    json_t *headers = json_pack("[{s:s, s:s, s:b, s:{s:s}, s:s}, {s:s, s:s, s:b, s:{s:s}, s:s}, {s:s, s:s, s:b, s:{s:s}, s:s}]",
                                "name", "webhook-id", "in", "header", "required", 1, "schema", "type", "string", "description",
                                "The event's id, the same at every attempt",
                                "name", "webhook-timestamp", "in", "header", "required", 1, "schema", "type", "integer", "description",
                                "Of this attempt, seconds since 1970",
                                "name", "webhook-signature", "in", "header", "required", 1, "schema", "type", "string", "description",
                                "Blank-separated: v1,base64(HMAC-SHA256(secret, id.timestamp.body))");
    json_t *body = json_pack("{s:s, s:[s, s, s, s], s:{s:{s:s}, s:{s:s}, s:{s:s, s:s}, s:o}}", "type", "object", "required", "id", "type",
                             "created", "data", "properties", "id", "type", "string", "type", "const", ev->name, "created", "type",
                             "string", "format", "date-time", "data", ref_to(ev->schema));
    return json_pack("{s:{s:s, s:s, s:o, s:{s:b, s:{s:{s:o}}}, s:{s:{s:s}, s:{s:s}}, s:[]}}", "post", "operationId", ev->name,
                     "summary", ev->doc, "parameters", headers, "requestBody", "required", 1, "content", "application/json", "schema",
                     body, "responses", "2XX", "description", "Taken; anything else is tried again", "410", "description",
                     "Nobody is here any more: the endpoint is turned off", "security");
}

static json_t *operation_of(const struct route *r) {
    scoped(buf_done) struct buf op = BUF(4 << 10);
    op_add(&op, r);
    json_t *j = json_pack("{s:s%, s:s, s:o}", "operationId", op.p, op.n, "summary", r->doc,
                          "responses", responses_of(r));
    json_t *parameters = parameters_of(r);
    if (json_array_size(parameters))
        json_object_set(j, "parameters", parameters);
    json_decref(parameters);
    if (r->body || (r->flags & (ROUTE_STREAM_BODY | ROUTE_ANY_TYPE)))
        json_object_set_new(j, "requestBody", body_of(r));
    if (r->role) {
        scoped(buf_done) struct buf roles = BUF(256);
        roles_add(&roles, r->role, "|");
        json_object_set_new(j, "security", security_of(r));
        json_object_set_new(j, "x-roles", values_of(buf_cstr(&roles)));
    } else
        json_object_set_new(j, "security", json_array());
    json_object_set_new(j, "x-priority", json_string(priority_name(priority_of(r))));
    json_object_set_new(j, "x-per-minute",
                        json_integer(r->per_minute ? r->per_minute : PER_MINUTE_DEFAULT));
    return j;
}

static void paths_add(json_t *paths, const struct route *r) {
    static const char *const keys[HTTP_METHODS] = {"get", "post", "put", "patch", "delete", "options"};
    scoped(buf_done) struct buf path = BUF(1 << 10);
    plain_path_add(&path, r->path);
    const char *key = buf_cstr(&path);
    if (!json_object_get(paths, key))
        json_object_set_new(paths, key, json_object());
    json_object_set_new(json_object_get(paths, key), keys[r->method], operation_of(r));
}

json_t *openapi_make(const struct route *const *routes, const struct schema *const *schemas, const struct api_event *events) {
    json_t *paths = json_object(), *shapes = json_object(), *webhooks = json_object();
    for (size_t t = 0; routes[t]; t++)
        for (const struct route *r = routes[t]; r->path; r++)
            if (!(r->flags & ROUTE_INTERNAL) && r->method != OPTIONS)
                paths_add(paths, r);
    for (size_t t = 0; schemas && schemas[t]; t++)
        for (const struct schema *s = schemas[t]; s->name; s++)
            json_object_set_new(shapes, s->name, schema_schema(s));
    for (const struct api_event *ev = events; ev && ev->name; ev++)
        json_object_set_new(webhooks, ev->name, webhook_of(ev));
    json_object_set_new(shapes, "Problem", problem_schema());
    return json_pack("{s:s, s:{s:s, s:s}, s:o, s:o, s:{s:o, s:o, s:{s:{s:s, s:{s:{s:o}}}}}}", "openapi", "3.1.0", "info", "title",
                     "Matinee", "version", API_VERSION, "paths", paths, "webhooks", webhooks, "components", "schemas", shapes,
                     "securitySchemes", schemes(), "responses", "Problem", "description", "Refused or failed.", "content",
                     "application/problem+json", "schema", ref_to("Problem"));
}
