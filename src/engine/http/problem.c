/*
 * problem.c - errors as RFC 9457 problem details. Clients branch on "code" and show "detail"; the
 * operator's message stays in the log under the same request id.
 */
#include "engine/http/http_int.h"
#include <stdlib.h>

static const struct {
    int status;
    const char *title, *detail;
} statuses[] = {
    {400, "Bad Request", "The request is not right. Check what was sent."},
    {401, "Unauthorized", "Sign in first."},
    {403, "Forbidden", "This account may not do that."},
    {404, "Not Found", "There is nothing at this address."},
    {405, "Method Not Allowed", "This address does not take that method."},
    {409, "Conflict", "This was changed by somebody else. Load it again."},
    {410, "Gone", "This is not here any more."},
    {411, "Length Required", "Send a Content-Length."},
    {412, "Precondition Failed", "This was changed meanwhile. Load it again."},
    {413, "Content Too Large", "What was sent is too large."},
    {415, "Unsupported Media Type", "Send application/json."},
    {416, "Range Not Satisfiable", "That range is outside of the file."},
    {422, "Unprocessable Content", "The file could not be used."},
    {423, "Locked", "Somebody else is at it just now. Try again in a moment."},
    {429, "Too Many Requests", "Too many requests. Wait a little and try again."},
    {431, "Request Header Fields Too Large", "The request's address or headers are too long."},
    {460, "Checksum Mismatch", "What arrived is not what was sent. Send it again."},
    {499, "Client Closed Request", "The request was given up."},
    {500, "Internal Server Error", "Something went wrong on our side. Try again in a moment."},
    {503, "Service Unavailable", "The service is busy. Try again in a moment."},
    {504, "Gateway Timeout", "This took too long. Try again in a moment."},
    {507, "Insufficient Storage", "There is no room left on the server."},
};

static size_t status_row(int status) {
    size_t last = 0;
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        if (statuses[i].status == status)
            return i;
        if (statuses[i].status == 500)
            last = i;
    }
    return last;
}

const char *status_title(int status) { return statuses[status_row(status)].title; }

char *problem_text(const struct problem *p, size_t *ret_n) {
    struct buf b = BUF(256 << 10);
    int status = err_status(p->err->code);
    const char *code = err_reason(p->err);
    const char *detail = p->err->hint[0] ? p->err->hint : statuses[status_row(status)].detail;
    buf_addf(&b, "{\"type\":\"urn:matinee:problem:%s\",\"title\":", code);
    buf_json_str(&b, str_of(status_title(status)));
    buf_addf(&b, ",\"status\":%d,\"code\":", status);
    buf_json_str(&b, str_of(code));
    buf_addc(&b, ",\"detail\":");
    buf_json_str(&b, str_of(detail));
    buf_addc(&b, ",\"request_id\":");
    buf_json_str(&b, str_of(p->request_id));
    for (size_t i = 0; i < p->n_errors; i++) {
        buf_addc(&b, i ? ",{\"field\":" : ",\"errors\":[{\"field\":");
        buf_json_str(&b, str_of(p->errors[i].field));
        buf_addc(&b, ",\"detail\":");
        buf_json_str(&b, str_of(p->errors[i].detail));
        buf_byte(&b, '}');
    }
    if (p->n_errors)
        buf_byte(&b, ']');
    if (p->member.n) {
        buf_byte(&b, ',');
        buf_json_str(&b, str_of(p->member_name));
        buf_byte(&b, ':');
        buf_add(&b, p->member);
    }
    buf_addc(&b, "}\n");
    if (b.failed) {
        buf_done(&b);
        return NULL;
    }
    *ret_n = b.n;
    return (char *)b.p;
}
