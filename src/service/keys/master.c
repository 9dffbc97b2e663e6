/*
 * master.c - the one secret that all others hang on. It comes from MATINEE_MASTER_KEY (hex) or from
 * <data>/master.key, which is made at the first start, whole and once (base/file.h), so that two
 * processes starting at once agree on one. It never signs or seals anything
 * itself: every use has a key derived for it (BLAKE2b, keyed, of the purpose's name).
 */
#include "service/keys/keys_int.h"
#include "base/file.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == 24, "SEALED_LEN");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == 16, "SEALED_LEN");

static struct {
    pthread_rwlock_t lock;
    bool loaded;
    uint8_t key[MASTER_KEY_LEN];
} master = {.lock = PTHREAD_RWLOCK_INITIALIZER};

static bool key_parse(struct str text, uint8_t *ret) {
    size_t n = 0;
    text = str_trim(text);
    return text.n == MASTER_KEY_HEX &&
           sodium_hex2bin(ret, MASTER_KEY_LEN, text.p, text.n, NULL, &n, NULL) == 0 &&
           n == MASTER_KEY_LEN;
}

static int key_read(const char *path, uint8_t *ret, struct err *reterr) {
    char text[MASTER_KEY_HEX + 8];
    struct stat st;
    scoped(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(reterr, errno, "%s", path);
    if (fstat(fd, &st) < 0)
        return err_errno(reterr, errno, "%s", path);
    if (st.st_mode & 077)
        return err_refuse(
            reterr, ERR_PERMISSION, "keys.master_key_open",
            "Others on this machine can read the master key. Run chmod 600 on the file.",
            "%s has mode %03o", path, (unsigned)st.st_mode & 0777);
    ssize_t n = read(fd, text, sizeof text);
    bool ok = n > 0 && key_parse(str_make(text, (size_t)n), ret);
    sodium_memzero(text, sizeof text);
    if (!ok)
        return err_refuse(
            reterr, ERR_CORRUPT, "keys.master_key_malformed",
            "The master key file must hold 64 hex digits. Restore it from its backup.",
            "%s is not a master key", path);
    return 0;
}

/* Of two that start together the first wins and both read its key. */
static int key_make(const char *data_dir, struct err *reterr) {
    uint8_t key[MASTER_KEY_LEN];
    char hex[MASTER_KEY_HEX + 2];
    scoped(fd_close) int dir = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_errno(reterr, errno, "%s", data_dir);
    randombytes_buf(key, sizeof key);
    sodium_bin2hex(hex, sizeof hex, key, sizeof key);
    hex[MASTER_KEY_HEX] = '\n';
    int rc = file_write_at(dir, "master.key", str_make(hex, MASTER_KEY_HEX + 1), 0600, FILE_KEEP,
                           reterr);
    sodium_memzero(key, sizeof key);
    sodium_memzero(hex, sizeof hex);
    return rc;
}

static int key_find(const char *data_dir, uint8_t *ret, struct err *reterr) {
    const char *env = getenv("MATINEE_MASTER_KEY");
    char path[4096];
    if (env && *env) {
        if (key_parse(str_of(env), ret))
            return 0;
        return err_refuse(reterr, ERR_INVALID, "keys.master_key_malformed",
                          "MATINEE_MASTER_KEY must be 64 hex digits.",
                          "MATINEE_MASTER_KEY is malformed");
    }
    snprintf(path, sizeof path, "%s/master.key", data_dir);
    if (access(path, F_OK) < 0 && errno == ENOENT) {
        int rc = key_make(data_dir, reterr);
        if (rc < 0)
            return rc;
        if (rc == 0)
            log_event(LOG_INFO, "keys.master_key_made", LS("file", path));
    }
    return key_read(path, ret, reterr);
}

int master_key_load(const char *data_dir, struct err *reterr) {
    uint8_t key[MASTER_KEY_LEN];
    if (sodium_init() < 0)
        return err_set(reterr, ERR_INTERNAL, "libsodium could not be initialised");
    int rc = key_find(data_dir, key, reterr);
    if (rc)
        return rc;
    pthread_rwlock_wrlock(&master.lock);
    sodium_mlock(master.key, sizeof master.key);
    memcpy(master.key, key, sizeof key);
    master.loaded = true;
    pthread_rwlock_unlock(&master.lock);
    sodium_memzero(key, sizeof key);
    return 0;
}

void master_key_forget(void) {
    pthread_rwlock_wrlock(&master.lock);
    sodium_munlock(master.key, sizeof master.key); /* wipes */
    master.loaded = false;
    pthread_rwlock_unlock(&master.lock);
}

int keys_derive(const char *purpose, uint8_t ret[32], struct err *reterr) {
    pthread_rwlock_rdlock(&master.lock);
    bool loaded = master.loaded;
    if (loaded)
        crypto_generichash(ret, 32, (const uint8_t *)purpose, strlen(purpose), master.key,
                           sizeof master.key);
    pthread_rwlock_unlock(&master.lock);
    return loaded ? 0 : err_set(reterr, ERR_INTERNAL, "the master key is not loaded");
}

int master_seal(struct str plain, struct str ad, uint8_t *dst, struct err *reterr) {
    uint8_t key[32];
    unsigned long long n;
    int rc = keys_derive("seal", key, reterr);
    if (rc)
        return rc;
    randombytes_buf(dst, 24);
    crypto_aead_xchacha20poly1305_ietf_encrypt(dst + 24, &n, (const uint8_t *)plain.p, plain.n,
                                               (const uint8_t *)ad.p, ad.n, NULL, dst, key);
    sodium_memzero(key, sizeof key);
    return 0;
}

int master_unseal(struct str sealed, struct str ad, uint8_t *dst, size_t n, struct err *reterr) {
    uint8_t key[32];
    unsigned long long got = 0;
    int rc = keys_derive("seal", key, reterr);
    if (rc)
        return rc;
    bool ok = sealed.n == SEALED_LEN(n) &&
              crypto_aead_xchacha20poly1305_ietf_decrypt(
                  dst, &got, NULL, (const uint8_t *)sealed.p + 24, sealed.n - 24,
                  (const uint8_t *)ad.p, ad.n, (const uint8_t *)sealed.p, key) == 0;
    sodium_memzero(key, sizeof key);
    if (ok)
        return 0;
    return err_refuse(reterr, ERR_CORRUPT, "keys.unreadable",
                      "A content key cannot be opened with this master key. Restore master.key (or "
                      "MATINEE_MASTER_KEY) from its backup.",
                      "a sealed content key does not open");
}
