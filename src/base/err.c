#include "base/err.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int code;
    const char *name;
    int status;
    const char *reason;
} table[] = {
#define X(name, value, status, reason) {value, #name, status, reason},
    ERR_TABLE(X)
#undef X
};

static size_t row_of(int code) {
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (table[i].code == code)
            return i;
    return SIZE_MAX;
}

const char *err_name(int code) {
    size_t i = row_of(code);
    return i == SIZE_MAX ? "UNKNOWN" : table[i].name;
}

int err_status(int code) {
    size_t i = row_of(code);
    return i == SIZE_MAX ? 500 : table[i].status;
}

const char *err_reason(const struct err *e) {
    if (e->reason[0])
        return e->reason;
    size_t i = row_of(e->code);
    return i == SIZE_MAX ? "internal" : table[i].reason;
}

void err_clear(struct err *e) {
    if (e)
        *e = (struct err){0};
}

int err_set(struct err *e, int code, const char *fmt, ...) {
    if (!e)
        return code;
    err_clear(e);
    e->code = code;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
    return code;
}

int err_refuse(struct err *e, int code, const char *reason, const char *hint, const char *fmt,
               ...) {
    if (!e)
        return code;
    err_clear(e);
    e->code = code;
    snprintf(e->reason, sizeof e->reason, "%s", reason);
    snprintf(e->hint, sizeof e->hint, "%s", hint);
    if (!fmt) {
        snprintf(e->msg, sizeof e->msg, "%s", hint);
        return code;
    }
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
    return code;
}

int err_wrap(struct err *e, const char *fmt, ...) {
    if (!e)
        return ERR_INTERNAL;
    char old[sizeof e->msg];
    memcpy(old, e->msg, sizeof old);
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof e->msg)
        snprintf(e->msg + n, sizeof e->msg - (size_t)n, ": %s", old);
    return e->code;
}

static const struct {
    int errnum, code;
    const char *hint;
} from_errno[] = {
    {ENOENT, ERR_NOT_FOUND, "There is no such file or folder; check the name."},
    {EACCES, ERR_PERMISSION, "Permission was denied; check who owns the file or folder."},
    {EPERM, ERR_PERMISSION, "The system does not allow this; check who owns the file or folder."},
    {EROFS, ERR_PERMISSION, "The file system is read-only."},
    {ENOSPC, ERR_NO_SPACE, "The disk is full; free some space and try again."},
    {EDQUOT, ERR_NO_SPACE, "The disk quota is used up; free some space and try again."},
    {EFBIG, ERR_NO_SPACE, "The file grew over the size that is allowed here."},
    {ENOMEM, ERR_NO_MEMORY, "There is not enough memory; close other programs and try again."},
    {EMFILE, ERR_BUSY, "Too many open files; raise the limit (ulimit -n)."},
    {ENFILE, ERR_BUSY, "The system has too many open files."},
    {EISDIR, ERR_INVALID, "This is a folder, not a file."},
    {ENOTDIR, ERR_INVALID, "A part of the path is a file, not a folder."},
    {ENAMETOOLONG, ERR_INVALID, "The name is too long for this file system."},
    {EADDRINUSE, ERR_CONFLICT, "Another program uses this port; stop it or choose another port."},
    {ETIMEDOUT, ERR_TIMEOUT, ""},
    {EEXIST, ERR_CONFLICT, ""},
};

int err_errno(struct err *e, int errnum, const char *fmt, ...) {
    int code = ERR_IO;
    const char *hint = "";
    for (size_t i = 0; i < ARRAY_LEN(from_errno); i++)
        if (from_errno[i].errnum == errnum) {
            code = from_errno[i].code;
            hint = from_errno[i].hint;
        }
    if (!e)
        return code;
    err_clear(e);
    e->code = code;
    snprintf(e->hint, sizeof e->hint, "%s", hint);
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof e->msg) {
        char text[96];
        snprintf(e->msg + n, sizeof e->msg - (size_t)n, ": %s",
                 strerror_r(errnum, text, sizeof text));
    }
    return code;
}
