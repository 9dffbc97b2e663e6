/* words_de.c - what the server writes to people, in German. Keys and their facts: words.h. */
#include "service/words.h"

const struct language words_de = {
    .tag = "de",
    .months = {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
               "Oktober", "November", "Dezember"},
    .date = "{day}. {month} {year}",
    .time = "{date} um {clock} Uhr (UTC)",
    .date_short = "{d}.{m}.{year}",
    .decimal = ',',
    .group = '.',
    .words =
        {
            [WORD_INVOICE] = "Rechnung {number}",
            [WORD_CREDIT_NOTE] = "Gutschrift {number}",
            [WORD_FOR_INVOICE] = "Zur Rechnung {number} vom {date}",
            [WORD_DATE] = "Datum: {date}",
            [WORD_TO] = "Kunde: {buyer}",
            [WORD_WHAT] = "Leistung",
            [WORD_PERIOD] = "Zeitraum",
            [WORD_FROM_TO] = "{from} bis {to}",
            [WORD_NET] = "Netto",
            [WORD_TAX] = "Steuer",
            [WORD_TAX_RATE] = "{name} {rate} %",
            [WORD_TOTAL] = "Gesamtbetrag",
            [WORD_FROM_CREDIT] = "Aus Guthaben bezahlt",
            [WORD_PAID] = "Bezahlt",
            [WORD_GIVEN_BACK] = "Zurückgezahlt",
            [WORD_NOTE_CANCELLED] = "Storniert am {date}: Die Bank hat das Geld nicht angenommen.",
            [WORD_TAX_IN_IT] = "darin Steuer",
            [WORD_LINE_UNUSED] = "Noch nicht genutzte Zeit des bisherigen Tarifs",
            [WORD_LINE_COUPON] = "Gutschein {code}",
            [WORD_PAGE] = "Seite {number}",
            [WORD_BROWSER_ON] = "{browser} auf {system}",
            [WORD_DEVICE_UNKNOWN] = "ein unbekanntes Gerät",
            [WORD_DEVICE_TV] = "ein Fernseher",
            [WORD_DEVICE_NAMED] = "{device} mit dem Namen „{name}“",
            [WORD_BANK] = "Testbank",
            [WORD_BANK_ASKS] = "Möchten Sie {amount} zahlen?",
            [WORD_BANK_IS_TEST] = "Es fließt kein Geld: Diese Seite steht für die einer Bank.",
            [WORD_BANK_YES] = "Bestätigen",
            [WORD_BANK_NO] = "Ablehnen",
        },
    .letters =
        {
            [LETTER_VERIFY] =
                {"Bestätigen Sie Ihre E-Mail-Adresse",
                 "Willkommen bei Matinee.\n\nBitte bestätigen Sie, dass diese Adresse Ihnen "
                 "gehört, damit Sie "
                 "wieder in Ihr Konto kommen, falls Sie das Passwort einmal vergessen.",
                 "Adresse bestätigen",
                 "Der Link gilt 7 Tage. Wenn Sie sich nicht angemeldet haben, ist nichts zu tun."},
            [LETTER_RESET] = {"Wählen Sie ein neues Passwort",
                              "Jemand, hoffentlich Sie, hat ein neues Passwort für das Konto mit "
                              "dieser Adresse angefordert.",
                              "Passwort wählen",
                              "Der Link gilt eine Stunde und nur einmal. Wenn Sie es nicht waren, "
                              "ist nichts zu tun: Das "
                              "Passwort bleibt, wie es ist."},
            [LETTER_EMAIL] = {"Bestätigen Sie Ihre neue E-Mail-Adresse",
                              "Sie möchten diese Adresse für Ihr Konto verwenden. Wenn Sie sie "
                              "bestätigen, melden Sie sich "
                              "künftig mit ihr an.",
                              "Diese Adresse verwenden",
                              "Der Link gilt 24 Stunden. Wenn Sie das nicht angefordert haben, ist "
                              "nichts zu tun."},
            [LETTER_EMAIL_CHANGED] = {"Ihre E-Mail-Adresse wurde geändert",
                                      "Am {time} hat Ihr Konto eine neue E-Mail-Adresse bekommen; "
                                      "mit dieser können Sie sich nicht "
                                      "mehr anmelden.",
                                      NULL,
                                      "Wenn Sie das nicht waren, kennt jemand Ihr Passwort: Wenden "
                                      "Sie sich sofort an die Betreiber "
                                      "dieses Dienstes."},
            [LETTER_PASSWORD_CHANGED] = {"Ihr Passwort wurde geändert",
                                         "Am {time} wurde das Passwort Ihres Kontos geändert, und "
                                         "alle Geräte wurden abgemeldet.",
                                         "Anmelden",
                                         "Wenn Sie das nicht waren, wählen Sie auf der "
                                         "Anmeldeseite sofort „Passwort vergessen“."},
            [LETTER_PASSKEY_ADDED] = {"Ihr Konto hat einen neuen Passkey",
                                      "Am {time} wurde ein Passkey hinzugefügt: „{name}“ (Gerät: "
                                      "{device}). Ab jetzt kann man sich "
                                      "damit in Ihrem Konto anmelden.",
                                      "Passkeys ansehen",
                                      "Wenn Sie das nicht waren, entfernen Sie ihn im Konto und "
                                      "wählen Sie dann ein neues Passwort: "
                                      "Das meldet alle Geräte ab."},
            [LETTER_PASSKEY_REMOVED] = {"Ein Passkey wurde aus Ihrem Konto entfernt",
                                        "Am {time} wurde ein Passkey entfernt: „{name}“ (Gerät: "
                                        "{device}). Er gilt nicht mehr.",
                                        "Passkeys ansehen",
                                        "Wenn Sie das nicht waren, wählen Sie ein neues Passwort: "
                                        "Das meldet alle Geräte ab."},
            [LETTER_PASSKEY_CLONED] = {"Einer Ihrer Passkeys wurde vielleicht kopiert",
                                       "Am {time} wollte sich jemand mit einem Ihrer Passkeys "
                                       "anmelden, dessen Zähler zurückgegangen "
                                       "war, wie bei einer Kopie: „{name}“. Wir haben niemanden "
                                       "eingelassen, und dieser Passkey gilt "
                                       "nicht mehr.",
                                       "Passkeys ansehen",
                                       "Melden Sie sich auf andere Weise an, entfernen Sie den "
                                       "Passkey und fügen Sie ihn neu hinzu."},
            [LETTER_LINK_ADDED] = {"Ihr Konto wurde mit einem anderen Dienst verbunden",
                                   "Am {time} wurde ein anderer Dienst verbunden: Ab jetzt kann "
                                   "man sich darüber in Ihrem Konto "
                                   "anmelden.",
                                   "Verbindungen ansehen",
                                   "Wenn Sie das nicht waren, trennen Sie die Verbindung im Konto "
                                   "und wählen Sie dann ein neues "
                                   "Passwort."},
            [LETTER_LINK_REMOVED] = {"Eine Verbindung zu einem anderen Dienst wurde getrennt",
                                     "Am {time} wurde ein Dienst getrennt (Gerät: {device}): "
                                     "Darüber kann man sich in Ihrem Konto "
                                     "nicht mehr anmelden.",
                                     "Verbindungen ansehen",
                                     "Wenn Sie das nicht waren, wählen Sie ein neues Passwort: Das "
                                     "meldet alle Geräte ab."},
            [LETTER_SIGN_UP_TRIED] =
                {"Sie haben schon ein Konto",
                 "Jemand, hoffentlich Sie, wollte sich mit dieser Adresse registrieren. Es gibt "
                 "damit schon ein "
                 "Konto: Melden Sie sich an, oder wählen Sie dort „Passwort vergessen“.",
                 "Anmelden",
                 "Wenn Sie es nicht waren, ist nichts zu tun: Nichts wurde geändert, und niemand "
                 "hat etwas "
                 "erfahren."},
            [LETTER_SIGNED_IN] = {"Neue Anmeldung in Ihrem Konto",
                                  "Am {time} hat sich jemand auf einem Gerät in Ihrem Konto "
                                  "angemeldet, das wir noch nicht "
                                  "kannten: {device}.",
                                  "Ansehen, wo Sie angemeldet sind",
                                  "Wenn Sie das waren, ist nichts zu tun.\n\nWenn nicht, kennt "
                                  "jemand Ihr Passwort: Wählen Sie im "
                                  "Konto sofort ein neues. Das meldet alle Geräte ab."},
            [LETTER_PAIRED] = {"Ein Fernseher wurde mit Ihrem Konto verbunden",
                               "Am {time} wurde ein Code bestätigt, und ein Gerät ist in Ihrem "
                               "Konto angemeldet: {device}.",
                               "Geräte ansehen",
                               "Wenn Sie das waren, ist nichts zu tun.\n\nWenn nicht, entfernen "
                               "Sie das Gerät im Konto und "
                               "wählen Sie dann ein neues Passwort: Das meldet alle Geräte ab."},
            [LETTER_FACTOR_ON] = {"Die Anmeldung hat jetzt einen zweiten Schritt",
                                  "Am {time} wurde die Anmeldung in zwei Schritten eingeschaltet "
                                  "(Gerät: {device}): Zum Passwort "
                                  "gehört jetzt ein Code Ihrer Authenticator-App.",
                                  "Konto ansehen",
                                  "Bewahren Sie die Wiederherstellungscodes dort auf, wo Sie sie "
                                  "auch ohne Ihr Telefon "
                                  "finden.\n\nWenn Sie das nicht waren, wählen Sie auf der "
                                  "Anmeldeseite „Passwort vergessen“ und "
                                  "wenden Sie sich an die Betreiber dieses Dienstes."},
            [LETTER_FACTOR_OFF] = {"Die Anmeldung hat keinen zweiten Schritt mehr",
                                   "Am {time} wurde die Anmeldung in zwei Schritten ausgeschaltet "
                                   "(Gerät: {device}): Das Passwort "
                                   "allein genügt.",
                                   "Konto ansehen",
                                   "Wenn Sie das nicht waren, wählen Sie sofort ein neues "
                                   "Passwort: Das meldet alle Geräte ab. "
                                   "Schalten Sie dann den zweiten Schritt wieder ein."},
            [LETTER_RECOVERY_USED] = {"Ein Wiederherstellungscode wurde benutzt",
                                      "Am {time} wurde statt Ihrer Authenticator-App ein "
                                      "Wiederherstellungscode benutzt. Er ist "
                                      "verbraucht.",
                                      "Konto ansehen",
                                      "Wenn Sie das nicht waren, wählen Sie sofort ein neues "
                                      "Passwort: Das meldet alle Geräte ab. "
                                      "Schalten Sie dann die Anmeldung in zwei Schritten aus und "
                                      "wieder ein; dabei entstehen neue "
                                      "Codes."},
            [LETTER_CODE_REUSED] = {"Ein Code Ihrer Authenticator-App wurde zweimal eingegeben",
                                    "Am {time} hat jemand einen Code Ihrer Authenticator-App eingegeben, "
                                    "der schon benutzt war. Wir haben niemanden damit eingelassen.",
                                    "Konto ansehen",
                                    "Wenn Sie nicht selbst zweimal bestätigt haben, hat vielleicht jemand "
                                    "den Code gesehen und kennt Ihr Passwort: Wählen Sie ein neues. Das "
                                    "meldet alle Geräte ab."},
            [BILLING_RECEIPT] =
                {"Ihre Zahlung: {amount}",
                 "Vielen Dank. {what}: {amount}.\n\nDazu gehört die Rechnung {number}.",
                 "Rechnung ansehen", NULL},
            [BILLING_FAILED] = {"Ihre Zahlung ist fehlgeschlagen",
                                "{amount} für {what} konnten nicht abgebucht werden.\n\nWir "
                                "versuchen es am {date} noch einmal. "
                                "Sie können bis {until} weitersehen.",
                                "Zahlungsart prüfen",
                                "Wenn Sie sie schon geändert haben, ist nichts zu tun."},
            [BILLING_OVERDUE] =
                {"Ihre Zahlung ist wieder fehlgeschlagen",
                 "{amount} für {what} konnten nicht abgebucht werden; deshalb können Sie im Moment "
                 "nicht "
                 "weitersehen.\n\nWir versuchen es am {date} noch einmal.",
                 "Jetzt bezahlen",
                 "Wenn Sie die Zahlungsart schon geändert haben, ist nichts zu tun."},
            [BILLING_STOPPED] =
                {"Ihr Abonnement ist beendet",
                 "{what} konnte nicht bezahlt werden, und wir versuchen es nicht weiter. Es wird "
                 "nichts mehr "
                 "abgebucht.",
                 "Tarif wählen",
                 "Ihre Profile und Listen bleiben erhalten: Sie können jederzeit wiederkommen."},
            [BILLING_RESUME_FAILED] = {"Ihr Abonnement pausiert noch",
                                       "Die Pause ist vorbei, aber {amount} für {what} konnten "
                                       "nicht abgebucht werden. Wir versuchen es "
                                       "nicht weiter.",
                                       "Weitersehen", NULL},
            [BILLING_CANCELLED] = {"Sie haben gekündigt",
                                   "{what} ist gekündigt. Sie können bis {date} weitersehen, und "
                                   "es wird nichts mehr abgebucht.",
                                   "Ich habe es mir anders überlegt", NULL},
            [BILLING_ENDED] = {"Sie haben gekündigt",
                               "{what} ist gekündigt und beendet. Es wird nichts mehr abgebucht.",
                               "Tarif wählen", NULL},
            [BILLING_REFUNDED] = {"Wir haben {amount} zurückgezahlt",
                                  "{amount} für {what} sind auf dem Weg zu Ihnen. Eine Gutschrift "
                                  "liegt bei der Rechnung.",
                                  "Gutschrift ansehen",
                                  "Bei manchen Banken dauert es bis zu zehn Tage."},
            [BILLING_CREDITED] = {"Ihnen wurden {amount} gutgeschrieben",
                                  "Was Sie für {what} bezahlt und nicht verbraucht hatten, {amount}, ist "
                                  "jetzt Ihr Guthaben. Die nächsten Rechnungen nehmen es zuerst. Eine "
                                  "Gutschrift liegt bei der Rechnung.",
                                  "Gutschrift ansehen", NULL},
            [BILLING_TRIAL_ENDS] = {"Ihre Testzeit endet bald",
                                    "Ihre Testzeit von {what} endet am {date}. Ab dann kostet es "
                                    "{amount}, wenn Sie nicht vorher "
                                    "kündigen.",
                                    "Mein Abonnement ansehen", NULL},
            [BILLING_YEAR_ENDS] =
                {"Ihr Abonnement wird verlängert",
                 "{what} verlängert sich am {date} für {amount}, wenn Sie nicht vorher kündigen.",
                 "Mein Abonnement ansehen", NULL},
            [STAFF_REFUND_FAILED] =
                {"Eine Rückzahlung über {amount} ist zurückgekommen",
                 "Die Bank hat {amount} für {what} nicht angenommen: Die Rückzahlung ist "
                 "gescheitert, die Gutschrift storniert, und das Geld liegt wieder beim "
                 "Zahlungsanbieter.\n\nZahlung {ref}. Fragen Sie, wie das Geld ankommen kann, und "
                 "zahlen Sie es noch einmal zurück.",
                 NULL, NULL},
            [STAFF_INQUIRY] = {"Eine Bank fragt nach einer Zahlung über {amount}",
                               "Eine Bank fragt nach {amount} für {what}. Noch ist kein Geld "
                               "bewegt.\n\nZahlung {ref}. Antworten Sie beim Zahlungsanbieter bis "
                               "{date}, sonst kann es eine Rückbuchung werden.",
                               NULL, NULL},
            [STAFF_DISPUTE_OPENED] =
                {"Eine Zahlung über {amount} wird bestritten",
                 "Eine Bank verlangt {amount} für {what} zurück.\n\nZahlung {ref}. Belege werden "
                 "bis {date} angenommen: Senden Sie sie beim Zahlungsanbieter.",
                 NULL, NULL},
            [STAFF_DISPUTE_DUE] = {"Die Frist läuft ab: eine Zahlung über {amount}",
                                   "Auf die Rückbuchung von {amount} für {what} ist noch nicht "
                                   "geantwortet.\n\nZahlung {ref}. Belege werden bis {date} "
                                   "angenommen; danach ist sie verloren.",
                                   NULL, NULL},
            [STAFF_DISPUTE_WON] = {"Eine Rückbuchung ist gewonnen: {amount}",
                                   "Die Bank hat für uns entschieden: {amount} für {what} bleiben "
                                   "bei uns.\n\nZahlung {ref}.",
                                   NULL, NULL},
            [STAFF_DISPUTE_LOST] = {"Eine Rückbuchung ist verloren: {amount}",
                                    "Die Bank hat für die andere Seite entschieden: {amount} für "
                                    "{what} sind verloren.\n\nZahlung {ref}.",
                                    NULL, NULL},
            [STAFF_WEBHOOK_OFF] = {"Ein Endpunkt ist abgeschaltet: er antwortet nicht",
                                   "Der Endpunkt „{name}“ hat seit {date} nichts mehr angenommen, deshalb "
                                   "wird nichts mehr an ihn gesendet.\n\nWenn er wieder antwortet, schalten Sie ihn "
                                   "ein und senden Sie noch einmal, was er versäumt hat.",
                                   "Endpunkt ansehen", NULL},
            [STAFF_WEBHOOK_GONE] = {"Ein Endpunkt ist abgeschaltet: es gibt ihn nicht mehr",
                                    "Der Endpunkt „{name}“ hat geantwortet, dass es ihn nicht mehr gibt (410), deshalb "
                                    "wird nichts mehr an ihn gesendet.\n\nWar das ein Versehen, schalten Sie ihn "
                                    "ein und senden Sie noch einmal, was er versäumt hat.",
                                    "Endpunkt ansehen", NULL},
        },
};
