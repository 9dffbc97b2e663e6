/*
 * front_conf.h - the configuration that nginx runs with, as a function of the settings and the
 * routes. Pure: nothing is read, written or looked up here.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/* "127.0.0.1:8080", "[::1]:8443": the same address and port that an inherited socket is bound to,
 * or nginx would open another. */
struct front_listen {
    struct str address;
    bool tls; /* with HTTP/2; needs tls_cert and tls_key */
};

/* What differs from the default below /api/, from the route tables: a body of at most body_max
 * bytes, and how often an address may ask for what is dear (a password's hash). */
struct front_limit {
    struct str path;  /* "/api/v1/imports"; up to the first parameter when it has any */
    bool exact;       /* the whole path, not everything that starts with it */
    int64_t body_max; /* bytes; 0: no limit here (the app has its own) */
    int per_minute;   /* requests of an address; 0: no limit here (the app has its own) */
};

struct front_conf {
    struct str module_path; /* ngx_http_matinee_module.so */
    struct str run_dir;     /* pid, temporary files, cache; must exist and be private */
    struct str web_dir;     /* web/viewer/dist */
    struct str console_dir; /* web/console/dist, which holds a folder "console"; empty: there is none */
    struct str blob_dir;
    struct str keys_path;    /* token keys (cat_keys_parse) */
    struct str app_socket;   /* Unix socket of the app */
    struct str revoked_path; /* ids of playbacks that are refused; empty: none */
    struct str delivery_log; /* a FIFO or a file; empty: none */
    struct str user, group;  /* workers', when the master is root; empty: the master's own */
    struct str trusted_proxies; /* parted by commas; empty: nobody is before us */
    struct str country_header;  /* which of them says the country; empty: none */
    struct str tls_cert, tls_key;
    struct str
        media_origins; /* other origins that media may come from, blank-separated; may be empty */
    const struct front_listen *listens;
    size_t n_listens;
    const struct front_limit *limits;
    size_t n_limits;
    int workers;      /* 0: one a core */
    int connections;  /* a worker's; 0: 4096 */
    int64_t body_max; /* bytes of a request's body where limits says nothing; 0: 64 KiB */
    int64_t hsts_s;   /* 0: no Strict-Transport-Security */
    bool offline_off; /* /sw.js is a worker that takes itself off and what it kept with it */
    bool log_client;  /* addresses of clients in the delivery log */
};

/* Adds the whole file to *out. ERR_INVALID: a path or address that can't be written safely (quotes,
 * '$', control characters), no listener, or TLS without a certificate. ERR_LIMIT: out's ceiling; 64
 * KiB is ample. */
int front_conf_make(const struct front_conf *c, struct buf *out, struct err *reterr);
