/* argon.h - Argon2id (RFC 9106) in memory that is kept, so that the kernel is not asked for it each time. */
#pragma once
#include "base/str.h"

enum {
    ARGON_PASSES = 2,
    ARGON_KIB = 64 << 10,
    ARGON_TEXT = 128, /* of the text form; as long as libsodium's */
};

/* The text form with a random salt and the parameters above, ended by NUL. False: no memory. sodium_init was called;
 * any thread; takes no lock. */
bool argon_make(struct str password, char dst[ARGON_TEXT]);
/* text ends in NUL. Other parameters than ours are libsodium's to compute. */
bool argon_matches(const char *text, struct str password);
