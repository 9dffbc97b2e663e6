/* fixture.h - a folder and a migrated store for one test, gone afterwards. */
#pragma once
#include "engine/store/store.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    char dir[64];
    struct clock clock;
    struct store *store;
    struct arena arena;
};
void fixture_init(struct fixture *f);  /* the folder only */
void fixture_store(struct fixture *f); /* opens and migrates the store in it */
void fixture_done(struct fixture *f);
void tree_remove(const char *path);
/* err as text in a failure. */
#define OK(call)                                                                                   \
    ({                                                                                             \
        struct err err_ = {0};                                                                     \
        struct err *err = &err_;                                                                   \
        int ok_ = (call);                                                                          \
        cr_assert(ok_ >= 0, "%s: %s (%s)", #call, err_.msg, err_name(ok_));                        \
        ok_;                                                                                       \
    })
#define FAILS(want, call)                                                                          \
    ({                                                                                             \
        struct err err_ = {0};                                                                     \
        struct err *err = &err_;                                                                   \
        int got_ = (call);                                                                         \
        cr_assert_eq(got_, (want), "%s: %s instead of %s: %s", #call, err_name(got_),              \
                     err_name(want), err_.msg);                                                    \
        err_;                                                                                      \
    })
