/* buy.c - renting and buying titles, alone or bundled: an offer holds one title or many. */
#include "service/billing/subscription.h"
#include "engine/place/place.h"

static bool buyable(struct str kind) {
    return str_eq(kind, STR("rental")) || str_eq(kind, STR("purchase"));
}

static int offer_check(struct work *w, const struct rows *o, struct err *reterr) {
    bool open = o->n && row_i64(o, 0, 7) && row_i64(o, 0, 8) <= w->now_ms &&
                (!row_i64(o, 0, 9) || w->now_ms < row_i64(o, 0, 9));
    struct str countries = open ? row_str(o, 0, 10) : STR_NULL, from = w->from.n ? w->from : billing_country(w->e);
    if (open && countries.n && !country_listed(countries, from))
        return err_refuse(reterr, ERR_FORBIDDEN, "billing.offer_elsewhere",
                          "This is not sold in the country you are in.", "an offer of other countries");
    if (open && buyable(row_str(o, 0, 1)))
        return 0;
    return err_refuse(reterr, ERR_NOT_FOUND, "billing.offer_unknown",
                      "This is not offered any more. Load the page again.", "no such open offer");
}

enum { SALE_TITLES = 200 }; /* of a bundle, that are looked at */

/* What the licensor does not let us sell in this way, here and now, is not sold: of a bundle, none of its titles. */
static int sale_check(struct work *w, const struct rows *o, struct offer_id offer, struct err *reterr) {
    unsigned model = 1u << (str_eq(row_str(o, 0, 1), STR("rental")) ? MODEL_TVOD : MODEL_EST);
    struct rows titles;
    int rc = tx_query(w->tx, &billing_sql[OFFER_TITLES], ARGS(A_ID(offer)), w->a, &titles, reterr);
    for (size_t i = 0; rc >= 0 && i < MIN(titles.n, (size_t)SALE_TITLES); i++) {
        struct title_id title = {row_id(&titles, i, 0)};
        struct store_ask ask = catalog_brief_ask(&title);
        struct title_brief brief;
        struct rights_verdict v;
        rc = tx_query(w->tx, ask.q, (struct sql_args){ask.v, ask.n_args}, w->a, &ask.rows, reterr);
        if (rc <= 0) /* one that is gone is nobody's film */
            continue;
        catalog_brief_take(&ask, &brief, NULL);
        rc = rights_verdict_of(w->e, &brief, w->from, 0, w->a, &v, reterr);
        if (rc == 0 && v.barred & model)
            return err_refuse(reterr, ERR_FORBIDDEN, "billing.no_right_here",
                              "This may not be sold in the country you are in at the moment.", "no right to sell a title");
    }
    return MIN(rc, 0);
}

/* Who owns it needs not pay again; who rents it may, when the time is over. */
static int owned_check(struct work *w, struct offer_id offer, struct err *reterr) {
    struct rows r;
    struct right right;
    int rc = tx_query(w->tx, &billing_sql[RIGHT_OF_OFFER], ARGS(A_ID(w->account), A_ID(offer)), w->a,
                      &r, reterr);
    for (size_t i = 0; rc > 0 && i < r.n; i++) {
        right_read(&r, i, &right);
        int64_t until = right.ends_ms ? right.ends_ms : right.start_by_ms;
        if (w->quote && str_eq(right.state, STR("pending")))
            continue; /* a checkout would give it up */
        if (str_eq(right.state, STR("pending")))
            return err_refuse(reterr, ERR_CONFLICT, "billing.payment_in_progress",
                              "A payment is on its way. Try again in a minute.", "being bought");
        if (!until || w->now_ms < until)
            return err_refuse(reterr, ERR_CONFLICT, "billing.already_owned",
                              "This account has it already. Press Play.", "the right is open");
    }
    return rc < 0 ? rc : 0;
}

static int price_find(struct work *w, struct offer_id offer, struct str country, struct money *ret,
                      struct err *reterr) {
    struct rows r;
    int rc = tx_query(w->tx, &billing_sql[OFFER_PRICE_HERE], ARGS(A_ID(offer), A_STR(country)), w->a,
                      &r, reterr);
    if (rc > 0 && currency_parse(row_str(&r, 0, 0), &ret->currency)) {
        ret->minor = row_i64(&r, 0, 1);
        return 0;
    }
    return rc < 0 ? rc
                  : err_refuse(reterr, ERR_INVALID, "billing.price_elsewhere",
                               "This is not sold in your country.", "no price here");
}

