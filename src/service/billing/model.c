/* model.c - rows to structs and back; the columns are those of the _COLS macros. */
#include "service/billing/billing_int.h"
#include "engine/event/event.h"
#include "service/identity/identity.h"

const struct sql billing_sql[] = {BILLING_SQL(SQL_ROW) SQL_END};

int work_begin(const struct engine *e, struct account_id account, struct arena *a, struct work *w,
               struct err *reterr) {
    struct work new = {.e = e, .a = a, .account = account};
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &new.tx, reterr);
    if (rc < 0)
        return rc;
    rc = tx_exec(new.tx, &billing_sql[B_LOCK], ARGS(A_ID(account)), reterr);
    if (rc == 0) {
        rc = tx_exec(new.tx, &billing_sql[B_ACCOUNT_NEW], ARGS(A_ID(account)), reterr);
        if (rc >= 0)
            rc = tx_exec(new.tx, &billing_sql[B_LOCK], ARGS(A_ID(account)), reterr);
    }
    if (rc < 0) {
        tx_rollback(&new.tx);
        return rc;
    }
    new.now_ms = clock_now_ms(e->clock); /* after the wait for the lock */
    *w = new;
    return 0;
}

int billing_tell(struct work *w, const char *event, struct id subject, json_t *body, struct err *reterr) {
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    int rc = text ? event_publish(w->tx, event, 1, id_str(&subject), str_of(text), reterr)
                  : err_set(reterr, ERR_NO_MEMORY, "no memory for an event");
    free(text);
    json_decref(body);
    return rc;
}

int work_commit(struct work *w, struct err *reterr) {
    return tx_commit(&w->tx, reterr);
}

void work_done(struct work *w) {
    tx_rollback(&w->tx);
}

static struct currency currency_of(struct str s) {
    struct currency c = {""};
    currency_parse(s, &c);
    return c;
}

void price_read(const struct rows *r, size_t row, struct price *ret) {
    *ret = (struct price){
        .id = {row_id(r, row, 0)},
        .plan = {row_id(r, row, 1)},
        .months = (int)row_i64(r, row, 2),
        .amount = {row_i64(r, row, 5), currency_of(row_str(r, row, 3))},
        .country = row_str(r, row, 4),
        .trial_days = (int)row_i64(r, row, 6),
        .active = row_i64(r, row, 7) && row_i64(r, row, 11),
        .plan_slug = row_str(r, row, 8),
        .plan_name = row_str(r, row, 9),
        .level = row_i64(r, row, 10),
    };
}

void sub_read(const struct rows *r, size_t row, struct sub *ret) {
    *ret = (struct sub){
        .id = {row_id(r, row, 0)},
        .account = {row_id(r, row, 1)},
        .plan = {row_id(r, row, 2)},
        .price = {row_id(r, row, 3)},
        .gateway = row_str(r, row, 5),
        .anchor_ms = row_i64(r, row, 6),
        .anchor_months = row_i64(r, row, 7),
        .start_ms = row_i64(r, row, 8),
        .end_ms = row_i64(r, row, 9),
        .rate = row_i64(r, row, 10),
        .next_price = {row_id(r, row, 11)},
        .redemption = {row_id(r, row, 12)},
        .attempts = (int)row_i64(r, row, 13),
        .next_ms = row_i64(r, row, 14),
        .grace_ms = row_i64(r, row, 15),
        .resume_ms = row_i64(r, row, 16),
        .created_ms = row_i64(r, row, 17),
        .ended_ms = row_i64(r, row, 18),
        .store_ref = row_str(r, row, 19),
    };
    if (!sub_state_parse(row_str(r, row, 4), &ret->state))
        ret->state = SUB_ENDED; /* not one of ours: gives nothing */
}

int sub_insert(struct tx *tx, const struct sub *s, struct err *reterr) {
    int rc = tx_exec(
        tx, &billing_sql[SUB_INSERT],
        ARGS(A_ID(s->id), A_ID(s->account), A_ID(s->plan), A_REF(s->price),
             A_CSTR(sub_state_name(s->state)), A_STR(s->gateway), A_I64(s->anchor_ms),
             A_I64(s->anchor_months), A_I64(s->start_ms), A_I64(s->end_ms), A_I64(s->rate),
             A_REF(s->next_price), A_REF(s->redemption), A_I64(s->attempts), A_I64(s->next_ms),
             A_I64(s->grace_ms), A_I64(s->resume_ms), A_I64(s->created_ms), A_I64(s->ended_ms),
             A_STR(s->store_ref)),
        reterr);
    return rc < 0 ? rc : 0;
}

int sub_save(struct tx *tx, const struct sub *s, struct err *reterr) {
    int rc = tx_exec(
        tx, &billing_sql[SUB_SAVE],
        ARGS(A_ID(s->id), A_ID(s->plan), A_REF(s->price), A_CSTR(sub_state_name(s->state)),
             A_I64(s->anchor_ms), A_I64(s->anchor_months), A_I64(s->start_ms), A_I64(s->end_ms),
             A_I64(s->rate), A_REF(s->next_price), A_REF(s->redemption), A_I64(s->attempts),
             A_I64(s->next_ms), A_I64(s->grace_ms), A_I64(s->resume_ms), A_I64(s->ended_ms)),
        reterr);
    return rc < 0 ? rc : 0;
}

