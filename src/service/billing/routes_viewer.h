/* routes_viewer.h - the handlers of routes.c, for the table in schemas.c. */
#pragma once
#include "engine/http/http.h"

#define VIEWER_HANDLERS(X)                                                                         \
    X(plans_get) X(quote_post) X(reply_billing) X(subscription_post) X(subscription_change_post)                 \
    X(subscription_pay_post) X(subscription_cancel_post) X(subscription_keep_post)                 \
    X(subscription_pause_post) X(payment_method_put) X(purchase_post) X(purchases_get)             \
    X(title_access_get) X(title_offers_get) X(payment_confirm_post) X(test_gateway_post)           \
    X(gift_redeem_post) X(invoices_get) X(invoice_get) X(invoice_html_get) \
    X(invoice_pdf_get) X(credit_note_pdf_get)
#define X(name) int name(struct request *rq, struct err *reterr);
VIEWER_HANDLERS(X)
#undef X
