/*
 * letters.c - billing's letters, in each language that we speak; one that is missing falls back to English.
 * Words in braces are filled in. Nothing that a person typed stands in a subject.
 * Letters to staff have no button: what they ask for is done at the payment provider.
 */
#include "service/billing/letters.h"
#include "base/buf.h"
#include "base/log.h"
#include "engine/mail/mail.h"
#include "service/billing/subscription.h"
#include "service/identity/identity.h"
#include <inttypes.h>

struct words {
    const char *subject, *lead, *button, *tail;
};
enum { EN, DE, LANGS };

static const struct words letters[][LANGS] = {
    [BILLING_RECEIPT] =
        {{"Your receipt: {amount}", "Thank you. {what}: {amount}.\n\nThis is invoice {number}.", "See the invoice", ""},
         {"Ihre Zahlung: {amount}", "Vielen Dank. {what}: {amount}.\n\nDazu gehört die Rechnung {number}.",
          "Rechnung ansehen", ""}},
    [BILLING_FAILED] =
        {{"Your payment failed",
          "{amount} for {what} could not be charged.\n\nWe will try again on {date}. You can watch until {until}.",
          "Check the payment method", "If you have changed it already, there is nothing to do."},
         {"Ihre Zahlung ist fehlgeschlagen",
          "{amount} für {what} konnten nicht abgebucht werden.\n\nWir versuchen es am {date} noch einmal. Sie können "
          "bis {until} weitersehen.",
          "Zahlungsart prüfen", "Wenn Sie sie schon geändert haben, ist nichts zu tun."}},
    [BILLING_OVERDUE] =
        {{"Your payment failed again",
          "{amount} for {what} could not be charged, so you cannot watch at the moment.\n\nWe will try again on {date}.",
          "Pay now", "If you have changed the payment method already, there is nothing to do."},
         {"Ihre Zahlung ist wieder fehlgeschlagen",
          "{amount} für {what} konnten nicht abgebucht werden; deshalb können Sie im Moment nicht weitersehen.\n\n"
          "Wir versuchen es am {date} noch einmal.",
          "Jetzt bezahlen", "Wenn Sie die Zahlungsart schon geändert haben, ist nichts zu tun."}},
    [BILLING_STOPPED] =
        {{"Your subscription has ended",
          "{what} could not be paid for, and we have stopped trying. Nothing more will be charged.",
          "Choose a plan", "Your profiles and lists are kept: come back whenever you like."},
         {"Ihr Abonnement ist beendet",
          "{what} konnte nicht bezahlt werden, und wir versuchen es nicht weiter. Es wird nichts mehr abgebucht.",
          "Tarif wählen", "Ihre Profile und Listen bleiben erhalten: Sie können jederzeit wiederkommen."}},
    [BILLING_RESUME_FAILED] =
        {{"Your subscription is still paused",
          "Its pause is over, but {amount} for {what} could not be charged. Nothing more will be tried.",
          "Go on watching", ""},
         {"Ihr Abonnement pausiert noch",
          "Die Pause ist vorbei, aber {amount} für {what} konnten nicht abgebucht werden. Wir versuchen es nicht weiter.",
          "Weitersehen", ""}},
    [BILLING_CANCELLED] =
        {{"You have cancelled", "{what} is cancelled. You can watch until {date}, and nothing more will be charged.",
          "I have changed my mind", ""},
         {"Sie haben gekündigt",
          "{what} ist gekündigt. Sie können bis {date} weitersehen, und es wird nichts mehr abgebucht.",
          "Ich habe es mir anders überlegt", ""}},
    [BILLING_ENDED] =
        {{"You have cancelled", "{what} is cancelled and has ended. Nothing more will be charged.", "Choose a plan", ""},
         {"Sie haben gekündigt", "{what} ist gekündigt und beendet. Es wird nichts mehr abgebucht.", "Tarif wählen", ""}},
    [BILLING_REFUNDED] =
        {{"We have sent back {amount}",
          "{amount} for {what} is on its way back to you. A credit note lies beside the invoice.", "See the credit note",
          "Banks take up to ten days to show it."},
         {"Wir haben {amount} zurückgezahlt",
          "{amount} für {what} sind auf dem Weg zu Ihnen. Eine Gutschrift liegt bei der Rechnung.", "Gutschrift ansehen",
          "Bei manchen Banken dauert es bis zu zehn Tage."}},
    [BILLING_TRIAL_ENDS] =
        {{"Your trial ends soon",
          "Your trial of {what} ends on {date}. From then on it costs {amount}, unless you cancel before.",
          "See my subscription", ""},
         {"Ihre Testzeit endet bald",
          "Ihre Testzeit von {what} endet am {date}. Ab dann kostet es {amount}, wenn Sie nicht vorher kündigen.",
          "Mein Abonnement ansehen", ""}},
    [BILLING_YEAR_ENDS] =
        {{"Your subscription will be renewed",
          "{what} is renewed on {date} for {amount}, unless you cancel before.", "See my subscription", ""},
         {"Ihr Abonnement wird verlängert",
          "{what} verlängert sich am {date} für {amount}, wenn Sie nicht vorher kündigen.", "Mein Abonnement ansehen", ""}},
    [STAFF_REFUND_FAILED] =
        {{"A refund of {amount} has come back",
          "The payer's bank did not take {amount} for {what}: the refund has failed, its credit note is cancelled, and the "
          "money is with the payment provider again.\n\nPayment {ref}. Ask the payer how the money can reach them, and "
          "give it back again.", "", ""},
         {"Eine Rückzahlung über {amount} ist zurückgekommen",
          "Die Bank hat {amount} für {what} nicht angenommen: Die Rückzahlung ist gescheitert, die Gutschrift storniert, "
          "und das Geld liegt wieder beim Zahlungsanbieter.\n\nZahlung {ref}. Fragen Sie, wie das Geld ankommen kann, "
          "und zahlen Sie es noch einmal zurück.", "", ""}},
    [STAFF_INQUIRY] =
        {{"A bank asks about a payment of {amount}",
          "A payer's bank asks about {amount} for {what}. No money has moved yet.\n\nPayment {ref}. Answer it in the "
          "payment provider's dashboard until {date}, or it may become a dispute.", "", ""},
         {"Eine Bank fragt nach einer Zahlung über {amount}",
          "Eine Bank fragt nach {amount} für {what}. Noch ist kein Geld bewegt.\n\nZahlung {ref}. Antworten Sie beim "
          "Zahlungsanbieter bis {date}, sonst kann es eine Rückbuchung werden.", "", ""}},
    [STAFF_DISPUTE_OPENED] =
        {{"A payment of {amount} is disputed",
          "A payer's bank wants {amount} for {what} back.\n\nPayment {ref}. Evidence is taken until {date}: send it in "
          "the payment provider's dashboard.", "", ""},
         {"Eine Zahlung über {amount} wird bestritten",
          "Eine Bank verlangt {amount} für {what} zurück.\n\nZahlung {ref}. Belege werden bis {date} angenommen: Senden "
          "Sie sie beim Zahlungsanbieter.", "", ""}},
    [STAFF_DISPUTE_DUE] =
        {{"The time for evidence ends: a payment of {amount}",
          "The dispute about {amount} for {what} has not been answered yet.\n\nPayment {ref}. Evidence is taken until "
          "{date}; after that it is lost.", "", ""},
         {"Die Frist läuft ab: eine Zahlung über {amount}",
          "Auf die Rückbuchung von {amount} für {what} ist noch nicht geantwortet.\n\nZahlung {ref}. Belege werden bis "
          "{date} angenommen; danach ist sie verloren.", "", ""}},
    [STAFF_DISPUTE_WON] =
        {{"A dispute is won: {amount}", "The bank has decided for us: {amount} for {what} stays ours.\n\nPayment {ref}.",
          "", ""},
         {"Eine Rückbuchung ist gewonnen: {amount}",
          "Die Bank hat für uns entschieden: {amount} für {what} bleiben bei uns.\n\nZahlung {ref}.", "", ""}},
    [STAFF_DISPUTE_LOST] =
        {{"A dispute is lost: {amount}",
          "The bank has decided for the payer: {amount} for {what} is lost.\n\nPayment {ref}.", "", ""},
         {"Eine Rückbuchung ist verloren: {amount}",
          "Die Bank hat für die andere Seite entschieden: {amount} für {what} sind verloren.\n\nZahlung {ref}.", "", ""}},
};

