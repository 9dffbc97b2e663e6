/*
 * ngx_http_matinee_module.c - directives and lifecycle. What a request does is in request.c.
 * A worker must not outlive its master: a kill -9 of the master would otherwise leave workers that
 * serve with old keys and hold the port.
 */
#include "module.h"
#include <sys/prctl.h>

enum { REVOKED_EVERY_MS = 500 };

struct matinee_worker matinee_worker;

static ngx_http_output_header_filter_pt next_header_filter;

int64_t matinee_now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Marks our context among the pool's cleanups; there is nothing to clean. */
static void ctx_mark(void *data) {
    (void)data;
}

struct matinee_ctx *matinee_ctx_get(ngx_http_request_t *r) {
    struct matinee_ctx *ctx = ngx_http_get_module_ctx(r, ngx_http_matinee_module);
    if (ctx || !(r->internal || r->filter_finalize))
        return ctx;
    for (ngx_pool_cleanup_t *c = r->pool->cleanup; c; c = c->next)
        if (c->handler == ctx_mark) {
            ngx_http_set_ctx(r, c->data, ngx_http_matinee_module);
            return c->data;
        }
    return NULL;
}

struct matinee_ctx *matinee_ctx_new(ngx_http_request_t *r) {
    ngx_pool_cleanup_t *c = ngx_pool_cleanup_add(r->pool, sizeof(struct matinee_ctx));
    if (c == NULL)
        return NULL;
    c->handler = ctx_mark;
    ngx_memzero(c->data, sizeof(struct matinee_ctx));
    ngx_http_set_ctx(r, c->data, ngx_http_matinee_module);
    return c->data;
}

/* What is wrong has no-store, whoever found it wrong (416 comes from nginx's range filter). */
static ngx_int_t header_filter(ngx_http_request_t *r) {
    struct matinee_ctx *ctx = r == r->main ? matinee_ctx_get(r) : NULL;
    if (ctx) {
        ctx->first_us = matinee_now_us();
        if (r->headers_out.status >= 400 && ctx->cache_control)
            ctx->cache_control->value = ngx_of_str(STR("no-store"));
    }
    return next_header_filter(r);
}

static int keys_read(ngx_conf_t *cf, struct matinee_main *m) {
    u_char text[8192];
    ngx_file_t file = {.log = cf->log, .name = m->keys_path};
    file.fd = ngx_open_file(m->keys_path.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno, "matinee_keys: cannot open \"%V\"",
                           &m->keys_path);
        return -1;
    }
    ssize_t n = ngx_read_fd(file.fd, text, sizeof text);
    ngx_close_file(file.fd);
    if (n >= 0 && (size_t)n < sizeof text)
        m->n_keys =
            cat_keys_parse(str_make((const char *)text, (size_t)n), m->keys, MATINEE_KEYS_MAX);
    ngx_explicit_memzero(text, sizeof text);
    if (n < 0 || (size_t)n == sizeof text || m->n_keys <= 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "matinee_keys: \"%V\" must hold 1 to %d lines \"kid-hex secret-hex\", "
                           "a secret of 32 to %d bytes",
                           &m->keys_path, MATINEE_KEYS_MAX, CAT_KEY_MAX);
        return -1;
    }
    return 0;
}

static char *set_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf) {
    struct matinee_main *m = conf;
    ngx_str_t *arg = cf->args->elts;
    if (m->keys_path.data)
        return "is duplicate";
    m->keys_path = arg[1];
    if (ngx_conf_full_name(cf->cycle, &m->keys_path, 1) != NGX_OK || keys_read(cf, m) < 0)
        return NGX_CONF_ERROR;
    return NGX_CONF_OK;
}

static char *set_path(ngx_conf_t *cf, ngx_command_t *cmd, void *conf) {
    ngx_str_t *field = (ngx_str_t *)((char *)conf + cmd->offset), *arg = cf->args->elts;
    if (field->data)
        return "is duplicate";
    *field = arg[1];
    return ngx_conf_full_name(cf->cycle, field, 0) == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}