static int place_find(struct work *w, struct str asked, struct str *ret,
                      struct err *reterr) {
    struct rows r;
    int rc = tx_row(w->tx, &billing_sql[B_ACCOUNT], ARGS(A_ID(w->account)), w->a, &r, reterr);
    if (rc < 0)
        return rc;
    struct str known = row_str(&r, 0, 0);
    *ret = asked.n ? asked : known.n ? known : billing_country(w->e);
    return 0;
}

static int right_make(struct work *w, const struct rows *o, struct right_id id, struct offer_id offer,
                      struct err *reterr) {
    int rc = tx_exec(w->tx, &billing_sql[RIGHT_INSERT],
                     ARGS(A_ID(id), A_ID(w->account), A_ID(offer), A_STR(row_str(o, 0, 1)),
                          A_I64(row_i64(o, 0, 6)), A_I64(w->now_ms)),
                     reterr);
    if (rc >= 0)
        rc = tx_exec(w->tx, &billing_sql[RIGHT_TITLES_COPY], ARGS(A_ID(id), A_ID(offer)), reterr);
    return rc < 0 ? rc : 0;
}

int buy_in(struct work *w, struct offer_id offer, struct str asked, struct id ref,
           struct err *reterr) {
    struct rows o;
    struct str country;
    struct money price = {0};
    struct method m = {0};
    struct right_id right = {id_new(w->now_ms)};
    struct payment_id payment = {ref};
    int rc = tx_query(w->tx, &billing_sql[OFFER_BY_ID], ARGS(A_ID(offer)), w->a, &o, reterr);
    if (rc >= 0)
        rc = offer_check(w, &o, reterr);
    if (rc == 0)
        rc = sale_check(w, &o, offer, reterr);
    if (rc == 0)
        rc = owned_check(w, offer, reterr);
    if (rc == 0)
        rc = place_find(w, asked, &country, reterr);
    if (rc == 0)
        rc = price_find(w, offer, country, &price, reterr);
    if (rc == 0)
        rc = tx_exec(w->tx, &billing_sql[B_ACCOUNT_PLACE],
                     ARGS(A_ID(w->account), A_STR(country), A_CSTR(price.currency.s)), reterr);
    if (rc >= 0)
        rc = method_in_use(w->tx, w->account, w->a, &m, reterr);
    if (rc >= 0 && !w->quote)
        rc = right_make(w, &o, right, offer, reterr);
    if (rc < 0)
        return rc;
    struct invoice inv = {.right = right, .kind = row_str(&o, 0, 1), .currency = price.currency,
                          .country = country};
    struct line line = {"title", row_str(&o, 0, 2), price.minor, 0, 0};
    rc = invoice_make(w, &inv, &line, 1, reterr);
    if (rc == 0 && !w->quote && inv.due && !m.token.n)
        rc = err_refuse(reterr, ERR_INVALID, "billing.method_missing",
                        "Say how to pay: send a payment method.", "no payment method");
    return rc ? rc : payment_make(w, &inv, &m, false, &payment, reterr);
}

int billing_buy(const struct engine *e, struct account_id account, struct offer_id offer,
                struct str country, const struct pay_with *pay, const struct idem *idem,
                struct arena *a, json_t **ret, struct err *reterr) {
    struct id ref = id_new(clock_now_ms(e->clock));
    const struct gateway *g;
    struct gateway_method gm = {0};
    int rc = idem_replay(e, account, idem, a, ret, reterr);
    if (rc)
        return rc < 0 ? rc : 0;
    rc = pay_with_setup(e, account, pay, &g, &gm, reterr);
    if (rc == 0)
        rc = payments_abandon(e, account, reterr);
    if (rc == 0) {
        scoped(work_done) struct work w = {0};
        rc = work_begin(e, account, a, &w, reterr);
        w.from = pay->from;
        if (rc == 0)
            rc = idem_claim(&w, idem, ref, reterr);
        if (rc == 0 && w.tx) {
            work_done(&w);
            rc = idem_replay(e, account, idem, a, ret, reterr);
            return rc < 0 ? rc : 0;
        }
        if (rc > 0)
            rc = method_put(&w, g, &gm, reterr);
        if (rc == 0)
            rc = buy_in(&w, offer, country, ref, reterr);
        if (rc == 0)
            rc = work_commit(&w, reterr);
    }
    return rc ? rc : idem_finish(e, account, idem, ref, a, ret, reterr);
}
