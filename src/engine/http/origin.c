/*
 * origin.c - was a state-changing request made by a page of ours? Every browser puts Origin on what is
 * not a GET (Fetch, "origin-header"), so a request that has a cookie and neither Origin nor Referer
 * nor Sec-Fetch-Site is refused; without a cookie there is nothing to forge, and programs that carry a
 * token pass.
 */
#include "engine/http/http_int.h"

/* host[:port] of an origin or address, the scheme's own port left out. STR_NULL: not one. */
static struct str host_of(struct str url) {
    bool tls = str_starts(url, STR("https://"));
    if (!tls && !str_starts(url, STR("http://")))
        return STR_NULL;
    struct str host;
    str_cut(str_slice(url, tls ? 8 : 7, url.n), '/', &host);
    if (str_index(host, '@') >= 0)
        return STR_NULL;
    struct str port = tls ? STR(":443") : STR(":80");
    return str_ends(host, port) ? str_slice(host, 0, host.n - port.n) : host;
}

static bool is_ours(struct str url, struct str host, bool tls, const char *const *allowed) {
    struct str theirs = host_of(url);
    if (theirs.n == 0)
        return false;
    if (str_ends(host, STR(":443")))
        host.n -= 4;
    else if (str_ends(host, STR(":80")))
        host.n -= 3;
    /* Whoever sits on the line can make a page of our name without TLS. */
    if (str_eq_nocase(theirs, host) && (!tls || str_starts(url, STR("https://"))))
        return true;
    for (; allowed && *allowed; allowed++)
        if (str_eq_nocase(theirs, host_of(str_of(*allowed))))
            return true;
    return false;
}

bool origin_ok(struct str origin, struct str referer, struct str fetch_site, struct str host,
               bool tls, bool has_cookie, const char *const *allowed) {
    if (origin.p)
        return is_ours(origin, host, tls, allowed);
    if (fetch_site.p)
        return str_eq(fetch_site, STR("same-origin")) || str_eq(fetch_site, STR("none"));
    if (referer.p)
        return is_ours(referer, host, tls, allowed);
    return !has_cookie;
}
