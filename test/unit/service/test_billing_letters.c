/* Billing's letters: that each is written once when its moment comes, in both languages, and that nothing which
 * anybody typed gets into a header. How often over kills: test/unit/life. */
#include "shop.h"
#include "base/buf.h"
#include "engine/mail/mail.h"
#include "service/billing/letters.h"

static struct account_id person(struct shop *s, const char *email, const char *lang) {
    struct account_id id;
    struct account_new n = {.email = str_of(email), .password = PASSWORD, .lang = str_of(lang)};
    OK(account_create(&s->w.e, &n, &id, err));
    return id;
}

/* The letters since the last call, whose address it is not asked, joined; each as the renderer writes it. */
static struct str letters(struct shop *s, struct arena *a, int *ret_n) {
    scoped(buf_done) struct buf all = BUF(4 << 20);
    struct rows r = shop_rows(s, a, "SELECT recipient, body FROM mail_outbox ORDER BY id");
    *ret_n = (int)r.n;
    for (size_t i = 0; i < r.n; i++) {
        buf_add(&all, row_str(&r, i, 0));
        buf_add(&all, row_str(&r, i, 1));
        buf_byte(&all, '\n');
    }
    shop_exec(s, "DELETE FROM mail_outbox");
    cr_expect(str_find(buf_str(&all), STR("{amount}")) < 0 && str_find(buf_str(&all), STR("{date}")) < 0);
    return str_dup(a, buf_str(&all));
}
#define HOLDS(text, what) cr_expect(str_find(text, STR(what)) >= 0, "\"%s\" is missing in " STR_FMT, what, STR_ARG(text))
#define ONE(what, ...)                                                                             \
    do {                                                                                           \
        int n_;                                                                                    \
        struct str text_ = letters(&s, &a, &n_);                                                   \
        cr_expect_eq(n_, 1, "%d letters: " STR_FMT, n_, STR_ARG(text_));                           \
        static const char *const all_[] = {what, __VA_ARGS__};                                     \
        for (size_t i_ = 0; i_ < ARRAY_LEN(all_); i_++)                                            \
            cr_expect(str_find(text_, str_of(all_[i_])) >= 0, "\"%s\" is missing in " STR_FMT, all_[i_], STR_ARG(text_)); \
    } while (0)

static void tick(struct shop *s) {
    OK(billing_tick(&s->w.e, err));
    OK(billing_tick(&s->w.e, err));
    OK(billing_reminders(&s->w.e, err));
    OK(billing_reminders(&s->w.e, err));
}

Test(billing_letters, paid_failed_overdue_stopped_in_german) {
    SCOPED_SHOP(s);
    scoped(arena_done) struct arena a = ARENA(8 << 20);
    struct err e;
    struct account_id ana = person(&s, "ana@example.com", "de-AT");
    shop_exec(&s, "DELETE FROM mail_outbox");
    shop_time(&s, "2027-03-31T10:00:00Z");
    json_decref(shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, "test_fails_on_renewal", NULL, NULL, &e));
    ONE("ana@example.com", "Ihre Zahlung: 9,99 EUR", "Basic: 9,99 EUR", "Rechnung 1", "/account/membership");
    shop_time(&s, "2027-04-30T10:00:01Z");
    tick(&s);
    ONE("Ihre Zahlung ist fehlgeschlagen", "9,99 EUR für Basic", "am 1. Mai 2027", "bis 3. Mai 2027");
    for (int day = 1; day <= 3; day += 2) {
        clock_shift(&s.w.f.clock, (day == 1 ? 1 : 2) * DAY_MS);
        tick(&s);
        if (day == 1)
            ONE("Ihre Zahlung ist fehlgeschlagen", "am 3. Mai 2027");
        else
            ONE("wieder fehlgeschlagen", "im Moment nicht", "am 5. Mai 2027");
    }
    clock_shift(&s.w.f.clock, 2 * DAY_MS);
    tick(&s);
    ONE("wieder fehlgeschlagen", "am 7. Mai 2027");
    clock_shift(&s.w.f.clock, 2 * DAY_MS);
    tick(&s);
    ONE("Ihr Abonnement ist beendet", "Es wird nichts mehr abgebucht", "Tarif wählen");
    clock_shift(&s.w.f.clock, 30 * DAY_MS);
    tick(&s);
    int n;
    letters(&s, &a, &n);
    cr_expect_eq(n, 0, "it was the last");
}