static void date_add(struct buf *b, int lang, int64_t ms) {
    static const char *const months[LANGS][12] = {
        {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
         "December"},
        {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
         "Dezember"}};
    char text[RFC3339_LEN + 1];
    int64_t y = 0, m = 1, d = 1;
    rfc3339_write(ms, text);
    str_to_i64(str_make(text, 4), &y);
    str_to_i64(str_make(text + 5, 2), &m);
    str_to_i64(str_make(text + 8, 2), &d);
    buf_addf(b, lang == DE ? "%" PRId64 ". %s %" PRId64 : "%" PRId64 " %s %" PRId64, d, months[lang][m - 1], y);
}

static void amount_add(struct buf *b, int lang, struct money m) {
    char text[MONEY_TEXT_CAP];
    money_write(m, text);
    for (char *p = text; lang == DE && *p; p++)
        if (*p == '.')
            *p = ',';
    buf_addc(b, text);
}

static struct str fill(struct arena *a, const char *text, int lang, const struct letter_facts *f) {
    scoped(buf_done) struct buf b = BUF(8 << 10);
    struct str rest = str_of(text), name;
    while (rest.n) {
        struct str before;
        struct str after = str_cut(rest, '{', &before);
        buf_add(&b, before);
        if (!after.p || before.n == rest.n)
            break;
        rest = str_cut(after, '}', &name);
        if (str_eq(name, STR("amount")))
            amount_add(&b, lang, f->amount);
        else if (str_eq(name, STR("date")))
            date_add(&b, lang, f->date_ms);
        else if (str_eq(name, STR("until")))
            date_add(&b, lang, f->until_ms);
        else if (str_eq(name, STR("number")))
            buf_addf(&b, "%" PRId64, f->number);
        else if (str_eq(name, STR("ref")))
            buf_add(&b, f->ref);
        else
            buf_add(&b, f->what);
        if (!rest.p)
            break;
    }
    return b.failed ? STR("") : str_dup(a, buf_str(&b));
}

