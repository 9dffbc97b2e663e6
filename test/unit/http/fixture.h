/* fixture.h - a real server on a real socket, its routes, and libcurl as the client. */
#pragma once
#include "base/buf.h"
#include "engine/http/http.h"
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

struct fixture {
    struct http_server *server;
    char dir[64], socket[96];
};

/* tables: NULL-terminated; the rest of o is taken as it is. Asserts that it starts. */
void fixture_start(struct fixture *f, const struct route *const *tables, struct http_options o);
void fixture_stop(struct fixture *f, int grace_ms);

struct reply {
    long status;
    struct buf body, head;
    json_t *json; /* NULL: not JSON */
    CURLcode rc;
};
struct ask {
    const char *method, *path, *body, *type;
    const char *headers[8];
    size_t (*read)(char *dst, size_t size, size_t n, void *arg); /* a streamed body */
    void *arg;
    int64_t length; /* of it; 0: chunked */
    long timeout_ms;
};
struct reply ask(const struct fixture *f, struct ask a);
void reply_done(struct reply *r);
#define scoped_reply scoped(reply_done) struct reply
#define GET_(p) ((struct ask){.method = "GET", .path = (p)})
#define POST_(p, json) ((struct ask){.method = "POST", .path = (p), .body = (json)})

const char *json_text(const struct reply *r, const char *key); /* asserts that it is there */
/* The header's value, trimmed, in a static buffer; NULL: not there. */
const char *head_value(const struct reply *r, const char *name);
/* The detail of one field in the problem's errors; NULL: none. */
const char *field_error(const struct reply *r, const char *field);

/* A connection of our own, for what libcurl would never send. */
int raw_connect(const struct fixture *f);
void raw_send(int fd, const char *text);
/* Reads until the peer closes, until `until` was seen, or for ms. */
void raw_read(int fd, struct buf *into, const char *until, int ms);
void sleep_ms(int ms);
/* Waits up to ms for the condition. */
#define EVENTUALLY(cond, ms)                                                                       \
    do {                                                                                           \
        int64_t until_ = clock_mono_ns() + (int64_t)(ms)*1000000;                                  \
        while (!(cond) && clock_mono_ns() < until_)                                                \
            sleep_ms(2);                                                                           \
        cr_assert(cond, "not within %d ms: " #cond, (int)(ms));                                    \
    } while (0)
long resident_kib(void);
