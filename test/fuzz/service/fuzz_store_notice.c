/* What comes from app stores before anybody is believed. The first byte says which: a signed object of Apple's, against a root
 * whose key nobody has (nothing may ever verify); the body of a push of Roku's; else of Google's: what is read of
 * either is printable. */
#include "service/billing/jws.h"
#include "service/billing/store_int.h"
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str root_get(void) {
    static char *pem;
    static long n;
    if (!pem) {
        EVP_PKEY *key = EVP_EC_gen("P-256");
        X509 *cert = X509_new();
        BIO *out = BIO_new(BIO_s_mem());
        X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
        X509_gmtime_adj(X509_getm_notAfter(cert), 1L << 30);
        X509_set_pubkey(cert, key);
        X509_sign(cert, key, EVP_sha256());
        PEM_write_bio_X509(out, cert);
        char *p;
        n = BIO_get_mem_data(out, &p);
        pem = malloc((size_t)n);
        memcpy(pem, p, (size_t)n);
        BIO_free(out);
        X509_free(cert);
        EVP_PKEY_free(key);
    }
    return str_make(pem, (size_t)n);
}

static void printable(const char *s) {
    for (; *s; s++)
        if (*s < ' ' || *s > 126)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct store_notice n;
    json_t *claims = NULL;
    if (size == 0)
        return 0;
    struct str text = str_make((const char *)data + 1, size - 1);
    if (data[0] == 'a') {
        if (jws_apple_verify(text, root_get(), 1800000000000, &claims, NULL) == 0)
            abort();
        if (jws_apple_verify(STR("a.b.c"), text, 1800000000000, &claims, NULL) == 0) /* the file of roots */
            abort();
    } else if (data[0] == 'r') {
        char key[100];
        if (roku_notice_parse(text, &n, key, NULL) == 0) {
            printable(n.id);
            printable(n.type);
            printable(n.ref);
            printable(key);
            if (!n.ref[0] || !key[0])
                abort();
        }
        if (roku_time(text) < 0)
            abort();
    } else if (google_notice_parse(text, STR("tv.example"), &n, NULL) == 0) {
        printable(n.id);
        printable(n.type);
        printable(n.ref);
        if (!n.id[0])
            abort();
    }
    return 0;
}
