/*
 * token_keys.c - the keys of path tokens: a text file that this process and the front's module both
 * read. Replaced whole (base/file.h); the first one is made once, so that processes which start
 * together agree on it.
 */
#include "service/delivery/delivery_int.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 8192, KID_LEN = 8, SECRET_LEN = 32 };

static struct {
    pthread_mutex_t lock;
    struct cat_key keys[TOKEN_KEYS_MAX];
    int n;
    struct timespec mtime;
    ino_t inode;
    int64_t looked_ns; /* at the file's time */
} loaded = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void keys_path(const struct engine *e, char *dst, size_t cap) {
    snprintf(dst, cap, "%s/" DELIVERY_KEYS_FILE, e->data_dir);
}

static int file_parse(int fd, const char *path, struct cat_key *keys, struct err *reterr) {
    char text[FILE_MAX_BYTES];
    ssize_t got = pread(fd, text, sizeof text, 0);
    if (got < 0)
        return err_errno(reterr, errno, "%s", path);
    int n = cat_keys_parse(str_make(text, (size_t)got), keys, TOKEN_KEYS_MAX);
    sodium_memzero(text, sizeof text);
    if (n > 0)
        return n;
    return err_refuse(
        reterr, ERR_CORRUPT, "delivery.keys_malformed",
        "The file of token keys is damaged. Delete it: a new one is made at the next start, "
        "and running playbacks must be started again.",
        "%s does not hold 1 to %d keys", path, TOKEN_KEYS_MAX);
}

/* Called with the lock held. */
static int load(const char *path, struct err *reterr) {
    struct cat_key keys[TOKEN_KEYS_MAX];
    struct stat st;
    scoped(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(reterr, errno, "%s", path);
    int n = file_parse(fd, path, keys, reterr);
    if (n < 0)
        return n;
    memcpy(loaded.keys, keys, sizeof keys);
    loaded.n = n;
    loaded.mtime = st.st_mtim;
    loaded.inode = st.st_ino;
    sodium_memzero(keys, sizeof keys);
    return 0;
}

static void key_line(struct buf *b, const struct cat_key *k) {
    buf_hex(b, k->kid, k->kid_len);
    buf_byte(b, ' ');
    buf_hex(b, k->secret, k->secret_len);
    buf_byte(b, '\n');
}

static void key_make(struct cat_key *k) {
    *k = (struct cat_key){.kid_len = KID_LEN, .secret_len = SECRET_LEN};
    randombytes_buf(k->kid, KID_LEN);
    randombytes_buf(k->secret, SECRET_LEN);
}

static int file_renew(const struct engine *e, bool replace, struct err *reterr) {
    scoped(fd_close) int dir = open(e->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_errno(reterr, errno, "%s", e->data_dir);
    scoped(buf_done) struct buf text = BUF(FILE_MAX_BYTES);
    struct cat_key fresh;
    key_make(&fresh);
    buf_addc(&text, "# keys of path tokens, newest first: kid secret. Secret.\n");
    key_line(&text, &fresh);
    for (int i = 0; replace && i < loaded.n && i + 1 < TOKEN_KEYS_KEPT; i++)
        key_line(&text, &loaded.keys[i]);
    sodium_memzero(&fresh, sizeof fresh);
    int rc = text.failed ? err_set(reterr, ERR_NO_MEMORY, "no memory for token keys")
                         : file_write_at(dir, DELIVERY_KEYS_FILE, buf_str(&text), 0600,
                                         replace ? 0 : FILE_KEEP, reterr);
    if (text.p)
        sodium_memzero(text.p, text.n);
    return MIN(rc, 0);
}

int token_keys_start(const struct engine *e, struct err *reterr) {
    char path[4096];
    int rc = 0;
    keys_path(e, path, sizeof path);
    if (sodium_init() < 0)
        return err_set(reterr, ERR_INTERNAL, "libsodium could not be initialised");
    pthread_mutex_lock(&loaded.lock);
    if (access(path, F_OK) < 0 && errno == ENOENT)
        rc = file_renew(e, false, reterr);
    if (rc == 0)
        rc = load(path, reterr);
    pthread_mutex_unlock(&loaded.lock);
    return rc;
}

void token_keys_stop(void) {
    pthread_mutex_lock(&loaded.lock);
    sodium_memzero(loaded.keys, sizeof loaded.keys);
    loaded.n = 0;
    pthread_mutex_unlock(&loaded.lock);
}

/* A new key signs only minutes after it was written: nobody needs to look at every Play. */
#define LOOK_EVERY_NS (200 * 1000000LL)

/* Called with the lock held. */
static bool changed(const struct engine *e, int64_t now_ns) {
    char path[4096];
    struct stat st;
    if (now_ns - loaded.looked_ns < LOOK_EVERY_NS)
        return false;
    loaded.looked_ns = now_ns;
    keys_path(e, path, sizeof path);
    return stat(path, &st) == 0 &&
           (st.st_ino != loaded.inode || st.st_mtim.tv_sec != loaded.mtime.tv_sec ||
            st.st_mtim.tv_nsec != loaded.mtime.tv_nsec);
}

static int load_again(const struct engine *e, struct err *reterr) {
    char path[4096];
    keys_path(e, path, sizeof path);
    return load(path, reterr);
}

int token_key_current(const struct engine *e, struct cat_key *ret_key, struct err *reterr) {
    pthread_mutex_lock(&loaded.lock);
    int rc = !loaded.n || changed(e, clock_mono_ns()) ? load_again(e, reterr) : 0;
    if (rc == 0) {
        int64_t written_ms = (int64_t)loaded.mtime.tv_sec * 1000;
        /* The front may not have read the newest yet. The file's time is the system's, not
         * e->clock's. */
        bool settled = clock_now_ms(NULL) - written_ms >= DELIVERY_SETTLE_MS;
        *ret_key = loaded.keys[!settled && loaded.n > 1 ? 1 : 0];
    }
    pthread_mutex_unlock(&loaded.lock);
    return rc;
}

int delivery_keys_rotate(const struct engine *e, struct err *reterr) {
    char path[4096];
    keys_path(e, path, sizeof path);
    pthread_mutex_lock(&loaded.lock);
    int rc = load(path, reterr);
    /* Twice within a session's length would drop a key that live tokens are signed with. */
    if (rc == 0 && loaded.n > 1 &&
        clock_now_ms(NULL) - (int64_t)loaded.mtime.tv_sec * 1000 <
            DELIVERY_SESSION_MS + DELIVERY_SETTLE_MS)
        rc = err_refuse(
            reterr, ERR_CONFLICT, "delivery.rotated_lately",
            "The keys were rotated less than a session's length ago. Wait 13 hours, or delete "
            "the file of token keys to end every playback at once.",
            "rotating now would cut running playbacks");
    if (rc == 0)
        rc = file_renew(e, true, reterr);
    if (rc == 0)
        rc = load(path, reterr);
    pthread_mutex_unlock(&loaded.lock);
    if (rc == 0)
        log_event(LOG_INFO, "delivery.keys_rotated", LI("keys", TOKEN_KEYS_KEPT));
    return rc;
}
