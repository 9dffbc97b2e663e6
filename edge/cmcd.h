/*
 * cmcd.h - what a player says of itself (CTA-5004), in a query argument or in headers, cut down to
 * what is fit for a log: known keys, values of letters, digits, '.', '-' and '_', 64 bytes at most.
 * nor and nrr hold addresses and are not known here.
 */
#pragma once
#include "base/str.h"

enum { CMCD_MAX = 1024 };

/* Takes the next fit pair off *rest; false at the end. Borrows from *rest; key from a table. A key
 * without a value gives "true". */
bool cmcd_next(struct str *rest, struct str *ret_key, struct str *ret_value);
/* The value of the argument CMCD of a query ("a=b&CMCD=br%3D3200"), decoded into dst. Empty: none,
 * or over CMCD_MAX bytes. */
struct str cmcd_of_query(struct str query, char dst[CMCD_MAX]);
