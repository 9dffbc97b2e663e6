/* What a request meets before its handler: every check, from outside. */
#include "fixture.h"

static int hello(struct request *rq, struct err *reterr) {
    return reply_json(rq, 200,
                      json_pack("{s:s%, s:s%}", "slug", request_param(rq, "slug").p,
                                request_param(rq, "slug").n, "q",
                                request_query(rq, "q").p ? request_query(rq, "q").p : "-",
                                request_query(rq, "q").p ? request_query(rq, "q").n : 1));
}

static int save(struct request *rq, struct err *reterr) {
    return reply_json(rq, 201, json_incref(request_json(rq)));
}

static int nothing(struct request *rq, struct err *reterr) { return reply_empty(rq); }

static int own(struct request *rq, struct err *reterr) { return reply_json(rq, 200, json_object()); }

static int broken(struct request *rq, struct err *reterr) {
    return err_set(reterr, ERR_IO, "disk sda: /secret/path");
}

static int silent(struct request *rq, struct err *reterr) { return 0; }

static int taken(struct request *rq, struct err *reterr) {
    request_field_error(rq, "email", "Has an account already.");
    return err_refuse(reterr, ERR_CONFLICT, "account.email_taken", "There is an account already.",
                      "taken");
}

static const struct field device[] = {
    {"kind", F_STR, FIELD_REQUIRED, .values = "web|tv"},
    {"codecs", F_STR, FIELD_ARRAY, 0, 4},
    {NULL, F_END},
};
static const struct field person[] = {
    {"name", F_STR, FIELD_REQUIRED, 1, 10},
    {"email", F_EMAIL},
    {"age", F_INT, 0, 0, 150},
    {"lang", F_LANG, FIELD_NULLABLE},
    {"device", F_OBJ, .ref = "Device"},
    {"extra", F_ANY, FIELD_MAP},
    {NULL, F_END},
};
static const struct schema schemas[] = {{"Person", person}, {"Device", device}, {NULL}};
static const struct field find[] = {{"q", F_STR}, {"limit", F_INT, 0, 1, 100}, {NULL, F_END}};

static const struct route routes[] = {
    {GET, "/t/{slug}", hello, .query = find, .doc = "d", .cache_s = 30},
    {POST, "/people", save, .body = "Person", .body_max = 2000, .doc = "d"},
    {GET, "/viewer", nothing, ROLE_VIEWER, .doc = "d"},
    {GET, "/staff", nothing, ROLE_EDITOR | ROLE_OPERATOR, .doc = "d"},
    {POST, "/move", nothing, .doc = "d"},
    {POST, "/machine", nothing, .flags = ROUTE_NO_ORIGIN_CHECK, .doc = "d"},
    {GET, "/limited", nothing, .per_minute = 3, .doc = "d"},
    {GET, "/own", nothing, ROLE_VIEWER, .per_minute = 3, .cache_s = 9, .doc = "d"},
    {GET, "/own-json", own, ROLE_VIEWER, .cache_s = 9, .doc = "d"},
    {GET, "/internal/x", nothing, .flags = ROUTE_INTERNAL, .doc = "d"},
    {GET, "/broken", broken, .doc = "d"},
    {GET, "/silent", silent, .doc = "d"},
    {POST, "/taken", taken, .doc = "d"},
    {0},
};

static int who(struct request *rq, struct principal *ret, struct err *reterr) {
    struct str s = request_cookie(rq, "session");
    if (str_eq(s, STR("down")))
        return err_set(reterr, ERR_BUSY, "store is locked");
    if (!s.p)
        return 0;
    /* One account a name, the same at every request. */
    snprintf(ret->account.v.s, sizeof ret->account.v.s, "01M8242ENSBHXMA1PEA5GXC%03u",
             (unsigned)(s.p[0] * 7 + s.p[s.n - 1]) % 1000);
    ret->roles = str_eq(s, STR("editor")) ? ROLE_EDITOR : ROLE_VIEWER;
    return 0;
}

