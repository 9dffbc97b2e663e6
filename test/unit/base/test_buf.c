#include "base/buf.h"
#include <criterion/criterion.h>
#include <string.h>

Test(buf, the_first_failure_sticks) {
    scoped(buf_done) struct buf b = BUF(8);
    buf_add(&b, STR("12345678"));
    cr_assert(!b.failed && b.n == 8);
    buf_byte(&b, '9');
    cr_assert(b.failed && b.n == 8);
    buf_reset(&b);
    buf_addf(&b, "%s", "123456789");
    cr_assert(b.failed && b.n == 0);
    cr_assert_null(buf_cstr(&b));
}

Test(buf, big_endian) {
    scoped(buf_done) struct buf b = BUF(64);
    buf_be16(&b, 0x0102);
    buf_be24(&b, 0x030405);
    buf_be32(&b, 0x06070809);
    buf_be64(&b, 0x0A0B0C0D0E0F1011);
    static const uint8_t want[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
    cr_assert(b.n == sizeof want && memcmp(b.p, want, sizeof want) == 0);
    buf_set_be32(&b, 1, 0xFFFFFFFF);
    cr_assert(b.p[0] == 1 && b.p[1] == 0xFF && b.p[4] == 0xFF && b.p[5] == 6);
}

Test(buf, json_and_xml_escape) {
    scoped(buf_done) struct buf b = BUF(1024);
    buf_json_str(&b, str_make("a\"\\\n\x01\xFF\xC3\xA9", 8));
    cr_assert_str_eq(buf_cstr(&b), "\"a\\\"\\\\\\u000a\\u0001\xEF\xBF\xBD\xC3\xA9\"");
    buf_reset(&b);
    buf_xml(&b, str_make("<a b='\"&\x02\n", 11));
    cr_assert_str_eq(buf_cstr(&b), "&lt;a b=&#39;&quot;&amp;\n");
}

Test(buf, base64_both_ways) {
    static const struct {
        const char *plain, *coded, *url;
    } rows[] = {{"", "", ""}, {"f", "Zg==", "Zg"}, {"fo", "Zm8=", "Zm8"}, {"foo", "Zm9v", "Zm9v"},
                {"foob", "Zm9vYg==", "Zm9vYg"}, {"\xFB\xFF\xFE", "+//+", "-__-"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf a = BUF(64), b = BUF(64), back = BUF(64), pad = BUF(64);
        buf_base64(&a, rows[i].plain, strlen(rows[i].plain));
        cr_assert(str_eq(buf_str(&a), str_of(rows[i].coded)), "row %zu", i);
        buf_base64url(&b, rows[i].plain, strlen(rows[i].plain));
        cr_assert(str_eq(buf_str(&b), str_of(rows[i].url)), "row %zu", i);
        cr_assert(buf_unbase64url(&back, str_of(rows[i].url)));
        cr_assert(str_eq(buf_str(&back), str_of(rows[i].plain)), "row %zu", i);
        cr_assert(buf_unbase64url(&pad, str_of(rows[i].coded)), "padded row %zu", i);
        cr_assert(str_eq(buf_str(&pad), str_of(rows[i].plain)), "padded row %zu", i);
    }
    scoped(buf_done) struct buf b = BUF(64);
    cr_assert(!buf_unbase64url(&b, STR("Z")) && !buf_unbase64url(&b, STR("Zg=a")) &&
              !buf_unbase64url(&b, STR("Zh")) && !buf_unbase64url(&b, STR("Z===")));
}

Test(buf, hex_both_ways) {
    scoped(buf_done) struct buf b = BUF(64), back = BUF(64);
    buf_hex(&b, "\x00\xAB\xff", 3);
    cr_assert_str_eq(buf_cstr(&b), "00abff");
    cr_assert(buf_unhex(&back, STR("00AbfF")) && back.n == 3 && back.p[1] == 0xAB);
    cr_assert(!buf_unhex(&back, STR("0")) && !buf_unhex(&back, STR("0g")));
}
