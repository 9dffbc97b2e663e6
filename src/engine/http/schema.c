/*
 * schema.c - does a JSON value or a query have the shape its table promises? All faults are found in
 * one pass and named by field, in sentences that a form can show under its input.
 */
#include "engine/http/http_int.h"
#include "engine/http/json_slab.h"
#include <inttypes.h>
#include <math.h>

enum { PATH_MAX_ = 200, NEST_MAX = 16, ITEMS_DEFAULT = 1000, STR_DEFAULT = 1000 };

static void violation_vadd(struct violations *v, const char *field, const char *fmt, va_list ap) {
    if (v->n == ERRORS_MAX)
        return;
    char text[300];
    vsnprintf(text, sizeof text, fmt, ap);
    /* A cut in the middle of a character would make the problem's JSON unreadable. */
    size_t n = strlen(text);
    while (n && !str_is_utf8(str_make(text, n)))
        n--;
    const char *name = str_cstr(v->arena, str_of(field));
    const char *detail = str_cstr(v->arena, str_make(text, n));
    /* Without memory for the words the fault counts all the same: nothing bad is let through. */
    v->v[v->n++] = (struct violation){name ? name : "", detail ? detail : "Is not right."};
}

void violation_add(struct violations *v, const char *field, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    violation_vadd(v, field, fmt, ap);
    va_end(ap);
}

/* Where in the body: "device.codecs[2]". Printed only when something is wrong there. */
struct where {
    const struct where *in; /* NULL: nowhere, the body itself */
    const char *name;       /* NULL: the item at index */
    size_t index;
};

static void where_add(struct buf *b, const struct where *w) {
    if (!w)
        return;
    where_add(b, w->in);
    if (w->name)
        buf_addf(b, "%s%.100s", b->n ? "." : "", w->name);
    else
        buf_addf(b, "[%zu]", w->index);
}

/* A path that is too long is cut. */
PRINTF_LIKE(3, 4)
static void violation_at(struct violations *v, const struct where *w, const char *fmt, ...) {
    scoped(buf_done) struct buf path = BUF(NEST_MAX * 2 * PATH_MAX_);
    va_list ap;
    where_add(&path, w);
    const char *text = buf_cstr(&path);
    va_start(ap, fmt);
    violation_vadd(v, str_cstr(v->arena, str_slice(str_of(text ? text : ""), 0, PATH_MAX_ - 1)), fmt, ap);
    va_end(ap);
}

static const struct schema *schema_search(const struct schema *const *schemas, const char *name) {
    for (size_t t = 0; schemas && schemas[t]; t++)
        for (const struct schema *s = schemas[t]; s->name; s++)
            if (s->name[0] == name[0] && strcmp(s->name, name) == 0)
                return s;
    return NULL;
}

/* Tables and their names stay for as long as the program runs, and a thread asks for the same few again and again. */
const struct schema *schema_find(const struct schema *const *schemas, const char *name) {
    static _Thread_local struct {
        const struct schema *const *schemas;
        const char *name;
        const struct schema *found;
    } lately[64], *here;
    here = &lately[(uintptr_t)name / 8 % ARRAY_LEN(lately)];
    if (here->name != name || here->schemas != schemas || strcmp(here->found->name, name) != 0) {
        const struct schema *found = schema_search(schemas, name);
        if (!found)
            return NULL;
        here->schemas = schemas;
        here->name = name;
        here->found = found;
    }
    return here->found;
}

static bool in_values(const char *values, struct str s) {
    struct str rest = str_of(values), one;
    while (rest.p) {
        rest = str_cut(rest, '|', &one);
        if (str_eq(one, s))
            return true;
    }
    return false;
}

/* local@domain, no spaces, a dot in the domain; whether it receives mail only a mail can tell. */
static bool is_email(struct str s) {
    ptrdiff_t at = str_index(s, '@');
    if (at < 1 || s.n > 254 || at > 64)
        return false;
    struct str domain = str_slice(s, (size_t)at + 1, s.n);
    ptrdiff_t dot = str_index(domain, '.');
    if (dot < 1 || domain.p[domain.n - 1] == '.' || str_index(domain, '@') >= 0 ||
        str_find(domain, STR("..")) >= 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = (uint8_t)s.p[i];
        if (c <= ' ' || c == 0x7F || strchr("<>()[]\\,;:\"", c))
            return false;
    }
    return true;
}

static bool is_alnum(char c) {
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* BCP 47's shape (RFC 5646 section 2.1): subtags of 1 to 8, the first of 2 to 8 letters. */
static bool is_lang(struct str s) {
    if (s.n < 2 || s.n > 35)
        return false;
    for (bool first = true; s.p; first = false) {
        struct str tag;
        s = str_cut(s, '-', &tag);
        if (tag.n < (first ? 2u : 1u) || tag.n > 8)
            return false;
        for (size_t i = 0; i < tag.n; i++)
            if (!is_alnum(tag.p[i]) || (first && tag.p[i] <= '9'))
                return false;
    }
    return true;
}

static bool is_url(struct str s) {
    bool web = str_starts(s, STR("https://")) || str_starts(s, STR("http://"));
    if (!web && !(s.n > 0 && s.p[0] == '/'))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] <= ' ' || s.p[i] == '"' || s.p[i] == '<' || s.p[i] == '>')
            return false;
    return true;
}

