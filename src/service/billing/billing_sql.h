/* billing_sql.h - every statement of billing. Column lists that a reader in model.c relies on stand
 * as macros beside their statement. */
#pragma once
#include "engine/store/store.h"

#define PLAN_COLS                                                                                  \
    "id, slug, name, level, active, streams, devices, max_height, downloads, ads"
#define PRICE_COLS                                                                                 \
    "p.id, p.plan_id, p.months, p.currency, p.country, p.amount_minor, p.trial_days, p.active,"    \
    " l.slug, l.name, l.level, l.active"
#define PRICE_FROM " FROM plan_price p JOIN plan l ON l.id = p.plan_id"
#define SUB_COLS                                                                                   \
    "id, account_id, plan_id, price_id, state, gateway, anchor_at, anchor_months, period_start_at," \
    " period_end_at, rate_minor, next_price_id, redemption_id, attempts, next_at, grace_until_at,"  \
    " resume_at, created_at, ended_at, store_ref"
#define INVOICE_COLS                                                                               \
    "id, number, account_id, subscription_id, right_id, kind, state, currency, country, net_minor," \
    " tax_minor, total_minor, credit_minor, due_minor, tax_name, tax_bp, tax_inclusive, price_id,"  \
    " rate_minor, anchor_at, anchor_months, period_start_at, period_end_at, redemption_id, buyer,"  \
    " created_at, paid_at"
#define PAYMENT_COLS                                                                               \
    "id, account_id, invoice_id, gateway, token, currency, amount_minor, state, off_session,"      \
    " decline_code, action_url, gateway_ref, created_at, settled_at"
#define RIGHT_COLS                                                                                 \
    "id, account_id, offer_id, kind, state, start_by_at, started_at, ends_at, finish_hours, created_at"
#define OFFER_COLS                                                                                 \
    "id, kind, name, plan_id, all_titles, start_days, finish_hours, active, from_at, until_at,"      \
    " countries"

