/* Invoices and credit notes as PDF, read back by poppler's pdftotext: every line, every sum, every name. */
#include "shop.h"
#include "base/buf.h"
#include <unistd.h>

static bool can_read(void) {
    if (system("command -v pdftotext >/dev/null") == 0)
        return true;
    fprintf(stderr, "skipped: no pdftotext; script/bootstrap --test installs poppler-utils\n");
    return false;
}

static struct str pdf_text(struct shop *s, struct str pdf, struct arena *a) {
    char path[128], command[300], bytes[4096];
    snprintf(path, sizeof path, "%s/a.pdf", s->w.f.dir);
    FILE *f = fopen(path, "w");
    cr_assert(f && fwrite(pdf.p, 1, pdf.n, f) == pdf.n);
    fclose(f);
    snprintf(command, sizeof command, "pdftotext -layout %s -", path);
    scoped(buf_done) struct buf out = BUF(4 << 20);
    FILE *p = popen(command, "r");
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, p)) > 0;)
        buf_mem(&out, bytes, n);
    cr_assert_eq(pclose(p), 0, "pdftotext reads it");
    return str_dup(a, buf_str(&out));
}

static size_t count(struct str text, const char *what) {
    size_t n = 0, len = strlen(what);
    for (size_t i = 0; i + len <= text.n; i++)
        n += memcmp(text.p + i, what, len) == 0;
    return n;
}
#define HOLDS(text, what) cr_expect(count(text, what) > 0, "\"%s\" is missing in:\n" STR_FMT, what, STR_ARG(text))

static struct invoice only_invoice(struct shop *s, struct arena *a) {
    struct invoice inv;
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows r = shop_rows(s, a, "SELECT id FROM invoice WHERE state = 'paid'");
    cr_assert_eq(r.n, 1);
    OK(tx_begin(s->w.e.store, STORE_MAIN, TX_READ, &tx, err));
    OK(invoice_load(tx, (struct invoice_id){row_id(&r, 0, 0)}, a, &inv, err));
    return inv;
}

static void give_back(struct shop *s, struct account_id who, int64_t minor, const char *why) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct rows r;
    json_t *j = NULL;
    struct id key = id_new(1);
    struct idem idem = {id_str(&key), STR("refund")};
    OK(store_query(s->w.e.store, &billing_sql[PAYMENT_BY_ACCOUNT], ARGS(A_ID(who)), &a, &r, err));
    OK(billing_refund(&s->w.e, (struct payment_id){row_id(&r, 0, 0)}, minor, str_of(why), false, who, &idem,
                      &a, &j, err));
    json_decref(j);
}

Test(billing_pdf, an_invoice_holds_every_line_sum_and_name) {
    SCOPED_SHOP(s);
    scoped(arena_done) struct arena a = ARENA(8 << 20);
    struct err e;
    struct str pdf, again, html;
    shop_time(&s, "2027-01-31T10:00:00Z");
    shop_exec(&s, "UPDATE plan SET name = 'Größe „Öl“ 映画 プラン 영화 Ταινία'");
    struct account_id ana = shop_account(&s);
    json_decref(shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", "HALF", NULL, &e));
    give_back(&s, ana, 100, "Störung am Abend");
    struct invoice inv = only_invoice(&s, &a);
    inv.buyer = STR("zoë@example.com");
    OK(invoice_pdf(&s.w.e, &inv, &a, &pdf, err));
    OK(invoice_pdf(&s.w.e, &inv, &a, &again, err));
    OK(invoice_html(&s.w.e, &inv, &a, &html, err));
    cr_expect(str_eq(pdf, again), "the same invoice is the same bytes");
    cr_expect(str_starts(pdf, STR("%PDF-1.")));
    if (!can_read())
        return;
    struct str text = pdf_text(&s, pdf, &a);
    static const char *const all[] = {
        "Invoice 1", "2027-01-31", "zoë@example.com", "Größe", "„Öl“", "映画", "プラン", "영화", "Ταινία",
        "Coupon HALF", "2027-02-28", "8.39 EUR", "1.60 EUR", "-4.20 EUR", "-0.80 EUR", "VAT 19.00 %",
        "4.99 EUR", "Credit note 1", "Störung am Abend", "1.00 EUR"};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        HOLDS(text, all[i]);
        if (!strstr(all[i], "映") && !strstr(all[i], "Invoice"))
            HOLDS(html, all[i]);
    }
    OK(credit_note_pdf(&s.w.e, &inv, 1, &a, &pdf, err));
    text = pdf_text(&s, pdf, &a);
    static const char *const note[] = {"Credit note 1", "For invoice 1 of 2027-01-31", "Störung am Abend",
                                       "0.84 EUR", "0.16 EUR", "1.00 EUR", "zoë@example.com"};
    for (size_t i = 0; i < ARRAY_LEN(note); i++)
        HOLDS(text, note[i]);
    struct err why = FAILS(ERR_NOT_FOUND, credit_note_pdf(&s.w.e, &inv, 2, &a, &pdf, err));
    cr_expect_str_eq(why.reason, "billing.credit_note_not_found");
}

