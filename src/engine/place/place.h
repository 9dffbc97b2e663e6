/*
 * place.h - which country an address is in, by a database that the operator keeps (MaxMind's DB format,
 * version 2: GeoLite2, GeoIP2, DB-IP and others come in it). The database may be replaced while the
 * program runs: a new file is found within a minute; one that cannot be read leaves the old in use, and
 * a line in the log.
 *
 * Any thread.
 */
#pragma once
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

enum { COUNTRY_CAP = 3 }; /* ISO 3166-1 alpha-2 and the end */
struct place;

/* *ret_p is the caller's, for place_close. ERR_NOT_FOUND "place.database": there is no such file.
 * ERR_INVALID "place.database": it is none, or it knows no countries. path and clock stay borrowed. */
int place_open(const char *path, const struct clock *clock, struct place **ret_p, struct err *reterr);
void place_close(struct place *p); /* NULL is fine */

/* "DE" for an IPv4 or IPv6 address in text. false: the database does not know it, or it is none; ret is
 * "" then. What counts is where the address is, not where it is registered. p NULL: never known. */
bool place_country(struct place *p, struct str address, char ret[COUNTRY_CAP]);

/* Whether s is an alpha-2 code in capitals that stands for a country: not XX, ZZ or T1, by which CDNs say that
 * they do not know. */
bool country_is(struct str s);
/* Whether it is in a list of codes parted by blanks. */
bool country_listed(struct str list, struct str country);
