/*
 * request.c - one decision a request: is the token right, what does the path name, where do its
 * bytes lie. The token is looked at before the path, so that nobody without one learns what exists.
 */
#include "module.h"
#include <errno.h>

static bool suffix_fits(enum path_suffix suffix, uint32_t content_type) {
    static const enum path_suffix by_type[] = {SUFFIX_M4S, SUFFIX_M4S, SUFFIX_VTT, SUFFIX_JPG,
                                               SUFFIX_M4S};
    return suffix == SUFFIX_MP4 ||
           (content_type < ARRAY_LEN(by_type) && by_type[content_type] == suffix);
}

static int64_t now_ms(void) {
    ngx_time_t *now = ngx_timeofday();
    return (int64_t)now->sec * 1000 + (int64_t)now->msec;
}

static ngx_int_t segment_handle(ngx_http_request_t *r, struct matinee_ctx *ctx) {
    const struct media_path *p = &ctx->path;
    struct index_found f;
    int rc = index_cache_find(matinee_worker.indexes, p->asset, p->track, p->n, now_ms(), &f);
    if (rc == -ENOENT || (rc == 0 && !suffix_fits(p->suffix, f.content_type)))
        return matinee_refuse(r, NGX_HTTP_NOT_FOUND, "not_found");
    if (rc < 0) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, rc == -EBADMSG ? 0 : -rc,
                      "matinee: the index of asset %*s, track %*s cannot be used%s", p->asset.n,
                      p->asset.p, p->track.n, p->track.p,
                      rc == -EBADMSG ? ": it is damaged or its object is missing" : "");
        return matinee_refuse(r, NGX_HTTP_INTERNAL_SERVER_ERROR, "damaged");
    }
    return matinee_send_extent(r, &f);
}

/* The app writes manifests, once for everyone: the URI that the cache and the app see has no token.
 */
static ngx_int_t manifest_handle(ngx_http_request_t *r, struct matinee_ctx *ctx,
                                 const struct matinee_loc *loc) {
    const struct media_path *p = &ctx->path;
    ngx_str_t uri = {.len = loc->manifests.len + p->asset.n + p->view.n + p->manifest.n + 3};
    uri.data = ngx_pnalloc(r->pool, uri.len);
    if (uri.data == NULL)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    ngx_snprintf(uri.data, uri.len, "%V/%*s/%*s/%*s", &loc->manifests, p->asset.n, p->asset.p,
                 p->view.n, p->view.p, p->manifest.n, p->manifest.p);
    return ngx_http_internal_redirect(r, &uri, NULL);
}

static enum cat_result token_check(struct matinee_ctx *ctx) {
    const struct cat_claims *claims;
    enum cat_result result =
        token_table_verify(matinee_worker.tokens, matinee_worker.verifier, ctx->path.token,
                           ctx->path.after, (int64_t)ngx_time(), &claims);
    /* Filled as soon as the tag is right: a refusal for time or path is still this playback's. */
    ngx_memcpy(ctx->cti, claims->cti, claims->cti_len);
    ctx->cti_len = claims->cti_len;
    return result;
}

ngx_int_t matinee_handle(ngx_http_request_t *r) {
    struct matinee_loc *loc = ngx_http_get_module_loc_conf(r, ngx_http_matinee_module);
    ngx_http_core_loc_conf_t *core = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    struct matinee_ctx *ctx = matinee_ctx_new(r);
    if (ctx == NULL)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    ctx->began_us = matinee_now_us();
    ctx->args = r->args;
    ctx->path = media_path_parse(str_of_ngx(r->uri), str_of_ngx(core->name));

    if (r->method == NGX_HTTP_OPTIONS)
        return matinee_preflight(r);
    if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)))
        return matinee_refuse(r, NGX_HTTP_NOT_ALLOWED, "method");
    ngx_int_t rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK)
        return rc;
    enum cat_result result = token_check(ctx);
    if (result != CAT_OK)
        return matinee_refuse(r, NGX_HTTP_FORBIDDEN, cat_result_name(result));
    if (matinee_worker.revoked &&
        revoked_has(matinee_worker.revoked, str_make((const char *)ctx->cti, ctx->cti_len)))
        return matinee_refuse(r, NGX_HTTP_FORBIDDEN, "revoked");
    switch (ctx->path.kind) {
    case PATH_SEGMENT:
        return segment_handle(r, ctx);
    case PATH_MANIFEST:
        return manifest_handle(r, ctx, loc);
    default:
        return matinee_refuse(r, NGX_HTTP_NOT_FOUND, "not_found");
    }
}
