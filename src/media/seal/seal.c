/* seal.c - see seal.h. GCM, because the processor does it: a child that reads through it is not slowed by it. */
#include "media/seal/seal.h"
#include "base/str.h"
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sealed {
    int fd;
    int64_t size;
    uint8_t head[SEAL_HEAD];
    pthread_mutex_t lock; /* of what follows */
    EVP_CIPHER_CTX *ctx;
    int64_t held; /* the chunk that lies open; -1: none */
    size_t held_n;
    uint8_t open[SEAL_CHUNK], shut[SEAL_CHUNK + SEAL_TAG];
};

static const uint8_t magic[8] = {'M', 'T', 'S', 'E', 'A', 'L', '1', 0};

static void be_put(uint8_t *p, uint64_t v, int n) {
    for (int i = n - 1; i >= 0; i--, v >>= 8)
        p[i] = (uint8_t)v;
}

static uint64_t be_get(const uint8_t *p, int n) {
    uint64_t v = 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

/* What is done is done to all n bytes, or it failed. */
static bool all_read(int fd, uint8_t *p, size_t n, int64_t at) {
    while (n > 0) {
        ssize_t r = pread(fd, p, n, (off_t)at);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0) {
            errno = r ? errno : EBADMSG;
            return false;
        }
        p += r, n -= (size_t)r, at += r;
    }
    return true;
}

static bool all_written(int fd, const uint8_t *p, size_t n, int64_t at) {
    while (n > 0) {
        ssize_t r = pwrite(fd, p, n, (off_t)at);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return false;
        p += r, n -= (size_t)r, at += r;
    }
    return true;
}

/* One chunk, either way: src to dst, the tag in or out. */
static bool chunk_crypt(EVP_CIPHER_CTX *ctx, bool seal, const uint8_t head[SEAL_HEAD], int64_t number, const uint8_t *src, size_t n,
                        uint8_t *dst, uint8_t *tag) {
    uint8_t nonce[12];
    int out;
    memcpy(nonce, head + 24, 8);
    be_put(nonce + 8, (uint64_t)number, 4);
    if (EVP_CipherInit_ex(ctx, NULL, NULL, NULL, nonce, seal) != 1 ||
        (!seal && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, SEAL_TAG, tag) != 1) ||
        EVP_CipherUpdate(ctx, NULL, &out, head, SEAL_HEAD) != 1 || EVP_CipherUpdate(ctx, dst, &out, src, (int)n) != 1 ||
        EVP_CipherFinal_ex(ctx, dst + out, &out) != 1)
        return false;
    return !seal || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, SEAL_TAG, tag) == 1;
}

