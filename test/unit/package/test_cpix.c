/* test_cpix.c - key documents written, sealed, read, and refused. */
#include "fixture.h"
#include "media/cpix/cpix.h"
#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

static struct drm_data systems[3];

static struct cpix film(void) {
    struct cpix c = {.content_id = STR("film & co"), .scheme = SCHEME_CBCS, .n_keys = 3, .systems = systems, .n_systems = 3};
    static const enum key_class classes[] = {KEY_AUDIO, KEY_SD, KEY_UHD};
    for (size_t i = 0; i < c.n_keys; i++) {
        memset(c.keys[i].kid, 0x11 * ((int)i + 1), 16);
        memset(c.keys[i].key, 0xa0 + (int)i, 16);
        c.keys[i].has_key = true;
        c.keys[i].classes = 1u << classes[i];
    }
    c.keys[1].min_pixels = 230400;
    c.keys[1].max_pixels = 409920;
    static const uint8_t box[] = {0, 0, 0, 34, 'p', 's', 's', 'h', 0, 0, 0, 0, 0xed, 0xef, 0x8b, 0xa9, 0x79, 0xd6, 0x4a, 0xce,
                                  0xa3, 0xc8, 0x27, 0xdc, 0xd5, 0x1d, 0x21, 0xed, 0, 0, 0, 2, 'd', 't'};
    systems[0] = (struct drm_data){.system = DRM_WIDEVINE, .pssh = str_make((const char *)box, sizeof box)};
    systems[1] = (struct drm_data){.system = DRM_FAIRPLAY, .uri = STR("skd://one/two?a=b")};
    systems[2] = (struct drm_data){.system = DRM_PLAYREADY};
    for (int i = 0; i < 3; i++)
        memcpy(systems[i].kid, c.keys[1].kid, 16);
    return c;
}

/* A certificate of its own, of that many bits. */
struct identity {
    struct buf certificate, key;
};
static struct identity identity_new(unsigned bits) {
    struct identity id = {BUF(64 << 10), BUF(64 << 10)};
    EVP_PKEY *k = EVP_RSA_gen(bits);
    X509 *x = X509_new();
    BIO *c = BIO_new(BIO_s_mem()), *p = BIO_new(BIO_s_mem());
    char *text;
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, k);
    cr_assert(X509_sign(x, k, EVP_sha256()));
    PEM_write_bio_X509(c, x);
    PEM_write_bio_PrivateKey(p, k, NULL, NULL, 0, NULL, NULL);
    long n = BIO_get_mem_data(c, &text);
    buf_mem(&id.certificate, text, (size_t)n);
    n = BIO_get_mem_data(p, &text);
    buf_mem(&id.key, text, (size_t)n);
    BIO_free(c);
    BIO_free(p);
    X509_free(x);
    EVP_PKEY_free(k);
    return id;
}
static void identity_done(struct identity *id) {
    buf_done(&id->certificate);
    buf_done(&id->key);
}

static void same(const struct cpix *a, const struct cpix *b, bool keys) {
    cr_assert_eq(a->n_keys, b->n_keys);
    cr_expect_eq(a->scheme, b->scheme);
    cr_expect(str_eq(a->content_id, b->content_id));
    for (size_t i = 0; i < a->n_keys; i++) {
        cr_expect_eq(memcmp(a->keys[i].kid, b->keys[i].kid, 16), 0);
        cr_expect_eq(b->keys[i].has_key, keys);
        cr_expect(!keys || memcmp(a->keys[i].key, b->keys[i].key, 16) == 0);
        cr_expect_eq(a->keys[i].classes, b->keys[i].classes, "key %zu: %x %x", i, a->keys[i].classes, b->keys[i].classes);
    }
    cr_assert_eq(a->n_systems, b->n_systems);
    for (size_t i = 0; keys && i < a->n_systems; i++) {
        cr_expect(str_eq(a->systems[i].pssh, b->systems[i].pssh));
        cr_expect(str_eq(a->systems[i].uri, b->systems[i].uri));
    }
}

Test(cpix, a_document_in_clear_is_golden_and_comes_back) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    scoped(buf_done) struct buf b = BUF(64 << 10);
    struct cpix c = film(), back;
    cr_assert_eq(cpix_write(&c, CPIX_PLAIN, STR_NULL, &b, NULL), 0);
    fixture_golden("cpix-plain.xml", buf_str(&b));
    cr_assert_eq(cpix_read(buf_str(&b), STR_NULL, &a, &back, NULL), 0);
    same(&c, &back, true);
}

