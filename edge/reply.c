#include "module.h"
#include <inttypes.h>

/* Of a segment: its bytes never change under its name. */
static const struct str cache_forever = {"public, max-age=31536000, immutable", 35};

ngx_table_elt_t *matinee_header(ngx_http_request_t *r, const char *name, struct str value) {
    ngx_table_elt_t *h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL)
        return NULL;
    ngx_memzero(h, sizeof *h); /* nginx 1.23 has one field more */
    h->hash = 1;
    h->key = ngx_of_str(str_of(name));
    h->value = ngx_of_str(value);
    return h;
}

/* Anyone's player may read: the token in the path is the right, and no cookie comes into it. */
void matinee_headers_cors(ngx_http_request_t *r) {
    matinee_header(r, "Access-Control-Allow-Origin", STR("*"));
    matinee_header(r, "Access-Control-Expose-Headers",
                   STR("Content-Length, Content-Range, Date, ETag, X-Matinee-Reason"));
    matinee_header(r, "Timing-Allow-Origin", STR("*"));
    matinee_header(r, "X-Content-Type-Options", STR("nosniff"));
}

ngx_int_t matinee_preflight(ngx_http_request_t *r) {
    matinee_headers_cors(r);
    matinee_header(r, "Access-Control-Allow-Methods", STR("GET, HEAD, OPTIONS"));
    matinee_header(r, "Access-Control-Allow-Headers",
                   STR("Range, If-Range, If-None-Match, CMCD-Request, CMCD-Object, CMCD-Status, "
                       "CMCD-Session"));
    matinee_header(r, "Access-Control-Max-Age", STR("86400"));
    r->headers_out.status = NGX_HTTP_NO_CONTENT;
    r->header_only = 1;
    return ngx_http_send_header(r);
}

static const char *title_of(ngx_uint_t status) {
    switch (status) {
    case NGX_HTTP_FORBIDDEN:
        return "Forbidden";
    case NGX_HTTP_NOT_FOUND:
        return "Not Found";
    case NGX_HTTP_NOT_ALLOWED:
        return "Method Not Allowed";
    case NGX_HTTP_SERVICE_UNAVAILABLE:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}

ngx_int_t matinee_refuse(ngx_http_request_t *r, ngx_uint_t status, const char *reason) {
    struct matinee_ctx *ctx = matinee_ctx_get(r);
    u_char *body = ngx_pnalloc(r->pool, 256);
    ngx_buf_t *b = ngx_calloc_buf(r->pool);
    if (body == NULL || b == NULL)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    if (ctx)
        ctx->reason = reason;
    matinee_headers_cors(r);
    matinee_header(r, "X-Matinee-Reason", str_of(reason));
    matinee_header(r, "Cache-Control", STR("no-store"));
    if (status == NGX_HTTP_NOT_ALLOWED)
        matinee_header(r, "Allow", STR("GET, HEAD, OPTIONS"));
    b->pos = b->start = body;
    b->last = b->end = ngx_snprintf(
        body, 256,
        "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%ui,\"code\":\"delivery.%s\"}",
        title_of(status), status, reason);
    b->memory = b->last_buf = b->last_in_chain = 1;
    r->headers_out.status = status;
    r->headers_out.content_length_n = b->last - b->pos;
    ngx_str_set(&r->headers_out.content_type, "application/problem+json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    ngx_int_t rc = ngx_http_send_header(r);
    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only)
        return rc;
    return ngx_http_output_filter(r, &(ngx_chain_t){.buf = b});
}

/* Strong (RFC 9110 section 8.8.3): nginx's own is made of time and length, which segments of one
 * file share. */
static ngx_int_t etag_set(ngx_http_request_t *r, const struct matinee_ctx *ctx,
                          const struct index_found *f) {
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
    const struct str parts[] = {
        ctx->path.asset,
        ctx->path.track,
        str_make((const char *)&ctx->path.n, sizeof ctx->path.n),
        str_make((const char *)&f->extent.length, sizeof f->extent.length),
        str_make((const char *)&f->extent.check, sizeof f->extent.check),
        str_make((const char *)&f->init_crc, sizeof f->init_crc),
    };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        for (size_t j = 0; j < parts[i].n; j++)
            h = (h ^ (uint8_t)parts[i].p[j]) * 0x100000001b3u;
    char *text = ngx_pnalloc(r->pool, 18);
    r->headers_out.etag = text ? matinee_header(r, "ETag", str_make(text, 18)) : NULL;
    if (r->headers_out.etag == NULL)
        return NGX_ERROR;
    text[0] = text[17] = '"';
    for (int i = 16; i >= 1; i--, h >>= 4)
        text[i] = "0123456789abcdef"[h & 15];
    return NGX_OK;
}

static ngx_str_t content_type(uint32_t type) {
    static const ngx_str_t types[] = {
        ngx_string("video/mp4"),
        ngx_string("audio/mp4"),
        ngx_string("text/vtt; charset=utf-8"),
        ngx_string("image/jpeg"),
        ngx_string("application/mp4"),
    };
    return types[type < ARRAY_LEN(types) ? type : 4];
}

static ngx_int_t object_open(ngx_http_request_t *r, ngx_str_t *name, ngx_open_file_info_t *of) {
    ngx_http_core_loc_conf_t *core = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    ngx_memzero(of, sizeof *of);
    of->read_ahead = core->read_ahead;
    of->directio = NGX_OPEN_FILE_DIRECTIO_OFF; /* sendfile from the page cache is the point */
    of->valid = core->open_file_cache_valid;
    of->min_uses = core->open_file_cache_min_uses;
    of->errors = core->open_file_cache_errors;
    of->events = core->open_file_cache_events;
    if (ngx_open_cached_file(core->open_file_cache, name, of, r->pool) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, of->err, "matinee: %s \"%V\" failed",
                      of->failed ? of->failed : "open()", name);
        return NGX_ERROR;
    }
    return of->is_file ? NGX_OK : NGX_ERROR;
}