Test(billing_letters, trials_years_cancellations_and_refunds_in_english) {
    SCOPED_SHOP(s);
    scoped(arena_done) struct arena a = ARENA(8 << 20);
    struct err e;
    int n;
    struct account_id bob = person(&s, "bob@example.com", "fr"); /* we do not speak it */
    shop_exec(&s, "DELETE FROM mail_outbox");
    shop_time(&s, "2027-05-10T10:00:00Z");
    json_decref(shop_subscribe(&s, bob, PLACE_CA, PRICE_BASIC_MONTH, "test_ok", NULL, NULL, &e));
    shop_time(&s, "2027-05-13T10:00:00Z");
    tick(&s);
    letters(&s, &a, &n);
    cr_expect_eq(n, 0, "not yet");
    shop_time(&s, "2027-05-14T10:00:01Z");
    tick(&s);
    ONE("Your trial ends soon", "trial of Basic ends on 17 May 2027", "11.54 CAD");
    OK(billing_cancel(&s.w.e, bob, &a, err));
    ONE("You have cancelled", "until 17 May 2027");
    OK(billing_keep(&s.w.e, bob, &a, err));
    json_decref(shop_change(&s, bob, PLACE_CA, PRICE_PREMIUM_YEAR, NULL, &e));
    shop_time(&s, "2027-05-17T10:00:01Z");
    tick(&s);
    ONE("Your receipt: 178.40 CAD", "Premium: 178.40 CAD");
    shop_time(&s, "2028-05-02T10:00:00Z");
    tick(&s);
    letters(&s, &a, &n);
    cr_expect_eq(n, 0, "not yet");
    shop_time(&s, "2028-05-03T10:00:01Z");
    tick(&s);
    ONE("will be renewed", "Premium is renewed on 17 May 2028 for 178.40 CAD");
    struct rows r;
    struct id key = id_new(1);
    struct idem idem = {id_str(&key), STR("refund")};
    json_t *j;
    OK(store_query(s.w.e.store, &billing_sql[PAYMENT_BY_ACCOUNT], ARGS(A_ID(bob)), &a, &r, err));
    OK(billing_refund(&s.w.e, (struct payment_id){row_id(&r, 0, 0)}, 1000, STR("late"), false, bob, &idem, &a, &j, err));
    json_decref(j);
    ONE("We have sent back 10.00 CAD", "Premium", "credit note");
}

Test(billing_letters, what_an_operator_names_a_plan_is_no_header_and_no_markup) {
    SCOPED_SHOP(s);
    scoped(arena_done) struct arena a = ARENA(8 << 20);
    scoped(buf_done) struct buf wire = BUF(1 << 20);
    struct err e;
    struct account_id eve = person(&s, "eve@example.com", "en");
    shop_exec(&s, "DELETE FROM mail_outbox");
    shop_exec(&s, "UPDATE plan SET name = 'Best\r\nBcc: all@example.org\r\n\r\n<script>{amount}{no}'");
    json_decref(shop_subscribe(&s, eve, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", NULL, NULL, &e));
    struct rows r = shop_rows(&s, &a, "SELECT body FROM mail_outbox");
    cr_assert_eq(r.n, 1);
    json_t *o = json_loadb(row_str(&r, 0, 0).p, row_str(&r, 0, 0).n, 0, NULL);
    struct mail m = {.to = STR("eve@example.com"), .subject = str_of(json_string_value(json_object_get(o, "subject"))),
                     .lead = str_of(json_string_value(json_object_get(o, "lead")))};
    HOLDS(m.lead, "<script>{amount}{no}: 9.99 EUR");
    mail_render(&m, STR("Shop <shop@example.com>"), STR("01ARZ3NDEKTSV4RRFFQ69G5FAV"), 1, &wire);
    cr_expect(str_find(buf_str(&wire), STR("Bcc")) < 0);
    cr_expect(str_find(buf_str(&wire), STR("<script>")) < 0);
    json_decref(o);
    /* An address that is none (it cannot come by the API) costs nobody the payment. */
    struct account_id odd = person(&s, "odd@example.com", "en");
    shop_exec(&s, "UPDATE account SET email = 'odd' || char(10) || 'Bcc:x@example.com' WHERE email = 'odd@example.com'");
    json_t *j = shop_subscribe(&s, odd, PLACE_DE, PRICE_BASIC_MONTH, "test_ok", NULL, NULL, &e);
    cr_expect_str_eq(shop_status(j), "succeeded");
}

Test(billing_letters, unused_time_that_became_credit_is_said) {
    SCOPED_SHOP(s);
    scoped(arena_done) struct arena a = ARENA(8 << 20);
    struct err e;
    struct account_id ana = person(&s, "ana@example.com", "en");
    shop_time(&s, "2027-04-01T00:00:00Z");
    json_decref(shop_subscribe(&s, ana, PLACE_DE, PRICE_PREMIUM_MONTH, "test_ok", NULL, NULL, &e));
    shop_exec(&s, "DELETE FROM mail_outbox");
    shop_time(&s, "2027-04-16T00:00:00Z");
    json_decref(shop_change_when(&s, ana, PLACE_DE, PRICE_BASIC_MONTH, CHANGE_NOW, NULL, &e));
    ONE("2.50 EUR were added to your credit", "Premium", "2.50 EUR", "credit note", "/account/membership");
}
