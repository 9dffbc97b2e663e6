/*
 * breached.c - passwords that are known, in a file that the operator gives: we ship nobody's data. A collection of breached
 * ones, hashed and sorted, has tens of gigabytes: it is searched where it lies, with some 35 reads.
 */
#include "service/identity/identity_int.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEX_LEN = 2 * SHA_DIGEST_LENGTH, LINE_MAX_BYTES = 128, WORD_MAX = 1024, BLOCK = 64 << 10 };
static const off_t words_max = 64 << 20; /* read from end to end at each new password: some 30 ms */

static int file_refuse(struct err *reterr, const char *hint, const char *why) {
    return err_refuse(reterr, ERR_INVALID, "config.password_refused", hint, "password-refused: %s", why);
}

static bool is_hash(struct str line) {
    for (size_t i = 0; i < HEX_LEN; i++)
        if (i >= line.n || !((line.p[i] >= '0' && line.p[i] <= '9') || ((line.p[i] | 32) >= 'a' && (line.p[i] | 32) <= 'f')))
            return false;
    return line.n == HEX_LEN || line.p[HEX_LEN] == ':' || line.p[HEX_LEN] == ' ' || line.p[HEX_LEN] == '\t' || line.p[HEX_LEN] == '\r';
}

static int hash_order(struct str line, const char *wanted) {
    for (size_t i = 0; i < HEX_LEN; i++) {
        char c = line.p[i] >= 'a' ? (char)(line.p[i] - 32) : line.p[i];
        if (c != wanted[i])
            return c < wanted[i] ? -1 : 1;
    }
    return 0;
}

/* The line that byte `at` belongs to: where it begins, and where the next one does. Bytes of dst. */
static int line_at(int fd, off_t at, off_t size, char dst[2 * LINE_MAX_BYTES], struct str *ret_line, off_t *ret_from,
                   off_t *ret_next, struct err *reterr) {
    off_t from = MAX(at - LINE_MAX_BYTES, 0);
    ssize_t got = pread(fd, dst, 2 * LINE_MAX_BYTES, from);
    if (got < 0)
        return err_errno(reterr, errno, "password-refused");
    size_t here = (size_t)(at - from), n = (size_t)got, begin = here, end = here;
    if (here >= n)
        return file_refuse(reterr, "Leave the file alone while Matinee runs; put a new one in its place.", "it became shorter");
    while (begin > 0 && dst[begin - 1] != '\n')
        begin--;
    while (end < n && dst[end] != '\n')
        end++;
    if ((begin == 0 && from > 0) || (end == n && from + got < size))
        return file_refuse(reterr, "Give SHA-1 hashes, one a line and in order, or a list of words.", "a line is too long for a list of hashes");
    *ret_line = str_make(dst + begin, end - begin);
    *ret_from = from + (off_t)begin;
    *ret_next = from + (off_t)end + 1;
    return 0;
}

static int hashes_find(int fd, off_t size, struct str password, struct err *reterr) {
    uint8_t sha[SHA_DIGEST_LENGTH];
    char wanted[HEX_LEN + 1], bytes[2 * LINE_MAX_BYTES];
    SHA1((const uint8_t *)password.p, password.n, sha); /* the collections' choice; nothing is kept by it */
    for (size_t i = 0; i < sizeof sha; i++)
        snprintf(wanted + 2 * i, 3, "%02X", sha[i]);
    for (off_t low = 0, high = size; low < high;) {
        struct str line;
        off_t from = 0, next = 0;
        int rc = line_at(fd, low + (high - low) / 2, size, bytes, &line, &from, &next, reterr);
        if (rc)
            return rc;
        if (!str_trim(line).n) { /* an empty one at the end */
            high = from;
            continue;
        }
        if (!is_hash(line))
            return file_refuse(reterr, "Give SHA-1 hashes, one a line and in order, or a list of words.", "a line among hashes is none");
        int order = hash_order(line, wanted);
        if (order == 0)
            return 1;
        if (order < 0)
            low = next;
        else
            high = from;
    }
    return 0;
}

static int words_find(int fd, off_t size, struct str password, struct err *reterr) {
    scoped(mem_free) char *block = malloc(BLOCK);
    size_t held = 0;
    ssize_t got;
    if (size > words_max)
        return file_refuse(reterr, "Hash the words with SHA-1 and sort them: such a list may be of any size.", "a word list has 64 MiB at most");
    if (!block)
        return err_set(reterr, ERR_NO_MEMORY, "no memory to read a word list");
    for (off_t at = 0; (got = pread(fd, block + held, BLOCK - held, at)) > 0; at += got) {
        struct str rest = str_make(block, held + (size_t)got), line;
        while (rest.n && memchr(rest.p, '\n', rest.n)) {
            rest = str_cut(rest, '\n', &line);
            if (str_eq_nocase(str_trim(line), password))
                return 1;
        }
        /* A line longer than any password is none: what is held of it does not count. */
        held = rest.n > WORD_MAX ? 0 : rest.n;
        memmove(block, rest.p, held);
    }
    return got < 0 ? err_errno(reterr, errno, "password-refused") : held && str_eq_nocase(str_trim(str_make(block, held)), password);
}

int breached_find(int fd, struct str password, struct err *reterr) {
    struct stat st;
    char head[LINE_MAX_BYTES];
    if (fstat(fd, &st) < 0)
        return err_errno(reterr, errno, "password-refused");
    if (!S_ISREG(st.st_mode))
        return file_refuse(reterr, "Name a file.", "it is no file");
    ssize_t got = pread(fd, head, sizeof head, 0);
    if (got < 0)
        return err_errno(reterr, errno, "password-refused");
    struct str line;
    str_cut(str_make(head, (size_t)got), '\n', &line);
    return is_hash(line) ? hashes_find(fd, st.st_size, password, reterr) : words_find(fd, st.st_size, password, reterr);
}

static int refused_in(const char *path, struct str password, struct err *reterr) {
    scoped(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? err_errno(reterr, errno, "password-refused %s", path) : breached_find(fd, password, reterr);
}

int password_is_refused(const struct engine *e, struct str password, struct err *reterr) {
    const char *path = e->config ? config_str(e->config, "password-refused") : "";
    struct err why = {0};
    int rc = path[0] ? refused_in(path, password, &why) : 0;
    /* It was there at the start (identity_start). That nobody can sign up any more would be the greater harm. */
    if (rc < 0)
        log_event(LOG_ERROR, "identity.password_refused_unread", LS("err", why.msg));
    if (rc < 0 && reterr)
        *reterr = why;
    return rc;
}
