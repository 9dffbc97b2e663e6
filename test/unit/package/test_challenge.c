/* test_challenge.c - licence requests put together by hand from what is published of their formats. */
#include "base/buf.h"
#include "media/drm/challenge.h"
#include "media/drm/drm.h"
#include <criterion/criterion.h>
#include <string.h>

static const uint8_t kid[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};

static struct challenge c;

static bool reads(enum drm_system s, const char *hex) {
    scoped(buf_done) struct buf b = BUF(4 << 10);
    cr_assert(buf_unhex(&b, str_of(hex)));
    return challenge_read(s, buf_str(&b), &c);
}

#define KID "00112233445566778899aabbccddeeff"
/* SignedMessage {1: LICENSE_REQUEST, 2: LicenseRequest {2: ContentIdentification ...}} */
#define LICENCE(content_len, message_len, content) "0801" "12" message_len "12" content_len content


Test(challenge, widevine_names_its_keys) {
    cr_assert(reads(DRM_WIDEVINE, LICENCE("1a", "1c", "0a18" "0a12" "1210" KID "1001" "1800")));
    cr_expect(c.n_kids == 1 && memcmp(c.kids[0], kid, 16) == 0 && !c.persistent && !c.certificate);
    cr_assert(reads(DRM_WIDEVINE, LICENCE("18", "1a", "0a16" "0a12" "1210" KID "1002")));
    cr_expect(c.persistent);
    cr_assert(reads(DRM_WIDEVINE, "0804"));
    cr_expect(c.certificate && c.n_kids == 0, "a request of the service's certificate");
    cr_assert(reads(DRM_WIDEVINE, LICENCE("04", "06", "1a02" "0800")));
    cr_expect_eq(c.n_kids, 0, "a renewal names none");
}

Test(challenge, widevine_names_its_keys_in_a_box) {
    cr_assert(reads(DRM_WIDEVINE, LICENCE("3a", "3c", "2238" "1232" "0000003270737368" "00000000" "edef8ba979d64acea3c827dcd51d21ed" "00000012" "1210" KID "1801" "0801")));
    cr_expect(c.n_kids == 1 && memcmp(c.kids[0], kid, 16) == 0);
}

Test(challenge, what_is_no_request_is_told) {
    static const char *const wrong[] = {"00", "08", "0802", "080112", "08011205", "0801120212", "ff", LICENCE("1a", "1c", "0a18" "0a12" "1211" KID "1001" "1800"), "0b00",
                                        "ffffffffffffffffffffff01"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        cr_expect(!reads(DRM_WIDEVINE, wrong[i]), "%s", wrong[i]);
    cr_expect(!challenge_read(DRM_FAIRPLAY, STR(""), &c));
    cr_expect(challenge_read(DRM_FAIRPLAY, STR("spc=AAAA"), &c));
    cr_expect(!challenge_read(DRM_PLAYREADY, STR("<KID>AAAA</KID>"), &c), "no envelope");
}

#define SOAP(inside) STR("<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>" inside "</soap:Body></soap:Envelope>")

Test(challenge, playready_names_its_keys_in_old_headers_and_new) {
    cr_assert(challenge_read(DRM_PLAYREADY, SOAP("<WRMHEADER version=\"4.3.0.0\"><KIDS><KID ALGID=\"AESCBC\" VALUE=\"MyIRAFVEd2aImaq7zN3u/w==\"></KID></KIDS></WRMHEADER>"), &c));
    cr_expect(c.n_kids == 1 && memcmp(c.kids[0], kid, 16) == 0);
    cr_assert(challenge_read(DRM_PLAYREADY, SOAP("<WRMHEADER version=\"4.0.0.0\"><KID>MyIRAFVEd2aImaq7zN3u/w==</KID></WRMHEADER>"), &c));
    cr_expect(c.n_kids == 1 && memcmp(c.kids[0], kid, 16) == 0);
    static const struct str wrong[] = {SOAP("<KID VALUE=\"MyIR\"/>"), SOAP("<KID>"), SOAP("<!-- <KID></KID> -->")};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        cr_expect(!challenge_read(DRM_PLAYREADY, wrong[i], &c), "%zu", i);
}
