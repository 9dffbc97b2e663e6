/*
 * entitlement_facts.c - gathers what entitlement_decide wants to know: three short statements by index, asked together,
 * prices only after a refusal. A title's offers are kept in memory (base/kept.h) by the revision that every change of an
 * offer moves on.
 */
#include "service/billing/billing_int.h"
#include "base/kept.h"
#include "service/json.h"

static bool kind_parse(struct str s, enum offer_kind *ret) {
    static const char *const names[] = {"plan", "rental", "purchase", "avod", "holdback"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(s, str_of(names[i]))) {
            *ret = (enum offer_kind)i;
            return true;
        }
    return false;
}

static int offers_read(const struct rows *r, struct arena *a, struct offer_fact **ret,
                       size_t *ret_n, struct err *reterr) {
    struct offer_fact *list = arena_news(a, struct offer_fact, MAX(r->n, 1u));
    size_t n = 0;
    if (!list)
        return err_set(reterr, ERR_LIMIT, "no room for offers");
    for (size_t i = 0; i < r->n; i++) {
        struct offer_fact *o = &list[n];
        if (!kind_parse(row_str(r, i, 1), &o->kind))
            continue;
        o->id.v = row_id(r, i, 0);
        o->plan.v = row_id(r, i, 2);
        o->from_ms = row_i64(r, i, 3);
        o->until_ms = row_i64(r, i, 4);
        o->name = row_str(r, i, 7);
        o->countries = row_str(r, i, 8);
        n++;
    }
    *ret = list;
    *ret_n = n;
    return 0;
}

static void sub_facts_read(const struct rows *r, struct account_id account,
                           struct entitlement_facts *f) {
    if (!r->n || row_null(r, 0, 0) || row_null(r, 0, 5))
        return;
    f->subscribed = true;
    f->sub = (struct sub){.id = {row_id(r, 0, 0)},
                          .account = account,
                          .plan = {row_id(r, 0, 1)},
                          .end_ms = row_i64(r, 0, 3),
                          .grace_ms = row_i64(r, 0, 4)};
    if (!sub_state_parse(row_str(r, 0, 2), &f->sub.state))
        f->sub.state = SUB_ENDED; /* not one of ours: gives nothing */
    f->limits = (struct plan_limits){.streams = row_i64(r, 0, 5),
                                     .devices = row_i64(r, 0, 6),
                                     .max_height = row_i64(r, 0, 7),
                                     .downloads = row_i64(r, 0, 8),
                                     .ads = row_i64(r, 0, 9) != 0};
}

static int rights_read(const struct rows *r, struct arena *a, struct entitlement_facts *f,
                       struct err *reterr) {
    struct right_fact *list = arena_news(a, struct right_fact, MAX(r->n, 1u));
    if (!list)
        return err_set(reterr, ERR_LIMIT, "no room for rights");
    for (size_t i = 0; i < r->n; i++) {
        list[i].id.v = row_id(r, i, 0);
        list[i].rental = str_eq(row_str(r, i, 1), STR("rental"));
        list[i].start_by_ms = row_i64(r, i, 2);
        list[i].ends_ms = row_i64(r, i, 4);
    }
    f->rights = list;
    f->n_rights = r->n;
    return 0;
}

/* ---- A title's offers, kept ---- */

static struct kept offers_kept;

void billing_offers_forget(void) { kept_clear(&offers_kept); }

/* The facts one after the other, then their texts in the same order. */
static void offers_keep(struct str title, int64_t revision, const struct offer_fact *v, size_t n) {
    scoped(buf_done) struct buf b = BUF(1 << 20);
    buf_mem(&b, v, n * sizeof *v);
    for (size_t i = 0; i < n; i++) {
        buf_add(&b, v[i].name);
        buf_add(&b, v[i].countries);
    }
    if (!b.failed)
        kept_put(&offers_kept, title, revision, buf_str(&b));
}