Test(cpix, keys_that_change_have_rules_of_their_periods) {
    scoped(buf_done) struct buf b = BUF(64 << 10);
    struct cpix c = film();
    c.n_periods = 2;
    c.keys[2].period = 1;
    memcpy(c.keys[2].label, "v3", 3);
    cr_assert_eq(cpix_write(&c, CPIX_PLAIN, STR_NULL, &b, NULL), 0);
    const char *text = buf_cstr(&b), *list = strstr(text, "<cpix:ContentKeyPeriodList>");
    cr_assert(list && strstr(list, "<cpix:ContentKeyPeriod id=\"period_1\" index=\"1\"/>"));
    cr_assert(strstr(text, "</cpix:DRMSystemList>") < list && list < strstr(text, "<cpix:ContentKeyUsageRuleList>"), "the order of the schema");
    cr_assert(strstr(list, "intendedTrackType=\"UHD\"><cpix:KeyPeriodFilter periodId=\"period_1\"/><cpix:LabelFilter label=\"v3\"/><cpix:VideoFilter"));
    cr_assert(strstr(list, "intendedTrackType=\"AUDIO\"><cpix:KeyPeriodFilter periodId=\"period_0\"/><cpix:AudioFilter/>"));
}

Test(cpix, a_request_has_no_keys) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    scoped(buf_done) struct buf b = BUF(64 << 10);
    struct cpix c = film(), back;
    c.keys[1].max_pixels = 0;
    systems[0].pssh = systems[1].uri = STR("");
    cr_assert_eq(cpix_write(&c, CPIX_ASK, STR_NULL, &b, NULL), 0);
    fixture_golden("cpix-ask.xml", buf_str(&b));
    cr_assert_eq(cpix_read(buf_str(&b), STR_NULL, &a, &back, NULL), 0);
    same(&c, &back, false);
}

static const char *refusal(struct str xml, struct str key) {
    static struct err e;
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct cpix c;
    e = (struct err){0};
    int rc = cpix_read(xml, key, &a, &c, &e);
    cr_expect(rc == 0 || rc == ERR_INVALID, "%d", rc);
    return rc ? e.reason : "";
}

Test(cpix, sealed_keys_are_for_the_recipient_alone) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    scoped(buf_done) struct buf b = BUF(64 << 10), hex = BUF(1 << 10);
    struct identity ours = identity_new(2048), theirs = identity_new(2048);
    struct cpix c = film(), back;
    cr_assert_eq(cpix_write(&c, CPIX_SEALED, buf_str(&ours.certificate), &b, NULL), 0);
    buf_base64(&hex, c.keys[0].key, 16);
    cr_expect_lt(str_find(buf_str(&b), buf_str(&hex)), 0, "no key in clear");
    cr_assert_eq(cpix_read(buf_str(&b), buf_str(&ours.key), &a, &back, NULL), 0);
    same(&c, &back, true);
    cr_expect_str_eq(refusal(buf_str(&b), STR_NULL), "cpix.sealed");
    cr_expect_str_eq(refusal(buf_str(&b), buf_str(&theirs.key)), "cpix.unsealable");
    /* The last key's MAC, and then its ciphertext, changed by one letter. */
    static const char *const marks[] = {"<pskc:ValueMAC>", "<enc:CipherValue>"};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        scoped(buf_done) struct buf changed = BUF(64 << 10);
        buf_add(&changed, buf_str(&b));
        char *at = NULL;
        for (char *p = buf_cstr(&changed); (p = strstr(p, marks[i])); p++)
            at = p + strlen(marks[i]);
        at[3] = at[3] == 'A' ? 'B' : 'A';
        cr_expect_str_eq(refusal(buf_str(&changed), buf_str(&ours.key)), "cpix.unsealable", "%s", marks[i]);
    }
    identity_done(&ours);
    identity_done(&theirs);
}

Test(cpix, keys_are_sealed_to_certificates_worth_it) {
    struct identity weak = identity_new(1024);
    const struct str bad[] = {STR_NULL, STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), STR("rubbish"),
                              buf_str(&weak.certificate), buf_str(&weak.key)};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        scoped(buf_done) struct buf b = BUF(64 << 10);
        struct cpix c = film();
        struct err e = {0};
        cr_expect_eq(cpix_write(&c, CPIX_SEALED, bad[i], &b, &e), ERR_INVALID, "%zu", i);
        cr_expect_str_eq(e.reason, "cpix.certificate");
        cr_expect_eq(b.n, 0);
    }
    identity_done(&weak);
}

