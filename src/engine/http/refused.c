/*
 * refused.c - what was refused, for whoever watches over the house: one line a refusal (401, 403, 429) at level info. It
 * names the network, not the address, and no value that was sent. A flood writes a line a refusal too few, never too many:
 * beyond REFUSED_A_SECOND they are counted, and the count is the next second's first line.
 */
#include "engine/http/http_int.h"
#include "base/log.h"
#include <arpa/inet.h>

enum { REFUSED_A_SECOND = 50 };

struct str network_of(struct str address, char dst[NETWORK_CAP]) {
    char text[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    struct str plain;
    str_cut(address, '/', &plain);
    if (!plain.n || plain.n >= sizeof text)
        return STR("local");
    memcpy(text, plain.p, plain.n);
    text[plain.n] = 0;
    if (inet_pton(AF_INET, text, bytes) == 1)
        return str_make(dst, (size_t)snprintf(dst, NETWORK_CAP, "%d.%d.%d.0/24", bytes[0], bytes[1], bytes[2]));
    if (inet_pton(AF_INET6, text, bytes) != 1)
        return STR("local");
    memset(bytes + 6, 0, 10);
    inet_ntop(AF_INET6, bytes, text, sizeof text);
    return str_make(dst, (size_t)snprintf(dst, NETWORK_CAP, "%s/48", text));
}

/* Whether one more line may be written in this second. Any thread; a second's border may let one more through. */
static bool line_due(int64_t now_s) {
    static _Atomic int64_t second;
    static _Atomic int64_t lines;
    int64_t before = atomic_load(&second);
    if (before != now_s && atomic_compare_exchange_strong(&second, &before, now_s)) {
        int64_t n = atomic_exchange(&lines, 0);
        if (n > REFUSED_A_SECOND)
            log_event(LOG_WARN, "security.refused_unlogged", LI("n", n - REFUSED_A_SECOND));
    }
    return atomic_fetch_add(&lines, 1) < REFUSED_A_SECOND;
}

void refused_log(struct request *rq, const struct err *e) {
    char network[NETWORK_CAP];
    int status = err_status(e->code);
    if ((status != 401 && status != 403 && status != 429) || !line_due(rq->now_ms / 1000))
        return;
    log_event(LOG_INFO, "security.refused", LS("method", rq->method_known ? method_name(rq->method) : "-"),
              LS("route", rq->route ? rq->route->path : "-"), LI("status", status), LS("code", err_reason(e)),
              LSTR("account", id_is_set(rq->who.account.v) ? id_str(&rq->who.account.v) : STR("-")),
              LSTR("key", id_is_set(rq->who.key.v) ? id_str(&rq->who.key.v) : STR("-")),
              LSTR("session", id_is_set(rq->who.session.v) ? id_str(&rq->who.session.v) : STR("-")),
              LSTR("network", network_of(request_address(rq), network)));
}
