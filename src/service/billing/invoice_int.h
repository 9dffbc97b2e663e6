/* invoice_int.h - what an invoice says as a page and as a PDF: the same words. */
#pragma once
#include "service/billing/billing_int.h"
#include "service/identity/identity.h"
#include "service/words.h"

struct str invoice_number(struct arena *a, int64_t number);
/* Of a row of INVOICE_LINES: a plan's or a title's own name, or what the line is for in the reader's language. */
struct str invoice_line_text(struct arena *a, const struct language *l, const struct rows *r, size_t n);
/* "" for a line without one. */
struct str invoice_line_period(struct arena *a, const struct language *l, const struct rows *r, size_t n);