#define DOC(inside) "<c:CPIX xmlns:c=\"urn:dashif:org:cpix\" xmlns:p=\"urn:ietf:params:xml:ns:keyprov:pskc\">" inside "</c:CPIX>"
#define KEY(kid, value) "<c:ContentKey kid=\"" kid "\"><c:Data><p:Secret><p:PlainValue>" value "</p:PlainValue></p:Secret></c:Data></c:ContentKey>"
#define KID "11111111-1111-1111-1111-111111111111"
#define GOOD "oKCgoKCgoKCgoKCgoKCgoA=="
#define KEYS(k) "<c:ContentKeyList>" k "</c:ContentKeyList>"

Test(cpix, what_is_not_a_document_of_keys_is_refused) {
    static const char *const bad[] = {
        "", "x", "<a/>", "<CPIX/>", DOC("<c:ContentKeyList>"), "<!DOCTYPE a [<!ENTITY b \"c\">]>" DOC(""),
        "<?xml version=\"1.0\"?><!DOCTYPE c:CPIX SYSTEM \"file:///etc/passwd\">" DOC(""),
        DOC(KEYS(KEY("1111", GOOD))), DOC(KEYS(KEY(KID, "AAAA"))), DOC(KEYS(KEY(KID, "###"))), DOC(KEYS(KEY(KID, "&b;"))),
        DOC(KEYS(KEY(KID, GOOD) KEY(KID, GOOD))),
        DOC(KEYS(KEY(KID, GOOD)) "<c:ContentKeyUsageRuleList><c:ContentKeyUsageRule kid=\"22222222-1111-1111-1111-111111111111\"/></c:ContentKeyUsageRuleList>"),
        DOC(KEYS(KEY(KID, GOOD)) "<c:DRMSystemList><c:DRMSystem kid=\"" KID "\" systemId=\"nonsense\"/></c:DRMSystemList>"),
        DOC(KEYS(KEY(KID, GOOD)) "<c:DRMSystemList><c:DRMSystem kid=\"" KID "\" systemId=\"edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\"><c:PSSH>AAAA</c:PSSH></c:DRMSystem></c:DRMSystemList>"),
        DOC(KEYS(KEY(KID, GOOD)) "<c:DRMSystemList><c:DRMSystem kid=\"" KID "\" systemId=\"94ce86fb-07ff-4f43-adb8-93d2fa968ca2\"><c:URIExtXKey>c2tkOi8vYSIK</c:URIExtXKey></c:DRMSystem></c:DRMSystemList>")};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_expect_str_eq(refusal(str_of(bad[i]), STR_NULL), "cpix.malformed", "%s", bad[i]);
    cr_expect_str_eq(refusal(STR(DOC(KEYS(KEY(KID, " oKCg\n oKCgoKCgoKCgoKCgoA== ")))), STR_NULL), "");
    char *large = calloc(1, CPIX_MAX + 1);
    cr_expect_str_eq(refusal(str_make(large, CPIX_MAX + 1), STR_NULL), "cpix.too_large");
    free(large);
}

/* What each rule says of a key: words that all know, and otherwise pixels. */
Test(cpix, a_rule_names_classes_by_word_or_by_pixels) {
    static const struct {
        const char *rule;
        unsigned classes;
    } cases[] = {
        {" intendedTrackType=\"SD+HD\">", 1u << KEY_SD | 1u << KEY_HD},
        {" intendedTrackType=\"ALL\"><c:AudioFilter/><c:VideoFilter/>", 1u << KEY_AUDIO | 1u << KEY_SD | 1u << KEY_HD | 1u << KEY_UHD},
        {" intendedTrackType=\"STEREO_AUDIO\"><c:AudioFilter maxChannels=\"2\"/>", 1u << KEY_AUDIO},
        {" intendedTrackType=\"VIDEO\"><c:VideoFilter/>", 1u << KEY_SD | 1u << KEY_HD | 1u << KEY_UHD},
        {"><c:VideoFilter maxPixels=\"589824\"/>", 1u << KEY_SD},
        {"><c:VideoFilter minPixels=\"589825\" maxPixels=\"2073600\"/>", 1u << KEY_HD},
        {"><c:VideoFilter minPixels=\"2073601\"/>", 1u << KEY_UHD},
        {"><c:VideoFilter minPixels=\"230400\" maxPixels=\"409920\"/>", 1u << KEY_SD},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        scoped(arena_done) struct arena a = ARENA(1 << 20);
        char xml[2000];
        struct cpix c;
        snprintf(xml, sizeof xml,
                 DOC(KEYS(KEY(KID, GOOD)) "<c:ContentKeyUsageRuleList><c:ContentKeyUsageRule kid=\"" KID "\"%s</c:ContentKeyUsageRule></c:ContentKeyUsageRuleList>"),
                 cases[i].rule);
        cr_assert_eq(cpix_read(str_of(xml), STR_NULL, &a, &c, NULL), 0, "%s", cases[i].rule);
        cr_expect_eq(c.keys[0].classes, cases[i].classes, "%s: %x", cases[i].rule, c.keys[0].classes);
    }
}