static struct str text_next(const char **at, size_t n) {
    const char *p = *at;
    *at += n;
    return str_make(p, n);
}

static bool offers_from_kept(struct str title, int64_t revision, struct arena *a, struct offer_fact **ret, size_t *ret_n) {
    scoped(buf_done) struct buf b = BUF(1 << 20);
    if (!kept_get(&offers_kept, title, revision, &b) || b.failed)
        return false;
    struct offer_fact *v = b.n ? arena_copy(a, b.p, b.n) : arena_new(a, struct offer_fact);
    size_t n = 0, texts = 0;
    if (!v)
        return false;
    while (n * sizeof *v + texts < b.n) { /* each fact says how long its texts are */
        texts += v[n].name.n + v[n].countries.n;
        n++;
    }
    const char *at = (const char *)&v[n];
    for (size_t i = 0; i < n; i++) {
        v[i].name = text_next(&at, v[i].name.n);
        v[i].countries = text_next(&at, v[i].countries.n);
    }
    *ret = v;
    *ret_n = n;
    return true;
}

/* The revision was read before: what changed in between is kept as older than it is, and read again at the next look. */
static int offers_of(const struct engine *e, struct str title, const struct rows *revision, struct arena *a,
                     struct offer_fact **ret, size_t *ret_n, struct err *reterr) {
    struct rows r;
    int64_t rev = revision->n ? row_i64(revision, 0, 10) : 0;
    if (offers_from_kept(title, rev, a, ret, ret_n))
        return 0;
    int rc = store_query(e->store, &billing_sql[OFFERS_OF_TITLE], ARGS(A_STR(title)), a, &r, reterr);
    if (rc >= 0)
        rc = offers_read(&r, a, ret, ret_n, reterr);
    if (rc == 0)
        offers_keep(title, rev, *ret, *ret_n);
    return rc;
}

/* The plan's cheapest price of this place, and the offer's own. */
static int price_gather(struct tx *tx, struct str country, const struct rows *plans,
                        struct arena *a, struct offer_fact *o, struct err *reterr) {
    struct rows r;
    if (o->kind != OFFER_PLAN) {
        int rc = tx_query(tx, &billing_sql[OFFER_PRICE_HERE], ARGS(A_ID(o->id), A_STR(country)), a,
                          &r, reterr);
        if (rc > 0 && currency_parse(row_str(&r, 0, 0), &o->price.currency))
            o->price.minor = row_i64(&r, 0, 1);
        return rc < 0 ? rc : 0;
    }
    for (size_t i = 0; i < plans->n; i++) {
        struct price p;
        price_read(plans, i, &p);
        if (!str_eq(id_str(&p.plan.v), id_str(&o->plan.v)) ||
            (o->price.currency.s[0] && p.amount.minor >= o->price.minor))
            continue;
        o->price = p.amount;
        o->price_id = p.id;
        o->months = p.months;
        o->name = p.plan_name;
    }
    return 0;
}

static int prices_gather(const struct engine *e, struct account_id account, struct arena *a,
                         struct offer_fact *offers, size_t n, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows acc, plans;
    int rc = tx_begin(e->store, STORE_MAIN, TX_READ, &tx, reterr);
    if (rc == 0)
        rc = tx_query(tx, &billing_sql[B_ACCOUNT], ARGS(A_ID(account)), a, &acc, reterr);
    if (rc < 0)
        return rc;
    struct str country = acc.n && row_str(&acc, 0, 0).n ? row_str(&acc, 0, 0) : billing_country(e);
    rc = tx_query(tx, &billing_sql[PRICE_HERE], ARGS(A_STR(country)), a, &plans, reterr);
    for (size_t i = 0; rc >= 0 && i < n; i++)
        rc = price_gather(tx, country, &plans, a, &offers[i], reterr);
    return rc < 0 ? rc : 0;
}

