/* The parts without a socket: router, addresses, rates, queue, JSON, cookies, heartbeats. */
#include "fixture.h"
#include "base/log.h"
#include "engine/http/http_int.h"
#include "engine/http/json_slab.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int handler(struct request *rq, struct err *reterr) { return 0; }

static const struct route routes[] = {
    {GET, "/", handler, .doc = "d"},
    {GET, "/a/{n:int}", handler, .doc = "number"},
    {GET, "/a/{id:id}", handler, .doc = "id"},
    {GET, "/a/{slug}", handler, .doc = "slug"},
    {GET, "/a/fixed", handler, .doc = "fixed"},
    {DELETE, "/a/{slug}", handler, .doc = "delete"},
    {GET, "/a/fixed/deep", handler, .doc = "deep"},
    {GET, "/a/{slug}/other", handler, .doc = "other"},
    {GET, "/files/{rest:path}", handler, .doc = "path"},
    {0},
};
static const struct route *const tables[] = {routes, NULL};

Test(http_parts, the_most_particular_route_wins) {
    static const struct {
        const char *path, *doc, *param;
    } rows[] = {
        {"/a/12", "number", "12"},
        {"/a/01M8242ENSBHXMA1PEA5GXCDZC", "id", "01M8242ENSBHXMA1PEA5GXCDZC"},
        {"/a/01M8242ENSBHXMA1PEA5GXCDZ", "slug", "01M8242ENSBHXMA1PEA5GXCDZ"},
        {"/a/-12", "slug", "-12"},
        {"/a/99999999999999999999", "slug", "99999999999999999999"},
        {"/a/fixed", "fixed", NULL},
        {"/a/fixed/deep", "deep", NULL},
        {"/a/fixed/other", "other", "fixed"}, /* the literal fails later: the next kind is tried */
        {"/a/h%C3%A9", "slug", "h\xC3\xA9"},
        {"/files/x/y.txt", "path", "x/y.txt"},
        {"/a", NULL, NULL},
        {"/a/", NULL, NULL},
        {"/a/x/", NULL, NULL},
        {"/files/", NULL, NULL},
        {"//a/12", NULL, NULL},
        {"/A/12", NULL, NULL},
    };
    struct router *r = router_new(tables, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena a = ARENA(64 << 10);
        struct match m;
        cr_assert(router_match(r, &a, GET, str_of(rows[i].path), &m), "%s", rows[i].path);
        cr_assert((m.route != NULL) == (rows[i].doc != NULL), "%s", rows[i].path);
        if (rows[i].doc)
            cr_assert_str_eq(m.route->doc, rows[i].doc);
        cr_assert_eq(m.n_params, rows[i].param ? 1u : 0u, "%s", rows[i].path);
        if (rows[i].param)
            cr_assert(str_eq(m.params[0].value, str_of(rows[i].param)), "%s", rows[i].path);
        arena_done(&a);
    }
    router_free(r);
}

Test(http_parts, paths_that_could_leave_their_folder_are_no_addresses) {
    static const char *const bad[] = {"/files/../x", "/files/x/..",  "/files/.",    "/files/x//y",
                                      "/files/a%2fb", "/files/%2e%2e", "/files/a%00", "/files/a%0ab",
                                      "/files/\xff",  "no-slash",      ""};
    struct router *r = router_new(tables, NULL);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct arena a = ARENA(64 << 10);
        struct match m;
        cr_assert(!router_match(r, &a, GET, str_of(bad[i]), &m), "%s", bad[i]);
        arena_done(&a);
    }
    router_free(r);
}

Test(http_parts, the_methods_of_a_path_are_known) {
    struct arena a = ARENA(64 << 10);
    struct router *r = router_new(tables, NULL);
    struct match m;
    cr_assert(router_match(r, &a, POST, STR("/a/x"), &m));
    cr_assert_null(m.route);
    cr_assert_eq(m.allow, 1u << GET | 1u << DELETE);
    router_free(r);
    arena_done(&a);
}

