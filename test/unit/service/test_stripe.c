/* Stripe's bytes: forms, the signature of a webhook, what an event is about. */
#include "base/buf.h"
#include "service/billing/stripe_int.h"
#include <criterion/criterion.h>

#define T "1700000000"
/* printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac whsec_test */
#define V1 "38877139021993b830af32feea6e18a8da83eb2f6e49ee50bd9e4cf4ca4d3789"
enum { NOW_S = 1700000000, TOLERANCE_MS = 300000 };

static bool ok(const char *header, const char *body, int64_t now_s) {
    return stripe_signature_ok(str_of(header), str_of(body), STR("whsec_test"), now_s * 1000, TOLERANCE_MS);
}

Test(stripe, a_signature_is_right_or_not) {
    const char *body = "{\"a\":1}";
    cr_expect(ok("t=" T ",v1=" V1, body, NOW_S));
    cr_expect(ok("t=" T ",v0=ff,v1=00,v1=" V1 ",v9=x", body, NOW_S), "one of several is enough");
    cr_expect(ok(" t=" T " , v1=" V1, body, NOW_S), "spaces");
    cr_expect(ok("t=" T ",v1=" V1, body, NOW_S + 300));
    cr_expect(ok("t=" T ",v1=" V1, body, NOW_S - 300));
    cr_expect_not(ok("t=" T ",v1=" V1, body, NOW_S + 301), "late");
    cr_expect_not(ok("t=" T ",v1=" V1, body, NOW_S - 301), "early");
    static const char *const bad[] = {"", ",", "t=" T, "v1=" V1, "t=,v1=" V1, "t=" T ",v0=" V1, "t=+" T ",v1=" V1,
                                      "t=-1,v1=" V1, "t=99999999999999999999,v1=" V1, "t=" T ",v1=" V1 "00",
                                      "t=1700000001,v1=" V1, "t=1,t=" T ",v1=" V1};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_expect_not(ok(bad[i], body, NOW_S), "%s", bad[i]);
    cr_expect_not(ok("t=" T ",v1=" V1, "{\"a\":2}", NOW_S), "another body");
    cr_expect_not(stripe_signature_ok(STR("t=" T ",v1=" V1), str_of(body), STR(""), NOW_S * 1000LL, TOLERANCE_MS),
                  "without a secret nothing is right");
}

Test(stripe, an_event_is_about_something) {
    struct stripe_event ev;
    cr_expect_eq(stripe_event_parse(STR("{\"object\":\"event\",\"id\":\"evt_1\",\"type\":\"a.b\",\"data\":{\"object\":{"
                                        "\"object\":\"refund\",\"id\":\"re_1\",\"metadata\":{\"refund_id\":"
                                        "\"01ARZ3NDEKTSV4RRFFQ69G5FAV\"}}}}"), &ev, NULL), 0);
    cr_expect_str_eq(ev.object, "refund");
    cr_expect_str_eq(ev.ref, "re_1");
    cr_expect_str_eq(ev.subject, "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    cr_expect_eq(stripe_event_parse(STR("{\"object\":\"event\",\"id\":\"evt_1\",\"type\":\"balance.available\",\"data\":"
                                        "{\"object\":{\"object\":\"balance\",\"metadata\":{\"payment_id\":\"mine\"}}}}"), &ev, NULL), 0);
    cr_expect_str_eq(ev.ref, "");
    cr_expect_str_eq(ev.subject, "", "what is no id of ours");
    static const char *const bad[] = {"", "[]", "{}", "{\"object\":\"event\"}",
                                      "{\"object\":\"event\",\"id\":1,\"type\":\"x\",\"data\":{\"object\":{}}}",
                                      "{\"object\":\"event\",\"id\":\"e\",\"type\":\"x\",\"data\":{\"object\":[]}}",
                                      "{\"object\":\"event\",\"id\":\"e\\u0000\",\"type\":\"x\",\"data\":{\"object\":{}}}",
                                      "{\"object\":\"event\",\"id\":\"e\",\"type\":\"x\",\"data\":{\"object\":{}}} x"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_expect_eq(stripe_event_parse(str_of(bad[i]), &ev, NULL), ERR_INVALID, "%s", bad[i]);
}

Test(stripe, a_form_is_encoded) {
    scoped(buf_done) struct buf b = BUF(400);
    form_add(&b, "metadata[payment_id]", STR("a b&c=d/é+%"));
    form_add_i64(&b, "amount", 999);
    cr_expect_str_eq(buf_cstr(&b), "metadata%5Bpayment_id%5D=a%20b%26c%3Dd%2F%C3%A9%2B%25&amount=999");
}