/* How a title is sold, for rights' warnings: every offer but holdbacks, whenever it is open. */
int billing_offers_of(const struct engine *e, struct title_id title, struct arena *a, struct rights_offer **ret,
                      size_t *ret_n, struct err *reterr) {
    static const unsigned models[] = {[OFFER_PLAN] = 1u << MODEL_SVOD, [OFFER_RENTAL] = 1u << MODEL_TVOD,
                                      [OFFER_PURCHASE] = 1u << MODEL_EST, [OFFER_AVOD] = 1u << MODEL_AVOD};
    struct rows r;
    struct offer_fact *offers;
    size_t n = 0, n_offers;
    int rc = store_query(e->store, &billing_sql[OFFERS_OF_TITLE], ARGS(A_ID(title)), a, &r, reterr);
    if (rc >= 0)
        rc = offers_read(&r, a, &offers, &n_offers, reterr);
    if (rc < 0)
        return rc;
    struct rights_offer *list = arena_news(a, struct rights_offer, MAX(n_offers, 1u));
    if (!list)
        return err_set(reterr, ERR_LIMIT, "no room for %zu offers", n_offers);
    for (size_t i = 0; i < n_offers; i++)
        if (offers[i].kind != OFFER_HOLDBACK)
            list[n++] = (struct rights_offer){.name = offers[i].name,
                                              .model = models[offers[i].kind],
                                              .countries = offers[i].countries,
                                              .starts_ms = offers[i].from_ms,
                                              .ends_ms = offers[i].until_ms};
    *ret = list;
    *ret_n = n;
    return 0;
}

void billing_entitlement_ask(const struct account_id *account, const struct title_id *title,
                             struct store_ask asks[ENTITLEMENT_ASKS]) {
    asks[0] = ASK(&billing_sql[RIGHTS_TO_TITLE], A_ID(*account), A_ID(*title));
    asks[1] = ASK(&billing_sql[SUB_ENTITLES], A_ID(*account));
}

int billing_entitlement_take(const struct engine *e, struct account_id account, struct str country,
                             const struct rights_verdict *allowed, const struct store_ask answered[ENTITLEMENT_ASKS], struct arena *a,
                             struct entitlement *ret, struct err *reterr) {
    struct entitlement_facts f = {.now_ms = clock_now_ms(e->clock),
                                  .country = country.n ? country : billing_country(e),
                                  .unoffered_free = billing_unoffered_free(e),
                                  .allowed = allowed ? *allowed : (struct rights_verdict){0}};
    struct offer_fact *offers = NULL;
    int64_t until;
    struct str title = answered[0].v[1].s;
    int rc = offers_of(e, title, &answered[1].rows, a, &offers, &f.n_offers, reterr);
    if (rc == 0 && (f.n_offers || !f.unoffered_free)) /* nobody's rental begins with what is free */
        rc = rights_read(&answered[0].rows, a, &f, reterr);
    if (rc)
        return rc;
    sub_facts_read(&answered[1].rows, account, &f);
    f.offers = offers;
    entitlement_decide(&f, ret);
    if (!ret->granted && f.n_offers && ret->refusal != ACCESS_HELD_BACK && ret->refusal != ACCESS_NOT_HERE &&
        ret->refusal != ACCESS_NO_RIGHT) {
        rc = prices_gather(e, account, a, offers, f.n_offers, reterr);
        if (rc == 0)
            entitlement_decide(&f, ret);
    }
    ret->subscribed = f.subscribed && sub_entitles(&f.sub, f.now_ms, &until);
    ret->streams = f.limits.streams;
    return rc;
}

/* What was bought stays; a plan gives a title for as long as it may be shown so. */
static void until_sooner(int64_t *io, enum access_via via, const struct rights_facts *f) {
    static const unsigned models[] = {[VIA_FREE] = MODELS_ALL, [VIA_PLAN] = 1u << MODEL_SVOD, [VIA_ADS] = 1u << MODEL_AVOD,
                                      [VIA_PURCHASE] = 0};
    int64_t until = models[via] ? rights_until(f, models[via]) : 0;
    if (until && (!*io || until < *io))
        *io = until;
}