static void text_check(const struct field *f, bool in_array, struct str s, const struct where *where,
                       struct violations *v) {
    int64_t min = f->min, max = f->max, ms;
    struct id id;
    if (in_array || (min == 0 && max == 0))
        min = f->type == F_URL || f->type == F_STR || f->type == F_SECRET ? 1 : 0,
        max = f->type == F_URL ? 2000 : STR_DEFAULT;
    if (f->values) {
        if (!in_values(f->values, s))
            violation_at(v, where, "Must be one of: %s.", f->values);
        return;
    }
    if ((int64_t)s.n < min)
        violation_at(v, where, min == 1 ? "Must not be empty." : "Must have at least %" PRId64
                      " characters.", min);
    else if ((int64_t)s.n > max)
        violation_at(v, where, "Must have at most %" PRId64 " characters.", max);
    else if (f->type == F_ID && !(s.n == ID_LEN && id_parse(s, &id)))
        violation_at(v, where, "Must be an id of 26 characters.");
    else if (f->type == F_TIME && !rfc3339_parse(s, &ms))
        violation_at(v, where, "Must be a time such as 2026-11-22T16:22:00Z.");
    else if (f->type == F_EMAIL && !is_email(s))
        violation_at(v, where, "Must be an e-mail address.");
    else if (f->type == F_LANG && !is_lang(s))
        violation_at(v, where, "Must be a language tag such as en or pt-BR.");
    else if (f->type == F_URL && !is_url(s))
        violation_at(v, where, "Must be an http or https address, or a path.");
}

static void bounds_check(const struct field *f, bool in_array, double n, const struct where *where,
                         struct violations *v) {
    if (in_array || (f->min == 0 && f->max == 0))
        return;
    if (n < (double)f->min || n > (double)f->max)
        violation_at(v, where, "Must be from %" PRId64 " to %" PRId64 ".", f->min, f->max);
}

struct check {
    const struct schema *const *schemas;
    struct violations *v;
    bool lax;
    int depth;
};

static void object_check(struct check *c, const struct schema *s, json_t *value, const struct where *where);

static void one_check(struct check *c, const struct field *f, bool in_array, json_t *j,
                      const struct where *where) {
    switch (f->type) {
    case F_INT:
        if (!json_is_integer(j))
            violation_at(c->v, where, "Must be a whole number.");
        else
            bounds_check(f, in_array, (double)json_integer_value(j), where, c->v);
        break;
    case F_NUM:
        if (!json_is_number(j))
            violation_at(c->v, where, "Must be a number.");
        else
            bounds_check(f, in_array, json_number_value(j), where, c->v);
        break;
    case F_BOOL:
        if (!json_is_boolean(j))
            violation_at(c->v, where, "Must be true or false.");
        break;
    case F_OBJ: object_check(c, schema_find(c->schemas, f->ref), j, where); break;
    case F_ANY: break;
    case F_END: break;
    default:
        if (!json_is_string(j))
            violation_at(c->v, where, "Must be text.");
        else
            text_check(f, in_array, str_make(json_string_value(j), json_string_length(j)), where,
                       c->v);
    }
}

static void array_check(struct check *c, const struct field *f, json_t *j, const struct where *where) {
    int64_t max = f->max ? f->max : ITEMS_DEFAULT;
    if (!json_is_array(j)) {
        violation_at(c->v, where, "Must be a list.");
        return;
    }
    size_t n = json_array_size(j);
    if ((int64_t)n < f->min || (int64_t)n > max) {
        violation_at(c->v, where, "Must have from %" PRId64 " to %" PRId64 " items.", f->min, max);
        return;
    }
    for (size_t i = 0; i < n && c->v->n < ERRORS_MAX; i++) {
        struct where item = {.in = where, .index = i};
        one_check(c, f, true, json_array_get(j, i), &item);
    }
}

static void map_check(struct check *c, const struct field *f, json_t *j, const struct where *where) {
    const char *key;
    json_t *value;
    if (!json_is_object(j)) {
        violation_at(c->v, where, "Must be an object.");
        return;
    }
    json_object_foreach(j, key, value) {
        struct where item = {.in = where, .name = key};
        if (key[0] == 0 || strlen(key) > 100)
            violation_at(c->v, &item, "A key must have from 1 to 100 characters.");
        else
            one_check(c, f, true, value, &item);
    }
}

static void field_check(struct check *c, const struct field *f, json_t *j, const struct where *where) {
    if (!j) {
        if (f->flags & FIELD_REQUIRED)
            violation_at(c->v, where, "Is required.");
    } else if (json_is_null(j)) {
        /* null is "absent" only where the table says so: elsewhere it is a mistake worth telling. */
        if (!(f->flags & FIELD_NULLABLE) && f->type != F_ANY)
            violation_at(c->v, where, "Must not be null.");
    } else if (f->flags & FIELD_ARRAY)
        array_check(c, f, j, where);
    else if (f->flags & FIELD_MAP)
        map_check(c, f, j, where);
    else
        one_check(c, f, false, j, where);
}

