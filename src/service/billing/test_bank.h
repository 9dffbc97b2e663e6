/* test_bank.h - the page that stands for a bank's when the test gateway asks the payer (3-D Secure). */
#pragma once
#include "service/billing/billing_int.h"

struct language;

struct test_bank_page {
    struct str html;
    struct str policy; /* Content-Security-Policy: no script, its own style by its hash, forms to us; ends with NUL */
};

/* A form that posts accept=yes or accept=no for payment `p`, in language `l`; strings live as long as `a`.
 * ERR_LIMIT: the page would be too long. Any thread. */
int test_bank_page(struct arena *a, const struct language *l, const struct payment *p,
                   struct test_bank_page *ret, struct err *reterr);
