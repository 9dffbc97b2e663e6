/* test_seal.c - a sealed file opens from any place in it, and not at all once a byte of it was touched. */
#include "fixture.h"
#include "media/seal/seal.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

static const uint8_t key[SEAL_KEY] = {1, 2, 3}, other[SEAL_KEY] = {1, 2, 4};
enum { SIZE = 3 * SEAL_CHUNK + 777 };

static uint8_t byte_at(size_t i) { return (uint8_t)(i * 7 + i / 256); }

static int sealed_file(size_t size) {
    int from = fixture_temp(), to = fixture_temp();
    uint8_t *clear = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        clear[i] = byte_at(i);
    cr_assert_eq(pwrite(from, clear, size, 0), (ssize_t)size);
    struct err e = {0};
    cr_assert_eq(seal_write(from, to, key, NULL, NULL, &e), 0, "%s", e.msg);
    free(clear);
    close(from);
    return to;
}

static int opened(int fd, const uint8_t *with, struct sealed **ret) {
    struct err e = {0};
    return sealed_open(fd, with, ret, &e);
}

Test(seal, reads_what_went_in_from_any_place) {
    static const struct { int64_t at; size_t n; ssize_t got; } reads[] = {
        {0, 10, 10}, {SEAL_CHUNK - 5, 10, 10}, {0, SIZE, SIZE}, {SIZE - 3, 10, 3}, {SIZE, 10, 0}, {SIZE + 99, 1, 0},
        {2 * SEAL_CHUNK, SEAL_CHUNK, SEAL_CHUNK}, {1, 2 * SEAL_CHUNK, 2 * SEAL_CHUNK}};
    int fd = sealed_file(SIZE);
    struct sealed *s;
    uint8_t *got = malloc(SIZE);
    cr_assert_eq(opened(fd, key, &s), 0);
    cr_assert_eq(sealed_size(s), SIZE);
    for (size_t k = 0; k < ARRAY_LEN(reads); k++) {
        cr_assert_eq(sealed_pread(s, got, reads[k].n, reads[k].at), reads[k].got, "read %zu", k);
        for (ssize_t i = 0; i < reads[k].got; i++)
            cr_assert_eq(got[i], byte_at((size_t)(reads[k].at + i)), "read %zu, byte %zd", k, i);
    }
    cr_assert_eq(sealed_pread(s, got, 1, -1), -1);
    sealed_free(s);
    free(got);
}

Test(seal, nothing_clear_lies_in_it) {
    struct fixture_file f = fixture_read(sealed_file(SIZE));
    uint8_t clear[32];
    for (size_t i = 0; i < sizeof clear; i++)
        clear[i] = byte_at(1000 + i);
    cr_assert_null(memmem(f.p, f.n, clear, sizeof clear));
    cr_assert_eq(f.n, SIZE + SEAL_HEAD + 4 * SEAL_TAG);
    free(f.p);
}

Test(seal, an_empty_file_and_one_of_whole_chunks) {
    static const size_t sizes[] = {0, SEAL_CHUNK};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct sealed *s;
        uint8_t b[2];
        int fd = sealed_file(sizes[i]);
        cr_assert_eq(opened(fd, key, &s), 0);
        cr_assert_eq(sealed_size(s), (int64_t)sizes[i]);
        cr_assert_eq(sealed_pread(s, b, 1, (int64_t)sizes[i]), 0);
        sealed_free(s);
    }
}

Test(seal, another_key_a_touched_byte_a_cut_and_swapped_chunks_do_not_open) {
    struct sealed *s;
    uint8_t a[SEAL_CHUNK + SEAL_TAG], b[SEAL_CHUNK + SEAL_TAG], got[8];
    cr_assert_eq(opened(sealed_file(SIZE), other, &s), ERR_CORRUPT);
    int fd = sealed_file(SIZE);
    cr_assert_eq(ftruncate(fd, SIZE), 0);
    cr_assert_eq(opened(fd, key, &s), ERR_CORRUPT);
    fd = sealed_file(SIZE);
    cr_assert_eq(pwrite(fd, "x", 1, 23), 1); /* the size that is said to be inside */
    cr_assert_eq(opened(fd, key, &s), ERR_CORRUPT);
    fd = sealed_file(SIZE);
    off_t second = SEAL_HEAD + sizeof a, third = second + (off_t)sizeof a;
    cr_assert_eq(pread(fd, a, sizeof a, second), (ssize_t)sizeof a);
    cr_assert_eq(pread(fd, b, sizeof b, third), (ssize_t)sizeof b);
    cr_assert_eq(pwrite(fd, b, sizeof b, second), (ssize_t)sizeof b);
    cr_assert_eq(opened(fd, key, &s), 0);
    errno = 0;
    cr_assert_eq(sealed_pread(s, got, sizeof got, SEAL_CHUNK), -1);
    cr_assert_eq(errno, EBADMSG);
    cr_assert_eq(sealed_pread(s, got, sizeof got, 5), (ssize_t)sizeof got, "the first is still whole");
    sealed_free(s);
}

Test(seal, a_source_that_is_sealed_reads_like_any_other) {
    struct err e = {0};
    char hex[2 * SEAL_KEY + 1];
    uint8_t got[4];
    int fd = sealed_file(100);
    for (size_t i = 0; i < SEAL_KEY; i++)
        snprintf(hex + 2 * i, 3, "%02x", key[i]);
    cr_assert_eq(fd_size(fd), SEAL_HEAD + 100 + SEAL_TAG);
    cr_assert_eq(fd_unseal(fd, "no key", &e), ERR_INVALID);
    cr_assert_eq(fd_unseal(fd, hex, &e), 0, "%s", e.msg);
    cr_assert_eq(fd_size(fd), 100);
    cr_assert_eq(fd_pread(fd, got, 4, 98), 2);
    cr_assert_eq(got[0], byte_at(98));
}
