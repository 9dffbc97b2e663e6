/* Money: checked arithmetic, the one rounding rule, currencies. */
#include "base/money.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct money of(int64_t minor, const char *code) {
    struct money m = {.minor = minor};
    cr_assert(currency_parse(str_of(code), &m.currency), "%s", code);
    return m;
}

Test(money, currencies_have_their_own_exponent) {
    static const struct {
        const char *code;
        int exponent;
    } cases[] = {{"EUR", 2}, {"USD", 2}, {"JPY", 0}, {"KWD", 3}, {"KRW", 0}, {"TND", 3}, {"ZWG", 2}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        cr_expect_eq(currency_exponent(of(0, cases[i].code).currency), cases[i].exponent, "%s",
                     cases[i].code);
    struct currency c;
    static const char *const bad[] = {"", "EU", "eur", "EURO", "XXX", "E R", "R E"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_expect_not(currency_parse(str_of(bad[i]), &c), "%s", bad[i]);
}

Test(money, is_written_with_as_many_digits_as_it_has) {
    char text[MONEY_TEXT_CAP];
    static const struct {
        int64_t minor;
        const char *code, *text;
    } cases[] = {{1234, "EUR", "12.34 EUR"},
                 {-5, "EUR", "-0.05 EUR"},
                 {1200, "JPY", "1200 JPY"},
                 {1234, "KWD", "1.234 KWD"},
                 {INT64_MIN, "USD", "-92233720368547758.08 USD"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        money_write(of(cases[i].minor, cases[i].code), text);
        cr_expect_str_eq(text, cases[i].text);
    }
}

Test(money, what_does_not_fit_is_refused_and_changes_nothing) {
    int64_t v = 7;
    cr_expect_not(minor_add(INT64_MAX, 1, &v));
    cr_expect_not(minor_sub(INT64_MIN, 1, &v));
    cr_expect_not(minor_mul(INT64_MAX, 2, &v));
    cr_expect_not(money_part(INT64_MAX, 3, 2, &v));
    cr_expect_eq(v, 7);
    struct money m = of(7, "EUR");
    cr_expect_not(money_add(of(1, "EUR"), of(1, "USD"), &m));
    cr_expect_not(money_sub(of(INT64_MIN, "EUR"), of(1, "EUR"), &m));
    cr_expect_eq(m.minor, 7);
    cr_expect(money_add(of(1, "EUR"), of(2, "EUR"), &m));
    cr_expect_eq(m.minor, 3);
}

Test(money, a_part_is_rounded_to_nearest_and_a_half_away_from_zero) {
    static const struct {
        int64_t a, num, den, part;
    } cases[] = {{999, 1, 2, 500},  {-999, 1, 2, -500}, {998, 1, 2, 499}, {10, 1, 3, 3},
                 {20, 1, 3, 7},     {-20, 1, 3, -7},    {0, 5, 7, 0},     {1, 1, 2, 1},
                 {1, 499, 1000, 0}, {999, 31, 31, 999}, {INT64_MAX, 86400000, 86400000, INT64_MAX}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t v;
        cr_assert(money_part(cases[i].a, cases[i].num, cases[i].den, &v));
        cr_expect_eq(v, cases[i].part, "%zu: %ld", i, (long)v);
    }
}

Test(money, tax_is_within_or_on_top) {
    int64_t tax;
    cr_expect(tax_of(1190, 1900, true, &tax));
    cr_expect_eq(tax, 190);
    cr_expect(tax_of(1000, 1900, false, &tax));
    cr_expect_eq(tax, 190);
    cr_expect(tax_of(999, 1900, true, &tax)); /* 159.504... */
    cr_expect_eq(tax, 160);
    cr_expect(tax_of(-999, 1900, true, &tax));
    cr_expect_eq(tax, -160);
    cr_expect(tax_of(999, 0, true, &tax));
    cr_expect_eq(tax, 0);
}

/* Whatever is split at whatever moment: the part and the mirrored part cancel. */
Test(money, a_credit_is_the_mirror_of_its_charge) {
    srand(1);
    for (int i = 0; i < 20000; i++) {
        int64_t amount = rand(), den = 1 + rand(), num = rand() % (den + 1), up = 0, down = 0;
        cr_assert(money_part(amount, num, den, &up) && money_part(-amount, num, den, &down));
        cr_assert_eq(up + down, 0);
        cr_assert(up >= 0 && up <= amount);
    }
}
