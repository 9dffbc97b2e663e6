/*
 * gateway_routes.c - how the web learns which form to show, sends people to a gateway's page and
 * hears what came of it; and the test gateway's stand-in for a bank's page, a page without script.
 */
#include "service/billing/gateway_routes.h"
#include "base/log.h"
#include "service/billing/gateway_sql.h"
#include "service/billing/routes_int.h"
#include "service/billing/routes_viewer.h"
#include "service/billing/test_bank.h"
#include "service/identity/identity.h"

static json_t *cards_json(void) {
    json_t *list = json_array();
    const char *token, *label;
    for (size_t i = 0; test_gateway_card(i, &token, &label); i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "token", token, "label", label));
    return list;
}

int gateway_get(struct request *rq, struct err *reterr) {
    const struct gateway *g = gateway_default(request_engine(rq));
    return reply_json(rq, 200,
                      json_pack("{s:o, s:s, s:o}", "name",
                                json_of_str(g ? str_of(g->name) : STR_NULL), "kind",
                                !g ? "none" : g->setup_begin ? "redirect" : "form", "test_cards",
                                g == &test_gateway ? cards_json() : json_array()));
}

/* Of our own web app, so that nobody can be sent elsewhere with an address of ours: browsers take "//"
 * and "/\" for another host's. */
static bool path_is_ours(struct str p) {
    if (!p.n)
        return true;
    for (size_t i = 0; i < p.n; i++)
        if (p.p[i] <= ' ' || p.p[i] == '\\' || p.p[i] == 127)
            return false;
    return p.p[0] == '/' && (p.n == 1 || p.p[1] != '/');
}

/* What went wrong between the gateway and us is for the operator to read; people wait. */
static int gateway_trouble(int rc, const struct gateway *g, struct err *reterr) {
    if (rc != ERR_IO && rc != ERR_TIMEOUT && rc != ERR_PERMISSION)
        return rc;
    log_event(LOG_ERROR, "billing.gateway", LS("gateway", g ? g->name : ""), LS("error", reterr ? reterr->msg : ""));
    return err_refuse(reterr, ERR_BUSY, "billing.gateway_unreachable",
                      "The payment provider cannot be reached at the moment. Nothing was changed: try again "
                      "in a minute.",
                      "the gateway cannot be reached");
}

int method_setup_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const struct gateway *g = gateway_default(e);
    struct str next = json_get_str(request_json(rq), "next"), url = STR_NULL;
    struct setup_id id = {0};
    if (!g)
        return err_refuse(reterr, ERR_CONFLICT, "billing.gateway_unknown",
                          "Nothing can be paid here yet: its operator has set up no gateway.",
                          "no gateway is in force");
    if (!path_is_ours(next)) {
        request_field_error(rq, "next", "Is a path of this site like /account.");
        return err_refuse(reterr, ERR_INVALID, "", "Some of what was sent is not right: see errors.",
                          "next");
    }
    int rc = g->setup_begin ? setup_begin(e, request_principal(rq)->account, g,
                                          next.p ? next : STR(""), request_arena(rq), &id, &url, reterr)
                            : 0;
    return rc ? gateway_trouble(rc, g, reterr)
              : reply_json(rq, 200,
                           json_pack("{s:s, s:s, s:o, s:o}", "kind", g->setup_begin ? "redirect" : "form",
                                     "gateway", g->name, "setup_id", json_of_id(id.v), "url",
                                     json_of_str(url)));
}

int method_setup_confirm_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct setup s;
    struct rows m;
    struct setup_id id;
    struct account_id me = request_principal(rq)->account;
    if (!id_parse(request_param(rq, "id"), &id.v))
        return err_set(reterr, ERR_NOT_FOUND, "not an id");
    int rc = setup_of_account(e, me, id, request_arena(rq), &s, reterr);
    if (rc == 0)
        rc = gateway_trouble(setup_sync(e, &s, request_arena(rq), reterr), gateway_default(e), reterr);
    if (rc == 0)
        rc = store_query(e->store, &billing_sql[METHOD_IN_USE], ARGS(A_ID(me)), request_arena(rq), &m,
                         reterr);
    if (rc < 0)
        return rc;
    bool open = str_eq(s.state, STR("open")), ok = str_eq(s.state, STR("succeeded"));
    json_t *method = m.n ? json_pack("{s:o, s:o}", "gateway", json_of_str(row_str(&m, 0, 1)),
                                     "label", json_of_str(row_str(&m, 0, 3)))
                         : json_null();
    return reply_json(rq, 200,
                      json_pack("{s:o, s:s, s:o, s:o}", "status", json_of_str(s.state), "detail",
                                ok     ? ""
                                : open ? "The payment method is not set up yet."
                                       : "The payment method was not accepted. Try another one.",
                                "method", method, "next", json_of_text(s.next)));
}

/* One's own payment on the test gateway, or it does not exist. */
static int test_payment(struct request *rq, struct payment *ret, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct account_id me = request_principal(rq)->account;
    struct rows r = {0};
    int rc = billing_test_gateway(e)
                 ? store_query(e->store, &billing_sql[PAYMENT_BY_ID],
                               ARGS(A_STR(request_param(rq, "id"))), request_arena(rq), &r, reterr)
                 : 0;
    if (rc > 0)
        payment_read(&r, 0, ret);
    if (rc == 0 || (rc > 0 && (!str_eq(id_str(&ret->account.v), id_str(&me.v)) ||
                               !str_eq(ret->gateway, str_of(test_gateway.name)))))
        return err_refuse(reterr, ERR_NOT_FOUND, "billing.payment_not_found",
                          "There is no such payment.", "no such test payment of this account");
    return rc < 0 ? rc : 0;
}