int billing_entitlement(const struct engine *e, struct account_id account, struct title_id title,
                        struct str country, struct arena *a, struct entitlement *ret, struct err *reterr) {
    struct store_ask asks[ENTITLEMENT_ASKS + 1];
    struct title_brief brief;
    struct rights_verdict allowed = {0};
    struct rights_facts f;
    billing_entitlement_ask(&account, &title, asks);
    asks[ENTITLEMENT_ASKS] = catalog_brief_ask(&title);
    int rc = store_ask_all(e->store, asks, ENTITLEMENT_ASKS + 1, a, reterr);
    if (rc)
        return rc;
    bool known = catalog_brief_take(&asks[ENTITLEMENT_ASKS], &brief, NULL) == 0;
    if (known)
        rc = rights_verdict_of(e, &brief, country, 0, a, &allowed, reterr);
    if (rc == 0)
        rc = billing_entitlement_take(e, account, country, &allowed, asks, a, ret, reterr);
    if (rc == 0 && known)
        rc = rights_facts(e, &brief, country, 0, a, &f, reterr);
    if (rc == 0 && known && ret->granted) /* until either ends */
        until_sooner(&ret->until_ms, ret->via, &f);
    return rc;
}

/* *ret stays as it is for who has no plan that gives anything now. */
static int limits_now(const struct engine *e, struct account_id account, struct plan_limits *ret,
                      struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct entitlement_facts f = {0};
    struct rows r;
    int64_t until;
    int rc = store_query(e->store, &billing_sql[SUB_ENTITLES], ARGS(A_ID(account)), &a, &r, reterr);
    if (rc < 0)
        return rc;
    sub_facts_read(&r, account, &f);
    if (f.subscribed && sub_entitles(&f.sub, clock_now_ms(e->clock), &until))
        *ret = f.limits;
    return 0;
}

int billing_stream_limit(const struct engine *e, struct account_id account, int *ret,
                         struct err *reterr) {
    struct plan_limits l = {.streams = *ret};
    int rc = limits_now(e, account, &l, reterr);
    *ret = (int)l.streams;
    return rc;
}

int billing_device_limit(const struct engine *e, struct account_id account, int *ret,
                         struct err *reterr) {
    struct plan_limits l = {.devices = *ret};
    int rc = limits_now(e, account, &l, reterr);
    *ret = (int)l.devices;
    return rc;
}

int billing_rental_begin(const struct engine *e, struct right_id rental, struct err *reterr) {
    int rc = store_exec(e->store, &billing_sql[RIGHT_BEGIN],
                        ARGS(A_ID(rental), A_I64(clock_now_ms(e->clock))), reterr);
    return rc < 0 ? rc : 0;
}

static json_t *way_json(const struct offer_fact *o) {
    static const char *const kinds[] = {"plan", "rental", "purchase", "avod", "holdback"};
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:i}", "kind", kinds[o->kind], "name",
                     json_of_str(o->name), "offer_id", json_of_id(o->id.v), "price_id",
                     json_of_id(o->price_id.v), "price", money_json(o->price), "months", o->months);
}

json_t *entitlement_json(const struct entitlement *d) {
    const struct plan_limits *l = &d->limits;
    return json_pack("{s:b, s:s, s:s, s:o, s:b, s:I, s:I, s:I, s:I, s:o}", "granted", d->granted,
                     "via", access_via_name(d->via), "refusal", access_refusal_code(d),
                     "until_at", json_of_time(d->until_ms), "ads", l->ads, "streams",
                     (json_int_t)l->streams, "devices", (json_int_t)l->devices, "max_height",
                     (json_int_t)l->max_height, "downloads", (json_int_t)l->downloads, "way",
                     d->has_way ? way_json(&d->way) : json_null());
}
