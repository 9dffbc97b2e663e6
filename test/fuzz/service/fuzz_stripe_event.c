/* A webhook of Stripe's: up to the first newline the signature header, then the body. Bytes without our
 * signature never verify; with it they do, within the tolerance and not beyond; what is read of an
 * event is bounded and UTF-8. */
#include "base/buf.h"
#include "service/billing/stripe_int.h"
#include <sodium.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str header, body = str_cut(str_make((const char *)data, size), '\n', &header);
    struct str secret = STR("whsec_of_the_fuzzer");
    scoped(buf_done) struct buf text = BUF(4 << 20), good = BUF(4096);
    uint8_t mac[32];
    crypto_auth_hmacsha256_state h;
    body = body.p ? body : STR("");
    if (stripe_signature_ok(header, body, secret, 1000000, 300000))
        abort();
    buf_addc(&text, "1000.");
    buf_add(&text, body);
    crypto_auth_hmacsha256_init(&h, (const uint8_t *)secret.p, secret.n);
    crypto_auth_hmacsha256_update(&h, text.p, text.n);
    crypto_auth_hmacsha256_final(&h, mac);
    buf_addc(&good, "t=1000,v1=00,v1=");
    buf_hex(&good, mac, sizeof mac);
    if (!stripe_signature_ok(buf_str(&good), body, secret, 1300000, 300000) ||
        !stripe_signature_ok(buf_str(&good), body, secret, 700000, 300000) ||
        stripe_signature_ok(buf_str(&good), body, secret, 1300001, 300000) ||
        stripe_signature_ok(buf_str(&good), body, secret, 699999, 300000) ||
        stripe_signature_ok(buf_str(&good), body, STR("another"), 1000000, 300000))
        abort();
    struct stripe_event ev;
    if (stripe_event_parse(body, &ev, NULL) == 0) {
        struct id id;
        if (!ev.id[0] || !ev.type[0] || !str_is_utf8(str_of(ev.id)) || !str_is_utf8(str_of(ev.ref)) ||
            (ev.subject[0] && !id_parse(str_of(ev.subject), &id)))
            abort();
    }
    return 0;
}
