/* test_front_conf.c - the generated nginx configuration: what it must hold, and what it must
 * refuse. That nginx takes it is test/flow/edge's business. */
#include "app/front_conf.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct front_listen plain = {{"127.0.0.1:8080", 14}, false};
static const struct front_listen both[] = {{{"127.0.0.1:8080", 14}, false},
                                           {{"[::1]:8443", 10}, true}};

static struct front_conf conf_make(void) {
    return (struct front_conf){
        .module_path = STR("/lib/m.so"),
        .run_dir = STR("/data/run"),
        .web_dir = STR("/web"),
        .blob_dir = STR("/data/media"),
        .keys_path = STR("/data/token.keys"),
        .app_socket = STR("/data/run/app.sock"),
        .listens = &plain,
        .n_listens = 1,
    };
}

static char text[64 << 10];

static const char *make(const struct front_conf *c) {
    scoped(buf_done) struct buf b = BUF(sizeof text - 1);
    struct err e = {0};
    cr_assert_eq(front_conf_make(c, &b, &e), 0, "%s", e.msg);
    memcpy(text, b.p, b.n);
    text[b.n] = 0;
    return text;
}

#define HAS(t, what) cr_assert_not_null(strstr(t, what), "no \"%s\"", what)
#define HAS_NOT(t, what) cr_assert_null(strstr(t, what), "there is a \"%s\"", what)

Test(front_conf, a_plain_one) {
    struct front_conf c = conf_make();
    const char *t = make(&c);
    HAS(t, "listen 127.0.0.1:8080 backlog=65535;");
    HAS(t, "load_module \"/lib/m.so\";");
    HAS(t, "matinee_root \"/data/media\";");
    HAS(t, "server \"unix:/data/run/app.sock\"");
    HAS(t, "alias \"/data/media/art/\";");
    HAS(t, "worker_processes auto;");
    HAS(t, "daemon off;");
    HAS(t, "access_log off;");
    HAS_NOT(t, "ssl");
    HAS_NOT(t, "matinee_log ");
    HAS_NOT(t, "Strict-Transport-Security");
    HAS_NOT(t, "\nuser ");
}

Test(front_conf, nobody_outside_is_taken_for_the_front) {
    struct front_conf c = conf_make();
    const char *t = make(&c), *inside = strstr(t, "location ^~ /internal/manifest/");
    HAS(t, "    proxy_set_header X-Matinee-Internal \"\";");
    cr_assert_not_null(inside);
    cr_assert_eq(strncmp(strchr(inside, '{') + 2, "            internal;", 21), 0);
}

Test(front_conf, scripts_are_never_inline) {
    struct front_conf c = conf_make();
    const char *t = make(&c);
    HAS(t, "script-src 'self';");
    HAS(t, "connect-src 'self';");
    HAS_NOT(t, "unsafe-eval");
    c.media_origins = STR("https://cdn.example.com");
    HAS(make(&c), "connect-src 'self' https://cdn.example.com;");
}

Test(front_conf, the_application_that_browsers_keep_can_be_taken_back) {
    struct front_conf c = conf_make();
    HAS(strstr(make(&c), "location = /sw.js {"), "try_files $uri =404;");
    c.offline_off = true;
    HAS(strstr(make(&c), "location = /sw.js {"), "try_files /sw-off.js =404;");
}

Test(front_conf, the_console_is_served_where_there_is_one) {
    struct front_conf c = conf_make();
    HAS_NOT(make(&c), "/console");
    c.console_dir = STR("/console-dist");
    const char *t = make(&c), *pages = strstr(t, "location ^~ /console/ {");
    HAS(strstr(t, "location ^~ /console/assets/ {"), "immutable");
    cr_assert_not_null(pages);
    HAS(pages, "root \"/console-dist\";");
    HAS(pages, "try_files $uri /console/index.html =404;");
    HAS(pages, "script-src 'self';");
    HAS(strstr(t, "location = /console {"), "try_files /console/index.html =404;");
    HAS(strstr(t, "location = /docs {"), "try_files /console/docs.html =404;");
    HAS(strstr(t, "location = /docs {"), "script-src 'self';");
    c.console_dir = STR("/a$b");
    struct err e = {0};
    scoped(buf_done) struct buf b = BUF(64 << 10);
    cr_assert_eq(front_conf_make(&c, &b, &e), ERR_INVALID);
}

Test(front_conf, tls_needs_its_files) {
    struct front_conf c = conf_make();
    struct err e = {0};
    scoped(buf_done) struct buf b = BUF(64 << 10);
    c.listens = both;
    c.n_listens = 2;
    cr_assert_eq(front_conf_make(&c, &b, &e), ERR_INVALID);
    c.tls_cert = STR("/data/tls/cert.pem");
    c.tls_key = STR("/data/tls/key.pem");
    c.hsts_s = 3600;
    const char *t = make(&c);
    HAS(t, "listen [::1]:8443 backlog=65535 ssl http2;");
    HAS(t, "listen 127.0.0.1:8080 backlog=65535;");
    HAS(t, "ssl_certificate_key \"/data/tls/key.pem\";");
    HAS(t, "ssl_protocols TLSv1.2 TLSv1.3;");
    HAS(t, "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:"); /* forward secrecy and AEAD only: test/flow/tls.spec.ts shakes hands */
    HAS(t, "server_tokens off;");
    HAS(t, "Strict-Transport-Security \"max-age=3600\"");
}

