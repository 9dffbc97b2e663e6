/* outgoing.c - see outgoing.h. */
#include "engine/http/outgoing.h"
#include "base/clock.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

static bool v4_is_public(uint32_t a) {
    static const struct {
        uint32_t net, mask;
    } inside[] = {{0x00000000, 0xFF000000}, {0x0A000000, 0xFF000000}, {0x64400000, 0xFFC00000}, {0x7F000000, 0xFF000000},
                  {0xA9FE0000, 0xFFFF0000}, {0xAC100000, 0xFFF00000}, {0xC0000000, 0xFFFFFF00}, {0xC0A80000, 0xFFFF0000},
                  {0xC6120000, 0xFFFE0000}, {0xE0000000, 0xE0000000}};
    for (size_t i = 0; i < ARRAY_LEN(inside); i++)
        if ((a & inside[i].mask) == inside[i].net)
            return false;
    return true;
}

bool address_is_public(const struct sockaddr *sa) {
    if (sa->sa_family == AF_INET)
        return v4_is_public(ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr));
    if (sa->sa_family != AF_INET6)
        return false;
    const uint8_t *b = ((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr.s6_addr;
    return (b[0] & 0xE0) == 0x20 && !(b[0] == 0x20 && b[1] == 0x02) && !(b[0] == 0x20 && b[1] == 0x01 && b[2] == 0 && b[3] == 0);
}

/* ---- ranges ---- */

/* An address as IPv6 has it, so that 203.0.113.7 and ::ffff:203.0.113.7 are one. bits: how many more of a prefix it takes. */
static bool address_parse(struct str s, uint8_t ret[16], int *ret_bits, int *ret_longest) {
    char text[INET6_ADDRSTRLEN];
    if (!s.n || s.n >= sizeof text || memchr(s.p, 0, s.n))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = 0;
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    memcpy(ret, mapped, sizeof mapped);
    *ret_bits = 96;
    *ret_longest = 32;
    if (inet_pton(AF_INET, text, ret + 12) == 1)
        return true;
    *ret_bits = 0;
    *ret_longest = 128;
    return inet_pton(AF_INET6, text, ret) == 1;
}

static bool range_parse(struct str range, uint8_t ret[16], int *ret_bits) {
    struct str address, length = str_cut(range, '/', &address);
    int base, longest;
    int64_t n;
    if (!address_parse(address, ret, &base, &longest))
        return false;
    n = longest;
    if (length.p && (!length.n || length.p[0] == '+' || length.p[0] == '-' || !str_to_i64(length, &n) || n > longest))
        return false;
    *ret_bits = base + (int)n;
    return true;
}

bool address_range_ok(struct str range) {
    uint8_t bytes[16];
    int bits;
    return range_parse(range, bytes, &bits);
}

static bool same_prefix(const uint8_t *a, const uint8_t *b, int bits) {
    int whole = bits / 8, rest = bits % 8;
    return memcmp(a, b, (size_t)whole) == 0 && (!rest || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

bool address_in_ranges(struct str address, struct str ranges) {
    uint8_t have[16], want[16];
    int bits, longest;
    if (!address_parse(address, have, &bits, &longest))
        return false;
    while (ranges.n) {
        struct str one;
        ranges = str_cut(ranges, ' ', &one);
        if (range_parse(one, want, &bits) && same_prefix(have, want, bits))
            return true;
    }
    return false;
}

/* ---- where it may go ---- */

static void curl_start(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void curl_ready(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, curl_start);
}

static int url_refuse(struct err *reterr, const char *hint) {
    return err_refuse(reterr, ERR_INVALID, "url.refused", hint, "an address that nothing is sent to");
}

static bool url_has(CURLU *u, CURLUPart part) {
    char *text = NULL;
    bool has = curl_url_get(u, part, &text, 0) == CURLUE_OK && text && *text;
    curl_free(text);
    return has;
}

/* libcurl writes every form of an IPv4 address (0x7f.1, 2130706433) as four numbers. */
static bool host_is_inside(CURLU *u) {
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    char *host = NULL;
    bool inside = true;
    if (curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK && host) {
        struct str h = str_of(host);
        char text[INET6_ADDRSTRLEN] = "";
        if (h.n > 2 && h.p[0] == '[' && h.n - 2 < sizeof text)
            memcpy(text, h.p + 1, h.n - 2);
        if (inet_pton(AF_INET, host, &v4.sin_addr) == 1)
            inside = !address_is_public((const void *)&v4);
        else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
            inside = !address_is_public((const void *)&v6);
        else
            inside = str_eq_nocase(h, STR("localhost")) || str_ends(h, STR(".localhost"));
    }
    curl_free(host);
    return inside;
}

static int url_parts_check(CURLU *u, const char *url, bool inside, struct err *reterr) {
    if (curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK || !url_has(u, CURLUPART_HOST))
        return url_refuse(reterr, "That is not an address; it should look like https://example.org/hooks.");
    if (url_has(u, CURLUPART_USER) || url_has(u, CURLUPART_PASSWORD))
        return url_refuse(reterr, "Leave user name and password out of the address: requests are signed.");
    if (url_has(u, CURLUPART_FRAGMENT))
        return url_refuse(reterr, "Leave out what follows the #: it is never sent.");
    char *scheme = NULL;
    bool ok = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && scheme &&
              (strcmp(scheme, "https") == 0 || (inside && strcmp(scheme, "http") == 0));
    curl_free(scheme);
    if (!ok)
        return url_refuse(reterr, inside ? "The address must begin with https:// or http://." : "The address must begin with https://.");
    if (!inside && host_is_inside(u))
        return url_refuse(reterr, "That address lies in a private network, where nothing is sent unless the settings allow it.");
    return 0;
}

bool outgoing_header_ok(struct str line) {
    struct str name, value = str_cut(line, ':', &name);
    for (size_t i = 0; i < line.n; i++)
        if ((uint8_t)line.p[i] < ' ' || line.p[i] == 0x7F)
            return false;
    return name.n && str_find(name, STR(" ")) < 0 && str_trim(value).n;
}

int outgoing_url_check(const char *url, bool inside, struct err *reterr) {
    curl_ready();
    CURLU *u = curl_url();
    int rc = u ? url_parts_check(u, url, inside, reterr) : err_set(reterr, ERR_NO_MEMORY, "no memory for an address");
    curl_url_cleanup(u);
    return rc;
}

/* ---- the exchange ---- */

struct exchange {
    const struct outgoing *o;
    struct buf *body;
    bool refused, full, stopped;
};

static curl_socket_t socket_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address) {
    struct exchange *x = arg;
    if (!x->o->inside && !address_is_public(&address->addr)) {
        x->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t body_take(char *p, size_t size, size_t n, void *arg) {
    struct exchange *x = arg;
    size_t room = x->body->max - x->body->n, take = MIN(room, size * n);
    buf_mem(x->body, p, take);
    x->full = take < size * n;
    return x->full ? 0 : take;
}

static int look(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    struct exchange *x = arg;
    x->stopped = x->o->stop && x->o->stop(x->o->stop_arg);
    return x->stopped;
}

static void options_set(CURL *c, const struct outgoing *o, struct curl_slist *headers, struct exchange *x) {
    curl_easy_setopt(c, CURLOPT_URL, o->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, o->inside ? "http,https" : "https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)o->whole_ms);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)o->body.n);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, o->body.p ? o->body.p : "");
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, socket_open);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, x);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, body_take);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, look);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, x);
}

