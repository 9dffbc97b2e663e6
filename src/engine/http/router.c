/*
 * router.c - the route tables compiled to a tree of path segments. At one place of a path a literal
 * wins over {n:int}, that over {id:id}, that over {slug}, and {rest:path} takes what nothing else
 * does; where a longer match fails the next kind is tried. A table that contradicts itself stops the
 * program at its start.
 */
#include "engine/http/http_int.h"
#include <stdlib.h>

enum kind { LITERAL, INT, ID, TEXT, PATH };

struct node {
    enum kind kind;
    struct str text; /* of a literal */
    struct node *child, *sibling;
    const struct route *routes[HTTP_METHODS];
};

struct router {
    struct node root;
};

static const char *const method_names[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
_Static_assert(ARRAY_LEN(method_names) == HTTP_METHODS, "a name for every method");

const char *method_name(enum http_method m) { return method_names[m]; }

bool method_parse(const char *s, enum http_method *ret, bool *ret_head) {
    *ret_head = strcmp(s, "HEAD") == 0;
    if (*ret_head)
        s = "GET";
    for (int i = 0; i < HTTP_METHODS; i++)
        if (strcmp(s, method_names[i]) == 0) {
            *ret = (enum http_method)i;
            return true;
        }
    return false;
}

static enum kind segment_kind(struct str segment, struct str *ret_name) {
    if (segment.n == 0 || segment.p[0] != '{')
        return LITERAL;
    assert(segment.p[segment.n - 1] == '}');
    struct str type = str_cut(str_slice(segment, 1, segment.n - 1), ':', ret_name);
    assert(ret_name->n > 0);
    if (type.p == NULL)
        return TEXT;
    if (str_eq(type, STR("int")))
        return INT;
    if (str_eq(type, STR("id")))
        return ID;
    assert(str_eq(type, STR("path")));
    return PATH;
}

static struct node *node_under(struct node *parent, enum kind kind, struct str text) {
    struct node **at = &parent->child;
    for (; *at && (*at)->kind <= kind; at = &(*at)->sibling)
        if ((*at)->kind == kind && (kind != LITERAL || str_eq((*at)->text, text)))
            return *at;
    struct node *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    n->kind = kind;
    n->text = text;
    n->sibling = *at;
    *at = n;
    return n;
}

static void query_assert(const struct field *f) {
    for (; f && f->type != F_END; f++) {
        assert(f->name && f->name[0]);
        assert(f->type != F_OBJ && f->type != F_ANY);
        assert(!(f->flags & (FIELD_ARRAY | FIELD_MAP)));
    }
}

static void route_assert(const struct route *r, const struct schema *const *schemas) {
    assert(r->path[0] == '/');
    assert(r->handler != NULL);
    assert(r->doc != NULL);
    assert(!r->body || (schema_find(schemas, r->body) && r->method != GET));
    assert(!r->body || !(r->flags & (ROUTE_STREAM_BODY | ROUTE_ANY_TYPE)));
    assert(!r->reply || schema_find(schemas, r->reply));
    assert(!(r->flags & ROUTE_SSE) || r->method == GET);
    assert(!(r->flags & ROUTE_STREAM_BODY) || r->method != GET);
    assert(r->cache_s == 0 || r->method == GET);
    query_assert(r->query);
}

static bool route_add(struct router *router, const struct route *r) {
    struct node *n = &router->root;
    struct str rest = str_slice(str_of(r->path), 1, strlen(r->path)), segment;
    struct str names[PARAMS_MAX];
    size_t n_names = 0;
    do {
        struct str name = STR_NULL;
        assert(n->kind != PATH); /* {rest:path} is the last */
        rest = str_cut(rest, '/', &segment);
        enum kind kind = segment_kind(segment, &name);
        if (kind != LITERAL) {
            assert(n_names < PARAMS_MAX);
            for (size_t i = 0; i < n_names; i++)
                assert(!str_eq(names[i], name));
            names[n_names++] = name;
        }
        n = node_under(n, kind, segment);
        if (!n)
            return false;
    } while (rest.p);
    assert(n->routes[r->method] == NULL); /* two routes at one place */
    n->routes[r->method] = r;
    return true;
}

/* A reference to a schema that isn't there would only show when somebody sends the field. */
static void schemas_assert(const struct schema *const *schemas) {
    for (size_t t = 0; schemas && schemas[t]; t++)
        for (const struct schema *s = schemas[t]; s->name; s++) {
            assert(schema_find(schemas, s->name) == s); /* one name, one schema */
            for (const struct field *f = s->fields; f->type != F_END; f++) {
                assert(f->name && f->name[0]);
                assert((f->type == F_OBJ) == (f->ref != NULL));
                assert(!f->ref || schema_find(schemas, f->ref));
                assert(!f->values || f->type == F_STR);
            }
        }
}

struct router *router_new(const struct route *const *routes, const struct schema *const *schemas) {
    struct router *router = calloc(1, sizeof *router);
    if (!router)
        return NULL;
    schemas_assert(schemas);
    for (size_t t = 0; routes[t]; t++)
        for (const struct route *r = routes[t]; r->path; r++) {
            route_assert(r, schemas);
            if (!route_add(router, r)) {
                router_free(router);
                return NULL;
            }
        }
    return router;
}

static void node_free(struct node *n) {
    while (n) {
        struct node *next = n->sibling;
        node_free(n->child);
        free(n);
        n = next;
    }
}

void router_free(struct router *r) {
    if (!r)
        return;
    node_free(r->root.child);
    free(r);
}

/* --- matching --- */

struct walk {
    struct arena *arena;
    struct str raw[PARAMS_MAX]; /* still encoded */
    const struct node *at[PARAMS_MAX];
    size_t n;
};

static bool segment_fits(const struct node *n, struct str s) {
    int64_t number;
    struct id id;
    switch (n->kind) {
    case LITERAL: return str_eq(n->text, s);
    case INT: return s.n <= 19 && str_to_i64(s, &number) && s.p[0] != '-' && s.p[0] != '+';
    case ID: return s.n == ID_LEN && id_parse(s, &id);
    case TEXT: return s.n > 0 && s.n <= 600;
    case PATH: return s.n > 0;
    }
    return false;
}

static bool has_route(const struct node *n) {
    for (int m = 0; m < HTTP_METHODS; m++)
        if (n->routes[m])
            return true;
    return false;
}

/* rest: what is after this node's slash; p NULL at the end of the path. Depth is bounded by the
 * tables' longest path, since every step goes one level down the tree. */
static const struct node *walk(const struct node *n, struct str rest, struct walk *w) {
    if (!rest.p)
        return has_route(n) ? n : NULL;
    struct str segment, after = str_cut(rest, '/', &segment);
    for (const struct node *c = n->child; c; c = c->sibling) {
        struct str s = c->kind == PATH ? rest : segment;
        if (!segment_fits(c, s))
            continue;
        size_t mark = w->n;
        if (c->kind != LITERAL) {
            w->raw[w->n] = s;
            w->at[w->n++] = c;
        }
        const struct node *found = walk(c, c->kind == PATH ? STR_NULL : after, w);
        if (found)
            return found;
        w->n = mark;
    }
    return NULL;
}

/* "." and ".." and empty segments have no place in a name that may become a file's. */
static bool path_is_plain(struct str s) {
    while (s.p) {
        struct str one;
        s = str_cut(s, '/', &one);
        if (one.n == 0 || str_eq(one, STR(".")) || str_eq(one, STR("..")))
            return false;
    }
    return true;
}

static bool params_fill(struct walk *w, struct str pattern, struct match *ret) {
    size_t n = 0;
    pattern = str_slice(pattern, 1, pattern.n);
    while (pattern.p) {
        struct str segment, name;
        pattern = str_cut(pattern, '/', &segment);
        enum kind kind = segment_kind(segment, &name);
        if (kind == LITERAL)
            continue;
        struct str value;
        if (!url_decode(w->arena, w->raw[n], false, false, &value) || !path_is_plain(value))
            return false;
        ret->params[n++] = (struct pair){name, value};
    }
    ret->n_params = n;
    return true;
}

bool router_match(const struct router *r, struct arena *a, enum http_method method, struct str path,
                  struct match *ret) {
    *ret = (struct match){0};
    if (path.n == 0 || path.p[0] != '/')
        return false;
    struct walk w = {.arena = a};
    const struct node *n = walk(&r->root, str_slice(path, 1, path.n), &w);
    if (!n) {
        /* Nothing here: 404, unless the path is no path at all. */
        struct str decoded;
        return url_decode(a, path, false, false, &decoded);
    }
    for (int m = 0; m < HTTP_METHODS; m++)
        if (n->routes[m])
            ret->allow |= 1u << m;
    if (!n->routes[method])
        return true;
    if (!params_fill(&w, str_of(n->routes[method]->path), ret))
        return false;
    ret->route = n->routes[method];
    return true;
}
