/* mac.c - see mac.h. Fetching an algorithm and preparing a key take OpenSSL three times as long as a token's text does. */
#include "engine/cat/mac.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 4 }; /* path tokens and licence grants, each while its keys change */

struct kept {
    struct {
        uint8_t key[MAC_KEY_MAX];
        size_t key_len;
        EVP_MAC_CTX *ctx;
    } of[KEPT];
    size_t next;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t of_thread;
static bool keyed;

static void kept_free(void *p) {
    struct kept *k = p;
    for (size_t i = 0; i < KEPT; i++)
        EVP_MAC_CTX_free(k->of[i].ctx);
    OPENSSL_cleanse(k, sizeof *k);
    free(k);
}

static void key_make(void) { keyed = pthread_key_create(&of_thread, kept_free) == 0; }

EVP_MAC_CTX *mac_context(const uint8_t *key, size_t key_len) {
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"SHA256"}, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);
    if (ctx && !EVP_MAC_init(ctx, key, key_len, params)) {
        EVP_MAC_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

static struct kept *kept_here(void) {
    pthread_once(&once, key_make);
    struct kept *k = keyed ? pthread_getspecific(of_thread) : NULL;
    if (k || !keyed)
        return k;
    k = calloc(1, sizeof *k);
    if (k && pthread_setspecific(of_thread, k)) {
        free(k);
        return NULL;
    }
    return k;
}

/* Borrowed; NULL: no memory. */
static EVP_MAC_CTX *context_kept(struct kept *k, const uint8_t *key, size_t key_len) {
    for (size_t i = 0; i < KEPT; i++)
        if (k->of[i].ctx && k->of[i].key_len == key_len && CRYPTO_memcmp(k->of[i].key, key, key_len) == 0)
            return k->of[i].ctx;
    EVP_MAC_CTX *ctx = mac_context(key, key_len);
    size_t at = k->next;
    if (!ctx)
        return NULL;
    k->next = (at + 1) % KEPT;
    EVP_MAC_CTX_free(k->of[at].ctx);
    memcpy(k->of[at].key, key, key_len);
    k->of[at].key_len = key_len;
    return k->of[at].ctx = ctx;
}

bool mac_sha256(const uint8_t *key, size_t key_len, struct str text, uint8_t tag[MAC_LEN]) {
    size_t n = 0;
    assert(key_len >= 1 && key_len <= MAC_KEY_MAX);
    struct kept *k = kept_here();
    EVP_MAC_CTX *ctx = k ? context_kept(k, key, key_len) : NULL;
    return ctx && EVP_MAC_init(ctx, NULL, 0, NULL) && EVP_MAC_update(ctx, (const uint8_t *)text.p, text.n) &&
           EVP_MAC_final(ctx, tag, &n, MAC_LEN) && n == MAC_LEN;
}
