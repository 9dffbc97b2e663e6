/* module.h - what the files of the nginx module share. nginx's own conventions end at this folder's
 * door: here ngx_ types appear where nginx calls us or we call it, and ours everywhere else. */
#pragma once
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "engine/cat/cat.h"
#include "index_cache.h"
#include "path.h"
#include "revoked.h"
#include "token_table.h"

enum { MATINEE_KEYS_MAX = 8 };

struct matinee_main {
    ngx_str_t keys_path;
    struct cat_key keys[MATINEE_KEYS_MAX];
    int n_keys;
    ngx_str_t root; /* blob's directory; one for all locations */
    ngx_str_t revoked_path;
    ngx_str_t log_path;
    struct log_writer *log; /* opened by the master, started by a worker; NULL: no delivery log */
    ssize_t log_max;        /* bytes; 0: whatever its size */
    time_t log_age;         /* seconds; 0: whatever its age */
    ngx_int_t log_keep;     /* files that were put aside */
    ngx_flag_t log_client;
    unsigned delivers : 1; /* a location asked for it */
    ngx_int_t index_entries;
    ngx_msec_t index_valid;
};

struct matinee_loc {
    ngx_flag_t enable;
    ngx_str_t manifests; /* the internal location's prefix */
};

/* Of one request; kept in a pool cleanup, because an internal redirect forgets module contexts. */
struct matinee_ctx {
    struct media_path path;
    uint8_t cti[CAT_CTI_MAX];
    size_t cti_len;
    const char *reason; /* of a refusal; NULL: none */
    int64_t began_us, first_us;
    ngx_table_elt_t *cache_control;
    ngx_str_t args; /* the client's, before any redirect */
};

extern ngx_module_t ngx_http_matinee_module;

/* Of this worker. */
struct matinee_worker {
    struct cat_verifier *verifier;
    struct token_table *tokens;
    struct index_cache *indexes;
    struct revoked *revoked; /* NULL: no such file is set */
};
extern struct matinee_worker matinee_worker;

static inline struct str str_of_ngx(ngx_str_t s) {
    return str_make((const char *)s.data, s.len);
}
static inline ngx_str_t ngx_of_str(struct str s) {
    return (ngx_str_t){s.n, (u_char *)s.p};
}
int64_t matinee_now_us(void); /* monotonic */

/* ngx_http_matinee_module.c */
struct matinee_ctx *matinee_ctx_get(ngx_http_request_t *r); /* NULL: not a request of ours */
struct matinee_ctx *matinee_ctx_new(ngx_http_request_t *r);

/* request.c: the content handler of a location with `matinee_delivery on` */
ngx_int_t matinee_handle(ngx_http_request_t *r);

/* reply.c */
ngx_table_elt_t *matinee_header(ngx_http_request_t *r, const char *name, struct str value);
void matinee_headers_cors(ngx_http_request_t *r);
ngx_int_t matinee_refuse(ngx_http_request_t *r, ngx_uint_t status, const char *reason);
ngx_int_t matinee_preflight(ngx_http_request_t *r);
ngx_int_t matinee_send_extent(ngx_http_request_t *r, const struct index_found *f);

/* send.c: from now on this connection sends a header together with the file after it. */
void matinee_send_uncorked(ngx_connection_t *c);

/* delivery_log.c */
ngx_int_t matinee_log_open(struct matinee_main *m, ngx_cycle_t *cycle);
ngx_int_t matinee_log_request(ngx_http_request_t *r); /* NGX_HTTP_LOG_PHASE */
ngx_int_t matinee_log_start(struct matinee_main *m, ngx_cycle_t *cycle);
void matinee_log_stop(struct matinee_main *m);

/* redact.c */
void matinee_redact_start(ngx_cycle_t *cycle);
ngx_int_t matinee_redact_request(ngx_http_request_t *r); /* NGX_HTTP_POST_READ_PHASE */
