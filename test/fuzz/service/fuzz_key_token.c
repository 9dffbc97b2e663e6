/* fuzz_key_token.c - what a stranger sends as a key: what passes has the shape, and one that we made passes until a character of it is
 * another. */
#include "service/developer/key_token.h"
#include "engine/http/http.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str token = {(const char *)data, size};
    struct key_token made;
    struct err e = {0};
    char hash[KEY_HASH_CAP];
    if (key_token_ok(token)) {
        if (size != KEY_LEN || !str_starts(token, STR(KEY_PREFIX)))
            abort();
        key_token_hash(token, hash);
    }
    if (size < 2 || key_token_make(&made, &e) < 0)
        return 0;
    if (!key_token_ok(str_of(made.s)))
        abort();
    size_t at = data[0] % KEY_LEN;
    bool other = made.s[at] != (char)data[1];
    made.s[at] = (char)data[1];
    if (other && key_token_ok((struct str){made.s, KEY_LEN}))
        abort(); /* CRC-32 sees every change of one byte */
    return 0;
}
