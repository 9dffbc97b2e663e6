/* schemas.c - billing's shapes and routes. What costs money takes an Idempotency-Key header. */
#include "service/billing/routes_int.h"
#include "service/billing/routes_viewer.h"

#define END {.type = F_END}
#define MONEY F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Money"

static const struct field money_fields[] = {
    {"minor", F_INT, FIELD_REQUIRED, .doc = "Minor units: cents"},
    {"currency", F_STR, FIELD_REQUIRED, .doc = "ISO 4217"},
    {"exponent", F_INT, FIELD_REQUIRED, .doc = "Digits after the point"},
    END};
static const struct field price_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"months", F_INT, FIELD_REQUIRED, .doc = "1 or 12"},
    {"price", MONEY},
    {"country", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "null: everywhere else"},
    {"trial_days", F_INT, FIELD_REQUIRED},
    END};
#define LIMIT_DOC .doc = "0: no limit"
/* Nothing downloads yet: the route that will has the decision to obey. */
#define DOWNLOADS_DOC .doc = "Titles that may be kept offline; 0: none. Stored, shown and part of each decision; nothing downloads yet"
static const struct field plan_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"slug", F_STR, FIELD_REQUIRED},
    {"name", F_STR, FIELD_REQUIRED},
    {"level", F_INT, FIELD_REQUIRED, .doc = "A change to a higher level is an upgrade"},
    {"active", F_BOOL, FIELD_REQUIRED},
    {"streams", F_INT, FIELD_REQUIRED, LIMIT_DOC},
    {"devices", F_INT, FIELD_REQUIRED, LIMIT_DOC},
    {"max_height", F_INT, FIELD_REQUIRED, LIMIT_DOC},
    {"downloads", F_INT, FIELD_REQUIRED, DOWNLOADS_DOC},
    {"ads", F_BOOL, FIELD_REQUIRED},
    {"prices", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "PlanPrice"},
    END};