static struct fixture f;
static void start(void) {
    static const struct route *const tables[] = {routes, NULL};
    static const struct schema *const all[] = {schemas, NULL};
    static const char *const origins[] = {"https://app.example", NULL};
    fixture_start(&f, tables,
                  (struct http_options){.schemas = all, .hooks = {who}, .origins = origins});
}
static void stop(void) { fixture_stop(&f, 1000); }
TestSuite(http_checks, .init = start, .fini = stop);

Test(http_checks, a_request_is_answered_in_json_with_the_headers_of_every_answer) {
    scoped_reply r = ask(&f, GET_("/t/la%20strada?q=a%26b+c"));
    cr_assert_eq(r.status, 200);
    cr_assert_str_eq(json_text(&r, "slug"), "la strada");
    cr_assert_str_eq(json_text(&r, "q"), "a&b c");
    cr_assert_str_eq(head_value(&r, "Content-Type"), "application/json");
    cr_assert_str_eq(head_value(&r, "X-Content-Type-Options"), "nosniff");
    cr_assert_str_eq(head_value(&r, "Referrer-Policy"), "no-referrer");
    cr_assert_str_eq(head_value(&r, "Cache-Control"), "public, max-age=30");
    cr_assert_eq(strlen(head_value(&r, "X-Request-Id")), 26);
    cr_assert_null(head_value(&r, "Connection")); /* the front keeps it open */
}

Test(http_checks, nothing_there_is_a_problem_with_the_request_id) {
    scoped_reply r = ask(&f, (struct ask){.method = "GET", .path = "/nowhere",
                                          .headers = {"X-Request-Id: abc-12345"}});
    cr_assert_eq(r.status, 404);
    cr_assert_str_eq(head_value(&r, "Content-Type"), "application/problem+json");
    cr_assert_str_eq(json_text(&r, "code"), "not_found");
    cr_assert_str_eq(json_text(&r, "title"), "Not Found");
    cr_assert_str_eq(json_text(&r, "request_id"), "abc-12345");
    cr_assert_eq(json_integer_value(json_object_get(r.json, "status")), 404);
    cr_assert_null(head_value(&r, "Connection"));
    scoped_reply posted = ask(&f, POST_("/nowhere", "{}"));
    cr_assert_eq(posted.status, 404);
    cr_assert_null(head_value(&posted, "Connection"));
}

Test(http_checks, another_method_is_answered_with_those_allowed) {
    scoped_reply r = ask(&f, (struct ask){.method = "DELETE", .path = "/t/x"});
    cr_assert_eq(r.status, 405);
    cr_assert_str_eq(head_value(&r, "Allow"), "GET, HEAD");
    scoped_reply odd = ask(&f, (struct ask){.method = "BREW", .path = "/t/x"});
    cr_assert_eq(odd.status, 405);
}

Test(http_checks, head_is_get_without_the_body) {
    scoped_reply r = ask(&f, (struct ask){.method = "HEAD", .path = "/t/x"});
    cr_assert_eq(r.status, 200);
    cr_assert_eq(r.body.n, 0);
    cr_assert(head_value(&r, "ETag"));
}

Test(http_checks, the_same_answer_is_not_sent_twice) {
    scoped_reply a = ask(&f, GET_("/t/x"));
    char line[100];
    snprintf(line, sizeof line, "If-None-Match: \"other\", %s", head_value(&a, "ETag"));
    scoped_reply b =
        ask(&f, (struct ask){.method = "GET", .path = "/t/x", .headers = {line}});
    cr_assert_eq(b.status, 304);
    cr_assert_eq(b.body.n, 0);
    scoped_reply c =
        ask(&f, (struct ask){.method = "GET", .path = "/t/other", .headers = {line}});
    cr_assert_eq(c.status, 200);
}

Test(http_checks, badly_encoded_addresses_are_refused) {
    static const char *const bad[] = {"/t/a%2Fb", "/t/a%2fb", "/t/%00", "/t/%", "/t/%zz",
                                      "/t/%C3",   "/t/..",    "/t/%2e%2e"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        scoped_reply r = ask(&f, GET_(bad[i]));
        cr_assert_eq(r.status, 400, "%s gave %ld", bad[i], r.status);
        cr_assert_str_eq(json_text(&r, "code"), "address.encoding");
    }
}

