/*
 * letters.c - what identity writes to people, in each language that we speak. A language that is
 * missing falls back to English.
 */
#include "service/identity/identity_int.h"

struct words {
    const char *lang, *subject, *lead, *button, *page, *tail;
};

/* page: the app's screen that the button leads to; NULL: no button. */
static const struct words letters[][2] = {
    [LETTER_VERIFY] =
        {{"en", "Confirm your e-mail address",
          "Welcome to Matinee.\n\nPlease confirm that this address is yours, so that you can get back "
          "into your account if you ever forget the password.",
          "Confirm address", "verify",
          "The link works for 7 days. If you did not sign up, ignore this letter."},
         {"de", "Bestätigen Sie Ihre E-Mail-Adresse",
          "Willkommen bei Matinee.\n\nBitte bestätigen Sie, dass diese Adresse Ihnen gehört, damit Sie "
          "wieder in Ihr Konto kommen, falls Sie das Passwort einmal vergessen.",
          "Adresse bestätigen", "verify",
          "Der Link gilt 7 Tage. Wenn Sie sich nicht angemeldet haben, ist nichts zu tun."}},
    [LETTER_RESET] =
        {{"en", "Choose a new password",
          "Somebody, we hope you, asked for a new password for the account with this address.",
          "Choose a password", "reset-password",
          "The link works for one hour and once. If it was not you, ignore this letter: the password "
          "stays as it is."},
         {"de", "Wählen Sie ein neues Passwort",
          "Jemand, hoffentlich Sie, hat ein neues Passwort für das Konto mit dieser Adresse angefordert.",
          "Passwort wählen", "reset-password",
          "Der Link gilt eine Stunde und nur einmal. Wenn Sie es nicht waren, ist nichts zu tun: Das "
          "Passwort bleibt, wie es ist."}},
    [LETTER_EMAIL] =
        {{"en", "Confirm your new e-mail address",
          "You asked to use this address for your account. Confirm it, and you sign in with it from "
          "then on.",
          "Use this address", "confirm-email",
          "The link works for 24 hours. If you did not ask for this, ignore this letter."},
         {"de", "Bestätigen Sie Ihre neue E-Mail-Adresse",
          "Sie möchten diese Adresse für Ihr Konto verwenden. Wenn Sie sie bestätigen, melden Sie sich "
          "künftig mit ihr an.",
          "Diese Adresse verwenden", "confirm-email",
          "Der Link gilt 24 Stunden. Wenn Sie das nicht angefordert haben, ist nichts zu tun."}},
    [LETTER_EMAIL_CHANGED] =
        {{"en", "Your e-mail address was changed",
          "Your account has a new e-mail address; this one no longer signs in.", NULL, NULL,
          "If this was not you, somebody knows your password: write to the people who run this service at "
          "once."},
         {"de", "Ihre E-Mail-Adresse wurde geändert",
          "Ihr Konto hat eine neue E-Mail-Adresse; mit dieser können Sie sich nicht mehr anmelden.", NULL,
          NULL,
          "Wenn Sie das nicht waren, kennt jemand Ihr Passwort: Wenden Sie sich sofort an die Betreiber "
          "dieses Dienstes."}},
    [LETTER_PASSWORD_CHANGED] =
        {{"en", "Your password was changed",
          "The password of your account was changed, and every device was signed out.", "Sign in",
          "sign-in",
          "If this was not you, choose \"Forgot password\" on the sign-in page at once."},
         {"de", "Ihr Passwort wurde geändert",
          "Das Passwort Ihres Kontos wurde geändert, und alle Geräte wurden abgemeldet.", "Anmelden",
          "sign-in",
          "Wenn Sie das nicht waren, wählen Sie auf der Anmeldeseite sofort „Passwort vergessen“."}},
    [LETTER_PASSKEY_ADDED] =
        {{"en", "A passkey was added to your account",
          "From now on your account can be signed in to with a new passkey.", "See your passkeys", "account",
          "If this was not you, remove it in your account, then choose a new password."},
         {"de", "Ihr Konto hat einen neuen Passkey",
          "Ab jetzt kann man sich in Ihrem Konto mit einem neuen Passkey anmelden.", "Passkeys ansehen", "account",
          "Wenn Sie das nicht waren, entfernen Sie ihn im Konto und wählen Sie dann ein neues Passwort."}},
    [LETTER_PASSKEY_REMOVED] =
        {{"en", "A passkey was removed from your account", "One of your passkeys no longer signs in.",
          "See your passkeys", "account",
          "If this was not you, choose a new password: that signs every device out."},
         {"de", "Ein Passkey wurde aus Ihrem Konto entfernt", "Einer Ihrer Passkeys gilt nicht mehr.",
          "Passkeys ansehen", "account",
          "Wenn Sie das nicht waren, wählen Sie ein neues Passwort: Das meldet alle Geräte ab."}},
    [LETTER_PASSKEY_CLONED] =
        {{"en", "One of your passkeys may have been copied",
          "Somebody tried to sign in with a passkey of yours whose counter had gone back, as that of a copy does. We let "
          "nobody in, and this passkey no longer signs in.",
          "See your passkeys", "account", "Sign in another way, remove the passkey and add it again."},
         {"de", "Einer Ihrer Passkeys wurde vielleicht kopiert",
          "Jemand wollte sich mit einem Ihrer Passkeys anmelden, dessen Zähler zurückgegangen war, wie bei einer Kopie. "
          "Wir haben niemanden eingelassen, und dieser Passkey gilt nicht mehr.",
          "Passkeys ansehen", "account",
          "Melden Sie sich auf andere Weise an, entfernen Sie den Passkey und fügen Sie ihn neu hinzu."}},
    [LETTER_LINK_ADDED] =
        {{"en", "Another way to sign in was connected to your account",
          "From now on your account can be signed in to through another service.", "See what is connected", "account",
          "If this was not you, disconnect it in your account, then choose a new password."},
         {"de", "Ihr Konto wurde mit einem anderen Dienst verbunden",
          "Ab jetzt kann man sich in Ihrem Konto über einen anderen Dienst anmelden.", "Verbindungen ansehen", "account",
          "Wenn Sie das nicht waren, trennen Sie die Verbindung im Konto und wählen Sie dann ein neues Passwort."}},
    [LETTER_SIGN_UP_TRIED] =
        {{"en", "You have an account already",
          "Somebody, we hope you, tried to sign up with this address. There is an account with it already: sign in, "
          "or choose \"Forgot password\" there.",
          "Sign in", "sign-in", "If it was not you, there is nothing to do: nothing was changed, and nobody was told."},
         {"de", "Sie haben schon ein Konto",
          "Jemand, hoffentlich Sie, wollte sich mit dieser Adresse registrieren. Es gibt damit schon ein Konto: Melden "
          "Sie sich an, oder wählen Sie dort „Passwort vergessen“.",
          "Anmelden", "sign-in",
          "Wenn Sie es nicht waren, ist nichts zu tun: Nichts wurde geändert, und niemand hat etwas erfahren."}},
};

