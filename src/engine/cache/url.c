/* url.c - redis://[user:password@]host[:port][/db]. What is wrong is named without what is secret.
 */
#include "base/buf.h"
#include "engine/cache/cache_int.h"

enum { PORT = 6379, DB_MAX = 1 << 20 };

static int malformed(struct err *reterr, const char *what) {
    return err_refuse(reterr, ERR_INVALID, "cache.url",
                      "Set MATINEE_CACHE_URL to redis://user:password@host:6379/0; user, password, "
                      "port and database may be left out.",
                      "cache-url: %s", what);
}

static int hex(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* RFC 3986 section 2.1, into a NUL-terminated text of size n. */
static bool decode(struct str s, char *dst, size_t n) {
    size_t out = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            if (i + 2 >= s.n || hex(s.p[i + 1]) < 0 || hex(s.p[i + 2]) < 0)
                return false;
            c = (char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2]));
            i += 2;
        }
        if (c == 0 || out + 1 >= n)
            return false;
        dst[out++] = c;
    }
    dst[out] = 0;
    return true;
}

static bool number(struct str s, int64_t lo, int64_t hi, int *ret) {
    int64_t v;
    if (!str_to_i64(s, &v) || v < lo || v > hi)
        return false;
    *ret = (int)v;
    return true;
}

/* "host", "host:port", "[2001:db8::1]:port" */
static int place_parse(struct str s, struct cache_url *u, struct err *reterr) {
    struct str host = s, port = STR_NULL;
    if (s.n && s.p[0] == '[') {
        ptrdiff_t end = str_index(s, ']');
        if (end < 0)
            return malformed(reterr, "a [ without its ]");
        host = str_slice(s, 1, (size_t)end);
        port = str_slice(s, (size_t)end + 1, s.n);
        if (port.n && port.p[0] != ':')
            return malformed(reterr, "something stands behind the ]");
        port = port.n ? str_slice(port, 1, port.n) : STR_NULL;
    } else
        port = str_cut(s, ':', &host);
    if (!host.n || !decode(host, u->host, sizeof u->host))
        return malformed(reterr, "the host is missing or malformed");
    if (port.p && !number(port, 1, 65535, &u->port))
        return malformed(reterr, "the port is not a number from 1 to 65535");
    return 0;
}

int cache_url_parse(struct str url, struct cache_url *ret, struct err *reterr) {
    struct cache_url u = {.port = PORT};
    struct str rest = url, place, who = STR_NULL, db;
    if (str_starts(url, STR("rediss://")))
        return malformed(reterr,
                         "TLS to Redis is not supported; use a private network or a tunnel");
    if (!str_starts(url, STR("redis://")))
        return malformed(reterr, "it does not begin with redis://");
    rest = str_slice(url, 8, url.n);
    db = str_cut(rest, '/', &place);
    for (size_t i = place.n; i > 0; i--) /* a password may hold an @ that nobody encoded */
        if (place.p[i - 1] == '@') {
            who = str_slice(place, 0, i - 1);
            place = str_slice(place, i, place.n);
            break;
        }
    if (who.p) {
        struct str user, password = str_cut(who, ':', &user);
        if (!decode(user, u.user, sizeof u.user) ||
            !decode(password, u.password, sizeof u.password))
            return malformed(reterr, "user or password are badly encoded or too long");
    }
    if (db.n && !number(db, 0, DB_MAX, &u.db))
        return malformed(reterr, "the database is not a number");
    int rc = place_parse(place, &u, reterr);
    if (rc == 0)
        *ret = u;
    return rc;
}
