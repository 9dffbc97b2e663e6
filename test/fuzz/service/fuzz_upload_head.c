/* Heads of uploads. What is read keeps to its limits; a running hash that is read writes itself as it was. */
#include "engine/blob/hash_state.h"
#include "service/ingest/upload_head.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct str s = str_make((const char *)data, size);
    struct upload_pair pairs[UPLOAD_PAIRS_MAX];
    struct upload_checksum sum;
    struct hash_state state, again;
    char hex[65], text[HASH_STATE_TEXT];
    size_t n = 0, total = 0;
    int64_t number = 0;
    bool flag;
    if (upload_metadata_read(s, &a, pairs, &n)) {
        for (size_t i = 0; i < n; i++)
            total += pairs[i].name.n + pairs[i].value.n;
        if (n > UPLOAD_PAIRS_MAX || total > size)
            abort();
    }
    if (upload_checksum_read(s, &sum) == CHECKSUM_OK && (sum.n > sizeof sum.digest || !sum.algorithm))
        abort();
    if ((sf_size_read(s, &number) || tus_size_read(s, &number)) && number < 0)
        abort();
    sf_bool_read(s, &flag);
    if ((repr_digest_read(s, hex) || sha256_text_read(s, hex)) && strlen(hex) != 64)
        abort();
    if (hash_state_read(s, &state)) {
        hash_state_write(&state, text);
        if (!hash_state_read(str_of(text), &again) || memcmp(&state, &again, sizeof state) != 0)
            abort();
    }
    return 0;
}