/* True: building the router from the rows stops the program. */
static bool aborts(const struct route *rows, const struct schema *schemas) {
    pid_t pid = fork();
    if (pid == 0) {
        const struct route *const t[] = {rows, NULL};
        const struct schema *const s[] = {schemas, NULL};
        signal(SIGABRT, SIG_DFL);
        if (!freopen("/dev/null", "w", stderr))
            _exit(2);
        router_new(t, s);
        _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

Test(http_parts, tables_that_contradict_themselves_stop_the_program) {
    static const struct field bad_ref[] = {{"x", F_OBJ, .ref = "Nowhere"}, {NULL, F_END}};
    static const struct field good[] = {{"x", F_STR}, {NULL, F_END}};
    static const struct schema schemas[] = {{"Good", good}, {NULL}};
    static const struct schema broken[] = {{"Bad", bad_ref}, {NULL}};
    static const struct schema twice[] = {{"Good", good}, {"Good", good}, {NULL}};
    const struct route rows[][3] = {
        {{GET, "/x", handler, .doc = "d"}, {GET, "/x", handler, .doc = "d"}},
        {{GET, "/{a}", handler, .doc = "d"}, {GET, "/{b}", handler, .doc = "d"}},
        {{GET, "/{a}/{a}", handler, .doc = "d"}},
        {{GET, "/{a:path}/x", handler, .doc = "d"}},
        {{GET, "/{a:colour}", handler, .doc = "d"}},
        {{GET, "x", handler, .doc = "d"}},
        {{GET, "/x", NULL, .doc = "d"}},
        {{GET, "/x", handler}},
        {{GET, "/x", handler, .doc = "d", .body = "Good"}},
        {{POST, "/x", handler, .doc = "d", .body = "Nowhere"}},
        {{POST, "/x", handler, .doc = "d", .body = "Good", .flags = ROUTE_STREAM_BODY}},
        {{POST, "/x", handler, .doc = "d", .flags = ROUTE_SSE}},
        {{POST, "/x", handler, .doc = "d", .cache_s = 5}},
    };
    const struct route fine[] = {{POST, "/x", handler, .doc = "d", .body = "Good"}, {0}};
    cr_assert(!aborts(fine, schemas));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_assert(aborts(rows[i], schemas), "row %zu is taken", i);
    cr_assert(aborts(fine, broken));
    cr_assert(aborts(fine, twice));
}

Test(http_parts, json_is_read_strictly) {
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"{}", NULL},
        {"[[[[]]]]", NULL},
        {"{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}", NULL},
        {"", "json.syntax"},
        {"{} x", "json.syntax"},
        {"{\"a\":1,\"a\":2}", "json.syntax"},
        {"\"\\u0000\"", "json.syntax"},
        {"{\"a\":\"\xff\"}", "json.syntax"},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "json.depth"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err e = {0};
        json_t *j = NULL;
        int rc = json_read(str_of(rows[i].text), &j, &e);
        cr_assert_eq(rc, rows[i].reason ? ERR_INVALID : 0, "%s", rows[i].text);
        if (rc)
            cr_assert_str_eq(e.reason, rows[i].reason);
        json_decref(j);
    }
}

static const struct field every[] = {
    {"str", F_STR}, {"two", F_STR, 0, 2, 3}, {"secret", F_SECRET}, {"int", F_INT, 0, -5, 5},
    {"num", F_NUM, 0, 0, 1}, {"bool", F_BOOL}, {"id", F_ID}, {"time", F_TIME}, {"mail", F_EMAIL},
    {"lang", F_LANG}, {"url", F_URL}, {"any", F_ANY}, {"list", F_INT, FIELD_ARRAY, 1, 2},
    {"map", F_INT, FIELD_MAP}, {"null", F_STR, FIELD_NULLABLE}, {"kind", F_STR, .values = "a|bc"},
    {"self", F_OBJ, .ref = "Every"}, {NULL, F_END},
};
static const struct schema every_schemas[] = {{"Every", every}, {NULL}};
static const struct schema *const every_all[] = {every_schemas, NULL};

