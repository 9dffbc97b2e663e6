/* coupon.c - what takes something off a subscription's price, and gift codes, which are money in
 * hand. A coupon is used once by an account; a gift code once by anybody. */
#include "service/billing/billing_int.h"
#include "base/buf.h"
#include <openssl/sha.h>

struct str code_normalise(struct arena *a, struct str code) {
    char *out = arena_alloc(a, MAX(code.n, 1u));
    size_t n = 0;
    for (size_t i = 0; out && i < code.n; i++) {
        char c = code.p[i];
        if (c == ' ' || c == '-')
            continue;
        out[n++] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    }
    return out ? str_make(out, n) : STR("");
}

static int64_t percent_off(int64_t amount, int64_t bp) {
    int64_t off = 0;
    return money_part(amount, bp, 10000, &off) ? off : 0;
}

int discount_of(struct work *w, struct redemption_id redemption, const struct price *p,
                int64_t *ret_minor, struct str *ret_code, struct err *reterr) {
    struct rows r;
    *ret_minor = 0;
    *ret_code = STR("");
    if (!id_is_set(redemption.v))
        return 0;
    int rc = tx_query(w->tx, &billing_sql[REDEMPTION_TERMS], ARGS(A_ID(redemption)), w->a, &r,
                      reterr);
    if (rc <= 0)
        return rc;
    struct id plan = row_id(&r, 0, 4);
    if (row_i64(&r, 0, 0) == 0 ||
        (id_is_set(plan) && !str_eq(id_str(&plan), id_str(&p->plan.v))))
        return 0;
    int64_t bp = row_i64(&r, 0, 1), amount = row_i64(&r, 0, 2);
    if (bp)
        *ret_minor = percent_off(p->amount.minor, bp);
    else if (str_eq(row_str(&r, 0, 3), currency_str(&p->amount.currency)))
        *ret_minor = MIN(amount, p->amount.minor);
    *ret_code = row_str(&r, 0, 5);
    return 0;
}

static int coupon_refuse(struct err *reterr, const char *why) {
    return err_refuse(reterr, ERR_INVALID, "billing.coupon_invalid",
                      "This code is not valid for this plan, or not any more. Check it, or go on "
                      "without it.",
                      "%s", why);
}

int coupon_redeem(struct work *w, struct str code, const struct price *p,
                  struct redemption_id *ret, struct err *reterr) {
    struct rows r;
    struct redemption_id id = {id_new(w->now_ms)};
    int rc = tx_query(w->tx, &billing_sql[COUPON_BY_CODE], ARGS(A_STR(code_normalise(w->a, code))),
                      w->a, &r, reterr);
    if (rc < 0)
        return rc;
    if (rc == 0 || !row_i64(&r, 0, 9) || (row_i64(&r, 0, 8) && row_i64(&r, 0, 8) <= w->now_ms))
        return coupon_refuse(reterr, "no such coupon, or over");
    struct id plan = row_id(&r, 0, 5);
    if (id_is_set(plan) && !str_eq(id_str(&plan), id_str(&p->plan.v)))
        return coupon_refuse(reterr, "the coupon is for another plan");
    if (!row_i64(&r, 0, 1) && !str_eq(row_str(&r, 0, 3), currency_str(&p->amount.currency)))
        return coupon_refuse(reterr, "the coupon is of another currency");
    int64_t periods = row_i64(&r, 0, 4);
    struct id coupon = row_id(&r, 0, 0);
    rc = tx_exec(w->tx, &billing_sql[REDEMPTION_INSERT],
                 ARGS(A_ID(id), A_CSTR(coupon.s), A_ID(w->account), A_I64(periods ? periods : -1),
                      A_I64(w->now_ms)),
                 reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_CONFLICT, "billing.coupon_used",
                          "This account has used this code already. Go on without it.",
                          "one redemption an account");
    if (rc > 0)
        rc = tx_exec(w->tx, &billing_sql[COUPON_TAKE], ARGS(A_CSTR(coupon.s)), reterr);
    if (rc == 0)
        return coupon_refuse(reterr, "redeemed as often as it may be");
    if (rc < 0)
        return rc;
    *ret = id;
    return 0;
}

/* A checkout that failed has used nothing. */
int coupon_release(struct work *w, struct redemption_id r, struct err *reterr) {
    if (!id_is_set(r.v))
        return 0;
    int rc = tx_exec(w->tx, &billing_sql[COUPON_GIVE_BACK], ARGS(A_ID(r)), reterr);
    if (rc >= 0)
        rc = tx_exec(w->tx, &billing_sql[REDEMPTION_DELETE], ARGS(A_ID(r)), reterr);
    return rc < 0 ? rc : 0;
}

struct str gift_hash(struct arena *a, struct str code) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    struct str text = code_normalise(a, code);
    SHA256((const uint8_t *)text.p, text.n, hash);
    scoped(buf_done) struct buf hex = BUF(80);
    buf_hex(&hex, hash, sizeof hash);
    return str_dup(a, buf_str(&hex));
}

int billing_gift_redeem(const struct engine *e, struct account_id account, struct str code,
                        struct arena *a, struct money *ret, struct err *reterr) {
    scoped(work_done) struct work w = {0};
    struct rows r;
    int rc = work_begin(e, account, a, &w, reterr);
    if (rc == 0)
        rc = tx_query(w.tx, &billing_sql[GIFT_TAKE],
                      ARGS(A_STR(gift_hash(a, code)), A_ID(account), A_I64(w.now_ms)), a, &r,
                      reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_INVALID, "billing.gift_invalid",
                          "This gift code is not valid, or was used already. Check how it is "
                          "written.",
                          "no such gift code, or used, or over");
    if (rc < 0)
        return rc;
    struct money m = {.minor = row_i64(&r, 0, 2)};
    currency_parse(row_str(&r, 0, 1), &m.currency);
    const struct entry entries[] = {{"promotion", false, m.minor}, {"credit", true, -m.minor}};
    rc = ledger_post(&w, "gift", row_id(&r, 0, 0), m.currency, entries, 2, reterr);
    if (rc == 0)
        rc = work_commit(&w, reterr);
    if (rc == 0)
        *ret = m;
    return rc;
}
