/*
 * delivery_log.c - one logfmt line a request to a pipe or file: analytics and the billing of egress
 * start here. A thread writes them (log_writer.c), so that neither a slow disk nor a slow reader ever
 * holds a request; what is dropped for it is counted. What a client sends is cut down to an alphabet
 * before it is written; the token has no way in here.
 */
#include "cmcd.h"
#include "log_writer.h"
#include "module.h"

enum { FLUSH_MS = 200, BUFFER_BYTES = 256 << 10, LINE_CAP = 1024, EXIT_MS = 1000 };

static struct {
    struct log_writer *writer;
    bool client;
} out;

/* In the master, and of what a reload has replaced. A worker has closed its own (matinee_log_stop) by
 * the time that its pools go. */
static void writer_cleanup(void *data) {
    struct matinee_main *m = data;
    log_writer_close(m->log, 0);
    m->log = NULL;
}

ngx_int_t matinee_log_open(struct matinee_main *m, ngx_cycle_t *cycle) {
    if (!m->log_path.data)
        return NGX_OK;
    ngx_pool_cleanup_t *c = ngx_pool_cleanup_add(cycle->pool, 0);
    if (c == NULL)
        return NGX_ERROR;
    m->log = log_writer_open(&(struct log_options){.path = (char *)m->log_path.data,
                                                   .buffer_bytes = BUFFER_BYTES,
                                                   .flush_ms = FLUSH_MS,
                                                   .max_bytes = m->log_max,
                                                   .max_age_s = m->log_age,
                                                   .keep = (int)m->log_keep});
    if (m->log == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno, "matinee_log: cannot open \"%V\"",
                      &m->log_path);
        return NGX_ERROR;
    }
    c->handler = writer_cleanup;
    c->data = m;
    return NGX_OK;
}

ngx_int_t matinee_log_start(struct matinee_main *m, ngx_cycle_t *cycle) {
    int rc = m->log ? log_writer_start(m->log) : 0;
    if (rc != 0) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, rc, "matinee_log: no thread for it");
        return NGX_ERROR;
    }
    out.writer = m->log;
    out.client = m->log_client;
    return NGX_OK;
}

void matinee_log_stop(struct matinee_main *m) {
    log_writer_close(m->log, EXIT_MS);
    out.writer = m->log = NULL;
}

struct line {
    u_char *p, *last;
};

/* Plain copies: a line a request is the dearest thing that the module adds to one. */
static void line_add(struct line *l, struct str s) {
    l->p = ngx_cpymem(l->p, s.p, MIN(s.n, (size_t)(l->last - l->p)));
}

static void line_str(struct line *l, struct str key, struct str v) {
    if (v.n) {
        line_add(l, key);
        line_add(l, v);
    }
}

static void line_number(struct line *l, struct str key, uint64_t v) {
    char digits[20], *p = digits + sizeof digits;
    do
        *--p = (char)('0' + v % 10);
    while (v /= 10);
    line_add(l, key);
    line_add(l, str_make(p, (size_t)(digits + sizeof digits - p)));
}

static bool is_plain(struct str s, size_t max) {
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '.' || c == '-' || c == '_';
        if (!ok)
            return false;
    }
    return s.n >= 1 && s.n <= max;
}

/* The playback's id in the spelling that everyone else logs: a ULID for 16 bytes. */
static void line_playback(struct line *l, const struct matinee_ctx *ctx) {
    struct str text = str_make((const char *)ctx->cti, ctx->cti_len);
    char ulid[26];
    if (ctx->cti_len == 16) {
        unsigned __int128 v = 0;
        for (int i = 0; i < 16; i++)
            v = v << 8 | ctx->cti[i];
        for (int i = 25; i >= 0; i--, v >>= 5)
            ulid[i] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[(unsigned)v & 31];
        line_str(l, STR(" playback="), str_make(ulid, sizeof ulid));
    } else if (is_plain(text, CAT_CTI_MAX)) {
        line_str(l, STR(" playback="), text);
    }
}

static void line_cmcd(struct line *l, struct str text) {
    struct str key, value;
    while (cmcd_next(&text, &key, &value)) {
        line_add(l, STR(" cmcd_"));
        line_add(l, key);
        line_add(l, STR("="));
        line_add(l, value);
    }
}

