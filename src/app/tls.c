/*
 * tls.c - the local authority. Its certificate lives ten years, those it signs 397 days (the
 * longest that browsers accept); it may sign for names below no other authority (pathlen 0).
 */
#include "app/tls.h"
#include "app/node.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { AUTHORITY_DAYS = 3650, LEAF_DAYS = 397, RENEW_DAYS = 30 };

void tls_done(struct tls_files *f) {
    free(f->cert);
    free(f->key);
    free(f->authority);
    *f = (struct tls_files){0};
}

static int pem_write(const char *path, unsigned mode, X509 *cert, EVP_PKEY *key,
                     struct err *reterr) {
    BIO *b = BIO_new(BIO_s_mem());
    char *p;
    int ok = b && (cert ? PEM_write_bio_X509(b, cert)
                        : PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL));
    long n = ok ? BIO_get_mem_data(b, &p) : 0;
    int r = n > 0 ? file_write(path, str_make(p, (size_t)n), mode, reterr)
                  : err_set(reterr, ERR_INTERNAL, "%s: OpenSSL could not write it", path);
    BIO_free(b);
    return r;
}

static X509 *cert_read(const char *path) {
    FILE *f = fopen(path, "re");
    X509 *c = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    if (f)
        fclose(f);
    return c;
}

/* Never asks a terminal: a server that waits for a password at its start is down. */
static int password_none(char *buf, int size, int rwflag, void *arg) {
    return -1;
}

static EVP_PKEY *key_read(const char *path) {
    FILE *f = fopen(path, "re");
    EVP_PKEY *k = f ? PEM_read_PrivateKey(f, NULL, password_none, NULL) : NULL;
    if (f)
        fclose(f);
    return k;
}

static bool extension_add(X509 *cert, X509 *issuer, int nid, const char *value) {
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = x && X509_add_ext(cert, x, -1);
    X509_EXTENSION_free(x);
    return ok;
}

static bool host_is_ip(const char *host) {
    uint8_t b[16];
    return inet_pton(AF_INET, host, b) == 1 || inet_pton(AF_INET6, host, b) == 1;
}