Test(http_parts, every_type_takes_its_own_and_nothing_else) {
    static const struct {
        const char *json;
        int faults;
    } rows[] = {
        {"{\"str\":\"x\",\"two\":\"\xC3\xA9\",\"int\":-5,\"num\":0.5,\"bool\":false}", 0},
        {"{\"id\":\"01m8242ensbhxma1pea5gxcdzc\",\"time\":\"2026-11-22T16:00:00+01:00\"}", 0},
        {"{\"mail\":\"ana.b+c@mail.example\",\"lang\":\"zh-Hant-TW\",\"url\":\"https://a/b?c\"}", 0},
        {"{\"any\":null,\"list\":[1,2],\"map\":{\"a\":1},\"null\":null,\"kind\":\"bc\"}", 0},
        {"{\"self\":{\"self\":{\"str\":\"deep\"}}}", 0},
        {"{\"str\":\"\"}", 1},       {"{\"str\":null}", 1},      {"{\"str\":1}", 1},
        {"{\"two\":\"x\"}", 1},      {"{\"two\":\"\xC3\xA9\xC3\xA9\"}", 1},
        {"{\"int\":6}", 1},          {"{\"int\":1.0}", 1},       {"{\"int\":\"1\"}", 1},
        {"{\"num\":1.5}", 1},        {"{\"num\":true}", 1},      {"{\"bool\":0}", 1},
        {"{\"id\":\"x\"}", 1},       {"{\"time\":\"yesterday\"}", 1},
        {"{\"mail\":\"a@b\"}", 1},   {"{\"mail\":\"@b.c\"}", 1}, {"{\"mail\":\"a b@c.d\"}", 1},
        {"{\"lang\":\"e\"}", 1},     {"{\"lang\":\"en_US\"}", 1},
        {"{\"url\":\"javascript:x\"}", 1}, {"{\"url\":\"http://a b\"}", 1},
        {"{\"list\":[]}", 1},        {"{\"list\":[1,2,3]}", 1},  {"{\"list\":[\"x\",1]}", 1},
        {"{\"list\":{}}", 1},        {"{\"map\":{\"a\":\"x\"}}", 1}, {"{\"map\":[]}", 1},
        {"{\"map\":{\"\":1}}", 1},   {"{\"kind\":\"b\"}", 1},    {"{\"kind\":\"\"}", 1},
        {"{\"self\":{\"self\":{\"odd\":1,\"str\":2}}}", 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena a = ARENA(64 << 10);
        struct violations v = {.arena = &a};
        json_t *j = json_loads(rows[i].json, 0, NULL);
        cr_assert(j, "%s", rows[i].json);
        schema_check(every_all, &every_schemas[0], j, false, &v);
        cr_assert_eq((int)v.n, rows[i].faults, "%s has %zu: %s", rows[i].json, v.n,
                     v.n ? v.v[0].detail : "");
        json_decref(j);
        arena_done(&a);
    }
}

Test(http_parts, faults_are_counted_to_a_ceiling) {
    struct arena a = ARENA(1 << 20);
    struct violations v = {.arena = &a};
    json_t *j = json_object();
    char key[24];
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "odd%d", i);
        json_object_set_new(j, key, json_true());
    }
    schema_check(every_all, &every_schemas[0], j, false, &v);
    cr_assert_eq(v.n, (size_t)ERRORS_MAX);
    json_decref(j);
    arena_done(&a);
}

/* --- with a server, for what only shows there --- */

static int cookies(struct request *rq, struct err *reterr) {
    reply_cookie(rq, "a", "1", 60);
    reply_cookie(rq, "b", "2", -1);
    reply_header(rq, "Content-Security-Policy", "default-src 'self'");
    struct str quoted = request_cookie(rq, "q");
    return reply_text(rq, 200, "text/plain", quoted.p ? quoted : STR("none"));
}