static void line_cmcd_headers(struct line *l, ngx_http_request_t *r) {
    for (ngx_list_part_t *part = &r->headers_in.headers.part; part; part = part->next) {
        ngx_table_elt_t *h = part->elts;
        for (ngx_uint_t i = 0; i < part->nelts; i++)
            if (h[i].key.len > 5 && ngx_strncasecmp(h[i].key.data, (u_char *)"cmcd-", 5) == 0)
                line_cmcd(l, str_of_ngx(h[i].value));
    }
}

static struct str cache_state(ngx_http_request_t *r, const struct matinee_ctx *ctx) {
    if (r->upstream && r->upstream->cache_status)
        return str_of_ngx(ngx_http_cache_status[r->upstream->cache_status - 1]);
    return ctx->path.kind == PATH_SEGMENT && !ctx->reason ? STR("file") : STR_NULL;
}

static void line_time(struct line *l) {
    static u_char second[32]; /* "time=2026-11-22T16:44:19.", the same for many lines */
    static size_t second_n;
    static time_t made;
    ngx_time_t *now = ngx_timeofday();
    if (now->sec != made) {
        ngx_tm_t tm;
        ngx_gmtime(now->sec, &tm);
        second_n =
            (size_t)(ngx_snprintf(second, sizeof second, "time=%4d-%02d-%02dT%02d:%02d:%02d.",
                                  tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday, tm.ngx_tm_hour,
                                  tm.ngx_tm_min, tm.ngx_tm_sec) -
                     second);
        made = now->sec;
    }
    char ms[] = {(char)('0' + now->msec / 100), (char)('0' + now->msec / 10 % 10),
                 (char)('0' + now->msec % 10), 'Z'};
    line_add(l, str_make((const char *)second, second_n));
    line_add(l, str_make(ms, sizeof ms));
}

static void line_ms(struct line *l, struct str key, int64_t us) {
    char part[] = {'.', (char)('0' + us / 100 % 10), (char)('0' + us / 10 % 10),
                   (char)('0' + us % 10)};
    line_number(l, key, (uint64_t)us / 1000);
    line_add(l, str_make(part, sizeof part));
}

static size_t line_make(ngx_http_request_t *r, const struct matinee_ctx *ctx, u_char *buf,
                        size_t cap) {
    const struct media_path *p = &ctx->path;
    struct line l = {buf, buf + cap - 1};
    bool named = p->kind != PATH_NONE && ctx->cti_len; /* of a request whose token was right */
    off_t body = r->connection->sent - (off_t)r->header_size;
    line_time(&l);
    line_add(&l, STR(" level=info process=edge event=delivery.request"));
    line_playback(&l, ctx);
    if (named) {
        line_str(&l, STR(" asset="), p->asset);
        line_str(&l, STR(" view="), p->view);
        line_str(&l, STR(" track="), p->track);
        line_str(&l, STR(" manifest="), p->manifest);
        if (p->kind == PATH_SEGMENT && p->n == INDEX_INIT)
            line_str(&l, STR(" n="), STR("init"));
        else if (p->kind == PATH_SEGMENT)
            line_number(&l, STR(" n="), p->n);
    }
    line_number(&l, STR(" status="), r->err_status ? r->err_status : r->headers_out.status);
    line_number(&l, STR(" bytes="), (uint64_t)MAX(body, 0));
    line_number(&l, STR(" sent="), (uint64_t)r->connection->sent);
    line_str(&l, STR(" cache="), cache_state(r, ctx));
    line_str(&l, STR(" reason="), str_of(ctx->reason));
    if (ctx->first_us)
        line_ms(&l, STR(" ttfb_ms="), ctx->first_us - ctx->began_us);
    line_ms(&l, STR(" ms="), matinee_now_us() - ctx->began_us);
    if (r->connection->error || r->connection->timedout)
        line_str(&l, STR(" aborted="), STR("true"));
    if (out.client)
        line_str(&l, STR(" client="), str_of_ngx(r->connection->addr_text));
    if (named) {
        char decoded[CMCD_MAX];
        line_cmcd(&l, cmcd_of_query(str_of_ngx(ctx->args), decoded));
        line_cmcd_headers(&l, r);
    }
    *l.p++ = '\n';
    return (size_t)(l.p - buf);
}

ngx_int_t matinee_log_request(ngx_http_request_t *r) {
    struct matinee_ctx *ctx = out.writer == NULL ? NULL : matinee_ctx_get(r);
    u_char line[LINE_CAP];
    if (ctx == NULL)
        return NGX_OK;
    size_t n = line_make(r, ctx, line, sizeof line);
    log_writer_add(out.writer, str_make((const char *)line, n));
    return NGX_OK;
}