/* "max=64m", "age=1d", "keep=8" */
static bool log_option_set(struct matinee_main *m, ngx_str_t arg) {
    struct str name, value = str_cut(str_of_ngx(arg), '=', &name);
    ngx_str_t v = ngx_of_str(value);
    if (str_eq(name, STR("max")) && value.n)
        return (m->log_max = ngx_parse_size(&v)) >= 0;
    if (str_eq(name, STR("age")) && value.n)
        return (m->log_age = ngx_parse_time(&v, 1)) >= 0;
    if (str_eq(name, STR("keep")) && value.n)
        return (m->log_keep = ngx_atoi(v.data, v.len)) >= 1 && m->log_keep <= 1000;
    return false;
}

static char *set_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf) {
    ngx_str_t *arg = cf->args->elts;
    char *rc = set_path(cf, cmd, conf);
    for (ngx_uint_t i = 2; rc == NGX_CONF_OK && i < cf->args->nelts; i++)
        if (!log_option_set(conf, arg[i]))
            return "takes PATH [max=SIZE] [age=TIME] [keep=1..1000]";
    return rc;
}

static char *set_delivery(ngx_conf_t *cf, ngx_command_t *cmd, void *conf) {
    struct matinee_loc *loc = conf;
    ngx_http_core_loc_conf_t *core = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    ngx_str_t *arg = cf->args->elts;
    if (loc->enable)
        return "is duplicate";
    if (core->name.len < 2 || core->name.data[core->name.len - 1] != '/' || core->regex)
        return "belongs into a prefix location that ends in \"/\"";
    struct matinee_main *m = ngx_http_conf_get_module_main_conf(cf, ngx_http_matinee_module);
    m->delivers = 1;
    loc->enable = 1;
    loc->manifests = arg[1];
    core->handler = matinee_handle;
    return NGX_CONF_OK;
}

