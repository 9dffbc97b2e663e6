/* Grants and licence requests. Bytes without our signature are never a right; bytes with it are
 * read whole or refused, and what is read is written again as the same text. */
#include "base/buf.h"
#include "service/keys/keys_int.h"
#include "service/licence/licence_int.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static uint8_t key[32];

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    setenv("MATINEE_MASTER_KEY", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
           1);
    if (master_key_load("/nowhere", NULL) || keys_derive("grant", key, NULL))
        abort();
    return 0;
}

static struct str signed_text(struct str body, struct arena *a) {
    scoped(buf_done) struct buf b = BUF(4096);
    uint8_t tag[32];
    crypto_auth_hmacsha256(tag, (const uint8_t *)body.p, body.n, key);
    buf_add(&b, body);
    buf_byte(&b, '.');
    buf_base64url(&b, tag, sizeof tag);
    return b.failed ? STR_NULL : str_dup(a, buf_str(&b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct str s = str_make((const char *)data, size), text, again;
    struct kids kids = {.n = 0};
    struct grant g;
    struct err err = {0};
    if (grant_read(s, 0, &g, &err) != ERR_FORBIDDEN ||
        strcmp(err.reason, "licence.grant_forged") != 0)
        abort();
    if (size < 400 && (text = signed_text(s, &a)).p && grant_read(text, INT64_MIN, &g, NULL) == 0) {
        /* Leading zeros and lower-case ids are read too; writing brings them to one form. */
        struct grant same;
        if (grant_write(&g, &a, &again, NULL) || grant_read(again, INT64_MIN, &same, NULL) ||
            memcmp(&same, &g, sizeof g) != 0)
            abort();
    }
    if (licence_kids_read(s, &kids, NULL) == 0 && (kids.n == 0 || kids.n > KIDS_MAX))
        abort();
    return 0;
}