/* issuer NULL: signs itself, an authority. */
static X509 *cert_make(EVP_PKEY *key, const char *name, X509 *issuer, EVP_PKEY *issuer_key,
                       int64_t now_ms) {
    X509 *c = X509_new();
    uint8_t serial[16];
    BIGNUM *bn =
        RAND_bytes(serial, sizeof serial) == 1 ? BN_bin2bn(serial, sizeof serial, NULL) : NULL;
    char san[300];
    time_t now = (time_t)(now_ms / 1000);
    if (!c || !bn)
        goto fail;
    X509_set_version(c, 2);
    BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(c));
    X509_time_adj_ex(X509_getm_notBefore(c), -1, 0, &now);
    X509_time_adj_ex(X509_getm_notAfter(c), issuer ? LEAF_DAYS : AUTHORITY_DAYS, 0, &now);
    X509_set_pubkey(c, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_UTF8, (const uint8_t *)name,
                               -1, -1, 0);
    X509_set_issuer_name(c, X509_get_subject_name(issuer ? issuer : c));
    snprintf(san, sizeof san, "%s:%s", host_is_ip(name) ? "IP" : "DNS", name);
    bool ok = issuer ? extension_add(c, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                           extension_add(c, issuer, NID_key_usage, "critical,digitalSignature") &&
                           extension_add(c, issuer, NID_ext_key_usage, "serverAuth") &&
                           extension_add(c, issuer, NID_subject_alt_name, san)
                     : extension_add(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                           extension_add(c, c, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                           extension_add(c, c, NID_subject_key_identifier, "hash");
    if (!ok || !X509_sign(c, issuer ? issuer_key : key, EVP_sha256()))
        goto fail;
    BN_free(bn);
    return c;
fail:
    BN_free(bn);
    X509_free(c);
    return NULL;
}

static int authority_load(const char *dir, int64_t now_ms, X509 **ret_cert, EVP_PKEY **ret_key,
                          struct err *reterr) {
    scoped(mem_free) char *cert = text_make("%s/authority.pem", dir);
    scoped(mem_free) char *key = text_make("%s/authority.key", dir);
    *ret_key = key_read(key);
    *ret_cert = cert_read(cert);
    if (*ret_key && *ret_cert && X509_check_private_key(*ret_cert, *ret_key) == 1)
        return 0;
    EVP_PKEY_free(*ret_key);
    X509_free(*ret_cert);
    *ret_key = EVP_EC_gen("P-256");
    *ret_cert =
        *ret_key ? cert_make(*ret_key, "Matinee local authority", NULL, NULL, now_ms) : NULL;
    if (!*ret_cert)
        return err_set(reterr, ERR_INTERNAL, "OpenSSL could not make the local authority");
    int r = pem_write(key, 0600, NULL, *ret_key, reterr);
    return r < 0 ? r : pem_write(cert, 0644, *ret_cert, NULL, reterr);
}

static bool leaf_good(const char *cert, const char *key, const char *host, X509 *authority,
                      int64_t now_ms) {
    X509 *c = cert_read(cert);
    EVP_PKEY *k = key_read(key);
    time_t soon = (time_t)(now_ms / 1000 + RENEW_DAYS * 86400LL);
    EVP_PKEY *ca = X509_get0_pubkey(authority);
    bool good = c && k && X509_check_private_key(c, k) == 1 &&
                X509_cmp_time(X509_get0_notAfter(c), &soon) > 0 &&
                (host_is_ip(host) ? X509_check_ip_asc(c, host, 0)
                                  : X509_check_host(c, host, 0, 0, NULL)) == 1 &&
                X509_verify(c, ca) == 1;
    X509_free(c);
    EVP_PKEY_free(k);
    return good;
}

static int leaf_renew(const char *dir, const char *host, const struct tls_files *f, int64_t now_ms,
                      bool *ret_renewed, struct err *reterr) {
    X509 *ca = NULL, *leaf = NULL;
    EVP_PKEY *ca_key = NULL, *key = NULL;
    *ret_renewed = false;
    int r = authority_load(dir, now_ms, &ca, &ca_key, reterr);
    if (r == 0 && !leaf_good(f->cert, f->key, host, ca, now_ms)) {
        key = EVP_EC_gen("P-256");
        leaf = key ? cert_make(key, host, ca, ca_key, now_ms) : NULL;
        r = leaf ? pem_write(f->key, 0600, NULL, key, reterr)
                 : err_set(reterr, ERR_INTERNAL, "OpenSSL could not make a certificate for %s",
                           host);
        if (r == 0)
            r = pem_write(f->cert, 0644, leaf, NULL, reterr);
        *ret_renewed = r == 0;
    }
    X509_free(ca);
    X509_free(leaf);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
    return r;
}

static int local_prepare(const char *data_dir, const char *host, int64_t now_ms,
                         struct tls_files *f, struct err *reterr) {
    scoped(mem_free) char *dir = text_make("%s/tls", data_dir);
    bool renewed;
    f->cert = text_make("%s/host.pem", dir);
    f->key = text_make("%s/host.key", dir);
    f->authority = text_make("%s/authority.pem", dir);
    int r = folder_make(dir, reterr);
    return r < 0 ? r : leaf_renew(dir, host, f, now_ms, &renewed, reterr);
}

int tls_renew(const char *data_dir, const char *host, const struct tls_files *f, int64_t now_ms,
              bool *ret_renewed, struct err *reterr) {
    scoped(mem_free) char *dir = text_make("%s/tls", data_dir);
    *ret_renewed = false;
    return f->authority ? leaf_renew(dir, host, f, now_ms, ret_renewed, reterr) : 0;
}

static int time_check(const X509 *c, const char *path, int64_t now_ms, struct err *reterr) {
    time_t now = (time_t)(now_ms / 1000);
    if (X509_cmp_time(X509_get0_notAfter(c), &now) < 0)
        return err_refuse(reterr, ERR_INVALID, "tls.expired",
                          "Renew it, or leave --tls-cert and --tls-key out for one of the local "
                          "authority.",
                          "the certificate in %s has expired", path);
    if (X509_cmp_time(X509_get0_notBefore(c), &now) > 0)
        return err_refuse(reterr, ERR_INVALID, "tls.early", "Look at the clock of this machine.",
                          "the certificate in %s is not valid yet", path);
    return 0;
}

static int given_check(const char *host, const char *cert, const char *key, int64_t now_ms,
                       struct err *reterr) {
    if (!cert[0] || !key[0])
        return err_refuse(reterr, ERR_INVALID, "tls.pair",
                          "Give both, or neither for a certificate of the local authority.",
                          "--tls-cert and --tls-key go together");
    const char *const files[] = {cert, key};
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        if (access(files[i], R_OK) < 0)
            return err_errno(reterr, errno, "--tls-%s %s", i ? "key" : "cert", files[i]);
    X509 *c = cert_read(cert);
    EVP_PKEY *k = key_read(key);
    int r = 0;
    if (!c || !k)
        r = err_refuse(reterr, ERR_INVALID, "tls.unreadable",
                       "Both must be PEM files, the key without a password.", "%s holds no %s",
                       !c ? cert : key, !c ? "certificate" : "private key without password");
    else if (X509_check_private_key(c, k) != 1)
        r = err_refuse(reterr, ERR_INVALID, "tls.mismatch",
                       "Give the key that the certificate was made for.", "%s is not the key of %s",
                       key, cert);
    else if ((host_is_ip(host) ? X509_check_ip_asc(c, host, 0)
                               : X509_check_host(c, host, 0, 0, NULL)) != 1)
        r = err_refuse(reterr, ERR_INVALID, "tls.name",
                       "Use a certificate for this name, or its name as --host.",
                       "%s is not for %s", cert, host);
    else
        r = time_check(c, cert, now_ms, reterr);
    X509_free(c);
    EVP_PKEY_free(k);
    return r;
}

int tls_prepare(const char *data_dir, const char *host, const char *cert, const char *key,
                int64_t now_ms, struct tls_files *ret_files, struct err *reterr) {
    *ret_files = (struct tls_files){0};
    if (!cert[0] && !key[0])
        return local_prepare(data_dir, host, now_ms, ret_files, reterr);
    int r = given_check(host, cert, key, now_ms, reterr);
    if (r < 0)
        return r;
    ret_files->cert = text_make("%s", cert);
    ret_files->key = text_make("%s", key);
    return 0;
}
