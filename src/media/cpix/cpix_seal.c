/* cpix_seal.c - CPIX 6.1.4's algorithms, by OpenSSL. */
#include "media/cpix/cpix_int.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

enum { RSA_BITS_MIN = 2048, PEM_MAX = 64 << 10 };

int seal_new(struct seal *ret, struct err *reterr) {
    if (RAND_bytes(ret->key, sizeof ret->key) != 1 || RAND_bytes(ret->mac, sizeof ret->mac) != 1)
        return err_set(reterr, ERR_INTERNAL, "no random bytes for a document");
    return 0;
}

static X509 *certificate_of(struct str text) {
    BIO *bio = text.n && text.n <= PEM_MAX ? BIO_new_mem_buf(text.p, (int)text.n) : NULL;
    X509 *x = NULL;
    if (bio && str_find(text, STR("-----BEGIN")) >= 0)
        x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    else if (bio)
        x = d2i_X509_bio(bio, NULL);
    BIO_free(bio);
    ERR_clear_error();
    return x;
}

static bool rsa_enough(EVP_PKEY *k) {
    return k && EVP_PKEY_is_a(k, "RSA") && EVP_PKEY_get_bits(k) >= RSA_BITS_MIN;
}

int seal_certificate(struct str text, struct buf *ret_der, struct err *reterr) {
    X509 *x = certificate_of(text);
    unsigned char *der = NULL;
    bool fits = x && rsa_enough(X509_get0_pubkey(x));
    int n = fits ? i2d_X509(x, &der) : 0;
    if (n > 0)
        buf_mem(ret_der, der, (size_t)n);
    OPENSSL_free(der);
    X509_free(x);
    if (n <= 0)
        return err_refuse(reterr, ERR_INVALID, "cpix.certificate", "Keys are sealed to an X.509 certificate (PEM or DER) of an RSA key of 2048 bits or more.",
                          "a certificate that nothing can be sealed to");
    return ret_der->failed ? err_set(reterr, ERR_LIMIT, "a certificate does not fit") : 0;
}

static EVP_PKEY_CTX *oaep(EVP_PKEY *k, int (*init)(EVP_PKEY_CTX *)) {
    EVP_PKEY_CTX *c = k ? EVP_PKEY_CTX_new(k, NULL) : NULL;
    if (c && init(c) == 1 && EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_OAEP_PADDING) == 1)
        return c; /* SHA-1 in both places: what rsa-oaep-mgf1p is */
    EVP_PKEY_CTX_free(c);
    return NULL;
}

int seal_wrap(const struct buf *der, const uint8_t *secret, size_t n, struct buf *b, struct err *reterr) {
    uint8_t out[SEAL_WRAPPED_MAX];
    size_t size = sizeof out;
    X509 *x = certificate_of(buf_str(der));
    EVP_PKEY_CTX *c = x ? oaep(X509_get0_pubkey(x), EVP_PKEY_encrypt_init) : NULL;
    bool ok = c && EVP_PKEY_encrypt(c, out, &size, secret, n) == 1;
    EVP_PKEY_CTX_free(c);
    X509_free(x);
    ERR_clear_error();
    if (!ok)
        return err_set(reterr, ERR_INVALID, "a key could not be sealed to the certificate");
    buf_mem(b, out, size);
    return 0;
}

bool seal_unwrap(struct str private_key, const struct buf *wrapped, uint8_t *ret, size_t n) {
    uint8_t out[SEAL_WRAPPED_MAX];
    size_t size = sizeof out;
    BIO *bio = private_key.n && private_key.n <= PEM_MAX ? BIO_new_mem_buf(private_key.p, (int)private_key.n) : NULL;
    EVP_PKEY *k = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
    EVP_PKEY_CTX *c = rsa_enough(k) ? oaep(k, EVP_PKEY_decrypt_init) : NULL;
    bool ok = c && wrapped->n <= sizeof out && EVP_PKEY_decrypt(c, out, &size, wrapped->p, wrapped->n) == 1 && size == n;
    if (ok)
        memcpy(ret, out, n);
    explicit_bzero(out, sizeof out);
    EVP_PKEY_CTX_free(c);
    EVP_PKEY_free(k);
    BIO_free(bio);
    ERR_clear_error();
    return ok;
}

static bool mac_of(const struct seal *s, const uint8_t *p, size_t n, uint8_t ret[SEAL_MAC]) {
    unsigned got = 0;
    return HMAC(EVP_sha512(), s->mac, sizeof s->mac, p, n, ret, &got) && got == SEAL_MAC;
}

bool seal_close(const struct seal *s, const uint8_t key[16], uint8_t ret_value[SEAL_VALUE], uint8_t ret_mac[SEAL_MAC]) {
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n = 0, last = 0;
    bool ok = c && RAND_bytes(ret_value, 16) == 1 && EVP_EncryptInit_ex2(c, EVP_aes_256_cbc(), s->key, ret_value, NULL) == 1 &&
              EVP_EncryptUpdate(c, ret_value + 16, &n, key, 16) == 1 && EVP_EncryptFinal_ex(c, ret_value + 16 + n, &last) == 1 &&
              16 + n + last == SEAL_VALUE && mac_of(s, ret_value, SEAL_VALUE, ret_mac);
    EVP_CIPHER_CTX_free(c);
    return ok;
}

bool seal_open(const struct seal *s, const struct buf *value, const struct buf *mac, uint8_t ret_key[16]) {
    uint8_t due[SEAL_MAC], out[SEAL_VALUE];
    int n = 0, last = 0;
    if (value->n != SEAL_VALUE || mac->n != SEAL_MAC || !mac_of(s, value->p, value->n, due) || CRYPTO_memcmp(due, mac->p, SEAL_MAC) != 0)
        return false;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ok = c && EVP_DecryptInit_ex2(c, EVP_aes_256_cbc(), s->key, value->p, NULL) == 1 &&
              EVP_DecryptUpdate(c, out, &n, value->p + 16, SEAL_VALUE - 16) == 1 && EVP_DecryptFinal_ex(c, out + n, &last) == 1 && n + last == 16;
    if (ok)
        memcpy(ret_key, out, 16);
    explicit_bzero(out, sizeof out);
    EVP_CIPHER_CTX_free(c);
    ERR_clear_error();
    return ok;
}