static void object_check(struct check *c, const struct schema *s, json_t *value,
                         const struct where *where) {
    if (!json_is_object(value)) {
        violation_at(c->v, where, where ? "Must be an object." : "The body must be an object.");
        return;
    }
    if (++c->depth <= NEST_MAX)
        for (const struct field *f = s->fields; f->type != F_END; f++) {
            struct where at = {.in = where, .name = f->name};
            field_check(c, f, json_object_get(value, f->name), &at);
        }
    c->depth--;
    const char *key;
    json_t *unused;
    if (!c->lax)
        json_object_foreach(value, key, unused) {
            const struct field *f = s->fields;
            while (f->type != F_END && (f->name[0] != key[0] || strcmp(f->name, key) != 0))
                f++;
            if (f->type == F_END) {
                struct where at = {.in = where, .name = key};
                violation_at(c->v, &at, "Is not a field of %s.", s->name);
            }
        }
}

void schema_check(const struct schema *const *schemas, const struct schema *s, json_t *value,
                  bool lax, struct violations *v) {
    struct check c = {.schemas = schemas, .v = v, .lax = lax};
    object_check(&c, s, value, NULL);
}

size_t json_faults(const struct schema *table, const char *name, json_t *value, struct arena *a, struct json_fault **ret) {
    const struct schema *const tables[] = {table, NULL};
    struct violations v = {.arena = a};
    schema_check(tables, schema_find(tables, name), value, false, &v);
    struct json_fault *list = arena_news(a, struct json_fault, v.n + 1);
    for (size_t i = 0; list && i < v.n; i++)
        list[i] = (struct json_fault){v.v[i].field, v.v[i].detail};
    /* Without memory for the words the fault counts all the same. */
    static struct json_fault nameless = {"", "Is not right."};
    *ret = list ? list : &nameless;
    return list ? v.n : MIN(v.n, (size_t)1);
}

static void query_one(const struct field *f, struct str value, struct violations *v) {
    const struct where at = {.name = f->name};
    int64_t n;
    double d;
    switch (f->type) {
    case F_INT:
        if (!str_to_i64(value, &n))
            violation_add(v, f->name, "Must be a whole number.");
        else
            bounds_check(f, false, (double)n, &at, v);
        break;
    case F_NUM:
        if (!str_to_f64(value, &d))
            violation_add(v, f->name, "Must be a number.");
        else
            bounds_check(f, false, d, &at, v);
        break;
    case F_BOOL:
        if (!str_eq(value, STR("true")) && !str_eq(value, STR("false")))
            violation_add(v, f->name, "Must be true or false.");
        break;
    default: text_check(f, false, value, &at, v);
    }
}

void query_check(const struct field *fields, const struct pair *pairs, size_t n,
                 struct violations *v) {
    for (size_t i = 0; i < n; i++) {
        const struct field *f = fields;
        while (f && f->type != F_END && !str_eq(str_of(f->name), pairs[i].name))
            f++;
        if (f && f->type != F_END) {
            query_one(f, pairs[i].value, v);
            continue;
        }
        char name[101];
        snprintf(name, sizeof name, STR_FMT, STR_ARG(pairs[i].name));
        violation_add(v, name, "Is not a parameter of this address.");
    }
    for (const struct field *f = fields; f && f->type != F_END; f++) {
        bool there = !(f->flags & FIELD_REQUIRED);
        for (size_t i = 0; i < n; i++)
            there |= str_eq(str_of(f->name), pairs[i].name);
        if (!there)
            violation_add(v, f->name, "Is required.");
    }
}

/* Jansson's own limit is 2048 levels of recursion: too many for a worker's stack to be given away. */
static bool depth_ok(struct str s) {
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"')
            quoted = true;
        else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAX)
                return false;
        } else if (c == '}' || c == ']')
            depth--;
    }
    return true;
}

int json_read(struct str text, json_t **ret, struct err *reterr) {
    json_error_t e = {0};
    if (!depth_ok(text))
        return err_refuse(reterr, ERR_INVALID, "json.depth",
                          "The JSON is nested too deeply: at most 32 levels.", "json over %d deep",
                          JSON_DEPTH_MAX);
    json_slab_begin();
    json_t *j = json_loadb(text.n ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &e);
    json_slab_end();
    /* Jansson gives up without a word when memory is short. */
    if (!j && (!e.text[0] || json_error_code(&e) == json_error_out_of_memory))
        return err_set(reterr, ERR_NO_MEMORY, "no memory for the JSON of a body");
    if (!j) {
        char hint[160];
        bool twice = json_error_code(&e) == json_error_duplicate_key;
        snprintf(hint, sizeof hint, twice ? "The JSON names a field twice (line %d, column %d)."
                                          : "The body is not valid JSON (line %d, column %d).",
                 e.line, e.column);
        return err_refuse(reterr, ERR_INVALID, "json.syntax", hint, "json: %d:%d", e.line, e.column);
    }
    *ret = j;
    return 0;
}