static enum outgoing_end end_of(CURLcode rc, const struct exchange *x, int status) {
    if (x->stopped)
        return OUTGOING_STOPPED;
    if (rc == CURLE_OK || (x->full && status))
        return OUTGOING_ANSWERED;
    if (x->refused && (rc == CURLE_COULDNT_CONNECT || rc == CURLE_OPERATION_TIMEDOUT))
        return OUTGOING_PRIVATE;
    switch (rc) {
    case CURLE_COULDNT_RESOLVE_HOST: return OUTGOING_UNKNOWN_HOST;
    case CURLE_COULDNT_CONNECT: return OUTGOING_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT: return OUTGOING_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER: return OUTGOING_TLS;
    default: return OUTGOING_BROKEN;
    }
}

const char *outgoing_end_name(enum outgoing_end e) {
    static const char *const names[] = {
#define X(name, text) [OUTGOING_##name] = text,
        OUTGOING_ENDS(X)
#undef X
    };
    return names[e];
}

static struct curl_slist *headers_make(const char *const *lines) {
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"), *more;
    for (; list && *lines; lines++) {
        if (!(more = curl_slist_append(list, *lines))) {
            curl_slist_free_all(list);
            return NULL;
        }
        list = more;
    }
    return list;
}

static void type_keep(CURL *c, struct outgoing_reply *ret) {
    char *type = NULL;
    if (curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type && strlen(type) < sizeof ret->type)
        memcpy(ret->type, type, strlen(type) + 1);
}

int outgoing_post(const struct outgoing *o, struct outgoing_reply *ret, struct err *reterr) {
    curl_ready();
    *ret = (struct outgoing_reply){.body = BUF(o->reply_max)};
    struct exchange x = {.o = o, .body = &ret->body};
    CURL *c = curl_easy_init();
    struct curl_slist *headers = headers_make(o->headers);
    int64_t began = clock_mono_ns();
    CURLcode rc = CURLE_OUT_OF_MEMORY;
    long status = 0;
    if (c && headers) {
        options_set(c, o, headers, &x);
        rc = curl_easy_perform(c);
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
        type_keep(c, ret);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
    if (rc == CURLE_OUT_OF_MEMORY)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for a request");
    ret->took_ms = (clock_mono_ns() - began) / 1000000;
    ret->end = end_of(rc, &x, (int)status);
    ret->cut = x.full;
    ret->status = ret->end == OUTGOING_ANSWERED ? (int)status : 0;
    return 0;
}