#define BILLING_SQL(Q)                                                                             \
    /* the account's row is its lock: the first thing that a change writes */                      \
    Q(B_LOCK, MAIN, "UPDATE billing_account SET version = version + 1 WHERE account_id = $1")      \
    Q(B_ACCOUNT_NEW, MAIN,                                                                         \
      "INSERT INTO billing_account (account_id, country, currency, version, trial_used_at)"        \
      " VALUES ($1, '', '', 0, 0) ON CONFLICT (account_id) DO NOTHING")                            \
    Q(B_ACCOUNT, MAIN,                                                                             \
      "SELECT country, currency, trial_used_at, method_id FROM billing_account"                    \
      " WHERE account_id = $1")                                                                    \
    Q(B_ACCOUNT_PLACE, MAIN,                                                                       \
      "UPDATE billing_account SET country = $2, currency = $3 WHERE account_id = $1")              \
    Q(B_ACCOUNT_TRIAL, MAIN,                                                                       \
      "UPDATE billing_account SET trial_used_at = $2 WHERE account_id = $1")                       \
    Q(B_ACCOUNT_METHOD, MAIN,                                                                      \
      "UPDATE billing_account SET method_id = $2 WHERE account_id = $1")                           \
    Q(METHOD_INSERT, MAIN,                                                                         \
      "INSERT INTO payment_method (id, account_id, gateway, token, label, created_at)"             \
      " VALUES ($1, $2, $3, $4, $5, $6)")                                                          \
    Q(METHOD_IN_USE, MAIN,                                                                         \
      "SELECT m.id, m.gateway, m.token, m.label FROM billing_account b"                            \
      " JOIN payment_method m ON m.id = b.method_id WHERE b.account_id = $1")                      \
    Q(METHOD_LAST_CHARGE, MAIN,                                                                    \
      "SELECT state FROM payment WHERE account_id = $1 AND method_id = $2"                         \
      " AND (state = 'succeeded' OR state = 'failed') ORDER BY created_at DESC, id DESC LIMIT 1")  \
    /* plans and prices */                                                                         \
    Q(PLAN_UPSERT, MAIN,                                                                           \
      "INSERT INTO plan (id, slug, name, level, active, streams, devices, max_height, downloads,"  \
      " ads, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)"   \
      " ON CONFLICT (slug) DO UPDATE SET name = excluded.name, level = excluded.level,"            \
      " active = excluded.active, streams = excluded.streams, devices = excluded.devices,"         \
      " max_height = excluded.max_height, downloads = excluded.downloads, ads = excluded.ads,"     \
      " updated_at = excluded.updated_at")                                                         \
    Q(PLAN_BY_SLUG, MAIN, "SELECT " PLAN_COLS " FROM plan WHERE slug = $1")                        \
    Q(PLAN_BY_ID, MAIN, "SELECT " PLAN_COLS " FROM plan WHERE id = $1")                            \
    Q(PLAN_ALL, MAIN, "SELECT " PLAN_COLS " FROM plan ORDER BY level, slug")                       \
    Q(PRICE_BY_ID, MAIN, "SELECT " PRICE_COLS PRICE_FROM " WHERE p.id = $1")                       \
    Q(PRICE_ALL, MAIN,                                                                             \
      "SELECT " PRICE_COLS PRICE_FROM " WHERE p.active = 1 ORDER BY l.level, p.months, p.currency,"\
      " p.country")                                                                                \
    /* the prices of one place: its own, and what holds everywhere else */                         \
    Q(PRICE_HERE, MAIN,                                                                            \
      "SELECT " PRICE_COLS PRICE_FROM " WHERE p.active = 1 AND l.active = 1"                       \
      " AND (p.country = $1 OR p.country = '') ORDER BY l.level, l.slug, p.months, p.country DESC, p.currency") \
    Q(PRICE_SAME, MAIN,                                                                            \
      "SELECT id, amount_minor, trial_days FROM plan_price WHERE plan_id = $1 AND months = $2"     \
      " AND currency = $3 AND country = $4 AND active = 1")                                        \
    Q(PRICE_RETIRE, MAIN, "UPDATE plan_price SET active = 0 WHERE id = $1")                        \
    Q(PRICE_INSERT, MAIN,                                                                          \
      "INSERT INTO plan_price (id, plan_id, months, currency, country, amount_minor, trial_days,"  \
      " active, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8)")                           \
    /* offers */                                                                                   \
    Q(OFFER_INSERT, MAIN,                                                                          \
      "INSERT INTO offer (id, kind, name, plan_id, all_titles, start_days, finish_hours, active,"  \
      " from_at, until_at, created_at, countries)"                                                 \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"                                \
      " ON CONFLICT (id) DO UPDATE SET name = excluded.name, active = excluded.active,"            \
      " from_at = excluded.from_at, until_at = excluded.until_at, countries = excluded.countries,"  \
      " start_days = excluded.start_days, finish_hours = excluded.finish_hours")                   \
    Q(OFFER_TITLES_CLEAR, MAIN, "DELETE FROM offer_title WHERE offer_id = $1")                     \
    Q(OFFER_TITLE_ADD, MAIN,                                                                       \
      "INSERT INTO offer_title (offer_id, title_id) VALUES ($1, $2)"                               \
      " ON CONFLICT (offer_id, title_id) DO NOTHING")                                              \
    Q(OFFER_PRICES_CLEAR, MAIN, "DELETE FROM offer_price WHERE offer_id = $1")                     \
    Q(OFFER_PRICE_ADD, MAIN,                                                                       \
      "INSERT INTO offer_price (offer_id, currency, country, amount_minor) VALUES ($1, $2, $3, $4)")\
    Q(OFFER_BY_ID, MAIN, "SELECT " OFFER_COLS " FROM offer WHERE id = $1")                         \
    Q(OFFER_ALL, MAIN, "SELECT " OFFER_COLS " FROM offer ORDER BY id LIMIT 1000")                  \
    Q(OFFER_TITLES, MAIN, "SELECT title_id FROM offer_title WHERE offer_id = $1 ORDER BY title_id")\
    Q(OFFER_PRICE_HERE, MAIN,                                                                      \
      "SELECT currency, amount_minor FROM offer_price WHERE offer_id = $1"                         \
      " AND (country = $2 OR country = '') ORDER BY country DESC, currency LIMIT 1")               \
    Q(OFFER_PRICES, MAIN,                                                                          \
      "SELECT currency, country, amount_minor FROM offer_price WHERE offer_id = $1"                \
      " ORDER BY country, currency")                                                               \
    /* Grows with every change of an offer: what is kept of offers is good by it. */                \
    Q(OFFERS_CHANGED, MAIN,                                                                        \
      "INSERT INTO billing_counter (name, value) VALUES ('offers', 1)"                             \
      " ON CONFLICT (name) DO UPDATE SET value = billing_counter.value + 1")                       \
    Q(OFFERS_OF_TITLE, MAIN,                                                                       \
      "SELECT o.id, o.kind, o.plan_id, o.from_at, o.until_at, o.start_days, o.finish_hours, o.name,"\
      " o.countries"                                                                              \
      " FROM offer_title t JOIN offer o ON o.id = t.offer_id"                                      \
      " WHERE t.title_id = $1 AND o.active = 1 AND o.all_titles = 0"                               \
      " UNION ALL SELECT o.id, o.kind, o.plan_id, o.from_at, o.until_at, o.start_days,"            \
      " o.finish_hours, o.name, o.countries FROM offer o WHERE o.all_titles = 1 AND o.active = 1")              \
    Q(TAX_SET, MAIN,                                                                               \
      "INSERT INTO tax_rate (country, name, rate_bp, inclusive, updated_at)"                       \
      " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (country) DO UPDATE SET name = excluded.name,"     \
      " rate_bp = excluded.rate_bp, inclusive = excluded.inclusive, updated_at = excluded.updated_at") \
    Q(TAX_OF, MAIN, "SELECT name, rate_bp, inclusive FROM tax_rate WHERE country = $1")            \
    Q(TAX_ALL, MAIN, "SELECT country, name, rate_bp, inclusive FROM tax_rate ORDER BY country")    \
    /* subscriptions */                                                                            \
    Q(SUB_INSERT, MAIN,                                                                            \
      "INSERT INTO subscription (" SUB_COLS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"   \
      " $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)")                                        \
    Q(SUB_SAVE, MAIN,                                                                              \
      "UPDATE subscription SET plan_id = $2, price_id = $3, state = $4, anchor_at = $5,"           \
      " anchor_months = $6, period_start_at = $7, period_end_at = $8, rate_minor = $9,"            \
      " next_price_id = $10, redemption_id = $11, attempts = $12, next_at = $13,"                  \
      " grace_until_at = $14, resume_at = $15, ended_at = $16 WHERE id = $1")                      \
    Q(SUB_BY_ID, MAIN, "SELECT " SUB_COLS " FROM subscription WHERE id = $1")                      \
    Q(SUB_LIVE, MAIN,                                                                              \
      "SELECT " SUB_COLS " FROM subscription WHERE account_id = $1 AND state <> 'ended'")          \
    /* With the revision of all offers, which is there without any, too: every Play asks for both. */ \
    Q(SUB_ENTITLES, MAIN,                                                                          \
      "SELECT s.id, s.plan_id, s.state, s.period_end_at, s.grace_until_at, p.streams, p.devices,"  \
      " p.max_height, p.downloads, p.ads, c.value FROM (SELECT 1) one"                              \
      " LEFT JOIN billing_counter c ON c.name = 'offers' LEFT JOIN subscription s /*lite INDEXED BY subscription_asked*/" \
      " ON s.account_id = $1 AND s.state <> 'ended'"                                               \
      " LEFT JOIN plan p /*lite INDEXED BY plan_asked*/ ON p.id = s.plan_id") \
    Q(SUB_BY_ACCOUNT, MAIN,                                                                        \
      "SELECT " SUB_COLS " FROM subscription WHERE account_id = $1 ORDER BY created_at DESC, id DESC LIMIT 100") \
    Q(SUB_BY_STORE, MAIN,                                                                          \
      "SELECT " SUB_COLS " FROM subscription WHERE gateway = $1 AND store_ref = $2")               \
    Q(SUB_STORE_REF, MAIN, "UPDATE subscription SET store_ref = $2 WHERE id = $1")                 \
    Q(SUB_LATER, MAIN, "UPDATE subscription SET next_at = $2 WHERE id = $1 AND next_at > 0")       \
    Q(SUB_DUE, MAIN,                                                                               \
      "SELECT id, account_id FROM subscription WHERE next_at > 0 AND next_at <= $1 AND id > $2"    \
      " ORDER BY id LIMIT 100")                                                                    \
    Q(SUB_MOVED, MAIN,                                                                             \
      "INSERT INTO subscription_move (id, subscription_id, event, from_state, to_state, at)"       \
      " VALUES ($1, $2, $3, $4, $5, $6)")                                                          \
    Q(SUB_MOVES, MAIN,                                                                             \
      "SELECT m.subscription_id, m.event, m.from_state, m.to_state, m.at FROM subscription_move m" \
      " JOIN subscription s ON s.id = m.subscription_id WHERE s.account_id = $1 ORDER BY m.id")    \
    Q(REMINDER_DUE, MAIN,                                                                          \
      "SELECT s.id, s.account_id, s.period_end_at FROM subscription s JOIN plan_price p ON p.id = s.price_id" \
      " WHERE s.next_at > $1 AND s.id > $2 AND s.store_ref IS NULL"                                \
      " AND ((s.state = 'trialing' AND s.period_end_at - 259200000 <= $1)"                         \
      " OR (s.state = 'active' AND p.months = 12 AND s.period_end_at - 1209600000 <= $1))"         \
      " AND NOT EXISTS (SELECT 1 FROM subscription_reminder m WHERE m.subscription_id = s.id"      \
      " AND m.period_end_at = s.period_end_at) ORDER BY s.id LIMIT 100")                           \
    Q(REMINDER_INSERT, MAIN,                                                                       \
      "INSERT INTO subscription_reminder (subscription_id, period_end_at, created_at)"             \
      " VALUES ($1, $2, $3) ON CONFLICT (subscription_id, period_end_at) DO NOTHING")              \
    /* what was rented and bought */                                                               \
    Q(RIGHT_INSERT, MAIN,                                                                          \
      "INSERT INTO title_right (" RIGHT_COLS ") VALUES ($1, $2, $3, $4, 'pending', 0, 0, 0, $5, $6)") \
    Q(RIGHT_TITLES_COPY, MAIN,                                                                     \
      "INSERT INTO title_right_title (right_id, title_id)"                                         \
      " SELECT CAST($1 AS TEXT), title_id FROM offer_title WHERE offer_id = $2")                   \
    Q(RIGHT_SAVE, MAIN,                                                                            \
      "UPDATE title_right SET state = $2, start_by_at = $3, started_at = $4, ends_at = $5"         \
      " WHERE id = $1")                                                                            \
    Q(RIGHT_BEGIN, MAIN,                                                                           \
      "UPDATE title_right SET started_at = $2, ends_at = $2 + finish_hours * 3600000"              \
      " WHERE id = $1 AND state = 'active' AND started_at = 0")                                    \
    Q(RIGHT_BY_ID, MAIN, "SELECT " RIGHT_COLS " FROM title_right WHERE id = $1")                   \
    Q(RIGHT_BY_ACCOUNT, MAIN,                                                                      \
      "SELECT " RIGHT_COLS " FROM title_right WHERE account_id = $1 AND state <> 'failed'"         \
      " AND state <> 'pending' ORDER BY created_at DESC, id DESC LIMIT 500")                       \
    Q(RIGHT_TITLES, MAIN,                                                                          \
      "SELECT title_id FROM title_right_title WHERE right_id = $1 ORDER BY title_id")              \
    Q(RIGHT_NAME, MAIN, "SELECT o.name FROM title_right r JOIN offer o ON o.id = r.offer_id WHERE r.id = $1") \
    Q(RIGHT_OF_OFFER, MAIN,                                                                        \
      "SELECT " RIGHT_COLS " FROM title_right WHERE account_id = $1 AND offer_id = $2"             \
      " AND (state = 'active' OR state = 'pending') ORDER BY created_at DESC, id DESC")            \
    Q(RIGHTS_TO_TITLE, MAIN,                                                                       \
      "SELECT r.id, r.kind, r.start_by_at, r.started_at, r.ends_at, r.finish_hours"                \
      " FROM title_right r JOIN title_right_title t ON t.right_id = r.id"                          \
      " WHERE r.account_id = $1 AND t.title_id = $2 AND r.state = 'active'")                       \
    /* invoices */                                                                                 \
    Q(INVOICE_INSERT, MAIN,                                                                        \
      "INSERT INTO invoice (" INVOICE_COLS ") VALUES ($1, NULL, $2, $3, $4, $5, 'open', $6, $7, $8,"\
      " $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, 0)")        \
    Q(INVOICE_LINE, MAIN,                                                                          \
      "INSERT INTO invoice_line (invoice_id, n, kind, description, net_minor, tax_minor,"          \
      " period_start_at, period_end_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")                  \
    Q(INVOICE_BY_ID, MAIN, "SELECT " INVOICE_COLS " FROM invoice WHERE id = $1")                   \
    Q(INVOICE_OPEN_PERIOD, MAIN,                                                                   \
      "SELECT " INVOICE_COLS " FROM invoice WHERE subscription_id = $1 AND kind = 'period'"        \
      " AND state = 'open'")                                                                       \
    Q(INVOICE_BY_ACCOUNT, MAIN,                                                                    \
      "SELECT " INVOICE_COLS " FROM invoice WHERE account_id = $1 AND state = 'paid'"              \
      " ORDER BY number DESC LIMIT 500")                                                           \
    Q(INVOICE_LINES, MAIN,                                                                         \
      "SELECT kind, description, net_minor, tax_minor, period_start_at, period_end_at"             \
      " FROM invoice_line WHERE invoice_id = $1 ORDER BY n")                                       \
    Q(INVOICE_PAID, MAIN,                                                                          \
      "UPDATE invoice SET state = 'paid', number = $2, paid_at = $3 WHERE id = $1 AND state = 'open'") \
    Q(INVOICE_VOID, MAIN, "UPDATE invoice SET state = 'void' WHERE id = $1 AND state = 'open'")    \
    /* The row is held until the commit, so numbers have no gap; two can't have the same one. */   \
    Q(COUNTER_NEXT, MAIN,                                                                          \
      "INSERT INTO billing_counter (name, value) VALUES ($1, 1)"                                   \
      " ON CONFLICT (name) DO UPDATE SET value = billing_counter.value + 1 RETURNING value")       \
    /* payments */                                                                                 \
    Q(PAYMENT_INSERT, MAIN,                                                                        \
      "INSERT INTO payment (id, account_id, invoice_id, method_id, gateway, token, currency,"      \
      " amount_minor, state, off_session, decline_code, action_url, gateway_ref, next_at,"         \
      " created_at, settled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, '', '', '',"\
      " $10, $11, 0)")                                                                             \
    Q(PAYMENT_BY_ID, MAIN, "SELECT " PAYMENT_COLS " FROM payment WHERE id = $1")                   \
    Q(PAYMENT_SAVE, MAIN,                                                                          \
      "UPDATE payment SET state = $2, decline_code = $3, action_url = $4, gateway_ref = $5,"       \
      " next_at = $6, settled_at = $7 WHERE id = $1")                                              \
    Q(PAYMENT_DUE, MAIN,                                                                           \
      "SELECT id FROM payment WHERE next_at > 0 AND next_at <= $1 AND id > $2 ORDER BY id LIMIT 100") \
    Q(PAYMENT_OPEN_OF_SUB, MAIN,                                                                   \
      "SELECT p.id, p.state, i.kind FROM payment p JOIN invoice i ON i.id = p.invoice_id"          \
      " WHERE i.subscription_id = $1 AND i.state = 'open'"                                         \
      " AND (p.state = 'pending' OR p.state = 'action')")                                          \
    Q(PAYMENT_ACTIONS, MAIN,                                                                       \
      "SELECT id FROM payment WHERE account_id = $1 AND state = 'action'")                         \
    Q(PAYMENT_BY_ACCOUNT, MAIN,                                                                    \
      "SELECT id, invoice_id, gateway, currency, amount_minor, state, decline_code, created_at,"   \
      " settled_at FROM payment WHERE account_id = $1 ORDER BY created_at, id")                    \
    /* refunds and credit notes */                                                                 \
    Q(REFUND_SUM, MAIN,                                                                            \
      "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM refund WHERE payment_id = $1"    \
      " AND (state = 'pending' OR state = 'succeeded')")                                           \
    Q(REFUND_INSERT, MAIN,                                                                         \
      "INSERT INTO refund (id, payment_id, account_id, currency, amount_minor, state, reason,"     \
      " ends_access, next_at, created_at, settled_at)"                                             \
      " VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8, $9, 0)")                                \
    Q(REFUND_BY_ID, MAIN,                                                                          \
      "SELECT id, payment_id, account_id, currency, amount_minor, state, reason, ends_access,"     \
      " created_at, settled_at FROM refund WHERE id = $1")                                         \
    Q(REFUND_SETTLE, MAIN,                                                                         \
      "UPDATE refund SET state = $2, settled_at = $3, next_at = 0 WHERE id = $1 AND state = 'pending'") \
    Q(REFUND_REVERSE, MAIN,                                                                        \
      "UPDATE refund SET state = 'reversed' WHERE id = $1 AND state = 'succeeded'")                \
    Q(REFUNDS_OF_ACCOUNT, MAIN,                                                                    \
      "SELECT id, payment_id, currency, amount_minor, state FROM refund WHERE account_id = $1"     \
      " ORDER BY created_at, id LIMIT 1000")                                                       \
    Q(REFUND_DUE, MAIN,                                                                            \
      "SELECT id FROM refund WHERE next_at > 0 AND next_at <= $1 AND id > $2 ORDER BY id LIMIT 100") \
    Q(NOTE_SUMS, MAIN,                                                                             \
      "SELECT CAST(COALESCE(SUM(total_minor), 0) AS BIGINT),"                                      \
      " CAST(COALESCE(SUM(tax_minor), 0) AS BIGINT) FROM credit_note"                              \
      " WHERE invoice_id = $1 AND cancelled_at = 0")                                               \
    Q(REFUND_ENTRIES, MAIN,                                                                        \
      "SELECT e.book, e.amount_minor FROM ledger_posting p JOIN ledger_entry e ON e.posting_id = p.id" \
      " WHERE p.kind = 'refund' AND p.ref_id = $1 ORDER BY e.n")                                   \
    Q(NOTE_CANCEL, MAIN, "UPDATE credit_note SET cancelled_at = $2 WHERE refund_id = $1")          \
    /* what is not settled yet has no note, and is spoken for all the same */                      \
    Q(INVOICE_GIVEN, MAIN,                                                                         \
      "SELECT CAST((SELECT COALESCE(SUM(n.total_minor), 0) FROM credit_note n WHERE n.invoice_id = $1"  \
      " AND n.cancelled_at = 0) AS BIGINT),"                                                     \
      " CAST((SELECT COALESCE(SUM(r.amount_minor), 0) FROM payment p JOIN refund r ON r.payment_id = p.id" \
      " WHERE p.account_id = $2 AND p.invoice_id = $1 AND r.state = 'pending') AS BIGINT),"        \
      " (SELECT COUNT(*) FROM payment p JOIN dispute d ON d.payment_id = p.id"                     \
      " WHERE p.account_id = $2 AND p.invoice_id = $1 AND (d.state = 'open' OR d.state = 'lost'))") \
    Q(INVOICES_OF_PERIOD, MAIN,                                                                    \
      "SELECT " INVOICE_COLS " FROM invoice WHERE account_id = $1 AND subscription_id = $2"        \
      " AND period_end_at = $3 AND state = 'paid' ORDER BY number DESC")                           \
    Q(NOTE_INSERT, MAIN,                                                                           \
      "INSERT INTO credit_note (id, number, invoice_id, refund_id, account_id, currency,"          \
      " net_minor, tax_minor, total_minor, reason, created_at)"                                    \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")                                    \
    Q(NOTES_OF_INVOICE, MAIN,                                                                      \
      "SELECT number, net_minor, tax_minor, total_minor, reason, created_at, cancelled_at FROM credit_note" \
      " WHERE invoice_id = $1 ORDER BY number")                                                    \
    Q(NOTE_OF_INVOICE, MAIN,                                                                       \
      "SELECT number, net_minor, tax_minor, total_minor, reason, created_at, cancelled_at FROM credit_note" \
      " WHERE invoice_id = $1 AND number = $2")                                                    \
    /* coupons and gift codes */                                                                   \
    Q(COUPON_UPSERT, MAIN,                                                                         \
      "INSERT INTO coupon (id, code, percent_bp, amount_minor, currency, periods, plan_id,"        \
      " max_redemptions, redeemed, expires_at, active, created_at)"                                \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11) ON CONFLICT (code) DO UPDATE"     \
      " SET max_redemptions = excluded.max_redemptions, expires_at = excluded.expires_at,"         \
      " active = excluded.active")                                                                 \
    Q(COUPON_BY_CODE, MAIN,                                                                        \
      "SELECT id, percent_bp, amount_minor, currency, periods, plan_id, max_redemptions, redeemed,"\
      " expires_at, active FROM coupon WHERE code = $1")                                           \
    /* behind the last page's last */                                                              \
    Q(COUPON_LIST, MAIN,                                                                           \
      "SELECT c.id, c.code, c.percent_bp, c.amount_minor, c.currency, c.periods, p.slug, c.max_redemptions, c.redeemed,"    \
      " c.expires_at, c.active, c.created_at FROM coupon c LEFT JOIN plan p ON p.id = c.plan_id"   \
      " WHERE (CAST($1 AS TEXT) = '' OR c.id < $1) ORDER BY c.id DESC LIMIT $2")                   \
    Q(GIFT_LIST, MAIN,                                                                             \
      "SELECT id, currency, amount_minor, expires_at, redeemed_at, created_at FROM gift_code"      \
      " WHERE (CAST($1 AS TEXT) = '' OR id < $1) ORDER BY id DESC LIMIT $2")                       \
    Q(COUPON_TAKE, MAIN,                                                                           \
      "UPDATE coupon SET redeemed = redeemed + 1"                                                  \
      " WHERE id = $1 AND (max_redemptions = 0 OR redeemed < max_redemptions)")                    \
    Q(COUPON_GIVE_BACK, MAIN,                                                                      \
      "UPDATE coupon SET redeemed = redeemed - 1"                                                  \
      " WHERE id = (SELECT coupon_id FROM coupon_redemption WHERE id = $1)")                       \
    Q(REDEMPTION_INSERT, MAIN,                                                                     \
      "INSERT INTO coupon_redemption (id, coupon_id, account_id, periods_left, created_at)"        \
      " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (coupon_id, account_id) DO NOTHING")               \
    Q(REDEMPTION_DELETE, MAIN, "DELETE FROM coupon_redemption WHERE id = $1")                      \
    Q(REDEMPTION_USE, MAIN,                                                                        \
      "UPDATE coupon_redemption SET periods_left = periods_left - 1"                               \
      " WHERE id = $1 AND periods_left > 0")                                                       \
    Q(REDEMPTION_TERMS, MAIN,                                                                      \
      "SELECT r.periods_left, c.percent_bp, c.amount_minor, c.currency, c.plan_id, c.code"         \
      " FROM coupon_redemption r JOIN coupon c ON c.id = r.coupon_id WHERE r.id = $1")             \
    Q(GIFT_INSERT, MAIN,                                                                           \
      "INSERT INTO gift_code (id, code_hash, currency, amount_minor, expires_at, account_id,"      \
      " redeemed_at, created_at) VALUES ($1, $2, $3, $4, $5, NULL, 0, $6)")                        \
    Q(GIFT_TAKE, MAIN,                                                                             \
      "UPDATE gift_code SET account_id = $2, redeemed_at = $3 WHERE code_hash = $1"                \
      " AND account_id IS NULL AND redeemed_at = 0 AND (expires_at = 0 OR expires_at > $3)"        \
      " RETURNING id, currency, amount_minor")                                                     \
    /* the ledger */                                                                               \
    Q(CREDIT_GIVEN, MAIN,                                                                          \
      "SELECT e.account_id, e.currency, e.amount_minor FROM ledger_posting p"                      \
      " JOIN ledger_entry e ON e.posting_id = p.id"                                                \
      " WHERE p.kind = 'goodwill' AND p.ref_id = $1 AND e.book = 'credit'")                        \
    Q(POSTING_INSERT, MAIN,                                                                        \
      "INSERT INTO ledger_posting (id, kind, ref_id, currency, at) VALUES ($1, $2, $3, $4, $5)")   \
    Q(ENTRY_INSERT, MAIN,                                                                          \
      "INSERT INTO ledger_entry (posting_id, n, book, account_id, currency, amount_minor)"         \
      " VALUES ($1, $2, $3, $4, $5, $6)")                                                          \
    Q(CREDIT_OF, MAIN,                                                                             \
      "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM ledger_entry"                    \
      " WHERE account_id = $1 AND book = 'credit' AND currency = $2")                              \
    Q(CREDITS_OF, MAIN,                                                                            \
      "SELECT currency, CAST(-SUM(amount_minor) AS BIGINT) FROM ledger_entry WHERE account_id = $1"\
      " AND book = 'credit' GROUP BY currency ORDER BY currency")                                  \
    Q(LEDGER_BOOKS, MAIN,                                                                          \
      "SELECT book, currency, CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry"                 \
      " GROUP BY book, currency ORDER BY currency, book")                                          \
    Q(LEDGER_UNBALANCED, MAIN,                                                                     \
      "SELECT posting_id, currency FROM ledger_entry GROUP BY posting_id, currency"                \
      " HAVING SUM(amount_minor) <> 0 LIMIT 10")                                                   \
    /* Idempotency-Key */                                                                          \
    Q(IDEM_CLAIM, MAIN,                                                                            \
      "INSERT INTO idempotency_key (account_id, key, request_hash, ref_id, created_at)"            \
      " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, key) DO NOTHING")                     \
    Q(IDEM_GET, MAIN,                                                                              \
      "SELECT request_hash, ref_id, answer FROM idempotency_key WHERE account_id = $1 AND key = $2") \
    Q(IDEM_ANSWER, MAIN,                                                                           \
      "UPDATE idempotency_key SET answer = $3 WHERE account_id = $1 AND key = $2 AND answer IS NULL") \
    Q(IDEM_PURGE, MAIN, "DELETE FROM idempotency_key WHERE created_at < $1")                       \
    /* the test gateway's memory */                                                                \
    Q(TESTGW_PUT, MAIN,                                                                            \
      "INSERT INTO test_gateway (key, kind, token, currency, amount_minor, state, calls, created_at)" \
      " VALUES ($1, $2, $3, $4, $5, $6, 1, $7) ON CONFLICT (key) DO UPDATE SET calls = test_gateway.calls + 1" \
      " RETURNING state, calls, amount_minor, currency")                                           \
    Q(TESTGW_GET, MAIN, "SELECT state, token, calls FROM test_gateway WHERE key = $1")             \
    Q(TESTGW_MOVE, MAIN,                                                                           \
      "UPDATE test_gateway SET state = $2 WHERE key = $1 AND (state = 'action' OR state = 'absent')")                    \
    /* a person's data: what invoices need is kept under a number that leads to nobody */          \
    Q(EXPORT_ACCOUNT, MAIN, "SELECT country, currency FROM billing_account WHERE account_id = $1") \
    Q(EXPORT_METHODS, MAIN, "SELECT id, gateway, label, created_at FROM payment_method WHERE account_id = $1 ORDER BY id") \
    Q(EXPORT_PAYMENTS, MAIN, "SELECT id, invoice_id, gateway, currency, amount_minor, state, created_at FROM payment WHERE account_id = $1 ORDER BY id") \
    Q(EXPORT_REFUNDS, MAIN, "SELECT id, payment_id, currency, amount_minor, state, reason, created_at FROM refund WHERE account_id = $1 ORDER BY id") \
    Q(EXPORT_NOTES, MAIN, "SELECT number, invoice_id, currency, total_minor, reason, created_at FROM credit_note WHERE account_id = $1 ORDER BY number") \
    Q(EXPORT_COUPONS, MAIN,                                                                        \
      "SELECT c.code, r.periods_left, r.created_at FROM coupon_redemption r JOIN coupon c ON c.id = r.coupon_id" \
      " WHERE r.account_id = $1 ORDER BY r.id")                                                    \
    Q(EXPORT_GIFTS, MAIN, "SELECT currency, amount_minor, redeemed_at FROM gift_code WHERE account_id = $1 ORDER BY id") \
    Q(EXPORT_LEDGER, MAIN,                                                                         \
      "SELECT e.book, p.kind, e.currency, e.amount_minor, p.at FROM ledger_entry e JOIN ledger_posting p ON p.id = e.posting_id" \
      " WHERE e.account_id = $1 ORDER BY p.id, e.n")                                               \
    Q(EXPORT_CUSTOMERS, MAIN, "SELECT gateway, ref, created_at FROM gateway_customer WHERE account_id = $1 ORDER BY gateway") \
    Q(EXPORT_SETUPS, MAIN, "SELECT gateway, state, created_at FROM method_setup WHERE account_id = $1 ORDER BY id") \
    Q(ERASE_ACCOUNT, MAIN, "UPDATE billing_account SET account_id = $2, method_id = NULL, country = '' WHERE account_id = $1") \
    Q(ERASE_METHODS, MAIN, "DELETE FROM payment_method WHERE account_id = $1")                     \
    Q(ERASE_IDEM, MAIN, "DELETE FROM idempotency_key WHERE account_id = $1")                       \
    Q(ERASE_SUBS, MAIN, "UPDATE subscription SET account_id = $2, store_ref = NULL WHERE account_id = $1") \
    Q(ERASE_RIGHTS, MAIN,                                                                          \
      "UPDATE title_right SET account_id = $2, state = CASE WHEN state = 'active' THEN 'revoked'"  \
      " ELSE state END WHERE account_id = $1")                                                     \
    Q(ERASE_RIGHT_TITLES, MAIN,                                                                    \
      "DELETE FROM title_right_title WHERE right_id IN (SELECT id FROM title_right WHERE account_id = $1)") \
    Q(ERASE_INVOICES, MAIN, "UPDATE invoice SET account_id = $2, buyer = '' WHERE account_id = $1")\
    Q(ERASE_PAYMENTS, MAIN,                                                                        \
      "UPDATE payment SET account_id = $2, method_id = NULL, token = CASE WHEN settled_at > 0 THEN '' ELSE token END WHERE account_id = $1") \
    Q(ERASE_REFUNDS, MAIN, "UPDATE refund SET account_id = $2, reason = '' WHERE account_id = $1") \
    Q(ERASE_NOTES, MAIN, "UPDATE credit_note SET account_id = $2, reason = '' WHERE account_id = $1") \
    Q(ERASE_REDEMPTIONS, MAIN, "UPDATE coupon_redemption SET account_id = $2 WHERE account_id = $1") \
    Q(ERASE_GIFTS, MAIN, "UPDATE gift_code SET account_id = $2 WHERE account_id = $1")             \
    Q(ERASE_LEDGER, MAIN, "UPDATE ledger_entry SET account_id = $2 WHERE account_id = $1")

enum { BILLING_SQL(SQL_ENUM) };
extern const struct sql billing_sql[];
