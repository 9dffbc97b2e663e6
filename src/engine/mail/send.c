/* send.c - a message handed over: to an SMTP server by libcurl, or into the outbox folder. */
#include "engine/engine.h"
#include "engine/mail/mail_int.h"
#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONNECT_S = 5, WHOLE_S = 20 };

const struct config_key mail_config[] = {
    {"mail-url", CONFIG_STR, "",
     .doc = "Mail server: smtp://host:587 (with STARTTLS) or smtps://host:465; empty: letters become "
            "files in outbox/ of the data directory"},
    {"mail-from", CONFIG_STR, "Matinee <matinee@localhost>", .doc = "Sender of letters"},
    {"mail-user", CONFIG_STR, "", .doc = "Name to sign in to the mail server with; empty: without"},
    {"mail-password", CONFIG_STR, "", .doc = "Password of mail-user", .secret = true},
    {"mail-plain", CONFIG_BOOL, "false",
     .doc = "Talk to an smtp:// server without TLS; for one on this machine only"},
    {.name = NULL},
};

/* A folder for who tries Matinee out: 0600, for the letters hold links that sign people in. */
static int file_send(const struct engine *e, struct str id, struct str message, struct err *reterr) {
    scoped(buf_done) struct buf dir = BUF(4096);
    scoped(buf_done) struct buf partial = BUF(4096);
    scoped(buf_done) struct buf path = BUF(4096);
    buf_addf(&dir, "%s/outbox", e->data_dir);
    buf_addf(&partial, "%s/outbox/." STR_FMT ".partial", e->data_dir, STR_ARG(id));
    buf_addf(&path, "%s/outbox/" STR_FMT ".eml", e->data_dir, STR_ARG(id));
    if (!buf_cstr(&dir) || !buf_cstr(&partial) || !buf_cstr(&path))
        return err_set(reterr, ERR_LIMIT, "the data directory's name is too long");
    if (mkdir(buf_cstr(&dir), 0700) < 0 && errno != EEXIST)
        return err_errno(reterr, errno, "%s", buf_cstr(&dir));
    scoped(fd_close) int fd = open(buf_cstr(&partial), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(reterr, errno, "%s", buf_cstr(&partial));
    for (size_t at = 0; at < message.n;) {
        ssize_t n = write(fd, message.p + at, message.n - at);
        if (n < 0 && errno != EINTR) {
            int why = errno;
            unlink(buf_cstr(&partial));
            return err_errno(reterr, why, "%s", buf_cstr(&partial));
        }
        at += n > 0 ? (size_t)n : 0;
    }
    if (fsync(fd) < 0 || rename(buf_cstr(&partial), buf_cstr(&path)) < 0)
        return err_errno(reterr, errno, "%s", buf_cstr(&path));
    return 0;
}

int mail_forget_files(const struct engine *e, struct account_id account, struct err *reterr) {
    scoped(buf_done) struct buf dir = BUF(4096);
    char end[40];
    struct dirent *entry;
    buf_addf(&dir, "%s/outbox", e->data_dir);
    snprintf(end, sizeof end, "-" ID_FMT ".eml", ID_ARG(account.v));
    DIR *d = buf_cstr(&dir) ? opendir(buf_cstr(&dir)) : NULL;
    if (!d)
        return errno == ENOENT || errno == ENOTDIR ? 0 : err_errno(reterr, errno, "the outbox");
    int rc = 0;
    while (rc == 0 && (entry = readdir(d)))
        if (str_ends(str_of(entry->d_name), str_of(end)) && unlinkat(dirfd(d), entry->d_name, 0) < 0 && errno != ENOENT)
            rc = err_errno(reterr, errno, "a letter in the outbox");
    closedir(d);
    return rc;
}

static size_t message_read(char *dst, size_t size, size_t n, void *arg) {
    struct str *rest = arg;
    size_t take_n = MIN(rest->n, size * n);
    memcpy(dst, rest->p, take_n);
    *rest = str_slice(*rest, take_n, rest->n);
    return take_n;
}

static void curl_start(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int smtp_perform(CURL *c, const struct engine *e, const char *from, struct curl_slist *to,
                        struct str message, struct err *reterr) {
    const char *url = config_str(e->config, "mail-url"), *user = config_str(e->config, "mail-user");
    char why[CURL_ERROR_SIZE] = "";
    bool plain = config_bool(e->config, "mail-plain");
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(c, CURLOPT_USE_SSL, plain ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)WHOLE_S);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
    if (user[0]) {
        curl_easy_setopt(c, CURLOPT_USERNAME, user);
        curl_easy_setopt(c, CURLOPT_PASSWORD, config_str(e->config, "mail-password"));
    }
    curl_easy_setopt(c, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(c, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(c, CURLOPT_READFUNCTION, message_read);
    curl_easy_setopt(c, CURLOPT_READDATA, &message);
    CURLcode code = curl_easy_perform(c);
    if (code == CURLE_OK)
        return 0;
    /* libcurl's own sentence: it names the server and the reply code, not the recipient. */
    long reply = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &reply);
    return err_set(reterr, code == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_IO, "SMTP: %s (reply %ld)",
                   curl_easy_strerror(code), reply);
}

static int smtp_send(const struct engine *e, struct str to, struct str message, struct err *reterr) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    pthread_once(&once, curl_start);
    CURL *c = curl_easy_init();
    struct curl_slist *list = c ? curl_slist_append(NULL, str_cstr(&a, to)) : NULL;
    const char *from = str_cstr(&a, mail_address(str_of(config_str(e->config, "mail-from"))));
    int rc = list && from ? smtp_perform(c, e, from, list, message, reterr)
                          : err_set(reterr, ERR_NO_MEMORY, "libcurl");
    curl_slist_free_all(list);
    curl_easy_cleanup(c);
    return rc;
}

int mail_transmit(const struct engine *e, struct str to, struct str id, struct str message,
                  struct err *reterr) {
    return config_str(e->config, "mail-url")[0] ? smtp_send(e, to, message, reterr)
                                                : file_send(e, id, message, reterr);
}
