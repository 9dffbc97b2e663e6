/*
 * outgoing.h - requests to addresses that somebody typed or that another server named (SSRF). What a name leads to is looked
 * at where the connection is made, so that no name server changes it in between; redirects are not followed, no proxy and no
 * .netrc of the environment is used. Any thread; blocks.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct sockaddr;
/* Whether it lies in nobody's own network: of IPv4 what is not reserved (RFC 6890), of IPv6 what is global unicast (2000::/3)
 * and hides no IPv4 address (6to4, Teredo). */
bool address_is_public(const struct sockaddr *sa);
/* "203.0.113.0/24", "2001:db8::/32", or one address. False: not one. */
bool address_range_ok(struct str range);
/* Whether a client's address ("203.0.113.7") lies in one of the blank-separated ranges. */
bool address_in_ranges(struct str address, struct str ranges);

/* https, or http where inside; a host, no user, no fragment; not an address of our own networks unless inside.
 * ERR_INVALID with a sentence. */
int outgoing_url_check(const char *url, bool inside, struct err *reterr);

/* One line "Name: value", with nothing in it that would begin another. */
bool outgoing_header_ok(struct str line);

struct outgoing {
    const char *url;
    const char *const *headers; /* "Name: value", NULL ends */
    struct str body;            /* POSTed */
    bool inside;                /* private addresses and plain http, too */
    int connect_ms, whole_ms;
    size_t reply_max;           /* bytes; the rest of an answer is not read */
    bool (*stop)(void *arg);    /* may be NULL; true breaks off: OUTGOING_STOPPED */
    void *stop_arg;
};
#define OUTGOING_ENDS(X)                                                                           \
    X(ANSWERED, "")               /* status is set */                                              \
    X(STOPPED, "stopped")                                                                          \
    X(PRIVATE, "private_address") /* the name leads into our own networks */                       \
    X(UNKNOWN_HOST, "unknown_host")                                                                \
    X(UNREACHABLE, "unreachable")                                                                  \
    X(TLS, "tls")                 /* no certificate that we trust, or no TLS at all */             \
    X(TIMEOUT, "timeout")                                                                          \
    X(BROKEN, "broken")           /* no HTTP answer came of it */
enum outgoing_end {
#define X(name, text) OUTGOING_##name,
    OUTGOING_ENDS(X)
#undef X
};
const char *outgoing_end_name(enum outgoing_end e); /* "timeout" */
struct outgoing_reply {
    enum outgoing_end end;
    int status;
    int64_t took_ms;
    struct buf body; /* at most reply_max bytes; buf_done */
    bool cut;        /* there was more of it */
    char type[128];  /* Content-Type; empty: none, or a longer one */
};
/* The outcome is in *ret; negative only without memory. */
int outgoing_post(const struct outgoing *o, struct outgoing_reply *ret, struct err *reterr);
