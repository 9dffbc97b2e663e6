/* fuzz_id_token.c - any bytes as an ID token, and as the keys that a provider publishes: nobody signs by chance. */
#include "service/identity/oidc.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static json_t *keys;
    if (!keys)
        keys = json_loads("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\",\"alg\":\"ES256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                          "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}", 0, NULL);
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct str in = str_make((const char *)data, size);
    struct oidc_expected x = {STR("https://id.example.org"), STR("matinee"), STR("n"), STR("t"), 1000};
    struct oidc_person who;
    if (id_token_verify(in, keys, &x, &a, &who, NULL) == 0)
        abort();
    json_t *o = json_loadb((const char *)data, size, 0, NULL);
    if (o)
        id_token_verify(STR("eyJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ.e30.AAAA"), o, &x, &a, &who, NULL);
    json_decref(o);
    return 0;
}