static EVP_CIPHER_CTX *context_new(const uint8_t key[SEAL_KEY], bool seal) {
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, NULL, seal) != 1) {
        EVP_CIPHER_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

/* ---- writing ---- */

static int chunks_write(EVP_CIPHER_CTX *ctx, int from, int to, const uint8_t head[SEAL_HEAD], int64_t size,
                        int (*progress)(void *arg, int permille), void *arg, struct err *reterr) {
    uint8_t clear[SEAL_CHUNK], shut[SEAL_CHUNK + SEAL_TAG];
    int r = 0;
    for (int64_t at = 0, number = 0; at < size && r >= 0; at += SEAL_CHUNK, number++) {
        size_t n = (size_t)MIN(size - at, (int64_t)SEAL_CHUNK);
        if (!all_read(from, clear, n, at))
            r = err_errno(reterr, errno, "reading what is to be sealed");
        else if (!chunk_crypt(ctx, true, head, number, clear, n, shut, shut + n))
            r = err_set(reterr, ERR_INTERNAL, "AES failed");
        else if (!all_written(to, shut, n + SEAL_TAG, SEAL_HEAD + number * (SEAL_CHUNK + SEAL_TAG)))
            r = err_errno(reterr, errno, "writing what is sealed");
        else if (progress && (r = progress(arg, (int)(at * 1000 / size))) < 0)
            err_set(reterr, r, "sealing was stopped");
    }
    explicit_bzero(clear, sizeof clear);
    return MIN(r, 0);
}

int seal_write(int from, int to, const uint8_t key[SEAL_KEY], int (*progress)(void *arg, int permille), void *arg,
               struct err *reterr) {
    struct stat st;
    uint8_t head[SEAL_HEAD] = {0};
    if (fstat(from, &st) < 0)
        return err_errno(reterr, errno, "what is to be sealed");
    memcpy(head, magic, sizeof magic);
    be_put(head + 8, SEAL_CHUNK, 4);
    be_put(head + 16, (uint64_t)st.st_size, 8);
    if (st.st_size / SEAL_CHUNK >= UINT32_MAX || RAND_bytes(head + 24, 8) != 1)
        return err_set(reterr, ERR_LIMIT, "this file can't be sealed");
    if (!all_written(to, head, sizeof head, 0))
        return err_errno(reterr, errno, "writing what is sealed");
    EVP_CIPHER_CTX *ctx = context_new(key, true);
    int r = ctx ? chunks_write(ctx, from, to, head, st.st_size, progress, arg, reterr) : err_set(reterr, ERR_NO_MEMORY, "AES context");
    EVP_CIPHER_CTX_free(ctx);
    return r;
}

/* ---- reading ---- */

static int unreadable(struct err *reterr, const char *why) {
    return err_refuse(reterr, ERR_CORRUPT, "seal.unreadable",
                      "The stored source cannot be opened with this master key, or it is damaged. Restore it, or master.key, from the "
                      "backup.",
                      "a sealed source: %s", why);
}

/* The chunk lies open in s->open afterwards; its length, or -1. */
static ssize_t chunk_open(struct sealed *s, int64_t number) {
    if (s->held == number)
        return (ssize_t)s->held_n;
    size_t n = (size_t)MIN(s->size - number * SEAL_CHUNK, (int64_t)SEAL_CHUNK);
    s->held = -1;
    if (!all_read(s->fd, s->shut, n + SEAL_TAG, SEAL_HEAD + number * (SEAL_CHUNK + SEAL_TAG)))
        return -1;
    if (!chunk_crypt(s->ctx, false, s->head, number, s->shut, n, s->open, s->shut + n)) {
        explicit_bzero(s->open, sizeof s->open);
        errno = EBADMSG;
        return -1;
    }
    s->held = number, s->held_n = n;
    return (ssize_t)n;
}

int sealed_open(int fd, const uint8_t key[SEAL_KEY], struct sealed **ret, struct err *reterr) {
    struct stat st;
    scoped(sealed_freep) struct sealed *s = calloc(1, sizeof *s);
    if (!s || !(s->ctx = context_new(key, false)))
        return err_set(reterr, ERR_NO_MEMORY, "a sealed source");
    pthread_mutex_init(&s->lock, NULL);
    s->fd = fd;
    s->held = -1;
    if (fstat(fd, &st) < 0 || !all_read(fd, s->head, SEAL_HEAD, 0))
        return unreadable(reterr, "it has no head");
    uint64_t size = be_get(s->head + 16, 8), chunks = size / SEAL_CHUNK + (size % SEAL_CHUNK > 0);
    if (memcmp(s->head, magic, sizeof magic) != 0 || be_get(s->head + 8, 4) != SEAL_CHUNK || chunks > UINT32_MAX)
        return unreadable(reterr, "it is of another form");
    if ((uint64_t)st.st_size != SEAL_HEAD + size + chunks * SEAL_TAG)
        return unreadable(reterr, "it is cut off");
    s->size = (int64_t)size;
    if (size > 0 && chunk_open(s, 0) < 0)
        return unreadable(reterr, "its first chunk does not open");
    *ret = take(s);
    return 0;
}

void sealed_free(struct sealed *s) {
    if (!s)
        return;
    EVP_CIPHER_CTX_free(s->ctx);
    explicit_bzero(s, sizeof *s);
    free(s);
}

void sealed_freep(struct sealed **s) {
    sealed_free(*s);
    *s = NULL;
}

int64_t sealed_size(const struct sealed *s) { return s->size; }

ssize_t sealed_pread(struct sealed *s, void *dst, size_t n, int64_t at) {
    size_t done = 0;
    ssize_t r = 0;
    if (at < 0) {
        errno = EINVAL;
        return -1;
    }
    pthread_mutex_lock(&s->lock);
    while (done < n && at < s->size && (r = chunk_open(s, at / SEAL_CHUNK)) >= 0) {
        size_t from = (size_t)(at % SEAL_CHUNK), piece = MIN((size_t)r - from, n - done);
        memcpy((uint8_t *)dst + done, s->open + from, piece);
        done += piece, at += (int64_t)piece;
    }
    pthread_mutex_unlock(&s->lock);
    return r < 0 ? -1 : (ssize_t)done;
}

/* ---- in a media child ---- */

static struct {
    int fd;
    struct sealed *s;
} source = {-1, NULL};

int fd_unseal(int fd, const char *key, struct err *reterr) {
    uint8_t bytes[SEAL_KEY];
    if (!key || !str_unhex(str_of(key), bytes, sizeof bytes))
        return err_set(reterr, ERR_INVALID, "the key of a sealed source is 64 hex digits");
    sealed_freep(&source.s);
    int r = sealed_open(fd, bytes, &source.s, reterr);
    explicit_bzero(bytes, sizeof bytes);
    source.fd = r < 0 ? -1 : fd;
    return r;
}

ssize_t fd_pread(int fd, void *dst, size_t n, int64_t at) {
    return source.s && fd == source.fd ? sealed_pread(source.s, dst, n, at) : pread(fd, dst, n, (off_t)at);
}

int64_t fd_size(int fd) {
    struct stat st;
    if (source.s && fd == source.fd)
        return source.s->size;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_size : -1;
}
