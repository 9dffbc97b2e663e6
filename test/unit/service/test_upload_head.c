/* What stands in the heads of uploads: read as the standards say, and nothing else taken for it. */
#include "service/ingest/upload_head.h"
#include <criterion/criterion.h>
#include <string.h>

static size_t metadata(const char *text, struct arena *a, struct upload_pair *pairs, bool *ret_ok) {
    size_t n = 0;
    *ret_ok = upload_metadata_read(str_of(text), a, pairs, &n);
    return n;
}

Test(upload_head, metadata_has_names_and_decoded_values) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct upload_pair pairs[UPLOAD_PAIRS_MAX];
    bool ok;
    cr_assert_eq(metadata("filename d29ybGRfZG9taW5hdGlvbl9wbGFuLnBkZg==,is_confidential, lang ZW4=", &a, pairs, &ok), 3);
    cr_expect(ok);
    cr_expect(str_eq(pairs[0].name, STR("filename")) && str_eq(pairs[0].value, STR("world_domination_plan.pdf")));
    cr_expect(str_eq(pairs[1].name, STR("is_confidential")) && pairs[1].value.n == 0);
    cr_expect(str_eq(pairs[2].value, STR("en")));
    cr_expect(metadata("", &a, pairs, &ok) == 0 && ok);
}

Test(upload_head, metadata_that_is_none_is_refused) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct upload_pair pairs[UPLOAD_PAIRS_MAX];
    static const char *const bad[] = {"a b c",    "a !!!!", "a ZW4=,a ZW4=", ",",        "a ZW4=,",
                                      "a ZW4",  "a\tb ZW4=",     "\xc3\xa9 ZW4=", "a Z=4="};
    bool ok;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        metadata(bad[i], &a, pairs, &ok);
        cr_expect(ok == (strcmp(bad[i], "a ZW4=,") == 0), "%s", bad[i]); /* a comma at the end is forgiven */
    }
    char many[UPLOAD_PAIRS_MAX * 8 + 16] = "";
    for (int i = 0; i <= UPLOAD_PAIRS_MAX; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "%sk%d", i ? "," : "", i);
    metadata(many, &a, pairs, &ok);
    cr_expect_not(ok, "over %d pairs", UPLOAD_PAIRS_MAX);
}

Test(upload_head, a_checksum_is_of_an_algorithm_and_of_its_length) {
    struct upload_checksum c;
    cr_expect_eq(upload_checksum_read(STR("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="), &c), CHECKSUM_OK);
    cr_expect(c.n == 20 && c.digest[0] == 0x2a);
    cr_expect_eq(upload_checksum_read(STR("md5 1B2M2Y8AsgTpgAmY7PhCfg=="), &c), CHECKSUM_OK);
    cr_expect_eq(upload_checksum_read(STR("crc32 AAAAAA=="), &c), CHECKSUM_UNKNOWN);
    cr_expect_eq(upload_checksum_read(STR("sha1 1B2M2Y8AsgTpgAmY7PhCfg=="), &c), CHECKSUM_BAD);
    cr_expect_eq(upload_checksum_read(STR("sha1"), &c), CHECKSUM_BAD);
    cr_expect_eq(upload_checksum_read(STR("sha1 ?"), &c), CHECKSUM_BAD);
}

Test(upload_head, structured_fields_and_digests) {
    int64_t n = -7;
    bool b;
    char hex[65];
    cr_expect(sf_bool_read(STR(" ?1;x=2"), &b) && b);
    cr_expect(sf_bool_read(STR("?0"), &b) && !b);
    cr_expect_not(sf_bool_read(STR("1"), &b) || sf_bool_read(STR("true"), &b) || sf_bool_read(STR(""), &b));
    cr_expect(sf_size_read(STR("999999999999999;a"), &n) && n == 999999999999999);
    cr_expect_not(sf_size_read(STR("9999999999999990"), &n) || sf_size_read(STR("-1"), &n) ||
                  sf_size_read(STR("1.5"), &n) || sf_size_read(STR("\"1\""), &n) || sf_size_read(STR_NULL, &n));
    cr_expect_not(tus_size_read(STR("+1"), &n) || tus_size_read(STR(" 1"), &n) || tus_size_read(STR(""), &n));
    cr_expect(repr_digest_read(
        STR("sha-512=:AA==:, sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:"), hex));
    cr_expect_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    cr_expect_not(repr_digest_read(STR("sha-256=ungWv48Bz"), hex) || repr_digest_read(STR("sha-256=:AAAA:"), hex));
    cr_expect(sha256_text_read(STR("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"), hex));
    cr_expect_eq(hex[0], 'b');
    cr_expect_not(sha256_text_read(STR("ba78"), hex));
}
