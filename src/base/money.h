/*
 * money.h - amounts as int64 minor units and an ISO 4217 currency; never floating point.
 *
 * Every operation is checked: false means that the result does not fit (or that two currencies met)
 * and *ret is untouched. There is one rounding rule in the program, money_part: to the nearest minor
 * unit, a half away from zero, so that a credit is the exact mirror of the charge it takes back.
 * Any thread; nothing allocates.
 */
#pragma once
#include "base/str.h"

struct currency {
    char s[4]; /* "EUR", NUL-terminated; "" is none */
};
struct money {
    int64_t minor;
    struct currency currency;
};

/* Upper-case codes of ISO 4217 that are in use; false for anything else. */
bool currency_parse(struct str code, struct currency *ret);
bool currency_eq(struct currency a, struct currency b);
/* Digits after the point: 2 for most, 0 for JPY, 3 for KWD. The currency must be one that parsed. */
int currency_exponent(struct currency c);
static inline struct str currency_str(const struct currency *c) {
    return (struct str){c->s, c->s[0] ? 3 : 0};
}

bool minor_add(int64_t a, int64_t b, int64_t *ret);
bool minor_sub(int64_t a, int64_t b, int64_t *ret);
bool minor_mul(int64_t a, int64_t by, int64_t *ret);
/* a * num / den, rounded to nearest, a half away from zero. The product has 128 bits. den > 0. */
bool money_part(int64_t a, int64_t num, int64_t den, int64_t *ret);

bool money_add(struct money a, struct money b, struct money *ret);
bool money_sub(struct money a, struct money b, struct money *ret);

/* Tax of an amount at a rate in hundredths of a percent (19 % is 1900). Inclusive: the tax that is
 * within the amount; exclusive: what is put on top. rate_bp 0 to 10000. */
bool tax_of(int64_t amount, int64_t rate_bp, bool inclusive, int64_t *ret_tax);

/* "-12.34 EUR", "1200 JPY", "1.234 KWD"; dst holds MONEY_TEXT_CAP. */
enum { MONEY_TEXT_CAP = 32 };
void money_write(struct money m, char *dst);
