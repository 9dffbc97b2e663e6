/*
 * stripe_event.c - the bytes of a webhook (docs.stripe.com/webhooks, "verify manually"): its signature,
 * and of its body only what it is about. What happened is never taken from it: events come twice,
 * late and in any order, so the object itself is read from Stripe.
 */
#include "service/billing/stripe_int.h"
#include <sodium.h>

enum { SIGNATURE_N = 32, HEADER_MAX = 2048 };

static void mac_make(struct str secret, struct str t, struct str body, uint8_t mac[SIGNATURE_N]) {
    crypto_auth_hmacsha256_state h;
    crypto_auth_hmacsha256_init(&h, (const uint8_t *)secret.p, secret.n);
    crypto_auth_hmacsha256_update(&h, (const uint8_t *)t.p, t.n);
    crypto_auth_hmacsha256_update(&h, (const uint8_t *)".", 1);
    if (body.n)
        crypto_auth_hmacsha256_update(&h, (const uint8_t *)body.p, body.n);
    crypto_auth_hmacsha256_final(&h, mac);
}

bool stripe_signature_ok(struct str header, struct str body, struct str secret, int64_t now_ms,
                         int64_t tolerance_ms) {
    struct str t = STR_NULL, rest = header, one;
    uint8_t mac[SIGNATURE_N], said[SIGNATURE_N];
    int64_t at;
    bool ok = false;
    if (!secret.n || header.n > HEADER_MAX)
        return false;
    while (rest.p && !t.p) {
        rest = str_cut(rest, ',', &one);
        one = str_trim(one);
        if (str_starts(one, STR("t=")))
            t = str_slice(one, 2, one.n);
    }
    if (!t.p || t.n > 12 || !str_to_i64(t, &at) || at < 0)
        return false;
    mac_make(secret, t, body, mac);
    for (rest = header; rest.p;) { /* all of them, so that the time tells nothing */
        rest = str_cut(rest, ',', &one);
        one = str_trim(one);
        if (str_starts(one, STR("v1=")) && str_unhex(str_slice(one, 3, one.n), said, sizeof said))
            ok |= sodium_memcmp(mac, said, sizeof said) == 0;
    }
    int64_t off = now_ms - at * 1000;
    return ok && off <= tolerance_ms && off >= -tolerance_ms;
}

static bool take_text(const json_t *o, const char *name, char *dst, size_t cap) {
    struct str s = json_text(o, name);
    if (!s.n || s.n >= cap || !str_is_utf8(s) || memchr(s.p, 0, s.n))
        return false;
    snprintf(dst, cap, STR_FMT, STR_ARG(s));
    return true;
}

int stripe_event_parse(struct str body, struct stripe_event *ret, struct err *reterr) {
    static const char *const names[] = {"payment_id", "setup_id", "refund_id"};
    struct stripe_event ev = {.id = ""};
    struct id id;
    json_t *j = json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, NULL);
    const json_t *o = json_object_get(json_object_get(j, "data"), "object");
    bool ok = str_eq(json_text(j, "object"), STR("event")) && take_text(j, "id", ev.id, sizeof ev.id) &&
              take_text(j, "type", ev.type, sizeof ev.type) && json_is_object(o);
    if (ok) { /* some objects (balance, ...) have no id: nothing of ours is about them */
        take_text(o, "object", ev.object, sizeof ev.object);
        take_text(o, "id", ev.ref, sizeof ev.ref);
        for (size_t i = 0; i < ARRAY_LEN(names) && !ev.subject[0]; i++)
            if (id_parse(json_text(json_object_get(o, "metadata"), names[i]), &id))
                snprintf(ev.subject, sizeof ev.subject, "%s", id.s);
    }
    json_decref(j);
    if (!ok)
        return err_refuse(reterr, ERR_INVALID, "billing.webhook_malformed",
                          "Send an event as Stripe's API describes it.", "not a Stripe event");
    *ret = ev;
    return 0;
}
