/*
 * revoked.h - playbacks whose tokens are refused before they end: a file that the app replaces, one
 * id (the token's cti) a line. Nothing of nginx in here, so that it is tested and fuzzed on its own.
 * One thread.
 */
#pragma once
#include "base/str.h"

struct revoked;

struct revoked *revoked_new(const char *path); /* empty until the first look; NULL: no memory */
void revoked_free(struct revoked *r);
/* Reads the file again when another one has taken its place; one that is not there is empty. 1: it
 * was read, 0: nothing new, negative: an errno, -EBADMSG for one that is not made of ids; what was
 * known before then stays. */
int revoked_look(struct revoked *r);
size_t revoked_count(const struct revoked *r);
bool revoked_has(const struct revoked *r, struct str id);
