/* fuzz_passkey.c - any bytes as what an authenticator or a browser says: an attestation object, authenticator data, a COSE key,
 * client data; and as a whole registration, which nobody makes by chance for a site that is not in the corpus. */
#include "service/identity/webauthn.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(struct str part, struct str whole) {
    return !part.p || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str in = str_make((const char *)data, size);
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct attestation at;
    struct auth_data d;
    struct webauthn_client client;
    struct webauthn_credential c;
    if (attestation_parse(in, &at) && !(inside(at.auth_data, in) && inside(at.sig, in) && inside(at.format, in)))
        abort();
    struct str inner = at.auth_data.p ? at.auth_data : in;
    if (auth_data_parse(inner, &d)) {
        if (!inside(d.credential_id, inner) || !inside(d.key, inner) || !inside(d.aaguid, inner))
            abort();
        if ((d.flags & AUTH_AT) && (d.credential_id.n == 0 || d.credential_id.n > CREDENTIAL_ID_MAX))
            abort();
    }
    public_key_free(cose_key_parse(d.key.p ? d.key : in));
    webauthn_client_read(in, &a, &client, NULL);
    static const struct webauthn_site site = {{"other.example.org", 17}, {"https://other.example.org", 25}};
    if (webauthn_register(&site, STR("{\"type\":\"webauthn.create\",\"challenge\":\"x\",\"origin\":\"https://other.example.org\"}"),
                          in, &a, &c, NULL) == 0)
        abort();
    return 0;
}
