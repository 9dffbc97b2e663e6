/* test_cmcd.c - what a player says is cut down to what fits a log line. */
#include "../../../edge/cmcd.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char *all(struct str text) {
    static char out[512];
    struct str key, value;
    out[0] = 0;
    while (cmcd_next(&text, &key, &value)) {
        size_t n = strlen(out);
        snprintf(out + n, sizeof out - n, STR_FMT "=" STR_FMT " ", STR_ARG(key), STR_ARG(value));
    }
    return out;
}

Test(cmcd, pairs) {
    cr_assert_str_eq(all(STR("br=3200,bs,d=4004,sid=\"6e2f-b5\",pr=1.5,v=2")),
                     "br=3200 bs=true d=4004 sid=6e2f-b5 pr=1.5 v=2 ");
    cr_assert_str_eq(all(STR(" br = 1 , d=2")), "br=1 d=2 ");
    cr_assert_str_eq(all(STR("")), "");
}

Test(cmcd, what_is_unknown_or_unfit_is_left_out) {
    char long_value[80] = "sid=";
    memset(long_value + 4, 'a', 65);
    cr_assert_str_eq(all(str_of(long_value)), "");
    long_value[4 + 64] = 0;
    cr_assert_neq(all(str_of(long_value))[0], 0);
    cr_assert_str_eq(all(STR("nor=\"../3.m4s\",nrr=\"0-1\",com.example-x=1")), "");
    cr_assert_str_eq(all(STR("br=,d=\"\",cid=\"a b\",sid=a=b,su=\n,bl=\"1")), "");
}

Test(cmcd, the_query_argument) {
    char dst[CMCD_MAX];
    cr_assert(str_eq(cmcd_of_query(STR("CMCD=br%3D3200%2cbs"), dst), STR("br=3200,bs")));
    cr_assert(str_eq(cmcd_of_query(STR("a=b&xCMCD=no&CMCD=%2"), dst), STR("%2")));
    cr_assert(str_eq(cmcd_of_query(STR("CMCD=%zz%4"), dst), STR("%zz%4")));
    cr_assert_eq(cmcd_of_query(STR("cmcd=br%3D1&CMCD"), dst).n, 0u);
    cr_assert_eq(cmcd_of_query(STR(""), dst).n, 0u);
    char query[CMCD_MAX + 32] = "CMCD=";
    memset(query + 5, 'a', CMCD_MAX + 1);
    cr_assert_eq(cmcd_of_query(str_of(query), dst).n, 0u);
    query[5 + CMCD_MAX] = 0;
    cr_assert_eq(cmcd_of_query(str_of(query), dst).n, (size_t)CMCD_MAX);
}
