/* check.h - for test programs of their own, without Criterion: counts what is not so, and says where. CHECK wants a
 * struct err e in scope; main() fails when failures is not 0. */
#pragma once
#include <stdio.h>

static int failures;
#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            failures++;                                                                            \
            fprintf(stderr, "FAILED %s:%d %s: %s\n", __func__, __LINE__, #cond, e.msg);            \
        }                                                                                          \
    } while (0)