static const struct words *words_find(enum letter which, struct str lang) {
    struct str primary;
    str_cut(lang, '-', &primary);
    for (size_t i = 0; i < ARRAY_LEN(letters[which]); i++)
        if (str_eq_nocase(str_of(letters[which][i].lang), primary))
            return &letters[which][i];
    return &letters[which][0];
}

int letter_enqueue(struct tx *tx, const struct engine *e, enum letter which, struct account_id account,
                   struct str to, struct str lang, const struct code *code, struct err *reterr) {
    const struct words *w = words_find(which, lang);
    scoped(arena_done) struct arena a = ARENA(4 << 10);
    const char *site = e->public_url ? e->public_url : "http://localhost:8080";
    struct mail m = {.account = account, .to = to, .subject = str_of(w->subject), .lead = str_of(w->lead),
                     .tail = str_of(w->tail)};
    if (w->page) {
        m.button = str_of(w->button);
        /* Behind '#': a browser sends it to no server, so no log on the way has it. */
        m.link = code ? str_printf(&a, "%s/%s#code=%s", site, w->page, code->s)
                      : str_printf(&a, "%s/%s", site, w->page);
        if (!m.link.p)
            return err_set(reterr, ERR_LIMIT, "the public address is too long");
    }
    return mail_enqueue(tx, &m, reterr);
}
