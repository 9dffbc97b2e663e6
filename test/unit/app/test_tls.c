/* test_tls.c - the local authority through the years. Time is a parameter; nothing sleeps. */
#include "app/tls.h"
#include "base/clock.h"
#include "service/ingest/ingest.h"
#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t day_ms = 86400000;
static char folder[64];

static void folder_open(void) {
    snprintf(folder, sizeof folder, "/tmp/matinee-tls-XXXXXX");
    cr_assert(mkdtemp(folder));
}
static void folder_close(void) {
    cr_assert_eq(folder_remove(folder, NULL), 0);
}
TestSuite(tls, .init = folder_open, .fini = folder_close);

static X509 *cert_of(const char *path) {
    FILE *f = fopen(path, "re");
    X509 *c = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    if (f)
        fclose(f);
    cr_assert_not_null(c, "%s", path);
    return c;
}

static bool cert_lives(const char *path, int64_t at_ms) {
    time_t at = (time_t)(at_ms / 1000);
    X509 *c = cert_of(path);
    bool lives = X509_cmp_time(X509_get0_notAfter(c), &at) > 0;
    X509_free(c);
    return lives;
}

Test(tls, renews_a_month_before_the_end_and_not_sooner) {
    struct tls_files f;
    struct err e = {0};
    bool renewed;
    int64_t now = clock_now_ms(NULL);
    cr_assert_eq(tls_prepare(folder, "tv.example.org", "", "", now, &f, &e), 0, "%s", e.msg);
    cr_assert(cert_lives(f.cert, now + 396 * day_ms));
    cr_assert_not(cert_lives(f.cert, now + 398 * day_ms)); /* browsers take none that is longer */
    cr_assert_eq(tls_renew(folder, "tv.example.org", &f, now + 366 * day_ms, &renewed, &e), 0);
    cr_expect_not(renewed);
    cr_assert_eq(tls_renew(folder, "tv.example.org", &f, now + 368 * day_ms, &renewed, &e), 0);
    cr_expect(renewed);
    cr_expect(cert_lives(f.cert, now + 700 * day_ms));
    cr_assert_eq(tls_renew(folder, "tv.example.org", &f, now + 369 * day_ms, &renewed, &e), 0);
    cr_expect_not(renewed);
    X509 *leaf = cert_of(f.cert), *authority = cert_of(f.authority);
    cr_expect_eq(X509_verify(leaf, X509_get0_pubkey(authority)), 1, "whoever trusts us still does");
    X509_free(leaf);
    X509_free(authority);
    tls_done(&f);
}

Test(tls, a_given_certificate_is_its_givers) {
    struct tls_files local, f, none;
    struct err e = {0};
    bool renewed;
    int64_t now = clock_now_ms(NULL);
    cr_assert_eq(tls_prepare(folder, "tv.example.org", "", "", now, &local, &e), 0, "%s", e.msg);
    cr_assert_eq(tls_prepare(folder, "tv.example.org", local.cert, local.key, now, &f, &e), 0);
    cr_assert_null(f.authority);
    cr_assert_eq(tls_renew(folder, "tv.example.org", &f, now + 390 * day_ms, &renewed, &e), 0);
    cr_expect_not(renewed);
    cr_assert_eq(tls_prepare(folder, "other.example.org", local.cert, local.key, now, &none, &e), ERR_INVALID);
    cr_expect_str_eq(e.reason, "tls.name");
    cr_assert_eq(tls_prepare(folder, "tv.example.org", local.cert, local.key, now + 400 * day_ms, &none, &e),
                 ERR_INVALID);
    cr_expect_str_eq(e.reason, "tls.expired");
    tls_done(&f);
    tls_done(&local);
}
