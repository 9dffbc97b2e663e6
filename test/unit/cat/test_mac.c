#include "base/buf.h"
#include "engine/cat/mac.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

static const struct {
    const char *key, *text, *tag;
} vectors[] = {/* RFC 4231 sections 4.2 to 4.4 */
               {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
               {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
               {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
                "dddddddddddddddddddddddddddddddddddd",
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"}};

static void vector_check(size_t i) {
    scoped(buf_done) struct buf key = BUF(100), text = BUF(100), got = BUF(100);
    uint8_t tag[MAC_LEN];
    cr_assert(buf_unhex(&key, str_of(vectors[i].key)) && buf_unhex(&text, str_of(vectors[i].text)));
    cr_assert(mac_sha256(key.p, key.n, buf_str(&text), tag));
    buf_hex(&got, tag, sizeof tag);
    cr_expect_str_eq(buf_cstr(&got), vectors[i].tag);
}

/* More keys than are kept, in an order that throws each of them out and asks for it again. */
static void *all_check(void *unused) {
    uint8_t tag[MAC_LEN];
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
            vector_check(i);
            vector_check(i);
            for (uint8_t other = 0; other < round * 3; other++)
                cr_assert(mac_sha256((uint8_t[]){other, 1}, 2, STR("x"), tag));
        }
    return NULL;
}

Test(mac, is_hmac_sha256_whichever_key_came_before) {
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, all_check, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
}

Test(mac, a_key_that_begins_like_another_is_another) {
    uint8_t a[MAC_LEN], b[MAC_LEN];
    cr_assert(mac_sha256((const uint8_t *)"keykey", 3, STR("x"), a));
    cr_assert(mac_sha256((const uint8_t *)"keykey", 6, STR("x"), b));
    cr_expect_arr_neq(a, b, MAC_LEN);
}