Test(front_conf, limits_come_from_the_caller) {
    struct front_conf c = conf_make();
    const struct front_limit limits[] = {{STR("/api/v1/imports"), true, 0},
                                         {STR("/api/v1/art/"), false, 1000}};
    c.limits = limits;
    c.n_limits = 2;
    const char *t = make(&c), *imports = strstr(t, "location = \"/api/v1/imports\" {");
    cr_assert_not_null(imports);
    HAS(imports, "client_max_body_size 0;");
    HAS(strstr(t, "location ^~ \"/api/v1/art/\" {"), "client_max_body_size 1000;");
    HAS(strstr(t, "location ^~ /api/ {"), "client_max_body_size 65536;");
    /* Else nginx would redirect it to the one with the slash. */
    HAS(strstr(t, "location = \"/api/v1/art\" {"), "proxy_pass http://matinee_app;");
}

Test(front_conf, routes_of_one_path_share_a_location) {
    struct front_conf c = conf_make();
    struct front_limit limits[] = {{STR("/api/v1/x"), true, 100000},
                                   {STR("/api/v1/x"), false, 5},
                                   {STR("/api/v1/x"), true, 200000}};
    c.limits = limits;
    c.n_limits = 3;
    const char *t = make(&c), *first = strstr(t, "location = \"/api/v1/x\" {");
    cr_assert_not_null(first);
    cr_assert_null(strstr(first + 1, "location = \"/api/v1/x\" {"));
    HAS(first, "client_max_body_size 200000;");
    HAS(t, "location ^~ \"/api/v1/x\" {");
    limits[2].body_max = 0;
    HAS(strstr(make(&c), "location = \"/api/v1/x\" {"), "client_max_body_size 0;");
}

Test(front_conf, nothing_can_break_out_of_its_quotes) {
    static const char *const bad[] = {"/a\"b", "/a$b", "/a;b", "/a{b", "/a\nb", "/a\\b", "/a'b"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        scoped(buf_done) struct buf b = BUF(64 << 10);
        struct front_conf c = conf_make();
        struct err e = {0};
        c.blob_dir = str_of(bad[i]);
        cr_assert_eq(front_conf_make(&c, &b, &e), ERR_INVALID, "%s", bad[i]);
        cr_assert_eq(b.n, 0u);
    }
}

Test(front_conf, only_a_proxy_that_is_trusted_says_who_and_where_the_client_is) {
    struct front_conf c = conf_make();
    HAS_NOT(make(&c), "set_real_ip_from");
    HAS(make(&c), "proxy_set_header X-Matinee-Country $matinee_country;"); /* what a client sends is not passed on */
    c.trusted_proxies = STR("10.0.0.0/8, 2001:db8::/32,192.0.2.7");
    c.country_header = STR("CF-IPCountry");
    const char *t = make(&c);
    HAS(t, "        10.0.0.0/8 1;\n        2001:db8::/32 1;\n        192.0.2.7 1;\n");
    HAS(t, "    set_real_ip_from 10.0.0.0/8;\n    set_real_ip_from 2001:db8::/32;\n    set_real_ip_from 192.0.2.7;\n");
    HAS(t, "        1 $http_cf_ipcountry;\n");
}

Test(front_conf, proxies_and_headers_that_are_none_are_refused) {
    static const char *const bad[] = {"10.0.0.0/33", "10.0.0.0/", "cdn.example.org", "all", "::/129", ",", "1.2.3.4;x"};
    for (size_t i = 0; i < ARRAY_LEN(bad) + 2; i++) {
        scoped(buf_done) struct buf b = BUF(64 << 10);
        struct front_conf c = conf_make();
        struct err e = {0};
        if (i < ARRAY_LEN(bad))
            c.trusted_proxies = str_of(bad[i]);
        else
            c.country_header = i == ARRAY_LEN(bad) ? STR("a b") : STR("CF-IPCountry"); /* ... of nobody */
        cr_assert_eq(front_conf_make(&c, &b, &e), ERR_INVALID, "%zu", i);
        cr_assert(e.hint[0]);
    }
}

Test(front_conf, what_is_missing_is_named) {
    scoped(buf_done) struct buf b = BUF(64 << 10), small = BUF(100);
    struct front_conf c = conf_make();
    struct err e = {0};
    c.n_listens = 0;
    cr_assert_eq(front_conf_make(&c, &b, &e), ERR_INVALID);
    c = conf_make();
    c.keys_path = STR_NULL;
    cr_assert_eq(front_conf_make(&c, &b, &e), ERR_INVALID);
    HAS(e.msg, "keys_path");
    c = conf_make();
    cr_assert_eq(front_conf_make(&c, &small, &e), ERR_LIMIT);
}

/* The whole of it, so that a change is reviewed as a diff; test/flow/edge runs nginx with this very
 * file. MATINEE_GOLDEN_UPDATE=1 writes it anew. */
Test(front_conf, golden) {
    static const char path[] = SOURCE_DIR "/test/golden/front/nginx.conf";
    static char want[64 << 10];
    const struct front_limit limits[] = {{STR("/api/v1/imports"), true, 0, 0},
                                         {STR("/api/v1/session"), true, 65536, 240}};
    struct front_conf c = conf_make();
    c.listens = both;
    c.n_listens = 2;
    c.limits = limits;
    c.n_limits = ARRAY_LEN(limits);
    c.tls_cert = STR("/data/tls/cert.pem");
    c.tls_key = STR("/data/tls/key.pem");
    c.delivery_log = STR("/data/run/log/delivery.log");
    c.revoked_path = STR("/data/run/revoked");
    c.user = STR("www-data");
    c.group = STR("root");
    c.workers = 2;
    const char *got = make(&c);
    if (getenv("MATINEE_GOLDEN_UPDATE")) {
        FILE *f = fopen(path, "w");
        cr_assert_not_null(f);
        fputs(got, f);
        fclose(f);
    }
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f, "no %s", path);
    want[fread(want, 1, sizeof want - 1, f)] = 0;
    fclose(f);
    cr_assert_str_eq(got, want, "differs from test/golden/front/nginx.conf");
}
