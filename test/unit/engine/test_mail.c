/* Letters: what they look like on the wire, who may not write headers, and when they leave the outbox. */
#include "fixture.h"
#include "base/buf.h"
#include "base/config.h"
#include "engine/engine.h"
#include "engine/mail/mail.h"
#include <dirent.h>
#include <sys/stat.h>

static const struct mail letter = {
    .to = {"ana@example.org", 15},
    .subject = {"Bestätigen Sie Ihre E-Mail-Adresse, damit wir Sie wirklich immer wieder finden", 79},
    .lead = {"First <b>.\n\nSecond.", 19},
    .button = {"Go & see", 8},
    .link = {"http://localhost/x#code=1&2", 27},
};

static struct str rendered(struct buf *b, const struct mail *m) {
    mail_render(m, STR("Café Rio <rio@example.org>"), STR("01ARZ3NDEKTSV4RRFFQ69G5FAV"), 1795370520000, b);
    cr_assert(!b->failed);
    return buf_str(b);
}

Test(mail, lines_are_short_ascii_and_end_in_cr_lf) {
    scoped(buf_done) struct buf b = BUF(256 << 10);
    struct str s = rendered(&b, &letter);
    size_t line = 0;
    for (size_t i = 0; i < s.n; i++) {
        cr_assert((unsigned char)s.p[i] < 0x80, "byte %zu", i);
        cr_assert(s.p[i] != '\n' || (i && s.p[i - 1] == '\r'), "a bare LF at %zu", i);
        line = s.p[i] == '\n' ? 0 : line + 1;
        cr_assert(line <= 200, "a line of over 200 at %zu", i);
    }
    cr_expect(str_find(s, STR("From: =?UTF-8?B?Q2Fmw6kgUmlv?= <rio@example.org>\r\n")) == 0);
    cr_expect(str_find(s, STR("\r\nTo: <ana@example.org>\r\n")) > 0);
    cr_expect(str_find(s, STR("\r\nMessage-ID: <01ARZ3NDEKTSV4RRFFQ69G5FAV@example.org>\r\n")) > 0);
    cr_expect(str_find(s, STR("\r\nDate: Mon, 23 Nov 2026 ")) > 0 || str_find(s, STR("\r\nDate: Sun, 22 Nov 2026 ")) > 0);
}

/* Base64 of the part of this type, joined and decoded. */
static struct str part(struct str s, struct str type, struct buf *out) {
    ptrdiff_t at = str_find(s, type);
    cr_assert(at > 0);
    s = str_slice(s, (size_t)at, s.n);
    at = str_find(s, STR("\r\n\r\n"));
    s = str_slice(s, (size_t)at + 4, s.n);
    s = str_slice(s, 0, (size_t)str_find(s, STR("--=_")));
    scoped(buf_done) struct buf joined = BUF(256 << 10);
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\r' && s.p[i] != '\n')
            buf_byte(&joined, (uint8_t)s.p[i]);
    cr_assert(buf_unbase64url(out, buf_str(&joined)));
    return buf_str(out);
}

Test(mail, text_is_plain_and_html_is_escaped) {
    scoped(buf_done) struct buf b = BUF(256 << 10);
    scoped(buf_done) struct buf plain = BUF(64 << 10);
    scoped(buf_done) struct buf html = BUF(64 << 10);
    struct str s = rendered(&b, &letter);
    struct str p = part(s, STR("text/plain"), &plain), h = part(s, STR("text/html"), &html);
    cr_expect(str_starts(p, STR("First <b>.\r\n\r\nSecond.\r\n\r\nGo & see:\r\nhttp://localhost/x#code=1&2\r\n")));
    cr_expect(str_find(h, STR(">First &lt;b&gt;.</p>")) > 0);
    cr_expect(str_find(h, STR("href=\"http://localhost/x#code=1&amp;2\"")) > 0);
    cr_expect(str_find(h, STR("Go &amp; see</a>")) > 0);
}

