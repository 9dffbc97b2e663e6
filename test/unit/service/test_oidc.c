/* OpenID sign-in: the published example of a signature. The flow itself is in test/flow. */
#include "world.h"
#include "service/identity/oidc_int.h"
#include "base/buf.h"

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