static int wrong_shape(struct request *rq, struct err *reterr) {
    return reply_json(rq, 200, json_pack("{s:i}", "int", 99));
}

static struct sse *stream;
static int listen_in(struct request *rq, struct err *reterr) {
    return reply_sse(rq, NULL, NULL, &stream);
}

static int moved(struct request *rq, struct err *reterr) { return reply_redirect(rq, 303, "/"); }

static const struct route served[] = {
    {GET, "/cookies", cookies, .doc = "d"},
    {GET, "/wrong", wrong_shape, .reply = "Every", .doc = "d"},
    {GET, "/events", listen_in, .flags = ROUTE_SSE, .doc = "d"},
    {GET, "/moved", moved, .doc = "d"},
    {0},
};
static struct fixture f;
static void start(void) {
    static const struct route *const t[] = {served, http_routes, NULL};
    fixture_start(&f, t, (struct http_options){.schemas = every_all, .check_replies = true});
}
static void stop(void) { fixture_stop(&f, 200); }
TestSuite(http_served, .init = start, .fini = stop, .timeout = 30);

Test(http_served, cookies_are_for_us_alone) {
    scoped_reply r = ask(&f, (struct ask){.method = "GET", .path = "/cookies",
                                          .headers = {"X-Forwarded-Proto: https",
                                                      "Cookie: p=x; q=forged; __Host-q=\"v\"; __Host-q=second"}});
    struct str head = buf_str(&r.head);
    cr_assert(str_find(head, STR("Set-Cookie: __Host-a=1; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure")) > 0,
              STR_FMT, STR_ARG(head));
    cr_assert(str_find(head, STR("Set-Cookie: __Host-b=2; Path=/; HttpOnly; SameSite=Lax; Secure")) > 0);
    cr_assert_str_eq(head_value(&r, "Content-Security-Policy"), "default-src 'self'");
    cr_assert(str_eq(buf_str(&r.body), STR("v")));
    scoped_reply plain = ask(&f, GET_("/cookies"));
    cr_assert(str_find(buf_str(&plain.head), STR("Secure")) < 0);
}

Test(http_served, a_redirect_says_where_to) {
    scoped_reply r = ask(&f, GET_("/moved"));
    cr_assert_eq(r.status, 303);
    cr_assert_str_eq(head_value(&r, "Location"), "/");
}

Test(http_served, the_api_describes_itself) {
    scoped_reply r = ask(&f, GET_("/api/openapi.json"));
    cr_assert_eq(r.status, 200);
    cr_assert_str_eq(json_text(&r, "openapi"), "3.1.0");
    cr_assert(json_object_get(json_object_get(r.json, "paths"), "/cookies"));
}

