/*
 * front_conf.c - nginx's configuration. Two rules of nginx shape it: a location with an add_header
 * of its own inherits none, so that every location writes all it needs; and variables are expanded
 * in most directives, so that no '$' gets in from outside.
 */
#include "app/front_conf.h"
#include <arpa/inet.h>
#include <inttypes.h>

static int text_check(const char *what, struct str s, bool needed, struct err *reterr) {
    if (needed && s.n == 0)
        return err_set(reterr, ERR_INVALID, "front: %s is not set", what);
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] < ' ' || s.p[i] == 0x7F || s.p[i] == '"' || s.p[i] == '\\' ||
            s.p[i] == '$' || s.p[i] == '\'' || s.p[i] == ';' || s.p[i] == '{' || s.p[i] == '}')
            return err_set(reterr, ERR_INVALID,
                           "front: %s \"" STR_FMT
                           "\" holds a character that nginx's configuration cannot; "
                           "choose a path without quotes, backslash, $, ; or braces",
                           what, STR_ARG(s));
    return 0;
}

/* "10.0.0.0/8", "192.0.2.7", "2001:db8::/32": what nginx' set_real_ip_from and geo both take. */
static bool network_is(struct str s) {
    char text[INET6_ADDRSTRLEN + 1];
    uint8_t bytes[16];
    struct str address;
    struct str bits = str_cut(s, '/', &address);
    if (!address.n || address.n >= sizeof text)
        return false;
    memcpy(text, address.p, address.n);
    text[address.n] = 0;
    int most = inet_pton(AF_INET, text, bytes) == 1 ? 32 : inet_pton(AF_INET6, text, bytes) == 1 ? 128 : 0;
    int64_t n = most;
    return most && (!bits.p || (str_to_i64(bits, &n) && n >= 0 && n <= most));
}

