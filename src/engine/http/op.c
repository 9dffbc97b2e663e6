/*
 * op.c - the name of a route's function in the generated clients, from its method and path:
 * the noun first, as everywhere in the house. POST /api/v1/playback is playbackCreate, GET
 * /api/v1/titles titleList, GET /api/v1/titles/{slug} titleGet, POST /api/v1/imports/{id}/cancel
 * importCancel. A row's own .op wins.
 */
#include "engine/http/http_int.h"

enum { SEGMENTS_MAX = 16 };

static bool is_plural(struct str s) {
    return s.n > 2 && s.p[s.n - 1] == 's' && s.p[s.n - 2] != 's';
}

static void word_add(struct buf *b, struct str s, bool singular) {
    struct str tail = STR("");
    if (singular && is_plural(s)) {
        bool ies = s.n > 4 && str_ends(s, STR("ies"));
        s.n -= ies ? 3 : 1;
        if (ies)
            tail = STR("y");
    }
    bool up = true;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '-' || c == '_' || c == '.')
            up = true;
        else {
            buf_byte(b, (uint8_t)(up && c >= 'a' && c <= 'z' ? c - 32 : c));
            up = false;
        }
    }
    buf_add(b, tail);
}

struct path {
    struct str literal[SEGMENTS_MAX];
    bool keyed[SEGMENTS_MAX]; /* a parameter follows it */
    size_t n;
};

static struct path path_read(const char *text) {
    struct path p = {0};
    struct str rest = str_of(text), one;
    if (str_starts(rest, STR("/api/v1/")))
        rest = str_slice(rest, 8, rest.n);
    else if (str_starts(rest, STR("/api/")))
        rest = str_slice(rest, 5, rest.n);
    else
        rest = str_slice(rest, 1, rest.n);
    while (rest.p) {
        rest = str_cut(rest, '/', &one);
        if (one.n && one.p[0] == '{') {
            if (p.n)
                p.keyed[p.n - 1] = true;
        } else if (one.n && p.n < SEGMENTS_MAX)
            p.literal[p.n++] = one;
    }
    return p;
}

/* The last word of POST imports/{id}/cancel is a verb: something is done to what is there. */
static bool is_action(const struct route *r, const struct path *p) {
    return r->method == POST && p->n > 1 && !p->keyed[p->n - 1] && p->keyed[p->n - 2] &&
           !is_plural(p->literal[p->n - 1]);
}

void op_add(struct buf *b, const struct route *r) {
    static const char *const verbs[HTTP_METHODS] = {"get", "create", "replace", "update", "delete", "preflight"};
    if (r->op) {
        buf_addc(b, r->op);
        return;
    }
    struct path p = path_read(r->path);
    size_t last = p.n ? p.n - 1 : 0;
    bool list = r->method == GET && p.n && !p.keyed[last] && is_plural(p.literal[last]);
    bool acts = is_action(r, &p), streams = r->flags & ROUTE_SSE;
    size_t at = b->n;
    for (size_t i = 0; i < p.n - acts; i++)
        word_add(b, p.literal[i], !(i == last && streams));
    if (!b->failed && b->n > at && b->p[at] >= 'A' && b->p[at] <= 'Z')
        b->p[at] += 32;
    word_add(b, acts      ? p.literal[last]
                : streams ? STR("stream")
                : list    ? STR("list")
                          : str_of(verbs[r->method]),
             false);
}

/* "{id:id}" is "{id}" in every document. */
void plain_path_add(struct buf *b, const char *path) {
    bool skip = false;
    for (; *path; path++) {
        if (*path == ':')
            skip = true;
        else if (*path == '}')
            skip = false;
        if (!skip)
            buf_byte(b, (uint8_t)*path);
    }
}

bool path_param_next(struct str *rest, struct str *ret_name, struct str *ret_type) {
    ptrdiff_t open = str_index(*rest, '{'), close = str_index(*rest, '}');
    if (open < 0 || close < open)
        return false;
    *ret_type = str_cut(str_slice(*rest, (size_t)open + 1, (size_t)close), ':', ret_name);
    *rest = str_slice(*rest, (size_t)close + 1, rest->n);
    return true;
}

int route_success(const struct route *r) {
    if (r->status)
        return r->status;
    if (r->flags & ROUTE_SSE)
        return 200;
    struct path p = path_read(r->path);
    return !r->reply ? 204 : r->method == POST && !is_action(r, &p) ? 201 : 200;
}

void roles_add(struct buf *b, unsigned roles, const char *between) {
    static const char *const names[] = {"viewer", "editor", "operator"};
    bool some = false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (roles & 1u << i) {
            buf_addf(b, "%s%s", some ? between : "", names[i]);
            some = true;
        }
}

const char *priority_name(enum route_priority p) {
    static const char *const names[] = {"", "segment", "licence", "play", "sign-in", "browse", "rest"};
    _Static_assert(ARRAY_LEN(names) == PRIORITIES, "a name for every priority");
    return names[p];
}