int test_bank_get(struct request *rq, struct err *reterr) {
    struct payment p;
    struct test_bank_page page;
    int rc = test_payment(rq, &p, reterr);
    if (rc == 0)
        rc = test_bank_page(request_arena(rq), account_language(request_engine(rq), p.account), &p, &page, reterr);
    if (rc)
        return rc;
    reply_header(rq, "Content-Security-Policy", page.policy.p);
    return reply_text(rq, 200, "text/html; charset=utf-8", page.html);
}

/* A second press finds the answer given, and goes on to what came of it. */
int test_bank_post(struct request *rq, struct err *reterr) {
    struct payment p;
    char back[100];
    struct str answer = request_body(rq);
    int rc = test_payment(rq, &p, reterr);
    if (rc)
        return rc;
    bool yes = str_eq(answer, STR("accept=yes"));
    if (!yes && !str_eq(answer, STR("accept=no")))
        return err_refuse(reterr, ERR_INVALID, "", "Send accept=yes or accept=no.", "no answer");
    rc = test_gateway_answer(request_engine(rq), id_str(&p.id.v), yes, reterr);
    if (rc && rc != ERR_CONFLICT)
        return rc;
    snprintf(back, sizeof back, "/billing/return?payment=%s", p.id.v.s);
    return reply_redirect(rq, 303, back);
}

int disputes_get(struct request *rq, struct err *reterr) {
    struct rows r;
    int rc = store_query(request_engine(rq)->store, &gateway_sql[DISPUTES_ALL], NO_ARGS,
                         request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < r.n; i++) {
        struct money m = {.minor = row_i64(&r, i, 6)};
        currency_parse(row_str(&r, i, 5), &m.currency);
        json_array_append_new(
            items,
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
                      json_of_str(row_str(&r, i, 0)), "payment_id", json_of_str(row_str(&r, i, 1)),
                      "account_id", json_of_str(row_str(&r, i, 2)), "invoice_id",
                      json_of_str(row_str(&r, i, 3)), "state", json_of_str(row_str(&r, i, 4)),
                      "amount", money_json(m), "withdrawn", (int)row_i64(&r, i, 7), "reason",
                      json_of_text(row_str(&r, i, 8)), "evidence_due_at",
                      json_of_time(row_i64(&r, i, 9)), "created_at", json_of_time(row_i64(&r, i, 10)),
                      "closed_at", json_of_time(row_i64(&r, i, 11)), "gateway",
                      json_of_str(row_str(&r, i, 12)), "gateway_ref", json_of_str(row_str(&r, i, 13))));
    }
    return reply_json(rq, 200, json_pack("{s:o}", "items", items));
}

int store_post(struct request *rq, struct err *reterr) {
    const json_t *b = request_json(rq);
    struct store_receipt receipt = {json_get_str(b, "receipt"), json_get_str(b, "user")};
    const struct gateway *g = NULL;
    gateway_find(request_engine(rq), json_get_str(b, "store"), &g, NULL);
    int rc = store_receipt_take(request_engine(rq), request_principal(rq)->account, json_get_str(b, "store"), &receipt, reterr);
    return rc ? gateway_trouble(rc == ERR_BUSY && !reterr->reason[0] ? ERR_IO : rc, g, reterr) : reply_billing(rq, reterr);
}

static int64_t time_of(const json_t *o, const char *name) {
    int64_t ms = 0;
    rfc3339_parse(json_get_str(o, name), &ms); /* checked by the schema, or absent */
    return ms;
}

static bool receipt_is_plain(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", s.p[i]) || !s.p[i])
            return false;
    return s.n > 0 && s.n <= 90;
}

/* What the test store is to say of a receipt from now on; with notify it tells us so, as stores do. */
int test_store_put(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const json_t *b = request_json(rq);
    struct str receipt = request_param(rq, "receipt");
    struct rows r;
    if (!billing_test_gateway(e) || !receipt_is_plain(receipt))
        return err_set(reterr, ERR_NOT_FOUND, "the test store is not in force");
    int rc = store_query(e->store, &billing_sql[SUB_BY_STORE], ARGS(A_CSTR(test_store.name), A_STR(receipt)),
                         request_arena(rq), &r, reterr);
    if (rc > 0 && !str_eq(row_str(&r, 0, 1), id_str(&request_principal(rq)->account.v)))
        return err_set(reterr, ERR_NOT_FOUND, "another account's receipt");
    if (rc < 0)
        return rc;
    rc = store_exec(e->store, &gateway_sql[STORE_PUT],
                        ARGS(A_STR(receipt), A_STR(json_get_str(b, "product")),
                             A_STR(json_get_str(b, "status")), A_BOOL(!json_is_false(json_object_get(b, "renews"))),
                             A_I64(time_of(b, "period_start_at")),
                             A_I64(time_of(b, "period_end_at")),
                             A_I64(time_of(b, "grace_until_at"))),
                        reterr);
    if (rc >= 0 && json_is_true(json_object_get(b, "notify")))
        rc = store_notified(e, &test_store, receipt, reterr);
    return rc < 0 ? rc : reply_empty(rq);
}
