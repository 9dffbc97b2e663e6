/*
 * test_bank.c - the page that stands for a bank's: what is paid, and two buttons. It needs no script; its style stands in
 * the page and is the only one that the page's policy lets in (CSP 3 section 6.7.3, by its hash).
 */
#include "service/billing/test_bank.h"
#include "base/buf.h"
#include "service/words.h"
#include <openssl/evp.h>

static const char style[] =
    "*{box-sizing:border-box}"
    "html{color-scheme:dark;background:#0b0c10;color:#f2f3f5;font:max(100%,.714vw)/1.5 system-ui,sans-serif}"
    "body{margin:0;min-height:100vh;min-height:100dvh;display:grid;place-items:center;padding:1rem}"
    "main{width:100%;max-width:26rem;padding:2rem;border-radius:12px;background:#14161c;"
    "box-shadow:inset 0 0 0 1px rgb(255 255 255/.1)}"
    "h1{margin:0;font-size:1rem;font-weight:600;color:rgb(242 243 245/.72)}"
    "p{margin:1rem 0 0}"
    ".ask{font-size:1.5rem;font-weight:650;line-height:1.25;letter-spacing:-.02em}"
    ".note{font-size:.875rem;color:rgb(242 243 245/.72)}"
    "form{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:2rem}"
    "button{flex:1 1 9rem;min-height:3.25rem;padding:0 1.25rem;border:0;border-radius:6px;font:inherit;font-weight:600;"
    "color:#f2f3f5;background:#292d37;cursor:pointer}"
    "button[value=yes]{color:#1a1204;background:#f5b342}"
    "button:hover{filter:brightness(1.12)}"
    "button:focus-visible{outline:2px solid #f5b342;outline-offset:3px}";

/* "sha256-<base64>", as a policy names it. */
static bool style_hash(char *dst, size_t cap) {
    unsigned char digest[EVP_MAX_MD_SIZE], text[EVP_MAX_MD_SIZE * 2];
    unsigned n = 0;
    if (!EVP_Digest(style, sizeof style - 1, digest, &n, EVP_sha256(), NULL))
        return false;
    EVP_EncodeBlock(text, digest, (int)n);
    return (size_t)snprintf(dst, cap, "sha256-%s", (const char *)text) < cap;
}

static void say(struct buf *b, struct arena *a, const struct language *l, enum word w, const char *before, const char *after) {
    buf_addc(b, before);
    buf_xml(b, words_say(a, l, w, NULL));
    buf_addc(b, after);
}

int test_bank_page(struct arena *a, const struct language *l, const struct payment *p,
                   struct test_bank_page *ret, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(8 << 10);
    char hash[80];
    if (!style_hash(hash, sizeof hash))
        return err_set(reterr, ERR_INTERNAL, "the style of the test bank's page has no hash");
    buf_addf(&b,
             "<!doctype html><html lang=\"%s\"><head><meta charset=\"utf-8\">"
             "<meta name=\"viewport\" content=\"width=device-width\">"
             /* with the API's no-referrer its form's Origin would be "null", and be refused */
             "<meta name=\"referrer\" content=\"same-origin\"><style>%s</style>",
             l->tag, style);
    say(&b, a, l, WORD_BANK, "<title>", "</title></head><body><main>");
    say(&b, a, l, WORD_BANK, "<h1>", "</h1><p class=\"ask\">");
    buf_xml(&b, words_say(a, l, WORD_BANK_ASKS, FACTS({"amount", words_amount(a, l, p->amount)})));
    say(&b, a, l, WORD_BANK_IS_TEST, "</p><p class=\"note\">", "</p>");
    buf_addf(&b, "<form method=\"post\" action=\"/api/v1/test-gateway/%s/answer\">", p->id.v.s);
    say(&b, a, l, WORD_BANK_YES, "<button name=\"accept\" value=\"yes\">", "</button>");
    say(&b, a, l, WORD_BANK_NO, "<button name=\"accept\" value=\"no\">", "</button></form></main></body></html>");
    if (b.failed)
        return err_set(reterr, ERR_LIMIT, "the test bank's page is too long");
    ret->html = str_dup(a, buf_str(&b));
    ret->policy = str_printf(a, "default-src 'none'; style-src '%s'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", hash);
    if (!ret->html.p || !ret->policy.p)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for the test bank's page");
    return 0;
}