static ngx_command_t commands[] = {
    {ngx_string("matinee_keys"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_keys,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL},
    {ngx_string("matinee_root"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_path,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof(struct matinee_main, root), NULL},
    {ngx_string("matinee_revoked"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_path,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof(struct matinee_main, revoked_path), NULL},
    {ngx_string("matinee_log"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1234, set_log,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof(struct matinee_main, log_path), NULL},
    {ngx_string("matinee_log_client"), NGX_HTTP_MAIN_CONF | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof(struct matinee_main, log_client), NULL},
    {ngx_string("matinee_index_entries"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
     ngx_conf_set_num_slot, NGX_HTTP_MAIN_CONF_OFFSET, offsetof(struct matinee_main, index_entries),
     NULL},
    {ngx_string("matinee_index_valid"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, ngx_conf_set_msec_slot,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof(struct matinee_main, index_valid), NULL},
    {ngx_string("matinee_delivery"), NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1, set_delivery,
     NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
    ngx_null_command,
};

static void *main_create(ngx_conf_t *cf) {
    struct matinee_main *m = ngx_pcalloc(cf->pool, sizeof *m);
    if (m) {
        m->log_max = 64 << 20;
        m->log_age = 86400;
        m->log_keep = 8;
        m->log_client = NGX_CONF_UNSET;
        m->index_entries = NGX_CONF_UNSET;
        m->index_valid = NGX_CONF_UNSET_MSEC;
    }
    return m;
}

static char *main_init(ngx_conf_t *cf, void *conf) {
    struct matinee_main *m = conf;
    ngx_conf_init_value(m->log_client, 0);
    ngx_conf_init_value(m->index_entries, 256);
    ngx_conf_init_msec_value(m->index_valid, 1000);
    if (m->delivers && (!m->keys_path.data || !m->root.data)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "matinee_delivery needs matinee_keys and matinee_root");
        return NGX_CONF_ERROR;
    }
    if (m->index_entries < 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "matinee_index_entries must be at least 1");
        return NGX_CONF_ERROR;
    }
    return NGX_CONF_OK;
}

static void *loc_create(ngx_conf_t *cf) {
    return ngx_pcalloc(cf->pool, sizeof(struct matinee_loc));
}

static ngx_int_t postconfiguration(ngx_conf_t *cf) {
    ngx_http_core_main_conf_t *core = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    ngx_http_handler_pt *h = ngx_array_push(&core->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL)
        return NGX_ERROR;
    *h = matinee_log_request;
    if ((h = ngx_array_push(&core->phases[NGX_HTTP_POST_READ_PHASE].handlers)) == NULL)
        return NGX_ERROR;
    *h = matinee_redact_request;
    next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = header_filter;
    return NGX_OK;
}

static struct matinee_main *main_of(ngx_cycle_t *cycle) {
    return ngx_http_cycle_get_module_main_conf(cycle, ngx_http_matinee_module);
}

static ngx_int_t init_module(ngx_cycle_t *cycle) {
    struct matinee_main *m = main_of(cycle);
    if (m == NULL)
        return NGX_OK;
    matinee_redact_start(cycle);
    return matinee_log_open(m, cycle);
}

static ngx_int_t die_with_master(ngx_cycle_t *cycle) {
    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_HELPER)
        return NGX_OK;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno, "prctl(PR_SET_PDEATHSIG) failed");
        return NGX_ERROR;
    }
    /* It may have died before the signal was asked for. */
    if (getppid() != ngx_parent)
        exit(2);
    return NGX_OK;
}

static void revoked_look_timed(ngx_event_t *ev) {
    int rc = revoked_look(matinee_worker.revoked);
    if (rc < 0)
        ngx_log_error(NGX_LOG_ERR, ev->log, rc == -EBADMSG ? 0 : -rc,
                      "matinee_revoked: the file cannot be used; what was revoked before stays");
    ngx_add_timer(ev, REVOKED_EVERY_MS);
}

static ngx_int_t revoked_start(struct matinee_main *m, ngx_cycle_t *cycle) {
    static ngx_connection_t nobody = {.fd = (ngx_socket_t)-1};
    static ngx_event_t timer;
    if (!m->revoked_path.data)
        return NGX_OK;
    matinee_worker.revoked = revoked_new((const char *)m->revoked_path.data);
    if (matinee_worker.revoked == NULL)
        return NGX_ERROR;
    timer = (ngx_event_t){
        .handler = revoked_look_timed, .log = cycle->log, .data = &nobody, .cancelable = 1};
    revoked_look_timed(&timer); /* before the first request */
    return NGX_OK;
}

static ngx_int_t init_process(ngx_cycle_t *cycle) {
    struct matinee_main *m = main_of(cycle);
    if (die_with_master(cycle) != NGX_OK)
        return NGX_ERROR;
    if (m == NULL || ngx_process == NGX_PROCESS_HELPER)
        return NGX_OK;
    matinee_worker.verifier = cat_verifier_new(m->keys, (size_t)m->n_keys);
    matinee_worker.tokens = token_table_new();
    if (m->root.data)
        matinee_worker.indexes = index_cache_new((const char *)m->root.data,
                                                 (size_t)m->index_entries, (int64_t)m->index_valid);
    if (!matinee_worker.verifier || !matinee_worker.tokens ||
        (m->root.data && !matinee_worker.indexes) || revoked_start(m, cycle) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0, "no memory for token keys or indexes");
        return NGX_ERROR;
    }
    return matinee_log_start(m, cycle);
}

static void exit_process(ngx_cycle_t *cycle) {
    struct matinee_main *m = main_of(cycle);
    if (m == NULL || ngx_process == NGX_PROCESS_HELPER) /* nothing was begun (init_process) */
        return;
    matinee_log_stop(m);
    revoked_free(matinee_worker.revoked);
    index_cache_free(matinee_worker.indexes);
    token_table_free(matinee_worker.tokens);
    cat_verifier_free(matinee_worker.verifier);
}

static ngx_http_module_t module_ctx = {
    .postconfiguration = postconfiguration,
    .create_main_conf = main_create,
    .init_main_conf = main_init,
    .create_loc_conf = loc_create,
};

EXPORTED ngx_module_t ngx_http_matinee_module = {
    NGX_MODULE_V1, &module_ctx, commands, NGX_HTTP_MODULE, NULL, init_module,
    init_process,  NULL,        NULL,     exit_process,    NULL, NGX_MODULE_V1_PADDING,
};
