/*
 * argon.c - one computation at a time in each of a few blocks of memory.
 * libsodium maps them anew for each password and fills the map in one call, which holds the lock of
 * the program's whole address space for 20 ms; on a thread of the lowest class (base/background.h) for as long as
 * the core is wanted elsewhere, and whoever's heap must grow meanwhile stands and waits. The reference
 * implementation, which RFC 9106 names, takes memory from its caller. It wipes it afterwards.
 */
#include "service/identity/argon.h"
#include "base/base.h"
#include <argon2.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SALT = 16, TAG = 32, KEPT = 8 };

/* libsodium writes the same, so either reads what the other made. */
#define TEXT_HEAD "$argon2id$v=19$m="
#define TEXT_TAIL ",t=2,p=1$"
_Static_assert(ARGON_PASSES == 2, "as the text form says");
_Static_assert(ARGON_TEXT >= crypto_pwhash_STRBYTES, "room for the text form");

/* Slots and no lock: who takes from here may stand still at any moment. */
static _Atomic(void *) kept[KEPT];
static _Atomic size_t kept_size = (size_t)ARGON_MIB << 20;

void argon_keep(int mib) { kept_size = (size_t)mib << 20; }

static int blocks_take(uint8_t **ret, size_t n) {
    for (int i = 0; i < KEPT && n == kept_size; i++) {
        void *p = atomic_exchange(&kept[i], NULL);
        if (p) {
            *ret = p;
            return ARGON2_OK;
        }
    }
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return ARGON2_MEMORY_ALLOCATION_ERROR;
    madvise(p, n, MADV_DONTDUMP);
    *ret = p;
    return ARGON2_OK;
}

static void blocks_give(uint8_t *p, size_t n) {
    for (int i = 0; i < KEPT && n == kept_size; i++) {
        void *empty = NULL;
        if (atomic_compare_exchange_strong(&kept[i], &empty, p))
            return;
    }
    munmap(p, n);
}

static bool argon_compute(struct str password, int kib, const uint8_t salt[SALT], uint8_t tag[TAG]) {
    argon2_context c = {
        .out = tag,
        .outlen = TAG,
        .pwd = (uint8_t *)password.p,
        .pwdlen = (uint32_t)password.n,
        .salt = (uint8_t *)salt,
        .saltlen = SALT,
        .t_cost = ARGON_PASSES,
        .m_cost = (uint32_t)kib,
        .lanes = 1,
        .threads = 1,
        .version = ARGON2_VERSION_13,
        .allocate_cbk = blocks_take,
        .free_cbk = blocks_give,
        .flags = ARGON2_DEFAULT_FLAGS,
    };
    return argon2_ctx(&c, Argon2_id) == ARGON2_OK;
}

bool argon_make(struct str password, int mib, char dst[ARGON_TEXT]) {
    uint8_t salt[SALT], tag[TAG];
    char salt64[sodium_base64_ENCODED_LEN(SALT, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)];
    char tag64[sodium_base64_ENCODED_LEN(TAG, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)];
    randombytes_buf(salt, sizeof salt);
    if (!argon_compute(password, mib << 10, salt, tag))
        return false;
    sodium_bin2base64(salt64, sizeof salt64, salt, SALT, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    sodium_bin2base64(tag64, sizeof tag64, tag, TAG, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    snprintf(dst, ARGON_TEXT, TEXT_HEAD "%d" TEXT_TAIL "%s$%s", mib << 10, salt64, tag64);
    sodium_memzero(tag, sizeof tag);
    sodium_memzero(tag64, sizeof tag64);
    return true;
}

/* The memory that the text names, where it has our passes and a whole number of MiB; else 0. */
static int kib_read(const char *text, const char **ret_fields) {
    char *end;
    if (strncmp(text, TEXT_HEAD, sizeof TEXT_HEAD - 1) != 0)
        return 0;
    long kib = strtol(text + sizeof TEXT_HEAD - 1, &end, 10);
    if (kib % 1024 || kib < 1024 || kib > ARGON_MIB_MAX * 1024L || strncmp(end, TEXT_TAIL, sizeof TEXT_TAIL - 1) != 0)
        return 0;
    *ret_fields = end + sizeof TEXT_TAIL - 1;
    return (int)kib;
}

/* The two fields after the parameters. */
static bool fields_read(const char *at, uint8_t salt[SALT], uint8_t tag[TAG]) {
    const char *dollar = strchr(at, '$');
    size_t n;
    return dollar &&
           sodium_base642bin(salt, SALT, at, (size_t)(dollar - at), NULL, &n, NULL,
                             sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0 && n == SALT &&
           sodium_base642bin(tag, TAG, dollar + 1, strlen(dollar + 1), NULL, &n, NULL,
                             sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0 && n == TAG;
}

bool argon_matches(const char *text, struct str password) {
    uint8_t salt[SALT], wanted[TAG], tag[TAG];
    const char *fields;
    int kib = kib_read(text, &fields);
    if (!kib || !fields_read(fields, salt, wanted))
        return crypto_pwhash_str_verify(text, password.p, password.n) == 0;
    bool same = argon_compute(password, kib, salt, tag) && sodium_memcmp(tag, wanted, TAG) == 0;
    sodium_memzero(tag, sizeof tag);
    return same;
}