Test(billing_pdf, in_the_accounts_language) {
    SCOPED_SHOP(s);
    scoped(arena_done) struct arena a = ARENA(8 << 20);
    struct err e;
    struct str pdf, html;
    struct account_id ana;
    struct account_new n = {.email = STR("zoë@example.com"), .password = PASSWORD, .lang = STR("de-AT")};
    OK(account_create(&s.w.e, &n, &ana, err));
    shop_time(&s, "2027-01-31T10:00:00Z");
    json_decref(shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", "HALF", NULL, &e));
    give_back(&s, ana, 100, "Störung am Abend");
    struct invoice inv = only_invoice(&s, &a);
    OK(invoice_pdf(&s.w.e, &inv, &a, &pdf, err));
    OK(invoice_html(&s.w.e, &inv, &a, &html, err));
    static const char *const all[] = {"Rechnung 1", "Datum: 31.01.2027", "Leistung", "Zeitraum", "Gutschein HALF", "31.01.2027 bis",
                                      "8,39 EUR", "-4,20 EUR", "VAT 19,00 %", "Gesamtbetrag", "Gutschrift 1", "Zurückgezahlt"};
    cr_expect(str_find(html, STR("<html lang=\"de\">")) >= 0);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        HOLDS(html, all[i]);
    if (!can_read())
        return;
    struct str text = pdf_text(&s, pdf, &a);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        HOLDS(text, all[i]);
    HOLDS(text, "Seite 1");
    OK(credit_note_pdf(&s.w.e, &inv, 1, &a, &pdf, err));
    text = pdf_text(&s, pdf, &a);
    HOLDS(text, "Zur Rechnung 1 vom 31.01.2027");
    OK(account_delete(&s.w.e, ana, err)); /* the invoice outlives the account, and says it in English */
    OK(invoice_html(&s.w.e, &inv, &a, &html, err));
    HOLDS(html, "Invoice 1");
}

Test(billing_pdf, a_long_one_goes_on_under_the_same_head_and_loses_no_line) {
    SCOPED_SHOP(s);
    scoped(arena_done) struct arena a = ARENA(8 << 20);
    struct err e;
    struct str pdf;
    struct account_id ana = shop_account(&s);
    json_decref(shop_subscribe(&s, ana, PLACE_JP, PRICE_BASIC_YEAR, "test_ok", NULL, NULL, &e));
    shop_exec(&s, "WITH RECURSIVE k (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < 120)"
                  " INSERT INTO invoice_line SELECT i.id, k.n, 'title', CASE k.n % 9 WHEN 0 THEN"
                  " 'A name that is far too long for its column and breaks over several lines: ' ELSE 'Film ' END"
                  " || k.n || '.', 1000 + k.n, k.n, 0, 0 FROM invoice i, k");
    struct invoice inv = only_invoice(&s, &a);
    OK(invoice_pdf(&s.w.e, &inv, &a, &pdf, err));
    if (!can_read())
        return;
    struct str text = pdf_text(&s, pdf, &a);
    size_t pages = count(text, "\f");
    cr_expect_gt(pages, 2);
    cr_expect_eq(count(text, "Period"), pages, "each page of the table has its head");
    for (int i = 1; i <= 120; i++) {
        char line[32];
        snprintf(line, sizeof line, " %d.", i);
        HOLDS(text, line);
        snprintf(line, sizeof line, " 1,%03d JPY", i);
        HOLDS(text, line);
    }
    for (size_t i = 1; i <= pages; i++) {
        char mark[16];
        snprintf(mark, sizeof mark, "page %zu\n", i);
        HOLDS(text, mark);
    }
}