static int letter_send(struct work *w, struct account_id to, enum billing_letter which, const struct letter_facts *f,
                       struct err *reterr) {
    struct account account;
    struct profile profile;
    struct str lang = STR("");
    struct err why = {0};
    int rc = account_get(w->e, to, w->a, &account, &why);
    if (rc == ERR_NOT_FOUND)
        return 0;
    if (rc == 0 && account_profile(w->e, to, w->a, &profile, NULL) == 0)
        str_cut(profile.lang, '-', &lang);
    if (rc < 0) {
        if (reterr)
            *reterr = why;
        return rc;
    }
    int l = str_eq_nocase(lang, STR("de")) ? DE : EN;
    const struct words *t = &letters[which][l];
    struct mail m = {.account = to,
                     .to = account.email,
                     .subject = fill(w->a, t->subject, l, f),
                     .lead = fill(w->a, t->lead, l, f),
                     .button = str_of(t->button),
                     .tail = str_of(t->tail)};
    if (m.button.n)
        m.link = str_printf(w->a, "%s/account/membership", w->e->public_url ? w->e->public_url : "http://localhost:8080");
    rc = mail_enqueue(w->tx, &m, &why);
    if (rc == ERR_INVALID || rc == ERR_LIMIT) { /* said before the store was asked */
        log_event(LOG_ERROR, "billing.letter", LS("error", why.msg));
        return 0;
    }
    if (rc < 0 && reterr)
        *reterr = why;
    return rc;
}

