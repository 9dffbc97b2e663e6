/* What is written here libsodium reads, and the reverse: hashes of either are in the tables. */
#include "service/identity/argon.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <sodium.h>

#define PASSWORD "correct horse battery"

TestSuite(argon, .timeout = 120);

Test(argon, libsodium_reads_what_is_made) {
    char text[ARGON_TEXT], again[ARGON_TEXT];
    cr_assert(sodium_init() >= 0);
    cr_assert(argon_make(STR(PASSWORD), ARGON_MIB, text));
    cr_assert_eq(crypto_pwhash_str_verify(text, PASSWORD, strlen(PASSWORD)), 0);
    cr_assert_neq(crypto_pwhash_str_verify(text, "something else", 14), 0);
    cr_assert_eq(crypto_pwhash_str_needs_rehash(text, ARGON_PASSES, (size_t)ARGON_MIB << 20), 0);
    cr_assert(argon_make(STR(PASSWORD), ARGON_MIB, again));
    cr_assert_str_neq(text, again, "every hash has a salt of its own");
}

Test(argon, what_libsodium_made_is_read) {
    char text[crypto_pwhash_STRBYTES];
    cr_assert(sodium_init() >= 0);
    cr_assert_eq(crypto_pwhash_str_alg(text, PASSWORD, strlen(PASSWORD), ARGON_PASSES, (size_t)ARGON_MIB << 20,
                                       crypto_pwhash_ALG_ARGON2ID13), 0);
    cr_assert(argon_matches(text, STR(PASSWORD)));
    cr_assert_not(argon_matches(text, STR("correct horse batterie")));
    cr_assert_not(argon_matches(text, STR_NULL));
}

Test(argon, other_parameters_are_read_too) {
    char text[crypto_pwhash_STRBYTES];
    cr_assert(sodium_init() >= 0);
    cr_assert_eq(crypto_pwhash_str_alg(text, PASSWORD, strlen(PASSWORD), 3, 8 << 20, crypto_pwhash_ALG_ARGON2ID13), 0);
    cr_assert(argon_matches(text, STR(PASSWORD)));
    cr_assert_not(argon_matches(text, STR("no")));
}

Test(argon, another_memory_is_ours_to_make_and_to_read) {
    char text[ARGON_TEXT], of_sodium[crypto_pwhash_STRBYTES];
    cr_assert(sodium_init() >= 0);
    cr_assert(argon_make(STR(PASSWORD), ARGON_MIB_MIN, text));
    cr_assert_eq(crypto_pwhash_str_verify(text, PASSWORD, strlen(PASSWORD)), 0);
    cr_assert_eq(crypto_pwhash_str_needs_rehash(text, ARGON_PASSES, (size_t)ARGON_MIB_MIN << 20), 0);
    cr_assert_neq(crypto_pwhash_str_needs_rehash(text, ARGON_PASSES, (size_t)ARGON_MIB << 20), 0);
    cr_assert(argon_matches(text, STR(PASSWORD)));
    cr_assert_not(argon_matches(text, STR("no")));
    cr_assert_eq(crypto_pwhash_str_alg(of_sodium, PASSWORD, strlen(PASSWORD), ARGON_PASSES, 32 << 20, crypto_pwhash_ALG_ARGON2ID13), 0);
    cr_assert(argon_matches(of_sodium, STR(PASSWORD)));
    cr_assert_not(argon_matches(of_sodium, STR("no")));
}

Test(argon, a_damaged_text_matches_nothing) {
    char text[ARGON_TEXT];
    cr_assert(sodium_init() >= 0);
    cr_assert(argon_make(STR(PASSWORD), ARGON_MIB, text));
    for (size_t n = 0; n < strlen(text); n += 7) {
        char cut[ARGON_TEXT];
        snprintf(cut, sizeof cut, "%.*s", (int)n, text);
        cr_assert_not(argon_matches(cut, STR(PASSWORD)), "%s", cut);
    }
    char *salt = strrchr(text, '$') - 3;
    *salt = *salt == 'A' ? 'B' : 'A';
    cr_assert_not(argon_matches(text, STR(PASSWORD)));
}

static void *verify(void *text) { return argon_matches(text, STR(PASSWORD)) ? NULL : text; }

Test(argon, several_at_a_time_do_not_share_memory) {
    char text[ARGON_TEXT];
    pthread_t t[3];
    cr_assert(sodium_init() >= 0);
    cr_assert(argon_make(STR(PASSWORD), ARGON_MIB, text));
    for (int i = 0; i < 3; i++)
        cr_assert_eq(pthread_create(&t[i], NULL, verify, text), 0);
    for (int i = 0; i < 3; i++) {
        void *wrong;
        pthread_join(t[i], &wrong);
        cr_assert_null(wrong);
    }
}