Test(http_served, a_silent_stream_gets_a_heartbeat) {
    int fd = raw_connect(&f);
    raw_send(fd, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    scoped(buf_done) struct buf b = BUF(64 << 10);
    raw_read(fd, &b, "retry: 1000\n\n", 2000);
    sleep_ms(30);
    pthread_mutex_lock(&f.server->lock);
    struct request *rq = f.server->first;
    pthread_mutex_unlock(&f.server->lock);
    cr_assert(rq);
    pthread_mutex_lock(&rq->lock);
    bool open = rq->sse != NULL;
    pthread_mutex_unlock(&rq->lock);
    cr_assert(open);
    for (int later = 14; later <= 16; later += 2) {
        pthread_mutex_lock(&rq->lock);
        sse_heartbeat(rq->sse, clock_mono_ns() + later * 1000000000LL);
        pthread_mutex_unlock(&rq->lock);
        buf_reset(&b);
        raw_read(fd, &b, ":\n\n", 200);
        cr_assert_eq(str_find(buf_str(&b), STR(":\n\n")) >= 0, later == 16);
    }
    sse_close(stream);
    fd_close(&fd);
}

/* One line a request, with the route's pattern and never what the client put in the address. */
Test(http_served, the_log_has_the_pattern_and_no_values) {
    int out[2];
    cr_assert(pipe(out) == 0);
    int kept = dup(STDERR_FILENO);
    dup2(out[1], STDERR_FILENO);
    log_init("test", LOG_INFO);
    static const char *const paths[] = {"/cookies", "/no/such/secret-path?token=secret-query",
                                        "/wrong"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        scoped_reply r = ask(&f, GET_(paths[i]));
        cr_assert_eq(r.rc, CURLE_OK);
    }
    fixture_stop(&f, 200);
    dup2(kept, STDERR_FILENO);
    close(out[1]);
    scoped(buf_done) struct buf text = BUF(64 << 10);
    char chunk[4096];
    for (ssize_t n; (n = read(out[0], chunk, sizeof chunk)) > 0;)
        buf_mem(&text, chunk, (size_t)n);
    struct str s = buf_str(&text);
    cr_assert(str_find(s, STR("event=http.request")) > 0);
    cr_assert(str_find(s, STR("method=GET route=/cookies status=200 ms=")) > 0, STR_FMT, STR_ARG(s));
    cr_assert(str_find(s, STR("method=GET route=- status=404 ms=")) > 0);
    cr_assert(str_find(s, STR("secret")) < 0);
    cr_assert(str_find(s, STR("event=http.reply_differs")) > 0);
    cr_assert(str_find(s, STR("route=/wrong schema=Every field=int")) > 0);
    start();
}

/* ---- Memory of bodies (json_slab.h) ---- */

static void *body_of_a_thread(void *arg) {
    json_slab_begin();
    *(json_t **)arg = json_loads("{\"kept\": [1, 2.5, \"text\"]}", 0, NULL);
    json_slab_end();
    return NULL;
}

static void *json_drop(void *j) {
    json_decref(j);
    return NULL;
}

/* What is kept of a body is good for as long as it is kept: after its request, after its thread, let go by another. */
Test(http, json_outlives_its_slab) {
    json_malloc_t takes;
    json_free_t gives;
    json_t *early = json_pack("{s:s}", "made", "before"), *late[3] = {0}, *part = NULL;
    json_get_alloc_funcs(&takes, &gives);
    json_set_alloc_funcs(json_slab_malloc, json_slab_free);
    pthread_t t;
    for (size_t i = 0; i < ARRAY_LEN(late); i++) {
        pthread_create(&t, NULL, body_of_a_thread, &late[i]);
        pthread_join(t, NULL);
    }
    for (int i = 0; i < 300; i++) { /* more than a slab of them, in turn */
        json_slab_begin();
        json_t *body = json_pack("{s:[i,s]}", "n", i, "a text of some length");
        json_slab_end();
        json_object_set_new(body, "beside", json_string("not of the slab"));
        if (i == 100)
            part = json_incref(json_object_get(body, "n"));
        json_decref(body);
    }
    char *text = json_dumps(part, JSON_COMPACT);
    cr_assert_str_eq(text, "[100,\"a text of some length\"]");
    json_slab_free(text);
    json_decref(part);
    for (size_t i = 0; i < ARRAY_LEN(late); i++) {
        cr_assert_eq((int)(json_number_value(json_array_get(json_object_get(late[i], "kept"), 1)) * 10), 25);
        pthread_create(&t, NULL, json_drop, late[i]);
        pthread_join(t, NULL);
    }
    json_decref(early);
    struct buf big = BUF(1 << 20); /* a body of more than a slab */
    buf_byte(&big, '[');
    for (int i = 0; i < 5000; i++)
        buf_addf(&big, "%s{\"n\":%d}", i ? "," : "", i);
    buf_byte(&big, ']');
    json_slab_begin();
    json_t *many = json_loadb(buf_str(&big).p, big.n, 0, NULL);
    json_slab_end();
    cr_assert_eq(json_integer_value(json_object_get(json_array_get(many, 4999), "n")), 4999);
    json_decref(many);
    buf_done(&big);
    json_set_alloc_funcs(takes, gives);
}
