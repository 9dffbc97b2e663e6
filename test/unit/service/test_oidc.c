/* OpenID sign-in: where requests may go, and the published example of a signature. The flow itself is in test/flow. */
#include "world.h"
#include "service/identity/oidc_int.h"
#include "base/buf.h"
#include <arpa/inet.h>
#include <netinet/in.h>

Test(oidc, requests_stay_out_of_our_own_networks) {
    static const struct {
        const char *address;
        bool is_public;
    } rows[] = {{"8.8.8.8", true},         {"172.15.0.1", true},     {"172.32.0.1", true},   {"100.63.0.1", true},
                {"0.0.0.0", false},        {"10.1.2.3", false},      {"100.64.0.1", false},  {"127.0.0.1", false},
                {"169.254.169.254", false}, {"172.16.0.1", false},   {"172.31.255.255", false}, {"192.168.1.1", false},
                {"198.18.0.1", false},     {"224.0.0.1", false},     {"255.255.255.255", false},
                {"2606:4700::1", true},    {"::", false},            {"::1", false},         {"::ffff:10.0.0.1", false},
                {"fe80::1", false},        {"fd00::1", false},       {"64:ff9b::a00:1", false}, {"2002:a00:1::1", false},
                {"2001::1", false},        {"ff02::1", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sockaddr_in v4 = {.sin_family = AF_INET};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
        bool six = strchr(rows[i].address, ':') != NULL;
        cr_assert_eq(inet_pton(six ? AF_INET6 : AF_INET, rows[i].address, six ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr), 1);
        const void *sa = six ? (const void *)&v6 : (const void *)&v4;
        cr_expect_eq(oidc_address_is_public(sa), rows[i].is_public, "%s", rows[i].address);
    }
    struct sockaddr other = {.sa_family = AF_UNIX};
    cr_expect(!oidc_address_is_public(&other));
}

static struct str decoded(struct arena *a, const char *text) {
    scoped(buf_done) struct buf b = BUF(4096);
    cr_assert(buf_unbase64url(&b, str_of(text)));
    return str_dup(a, buf_str(&b));
}

/* RFC 7515 appendix A.3: ES256. */
Test(oidc, the_standards_own_signature_verifies_and_no_other) {
    SCOPED_WORLD(w);
    struct arena *a = &w.f.arena;
    struct str text = STR("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
                          "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ");
    struct str sig = decoded(a, "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    struct public_key *k = public_key_es256(decoded(a, "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                                            decoded(a, "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
    cr_assert(k);
    cr_expect(public_key_verify_jose(k, text, sig));
    cr_expect(!public_key_verify_jose(k, text, str_slice(sig, 0, 63)));
    cr_expect(!public_key_verify(k, text, sig)); /* DER is due there */
    for (size_t i = 0; i < sig.n; i++) {
        ((char *)sig.p)[i] ^= 1;
        cr_expect(!public_key_verify_jose(k, text, sig), "byte %zu", i);
        ((char *)sig.p)[i] ^= 1;
    }
    public_key_free(k);
}