/* An object as long as its index says, or a refusal that says what is wrong with it. */
static ngx_int_t extent_open(ngx_http_request_t *r, const struct index_found *f, ngx_str_t *name,
                             ngx_open_file_info_t *of) {
    struct matinee_main *m = ngx_http_get_module_main_conf(r, ngx_http_matinee_module);
    struct matinee_ctx *ctx = matinee_ctx_get(r);
    size_t cap = m->root.len + sizeof "/asset//" + ctx->path.asset.n + INDEX_OBJECT;
    name->data = ngx_pnalloc(r->pool, cap);
    if (name->data == NULL)
        return NGX_ERROR;
    u_char *end_of = ngx_cpymem(name->data, m->root.data, m->root.len);
    end_of = ngx_cpymem(end_of, "/asset/", sizeof "/asset/" - 1);
    end_of = ngx_cpymem(end_of, ctx->path.asset.p, ctx->path.asset.n);
    *end_of++ = '/';
    end_of = ngx_cpymem(end_of, f->object, strlen(f->object) + 1);
    name->len = (size_t)(end_of - name->data - 1);
    if (object_open(r, name, of) != NGX_OK)
        return NGX_ERROR;
    uint64_t end = f->extent.offset + f->extent.length;
    if (f->extent.offset > NGX_MAX_OFF_T_VALUE || end > (uint64_t)of->size) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "matinee: \"%V\" has %O bytes, the index wants %uL to %uL: cut short?", name,
                      of->size, f->extent.offset, end);
        return NGX_ERROR;
    }
    return NGX_OK;
}

ngx_int_t matinee_send_extent(ngx_http_request_t *r, const struct index_found *f) {
    struct matinee_ctx *ctx = matinee_ctx_get(r);
    ngx_open_file_info_t of;
    ngx_str_t name;
    if (extent_open(r, f, &name, &of) != NGX_OK)
        return matinee_refuse(r, NGX_HTTP_INTERNAL_SERVER_ERROR, "damaged");

    ngx_buf_t *b = ngx_calloc_buf(r->pool);
    ngx_file_t *file = ngx_pcalloc(r->pool, sizeof *file);
    if (b == NULL || file == NULL || etag_set(r, ctx, f) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    matinee_send_uncorked(r->connection);
    matinee_headers_cors(r);
    ctx->cache_control = matinee_header(r, "Cache-Control", cache_forever);
    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = f->extent.length;
    r->headers_out.last_modified_time = of.mtime;
    r->headers_out.content_type = content_type(f->content_type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->allow_ranges = 1;

    ngx_int_t rc = ngx_http_send_header(r);
    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only)
        return rc;
    file->fd = of.fd;
    file->name = name;
    file->log = r->connection->log;
    b->file = file;
    b->file_pos = (off_t)f->extent.offset;
    b->file_last = b->file_pos + f->extent.length;
    b->in_file = f->extent.length > 0;
    b->last_buf = b->last_in_chain = 1;
    return ngx_http_output_filter(r, &(ngx_chain_t){.buf = b});
}