Test(http_checks, unknown_and_wrong_parameters_are_named_all_at_once) {
    scoped_reply r = ask(&f, GET_("/t/x?limit=0&colour=red"));
    cr_assert_eq(r.status, 400);
    cr_assert(field_error(&r, "colour"));
    cr_assert_str_eq(field_error(&r, "limit"), "Must be from 1 to 100.");
    scoped_reply twice = ask(&f, GET_("/t/x?q=1&q=2"));
    cr_assert_str_eq(field_error(&twice, "q"), "Is there twice.");
    scoped_reply bad = ask(&f, GET_("/t/x?q=%ff"));
    cr_assert_str_eq(field_error(&bad, "q"), "Is badly encoded.");
}

Test(http_checks, a_body_in_shape_passes) {
    scoped_reply r = ask(&f, POST_("/people", "{\"name\":\"Ana\",\"lang\":null,\"email\":\"a@b.example\","
                                              "\"device\":{\"kind\":\"tv\",\"codecs\":[\"avc1\"]},"
                                              "\"extra\":{\"k\":[1]}}"));
    cr_assert_eq(r.status, 201);
    cr_assert_str_eq(json_text(&r, "name"), "Ana");
}

Test(http_checks, every_fault_of_a_body_is_named) {
    scoped_reply r =
        ask(&f, POST_("/people", "{\"email\":\"a@b\",\"age\":1.5,\"nick\":\"x\",\"lang\":\"e\","
                                 "\"device\":{\"kind\":\"radio\",\"codecs\":[\"a\",2]}}"));
    cr_assert_eq(r.status, 400);
    cr_assert_str_eq(json_text(&r, "code"), "invalid");
    cr_assert_str_eq(field_error(&r, "name"), "Is required.");
    cr_assert(field_error(&r, "email"));
    cr_assert_str_eq(field_error(&r, "age"), "Must be a whole number.");
    cr_assert_str_eq(field_error(&r, "nick"), "Is not a field of Person.");
    cr_assert(field_error(&r, "lang"));
    cr_assert_str_eq(field_error(&r, "device.kind"), "Must be one of: web|tv.");
    cr_assert_str_eq(field_error(&r, "device.codecs[1]"), "Must be text.");
}

Test(http_checks, what_is_not_json_is_refused) {
    scoped_reply a = ask(&f, POST_("/people", "{\"name\":"));
    cr_assert_str_eq(json_text(&a, "code"), "json.syntax");
    scoped_reply b = ask(&f, POST_("/people", "{\"name\":\"a\",\"name\":\"b\"}"));
    cr_assert_str_eq(json_text(&b, "code"), "json.syntax");
    scoped_reply c = ask(&f, (struct ask){.method = "POST", .path = "/people", .body = "{}",
                                          .type = "text/plain"});
    cr_assert_eq(c.status, 415);
    char deep[200];
    memset(deep, '[', 100);
    deep[100] = 0;
    scoped_reply d = ask(&f, POST_("/people", deep));
    cr_assert_str_eq(json_text(&d, "code"), "json.depth");
    scoped_reply e = ask(&f, POST_("/people", "[]"));
    cr_assert_eq(e.status, 400);
}

Test(http_checks, roles_are_asked_for) {
    scoped_reply none = ask(&f, GET_("/viewer"));
    cr_assert_eq(none.status, 401);
    cr_assert_str_eq(json_text(&none, "code"), "unauthenticated");
    struct ask a = {.method = "GET", .path = "/viewer", .headers = {"Cookie: x=1; session=viewer"}};
    scoped_reply viewer = ask(&f, a);
    cr_assert_eq(viewer.status, 204);
    a.path = "/staff";
    scoped_reply staff = ask(&f, a);
    cr_assert_eq(staff.status, 403);
    a.headers[0] = "Cookie: session=editor";
    scoped_reply editor = ask(&f, a);
    cr_assert_eq(editor.status, 204);
    a.headers[0] = "Cookie: session=down";
    scoped_reply down = ask(&f, a);
    cr_assert_eq(down.status, 503);
}

