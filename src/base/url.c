#include "base/url.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

/* Up to three pieces: the password before the last '@', and parameters whose name ends in
 * "password" (libpq has password and sslpassword). */
static size_t piece_find(const char *url, size_t from, size_t *ret_end) {
    const char *host = strstr(url, "://"), *at = strrchr(url, '@'), *p;
    host = host ? host + 3 : url;
    const char *colon = at && at > host ? memchr(host, ':', (size_t)(at - host)) : NULL;
    if (colon && (size_t)(colon + 1 - url) >= from && at > colon + 1) {
        *ret_end = (size_t)(at - url);
        return (size_t)(colon + 1 - url);
    }
    if ((p = strstr(url + from, "password="))) {
        p += strlen("password=");
        *ret_end = (size_t)(p - url) + strcspn(p, "& ");
        return (size_t)(p - url);
    }
    return SIZE_MAX;
}

bool url_has_password(const char *url) {
    size_t end, from = 0, at;
    while ((at = piece_find(url, from, &end)) != SIZE_MAX) {
        if (end > at)
            return true;
        from = end;
    }
    return false;
}

char *url_mask(const char *url) {
    static const char stars[] = "***";
    size_t n = 0, from = 0, at, end;
    char *out = malloc(strlen(url) * 2 + 16); /* a piece is at least one byte, the stars are three */
    while (out && (at = piece_find(url, from, &end)) != SIZE_MAX) {
        memcpy(out + n, url + from, at - from);
        n += at - from;
        if (end > at) {
            memcpy(out + n, stars, 3);
            n += 3;
        }
        from = end;
    }
    if (out)
        memcpy(out + n, url + from, strlen(url + from) + 1);
    return out;
}
