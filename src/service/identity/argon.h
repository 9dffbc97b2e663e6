/* argon.h - Argon2id (RFC 9106) in memory that is kept, so that the kernel is not asked for it each time. */
#pragma once
#include "base/str.h"

enum {
    ARGON_PASSES = 2,
    ARGON_MIB = 64,        /* libsodium's interactive memory; the setting password-memory */
    ARGON_MIB_MIN = 19,    /* OWASP's least for two passes */
    ARGON_MIB_MAX = 1024,
    ARGON_TEXT = 128, /* of the text form; as long as libsodium's */
};

/* Computations with so much memory keep it, ARGON_MIB unless this says otherwise: the same in all calls of a process. Of hashes with
 * another there are ever fewer, for they are remade at their owner's next sign-in. */
void argon_keep(int mib);
/* The text form with a random salt, two passes over mib MiB, ended by NUL. False: no memory. sodium_init was called;
 * any thread; takes no lock. */
bool argon_make(struct str password, int mib, char dst[ARGON_TEXT]);
/* text ends in NUL and says the parameters. Other passes than ours are libsodium's to compute. */
bool argon_matches(const char *text, struct str password);
