/* id.h - 128-bit, time-ordered identifiers, written as 26 Crockford base32 characters (ULID). Each
 * kind of thing has its own struct type, so that a title's id cannot be passed for an asset's. */
#pragma once
#include "base/str.h"

#define ID_LEN 26
struct id {
    char s[ID_LEN + 1]; /* upper case, NUL-terminated; "" is no id */
};

#define ID_FMT "%s"
#define ID_ARG(id_) (id_).s

/* Unique and increasing within the process; random bits from the kernel. Any thread. */
struct id id_new(int64_t now_ms);
bool id_parse(struct str s, struct id *ret); /* accepts lower case; false: not an id */
/* The id whose 128 bits a UUID writes (RFC 9562 section 4); false: not one. */
bool id_of_uuid(struct str s, struct id *ret);
int64_t id_time_ms(struct id id);
static inline bool id_is_set(struct id id) { return id.s[0] != 0; }
static inline struct str id_str(const struct id *id) {
    return (struct str){id->s, id->s[0] ? ID_LEN : 0};
}

#define ID_KINDS(X)                                                                                \
    X(account) X(profile) X(device) X(session) X(title) X(version) X(asset) X(track) X(playback) X(window) \
    X(import) X(upload) X(job) X(event) X(plan) X(price) X(offer) X(subscription) X(right) X(invoice)            \
    X(payment) X(method) X(refund) X(redemption) X(genre) X(person) X(studio) X(collection) X(bulk) X(api_key) X(hook) X(delivery) X(subtitle)
#define X(kind)                                                                                    \
    struct kind##_id {                                                                             \
        struct id v;                                                                               \
    };
ID_KINDS(X)
#undef X
