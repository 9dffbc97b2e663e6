/* words_en.c - what the server writes to people, in English. Keys and their facts: words.h. */
#include "service/words.h"

const struct language words_en = {
    .tag = "en",
    .months = {"January", "February", "March", "April", "May", "June", "July", "August",
               "September", "October", "November", "December"},
    .date = "{day} {month} {year}",
    .time = "{date} at {clock} (UTC)",
    .date_short = "{year}-{m}-{d}",
    .decimal = '.',
    .group = ',',
    .words =
        {
            [WORD_INVOICE] = "Invoice {number}",
            [WORD_CREDIT_NOTE] = "Credit note {number}",
            [WORD_FOR_INVOICE] = "For invoice {number} of {date}",
            [WORD_DATE] = "Date: {date}",
            [WORD_TO] = "To: {buyer}",
            [WORD_WHAT] = "What",
            [WORD_PERIOD] = "Period",
            [WORD_FROM_TO] = "{from} to {to}",
            [WORD_NET] = "Net",
            [WORD_TAX] = "Tax",
            [WORD_TAX_RATE] = "{name} {rate} %",
            [WORD_TOTAL] = "Total",
            [WORD_FROM_CREDIT] = "Paid from credit",
            [WORD_PAID] = "Paid",
            [WORD_GIVEN_BACK] = "Given back",
            [WORD_NOTE_CANCELLED] = "Cancelled on {date}: the payer's bank did not take the money.",
            [WORD_TAX_IN_IT] = "of which tax",
            [WORD_LINE_UNUSED] = "Unused time of the plan until now",
            [WORD_LINE_COUPON] = "Coupon {code}",
            [WORD_PAGE] = "page {number}",
            [WORD_BROWSER_ON] = "{browser} on {system}",
            [WORD_DEVICE_UNKNOWN] = "an unknown device",
            [WORD_DEVICE_TV] = "a television",
            [WORD_DEVICE_NAMED] = "{device} that is called \"{name}\"",
            [WORD_BANK] = "Test bank",
            [WORD_BANK_ASKS] = "Do you want to pay {amount}?",
            [WORD_BANK_IS_TEST] = "No money moves: this stands for the page of a bank.",
            [WORD_BANK_YES] = "Confirm",
            [WORD_BANK_NO] = "Refuse",
        },
    .letters =
        {
            [LETTER_VERIFY] =
                {"Confirm your e-mail address",
                 "Welcome to Matinee.\n\nPlease confirm that this address is yours, so that you "
                 "can get back into "
                 "your account if you ever forget the password.",
                 "Confirm address",
                 "The link works for 7 days. If you did not sign up, ignore this letter."},
            [LETTER_RESET] = {"Choose a new password",
                              "Somebody, we hope you, asked for a new password for the account "
                              "with this address.",
                              "Choose a password",
                              "The link works for one hour and once. If it was not you, ignore "
                              "this letter: the password stays "
                              "as it is."},
            [LETTER_EMAIL] =
                {"Confirm your new e-mail address",
                 "You asked to use this address for your account. Confirm it, and you sign in with "
                 "it from then "
                 "on.",
                 "Use this address",
                 "The link works for 24 hours. If you did not ask for this, ignore this letter."},
            [LETTER_EMAIL_CHANGED] =
                {"Your e-mail address was changed",
                 "On {time} your account got a new e-mail address; this one no longer signs in.",
                 NULL,
                 "If this was not you, somebody knows your password: write to the people who run "
                 "this service at "
                 "once."},
            [LETTER_PASSWORD_CHANGED] =
                {"Your password was changed",
                 "On {time} the password of your account was changed, and every device was signed "
                 "out.",
                 "Sign in",
                 "If this was not you, choose \"Forgot password\" on the sign-in page at once."},
            [LETTER_PASSKEY_ADDED] = {"A passkey was added to your account",
                                      "On {time}, on {device}, a passkey was added: \"{name}\". "
                                      "From now on your account can be signed "
                                      "in to with it.",
                                      "See your passkeys",
                                      "If this was not you, remove it in your account, then choose "
                                      "a new password: that signs every "
                                      "device out."},
            [LETTER_PASSKEY_REMOVED] =
                {"A passkey was removed from your account",
                 "On {time}, on {device}, a passkey was removed: \"{name}\". It no longer signs "
                 "in.",
                 "See your passkeys",
                 "If this was not you, choose a new password: that signs every device out."},
            [LETTER_PASSKEY_CLONED] = {"One of your passkeys may have been copied",
                                       "On {time} somebody tried to sign in with a passkey of "
                                       "yours whose counter had gone back, as "
                                       "that of a copy does: \"{name}\". We let nobody in, and "
                                       "this passkey no longer signs in.",
                                       "See your passkeys",
                                       "Sign in another way, remove the passkey and add it again."},
            [LETTER_LINK_ADDED] =
                {"Another way to sign in was connected to your account",
                 "On {time} another service was connected: from now on your account can be signed "
                 "in to through "
                 "it.",
                 "See what is connected",
                 "If this was not you, disconnect it in your account, then choose a new password."},
            [LETTER_LINK_REMOVED] =
                {"A way to sign in was disconnected from your account",
                 "On {time}, on {device}, a service was disconnected: your account can no longer "
                 "be signed in to "
                 "through it.",
                 "See what is connected",
                 "If this was not you, choose a new password: that signs every device out."},
            [LETTER_SIGN_UP_TRIED] = {"You have an account already",
                                      "Somebody, we hope you, tried to sign up with this address. "
                                      "There is an account with it already: "
                                      "sign in, or choose \"Forgot password\" there.",
                                      "Sign in",
                                      "If it was not you, there is nothing to do: nothing was "
                                      "changed, and nobody was told."},
            [LETTER_SIGNED_IN] =
                {"New sign-in to your account",
                 "On {time} your account was signed in to on a device that we had not seen before: "
                 "{device}.",
                 "See where you are signed in",
                 "If this was you, there is nothing to do.\n\nIf it was not, somebody knows your "
                 "password: choose "
                 "a new one in your account at once. That signs every device out."},
            [LETTER_PAIRED] = {"A television was connected to your account",
                               "On {time} a code was approved, and a device is signed in to your "
                               "account: {device}.",
                               "See your devices",
                               "If this was you, there is nothing to do.\n\nIf it was not, remove "
                               "the device in your account, "
                               "then choose a new password: that signs every device out."},
            [LETTER_FACTOR_ON] = {"Signing in takes a second step now",
                                  "On {time}, on {device}, two-step sign-in was turned on: your "
                                  "password takes a code of your "
                                  "authenticator app, too.",
                                  "See your account",
                                  "Keep the recovery codes where you find them without your "
                                  "phone.\n\nIf this was not you, choose "
                                  "\"Forgot password\" on the sign-in page and write to the people "
                                  "who run this service."},
            [LETTER_FACTOR_OFF] = {"Signing in takes no second step any more",
                                   "On {time}, on {device}, two-step sign-in was turned off: the "
                                   "password alone signs in.",
                                   "See your account",
                                   "If this was not you, choose a new password at once: that signs "
                                   "every device out. Then turn the "
                                   "second step on again."},
            [LETTER_RECOVERY_USED] = {"A recovery code was used",
                                      "On {time} a recovery code took the place of your "
                                      "authenticator app. It is used up.",
                                      "See your account",
                                      "If this was not you, choose a new password at once: that "
                                      "signs every device out. Then turn "
                                      "two-step sign-in off and on again, which makes new codes."},
            [LETTER_CODE_REUSED] = {"A code of your authenticator app was tried twice",
                                    "On {time} somebody entered a code of your authenticator app that "
                                    "had been used before. We let nobody in with it.",
                                    "See your account",
                                    "If you did not press the button twice yourself, somebody may have "
                                    "seen the code and knows your password: choose a new one. That signs "
                                    "every device out."},
            [BILLING_RECEIPT] = {"Your receipt: {amount}",
                                 "Thank you. {what}: {amount}.\n\nThis is invoice {number}.",
                                 "See the invoice", NULL},
            [BILLING_FAILED] = {"Your payment failed",
                                "{amount} for {what} could not be charged.\n\nWe will try again on "
                                "{date}. You can watch until "
                                "{until}.",
                                "Check the payment method",
                                "If you have changed it already, there is nothing to do."},
            [BILLING_OVERDUE] =
                {"Your payment failed again",
                 "{amount} for {what} could not be charged, so you cannot watch at the "
                 "moment.\n\nWe will try "
                 "again on {date}.",
                 "Pay now",
                 "If you have changed the payment method already, there is nothing to do."},
            [BILLING_STOPPED] = {"Your subscription has ended",
                                 "{what} could not be paid for, and we have stopped trying. "
                                 "Nothing more will be charged.",
                                 "Choose a plan",
                                 "Your profiles and lists are kept: come back whenever you like."},
            [BILLING_RESUME_FAILED] = {"Your subscription is still paused",
                                       "Its pause is over, but {amount} for {what} could not be "
                                       "charged. Nothing more will be tried.",
                                       "Go on watching", NULL},
            [BILLING_CANCELLED] = {"You have cancelled",
                                   "{what} is cancelled. You can watch until {date}, and nothing "
                                   "more will be charged.",
                                   "I have changed my mind", NULL},
            [BILLING_ENDED] = {"You have cancelled",
                               "{what} is cancelled and has ended. Nothing more will be charged.",
                               "Choose a plan", NULL},
            [BILLING_REFUNDED] = {"We have sent back {amount}",
                                  "{amount} for {what} is on its way back to you. A credit note "
                                  "lies beside the invoice.",
                                  "See the credit note", "Banks take up to ten days to show it."},
            [BILLING_CREDITED] = {"{amount} were added to your credit",
                                  "What you had paid for {what} and not used up, {amount}, is now "
                                  "credit of your account. Your next invoices take it first. A credit "
                                  "note lies beside the invoice.",
                                  "See the credit note", NULL},
            [BILLING_TRIAL_ENDS] = {"Your trial ends soon",
                                    "Your trial of {what} ends on {date}. From then on it costs "
                                    "{amount}, unless you cancel before.",
                                    "See my subscription", NULL},
            [BILLING_YEAR_ENDS] =
                {"Your subscription will be renewed",
                 "{what} is renewed on {date} for {amount}, unless you cancel before.",
                 "See my subscription", NULL},
            [STAFF_REFUND_FAILED] =
                {"A refund of {amount} has come back",
                 "The payer's bank did not take {amount} for {what}: the refund has failed, its "
                 "credit note is cancelled, and the money is with the payment provider "
                 "again.\n\nPayment {ref}. Ask the payer how the money can reach them, and give it "
                 "back again.",
                 NULL, NULL},
            [STAFF_INQUIRY] = {"A bank asks about a payment of {amount}",
                               "A payer's bank asks about {amount} for {what}. No money has moved "
                               "yet.\n\nPayment {ref}. Answer it in the payment provider's "
                               "dashboard until {date}, or it may become a dispute.",
                               NULL, NULL},
            [STAFF_DISPUTE_OPENED] =
                {"A payment of {amount} is disputed",
                 "A payer's bank wants {amount} for {what} back.\n\nPayment {ref}. Evidence is "
                 "taken until {date}: send it in the payment provider's dashboard.",
                 NULL, NULL},
            [STAFF_DISPUTE_DUE] =
                {"The time for evidence ends: a payment of {amount}",
                 "The dispute about {amount} for {what} has not been answered yet.\n\nPayment "
                 "{ref}. Evidence is taken until {date}; after that it is lost.",
                 NULL, NULL},
            [STAFF_DISPUTE_WON] =
                {"A dispute is won: {amount}",
                 "The bank has decided for us: {amount} for {what} stays ours.\n\nPayment {ref}.",
                 NULL, NULL},
            [STAFF_DISPUTE_LOST] = {"A dispute is lost: {amount}",
                                    "The bank has decided for the payer: {amount} for {what} is "
                                    "lost.\n\nPayment {ref}.",
                                    NULL, NULL},
            [STAFF_WEBHOOK_OFF] = {"An endpoint is turned off: it does not answer",
                                   "The endpoint \"{name}\" has not taken what was sent to it since {date}, so nothing "
                                   "is sent to it any more.\n\nOnce it answers again, turn it on and send "
                                   "again what it has missed.",
                                   "Look at the endpoint", NULL},
            [STAFF_WEBHOOK_GONE] = {"An endpoint is turned off: it is gone",
                                    "The endpoint \"{name}\" has answered that nobody is there any more (410), so "
                                    "nothing is sent to it any more.\n\nIf that was a mistake, turn it on and "
                                    "send again what it has missed.",
                                    "Look at the endpoint", NULL},
        },
};