Test(http_checks, only_our_own_pages_may_change_things) {
    static const struct {
        const char *header, *more;
        long status;
    } rows[] = {
        {"Origin: http://localhost", NULL, 204},
        {"Origin: https://localhost", NULL, 204},
        {"Origin: https://app.example", NULL, 204},
        {"Origin: https://evil.example", NULL, 403},
        {"Origin: null", NULL, 403},
        {"Origin: http://localhost@evil.example", NULL, 403},
        {"Origin: http://localhost.evil.example", NULL, 403},
        {"Origin: http://localhost:8080", NULL, 403},
        {"Referer: http://localhost/title/x", NULL, 204},
        {"Referer: https://evil.example/localhost", NULL, 403},
        {"Sec-Fetch-Site: cross-site", NULL, 403},
        {"Sec-Fetch-Site: same-site", NULL, 403},
        {"Sec-Fetch-Site: same-origin", NULL, 204},
        {"Cookie: session=viewer", NULL, 403},
        {"Cookie: session=viewer", "Origin: http://localhost:80", 204},
        {"Accept: */*", NULL, 204},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped_reply r = ask(&f, (struct ask){.method = "POST", .path = "/move",
                                              .headers = {rows[i].header, rows[i].more}});
        cr_assert_eq(r.status, rows[i].status, "%s gave %ld", rows[i].header, r.status);
    }
    scoped_reply machine = ask(&f, (struct ask){.method = "POST", .path = "/machine",
                                                .headers = {"Origin: https://evil.example"}});
    cr_assert_eq(machine.status, 204);
}

Test(http_checks, over_tls_a_page_without_it_is_not_ours) {
    static const struct {
        const char *header;
        long status;
    } rows[] = {
        {"Origin: https://localhost", 204},
        {"Origin: http://localhost", 403},
        {"Referer: http://localhost/title/x", 403},
        {"Origin: https://app.example", 204},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped_reply r = ask(&f, (struct ask){.method = "POST", .path = "/move",
                                              .headers = {rows[i].header, "X-Forwarded-Proto: https"}});
        cr_assert_eq(r.status, rows[i].status, "%s gave %ld", rows[i].header, r.status);
    }
}

Test(http_checks, addresses_of_one_ipv6_network_share_a_rate) {
    static const char *const same[] = {"X-Real-IP: 2001:db8:1:2::1", "X-Real-IP: 2001:db8:1:2:ffff::9",
                                       "X-Real-IP: 2001:db8:1:2:3:4:5:6"};
    for (int i = 0; i < 3; i++) {
        scoped_reply r = ask(&f, (struct ask){.method = "GET", .path = "/limited", .headers = {same[i]}});
        cr_assert_eq(atol(head_value(&r, "RateLimit-Remaining")), 2 - i);
    }
    scoped_reply next = ask(&f, (struct ask){.method = "GET", .path = "/limited",
                                             .headers = {"X-Real-IP: 2001:db8:1:3::1"}});
    cr_assert_eq(atol(head_value(&next, "RateLimit-Remaining")), 2);
}

Test(http_checks, a_rate_is_kept_for_each_address) {
    struct ask a = {.method = "GET", .path = "/limited", .headers = {"X-Real-IP: 10.0.0.1"}};
    for (int i = 0; i < 3; i++) {
        scoped_reply r = ask(&f, a);
        cr_assert_eq(r.status, 204);
        cr_assert_eq(atol(head_value(&r, "RateLimit-Remaining")), 2 - i);
    }
    scoped_reply over = ask(&f, a);
    cr_assert_eq(over.status, 429);
    cr_assert_str_eq(json_text(&over, "code"), "limit");
    long wait = atol(head_value(&over, "Retry-After"));
    cr_assert(wait > 0 && wait <= 20);
    a.headers[0] = "X-Real-IP: 10.0.0.2";
    scoped_reply other = ask(&f, a);
    cr_assert_eq(other.status, 204);
}

