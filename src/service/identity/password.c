/*
 * password.c - Argon2id (RFC 9106), and which passwords are too weak to take.
 * Parameters (argon.h) are libsodium's interactive ones: 2 passes over 64 MiB, some 60 ms of one core, unless the
 * setting password-memory says otherwise. The pool that asks for it is small, so the memory is bounded by its size. They
 * stand in the hash, and one that has others is remade at the next sign-in.
 * It runs in the background (docs/decisions/0015): a surge of sign-ins takes what Play leaves over.
 */
#include "service/identity/identity_int.h"
#include "base/background.h"
#include "service/identity/argon.h"
#include <sodium.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

_Static_assert((int)PASSWORD_HASH_CAP >= (int)ARGON_TEXT, "room for the text form");

/* The head of every published list; all lower case, compared without regard to case. */
static const char *const commonest[] = {
    "12345678",    "123456789",  "1234567890", "password",   "password1",     "password12",
    "password123", "passw0rd",   "p@ssw0rd",   "p@ssword",   "qwertyuiop",    "qwerty123",
    "qwerty12",    "qwertyui",   "1q2w3e4r",   "1q2w3e4r5t", "1qaz2wsx",      "zaq12wsx",
    "iloveyou",    "iloveyou1",  "sunshine",   "princess",   "football",      "football1",
    "baseball",    "superman",   "batman123",  "trustno1",   "welcome1",      "welcome123",
    "letmein1",    "letmein123", "admin123",   "admin1234",  "administrator", "changeme",
    "changeme1",   "11111111",   "00000000",   "88888888",   "12341234",      "11223344",
    "87654321",    "987654321",  "123123123",  "abc12345",   "abcd1234",      "a1b2c3d4",
    "asdfghjkl",   "asdfasdf",   "asdf1234",   "zxcvbnm1",   "michelle",      "jennifer",
    "charlie1",    "computer",   "internet",   "whatever",   "starwars",      "pokemon1",
    "samsung1",    "google123",  "dragon123",  "monkey123",  "master123",     "mustang1",
    "corvette",    "liverpool",  "chelsea1",   "arsenal1",   "test1234",      "testtest",
    "secret123",   "matinee1",   "matinee123", "movienight", "azertyuiop",    "motdepasse",
    "passwort",    "contrasena", "q1w2e3r4",   "1111111111", "qazwsxedc",     "aaaaaaaa",
};

struct metric identity_metrics[] = {
    {"matinee_password_hashes_total", METRIC_COUNTER, "Argon2id computations: what a sign-in costs, and what tells by its time.", NULL},
    {0}};

/* Set once, before the program has threads. */
static int memory_mib = ARGON_MIB;

void password_memory_set(int mib) { memory_mib = mib; }

static bool one_character(struct str s) {
    for (size_t i = 1; i < s.n; i++)
        if (s.p[i] != s.p[0])
            return false;
    return true;
}

/* Characters, not bytes: "ß" is as hard to guess as "s" (NIST SP 800-63B section 5.1.1.2). */
static int64_t characters(struct str s) {
    int64_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return n;
}

int password_check_rule(const struct engine *e, unsigned roles, struct str password, struct str email, struct err *reterr) {
    const char *why = NULL;
    char short_of[60];
    int64_t n = characters(password), least = e->config ? config_int(e->config, "password-min") : PASSWORD_MIN;
    struct str local;
    str_cut(email, '@', &local);
    if (roles & ~(unsigned)ROLE_VIEWER)
        least = MAX(least, PASSWORD_STAFF_MIN);
    snprintf(short_of, sizeof short_of, "Choose a password of at least %d characters.", (int)least);
    if (!str_is_utf8(password))
        why = "The password holds characters that could not be read; type it again.";
    else if (n < least)
        why = short_of;
    else if (n > PASSWORD_MAX)
        why = "Choose a password of at most 128 characters.";
    else if (str_eq_nocase(password, email) || str_eq_nocase(password, local))
        why = "Choose a password that is not your e-mail address.";
    else if (one_character(password))
        why = "Choose a password that is not one character repeated.";
    for (size_t i = 0; !why && i < ARRAY_LEN(commonest); i++)
        if (str_eq_nocase(password, str_of(commonest[i])))
            why = "This password is one of the first that anybody would try; choose another.";
    if (!why && password_is_refused(e, password, NULL) > 0)
        why = "This password is in a list of known ones that thieves try first; choose another.";
    if (!why)
        return 0;
    return err_refuse(reterr, ERR_INVALID, "account.password_weak", why,
                      "the password is too weak");
}

/* What is longer is cut for the computation, and never right: a hash is only made of PASSWORD_MAX. */
struct hashing {
    char text[PASSWORD_HASH_CAP]; /* to be compared with, or the result */
    char password[PASSWORD_MAX];
    size_t n;
    int mib;
    bool compare, ok;
};

static void hashing_work(void *state) {
    struct hashing *h = state;
    struct str password = str_make(h->password, h->n);
    argon_keep(h->mib); /* this may be another process */
    h->ok = h->compare ? argon_matches(h->text, password) : argon_make(password, h->mib, h->text);
}

static void hashing_run(struct hashing *h, struct str password) {
    h->mib = memory_mib;
    h->n = MIN(password.n, sizeof h->password);
    if (h->n)
        memcpy(h->password, password.p, h->n);
    metric_add(&identity_metrics[0], 1);
    background_run(hashing_work, h, sizeof *h);
    sodium_memzero(h->password, sizeof h->password);
    h->ok = h->ok && h->n == password.n;
}

int password_hash(struct str password, char *dst, struct err *reterr) {
    if (sodium_init() < 0)
        return err_set(reterr, ERR_INTERNAL, "libsodium could not be initialised");
    struct hashing h = {0};
    hashing_run(&h, password);
    if (!h.ok && password.n > sizeof h.password)
        return err_set(reterr, ERR_INVALID, "the password has more than %d bytes", PASSWORD_MAX);
    if (!h.ok)
        return err_set(reterr, ERR_NO_MEMORY, "no memory to hash a password (%d MiB are needed)", memory_mib);
    memcpy(dst, h.text, sizeof h.text);
    return 0;
}

/* Made once, of a random password with the parameters in force, so that it costs what a real one
 * does. */
static char dummy[PASSWORD_HASH_CAP];
static pthread_once_t dummy_once = PTHREAD_ONCE_INIT;

static void dummy_make(void) {
    char random[32];
    if (sodium_init() < 0)
        return;
    randombytes_buf(random, sizeof random);
    if (password_hash(str_make(random, sizeof random), dummy, NULL))
        dummy[0] = 0;
}

bool password_matches(struct str hash, struct str password) {
    struct hashing h = {.compare = true};
    bool known = hash.n && hash.n < sizeof h.text; /* empty: the account has none */
    pthread_once(&dummy_once, dummy_make);
    memcpy(h.text, known ? hash.p : dummy, known ? hash.n : sizeof h.text);
    hashing_run(&h, password);
    return known && h.ok;
}

bool password_hash_is_old(struct str hash) {
    char text[PASSWORD_HASH_CAP];
    if (!hash.p || hash.n >= sizeof text)
        return true;
    memcpy(text, hash.p, hash.n);
    text[hash.n] = 0;
    return crypto_pwhash_str_needs_rehash(text, ARGON_PASSES, (size_t)memory_mib << 20) != 0;
}
