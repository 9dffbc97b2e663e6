/* fuzz_http_route.c - a request's target, as it comes from the wire: routing, decoding, the query and
 * its check. What comes out must be clean: no control characters, no slash but in {rest:path}, UTF-8. */
#include "engine/http/http_int.h"

static int handler(struct request *rq, struct err *reterr) { return 0; }

static const struct field fields[] = {
    {"q", F_STR}, {"n", F_INT, 0, 1, 9}, {"x", F_NUM}, {"b", F_BOOL}, {"id", F_ID}, {"at", F_TIME},
    {"lang", F_LANG}, {"mail", F_EMAIL}, {"url", F_URL}, {"kind", F_STR, .values = "a|b"},
    {NULL, F_END},
};
static const struct route routes[] = {
    {GET, "/", handler, .doc = "d"},
    {GET, "/a/{n:int}", handler, .doc = "d"},
    {GET, "/a/{id:id}/b", handler, .doc = "d"},
    {GET, "/a/{slug}", handler, .doc = "d"},
    {POST, "/a/{x}/{y}/{z}", handler, .doc = "d"},
    {GET, "/f/{rest:path}", handler, .doc = "d", .query = fields},
    {0},
};
static const struct route *const tables[] = {routes, NULL};

static void clean_assert(struct str s, bool slash_ok) {
    assert(str_is_utf8(s));
    for (size_t i = 0; i < s.n; i++)
        assert((uint8_t)s.p[i] >= 0x20 && s.p[i] != 0x7F && (slash_ok || s.p[i] != '/'));
}

EXPORTED int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct router *router;
    if (!router)
        router = router_new(tables, NULL);
    struct arena a = ARENA(4 << 20);
    struct str path, bad, query = str_cut(str_make((const char *)data, size), '?', &path);
    struct match m;
    struct pair pairs[QUERIES_MAX];
    size_t n = 0;
    if (router_match(router, &a, size % 2 ? GET : POST, path, &m) && m.route)
        for (size_t i = 0; i < m.n_params; i++) {
            bool rest = str_eq(m.params[i].name, STR("rest"));
            clean_assert(m.params[i].value, rest);
            assert(str_find(m.params[i].value, STR("../")) != 0 || !rest);
        }
    if (query_parse(&a, query, pairs, QUERIES_MAX, &n, &bad) == 0) {
        struct violations v = {.arena = &a};
        for (size_t i = 0; i < n; i++)
            clean_assert(pairs[i].value, true);
        query_check(fields, pairs, n, &v);
    }
    arena_done(&a);
    return 0;
}