struct office {
    struct fixture f;
    struct engine e;
    char outbox[128];
};
static void office_open(struct office *o, const char *url) {
    static const struct config_key *const tables[] = {mail_config, NULL};
    memset(o, 0, sizeof *o);
    fixture_init(&o->f);
    fixture_store(&o->f);
    struct config *c = config_new(tables);
    cr_assert(c != NULL);
    OK(config_set(c, "mail-url", str_of(url), "test", err));
    o->e = (struct engine){.store = o->f.store, .clock = &o->f.clock, .config = c, .data_dir = o->f.dir};
    snprintf(o->outbox, sizeof o->outbox, "%s/outbox", o->f.dir);
}
static void office_close(struct office *o) {
    config_free((struct config *)o->e.config);
    fixture_done(&o->f);
}
static int put(struct office *o, const struct mail *m, struct err *reterr) {
    struct tx *tx = NULL;
    int rc = tx_begin(o->f.store, STORE_MAIN, TX_WRITE, &tx, reterr);
    rc = rc < 0 ? rc : mail_enqueue(tx, m, reterr);
    if (rc < 0) {
        tx_rollback(&tx);
        return rc;
    }
    return tx_commit(&tx, reterr);
}
static int files(const char *dir) {
    int n = 0;
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

Test(mail, nobody_writes_headers) {
    scoped(office_close) struct office o;
    office_open(&o, "");
    static const char *const addresses[] = {"ana@example.org\r\nBcc: all@example.org", "a b@example.org", "ana", "",
                                            "<ana@example.org>", "ana@example.org\n"};
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        struct mail m = letter;
        m.to = str_of(addresses[i]);
        FAILS(ERR_INVALID, put(&o, &m, err));
    }
    struct mail m = letter;
    m.subject = STR("Hello\r\nBcc: all@example.org");
    FAILS(ERR_INVALID, put(&o, &m, err));
    m = letter;
    m.link = STR_NULL;
    FAILS(ERR_INVALID, put(&o, &m, err));
    cr_expect_eq(OK(mail_send_due(&o.e, err)), 0);
}

Test(mail, without_a_server_a_letter_is_a_file_of_the_owner) {
    scoped(office_close) struct office o;
    struct stat st;
    office_open(&o, "");
    OK(put(&o, &letter, err));
    cr_expect_eq(OK(mail_send_due(&o.e, err)), 1);
    cr_expect_eq(OK(mail_send_due(&o.e, err)), 0, "sent once");
    cr_expect_eq(files(o.outbox), 1);
    cr_assert_eq(stat(o.outbox, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0700u);
}

Test(mail, what_fails_is_tried_later_and_given_up_after_days) {
    scoped(office_close) struct office o;
    office_open(&o, "smtp://127.0.0.1:1"); /* nobody listens there */
    int64_t failed = metric_get(&mail_metrics[1]), given_up = metric_get(&mail_metrics[2]);
    OK(put(&o, &letter, err));
    cr_expect_eq(OK(mail_send_due(&o.e, err)), 0);
    cr_expect_eq(metric_get(&mail_metrics[1]) - failed, 1);
    OK(mail_send_due(&o.e, err));
    cr_expect_eq(metric_get(&mail_metrics[1]) - failed, 1, "not before its time");
    clock_shift(&o.f.clock, 31000);
    OK(mail_send_due(&o.e, err));
    cr_expect_eq(metric_get(&mail_metrics[1]) - failed, 2);
    clock_shift(&o.f.clock, 4 * 24 * 3600000ll);
    OK(mail_send_due(&o.e, err));
    cr_expect_eq(metric_get(&mail_metrics[2]) - given_up, 1);
    clock_shift(&o.f.clock, 24 * 3600000ll);
    OK(mail_send_due(&o.e, err));
    cr_expect_eq(metric_get(&mail_metrics[1]) - failed, 2, "gone");
}
