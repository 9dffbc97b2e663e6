/* fuzz_cat.c - any bytes as a token, as what a right tag was put on, and as a key file. */
#include "engine/cat/cat.h"
#include "engine/cat/cbor.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct cat_verifier *v;
    struct cat_key keys[4] = {{.kid = {0x11}, .kid_len = 1, .secret_len = 32}};
    struct cat_claims claims;
    struct str in = str_make((const char *)data, size);
    if (!v)
        v = cat_verifier_new(keys, 1);
    if (cat_verify(v, in, STR("/a/b"), 1000, &claims) == CAT_OK)
        abort(); /* nobody guesses a tag */
    if (cat_verify_payload(in, STR("/a/b"), 1000, &claims) == CAT_OK && claims.exp_s <= 1000)
        abort();
    cat_keys_parse(in, keys, ARRAY_LEN(keys));
    struct cbor c = {data, data + size};
    while (cbor_skip(&c))
        if (c.p > c.end)
            abort();
    return 0;
}
