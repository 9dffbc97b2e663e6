/*
 * mime.c - a letter as a message: RFC 5322 header, RFC 2047 words, MIME multipart/alternative of plain
 * text and HTML, both in base64 so that no line is too long and no byte needs a guess.
 */
#include "engine/mail/mail_int.h"
#include <string.h>
#include <time.h>

struct str mail_address(struct str from) {
    ptrdiff_t open = str_index(from, '<'), close = str_index(from, '>');
    return open >= 0 && close > open ? str_slice(from, (size_t)open + 1, (size_t)close) : str_trim(from);
}

static bool is_ascii(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || (unsigned char)s.p[i] > '~')
            return false;
    return true;
}

/* Encoded words of at most 75 characters, cut between characters (RFC 2047 section 5): 45 bytes of UTF-8
 * are 60 of base64. Plain ASCII of a sensible length stays as it is. */
static void header_text(struct buf *b, struct str s) {
    if (is_ascii(s) && s.n <= 70 && str_find(s, STR("=?")) < 0) {
        buf_add(b, s);
        return;
    }
    for (bool first = true; s.n; first = false) {
        size_t n = MIN(s.n, (size_t)45);
        while (n > 1 && n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
            n--;
        buf_addc(b, first ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
        buf_base64(b, s.p, n);
        buf_addc(b, "?=");
        s = str_slice(s, n, s.n);
    }
}

/* "Name <a@b>" keeps the address bare and encodes the name. */
static void header_from(struct buf *b, struct str from) {
    ptrdiff_t open = str_index(from, '<');
    struct str name = open > 0 ? str_trim(str_slice(from, 0, (size_t)open)) : STR_NULL;
    if (name.n) {
        bool quote = is_ascii(name) && str_index(name, '"') < 0 && str_index(name, '\\') < 0;
        if (quote)
            buf_addf(b, "\"" STR_FMT "\"", STR_ARG(name));
        else
            header_text(b, name);
        buf_addc(b, " ");
    }
    buf_addf(b, "<" STR_FMT ">", STR_ARG(mail_address(from)));
}

static void header_date(struct buf *b, int64_t ms) {
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t s = (time_t)(ms / 1000);
    struct tm t;
    gmtime_r(&s, &t);
    buf_addf(b, "%.3s, %02d %.3s %d %02d:%02d:%02d +0000", days + 3 * t.tm_wday, t.tm_mday,
             months + 3 * t.tm_mon, t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* Each paragraph of text, parted by empty lines, between two strings. */
static void paragraphs(struct buf *b, struct str text, const char *before, const char *after, bool xml) {
    while (text.n) {
        ptrdiff_t end = str_find(text, STR("\n\n"));
        struct str p = str_trim(end < 0 ? text : str_slice(text, 0, (size_t)end));
        text = end < 0 ? STR_NULL : str_slice(text, (size_t)end + 2, text.n);
        if (!p.n)
            continue;
        buf_addc(b, before);
        if (xml)
            buf_xml(b, p);
        else
            buf_add(b, p);
        buf_addc(b, after);
    }
}

static void plain_part(const struct mail *m, struct buf *b) {
    paragraphs(b, m->lead, "", "\r\n\r\n", false);
    if (m->link.n)
        buf_addf(b, STR_FMT ":\r\n" STR_FMT "\r\n\r\n", STR_ARG(m->button), STR_ARG(m->link));
    paragraphs(b, m->tail, "", "\r\n\r\n", false);
}

/* Mail programs know little CSS: one table, styles in the elements, readable in light and dark. */
static void html_part(const struct mail *m, struct buf *b) {
    buf_addc(b, "<!doctype html><html");
    if (m->lang.n) {
        buf_addc(b, " lang=\"");
        buf_xml(b, m->lang);
        buf_addc(b, "\"");
    }
    buf_addc(b, "><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                "content=\"width=device-width\"><title>");
    buf_xml(b, m->subject);
    buf_addc(b, "</title></head><body style=\"margin:0;padding:24px;background:#f3f4f6;color:#16181d;"
                "font:16px/1.5 system-ui,sans-serif\"><table role=\"presentation\" align=\"center\" "
                "style=\"max-width:560px;width:100%;background:#fff;border-radius:12px\"><tr><td "
                "style=\"padding:32px\"><h1 style=\"margin:0 0 16px;font-size:22px;line-height:1.3\">");
    buf_xml(b, m->subject);
    buf_addc(b, "</h1>");
    paragraphs(b, m->lead, "<p style=\"margin:0 0 16px\">", "</p>", true);
    if (m->link.n) {
        buf_addc(b, "<p style=\"margin:24px 0\"><a href=\"");
        buf_xml(b, m->link);
        buf_addc(b, "\" style=\"display:inline-block;padding:12px 24px;border-radius:8px;background:#c2410c;"
                    "color:#fff;font-weight:600;text-decoration:none\">");
        buf_xml(b, m->button);
        buf_addc(b, "</a></p>");
    }
    paragraphs(b, m->tail, "<p style=\"margin:0 0 16px;color:#5b6270;font-size:14px\">", "</p>", true);
    buf_addc(b, "</td></tr></table></body></html>");
}

/* base64 in lines of 76 (RFC 2045 section 6.8): 57 bytes each. */
static void part_add(struct buf *b, const char *boundary, const char *type, const struct buf *content) {
    buf_addf(b, "--%s\r\nContent-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", boundary,
             type);
    for (size_t at = 0; at < content->n; at += 57) {
        buf_base64(b, content->p + at, MIN(content->n - at, (size_t)57));
        buf_addc(b, "\r\n");
    }
    b->failed |= content->failed;
}

void mail_render(const struct mail *m, struct str from, struct str id, int64_t at_ms, struct buf *out) {
    scoped(buf_done) struct buf plain = BUF(64 << 10);
    scoped(buf_done) struct buf html = BUF(128 << 10);
    char boundary[48];
    struct str domain = mail_address(from);
    ptrdiff_t at = str_index(domain, '@');
    domain = at >= 0 ? str_slice(domain, (size_t)at + 1, domain.n) : STR("localhost");
    snprintf(boundary, sizeof boundary, "=_" STR_FMT "_part", STR_ARG(str_slice(id, 0, ID_LEN)));
    plain_part(m, &plain);
    html_part(m, &html);
    buf_addc(out, "From: ");
    header_from(out, from);
    buf_addf(out, "\r\nTo: <" STR_FMT ">\r\nSubject: ", STR_ARG(m->to));
    header_text(out, m->subject);
    buf_addc(out, "\r\nDate: ");
    header_date(out, at_ms);
    buf_addf(out,
             "\r\nMessage-ID: <" STR_FMT "@" STR_FMT ">\r\nAuto-Submitted: auto-generated\r\n"
             "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n",
             STR_ARG(id), STR_ARG(domain), boundary);
    part_add(out, boundary, "text/plain", &plain);
    part_add(out, boundary, "text/html", &html);
    buf_addf(out, "--%s--\r\n", boundary);
}
