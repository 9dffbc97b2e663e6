#include "fixture.h"
#include "base/log.h"
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void fixture_start(struct fixture *f, const struct route *const *tables, struct http_options o) {
    struct err e = {0};
    log_init("test", getenv("TEST_LOG") ? LOG_DEBUG : LOG_ERROR);
    snprintf(f->dir, sizeof f->dir, "/tmp/matinee-http-XXXXXX");
    cr_assert(mkdtemp(f->dir));
    snprintf(f->socket, sizeof f->socket, "%s/s", f->dir);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", f->socket);
    o.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(bind(o.listen_fd, (struct sockaddr *)&a, sizeof a) == 0);
    cr_assert(listen(o.listen_fd, 4096) == 0);
    o.routes = tables;
    cr_assert(http_server_start(&o, &f->server, &e) == 0, "%s", e.msg);
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

void fixture_stop(struct fixture *f, int grace_ms) {
    http_server_stop(f->server, grace_ms);
    unlink(f->socket);
    rmdir(f->dir);
}

static size_t keep(char *p, size_t size, size_t n, void *arg) {
    buf_mem(arg, p, size * n);
    return size * n;
}

struct reply ask(const struct fixture *f, struct ask a) {
    struct reply r = {.body = BUF(64 << 20), .head = BUF(1 << 20)};
    struct curl_slist *headers = NULL;
    char url[2048], type[100];
    CURL *c = curl_easy_init();
    snprintf(url, sizeof url, "http://localhost%s", a.path);
    curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, f->socket);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, a.method);
    if (strcmp(a.method, "HEAD") == 0)
        curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &r.body);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, keep);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, &r.head);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, a.timeout_ms ? a.timeout_ms : 20000L);
    for (size_t i = 0; i < ARRAY_LEN(a.headers) && a.headers[i]; i++)
        headers = curl_slist_append(headers, a.headers[i]);
    if (a.body) {
        snprintf(type, sizeof type, "Content-Type: %s", a.type ? a.type : "application/json");
        headers = curl_slist_append(headers, type);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)strlen(a.body));
        curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS, a.body);
    } else if (a.read) {
        curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(c, CURLOPT_READFUNCTION, a.read);
        curl_easy_setopt(c, CURLOPT_READDATA, a.arg);
        if (a.length)
            curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)a.length);
        headers = curl_slist_append(headers, "Expect:");
    }
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    r.rc = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &r.status);
    r.json = json_loadb(r.body.n ? (char *)r.body.p : "", r.body.n, 0, NULL);
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
    return r;
}

void reply_done(struct reply *r) {
    buf_done(&r->body);
    buf_done(&r->head);
    json_decref(r->json);
}

const char *json_text(const struct reply *r, const char *key) {
    const char *s = json_string_value(json_object_get(r->json, key));
    cr_assert(s, "no text \"%s\" in: " STR_FMT, key, STR_ARG(buf_str(&r->body)));
    return s;
}

const char *head_value(const struct reply *r, const char *name) {
    static char value[512];
    struct str rest = buf_str(&r->head);
    while (rest.p) {
        struct str line, key;
        rest = str_cut(rest, '\n', &line);
        struct str v = str_cut(line, ':', &key);
        if (v.p && str_eq_nocase(key, str_of(name))) {
            snprintf(value, sizeof value, STR_FMT, STR_ARG(str_trim(v)));
            return value;
        }
    }
    return NULL;
}

const char *field_error(const struct reply *r, const char *field) {
    size_t i;
    json_t *e;
    json_array_foreach(json_object_get(r->json, "errors"), i, e)
        if (strcmp(json_string_value(json_object_get(e, "field")), field) == 0)
            return json_string_value(json_object_get(e, "detail"));
    return NULL;
}

int raw_connect(const struct fixture *f) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", f->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
    return fd;
}

void raw_send(int fd, const char *text) {
    size_t n = strlen(text);
    cr_assert(send(fd, text, n, MSG_NOSIGNAL) == (ssize_t)n);
}

void raw_read(int fd, struct buf *into, const char *until, int ms) {
    int64_t end = clock_mono_ns() + (int64_t)ms * 1000000;
    char chunk[4096];
    for (;;) {
        if (until && str_find(buf_str(into), str_of(until)) >= 0)
            return;
        int64_t left = (end - clock_mono_ns()) / 1000000;
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            return;
        ssize_t n = recv(fd, chunk, sizeof chunk, 0);
        if (n <= 0)
            return;
        buf_mem(into, chunk, (size_t)n);
    }
}

void sleep_ms(int ms) { usleep((useconds_t)ms * 1000); }

long resident_kib(void) {
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%*s %ld", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}