static const struct field plan_list_fields[] = {
    {"country", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Whose prices these are"},
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Plan"},
    {"tax", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "TaxHere", .doc = "null: none is known there"},
    END};
static const struct field tax_here_fields[] = {
    {"name", F_STR, FIELD_REQUIRED, .doc = "As invoices call it: VAT"},
    {"rate_bp", F_INT, FIELD_REQUIRED, .doc = "Hundredths of a percent"},
    {"inclusive", F_BOOL, FIELD_REQUIRED, .doc = "Prices contain it"},
    END};
static const struct field priced_fields[] = {
    {"price_id", F_ID, FIELD_REQUIRED}, {"plan", F_STR, FIELD_REQUIRED, .doc = "Its slug"},
    {"name", F_STR, FIELD_REQUIRED},    {"months", F_INT, FIELD_REQUIRED},
    {"price", MONEY},                   END};
static const struct field subscription_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"state", F_STR, FIELD_REQUIRED,
     .values = "pending|trialing|active|past_due|pausing|paused|cancelling|ended"},
    {"entitled", F_BOOL, FIELD_REQUIRED, .doc = "Whether it gives anything at this moment"},
    {"current", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "PricedPlan"},
    {"next", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "PricedPlan",
     .doc = "From the next period on, where that is another"},
    {"period_start_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"period_end_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"grace_until_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"resume_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"ended_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"owner", F_STR, FIELD_REQUIRED, .values = "us|store"},
    {"manage_url", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, 0, 300,
     .doc = "Of a store's: where it is changed and cancelled"},
    {"plan_name", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    END};
static const struct field method_fields[] = {
    {"gateway", F_STR, FIELD_REQUIRED},
    {"label", F_STR, FIELD_REQUIRED},
    {"declined", F_BOOL, FIELD_REQUIRED, .doc = "Its last charge was: pay another way"},
    END};
static const struct field billing_fields[] = {
    {"country", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"trial_used", F_BOOL, FIELD_REQUIRED},
    {"method", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "PaymentMethod"},
    {"credits", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Money", .doc = "From gift codes and changes of plan; the next invoices use it up first"},
    {"subscription", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Subscription",
     .doc = "The live one, else the last"},
    END};
#define PAY_WITH                                                                                   \
    {"gateway", F_STR, 0, 1, 40, .doc = "With token; absent: the method in use"}, {                \
        "token", F_STR, 0, 1, 100, .doc = "The gateway's; a card's number never comes here"        \
    }
#define COUNTRY {"country", F_STR, 0, 2, 2, .doc = "ISO 3166-1; absent: as before"}
#define EXPECT                                                                                     \
    {"expect_minor", F_INT, 0, 0, AMOUNT_MAX, .doc = "What was shown as due; another amount: 409"}
static const struct field subscribe_fields[] = {
    {"price_id", F_ID, FIELD_REQUIRED}, COUNTRY, {"coupon", F_STR, 0, 1, 60}, PAY_WITH, EXPECT, END};
#define WHEN                                                                                       \
    {"when", F_STR, 0, .values = "now|period_end",                                                 \
     .doc = "Absent: an upgrade now, a downgrade or another interval at the period's end"}
static const struct field change_fields[] = {
    {"price_id", F_ID, FIELD_REQUIRED}, WHEN, EXPECT,
    {"expect_credit_minor", F_INT, 0, 0, AMOUNT_MAX, .doc = "What was shown as credited; another amount: 409"},
    END};
static const struct field pay_fields[] = {PAY_WITH, EXPECT, END};
static const struct field quote_ask_fields[] = {
    {"price_id", F_ID, 0, .doc = "Of a plan to take, or with change to change to"},
    {"change", F_BOOL, 0},
    WHEN,
    {"offer_id", F_ID, 0, .doc = "To rent or buy; neither: what is due now"},
    COUNTRY,
    {"coupon", F_STR, 0, 1, 60},
    END};
static const struct field method_set_fields[] = {
    {"gateway", F_STR, FIELD_REQUIRED, 1, 40}, {"token", F_STR, FIELD_REQUIRED, 1, 100}, END};
static const struct field pause_fields[] = {{"months", F_INT, FIELD_REQUIRED, 1, 12}, END};
static const struct field buy_fields[] = {
    {"offer_id", F_ID, FIELD_REQUIRED}, COUNTRY, PAY_WITH, EXPECT, END};
static const struct field empty_fields[] = {END};
static const struct field gift_fields[] = {{"code", F_STR, FIELD_REQUIRED, 4, 60}, END};
static const struct field checkout_fields[] = {
    {"status", F_STR, FIELD_REQUIRED, .values = "succeeded|action_required|declined|processing"},
    {"detail", F_STR, FIELD_REQUIRED, 0, 200, .doc = "A sentence for a person; empty on success"},
    {"payment_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "null: nothing had to be paid"},
    {"invoice_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE},
    {"charged", MONEY},
    {"action_url", F_STR, FIELD_REQUIRED | FIELD_NULLABLE,
     .doc = "Where the bank asks; afterwards POST payments/{id}/confirm"},
    {"decline_code", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"subscription", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Subscription"},
    END};
static const struct field owned_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"kind", F_STR, FIELD_REQUIRED, .values = "rental|purchase"},
    {"name", F_STR, FIELD_REQUIRED, 0, 400, .doc = "Of the offer"},
    {"state", F_STR, FIELD_REQUIRED, .values = "active|revoked"},
    {"bought_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"start_by_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"ends_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Of a rental that was begun"},
    {"title_ids", F_ID, FIELD_REQUIRED | FIELD_ARRAY},
    {"titles", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "OwnedTitle", .doc = "The first 20 that can be looked at"},
    END};
static const struct field owned_title_fields[] = {
    {"id", F_ID, FIELD_REQUIRED}, {"slug", F_STR, FIELD_REQUIRED, 0, 200}, {"name", F_STR, FIELD_REQUIRED, 0, 400}, END};
static const struct field owned_list_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Owned"}, END};
static const struct field way_fields[] = {
    {"kind", F_STR, FIELD_REQUIRED, .values = "plan|rental|purchase"},
    {"name", F_STR, FIELD_REQUIRED, 0, 200},
    {"offer_id", F_ID, FIELD_REQUIRED},
    {"price_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Of a plan"},
    {"price", MONEY},
    {"months", F_INT, FIELD_REQUIRED, .doc = "Of a plan, else 0"},
    END};
static const struct field access_fields[] = {
    {"granted", F_BOOL, FIELD_REQUIRED},
    {"via", F_STR, FIELD_REQUIRED, .values = "none|free|plan|rental|purchase|ads"},
    {"refusal", F_STR, FIELD_REQUIRED, 0, 60, .doc = "The code that Play would answer; empty: none"},
    {"until_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"ads", F_BOOL, FIELD_REQUIRED},
    {"streams", F_INT, FIELD_REQUIRED, LIMIT_DOC},
    {"devices", F_INT, FIELD_REQUIRED, LIMIT_DOC},
    {"max_height", F_INT, FIELD_REQUIRED, LIMIT_DOC},
    {"downloads", F_INT, FIELD_REQUIRED, DOWNLOADS_DOC},
    {"way", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "AccessWay",
     .doc = "The cheapest that would change a refusal"},
    END};
#define INVOICE_FIELDS                                                                             \
    {"id", F_ID, FIELD_REQUIRED}, {"number", F_INT, FIELD_REQUIRED, .doc = "Without gaps"},        \
        {"kind", F_STR, FIELD_REQUIRED, .values = "period|upgrade|change|interval|rental|purchase"}, \
        {"paid_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},                                      \
        {"country", F_STR, FIELD_REQUIRED | FIELD_NULLABLE}, {"net", MONEY}, {"tax", MONEY},       \
        {"total", MONEY}, {"credit", MONEY}, {"tax_name", F_STR, FIELD_REQUIRED | FIELD_NULLABLE}, \
        {"buyer", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},                                         \
        {"tax_bp", F_INT, FIELD_REQUIRED, .doc = "Hundredths of a percent"}, {                     \
        "tax_inclusive", F_BOOL, FIELD_REQUIRED                                                    \
    }
static const struct field invoice_fields[] = {INVOICE_FIELDS, END};
static const struct field line_fields[] = {
    {"kind", F_STR, FIELD_REQUIRED, .values = "plan|discount|unused|title"},
    {"description", F_STR, FIELD_REQUIRED, 0, 200},
    {"net", MONEY},
    {"tax", MONEY},
    {"period_start_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"period_end_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    END};
static const struct field quote_fields[] = {
    {"lines", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "InvoiceLine"},
    {"net", MONEY}, {"tax", MONEY}, {"total", MONEY},
    {"credit", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Money", .doc = "Paid from what is in hand"},
    {"due", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Money", .doc = "Of the total, what is charged"},
    {"country", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"tax_name", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"tax_bp", F_INT, FIELD_REQUIRED, .doc = "Hundredths of a percent"},
    {"tax_inclusive", F_BOOL, FIELD_REQUIRED},
    {"charge_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "null: at once"},
    {"trial_days", F_INT, FIELD_REQUIRED, .doc = "0: none"},
    {"renewal", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Money", .doc = "What the period after costs"},
    {"renews_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"when", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .values = "now|period_end", .doc = "A change's; else null"},
    {"credited", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Money",
     .doc = "What a change gives: credit that the next invoices use up first; null: nothing"},
    END};
static const struct field note_fields[] = {
    {"number", F_INT, FIELD_REQUIRED}, {"total", MONEY}, {"tax", MONEY},
    {"reason", F_STR, FIELD_REQUIRED | FIELD_NULLABLE}, {"at", F_TIME, FIELD_REQUIRED},
    {"cancelled_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "The bank sent the money back: it counts no more"}, END};
static const struct field invoice_whole_fields[] = {
    INVOICE_FIELDS,
    {"lines", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "InvoiceLine"},
    {"credit_notes", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "CreditNote"},
    {"dispute", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .values = "inquiry|open|won|lost",
     .doc = "The payer's bank wants the money back"},
    END};
static const struct field invoice_list_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Invoice"}, END};
static const struct field answer_fields[] = {
    {"accept", F_BOOL, FIELD_REQUIRED},
    {"notify", F_BOOL, 0, .doc = "The gateway tells by itself, too, as a webhook does"},
    END};

/* Operators. */
#define AMOUNT {"amount_minor", F_INT, FIELD_REQUIRED, 0, AMOUNT_MAX}
#define CURRENCY {"currency", F_STR, FIELD_REQUIRED, 3, 3, .doc = "ISO 4217"}
static const struct field plan_put_fields[] = {
    {"name", F_STR, FIELD_REQUIRED, 1, 60}, {"level", F_INT, FIELD_REQUIRED, 0, 1000},
    {"active", F_BOOL, 0},                  {"streams", F_INT, 0, 0, 1000},
    {"devices", F_INT, 0, 0, 1000},         {"max_height", F_INT, 0, 0, 10000},
    {"downloads", F_INT, 0, 0, 10000, DOWNLOADS_DOC}, {"ads", F_BOOL, 0},
    END};
static const struct field price_put_fields[] = {
    {"months", F_INT, FIELD_REQUIRED, 1, 12}, CURRENCY, {"country", F_STR, 0, 2, 2}, AMOUNT,
    {"trial_days", F_INT, 0, 0, 365}, {"active", F_BOOL, 0}, END};
static const struct field offer_price_put_fields[] = {
    CURRENCY, {"country", F_STR, 0, 2, 2}, AMOUNT, END};
static const struct field offer_put_fields[] = {
    {"kind", F_STR, FIELD_REQUIRED, .values = "plan|rental|purchase|avod|holdback"},
    {"name", F_STR, FIELD_REQUIRED, 1, 120},
    {"plan", F_STR, 0, 1, 60, .doc = "Slug, of an offer of the kind plan"},
    {"all_titles", F_BOOL, 0, .doc = "The whole catalogue"},
    {"title_ids", F_ID, FIELD_ARRAY, 0, 1000},
    {"prices", F_OBJ, FIELD_ARRAY, 0, 300, .ref = "OfferPricePut"},
    {"start_days", F_INT, 0, 0, 365, .doc = "Rental: days to begin; 0: no limit; absent: 30"},
    {"finish_hours", F_INT, 0, 0, 8760, .doc = "Rental: hours to finish once begun"},
    {"active", F_BOOL, 0},
    {"from_at", F_TIME, 0},
    {"until_at", F_TIME, 0},
    {"countries", F_STR, FIELD_ARRAY, 0, COUNTRIES_MAX,
     .doc = "Where it counts, ISO 3166-1 (a holdback: where it holds back); absent or empty: everywhere"},
    END};
static const struct field offer_price_fields[] = {
    {"country", F_STR, FIELD_REQUIRED | FIELD_NULLABLE}, {"price", MONEY}, END};
static const struct field offer_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"kind", F_STR, FIELD_REQUIRED, .values = "plan|rental|purchase|avod|holdback"},
    {"name", F_STR, FIELD_REQUIRED},
    {"plan", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"all_titles", F_BOOL, FIELD_REQUIRED},
    {"start_days", F_INT, FIELD_REQUIRED},
    {"finish_hours", F_INT, FIELD_REQUIRED},
    {"active", F_BOOL, FIELD_REQUIRED},
    {"from_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"until_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"countries", F_STR, FIELD_REQUIRED | FIELD_ARRAY, 0, COUNTRIES_MAX, .doc = "Empty: everywhere"},
    {"title_ids", F_ID, FIELD_REQUIRED | FIELD_ARRAY, .doc = "Operators only; empty for viewers"},
    {"prices", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "OfferPrice"},
    END};
static const struct field offer_list_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Offer"}, END};
static const struct field tax_put_fields[] = {
    {"name", F_STR, FIELD_REQUIRED, 1, 40, .doc = "As invoices call it: VAT"},
    {"rate_bp", F_INT, FIELD_REQUIRED, 0, 10000, .doc = "Hundredths of a percent"},
    {"inclusive", F_BOOL, FIELD_REQUIRED, .doc = "Prices of this country contain it"},
    END};
static const struct field coupon_put_fields[] = {
    {"percent_bp", F_INT, 0, 1, 10000, .doc = "Hundredths of a percent, or:"},
    {"amount_minor", F_INT, 0, 1, AMOUNT_MAX},
    {"currency", F_STR, 0, 3, 3},
    {"periods", F_INT, 0, 0, 120, .doc = "How many; 0: all; absent: 1"},
    {"plan", F_STR, 0, 1, 60, .doc = "Slug; absent: any"},
    {"max_redemptions", F_INT, 0, 0, 1000000000, LIMIT_DOC},
    {"expires_at", F_TIME, 0},
    {"active", F_BOOL, 0},
    END};
static const struct field gift_make_fields[] = {
    {"amount_minor", F_INT, FIELD_REQUIRED, 1, AMOUNT_MAX}, CURRENCY,
    {"count", F_INT, 0, 1, 500}, {"expires_at", F_TIME, 0}, END};
static const struct field gift_codes_fields[] = {
    {"codes", F_STR, FIELD_REQUIRED | FIELD_ARRAY, .doc = "Told once; only hashes are kept"}, END};
static const struct field refund_ask_fields[] = {
    {"amount_minor", F_INT, 0, 1, AMOUNT_MAX, .doc = "Absent: all that is left"},
    {"reason", F_STR, FIELD_REQUIRED | FIELD_PERSONAL, 1, 200, .doc = "Stands on the credit note"},
    {"ends_access", F_BOOL, 0, .doc = "The subscription ends now"},
    END};
static const struct field refund_fields[] = {
    {"id", F_ID, FIELD_REQUIRED}, {"payment_id", F_ID, FIELD_REQUIRED}, {"amount", MONEY},
    {"status", F_STR, FIELD_REQUIRED, .values = "succeeded|declined|processing|reversed",
     .doc = "reversed: it succeeded, and the payer's bank sent the money back days later"}, END};
static const struct field book_fields[] = {
    {"book", F_STR, FIELD_REQUIRED}, {"currency", F_STR, FIELD_REQUIRED},
    {"balance_minor", F_INT, FIELD_REQUIRED, .doc = "Debit positive"}, END};
static const struct field ledger_fields[] = {
    {"books", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "LedgerBook"},
    {"balanced", F_BOOL, FIELD_REQUIRED, .doc = "Every posting sums to zero"}, END};
static const struct field payment_row_fields[] = {
    {"id", F_ID, FIELD_REQUIRED}, {"invoice_id", F_ID, FIELD_REQUIRED},
    {"gateway", F_STR, FIELD_REQUIRED, 0, 40}, {"amount", MONEY},
    {"state", F_STR, FIELD_REQUIRED, .values = "pending|action|succeeded|failed"},
    {"decline_code", F_STR, FIELD_REQUIRED | FIELD_NULLABLE}, {"created_at", F_TIME, FIELD_REQUIRED},
    {"refunds", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Refund"},
    END};
static const struct field payment_list_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "PaymentRow"}, END};
static const struct field plans_query[] = {
    {"country", F_STR, 0, 2, 2, .doc = "ISO 3166-1"}, END};

static const struct field coupon_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"code", F_STR, FIELD_REQUIRED},
    {"percent_bp", F_INT, FIELD_REQUIRED, .doc = "Hundredths of a percent; 0: it takes off an amount"},
    {"amount", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Money"},
    {"periods", F_INT, FIELD_REQUIRED, .doc = "How many it counts for; 0: all"},
    {"plan", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Slug; null: any"},
    {"max_redemptions", F_INT, FIELD_REQUIRED, .doc = "0: no limit"},
    {"redeemed", F_INT, FIELD_REQUIRED},
    {"expires_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"active", F_BOOL, FIELD_REQUIRED},
    {"created_at", F_TIME, FIELD_REQUIRED},
    END};
static const struct field coupon_list_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Coupon"},
                                                  {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                                  END};
static const struct field gift_fields_row[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"amount", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Money"},
    {"expires_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"redeemed_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"created_at", F_TIME, FIELD_REQUIRED},
    END};
static const struct field gift_list_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "GiftRow"},
                                                {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
                                                END};
static const struct field tax_row_fields[] = {
    {"country", F_STR, FIELD_REQUIRED}, {"name", F_STR, FIELD_REQUIRED}, {"rate_bp", F_INT, FIELD_REQUIRED}, {"inclusive", F_BOOL, FIELD_REQUIRED}, END};
static const struct field tax_list_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "TaxRow"}, END};
static const struct field credit_put_fields[] = {
    {"amount_minor", F_INT, FIELD_REQUIRED, 1, AMOUNT_MAX},
    {"currency", F_STR, FIELD_REQUIRED, 3, 3, .doc = "ISO 4217"},
    {"reason", F_STR, FIELD_REQUIRED | FIELD_PERSONAL, 1, 500, .doc = "Why, for colleagues"},
    END};
static const struct field page_query[] = {{"cursor", F_ID}, {"limit", F_INT, 0, 1, 100}, END};

const struct schema billing_schemas[] = {
    {"Coupon", coupon_fields, "A coupon"},
    {"CouponList", coupon_list_fields, "Coupons, newest first"},
    {"GiftRow", gift_fields_row, "A gift code; what it reads is kept nowhere"},
    {"GiftList", gift_list_fields, "Gift codes, newest first"},
    {"TaxRow", tax_row_fields, "A country's tax"},
    {"TaxList", tax_list_fields, "What each country takes"},
    {"CreditPut", credit_put_fields, "Credit for an account"},
    {"Money", money_fields, "An amount"},
    {"PlanPrice", price_fields, "What a plan costs somewhere"},
    {"Plan", plan_fields, "What can be subscribed to"},
    {"PlanList", plan_list_fields, "Plans with the prices of a country"},
    {"TaxHere", tax_here_fields, "A country's tax"},
    {"QuoteAsk", quote_ask_fields, "What is to be taken, changed to, rented or bought"},
    {"Quote", quote_fields, "What it would cost, to the minor unit"},
    {"PricedPlan", priced_fields, "A plan at a price"},
    {"Subscription", subscription_fields, "A subscription as it is now"},
    {"PaymentMethod", method_fields, "How an account pays"},
    {"Billing", billing_fields, "An account's commercial half"},
    {"Subscribe", subscribe_fields, "Taking a plan"},
    {"SubscriptionChange", change_fields, "Another plan or interval"},
    {"PayNow", pay_fields, "Paying what is due, or going on after a pause"},
    {"PaymentMethodSet", method_set_fields, "Another way to pay"},
    {"Pause", pause_fields, "A pause from the period's end"},
    {"Buy", buy_fields, "Renting or buying"},
    {"Nothing", empty_fields, "An empty object"},
    {"GiftCode", gift_fields, "A gift code"},
    {"Checkout", checkout_fields, "What became of a payment"},
    {"OwnedTitle", owned_title_fields, "A title that was rented or bought"},
    {"Owned", owned_fields, "A rental or a purchase"},
    {"OwnedList", owned_list_fields, "Rentals and purchases, latest first"},
    {"AccessWay", way_fields, "A way to get access"},
    {"Access", access_fields, "May this account watch this title"},
    {"Invoice", invoice_fields, "An invoice's head"},
    {"InvoiceLine", line_fields, "One line; net and tax of all lines are the invoice's"},
    {"CreditNote", note_fields, "Money that was given back"},
    {"InvoiceWhole", invoice_whole_fields, "An invoice with its lines"},
    {"InvoiceList", invoice_list_fields, "Invoices, latest first"},
    {"TestAnswer", answer_fields, "The payer's answer on the test gateway"},
    {"PlanPut", plan_put_fields, "A plan; what is absent is 0 or, for active, true"},
    {"PlanPricePut", price_put_fields, "A price; a differing one retires the one before"},
    {"OfferPricePut", offer_price_put_fields, "What an offer costs somewhere"},
    {"OfferPut", offer_put_fields, "An offer as a whole; kind and plan stay what they were"},
    {"OfferPrice", offer_price_fields, "What an offer costs somewhere"},
    {"Offer", offer_fields, "How titles can be had"},
    {"OfferList", offer_list_fields, "Offers"},
    {"TaxPut", tax_put_fields, "A country's tax"},
    {"CouponPut", coupon_put_fields, "A coupon; discounts stay what they were"},
    {"GiftMake", gift_make_fields, "Gift codes to make"},
    {"GiftCodes", gift_codes_fields, "Gift codes"},
    {"RefundAsk", refund_ask_fields, "Money to give back"},
    {"Refund", refund_fields, "Money given back"},
    {"LedgerBook", book_fields, "A book's balance"},
    {"Ledger", ledger_fields, "The ledger's sums"},
    {"PaymentRow", payment_row_fields, "A payment"},
    {"PaymentList", payment_list_fields, "An account's payments"},
    {NULL}};

#define MINE .per_minute = 120, .priority = PRIO_BROWSE
#define PAYS                                                                                       \
    .per_minute = 20, .body_max = 4096, .priority = PRIO_REST, .deadline_ms = 30000,               \
    .flags = ROUTE_ADULT,                                                                          \
    .reply = "Checkout", .status = 200
/* A child neither pays nor changes what is paid for, nor reads what it cost and who paid. */
#define CHANGES .flags = ROUTE_ADULT, .per_minute = 30, .body_max = 2048, .priority = PRIO_REST, .reply = "Billing", .status = 200
#define OPERATES .per_minute = 600, .priority = PRIO_REST

const struct route billing_routes[] = {
    {GET, "/api/v1/plans", plans_get, ROLE_NONE, MINE, .query = plans_query, .reply = "PlanList",
     .op = "plansList", .doc = "Plans with the prices of a country"},
    {POST, "/api/v1/billing/quote", quote_post, ROLE_VIEWER, .flags = ROUTE_ADULT, .per_minute = 60,
     .body_max = 2048, .priority = PRIO_BROWSE, .body = "QuoteAsk", .reply = "Quote", .status = 200,
     .op = "billingQuote", .doc = "What something would cost; asks nobody for money"},
    {GET, "/api/v1/billing", reply_billing, ROLE_VIEWER, MINE, .flags = ROUTE_ADULT, .reply = "Billing", .op = "billingGet",
     .doc = "My subscription, payment method and credit"},
    {POST, "/api/v1/subscription", subscription_post, ROLE_VIEWER, PAYS, .body = "Subscribe",
     .op = "subscribe", .doc = "Take a plan; needs an Idempotency-Key"},
    {POST, "/api/v1/subscription/change", subscription_change_post, ROLE_VIEWER, PAYS,
     .body = "SubscriptionChange", .op = "subscriptionChange",
     .doc = "Another plan or interval, now or at the period's end; needs an Idempotency-Key"},
    {POST, "/api/v1/subscription/pay", subscription_pay_post, ROLE_VIEWER, PAYS, .body = "PayNow",
     .op = "subscriptionPay",
     .doc = "Pay what is overdue, or go on after a pause; needs an Idempotency-Key"},
    {POST, "/api/v1/subscription/cancel", subscription_cancel_post, ROLE_VIEWER, CHANGES,
     .body = "Nothing", .op = "subscriptionCancel", .doc = "Cancel at the period's end"},
    {POST, "/api/v1/subscription/keep", subscription_keep_post, ROLE_VIEWER, CHANGES,
     .body = "Nothing", .op = "subscriptionKeep", .doc = "Take a cancellation or a pause back"},
    {POST, "/api/v1/subscription/pause", subscription_pause_post, ROLE_VIEWER, CHANGES,
     .body = "Pause", .op = "subscriptionPause", .doc = "Pause at the period's end"},
    {PUT, "/api/v1/payment-method", payment_method_put, ROLE_VIEWER, CHANGES,
     .body = "PaymentMethodSet", .op = "paymentMethodSet", .doc = "Pay another way from now on"},
    {POST, "/api/v1/payments/{id:id}/confirm", payment_confirm_post, ROLE_VIEWER, .flags = ROUTE_ADULT, .per_minute = 60,
     .priority = PRIO_REST, .deadline_ms = 30000, .body = "Nothing", .reply = "Checkout",
     .status = 200, .op = "paymentConfirm", .doc = "Back from the bank: what became of it"},
    {POST, "/api/v1/purchases", purchase_post, ROLE_VIEWER, PAYS, .body = "Buy", .op = "buy",
     .doc = "Rent or buy; needs an Idempotency-Key"},
    {GET, "/api/v1/purchases", purchases_get, ROLE_VIEWER, MINE, .reply = "OwnedList",
     .op = "purchasesList", .doc = "What I rented and bought"},
    {POST, "/api/v1/gift-codes/redeem", gift_redeem_post, ROLE_VIEWER, .flags = ROUTE_ADULT, .per_minute = 10,
     .body_max = 1024, .priority = PRIO_REST, .body = "GiftCode", .reply = "Billing", .status = 200,
     .op = "giftCodeRedeem", .doc = "A gift code becomes credit"},
    {GET, "/api/v1/titles/{id:id}/access", title_access_get, ROLE_VIEWER, .per_minute = 600,
     .priority = PRIO_BROWSE, .reply = "Access", .op = "titleAccess",
     .doc = "May I watch it, and what would it take"},
    {GET, "/api/v1/titles/{id:id}/offers", title_offers_get, ROLE_VIEWER, .per_minute = 600,
     .priority = PRIO_BROWSE, .reply = "OfferList", .op = "titleOffers",
     .doc = "How a title can be had"},
    {GET, "/api/v1/invoices", invoices_get, ROLE_VIEWER, MINE, .flags = ROUTE_ADULT, .reply = "InvoiceList",
     .op = "invoicesList", .doc = "My invoices"},
    {GET, "/api/v1/invoices/{id:id}", invoice_get, ROLE_VIEWER, MINE, .flags = ROUTE_ADULT, .reply = "InvoiceWhole",
     .op = "invoiceGet", .doc = "One of my invoices"},
    {GET, "/api/v1/invoices/{id:id}/page", invoice_html_get, ROLE_VIEWER, MINE, .flags = ROUTE_ADULT, .op = "invoicePage",
     .status = 200, .doc = "One of my invoices as HTML, to print"},
    {GET, "/api/v1/invoices/{id:id}/pdf", invoice_pdf_get, ROLE_VIEWER, .flags = ROUTE_ADULT, .per_minute = 30,
     .priority = PRIO_REST, .op = "invoicePdf", .status = 200, .doc = "One of my invoices as PDF"},
    {GET, "/api/v1/invoices/{id:id}/credit-notes/{number}/pdf", credit_note_pdf_get, ROLE_VIEWER,
     .flags = ROUTE_ADULT, .per_minute = 30, .priority = PRIO_REST, .op = "creditNotePdf", .status = 200,
     .doc = "A credit note of one of my invoices as PDF"},
    {POST, "/api/v1/test-gateway/{id:id}", test_gateway_post, ROLE_VIEWER, .per_minute = 60,
     .priority = PRIO_REST, .body = "TestAnswer", .op = "testGatewayAnswer",
     .doc = "The test gateway's stand-in for a bank's page; 404 unless it is in force"},

    {PUT, "/api/v1/operator/plans/{slug}", plan_put, ROLE_OPERATOR, .scope = SCOPE_PLANS_WRITE, OPERATES, .body = "PlanPut",
     .reply = "Plan", .op = "planPut", .doc = "Make or change a plan"},
    {PUT, "/api/v1/operator/plans/{slug}/prices", plan_price_put, ROLE_OPERATOR, .scope = SCOPE_PLANS_WRITE, OPERATES,
     .body = "PlanPricePut", .reply = "Plan", .op = "planPricePut",
     .doc = "Set a price; who subscribes at the one before keeps it"},
    {GET, "/api/v1/operator/offers", offers_get, ROLE_OPERATOR, .scope = SCOPE_PLANS_READ, OPERATES, .reply = "OfferList",
     .op = "offersList", .doc = "All offers"},
    {PUT, "/api/v1/operator/offers/{id:id}", offer_put, ROLE_OPERATOR, .scope = SCOPE_PLANS_WRITE, OPERATES,
     .body_max = 256 << 10, .body = "OfferPut", .reply = "Offer", .op = "offerPut",
     .doc = "Make or change an offer; the id is the caller's, a new ULID"},
    {PUT, "/api/v1/operator/taxes/{country}", tax_put, ROLE_OPERATOR, .scope = SCOPE_PLANS_WRITE, OPERATES, .body = "TaxPut",
     .op = "taxPut", .doc = "Set a country's tax; from the next invoice on"},
    {PUT, "/api/v1/operator/coupons/{code}", coupon_put, ROLE_OPERATOR, .scope = SCOPE_PLANS_WRITE, OPERATES,
     .body = "CouponPut", .op = "couponPut", .doc = "Make a coupon, or change how long it holds"},
    {POST, "/api/v1/operator/gift-codes", gift_codes_post, ROLE_OPERATOR, .scope = SCOPE_MONEY_WRITE, .flags = ROUTE_FRESH, .per_minute = 60,
     .priority = PRIO_REST, .body = "GiftMake", .reply = "GiftCodes", .op = "giftCodesMake",
     .doc = "Make gift codes"},
    {POST, "/api/v1/operator/payments/{id:id}/refunds", refund_post, ROLE_OPERATOR, .scope = SCOPE_MONEY_WRITE,
     .flags = ROUTE_FRESH, .per_minute = 60, .priority = PRIO_REST, .deadline_ms = 30000, .body = "RefundAsk",
     .reply = "Refund", .status = 200, .op = "refundMake",
     .doc = "Give money back, whole or in part; needs an Idempotency-Key"},
    {GET, "/api/v1/operator/ledger", ledger_get, ROLE_OPERATOR, .scope = SCOPE_MONEY_READ, OPERATES, .reply = "Ledger",
     .op = "ledgerGet", .doc = "The ledger's sums, and whether they balance"},
    {GET, "/api/v1/operator/plans", office_plans_get, ROLE_OPERATOR, .scope = SCOPE_PLANS_READ, OPERATES, .reply = "PlanList", .op = "plansOffice",
     .doc = "All plans with all prices that are in force, those that are not sold any more too"},
    {GET, "/api/v1/operator/coupons", coupons_get, ROLE_OPERATOR, .scope = SCOPE_PLANS_READ, OPERATES, .query = page_query, .reply = "CouponList", .op = "couponsList",
     .doc = "Coupons, newest first"},
    {GET, "/api/v1/operator/gift-codes", gift_codes_get, ROLE_OPERATOR, .scope = SCOPE_MONEY_READ, OPERATES, .query = page_query, .reply = "GiftList", .op = "giftCodesList",
     .doc = "Gift codes without what they read, newest first"},
    {GET, "/api/v1/operator/taxes", taxes_get, ROLE_OPERATOR, .scope = SCOPE_PLANS_READ, OPERATES, .reply = "TaxList", .op = "taxesList", .doc = "What each country takes"},
    {GET, "/api/v1/operator/accounts/{id:id}/billing", account_billing_get, ROLE_OPERATOR, .scope = SCOPE_MONEY_READ, .flags = ROUTE_AUDIT, OPERATES, .reply = "Billing",
     .op = "accountBilling", .doc = "An account's subscription, payment method and credit"},
    {GET, "/api/v1/operator/accounts/{id:id}/invoices", account_invoices_get, ROLE_OPERATOR, .scope = SCOPE_MONEY_READ, .flags = ROUTE_AUDIT, OPERATES,
     .reply = "InvoiceList", .op = "accountInvoices", .doc = "An account's invoices"},
    {PUT, "/api/v1/operator/accounts/{id:id}/credits/{credit:id}", account_credit_put, ROLE_OPERATOR, .scope = SCOPE_MONEY_WRITE, .flags = ROUTE_FRESH, .per_minute = 60,
     .priority = PRIO_REST, .body = "CreditPut", .reply = "Billing", .status = 200, .op = "accountCreditPut",
     .doc = "Give an account credit; the credit's id is the caller's, a new ULID, and counts once"},
    {GET, "/api/v1/operator/accounts/{id:id}/payments", account_payments_get, ROLE_OPERATOR, .scope = SCOPE_MONEY_READ,
     .flags = ROUTE_AUDIT, OPERATES, .reply = "PaymentList", .op = "accountPayments", .doc = "An account's payments"},
    {.path = NULL}};
