/* Texts by key and revision: a newer revision takes an older one's place, the least recently used goes, threads share it. */
#include "base/kept.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>

static bool has(struct kept *k, const char *key, int64_t revision, const char *text) {
    scoped(buf_done) struct buf b = BUF(1 << 16);
    return kept_get(k, str_of(key), revision, &b) && str_eq(buf_str(&b), str_of(text));
}

Test(kept, is_good_for_its_own_revision_only) {
    struct kept k = {0};
    cr_expect_not(has(&k, "a", 1, "one"));
    kept_put(&k, STR("a"), 1, STR("one"));
    kept_put(&k, STR("b"), 1, STR(""));
    cr_expect(has(&k, "a", 1, "one"));
    cr_expect(has(&k, "b", 1, ""));
    cr_expect_not(has(&k, "a", 2, "one"));
    kept_put(&k, STR("a"), 2, STR("two"));
    cr_expect(has(&k, "a", 2, "two"));
    cr_expect_not(has(&k, "a", 1, "one"), "the newer one took its place");
    kept_clear(&k);
    cr_expect_not(has(&k, "a", 2, "two"));
    kept_clear(&k);
}

Test(kept, a_key_that_is_too_long_is_not_kept) {
    struct kept k = {0};
    char key[KEPT_KEY_MAX + 2] = {0};
    memset(key, 'k', KEPT_KEY_MAX + 1);
    kept_put(&k, str_of(key), 1, STR("x"));
    cr_expect_not(has(&k, key, 1, "x"));
    key[KEPT_KEY_MAX] = 0;
    kept_put(&k, str_of(key), 1, STR("x"));
    cr_expect(has(&k, key, 1, "x"));
    kept_clear(&k);
}

Test(kept, who_is_asked_for_stays_when_there_is_no_more_room) {
    struct kept k = {0};
    char key[32];
    kept_put(&k, STR("wanted"), 1, STR("x"));
    for (int i = 0; i < 3 * KEPT_MAX; i++) {
        snprintf(key, sizeof key, "key %d", i);
        kept_put(&k, str_of(key), 1, str_of(key));
        if (i % 64 == 0)
            cr_assert(has(&k, "wanted", 1, "x"), "at %d", i);
    }
    int left = 0;
    for (int i = 0; i < 3 * KEPT_MAX; i++) {
        snprintf(key, sizeof key, "key %d", i);
        left += has(&k, key, 1, key);
    }
    cr_expect_leq(left, KEPT_MAX);
    cr_expect_gt(left, KEPT_MAX / 2);
    kept_clear(&k);
}

static struct kept shared;
static void *use(void *arg) {
    char key[32], text[64];
    for (int i = 0; i < 20000; i++) {
        int64_t revision = i % 7;
        snprintf(key, sizeof key, "key %d", i * 31 % 500);
        snprintf(text, sizeof text, "%s at %d", key, (int)revision);
        scoped(buf_done) struct buf b = BUF(1 << 10);
        if (kept_get(&shared, str_of(key), revision, &b)) {
            if (!str_eq(buf_str(&b), str_of(text)))
                return arg;
        } else {
            kept_put(&shared, str_of(key), revision, str_of(text));
        }
    }
    return NULL;
}

Test(kept, threads_never_see_anothers_text) {
    pthread_t t[4];
    for (size_t i = 0; i < ARRAY_LEN(t); i++)
        cr_assert_eq(pthread_create(&t[i], NULL, use, &shared), 0);
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        void *wrong;
        pthread_join(t[i], &wrong);
        cr_expect_null(wrong);
    }
    kept_clear(&shared);
}
