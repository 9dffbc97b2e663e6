/* licence_int.h - the reader of requests, for licence.c, its tests and its fuzz target. */
#pragma once
#include "service/licence/licence.h"

enum { KIDS_MAX = 32 };
struct kids {
    uint8_t v[KIDS_MAX][16];
    size_t n;
};
/* Appends to kids (start with n 0). ERR_INVALID "licence.request_malformed". */
int licence_kids_read(struct str request, struct kids *kids, struct err *reterr);