#define WITH_SYSTEM(id, inside)                                                                                                       \
    STR("<c:CPIX xmlns:c=\"urn:dashif:org:cpix\"><c:ContentKeyList><c:ContentKey kid=\"00112233445566778899aabbccddeeff\"/>"          \
        "</c:ContentKeyList><c:DRMSystemList><c:DRMSystem kid=\"00112233445566778899aabbccddeeff\" systemId=\"" id "\">" inside       \
        "</c:DRMSystem></c:DRMSystemList></c:CPIX>")
#define PLAYREADY "9a04f079-9840-4286-ab92-e65be0885f95"

/* <mspr:pro>UFJP</mspr:pro> and <p xmlns="urn:x"><pssh>...</pssh></p>; "PRO" in a box of version 0. */
Test(cpix, what_is_meant_for_an_mpd_is_understood_where_the_box_is_missing) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    static const char box[] = "\0\0\0\x23pssh\0\0\0\0\x9a\x04\xf0\x79\x98\x40\x42\x86\xab\x92\xe6\x5b\xe0\x88\x5f\x95\0\0\0\x03PRO";
    const struct str cases[] = {
        WITH_SYSTEM(PLAYREADY, "<c:ContentProtectionData>PG1zcHI6cHJvPlVGSlA8L21zcHI6cHJvPg==</c:ContentProtectionData>"),
        WITH_SYSTEM(PLAYREADY, "<c:PSSH> </c:PSSH><c:ContentProtectionData>PHAgeG1sbnM9InVybjp4Ij48cHNzaD5BQUFBSTNCemMyZ0FBQUFBN2UrTHFYbldTczZqeUNmYzFS"
                               "MGg3UUFBQUFOWVdWbz08L3Bzc2g+PC9wPg==</c:ContentProtectionData>")};
    struct cpix c;
    cr_assert_eq(cpix_read(cases[0], STR_NULL, &a, &c, NULL), 0);
    cr_assert_eq(c.n_systems, 1);
    cr_expect(str_eq(c.systems[0].pssh, str_make(box, sizeof box - 1)));
    cr_expect_str_eq(refusal(cases[1], STR_NULL), "cpix.malformed", "a box of another system");
    cr_expect_str_eq(refusal(WITH_SYSTEM(PLAYREADY, "<c:ContentProtectionData>PHBybz4=</c:ContentProtectionData>"), STR_NULL), "cpix.malformed");
}

Test(cpix, a_rule_of_a_contract_is_written_as_it_stands) {
    scoped(buf_done) struct buf b = BUF(64 << 10);
    static const struct cpix_rule all = {"ALL", 0, 0}, hd = {"HD", 589825, 0};
    struct cpix c = {.content_id = STR("c"), .scheme = SCHEME_CBCS, .n_keys = 2,
                     .keys = {{.kid = {1}, .classes = 1u << KEY_AUDIO | 1u << KEY_SD | 1u << KEY_HD, .rule = &all},
                              {.kid = {2}, .classes = 1u << KEY_HD | 1u << KEY_UHD, .rule = &hd}}};
    cr_assert_eq(cpix_write(&c, CPIX_ASK, STR_NULL, &b, NULL), 0);
    cr_expect(str_find(buf_str(&b), STR("intendedTrackType=\"ALL\"><cpix:VideoFilter/><cpix:AudioFilter/><")) >= 0);
    cr_expect(str_find(buf_str(&b), STR("intendedTrackType=\"HD\"><cpix:VideoFilter minPixels=\"589825\"/><")) >= 0);
}