int billing_letter(struct work *w, enum billing_letter which, const struct letter_facts *f, struct err *reterr) {
    return letter_send(w, w->account, which, f, reterr);
}

int staff_letter(struct work *w, enum billing_letter which, const struct letter_facts *f, struct err *reterr) {
    struct account_id *staff;
    int n = accounts_of_role(w->e, ROLE_OPERATOR, w->a, &staff, reterr), rc = 0;
    for (int i = 0; rc >= 0 && i < n; i++)
        rc = letter_send(w, staff[i], which, f, reterr);
    return n < 0 ? n : rc;
}

int billing_letter_of_price(struct work *w, enum billing_letter which, struct price_id price,
                            struct letter_facts *f, struct err *reterr) {
    struct price p;
    int rc = price_load(w->tx, price, w->a, &p, reterr);
    if (rc)
        return rc;
    f->what = p.plan_name;
    return billing_letter(w, which, f, reterr);
}

/* What will be paid: with the tax that comes on top of the price list's amount. */
static int with_tax(struct work *w, int64_t *amount, struct err *reterr) {
    struct rows account, tax;
    int64_t on_top;
    int rc = tx_row(w->tx, &billing_sql[B_ACCOUNT], ARGS(A_ID(w->account)), w->a, &account, reterr);
    if (rc >= 0)
        rc = tx_query(w->tx, &billing_sql[TAX_OF], ARGS(A_STR(row_str(&account, 0, 0))), w->a, &tax, reterr);
    if (rc <= 0 || row_i64(&tax, 0, 2))
        return rc < 0 ? rc : 0;
    if (!tax_of(*amount, row_i64(&tax, 0, 1), false, &on_top) || !minor_add(*amount, on_top, amount))
        return err_set(reterr, ERR_INTERNAL, "a price and its tax do not fit");
    return 0;
}

/* What the next period will cost: a discount is taken off, tax put on. */
static int reminder_in(struct work *w, const struct sub *s, struct err *reterr) {
    struct price p;
    struct str code;
    int64_t off = 0;
    int rc = price_load(w->tx, id_is_set(s->next_price.v) ? s->next_price : s->price, w->a, &p, reterr);
    if (rc == 0)
        rc = discount_of(w, s->redemption, &p, &off, &code, reterr);
    if (rc)
        return rc;
    struct letter_facts f = {.amount = {p.amount.minor - off, p.amount.currency}, .what = p.plan_name, .date_ms = s->end_ms};
    rc = with_tax(w, &f.amount.minor, reterr);
    if (rc)
        return rc;
    rc = tx_exec(w->tx, &billing_sql[REMINDER_INSERT], ARGS(A_ID(s->id), A_I64(s->end_ms), A_I64(w->now_ms)), reterr);
    if (rc <= 0) /* told already */
        return rc;
    return billing_letter(w, sub_in_trial(s) ? BILLING_TRIAL_ENDS : BILLING_YEAR_ENDS, &f, reterr);
}

static int reminder_turn(const struct engine *e, const struct rows *r, size_t i, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    scoped(work_done) struct work w = {0};
    struct account_id account = {row_id(r, i, 1)};
    struct sub s;
    int rc = work_begin(e, account, &a, &w, reterr);
    if (rc == 0)
        rc = sub_load(w.tx, (struct subscription_id){row_id(r, i, 0)}, &a, &s, reterr);
    if (rc || (s.state != SUB_TRIALING && s.state != SUB_ACTIVE) || s.end_ms <= w.now_ms || s.end_ms != row_i64(r, i, 2))
        return rc; /* it is another story by now */
    rc = reminder_in(&w, &s, reterr);
    return rc ? rc : work_commit(&w, reterr);
}

int billing_reminders(const struct engine *e, struct err *reterr) {
    return each_due(e, &billing_sql[REMINDER_DUE], "billing.reminder", reminder_turn, reterr);
}