Test(http_checks, a_rate_is_kept_for_each_account_wherever_it_is) {
    struct ask a = {.method = "GET", .path = "/own", .headers = {"Cookie: session=ana", NULL}};
    char address[40];
    for (int i = 0; i < 4; i++) {
        snprintf(address, sizeof address, "X-Real-IP: 10.0.0.%d", i);
        a.headers[1] = address;
        scoped_reply r = ask(&f, a);
        cr_assert_eq(r.status, i < 3 ? 204 : 429);
    }
    a.headers[0] = "Cookie: session=bo"; /* from the last address of the other */
    scoped_reply r = ask(&f, a);
    cr_assert_eq(r.status, 204);
}

Test(http_checks, what_is_for_one_account_is_in_no_shared_cache) {
    scoped_reply r = ask(&f, (struct ask){.method = "GET", .path = "/own-json",
                                          .headers = {"Cookie: session=ana"}});
    cr_assert_eq(r.status, 200);
    cr_assert_str_eq(head_value(&r, "Cache-Control"), "private, max-age=9");
}

Test(http_checks, guessing_at_sessions_is_limited_too) {
    long last = 0;
    for (int i = 0; i < 3000 && last != 429; i++) { /* ten more are allowed each second */
        scoped_reply r = ask(&f, GET_("/viewer"));
        last = r.status;
    }
    cr_assert_eq(last, 429);
}

Test(http_checks, a_body_over_the_limit_is_refused_before_it_is_read) {
    char big[3000];
    memset(big, 'x', sizeof big);
    big[sizeof big - 1] = 0;
    scoped_reply r = ask(&f, POST_("/people", big));
    cr_assert_eq(r.status, 413);
    cr_assert_str_eq(json_text(&r, "detail"), "What was sent is too large: at most 2000 bytes.");
    int fd = raw_connect(&f);
    raw_send(fd, "POST /people HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 "Expect: 100-continue\r\nContent-Length: 100000000\r\n\r\n");
    scoped(buf_done) struct buf b = BUF(64 << 10);
    raw_read(fd, &b, "}", 2000);
    cr_assert(str_starts(buf_str(&b), STR("HTTP/1.1 413")), STR_FMT, STR_ARG(buf_str(&b)));
    fd_close(&fd);
}

Test(http_checks, a_chunked_body_over_the_limit_is_refused) {
    int fd = raw_connect(&f);
    scoped(buf_done) struct buf m = BUF(64 << 10), b = BUF(64 << 10);
    buf_addc(&m, "POST /people HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 "Transfer-Encoding: chunked\r\n\r\nfa0\r\n");
    for (int i = 0; i < 4000; i++)
        buf_byte(&m, 'x');
    buf_addc(&m, "\r\n0\r\n\r\n");
    raw_send(fd, buf_cstr(&m));
    raw_read(fd, &b, "}", 2000);
    cr_assert(str_starts(buf_str(&b), STR("HTTP/1.1 413")), STR_FMT, STR_ARG(buf_str(&b)));
    fd_close(&fd);
}

Test(http_checks, the_front_alone_reaches_internal_routes) {
    scoped_reply out = ask(&f, GET_("/internal/x"));
    cr_assert_eq(out.status, 404);
    scoped_reply in = ask(&f, (struct ask){.method = "GET", .path = "/internal/x",
                                           .headers = {"X-Matinee-Internal: 1"}});
    cr_assert_eq(in.status, 204);
}

Test(http_checks, an_operators_message_never_leaves) {
    scoped_reply r = ask(&f, GET_("/broken"));
    cr_assert_eq(r.status, 500);
    cr_assert(str_find(buf_str(&r.body), STR("secret")) < 0);
    cr_assert_str_eq(json_text(&r, "code"), "io");
    scoped_reply s = ask(&f, GET_("/silent"));
    cr_assert_eq(s.status, 500);
}

Test(http_checks, a_handler_names_fields_itself) {
    scoped_reply r = ask(&f, (struct ask){.method = "POST", .path = "/taken"});
    cr_assert_eq(r.status, 409);
    cr_assert_str_eq(json_text(&r, "code"), "account.email_taken");
    cr_assert_str_eq(field_error(&r, "email"), "Has an account already.");
}