void invoice_read(const struct rows *r, size_t row, struct invoice *ret) {
    *ret = (struct invoice){
        .id = {row_id(r, row, 0)},
        .number = row_i64(r, row, 1),
        .account = {row_id(r, row, 2)},
        .subscription = {row_id(r, row, 3)},
        .right = {row_id(r, row, 4)},
        .kind = row_str(r, row, 5),
        .state = row_str(r, row, 6),
        .currency = currency_of(row_str(r, row, 7)),
        .country = row_str(r, row, 8),
        .net = row_i64(r, row, 9),
        .tax = row_i64(r, row, 10),
        .total = row_i64(r, row, 11),
        .credit = row_i64(r, row, 12),
        .due = row_i64(r, row, 13),
        .tax_name = row_str(r, row, 14),
        .tax_bp = row_i64(r, row, 15),
        .tax_inclusive = row_i64(r, row, 16) != 0,
        .price = {row_id(r, row, 17)},
        .rate = row_i64(r, row, 18),
        .anchor_ms = row_i64(r, row, 19),
        .anchor_months = row_i64(r, row, 20),
        .start_ms = row_i64(r, row, 21),
        .end_ms = row_i64(r, row, 22),
        .redemption = {row_id(r, row, 23)},
        .buyer = row_str(r, row, 24),
        .created_ms = row_i64(r, row, 25),
        .paid_ms = row_i64(r, row, 26),
    };
}

void payment_read(const struct rows *r, size_t row, struct payment *ret) {
    *ret = (struct payment){
        .id = {row_id(r, row, 0)},
        .account = {row_id(r, row, 1)},
        .invoice = {row_id(r, row, 2)},
        .gateway = row_str(r, row, 3),
        .token = row_str(r, row, 4),
        .amount = {row_i64(r, row, 6), currency_of(row_str(r, row, 5))},
        .state = row_str(r, row, 7),
        .off_session = row_i64(r, row, 8) != 0,
        .decline_code = row_str(r, row, 9),
        .action_url = row_str(r, row, 10),
        .ref = row_str(r, row, 11),
        .created_ms = row_i64(r, row, 12),
        .settled_ms = row_i64(r, row, 13),
    };
}

void right_read(const struct rows *r, size_t row, struct right *ret) {
    *ret = (struct right){
        .id = {row_id(r, row, 0)},
        .account = {row_id(r, row, 1)},
        .offer = {row_id(r, row, 2)},
        .kind = row_str(r, row, 3),
        .state = row_str(r, row, 4),
        .start_by_ms = row_i64(r, row, 5),
        .started_ms = row_i64(r, row, 6),
        .ends_ms = row_i64(r, row, 7),
        .finish_hours = row_i64(r, row, 8),
        .created_ms = row_i64(r, row, 9),
    };
}

#define LOADER(type, statement)                                                                    \
    struct rows r;                                                                                 \
    int rc = tx_row(tx, &billing_sql[statement], ARGS(A_ID(id)), a, &r, reterr);                   \
    if (rc < 0)                                                                                    \
        return rc;                                                                                 \
    type##_read(&r, 0, ret);                                                                       \
    return 0

int price_load(struct tx *tx, struct price_id id, struct arena *a, struct price *ret,
               struct err *reterr) {
    LOADER(price, PRICE_BY_ID);
}
int sub_load(struct tx *tx, struct subscription_id id, struct arena *a, struct sub *ret,
             struct err *reterr) {
    LOADER(sub, SUB_BY_ID);
}
int invoice_load(struct tx *tx, struct invoice_id id, struct arena *a, struct invoice *ret,
                 struct err *reterr) {
    LOADER(invoice, INVOICE_BY_ID);
}
int payment_load(struct tx *tx, struct payment_id id, struct arena *a, struct payment *ret,
                 struct err *reterr) {
    LOADER(payment, PAYMENT_BY_ID);
}

int work_begin_charge(const struct engine *e, struct str charge_key, struct arena *a, struct work *w,
                      struct payment *ret, struct err *reterr) {
    struct rows r;
    struct id id;
    if (!id_parse(charge_key, &id))
        return 0;
    int rc = store_query(e->store, &billing_sql[PAYMENT_BY_ID], ARGS(A_CSTR(id.s)), a, &r, reterr);
    if (rc <= 0)
        return rc;
    payment_read(&r, 0, ret);
    rc = work_begin(e, ret->account, a, w, reterr);
    if (rc == 0)
        rc = payment_load(w->tx, ret->id, a, ret, reterr);
    w->account = ret->account; /* erased meanwhile: another number */
    return rc < 0 ? rc : 1;
}
int right_load(struct tx *tx, struct right_id id, struct arena *a, struct right *ret,
               struct err *reterr) {
    LOADER(right, RIGHT_BY_ID);
}

int sub_live(struct tx *tx, struct account_id account, struct arena *a, struct sub *ret,
             struct err *reterr) {
    struct rows r;
    int rc = tx_query(tx, &billing_sql[SUB_LIVE], ARGS(A_ID(account)), a, &r, reterr);
    if (rc > 0)
        sub_read(&r, 0, ret);
    return rc < 0 ? rc : rc > 0;
}

int method_in_use(struct tx *tx, struct account_id account, struct arena *a, struct method *ret,
                  struct err *reterr) {
    struct rows r;
    int rc = tx_query(tx, &billing_sql[METHOD_IN_USE], ARGS(A_ID(account)), a, &r, reterr);
    if (rc > 0)
        *ret = (struct method){.id = {row_id(&r, 0, 0)},
                               .gateway = row_str(&r, 0, 1),
                               .token = row_str(&r, 0, 2),
                               .label = row_str(&r, 0, 3)};
    return rc < 0 ? rc : rc > 0;
}