static bool header_name_is(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
              (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-'))
            return false;
    return s.n <= 60;
}

static int proxies_check(const struct front_conf *c, struct err *reterr) {
    struct str rest = c->trusted_proxies, one;
    while (rest.n) {
        rest = str_cut(rest, ',', &one);
        if (!network_is(str_trim(one)))
            return err_refuse(reterr, ERR_INVALID, "front.trusted_proxies",
                              "Write addresses and networks parted by commas: 10.0.0.0/8, 2001:db8::/32.",
                              "trusted-proxies: \"" STR_FMT "\" is no address and no network", STR_ARG(one));
    }
    if (!header_name_is(c->country_header))
        return err_refuse(reterr, ERR_INVALID, "front.country_header", "Write a header's name: CF-IPCountry.",
                          "country-header: \"" STR_FMT "\" is no header's name", STR_ARG(c->country_header));
    if (c->country_header.n && !c->trusted_proxies.n)
        return err_refuse(reterr, ERR_INVALID, "front.country_header",
                          "Say with trusted-proxies from which addresses it is to be believed.",
                          "country-header without trusted-proxies: anybody could say where they are");
    return 0;
}

static int conf_check(const struct front_conf *c, struct err *reterr) {
    const struct {
        const char *what;
        struct str text;
        bool needed;
    } texts[] = {
        {"module_path", c->module_path, true},
        {"run_dir", c->run_dir, true},
        {"web_dir", c->web_dir, true},
        {"console_dir", c->console_dir, false},
        {"blob_dir", c->blob_dir, true},
        {"keys_path", c->keys_path, true},
        {"app_socket", c->app_socket, true},
        {"revoked_path", c->revoked_path, false},
        {"delivery_log", c->delivery_log, false},
        {"user", c->user, false},
        {"group", c->group, false},
        {"tls_cert", c->tls_cert, false},
        {"tls_key", c->tls_key, false},
        {"media_origins", c->media_origins, false},
    };
    int rc;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if ((rc = text_check(texts[i].what, texts[i].text, texts[i].needed, reterr)) < 0)
            return rc;
    if (c->n_listens == 0)
        return err_set(reterr, ERR_INVALID, "front: no address to listen on");
    for (size_t i = 0; i < c->n_listens; i++) {
        if ((rc = text_check("listen", c->listens[i].address, true, reterr)) < 0)
            return rc;
        if (c->listens[i].tls && (c->tls_cert.n == 0 || c->tls_key.n == 0))
            return err_set(reterr, ERR_INVALID,
                           "front: " STR_FMT " wants TLS, but there is no certificate and key",
                           STR_ARG(c->listens[i].address));
    }
    for (size_t i = 0; i < c->n_limits; i++)
        if ((rc = text_check("limit", c->limits[i].path, true, reterr)) < 0)
            return rc;
    return proxies_check(c, reterr);
}

static void process_add(struct buf *b, const struct front_conf *c) {
    if (c->user.n)
        buf_addf(b, "user " STR_FMT "%s" STR_FMT ";\n", STR_ARG(c->user), c->group.n ? " " : "",
                 STR_ARG(c->group));
    buf_addf(b, "load_module \"" STR_FMT "\";\n", STR_ARG(c->module_path));
    buf_addf(b, "pid \"" STR_FMT "/nginx.pid\";\n", STR_ARG(c->run_dir));
    buf_addf(b, "lock_file \"" STR_FMT "/nginx.lock\";\n", STR_ARG(c->run_dir));
    if (c->workers > 0)
        buf_addf(b, "worker_processes %d;\n", c->workers);
    else
        buf_addc(b, "worker_processes auto;\n");
    int connections = c->connections > 0 ? c->connections : 4096;
    buf_addf(
        b,
        /* Two for each request that is passed on, the caches of open files and indexes beside them.
         */
        "worker_rlimit_nofile %d;\n"
        /* A reload cuts nothing; but streams of events never end, and old workers would stay. */
        "worker_shutdown_timeout 12h;\n"
        "daemon off;\n"
        "error_log stderr warn;\n"
        "pcre_jit on;\n"
        "events {\n"
        "    worker_connections %d;\n"
        "}\n",
        2 * connections + 5120, connections);
}

static void types_add(struct buf *b) {
    buf_addc(b,
             "    types {\n"
             "        text/html html;\n        text/css css;\n        text/javascript js mjs;\n"
             "        application/json json map;\n        application/manifest+json webmanifest;\n"
             "        image/svg+xml svg;\n        image/png png;\n        image/jpeg jpg jpeg;\n"
             "        image/webp webp;\n        image/avif avif;\n        image/x-icon ico;\n"
             "        font/woff2 woff2;\n        application/wasm wasm;\n        text/plain txt;\n"
             "        text/vtt vtt;\n    }\n"
             "    default_type application/octet-stream;\n");
}

static void temp_paths_add(struct buf *b, const struct front_conf *c) {
    static const char *const kinds[] = {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        buf_addf(b, "    %s_temp_path \"" STR_FMT "/%s\";\n", kinds[i], STR_ARG(c->run_dir),
                 kinds[i]);
}

static void transport_add(struct buf *b) {
    buf_addc(b, "    access_log off;\n" /* the delivery log and the app's take its place: no URL in
                                           a third */
                "    log_not_found off;\n"
                "    server_tokens off;\n"
                "    sendfile on;\n"
                "    sendfile_max_chunk 2m;\n"
                "    tcp_nopush on;\n"
                "    tcp_nodelay on;\n"
                "    open_file_cache max=4096 inactive=60s;\n"
                "    open_file_cache_valid 10s;\n"
                "    open_file_cache_errors off;\n"
                "    keepalive_timeout 75s;\n"
                "    keepalive_requests 100000;\n"
                "    client_header_timeout 20s;\n"
                "    client_body_timeout 60s;\n"
                "    send_timeout 60s;\n"
                "    reset_timedout_connection on;\n"
                "    large_client_header_buffers 4 8k;\n"
                "    gzip_vary on;\n"
                "    gzip_min_length 1024;\n");
}

static void delivery_add(struct buf *b, const struct front_conf *c) {
    buf_addf(b, "    matinee_keys \"" STR_FMT "\";\n", STR_ARG(c->keys_path));
    buf_addf(b, "    matinee_root \"" STR_FMT "\";\n", STR_ARG(c->blob_dir));
    if (c->revoked_path.n)
        buf_addf(b, "    matinee_revoked \"" STR_FMT "\";\n", STR_ARG(c->revoked_path));
    if (c->delivery_log.n)
        buf_addf(b, "    matinee_log \"" STR_FMT "\";\n", STR_ARG(c->delivery_log));
    if (c->log_client)
        buf_addc(b, "    matinee_log_client on;\n");
    buf_addf(b,
             "    proxy_cache_path \"" STR_FMT
             "/manifests\" levels=1:2 keys_zone=manifests:8m max_size=256m\n"
             "        inactive=60m use_temp_path=off;\n",
             STR_ARG(c->run_dir));
    /* A manifest is a pure function of asset and view, but its writer may be mended: minutes, not
     * years. */
    buf_addc(b, "    map $status $matinee_manifest_cache {\n"
                "        200 \"public, max-age=600\";\n"
                "        206 \"public, max-age=600\";\n"
                "        304 \"public, max-age=600\";\n"
                "        default \"no-store\";\n"
                "    }\n");
}

/* Who is before us may say who the client is; what anybody else says in these headers is not heard. */
static void proxies_add(struct buf *b, const struct front_conf *c) {
    struct str rest = c->trusted_proxies, one;
    buf_addc(b, "    geo $realip_remote_addr $matinee_proxied {\n        default 0;\n");
    while (rest.n) {
        rest = str_cut(rest, ',', &one);
        buf_addf(b, "        " STR_FMT " 1;\n", STR_ARG(str_trim(one)));
    }
    buf_addc(b, "    }\n");
    for (rest = c->trusted_proxies; rest.n;) {
        rest = str_cut(rest, ',', &one);
        buf_addf(b, "    set_real_ip_from " STR_FMT ";\n", STR_ARG(str_trim(one)));
    }
    if (c->trusted_proxies.n)
        buf_addc(b, "    real_ip_header X-Forwarded-For;\n    real_ip_recursive on;\n");
    buf_addc(b, "    map $matinee_proxied $matinee_country {\n        default \"\";\n");
    if (c->country_header.n) {
        buf_addc(b, "        1 $http_");
        for (size_t i = 0; i < c->country_header.n; i++) {
            char at = c->country_header.p[i];
            buf_addf(b, "%c", at == '-' ? '_' : at >= 'A' && at <= 'Z' ? at - 'A' + 'a' : at);
        }
        buf_addc(b, ";\n");
    }
    buf_addc(b, "    }\n");
}

/* By address, this machine's own left out: behind another proxy everybody would share one. The app
 * counts by account and network too; what is here keeps a flood from ever reaching it. */
static void limits_add(struct buf *b, const struct front_conf *c) {
    buf_addc(b, "    geo $matinee_counted {\n"
                "        default 1;\n"
                "        127.0.0.0/8 0;\n"
                "        ::1 0;\n"
                "    }\n"
                "    map $matinee_counted $matinee_address {\n"
                "        1 $binary_remote_addr;\n"
                "        default \"\";\n"
                "    }\n"
                /* nginx cannot tell the methods of a route apart in a location; what reads is cheap. */
                "    map $request_method $matinee_writer {\n"
                "        GET \"\";\n"
                "        HEAD \"\";\n"
                "        default $matinee_address;\n"
                "    }\n"
                "    limit_conn_zone $matinee_address zone=media_connections:8m;\n"
                "    limit_req_zone $matinee_address zone=media_requests:8m rate=300r/s;\n"
                "    limit_conn_status 429;\n"
                "    limit_req_status 429;\n"
                "    limit_conn_log_level info;\n"
                "    limit_req_log_level info;\n");
    for (size_t i = 0; i < c->n_limits; i++)
        if (c->limits[i].per_minute)
            buf_addf(b, "    limit_req_zone $matinee_writer zone=route%zu:2m rate=%dr/m;\n", i,
                     c->limits[i].per_minute);
}

static void upstream_add(struct buf *b, const struct front_conf *c) {
    buf_addf(b,
             "    upstream matinee_app {\n"
             "        server \"unix:" STR_FMT "\" fail_timeout=0;\n"
             "        keepalive 64;\n"
             "        keepalive_requests 1000000;\n"
             "    }\n",
             STR_ARG(c->app_socket));
    buf_addc(
        b, "    proxy_http_version 1.1;\n"
           "    proxy_connect_timeout 5s;\n"
           "    proxy_read_timeout 75s;\n" /* streams send a heartbeat sooner */
           "    proxy_send_timeout 75s;\n"
           "    proxy_buffer_size 16k;\n"
           "    proxy_buffers 8 16k;\n"
           "    proxy_max_temp_file_size 0;\n"
           "    proxy_request_buffering off;\n" /* uploads stream through, with the app's
                                                   back-pressure */
           "    proxy_set_header Host $http_host;\n"
           "    proxy_set_header Connection \"\";\n"
           "    proxy_set_header X-Real-IP $remote_addr;\n"
           "    proxy_set_header X-Forwarded-For $remote_addr;\n"
           "    proxy_set_header X-Forwarded-Proto $scheme;\n"
           "    proxy_set_header X-Matinee-Country $matinee_country;\n"
           "    proxy_set_header X-Request-Id $request_id;\n"
           "    proxy_set_header X-Matinee-Internal \"\";\n" /* only the front itself may say it */
           "    proxy_set_header Forwarded \"\";\n"
           "    proxy_set_header Accept-Encoding \"\";\n");
}

static void common_headers_add(struct buf *b, const struct front_conf *c) {
    buf_addc(b, "            add_header X-Content-Type-Options nosniff always;\n"
                "            add_header Referrer-Policy same-origin always;\n");
    if (c->hsts_s > 0)
        buf_addf(
            b, "            add_header Strict-Transport-Security \"max-age=%" PRId64 "\" always;\n",
            c->hsts_s);
}

static void page_headers_add(struct buf *b, const struct front_conf *c) {
    struct str more = c->media_origins;
    common_headers_add(b, c);
    /* Styles may be inline: players position subtitles that way. Scripts may not, nor be evaluated.
     */
    buf_addf(
        b,
        "            add_header Content-Security-Policy \"default-src 'self'; script-src 'self'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:"
        "%s" STR_FMT "; font-src 'self' data:; "
        "media-src 'self' blob:%s" STR_FMT "; worker-src 'self' blob:; connect-src 'self'%s" STR_FMT
        "; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'\" "
        "always;\n",
        more.n ? " " : "", STR_ARG(more), more.n ? " " : "", STR_ARG(more), more.n ? " " : "",
        STR_ARG(more));
    buf_addc(b, "            add_header Permissions-Policy \"camera=(), microphone=(), "
                "geolocation=(), payment=(), "
                "usb=(), autoplay=(self), encrypted-media=(self), fullscreen=(self), "
                "picture-in-picture=(self), "
                "screen-wake-lock=(self)\" always;\n"
                "            add_header Cross-Origin-Opener-Policy same-origin always;\n");
}

/* What nginx itself has to say below /api/ looks like what the app says (RFC 9457). */
static void problem_add(struct buf *b, const char *name, int status, const char *title,
                        const char *code, const char *detail, const char *headers) {
    buf_addf(b,
             "        location @%s {\n"
             "            default_type application/problem+json;\n"
             "            add_header Cache-Control no-store always;\n"
             "            add_header X-Content-Type-Options nosniff always;\n"
             "            add_header Content-Disposition 'attachment; filename=\"api.json\"' always;\n%s"
             "            return %d "
             "'{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\","
             "\"detail\":\"%s\"}';\n"
             "        }\n",
             name, headers, status, title, status, code, detail);
}

static void problems_add(struct buf *b) {
    problem_add(b, "app_down", 503, "Service Unavailable", "unavailable",
                "The service is starting or overloaded. Try again in a moment.",
                "            add_header Retry-After 2 always;\n");
    problem_add(b, "media_down", 503, "Service Unavailable", "unavailable",
                "The manifest cannot be had at the moment. Try again.",
                "            add_header Retry-After 2 always;\n"
                "            add_header Access-Control-Allow-Origin * always;\n");
    problem_add(b, "media_busy", 429, "Too Many Requests", "limit",
                "Too many requests from this address. Try again in a moment.",
                "            add_header Retry-After 2 always;\n"
                "            add_header Access-Control-Allow-Origin * always;\n");
    problem_add(b, "busy", 429, "Too Many Requests", "limit",
                "Too many requests from this address. Try again in a minute.",
                "            add_header Retry-After 60 always;\n");
    problem_add(b, "too_large", 413, "Content Too Large", "too_large",
                "The body is larger than this address takes.", "");
}

static void media_locations_add(struct buf *b) {
    buf_addc(
        b,
        "        location ^~ /m/ {\n"
        "            matinee_delivery /internal/manifest;\n"
        /* A household, or an office behind one address; a player asks twice a second. */
        "            limit_conn media_connections 512;\n"
        "            limit_req zone=media_requests burst=1200 nodelay;\n"
        "            error_page 429 @media_busy;\n"
        "            open_file_cache_valid 60s;\n" /* objects never change under their name */
        "        }\n"
        "        location ^~ /internal/manifest/ {\n"
        "            internal;\n"
        "            proxy_pass http://matinee_app;\n"
        "            proxy_pass_request_headers off;\n" /* the same for everyone, and no Referer */
        "            proxy_set_header Host matinee;\n"
        "            proxy_set_header Connection \"\";\n"
        "            proxy_set_header X-Request-Id $request_id;\n"
        "            proxy_set_header X-Matinee-Internal 1;\n"
        "            proxy_cache manifests;\n"
        "            proxy_cache_key $uri;\n"
        "            proxy_cache_valid 200 10m;\n"
        "            proxy_cache_use_stale error timeout updating http_500 http_502 http_503;\n"
        "            proxy_cache_background_update on;\n"
        "            proxy_ignore_headers Cache-Control Expires Set-Cookie Vary X-Accel-Expires;\n"
        "            proxy_hide_header Cache-Control;\n"
        "            proxy_hide_header Set-Cookie;\n"
        "            proxy_hide_header Access-Control-Allow-Origin;\n"
        "            proxy_hide_header X-Content-Type-Options;\n"
        "            gzip on;\n"
        "            gzip_types application/vnd.apple.mpegurl application/dash+xml;\n"
        "            add_header Cache-Control $matinee_manifest_cache always;\n"
        "            add_header Access-Control-Allow-Origin * always;\n"
        "            add_header Access-Control-Expose-Headers \"Content-Length, Date, ETag\" "
        "always;\n"
        "            add_header Timing-Allow-Origin * always;\n"
        "            add_header X-Content-Type-Options nosniff always;\n"
        "            error_page 502 504 =503 @media_down;\n"
        "        }\n");
}

static bool limit_same(const struct front_limit *a, const struct front_limit *b) {
    return a->exact == b->exact && str_eq(a->path, b->path);
}

static bool limit_seen(const struct front_conf *c, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (limit_same(&c->limits[i], &c->limits[n]))
            return true;
    return false;
}

/* Routes that differ in method only share a location, and nginx can't tell methods apart: the app
 * will. */
static int64_t limit_widest(const struct front_conf *c, size_t n) {
    int64_t widest = c->limits[n].body_max;
    for (size_t i = n + 1; i < c->n_limits && widest > 0; i++)
        if (limit_same(&c->limits[i], &c->limits[n]))
            widest = c->limits[i].body_max > 0 ? MAX(widest, c->limits[i].body_max) : 0;
    return widest;
}

static void limit_location_add(struct buf *b, const struct front_conf *c, size_t n,
                               const char *errors) {
    const struct front_limit *l = &c->limits[n];
    buf_addf(b,
             "        location %s \"" STR_FMT "\" {\n"
             "            proxy_pass http://matinee_app;\n"
             "            client_max_body_size %" PRId64 ";\n%s",
             l->exact ? "=" : "^~", STR_ARG(l->path), limit_widest(c, n), errors);
    /* Of methods that share the path too, and each route that has a limit counts. */
    for (size_t i = n; i < c->n_limits; i++)
        if (limit_same(l, &c->limits[i]) && c->limits[i].per_minute)
            buf_addf(b, "            limit_req zone=route%zu burst=%d nodelay;\n", i,
                     c->limits[i].per_minute);
    buf_addc(b, "            error_page 429 @busy;\n        }\n");
}

/* nginx answers "/x" with a redirect to "/x/" where only the latter is a location that passes on: the
 * route without the slash gets one of its own. */
static void limit_stem_add(struct buf *b, const struct front_conf *c, size_t n, const char *errors) {
    struct front_limit stem = c->limits[n];
    if (stem.exact || !str_ends(stem.path, STR("/")))
        return;
    stem = (struct front_limit){str_slice(stem.path, 0, stem.path.n - 1), true};
    for (size_t i = 0; i < c->n_limits; i++)
        if (limit_same(&c->limits[i], &stem))
            return;
    buf_addf(b,
             "        location = \"" STR_FMT "\" {\n"
             "            proxy_pass http://matinee_app;\n"
             "            client_max_body_size %" PRId64 ";\n%s"
             "        }\n",
             STR_ARG(stem.path), c->body_max > 0 ? c->body_max : (int64_t)(64 << 10), errors);
}

static void api_locations_add(struct buf *b, const struct front_conf *c) {
    const char *errors = "            error_page 502 504 =503 @app_down;\n"
                         "            error_page 413 @too_large;\n";
    buf_addf(b,
             "        location ^~ /api/ {\n"
             "            proxy_pass http://matinee_app;\n"
             "            client_max_body_size %" PRId64 ";\n%s"
             "        }\n",
             c->body_max > 0 ? c->body_max : (int64_t)(64 << 10), errors);
    for (size_t i = 0; i < c->n_limits; i++)
        if (!limit_seen(c, i)) {
            limit_location_add(b, c, i, errors);
            limit_stem_add(b, c, i, errors);
        }
    buf_addf(b, "        location = /healthz {\n"
                "            proxy_pass http://matinee_app;\n"
                "            error_page 502 504 =503 @app_down;\n"
                "        }\n"
                "        location = /metrics {\n"
                /* Behind another proxy everybody comes from here: what it passes on is not from here. */
                "            set $passed_on \"$http_x_forwarded_for$http_forwarded$http_via"
                "$http_x_real_ip\";\n"
                "            if ($passed_on) {\n"
                "                return 404;\n"
                "            }\n"
                "            if ($host !~ \"^(localhost|127[.][0-9.]+|\\[::1\\])$\") {\n"
                "                return 404;\n"
                "            }\n"
                "            allow 127.0.0.1;\n"
                "            allow ::1;\n"
                "            deny all;\n"
                "            proxy_pass http://matinee_app;\n"
                "            proxy_pass_request_headers off;\n"
                "            proxy_set_header Host matinee;\n"
                "            proxy_set_header Connection \"\";\n"
                "            proxy_set_header X-Matinee-Internal 1;\n"
                "            error_page 502 504 =503 @app_down;\n"
                "        }\n");
}

#define STATIC_GZIP                                                                                \
    "            gzip on;\n"                                                                       \
    "            gzip_static on;\n"                                                                \
    "            gzip_types text/css text/javascript application/json application/manifest+json "  \
    "image/svg+xml text/plain;\n"

static void static_locations_add(struct buf *b, const struct front_conf *c) {
    const char *gzip = STATIC_GZIP;
    /* Names with a hash in them, made once. */
    buf_addf(b, "        location ^~ /art/ {\n            alias \"" STR_FMT "/art/\";\n",
             STR_ARG(c->blob_dir));
    buf_addc(b, "            add_header Cache-Control \"public, max-age=31536000, immutable\";\n");
    common_headers_add(b, c);
    buf_addc(b, "        }\n        location ^~ /assets/ {\n            try_files $uri =404;\n"
                "            add_header Cache-Control \"public, max-age=31536000, immutable\";\n");
    common_headers_add(b, c);
    buf_addf(b,
             "%s        }\n        location = /index.html {\n            add_header Cache-Control "
             "no-cache;\n",
             gzip);
    page_headers_add(b, c);
    buf_addf(b,
             "%s        }\n        location = /sw.js {\n            try_files %s =404;\n"
             "            add_header Cache-Control no-cache;\n",
             gzip, c->offline_off ? "/sw-off.js" : "$uri");
    page_headers_add(b, c);
    /* Any other address is the app's to route. */
    buf_addf(b,
             "%s        }\n        location / {\n            try_files $uri /index.html;\n"
             "            add_header Cache-Control \"public, max-age=3600\";\n",
             gzip);
    page_headers_add(b, c);
    buf_addf(b, "%s        }\n", gzip);
}

/* The folder's own name is "console", so that addresses are paths below console_dir as they stand. */
static void console_locations_add(struct buf *b, const struct front_conf *c) {
    /* The API's reference lies beside the console, and is for everybody. */
    static const struct {
        const char *place, *own, *page;
    } places[] = {{"= /console", "", "index"}, {"^~ /console/", "$uri ", "index"}, {"= /docs", "", "docs"}};
    if (!c->console_dir.n)
        return;
    buf_addf(b,
             "        location ^~ /console/assets/ {\n            root \"" STR_FMT "\";\n"
             "            try_files $uri =404;\n"
             "            add_header Cache-Control \"public, max-age=31536000, immutable\";\n",
             STR_ARG(c->console_dir));
    common_headers_add(b, c);
    buf_addf(b, "%s        }\n", STATIC_GZIP);
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        buf_addf(b,
                 "        location %s {\n            root \"" STR_FMT "\";\n"
                 "            try_files %s/console/%s.html =404;\n"
                 "            add_header Cache-Control no-cache;\n",
                 places[i].place, STR_ARG(c->console_dir), places[i].own, places[i].page);
        page_headers_add(b, c);
        buf_addf(b, "%s        }\n", STATIC_GZIP);
    }
}

static void server_add(struct buf *b, const struct front_conf *c) {
    bool tls = false;
    buf_addc(b, "    server {\n");
    for (size_t i = 0; i < c->n_listens; i++) {
        /* The kernel cuts the backlog down to what it allows. */
        buf_addf(b, "        listen " STR_FMT " backlog=65535%s;\n", STR_ARG(c->listens[i].address),
                 c->listens[i].tls ? " ssl http2" : "");
        tls |= c->listens[i].tls;
    }
    if (tls)
        buf_addf(b,
                 "        ssl_certificate \"" STR_FMT "\";\n"
                 "        ssl_certificate_key \"" STR_FMT "\";\n"
                 "        ssl_protocols TLSv1.2 TLSv1.3;\n"
                 /* Forward secrecy and authenticated encryption only (RFC 9325 section 4.2). All of them are good, so
                  * the client's order counts: a telephone without AES in hardware is quicker with ChaCha20. */
                 "        ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                 "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                 "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;\n"
                 "        ssl_prefer_server_ciphers off;\n"
                 "        ssl_session_cache shared:tls:4m;\n"
                 "        ssl_session_tickets off;\n",
                 STR_ARG(c->tls_cert), STR_ARG(c->tls_key));
    buf_addf(b,
             "        server_name _;\n"
             "        root \"" STR_FMT "\";\n"
             "        client_max_body_size 64k;\n",
             STR_ARG(c->web_dir));
    media_locations_add(b);
    api_locations_add(b, c);
    static_locations_add(b, c);
    console_locations_add(b, c);
    problems_add(b);
    buf_addc(b, "    }\n");
}

int front_conf_make(const struct front_conf *c, struct buf *out, struct err *reterr) {
    int rc = conf_check(c, reterr);
    if (rc < 0)
        return rc;
    buf_addc(out, "# Written by matinee at every start: changes here are lost.\n");
    process_add(out, c);
    buf_addc(out, "http {\n");
    types_add(out);
    temp_paths_add(out, c);
    transport_add(out);
    delivery_add(out, c);
    proxies_add(out, c);
    limits_add(out, c);
    upstream_add(out, c);
    server_add(out, c);
    buf_addc(out, "}\n");
    if (out->failed)
        return err_set(reterr, ERR_LIMIT, "front: the configuration is over %zu bytes", out->max);
    return 0;
}
